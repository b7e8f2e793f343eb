package Tuanbo::Bench::Servers;

# The servers of the measurements, each as those who know it would set it up,
# all on this machine: 127.0.0.1, or a socket in the bench's directory.

use v5.36;

use Digest::SHA qw(sha256_hex hmac_sha256_hex);
use Exporter qw(import);
use File::Path qw(make_path);
use IO::Socket::INET;

use Tuanbo::Bench;

our @EXPORT = qw(curl define_sale hold metric postgres_bin psql redis sale_of
    start_engine start_lua start_nchan
    start_postgres start_redis start_shop);

my $secret = 'bench-secret-of-the-admin';
my $stock = 1000000000;


# --------------------------------------------------------------------- nginx

sub start_nginx ($name, %option) {
    my $port = free_port();
    my $home = make_home($name);
    my $user = $> == 0 ? 'user root;' : '';

    make_path("$home/tmp");
    write_file("$home/nginx.conf", <<"END");
$user
daemon off;
worker_processes $option{workers};
worker_rlimit_nofile 24000;
pid $home/nginx.pid;
error_log $home/error.log warn;
$option{main}
events { worker_connections 22000; }
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
    spawn($name, @{ $option{under} // [] }, 'nginx', '-e', "$home/error.log", '-p', $home,
        '-c', "$home/nginx.conf");
    wait_for($name, sub {
        IO::Socket::INET->new(PeerAddr => "127.0.0.1:$port");
    });

    return $port;
}


# The engine.  bare: the body of the answer at /bare, refused with 409 and the
# same headers; size: of the store; under: a command that runs nginx; module:
# another build of it.
sub start_engine ($name, $workers, %option) {
    my $home = make_home($name);
    my $size = $option{size} ? " size=$option{size}" : '';
    my $bare = $option{bare} // '';

    write_file("$home/secret", "$secret\n");
    my $port = start_nginx($name, workers => $workers,
        under => $option{under},
        main => 'load_module ' . ($option{module} // our_module()) . ';',
        http => "flashsale_store $home/store$size;"
            . " flashsale_secret admin $home/secret;",
        server => <<"END");
        flashsale_user \$http_x_user;
        location /api/ { flashsale_api; }
        location /admin/ { flashsale_admin; }
        location = /metrics { flashsale_metrics; }
        location = /bare {
            default_type application/problem+json;
            add_header Cache-Control 'private, no-store' always;
            return 409 '$bare';
        }
END
    wait_for($name, sub {
        (curl("http://127.0.0.1:$port/api/sales"))[0] == 200;
    });

    return $port;
}


sub our_module { build . '/ngx_http_flashsale_module.so' }


# nginx with the module nchan: /pass is a channel.
sub start_nchan ($name) {
    my ($modules) = `nginx -V 2>&1` =~ /--modules-path=(\S+)/;

    return start_nginx($name, workers => 1,
        main => "load_module $modules/ngx_nchan_module.so;",
        http => '', server => <<'END');
        location = /pass {
            nchan_pubsub;
            nchan_publisher http;
            nchan_subscriber eventsource;
            nchan_channel_id live;
            nchan_subscriber_first_message oldest;
            nchan_message_buffer_length 1;
        }
END
}


# nginx with Lua in front of the Redis server of that name.
sub start_lua ($name, $redis) {
    my ($modules) = `nginx -V 2>&1` =~ /--modules-path=(\S+)/;
    my $here = here;
    my $socket = dir . "/$redis/socket";

    return start_nginx($name, workers => 2,
        main => "load_module $modules/ndk_http_module.so;\n"
            . "load_module $modules/ngx_http_lua_module.so;",
        http => <<"END",
    lua_package_path "$here/?.lua;;";
    lua_socket_pool_size 1024;
    init_by_lua_block {
        hold = require "redis_content"
        hold.init("$here/redis_hold.lua", "$socket")
    }
END
        server => 'location = /api/holds { content_by_lua_block '
            . '{ hold.hold() } }');
}


# ---------------------------------------------------------------- the engine

# status, length of the body, body
sub curl ($url, @options) {
    open my $pipe, '-|', 'curl', '-s', '--noproxy', '*', '--max-time', 10,
        '-w', "\n%{http_code} %{size_download}", @options, $url
        or die "curl: $!\n";
    my $text = do { local $/; <$pipe> } // '';
    close $pipe;
    my ($body, $status, $length) = $text =~ /\A(.*)\n(\d+) (\d+)\z/s;
    return ($status // 0, $length // 0, $body // '');
}


# gives: JSON of what it gives, instead of a price.
sub define_sale ($port, $sale, $units = $stock, $gives = undef) {
    my $target = "/admin/sales/$sale";
    my $body = qq({"title":"$sale","stock":$units,"limit":2,)
        . ($gives ? qq("gives":$gives})
            : qq("price_fen":3980,"hold_ms":3600000,)
                . qq("doc":{"pickups":["xingfu"]}}));
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


sub hold ($port, $sale, $buyer) {
    return curl("http://127.0.0.1:$port/api/holds",
        '-d', qq({"sale":"$sale","qty":1,"pickup":"xingfu"}),
        '-H', 'Content-Type: application/json', '-H', "X-User: $buyer",
        '-H', "Idempotency-Key: key-$buyer");
}


# The engine with a sale that never ends, `hot`, coupons for everybody,
# `coupons`, a sale that is sold out, `gone`, and at /bare an answer as long as
# the refusal of that one.  Options as start_engine's; name: the server's.
sub start_shop ($workers = 2, %option) {
    my $name = delete $option{name} // 'engine';
    my $older = $option{module};        # it may not know what is newer
    my $port = start_engine("$name-asked", 1);
    define_sale($port, 'gone', 1);
    my ($status, undef, $said) = hold($port, 'gone', 'first');
    die "the only unit: $status $said\n" if $status != 201;
    ($status, my $length, $said) = hold($port, 'gone', 'second');
    die "no unit: $status $said\n" if $status != 409;
    stop("$name-asked");

    $port = start_engine($name, $workers, %option, bare => 'x' x $length);
    define_sale($port, 'hot');
    define_sale($port, 'coupons', $stock,
        '{"kind":"coupon","off_fen":500,"from_fen":2000}') if !$older;
    define_sale($port, 'gone', 1);
    hold($port, 'gone', 'first');

    return $port;
}


# A number that the sale says of itself, by the name of its field.
sub sale_of ($port, $sale, $field) {
    my (undef, undef, $said) = curl("http://127.0.0.1:$port/api/sales/$sale");
    my ($value) = $said =~ /"$field":(\d+)/ or die "sale $sale: $said\n";
    return $value;
}


# The text of /metrics, or one of its figures.
sub metric ($port, $name = undef) {
    my (undef, undef, $text) = curl("http://127.0.0.1:$port/metrics");
    return $text if !defined $name;
    my ($value) = $text =~ /^\Q$name\E (\d+)/m or die "no $name\n";
    return $value;
}


# --------------------------------------------------------------------- redis

# fsync: always or everysec.
sub start_redis ($name, $fsync) {
    my $home = make_home($name);

    write_file("$home/redis.conf", <<"END");
port 0
unixsocket $home/socket
dir $home
daemonize no
save ""
appendonly yes
appendfsync $fsync
auto-aof-rewrite-percentage 0
maxclients 8000
END
    spawn($name, 'redis-server', "$home/redis.conf");
    wait_for($name, sub { -S "$home/socket" });
    redis($name, qw(HSET s:hot state open stock), $stock, 'free', $stock,
        qw(held 0 limit 2 price_fen 3980 hold_ms 3600000));
}


sub redis ($name, @command) {
    my $answer = capture('redis-cli', '-s', dir . "/$name/socket", @command);
    chomp $answer;
    return $answer;
}


# ---------------------------------------------------------------- PostgreSQL

# The newest one's programs.
sub postgres_bin {
    my @found = sort { ($a =~ m{/(\d+)/})[0] <=> ($b =~ m{/(\d+)/})[0] }
        glob '/usr/lib/postgresql/*/bin/postgres';
    my $bin = $found[-1] // die "no PostgreSQL in /usr/lib/postgresql\n";
    return $bin =~ s{/postgres\z}{}r;
}


# A cluster of our own, by a user that is not root.  Databases: row, where the
# stock is one row, and units, where it is so many rows of a unit each.
sub start_postgres ($connections, $units) {
    my $bin = postgres_bin();
    my $home = make_home('postgres');
    my ($memory) = slurp('/proc/meminfo') =~ /^MemTotal: +(\d+) kB/m;
    my $buffers = $memory / 1024 / 4;

    $buffers = $buffers > 2048 ? 2048 : int $buffers;
    die "$home is too long a path for a socket\n" if length $home > 85;

    if ($> == 0) {
        my ($uid, $gid) = (getpwnam 'postgres')[2, 3];
        die "there is no user postgres\n" if !defined $uid;
        chown $uid, $gid, $home or die "$home: $!\n";
        system(as_user('postgres', 'test', '-w', $home)) == 0
            or die "the user postgres cannot get at $home\n";
    }

    capture(as_user('postgres', "$bin/initdb", '-D', "$home/data",
        '-U', 'bench', '-A', 'trust', '-E', 'UTF8', '--locale=C',
        '--no-instructions'));

    # All that concerns durability is as it comes, and said here again.
    open my $conf, '>>', "$home/data/postgresql.conf"
        or die "postgresql.conf: $!\n";
    print {$conf} <<"END";
listen_addresses = ''
unix_socket_directories = '$home'
max_connections = @{[$connections + 20]}
fsync = on
synchronous_commit = on
full_page_writes = on
shared_buffers = ${buffers}MB
wal_buffers = 64MB
wal_compression = lz4
max_wal_size = 8GB
checkpoint_timeout = 15min
jit = off
log_min_messages = warning
END
    close $conf or die "postgresql.conf: $!\n";

    spawn('postgres', as_user('postgres', "$bin/postgres", '-D',
        "$home/data"));
    wait_for('postgres', sub {
        system("$bin/pg_isready", '-q', '-h', $home, '-d', 'postgres',
            '-U', 'bench') == 0;
    });

    for my $database (qw(row units)) {
        psql('postgres', '-c', "create database $database");
        psql($database, '-f', here . '/postgres.sql',
            '-f', here . "/postgres_$database.sql", '-v', "units=$units");
    }
    psql('postgres', '-c', 'vacuum analyze', '-c', 'checkpoint');
}


# Rows without decoration.
sub psql ($database, @arguments) {
    my $said = capture(postgres_bin() . '/psql', '-X', '-q', '-A', '-t',
        '-v', 'ON_ERROR_STOP=1', '-h', dir . '/postgres', '-U', 'bench',
        '-d', $database, @arguments);
    chomp $said;
    return $said;
}


1;
