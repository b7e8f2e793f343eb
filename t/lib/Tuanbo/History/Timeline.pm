package Tuanbo::History::Timeline;

# What a ledger says was so at each of its positions: sales, what a buyer has
# of them, holds and their money.  Everything is a list of [seq, value, …] in
# order, each true from its seq until the next one's.  That the ledger is
# right in itself is Tuanbo::Ledger's matter; here it is only remembered.

use v5.36;

use parent qw(Tuanbo::History::Owing Tuanbo::History::Delivery
    Tuanbo::History::Waiting Tuanbo::History::Granting
    Tuanbo::History::Drawing);

# Change of held and of sold by each unit (docs/ledger.md).
my %EFFECT = (held => [1, 0], released => [-1, 0], expired => [-1, 0],
    cancelled => [-1, 0], sold => [-1, 1], sold_late => [0, 1],
    returned => [0, -1], restocked => [0, -1], served => [1, 0],
    granted => [0, 1]);

# The state of a hold once the entry of its last line is there; that of an
# order follows from its lines (Owing.pm).
my %STATE = (held => 'held', paying => 'paying', released => 'released',
    expired => 'expired', cancelled => 'cancelled',
    withdrawn => 'cancelled', sold => 'sold', sold_late => 'sold',
    queued => 'queued', served => 'held', stepped_out => 'released',
    ended => 'expired');


sub new ($class) {
    return bless {
        last => 0,
        sales => {},    # id => [[seq, held, sold, joined, terms], …]
        buyers => {},   # pseudonym => { taken, lapses => { sale => list },
                        #                live => list, holds => [id, …] }
        holds => {},    # id => see begin_hold
        order => [],    # ids of holds
        refunds => {},  # reference => { hold, payment, seq }
        return_of => {},# seq of `owed`, `restocked` => see note_return
        groups => {},   # sale => { group => { state, holds } }, the units of
                        # each hold's id that have joined
        claims => {},   # seq of `claimed` => see note_claim
        claim_of => {}, # seq of an `owed` => the claim that it is owed for
        short_of => {}, # seq of an `owed` => that of what did not come
        changes => {},  # sale => { qty => seqs of `stock` entries }
        waves => {},    # id => see Delivery.pm
        sales_of => {}, # digest => the sales of a wave, see there
        gifts => {},    # id => see Granting.pm
        given => {},    # buyer => gifts
        terms => {},    # sale => what it gives
        digests => {},  # sale => entries `terms`
        draws => {},    # sale => see Drawing.pm
    }, $class;
}


sub add ($self, $entry) {
    my $type = $entry->{type};

    $self->{last} = $entry->{seq};
    my $joins = defined $entry->{sale} ? $self->joins($entry) : 0;
    if ($type eq 'held' || $type eq 'queued') {
        $self->begin_hold($entry);
    }
    elsif ($type eq 'granted') {
        $self->begin_gift($entry);
    }
    elsif (defined $entry->{hold} && $self->{holds}{ $entry->{hold} }) {
        $self->follow_hold($entry, $self->{holds}{ $entry->{hold} });
    }
    $self->note_waiting($entry) if defined $entry->{sale};
    $self->note_draw($entry) if defined $entry->{sale};
    $self->move_sale($entry, $joins) if defined $entry->{sale};
    $self->decide($entry) if $type eq 'formed' || $type eq 'failed';
    $self->call_off($entry) if $type eq 'called_off';
    push @{ $self->{compensated}{ $entry->{sale} }{ $entry->{amount_fen} } },
        { seq => $entry->{seq}, orders => $entry->{qty} }
        if $type eq 'compensated';
    $self->note_delivery($entry);
}


# ---------------------------------------------------------------- the sales

