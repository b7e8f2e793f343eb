package Tuanbo::Ledger::Holds;

# Holds: their lives, their lines until these are sold, where they are
# collected, when they expire.
#
# A hold is { buyer, pickup, begun => its first seq, lines_n: when several,
# expires_at, ended_at, lines => { sale => line }, payments }; one of another
# life has `other` and no lines.  A line is { qty, state, number: above 1,
# ... }; what is owed of it is in Debts.pm, its goods are in Goods.pm.

use v5.16;
use strict;
use warnings;

# The arrows: what a line of a hold may have been before, what it is then.
my %ARROW = (
    paying    => [{held => 1}, 'paying'],
    released  => [{held => 1}, 'released'],
    expired   => [{held => 1, paying => 1}, 'expired'],
    cancelled => [{held => 1, paying => 1}, 'cancelled'],
    withdrawn => [{expired => 1}, 'cancelled'],
    sold      => [{held => 1, paying => 1}, 'sold'],
    sold_late => [{expired => 1}, 'sold'],
    returned  => [{sold => 1}, 'returned'],
    served    => [{queued => 1}, 'held'],
    stepped_out => [{queued => 1}, 'released'],
    ended     => [{queued => 1}, 'expired'],
);

# What else is looked at, by type.
my %MORE = (
    restocked => 'restock',
    claimed   => 'claim',
    accepted  => 'answer_claim',
    denied    => 'answer_claim',
    referred  => 'refer',
    (map { $_ => 'move_goods' } qw(ready short picked_up put_back double)),
);

# These say where the hold is collected; those about goods, of a line.
my %THERE = (
    (map { $_ => 1 } qw(paying released expired cancelled sold sold_late owed
        restocked short put_back double claimed served)),
    (map { $_ => 'sale' } qw(ready picked_up)),
);


sub begin_hold {
    my ($self, $entry) = @_;
    my $line = $entry->{line} // 1;
    my $lines = $entry->{lines} // 1;
    my $hold = $self->{holds}{$entry->{hold}};

    if (defined $hold && $hold->{other}) {
        $self->problem("hold $entry->{hold} is held, and of another life");
        return;
    }

    if (!defined $hold) {
        # the feed begins between its lines: nothing is known of it
        return if $self->{seq} - $line + 1 < $self->{first_seq};

        $hold = $self->{holds}{$entry->{hold}} = {
            buyer => $entry->{buyer},
            pickup => $entry->{pickup},
            begun => $self->{seq},
            $lines > 1 ? (lines_n => $lines) : (),
            expires_at => $entry->{expires_at},
            clocks => $self->{clocks},
            lines => {},
            payments => {},
        };
        $self->{first_holds}{$entry->{buyer}} //= $entry->{hold}
            if $entry->{type} ne 'granted';
    }

    if ($self->{seq} != $hold->{begun} + $line - 1 || $line > $lines) {
        $self->problem("line $line of $lines of hold $entry->{hold} that"
            . " began at seq $hold->{begun}");
    }

    if ($entry->{buyer} ne $hold->{buyer}) {
        $self->problem("hold $entry->{hold} has two buyers");
    }

    if (exists $hold->{lines}{$entry->{sale}}) {
        $self->problem("hold $entry->{hold} holds $entry->{sale} twice");
    }

    if ($entry->{qty} <= 0) {
        $self->problem("$entry->{qty} units are $entry->{type}");
    }

    $hold->{lines}{$entry->{sale}} = {
        qty => $entry->{qty},
        state => $entry->{type},
        defined $entry->{price_fen} ? (price_fen => $entry->{price_fen}) : (),
        $line > 1 ? (number => $line) : (),
    };

    return;
}


# The ids of a life are told from those of all others by its epoch.

sub begin_life {
    my ($self, $entry) = @_;

    $self->problem("epoch $entry->{epoch} is none")
        if $entry->{epoch} !~ /\A[0-9a-f]{8}\z/
            || $entry->{epoch} eq '00000000';
    $self->problem("epoch $entry->{epoch} is that of a life before")
        if $self->{lives}{$entry->{epoch}}++;

    return;
}


# Cash is taken before an order is written, which is sold as it begins.

