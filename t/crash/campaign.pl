#!/usr/bin/perl

# The kill campaign: while clients buy, pay and change their minds, processes
# of nginx are killed with -9, at random instants and at each of the instants
# of points.c; reloads and binary upgrades come in between.  Then the histories
# of the clients, the ledger and the audit are held against each other.
#
#     make test-crash [KILLS=500] [SEED=n]
#
# A round has a store of its own, and 40 kills or more.  It fails when anybody
# was promised what is not there, when a client hangs, when the server does
# not recover, and when anything is leaked; the campaign, when an instant was
# never hit.

use v5.36;

use FindBin;
use Getopt::Long qw(GetOptions);
use List::Util qw(max);
use Tuanbo::Test;
use Tuanbo::Test::Points;

use lib $FindBin::Bin;
use Campaign;

my ($kills, $seed, $seconds) = (30, time ^ $$ << 8, 25);

GetOptions('kills=i' => \$kills, 'seed=i' => \$seed,
    'seconds=f' => \$seconds)
    or die "usage: $0 [--kills N] [--seed N] [--seconds OF_A_ROUND]\n";
$seed &= 0x7fffffff;
srand $seed;
STDOUT->autoflush;
diag("SEED=$seed KILLS=$kills");

my @table = Tuanbo::Test::Points->table;
my $long = $kills >= 100;
my @wanted = map { $_->{name} }
    grep { $long || $_->{often} eq 'each' } @table;

my %kinds;              # what was killed, and how: how often
my %events;
my %hit;                # name of a point => how often
my @recoveries;         # [seconds, kind]
my %load = (requests => 0, unknown => 0);
my $done = 0;
my $round = 0;
my $more = 0;
my $most = 0;           # workers killed in one block of rings

# what is not hit in the last round gets another two
while ($done < $kills || ($more < 2 && grep { !$hit{$_} } @wanted)) {
    $more++ if $done >= $kills;
    $round++;

    my $campaign = Campaign->new(round => $round, seed => $seed + $round,
        seconds => $seconds * Tuanbo::Test::slower(),
        wanted => [grep { !$hit{$_} } @wanted], table => \@table);
    my $result = $campaign->run;

    $done += $result->{kills};
    $kinds{$_} += $result->{kinds}{$_} for keys $result->{kinds}->%*;
    $events{$_} += $result->{events}{$_} for keys $result->{events}->%*;
    $hit{$_} += $result->{hit}{$_} for keys $result->{hit}->%*;
    $load{$_} += $result->{load}{$_} // 0 for keys %load;
    $most = max($most, $result->{most});
    push @recoveries, $result->{recoveries}->@*;
    diag("round $round: $result->{kills} kills, $done of $kills");
    last if $result->{broken};
}

cmp_ok($done, '>=', $kills, "$done kills in $round rounds");
my @never = grep { !$hit{$_} } @wanted;
is("@never", '', 'each chosen instant was hit');
cmp_ok($most, '>', 16, "up to $most workers died in one block of rings")
    if $long;
report();
done_testing();


sub report {
    my @slowest = sort { $b->[0] <=> $a->[0] } @recoveries;
    my $part = '';

    diag("SEED=$seed KILLS=$kills");
    diag(sprintf '%6d  %s', $kinds{$_}, $_) for sort keys %kinds;
    diag(sprintf '%6d  %s, not a kill', $events{$_}, $_)
        for sort keys %events;
    for my $point (@table) {
        diag($part = $point->{part}) if $part ne $point->{part};
        diag(sprintf '%6d  %-10s  %s', $hit{ $point->{name} } // 0,
            $point->{name}, $point->{where});
    }
    diag("$load{requests} requests, $load{unknown} with an unknown outcome");
    diag(sprintf 'recovered in %.2f s in the middle; slowest: %s',
        $slowest[@slowest / 2][0], join ', ',
        map { sprintf '%.2f s (%s)', @$_ } grep { $_ } @slowest[0 .. 4])
        if @slowest;
}
