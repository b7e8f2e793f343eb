#!/usr/bin/perl

# What the engine reaches, side by side with the usual way, in one run on one
# machine: only the ratios mean something.  Called by `make bench-engine`.
#
#     engine.pl BUILD [part ...]
#
# Parts: refusals holds bare gifts alone streams core; redis, the usual way
# alone; instructions, of a refusal, by valgrind; before, beside the module
# that BEFORE names; nchan, streams beside Debian's libnginx-mod-nchan.
#
# SECONDS (3) each load lasts, ROUNDS (2) of each, PAIRS (9) of what is
# compared in pairs, a second each, STREAMS (5000), HOLDS (1000000) in the
# core's store.
#
# t/lib/Tuanbo/Bench.pm says where what is made lies.

use v5.36;

use File::Path qw(remove_tree);
use FindBin;
use Time::HiRes qw(time);

use lib "$FindBin::Bin/../lib";

use Tuanbo::Bench;
use Tuanbo::Bench::Loads;
use Tuanbo::Bench::Servers;

my $build = shift // die "usage: $0 BUILD [part ...]\n";
my %parts = map { $_ => 1 } @ARGV ? @ARGV
    : qw(refusals holds bare gifts alone streams core);
my $holds = $ENV{HOLDS} || 1000000;
my $streams = $ENV{STREAMS} || 5000;
my $pairs = $ENV{PAIRS} || 9;
my @connections = (16, 64, 256, 1024);


sub verdict ($ok) {
    return $ok ? 'ok' : 'MISSED';
}


# From the histogram: how often the module's own work held the event loop for
# longer than 5 ms of CPU time.  (How late the loop is by the clock says how
# busy this machine is: flashsale_stall_seconds.)
sub stalls ($port) {
    my $text = metric($port);
    my ($all) = $text =~ /^flashsale_turn_seconds_count (\d+)/m
        or return print "    no flashsale_turn_seconds in /metrics\n";
    my %upto = $text =~ /^flashsale_turn_seconds_bucket\{le="([0-9.]+)"\} (\d+)/mg;
    my ($longest) = grep { $upto{$_} == $all } sort { $a <=> $b } keys %upto;
    my ($short) = grep { $_ == 0.005 } keys %upto;
    printf "    event loop: %d of %d turns took more than 5 ms, the longest at"
        . " most %g ms  %s\n", $all - $upto{$short}, $all,
        ($longest // 'inf') * 1000, verdict($all == $upto{$short});
}


# A load of a second: its figures, with us: CPU a request, of nginx and of its
# client; where both cores are busy, that is what the rates come from, and a
# neighbour who takes half of the time does not change it.  refused: what is
# answered 4xx.
sub short_load ($server, $refused, $n, @http) {
    my $got = accounted([$server], sub { http_load($n, @http) });
    complain("@http", $refused ? $got->{requests} - $got->{errors}
        : $got->{errors}, $got);
    $got->{us} = 1e6 * ($got->{cpu} + $got->{client}) / $got->{requests};
    return $got;
}


# Two loads in pairs, each a code of the number of connections.
sub compare_pairs ($title, $wanted, $names, $connections, $one, $other) {
    print "\n$title; wanted: >= $wanted.\n",
        "Medians of $pairs pairs (smallest, largest)\n";
    printf "%12s %10s %10s  %-19s %-19s %s\n", 'connections',
        (map { "$_/s" } @$names), 'by rate', 'by CPU',
        'p99 ms: ' . join '; ', @$names;
    for my $n (@$connections) {
        my ($ours, $theirs, $rate, $cpu) = pairs($pairs,
            sub { $one->($n) }, sub { $other->($n) });
        printf "%12d %10.0f %10.0f  %.2f (%.2f, %.2f)   %.2f (%.2f, %.2f)  "
            . " %.2f; %.2f  %s\n", $n, $ours->{rate}, $theirs->{rate},
            @$rate[1, 0, 2], @$cpu[1, 0, 2], $ours->{p99}, $theirs->{p99},
            verdict($rate->[1] >= $wanted);
    }
}


# ------------------------------------------------------------------ the parts

sub hot ($server, $port) {
    return sub ($n) {
        short_load($server, 0, $n, $port, '/api/holds', 'hot', 1) };
}


sub bare ($port) {
    return sub ($n) {
        short_load('engine', 1, $n, $port, '/bare', 'gone', 1) };
}


# The same request to both, the same number of bytes from both.
sub part_refusals ($engine) {
    compare_pairs(
        'Refusals (sold out) against a bare return of the same bytes', 0.95,
        [qw(refused bare)], \@connections, sub ($n) {
            short_load('engine', 1, $n, $engine, '/api/holds', 'gone', 1);
        }, bare($engine));
}


sub part_bare ($engine) {
    compare_pairs('Reservations of one hot sale against a bare return', 0.6,
        [qw(held bare)], [256], hot('engine', $engine), bare($engine));
}


# What existed stays as fast.
sub part_before ($engine) {
    my $module = $ENV{BEFORE} or die "before: BEFORE names no module\n";
    my $before = start_shop(2, name => 'before', module => $module);

    compare_pairs('Reservations of one hot sale against the build before',
        0.97, [qw(now before)], [64, 256], hot('engine', $engine),
        hot('before', $before));
}


# What the processes of nginx execute outside of the kernel.  No neighbour
# changes it; but valgrind has no SHA instructions, and knows no cache.
sub part_instructions {
    my $out = make_home('callgrind');

    print "\nInstructions of one request, but for those of the kernel\n";
    for my $path ('/bare', '/api/holds') {
        my $port = start_shop(1, size => '64m', under => ['valgrind', '-q',
            '--tool=callgrind', '--trace-children=yes',
            '--instr-atstart=no', "--callgrind-out-file=$out/%p"]);
        my $worker = worker_of('engine');
        my $tell = sub (@words) {
            capture('sh', '-c', 'callgrind_control "$@" 2>&1', 'sh', @words,
                $worker);
        };

        # what is done once is done by then
        http_load(16, $port, $path, 'gone', 1);
        $tell->('-i', 'on');
        my $got = http_load(16, $port, $path, 'gone', 1);
        $tell->('-i', 'off');
        stop('engine');
        remove_tree(map { dir . "/$_/store" } qw(engine-asked engine));
        complain($path, $got->{requests} - $got->{errors}, $got);

        my %by;
        for (split /\n/, capture('callgrind_annotate', '--threshold=100',
            '--auto=no', "$out/$worker"))
        {
            # file:function [library]; what has none is inlined there
            my ($n, $where) = /^\s*([\d,]+) \([^)]*\)\s+\S+:\S+(.*)/ or next;
            my ($library) = $where =~ m{/([^/\]]+)\]$};
            $by{ $library // 'inlined' } += $n =~ tr/,//dr;
        }
        my $all = 0;
        $all += $_ for values %by;
        printf "%12s %7.0f: %s\n", $path, $all / $got->{requests}, join ', ',
            map { sprintf '%s %.0f', s/\.so.*//r, $by{$_} / $got->{requests} }
            sort { $by{$b} <=> $by{$a} } keys %by;
    }
}


