use v5.36;
use utf8;
use Tuanbo::Test;
use Tuanbo::Test::Storefront;

# Who is buying: the cookie, its signature, the token of the forms; then the
# same behind a login.

binmode Test::More->builder->$_, ':utf8'
    for qw(output failure_output todo_output);

my $old = "an-older-secret-of-the-session";
my $t = Tuanbo::Test::Storefront->storefront(secret => "$old\n")->start;

sub buyer (%headers) { Tuanbo::Test::Storefront->buyer($t, %headers) }
sub cookies ($res) { join "\n", $res->headers->every_header('Set-Cookie')->@* }

sub token ($buyer) { $buyer->dom->at('[name=csrf]')->attr('value') }


# A form of another page, with whatever token.
sub take ($buyer, $csrf, %headers) {
    local $buyer->{headers} = { $buyer->{headers}->%*,
        Origin => $t->url(''), %headers };
    return $buyer->start(POST => '/api/holds',
        "sale=grape&qty=1&csrf=$csrf")->res;
}


$t->define_sale('grape', price_fen => 100, stock => 100, limit => 50);

# ---- the cookie
my $lin = buyer()->get('/s/grape');
my $given = cookies($lin->res);
like($given, qr/^tuanbo=[\w-]{22}\.[\w-]{22}; Path=\/; Max-Age=\d+; HttpOnly; SameSite=Lax$/,
    'given on the first visit');
is(cookies($lin->get('/s/grape')->res), '', 'once');
is(cookies(buyer()->start(GET => '/api/sales/grape')->res), '',
    'not by the API');

# ---- signed
my $mine = $lin->cookie('tuanbo')->value;
my $token = token($lin);
my $other = $mine =~ tr/A-Za-z0-9_-/a-zA-Z_0-9/r;    # no letter is as it was
for my $forged ('x', 'x.y', $mine =~ s/^./substr $other, 0, 1/er,
    $mine =~ s/..$/substr $other, -2/er,
    "$mine.$mine", '.', ('a' x 3000) . '.b')
{
    my $res = buyer(Cookie => "tuanbo=$forged")->get('/')->res;
    like(cookies($res), qr/^tuanbo=/,
        'a forged cookie is nobody: ' . substr $forged, 0, 30);
}
is(buyer(Cookie => "tuanbo=$mine.x")->start(GET => '/api/holds')->res->code,
    401, 'also for the API');
is($lin->start(GET => '/api/holds')->res->code, 200, 'a right one is known');

# ---- of several of one name, the one that is right
for my $case (["tuanbo=x; tuanbo=$mine", 'after a wrong one'],
    ["tuanbo=$mine; tuanbo=x", 'before a wrong one'],
    ["a=b; tuanbo=; tuanbo=x.y;tuanbo=$mine ; c=d", 'after several'],
    [['tuanbo=x', "tuanbo=$mine"], 'in another line of the head'])
{
    my ($cookies, $name) = @$case;
    my $twice = buyer(Cookie => $cookies);
    is($twice->start(GET => '/api/holds')->res->code, 200, "found $name");
    is(cookies($twice->get('/')->res), '', "found $name, also by pages");
}
is(buyer(Cookie => 'tuanbo=x; ' x 20 . "tuanbo=$mine")
    ->start(GET => '/api/holds')->res->code, 401, 'after eight nobody looks');
is(buyer(Cookie => "nottuanbo=$mine; tuanbo=x; tuanbox=$mine")
    ->start(GET => '/api/holds')->res->code, 401, 'of its own name only');
like(buyer(Cookie => 'tuanbo_view=nonsense; tuanbo_view=en.1.')->get('/')
    ->res->body, qr/<html lang="en"/, 'the language from the one that says it');

# what clients say has no say
for my $header (qw(X-User X-Login Tuanbo-Buyer)) {
    is(buyer($header => 'lin')->start(GET => '/api/holds')->res->code, 401,
        "$header of a client");
}

# ---- the token
is(take($lin, $token)->code, 303, 'a form with its token');
for my $wrong ('', 'x', token(buyer()->get('/s/grape')), $token . 'x') {
    my $res = take($lin, $wrong);
    is($res->code, 403, 'a wrong one: ' . ($wrong || 'none'));
    like($res->dom->at('main')->all_text, qr/没有收钱/, 'in words');
}
is(take(buyer(), $token)->code, 401, 'a token without the cookie');
is($t->sale('grape')->{held}, 1, 'nothing was taken');
is(take($lin, $token, Origin => 'http://evil.example')->code, 403,
    'of another site, even with it');
my $quiet = $lin->{ua}->post($t->url('/api/holds'), form => { sale => 'grape',
    qty => 1, csrf => $token })->res;
is($quiet->code, 303, 'with it, of a browser that says no origin')
    or diag($quiet->body);
like($quiet->headers->location, qr{^/h/\w+$}, 'is a hold');
for my $path (qw(/settings /name)) {
    is($lin->start(POST => $path, 'large=1&name=x&digits=1234')->res->code,
        403, "$path without it");
}
my $hold = ($lin->get('/me')->dom->at('.orders a')->attr('href')
    =~ m{/h/(\w+)})[0];
is($lin->start(POST => "/api/holds/$hold/release", 'csrf=x')->res->code, 403,
    'giving up without it');

# JSON needs no token, but the same origin
is($lin->{ua}->post($t->url('/api/holds'),
    { Origin => $t->url('') }, json => { sale => 'grape', qty => 1 })
    ->res->code, 201, 'JSON of our page');
is($lin->{ua}->post($t->url('/api/holds'), json => { sale => 'grape',
    qty => 1 })->res->code, 403, 'JSON without an origin');

