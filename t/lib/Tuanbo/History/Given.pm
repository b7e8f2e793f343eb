package Tuanbo::History::Given;

# The part of Checker.pm that holds what a ledger says of gifts against what
# this run asked for: each was asked for by its buyer, was as its terms say,
# and took off what they say.

use v5.36;


# Before the ledger is read.
sub learn_terms ($self) {
    for my $request (@{ $self->{requests} }) {
        my $gives = ($request->{body} // {})->{gives} // next;
        my ($sale) = $request->{target} =~ m{/admin/sales/([^/]+)\z} or next;
        $self->{timeline}{terms}{$sale} = $gives;
    }
}


# Who asks for a gift is known by the answers; before causes are looked for.
sub sort_grants ($self) {
    for my $request (grep { $_->{do} eq 'grant' } @{ $self->{requests} }) {
        push @{ $self->{grants}{ $request->{key} } }, $request;
        next if !Tuanbo::History::Checker::done($request);
        my $gift = $self->{timeline}{gifts}{ $request->{answer}{id} // '' };
        if (!$gift) {
            $self->problem('lost', undef, $request->{at}, 'gift '
                . ($request->{answer}{id} // '?') . ' was granted, and is not'
                . ' in the ledger');
            next;
        }
        $self->name_buyer($request, $gift);
        $self->proves($gift->{seq}, $request);
    }
}


# Each gift is one that a key of its buyer asked for: as many at least as were
# acknowledged, and not more than may have been.
sub check_gifts ($self) {
    my $timeline = $self->{timeline};
    my (%asked, %granted);

    for my $key (sort keys %{ $self->{grants} // {} }) {
        my @tries = @{ $self->{grants}{$key} };
        my ($user, $sale) = ($tries[0]{user}, $tries[0]{body}{sale});
        my $count = $asked{$user}{$sale} //= { done => 0, may => 0,
            at => $tries[0]{where} };
        $count->{done}++ if grep { Tuanbo::History::Checker::done($_) }
            @tries;
        $count->{may}++ if grep { !Tuanbo::History::Checker::refused($_) }
            @tries;
    }
    for my $gift (sort { $a->{seq} <=> $b->{seq} }
        values %{ $timeline->{gifts} })
    {
        $self->count('gifts');
        $self->as_promised($gift);
        next if !$timeline->{terms}{ $gift->{sale} }
            || defined $gift->{reason};
        my $user = $self->{user_of}{ $gift->{buyer} };
        $granted{ $user // '?' }{ $gift->{sale} }++;
        next if defined $user;
        $self->problem('cause', $gift->{seq}, undef,
            "gift $gift->{id} is of nobody who asked for one");
    }
    for my $user (sort keys %asked) {
        for my $sale (sort keys %{ $asked{$user} }) {
            my ($done, $may, $at) = @{ $asked{$user}{$sale} }{qw(done may at)};
            my $is = $granted{$user}{$sale} // 0;
            next if $is >= $done && $is <= $may;
            $self->problem('twice', undef, $at, "$user was granted $done of"
                . " $sale, $may at most, and the ledger has $is");
        }
    }
    $self->check_bindings($_) for values %{ $timeline->{holds} };
}


# With the hold, in its commit: right after its last line, by whoever asked for
# it with a gift.
sub bound_in_cart ($self, $entry, $hold, $requests) {
    my ($asked) = grep { defined $_->{body}{gift} } @$requests;

    return 0 if $entry->{type} ne 'bound' || !$asked
        || $entry->{seq} != $hold->{seq} + @{ $hold->{lines} };
    $self->count('gifts bound in a cart');
    $self->problem('cause', $entry->{seq}, $asked->{where}, 'hold'
        . " $entry->{hold} was asked for with gift $asked->{body}{gift}, and"
        . " uses $entry->{gift}") if $asked->{body}{gift} ne $entry->{gift};

    return 1;
}


sub as_promised ($self, $gift) {
    my $terms = $self->{timeline}{terms}{ $gift->{sale} } // return;
    my $until = defined $terms->{valid_ms}
        ? $gift->{at} + $terms->{valid_ms} : undef;
    my $row = $gift->{rows}[0];
    my $off = $terms->{off_fen} // 0;

    # a ticket is good for nothing before the draw; what is in a packet follows
    # from its seed (Drawn.pm)
    $until = undef if $terms->{kind} eq 'ticket';
    $self->problem('terms', $gift->{seq}, undef, "gift $gift->{id} takes off "
        . ($row->[4] // 0) . " fen, $off were promised")
        if ($row->[4] // 0) != $off && $terms->{kind} ne 'packet';
    # the entry's time is the moment, but for the clock's steps
    $self->problem('terms', $gift->{seq}, undef, "gift $gift->{id} is good"
        . ' until ' . ($row->[3] // 'ever') . ', ' . ($until // 'ever')
        . ' was promised')
        if defined $row->[3] != defined $until
            || defined $until && abs($row->[3] - $until) > 60_000;
}


# What is taken off is what the terms say; and only of what they say.
sub check_bindings ($self, $hold) {
    for my $binding (@{ $hold->{bindings} // [] }) {
        my ($seq, $gift) = @$binding{qw(seq gift)};
        my $terms = $self->{timeline}{terms}{ $gift->{sale} } // next;
        my $cost = $self->{timeline}->cost($gift->{sale}, $hold->{lines});
        my $off = 0;

        $self->count('bindings');
        $off += $_ for @{ $binding->{shares} };
        $self->problem('terms', $seq, undef, "gift $gift->{id} takes"
            . " $binding->{off_fen} fen off hold $hold->{id}, by its terms"
            . " $off") if $binding->{off_fen} != $off;
        $self->problem('terms', $seq, undef, "gift $gift->{id} is used by"
            . " hold $hold->{id}, which has nothing that it is good for")
            if !defined $cost;
        $self->problem('terms', $seq, undef, "gift $gift->{id} is used by"
            . " hold $hold->{id} of $cost fen, and is good from"
            . " $terms->{from_fen}")
            if defined $cost && $cost < ($terms->{from_fen} // 0);
        my $at = $self->{entries}[$seq - 1]{at};
        my ($until) = map { $_->[3] } grep { $_->[0] < $seq }
            reverse @{ $gift->{rows} };
        $self->problem('terms', $seq, undef, "gift $gift->{id} is used by"
            . " hold $hold->{id} at $at, and was good until $until")
            if !$binding->{late} && defined $until && $at > $until + 2;
    }
}


1;