sub part_holds ($engine, $lua) {
    my %wanted = (256 => 1.4, 1024 => 2.0);
    my $answered = 0;

    print "\nReservations of one hot sale against nginx + Lua + Redis",
        " (appendfsync always);\nwanted: >= 1.4 at 256, >= 2.0 at 1024,",
        " with the lower p99\n";
    printf "%12s %12s %12s %7s  %s\n", 'connections', 'engine/s', 'redis/s',
        'ratio', 'p50, p99 ms: engine; redis';
    for my $n (@connections) {
        my ($ours, $redis) = compare(
            sub { http_load($n, $engine, '/api/holds', 'hot') },
            sub { http_load($n, $lua, '/api/holds', 'hot') });
        my $ratio = $ours->{rate} / $redis->{rate};
        printf "%12d %12.0f %12.0f %7.2f  %.1f, %.1f; %.1f, %.1f  %s\n", $n,
            $ours->{rate}, $redis->{rate}, $ratio, $ours->{p50},
            $ours->{p99}, $redis->{p50}, $redis->{p99},
            !$wanted{$n} ? '' : verdict($ratio >= $wanted{$n}
                && $ours->{p99} < $redis->{p99});
        complain('engine', $ours->{errors}, $ours);
        complain('redis', $redis->{errors}, $redis);
        $answered += $redis->{requests} * rounds;
    }

    # it may hold more: for requests whose answer came after the load's end
    my $held = redis('redis', qw(HGET s:hot held));
    print "    !! redis holds $held units for $answered answers\n"
        if $held < $answered;
    stalls($engine);
}


# A rush for coupons is a flash sale, at its speed.
sub part_gifts ($engine) {
    compare_pairs('Coupons taken against reservations of one hot sale', 1,
        [qw(taken held)], [64, 256], sub ($n) {
            short_load('engine', 0, $n, $engine, '/api/holds', 'coupons', 1,
                '');
        }, hot('engine', $engine));
}


sub part_alone ($engine) {
    my ($ours, $sync) = (0, 0);

    print "\nOne reservation alone; wanted: median <= 4 fdatasyncs of the",
        " same file system\n";
    for my $round (1 .. rounds) {
        $sync += (fdatasync())[0] / rounds;
        $ours += http_load(1, $engine, '/api/holds', 'hot')->{p50} / rounds;
    }
    printf "    median %.3f ms, fdatasync %.3f ms, ratio %.1f  %s\n",
        $ours, $sync, $ours / $sync, verdict($ours / $sync <= 4);
}


