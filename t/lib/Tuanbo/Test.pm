package Tuanbo::Test;

# A real nginx with the module in a directory of its own, and what tests need
# to talk to it.  Every test ends with $t->finish: it fails on each line of
# the error log at [warn] or above that the test did not announce.

use v5.36;

use Exporter qw(import);
use Fcntl qw(:flock);
use File::Basename qw(dirname);
use File::Find ();
use File::Path ();
use File::Spec;
use File::Temp ();
use IO::Socket::INET;
use Mojo::IOLoop;
use Mojo::JSON qw(decode_json encode_json true false);
use Mojo::Promise;
use Mojo::UserAgent;
use POSIX ();
use Test::More;
use Time::HiRes qw(sleep time);

use lib dirname(__FILE__) . '/../../../conf/lib';

use Tuanbo::Signature qw(sign);
use Tuanbo::Test::Events;

our @EXPORT = (@Test::More::EXPORT, qw(decode_json encode_json eventually
    true false now_ms sleep time wait_until));

my $root = File::Spec->rel2abs(__FILE__) =~ s{/t/lib/Tuanbo/Test\.pm\z}{}r;
my $nginx = $ENV{TUANBO_NGINX} // '/usr/sbin/nginx';
my $module = $ENV{TUANBO_MODULE}
    // "$root/build/ngx_http_flashsale_module.so";
my $tmp = File::Spec->tmpdir;

# Sanitizers and valgrind are slower; no test fails on a figure that this
# factor cannot stretch.
my $slower = $ENV{TUANBO_SLOWER} // 1;

# so that END ends what runs
$SIG{$_} = sub { exit 1 } for qw(HUP INT TERM);

my @roles = qw(orders ledger admin checkout);
my @instances;
my @locks;


sub root { $root }
sub slower { $slower }
sub now_ms :prototype() () { int(time * 1000) }


# How long to wait for what comes within so many seconds on an idle machine:
# where it comes, no time is lost by waiting for longer.
sub patience ($seconds) { 3 * $seconds * $slower }


# Waits until the code gives something true; gives that, or nothing in the end.
sub wait_until :prototype(&;$) ($code, $seconds = 10) {
    my $end = time + patience($seconds);

    while (1) {
        my $value = $code->();
        return $value if $value || time > $end;
        sleep 0.02;
    }
}


# A test that waits for it.
sub eventually :prototype(&$;$) ($code, $name, $seconds = 10) {
    local $Test::Builder::Level = $Test::Builder::Level + 1;

    return ok(&wait_until($code, $seconds), $name);
}


# A port that no other test takes: outside the range the kernel gives to
# clients, and locked by a file for as long as this process lives.
sub free_port {
    my $dir = "$tmp/tuanbo-test-ports";

    mkdir $dir;
    for my $try (1 .. 200) {
        my $port = 20000 + int rand 12000;
        open my $lock, '>', "$dir/$port" or die "$dir/$port: $!";
        next unless flock $lock, LOCK_EX | LOCK_NB;
        my $socket = IO::Socket::INET->new(LocalAddr => '127.0.0.1',
            LocalPort => $port, Listen => 1, ReuseAddr => 1) or next;
        close $socket;
        push @locks, $lock;
        return $port;
    }

    die 'no free port';
}


# Options: workers; main, http, server: more lines of the conf there; store
# (arguments of flashsale_store), store_path; tls, http2: 1; user: the lines
# of flashsale_user; locations: instead of the usual ones; level of the log.
sub new ($class, %option) {
    my $dir = File::Temp->newdir('tuanbo-XXXXXXXX', DIR => $tmp);
    my $self = bless {
        workers => 2, store => 'size=64m', level => 'info',
        user => 'flashsale_user $http_x_user;', main => '', http => '',
        server => '', %option, dir => $dir, keys => 0, expected => [],
        port => free_port(), secrets => {},
    }, $class;

    if (!$ENV{TUANBO_STATIC} && !-e $module) {
        BAIL_OUT("$module is missing: make build");
    }

    chmod 0755, $dir or die $!;
    mkdir "$dir/$_" or die $! for qw(logs temp secrets);
    $self->{store_path} //= "$dir/store";
    $self->set_secrets($_, "secret-of-$_-" . rand) for @roles;
    $self->make_certificate if $self->{tls};
    push @instances, $self;

    return $self;
}


sub dir ($self) { "$self->{dir}" }
sub port ($self) { $self->{port} }
sub store_path ($self) { $self->{store_path} }


