#!/usr/bin/perl

# Inside a bare root where the packages are installed, with its network to
# itself: what the services do, without systemd: their directories, their user,
# their commands. A sale before an upgrade and after it, with the store in use,
# and somebody at the desk; then all of it purged.
#
#     use.pl VERSION DIRECTORY    the newer packages, and their version

use v5.36;

use HTTP::Tiny;
use IO::Socket::INET;
use JSON::PP qw(decode_json);
use Socket qw(AF_INET SOCK_DGRAM);
use Test::More;
use Time::HiRes qw(sleep time);

use lib '/usr/share/tuanbo/conf/lib';
use Tuanbo::Secrets qw(read_secrets);
use Tuanbo::Signature qw(sign);

use constant { SIOCSIFFLAGS => 0x8914, IFF_UP => 1, WAIT_S => 60 };

my ($version, $debs) = @ARGV;
my $http = HTTP::Tiny->new(timeout => 20, max_redirect => 0, proxy => undef,
    http_proxy => undef);
my %pids;
my ($cookie, $keys);

END {
    my $status = $?;

    kill KILL => values %pids;
    $? = $status;
}


sub slurp ($path) {
    open my $file, '<', $path or die "$path: $!\n";
    local $/;
    return scalar <$file>;
}


sub wait_until ($code) {
    my $end = time + WAIT_S;

    while (time < $end) {
        my $value = $code->();
        return $value if $value;
        sleep 0.1;
    }

    return;
}


