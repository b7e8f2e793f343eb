package Tuanbo::Bench::Loads;

# The loads.  Each gives a hash: rate (a second), requests, took (seconds),
# errors (answers not as meant), sockets (requests without one), percentiles
# p50, p90, p99, p999 and max in ms, and cpu (seconds of the servers).
#
# A closed loop (wrk, redis-benchmark, pgbench) asks again as soon as it is
# answered: it finds the most that a system does.  What it says of latency is
# what happens at that point, and forgets the requests that were not made while
# the system stood still.  The open loops (t/bench/open.c, pgbench --rate) send
# at times planned beforehand, and count from there.

use v5.36;

use Exporter qw(import);
use File::Path qw(remove_tree);
use Time::HiRes qw(sleep time);

use Tuanbo::Bench;
use Tuanbo::Bench::Servers;

our @EXPORT = qw(accounted compare complain http_load http_open lmdb_load
    median pairs postgres_load redis_load spread);

# seconds at an open loop's start that are not counted
my $warm = 1;

my $run = 0;


# A load with what its servers used: CPU, and bytes for the disk.
sub accounted ($servers, $load) {
    my $cpu = cpu_of(@$servers);
    my $written = written_by(@$servers);
    my $got = $load->();
    $got->{cpu} = cpu_of(@$servers) - $cpu;
    $got->{written} = written_by(@$servers) - $written;
    return $got;
}


# The loads in turn, so that a slow minute of the machine hits all; each one's
# mean.
sub compare (@loads) {
    my @means;

    for my $round (1 .. rounds) {
        for my $i (0 .. $#loads) {
            settle();
            my $got = $loads[$i]->();
            $means[$i]{$_} += $got->{$_} / rounds for keys %$got;
            push @{ $means[$i]{rates} }, $got->{rate};
        }
    }

    return @means;
}


sub median (@values) {
    return (sort { $a <=> $b } @values)[@values / 2];
}


# Two loads in pairs, each pair beginning with the other one.  Whatever slows
# the machine for longer than a pair hits both, so it is the pairs' ratios that
# are steady.  Gives both loads' medians, and of the ratios by rate and by CPU:
# the smallest, the median and the largest.
sub pairs ($times, $one, $other) {
    my (@one, @other);

    for my $i (1 .. $times) {
        my @got = $i % 2 ? ($one->(), $other->())
            : reverse($other->(), $one->());
        push @one, $got[0];
        push @other, $got[1];
    }

    my $ratios = sub ($ratio) {
        my @all = sort { $a <=> $b }
            map { $ratio->($one[$_], $other[$_]) } 0 .. $#one;
        return [$all[0], median(@all), $all[-1]];
    };
    my $medians = sub (@got) {
        my %of;
        for my $figure (keys %{ $got[0] }) {
            $of{$figure} = median(map { $_->{$figure} } @got);
        }
        return \%of;
    };

    return ($medians->(@one), $medians->(@other),
        $ratios->(sub ($x, $y) { $x->{rate} / $y->{rate} }),
        $ratios->(sub ($x, $y) { $y->{us} / $x->{us} }));
}


# ---------------------------------------------------------------------- HTTP

# Errors are answers above 399.  pickup: '' where there is none.
sub http_load ($connections, $port, $path, $sale, $length = seconds,
    $pickup = 'xingfu')
{
    my $threads = $connections == 1 ? 1 : 2;
    my $own = client_cpu();

    $run++;
    my $said = capture('wrk', "-t$threads", "-c$connections",
        "-d${length}s", '--timeout', '10s', '-s', here . '/load.lua',
        "http://127.0.0.1:$port$path", '--', $sale, $run,
        $pickup || ());
    my ($requests, $took, $errors, $sockets, $p50, $p99) =
        $said =~ /^result (\d+) (\S+) (\d+) (\d+) (\S+) (\S+)$/m
        or die "wrk: $said\n";

    return { rate => $requests / $took, p50 => $p50, p99 => $p99,
        requests => $requests, took => $took, errors => $errors,
        sockets => $sockets, client => client_cpu() - $own };
}


# Seconds of CPU that clients have used which have ended.
sub client_cpu {
    my (undef, undef, $user, $system) = times;
    return $user + $system;
}


sub http_open ($connections, $rate, $port, $path, $sale) {
    my $length = $warm + 2 * seconds;

    $run++;
    my $said = capture(build . '/bench/open', $port, $connections, $rate,
        $length, $warm, $path, $sale, $run, $run);
    my ($requests, $took, $errors, $sockets, @times) = split ' ',
        ($said =~ /^result (.*)$/m)[0] // die "open: $said\n";
    my %got = (rate => $requests / $took, requests => $requests,
        took => $took, errors => $errors, sockets => $sockets);
    @got{qw(p50 p90 p99 p999 max late)} = @times;

    return \%got;
}


# --------------------------------------------------------------------- Redis

