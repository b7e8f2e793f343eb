package Tuanbo::Ledger::Draws;

# Packets and draws that are over: the seed is revealed once the giving has
# closed, and nothing is given after that; who won follows from it, from how
# many tickets there are, from the chain and the beacon, computed again here.
#
# A sale has gifts, the holds of what was granted, by number less 1; closed_by,
# the hash of the entry that closed it; seed, once it is revealed; draw =
# { final, entries, won => how many, numbers => the first that win }.

use v5.16;
use strict;
use warnings;

use Tuanbo::Draw qw(final_seed winners);

# A winner's number is known from all numbers before it: so many at first.
use constant FIRST => 16;


sub close_giving {
    my ($self, $entry, $sale) = @_;

    $sale->{closed_by} //= $self->{hash};

    return;
}


sub check_over {
    my ($self, $entry, $sale) = @_;

    $self->problem("$entry->{type}, but the seed of $entry->{sale} is"
        . ' revealed') if defined $sale->{seed};

    return;
}


sub reveal {
    my ($self, $entry, $sale) = @_;

    $self->check_over($entry, $sale);
    $self->problem("revealed, but $entry->{sale} is not closed")
        if !defined $sale->{closed_by};
    $self->problem("revealed, but $entry->{sale} gives nothing")
        if !defined $sale->{terms};
    $self->problem("revealed a seed of another length")
        if $entry->{seed} !~ /\A[0-9a-f]{64}\z/;
    $sale->{seed} = $entry->{seed};

    return;
}


sub check_draw {
    my ($self, $entry, $sale) = @_;

    if (defined $entry->{hold}) {
        $self->check_winner($entry, $sale);
        return;
    }

    if (!defined $sale->{seed}) {
        $self->problem("drawn, but the seed of $entry->{sale} is not"
            . ' revealed');
        return;
    }

    $self->problem("drawn, but $entry->{sale} was drawn before")
        if defined $sale->{draw};

    my $entries = $entry->{entries} // 0;
    my $given = $sale->{numbers} // 0;

    $self->problem("drawn from $entries tickets, but $given were given")
        if $entries != $given;

    $sale->{draw} = {entries => $entries, won => 0, numbers => [],
        final => final_seed($sale->{seed}, $entries, $sale->{closed_by},
            $entry->{beacon})};

    return;
}


sub check_winner {
    my ($self, $entry, $sale) = @_;
    my $draw = $sale->{draw};
    my ($number, $prize) = ($entry->{number} // 0, $entry->{prize} // 0);

    if (!defined $draw) {
        $self->problem("ticket $number won, but $entry->{sale} is not drawn");
        return;
    }

    my $place = $draw->{won}++;
    my $numbers = $draw->{numbers};

    @$numbers = winners($draw->{final}, $draw->{entries},
        2 * @$numbers || FIRST) if $place >= @$numbers;

    my $won = $numbers->[$place] // 'none';

    $self->problem("ticket $number of $entry->{sale} won, $won was to come")
        if $number ne $won;
    $self->problem("ticket $number of $entry->{sale} is not that of hold"
        . " $entry->{hold}")
        if ($sale->{gifts}[$number - 1] // '') ne $entry->{hold};
    $self->problem("prize $prize after prize $draw->{prize}")
        if $prize < ($draw->{prize} // 0);
    $draw->{prize} = $prize;

    return;
}


1;