# What an operator sets, and what is decided, is in `terms`: a new one with
# each change, shared by all positions in between.
sub move_sale ($self, $entry, $joins) {
    my $type = $entry->{type};
    my $list = $self->{sales}{ $entry->{sale} } //= [];
    my $before = $list->[-1] // [0, 0, 0, 0, { opened => 0, paused => 0,
        closed => 0, decided => 0, formed => 0, failed => 0, stock => 0 }];
    my (undef, $held, $sold, $joined, $terms) = @$before;
    my $qty = $entry->{qty} // 0;

    if (my $effect = $EFFECT{$type}) {
        $held += $effect->[0] * $qty;
        $sold += $effect->[1] * $qty;
    }
    elsif ($type eq 'sale') {
        my %next = (%$terms, map { $_ => $entry->{$_} } qw(stock price_fen
            limit opens_at closes_at goal goal_by hold_ms cancel_ms));
        my $moved = ($next{closes_at} // 0) != ($terms->{closes_at} // 0);
        $next{closed} = 0 if $terms->{closed} && $moved
            && ($next{closes_at} // $entry->{at} + 1) > $entry->{at};
        $next{opened} = 0 if ($next{opens_at} // 0) > $entry->{at};
        $terms = \%next;
    }
    elsif ($type eq 'terms') {
        $terms = { %$terms, gives => 1 };
        push @{ $self->{digests}{ $entry->{sale} } }, $entry;
    }
    elsif ($type eq 'stock') {
        $terms = { %$terms, stock => $terms->{stock} + $qty };
        push @{ $self->{changes}{ $entry->{sale} }{$qty} }, $entry->{seq};
    }
    elsif ($type =~ /^(?:opened|paused|closed|decided)\z/) {
        $terms = { %$terms, $type => 1 };
    }
    elsif ($type eq 'called_off') {
        $terms = { %$terms, closed => 1, called_off => 1 };
    }
    elsif ($type eq 'resumed') {
        $terms = { %$terms, paused => 0 };
    }
    elsif ($type eq 'formed' || $type eq 'failed') {
        $terms = { %$terms, $type => $terms->{$type} + 1 };
    }
    push @$list, [$entry->{seq}, $held, $sold, $joined + $joins, $terms,
        $self->waiting_of($entry->{sale})];
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
    return 0 if $terms->{called_off};
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
            key => $entry->{key},
            lines => [],        # { sale, qty, price_fen, see Owing.pm }
            shown => [],        # [seq, state, expires_at, money]
            state => 'none', expires_at => $entry->{expires_at},
            payments => {},     # hash => { kind, seq, reason, amount }
            refunds => {},      # hash => seq
            dues => [],         # { seq, until, payment, sale, … }
            by => {},           # type => seq of the first entry
        };
        push @{ $self->{order} }, $id;
        push @{ $buyer->{holds} }, $id;
        change($buyer->{live}, $entry->{seq}, 1) if $entry->{type} eq 'held';
        $hold->{number} = $entry->{number};
    }
    $hold->{lapsed}{ $entry->{sale} } =
        ($buyer->{lapses}{ $entry->{sale} } // [])->[-1];
    push @{ $hold->{lines} }, { sale => $entry->{sale}, qty => $entry->{qty},
        price_fen => $entry->{price_fen} // $self->price_of($entry), goods => 'awaited', owed_fen => 0,
        owed_qty => 0, restocked => 0 };
    change($buyer->{taken}{ $entry->{sale} } //= [[0, 0]], $entry->{seq},
        $entry->{qty});
    $self->change_state($hold, $entry);
}


sub change ($list, $seq, $by) {
    push @$list, [$seq, $list->[-1][1] + $by];
}


# Lines that go together are one change.
sub change_state ($self, $hold, $entry) {
    my $state = $STATE{ $entry->{type} };

    if (defined $state) {
        return if ($entry->{line} // 1) != ($entry->{lines} // 1);
        $hold->{state} = $state;
        $hold->{expires_at} = $entry->{expires_at}
            if defined $entry->{expires_at};
    }
    $self->show($hold, $entry->{seq});
}


sub follow_hold ($self, $entry, $hold) {
    my $type = $entry->{type};
    my $seq = $entry->{seq};
    my $buyer = $self->{buyers}{ $hold->{buyer} };
    my $last = ($entry->{line} // 1) == ($entry->{lines} // 1);

    $hold->{by}{$type} //= $seq;
    if (defined $entry->{sale} && $EFFECT{$type}) {
        # who is served has waited, and counts since then
        my $change = $type eq 'served' ? 0
            : ($EFFECT{$type}[0] + $EFFECT{$type}[1]) * $entry->{qty};
        change($buyer->{taken}{ $entry->{sale} } //= [[0, 0]], $seq, $change)
            if $change;
        $self->lapse($buyer, $hold, $entry);
    }
    if ($last && $type =~ /^(?:released|expired|cancelled|sold)\z/) {
        change($buyer->{live}, $seq, -1);
    }
    $self->leave_line($entry, $hold, $buyer)
        if $type =~ /^(?:served|stepped_out|ended)\z/;
    push @{ $hold->{points} }, [$seq, $entry->{pickup}] if $type eq 'pickup';
    $self->follow_gift($entry, $hold);
    $self->note_money($entry, $hold);
    $self->note_claim($entry, $hold)
        // $self->note_short($entry, $hold)
        // $self->note_return($entry, $hold);
    $self->note_fact($entry, $hold);
    $self->note_goods($entry, $hold);
    $self->change_state($hold, $entry);
}


# A hold that ends unsold is a lapse, at the time it was over; a sale forgives
# them, and so does a day without.  Each row has its time: [seq, lapses, at].
sub lapse ($self, $buyer, $hold, $entry) {
    my $type = $entry->{type};
    my $list = $buyer->{lapses}{ $entry->{sale} } //= [[0, 0, 0]];
    my (undef, $n, $last) = @{ $list->[-1] };

    # whoever has waited may have gone away meanwhile
    return if defined $hold->{number} && $type !~ /^sold/;
    if ($type =~ /^sold/) {
        push @$list, [$entry->{seq}, 0, 0] if $n;
    }
    elsif ($type =~ /^(?:released|expired|cancelled)\z/) {
        my $at = $type eq 'expired'
            ? $hold->{expires_at} // $entry->{at} : $entry->{at};

        $n = 0 if $at - $last >= 24 * 3600 * 1000;
        push @$list, [$entry->{seq}, $n + 1, $at > $last ? $at : $last];
    }
}


# -------------------------------------------------------------- the groups

sub group_of ($terms, $pickup) {
    return $terms->{goal_by} eq 'sale' ? '' : $pickup // '';
}


# By how much an entry changes what has joined.  Units that are owed back leave
# their group, unless it is decided.
sub joins ($self, $entry) {
    my $type = $entry->{type};
    my $hold = $self->{holds}{ $entry->{hold} // '' };
    my $list = $self->{sales}{ $entry->{sale} };

    return 0 if !$hold || !$list || $type !~ /^(?:sold|sold_late|owed)\z/
        || !defined $list->[-1][4]{goal};
    my $name = group_of($list->[-1][4], $hold->{points}[-1][1]);
    my $group = $self->{groups}{ $entry->{sale} }{$name} //= { holds => {} };
    my $units = \$group->{holds}{ $hold->{id} };

    if ($type ne 'owed') {
        $$units = $entry->{qty};
        return $entry->{qty};
    }
    if (defined $group->{state}) {
        # nothing is left that could be returned
        $$units = 0 if $group->{state} eq 'failed' && !grep {
            $_->{owed_qty} + ($entry->{qty} // 0) < $_->{qty} }
            Tuanbo::History::Owing::lines_of($hold, $entry);
        return 0;
    }
    return 0 if !$$units;
    $$units -= $entry->{qty} // 0;

    return -($entry->{qty} // 0);
}


# An order reads as refund_due from the moment at which all its groups have
# failed; the entries that say so line by line follow.
sub decide ($self, $entry) {
    my $terms = $self->{sales}{ $entry->{sale} }[-1][4];
    my $name = group_of({ goal_by => 'sale', %$terms }, $entry->{pickup});
    my $group = $self->{groups}{ $entry->{sale} }{$name} //= { holds => {} };

    $group->{state} = $entry->{type};
    $group->{decided} = $entry->{seq};
    for my $id (grep { $group->{holds}{$_} } keys %{ $group->{holds} }) {
        my $hold = $self->{holds}{$id};
        $_->{failed} = $entry->{type} eq 'failed'
            for grep { $_->{sale} eq $entry->{sale} } @{ $hold->{lines} };
        $self->show($hold, $entry->{seq});
    }
}


# All that was paid for a sale will be owed, in steps.
sub call_off ($self, $entry) {
    $self->{called_off}{ $entry->{sale} } = $entry->{seq};
    for my $hold (grep { $_->{paid} } values %{ $self->{holds} }) {
        my @lines = Tuanbo::History::Owing::lines_of($hold, $entry);
        $_->{off} = 1 for @lines;
        $self->show($hold, $entry->{seq}) if @lines;
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
