#!/usr/bin/perl

# The engine beside its peers: bare nginx, nginx + Lua + Redis, Redis without
# HTTP, PostgreSQL in two ways, LMDB alone.  Called by `make bench`.
#
#     peers.pl BUILD
#
# SECONDS (3) each load lasts, ROUNDS (2) of each, CONNECTIONS
# (1,16,64,256,1024).  Writes BUILD/bench-results/results.json, which
# t/bench/report.pl makes tables and plots of.  Ends with 1 when a load was not
# answered as it should be, or a server does not have what it acknowledged.

use v5.36;

use FindBin;
use JSON::PP;
use List::Util qw(max min);
use POSIX qw(floor);
use Time::HiRes qw(time);

use lib "$FindBin::Bin/../lib";

use Tuanbo::Bench;
use Tuanbo::Bench::Loads;
use Tuanbo::Bench::Machine;
use Tuanbo::Bench::Servers;

begin(shift // die "usage: $0 BUILD\n");

my $began = time;
my @connections = split /,/, $ENV{CONNECTIONS} || '1,16,64,256,1024';

# The number of connections in the open loops, as browsers would keep open.
my $browsers = (grep { $_ <= 256 } @connections)[-1];

# rates of the open loops, in per cent of the most that the system did in a
# closed one
my @parts = (25, 50, 75);

# the stock for PostgreSQL: enough for 12,000 units a second in all loads
my $units = 12000 * (@connections * rounds * (seconds() + 2)
    + (@parts + 1) * (2 * seconds() + 2));

my @order = qw(bare refusals engine everysec always redis row units lmdb);
my @writers = qw(engine everysec always row units);
my @readers = qw(bare refusals);
my (%closed, %open, %answered, %written, %journal);
my $wrong = 0;


# -------------------------------------------------------------------- set-up

print "Setting up\n";

my $engine = start_shop();
start_redis($_, $_) for qw(always everysec);
my %lua = map { $_ => start_lua("lua-$_", $_) } qw(always everysec);
start_postgres(max(@connections), $units);

my @disk = (fdatasync());


sub http ($port, $path, $sale, @servers) {
    return {
        closed => sub ($n) {
            accounted(\@servers, sub { http_load($n, $port, $path, $sale) });
        },
        open => sub ($n, $rate) {
            accounted(\@servers,
                sub { http_open($n, $rate, $port, $path, $sale) });
        },
    };
}


sub postgres ($database) {
    return {
        closed => sub ($n) { postgres_load($n, $database) },
        open => sub ($n, $rate) { postgres_load($n, $database, $rate) },
    };
}


my %systems = (
    bare => http($engine, '/bare', 'gone', 'engine'),
    refusals => http($engine, '/api/holds', 'gone', 'engine'),
    engine => http($engine, '/api/holds', 'hot', 'engine'),
    everysec => http($lua{everysec}, '/api/holds', 'hot', 'lua-everysec',
        'everysec'),
    always => http($lua{always}, '/api/holds', 'hot', 'lua-always', 'always'),
    redis => { closed => sub ($n) { redis_load($n, 'always') } },
    row => postgres('row'),
    units => postgres('units'),
    lmdb => { closed => sub ($n) { lmdb_load($n) } },
);


# A load's figures for the record.
sub note ($name, $got) {
    my $refused = grep { $_ eq $name } @readers;
    my $bad = $refused ? $got->{requests} - $got->{errors} : $got->{errors};

    $wrong |= complain($name, $bad, $got);
    $got->{cpu_us} = 1e6 * $got->{cpu} / $got->{requests};

    return $got;
}


sub keep ($got, @fields) {
    return { map { $_ => 0 + sprintf '%.4g', $got->{$_} }
        grep { defined $got->{$_} } @fields };
}


# ------------------------------------------------------- what is on the disk

# holds, bytes on the disk, bytes of memory
sub redis_has ($name) {
    my ($aof) = redis($name, qw(INFO persistence))
        =~ /^aof_current_size:(\d+)/m;
    my ($memory) = redis($name, qw(INFO memory)) =~ /^used_memory:(\d+)/m;
    return [redis($name, qw(HGET s:hot held)), $aof, $memory];
}


sub postgres_has ($database) {
    return [split /\|/, psql($database, '-c', 'select (select count(*) from'
        . ' hold), sum(pg_total_relation_size(oid)) from pg_class where'
        . " relnamespace = 'public'::regnamespace and relkind = 'r'")];
}


sub all_have {
    return (
        engine => [sale_of($engine, 'hot', 'held'),
            metric($engine, 'flashsale_log_used_bytes')
                + metric($engine, 'flashsale_index_used_bytes')],
        always => redis_has('always'),
        everysec => redis_has('everysec'),
        row => postgres_has('row'),
        units => postgres_has('units'),
    );
}


my %had = all_have();


# -------------------------------------------------------------- closed loops

for my $n (@connections) {
    my @got = compare(map { my $name = $_;
        sub { $systems{$name}{closed}->($n) } } @order);

    my $line = sprintf '%5d connections:', $n;
    for my $i (0 .. $#order) {
        my $name = $order[$i];
        my $got = note($name, $got[$i]);
        my $all = ($got->{all} // $got->{requests}) * rounds;

        $got->{spread} = spread($got);
        $closed{$name}{$n} = keep($got, qw(rate spread p50 p99 cpu_us));
        $answered{$name} += $all;
        $written{$name} += ($got->{written} // 0) * rounds;
        $journal{$name} += ($got->{journal} // 0) * rounds;
        $closed{$name}{$n}{stored} =
            sprintf '%.0f', ($got->{log} + $got->{index}) / $got->{requests}
            if $name eq 'lmdb';
        $line .= sprintf ' %s %.0f', $name, $got->{rate};
    }
    print "$line\n";
}


my %has = all_have();

# the script without HTTP fills the same Redis
$answered{always} += $answered{redis};
$written{always} += $written{redis};

my %space;
for my $name (keys %has) {
    my ($holds, $bytes, $memory) =
        map { $has{$name}[$_] - $had{$name}[$_] } 0 .. $#{ $has{$name} };

    if ($holds < $answered{$name} - 0.5) {
        printf "    !! %s has %d holds for %d answers\n", $name, $holds,
            $answered{$name};
        $wrong = 1;
    }
    next if $holds == 0;

    my %figures = (stored => $bytes, memory => $memory,
        written => $written{$name} || undef,
        journal => $journal{$name} || undef);
    $space{$name} = { holds => $holds, map { $_ => sprintf '%.0f',
        $figures{$_} / $holds } grep { defined $figures{$_} } keys %figures };
}
$space{lmdb} = { stored => $closed{lmdb}{ max(@connections) }{stored} };


# ---------------------------------------------------------------- open loops

sub best ($name) {
    return (sort { $closed{$name}{$b}{rate} <=> $closed{$name}{$a}{rate} }
        @connections)[0];
}


# Rounded down to two digits.
sub about ($rate) {
    my $step = 10 ** (length(int $rate) - 2);
    return $step * floor($rate / $step);
}


for my $group (\@readers, \@writers) {
    my %most = map { $_ => $closed{$_}{ best($_) }{rate} } @$group;
    my $common = about(0.5 * min(values %most));

    for my $name (@$group) {

        # PostgreSQL with the number of connections at which it was fastest, as
        # a pooler would give it
        my $n = $name =~ /^(row|units)$/ ? best($name) : $browsers;
        my %rates = (common => $common,
            map { $_ => int($most{$name} * $_ / 100) } @parts);

        my $line = "open loop, $n connections: $name";
        for my $load ('common', @parts) {
            settle();
            my $got = note($name, $systems{$name}{open}->($n, $rates{$load}));
            $open{$name}{$load} = keep($got,
                qw(rate p50 p90 p99 p999 max late cpu_us));
            $open{$name}{$load}{planned} = $rates{$load};
            $line .= sprintf ' %d/s %.2f, %.2f ms;', $rates{$load},
                @$got{qw(p50 p99)};
        }
        $open{$name}{connections} = $n;
        print "$line\n";
    }
}

push @disk, fdatasync();

my $home = build . '/bench-results';
mkdir $home;
write_file("$home/results.json", JSON::PP->new->canonical->pretty->encode({
    machine => machine(@disk),
    settings => { seconds => seconds, rounds => rounds,
        connections => [map { 0 + $_ } @connections], parts => \@parts,
        took => int(time - $began), wrong => $wrong },
    closed => \%closed, open => \%open, space => \%space,
}));

printf "%.0f seconds in all\n", time - $began;
exit $wrong;
