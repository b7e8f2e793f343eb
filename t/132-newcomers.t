use v5.36;
use Digest::SHA qw(sha256);
use Time::HiRes qw(sleep);
use Tuanbo::Test;
use Tuanbo::Test::Lua;

# A new identity waits for its first reservation, or shows a token of work: by
# HTTP, as a form, and from Lua; off where nobody asks for it.

my $t = Tuanbo::Test->new(Tuanbo::Test::Lua->options(server => <<'CONF'));
    flashsale_newcomer $http_x_since wait=20s work=$http_x_work bits=10;
    add_header X-Wait $flashsale_newcomer_wait always;
    add_header X-Work $flashsale_newcomer_work always;
    location /off/ {
        flashsale_newcomer off;
        flashsale_api;
    }
    location /form/ {
        flashsale_redirect /after?sale=$flashsale_sale&code=$flashsale_code;
        flashsale_api;
    }
    location /long/ {
        flashsale_newcomer $http_x_since wait=40s;
        flashsale_api;
    }
    location = /lua/take {
        content_by_lua_block {
            local hold, problem = require "tuanbo.engine".reserve {
                identity = ngx.var.arg_user,
                lines = { { sale = "grape", qty = 1 } } }
            ngx.header.content_type = "application/json"
            ngx.say(require "cjson".encode(hold or problem))
        }
    }
CONF
$t->start;
$t->define_sale('grape', stock => 1000);

sub take ($user, $since, %more) {
    my $path = delete $more{path} // '/api/holds';
    my $work = delete $more{work};

    return $t->post($path, user => $user, json => { sale => 'grape',
        qty => 1 }, headers => { 'X-Since' => $since, defined $work
        ? ('X-Work' => $work) : () }, %more);
}

sub waits ($res, $at_least, $at_most, $name) {
    local $Test::Builder::Level = $Test::Builder::Level + 1;
    $t->answers($res, 429, 'too_fast', $name);
    my $retry = $res->headers->header('Retry-After') // '';
    ok($retry =~ /^\d+$/ && $retry >= $at_least && $retry <= $at_most,
        "$name: for $at_least to $at_most seconds") or diag($retry);
    return $retry;
}

# ---- the wait
my $res = take('new', now_ms());
waits($res, 15, 20, 'somebody new');
my $left = $res->json->{retry_at} - now_ms();
ok($left > 10_000 && $left <= 20_000, 'and says at which moment')
    or diag($left);
waits(take('new', now_ms() - 10_000), 5, 10, 'halfway');
is(take('new', now_ms() - 20_000)->code, 201, 'when it is over');
is(take('old', 0)->code, 201, 'long ago');
is(take('login', '')->code, 201, 'nothing said: not new');
waits(take('back', now_ms() + 1000 * 86_400 * 365), 20, 20,
    'a clock that was set back');
waits(take('new', now_ms() - 20_000, path => '/long/holds'), 15, 20,
    'another location, another wait');
is(take('new', now_ms(), path => '/off/holds')->code, 201, 'or none');

$t->expect_log(qr/"flashsale_newcomer" is no time/);
for my $bad ('x', '-1', '1.5', '99999999999999999999') {
    waits(take('new', $bad), 20, 20, "since $bad: nobody");
}
like($t->log_text, qr/the value "x" of "flashsale_newcomer" is no time/,
    'which the log says');

# ---- what else a newcomer does, waits for nothing
my $held = take('giver', 0)->json->{id};
is($t->call(GET => '/api/holds', user => 'giver', headers => {
    'X-Since' => now_ms() })->code, 200, 'looking');
is($t->call(DELETE => "/api/holds/$held", user => 'giver', headers => {
    'X-Since' => now_ms() })->code, 200, 'giving back');

# ---- a wrong request is told so, not to wait
$t->answers($t->post('/api/holds', user => 'new', json => { sale => 'grape' },
    headers => { 'X-Since' => now_ms() }), 400, 'bad_request',
    'a wrong request');

# ---- work instead
sub zero_bits ($text) {
    return length((unpack('B*', sha256($text)) =~ /^(0*)/)[0]);
}

sub work ($identity, $bits, $exactly = 0) {
    for my $n (0 .. 1_000_000) {
        my $found = zero_bits("$identity:$n");
        return $n if $exactly ? $found == $bits : $found >= $bits;
    }
    die 'no luck';
}

my $since = now_ms();
my $token = work('worker', 10);
is(take('worker', $since, work => $token)->code, 201, 'a token of work');
is(take('worker', $since, work => $token)->code, 201, 'is good for all of them');
waits(take('other', $since, work => work('worker', 10)), 1, 20,
    'not for another identity') if zero_bits("other:$token") < 10;
waits(take('short', $since, work => work('short', 9, 1)), 1, 20,
    'a bit too little');
for my $bad ('', ' ', 'x' x 33, 'a b') {
    waits(take('short', $since, work => $bad), 1, 20, "'$bad': none");
}
waits(take('worker', $since, work => $token, path => '/long/holds'), 1, 40,
    'where no work is asked for');

# ---- what pages are told
$res = $t->call(GET => '/api/holds', user => 'new', headers => {
    'X-Since' => now_ms() - 5000 });
my $wait = $res->headers->header('X-Wait') // '';
ok($wait =~ /^\d+$/ && $wait >= 10 && $wait <= 15, 'how long') or diag($wait);
is($res->headers->header('X-Work'), '10:new', 'and which work');
for my $case ([X_Since => now_ms() - 30_000], [X_Since => ''],
    [X_Since => now_ms(), X_Work => work('new', 10)])
{
    my %header = map { s/_/-/r } @$case;
    $res = $t->call(GET => '/api/holds', user => 'new', headers => \%header);
    is($res->headers->header('X-Wait'), undef, 'nothing to wait for');
    is($res->headers->header('X-Work'), undef, 'and no work');
}
is($t->get('/api/sales', headers => { 'X-Since' => now_ms() })->headers
    ->header('X-Wait'), undef, 'nobody');

# ---- a form
$res = $t->post('/form/holds', user => 'new', headers => {
    'X-Since' => now_ms() }, form => [ sale => "grape", qty => 1 ]);
is($res->code, 303, 'a form');
like($res->headers->location, qr{^/after\?sale=grape&code=too_fast},
    'is sent where that sale is');

# ---- from Lua
sub lua ($user, %headers) {
    return $t->get("/lua/take?user=$user", headers => \%headers)->json;
}

my $said = lua('lua', 'X-Since' => now_ms());
is($said->{code}, 'too_fast', 'from Lua: the same');
is($said->{status}, 429, 'by its status');
ok($said->{retry_at} > now_ms(), 'and when again');
ok(lua('lua', 'X-Since' => now_ms() - 20_000)->{id}, 'when it is over');
ok(lua('lua', 'X-Since' => now_ms(), 'X-Work' => work('lua', 10))->{id},
    'or for work');

like($t->metrics, qr/outcome="too_fast"\} [1-9]/, 'counted');
$t->audit_ok;
$t->finish;
