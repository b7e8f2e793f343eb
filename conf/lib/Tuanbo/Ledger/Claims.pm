package Tuanbo::Ledger::Claims;

# Claims: what a buyer says was wrong, and what is answered.
#
# A claim is { hold, sale, qty, reason, due_at, by, answered }; its id is the
# seq of its entry.  A line has claimed, the units of claims that were not
# denied, and open, those of claims without an answer.

use v5.16;
use strict;
use warnings;

use Tuanbo::Ledger::Debts;
use Tuanbo::Ledger::Goods;


# Of what has come, each unit once, and none that is owed back already.

sub claim {
    my ($self, $entry, $hold, $line) = @_;
    my ($qty, $fen) = @{$entry}{qw(qty amount_fen)};
    my $name = "$entry->{sale} of hold $entry->{hold}";
    my $goods = $line->{state};
    my $worth = Tuanbo::Ledger::Debts::worth($line, $qty, $entry->{reason});
    my $taken = ($line->{owed_qty} // 0) + ($line->{open} // 0);

    $self->problem("$name is $goods: no way to claimed")
        if $goods ne 'ready' && $goods ne 'handed_over';
    $self->problem("$qty units are claimed") if $qty <= 0;
    $self->problem("$qty units of $name are claimed, $taken of $line->{qty}"
        . ' were claimed or owed before') if $taken + $qty > $line->{qty};
    $self->problem("$qty units of $name are claimed for $fen fen, worth"
        . " $worth") if defined $worth && $fen != $worth;
    $self->problem("due at $entry->{due_at}, before it is claimed")
        if $entry->{due_at} < $entry->{at};

    $line->{open} += $qty;
    $self->{claims}{$entry->{seq}} = {
        map { $_ => $entry->{$_} } qw(hold sale qty reason due_at by),
    };

    return;
}


# A claim is answered once.  Time accepts it as it was said, not before it is
# due.  What is accepted is owed at once, unless nothing is left.

sub answer_claim {
    my ($self, $entry, $hold) = @_;
    my ($type, $id) = @{$entry}{qw(type claim)};
    my $claim = $self->{claims}{$id};

    return if !defined $claim && !$self->{whole};

    if (!defined $claim || $claim->{hold} ne $entry->{hold}) {
        $self->problem("$type, but hold $entry->{hold} has no claim $id");
        return;
    }

    my $line = $hold->{lines}{$claim->{sale}};

    if (defined $claim->{answered}) {
        $self->problem("$type, but claim $id was $claim->{answered} before");
        return;
    }

    if (defined $entry->{by}) {
        $self->problem("$type by $entry->{by}")
            if $type ne 'accepted' || $entry->{by} ne 'time';
        $self->problem("accepted by time, but claim $id waits for somebody")
            if ($claim->{by} // '') ne 'time';
        $self->problem("accepted by time, before $claim->{due_at}")
            if $entry->{at} < $claim->{due_at};
    }

    $claim->{answered} = $type;
    $line->{open} -= $claim->{qty};

    $self->expect_owed({hold => $claim->{hold}, sale => $claim->{sale}},
        $line, $claim->{qty}, $claim->{reason}) if $type eq 'accepted';

    return;
}


1;
