use v5.36;
use utf8;
use Tuanbo::Test;
use Tuanbo::Test::OrderService;

# What nginx tells an order service, to the byte, and which server of an
# upstream it tells.

use IO::Socket::INET;
use Mojo::Util qw(encode url_escape);
use POSIX ();

use lib Tuanbo::Test::root() . '/conf/demo/order-service/lib';
use OrderService::Secrets;

my @names = qw(Hold Lines Amount Buyer Return Expires);
my $t = Tuanbo::Test->new(http => 'flashsale_live_holds 100;');
my %server = map { $_ => server($_) } qw(good closing silent);
my $nobody = Tuanbo::Test::free_port();

sub header_lines {
    return join "\n", map { "proxy_set_header $_;" }
        Tuanbo::Test::OrderService::header_lines();
}

# Servers of our own. good: answers; closing: reads and hangs up; silent:
# reads and says nothing. Each writes down what it was sent.
sub server ($behaviour) {
    my $port = Tuanbo::Test::free_port();
    my $socket = IO::Socket::INET->new(LocalAddr => '127.0.0.1',
        LocalPort => $port, Listen => 16, ReuseAddr => 1) or die $!;
    my $pid = fork // die "fork: $!";

    return { port => $port, pid => $pid } if $pid;
    my @kept;
    while (my $client = $socket->accept) {
        my $request = '';
        while ($request !~ /\r\n\r\n/) {
            sysread $client, $request, 65536, length $request or last;
        }
        open my $log, '>>', $t->dir . "/$behaviour.requests" or last;
        print {$log} "$request\0";
        close $log;
        push @kept, $client if $behaviour eq 'silent';
        print {$client} "HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nok"
            if $behaviour eq 'good';
        $client->close if $behaviour ne 'silent';
    }
    POSIX::_exit(0);
}

END {
    my $status = $?;

    for my $one (values %server) {
        kill KILL => $one->{pid};
        waitpid $one->{pid}, 0;
    }
    $? = $status;
}

sub requests ($behaviour) {
    return split /\0/, Tuanbo::Test::slurp($t->dir . "/$behaviour.requests");
}

# The headers of the last request, by their names; the first line as `line`.
sub told ($behaviour = 'good') {
    my ($line, @headers) = split /\r\n/, (requests($behaviour))[-1];
    my %told = (line => $line);

    for my $header (@headers) {
        my ($name, $value) = $header =~ /^([^:]+): ?(.*)$/s;
        $told{$name} = exists $told{$name} ? 'twice' : $value;
    }

    return \%told;
}

