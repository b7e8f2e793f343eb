package Tuanbo::History::Owing;

# What a hold owes and what becomes of its goods, entry by entry: the part of
# Timeline.pm that is about the day after.  Each row of `shown` is what an
# answer says of the hold from that entry on: [seq, state, expires_at, money],
# and money is { paid, owed_fen, refunded_fen, goods, debts, left, claims,
# claimable }: goods, left and claimable by line, debts and claims as texts,
# see debt_text and claim_text.

use v5.36;

use constant DEBTS_SHOWN => 64;

# Before anything was paid.
my $NOTHING = { paid => 0, owed_fen => 0, refunded_fen => 0, goods => [],
    debts => [], left => {}, come => 0, claims => [], claimable => {} };

# Goods of one line, by an entry about it; and which lines an entry without
# a sale is about.
my %GOODS = (ready => 'ready', picked_up => 'handed_over', short => 'short',
    put_back => 'ready');
my %GOODS_OF = (ready => 'awaited', picked_up => 'ready');


sub show ($self, $hold, $seq) {
    my $state = order_state($hold);

    push @{ $hold->{shown} }, [$seq, $state,
        $state =~ /^(?:held|paying)\z/ ? $hold->{expires_at} : undef,
        $self->money($hold)];
}


sub money ($self, $hold) {
    my $dues = $hold->{dues};
    my ($owed, $back) = (0, 0);

    return $NOTHING if !$hold->{paid} && !@$dues;
    for my $due (@$dues) {
        (defined $due->{until} ? $back : $owed) += $due->{amount};
    }
    my @claims = @{ $hold->{claims} // [] };
    splice @claims, DEBTS_SHOWN if @claims > DEBTS_SHOWN;
    my $last = @$dues > DEBTS_SHOWN ? DEBTS_SHOWN - 1 : $#$dues;

    return {
        paid => $hold->{paid} // 0, owed_fen => $owed,
        refunded_fen => $back,
        goods => [map { $hold->{paid} ? goods_text($_) : () }
            @{ $hold->{lines} }],
        come => $self->may_come($hold),
        debts => [map { debt_text($_) } @$dues[0 .. $last]],
        left => { map { $_->{sale} => [$_->{qty} - $_->{owed_qty},
            paid_for($_) - $_->{owed_fen}] } @{ $hold->{lines} } },
        claims => [map { claim_text($_) } @claims],
        claimable => { map { $_->{sale} => claimable($hold, $_) }
            @{ $hold->{lines} } },
    };
}


sub goods_text ($line) {
    return join ' ', $line->{goods}, $line->{short_qty} || (),
        $line->{goods} eq 'handed_over' ? $line->{given_at} : ();
}


# Units that have come, or may still.
sub to_come ($line) {
    return $line->{qty} - $line->{restocked} - ($line->{short_qty} // 0);
}


# Some line is awaited, and none of those waits for its group.
sub may_come ($self, $hold) {
    my @awaited = grep { $_->{goods} eq 'awaited' && to_come($_) > 0 }
        @{ $hold->{lines} };

    return 0 if !$hold->{paid} || !@awaited;
    return (grep { $self->waits($hold, $_) } @awaited) ? 0 : 1;
}


sub waits ($self, $hold, $line) {
    for my $group (values %{ $self->{groups}{ $line->{sale} } // {} }) {
        return 1 if $group->{holds}{ $hold->{id} }
            && ($group->{state} // '') ne 'formed';
    }

    return 0;
}


# As an answer tells it.
sub debt_text ($due) {
    return join ' ', map { $_ // 'null' } $due->{seq}, $due->{sale},
        $due->{qty} || undef, $due->{amount}, $due->{reason},
        $due->{due_at}, $due->{back_at};
}


sub claim_text ($claim) {
    return join ' ', map { $_ // 'null' } @$claim{qw(id state amount due_at
        sale qty reason answered_at)};
}


# Units of which may be said that they were wrong: each once, and none that is
# owed back; undef: none has come.
sub claimable ($hold, $line) {
    return undef if $line->{goods} !~ /^(?:ready|handed_over)\z/;

    my ($open, $claimed) = (0, 0);
    for my $claim (grep { $_->{sale} eq $line->{sale} }
        @{ $hold->{claims} // [] })
    {
        $open += $claim->{qty} if $claim->{state} eq 'open';
        $claimed += $claim->{qty} if $claim->{state} ne 'denied';
    }
    my $gone = $line->{owed_qty} + $open;
    $gone = $claimed if $claimed > $gone;

    return $gone < $line->{qty} ? $line->{qty} - $gone : 0;
}


# Units of a line, some of which were given back before.
sub worth ($line, $before, $units) {
    my ($from, $to) = map { use integer;
        paid_for($line) * $_ / $line->{qty} } $before, $before + $units;

    return $to - $from;
}


sub paid_for ($line) {
    return $line->{qty} * $line->{price_fen} - ($line->{off_fen} // 0);
}


# ------------------------------------------------------------------ the state

# Of a hold that was paid it follows from its lines: goods first, then money.
# `back`: it had ended unsold, and then something was paid for it.
sub order_state ($hold) {
    my $state = $hold->{state};
    my $lines = $hold->{lines};

    return $state eq 'back' ? back_state($hold) : $state if !$hold->{paid};
    my @come = grep { $_->{goods} eq 'handed_over' || to_come($_) > 0 }
        @$lines;
    my %n;
    $n{ $_->{goods} }++ for @come;
    my $handed_over = $n{handed_over} // 0;

    return 'picked_up' if @come && $handed_over == @come;
    return 'ready' if @come && $handed_over + ($n{ready} // 0) == @come;
    my $back = grep { is_back($_) } @$lines;
    return back_state($hold) if $back == @$lines;
    # all that failed, or was called off, will be owed
    my $failed = grep { is_back($_) || $_->{failed}
        || $_->{off} && owes($_) } @$lines;
    return $failed == @$lines ? 'refund_due' : 'sold';
}


sub is_back ($line) {
    return $line->{owed_qty} == $line->{qty} || $line->{owed_fen}
        && $line->{owed_fen} == paid_for($line);
}


sub owes ($line) {
    return $line->{owed_qty} < $line->{qty}
        || $line->{owed_fen} < paid_for($line);
}


sub back_state ($hold) {
    return (grep { !defined $_->{until} } @{ $hold->{dues} }) ? 'refund_due'
        : 'refunded';
}


# ---------------------------------------------------------------- the entries

sub lines_of ($hold, $entry) {
    return grep { $_->{sale} eq $entry->{sale} } @{ $hold->{lines} };
}


sub note_goods ($self, $entry, $hold) {
    my $type = $entry->{type};
    my $goods = $GOODS{$type};

    if ($type eq 'restocked' || $type eq 'returned') {
        $_->{restocked} += $entry->{qty} for lines_of($hold, $entry);
        return;
    }
    return if !defined $goods;

    my @lines = defined $entry->{sale} ? lines_of($hold, $entry)
        : grep { $_->{goods} eq $GOODS_OF{$type} && to_come($_) > 0 }
            @{ $hold->{lines} };
    for my $line (@lines) {
        $line->{goods} = $goods;
        $line->{given_at} = $entry->{at};
        $line->{due_at} = $entry->{due_at};
        $line->{short_qty} = $entry->{short_qty} if $entry->{short_qty};
        $line->{short_qty} = $line->{qty} - $line->{restocked}
            if $type eq 'short';
        # who hands over what was short says that it has come after all
        $line->{short_qty} = 0
            if $goods eq 'handed_over' && to_come($line) == 0;
    }
}


# Facts of hand-overs: the key is bound to the first entry, and all lines have
# the same words.  What was undone is there by the seq of its first put_back.
sub note_fact ($self, $entry, $hold) {
    my $type = $entry->{type};

    if ($type eq 'put_back') {
        push @{ $hold->{undone} }, [$entry->{seq}] if defined $entry->{key};
        return;
    }
    return if $type !~ /^(?:picked_up|double)\z/ || !defined $entry->{via};

    my $fact = $self->{handing};
    if (defined $entry->{key} || !$fact || $fact->{last} != $entry->{seq} - 1
        || $fact->{hold} ne $hold->{id})
    {
        $fact = $self->{handing} = { hold => $hold->{id}, outcome => 'double',
            seq => $entry->{seq}, paid_back => 0, sales => {} };
        push @{ $hold->{facts} }, $fact;
    }
    $fact->{last} = $entry->{seq};
    $fact->{sales}{ $entry->{sale} } = 1;
    $fact->{words} = join ' ', $entry->{via}, $entry->{device_at} // 0,
        map { $fact->{sales}{ $_->{sale} } ? $_->{sale} : () }
        @{ $hold->{lines} };
    $self->{fact_of}{ $entry->{seq} } = $fact;

    if ($type eq 'picked_up') {
        $fact->{outcome} = 'handed_over';
        $fact->{at} = $entry->{at};
        $fact->{paid_back} = 1 if grep { $_->{qty}
            && ($_->{sale} // '') eq $entry->{sale} } @{ $hold->{dues} };
    }
    elsif ($fact->{outcome} eq 'double') {
        my ($first) = map { $_->{given_at} } lines_of($hold, $entry);
        $fact->{at} = $first if !defined $fact->{at} || $first < $fact->{at};
    }
}


sub note_money ($self, $entry, $hold) {
    my $type = $entry->{type};
    my $payment = $entry->{payment} // return;

    if ($type =~ /^sold/) {
        my $row = $hold->{payments}{$payment} //= { kind => 'sold',
            seq => $entry->{seq}, amount => 0, lines => 0 };
        $row->{last} = $entry->{seq};
        $row->{amount} += $entry->{amount_fen};
        $row->{lines}++;
        if (defined $entry->{taken_by}) {
            $hold->{cash} //= { fen => 0, by => $entry->{taken_by} };
            $hold->{cash}{fen} += $entry->{amount_fen};
        }
        $hold->{sold_at} //= $entry->{at};
        if ($self->{called_off}{ $entry->{sale} }) {
            $_->{off} = 1 for lines_of($hold, $entry);
        }
        $hold->{paid} = 1;
    }
    elsif ($type eq 'refunded') {
        $self->settle($entry, $hold);
    }
    elsif ($type =~ /^(?:refund_due|returned|owed)\z/) {
        $hold->{payments}{$payment} //= { kind => 'refund_due', last =>
            $entry->{seq}, seq => $entry->{seq}, reason => $entry->{reason},
            amount => $entry->{amount_fen} };
        owe($hold, $entry);
        $hold->{state} = 'back'
            if $hold->{state} =~ /^(?:released|expired|cancelled)\z/;
    }
}


# What goes back at once: debts of the lines of an order with one reason, each
# followed by its units where these are for sale again.  The key of a command
# is bound to the first; but an order may be given back without one, right
# after a refund.  What one command writes is of one instant, has each line
# once, and puts the units of all its lines on sale, or of none.  Where that
# leaves it open which line the first command ended with, `perhaps` has how many
# it may have been.
sub note_return ($self, $entry, $hold) {
    my $seq = $entry->{seq};
    my $return = $self->{returning};
    my $goes_on = $return && $return->{last} == $seq - 1
        && $return->{hold} eq $hold->{id};

    if ($entry->{type} eq 'owed' && defined $entry->{sale}) {
        $return = $self->begin_return($entry, $hold)
            if !$goes_on || defined $entry->{key}
            || $entry->{reason} ne $return->{reason}
            || $entry->{at} != $return->{at}
            || grep { $_->{sale} eq $entry->{sale} } @{ $return->{lines} };
        push @{ $return->{perhaps} }, scalar @{ $return->{lines} }
            if @{ $return->{lines} } && $entry->{reason} eq 'cancelled';
        push @{ $return->{lines} }, { sale => $entry->{sale}, restocked => 0,
            qty => $entry->{qty} // 0, amount => $entry->{amount_fen} };
    }
    elsif ($entry->{type} eq 'restocked') {
        my $line = $goes_on ? $return->{lines}[-1] : return;
        return if $line->{restocked} || $line->{sale} ne $entry->{sale}
            || $line->{qty} != $entry->{qty};
        if (grep { $_ != $line && $_->{qty} && !$_->{restocked} }
            @{ $return->{lines} })
        {
            pop @{ $return->{lines} };
            $return = $self->begin_return($self->{returned}, $hold);
            push @{ $return->{lines} }, $line;
            $self->{return_of}{ $seq - 1 } = $return;
        }
        $line->{restocked} = 1;
    }
    elsif ($entry->{type} eq 'unbound' && $goes_on) {
        # all is back, and so is its gift
        $return->{last} = $seq;
        return;
    }
    else {
        return;
    }
    $self->{returned} = $entry;
    $return->{last} = $seq;
    $self->{return_of}{$seq} = $return;
}


sub begin_return ($self, $entry, $hold) {
    my $return = $self->{returning} = { hold => $hold->{id}, lines => [],
        map { $_ => $entry->{$_} } qw(seq at reason key) };

    push @{ $hold->{returns} }, $return;

    return $return;
}


# A claim, the answer to it, and what is owed for it, which follows.  undef:
# the entry is none of these.
sub note_claim ($self, $entry, $hold) {
    my ($type, $seq) = @$entry{qw(type seq)};
    my $accepted = delete $hold->{accepted};

    if ($type eq 'claimed') {
        my $claim = $self->{claims}{$seq} = { id => $seq, state => 'open',
            hold => $hold->{id}, amount => $entry->{amount_fen},
            map { $_ => $entry->{$_} } qw(sale qty reason due_at by key) };
        push @{ $hold->{claims} }, $claim;
        return 1;
    }
    if ($type =~ /^(?:accepted|denied)\z/) {
        my $claim = $self->{claims}{ $entry->{claim} } // return 1;
        @$claim{qw(state answered answered_at)} = ($type, $seq,
            $entry->{at});
        $hold->{accepted} = $claim if $type eq 'accepted';
        return 1;
    }
    return undef if !$accepted || $type ne 'owed'
        || ($entry->{sale} // '') ne $accepted->{sale}
        || $entry->{reason} ne $accepted->{reason};
    $self->{claim_of}{$seq} = $accepted;

    return 1;
}


# A line of which units do not come, and what is owed for them, which follows
# at once.  undef: the entry is neither.
sub note_short ($self, $entry, $hold) {
    my $short = delete $hold->{missing};

    $hold->{missing} = $entry if $entry->{type} eq 'short'
        || defined $entry->{short_qty};
    return undef if !$short || $entry->{type} ne 'owed'
        || $entry->{reason} ne 'short' || defined $entry->{key}
        || ($entry->{sale} // '') ne $short->{sale};
    $self->{short_of}{ $entry->{seq} } = $short->{seq};

    return 1;
}


# A debt of nothing is settled as it is written.  Before debts had ids they
# were due at once.
sub owe ($hold, $entry) {
    my $due = { seq => $entry->{seq}, payment => $entry->{payment},
        sale => $entry->{sale}, amount => $entry->{amount_fen},
        qty => $entry->{qty} // 0, reason => $entry->{reason},
        due_at => $entry->{due_at} // $entry->{at} };

    if ($due->{amount} == 0) {
        $due->{until} = $entry->{seq};
        $due->{back_at} = $entry->{at};
    }
    push @{ $hold->{dues} }, $due;
    return if !defined $entry->{sale};

    for my $line (lines_of($hold, $entry)) {
        $line->{owed_fen} += $entry->{amount_fen};
        $line->{owed_qty} += $entry->{qty} // 0;
        $line->{failed} = 0 if $line->{owed_qty} == $line->{qty};
    }
}


# The debt that the entry names, or the oldest one of its payment and sale.
sub settle ($self, $entry, $hold) {
    my $refund = $entry->{refund} // '';
    my ($due) = grep { !defined $_->{until}
        && $_->{payment} eq $entry->{payment}
        && ($_->{sale} // '') eq ($entry->{sale} // '')
        && (!defined $entry->{owed} || $_->{seq} == $entry->{owed}) }
        @{ $hold->{dues} };

    $hold->{refunds}{$refund} = $entry->{seq};
    $self->{refunds}{$refund} //= { hold => $hold->{id},
        payment => $entry->{payment}, seq => $entry->{seq},
        amount => $entry->{amount_fen}, owed => $due ? $due->{seq} : 0 };
    return if !$due;
    $due->{until} = $entry->{seq};
    $due->{back_at} = $entry->{at};
}


# The debt that `refunded` with this body would settle at a position.
sub debt_at ($hold, $seq, $payment, $owed) {
    my ($due) = grep { $_->{seq} <= $seq
        && (!defined $_->{until} || $_->{until} > $seq)
        && (!defined $payment || $_->{payment} eq $payment)
        && (!defined $owed || $_->{seq} == $owed) } @{ $hold->{dues} };

    return $due;
}


1;
