package Tuanbo::History::Services;

# The part of Answers.pm that is about what the order service asks: payments,
# what goes back, and goods.

use v5.36;

use Tuanbo::History::Timeline;

# The rules for a hold, written once more from docs/architecture.md: the states
# in which each command is answered wrong_state.
my %WRONG = (
    pay => { map { $_ => 1 } qw(queued sold released expired cancelled refund_due
        refunded ready picked_up) },
    release => { map { $_ => 1 } qw(paying sold expired cancelled refund_due
        refunded ready picked_up) },
    pickup => { map { $_ => 1 } qw(queued sold released expired cancelled refund_due
        refunded ready picked_up) },
    gift => { map { $_ => 1 } qw(queued paying sold released expired cancelled
        refund_due refunded ready picked_up) },
    confirm => {},
    cancel => { map { $_ => 1 } qw(queued sold refund_due refunded ready
        picked_up) },
    ready => { map { $_ => 1 } qw(queued held paying released expired cancelled
        picked_up) },
    'picked-up' => { map { $_ => 1 } qw(queued held paying sold released expired
        cancelled refund_due refunded) },
    # refund_due and refunded of what was never paid: see because_wrong_state
    (map { $_ => { map { $_ => 1 } qw(queued held paying released expired
        cancelled) } } qw(refund hand-over put-back claim)),
    'answer-claim' => {},
    'give-back' => { map { $_ => 1 } qw(queued held paying released expired cancelled
        refund_due refunded ready picked_up) },
);

# What of a hold is the reason in all other states: of an order money can go
# back, and goods be handed over, whatever became of the other; goods that do
# not come yet, or none any more, are not ready; and an order whose goods have
# come is not given back.  Of a line that has not come nothing is claimed, and
# a claim has one answer.
my %ELSE = (
    refund => sub ($money, $request) { !$money->{paid} },
    'hand-over' => sub ($money, $request) { !$money->{paid} },
    'put-back' => sub ($money, $request) { 1 },
    ready => sub ($money, $request) { !$money->{come} },
    'give-back' => sub ($money, $request) {
        return grep { $_ ne 'awaited' } @{ $money->{goods} };
    },
    claim => sub ($money, $request) {
        return !defined $money->{claimable}{ $request->{body}{sale} };
    },
    'answer-claim' => sub ($money, $request) {
        return Tuanbo::History::Claims::answered_other($money, $request);
    },
);

# The state that an answer to a command shows.
my %RIGHT = (release => qr/^released\z/, ready => qr/^ready\z/,
    'picked-up' => qr/^picked_up\z/, cancel => qr/^(?:cancelled|released)\z/);

*row_at = \&Tuanbo::History::Timeline::row_at;
*debt_at = \&Tuanbo::History::Owing::debt_at;