# What the client of streams says, by the first word of each line.
sub stream_load ($name, $port, @what) {
    my $said = capture(build . '/bench/streams', $port, worker_of($name),
        $streams, @what);
    return map { /^(\w+) (.*)/ ? ($1 => [split ' ', $2]) : () }
        split /\n/, $said;
}


sub of_streams ($name) {
    my $port = start_engine($name, 1);

    define_sale($port, 'live', 100000);

    return ($port, stream_load($name, $port, qw(live 7)));
}


sub part_streams {
    print "\n$streams event streams on one worker; wanted: the last viewer",
        " within 150 ms of the\ncommit, <= 4 KB a stream beyond nginx's own",
        " connection and pool\n";

    my %own = stream_load('own', start_engine('own', 1));
    stop('own');
    my ($port, %got) = of_streams('streams');
    my ($own, $stream) = ($own{own}[0], $got{stream}[0]);
    my $worst = (sort { $a <=> $b } @{ $got{last} })[-1];

    print "    last viewer, ms after the 201: @{ $got{last} }\n";
    print "    viewer in the middle:          @{ $got{median} }\n";
    printf "    the last viewer's median %.1f ms, worst %.1f ms  %s\n",
        median(@{ $got{last} }), $worst, verdict($worst <= 150);
    printf "    memory a stream %d bytes, nginx's own connection and pools"
        . " %d, beyond: %d  %s\n", $stream, $own, $stream - $own,
        verdict($stream - $own <= 4096);
    stalls($port);
    stop('streams');
}


# Its message is in memory alone; ours is on the disk before.
sub part_nchan {
    print "\n$streams event streams on one worker beside nchan's; wanted: the",
        " last viewer at\n<= 0.5 of its time, <= 0.8 of its memory\n";

    my (undef, %ours) = of_streams('beside');
    stop('beside');
    my %its = stream_load('nchan', start_nchan('nchan'), qw(/pass 7));
    stop('nchan');

    for my $since (qw(last asked)) {
        my ($one, $other) = map { median(@{ $_->{$since} }) } \%ours, \%its;
        printf "    the last viewer, ms after %s: %.1f; %.1f, ratio %.2f"
            . " (%.2f, %.2f)  %s\n", { last => 'the answer',
            asked => 'the request' }->{$since}, $one, $other, $one / $other,
            extremes(\%ours, \%its, $since), verdict($one / $other <= 0.5);
    }
    my $memory = $ours{stream}[0] / $its{stream}[0];
    printf "    memory a stream: %d; %d, ratio %.2f  %s\n", $ours{stream}[0],
        $its{stream}[0], $memory, verdict($memory <= 0.8);
}


# The best round of one by the worst of the other, and the other way round.
sub extremes ($one, $other, $figure) {
    my @one = sort { $a <=> $b } @{ $one->{$figure} };
    my @other = sort { $a <=> $b } @{ $other->{$figure} };

    return ($one[0] / $other[-1], $one[-1] / $other[0]);
}


begin($build);

my $began = time;
my ($engine, $lua);

part_instructions() if $parts{instructions};

$engine = start_shop()
    if grep { $parts{$_} } qw(refusals holds bare gifts alone before);

if ($parts{holds} || $parts{redis}) {
    start_redis('redis', 'always');
    $lua = start_lua('lua', 'redis');
}

if ($parts{redis}) {
    for my $n (@connections) {
        my ($got) = compare(sub { http_load($n, $lua, '/api/holds', 'hot') });
        printf "%d: %.0f/s p50 %.1f p99 %.1f\n", $n, @$got{qw(rate p50 p99)};
        complain('redis', $got->{errors}, $got);
    }
}

part_refusals($engine) if $parts{refusals};
part_holds($engine, $lua) if $parts{holds};
part_bare($engine) if $parts{bare};
part_before($engine) if $parts{before};
part_gifts($engine) if $parts{gifts};
part_alone($engine) if $parts{alone};
stop_all();
part_streams() if $parts{streams};
part_nchan() if $parts{nchan};

if ($parts{core}) {
    print "\nThe core alone, one hot sale, everything included; wanted:",
        " >= 120,000/s at 1024 a batch,\n<= 200 bytes of log an entry,",
        " <= 350 of index a hold, opening a million holds < 100 ms,\n",
        "rebuilding and auditing >= 300,000 entries/s\n";
    system(build . '/bench/core', '--dir', make_home('core'), '--holds',
        $holds) == 0 or print "    !! it failed\n";
}

printf "\n%.0f seconds in all\n", time - $began;
