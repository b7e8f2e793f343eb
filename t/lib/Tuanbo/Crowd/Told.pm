package Tuanbo::Crowd::Told;

# What came of a crowd: answers by what was asked, how long they took, and what
# was counted beside.

use v5.36;


sub new ($class) {
    return bless { took => {}, codes => {}, counts => {}, seen => [],
        failures => 0 }, $class;
}


# An answer after some seconds; failed: nobody's fault but the shop's.
sub answer ($self, $what, $seconds, $code, $failed) {
    push @{ $self->{took}{$what} }, $seconds;
    $self->{codes}{$what}{$code}++;
    $self->{failures}++ if $failed;
}


# A comment was on a screen so many seconds after it was said.
sub seen ($self, $seconds) { push @{ $self->{seen} }, $seconds }

sub count ($self, $what, $n = 1) { $self->{counts}{$what} += $n }

sub failures ($self) { $self->{failures} }


sub part ($part, @sorted) { return $sorted[$part * $#sorted] }


sub print ($self) {
    printf "\n%-12s %7s %9s %9s  %s\n", 'asked', 'times', 'half in', '99% in',
        'answers';
    for my $what (sort keys %{ $self->{took} }) {
        my @sorted = sort { $a <=> $b } @{ $self->{took}{$what} };
        my $codes = $self->{codes}{$what};
        printf "%-12s %7d %6.0f ms %6.0f ms  %s\n", $what, scalar @sorted,
            1000 * part(.5, @sorted), 1000 * part(.99, @sorted),
            join ', ', map { "$_ $codes->{$_}" } sort keys %$codes;
    }
    if (my @sorted = sort { $a <=> $b } @{ $self->{seen} }) {
        printf "%-12s %7d %6.0f ms %6.0f ms  a comment on a screen\n", 'seen',
            scalar @sorted, 1000 * part(.5, @sorted),
            1000 * part(.99, @sorted);
    }
    my $counts = $self->{counts};
    print join(', ', map { "$_ $counts->{$_}" } sort keys %$counts), "\n";
}


1;