sub text ($value) { $value // 'null' }


sub done_confirm ($self, $request, $answer) {
    my $hold = $self->{checker}->hold($request->{hold}) // return
        $self->problem('lost', undef, "hold $request->{hold} is paid, and is"
            . ' not in the ledger');
    my $payment = $hold->{payments}{ $request->{reference} };
    my $outcome = text($answer->{outcome});
    my $said = $outcome . (defined $answer->{reason}
        ? " $answer->{reason}" : '');

    $self->count('payments');
    if (!$payment) {
        $self->problem('lost', $hold->{seq}, "payment"
            . " $request->{reference} of hold $hold->{id} is $said, and is"
            . ' not in the ledger');
        return;
    }
    my $is = $payment->{kind} . (defined $payment->{reason}
        ? " $payment->{reason}" : '');
    $self->problem('answer', $payment->{seq}, "payment"
        . " $request->{reference} is $said, the ledger has $is")
        if $is ne $said;
    if ($payment->{amount} != $request->{body}{paid_fen}) {
        $self->problem('answer', $payment->{seq}, "payment"
            . " $request->{reference}: $request->{body}{paid_fen} fen were"
            . " paid, $payment->{amount} are in the ledger");
    }
    if ($payment->{last} > $self->{to}) {
        $self->problem('order', $payment->{last}, "payment"
            . " $request->{reference} was answered before its entry");
    }
    if ($payment->{kind} eq 'sold'
        && $payment->{lines} != @{ $hold->{lines} })
    {
        $self->problem('answer', $payment->{seq}, "$payment->{lines} lines of"
            . " hold $hold->{id} are sold, of " . @{ $hold->{lines} });
    }
}


# cancel, ready, picked-up: the hold as it is then.
sub done_order ($self, $request, $shown) {
    my $hold = $self->hold_shown($shown, 'it answered with') // return;
    my $right = $RIGHT{ $request->{do} };

    $self->count('order calls');
    return if $shown->{state} =~ $right;
    $self->problem('answer', $hold->{seq}, "$request->{do} is done, it says,"
        . " and the hold is $shown->{state}");
}


# What goes back is in the ledger as it was asked for, and was not there
# before, unless the answer is said to be a replay.
sub done_refund ($self, $request, $shown) {
    my $hold = $self->hold_shown($shown, 'it answered with') // return;
    my @made = grep { $_->{seq} <= $self->{to}
        && is_what($_, asks($request)) } @{ $hold->{returns} // [] };

    $self->count('lines given back', scalar @{ $request->{body}{lines} });
    if (!@made) {
        $self->problem('lost', $hold->{seq}, 'refund of ' . asks($request)
            . " of hold $hold->{id} is done, it says, and is not in the"
            . ' ledger by then');
    }
    elsif (!$request->{replayed}
        && !grep { $_->{seq} > $self->{from} } @made)
    {
        $self->problem('twice', $made[-1]{seq}, 'refund of '
            . asks($request) . " of hold $hold->{id} is done, it says, and"
            . ' was there before it was asked for');
    }
}


# What a refund asks for and what the ledger has of it, in the same words.
sub asks ($request) {
    my $body = $request->{body};

    return join ', ', (map { my $line = $_; "$line->{sale} "
        . (defined $line->{qty} ? "$line->{qty} units"
            . ($body->{restock} ? ' restocked' : '')
            : "$line->{amount_fen} fen") } @{ $body->{lines} }),
        $body->{reason};
}


sub made ($return, $n = @{ $return->{lines} }) {
    return join ', ', (map { "$_->{sale} " . ($_->{qty}
        ? "$_->{qty} units" . ($_->{restocked} ? ' restocked' : '')
        : "$_->{amount} fen") } @{ $return->{lines} }[0 .. $n - 1]),
        $return->{reason};
}


# Whether a refund in these words wrote it, or its first lines, and the buyer
# gave the others back in the same moment.
sub is_what ($return, $asks) {
    return grep { made($return, $_) eq $asks }
        scalar @{ $return->{lines} }, @{ $return->{perhaps} // [] };
}


sub done_refunded ($self, $request, $shown) {
    my $hold = $self->hold_shown($shown, 'it answered with') // return;
    my $seq = $hold->{refunds}{ $request->{reference} };
    my $used = $self->{timeline}{refunds}{ $request->{reference} };

    $self->count('refunds');
    $self->problem('answer', $used->{seq}, "refund $request->{reference} is"
        . " acknowledged for hold $hold->{id}, and had settled another debt")
        if $used && !settled_this($used, $request);
    return if defined $seq && $seq <= $self->{to};
    $self->problem('lost', $seq // $hold->{seq}, 'refund'
        . " $request->{reference} of hold $hold->{id} is acknowledged, and"
        . ' not in the ledger by then');
}


# Whether what a refund settled is what this request says.
sub settled_this ($used, $request) {
    my $body = $request->{body};
    my %said = (hold => $request->{hold}, owed => $body->{owed},
        amount => $body->{amount_fen}, payment => payment($body));

    return !grep { defined $said{$_} && $said{$_} ne $used->{$_} } keys %said;
}


sub payment ($body) {
    return defined $body->{payment}
        ? Tuanbo::History::Checker::reference($body->{payment}) : undef;
}


# The answer is the order service's own. But it was asked only if the hold was
# paying.
sub done_pay ($self, $request, $answer) {
    my $hold = $self->{checker}->hold($request->{hold}) // return
        $self->problem('lost', undef, "hold $request->{hold} is being paid,"
            . ' and is not in the ledger');
    my $seq = $hold->{by}{paying};

    $self->count('checkouts');
    if (defined $seq) {
        my $before = row_at($hold->{shown}, $seq - 1);
        my $after = row_at($hold->{shown}, $seq);
        $self->problem('answer', $seq, "hold $hold->{id} went to the"
            . " checkout, and had $after->[2] in the place of $before->[2]")
            if $before && $after->[2] < $before->[2];
    }
    return if defined $seq && $seq <= $self->{to};
    $self->problem('lost', $hold->{seq}, "hold $hold->{id} went to the"
        . ' checkout, and has no paying in the ledger by then');
}


# Each of these gives nothing when the refusal is justified, or words.

sub because_wrong_state ($self, $request, $answer) {
    my $hold = $self->{checker}->hold($request->{hold} // '')
        // return 'there is no such hold';
    my $state = text($answer->{state});
    my $wrong = $WRONG{ $request->{do} }{$state};
    # other states are wrong only when something else is
    my $else = $ELSE{ $request->{do} };

    return "$request->{do} of a hold that is $state is allowed"
        if !$wrong && !$else;
    return 'what it handed over is known' if $request->{do} eq 'put-back'
        && $self->known_fact($request);
    return if $self->ever_in([$hold->{shown}], sub ($seq) {
        my $row = row_at($hold->{shown}, $seq) // return 0;
        return $row->[1] eq $state && ($wrong || $else->($row->[3], $request));
    });

    return "hold $hold->{id} was never $state " . $self->between;
}


# A line has less left than was asked for: units that are not owed back yet,
# or fen.
sub because_refund_over ($self, $request, $answer) {
    my $hold = $self->{checker}->hold($request->{hold} // '')
        // return 'there is no such hold';
    my $sale = text($answer->{sale});
    my ($asked) = grep { $_->{sale} eq $sale } @{ $request->{body}{lines} };
    my ($line) = grep { $_->{sale} eq $sale } @{ $hold->{lines} };

    return "$sale was not asked for" if !$asked;
    return if $self->ever_in([$hold->{shown}], sub ($seq) {
        my $row = row_at($hold->{shown}, $seq) // return 0;
        my ($qty, $fen) = @{ $row->[3]{left}{$sale} // [0, 0] };
        return 0 if $fen != $answer->{left_fen};
        return 1 if !$line;
        my $units = $asked->{qty} // 0;
        my $worth = $units ? Tuanbo::History::Owing::worth($line,
            $line->{qty} - $qty, $units) : $asked->{amount_fen};
        return $units > $qty || $worth > $fen;
    });

    return "$sale of hold $hold->{id} had other than $answer->{left_fen} fen"
        . ' left, or enough, ' . $self->between;
}


# The positions at which what a hold owes changes.
sub due_times ($hold) {
    my @times = sort { $a <=> $b } map { $_->{seq}, $_->{until} // () }
        @{ $hold->{dues} };

    return [map { [$_] } @times];
}


sub because_wrong_amount ($self, $request, $answer) {
    return $self->cash_amount($request, $answer)
        if $request->{do} eq 'order-for';

    my $hold = $self->{checker}->hold($request->{hold} // '')
        // return 'there is no such hold';
    my $body = $request->{body};
    my $right = $answer->{amount_fen};

    return "that was asked for" if $body->{amount_fen} == $right;
    return if $self->ever_in([due_times($hold)], sub ($seq) {
        my $due = debt_at($hold, $seq, payment($body), $body->{owed})
            // return 0;
        return $due->{amount} == $right;
    });

    return "hold $hold->{id} had no such debt of $right fen "
        . $self->between;
}


sub because_nothing_due ($self, $request, $answer) {
    my $hold = $self->{checker}->hold($request->{hold} // '')
        // return 'there is no such hold';
    my $body = $request->{body};

    return if $self->ever_in([due_times($hold)], sub ($seq) {
        return !debt_at($hold, $seq, payment($body), $body->{owed});
    });

    return "hold $hold->{id} had something due " . $self->between;
}


# Its reference had settled another debt, of this hold or of another.
sub because_refund_used ($self, $request, $answer) {
    my $used = $self->{timeline}{refunds}{ $request->{reference} }
        // return 'the refund had settled nothing';

    return "the refund settled this very debt, at seq $used->{seq}"
        if settled_this($used, $request);
    return "the refund settled nothing before seq $used->{seq}"
        if $used->{seq} > $self->{to};
    return;
}


# A key of the order service that was answered is answered so again.
sub refund_forgotten ($self, $request, $code) {
    for my $try (@{ $self->{checker}{refunds}{ $request->{key} } }) {
        next if !Tuanbo::History::Checker::done($try)
            || $try->{t1} >= $request->{t0};
        next if $code eq 'key_reused' && asks_other($try, $request);
        return "key $request->{key} was answered at $try->{at}";
    }

    return;
}


# `restock` is a part of the request also where no units go back, and the
# ledger has no word of it.
sub asks_other ($one, $other) {
    return $one->{hold} ne $other->{hold} || asks($one) ne asks($other)
        || !!$one->{body}{restock} ne !!$other->{body}{restock};
}


# Its key is bound to what another request asked for.
sub refund_reused ($self, $request) {
    for my $try (@{ $self->{checker}{refunds}{ $request->{key} } }) {
        my $hold = $self->{checker}->hold($try->{hold}) // next;
        return if asks_other($try, $request) && grep {
            is_what($_, asks($try)) && $_->{seq} <= $self->{to} }
            @{ $hold->{returns} // [] };
    }

    return "key $request->{key} had given nothing else back by then";
}


1;