# The script without HTTP, by Redis' own client; it knows no seconds, only a
# number of requests.
sub redis_load ($connections, $name) {
    my $script = redis($name, 'SCRIPT', 'LOAD',
        slurp(here . '/redis_hold.lua'));
    my $random = '__rand_int__';
    my $ask = sub ($requests) {
        my $said = capture('redis-benchmark', '-s', dir . "/$name/socket",
            '-c', $connections, '-n', $requests, '-r', 2147483647, '--csv',
            'EVALSHA', $script, 5, 's:hot', 'd:hot', "u:hot:u$random",
            "k:u$random:k$random", "h:$random", 1, $random, "u$random",
            'xingfu', 'h:', 'u:hot:', 'hot 1 xingfu');
        # rate, average, minimum, p50, p95, p99, maximum
        my ($line) = $said =~ /^"EVALSHA .*?((?:,"[\d.]+"){7})$/m
            or die "redis-benchmark: $said\n";
        my ($rate, $p50, $p99) = ($line =~ /([\d.]+)/g)[0, 3, 5];
        return { rate => $rate, p50 => $p50, p99 => $p99, errors => 0,
            requests => $requests, took => $requests / $rate, sockets => 0 };
    };

    my $rate = $ask->(20 * $connections + 500)->{rate};

    return accounted([$name], sub { $ask->(int($rate * seconds) + 1) });
}


# ---------------------------------------------------------------- PostgreSQL

# Bytes of the journal (WAL) until now.
sub journal {
    return psql('postgres', '-c',
        q{select pg_current_wal_insert_lsn() - '0/0'::pg_lsn});
}


# rate: an open loop; else a closed one.  Connections stay, so the first
# second, in which each backend prepares its plans, is left out.  What counts
# happened between two of pgbench's reports, by its log of transactions; at
# its SIGALRM it ends, as when its own time is over.
sub postgres_load ($connections, $database, $rate = undef) {
    my $length = (defined $rate ? 2 : 1) * seconds;
    my $log = dir . '/pgbench';
    my $journal = journal();
    my $written = written_by('postgres');
    my $own = processes_of('postgres');
    my ($connected, @window, @cpu);

    $run++;
    run_lines(sub ($line, $pid) {
        return if $line !~ /^progress: / || @window == 2;
        my $now = time;
        $connected //= $now;
        return if $now < (@window ? $window[0] + $length : $connected + $warm)
            - 0.1;
        push @window, $now;
        push @cpu, cpu_of('postgres');
        kill ALRM => $pid if @window == 2;
    }, 'sh', '-c', 'exec "$@" 2>&1', 'sh', postgres_bin() . '/pgbench', '-n',
        '-h', dir . '/postgres', '-U', 'bench', '-c', $connections,
        '-j', $connections == 1 ? 1 : 2, '-T', 3600, '-P', 1,
        '-M', 'prepared', '-f', here . '/reserve.pgbench', '-l',
        "--log-prefix=$log", "--random-seed=$run",
        defined $rate ? "--rate=$rate" : (), $database);
    die "pgbench ended before its time\n" if @window != 2;

    # hundreds of backends take seconds to leave: not in the next one's turn
    # (two more may be vacuuming)
    my $end = time + 30;
    sleep 0.1 while processes_of('postgres') > $own + 2 && time < $end;
    $journal = journal() - $journal;
    $written = written_by('postgres') - $written;

    my @times;
    my $all = 0;
    for my $path (glob "$log.*") {
        open my $file, '<', $path or die "$path: $!\n";
        while (<$file>) {
            my (undef, undef, $took, undef, $s, $us) = split ' ';
            $all++;
            my $at = $s + $us / 1e6;
            push @times, $took if $at > $window[0] && $at <= $window[1];
        }
        unlink $path;
    }
    die "pgbench made nothing in its time\n" if !@times;

    @times = sort { $a <=> $b } @times;
    my %got = (requests => scalar @times, took => $window[1] - $window[0],
        cpu => $cpu[1] - $cpu[0], all => $all, errors => 0, sockets => 0,
        journal => $journal, written => $written);
    my %part = (p50 => 0.5, p90 => 0.9, p99 => 0.99, p999 => 0.999);
    $got{$_} = $times[@times * $part{$_}] / 1000 for keys %part;
    $got{max} = $times[-1] / 1000;
    $got{rate} = @times / $got{took};

    return \%got;
}


# ---------------------------------------------------------------------- LMDB

sub lmdb_load ($batch) {
    my $home = make_home('lmdb');

    my $said = capture(build . '/bench/lmdb', $home, seconds, $batch);
    my ($holds, $took, $commits, $cpu, $log, $index) =
        $said =~ /^result (\d+) (\S+) (\d+) (\S+) (\d+) (\d+)$/m
        or die "lmdb: $said\n";
    remove_tree($home);

    return { rate => $holds / $took, requests => $holds, took => $took,
        cpu => $cpu, errors => 0, sockets => 0, commits => $commits,
        log => $log, index => $index };
}


# Says what a number of wrong answers spoils; true: something did.
sub complain ($name, $wrong, $got) {
    return 0 if $wrong < 0.5 && $got->{sockets} < 0.5;
    printf "    !! %s: %d of %d answers not as meant, %d socket errors\n",
        $name, $wrong, $got->{requests}, $got->{sockets};
    return 1;
}


# How far the rounds are apart, as a part of their mean.
sub spread ($got) {
    my @sorted = sort { $a <=> $b } @{ $got->{rates} };
    return ($sorted[-1] - $sorted[0]) / $got->{rate};
}


1;