sub check_cash {
    my ($self, $entry, $hold) = @_;
    my $at = $hold->{begun} + keys(%{ $hold->{lines} })
        + ($entry->{line} // 1) - 1;

    return if $entry->{type} eq 'sold' && $self->{seq} == $at;
    $self->problem("cash of hold $entry->{hold} was taken by"
        . " $entry->{taken_by}, and not as it began");

    return;
}


# An entry with a sale is about that line; without, about the whole hold.  Of a
# hold of another life there is only what was paid for it.

sub follow_hold {
    my ($self, $entry) = @_;
    my $type = $entry->{type};
    my $other = ($entry->{reason} // '') eq 'other_life';
    my $hold = $self->{holds}{$entry->{hold}};

    if ($other && defined $hold && !$hold->{other}) {
        $self->problem("hold $entry->{hold} is of this ledger, no other"
            . " life's");

    } elsif ($other && !defined $hold) {
        $hold = $self->{holds}{$entry->{hold}} = {
            other => 1, lines => {}, payments => {},
        };
    }

    if (defined $hold && $hold->{other}
        && !($other && $type =~ /\A(?:refund_due|owed)\z/)
        && $type ne 'refunded')
    {
        $self->problem("$type, but hold $entry->{hold} is of another life");
        return;
    }

    if (!defined $hold) {
        $self->problem("hold $entry->{hold} was never held") if $self->{whole};
        return;
    }

    $self->check_cash($entry, $hold)
        if defined $entry->{taken_by} && defined $hold->{begun};

    my $line = defined $entry->{sale} ? $hold->{lines}{$entry->{sale}} : undef;

    if (defined $entry->{sale} && !defined $line) {
        $self->problem("$entry->{sale} of hold $entry->{hold} was never held");
        return;
    }

    $self->check_place($entry, $hold, $line)
        if defined $entry->{lines} || defined $hold->{lines_n};
    $self->move_hold($entry, $hold, $line) if exists $ARROW{$type};
    $self->check_pickup($entry, $hold)
        if ($entry->{pickup} // '') ne ($hold->{pickup} // '')
            || $type eq 'pickup';
    $self->check_money($entry, $hold) if defined $entry->{payment};

    if (my $more = $MORE{$type}) {
        $self->$more($entry, $hold, $line);
    }

    return;
}


# A line of a hold has its number for good.  A refund names the sale only.

sub check_place {
    my ($self, $entry, $hold, $line) = @_;

    return if !defined $line || $entry->{type} eq 'refunded';

    my ($is, $of) = ($entry->{line} // 1, $entry->{lines} // 1);
    my ($number, $lines) = ($line->{number} // 1, $hold->{lines_n} // 1);

    $self->problem("$entry->{type} line $is of $of, but $entry->{sale} is line"
        . " $number of $lines of hold $entry->{hold}")
        if $is != $number || $of != $lines;

    return;
}


# Where a hold is collected: as its first line says, until a `pickup` line says
# otherwise, which comes only while it is live.

sub check_pickup {
    my ($self, $entry, $hold) = @_;

    if ($entry->{type} eq 'pickup') {
        my @ended = grep { !/\A(?:held|paying)\z/ } map { $_->{state} }
            values %{$hold->{lines}};
        $self->problem("hold $entry->{hold} is $ended[0]: no way to another"
            . " pickup point") if @ended;
        $hold->{pickup} = $entry->{pickup};
        return;
    }

    my $there = $THERE{$entry->{type}} // return;
    my ($is, $was) = map { $_->{pickup} // 'nowhere' } $entry, $hold;

    $self->problem("$entry->{type} at $is, but hold $entry->{hold} is to be"
        . " collected at $was") if $there ne 'sale' || defined $entry->{sale};

    return;
}


sub move_hold {
    my ($self, $entry, $hold, $line) = @_;
    my ($from, $to) = @{$ARROW{$entry->{type}}};
    my @lines = defined $line ? $line : values %{$hold->{lines}};
    my @moved = grep { $from->{$_->{state}} } @lines;

    if (!@moved) {
        my $name = defined $line ? "$entry->{sale} of hold" : 'hold';
        $self->problem("$name $entry->{hold} is $lines[0]{state}: no way to"
            . " $entry->{type}");
    }

    $self->check_qty($entry, $line) if defined $line;

    $_->{state} = $to for @moved;

    $self->check_term($entry, $hold);

    return;
}


# Of a line there is all or nothing.

sub check_qty {
    my ($self, $entry, $line) = @_;

    $self->problem("$entry->{type} $entry->{qty} units, but $line->{qty} were"
        . ' held')
        if defined $entry->{qty} && $entry->{qty} != $line->{qty};

    return;
}


# Nothing expires before its time, unless the clock went back meanwhile: then
# the time that counts is not the wall clock's.  Where it went back by less
# than nothing happened for, no entry shows it: that is for `unsteady`.  The
# two clocks are read with the same instant in mind, each in whole
# milliseconds.

sub check_term {
    my ($self, $entry, $hold) = @_;
    my $type = $entry->{type};

    if ($type eq 'paying' || $type eq 'served') {
        $hold->{expires_at} = $entry->{expires_at};

    } elsif ($type eq 'expired' && !$self->{unsteady}
        && $hold->{clocks} == $self->{clocks} && defined $hold->{expires_at}
        && $entry->{at} < $hold->{expires_at} - 1)
    {
        $self->problem("expired at $entry->{at}, but hold $entry->{hold}"
            . " expires at $hold->{expires_at}");
    }

    if ($type =~ /\A(?:released|expired|cancelled|sold|stepped_out|ended)\z/)
    {
        $hold->{ended_at} //= $entry->{at};
    }

    return;
}


1;
