use v5.36;
use Tuanbo::Test;

# Forms of pages without scripts, and requests of other sites.

my $port = Tuanbo::Test::free_port();
my $t = Tuanbo::Test->new(http => <<"CONF")->start;
    flashsale_live_holds 100;
    server {
        listen 127.0.0.1:$port;
        flashsale_user \$http_x_user;
        location /api/ {
            flashsale_api;
            flashsale_redirect /hold?id=\$flashsale_hold;
        }
    }
CONF

$t->points('xingfu');
$t->define_sale('grape', price_fen => 100, stock => 20, limit => 10);
$t->define_sale('egg', price_fen => 100, stock => 1);

# ---- a form, answered 303 to the hold
my $res = $t->post('/api/holds', user => 'alice',
    form => [sale => 'grape', qty => 2, pickup => 'xingfu']);
is($res->code, 303, 'a form') or diag($res->body);
my ($id) = ($res->headers->location // '')
    =~ m{^(?:http://[^/]+)?/api/holds/([0-9a-f]{32})$};
ok($id, 'sent to the hold') or diag($res->headers->location);
my $hold = $t->read_hold('alice', $id);
is($hold->{pickup}, 'xingfu', 'which it made');
is($hold->{lines}[0]{qty}, 2, 'with its quantity');

# retried by its hidden field
my @form = (sale => 'grape', qty => 1, idempotency_key => 'page-1');
my @answers = map { $t->post('/api/holds', user => 'alice',
    form => \@form) } 1 .. 2;
is($answers[0]->headers->location, $answers[1]->headers->location,
    'sent twice: one hold');
is($t->sale('grape')->{held}, 3, 'held once');

# several lines
$res = $t->post('/api/holds', user => 'bob', form => [sale => 'grape',
    qty => 1, sale => 'egg', qty => 1]);
is($res->code, 303, 'two lines');
is($t->sale('egg')->{held}, 1, 'of two sales');

# refused, without a page to send to: the problem document
$t->answers($t->post('/api/holds', user => 'carol', form => [sale => 'egg',
    qty => 1]), 409, 'sold_out', 'refused');
$t->answers($t->post('/api/holds', user => 'carol', form => [sale => 'egg',
    qty => 'x']), 400, 'bad_request', 'malformed');
$t->answers($t->post('/api/holds', user => 'carol', form => [sale => 'egg',
    qty => 1, color => 'red']), 400, 'bad_request', 'an unknown field');
$t->answers($t->post('/api/holds', user => 'carol', form => [sale => 'egg']),
    400, 'bad_request', 'no quantity');
$t->answers($t->post('/api/holds', user => 'carol', body => 'sale=%zz&qty=1',
    type => 'application/x-www-form-urlencoded'), 400, 'bad_request',
    'a broken escape');

# ---- released by a form
$res = $t->post("/api/holds/$id/release", user => 'alice', form => []);
is($res->code, 303, 'released by a form') or diag($res->body);
is($t->read_hold('alice', $id)->{state}, 'released', 'it is');
$res = $t->post("/api/holds/$id/release", user => 'alice', form => []);
is($res->code, 303, 'again: the same');

# a DELETE is no form, whatever it says it carries
my $plain = $t->held('alice', 'grape', 1);
my %formed = (user => 'alice', type => 'application/x-www-form-urlencoded');
$res = $t->call(DELETE => "/api/holds/$plain->{id}", %formed);
is($res->code, 200, 'deleted, with the type of a form');
is(($res->json // {})->{state}, 'released', 'and told so');
$t->answers($t->call(DELETE => "/api/holds/$plain->{id}", %formed,
    body => 'csrf=x'), 415, 'unsupported_media_type', 'nor takes a form');

# ---- with a page to send to
my %there = (port => $port);
$res = $t->post('/api/holds', user => 'dave', form => [sale => 'grape',
    qty => 1], %there);
is($res->code, 303, 'a form');
like($res->headers->location, qr{/hold\?id=[0-9a-f]{32}$},
    'sent to the page') or diag($res->headers->location);
$res = $t->post('/api/holds', user => 'dave', form => [sale => 'egg',
    qty => 1], %there);
is($res->code, 303, 'refused');
like($res->headers->location, qr{/hold\?id=.*&code=sold_out$},
    'sent to where it reads the same in words')
    or diag($res->headers->location);
is($t->hold('dave', 'egg', 1, %there)->code, 409,
    'a script still gets the problem');

# whatever refuses it, and when
sub refused ($code, $target, $name, %o) {
    my $res = $t->post($target, %there, form => [], %o);
    is($res->code, 303, $name) or diag($res->body);
    like($res->headers->location // '', qr{&code=$code$}, "$name: $code");
}

refused('no_buyer', '/api/holds', 'nobody', form => [sale => 'grape',
    qty => 1]);
refused('no_buyer', '/api/holds/' . '0' x 32 . '/release',
    'released by nobody');
refused('no_such_hold', '/api/holds/' . '0' x 32 . '/release', 'a forged id',
    user => 'dave');
$t->answers($t->post('/api/holds', %there, user => 'dave',
    form => [sale => 'grape', qty => 1], headers => { Cookie => 'a=b' }), 403,
    'cross_site', 'but another site is told no page of ours');
refused('too_large', '/api/holds', 'too large', user => 'dave',
    form => [csrf => 'x' x 20_000]);

# ---- requests of other sites
my $host = "127.0.0.1:$port";
sub browser (%headers) {
    return $t->hold('erin', 'grape', 1, headers => { Cookie => 'a=b',
        Host => $host, %headers }, %there);
}

$t->answers(browser(), 403, 'cross_site', 'a cookie, and no word of where');
$t->answers(browser('Sec-Fetch-Site' => 'cross-site'), 403, 'cross_site',
    'from another site');
$t->answers(browser('Sec-Fetch-Site' => 'same-site'), 403, 'cross_site',
    'from a sister site');
$t->answers(browser(Origin => 'http://evil.example'), 403, 'cross_site',
    'another origin');
$t->answers(browser(Origin => "http://$host.evil.example"), 403,
    'cross_site', 'an origin that begins the same');
$t->answers(browser(Origin => 'null'), 403, 'cross_site', 'a null origin');
is(browser('Sec-Fetch-Site' => 'same-origin')->code, 201, 'same origin');
is(browser('Sec-Fetch-Site' => 'none')->code, 201, 'typed by the user');
is(browser(Origin => "http://$host")->code, 201, 'its own origin');

# the same host, written differently
for my $case (['https://shop.example', 'shop.example:443'],
    ['https://shop.example:443', 'shop.example'],
    ['http://shop.example', 'Shop.Example:80'],
    ['https://shop.example', 'shop.example.'],
    ['http://[::1]:8080', '[0:0:0:0:0:0:0:1]:8080'])
{
    my ($origin, $asked) = @$case;
    is(browser(Origin => $origin, Host => $asked)->code, 201,
        "$origin is $asked");
}
for my $case (['https://shop.example', 'shop.example:80'],
    ['https://shop.example:8443', 'shop.example'],
    ['https://shop.example', 'shop.example.evil.example'],
    ['https://[::2]', '[::1]'])
{
    my ($origin, $asked) = @$case;
    $t->answers(browser(Origin => $origin, Host => $asked), 403,
        'cross_site', "$origin is not $asked");
}
is($t->hold('erin', 'grape', 1)->code, 201, 'no cookie, no browser');

my $mine = $t->held('fay', 'grape', 1);
$t->answers($t->call(DELETE => "/api/holds/$mine->{id}", user => 'fay',
    headers => { Cookie => 'a=b' }), 403, 'cross_site',
    'nor released from another site');
$t->answers($t->post("/api/holds/$mine->{id}/release", user => 'fay',
    form => [], headers => { Cookie => 'a=b' }), 403, 'cross_site',
    'nor by a form');
is($t->get("/api/holds/$mine->{id}", user => 'fay',
    headers => { Cookie => 'a=b' })->code, 200, 'reading is not writing');

$t->audit_ok;
$t->finish;
