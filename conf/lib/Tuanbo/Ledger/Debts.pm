package Tuanbo::Ledger::Debts;

# Money: what was paid, what is owed of it and why, and that it is given back
# once.
#
# A line that was sold has { paid, owed_fen, owed_qty, restocked }, its sale
# left_fen and left_qty, what all its lines could still owe.  A debt is
# { hold, payment, sale, amount_fen, refunded, old: it was named otherwise };
# its id is the seq of its entry.

use v5.16;
use strict;
use warnings;

use Tuanbo::Ledger::Goods;

# These owe all that is left of a line.
my %ALL = map { $_ => 1 } qw(group_failed sale_cancelled);

# The states of a line that was sold.
my %SOLD = map { $_ => 1 } qw(sold ready handed_over short returned);

# These are owed as it was promised: with an entry that says so.
my %PROMISED = map { $_ => 1 } qw(damaged wrong);


# Each payment either sold, or is due back once and given back once.  What is
# owed of a line is part of the payment that sold it.

sub check_money {
    my ($self, $entry, $hold) = @_;
    my $type = $entry->{type};
    my $name = "payment $entry->{payment}";
    my $payment = $hold->{payments}{$entry->{payment}} //= {};
    my $sale = $entry->{sale} // '';

    if ($type eq 'sold' || $type eq 'sold_late') {
        $self->problem("$name is due back, and sold") if $payment->{due};
        $payment->{sold}{$sale} = $entry->{amount_fen};
        $self->pay_line($entry, $hold, $hold->{lines}{$sale});

    } elsif ($type eq 'refund_due' || $type eq 'owed' && $sale eq '') {
        $self->problem("$name is due back, but it sold") if $payment->{sold};
        $self->problem("$name is due back twice") if $payment->{due};
        $payment->{due} = 1;
        $self->check_cause($entry, $hold);
        $self->owe($entry, $sale);

    } elsif ($type eq 'returned' || $type eq 'owed') {
        $self->problem("$name did not sell $sale")
            if !exists $payment->{sold}{$sale};
        $self->owe_line($entry, $hold->{lines}{$sale});

    } elsif ($type eq 'refunded') {
        $self->refund($entry, $name);
    }

    return;
}


# What is sold of a sale that was called off is owed back at once.

