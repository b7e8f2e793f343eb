use v5.36;
use IO::Socket::INET;
use Tuanbo::Test;

# What nginx itself refuses, as a problem document: by the module's filter
# where the module answers, by flashsale_problem where an error_page leads.

my $limits = 'limit_req_zone $http_x_slow zone=slow:1m rate=1r/m;'
    . ' limit_req_zone $http_x_slower zone=slower:1m rate=1r/m;'
    . ' limit_conn_zone $http_x_alone zone=alone:1m;';
my $t = Tuanbo::Test->new(http => $limits, server => <<'EOF');
        error_page 400 414 =400 /problem;
        error_page 403 413 429 500 503 /page;
        client_max_body_size 8k;
        large_client_header_buffers 2 1k;
        flashsale_redirect /after?hold=$flashsale_hold;
        limit_conn alone 1;
        limit_req zone=slow;
        location = /problem { internal; flashsale_problem; }
        location = /page { return 200 "a page\n"; }
        location = /closed { deny all; }
        location = /plain { internal; flashsale_problem; }
        location = /limited { error_page 403 /plain; deny all; }
        location /late/ {
            limit_req zone=slower;
            limit_req_status 429;
            flashsale_api;
        }
        location /own/ { error_page 413 /page; flashsale_api; }
        location /shut/ {
            deny all;
            flashsale_api;
            location /shut/open/ { allow all; flashsale_orders; }
        }
        location /if/ {
            flashsale_api;
            if ($http_x_if) { set $y 1; }
        }
        location /login/ {
            auth_request /whoami;
            flashsale_api;
        }
        location = /whoami { internal; return 401; }
        location /pass/ {
            auth_basic shop;
            auth_basic_user_file /dev/null;
            flashsale_api;
        }
EOF
$t->start;
$t->define_sale('grape', stock => 100);

my %large = (body => ' ' x 9000, user => 'lin');

# ---- in the module's own locations, whatever error_page the server has
for my $place ('/api/holds', '/if/holds', '/admin/sales/x', '/orders/x/cancel') {
    my $problem = $t->answers($t->post($place, %large), 413, 'too_large',
        "$place: too large a body");
    is($problem->{title}, 'The request is too large', 'in words');
}
$t->answers($t->post('/if/holds', %large, headers => { 'X-If' => 1 }), 413,
    'too_large', 'in an "if"');
is($t->post('/own/holds', %large)->body, "a page\n",
    'a location\'s own error_page counts');
is($t->post('/closed', %large)->body, "a page\n", 'and a server\'s elsewhere');
my $problem = $t->answers($t->get('/shut/sales'), 403, 'forbidden', 'denied');
$t->answers($t->get('/login/sales'), 401, 'no_buyer', 'auth_request says no');
like($t->get('/login/sales')->headers->header('WWW-Authenticate') // '',
    qr/^Flashsale-Login /, 'with a challenge');
my $denied = $t->get('/pass/sales');
$t->answers($denied, 401, 'no_buyer', 'auth_basic says no');
is($denied->headers->header('WWW-Authenticate'), 'Basic realm="shop"',
    'which has its own challenge');
is($t->call(HEAD => '/shut/sales')->headers->content_length > 50, 1,
    'HEAD has the length');
is($t->call(HEAD => '/shut/sales')->body, '', 'and no body');

# ---- limits: 429 and Retry-After, whatever status they were given
for my $case (['/api/sales', 'X-Slow'], ['/late/sales', 'X-Slower']) {
    my ($path, $header) = @$case;
    is($t->get($path, headers => { $header => 'a' })->code, 200,
        "$path: the first one passes");
    my $res = $t->get($path, headers => { $header => 'a' });
    $t->answers($res, 429, 'too_fast', 'the second one is too fast');
    is($res->headers->header('Retry-After'), 1, 'and told when');
    is($res->headers->header('Cache-Control'), 'private, no-store',
        'nobody keeps it');
}
$t->expect_log(qr/limiting (?:requests|connections)/);
$t->expect_log(qr/access forbidden by rule|no user\/password|not found in/);
$t->expect_log(qr/client (?:intended to send too large body|sent invalid)/);

my $stream = $t->events(['grape'], headers => { 'X-Alone' => 'b' });
$stream->next;
my $res = $t->get('/api/sales', headers => { 'X-Alone' => 'b' });
$t->answers($res, 429, 'too_fast', 'a connection too many');
ok($res->headers->header('Retry-After'), 'told when');

# ---- forms go where forms go
my @form = (type => 'application/x-www-form-urlencoded');
$res = $t->post('/api/holds', %large, @form);
is($res->code, 303, 'a form is sent on');
is($res->headers->location, '/after?hold=&code=too_large', 'and told why');
is($res->body, '', 'without a page');
$t->post('/api/holds', @form, headers => { 'X-Slow' => 'c' });
$res = $t->post('/api/holds', @form, headers => { 'X-Slow' => 'c' });
is($res->headers->location, '/after?hold=&code=too_fast', 'too fast a form');

# ---- before there is a location
sub raw ($text) {
    my $socket = IO::Socket::INET->new(PeerAddr => '127.0.0.1',
        PeerPort => $t->port) or die;
    syswrite $socket, $text;
    local $/;
    my $said = <$socket> // '';
    my ($head, $body) = split /\r\n\r\n/, $said, 2;
    return ($head // '', eval { decode_json($body // '') } // {});
}

for my $case (
    ['no HTTP', "nonsense\r\n\r\n", 400, 'bad_request'],
    ['no host', "GET /api/sales HTTP/1.1\r\n\r\n", 400, 'bad_request'],
    ['a long path', 'GET /api/' . 'x' x 5000 . " HTTP/1.1\r\n\r\n", 414,
        'too_large'],
    ['a bad length', "POST /api/holds HTTP/1.1\r\nHost: x\r\n"
        . "Content-Length: x\r\n\r\n", 400, 'bad_request'])
{
    my ($name, $text, $status, $code) = @$case;
    my ($head, $json) = raw($text);
    like($head, qr{^HTTP/1.1 400 .*application/problem\+json}s, $name);
    is($json->{code}, 'bad_request', "$name: the code");
    is($json->{field}, 'request', "$name: where");
}

# a chunk that is none comes in the location
my ($head, $json) = raw("POST /api/holds HTTP/1.1\r\nHost: x\r\nX-User: a\r\n"
    . "Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n"
    . "\r\nzz\r\n");
like($head, qr{^HTTP/1.1 400 .*application/problem\+json}s, 'no chunk');
is($json->{code}, 'bad_request', 'no chunk: the code');

# ---- by error_page, the status stays
$t->answers($t->get('/limited'), 403, 'forbidden', 'flashsale_problem');
is($t->get('/plain')->code, 404, 'not by its address');

# ---- what is answered by the module is not touched
$t->answers($t->hold('lin', 'none', 1), 404, 'no_such_sale', 'its own');
eventually { $t->access_text =~ /^413 POST \/api\/holds code=too_large /m }
    'the log has the code';
eventually { $t->access_text =~ /^429 GET \/api\/sales code=too_fast /m }
    'and the status';
like($t->metrics, qr/outcome="too_fast"\} [1-9]/, 'it is counted');

$t->finish;
