package Tuanbo::Crowd::Choices;

# What people choose, by a seed: each choice by its own name, so that it is the
# same whatever comes before it.

use v5.36;

use Digest::SHA qw(sha256);


sub new ($class, $seed) { return bless { seed => $seed }, $class }


# A whole number from 0 to below $n.
sub below ($self, $n, @of) {
    return unpack('N', sha256("$self->{seed} @of")) % $n;
}


1;
