use v5.36;
use Tuanbo::Test;

# What each request gets when something is wrong: the problems of docs/api.md.

my $t = Tuanbo::Test->new->start;

$t->define_sale('grape', price_fen => 100, stock => 20, limit => 5);

# ---- malformed: 400 with the field and the rule
sub malformed ($body, $field, $name) {
    my $problem = $t->answers($t->post('/api/holds', user => 'alice',
        body => $body), 400, 'bad_request', $name);
    is($problem->{field} // '', $field, "$name: the field");
    ok(length($problem->{rule} // ''), "$name: the rule");
}

malformed('{"sale":"grape","qty":', '', 'half a document');
malformed('{"sale":"grape","qty":1} {}', '', 'two documents');
malformed('[]', '', 'no object');
malformed('"x"', '', 'a string');
malformed('{"sale":"grape","qty":"1"}', 'qty', 'a string for a number');
malformed('{"sale":1,"qty":1}', 'sale', 'a number for a string');
malformed('{"sale":"grape","qty":1.5}', 'qty', 'half a unit');
malformed('{"sale":"grape","qty":1e2}', 'qty', 'an exponent');
malformed('{"sale":"grape","qty":0}', 'qty', 'none');
malformed('{"sale":"grape","qty":-1}', 'qty', 'less than none');
malformed('{"sale":"grape","qty":6}', 'qty', 'more than the limit');
malformed('{"sale":"grape","qty":10001}', 'qty', 'more than anything');
malformed('{"sale":"grape","qty":99999999999999999999}', 'qty',
    'a number that does not fit');
malformed('{"sale":"grape","qty":null}', 'qty', 'null');
malformed('{"sale":"grape"}', 'qty', 'no quantity');
malformed('{"qty":1}', 'sale', 'no sale');
malformed('{"sale":"grape","qty":1,"color":"red"}', 'color',
    'an unknown field');
malformed('{"sale":"grape","qty":1,"qty":1}', 'qty', 'a field twice');
malformed('{"sale":"Grape","qty":1}', 'sale', 'not a slug');
malformed('{"sale":"","qty":1}', 'sale', 'an empty slug');
malformed('{"sale":"grape","qty":1,"pickup":"x y"}', 'pickup',
    'not a pickup point');
my @res = map { $t->post('/api/holds', user => 'alice', body => $_) }
    '{"lines":[]}', '{"lines":[{"sale":"grape"}]}',
    '{"lines":[{"sale":"grape","qty":1,"x":1}]}', '{"lines":{}}',
    '{"sale":"grape","qty":1,"lines":[{"sale":"grape","qty":1}]}',
    '{"sale":"grape","qty":1,"pickup":' . '[' x 60 . ']' x 60 . '}',
    "{\"sale\":\"grape\",\"qty\":1,\"pickup\":\"\xff\"}", '{}', ' ';
$t->answers($_, 400, 'bad_request', 'bad lines, too deep, no UTF-8, nothing')
    for @res;
is($t->sale('grape')->{held}, 0, 'nothing was taken');

# ---- media
$t->answers($t->post('/api/holds', user => 'alice', type => 'text/plain',
    body => '{"sale":"grape","qty":1}'), 415, 'unsupported_media_type',
    'plain text');
$t->answers($t->post('/api/holds', user => 'alice',
    type => 'multipart/form-data; boundary=x', body => '--x--'), 415,
    'unsupported_media_type', 'multipart');
is($t->post('/api/holds', user => 'alice',
    type => 'application/json; charset=utf-8',
    body => '{"sale":"grape","qty":1}')->code, 201, 'JSON with a charset');
$t->answers($t->post('/api/holds', user => 'alice',
    body => '{"sale":"grape","qty":1,"pickup":"' . 'x' x 20_000 . '"}'), 413,
    'too_large', 'too large');
$t->answers($t->post('/api/holds', user => 'alice',
    headers => { 'Content-Type' => 'application/json' },
    body => ' ' x 16_000 . '{"sale":"grape","qty":1}'), 201, undef,
    'a large one that is not');

# in pieces, and chunked: the same
sub raw (@pieces) {
    my $socket = IO::Socket::INET->new(PeerAddr => '127.0.0.1',
        PeerPort => $t->port) or die;
    for my $piece (@pieces) {
        syswrite $socket, $piece;
        sleep 0.05 if @pieces > 1;
    }
    local $/;
    return scalar <$socket> // '';
}

my $head = "POST /api/holds HTTP/1.1\r\nHost: x\r\nX-User: bob\r\n"
    . "Connection: close\r\nContent-Type: application/json\r\n";
like(raw("${head}Content-Length: 24\r\n\r\n", '{"sale":', '"grape",',
    '"qty":1}'), qr{^HTTP/1.1 201 }, 'a body in pieces');
like(raw("${head}Transfer-Encoding: chunked\r\n\r\n", "8\r\n{\"sale\":\r\n",
    "10\r\n\"grape\",\"qty\":1}\r\n", "0\r\n\r\n"), qr{^HTTP/1.1 201 },
    'a chunked one');
like(raw("${head}Transfer-Encoding: chunked\r\n\r\n", (map {
    sprintf "%x\r\n%s\r\n", 8000, 'x' x 8000 } 1 .. 3), "0\r\n\r\n"),
    qr{^HTTP/1.1 413 }, 'a chunked one that is too large');
like(raw("${head}Idempotency-Key: a\r\nIdempotency-Key: b\r\n"
    . "Content-Length: 24\r\n\r\n" . '{"sale":"grape","qty":1}'),
    qr{^HTTP/1.1 400 }, 'two keys');

# ---- who and what
my $denied = $t->hold(undef, 'grape');
$t->answers($denied, 401, 'no_buyer', 'nobody');
is($denied->headers->header('WWW-Authenticate'),
    'Flashsale-Login realm="buyer"', 'has to log in');
for my $case (['POST', '/orders/' . '0' x 32 . '/cancel', 'orders'],
    ['GET', '/ledger?after=0', 'ledger'], ['GET', '/admin/audit', 'admin'])
{
    my ($method, $target, $role) = @$case;
    $denied = $t->call($method, $target);
    $t->answers($denied, 401, 'bad_signature', "$target, not signed");
    is($denied->headers->header('WWW-Authenticate'),
        qq{Flashsale-Signature realm="$role"}, 'has to sign');
}
is($t->get('/api/nothing')->headers->header('WWW-Authenticate'), undef,
    'no challenge elsewhere');
$t->answers($t->get('/api/nothing'), 404, 'not_found', 'nothing here');
$t->answers($t->get('/api/'), 404, 'not_found', 'nor here');
$t->answers($t->get('/api/sales/grape/x'), 404, undef, 'nor below');
$t->answers($t->get('/orders/x'), 404, undef, 'nor there');
$t->answers($t->post('/admin/nothing', role => 'admin', key => 'k'), 404,
    'not_found', 'nor for an operator');
for my $case (['PUT', '/api/holds', 'GET, HEAD, POST|GET, POST|POST, GET'],
    ['POST', '/api/sales/grape', 'GET'], ['PATCH', '/api/sales', 'GET'],
    ['GET', '/orders/' . '0' x 32 . '/confirm', 'POST'],
    ['DELETE', '/ledger', 'GET'], ['POST', '/metrics', 'GET'])
{
    my ($method, $target, $allow) = @$case;
    my $res = $t->call($method, $target, user => 'alice', role => 'orders');
    $t->answers($res, 405, 'method_not_allowed', "$method $target");
    like($res->headers->header('Allow') // '', qr/$allow/, 'and what is');
}
$t->answers($t->hold('alice', 'none'), 404, 'no_such_sale', 'no such sale');
$t->answers($t->get('/api/holds/none', user => 'alice'), 404, undef,
    'no such hold');
$t->answers($t->call(DELETE => '/api/holds/' . 'f' x 32, user => 'alice'),
    404, 'no_such_hold', 'nor to release');

# ---- conflicts carry what would help
my $opens = now_ms() + 60_000;
$t->define_sale('later', stock => 1, opens_at => $opens);
is($t->answers($t->hold('bob', 'later'), 409, 'not_open', 'not open')
    ->{opens_at}, $opens, 'when it opens');
$t->define_sale('shut', stock => 1);
$t->admin(POST => '/sales/shut/close');
$t->answers($t->hold('bob', 'shut'), 409, 'closed', 'closed');
$t->define_sale('off', stock => 1);
$t->admin(POST => '/sales/off/pause');
$t->answers($t->hold('bob', 'off'), 409, 'paused', 'paused');
$t->define_sale('few', stock => 2, limit => 2);
$t->held('bob', 'few', 1);
is($t->answers($t->hold('carol', 'few', 2), 409, 'sold_out', 'too few')
    ->{free}, 1, 'how many');

# each is told of the sale that it asked for, as that is now
$t->define_sale("rare-$_", stock => 3) for 1, 2;
for my $free (3, 2, 1) {
    for my $n (1, 2, 1) {
        my $problem = $t->answers($t->hold("rush-$n", "rare-$n", 4), 409,
            'sold_out', "too few of rare-$n");
        is("$problem->{sale} $problem->{free}", "rare-$n $free",
            "$free of rare-$n");
    }
    $t->admin(POST => "/sales/rare-$_/stock", json => { add => -1 })
        for 1, 2;
}
is($t->answers($t->hold('bob', 'few', 2), 409, 'over_limit', 'over')
    ->{limit}, 2, 'the limit') or diag('bob');

# ---- answers of requests that wrote nothing leave nothing in the ledger
my @types = map { $_->{type} } $t->ledger;
is(scalar(grep { $_ eq 'held' } @types), 5, 'five holds in the ledger')
    or diag("@types");

# ---- HEAD
my $res = $t->call(HEAD => '/api/sales/grape');
is($res->code, 200, 'HEAD');
is($res->body, '', 'has no body');

# ---- keep-alive goes on after a refusal
my $socket = IO::Socket::INET->new(PeerAddr => '127.0.0.1',
    PeerPort => $t->port) or die;
for my $i (1 .. 3) {
    syswrite $socket, "POST /api/holds HTTP/1.1\r\nHost: x\r\nX-User: bob\r\n"
        . "Content-Type: application/json\r\nContent-Length: 4\r\n\r\n{\"a\"";
    my $text = '';
    while ($text !~ /\r\n\r\n.*\}\z/s) {
        sysread $socket, my $piece, 4096 or last;
        $text .= $piece;
    }
    like($text, qr{^HTTP/1.1 400 .*"bad_request"}s, "refused: $i");
}
close $socket;

# ---- a store that is not open
my $none = Tuanbo::Test->new(locations => <<'CONF', store_path => '/proc/x');
        location /api/ { flashsale_api; }
CONF
my ($status, $said) = $none->check_conf($none->conf);
isnt($status, 0, 'a store that cannot be made is told at once')
    or diag($said);

$t->audit_ok;
$t->finish;
