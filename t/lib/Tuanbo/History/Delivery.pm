package Tuanbo::History::Delivery;

# Waves and what has come of them, entry by entry: the part of Timeline.pm
# that is about goods before they are handed over.
#
# A wave is { id, list, taken, receipts, definitions }: list has what it is
# from each entry on, [seq, { cut_at, day, digest }, frozen]; taken, once it
# is frozen, which wave of each of its sales it is, from 0.  Which sales it
# has is in the ledger as a digest: `sales_of` has those that were asked for
# or shown.  A receipt is what one request has said: { seq, last, pickup,
# lines => [{ sale, qty }], final: 1, 0, or undef where that changed nothing }.
#
# A sale has a shelf: [seq, waves that were frozen, { "pickup wave" => counts
# }]; the wave is `open` for lines whose group has not formed.  A line of an
# order has sold, pickup, wave, and listed: [seq, goods, as a list shows it],
# undef where none shows it.

use v5.36;

my @COUNTS = qw(ordered awaited ready handed_over short);
my %NONE = map { $_ => 0 } @COUNTS, qw(received final);


sub note_delivery ($self, $entry) {
    my $type = $entry->{type};
    my $hold = $self->{holds}{ $entry->{hold} // '' };

    if ($type eq 'wave') { $self->define_wave($entry) }
    elsif ($type eq 'frozen') { $self->freeze_wave($entry) }
    elsif ($type eq 'received') { $self->receive($entry) }
    elsif ($type eq 'formed') { $self->form($entry) }
    elsif ($hold) {
        $self->await_lines($entry, $hold) if $type =~ /^sold/
            && ($entry->{line} // 1) == ($entry->{lines} // 1);
        $self->list_line($entry->{seq}, $_)
            for grep { defined $_->{sold} } @{ $hold->{lines} };
    }
}


# ---------------------------------------------------------------- the waves

sub define_wave ($self, $entry) {
    my $wave = $self->{waves}{ $entry->{wave} } //= { id => $entry->{wave},
        list => [], taken => {}, receipts => [], definitions => [] };
    my %is = map { $_ => $entry->{$_} } qw(cut_at day digest);
    my $last = $wave->{list}[-1];

    push @{ $wave->{definitions} }, { seq => $entry->{seq},
        words => definition(\%is) };
    push @{ $wave->{list} }, [$entry->{seq}, \%is, $last && $last->[2]];
}


sub definition ($is) {
    return join ' ', $is->{cut_at}, $is->{day} // '-', $is->{digest};
}


# It takes the sales that have no goal, or whose group has formed, and that
# are not called off.
sub freeze_wave ($self, $entry) {
    my $wave = $self->{waves}{ $entry->{wave} } // return;
    my $is = $wave->{list}[-1][1];

    push @{ $wave->{list} }, [$entry->{seq}, $is, $entry->{seq}];
    for my $sale (@{ $self->{sales_of}{ $is->{digest} } // [] }) {
        next if !takes($self->{sales}{$sale}[-1]);
        my $row = $self->shelf_row($sale, $entry->{seq});
        $wave->{taken}{$sale} //= $row->[1]++;
    }
}


sub takes ($row) {
    my $terms = $row->[4];

    return 0 if $terms->{called_off};
    return !defined $terms->{goal} || $terms->{goal_by} eq 'pickup'
        || $terms->{formed} ? 1 : 0;
}


sub receive ($self, $entry) {
    my $wave = $self->{waves}{ $entry->{wave} } // return;
    my ($sale, $seq) = @$entry{qw(sale seq)};
    my $pickup = $entry->{pickup} // '';
    my $receipt = $wave->{receipts}[-1];

    if (defined $entry->{key} || !$receipt || $receipt->{last} != $seq - 1) {
        $receipt = { seq => $seq, pickup => $pickup, lines => [],
            final => undef };
        push @{ $wave->{receipts} }, $receipt;
    }
    $receipt->{last} = $seq;
    push @{ $receipt->{lines} }, { sale => $sale, qty => $entry->{qty} };

    my $ordinal = $wave->{taken}{$sale} // return;
    my $counts = $self->counts($seq, $sale, $pickup, $ordinal);
    $receipt->{final} = $entry->{final} ? 1 : 0 if !$counts->{final};
    $counts->{received} = $entry->{qty};
    $counts->{final} = 1 if $entry->{final};
}


# ----------------------------------------------------------------- the lines

# All lines of an order wait from its last `sold` on.  Where groups are by
# pickup point, a line is of no wave before its group has formed.
sub await_lines ($self, $entry, $hold) {
    my $pickup = $hold->{points}[-1][1] // '';

    for my $line (grep { !defined $_->{sold} } @{ $hold->{lines} }) {
        my $sale = $line->{sale};
        my $terms = $self->{sales}{$sale}[-1][4];
        my $group = ($self->{groups}{$sale} // {})->{$pickup};
        my $open = defined $terms->{goal} && $terms->{goal_by} eq 'pickup'
            && ($group->{state} // '') ne 'formed';

        @$line{qw(sold pickup hold_id listed grouped)} = ($entry->{seq},
            $pickup, $hold->{id}, [], $open);
        $line->{wave} = $open ? 'open'
            : $self->shelf_row($sale, $entry->{seq})->[1];
        push @{ $self->{at_point}{$pickup} }, $line;
        push @{ $self->{of_sale}{$sale}{$pickup} }, $line;
    }
}


# A group by pickup point has formed: its lines are of the next wave.
sub form ($self, $entry) {
    my ($sale, $seq) = @$entry{qw(sale seq)};
    my $pickup = $entry->{pickup} // '';

    return if $self->{sales}{$sale}[-1][4]{goal_by} ne 'pickup';
    for my $line (grep { $_->{wave} eq 'open' }
        @{ $self->{of_sale}{$sale}{$pickup} // [] })
    {
        my $counted = delete $line->{counted} // {};
        $self->count_units($seq, $line, $counted, {});
        $line->{wave} = $self->shelf_row($sale, $seq)->[1];
        $self->count_units($seq, $line, {}, $counted);
        $line->{counted} = $counted;
    }
}


sub list_line ($self, $seq, $line) {
    my $is = units_of($line);
    my $was = $line->{counted} // {};
    my $rows = $line->{listed};
    my $text = listed_as($line, $is);

    $self->count_units($seq, $line, $was, $is);
    $line->{counted} = $is;
    return if @$rows && $rows->[-1][1] eq $line->{goods}
        && ($rows->[-1][2] // '') eq ($text // '');
    push @$rows, [$seq, $line->{goods}, $text];
    push @{ $self->{point_changed}{ $line->{pickup} } }, [$seq];
}


# Units of a line that are not for sale again, by where they are.
sub units_of ($line) {
    my $units = $line->{qty} - $line->{restocked};
    my $short = $line->{short_qty} // 0;
    my $goods = $line->{goods};

    $short = $units if $short > $units || $goods eq 'short';
    $short = 0 if $goods eq 'awaited';

    return { ordered => $units, $goods => $units - $short,
        short => $short };
}


# A line of which nothing comes is shown only where it is short, or was handed
# over.
sub listed_as ($line, $is) {
    my ($goods, $units) = ($line->{goods}, $is->{ordered});

    return undef if $goods ne 'handed_over' && ($goods eq 'short'
        ? $units == 0 : ($line->{short_qty} // 0) >= $units);
    return join ' ', $line->{hold_id}, $line->{sale}, $units,
        $line->{short_qty} // 0, $line->{owed_qty} ? 'paid back' : ();
}


# What was ordered stays as it was when the wave was frozen.
sub count_units ($self, $seq, $line, $was, $is) {
    my @changed = grep { ($is->{$_} // 0) != ($was->{$_} // 0) } @COUNTS
        or return;
    my $counts = $self->counts($seq, @$line{qw(sale pickup wave)});
    my $waves = $self->shelf_row($line->{sale}, $seq)->[1];

    for my $of (@changed) {
        next if $of eq 'ordered' && $line->{wave} ne 'open'
            && $line->{wave} < $waves;
        $counts->{$of} += ($is->{$of} // 0) - ($was->{$of} // 0);
    }
}


# ----------------------------------------------------------------- the shelf

sub shelf_row ($self, $sale, $seq) {
    my $list = $self->{shelf}{$sale} //= [[0, 0, {}]];
    my $row = $list->[-1];

    push @$list, $row = [$seq, $row->[1], { %{ $row->[2] } }]
        if $row->[0] != $seq;
    return $row;
}


# Counts to be changed by this entry.
sub counts ($self, $seq, $sale, $pickup, $wave) {
    my $counts = $self->shelf_row($sale, $seq)->[2];
    my $name = "$pickup $wave";

    return $counts->{$name} = { %{ $counts->{$name} // \%NONE } };
}


# The counts of a wave at a position, as an answer tells them: "point sale …",
# none of which all are 0.  Before it is frozen they are as if it were now.
sub wave_counts ($self, $wave, $seq) {
    my (undef, $is, $frozen) = @{ Tuanbo::History::Timeline::row_at(
        $wave->{list}, $seq) // return };
    my @found;

    for my $sale (@{ $self->{sales_of}{ $is->{digest} } // [] }) {
        my $row = Tuanbo::History::Timeline::row_at(
            $self->{shelf}{$sale} // [[0, 0, {}]], $seq);
        my $ordinal = $frozen ? $wave->{taken}{$sale} // next : $row->[1];
        next if !$frozen && !takes(Tuanbo::History::Timeline::row_at(
            $self->{sales}{$sale}, $seq) // next);
        for my $name (keys %{ $row->[2] }) {
            my ($pickup, $of) = $name =~ /\A(\S*) (\S+)\z/;
            next if $of ne $ordinal;
            my $counts = $row->[2]{$name};
            push @found, counts_text($pickup, $sale, $counts)
                if grep { $_ } values %$counts;
        }
    }

    return sort @found;
}


sub counts_text ($pickup, $sale, $counts) {
    return join ' ', $pickup eq '' ? 'null' : $pickup, $sale,
        map { $counts->{$_} ? $counts->{$_} + 0 : 0 } qw(ordered received
        awaited ready handed_over short final);
}


# Lines of a point in the order of its lists: by sale, as these were defined;
# those that waited for their group behind the others; as they were paid.
sub lines_at ($self, $pickup) {
    my $sales = $self->{sales};

    return $self->{in_order}{$pickup} //= [sort {
        $sales->{ $a->{sale} }[0][0] <=> $sales->{ $b->{sale} }[0][0]
        || !!$a->{grouped} <=> !!$b->{grouped} || $a->{sold} <=> $b->{sold} }
        @{ $self->{at_point}{$pickup} // [] }];
}


1;