# Signed as docs/checkout.md says, by what the demo's service goes by?
sub signed ($told, $secret = $t->{secrets}{checkout}) {
    my ($method, $target) = split / /, $told->{line};
    my ($time, $v1) = ($told->{'Flashsale-Signature'} // '')
        =~ /\At=(\d+),v1=([0-9a-f]{64})\z/ or return 0;
    my $values = join "\n", map { $told->{"Flashsale-$_"} // '' } @names;

    return abs($time - time) < 10 * Tuanbo::Test::slower()
        && OrderService::Secrets::mac($secret, $time, $method, $target,
            $values) eq $v1;
}

my $headers = header_lines();
my $common = <<"EOF";
    proxy_pass_request_body off;
    proxy_set_header Content-Length "";
    proxy_http_version 1.1;
    proxy_set_header Connection "";
    proxy_next_upstream error timeout;
    proxy_next_upstream_tries 2;
    proxy_connect_timeout 2s;
    proxy_read_timeout 500ms;
    $headers
EOF
my $http = <<"EOF";
    flashsale_live_holds 100;
    upstream checkout { server 127.0.0.1:$server{good}{port}; keepalive 4; }
    upstream down { server 127.0.0.1:$nobody; }
    upstream one_down {
        server 127.0.0.1:$nobody max_fails=0;
        server 127.0.0.1:$server{good}{port} backup;
    }
    upstream one_closing {
        server 127.0.0.1:$server{closing}{port} max_fails=0;
        server 127.0.0.1:$server{good}{port} backup;
    }
    upstream one_silent {
        server 127.0.0.1:$server{silent}{port} max_fails=0;
        server 127.0.0.1:$server{good}{port} backup;
    }
    log_format checkout '\$status lines=\$flashsale_lines '
        'expires=\$flashsale_expires return=\$flashsale_checkout_return';
EOF
my $locations = <<"EOF";
    $common
    flashsale_checkout_return /holds/\$hold;
    location ~ ^/checkout/(?<hold>[0-9a-f]+)\$ {
        flashsale_pay \$hold;
        proxy_pass http://checkout;
        access_log @{[ $t->dir ]}/logs/checkout.log checkout;
    }
    location ~ "^/named/(?<hold>[0-9a-f]+)/-(?<who>[^/]*)/(?<back>[^/]*)\$" {
        flashsale_pay \$hold;
        flashsale_checkout_buyer \$who;
        flashsale_checkout_return \$back;
        proxy_pass http://checkout;
    }
    location /called/ {
        flashsale_checkout_buyer \$http_x_label;
        location ~ ^/called/(?<hold>[0-9a-f]+)\$ {
            flashsale_pay \$hold;
            proxy_pass http://checkout;
        }
    }
    location ~ ^/via/(?<upstream>\\w+)/(?<hold>[0-9a-f]+)\$ {
        flashsale_pay \$hold;
        proxy_pass http://\$upstream;
        error_page 502 504 = \@down;
    }
    location /unguarded/ { proxy_pass http://checkout; }
    location \@down { return 503 "held: \$hold, \$flashsale_lines.\\n"; }
EOF
$t->start(http => $http, server => $locations);
$t->define_sale($_, price_fen => 3980, stock => 100)
    for 'grape', map { ('l' x 60) . "-$_" } 1 .. 7;

# ---- all of it
my $hold = $t->held('alice', 'grape', 2);
my $res = $t->post("/checkout/$hold->{id}?x=%41&y", user => 'alice',
    key => 'a-key-of-the-client', headers => {
        'Flashsale-Signature' => 't=1,v1=' . 'a' x 64,
        'Flashsale-Amount' => '1', 'flashsale-buyer' => 'somebody else' });
is($res->code, 200, 'it goes on to the upstream') or diag($res->body);
my $now = $t->read_hold('alice', $hold->{id});
my $told = told();
is($told->{line}, "POST /checkout/$hold->{id}?x=%41&y HTTP/1.1",
    'the target as it came');
is($told->{'Flashsale-Hold'}, $hold->{id}, 'the hold');
is($told->{'Flashsale-Lines'},
    '[{"sale":"grape","qty":2,"price_fen":3980,"off_fen":0}]', 'its lines');
is($told->{'Flashsale-Amount'}, 7960, 'the amount');
my ($entry) = $t->entries('held', 'grape');
is($told->{'Flashsale-Buyer'}, $entry->{buyer}, 'the ledger\'s pseudonym');
is($told->{'Flashsale-Return'}, "/holds/$hold->{id}", 'the way back');
is($now->{state}, 'paying', 'the hold is paying');
isnt($now->{expires_at}, $hold->{expires_at}, 'for another time');
is($told->{'Flashsale-Expires'}, $now->{expires_at}, 'and that is said');
ok(signed($told), 'signed, with no key') or diag(explain $told);
ok(!grep({ ($_ // '') eq 'twice' } values %$told), 'each header is once');

$res = $t->post("/checkout/$hold->{id}", user => 'alice');
is(told()->{'Flashsale-Expires'}, $now->{expires_at},
    'the same time at another try');
ok(signed(told()), 'signed for another target');

# ---- eight lines
my @lines = map { [$_, 10] } 'grape', map { ('l' x 60) . "-$_" } 1 .. 7;
$hold = $t->held('bob', \@lines);
is($t->post("/checkout/$hold->{id}", user => 'bob')->code, 200, 'eight lines');
$told = told();
is_deeply(decode_json($told->{'Flashsale-Lines'}), $hold->{lines}, 'are told');
unlike($told->{'Flashsale-Lines'}, qr/\s/, 'in compact JSON');
is($told->{'Flashsale-Amount'}, $hold->{amount_fen}, 'with their sum');
ok(signed($told), 'signed');

# ---- GET and HEAD
$hold = $t->held('carol', 'grape', 1);
for my $method (qw(GET HEAD)) {
    $t->call($method, "/checkout/$hold->{id}", user => 'carol');
    $told = told();
    like($told->{line}, qr/^$method /, "$method goes on");
    is($told->{'Flashsale-Expires'}, $hold->{expires_at},
        'with the time of a hold that is held');
    ok(signed($told), "signed as $method");
}

# ---- who and where to, by directives
sub named ($who, $back) {
    $t->post("/named/$hold->{id}/-" . join('/',
        map { url_escape(encode('UTF-8', $_), '^A-Za-z0-9') } $who, $back),
        user => 'carol');
    return told();
}

sub not_signed ($told, $name, @missing) {
    local $Test::Builder::Level = $Test::Builder::Level + 1;
    my @there = grep { exists $told->{"Flashsale-$_"} } @missing, 'Signature';
    is("@there", '', $name);
    is($told->{'Flashsale-Amount'}, 3980, "$name: the rest is there");
}

$told = named('carol;1234;李阿姨', 'https:elsewhere');
is($told->{'Flashsale-Buyer'}, encode('UTF-8', 'carol;1234;李阿姨'),
    'a buyer in UTF-8');
is($told->{'Flashsale-Return'}, 'https:elsewhere', 'and a way back');
ok(signed($told), 'are signed');
$t->post("/called/$hold->{id}", user => 'carol',
    headers => { 'X-Label' => 'Carol' });
is(told()->{'Flashsale-Buyer'}, 'Carol', 'a buyer said further out');
is(told()->{'Flashsale-Return'}, "/holds/$hold->{id}", 'and a way back');
$told = named('a b', '');
is($told->{'Flashsale-Buyer'}, 'a b', 'a blank in it');
ok(!exists $told->{'Flashsale-Return'}, 'nowhere to go');
ok(signed($told), 'is signed as an empty line');
$told = named('', 'back');
ok(!exists $told->{'Flashsale-Buyer'}, 'nobody');
ok(signed($told), 'is signed as an empty line too');
is(scalar(grep { /\[error\]/ } split /\n/, $t->log_text), 0,
    'nothing in the log');

$t->expect_log(qr/"flashsale_checkout_(?:buyer|return)" has a control/);
for my $bad ("a\nFlashsale-Signature: forged", "a\r\n\r\nGET x HTTP.1",
    "\t", "a\x7f", "\x01", ' a', 'a ')
{
    my $shown = url_escape($bad);
    not_signed(named($bad, 'back'), "no buyer $shown", 'Buyer');
    not_signed(named('who', $bad), "no way back $shown", 'Return');
}
is(scalar(() = $t->log_text =~ /"flashsale_checkout_buyer" has/g), 7,
    'the log says why');
is(scalar(() = $t->log_text =~ /"flashsale_checkout_return" has/g), 7,
    'once each');

# ---- where there is nothing to tell
my $count = requests('good');
$t->answers($t->post("/checkout/$hold->{id}", user => 'dora'), 404,
    'no_such_hold', 'another\'s hold');
is($t->order($hold->{id}, 'cancel')->code, 200, 'a payment that failed');
$t->answers($t->post("/checkout/$hold->{id}", user => 'carol'), 409,
    'wrong_state', 'is the end of its checkout');
is(scalar(requests('good')), $count, 'neither goes on');
eventually { Tuanbo::Test::slurp($t->dir . '/logs/checkout.log')
    =~ /^409 lines=- expires=- return=-$/m } 'and have no values in a log';

$t->post('/unguarded/x', user => 'alice', headers => {
    map { ("Flashsale-$_" => 'forged') } @names, 'Signature' });
is(join(' ', grep { /^flashsale/i } keys %{ told() }), '',
    'without flashsale_pay there are none, a client\'s neither');

# ---- another secret: the first line signs
my $old = $t->{secrets}{checkout};
$hold = $t->held('erin', 'grape', 1);
$t->set_secrets('checkout', 'the new one of the checkout', $old);
$t->reload;
$t->post("/checkout/$hold->{id}", user => 'erin');
ok(signed(told(), 'the new one of the checkout'), 'signed with the first secret');
ok(!signed(told(), $old), 'not with the other one');

# ---- servers of one upstream
sub via ($upstream, $method = 'POST') {
    return $t->call($method, "/via/$upstream/$hold->{id}", user => 'erin');
}

$t->expect_log(qr/connect\(\) failed \(111: /);
$t->expect_log(qr/upstream prematurely closed connection/);
$t->expect_log(qr/upstream timed out/);

$count = requests('good');
is(via('one_down')->code, 200, 'one server cannot be reached: the other is');
is(scalar(requests('good')), $count + 1, 'asked, once');
ok(signed(told()), 'with the same signature');

for my $case ([one_closing => 'closing'], [one_silent => 'silent']) {
    my ($upstream, $behaviour) = @$case;
    $count = requests('good');
    is(via($upstream)->code, 503, "$behaviour: a POST that was sent");
    is(scalar(requests($behaviour)), 1, 'was sent once');
    is(scalar(requests('good')), $count, 'and not again to another');
    is(via($upstream, 'GET')->code, 200, 'a GET');
    is(scalar(requests('good')), $count + 1, 'is');
}

# ---- none can be reached
$res = via('down');
is($res->code, 503, 'a page of one\'s own');
is($res->body, "held: $hold->{id}, .\n", 'knows the hold from its address');
is($t->read_hold('erin', $hold->{id})->{state}, 'paying', 'which is held');

$t->audit_ok;
$t->finish;
