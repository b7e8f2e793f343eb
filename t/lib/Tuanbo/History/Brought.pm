package Tuanbo::History::Brought;

# The part of Checker.pm that is about neighbours who bring others.  A code is
# whose it was shown to; what the shop gives at some position is what the
# document of that position says, where it is certain which one that is.

use v5.36;

use constant NEVER => 9e18;
use constant BONUS => qr/^(?:newcomer|inviter)\z/;


# Before causes are looked for: which entries say that somebody was brought.
# brought: by hold and by seq { seq, hold, from }.
sub learn_brought ($self) {
    for my $entry (grep { $_ && $_->{type} eq 'referred' }
        @{ $self->{entries} })
    {
        $self->{brought}{ $entry->{hold} } = $entry;
        $self->{brought_at}{ $entry->{seq} } = $entry;
    }
    for my $request (grep { $_->{do} eq 'me' } @{ $self->{requests} }) {
        next if !Tuanbo::History::Checker::done($request);
        my ($code, $user) = ($request->{answer}{code} // next,
            $request->{user});
        my $owner = $self->{owner_of}{$code} //= $user;
        my $known = $self->{code_of}{$user} //= $code;
        $self->problem('referral', undef, $request->{at}, "code $code was"
            . " shown to $user, who had $known, and to $owner")
            if $owner ne $user || $known ne $code;
    }
}


