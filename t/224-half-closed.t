use v5.36;
use IO::Socket::INET;
use Socket ();
use Tuanbo::Test;

# A client may close its sending side when it has sent all: it is answered.

my $t = Tuanbo::Test->new(workers => 1, server => <<'EOF');
        location ~ ^/pay/(.*) {
            flashsale_pay $1;
            proxy_ignore_client_abort on;
            proxy_pass http://$server_addr:$server_port/paid;
        }
        location = /paid { return 200 "paid\n"; }
EOF
$t->start;
$t->define_sale('grape', stock => 1000);


sub half_closed ($method, $target, %o) {
    my $tx = $t->tx($method, $target, %o);
    my $socket = IO::Socket::INET->new(PeerAddr => '127.0.0.1',
        PeerPort => $t->port) or die "connect: $!";
    my $request = $tx->req->build_start_line . $tx->req->build_headers
        . $tx->req->body;

    syswrite $socket, $request;
    shutdown $socket, 1;
    local $/;
    my $said = <$socket> // '';

    return $said =~ m{^HTTP/1.1 (\d+)} ? $1 : "nothing: '$said'";
}


my %codes;
my $last;
$codes{ half_closed(POST => '/api/holds', user => "u-$_",
    json => { sale => 'grape', qty => 1 }) }++ for 1 .. 100;
is_deeply(\%codes, { 201 => 100 }, 'a hundred holds') or diag(explain(\%codes));
is($t->sale('grape')->{held}, 100, 'each is there');

my $hold = $t->held('lin', 'grape', 1);
%codes = ();
$codes{ half_closed(POST => "/admin/sales/grape/stock", role => 'admin',
    key => $t->new_key, json => { add => 1 }) }++ for 1 .. 30;
is_deeply(\%codes, { 200 => 30 }, 'operators') or diag(explain(\%codes));
is(half_closed(GET => '/admin/audit', role => 'admin'), 200, 'an audit');
is(half_closed(POST => "/pay/$hold->{id}", user => 'lin'), 200, 'a checkout');
is(half_closed(POST => "/orders/$hold->{id}/confirm", role => 'orders',
    json => { payment => 'p', paid_fen => 3980 }), 200, 'the order service');
$last = ($t->ledger)[-1]{seq};
is(half_closed(GET => "/ledger?after=$last&wait_ms=300", role => 'ledger'),
    200, 'a long poll');
is(half_closed(GET => '/api/sales/grape'), 200, 'a reader');

# two requests in one go, and then no more
{
    my $requests = '';
    for my $user (qw(eve fay)) {
        my $tx = $t->tx($t->hold_call($user, 'grape', 1)->@*);
        $requests .= $tx->req->build_start_line . $tx->req->build_headers
            . $tx->req->body;
    }
    my %said;
    for (1 .. 20) {
        my $socket = IO::Socket::INET->new(PeerAddr => '127.0.0.1',
            PeerPort => $t->port) or die;
        syswrite $socket, $requests;
        shutdown $socket, 1;
        local $/;
        my @codes = (<$socket> // '') =~ m{HTTP/1\.1 (\d+) }g;
        $said{"@codes"}++;
    }
    is_deeply([grep { !/^\d+ \d+$/ } keys %said], [],
        'two requests are both answered') or diag(explain(\%said));
}

# one that is gone ends; a reset that overtakes the request leaves no trace
$last = ($t->ledger)[-1]{seq};
eventually {
    my $socket = IO::Socket::INET->new(PeerAddr => '127.0.0.1',
        PeerPort => $t->port) or die;
    my $tx = $t->tx(GET => "/ledger?after=$last&wait_ms=30000",
        role => 'ledger');
    syswrite $socket, $tx->req->build_start_line . $tx->req->build_headers;
    sleep 0.1;
    setsockopt $socket, Socket::SOL_SOCKET(), Socket::SO_LINGER(),
        pack 'ii', 1, 0;
    close $socket;                      # a reset
    sleep 0.1;
    $t->access_text =~ m{^499 GET /ledger}m;
} 'a client that is gone does not wait';

$t->finish;
