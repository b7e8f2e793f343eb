package Tuanbo::Ledger::Goods;

# Goods: where those of a line are, once it was sold.
#
# The state of a line goes on from sold, which is that its goods are awaited.
# It has { short_qty, due_at: from then on it counts as handed over, handed =>
# [ seq, at, said: by somebody ] }.

use v5.16;
use strict;
use warnings;

# A hand-over may be undone so long.
use constant PUT_BACK_MS => 600_000;

# The arrows: where the goods of a line may have been, where they are then.
my %ARROW = (
    ready     => [{sold => 1}, 'ready'],
    short     => [{sold => 1}, 'short'],
    picked_up => [{sold => 1, ready => 1, short => 1}, 'handed_over'],
    put_back  => [{handed_over => 1}, 'ready'],
    double    => [{handed_over => 1}, 'handed_over'],
);

# Where no line is named: those that are there.
my %ALL = (ready => 'sold', picked_up => 'ready');

my %VIA = map { $_ => 1 } qw(scan code list);


# Units of a line that have come, or may still: neither its sale's again, nor
# short.

sub to_come {
    my ($line) = @_;
    my $units = $line->{qty} - ($line->{restocked} // 0)
        - ($line->{short_qty} // 0);

    return $units > 0 ? $units : 0;
}


# Units of a line that have come.

sub come {
    my ($line) = @_;

    return 0 if $line->{state} ne 'ready' && $line->{state} ne 'handed_over';
    return to_come($line);
}


# Does somebody wait for it?  Not when all of it is for sale again.

sub awaited {
    my ($line) = @_;

    return $line->{state} eq 'sold' && to_come($line) > 0;
}


sub move_goods {
    my ($self, $entry, $hold, $line) = @_;
    my $type = $entry->{type};

    if (!defined $line) {
        my $lines = $hold->{lines};
        my @moved = grep {
            $lines->{$_}{state} eq $ALL{$type}
                && to_come($lines->{$_}) > 0
        } keys %$lines;

        $self->problem("hold $entry->{hold} is "
            . "$_->{state}: no way to $type")
            for @moved ? () : (values %$lines)[0];
        $self->set_goods($entry, $hold, $lines->{$_}, $_) for @moved;
        return;
    }

    return $self->move_gift($entry, $line)
        if $line->{state} eq 'granted' || $line->{state} eq 'given';

    my ($from) = @{$ARROW{$type}};
    my $is = $line->{state};

    $self->check_qty($entry, $line);

    if (!$from->{$is}) {
        $self->problem("$entry->{sale} of hold $entry->{hold} is $is: no way"
            . " to $type");
        return;
    }

    if ($type eq 'ready' || $type eq 'short') {
        $self->come_short($entry, $hold, $line);

    } elsif ($type eq 'put_back') {
        $self->check_put_back($entry, $line);

    } else {
        $self->check_way($entry, $line);
    }

    $self->set_goods($entry, $hold, $line, $entry->{sale})
        if $type ne 'double';

    return;
}


# What comes, comes with a delivery, in whose order is Waves.pm's to say.  What
# does not come is owed at once.

sub come_short {
    my ($self, $entry, $hold, $line) = @_;
    my $comes = $line->{qty} - ($line->{restocked} // 0);
    my $short = $entry->{type} eq 'short' ? $comes : $entry->{short_qty};

    $self->problem("due at $entry->{due_at}, before it is ready")
        if defined $entry->{due_at} && $entry->{due_at} < $entry->{at};
    $self->problem("$short units of $entry->{sale} of hold $entry->{hold}"
        . " never come, of $comes")
        if defined $entry->{short_qty} && ($short <= 0 || $short >= $comes);

    $self->deliver($entry, $hold, $line, $comes - ($short // 0))
        if $self->{whole};

    return if !defined $short;

    $line->{short_qty} = $short;
    $self->expect_owed($entry, $line, $short, 'short');

    return;
}


# Somebody says how it was handed over, or time does: what was ready, when it
# was due.

sub check_way {
    my ($self, $entry, $line) = @_;
    my ($via, $by) = @{$entry}{qw(via by)};
    my $type = $entry->{type};

    if (defined $via == defined $by) {
        $self->problem("$type, but neither by somebody nor by time")
            if !defined $via;
        $self->problem("$type by somebody and by time") if defined $via;

    } elsif (defined $via) {
        $self->problem("$type via $via, which is no way") if !$VIA{$via};

    } elsif ($by ne 'time' || $type eq 'double') {
        $self->problem("$type by $by");

    } elsif ($line->{state} ne 'ready') {
        $self->problem("$type by time, but it was not ready");

    } elsif (!defined $line->{due_at}) {
        $self->problem("$type by time, but no time was set");

    } elsif ($entry->{at} < $line->{due_at}) {
        $self->problem("$type by time, before $line->{due_at}");
    }

    return;
}


sub check_put_back {
    my ($self, $entry, $line) = @_;
    my $handed = $line->{handed};

    $self->problem("put_back, but nobody said that it was handed over")
        if !$handed->[2];
    $self->problem("put_back at $entry->{at}, but it was handed over at"
        . " $handed->[1]: that is too long ago")
        if $entry->{at} > $handed->[1] + PUT_BACK_MS;

    return;
}


# The one place that moves goods: what is counted of them moves with them.

sub set_goods {
    my ($self, $entry, $hold, $line, $id) = @_;
    my $before = come($line);

    $line->{state} = $ARROW{$entry->{type}}[1];

    if ($line->{state} eq 'handed_over') {

        # who hands over what was short says that it has come after all

        delete $line->{short_qty} if to_come($line) == 0;

        $line->{handed} = [$self->{seq}, $entry->{at},
            defined $entry->{via}];
        $self->{handed}{$hold->{buyer}} = 1;

    } elsif (defined $entry->{due_at}) {
        $line->{due_at} = $entry->{due_at};

    } else {
        delete $line->{due_at};
    }

    return if !$self->{whole};

    my $sale = $self->{sales}{$id};

    if ($line->{state} eq 'handed_over') {
        $sale->{handed}{$line->{seq}} = $line;

    } elsif ($entry->{type} eq 'put_back') {
        delete $sale->{handed}{$line->{seq}};
    }

    my $change = come($line) - $before;
    $self->count_line($sale, $hold, $line, $change) if $change != 0;

    return;
}


1;