sub set_secrets ($self, $role, @secrets) {
    my $path = "$self->{dir}/secrets/$role";

    open my $file, '>', "$path.new" or die "$path: $!";
    chmod 0600, "$path.new";
    print {$file} map { "$_\n" } @secrets;
    close $file or die $!;
    rename "$path.new", $path or die $!;
    $self->{secrets}{$role} = $secrets[0];
}


sub make_certificate ($self) {
    system("openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256"
        . " -nodes -days 2 -subj /CN=localhost"
        . " -keyout $self->{dir}/key.pem -out $self->{dir}/cert.pem"
        . " >/dev/null 2>&1") == 0 or die 'openssl';
}


# ------------------------------------------------------------------ the conf

sub version ($self) {
    state $version = do {
        my ($major, $minor, $patch) =
            `$nginx -v 2>&1` =~ m{nginx/(\d+)\.(\d+)\.(\d+)};
        $major * 1000000 + $minor * 1000 + $patch;
    };
    return $version;
}


sub usual_locations ($self) {
    return <<'EOF';
        location /api/      { flashsale_api; }
        location /orders/   { flashsale_orders; }
        location = /ledger  { flashsale_ledger; }
        location = /activity { flashsale_activity_feed; }
        location /admin/    { allow 127.0.0.1; deny all; flashsale_admin; }
        location = /metrics { flashsale_metrics; }
EOF
}


sub load_line ($self) {
    return $ENV{TUANBO_STATIC} ? '' : "load_module $module;";
}


sub conf ($self) {
    my $dir = $self->{dir};
    my $user = $> == 0 ? 'user nobody nogroup;' : '';
    my $load = $self->load_line;
    my $new_http2 = $self->version >= 1025001;
    my $listen = "listen 127.0.0.1:$self->{port}"
        . ($self->{tls} ? ' ssl' : '')
        . ($self->{http2} && !$new_http2 ? ' http2' : '') . ';'
        . ($self->{http2} && $new_http2 ? ' http2 on;' : '');
    my $tls = $self->{tls} ? "ssl_certificate $dir/cert.pem;"
        . " ssl_certificate_key $dir/key.pem;" : '';
    my $locations = $self->{locations} // $self->usual_locations;
    my $secrets = join "\n    ",
        map { "flashsale_secret $_ $dir/secrets/$_;" } @roles;

    return <<"EOF";
$load
$user
worker_processes $self->{workers};
pid $dir/logs/nginx.pid;
error_log $dir/logs/error.log $self->{level};
env ASAN_OPTIONS; env UBSAN_OPTIONS; env LSAN_OPTIONS; env TSAN_OPTIONS;
$self->{main}
events { worker_connections 1024; }
http {
    log_format test '\$status \$request_method \$uri code=\$flashsale_code '
        'hold=\$flashsale_hold sale=\$flashsale_sale '
        'amount=\$flashsale_amount wait=\$flashsale_wait';
    access_log $dir/logs/access.log test;
    client_body_temp_path $dir/temp/body;
    proxy_temp_path $dir/temp/proxy;
    fastcgi_temp_path $dir/temp/fastcgi;
    uwsgi_temp_path $dir/temp/uwsgi;
    scgi_temp_path $dir/temp/scgi;
    client_body_buffer_size 128k;
    default_type application/octet-stream;
    flashsale_store $self->{store_path} $self->{store};
    $secrets
    $self->{http}
    server {
        $listen
        $tls
        $self->{user}
        $self->{server}
$locations
    }
}
EOF
}


sub write_conf ($self, $text = $self->conf) {
    open my $file, '>', "$self->{dir}/nginx.conf" or die $!;
    print {$file} $text;
    close $file or die $!;
}


# nginx -t of a text: its exit status and what it says.
sub check_conf ($self, $text) {
    my $path = "$self->{dir}/check.conf";

    open my $file, '>', $path or die $!;
    print {$file} $text;
    close $file or die $!;
    my $said = `$nginx -t -e stderr -p $self->{dir} -c $path 2>&1`;

    return ($? >> 8, $said);
}


# ------------------------------------------------------------------- process

