package Tuanbo::History::Timeline;

# What a ledger says was so at each of its positions: sales, what a buyer has
# of them, holds and their money.  Everything is a list of [seq, value, …] in
# order, each true from its seq until the next one's.  That the ledger is
# right in itself is Tuanbo::Ledger's matter; here it is only remembered.

use v5.36;

# Change of held and of sold by each unit (docs/ledger.md).
my %EFFECT = (held => [1, 0], released => [-1, 0], expired => [-1, 0],
    cancelled => [-1, 0], sold => [-1, 1], sold_late => [0, 1],
    returned => [0, -1], restocked => [0, -1]);

# The state of a hold once the entry of its last line is there.
my %STATE = (held => 'held', paying => 'paying', released => 'released',
    expired => 'expired', cancelled => 'cancelled',
    withdrawn => 'cancelled', sold => 'sold', sold_late => 'sold',
    ready => 'ready', picked_up => 'picked_up');


sub new ($class) {
    return bless {
        last => 0,
        sales => {},    # id => [[seq, held, sold, joined, terms], …]
        buyers => {},   # pseudonym => { taken, lapses => { sale => list },
                        #                live => list, holds => [id, …] }
        holds => {},    # id => see begin_hold
        order => [],    # ids of holds
        refunds => {},  # reference => { hold, payment, seq }
        groups => {},   # sale => { group => { state, members } }
        changes => {},  # sale => { qty => seqs of `stock` entries }
    }, $class;
}


sub add ($self, $entry) {
    my $type = $entry->{type};

    $self->{last} = $entry->{seq};
    if ($type eq 'held') {
        $self->begin_hold($entry);
    }
    elsif (defined $entry->{hold} && $self->{holds}{ $entry->{hold} }) {
        $self->follow_hold($entry, $self->{holds}{ $entry->{hold} });
    }
    $self->move_sale($entry) if defined $entry->{sale};
    $self->decide($entry) if $type eq 'formed' || $type eq 'failed';
}


# ---------------------------------------------------------------- the sales

