package Tuanbo::History::Facts;

# The part of Answers.pm that is about the day after: hand-overs as facts,
# orders that their buyers give back, and whole sales.

use v5.36;

use Tuanbo::History::Timeline;

*row_at = \&Tuanbo::History::Timeline::row_at;

use constant PUT_BACK_MS => 600_000;


# ----------------------------------------------------------------- hand-overs

# A nonce is told the same each time, and what it is told is in the ledger.
sub done_hand_over ($self, $request, $answer) {
    my $hold = $self->{checker}->hold($request->{hold}) // return
        $self->problem('lost', undef, "hold $request->{hold} is handed over,"
            . ' it says, and is not in the ledger');
    my $nonce = $request->{body}{nonce};
    my $said = said($answer);
    my $first = $self->{told}{"$hold->{id} $nonce"} //= { said => $said,
        at => $request->{at} };

    $self->count('hand-overs');
    $self->problem('twice', undef, "nonce $nonce is $said, and was"
        . " $first->{said} at $first->{at}") if $first->{said} ne $said;
    return if grep { $_->{seq} <= $self->{to} && is($_) eq $said
        && $self->is_asked($_, $nonce, $hold) } @{ $hold->{facts} // [] };
    $self->problem('lost', $hold->{seq}, "nonce $nonce of hold $hold->{id} is"
        . " $said, and that is not in the ledger by then");
}


sub said ($answer) {
    return join ' ', $answer->{outcome} // 'null', 'at',
        $answer->{at} // 'null', $answer->{paid_back} ? 'paid back' : ();
}


sub is ($fact) {
    return join ' ', $fact->{outcome}, 'at', $fact->{at} // 'null',
        $fact->{paid_back} ? 'paid back' : ();
}


# Whether a request with this nonce asked for what the ledger has.
sub is_asked ($self, $fact, $nonce, $hold) {
    return grep { asked_fact($_, $hold) eq $fact->{words} }
        @{ $self->{checker}{nonces}{ $hold->{id} }{$nonce} };
}


sub asked_fact ($request, $hold) {
    my $body = $request->{body};
    my %named = map { $_->{sale} => 1 } @{ $body->{lines} // $hold->{lines} };

    return join ' ', $body->{via} // 'list', $body->{device_at} // 0,
        map { $named{ $_->{sale} } ? $_->{sale} : () } @{ $hold->{lines} };
}


# What was handed over is ready again.
sub done_put_back ($self, $request, $shown) {
    my $hold = $self->hold_shown($shown, 'it answered with') // return;

    $self->count('hand-overs undone');
    return if grep { $_->[0] <= $self->{to} } @{ $hold->{undone} // [] };
    $self->problem('lost', $hold->{seq}, "a hand-over of hold $hold->{id} is"
        . ' undone, it says, and there is no put_back in the ledger by then');
}


# What this nonce handed over, when somebody was told so before.
sub known_fact ($self, $request) {
    my ($try) = grep { Tuanbo::History::Checker::done($_)
        && $_->{t1} < $request->{t0}
        && $_->{answer}{outcome} eq 'handed_over' }
        @{ $self->{checker}{nonces}{ $request->{hold} }
            { $request->{body}{nonce} } // [] };

    return $try;
}


# A nonce is of one order.
sub fact_reused ($self, $request) {
    return "nonce $request->{body}{nonce} is this order's alone";
}


# ---------------------------------------------------------- orders given back

sub done_give_back ($self, $request, $shown) {
    my $hold = $self->hold_shown($shown, 'it gave back') // return;

    $self->count('orders given back');
    return if grep { $_->{seq} <= $self->{to} && gives_back($_) }
        @{ $hold->{returns} // [] };
    $self->problem('lost', $hold->{seq}, "hold $hold->{id} is given back, it"
        . ' says, and that is not in the ledger by then');
}


sub gives_back ($return) {
    return $return->{reason} eq 'cancelled'
        && !grep { $_->{qty} && !$_->{restocked} } @{ $return->{lines} };
}


# By the server's clock, to the second.
sub because_too_late ($self, $request, $answer) {
    my $hold = $self->{checker}->hold($request->{hold} // '')
        // return 'there is no such hold';
    my $by = 1000 * (($request->{date} // 0) + 1);

    if ($request->{do} eq 'put-back') {
        return 'it was handed over less than ten minutes before'
            if !grep { $_->{at} + PUT_BACK_MS < $by }
                @{ $hold->{facts} // [] };
        return;
    }
    return $self->claim_late($request, $hold) if $request->{do} eq 'claim';
    for my $sale (map { $_->{sale} } @{ $hold->{lines} }) {
        return if $self->sale_was($request, { sale => $sale }, sub ($terms) {
            return ($hold->{sold_at} // 0) + ($terms->{cancel_ms} || -9e15)
                < $by;
        });
    }

    return "hold $hold->{id} could be given back " . $self->between;
}


sub because_formed ($self, $request, $answer) {
    my $hold = $self->{checker}->hold($request->{hold} // '')
        // return 'there is no such hold';

    for my $line (@{ $hold->{lines} }) {
        my $groups = $self->{timeline}{groups}{ $line->{sale} } // next;
        return if grep { ($_->{state} // '') eq 'formed'
            && $_->{holds}{ $hold->{id} } && $_->{decided} <= $self->{to} }
            values %$groups;
    }

    return "no group of hold $hold->{id} had formed by then";
}


# ----------------------------------------------------------------- whole sales

sub done_call_off ($self, $request, $shown) {
    my ($sale) = $request->{target} =~ m{/sales/([^/]+)/};
    my $seq = $self->{timeline}{called_off}{$sale};

    $self->count('sales called off');
    $self->sale_shown($shown);
    return if defined $seq && $seq <= $self->{to} && $shown->{cancelled};
    $self->problem('lost', $seq, "$sale is called off, it says, and is not"
        . ' in the ledger by then');
}


sub done_compensate ($self, $request, $answer) {
    my ($sale) = $request->{target} =~ m{/sales/([^/]+)/};
    my $each = $request->{body}{fen_each};
    my @made = grep { $_->{seq} <= $self->{to} }
        @{ $self->{timeline}{compensated}{$sale}{$each} // [] };

    $self->count('sales compensated');
    return if grep { $_->{orders} == $answer->{orders} } @made;
    $self->problem('lost', @made ? $made[-1]{seq} : undef, "$answer->{orders}"
        . " orders of $sale are compensated by $each, it says, and that is"
        . ' not in the ledger by then');
}


1;
