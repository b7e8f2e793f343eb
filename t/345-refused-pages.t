use v5.36;
use utf8;
use IO::Socket::INET;
use Tuanbo::Test;
use Tuanbo::Test::Storefront;

# What nginx itself refuses, in the shipped storefront: a page for people, a
# problem document below the API.

my $t = Tuanbo::Test::Storefront->storefront(workers => 1,
    http => 'limit_req_zone $http_x_slow zone=slow:1m rate=1r/m;'
        . ' limit_conn_zone $http_x_alone zone=alone:1m;',
    server => 'limit_req zone=slow; limit_conn alone 1;'
        . ' large_client_header_buffers 2 2k;'
        . ' location /hidden/ { deny all; }'
        . ' location /guarded/ { auth_request /nobody; }'
        . ' location = /nobody { internal; return 401; }');
$t->start;
$t->wait_ready;
$t->define_sale('grape', stock => 20);
$t->expect_log(qr/limiting requests|access forbidden by rule/);
$t->expect_log(qr/client (?:intended to send too large|sent (?:too|invalid|unknown))/);

my $shop = Tuanbo::Test::Storefront->buyer($t);
$shop->get('/s/grape');

sub page ($res, $status, $words, $name) {
    local $Test::Builder::Level = $Test::Builder::Level + 1;
    is($res->code, $status, $name) or diag($res->body);
    like($res->headers->content_type // '', qr{^text/html}, "$name: a page");
    my $main = $res->dom->at('main');
    like($main ? $main->all_text : '', $words, "$name: in words");
}

my $large = 'csrf=' . 'x' x 70_000;
page($shop->start(POST => '/settings', $large)->res, 413, qr/太大/,
    'a form too large for a page');
page($shop->get('/hidden/x')->res, 403, qr/不对外开放/, 'what is not open');

page($shop->get('/guarded/x')->res, 401, qr/Cookie/, 'who is nobody');
like($shop->res->headers->header('WWW-Authenticate') // '',
    qr/^Flashsale-Login /, 'with a challenge');

my $fast = Tuanbo::Test::Storefront->buyer($t, 'X-Slow' => 'a');
is($fast->get('/s/grape')->res->code, 200, 'once');
page($fast->get('/s/grape')->res, 429, qr/太快/, 'twice in a moment');
is($fast->res->headers->header('Retry-After'), 5, 'and when again');

# ---- forms to the API: the page that tells
my $res = $shop->start(POST => '/api/holds', $large)->res;
is($res->code, 303, 'a form too large for the API');
like($res->headers->location, qr{^/problem\?code=too_large$}, 'sent on');
page($shop->get($res->headers->location)->res, 413, qr/太大/, 'to a page');
$res = $fast->start(POST => '/api/holds', 'sale=grape&qty=1')->res;
like($res->headers->location // '', qr{^/problem\?code=too_fast$},
    'a form too fast');
page($shop->get($res->headers->location)->res, 429, qr/太快/, 'to its page');

# ---- the API itself
$t->answers($t->post('/api/holds', body => ' ' x 70_000), 413, 'too_large',
    'a document too large');
$res = $t->get('/api/sales', headers => { 'X-Slow' => 'a' });
$t->answers($res, 429, 'too_fast', 'too fast');
ok($res->headers->header('Retry-After'), 'and when again');

# ---- before there is a location
sub raw ($text) {
    my $socket = IO::Socket::INET->new(PeerAddr => '127.0.0.1',
        PeerPort => $t->port) or die;
    syswrite $socket, $text;
    local $/;
    my $said = <$socket> // '';
    my $res = Mojo::Message::Response->new;
    $res->parse($said);
    return $res;
}

my $long = 'x' x 5000;
page(raw("GET /s/$long HTTP/1.1\r\nHost: x\r\n\r\n"), 414, qr/太大/,
    'too long an address');
page(raw("GET /s/grape HTTP/1.1\r\n\r\n"), 400, qr/看不懂/, 'no host');
page(raw("GET / HTTP/3.0\r\nHost: x\r\n\r\n"), 505, qr/看不懂/,
    'another version of HTTP');
$t->answers(raw("POST /api/holds HTTP/1.1\r\nHost: x\r\n"
    . "Transfer-Encoding: gzip\r\n\r\n"), 501, 'bad_request',
    'a coding that nobody knows');
page(raw("GET / HTTP/1.1\r\nHost: x\r\nX-Y: $long\r\n\r\n"), 400, qr/看不懂/,
    'too long a header');
$t->answers(raw("GET /api/$long HTTP/1.1\r\nHost: x\r\n\r\n"), 414,
    'too_large', 'too long an address of the API');
$t->answers(raw("GET /api/sales HTTP/1.1\r\n\r\n"), 400, 'bad_request',
    'no host for the API');
for my $each (['/s/grape' => 'GET, HEAD'], ['/?page=2' => 'GET, HEAD'],
    ['/name' => 'POST'], ['/nothing' => 'GET, HEAD'])
{
    my ($path, $allow) = @$each;
    $res = raw("TRACE $path HTTP/1.1\r\nHost: x\r\n\r\n");
    page($res, 405, qr/\S/, "a method that nginx refuses itself: $path");
    is($res->headers->header('Allow'), $allow, "$path says which it has");
}
$res = raw("TRACE /api/sales HTTP/1.1\r\nHost: x\r\n\r\n");
$t->answers($res, 405, 'method_not_allowed', 'for the API');
is($res->headers->header('Allow'), 'GET, HEAD, POST, PUT, DELETE',
    'with all that there are');
is($t->get('/tuanbo/problem')->code, 404, 'not by its address');

# ---- pages have no tags and no dates: nothing can be supposed of them
for my $path ('/', '/s/grape', '/me', '/no-such-page') {
    my $plain = $t->get($path);
    for my $supposed (['If-Match' => '"1"'], ['If-Match' => '*'],
        ['If-None-Match' => '*'], ['If-None-Match' => '"1"'],
        ['If-Unmodified-Since' => 'Fri, 02 Jan 2026 12:00:00 GMT'],
        ['If-Modified-Since' => 'Fri, 02 Jan 2037 12:00:00 GMT'])
    {
        my $res = $t->get($path, headers => { @$supposed });
        is($res->code, $plain->code, "$path with @$supposed");
        is($res->dom->at('h1'), $plain->dom->at('h1'), 'is the page');
    }
}

$t->finish;
