package Tuanbo::Draw;

# Packets, draws and their tree of tickets, computed again: written from
# docs/draws.md, with Perl's own modules alone, and not from the engine.
#
# Seeds, hashes and beacons are hexadecimal digits here, as in JSON.

use v5.16;
use strict;
use warnings;

use Digest::SHA qw(sha256 sha256_hex);
use Exporter qw(import);

our @EXPORT_OK = qw(commit packet_amounts final_seed winners leaf tree_root
    root_of_path beacon_at);

# Numbers have so many bits.
use constant ALL => 2 ** 53;

# drand's network `quicknet`: its first round, and from one to the next.
use constant { GENESIS_MS => 1_692_803_367_000, PERIOD_MS => 3000 };


# What is published before: of the seed.

sub commit {
    my ($seed) = @_;

    return sha256_hex(pack 'H64', $seed);
}


# A source of numbers below a bound: of 32 bytes, for as long as one asks.

sub stream {
    my ($key) = @_;
    my ($block, @ready) = 0;

    return sub {
        my ($bound) = @_;
        my $all = ALL - ALL % $bound;

        while (1) {
            if (!@ready) {
                @ready = map { $_ >> 11 }
                    unpack 'Q>4', sha256($key . pack 'Q>', $block++);
            }

            my $number = shift @ready;

            return $number % $bound if $number < $all;
        }
    };
}


# So many different numbers below a bound, in the order in which they come.

sub sample {
    my ($below, $bound, $n) = @_;
    my (%at, @numbers);

    for my $i (0 .. $n - 1) {
        my $j = $i + $below->($bound - $i);

        push @numbers, $at{$j} // $j;
        $at{$j} = $at{$i} // $i;
        delete $at{$i} if $i != $j;
    }

    return @numbers;
}


# What is in each packet, in fen, the first one given first.

sub packet_amounts {
    my ($seed, $n, $total_fen) = @_;
    my $places = $total_fen + 2 * $n - 1;
    my @cuts = sort { $a <=> $b }
        sample(stream(pack 'H64', $seed), $places, 3 * $n - 1);
    my @thirds = (-1, (map { $cuts[3 * $_ - 1] } 1 .. $n - 1), $places);

    return map { $thirds[$_] - $thirds[$_ - 1] - 2 } 1 .. $n;
}


# beacon: undef where there is none.

sub final_seed {
    my ($seed, $entries, $chain, $beacon) = @_;

    return sha256_hex(pack('H64', $seed) . pack('Q>', $entries)
        . pack('H64', $chain)
        . (defined $beacon ? pack('H64', $beacon) : ''));
}


# The numbers that win, the first prize first.

sub winners {
    my ($final, $entries, $n) = @_;

    $n = $entries if $n > $entries;

    return map { $_ + 1 } sample(stream(pack 'H64', $final), $entries, $n);
}


# The leaf of a ticket: its number, and the id of its hold.

sub leaf {
    my ($number, $id) = @_;

    return sha256_hex("\0" . pack('Q>', $number) . $id);
}


sub node {
    my ($left, $right) = @_;

    return sha256_hex("\1" . pack 'H64H64', $left, $right);
}


# The left one of the two trees of n leaves, n above 1, has so many.

sub left_of {
    my ($n) = @_;
    my $k = 1;

    $k *= 2 while $k * 2 < $n;

    return $k;
}


sub tree_root {
    my (@leaves) = @_;

    return sha256_hex('') if !@leaves;

    # level by level; what has no neighbour goes up as it is

    while (@leaves > 1) {
        my @above;

        while (my ($left, $right) = splice @leaves, 0, 2) {
            push @above, defined $right ? node($left, $right) : $left;
        }
        @leaves = @above;
    }

    return $leaves[0];
}


# Where a path leads from the leaf of a number.  undef: it is none of it.

sub root_of_path {
    my ($leaf, $number, $entries, @path) = @_;

    return if $number < 1 || $number > $entries;

    my ($root, $at, $end) = ($leaf, $number - 1, $entries - 1);

    while ($end > 0) {
        if ($at % 2 == 1) {
            $root = node(shift @path // return, $root);

        } elsif ($at < $end) {
            $root = node($root, shift @path // return);
        }
        $_ = int($_ / 2) for $at, $end;
    }

    return @path ? undef : $root;
}


# When a round of the beacon is out, in epoch milliseconds.

sub beacon_at {
    my ($round) = @_;

    return GENESIS_MS + ($round - 1) * PERIOD_MS;
}


1;
