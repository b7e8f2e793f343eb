#!/usr/bin/perl

# What the engine reaches, side by side with the usual way, in one run on one
# machine: only the ratios mean something.  Called by `make bench-engine`.
#
#     engine.pl BUILD [part ...]
#
# Parts: refusals holds alone streams core; and redis, the usual way alone.
#
# SECONDS (3) each load lasts, ROUNDS (2) of each, STREAMS (5000), HOLDS
# (1000000) in the core's store.
#
# t/lib/Tuanbo/Bench.pm says where what is made lies.

use v5.36;

use FindBin;
use Time::HiRes qw(time);

use lib "$FindBin::Bin/../lib";

use Tuanbo::Bench;
use Tuanbo::Bench::Loads;
use Tuanbo::Bench::Servers;

my $build = shift // die "usage: $0 BUILD [part ...]\n";
my %parts = map { $_ => 1 } @ARGV ? @ARGV
    : qw(refusals holds alone streams core);
my $holds = $ENV{HOLDS} || 1000000;
my $streams = $ENV{STREAMS} || 5000;
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


# ------------------------------------------------------------------ the parts

sub part_refusals ($engine) {
    print "\nRefusals (sold out) against a bare return of the same length;",
        " wanted: >= 0.9\n";
    printf "%12s %12s %12s %7s  %s\n", 'connections', 'refused/s', 'bare/s',
        'ratio', 'p99 ms: refused; bare';
    for my $n (@connections) {
        my ($ours, $bare) = compare(
            sub { http_load($n, $engine, '/api/holds', 'gone') },
            sub { http_load($n, $engine, '/bare', 'gone') });
        my $ratio = $ours->{rate} / $bare->{rate};
        printf "%12d %12.0f %12.0f %7.2f  %.2f; %.2f  %s\n", $n,
            $ours->{rate}, $bare->{rate}, $ratio, $ours->{p99}, $bare->{p99},
            verdict($ratio >= 0.9);
        complain('refusals', $ours->{requests} - $ours->{errors}, $ours);
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


sub part_streams {
    print "\n$streams event streams on one worker; wanted: the last viewer",
        " within 150 ms of the\ncommit, <= 4 KB a stream beyond nginx's own",
        " connection and pool\n";

    my $port = start_engine('own', 1);
    my $client = build . '/bench/streams';
    my $said = capture($client, $port, worker_of('own'), $streams);
    stop('own');

    $port = start_engine('streams', 1);
    define_sale($port, 'live', 100000);
    $said .= capture($client, $port, worker_of('streams'), $streams,
        qw(live 7));

    my ($own) = $said =~ /^own (-?\d+)/m;
    my ($stream) = $said =~ /^stream (-?\d+)/m;
    my @last = split ' ', ($said =~ /^last (.*)/m)[0];
    my @median = split ' ', ($said =~ /^median (.*)/m)[0];
    my @sorted = sort { $a <=> $b } @last;
    my $middle = $sorted[@sorted / 2];

    print "    last viewer, ms after the 201: @last\n";
    print "    viewer in the middle:          @median\n";
    printf "    the last viewer's median %.1f ms, worst %.1f ms  %s\n",
        $middle, $sorted[-1], verdict($sorted[-1] <= 150);
    printf "    memory a stream %d bytes, nginx's own connection and pools"
        . " %d, beyond: %d  %s\n", $stream, $own, $stream - $own,
        verdict($stream - $own <= 4096);
    stalls($port);
    stop('streams');
}


begin($build);

my $began = time;
my ($engine, $lua);

$engine = start_shop() if $parts{refusals} || $parts{holds} || $parts{alone};

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
part_alone($engine) if $parts{alone};
stop_all();
part_streams() if $parts{streams};

if ($parts{core}) {
    print "\nThe core alone, one hot sale, everything included; wanted:",
        " >= 120,000/s at 1024 a batch,\n<= 200 bytes of log an entry,",
        " <= 350 of index a hold, opening a million holds < 100 ms,\n",
        "rebuilding >= 300,000 entries/s\n";
    system(build . '/bench/core', '--dir', make_home('core'), '--holds',
        $holds) == 0 or print "    !! it failed\n";
}

printf "\n%.0f seconds in all\n", time - $began;