sub pay_line {
    my ($self, $entry, $hold, $line) = @_;

    $line->{paid} = $entry->{amount_fen};

    return if !$self->{whole};

    my $sale = $self->{sales}{$entry->{sale}};

    $sale->{left_fen} += $line->{paid};
    $sale->{left_qty} += $line->{qty};
    $self->await_line($sale, $hold, $line);

    return if ($line->{number} // 1) < ($hold->{lines_n} // 1);

    $self->check_paid($entry, $hold);

    for my $id (sort keys %{$hold->{lines}}) {
        next if !defined $self->{sales}{$id}{called_off};

        $self->expect(type => 'owed', hold => $entry->{hold}, sale => $id,
            reason => 'sale_cancelled', qty => $hold->{lines}{$id}{qty});
    }

    return;
}


# A sale is cancelled for those who paid as soon as it is called off.

sub check_cause {
    my ($self, $entry, $hold) = @_;

    return if $entry->{reason} ne 'sale_cancelled' || !$self->{whole};

    my @sales = defined $entry->{sale} ? $entry->{sale}
        : sort keys %{$hold->{lines}};

    $self->problem("owed for sale_cancelled, but @sales was not called off")
        if !grep { defined $self->{sales}{$_}{called_off} } @sales;

    return;
}


# A debt; its id is the seq of its entry.  One of nothing is settled.

sub owe {
    my ($self, $entry, $sale) = @_;

    $self->problem("$entry->{amount_fen} fen are owed")
        if $entry->{amount_fen} < 0;
    $self->problem("due at $entry->{due_at}, before it is owed")
        if defined $entry->{due_at} && $entry->{due_at} < $entry->{at};

    $self->{of}{$entry->{hold}}{$entry->{seq}} = 1;
    $self->{debts}{$entry->{seq}} = {
        hold => $entry->{hold},
        payment => $entry->{payment},
        sale => $sale,
        amount_fen => $entry->{amount_fen},
        $entry->{type} eq 'owed' ? () : (old => 1),
        refunded => $entry->{amount_fen} == 0 && $entry->{type} eq 'owed',
    };

    return;
}


# A line owes no more than was paid for it, and no unit twice.  What units are
# worth follows from what was paid for all of them.

sub owe_line {
    my ($self, $entry, $line) = @_;
    my ($id, $qty, $fen) = @{$entry}{qw(sale qty amount_fen)};
    my $name = "$id of hold $entry->{hold}";
    my $left = $line->{qty} - ($line->{owed_qty} // 0);

    $self->{task_at} = $self->{at}
        if $entry->{reason} =~ /\A(?:sale_cancelled|compensation)\z/;
    $self->check_cause($entry);
    $self->problem("owed for $entry->{reason}, but no claim was accepted")
        if $PROMISED{$entry->{reason}} && !$self->{expected}
        && $self->{whole};
    $self->owe($entry, $id);

    if (defined $qty) {
        my $worth = $entry->{type} eq 'owed'
            ? worth($line, $qty, $entry->{reason}) : undef;

        $self->problem("$qty units are owed") if $qty <= 0;
        $self->problem("$fen fen are owed for $qty units of $name, worth"
            . " $worth") if defined $worth && $worth != $fen;

    } elsif ($fen == 0) {
        $self->problem("neither a unit nor a fen of $name is owed");
    }

    if ($entry->{reason} eq 'compensation' && $self->{whole}) {
        $self->compensate($entry, $self->{sales}{$id}, $line);

    } elsif ($ALL{$entry->{reason}}) {
        $self->owe_all($entry, $line, $left, $name);
    }

    $line->{owed_fen} += $fen;
    $line->{owed_qty} += $qty // 0;
    $line->{restocked} += $qty if $entry->{type} eq 'returned';

    if ($self->{whole}) {
        $self->{sales}{$id}{left_fen} -= $fen;
        $self->{sales}{$id}{left_qty} -= $qty // 0;
    }

    $self->problem("$line->{owed_fen} fen of $name are owed, $line->{paid}"
        . ' were paid')
        if defined $line->{paid} && $line->{owed_fen} > $line->{paid};
    $self->problem("$line->{owed_qty} units of $name are owed, $line->{qty}"
        . ' were sold')
        if $line->{owed_qty} > $line->{qty};

    return;
}


# All that is left of a line, and its units are for sale again, but where they
# are handed over.

sub owe_all {
    my ($self, $entry, $line, $left, $name) = @_;
    my $qty = $entry->{qty} // 0;

    $self->problem("owed for $entry->{reason}: $qty units of $name, $left are"
        . ' left') if $qty != $left;
    $self->expect(type => 'restocked', hold => $entry->{hold},
        sale => $entry->{sale}, qty => $qty)
        if $entry->{type} eq 'owed' && $line->{state} ne 'handed_over';

    return;
}


# The first n of the q units of a line paid L are worth n L / q, whole fen, so
# the next ones the difference; no more than is left.  undef: what was paid is
# not known.

sub worth {
    my ($line, $qty, $reason) = @_;
    my $paid = $line->{paid} // return;
    my $before = $line->{owed_qty} // 0;
    my $left = $paid - ($line->{owed_fen} // 0);

    return $left if $ALL{$reason};

    my ($from, $to) = map { use integer; $paid * $_ / $line->{qty} }
        $before, $before + $qty;

    return $to - $from < $left ? $to - $from : $left;
}


# So many units of a line are owed at once, or what is not owed of them yet;
# none, where nothing is left.

sub expect_owed {
    my ($self, $entry, $line, $qty, $reason) = @_;
    my $left = $line->{qty} - ($line->{owed_qty} // 0);

    $qty = $left if $left < $qty;

    return if $qty <= 0;

    $self->expect(type => 'owed', hold => $entry->{hold},
        sale => $entry->{sale}, qty => $qty, reason => $reason,
        may => ($line->{paid} // 0) == ($line->{owed_fen} // 0));

    return;
}


# Units go back to their sale once, and only those that are owed back.

sub restock {
    my ($self, $entry, $hold, $line) = @_;
    my $name = "$entry->{sale} of hold $entry->{hold}";

    $self->problem("$name is $line->{state}: no way to restocked")
        if !$SOLD{$line->{state}};

    my $come = Tuanbo::Ledger::Goods::come($line);

    $line->{restocked} += $entry->{qty};
    $self->count_line($self->{sales}{$entry->{sale}}, $hold, $line,
        Tuanbo::Ledger::Goods::come($line) - $come) if $self->{whole};

    $self->problem("$entry->{qty} units are restocked") if $entry->{qty} <= 0;
    $self->problem("$line->{restocked} units of $name are restocked, "
        . ($line->{owed_qty} // 0) . ' are owed back')
        if $line->{restocked} > ($line->{owed_qty} // 0);

    return;
}


# A refund settles one debt: the one that it names; before debts had ids, that
# of the payment and sale.

sub refund {
    my ($self, $entry, $name) = @_;
    my $refund = $entry->{refund};
    my $used = defined $refund ? $self->{refunds}{$refund} : undef;
    my $debts = $self->{debts};

    $self->problem("refund $refund had settled another debt at seq $used")
        if defined $used;
    $self->{refunds}{$refund} //= $entry->{seq} if defined $refund;

    my @due = grep {
        $debts->{$_}{hold} eq $entry->{hold}
            && $debts->{$_}{payment} eq $entry->{payment}
            && $debts->{$_}{sale} eq ($entry->{sale} // '')
            && (!defined $entry->{owed} || $entry->{owed} == $_)
    } defined $entry->{owed}
        ? grep { exists $debts->{$_} } $entry->{owed}
        : sort { $a <=> $b } keys %{$self->{of}{$entry->{hold}} // {}};
    my ($open) = grep { !$debts->{$_}{refunded} } @due;

    if (!@due) {
        # what is owed of another life's may be before the feed
        $self->problem("$name is given back, but it is not due")
            if $self->{whole} || !$self->{holds}{$entry->{hold}}{other};

    } elsif (!defined $open) {
        $self->problem("$name is given back twice");

    } elsif ($entry->{amount_fen} != $debts->{$open}{amount_fen}) {
        $self->problem("$name: $entry->{amount_fen} fen are given back,"
            . " $debts->{$open}{amount_fen} are due");
    }

    return if !defined $open;

    my @without = grep { !defined $entry->{$_} } qw(owed refund);

    $self->problem("$name is given back without @without, but debt $open has"
        . ' an id') if @without && !$debts->{$open}{old};

    $debts->{$open}{refunded} = 1;

    return;
}


1;
