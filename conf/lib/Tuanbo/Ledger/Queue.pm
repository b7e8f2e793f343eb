package Tuanbo::Ledger::Queue;

# Who waits for units of a sale: in the order of their numbers, and units that
# suffice for one of them are nobody else's.
#
# A sale has last_number, the last one given; waiting, by units, the numbers
# that wait in their order; waits, number => hold; queued, all their units;
# opened, paused, closed, closes_at; and next_at, since when units have
# sufficed for somebody, or there is somebody to be told that it is closed.

use v5.16;
use strict;
use warnings;

use constant MOST => 8;

# What is done about those who wait is done without a pause, so this is long.
use constant AT_ONCE_MS => 60_000;

# What takes units that somebody may wait for.
my %TAKES = map { $_ => 1 } qw(held sold_late);

my %LEAVES = map { $_ => 1 } qw(served stepped_out ended);


# A sale is defined; *before* its new terms are noted.

sub define_queue {
    my ($self, $entry, $sale) = @_;
    my ($was, $is) = map { $_ // 0 } $sale->{closes_at}, $entry->{closes_at};

    if ($sale->{closed} && $is != $was && ($is == 0 || $is > $entry->{at})) {
        $self->problem("$entry->{sale} opens again, and "
            . keys(%{$sale->{waits}}) . ' holds wait for it')
            if %{$sale->{waits} // {}};
        $sale->{closed} = 0;
    }

    $sale->{opened} = 0 if ($entry->{opens_at} // 0) > $entry->{at};
    $sale->{closes_at} = $entry->{closes_at};

    return;
}


# The lowest number among those whom $free units suffice for; undef: none.

sub first_waiting {
    my ($sale, $free) = @_;
    my $first;

    for my $qty (1 .. ($free < MOST ? $free : MOST)) {
        my $numbers = $sale->{waiting}{$qty} // next;

        shift @$numbers
            while @$numbers && !exists $sale->{waits}{$numbers->[0]};
        $first = $numbers->[0]
            if @$numbers && (!defined $first || $numbers->[0] < $first);
    }

    return $first;
}


sub free_units {
    my ($sale) = @_;

    return $sale->{stock} - $sale->{held} - $sale->{sold};
}


# Before the units of the entry are moved.

sub check_queue {
    my ($self, $entry, $sale) = @_;
    my ($type, $id) = @{$entry}{qw(type sale)};

    if ($type eq 'opened') {
        $sale->{opened} = 1;

    } elsif ($type eq 'paused' || $type eq 'resumed') {
        $sale->{paused} = $type eq 'paused';

    } elsif ($type eq 'closed' || $type eq 'called_off') {
        $sale->{closed} = 1;

    } elsif ($type eq 'queued') {
        $self->join_queue($entry, $sale);

    } elsif ($LEAVES{$type}) {
        $self->leave_queue($entry, $sale);

    } elsif ($TAKES{$type} && !$sale->{closed} && %{$sale->{waits} // {}}) {
        my $first = first_waiting($sale, free_units($sale));

        $self->problem("$type $entry->{qty} units of $id, and"
            . " $sale->{waits}{$first}, who is number $first in the line,"
            . ' could have had them') if defined $first;
    }

    return;
}


sub join_queue {
    my ($self, $entry, $sale) = @_;
    my $number = ++$sale->{last_number};

    $self->problem("number $entry->{number} in the line of $entry->{sale},"
        . " and $number was to come") if $entry->{number} != $number;
    $self->problem("$entry->{qty} units are waited for, at most " . MOST
        . ' may be') if $entry->{qty} > MOST;
    $self->problem("queued, but $entry->{sale} is closed")
        if $sale->{closed};
    my $free = free_units($sale);
    $self->problem("queued for $entry->{qty} units of $entry->{sale}, of which"
        . " $free are free for nobody else")
        if $free >= $entry->{qty} && !defined first_waiting($sale, $free);
    $sale->{last_number} = $entry->{number};
    $sale->{waits}{$entry->{number}} = $entry->{hold};
    push @{$sale->{waiting}{$entry->{qty}}}, $entry->{number};
    $sale->{queued} += $entry->{qty};
    ($self->{holds}{$entry->{hold}} // {})->{number} = $entry->{number};
    $self->take_units($entry, $sale, $entry->{qty});

    return;
}


sub leave_queue {
    my ($self, $entry, $sale) = @_;
    my ($type, $id) = @{$entry}{qw(type sale)};
    my $number = ($self->{holds}{$entry->{hold}} // {})->{number} // 0;

    return if !exists $sale->{waits}{$number};

    if ($type eq 'served') {
        my $first = first_waiting($sale, free_units($sale)) // 'nobody';

        $self->problem("served number $number in the line of $id, and $first"
            . ' was the first whom the units suffice for')
            if $first ne $number;
        $self->problem("served, but $id is "
            . ($sale->{closed} ? 'closed' : $sale->{paused} ? 'paused'
                : 'not open'))
            if $sale->{closed} || $sale->{paused} || !$sale->{opened};

    } else {
        $self->take_units($entry, $sale, -$entry->{qty});
        $self->problem("ended, but $id is not closed")
            if $type eq 'ended' && !$sale->{closed};
    }

    delete $sale->{waits}{$number};
    $sale->{queued} -= $entry->{qty};

    return;
}


# After it: since when there has been something to do about those who wait.

sub watch_queue {
    my ($self, $entry, $sale) = @_;
    my $waits = %{$sale->{waits} // {}};
    my $next = $waits
        && ($sale->{closed}
            || ($sale->{opened} && !$sale->{paused}
                && defined first_waiting($sale, free_units($sale))));

    $sale->{next_at} = $next ? $entry->{at} : undef;

    return;
}


sub finish_queues {
    my ($self) = @_;

    for my $id (sort keys %{$self->{sales}}) {
        my $sale = $self->{sales}{$id};
        my $since = $sale->{next_at} // next;

        $since = $self->{task_at}
            if defined $self->{task_at} && $self->{task_at} > $since;
        $self->problem($sale->{closed}
            ? "$id is closed, and somebody waits for it still"
            : "units of $id would suffice for somebody who waits for them")
            if $self->{at} >= $since + AT_ONCE_MS;
    }

    return;
}


1;
