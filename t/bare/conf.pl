#!/usr/bin/perl

# Inside a bare root that has its network to itself: nginx by a conf as it was
# printed, with the shop's login behind it, and its buyers in front.
#
#     conf.pl engine    /etc/nginx/nginx.conf, the README's
#     conf.pl shop      conf/tuanbo.conf, in the places that it names
#
# Nothing but what comes with perl and with the packages that are named.

use v5.36;
use FindBin;
use lib "$FindBin::Bin/../../conf/lib";

use HTTP::Tiny;
use IO::Socket::INET;
use JSON::PP qw(decode_json);
use Socket qw(AF_INET SOCK_DGRAM);
use Test::More;
use Time::HiRes qw(sleep);

use Tuanbo::Signature qw(sign);

use constant { SIOCSIFFLAGS => 0x8914, IFF_UP => 1, TRIES => 300 };

my $what = $ARGV[0] // '';
my $http = HTTP::Tiny->new(timeout => 20, proxy => undef,
    http_proxy => undef);
my @children;

END {
    my $status = $?;

    kill TERM => @children;
    waitpid $_, 0 for @children;
    $? = $status;
}


sub slurp ($path) {
    open my $file, '<', $path or die "$path: $!\n";
    local $/;
    return scalar <$file>;
}


sub child ($code) {
    my $pid = fork // die $!;

    if (!$pid) {
        @children = ();
        $code->();
        exit 0;
    }
    push @children, $pid;
}


# A new network has a loopback interface that is down.
sub loopback_up () {
    my $request = pack 'Z16 s x22', 'lo', IFF_UP;

    socket my $socket, AF_INET, SOCK_DGRAM, 0 or die $!;
    ioctl $socket, SIOCSIFFLAGS, $request or die "lo: $!\n";
}


# The login, which reads each request to its end before it answers, as a server
# of any framework does: 200, and X-User for whom it knows by a cookie.
sub login () {
    my $server = IO::Socket::INET->new(LocalAddr => '127.0.0.1',
        LocalPort => 9000, Listen => 16, ReuseAddr => 1) or die $!;

    child(sub {
        while (my $client = $server->accept) {
            my $head = '';
            while (my $line = <$client>) {
                $head .= $line;
                last if $line eq "\r\n";
            }
            my ($length) = $head =~ /^Content-Length: *(\d+)/mi;
            read $client, my $body, $length if $length;
            my ($user) = $head =~ /^Cookie:.*\buser=(\w+)/mi;
            print {$client} "HTTP/1.0 200 OK\r\nContent-Length: 0\r\n",
                defined $user ? "X-User: $user\r\n" : '', "\r\n";
            close $client;
        }
    });
}


sub nginx () {
    is(system('nginx', '-t'), 0, 'nginx -t');
    child(sub { exec 'nginx', '-g', 'daemon off;' or die $! });

    my $res;
    for (1 .. TRIES) {
        $res = ask(GET => '/api/sales');
        last if $res->{status} == 200;
        sleep 0.1;
    }
    is($res->{status}, 200, 'nginx serves') or diag($res->{content});
}


# Options: role (signs), json, cookie.
sub ask ($method, $target, %o) {
    my %headers = ('Idempotency-Key' => "$what-" . ++$http->{mine});

    if ($o{cookie}) {
        $headers{Cookie} = $o{cookie};
        $headers{'Sec-Fetch-Site'} = 'same-origin';
    }
    $headers{'Content-Type'} = 'application/json' if $o{json};
    if ($o{role}) {
        my ($secret) = slurp("/etc/nginx/flashsale/$o{role}") =~ /(\S+)/;

        $headers{'Flashsale-Signature'} = sign($secret, time, $method,
            $target, $headers{'Idempotency-Key'}, $o{json} // '');
    }

    return $http->request($method, "http://127.0.0.1$target",
        { headers => \%headers, content => $o{json} // '' });
}


sub answers ($status, $name, @request) {
    my $res = ask(@request);

    is($res->{status}, $status, $name) or diag($res->{content});

    return $res->{content};
}


sub engine () {
    login();
    nginx();
    answers(201, 'the operator defines a sale', PUT => '/admin/sales/grape',
        role => 'admin', json => '{"price_fen":3980,"stock":200}');
    my $order = '{"sale":"grape","qty":2}';
    answers(401, 'a stranger is asked who it is', POST => '/api/holds',
        json => $order);
    my $hold = answers(201, 'a buyer of the login holds two',
        POST => '/api/holds', json => $order, cookie => 'user=lin');
    my $id = eval { decode_json($hold)->{id} } // 'none';
    answers(200, 'pays', POST => "/orders/$id/confirm", role => 'orders',
        json => '{"payment":"p-1","paid_fen":7960}');
    like(answers(200, 'and reads it', GET => "/api/holds/$id",
        cookie => 'user=lin'), qr/"state":"sold"/, 'which is sold');
    like(answers(200, 'the ledger', GET => '/ledger', role => 'ledger'),
        qr/"type":"sold"/, 'says so');
    like(answers(200, 'Prometheus', GET => '/metrics'), qr/^flashsale_/m,
        'reads numbers');
}


# As its first lines say, with what `make install` put there.
sub shop () {
    my $conf = slurp('conf/tuanbo.conf');
    my ($modules) = $conf =~ /^((?:#     load_module .*\n)+)/m;
    my ($recipe) = $conf =~ /^# (openssl rand .*session)$/m;

    is(system('sh', '-c', $recipe // 'false'), 0, 'a secret for the cookies');
    open my $file, '>', '/etc/nginx/nginx.conf' or die $!;
    print {$file} $modules =~ s/^# +//mgr, "events { }\nhttp {\n",
        "include conf.d/*.conf;\n}\n";
    close $file;
    is(system('cp /usr/share/tuanbo/conf/tuanbo.conf /etc/nginx/conf.d/'), 0,
        'included');
    nginx();
    answers(201, 'the operator defines a sale', PUT => '/admin/sales/peach',
        role => 'admin', json => '{"price_fen":3980,"stock":200}');
    my $home = answers(200, 'the home page', GET => '/');
    like($home, qr{href="/s/peach"}, 'names it');
    my @named = $home =~ m{\b(?:src|href)="(/[^"]*)"}g;
    is_deeply([ grep { ask(GET => $_ =~ s/&amp;/&/gr)->{status} != 200 }
        @named ], [], 'all that it names is there: ' . @named);
    like(slurp('/var/log/nginx/error.log') =~ s/^.*\[notice\].*\n//mgr,
        qr/\A\z/, 'nothing in the error log');
}


loopback_up();
$what eq 'engine' ? engine() : $what eq 'shop' ? shop()
    : die "usage: $0 engine | shop\n";
done_testing();
