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
# Everything that is made lies under BUILD/bench-run, on BUILD's file system,
# and is removed at the end.  The servers listen on 127.0.0.1 only.

use strict;
use warnings;

use Cwd qw/abs_path/;
use Digest::SHA qw/sha256_hex hmac_sha256_hex/;
use File::Path qw/make_path remove_tree/;
use FindBin;
use IO::Socket::INET;
use Time::HiRes qw/sleep time/;

my $build = abs_path(shift // die "usage: $0 BUILD [part ...]\n");
my %parts = map { $_ => 1 } @ARGV ? @ARGV
    : qw/refusals holds alone streams core/;
my $here = $FindBin::Bin;
my $dir = "$build/bench-run";
my $seconds = $ENV{SECONDS} || 3;
my $rounds = $ENV{ROUNDS} || 2;
my $holds = $ENV{HOLDS} || 1000000;
my $streams = $ENV{STREAMS} || 5000;
my @connections = (16, 64, 256, 1024);
my $secret = 'bench-secret';
my $main = $$;
my $run = 0;
my %servers;            # name => pid

$| = 1;

$SIG{$_} = sub { exit 1 } for qw/INT TERM HUP/;

END {
    if ($$ == $main) {
        my $status = $?;
        stop($_) for keys %servers;
        remove_tree($dir) if -d $dir && !$ENV{KEEP};
        $? = $status;
    }
}


# ---------------------------------------------------------------- the servers

sub free_port {
    my $socket = IO::Socket::INET->new(LocalAddr => '127.0.0.1', Listen => 1)
        or die "no free port: $!\n";
    return $socket->sockport;
}


sub write_file {
    my ($path, $text) = @_;
    open my $file, '>', $path or die "$path: $!\n";
    print {$file} $text;
    close $file or die "$path: $!\n";
    chmod 0600, $path;
}


sub spawn {
    my ($name, @command) = @_;
    my $pid = fork // die "fork: $!\n";
    if (!$pid) {
        open STDOUT, '>>', "$dir/$name.out";
        open STDERR, '>&', \*STDOUT;
        exec @command or die "$command[0]: $!\n";
    }
    $servers{$name} = $pid;
    return $pid;
}


sub stop {
    my ($name) = @_;
    my $pid = delete $servers{$name} or return;
    kill TERM => $pid;
    waitpid $pid, 0;
}


sub wait_for {
    my ($name, $code) = @_;
    my $end = time + 15;
    while (!$code->()) {
        if (time > $end) {
            system "tail -n 5 $dir/$name.out $dir/$name/error.log >&2";
            die "$name did not start\n";
        }
        sleep 0.05;
    }
}


sub start_nginx {
    my ($name, %option) = @_;
    my $port = free_port();
    my $home = "$dir/$name";
    my $user = $> == 0 ? 'user root;' : '';

    make_path("$home/tmp");
    write_file("$home/nginx.conf", <<"END");
$user
daemon off;
worker_processes $option{workers};
worker_rlimit_nofile 20000;
pid $home/nginx.pid;
error_log $home/error.log warn;
$option{main}
events { worker_connections 9000; }
http {
    access_log off;
    client_body_temp_path $home/tmp/body;
    proxy_temp_path $home/tmp/proxy;
    fastcgi_temp_path $home/tmp/fastcgi;
    uwsgi_temp_path $home/tmp/uwsgi;
    scgi_temp_path $home/tmp/scgi;
    keepalive_requests 100000000;
    $option{http}
    server {
        listen 127.0.0.1:$port backlog=4096;
        $option{server}
    }
}
END
    spawn($name, 'nginx', '-e', "$home/error.log", '-p', $home,
        '-c', "$home/nginx.conf");
    wait_for($name, sub {
        IO::Socket::INET->new(PeerAddr => "127.0.0.1:$port");
    });

    return $port;
}


sub start_engine {
    my ($name, $workers, $bare) = @_;

    make_path("$dir/$name");
    write_file("$dir/$name/secret", "$secret\n");
    my $port = start_nginx($name, workers => $workers,
        main => "load_module $build/ngx_http_flashsale_module.so;",
        http => "flashsale_store $dir/$name/store;"
            . " flashsale_secret admin $dir/$name/secret;",
        server => <<"END");
        flashsale_user \$http_x_user;
        location /api/ { flashsale_api; }
        location /admin/ { flashsale_admin; }
        location = /metrics { flashsale_metrics; }
        location = /bare {
            default_type application/problem+json;
            return 409 '$bare';
        }
END
    wait_for($name, sub {
        (curl("http://127.0.0.1:$port/api/sales"))[0] == 200;
    });

    return $port;
}


sub start_redis {
    my $home = "$dir/redis";
    my ($modules) = `nginx -V 2>&1` =~ /--modules-path=(\S+)/;

    make_path($home);
    write_file("$home/redis.conf", <<"END");
port 0
unixsocket $home/socket
dir $home
daemonize no
save ""
appendonly yes
appendfsync always
auto-aof-rewrite-percentage 0
maxclients 8000
END
    spawn('redis', 'redis-server', "$home/redis.conf");
    wait_for('redis', sub { -S "$home/socket" });
    redis(qw/HSET s:hot state open stock 1000000000 free 1000000000 held 0
        limit 2 price_fen 3980 hold_ms 3600000/);

    return start_nginx('lua', workers => 2,
        main => "load_module $modules/ndk_http_module.so;\n"
            . "load_module $modules/ngx_http_lua_module.so;",
        http => <<"END",
    lua_package_path "$here/?.lua;;";
    lua_socket_pool_size 1024;
    init_by_lua_block {
        hold = require "redis_content"
        hold.init("$here/redis_hold.lua", "$home/socket")
    }
END
        server => 'location = /api/holds { content_by_lua_block '
            . '{ hold.hold() } }');
}


sub redis {
    my $answer = `redis-cli -s $dir/redis/socket @_`;
    die "redis-cli @_\n" if $?;
    chomp $answer;
    return $answer;
}


# ---------------------------------------------------------------- the clients

# status, length of the body, body
sub curl {
    my ($url, @options) = @_;
    open my $pipe, '-|', 'curl', '-s', '--noproxy', '*', '--max-time', 10,
        '-w', "\n%{http_code} %{size_download}", @options, $url
        or die "curl: $!\n";
    my $text = do { local $/; <$pipe> } // '';
    close $pipe;
    my ($body, $status, $length) = $text =~ /\A(.*)\n(\d+) (\d+)\z/s;
    return ($status // 0, $length // 0, $body // '');
}


sub define_sale {
    my ($port, $sale, $stock) = @_;
    my $target = "/admin/sales/$sale";
    my $body = qq({"title":"$sale","price_fen":3980,"stock":$stock,)
        . qq("limit":2,"hold_ms":3600000});
    my $t = int time;
    my $key = "define-$sale";
    my $v1 = hmac_sha256_hex(
        join("\n", $t, 'PUT', $target, $key, sha256_hex($body)), $secret);
    my ($status, undef, $said) = curl("http://127.0.0.1:$port$target",
        '-X', 'PUT', '-d', $body, '-H', 'Content-Type: application/json',
        '-H', "Idempotency-Key: $key",
        '-H', "Flashsale-Signature: t=$t,v1=$v1");
    die "sale $sale: $status $said\n" if $status != 201;
}


sub hold {
    my ($port, $sale, $buyer) = @_;
    return curl("http://127.0.0.1:$port/api/holds",
        '-d', qq({"sale":"$sale","qty":1,"pickup":"xingfu"}),
        '-H', 'Content-Type: application/json', '-H', "X-User: $buyer",
        '-H', "Idempotency-Key: key-$buyer");
}


# One load: requests a second, p50 and p99 in ms, errors above 399, sockets'.
sub load {
    my ($connections, $port, $path, $sale) = @_;
    my $threads = $connections == 1 ? 1 : 2;

    $run++;
    my $said = `wrk -t$threads -c$connections -d${seconds}s --timeout 10s \\
        -s $here/load.lua http://127.0.0.1:$port$path -- $sale $run 2>&1`;
    my ($requests, $took, $errors, $sockets, $p50, $p99) =
        $said =~ /^result (\d+) (\S+) (\d+) (\d+) (\S+) (\S+)$/m
        or die "wrk: $said\n";

    return { rate => $requests / $took, p50 => $p50, p99 => $p99,
        requests => $requests, errors => $errors, sockets => $sockets };
}


# The loads in turn, so that a slow minute of the machine hits all; each one's
# mean.
sub compare {
    my ($connections, @loads) = @_;
    my @means;

    for my $round (1 .. $rounds) {
        for my $i (0 .. $#loads) {
            my $got = load($connections, @{$loads[$i]});
            $means[$i]{$_} += $got->{$_} / $rounds for keys %$got;
        }
    }

    return @means;
}


sub complain {
    my ($name, $wrong, $got) = @_;
    return if $wrong < 0.5 && $got->{sockets} < 0.5;
    printf "    !! %s: %d of %d answers not as meant, %d socket errors\n",
        $name, $wrong, $got->{requests}, $got->{sockets};
}


sub verdict {
    my ($ok) = @_;
    return $ok ? 'ok' : 'MISSED';
}


# From the histogram: how often the module's own work held the event loop for
# longer than 5 ms of CPU time.  (How late the loop is by the clock says how
# busy this machine is: flashsale_stall_seconds.)
sub stalls {
    my ($port) = @_;
    my (undef, undef, $text) = curl("http://127.0.0.1:$port/metrics");
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

sub part_refusals {
    my ($engine) = @_;

    print "\nRefusals (sold out) against a bare return of the same length;",
        " wanted: >= 0.9\n";
    printf "%12s %12s %12s %7s  %s\n", 'connections', 'refused/s', 'bare/s',
        'ratio', 'p99 ms: refused; bare';
    for my $n (@connections) {
        my ($ours, $bare) = compare($n, [$engine, '/api/holds', 'gone'],
            [$engine, '/bare', 'gone']);
        my $ratio = $ours->{rate} / $bare->{rate};
        printf "%12d %12.0f %12.0f %7.2f  %.2f; %.2f  %s\n", $n,
            $ours->{rate}, $bare->{rate}, $ratio, $ours->{p99}, $bare->{p99},
            verdict($ratio >= 0.9);
        complain('refusals', $ours->{requests} - $ours->{errors}, $ours);
    }
}


sub part_holds {
    my ($engine, $lua) = @_;
    my %wanted = (256 => 1.4, 1024 => 2.0);
    my $answered = 0;

    print "\nReservations of one hot sale against nginx + Lua + Redis",
        " (appendfsync always);\nwanted: >= 1.4 at 256, >= 2.0 at 1024,",
        " with the lower p99\n";
    printf "%12s %12s %12s %7s  %s\n", 'connections', 'engine/s', 'redis/s',
        'ratio', 'p50, p99 ms: engine; redis';
    for my $n (@connections) {
        my ($ours, $redis) = compare($n, [$engine, '/api/holds', 'hot'],
            [$lua, '/api/holds', 'hot']);
        my $ratio = $ours->{rate} / $redis->{rate};
        printf "%12d %12.0f %12.0f %7.2f  %.1f, %.1f; %.1f, %.1f  %s\n", $n,
            $ours->{rate}, $redis->{rate}, $ratio, $ours->{p50},
            $ours->{p99}, $redis->{p50}, $redis->{p99},
            !$wanted{$n} ? '' : verdict($ratio >= $wanted{$n}
                && $ours->{p99} < $redis->{p99});
        complain('engine', $ours->{errors}, $ours);
        complain('redis', $redis->{errors}, $redis);
        $answered += $redis->{requests} * $rounds;
    }

    # what a load's end cut off comes on top
    my $held = redis(qw/HGET s:hot held/);
    print "    !! redis holds $held units for $answered answers\n"
        if $held < $answered;
    stalls($engine);
}


sub part_alone {
    my ($engine) = @_;
    my ($ours, $sync) = (0, 0);

    print "\nOne reservation alone; wanted: median <= 4 fdatasyncs of the",
        " same file system\n";
    for my $round (1 .. $rounds) {
        my ($median) = split ' ', `$build/bench/fdatasync $dir 500`;
        die "fdatasync\n" if !$median;
        $sync += $median / 1000 / $rounds;
        $ours += load(1, $engine, '/api/holds', 'hot')->{p50} / $rounds;
    }
    printf "    median %.3f ms, fdatasync %.3f ms, ratio %.1f  %s\n",
        $ours, $sync, $ours / $sync, verdict($ours / $sync <= 4);
}


# The only worker of a server.
sub worker_of {
    my ($name) = @_;
    my $worker;
    wait_for($name, sub {
        for my $path (glob '/proc/[0-9]*/stat') {
            open my $file, '<', $path or next;
            my ($pid, $parent) = (<$file> // '') =~ /^(\d+) .*\) \S (\d+)/s
                or next;
            $worker = $pid if $parent == $servers{$name};
        }
        return $worker;
    });
    return $worker;
}


sub part_streams {
    print "\n$streams event streams on one worker; wanted: the last viewer",
        " within 150 ms of the\ncommit, <= 4 KB a stream beyond nginx's own",
        " connection and pool\n";

    my $port = start_engine('own', 1, '');
    my $said = `$build/bench/streams $port @{[worker_of('own')]} $streams`;
    die "streams failed\n" if $?;
    stop('own');

    $port = start_engine('streams', 1, '');
    define_sale($port, 'live', 100000);
    $said .= `$build/bench/streams $port @{[worker_of('streams')]} $streams \\
        live 7`;
    die "streams failed\n" if $?;

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


remove_tree($dir);
make_path($dir);

my $began = time;
my ($engine, $lua);

if ($parts{refusals} || $parts{holds} || $parts{alone}) {
    # ask once what a refusal looks like, so that the bare one is as long
    my $port = start_engine('asked', 1, '');
    define_sale($port, 'gone', 1);
    my ($status, undef, $said) = hold($port, 'gone', 'first');
    die "the only unit: $status $said\n" if $status != 201;
    ($status, my $length, $said) = hold($port, 'gone', 'second');
    die "no unit: $status $said\n" if $status != 409;
    stop('asked');

    $engine = start_engine('engine', 2, 'x' x $length);
    define_sale($engine, 'hot', 1000000000);
    define_sale($engine, 'gone', 1);
    hold($engine, 'gone', 'first');
}

$lua = start_redis() if $parts{holds} || $parts{redis};

if ($parts{redis}) {
    for my $n (@connections) {
        my ($got) = compare($n, [$lua, '/api/holds', 'hot']);
        printf "%d: %.0f/s p50 %.1f p99 %.1f\n", $n, @$got{qw/rate p50 p99/};
        complain('redis', $got->{errors}, $got);
    }
}

part_refusals($engine) if $parts{refusals};
part_holds($engine, $lua) if $parts{holds};
part_alone($engine) if $parts{alone};
stop($_) for keys %servers;
part_streams() if $parts{streams};

if ($parts{core}) {
    print "\nThe core alone, one hot sale, everything included; wanted:",
        " >= 120,000/s at 1024 a batch,\n<= 200 bytes of log an entry,",
        " <= 350 of index a hold, opening a million holds < 100 ms,\n",
        "rebuilding >= 300,000 entries/s\n";
    make_path("$dir/core");
    system("$build/bench/core", '--dir', "$dir/core", '--holds', $holds) == 0
        or print "    !! it failed\n";
}

printf "\n%.0f seconds in all\n", time - $began;
