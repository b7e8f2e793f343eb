use v5.36;
use utf8;
use Time::HiRes ();
use Tuanbo::Test;
use Tuanbo::Test::Faults;
use Tuanbo::Test::Storefront;

binmode Test::More->builder->$_, ':utf8'
    for qw(output failure_output todo_output);

# The limits of the shipped conf, from one address: a village that taps in the
# same second passes, all of it; one who drops the cookie again and again, or
# reserves and gives back in a loop, gets what docs/abuse.md says, no more.

my $t = Tuanbo::Test::Storefront->storefront(
    checkout => Tuanbo::Test::free_port(), server => <<'CONF');
        set_real_ip_from 127.0.0.1;
        real_ip_header X-From;
        location = /network {
            content_by_lua_block {
                ngx.print((ngx.var.tuanbo_network:gsub(".", function(byte)
                    return string.format("%02x", byte:byte())
                end)))
            }
        }
CONF
$t->{server} .= 'if ($http_x_tablet) { set $tuanbo_trusted 1; }';
my $faults = Tuanbo::Test::Faults->new($t);
$t->expect_log(qr/limiting (?:requests|connections)/);
$t->expect_log(qr/commits wait for the log's lock/);
$t->expect_log(qr/connect\(\) failed .* upstream/);


# Limits as at the beginning; and no cookie is kept between requests.
sub fresh () {
    $t->stop if $t->{master};
    $t->start;
    $t->wait_ready;
    $t->ua->cookie_jar->ignore(sub { 1 });
}


my %conf = map { /limit_req\s+zone=tuanbo_(\w+)\s+burst=(\d+)/ ? ($1 => $2)
    : () } split /\n/, Tuanbo::Test::slurp(Tuanbo::Test::root()
    . '/conf/tuanbo/server.conf');
my %rate = map { /zone=tuanbo_(\w+):\S+\s+rate=(\d+)r\/s/ ? ($1 => $2)
    : () } split /\n/, Tuanbo::Test::slurp(Tuanbo::Test::root()
    . '/conf/tuanbo/http.conf');
my ($waiting_max) = Tuanbo::Test::slurp(Tuanbo::Test::root()
    . '/conf/tuanbo/server.conf') =~ /^limit_conn\s+tuanbo_waiting\s+(\d+);/m;
is_deeply([sort keys %conf], [qw(commanders commands strangers)],
    'the shipped limits');
is_deeply([sort keys %rate], [sort keys %conf], 'and their rates');

# What a zone lets through within some seconds.
sub most ($zone, $seconds) {
    return $conf{$zone} + 1 + $rate{$zone} * $seconds;
}

sub cookie_of ($res) {
    return ($res->headers->set_cookie // '') =~ /^(tuanbo=[^;]+)/ ? $1 : undef;
}

sub count ($code, @answers) {
    return scalar grep { ($_->code // 0) == $code } @answers;
}

sub hold ($cookie, $sale) {
    return [POST => '/api/holds', json => { sale => $sale, qty => 1 },
        headers => { Cookie => $cookie, Origin => $t->url('') }];
}

# ---- a village of 300
fresh();
my $n = 300;
$t->define_sale('grape', price_fen => 100, stock => 2 * $n, limit => 1);

my @pages = $t->many([map { [GET => '/s/grape'] } 1 .. $n]);
is(count(200, @pages), $n, "$n neighbours look at a page");
my @cookies = map { cookie_of($_) } @pages;
my %different = map { $_ => 1 } grep { defined } @cookies;
is(scalar keys %different, $n, 'each is somebody');

my $began = Time::HiRes::time();
my @holds = $t->many([map { hold($_, 'grape') } @cookies]);
diag(sprintf '%d taps in %.2f s', $n, Time::HiRes::time() - $began);
is(count(201, @holds), $n, 'they tap in the same second');
is($t->sale('grape')->{held}, $n, 'and each has a box');

# without scripts there is a page more; then they pay, some tap twice
my @more = $t->many([map { [GET => '/h/' . $_->[1]->json->{id},
    headers => { Cookie => $_->[0] }] } map { [$cookies[$_], $holds[$_]] }
    0 .. $n - 1]);
is(count(200, @more), $n, 'each looks at it');
my @paying = $t->many([map { [POST => "/checkout/$holds[$_]{json}{id}",
    form => [csrf => ($more[$_]->dom->at('[name=csrf]')->attr('value'))],
    headers => { Cookie => $cookies[$_], Origin => $t->url('') }] }
    map { $holds[$_]{json} = $holds[$_]->json; $_ } 0 .. $n - 1]);
is(count(429, @paying), 0, 'and goes to pay');
is((scalar grep { $_->{state} eq 'paying' } map { $t->get(
    "/api/holds/$holds[$_]{json}{id}", headers => {
    Cookie => $cookies[$_] })->json } 0 .. $n - 1), $n, 'all of them');

# ---- who drops the cookie
fresh();
$t->define_sale('plum', price_fen => 100, stock => 5000, limit => 1);

$began = Time::HiRes::time();
my ($given, $got, $refused, $leaked) = (0, 0, 0, 0);

for my $round (1 .. 15) {
    my @new = $t->many([map { [GET => '/s/plum', headers => {
        Cookie => 'tuanbo=junk' . $_ }] } 1 .. 100], parallel => 50);
    my @mine = grep { defined } map { cookie_of($_) } @new;
    $given += @mine;
    $refused += count(429, @new);
    $leaked += grep { ($_->code // 0) == 429 && cookie_of($_) } @new;
    $got += count(201, $t->many([map { hold($_, 'plum') } @mine]));
}

# whatever page it is; on a busy machine they may come slower for a while than
# they are let in
my @other;
eventually {
    my @more = $t->many([map { [GET => $_] } ((qw(/problem?code=busy /none
        /me /live/x / /past)) x 40)], parallel => 50);
    $leaked += grep { ($_->code // 0) == 429 && cookie_of($_) } @more;
    $given += grep { defined cookie_of($_) } @more;
    push @other, @more;
    count(429, @more);
} 'other pages are refused as well', 60;

my $seconds = Time::HiRes::time() - $began;
cmp_ok($given, '<=', most(strangers => $seconds),
    sprintf '%d tries in %.1f s: %d identities', 1500 + @other, $seconds,
    $given);
cmp_ok($refused, '>=', 1500 - most(strangers => $seconds), 'no more');
is($leaked, 0, 'and a page that refuses gives none');
cmp_ok($got, '<=', most(commands => $seconds), "$got boxes");
is($t->sale('plum')->{held}, $got, 'as the engine says');

my ($res) = grep { ($_->code // 0) == 429 } @other;
like($res->dom->at('main')->all_text, qr/太快/, 'in words');
ok($res->headers->header('Retry-After'), 'says when again');
$res = $t->post('/api/holds', form => [sale => 'plum', qty => 1, csrf => 'x'],
    headers => { Origin => $t->url('') });
is(cookie_of($res), undef, 'nor does a form to the API');
is(cookie_of($t->post("/checkout/$holds[0]{json}{id}", form => [csrf => 'x'],
    headers => { Origin => $t->url('') })), undef, 'nor one to the checkout');

# whom it knows, is served as ever
my ($known) = grep { defined } @cookies;
is($t->get('/s/plum', headers => { Cookie => $known })->code, 200,
    'who was there before, sees pages');

# ---- one person in a loop: reserve and give back
fresh();
$began = Time::HiRes::time();
my @loop = $t->many([map { hold($known, 'plum') } 1 .. 100], parallel => 10);
$seconds = Time::HiRes::time() - $began;
cmp_ok(100 - count(429, @loop), '<=', most(commanders => $seconds),
    'one identity: so many commands');
my ($fast) = grep { $_->code == 429 } @loop;
$t->answers($fast, 429, 'too_fast', 'then it is too fast');
ok($fast->headers->header('Retry-After'), 'for a moment');
is($t->get('/api/holds', headers => { Cookie => $known })->code, 200,
    'looking is free');
is(count(429, $t->many([map { hold($_, 'grape') } @cookies[1 .. 50]])), 0,
    'and the neighbours go on');

# ---- no limit on what is signed: the order service speaks for all
my @signed = $t->many([map { [POST => '/orders/' . '0' x 32 . '/confirm',
    role => 'orders', json => { payment => "p$_", paid_fen => 1 }] }
    1 .. 1200], parallel => 50);
is(count(429, @signed), 0, 'the order service is not counted');

# ---- so many may wait for a slow disk at once; each is another one, so that
# nobody meets a limit of one's own.  The disk is stuck until all have come.
fresh();
my $crowd = 3 * $n;
my @crowd = map { cookie_of($_) } $t->many([map { [GET => '/s/grape'] }
    1 .. $crowd - @cookies]);
is(scalar(grep { defined } @crowd), $crowd - $n, 'more who are somebody');
fresh();
$t->define_sale('fig', price_fen => 100, stock => 5000);
my $tired = 0;
my $free = sub { $faults->set(stuck => 0) };
my $late = Mojo::IOLoop->timer(Tuanbo::Test::patience(10) => $free);
$faults->set(stuck => 1);
my @waiting = $t->many([map { hold($_, 'fig') } @cookies, @crowd],
    told => sub ($res) {
        $tired++ if ($res->code // 0) == 429;
        $free->() if $tired == $crowd - $waiting_max;
    });
$free->();
Mojo::IOLoop->remove($late);
is($tired, $crowd - $waiting_max, "$tired of $crowd at once are too many");
is(count(201, @waiting), $waiting_max, 'the others are served');

# ---- whom the shop trusts
fresh();
my $tablet = sub ($i) {
    my $call = hold($cookies[60 + $i % 200], 'grape');
    $call->[-1]{'X-Tablet'} = 1;
    return $call;
};
is(count(429, $t->many([map { $tablet->($_) } 1 .. 1200], parallel => 50)), 0,
    'the shop\'s own tablet is not counted');

# ---- a household's network in IPv6
for my $case (['192.0.2.1', 'c0000201'], ['192.0.2.2', 'c0000202'],
    ['2001:db8:1:2::1', '20010db800010002'],
    ['2001:db8:1:2:a:b:c:d', '20010db800010002'],
    ['2001:db8:1:a:a:b:c:d', '20010db80001000a'],
    ['2001:0a0a:0d0a::1', '20010a0a0d0a0000'], ['::1', '0' x 16])
{
    is($t->get('/network', headers => { 'X-From' => $case->[0] })->body,
        $case->[1], "$case->[0] counts as $case->[1]");
}

$t->audit_ok;
$t->finish;
