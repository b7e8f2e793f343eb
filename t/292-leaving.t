use v5.36;
use IO::Socket::INET;
use Tuanbo::Test;

# A worker that leaves while other people's connections keep it: it gives up
# its ring at once, and takes one again for who comes late.

# an upstream that says nothing, as a web socket may for hours
my $silent = IO::Socket::INET->new(LocalAddr => '127.0.0.1', Listen => 100)
    or die $!;
my $t = Tuanbo::Test->new(workers => 1, server => 'location /silent {'
    . ' proxy_set_header Upgrade $http_upgrade;'
    . ' proxy_set_header Connection upgrade; proxy_http_version 1.1;'
    . ' proxy_pass http://127.0.0.1:' . $silent->sockport . '; }')->start;
$t->define_sale('grape', stock => 1000);

sub client ($text) {
    my $socket = IO::Socket::INET->new(PeerAddr => '127.0.0.1',
        PeerPort => $t->port) or die $!;
    syswrite $socket, $text;
    return $socket;
}

# A web socket through nginx: switched to, and then silent.
my @kept;
sub web_socket () {
    my $socket = client("GET /silent HTTP/1.1\r\nHost: x\r\n"
        . "Upgrade: websocket\r\nConnection: Upgrade\r\n\r\n");
    my $upstream = $silent->accept;
    syswrite $upstream, "HTTP/1.1 101 Switching Protocols\r\n"
        . "Upgrade: websocket\r\nConnection: Upgrade\r\n\r\n";
    sysread $socket, my $switched, 200;
    push @kept, $socket, $upstream;
    return $switched =~ /^HTTP\/1.1 101/;
}

sub freed () {
    my @lines = $t->log_text
        =~ /#\d+: flashsale: this worker leaves, its ring is free/g;
    return scalar @lines;
}

# ---- more reloads than there are rings
my ($switched, %codes) = (0);
for my $round (1 .. 20) {
    $switched += web_socket() ? 1 : 0;
    $t->reload;
    $codes{ $t->hold("u-$round", 'grape', 1)->code // 'none' }++;
}
is($switched, 20, 'twenty web sockets');
is_deeply(\%codes, { 201 => 20 }, 'after each reload a hold is taken')
    or diag(explain(\%codes));
unlike($t->log_text, qr/rings are taken/, 'there was a ring for each worker');
is(scalar $t->all_worker_pids, 21, 'all workers are there');
eventually { freed() == 20 } 'those that leave have no ring'
    or diag(freed());

# ---- who comes late is served by the worker that he came to
my $early = client("POST /api/holds HTTP/1.1\r\nHost: x\r\nX-User: late\r\n"
    . "Content-Type: application/json\r\nContent-Length: 24\r\n");
my $stream = client("GET /api/events?sale=grape HTTP/1.1\r\nHost: x\r\n");
my $page = client("GET /api/sales/grape HTTP/1.1\r\nHost: x\r\n");
web_socket();
my ($old) = $t->reload;
eventually { freed() == 21 } 'the worker of three who are late has none';
syswrite $_, "\r\n" for $early, $stream, $page;
syswrite $early, '{"sale":"grape","qty":1}';
my ($late, $events, $sale) = map { my $socket = $_; local $/;
    scalar(<$socket>) // '' } $early, $stream, $page;
like($late, qr{^HTTP/1\.1 201 }, 'a late hold');
like($late, qr{^Connection: close}m, 'and the connection is closed');
like($events, qr/^event: snapshot$/m, 'a late stream');
like($sale, qr{^HTTP/1\.1 200 }, 'a late look');
eventually { freed() == 22 } 'and the ring is free again';
ok(Tuanbo::Test::alive($old), 'the worker still has its web socket');

# ---- a body on its way counts
my $slow = client("POST /api/holds HTTP/1.1\r\nHost: x\r\nX-User: slow\r\n"
    . "Content-Type: application/json\r\nContent-Length: 24\r\n"
    . "Expect: 100-continue\r\n\r\n");
sysread $slow, my $go_on, 100;
web_socket();
$t->reload;
sleep 0.6;
is(freed(), 22, 'the ring is kept for half a request');
syswrite $slow, '{"sale":"grape","qty":1}';
like(do { local $/; <$slow> }, qr{^HTTP/1\.1 201 }, 'which is answered');
eventually { freed() == 23 } 'then it is given up';
is($t->sale('grape')->{held}, 22, 'all holds are there');

# ---- the end
close $_ for @kept;
eventually { my @all = $t->all_worker_pids; @all == 1 }
    'without web sockets the workers are gone';

$t->audit_ok;
$t->finish;
