package Tuanbo::History::Waiting;

# Who waits for units of a sale, at each position of a ledger.  A part of the
# timeline: `waits` has by sale { numbers => { number => hold }, units => {
# units => how many }, row => what a sale's row has of it }, and `first` the
# lowest number that waits, [seq, number] with each change.

use v5.36;


my %NOBODY = (queued => 0, units => {});


# { queued: units; units: how many wait for so many }
sub waiting_of ($self, $sale) {
    return ($self->{waits}{$sale} // {})->{row} // \%NOBODY;
}


sub note_row ($self, $sale, $seq) {
    my $waits = $self->{waits}{$sale};
    my $queued = 0;
    my ($first) = sort { $a <=> $b } keys %{ $waits->{numbers} };

    $queued += $_ * $waits->{units}{$_} for keys %{ $waits->{units} };
    $waits->{row} = { queued => $queued, units => { %{ $waits->{units} } } };
    push @{ $self->{first}{$sale} //= [[0, 0]] }, [$seq, $first // 0];
}


# Before the sale's own row: of those who begin to wait, and of a sale that is
# closed, from when on nobody waits, whatever is still to be written of it.
sub note_waiting ($self, $entry) {
    my ($type, $sale) = @$entry{qw(type sale)};

    if ($type eq 'queued') {
        my $waits = $self->{waits}{$sale} //= { numbers => {}, units => {} };
        $waits->{numbers}{ $entry->{number} } =
            $self->{holds}{ $entry->{hold} };
        $waits->{units}{ $entry->{qty} }++;
        $self->note_row($sale, $entry->{seq});
    }
    elsif ($type eq 'closed' || $type eq 'called_off') {
        for my $hold (values %{ ($self->{waits}{$sale} // {})->{numbers}
            // {} })
        {
            $hold->{state} = 'expired';
            $self->show($hold, $entry->{seq});
        }
    }
}


sub leave_line ($self, $entry, $hold, $buyer) {
    my ($type, $sale, $seq) = @$entry{qw(type sale seq)};
    my $waits = $self->{waits}{$sale};

    delete $waits->{numbers}{ $hold->{number} };
    $waits->{units}{ $entry->{qty} }--;
    $self->note_row($sale, $seq);
    if ($type eq 'served') {
        Tuanbo::History::Timeline::change($buyer->{live}, $seq, 1);
        $hold->{asked_fen} = $hold->{lines}[0]{price_fen};
        $hold->{lines}[0]{price_fen} = $entry->{price_fen};
        return;
    }
    Tuanbo::History::Timeline::change($buyer->{taken}{$sale}, $seq,
        -$entry->{qty});
}


# What a sale cost when somebody began to wait for it.
sub price_of ($self, $entry) {
    return ($self->{sales}{ $entry->{sale} } // return undef)->[-1][4]
        {price_fen};
}


# 1: somebody waits whom so many units suffice for.
sub awaited ($row) {
    my $free = Tuanbo::History::Timeline::free($row);
    my $units = $row->[5]{units};

    return 0 if $row->[4]{closed};
    return (grep { $units->{$_} && $_ <= $free } keys %$units) ? 1 : 0;
}


1;
