package Tuanbo::History::Gifts;

# The part of Answers.pm that is about what is given: who is granted a gift,
# what uses it, and what that takes off.

use v5.36;

use Tuanbo::History::Timeline;

*row_at = \&Tuanbo::History::Timeline::row_at;


sub text ($value) { $value // 'null' }


sub gift_of ($self, $id) { return $self->{timeline}{gifts}{ $id // '' } }


# A gift as an answer shows it; gives the one of the ledger.  `over` is read
# off the clock, and no entry: no earlier than the answer's.
sub gift_shown ($self, $shown, $what) {
    my $gift = $self->gift_of($shown->{id}) // do {
        $self->problem('lost', undef, "$what gift " . text($shown->{id})
            . ', which is not in the ledger');
        return;
    };
    my %said = (%{ $shown->{gift} // {} },
        sale => $shown->{lines}[0]{sale}, created_at => $shown->{at}
        // $shown->{created_at});
    my %is = (sale => $gift->{sale}, number => $gift->{number},
        created_at => $gift->{at});
    for my $field (sort keys %is) {
        next if text($is{$field}) eq text($said{$field});
        $self->problem('answer', $gift->{seq}, "$what gift $gift->{id} with"
            . " $field " . text($said{$field}) . ', the ledger has '
            . text($is{$field}));
    }

    # what is in a packet stays; a ticket that has won is what it has won
    my $off = text($said{off_fen});
    $self->problem('answer', $gift->{seq}, "$what gift $gift->{id} with"
        . " off_fen $off, the ledger has " . text($gift->{off_fen}))
        if !$self->ever_in([$gift->{rows}], sub ($seq) {
            my $row = row_at($gift->{rows}, $seq) // $gift->{rows}[0];
            return text($row->[4]) eq $off;
        });

    my $until = text($said{valid_until_at});
    my $state = text($shown->{state});
    $self->problem('answer', $gift->{seq}, "$what gift $gift->{id} $state"
        . " until $until, which it was not " . $self->between)
        if !$self->ever_in([$gift->{rows}], sub ($seq) {
            my $row = row_at($gift->{rows}, $seq) // return 0;
            return 0 if text($row->[3]) ne $until;
            return $row->[1] eq $state || $state eq 'over'
                && $row->[1] eq 'granted' && $self->may_be_over($row->[3]);
        });
    $self->count('gifts shown');

    return $gift;
}


# By the answer's Date, which is in whole seconds.
sub may_be_over ($self, $until) {
    my $date = $self->{request}{date} // return 1;

    return defined $until && $until <= 1000 * ($date + 1);
}


# One gift for each key, and each answer to it that one.
sub done_grant ($self, $request, $shown) {
    my $gift = $self->gift_shown($shown, 'it was granted') // return;
    my $sale = $request->{body}{sale};

    $self->problem('answer', $gift->{seq}, "it asked for one of $sale, and"
        . " was granted $gift->{id} of $gift->{sale}")
        if $gift->{sale} ne $sale;
    $self->problem('twice', $gift->{seq}, "it was granted $gift->{id}, which"
        . ' was there before it was asked for')
        if $request->{code} == 201 && $gift->{seq} <= $self->{from};
    for my $try (@{ $self->{checker}{grants}{ $request->{key} } // [] }) {
        next if !Tuanbo::History::Checker::done($try)
            || $try->{answer}{id} eq $gift->{id};
        $self->problem('twice', $gift->{seq}, "key $request->{key} was"
            . " granted $gift->{id}, and $try->{answer}{id} at $try->{at}");
    }
}


sub done_gifts ($self, $request, $answer) {
    my $buyer = $self->{checker}{buyer_of}{ $request->{user} } // '';
    my %seen = map { $_->{id} => 1 } @{ $answer->{gifts} };
    my $all = $self->{timeline}{given}{$buyer} // [];

    $self->gift_shown($_, 'it listed') for @{ $answer->{gifts} };
    for my $gift (grep { !$seen{ $_->{id} } } @$all) {
        $self->problem('answer', $gift->{seq}, "gift $gift->{id} of"
            . " $request->{user} is not in its list")
            if $gift->{seq} <= $self->{from};
    }
    $self->count('lists of gifts');
}


# A hold that uses another gift from now on, or none.
sub done_gift ($self, $request, $shown) {
    my $hold = $self->hold_shown($shown, 'it answered with') // return;
    my $asked = text($request->{body}{gift});

    $self->count('gifts bound') if $asked ne 'null';
    $self->problem('answer', $hold->{seq}, "hold $hold->{id} was to use"
        . " $asked, and uses " . text($shown->{gift}))
        if text($shown->{gift}) ne $asked;
}


# Which gift a hold uses, what that takes off, and off which lines: all of one
# position.
sub used_shown ($self, $hold, $shown, $what) {
    return if !exists $shown->{off_fen};

    my $rows = $hold->{used} // [];
    my @off = map { $_->{off_fen} // 0 } @{ $shown->{lines} };
    my $said = join ' ', text($shown->{gift}), $shown->{off_fen}, @off,
        $shown->{amount_fen};
    my $all = 0;

    $all += $_->{qty} * $_->{price_fen} for @{ $shown->{lines} };
    return if $self->ever_in([$rows], sub ($seq) {
        my (undef, $gift, $fen, $shares) = @{ row_at($rows, $seq)
            // [0, undef, 0, []] };
        return $said eq join ' ', text($gift), $fen,
            (map { $shares->[$_] // 0 } 0 .. $#off), $all - $fen;
    });
    $self->problem('answer', $hold->{seq}, "$what hold $hold->{id} with gift,"
        . " fen off and amount $said, which it had not " . $self->between);
}


# A hold that is made uses what it was asked for with; in a replay another one,
# perhaps, or none.
sub cart_used ($self, $request, $shown) {
    my ($asked, $uses) = map { text($_->{gift}) } $request->{body}, $shown;

    return if $request->{code} == 200 || $asked eq $uses;
    $self->problem('answer', undef, "hold $shown->{id} was asked for with gift"
        . " $asked, and uses $uses");
}


# What would have been held, by the prices of that moment.
sub cart ($self, $request) {
    my $units = $self->units($request);

    return { id => 'none', lines => [map {
        my $row = row_at($self->list_of($_), $self->{to});
        { sale => $_, qty => $units->{$_}, price_fen => $row
            ? $row->[4]{price_fen} : 0 } } sort keys %$units] };
}


sub because_gift_unusable ($self, $request, $answer) {
    my $id = text($request->{body}{gift});
    my $gift = $self->gift_of($id) // return "there is no gift $id";
    my $hold = $request->{do} eq 'hold' ? $self->cart($request)
        : $self->{checker}->hold($request->{hold} // '')
            // return 'there is no such hold';
    my $why = text($answer->{reason});
    my $cost = $self->{timeline}->cost($gift->{sale}, $hold->{lines});
    my $from = ($self->{timeline}{terms}{ $gift->{sale} } // {})->{from_fen}
        // 0;

    return if $self->ever_in([$gift->{rows}], sub ($seq) {
        my $row = row_at($gift->{rows}, $seq) // return 0;
        # its own hold's is no other's
        return $row->[1] eq $why && $row->[2] ne $hold->{id}
            if $why eq 'bound';
        return $row->[1] eq $why if $why eq 'used';
        return 0 if $row->[1] ne 'granted';
        return defined $row->[3] && $self->may_be_over($row->[3])
            if $why eq 'over';
        return $why eq 'other_sale' ? !defined $cost || !$row->[4]
            : $why eq 'too_little' && defined $cost && $cost < $from;
    });

    return "gift $id was never $why for hold $hold->{id} " . $self->between;
}


1;
