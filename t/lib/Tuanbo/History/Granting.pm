package Tuanbo::History::Granting;

# What is given, at each position of a ledger: a part of the timeline.  `gifts`
# has by id { id, seq, buyer, sale, number, off_fen, prize, key, rows }, a row
# being [seq, state, hold that uses it, valid until, off_fen, prize]; a hold has `used`, rows of
# [seq, gift, fen off, those of each line].  `terms` has by sale what this run
# asked it to give, and is filled before the ledger is read.

use v5.36;


sub begin_gift ($self, $entry) {
    my $buyer = $self->{buyers}{ $entry->{buyer} } //= { taken => {},
        lapses => {}, live => [[0, 0]], holds => [] };
    my $gift = $self->{gifts}{ $entry->{hold} } = { id => $entry->{hold},
        rows => [], map { $_ => $entry->{$_} }
        qw(seq buyer sale number off_fen key at reason) };

    $self->note_gift($gift, $entry->{seq}, 'granted', undef,
        $entry->{valid_until_at});
    push @{ $self->{given}{ $entry->{buyer} } }, $gift;
    Tuanbo::History::Timeline::change(
        $buyer->{taken}{ $entry->{sale} } //= [[0, 0]], $entry->{seq}, 1);
}


sub note_gift ($self, $gift, $seq, $state, $by, $until) {
    push @{ $gift->{rows} }, [$seq, $state, $by, $until,
        @$gift{qw(off_fen prize)}];
}


# Bound or unbound; and once the last line of what it is bound by is sold, it
# is used.
sub follow_gift ($self, $entry, $hold) {
    my ($type, $seq) = @$entry{qw(type seq)};

    if ($type eq 'bound') {
        my $gift = $self->{gifts}{ $entry->{gift} } // return;
        my @off = $self->shares($gift, $hold->{lines});
        my @lines = @{ $hold->{lines} };
        $lines[$_]{off_fen} = $off[$_] for 0 .. $#lines;
        $hold->{gift} = $gift;
        push @{ $hold->{used} }, [$seq, $gift->{id}, $entry->{off_fen},
            \@off];
        push @{ $hold->{bindings} }, { seq => $seq, gift => $gift,
            off_fen => $entry->{off_fen}, shares => \@off,
            late => $hold->{state} eq 'expired' };
        $self->note_gift($gift, $seq, 'bound', $hold->{id},
            $gift->{rows}[-1][3]);
    }
    elsif ($type eq 'unbound') {
        my $gift = $self->{gifts}{ $entry->{gift} } // return;
        $self->note_gift($gift, $seq, 'granted', undef,
            $entry->{valid_until_at} // $gift->{rows}[-1][3]);
        return if $entry->{reason} ne 'asked';
        delete $_->{off_fen} for @{ $hold->{lines} };
        delete $hold->{gift};
        push @{ $hold->{used} }, [$seq, undef, 0, []];
    }
    elsif ($type =~ /^sold/ && $hold->{gift}
        && ($entry->{line} // 1) == ($entry->{lines} // 1))
    {
        my $gift = $hold->{gift};
        $self->note_gift($gift, $seq, 'used', $hold->{id},
            $gift->{rows}[-1][3]);
    }
}


# What the lines cost that a gift of this sale is good for; undef: it is good
# for none of them.
sub cost ($self, $sale, $lines) {
    my $terms = $self->{terms}{$sale} // {};
    my %good = map { $_ => 1 } @{ $terms->{sales}
        // [map { $_->{sale} } @$lines] };
    my @of = grep { $good{ $_->{sale} } } @$lines;
    my $cost = 0;

    return undef if !@of;
    $cost += $_->{qty} * $_->{price_fen} for @of;

    return $cost;
}


# Written once more from docs/api.md: how much of each line it takes off. By
# what they cost, what is left over to the largest remainders, the first of
# equal ones; and a fen at least is paid.
sub shares ($self, $gift, $lines) {
    my $terms = $self->{terms}{ $gift->{sale} } // {};
    my %good = map { $_ => 1 } @{ $terms->{sales}
        // [map { $_->{sale} } @$lines] };
    my @costs = map { $_->{qty} * $_->{price_fen} } @$lines;
    my @of = grep { $good{ $lines->[$_]{sale} } } 0 .. $#$lines;
    my ($all, $cost) = (0, 0);
    my @off = (0) x @$lines;

    $all += $_ for @costs;
    $cost += $costs[$_] for @of;
    my $off = $gift->{off_fen} // 0;
    $off = $cost if $off > $cost;
    $off-- if $off && $off == $all;
    return @off if !$cost;

    my $left = $off;
    for my $i (@of) {
        use integer;
        $off[$i] = $off * $costs[$i] / $cost;
        $left -= $off[$i];
    }
    my @rest = sort { $off * $costs[$b] % $cost <=> $off * $costs[$a] % $cost
        || $a <=> $b } @of;
    $off[$_]++ for @rest[0 .. $left - 1];

    return @off;
}


1;
