package Tuanbo::Ledger::Givings;

# Givings: sales whose units are given.  A gift is the hold that has the unit;
# its only line is `granted`, or `bound` by the hold that uses it.
#
# A sale that gives has terms, the digest of its last ones, and numbers: how
# many of it were granted; gifts, their holds.  The line of a gift has bound_by, the id of the
# hold that it is bound by.

use v5.16;
use strict;
use warnings;


sub set_terms {
    my ($self, $entry, $sale) = @_;

    $self->problem("terms of $entry->{sale} with a digest of another length")
        if $entry->{digest} !~ /\A[0-9a-f]{64}\z/;
    $sale->{terms} = $entry->{digest};

    return;
}


# Gifts are numbered as they are granted, none left out.

sub check_grant {
    my ($self, $entry, $sale) = @_;
    my $number = ++$sale->{numbers};

    $self->problem("granted, but $entry->{sale} gives nothing")
        if !defined $sale->{terms};
    $self->problem("gift $entry->{number} of $entry->{sale}, and $number was"
        . ' to come') if $entry->{number} != $number;
    push @{$sale->{gifts}}, $entry->{hold};
    $self->check_invited($entry) if defined $entry->{reason};

    return;
}


# Who comes by a neighbour's code is a newcomer once, with the first hold; both
# are given something for it once.  referred has these by the seq of the entry:
# { newcomer and inviter, the two buyers; given => { reason => 1 } }.

sub refer {
    my ($self, $entry) = @_;
    my $hold = $self->{holds}{$entry->{hold}};

    return if !defined $hold;

    my $buyer = $hold->{buyer};

    $self->problem("referred by itself") if $entry->{from} eq $buyer;
    $self->problem("referred, but its buyer was before")
        if $self->{newcomers}{$buyer}++;
    $self->problem("referred, but its buyer had a hold before")
        if $self->{first_holds}{$buyer} ne $entry->{hold};
    $self->{referred}{$entry->{seq}} = {newcomer => $buyer,
        inviter => $entry->{from}};

    return;
}


sub check_invited {
    my ($self, $entry) = @_;
    my ($reason, $seq) = @{$entry}{qw(reason referred)};
    my $referred = $self->{referred}{$seq // 0};

    if (!defined $referred) {
        $self->problem("granted to the $reason, of whom nothing is known")
            if $self->{whole};
        return;
    }

    $self->problem("granted to the $reason of seq $seq, who is another")
        if $referred->{$reason} ne $entry->{buyer};
    $self->problem("granted to the $reason of seq $seq before")
        if $referred->{given}{$reason}++;

    return;
}


# Whoever brought somebody has something for it once that one has collected.

sub finish_referrals {
    my ($self) = @_;

    for my $seq (sort { $a <=> $b } keys %{$self->{referred}}) {
        my ($newcomer, $given) = @{$self->{referred}{$seq}}{qw(newcomer given)};

        $self->problem("granted to the inviter of seq $seq, and nothing was"
            . " handed over to $newcomer")
            if $given->{inviter} && !$self->{handed}{$newcomer};
    }

    return;
}


# A thing is handed over like goods, and nothing else is; nobody waits for it.

sub move_gift {
    my ($self, $entry, $line) = @_;
    my $type = $entry->{type};
    my $name = "$entry->{sale} of hold $entry->{hold}";
    my ($from, $to) = $type eq 'picked_up' ? qw(granted given)
        : $type eq 'put_back' ? qw(given granted)
        : $type eq 'double' ? qw(given given) : ('nothing', $line->{state});

    $self->problem("$name is $line->{state}: no way to $type")
        if $line->{state} ne $from || defined $line->{bound_by};
    $line->{state} = $to;

    return;
}


# What all lines of an order were sold for is their price less what its gift
# takes off.

sub check_paid {
    my ($self, $entry, $hold) = @_;
    my ($price, $paid) = (0, 0);

    for my $line (values %{ $hold->{lines} }) {
        return if !defined $line->{price_fen} || !defined $line->{paid};
        $price += $line->{price_fen} * $line->{qty};
        $paid += $line->{paid};
    }

    my $due = $price - ($hold->{off_fen} // 0);

    $self->problem("hold $entry->{hold} is sold for $paid fen, not $due")
        if $paid != $due;

    return;
}


# A gift is bound by one hold of its buyer's at a time.

sub check_gift {
    my ($self, $entry) = @_;
    my ($type, $id) = @{$entry}{qw(type gift)};
    my $gift = $self->{holds}{$id};
    my $hold = $self->{holds}{$entry->{hold}};

    if (!defined $gift || !defined $hold) {
        $self->problem("$type, but " . (defined $gift ? 'hold'
            : 'gift') . ' was never there') if $self->{whole};
        return;
    }

    my $line = $gift->{lines}{$entry->{sale}};

    if (!defined $line || ($line->{state} ne 'granted'
        && $line->{state} ne 'bound'))
    {
        $self->problem("$type, but $id is no gift of $entry->{sale}");
        return;
    }

    $self->problem("$type, but gift $id is another buyer's")
        if $gift->{buyer} ne $hold->{buyer};

    if ($type eq 'bound') {
        $self->problem("gift $id is bound by $line->{bound_by}")
            if defined $line->{bound_by};
        $line->{bound_by} = $entry->{hold};
        $hold->{off_fen} = $entry->{off_fen};

    } else {
        delete $hold->{off_fen} if $entry->{reason} ne 'returned';
        my $by = delete $line->{bound_by} // 'nothing';
        $self->problem("unbound from $entry->{hold}, but gift $id is bound by"
            . " $by") if $by ne $entry->{hold};
    }

    $line->{state} = $type eq 'bound' ? 'bound' : 'granted';

    return;
}


1;
