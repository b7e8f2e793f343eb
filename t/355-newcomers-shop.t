use v5.36;
use utf8;
use Digest::SHA qw(hmac_sha256 sha256);
use MIME::Base64 qw(decode_base64url encode_base64url);
use Time::HiRes ();
use Tuanbo::Test;
use Tuanbo::Test::Storefront;

binmode Test::More->builder->$_, ':utf8'
    for qw(output failure_output todo_output);

# A shop that lets newcomers wait, or work: what they see and can do, with
# scripts and without; and that who drops the cookie gets what the rule lets
# through.

my $wait = 4;
my $secret = 'secret-of-the-session-';
my $t = Tuanbo::Test::Storefront->storefront(secret => "$secret\n",
    server => 'flashsale_newcomer $tuanbo_since'
    . " wait=${wait}s work=\$cookie_tuanbo_work bits=12;")->start;

sub buyer (%headers) { Tuanbo::Test::Storefront->buyer($t, %headers) }
sub line ($buyer) { $buyer->dom->at('#newcomer')->all_text =~ s/\s+/ /gr }
sub tag ($purpose, $id) {
    return encode_base64url(substr hmac_sha256("$purpose\n$id", $secret), 0,
        16);
}

$t->expect_log(qr/limiting requests/);
$t->define_sale('grape', price_fen => 100, stock => 100, limit => 1);

# ---- without scripts: words, and a button that works after the moment
my $began = Time::HiRes::time();
my $new = buyer()->get('/s/grape');
like(line($new), qr/第一次来.*[1-$wait] 秒后就能抢/, 'a newcomer is told');
$new->submit('#take');
is($new->path, '/s/grape?code=too_fast', 'a tap too early: the page again');
like($new->text, qr/太快了.*没有收钱/, 'says that nothing was charged');
like(line($new), qr/[1-$wait] 秒后就能抢/, 'and how long it takes');
ok($new->dom->at('#do'), 'with the button');
is($t->sale('grape')->{held}, 0, 'nothing was taken');
ok(wait_until(sub { line($new->get('/s/grape')) eq '' }, $wait + 5),
    'then it is over');
cmp_ok(Time::HiRes::time() - $began, '>=', $wait - 0.1, 'not before');
ok($new->submit('#take')->id, 'and the button works');

# ---- a page that is remembered is for both
my $other = buyer()->get('/s/grape');
like(line($other), qr/第一次来/, 'another newcomer');
is(line($new->get('/s/grape')), '', 'not one who is known');
like(line(buyer('Accept-Language' => 'en')->get('/s/grape')),
    qr/in (?:a second|\d seconds) you can/, 'in English');
for my $path ('/', '/me', '/none') {
    ok(!$other->get($path)->dom->at('[data-work]'), "$path has nothing of it");
}

# ---- work
my $fast = buyer()->get('/s/grape');
my ($bits, $identity) = split /:/, $fast->dom->at('[data-work]')
    ->attr('data-work'), 2;
is($bits, 12, 'the page says how much work');
like($fast->dom->at('#newcomer script')->attr('src'),
    qr{^/static/work\.[0-9a-f]{10}\.js$}, 'and has the script for it');
my $token = 0;
$token++ while unpack('B*', sha256("$identity:$token")) !~ /^0{12}/;
$fast->{headers}{Cookie} = "tuanbo=@{[ $fast->cookie('tuanbo')->value ]};"
    . " tuanbo_work=$token";
is(line($fast->get('/s/grape')), '', 'with a token there is no wait');
ok($fast->submit('#take')->id, 'a tap passes at once');

# ---- cookies: when it was given cannot be changed
my $cookie = buyer()->get('/s/grape')->cookie('tuanbo')->value;
my ($id, $tag) = split /\./, $cookie;
my $bytes = decode_base64url($id);
my (undef, $high, $low) = unpack 'a10 n N', $bytes;
my $given = $high * 2**32 + $low;
cmp_ok(abs($given - now_ms()), '<', 60_000, 'a cookie knows when it was given');
my $long_ago = encode_base64url(substr($bytes, 0, 10) . pack 'n N',
    $high - 1, $low);
for my $forged ("$long_ago.$tag", "$id." . tag('csrf', $id),
    "$long_ago." . tag('name', $long_ago))
{
    is(buyer(Cookie => "tuanbo=$forged")->start(GET => '/api/holds')->res
        ->code, 401, 'a time that was changed: nobody');
}

sub takes ($cookie) {
    return $t->post('/api/holds', json => { sale => 'grape', qty => 1 },
        headers => { Cookie => "tuanbo=$cookie", Origin => $t->url('') });
}

$t->answers(takes($cookie), 429, 'too_fast', 'the API says it, too');
my $old = encode_base64url('sixteen bytes ok');
is(takes("$old." . tag('buyer', $old))->code, 201,
    'a cookie from before that has no time: not new');
is(takes("$long_ago." . tag('buyer since', $long_ago))->code, 201,
    'nor one of long ago');

# ---- who drops the cookie: nothing, as long as the rule says so
my $held = $t->sale('grape')->{held};
$t->ua->cookie_jar->ignore(sub { 1 });
$began = Time::HiRes::time();
my $tries = 0;
while (Time::HiRes::time() - $began < $wait - 1) {
    for my $page ($t->many([map { [GET => '/s/grape'] } 1 .. 20])) {
        my ($mine) = ($page->headers->set_cookie // '') =~ /^tuanbo=([^;]+)/
            or next;
        $tries++;
        is(takes($mine)->code, 429, 'dropped the cookie, and waits')
            if $tries % 10 == 0;
        takes($mine);
    }
}
cmp_ok($tries, '>', 20, "$tries identities");
is($t->sale('grape')->{held}, $held, 'got nothing');

# ---- behind a login nobody is new; the shipped part of the conf
my $root = Tuanbo::Test::root();
my $fleet = Tuanbo::Test::Storefront->storefront(login => 1,
    server => "include $root/conf/tuanbo/newcomer.conf;")->start;
$fleet->define_sale('grape', price_fen => 100, stock => 100);
my $chen = Tuanbo::Test::Storefront->buyer($fleet, 'X-Login' => 'chen')
    ->get('/s/grape');
is(line($chen), '', 'a login: nothing to wait for');
ok($chen->submit('#take')->id, 'and the tap passes');

my $shop = Tuanbo::Test::Storefront->storefront(
    server => "include $root/conf/tuanbo/newcomer.conf;")->start;
$shop->define_sale('grape', price_fen => 100, stock => 100);
my $guest = Tuanbo::Test::Storefront->buyer($shop)->get('/s/grape');
like(line($guest), qr/第一次来.*10 秒/, 'the shipped one: ten seconds');
like($guest->dom->at('[data-work]')->attr('data-work'), qr/^16:[\w-]{22}$/,
    'or sixteen bits');

$t->audit_ok;
$t->finish;