# What an operator sets, and what is decided, is in `terms`: a new one with
# each change, shared by all positions in between.
sub move_sale ($self, $entry) {
    my $type = $entry->{type};
    my $list = $self->{sales}{ $entry->{sale} } //= [];
    my $before = $list->[-1] // [0, 0, 0, 0, { opened => 0, paused => 0,
        closed => 0, decided => 0, formed => 0, failed => 0, stock => 0 }];
    my (undef, $held, $sold, $joined, $terms) = @$before;
    my $qty = $entry->{qty} // 0;

    if (my $effect = $EFFECT{$type}) {
        $held += $effect->[0] * $qty;
        $sold += $effect->[1] * $qty;
        $joined += $qty if $type =~ /^sold/ && defined $terms->{goal};
    }
    elsif ($type eq 'sale') {
        my %next = (%$terms, map { $_ => $entry->{$_} } qw(stock price_fen
            limit opens_at closes_at goal goal_by hold_ms));
        my $moved = ($next{closes_at} // 0) != ($terms->{closes_at} // 0);
        $next{closed} = 0 if $terms->{closed} && $moved
            && ($next{closes_at} // $entry->{at} + 1) > $entry->{at};
        $next{opened} = 0 if ($next{opens_at} // 0) > $entry->{at};
        $terms = \%next;
    }
    elsif ($type eq 'stock') {
        $terms = { %$terms, stock => $terms->{stock} + $qty };
        push @{ $self->{changes}{ $entry->{sale} }{$qty} }, $entry->{seq};
    }
    elsif ($type =~ /^(?:opened|paused|closed|decided)\z/) {
        $terms = { %$terms, $type => 1 };
    }
    elsif ($type eq 'resumed') {
        $terms = { %$terms, paused => 0 };
    }
    elsif ($type eq 'formed' || $type eq 'failed') {
        $terms = { %$terms, $type => $terms->{$type} + 1 };
    }
    push @$list, [$entry->{seq}, $held, $sold, $joined, $terms];
}


sub free ($row) { return $row->[4]{stock} - $row->[1] - $row->[2] }


sub sale_state ($row) {
    my $terms = $row->[4];

    return $terms->{closed} ? 'closed' : !$terms->{opened} ? 'scheduled'
        : $terms->{paused} ? 'paused' : free($row) == 0 ? 'sold_out' : 'open';
}


# undef: undecided, or without a goal.
sub formed ($row) {
    my $terms = $row->[4];

    return undef if !defined $terms->{goal};
    return $terms->{formed} ? 1 : 0 if $terms->{decided};
    return undef if $terms->{goal_by} ne 'sale';
    return $terms->{formed} ? 1 : $terms->{failed} ? 0 : undef;
}


# ---------------------------------------------------------------- the holds

sub begin_hold ($self, $entry) {
    my $id = $entry->{hold};
    my $hold = $self->{holds}{$id};
    my $buyer = $self->{buyers}{ $entry->{buyer} } //= { taken => {},
        lapses => {}, live => [[0, 0]], holds => [] };

    if (!$hold) {
        $hold = $self->{holds}{$id} = {
            id => $id, seq => $entry->{seq}, buyer => $entry->{buyer},
            # what was asked for, and where it is collected: [seq, pickup]
            pickup => $entry->{pickup},
            points => [[$entry->{seq}, $entry->{pickup}]],
            at => $entry->{at},
            key => $entry->{key}, lines => [], shown => [],
            state => 'none', failed => {}, returned => {},
            payments => {},     # hash => { kind, seq, reason, amount }
            refunds => {},      # hash => seq
            dues => [],         # { seq, until, payment, sale }
            by => {},           # type => seq of the first entry
        };
        push @{ $self->{order} }, $id;
        push @{ $buyer->{holds} }, $id;
        change($buyer->{live}, $entry->{seq}, 1);
    }
    $hold->{lapsed}{ $entry->{sale} } =
        ($buyer->{lapses}{ $entry->{sale} } // [])->[-1];
    push @{ $hold->{lines} }, { sale => $entry->{sale}, qty => $entry->{qty},
        price_fen => $entry->{price_fen} };
    change($buyer->{taken}{ $entry->{sale} } //= [[0, 0]], $entry->{seq},
        $entry->{qty});
    $self->show($hold, $entry, 'held', $entry->{expires_at})
        if ($entry->{line} // 1) == ($entry->{lines} // 1);
}


sub change ($list, $seq, $by) {
    push @$list, [$seq, $list->[-1][1] + $by];
}


sub show ($self, $hold, $entry, $state, $expires_at = undef) {
    $hold->{state} = $state;
    push @{ $hold->{shown} }, [$entry->{seq}, $state, $expires_at];
}


sub follow_hold ($self, $entry, $hold) {
    my $type = $entry->{type};
    my $seq = $entry->{seq};
    my $buyer = $self->{buyers}{ $hold->{buyer} };
    my $last = ($entry->{line} // 1) == ($entry->{lines} // 1);

    $hold->{by}{$type} //= $seq;
    if (defined $entry->{sale} && $EFFECT{$type}) {
        my $change = ($EFFECT{$type}[0] + $EFFECT{$type}[1]) * $entry->{qty};
        change($buyer->{taken}{ $entry->{sale} } //= [[0, 0]], $seq, $change)
            if $change;
        $self->lapse($buyer, $hold, $entry);
    }
    if ($last && $type =~ /^(?:released|expired|cancelled|sold)\z/) {
        change($buyer->{live}, $seq, -1);
    }
    push @{ $hold->{points} }, [$seq, $entry->{pickup}] if $type eq 'pickup';
    $self->note_money($entry, $hold);
    if ($last && defined $STATE{$type}) {
        $self->show($hold, $entry, $STATE{$type}, $entry->{expires_at});
    }
}


# A hold that ends unsold is a lapse, at the time it was over; a sale forgives
# them, and so does a day without.  Each row has its time: [seq, lapses, at].
sub lapse ($self, $buyer, $hold, $entry) {
    my $type = $entry->{type};
    my $list = $buyer->{lapses}{ $entry->{sale} } //= [[0, 0, 0]];
    my (undef, $n, $last) = @{ $list->[-1] };

    if ($type =~ /^sold/) {
        push @$list, [$entry->{seq}, 0, 0] if $n;
    }
    elsif ($type =~ /^(?:released|expired|cancelled)\z/) {
        my $at = $type eq 'expired'
            ? $hold->{shown}[-1][2] // $entry->{at} : $entry->{at};

        $n = 0 if $at - $last >= 24 * 3600 * 1000;
        push @$list, [$entry->{seq}, $n + 1, $at > $last ? $at : $last];
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
        $self->join_group($entry, $hold);
    }
    elsif ($type eq 'refund_due' || $type eq 'owed'
        && !defined $entry->{sale})
    {
        $hold->{payments}{$payment} //= { kind => 'refund_due', last =>
            $entry->{seq}, seq => $entry->{seq}, reason => $entry->{reason},
            amount => $entry->{amount_fen} };
        owe($hold, $entry);
        $self->show($hold, $entry, due($hold) ? 'refund_due' : 'refunded')
            if $hold->{state} =~ /^(?:released|expired|cancelled|refunded)\z/;
    }
    elsif ($type eq 'returned' || $type eq 'owed') {
        owe($hold, $entry);
        $self->back($hold, $entry);
    }
    elsif ($type eq 'refunded') {
        $hold->{refunds}{ $entry->{refund} // '' } = $entry->{seq};
        $self->{refunds}{ $entry->{refund} // '' } //= { hold => $hold->{id},
            payment => $payment, seq => $entry->{seq} };
        for my $due (@{ $hold->{dues} }) {
            next if defined $due->{until} || $due->{payment} ne $payment
                || ($due->{sale} // '') ne ($entry->{sale} // '')
                || defined $entry->{owed} && $due->{seq} != $entry->{owed};
            $due->{until} = $entry->{seq};
            last;
        }
        $self->show($hold, $entry, 'refunded') if
            $hold->{state} eq 'refund_due' && !due($hold);
    }
}


# A debt of nothing is settled as it is written.
sub owe ($hold, $entry) {
    push @{ $hold->{dues} }, { seq => $entry->{seq},
        payment => $entry->{payment}, sale => $entry->{sale},
        amount => $entry->{amount_fen}, qty => $entry->{qty} // 0,
        $entry->{amount_fen} == 0 && $entry->{type} eq 'owed'
            ? (until => $entry->{seq}) : () };
}


sub due ($hold) {
    return scalar grep { !defined $_->{until} } @{ $hold->{dues} };
}


# An order of which all is owed back, and none has come.
sub back ($self, $hold, $entry) {
    return if $hold->{state} ne 'sold';

    for my $line (@{ $hold->{lines} }) {
        my ($units, $fen) = (0, 0);
        for my $due (grep { ($_->{sale} // '') eq $line->{sale} }
            @{ $hold->{dues} })
        {
            $units += $due->{qty};
            $fen += $due->{amount};
        }
        return if $units < $line->{qty}
            && ($fen == 0 || $fen < $line->{qty} * $line->{price_fen});
    }
    $self->show($hold, $entry, due($hold) ? 'refund_due' : 'refunded');
}


# -------------------------------------------------------------- the groups

sub group_of ($terms, $pickup) {
    return $terms->{goal_by} eq 'sale' ? '' : $pickup // '';
}


sub join_group ($self, $entry, $hold) {
    my $list = $self->{sales}{ $entry->{sale} } // return;
    my $terms = $list->[-1][4];

    return if !defined $terms->{goal};
    my $name = group_of($terms, $hold->{points}[-1][1]);
    push @{ $self->{groups}{ $entry->{sale} }{$name}{members} }, $hold;
}


# An order reads as refund_due from the moment at which all its groups have
# failed; the entries that say so line by line follow.
sub decide ($self, $entry) {
    my $terms = $self->{sales}{ $entry->{sale} }[-1][4];
    my $name = group_of({ goal_by => 'sale', %$terms }, $entry->{pickup});

    return if $entry->{type} eq 'formed';
    for my $hold (@{ $self->{groups}{ $entry->{sale} }{$name}{members}
        // [] })
    {
        $hold->{failed}{ $entry->{sale} } = 1;
        push @{ $hold->{shown} }, [$entry->{seq}, 'refund_due', undef]
            if $hold->{state} eq 'sold'
            && keys %{ $hold->{failed} } == @{ $hold->{lines} };
    }
}


# ------------------------------------------------------------ looking it up

# The index of the row that is true at a position; -1 before the first.
sub index_at ($list, $seq) {
    my ($low, $high) = (0, scalar @$list);

    while ($low < $high) {
        my $middle = ($low + $high) >> 1;
        if ($list->[$middle][0] <= $seq) { $low = $middle + 1 }
        else { $high = $middle }
    }

    return $low - 1;
}


sub row_at ($list, $seq) {
    my $i = index_at($list, $seq);

    return $i < 0 ? undef : $list->[$i];
}


# Is it so at any position from $from to $to?  The code gets the position;
# only those are tried at which one of the lists changes.
sub ever ($from, $to, $lists, $code) {
    my %positions = ($from => 1);

    for my $list (@$lists) {
        for (my $i = index_at($list, $from) + 1;
            $i < @$list && $list->[$i][0] <= $to; $i++)
        {
            $positions{ $list->[$i][0] } = 1;
        }
    }
    for my $position (sort { $a <=> $b } keys %positions) {
        return 1 if $code->($position);
    }

    return 0;
}


1;