# Options: role (signs), json.
sub ask ($method, $target, %o) {
    my %headers = ('Idempotency-Key' => 'key-' . ++$keys);

    $headers{'Content-Type'} = 'application/json' if $o{json};
    @headers{'Cookie', 'Sec-Fetch-Site'} = ($cookie, 'same-origin')
        if $cookie;
    if ($o{role}) {
        my ($secret) = read_secrets("/etc/tuanbo/secrets/$o{role}");

        $headers{'Flashsale-Signature'} = sign($secret, time =~ s/\..*//r,
            $method, $target, $headers{'Idempotency-Key'}, $o{json} // '');
    }

    return $http->request($method, "http://127.0.0.1:8080$target",
        { headers => \%headers, content => $o{json} // '' });
}


sub answers ($status, $name, @request) {
    my $res = ask(@request);

    is($res->{status}, $status, $name) or diag($res->{content});

    return $res->{content};
}


# The lines of a unit, and of what is dropped in.
sub unit ($name) {
    my $drop_in = $name eq 'tuanbo' ? 'tuanbo.service.d' : 'tuanbo-.service.d';

    ok(-s "/usr/lib/systemd/system/$drop_in/hardening.conf",
        "$name is hardened");

    return { slurp("/lib/systemd/system/$name.service")
        =~ /^(\w+)=(.*)$/mg };
}


# What systemd would do, by the unit's own lines.
sub directories ($is) {
    for my $place (['/run', 'Runtime'], ['/var/lib', 'State'],
        ['/var/log', 'Logs'], ['/var/cache', 'Cache'])
    {
        my ($top, $kind) = @$place;
        my $name = $is->{$kind . 'Directory'} // next;

        system('install', '-d', '-o', $is->{User}, '-g', $is->{Group}, '-m',
            $is->{$kind . 'DirectoryMode'} // '0755', "$top/$name");
    }
}


sub start ($name) {
    my $is = unit($name);
    my ($boot) = slurp('/proc/sys/kernel/random/boot_id') =~ tr/-\n//dr;
    my @as = ('setpriv', "--reuid=$is->{User}", "--regid=$is->{Group}",
        '--init-groups', 'env', '-i',
        map { s/%b/$boot/r } $is->{Environment} // ());

    directories($is);
    is(system(@as, split ' ', $is->{ExecStartPre}), 0, "$name: ExecStartPre")
        if $is->{ExecStartPre};

    my $pid = $pids{$name} = fork // die $!;
    if (!$pid) {
        exec "exec @as $is->{ExecStart}" or die $!;
    }
}


sub service () {
    start($_) for qw(tuanbo tuanbo-clerk tuanbo-office tuanbo-waves
        tuanbo-fold tuanbo-live);

    # /proc/sys is hidden from the services
    ok(wait_until(sub { ask(GET => '/api/sales')->{status} == 200 }),
        'the service answers') or diag(slurp('/var/log/tuanbo/error.log'));
    ok(wait_until(sub { $http->get('http://127.0.0.1:8091/desk/')->{status}
        == 401 }), 'and the desk') or diag(slurp('/var/log/tuanbo/office-error.log'));
    ok(wait_until(sub { $http->get('http://127.0.0.1:8092/state/any')->{content}
        =~ /"on":false/ }), 'and the live nginx')
        or diag(slurp('/var/log/tuanbo/live-error.log'));
    ok(IO::Socket::INET->new('127.0.0.1:1935'), 'which encoders reach');
    is($http->get('http://127.0.0.1:8080/hls/any/index.m3u8')->{status}, 404,
        'and the shop: no picture yet');
}


sub quit () {
    for my $name (sort keys %pids) {
        my $signal = unit($name)->{KillSignal} // 'SIGTERM';
        my $pid = delete $pids{$name};

        kill $signal =~ s/^SIG//r => $pid;
        is(waitpid($pid, 0), $pid, "$name ends");
    }
}


# The waves, as a warehouse's own system asks for them.
sub feed ($secret, @) {
    my $target = '/desk/feed/waves';

    return $http->get("http://127.0.0.1:8080$target", { headers => {
        'Flashsale-Signature' => sign($secret, time =~ s/\..*//r, 'GET',
            $target, '', '') } });
}


# The owner's link, as README says it is made; used by a browser.
sub at_the_desk () {
    my $said = `tuanbo-office invite --directory /var/lib/tuanbo/office \\
        --owner Lin --url http://127.0.0.1:8080`;
    my ($path) = $said =~ m{(/desk/in/\S+)} or diag($said);
    my $page = answers(200, 'a link to the desk', GET => $path // '/desk/');
    my ($form) = $page =~ /name="form" value="([^"]+)"/;
    my $res = $http->post_form("http://127.0.0.1:8080$path",
        { form => $form });

    is($res->{status}, 303, 'lets in') or diag($res->{content});
    my ($device) = ($res->{headers}{'set-cookie'} // '') =~ /^([^;]+)/;

    return $device;
}


sub desk_is_open ($when, $device) {
    for my $page (qw(staff money)) {
        ok(wait_until(sub { $http->get("http://127.0.0.1:8080/desk/$page",
            { headers => { Cookie => $device } })->{status} == 200 }),
            "the desk's page of $page $when");
    }
}


sub buys ($when) {
    my $hold = answers(201, "a neighbour holds two $when",
        POST => '/api/holds', json => '{"sale":"grape","qty":2}');
    my $id = eval { decode_json($hold)->{id} } // 'none';

    answers(200, "and pays $when", POST => "/orders/$id/confirm",
        role => 'orders', json => qq({"payment":"pay-$id","paid_fen":7960}));

    return $id;
}


sub is_sound ($when, $sold) {
    my $audit = decode_json(answers(200, "the audit $when",
        GET => '/admin/audit', role => 'admin'));

    ok($audit->{ok}, "all adds up $when");
    is($audit->{sales}[0]{sold}, $sold, "$sold are sold $when");
}


my $request = pack 'Z16 s x22', 'lo', IFF_UP;
socket my $socket, AF_INET, SOCK_DGRAM, 0 or die $!;
ioctl $socket, SIOCSIFFLAGS, $request or die "lo: $!\n";

# ---- what the packages have left
my %secrets = map { $_ => slurp("/etc/tuanbo/secrets/$_") }
    qw(orders ledger admin checkout session desk warehouse);
my %seen = map { $_ => 1 } values %secrets;
is(keys %seen, 7, 'seven secrets, each its own');
is_deeply([ grep { (stat "/etc/tuanbo/secrets/$_")[2] & 0007 } keys %secrets ],
    [], 'which nobody else reads');
is(system('tuanbo-check-ledger --help > /dev/null'), 0, 'the tools are there');
is(system('nginx -t -q'), 0, "Debian's own nginx takes the module");

# ---- in use
service();
answers(201, 'the operator defines a sale', PUT => '/admin/sales/grape',
    role => 'admin', json => '{"price_fen":3980,"stock":200}');
my $home = ask(GET => '/');
like($home->{content}, qr{href="/s/grape"}, 'the home page names it');
my @named = $home->{content} =~ m{\b(?:src|href)="(/[^"]*)"}g;
is_deeply([ grep { ask(GET => $_ =~ s/&amp;/&/gr)->{status} != 200 }
    @named ], [], 'all that it names is there: ' . @named);
my $set = $home->{headers}{'set-cookie'};
($cookie) = (ref $set ? $set->[0] : $set) =~ /^([^;]+)/;
my $id = buys('before the upgrade');
is_sound('before', 2);
is(feed('secret of somebody')->{status}, 401, 'the feed is signed');
is(feed(read_secrets('/etc/tuanbo/secrets/warehouse'))->{status}, 200,
    "and opens by the warehouse's secret") or diag(slurp('/var/log/tuanbo/office-error.log'));
my $device = at_the_desk();
desk_is_open('before', $device);

# ---- upgraded under it
is(system("apt-get install -y --no-install-recommends $debs/*.deb"
    . ' > /tmp/upgrade.log 2>&1'), 0, 'an upgrade')
    or diag(slurp('/tmp/upgrade.log'));
is(ask(GET => "/api/holds/$id")->{status}, 200, 'it answers meanwhile');
is_deeply({ map { $_ => slurp("/etc/tuanbo/secrets/$_") } keys %secrets },
    \%secrets, 'the secrets are the same');
quit();                                 # under systemd dpkg's scripts do
service();
like(ask(GET => '/metrics')->{content},
    qr/^flashsale_build_info\{version="\Q$version\E",/m, "it is $version");
like(answers(200, 'the order is there', GET => "/api/holds/$id"),
    qr/"state":"sold"/, 'sold as it was');
buys('after the upgrade');
is_sound('after', 4);
desk_is_open('after', $device);
is(slurp("/var/log/tuanbo/$_")
    =~ s/^.*(?:\[notice\]|it is waited for).*\n//mgr, '', "nothing in $_")
    for qw(error.log office-error.log live-error.log);

# ---- removed: the orders stay; purged: nothing does
quit();
is(system('apt-get remove -y tuanbo > /tmp/remove.log 2>&1'), 0, 'removed');
ok(-s '/var/lib/tuanbo/store/log/data.mdb', 'the orders are still there');
is(system('apt-get purge -y tuanbo tuanbo-tools libnginx-mod-http-flashsale'
    . ' > /tmp/purge.log 2>&1'), 0, 'purged') or diag(slurp('/tmp/purge.log'));
my @left = grep { -e } qw(/etc/tuanbo /var/lib/tuanbo /var/log/tuanbo
    /var/cache/tuanbo
    /usr/share/tuanbo /usr/bin/tuanbo-sign
    /usr/lib/nginx/modules/ngx_http_flashsale_module.so),
    glob '/etc/nginx/modules-enabled/*flashsale*';
is("@left", '', 'nothing is left');
is(system('nginx -t -q'), 0, "Debian's own nginx goes on");

done_testing();
