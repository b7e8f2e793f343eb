package Tuanbo::Ledger::Waves;

# Waves: what has come of them, and to whom it goes.
#
# A wave is { cut_at, day, digest, frozen => its seq, without => { sales that
# it cannot have } }.  Which sales it has is not in the ledger: that it has one
# is known when something of it is received.  A line is of the first wave
# frozen after it counted that has its sale; so what was sold before another
# wave was frozen, of which nothing is known, may be of that one, and is not
# held against this.
#
# A sale has waves, those known to have it: { id => frozen }; lines, by pickup
# point in the order in which they were paid; tallies, by pickup point:
# [{ wave, received, final => seq, final_at, low and high: what counted after
# low, and not after high, is of it; sure: what counted after that is for
# certain; units that have come of these, first: place of the first of them
# that is awaited }].

use v5.16;
use strict;
use warnings;

use Tuanbo::Ledger::Goods;

# Lines become ready as soon as their goods have come; a feed may end between.
use constant AT_ONCE_MS => 60_000;


sub check_wave {
    my ($self, $entry) = @_;
    my ($type, $id) = @{$entry}{qw(type wave)};
    my $wave = $self->{waves}{$id};

    if ($type eq 'wave') {
        my @changed = grep {
            ($wave->{$_} // '') ne ($entry->{$_} // '')
        } qw(cut_at day digest);

        $self->problem("wave $id was frozen at seq $wave->{frozen}, and its"
            . " @changed changed") if defined $wave->{frozen} && @changed;
        $self->problem("day $entry->{day} is none")
            if ($entry->{day} // '2026-11-30') !~ /\A\d{4}-\d\d-\d\d\z/;

        $self->{waves}{$id}{$_} = $entry->{$_} for qw(cut_at day digest);

    } elsif (!defined $wave) {
        $self->problem("$type, but wave $id was not defined");

    } elsif ($type eq 'received') {
        $self->receive($entry, $wave);

    } elsif (defined $wave->{frozen}) {
        $self->problem("wave $id was frozen before, at seq $wave->{frozen}");

    } else {
        $self->problem("wave $id is frozen at $entry->{at}, before"
            . " $wave->{cut_at}") if $entry->{at} < $wave->{cut_at};
        $self->freeze($wave);
    }

    return;
}


# No wave has a sale whose group has not formed, or that was called off.

sub freeze {
    my ($self, $wave) = @_;

    $wave->{frozen} = $self->{seq};
    push @{$self->{frozen}}, $wave;

    for my $id (keys %{$self->{sales}}) {
        my $sale = $self->{sales}{$id};

        $wave->{without}{$id} = 1 if defined $sale->{called_off}
            || defined $sale->{goal} && $sale->{goal_by} eq 'sale'
                && !defined $sale->{formed_at}{sale};
    }

    return;
}


# A line that was sold: those who wait for their goods stand in this order.  It
# may wait for its group before, which is of its pickup point.

sub await_line {
    my ($self, $sale, $hold, $line) = @_;
    my $pickup = $hold->{pickup} // '';

    $line->{seq} = $self->{seq};
    $line->{grouped} = 1 if defined $sale->{goal}
        && $sale->{goal_by} eq 'pickup'
        && !defined $sale->{formed_at}{"pickup $pickup"};

    push @{$sale->{lines}{$pickup}}, $line;

    return;
}


# From when a line counts for waves: since it was sold, or since its group has
# formed; undef: it has not.

sub counts_since {
    my ($sale, $pickup, $line) = @_;

    return $line->{grouped} ? $sale->{formed_at}{"pickup $pickup"}
        : $line->{seq};
}


# So many units have come so far: a count, which is final when no more will.

sub receive {
    my ($self, $entry, $wave) = @_;
    my ($id, $qty) = @{$entry}{qw(wave qty)};
    my $sale = $self->{sales}{$entry->{sale}};
    my $pickup = $entry->{pickup} // '';

    if (!defined $wave->{frozen}) {
        $self->problem("received of wave $id, which is not frozen");
        return;
    }

    $self->problem("$qty units were received") if $qty < 0;
    $self->problem("received of wave $id, which does not have $entry->{sale}")
        if $wave->{without}{$entry->{sale}};

    if (!defined $sale->{waves}{$id}) {
        $sale->{waves}{$id} = $wave->{frozen};

        for my $of (keys %{$sale->{tallies} // {}}) {
            $self->count_tally($entry, $sale, $of, $_)
                for @{$sale->{tallies}{$of}};
        }
    }

    my $tallies = $sale->{tallies}{$pickup} //= [];
    my ($tally) = grep { $_->{wave} eq $id } @$tallies;

    if (!defined $tally) {
        $tally = {wave => $id, high => $wave->{frozen}};
        push @$tallies, $tally;
        $self->count_tally($entry, $sale, $pickup, $tally);
    }

    $self->problem("$qty units of $entry->{sale} were received,"
        . " $tally->{units} are ready or handed over")
        if $qty < $tally->{units};
    $self->problem("$qty units of $entry->{sale} were received, but"
        . " $tally->{received} were final at seq $tally->{final}")
        if defined $tally->{final} && $qty != $tally->{received};

    $tally->{received} = $qty;

    if (defined $entry->{final}) {
        $tally->{final} //= $self->{seq};
        $tally->{final_at} //= $self->{at};
    }

    return;
}


sub count_tally {
    my ($self, $entry, $sale, $pickup, $tally) = @_;
    my $high = $tally->{high};
    my %known = map { $_ => 1 } values %{$sale->{waves}};

    @{$tally}{qw(low sure units first)} = (0, 0, 0, 0);

    for my $wave (@{$self->{frozen}}) {
        my $seq = $wave->{frozen};

        next if $seq >= $high || $wave->{without}{$entry->{sale}};

        $tally->{sure} = $seq;
        $tally->{low} = $seq if $known{$seq};
    }

    $tally->{exact} = 1;

    for my $line (@{$sale->{lines}{$pickup} // []}) {
        my $counts = counts_since($sale, $pickup, $line) // next;

        next if $counts <= $tally->{low} || $counts > $high;

        if ($counts > $tally->{sure}) {
            $tally->{units} += Tuanbo::Ledger::Goods::come($line);

        } else {
            $tally->{exact} = 0;
        }
    }

    return;
}


# The tally that a line may be of, and whether it is for certain.

sub tally_of {
    my ($sale, $pickup, $line) = @_;
    my $counts = counts_since($sale, $pickup, $line) // return;

    for my $tally (@{$sale->{tallies}{$pickup} // []}) {
        return ($tally, $counts > $tally->{sure})
            if $counts > $tally->{low} && $counts <= $tally->{high};
    }

    return;
}


# Units of a line have come, or are for sale again.

sub count_line {
    my ($self, $sale, $hold, $line, $change) = @_;

    return if !defined $sale->{tallies};

    my ($tally, $sure) = tally_of($sale, $hold->{pickup} // '', $line);

    $tally->{units} += $change if $sure;

    return;
}


# The first line of a tally that is awaited, among those that are of it for
# certain.

sub first_awaited {
    my ($sale, $pickup, $tally) = @_;
    my $lines = $sale->{lines}{$pickup} // [];

    for (; $tally->{first} < @$lines; $tally->{first}++) {
        my $line = $lines->[$tally->{first}];
        my $counts = counts_since($sale, $pickup, $line) // return;

        return if $counts > $tally->{high};
        return $line if $counts > $tally->{sure}
            && Tuanbo::Ledger::Goods::awaited($line);
    }

    return;
}


# A line becomes ready by what was received, whole and in the order in which
# was paid; with what is left when no more will come; and short, when nothing
# is.

sub deliver {
    my ($self, $entry, $hold, $line, $units) = @_;
    my $sale = $self->{sales}{$entry->{sale}};
    my $pickup = $hold->{pickup} // '';
    my ($type, $name) = ($entry->{type}, "$entry->{sale} of hold"
        . " $entry->{hold}");
    my ($tally, $sure) = tally_of($sale, $pickup, $line);

    if (!defined $tally) {
        $self->problem("$type, but nothing was received for $name");
        return;
    }

    my $short = $type eq 'short' || defined $entry->{short_qty};

    $self->problem("$name is short, but more of wave $tally->{wave} may come")
        if $short && !defined $tally->{final};

    return if !$sure;

    my $first = first_awaited($sale, $pickup, $tally);
    my $left = $tally->{received} - $tally->{units};

    $self->problem("$type, but what was sold at seq $first->{seq} comes first")
        if defined $first && $first->{seq} < $line->{seq};
    $self->problem("$units units of $name are ready, $left are left")
        if $type eq 'ready' && $units > $left;
    $self->problem("$name is short, $units units of it are ready, but $left"
        . ' are left') if $short && $tally->{exact} && $units < $left;

    return;
}


# At the end: whoever has waited since long, and for nothing.

sub finish_waves {
    my ($self) = @_;

    for my $id (sort keys %{$self->{sales}}) {
        my $sale = $self->{sales}{$id};

        for my $pickup (sort keys %{$sale->{tallies} // {}}) {
            $self->finish_tally($id, $sale, $pickup, $_)
                for @{$sale->{tallies}{$pickup}};
        }
    }

    return;
}


sub finish_tally {
    my ($self, $id, $sale, $pickup, $tally) = @_;

    return if !defined $tally->{final}
        || $self->{at} < $tally->{final_at} + AT_ONCE_MS;

    my $line = first_awaited($sale, $pickup, $tally);

    $self->problem("$id of wave $tally->{wave} was final at seq"
        . " $tally->{final}, and what was sold at seq $line->{seq} is still"
        . ' awaited') if defined $line;

    return;
}


1;
