package Tuanbo::Ledger::Sales;

# Sales: their units, what a buyer may have of them, their groups, and that
# one that was called off stays closed.
#
# A sale is { stock, held, sold, limit, goal, goal_by, taken => { buyer =>
# units }, joined and groups by group, called_off => its seq, ... }; what is
# listed of it for debts is in Tasks.pm, for goods in Waves.pm, who waits for
# it in Queue.pm.

use v5.16;
use strict;
use warnings;

# Change of held and of sold by each unit of an entry's qty.
my %EFFECT = (
    held      => [ 1,  0],
    released  => [-1,  0],
    expired   => [-1,  0],
    cancelled => [-1,  0],
    sold      => [-1,  1],
    sold_late => [ 0,  1],
    returned  => [ 0, -1],
    restocked => [ 0, -1],
    granted   => [ 0,  1],
    served    => [ 1,  0],
);

# What the group of a sale is about.
my %GROUP = map { $_ => 1 } qw(sold sold_late formed failed returned owed);

# What is not done any more to a sale that was called off.
my %OVER = map { $_ => 1 } qw(opened resumed held sold_late formed queued
    served);


# What a sale becomes is all that its entry says; counts stay.

sub define_sale {
    my ($self, $entry) = @_;
    my $sale = $self->{sales}{$entry->{sale}} //= {held => 0, sold => 0,
        left_fen => 0, left_qty => 0};

    $self->define_queue($entry, $sale);

    $sale->{stock} = $entry->{stock};
    $sale->{limit} = $entry->{limit};
    $sale->{goal} = $entry->{goal};
    $sale->{goal_by} = $entry->{goal_by} // 'sale';

    return;
}


sub check_sale {
    my ($self, $entry, $sale) = @_;
    my $type = $entry->{type};

    if ($OVER{$type} && defined $sale->{called_off}) {
        $self->problem("$type, but $entry->{sale} was called off at seq"
            . " $sale->{called_off}");
    }

    $self->check_queue($entry, $sale);

    if (exists $EFFECT{$type} || $type eq 'stock' || $type eq 'sale') {
        $self->move_units($entry, $sale);
    }

    if ($type eq 'closed' || $type eq 'called_off') {
        $self->close_giving($entry, $sale);
    }

    if ($GROUP{$type}) {
        $self->check_group($entry, $sale);

    } elsif ($type eq 'terms') {
        $self->set_terms($entry, $sale);

    } elsif ($type eq 'granted') {
        $self->check_over($entry, $sale);
        $self->check_grant($entry, $sale);

    } elsif ($type eq 'revealed') {
        $self->reveal($entry, $sale);

    } elsif ($type eq 'drawn') {
        $self->check_draw($entry, $sale);

    } elsif ($type eq 'opened' || $type eq 'resumed') {
        $self->check_over($entry, $sale);

    } elsif ($type =~ /\A(?:called_off|compensated|settled)\z/) {
        $self->check_task($entry, $sale);
    }

    $self->watch_queue($entry, $sale) if defined $sale->{last_number};

    return;
}


# stock = free + held + sold, none of them below 0, after each entry.

sub move_units {
    my ($self, $entry, $sale) = @_;
    my $id = $entry->{sale};
    my ($held, $sold) = map { $_ * ($entry->{qty} // 0) }
        @{$EFFECT{$entry->{type}} // [0, 0]};

    $sale->{held} += $held;
    $sale->{sold} += $sold;
    $sale->{stock} += $entry->{qty} if $entry->{type} eq 'stock';

    my $free = $sale->{stock} - $sale->{held} - $sale->{sold};

    if ($free < 0 || $sale->{stock} < 0 || $sale->{held} < 0
        || $sale->{sold} < 0)
    {
        my %units = (%$sale, free => $free);

        $self->problem("$id has $units{$_} $_: stock $sale->{stock},"
            . " held $sale->{held}, sold $sale->{sold}")
            for grep { $units{$_} < 0 } qw(stock free held sold);
    }

    # who is served was counted when they began to wait
    $self->take_units($entry, $sale, $held + $sold)
        if defined $entry->{hold} && $entry->{type} ne 'served';

    return;
}


# What a buyer has of a sale is within its limit whenever it grows.

sub take_units {
    my ($self, $entry, $sale, $change) = @_;
    my $hold = $self->{holds}{$entry->{hold}};

    return if $change == 0 || !defined $hold;

    my $taken = $sale->{taken}{$hold->{buyer}} += $change;

    if ($change > 0 && defined $sale->{limit} && $taken > $sale->{limit}) {
        $self->problem("the buyer has $taken units of $entry->{sale}, the"
            . " limit is $sale->{limit}");
    }

    return;
}


# A group has no members but those who paid, and is decided once.

sub check_group {
    my ($self, $entry, $sale) = @_;
    my $type = $entry->{type};

    if ($type eq 'sold' || $type eq 'sold_late') {
        my $pickup = ($self->{holds}{$entry->{hold}} // {})->{pickup} // '';
        $sale->{joined}{$_} += $entry->{qty} for 'sale', "pickup $pickup";

    } elsif ($type eq 'formed' || $type eq 'failed') {
        $self->decide_group($entry, $sale);

    } elsif ($entry->{reason} eq 'group_failed') {
        my $state = $sale->{groups}{group_of($entry, $sale)}
            // 'undecided';
        $self->problem("$type, but its group is $state")
            if $state ne 'failed';

    } elsif ($type eq 'owed') {
        $self->leave_group($entry, $sale);
    }

    return;
}


# Units that are owed back no longer count, unless their group has formed.

sub leave_group {
    my ($self, $entry, $sale) = @_;
    my $hold = $self->{holds}{$entry->{hold}};

    return if !defined $hold;

    my $pickup = $hold->{pickup} // '';

    for my $group ('sale', "pickup $pickup") {
        $sale->{joined}{$group} -= $entry->{qty} // 0
            if !defined $sale->{groups}{$group};
    }

    return;
}


sub group_of {
    my ($entry, $sale) = @_;

    return 'sale' if $sale->{goal_by} eq 'sale';
    return 'pickup ' . ($entry->{pickup} // '');
}


sub decide_group {
    my ($self, $entry, $sale) = @_;
    my $type = $entry->{type};
    my $group = group_of($entry, $sale);
    my $joined = $sale->{joined}{$group} // 0;
    my $goal = $sale->{goal};

    if (!defined $goal) {
        $self->problem("$type, but $entry->{sale} has no goal");
        return;
    }

    if (defined $sale->{groups}{$group}) {
        $self->problem("$type, but this group has $sale->{groups}{$group}"
            . " before");
    }

    if ($entry->{qty} > $joined) {
        $self->problem("$type with $entry->{qty} units, but $joined were"
            . " sold");
    }

    if (($type eq 'formed') != ($entry->{qty} >= $goal)) {
        $self->problem("$type with $entry->{qty} units, and the goal is"
            . " $goal");
    }

    if ($type eq 'failed' && grep { $_->{type} eq 'called_off' }
        @{$sale->{tasks} // []})
    {
        $self->problem("failed, but what is owed of $entry->{sale}, which was"
            . ' called off, is not settled');
    }

    $sale->{groups}{$group} = $type;
    $sale->{formed_at}{$group} = $self->{seq} if $type eq 'formed';

    return;
}


1;
