#!/usr/bin/perl

# How fast the office's clerk folds a ledger that it finds whole in a shop's
# store, into SQLite and into PostgreSQL. Called by `make bench-office`.
#
#     office.pl BUILD
#
# ORDERS (100000), each some three entries: held, sold, then a wave received;
# ROUNDS (2) of each database, in turns.
#
# The clerk's start is in the time. CPU is the clerk's own, user and system;
# PostgreSQL's servers are told beside it.

use v5.36;

use FindBin;
use POSIX ();
use Time::HiRes qw(time);

use lib "$FindBin::Bin/../lib";

use Tuanbo::Bench;
use Tuanbo::Bench::Servers;

my $build = shift // die "usage: $0 BUILD\n";
my $tool = here . '/../../conf/bin/tuanbo-office';
my $orders = $ENV{ORDERS} || 100000;
my %wanted = (SQLite => 30000, PostgreSQL => 5000);
my $ticks = POSIX::sysconf(POSIX::_SC_CLK_TCK());


# Folds once: seconds by the clock, and of the clerk's CPU.
sub fold ($name, $store, @place) {
    my $home = make_home("office-$name");
    my $before = (POSIX::times())[3] + (POSIX::times())[4];
    my $began = time;

    system('sh', '-c', 'exec "$@" 2> "$0"', dir . '/fold.log', $tool, 'fold',
        '--once', '--directory', $home, '--store', $store, @place) == 0
        or die 'fold: ', slurp(dir . '/fold.log');

    my $took = time - $began;
    my $after = (POSIX::times())[3] + (POSIX::times())[4];

    return ($took, ($after - $before) / $ticks);
}


# The last entry that is folded.
sub entries ($name, @place) {
    my $said = capture($tool, 'dump', '--directory', dir . "/office-$name",
        @place);
    my ($seq) = $said =~ /\Aposition\t\d+\t(\d+)\t/ or die "no dump\n";

    return $seq;
}


begin($build);

my $store = make_home('store');

capture("$build/bench/goods", '--lines', $orders, '--dir', $store, '--keep');
start_postgres(10, 1);

my %best;
my $entries;

for my $round (1 .. rounds()) {
    for my $name (qw(SQLite PostgreSQL)) {
        my @place;

        if ($name eq 'PostgreSQL') {
            psql('postgres', '-c', "create database office$round");
            @place = ('--database', 'host=' . dir
                . "/postgres user=bench dbname=office$round");
        }

        my $served = cpu_of('postgres');

        settle();

        my ($took, $cpu) = fold("$name-$round", $store, @place);

        $served = cpu_of('postgres') - $served;
        $entries = entries("$name-$round", @place);
        $best{$name} = [$took, $cpu, $served]
            if !$best{$name} || $took < $best{$name}[0];
    }
}

printf "\nFolded from a store of %d entries; the best of %d rounds\n", $entries,
    rounds();
printf "%12s %12s %16s %18s  %s\n", '', 'entries/s', 'per s of CPU',
    "of all CPU", 'wanted';
for my $name (qw(SQLite PostgreSQL)) {
    my ($took, $cpu, $served) = @{ $best{$name} };

    printf "%12s %12.0f %16.0f %18.0f  %d: %s\n", $name, $entries / $took,
        $entries / $cpu, $entries / ($cpu + ($name eq 'SQLite' ? 0 : $served)),
        $wanted{$name}, $entries / $took >= $wanted{$name} ? 'ok' : 'MISSED';
}
