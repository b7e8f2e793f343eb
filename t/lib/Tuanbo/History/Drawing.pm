package Tuanbo::History::Drawing;

# What is left to chance, at each position of a ledger: a part of the timeline.
# `draws` has by sale { gifts, in the order in which they were granted, closed
# and drawn (entries), seed (the entry that revealed it), won (the entries of
# those that won), rows }, a row being [seq, state, gifts so far].

use v5.36;


sub draw_of ($self, $sale) {
    return $self->{draws}{$sale} //= { gifts => [], won => [],
        rows => [[0, 'open', 0]] };
}


sub note_draw ($self, $entry) {
    my $type = $entry->{type};

    return if $type !~ /^(?:granted|closed|called_off|revealed|drawn)\z/;

    my $draw = $self->draw_of($entry->{sale});
    my (undef, $state, $n) = @{ $draw->{rows}[-1] };

    if ($type eq 'granted') {
        push @{ $draw->{gifts} }, $self->{gifts}{ $entry->{hold} };
        $n++;
    }
    elsif ($type eq 'closed' || $type eq 'called_off') {
        return if $draw->{closed};
        $draw->{closed} = $entry;
        $state = 'waiting';
    }
    elsif ($type eq 'revealed') {
        $draw->{seed} //= $entry;
    }
    elsif (!defined $entry->{hold}) {
        $draw->{drawn} //= $entry;
    }
    else {
        push @{ $draw->{won} }, $entry;
        $self->note_prize($entry);
    }
    $state = 'drawn' if $type eq 'drawn'
        && @{ $draw->{won} } == $self->wins($entry->{sale}, $n);
    push @{ $draw->{rows} }, [$entry->{seq}, $state, $n];
}


# From here on the ticket is its prize.
sub note_prize ($self, $entry) {
    my $gift = $self->{gifts}{ $entry->{hold} } // return;

    $gift->{off_fen} = $entry->{off_fen};
    $gift->{prize} = $entry->{prize};
    $self->note_gift($gift, $entry->{seq}, @{ $gift->{rows}[-1] }[1, 2],
        $entry->{valid_until_at});
}


# Which prize is drawn when, as an index of the terms; and how many are.
sub prizes ($self, $sale) {
    my $prizes = ($self->{terms}{$sale} // {})->{prizes} // [];

    return map { my $i = $_; ($i) x $prizes->[$i]{count} } 0 .. $#$prizes;
}


sub wins ($self, $sale, $n) {
    my @prizes = $self->prizes($sale);

    return @prizes < $n ? scalar @prizes : $n;
}


1;