# The requests that a gift for having come, or brought somebody, is of: those
# that made the newcomer's hold.  What is handed over may be time's doing.
sub bonus_causes ($self, $entry, $caused) {
    my $brought = $self->{brought_at}{ $entry->{referred} // 0 };

    return $brought && $entry->{reason} eq 'newcomer'
        ? $caused->{ $brought->{hold} } : undef;
}


sub check_brought ($self) {
    my (%of_inviter, %given);

    $self->place_documents;
    for my $entry (grep { defined } @{ $self->{entries} }) {
        if ($entry->{type} eq 'referred') {
            $self->count('neighbours brought');
            $self->check_referred($entry, $of_inviter{ $entry->{from} }++);
        }
        elsif ($entry->{type} eq 'granted'
            && ($entry->{reason} // '') =~ BONUS)
        {
            $self->count("gifts to the $entry->{reason}");
            $self->check_bonus($entry);
            $given{ $entry->{referred} // 0 }{ $entry->{reason} }
                = $entry->{seq};
        }
    }
    $self->check_uncounted if $self->{run}{referral};
    $self->check_ungiven(\%given);
}


# ------------------------------------------------------------- the document

# Each change of it with the positions at which it may have been made.
sub place_documents ($self) {
    for my $request (grep { $_->{target} eq '/admin/documents/shop/referral' }
        @{ $self->{requests} })
    {
        next if Tuanbo::History::Checker::refused($request);
        my $done = Tuanbo::History::Checker::done($request);
        my ($from, $to) = defined $request->{t1} && $done
            ? $self->window($request)
            : ($self->from($request->{t0}), NEVER);
        push @{ $self->{referrals} }, { from => $from, to => $to,
            done => $done, body => $request->{method} eq 'PUT'
                ? $request->{body} : undef };
    }
}


# What the document may have said at a position: bodies, and undef for none.
sub referrals_at ($self, $seq) {
    my @before = grep { $_->{from} < $seq } @{ $self->{referrals} // [] };
    my @may;

    for my $change (@before) {
        push @may, $change->{body} if !grep { $_->{done}
            && $_->{to} < $seq && $_->{from} >= $change->{to} } @before;
    }
    push @may, undef if !grep { $_->{done} && $_->{to} < $seq } @before;

    return @may;
}


# -------------------------------------------------------- what the ledger has

# Somebody asked for it with that neighbour's code.
sub check_referred ($self, $entry, $before) {
    my ($seq, $from) = @$entry{qw(seq from)};
    my $hold = $self->hold($entry->{hold}) // return;
    my $user = $self->{user_of}{ $hold->{buyer} } // return;
    my @codes = grep { defined } map { $_->{body}{from} }
        @{ $self->{caused}{ $hold->{id} } // [] };
    my ($owner) = grep { defined } map { $self->{owner_of}{$_} } @codes;

    if (!defined $owner) {
        $self->problem('referral', $seq, undef, "hold $hold->{id} of $user"
            . ' was asked for by nobody\'s code');
        return;
    }
    # whoever has no hold of their own is known by this
    my $inviter = $self->{buyer_of}{$owner} //= $from;
    $self->problem('referral', $seq, undef, "hold $hold->{id} of $user was"
        . " asked for by the code of $owner, who is $inviter, and $from has"
        . ' brought them') if $inviter ne $from;
    my @may = grep { defined } $self->referrals_at($seq);
    $self->problem('referral', $seq, undef, "hold $hold->{id} of $user counts"
        . ', and the shop gives nothing for it') if !@may;
    $self->problem('referral', $seq, undef, "hold $hold->{id} of $user counts"
        . " to $owner, who has brought $before")
        if @may && !grep { $_->{per_inviter} > $before } @may;
}


# A gift for it is what the document says, and follows from what it is for: the
# newcomer's first hold, or what was handed over to them first.
sub check_bonus ($self, $entry) {
    my ($seq, $reason) = @$entry{qw(seq reason)};
    my $brought = $self->{brought_at}{ $entry->{referred} // 0 } // return;
    my $hold = $self->hold($brought->{hold}) // return;
    my @may = grep { defined } $self->referrals_at($seq);

    $self->problem('referral', $seq, undef, "gift $entry->{hold} of"
        . " $entry->{sale} to the $reason, which is not what the shop gives")
        if !grep { $_->{$reason} eq $entry->{sale} } @may;
    if ($reason eq 'newcomer') {
        $self->problem('referral', $seq, undef, "gift $entry->{hold} to the"
            . " newcomer of seq $brought->{seq}, not as they came")
            if !$self->only_between($brought->{seq}, $seq, qr/^opened\z/);
        return;
    }

    my $first = $self->first_hand_over($hold->{buyer});
    return if defined $first && $first < $seq && $self->only_between($first,
        $seq, qr/^(?:picked_up|opened)\z/);
    $self->problem('referral', $seq, undef, "gift $entry->{hold} to the"
        . " inviter of seq $brought->{seq}, and what was first handed over to"
        . ' that one was ' . ($first // 'nothing'));
}


sub only_between ($self, $from, $to, $types) {
    return !grep { $_ && $_->{type} !~ $types }
        @{ $self->{entries} }[$from .. $to - 2];
}


# The seq of the first hand-over of an order of a buyer's; undef: none.
sub first_hand_over ($self, $buyer) {
    if (!$self->{handed_first}) {
        my $first = $self->{handed_first} = {};
        for my $entry (grep { $_ && $_->{type} eq 'picked_up' }
            @{ $self->{entries} })
        {
            my $hold = $self->hold($entry->{hold}) // next;
            $first->{ $hold->{buyer} } //= $entry->{seq};
        }
    }

    return $self->{handed_first}{$buyer};
}


# ------------------------------------------------- what the ledger should have

# Each first hold that came by a code counts, up to as many as the shop says.
sub check_uncounted ($self) {
    my %before;

    for my $id (@{ $self->{timeline}{order} }) {
        my $hold = $self->hold($id);
        my $buyer = $self->{timeline}{buyers}{ $hold->{buyer} };
        if (my $entry = $self->{brought}{$id}) {
            $before{ $entry->{from} }++;
            next;
        }
        my $user = $self->{user_of}{ $hold->{buyer} } // next;
        my @asked = @{ $self->{caused}{$id} // [] };
        my ($code) = map { $_->{body}{from} // () } @asked;
        next if !defined $code || $buyer->{holds}[0] ne $id
            || grep { ($_->{body}{from} // '') ne $code } @asked;
        my $owner = $self->{owner_of}{$code} // next;
        my $inviter = $self->{buyer_of}{$owner} // next;
        next if $inviter eq $hold->{buyer};
        my @may = $self->referrals_at($hold->{seq});
        next if @may != 1 || !defined $may[0]
            || ($before{$inviter} // 0) >= $may[0]{per_inviter};
        $self->problem('referral', $hold->{seq}, undef, "hold $id, the first"
            . " of $user, came by the code of $owner, and does not count");
    }
}


# And what was to be had of what is given for it was given.
sub check_ungiven ($self, $given) {
    for my $seq (sort { $a <=> $b } keys %{ $self->{brought_at} // {} }) {
        my $brought = $self->{brought_at}{$seq};
        my $hold = $self->hold($brought->{hold}) // next;
        my $first = $self->first_hand_over($hold->{buyer});
        $self->was_to_give($brought, newcomer => $hold->{buyer}, $seq)
            if !$given->{$seq}{newcomer};
        $self->was_to_give($brought, inviter => $brought->{from}, $first)
            if !$given->{$seq}{inviter} && defined $first;
    }
}


sub was_to_give ($self, $brought, $reason, $buyer, $seq) {
    my @may = $self->referrals_at($seq);

    return if @may != 1 || !defined $may[0];
    my $sale = $may[0]{$reason};
    my $timeline = $self->{timeline};
    my $row = Tuanbo::History::Timeline::row_at($timeline->{sales}{$sale}
        // [], $seq) // return;
    my $taken = Tuanbo::History::Timeline::row_at(
        ($timeline->{buyers}{$buyer} // {})->{taken}{$sale} // [[0, 0]],
        $seq)->[1];
    my $limit = $row->[4]{limit};

    return if Tuanbo::History::Timeline::sale_state($row) ne 'open'
        || defined $limit && $taken >= $limit;
    $self->problem('referral', $seq, undef, "nothing was given to the $reason"
        . " of seq $brought->{seq}, and there was some of $sale left");
}


1;
