use v5.36;
use Tuanbo::Test;

# Front ends elsewhere: which origins may write with a cookie, and what a
# browser is told of it.

my $shop = 'https://m.example.com';
my $near = 'http://localhost:5173';
my $none = Tuanbo::Test::free_port();
my $off = Tuanbo::Test::free_port();
my $t = Tuanbo::Test->new(http => <<"CONF", server => <<"SERVER")->start;
    server {
        listen 127.0.0.1:$none;
        flashsale_user \$http_x_user;
        location /api/ { flashsale_api; }
    }
    server {
        listen 127.0.0.1:$off;
        flashsale_origins $shop;
        flashsale_user \$http_x_user;
        location /api/ { flashsale_origins off; flashsale_api; }
        location /closed/ {
            auth_request /login;
            flashsale_api;
        }
        location = /login { internal; return 401; }
        location = /problem { internal; flashsale_problem; }
        location /denied/ { deny all; flashsale_api; }
    }
CONF
    flashsale_origins $shop $near;
    location /checkout/ {
        flashsale_pay \$arg_hold;
        proxy_method GET;
        proxy_pass http://127.0.0.1:$none/api/sales/grape;
    }
SERVER

$t->define_sale('grape', price_fen => 100, stock => 100, limit => 100);

my %granted = (
    'Access-Control-Allow-Credentials' => 'true',
    'Access-Control-Expose-Headers' => 'Allow, ETag, Idempotent-Replayed,'
        . ' Location, Retry-After, WWW-Authenticate');

# The headers of Fetch in an answer, each with all its values.
sub told ($res) {
    return { map { ($_ => join '|', $res->headers->every_header($_)->@*) }
        grep { /\A(?:access-control-|vary\z)/i } $res->headers->names->@* };
}

sub hold_from ($origin, %o) {
    my %headers = (Cookie => 'a=b',
        defined $origin ? (Origin => $origin) : (), %{ $o{headers} // {} });

    return $t->post('/api/holds', user => 'alice', %o,
        json => { sale => 'grape', qty => 1 }, headers => \%headers);
}

sub preflight ($origin, $target = '/api/holds', %o) {
    my $asked = delete $o{asked};

    return $t->call(OPTIONS => $target, %o, headers => {
        'Access-Control-Request-Method' => 'POST',
        defined $asked ? ('Access-Control-Request-Headers' => $asked) : (),
        defined $origin ? (Origin => $origin) : () });
}

# ---- those that are named, and only those
for my $origin ($shop, $near) {
    my $res = hold_from($origin, headers =>
        { 'Sec-Fetch-Site' => 'cross-site' });

    is($res->code, 201, "$origin writes with a cookie") or diag($res->body);
    is_deeply(told($res), { %granted, Vary => 'Origin',
        'Access-Control-Allow-Origin' => $origin }, 'and reads the answer');
}
for my $origin ('https://evil.example', 'null', 'http://m.example.com',
    "$shop.evil.example", "$shop:8443", "$shop:443", "$shop/", uc $shop,
    "$shop $near", "$shop, $near", 'http://localhost:51730', '*', '', undef)
{
    my $name = defined $origin ? "'$origin'" : 'no origin';
    my $res = hold_from($origin);

    $t->answers($res, 403, 'cross_site', "$name does not write");
    is_deeply(told($res), { Vary => 'Origin' }, 'and reads nothing');
    $res = $t->get('/api/sales/grape', headers =>
        defined $origin ? { Origin => $origin } : {});
    is($res->code, 200, 'the server answers a read');
    is_deeply(told($res), { Vary => 'Origin' }, 'which no script there sees');
}
is(hold_from('http://127.0.0.1:' . $t->port)->code, 201,
    'the shop itself does, as ever');
is($t->sale('grape')->{held}, 3, 'three were held');

# ---- a form there leads to the checkout
my $hold = $t->held('bob', 'grape', 1);
for my $case (['https://evil.example', 403, 'held'], [$near, 200, 'paying']) {
    my ($origin, $status, $state) = @$case;
    is($t->post("/checkout/?hold=$hold->{id}", user => 'bob', form => [],
        headers => { Cookie => 'a=b', Origin => $origin })->code, $status,
        "to the checkout from $origin: $status");
    is($t->read_hold('bob', $hold->{id})->{state}, $state, "it is $state");
}

# ---- whatever is answered
my %from = (headers => { Origin => $shop });
my $res = $t->get('/api/sales/grape', %from);
my %told = (%granted, Vary => 'Origin', 'Access-Control-Allow-Origin' => $shop);
is_deeply(told($res), \%told, 'a read');
$res = $t->get('/api/sales/grape', headers => { Origin => $shop,
    'If-None-Match' => $res->headers->etag });
is($res->code, 304, 'a read of what is known');
is_deeply(told($res), \%told, 'which is told as well');
$res = $t->get('/api/holds', %from);
$t->answers($res, 401, 'no_buyer', 'nobody');
is_deeply(told($res), \%told, 'which a script may know');
$res = $t->call(PATCH => '/api/holds', %from);
$t->answers($res, 405, 'method_not_allowed', 'an unknown method');
is_deeply(told($res), \%told, 'and so may it');
my $events = $t->events(['grape'], headers => { Origin => $shop });
is($events->code, 200, 'a stream of events');
is_deeply(told($events->{tx}->res), \%told, 'is for it, too');
$events->close;

# ---- before it asks for more
$res = preflight($shop, '/api/holds',
    asked => 'content-type,idempotency-key,x-login');
is($res->code, 204, 'a preflight');
is($res->body, '', 'has no body');
is_deeply(told($res), { %told,
    'Access-Control-Allow-Methods' => 'GET, HEAD, POST, DELETE',
    'Access-Control-Allow-Headers' => 'content-type,idempotency-key,x-login',
    'Access-Control-Max-Age' => '3600' }, 'and says what may be sent');
$res = preflight($near, '/api/holds/1/link');
is($res->code, 204, 'at any address of the API');
is(told($res)->{'Access-Control-Allow-Headers'}, undef,
    'no headers where none is asked for');
$res = preflight($shop, '/closed/holds', port => $off);
is($res->code, 204, 'before a login, which it cannot have');
for my $origin ('https://evil.example', 'null', undef) {
    $res = preflight($origin);
    $t->answers($res, 405, 'method_not_allowed',
        'none for ' . ($origin // 'no origin'));
    is_deeply(told($res), { Vary => 'Origin' }, 'which is told nothing');
}
$t->answers($t->call(OPTIONS => '/api/holds', %from), 405,
    'method_not_allowed', 'OPTIONS that is no preflight');
for my $target ('/orders/1/confirm', '/ledger', '/admin/audit') {
    $res = preflight($shop, $target);
    $t->answers($res, 405, 'method_not_allowed', "$target has none");
    is_deeply(told($res), {}, 'and is of no browser');
}

# ---- what others refuse
for my $case (['/closed/holds', 401], ['/denied/holds', 403]) {
    my ($target, $status) = @$case;
    $res = $t->get($target, port => $off, %from);
    is($res->code, $status, "$target is refused");
    is_deeply(told($res), \%told, 'and the script knows why');
}

# ---- where there is no directive, or off
for my $port ($none, $off) {
    $res = hold_from($shop, port => $port);
    $t->answers($res, 403, 'cross_site', 'none is named');
    is_deeply(told($res), {}, 'nothing is told');
    $t->answers(preflight($shop, '/api/holds', port => $port), 405,
        'method_not_allowed', 'no preflight');
}

$t->expect_log(qr/access forbidden by rule/);
$t->audit_ok;
$t->finish;