# ---- large bodies
$lin->{headers}{Origin} = $t->url('');
$t->expect_log(qr/client intended to send too large body/);
is($lin->start(POST => '/name', 'a=' . 'x' x 70_000)->res->code, 413,
    'a body too large');

# ---- what they like
$lin->get('/s/grape')->submit('.top form');
is($lin->dom->at('html')->attr('class'), 'large', 'large type');
is($lin->path, '/s/grape', 'on the page where it was asked for');
like($lin->get('/')->dom->at('html')->attr('class') // '', qr/large/,
    'is remembered');
$lin->submit('.foot form');
is($lin->dom->at('html')->attr('lang'), 'en', 'English by the switch');
is($lin->dom->at('html')->attr('class'), 'large', 'still large');
is(buyer('Accept-Language' => 'fr, en;q=0.8, zh;q=0.3')->get('/')->dom
    ->at('html')->attr('lang'), 'en', 'by Accept-Language');
is(buyer('Accept-Language' => 'fr')->get('/')->dom->at('html')->attr('lang'),
    'zh-CN', 'Chinese else');
$lin->submit('.foot form', back => '//evil.example/');
is($lin->path, '/', 'back leads to our own pages only');

# ---- one does not see what is another's, though both see one page
my ($a, $b) = map { buyer()->get('/s/grape') } 1 .. 2;
isnt(token($a), token($b), 'tokens differ');
isnt($a->dom->at('[name=idempotency_key]')->attr('value'),
    $b->dom->at('[name=idempotency_key]')->attr('value'), 'keys, too');
my $same = sub ($buyer) { $buyer->res->text =~ s/(?:value|data-now)="[^"]*"//gr };
is($same->($a), $same->($b), 'all else is the same');
$a->submit('#take')->submit('#called', name => '李阿姨', digits => '1234');
$b->get('/s/grape');
like($b->text, qr/还剩 96 /, 'the next page has the next number');
like($a->text, qr/尾号 1234/, 'one gives a name');
unlike($b->res->text, qr/李阿姨|1234/, 'and nobody\'s name');

# ---- names that are none, and such as would spoil a label
for my $name ("\x{3000}", "\x{200b}\t \x{202e}", '',
    "\x{674e}" x 22)
{
    like($a->get('/me?change=1')->submit('#called', name => $name,
        digits => '1234')->text, qr/请写一个称呼/, 'no name');
}
my $raw = $a->get('/me?change=1')->start(POST => '/name', 'csrf='
    . token($a) . '&back=/me&name=%ff%fe&digits=1234')->res;
like($raw->headers->location, qr/bad=name/, 'no UTF-8');
for my $name (["\x{3000} 李\r\nX: 阿姨\x{202e} ", '李 X: 阿姨'],
    ["\x{1f347}", "\x{1f347}"], ["李" x 20, "李" x 20], ['0', '0'])
{
    like($a->get('/me?change=1')->submit('#called', name => $name->[0],
        digits => '1234')->text, qr/：\Q$name->[1]\E（尾号 1234）/,
        'one line');
}
$a->submit('#called', name => '李阿姨', digits => '1234')
    if $a->get('/me?change=1');

# ---- no cookie has the name; one of before is expired
is($a->cookie('tuanbo_name'), undef, 'the name is in no cookie');
my $before = buyer(Cookie => 'tuanbo_name=MTIzNEpv.abc')->get('/me');
like(cookies($before->res), qr/tuanbo_name=; Path=\/; Max-Age=0/,
    'one of before goes');
unlike($before->text, qr/（尾号/, 'and is not read');

# ---- another secret, the old one still good
Tuanbo::Test::Storefront::write_file($t->dir . '/secrets/session',
    "a-newer-secret-of-the-session\n$old\n");
$t->reload;
is(cookies($a->get('/')->res), '', 'old cookies are good');
is(take($a, token($a->get('/s/grape')))->code, 303, 'with new tokens');
is(take($lin, $token)->code, 303, 'and with old ones');

Tuanbo::Test::Storefront::write_file($t->dir . '/secrets/session',
    "a-newer-secret-of-the-session\n");
$t->reload;
like(cookies($lin->get('/')->res), qr/tuanbo=/, 'until the secret is gone');

# ---- over TLS
my $tls = Tuanbo::Test::Storefront->storefront(tls => 1, http2 => 1)->start;
my $far = Tuanbo::Test::Storefront->buyer($tls)->get('/');
like(cookies($far->res), qr/^tuanbo=.*; HttpOnly; SameSite=Lax; Secure$/,
    'Secure where TLS is');
my $page = `curl -sk --http2 -w '%{http_version}' @{[
    $tls->url('/') ]}`;
like($page, qr/2$/, 'HTTP/2');

# ---- behind a login
my $fleet = Tuanbo::Test::Storefront->storefront(login => 1)->start;
$fleet->define_sale('grape', price_fen => 100, stock => 100);
my $guest = Tuanbo::Test::Storefront->buyer($fleet)->get('/s/grape');
is($guest->res->code, 200, 'a guest may look') or diag($guest->res->body);
is(cookies($guest->res), '', 'and gets no cookie');
$guest->submit('#take');
is($guest->res->code, 401, 'but not buy');
my $chen = Tuanbo::Test::Storefront->buyer($fleet, 'X-Login' => 'chen')
    ->get('/s/grape')->submit('#take');
ok($chen->id, 'whom the login knows');
is(Tuanbo::Test::Storefront->buyer($fleet, 'X-Login' => 'wu')
    ->get('/h/' . $chen->id)->res->code, 404, 'not another one');
is(Tuanbo::Test::Storefront->buyer($fleet, 'X-User' => 'chen')
    ->get('/h/' . $chen->id)->res->code, 401, 'nor who says so himself');
is($fleet->read_hold('x', $chen->id)->{code}, 'no_buyer',
    'nor to the API');

$t->finish;
