package Tuanbo::History::Overdue;

# The part of Checker.pm that is about what nobody asks for: what time, or a
# delivery, should have done long before the ledger ends.

use v5.36;

# Timers act as soon as they are due; a ledger may end between.
use constant AT_ONCE_MS => 60_000;


sub check_overdue ($self) {
    my $entries = $self->{entries};
    my $end = (@$entries ? $entries->[-1]{at} : 0) - AT_ONCE_MS;

    $self->waves_overdue($end);
    $self->claims_overdue($end);
    for my $sale ($self->own_sales) {
        for my $lines (values %{ $self->{timeline}{of_sale}{$sale} // {} }) {
            $self->lines_overdue($sale, $lines, $end);
        }
    }
}


# A wave is frozen when it is cut.
sub waves_overdue ($self, $end) {
    for my $id (sort keys %{ $self->{waves} // {} }) {
        my $wave = $self->{timeline}{waves}{$id} // next;
        my ($seq, $is, $frozen) = @{ $wave->{list}[-1] };

        $self->problem('overdue', $seq, undef, "wave $id was to be frozen at"
            . " $is->{cut_at}, and is not") if !$frozen
            && $is->{cut_at} < $end;
    }
}


# A claim that says so is accepted when it is due.
sub claims_overdue ($self, $end) {
    my $claims = $self->{timeline}{claims};

    for my $claim (map { $claims->{$_} } sort { $a <=> $b } keys %$claims) {
        next if $claim->{state} ne 'open' || ($claim->{by} // '') ne 'time'
            || $claim->{due_at} >= $end;
        $self->problem('overdue', $claim->{id}, undef, "claim $claim->{id} of"
            . " hold $claim->{hold} was to be accepted at $claim->{due_at},"
            . ' and is not');
    }
}


# What is ready counts as handed over when its time is over; and who is the
# first to wait gets what has come, if it is enough, or the last.
sub lines_overdue ($self, $sale, $lines, $end) {
    my $shelf = $self->{timeline}{shelf}{$sale}[-1];
    my $since = $self->{entries}[$shelf->[0] - 1];
    my %seen;

    for my $line (@$lines) {
        my $name = "$sale of hold $line->{hold_id}";
        my (undef, $goods, $listed) = @{ $line->{listed}[-1] // next };
        next if !defined $listed;

        $self->problem('overdue', $line->{sold}, undef, "$name was to count"
            . " as handed over at $line->{due_at}, and does not")
            if $goods eq 'ready' && ($line->{due_at} // $end) < $end;
        next if $goods ne 'awaited' || $seen{ $line->{wave} }++
            || !$since || $since->{at} >= $end;

        my $counts = $shelf->[2]{"$line->{pickup} $line->{wave}"} // next;
        my $left = $counts->{received} - $counts->{ready}
            - $counts->{handed_over};
        $self->problem('overdue', $line->{sold}, undef, "$name is awaited,"
            . " though $left units were left")
            if $counts->{final} || $line->{qty} - $line->{restocked} <= $left;
    }
}


1;