sub start ($self, %option) {
    $self->{$_} = $option{$_} for keys %option;
    $self->write_conf;
    local %ENV = (%ENV, %{ $self->{env} // {} });
    my $said = `$nginx -p $self->{dir} -c $self->{dir}/nginx.conf 2>&1`;
    if ($? != 0) {
        diag($said, $self->log_text);
        die 'nginx does not start';
    }
    $self->{master} = $self->read_pid;
    $self->wait_ready;

    return $self;
}


# The pid in nginx's file, once it is written.
sub read_pid ($self) {
    my $path = "$self->{dir}/logs/nginx.pid";
    my $pid = wait_until {
        open my $file, '<', $path or return;
        my $line = <$file>;
        $line && $line =~ /^(\d+)$/ && alive($1) ? $1 : undef;
    } or die "no pid in $path";

    return $pid;
}


# All workers have opened the store: reads answer, and commands do.
sub wait_ready ($self) {
    wait_until { my @pids = $self->worker_pids; @pids >= $self->{workers} };
    return if defined $self->{locations};
    wait_until {
        for (1 .. 2 * $self->{workers}) {
            my $res = $self->get('/api/sales/none');
            return if ($res->code // 0) != 404;
        }
        return 1;
    } or diag('nginx is not ready');
}


# A zombie is gone: nobody reaps the orphans of a container.
sub alive ($pid) {
    open my $file, '<', "/proc/$pid/stat" or return 0;
    my $line = <$file> // '';
    return $line =~ /\) ([A-Z])/ && $1 ne 'Z' && $1 ne 'X';
}


sub wait_gone ($self, $seconds, @pids) {
    return wait_until { !grep { alive($_) } @pids } $seconds;
}


sub children ($pid) {
    my @found;

    for my $path (glob '/proc/[0-9]*/stat') {
        open my $file, '<', $path or next;
        my $line = <$file> // next;
        my ($child, $name, $state, $parent) =
            $line =~ /^(\d+) \((.*)\) (\S) (\d+)/s or next;
        push @found, $child if $parent == $pid && $state !~ /[ZX]/;
    }

    return sort { $a <=> $b } @found;
}


sub master_pid ($self) { $self->{master} }


# Workers that take connections (not those of a reload that finish).
sub worker_pids ($self, $master = $self->{master}) {
    return grep { title($_) =~ /^nginx: worker process(?! is shutting)/ }
        children($master);
}


sub all_worker_pids ($self, $master = $self->{master}) {
    return grep { title($_) =~ /^nginx: worker process/ } children($master);
}


sub title ($pid) {
    open my $file, '<', "/proc/$pid/cmdline" or return '';
    return <$file> // '';
}


sub stop ($self, $seconds = 10) {
    my $master = delete $self->{master} or return 1;
    my @pids = ($master, children($master));

    kill QUIT => $master;
    my $gone = $self->wait_gone($seconds, @pids);
    if (!$gone) {
        my @left = grep { alive($_) } @pids;
        kill KILL => @left;
        $self->wait_gone(5, @left);
    }
    delete $self->{ua};

    return $gone;
}


# Kills worker number $i, counted from 0; gives its pid.
sub kill9_worker ($self, $i = 0) {
    wait_until { !$self->openings };
    my $pid = wait_until { ($self->worker_pids)[$i] } or die 'no worker';

    $self->expect_log(qr/worker process $pid exited on signal 9/);
    kill KILL => $pid;
    $self->wait_gone(5, $pid);

    return $pid;
}


# How many openings of the store have begun since one ended well: `opening` of
# core/store/mark.h. After three that were killed it would stay shut for a
# minute.
sub openings ($self) {
    open my $mark, '<:raw', $self->store_path . '/mark' or return 0;
    sysread $mark, my $row, 96;

    return unpack 'x92 L', $row;
}


# Everything at once, as when the machine loses its processes.
sub kill9_all ($self) {
    my $master = delete $self->{master};
    my @pids = ($master, children($master));

    # the master first, or it would start new workers
    kill KILL => $_ for @pids;
    $self->wait_gone(5, @pids);
    delete $self->{ua};
}


# HUP; gives the pids of the workers that were.
sub reload ($self, %option) {
    my %old = map { $_ => 1 } $self->worker_pids;

    $self->{$_} = $option{$_} for keys %option;
    $self->write_conf;
    kill HUP => $self->{master};
    wait_until {
        my @pids = $self->worker_pids;
        @pids >= $self->{workers} && !grep { $old{$_} } @pids;
    } or diag('no new workers after a reload');

    return keys %old;
}


# USR2, then QUIT to the old master.  Gives the pids of the old processes.
sub upgrade ($self) {
    my $old = $self->{master};
    my @old = $self->worker_pids;

    $self->{old_masters}{$old} = 1;
    kill USR2 => $old;
    my $new = wait_until {
        my $pid = slurp("$self->{dir}/logs/nginx.pid");
        chomp $pid;
        return if $pid !~ /^\d+$/ || $pid == $old;
        my @new = $self->worker_pids($pid);
        @new >= $self->{workers} ? $pid : undef;
    } or die 'no new master after USR2';
    kill QUIT => $old;
    $self->{master} = $new;

    return ($old, @old);
}


# ------------------------------------------------------------------ requests

sub ua ($self) {
    return $self->{ua} //= Mojo::UserAgent->new(
        max_connections => 0, max_redirects => 0, insecure => 1,
        connect_timeout => 10, inactivity_timeout => 60 * $slower,
        request_timeout => 60 * $slower);
}


sub url ($self, $target, $port = undef) {
    return ($self->{tls} ? 'https' : 'http')
        . '://127.0.0.1:' . ($port // $self->{port}) . $target;
}


sub signature ($self, $role, $method, $target, $key, $body, %option) {
    return sign($option{secret} // $self->{secrets}{$role},
        $option{t} // int time, $method, $target, $key, $body);
}


# Options: user, key, json, form, body, type, role (signs; with t, secret,
# signed_body), headers, port.
sub tx ($self, $method, $target, %o) {
    my %headers = %{ $o{headers} // {} };
    my $body = $o{body} // '';

    if (exists $o{json}) {
        $body = encode_json($o{json});
        $headers{'Content-Type'} //= 'application/json';
    }
    if (exists $o{form}) {
        $body = Mojo::Parameters->new(@{ $o{form} })->to_string;
        $headers{'Content-Type'} //= 'application/x-www-form-urlencoded';
    }
    $headers{'Content-Type'} = $o{type} if defined $o{type};
    $headers{'Content-Type'} //= 'application/json' if length $body;
    $headers{'X-User'} = $o{user} if defined $o{user};
    $headers{'Idempotency-Key'} = $o{key} if defined $o{key};
    if ($o{role}) {
        $headers{'Flashsale-Signature'} = $self->signature($o{role}, $method,
            $target, $o{key}, $o{signed_body} // $body, %o);
    }

    return $self->ua->build_tx($method => $self->url($target, $o{port}),
        \%headers, $body);
}


# A request and its answer.  No answer: the code is undefined.
sub call ($self, $method, $target, %o) {
    return $self->ua->start($self->tx($method, $target, %o))->res;
}


sub get ($self, $target, %o) { $self->call(GET => $target, %o) }
sub post ($self, $target, %o) { $self->call(POST => $target, %o) }


# The text of /metrics, by a worker that has opened the store: after a start or
# a reload another may answer first, and has no more than its own to tell.
sub metrics ($self) {
    my $text;

    wait_until {
        $text = $self->get('/metrics')->body;
        $text =~ /^flashsale_store_open 1$/m;
    };

    return $text;
}


# One of them, without labels; undef when it is not told.
sub metric ($self, $name) {
    return $self->metrics =~ /^flashsale_\Q$name\E (\S+)$/m ? $1 : undef;
}


sub call_p ($self, $method, $target, %o) {
    my $promise = Mojo::Promise->new;

    $self->ua->start($self->tx($method, $target, %o),
        sub ($ua, $tx) { $promise->resolve($tx->res) });

    return $promise;
}


# Many requests, each [method, target, options], `parallel` at once (all); each
# answer is given to `told` when it comes.  Gives the answers in their order.
sub many ($self, $calls, %o) {
    my @answers;
    my $next = 0;
    my $open = 0;
    my $parallel = $o{parallel} // @$calls;
    my $more;

    $more = sub {
        while ($open < $parallel && $next < @$calls) {
            my $i = $next++;
            $open++;
            $self->call_p($calls->[$i]->@*)->then(sub ($res) {
                $answers[$i] = $res;
                $open--;
                $o{told}->($res) if $o{told};
                $more->();
            });
        }
        Mojo::IOLoop->stop if !$open;
    };
    Mojo::IOLoop->next_tick(sub { $more->() });
    Mojo::IOLoop->start;
    undef $more;

    return @answers;
}


sub new_key ($self) { 'key-' . $$ . '-' . ++$self->{keys} }


# A change by the operator; dies when it is not taken.
sub admin ($self, $method, $target, %o) {
    my $res = $self->call($method, "/admin$target", role => 'admin',
        key => $self->new_key, %o);

    die "$method $target: " . ($res->code // 'no answer') . ' ' . $res->body
        if ($res->code // 0) !~ /^20[01]$/;

    return $res->json;
}


sub define_sale ($self, $id, %fields) {
    return $self->admin(PUT => "/sales/$id",
        json => { price_fen => 3980, stock => 200, %fields });
}


# Pickup points that holds may name.
sub points ($self, @ids) {
    $self->admin(PUT => "/documents/pickup/$_", json => { name => $_ })
        for @ids;
}


sub sale ($self, $id) { $self->get("/api/sales/$id")->json }


# What `hold` sends, for many().
sub hold_call ($self, $user, $sale, $qty = 1, %o) {
    my $pickup = delete $o{pickup};
    my $json = ref $sale
        ? { lines => [ map { { sale => $_->[0], qty => $_->[1] } } @$sale ] }
        : { sale => $sale, qty => $qty };

    $json->{pickup} = $pickup if defined $pickup;

    return [POST => '/api/holds', user => $user, json => $json, %o];
}


# POST /api/holds: one sale, or a list of [sale, qty].  Gives the answer.
sub hold ($self, @arguments) {
    return $self->call($self->hold_call(@arguments)->@*);
}


# The same, taken: gives the hold; dies when it is refused.
sub held ($self, @arguments) {
    my $res = $self->hold(@arguments);

    die "no hold: " . ($res->code // 'no answer') . ' ' . $res->body
        if ($res->code // 0) != 201;

    return $res->json;
}


sub order_call ($self, $id, $what, %json) {
    return [POST => "/orders/$id/$what", role => 'orders',
        %json ? (json => \%json) : ()];
}


sub order ($self, @arguments) {
    return $self->call($self->order_call(@arguments)->@*);
}


sub confirm ($self, $hold, $payment = "pay-$hold->{id}",
    $fen = $hold->{amount_fen})
{
    return $self->order($hold->{id}, 'confirm', payment => $payment,
        paid_fen => $fen);
}


sub read_hold ($self, $user, $id) {
    return $self->get("/api/holds/$id", user => $user)->json;
}


# The lines of the ledger after a number, as they came.
sub ledger_lines ($self, $after = 0, %o) {
    my @lines;

    while (1) {
        my $res = $self->get("/ledger?after=$after&limit=1000",
            role => 'ledger', %o);
        die 'ledger: ' . ($res->code // 'no answer') . ' ' . $res->body
            if ($res->code // 0) != 200;
        my @page = split /\n/, $res->body;
        last if !@page;
        push @lines, @page;
        $after = decode_json($page[-1])->{seq};
        last if @page < 1000;
    }

    return @lines;
}


sub ledger ($self, $after = 0, %o) {
    return map { decode_json($_) } $self->ledger_lines($after, %o);
}


# Entries of a type, e.g. all `expired` ones of a sale.
sub entries ($self, $type, $sale = undef) {
    return grep { $_->{type} eq $type
        && (!defined $sale || ($_->{sale} // '') eq $sale) } $self->ledger;
}


sub events ($self, $sales, %o) {
    return Tuanbo::Test::Events->new($self, $sales, %o);
}


# -------------------------------------------------------------------- checks

# Status and, for a refusal, a problem document with this code.
sub answers ($self, $res, $status, $code, $name) {
    local $Test::Builder::Level = $Test::Builder::Level + 1;
    my $got = $res->code // 'no answer';
    my $json = $res->json;
    my $said = ref $json eq 'HASH' ? $json->{code} // '' : '';
    my $good = $got eq $status
        && (!defined $code || $said eq $code
            && ($res->headers->content_type // '')
                =~ m{^application/problem\+json\b}
            && $json->{status} == $status && length $json->{title}
            && $json->{type} eq 'about:blank');

    ok($good, $name) or diag("got $got " . $res->body);

    return ref $json eq 'HASH' ? $json : {};
}


# The server's own audit, and ours: fold the feed again.
sub audit_ok ($self, $name = 'the audit agrees') {
    local $Test::Builder::Level = $Test::Builder::Level + 1;
    my $res = $self->get('/admin/audit', role => 'admin');
    my $audit = $res->json // {};
    my @wrong;

    if (($res->code // 0) != 200 || !$audit->{ok}) {
        push @wrong, 'audit: ' . ($res->code // 'no answer') . $res->body;
    }
    my $folded = eval { fold($self->ledger) };
    push @wrong, "fold: $@" if !$folded;
    for my $sale (@{ $audit->{sales} // [] }) {
        my $mine = $folded->{ $sale->{id} } // {};
        if (!$sale->{ok} || $sale->{stock} != $sale->{free} + $sale->{held}
            + $sale->{sold} || grep { $sale->{$_} < 0 }
            qw(stock free held sold))
        {
            push @wrong, encode_json($sale);
        }
        # holds may end between the audit and the feed
        next if $self->{moving};
        for my $field (qw(stock held sold)) {
            next if $sale->{$field} == ($mine->{$field} // -1);
            push @wrong, "$sale->{id}: $field is $sale->{$field} there, "
                . ($mine->{$field} // 'nothing') . ' in the feed';
        }
    }
    ok(!@wrong, $name) or diag(join "\n", @wrong);

    return $audit;
}


# What the entries of a feed add up to, sale by sale.  Dies as soon as any
# prefix has more held and sold than there is.
sub fold (@entries) {
    my %effect = (held => [1, 0], released => [-1, 0], expired => [-1, 0],
        cancelled => [-1, 0], sold => [-1, 1], sold_late => [0, 1],
        returned => [0, -1], restocked => [0, -1], granted => [0, 1],
        served => [1, 0]);
    my %sales;

    for my $entry (@entries) {
        my $id = $entry->{sale} // next;
        my $sale = $sales{$id} //= { stock => 0, held => 0, sold => 0 };
        if ($entry->{type} eq 'sale') {
            $sale->{stock} = $entry->{stock};
        }
        elsif ($entry->{type} eq 'stock') {
            $sale->{stock} += $entry->{qty};
        }
        elsif (my $change = $effect{ $entry->{type} }) {
            $sale->{held} += $change->[0] * $entry->{qty};
            $sale->{sold} += $change->[1] * $entry->{qty};
        }
        die "entry $entry->{seq} leaves $id with "
            . encode_json($sale) . "\n"
            if $sale->{held} < 0 || $sale->{sold} < 0
            || $sale->{held} + $sale->{sold} > $sale->{stock};
    }

    return \%sales;
}


# The chain of the whole feed, by the script that anyone can run.
sub chain_ok ($self, $name = 'the chain of the feed holds') {
    local $Test::Builder::Level = $Test::Builder::Level + 1;
    my $path = "$self->{dir}/feed.ndjson";

    open my $file, '>', $path or die $!;
    print {$file} map { "$_\n" } $self->ledger_lines;
    close $file or die $!;
    my $said = `$^X $root/conf/bin/tuanbo-check-ledger $path 2>&1`;
    is($?, 0, $name) or diag($said);
}


# ------------------------------------------------------------------- the log

sub slurp ($path) {
    open my $file, '<', $path or return '';
    local $/;
    return <$file> // '';
}


sub log_text ($self) { slurp("$self->{dir}/logs/error.log") }
sub access_text ($self) { slurp("$self->{dir}/logs/access.log") }


# Announces a line that the error log may get.
sub expect_log ($self, $pattern) {
    push @{ $self->{expected} }, $pattern;
}


sub unexpected_lines ($self) {
    my @lines;

    for my $line (split /\n/, $self->log_text) {
        # lines without a level are told, too: a sanitizer wrote them, or
        # stderr
        next if $line =~ /^[\d\/]+ [\d:]+ \[(?:debug|info|notice)\]/;
        # stores of tests are small, so a load may well fill one soon
        next if $line =~ /\[warn\].*the store will be full in/;
        next if grep { $line =~ $_ } @{ $self->{expected} };
        push @lines, $line;
    }

    return @lines;
}


# Stops what runs, reads the error log, ends the test.
sub finish ($self) {
    local $Test::Builder::Level = $Test::Builder::Level + 1;

    for my $each (@instances) {
        ok($each->stop, 'nginx ends when asked') if $each->{master};
        my @lines = $each->unexpected_lines;
        is(scalar @lines, 0, 'no unexpected line in the error log')
            or diag(map { "$_\n" } @lines[0 .. ($#lines > 30 ? 30 : $#lines)]);
    }
    done_testing();
}


END {
    my $status = $?;

    for my $each (@instances) {
        for my $master (grep { defined } $each->{master},
            keys %{ $each->{old_masters} // {} })
        {
            my @pids = grep { alive($_) && title($_) =~ /^nginx/ }
                $master, children($master);
            kill KILL => @pids if @pids;
        }
        if ($ENV{TUANBO_KEEP}) {
            $each->{dir}->unlink_on_destroy(0);
            diag("kept: $each->{dir}");
        }
    }
    $? = $status;
}


1;
