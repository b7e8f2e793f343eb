use v5.36;
use utf8;
use Digest::SHA qw(hmac_sha256);
use Mojo::JSON qw(decode_json encode_json);
use Mojo::Parameters;
use Mojo::Util qw(b64_decode b64_encode url_escape);
use Tuanbo::Test;
use Tuanbo::Test::Lua;
use Tuanbo::Test::Office;

binmode Test::More->builder->$_, ':utf8'
    for qw(output failure_output todo_output);

# The counter beyond its list: what was scanned, an order of which only some
# has come, a ticked list, what a phone is given to go on without a network,
# and the facts that it tells later.

my $o = Tuanbo::Test::Office->new->start;
my $shop = $o->shop;
my $xingfu = '/desk/hand-over/xingfu';

$shop->points(qw(xingfu binjiang));
$shop->define_sale($_->[0], title => $_->[1], price_fen => 100, stock => 1000,
    doc => { pickups => [qw(xingfu binjiang)] }) for ['grape', '葡萄'],
    ['egg', '土鸡蛋'];

# Somebody who has paid for one of each of these.
sub buy ($pickup, @sales) {
    my $buyer = $o->browser;

    $buyer->get("/s/$sales[0]");
    my $res = $buyer->{ua}->post($shop->url('/api/holds'), {
        Origin => $shop->url('') }, json => { pickup => $pickup,
            lines => [map +{ sale => $_, qty => 1 }, @sales] })->res;
    $res->code == 201 or die $res->body;
    my $hold = $res->json;
    $shop->order($hold->{id}, 'confirm', payment => "p$hold->{id}",
        paid_fen => $hold->{amount_fen})->code == 200 or die 'not paid';

    $buyer->{hold} = $hold->{id};
    return $buyer;
}

sub ready ($buyer) {
    is($shop->order($buyer->{hold}, 'ready')->code, 200, 'it has come');
}

# The pickup code, out of the id.
sub code_of ($id) {
    my $number = 0;
    $number = ($number * 16 + hex) % 100_000_000 for split //, $id;
    return sprintf '%08d', $number;
}

sub goods_of ($buyer) {
    my $hold = $buyer->{ua}->get($shop->url("/api/holds/$buyer->{hold}"))->res
        ->json;

    return join ' ', map { "$_->{sale}:$_->{goods}" } $hold->{lines}->@*;
}

my $owner = $o->owner;
$owner->get('/desk/staff')->submit('form:has(button[value="add"])',
    name => '团长', 'role.leader' => 1, 'point.xingfu' => 1, act => 'add');
my $leader = $o->enter($owner->dom->at('input.link')->attr('value')
    =~ s{^https?://[^/]+}{}r);

sub list ($who = $leader) {
    return decode_json($who->start(GET => "$xingfu/list")->res->body);
}

sub facts ($facts, %fields) {
    my $said = list();
    my %all = (csrf => $said->{csrf}, device => $said->{device},
        facts => encode_json($facts), %fields);

    $leader->start(POST => "$xingfu/facts",
        Mojo::Parameters->new(%all)->to_string);

    return $leader->res->code == 200
        ? decode_json($leader->res->body)->{results} : $leader->res->code;
}

sub fact ($buyer, $nonce, %more) {
    return { id => "id-$nonce", nonce => $nonce, hold => $buyer->{hold},
        via => 'list', device_at => 1790000000000, %more };
}

# ---- some of an order has come: that, and no more, is handed over
my $some = buy('xingfu', 'egg', 'grape');
is($shop->call(PUT => '/admin/waves/w1', role => 'admin',
    key => $shop->new_key, json => { sales => ['grape'],
        cut_at => now_ms() + 500, day => '2031-01-01' })->code, 201, 'a wave');
eventually {
    $shop->call(POST => '/admin/waves/w1/receive', role => 'admin',
        key => $shop->new_key, json => { pickup => 'xingfu', final => \0,
            lines => [{ sale => 'grape', qty => 1 }] })->code == 200
} 'the grapes have come';
is(goods_of($some), 'egg:awaited grape:ready', 'and the eggs have not');
$leader->get($xingfu);
like($leader->text, qr/葡萄 × 1/, 'the grapes wait');
unlike($leader->text, qr/土鸡蛋/, 'the eggs do not');
$leader->submit('.neighbours form');
like($leader->text, qr/交好了/, 'handed over');
is(goods_of($some), 'egg:awaited grape:handed_over', 'the grapes alone');
is(facts([fact($some, 'alone')])->[0]{outcome}, 'handed_over',
    'the eggs, which nobody has counted');

# ---- what was scanned
my ($lin, $wang, $far) = map { buy($_, 'grape') } qw(xingfu xingfu binjiang);
ready($_) for $lin, $wang, $far;
my $code = code_of($lin->{hold});

sub scanned ($text) {
    $leader->get("$xingfu?scan=" . url_escape $text);
    return $leader->dom->find('.neighbours form')->size;
}

is(scanned("tuanbo:$lin->{hold}:$code"), 1, 'one order');
is($leader->dom->at('.neighbours [name=via]')->attr('value'), 'scan', 'by scan');
is(scanned("tuanbo:$lin->{hold}:$code:20786:abcdefghijklmnop"), 1,
    'with a MAC, which the desk needs not: it has the order');
is(scanned("tuanbo:$far->{hold}:" . code_of($far->{hold})), 0,
    'of another point');
like($leader->text, qr/在别的自提点/, 'which is said');
is(scanned('https://example.com/'), 0, 'something else');
like($leader->text, qr/没有这样的提货码/, 'which is said, too');
is(scanned("tuanbo:$some->{hold}:00000000"), 0, 'what was handed over');
like($leader->text, qr/已经交过了/, 'is not again');
$leader->get("$xingfu?q=" . code_of($some->{hold}));
like($leader->text, qr/已经交过了/, 'nor by its code');
scanned("tuanbo:$lin->{hold}:$code");
$leader->submit('.neighbours form');
is((grep { $_->{hold} eq $lin->{hold} } $shop->entries('picked_up'))[0]{via},
    'scan', 'the ledger knows that it was scanned');

# ---- a list that was ticked on paper
my @ticked = map { buy('xingfu', 'grape') } 1 .. 3;
ready($_) for @ticked;
my @codes = map { code_of($_->{hold}) } @ticked;
$leader->get("$xingfu/codes");
is($leader->submit('#codes', codes => '')->dom->find('.wrong')->size, 1,
    'none at all');
is($leader->submit('#codes', codes => join ' ', 10000000 .. 10000100)->dom
    ->find('.wrong')->size, 1, 'too many');
my $typed = "$codes[0]\n" . ($codes[1] =~ s/^(....)/$1 /r)
    . "，$codes[2]; $codes[2]\n" . code_of($far->{hold}) . "\n123\n$code";
my $page = $leader->dom->at('#codes [name=key]')->attr('value');
$leader->submit('#codes', codes => $typed);
like($leader->text, qr/6 个码，记上了 3 个/, 'three of six');
is(join(' ', $leader->dom->find('.neighbours li')->map(sub {
    $_->at('p')->all_text =~ /交好了/ ? 'good' : /已经交过/ ? 'double'
        : /没有这个提货码/ ? 'none' : '?' })->each),
    'good good good none none double', 'each is said');
is(goods_of($_), 'grape:handed_over', 'it is') for @ticked;
my $entries = () = $shop->entries('picked_up');
my $csrf = $leader->dom->at('[name=csrf]')->attr('value');
$leader->start(POST => "$xingfu/codes", Mojo::Parameters->new(csrf => $csrf,
    key => $page, codes => $typed)->to_string);
like($leader->text, qr/记上了 3 个/, 'the same form again says the same');
is(scalar(() = $shop->entries('picked_up')), $entries, 'and does nothing');
$leader->submit('.neighbours li:nth-child(2) form', act => 'undo');
like($leader->text, qr/收回来了/, 'one was a mistake');
is(goods_of($ticked[1]), 'grape:ready', 'and is back');

# ---- what a phone is given
my $said = list();
is($said->{name}, 'xingfu', 'the point');
is(join(' ', sort map { map { $_->{id} } $_->{orders}->@* }
    $said->{neighbours}->@*), join(' ', sort $wang->{hold},
    $ticked[1]{hold}), 'whose goods are there');
is_deeply($said->{neighbours}[0]{orders}[0]{sales}, ['grape'], 'which');
my $day = int((now_ms() / 1000 + 8 * 3600) / 86400);
is(join(' ', map { $_->{day} - $day } $said->{keys}->@*), '-1 0 1 2 3',
    'the keys of a few days');
my $text = Tuanbo::Test::Lua::call($shop, 'tuanbo.slip:text', $wang->{hold},
    '1234 5678', 'xingfu', now_ms());
my ($signed, $mac) = $text =~ /^(tuanbo:[0-9a-f]{32}:12345678:$day):(.{16})$/;
ok($signed, 'what a page shows has the day') or diag $text;

sub mac_by ($key) {
    my $raw = b64_decode($key =~ tr{-_}{+/}r . '=' x (-length($key) % 4));
    return b64_encode(substr(hmac_sha256($signed, $raw), 0, 12), '')
        =~ tr{+/}{-_}r;
}

is(join(' ', map { mac_by($_->{key}) eq $mac ? 'yes' : 'no' }
    $said->{keys}->@*), 'no yes no no no', 'and is signed with its key');
is(Tuanbo::Test::Lua::call($shop, 'tuanbo.slip:text', $wang->{hold},
    '1234 5678', undef, now_ms()), "tuanbo:$wang->{hold}:12345678",
    'an order without a point has none');
my $elsewhere = decode_json($owner->start(GET =>
    '/desk/hand-over/binjiang/list')->res->body);
my %own = map { $_->{key} => 1 } $said->{keys}->@*;
is(scalar(grep { $own{$_->{key}} } $elsewhere->{keys}->@*), 0,
    'another point has other keys');
is($leader->start(GET => '/desk/hand-over/binjiang/list')->res->code, 403,
    'which a leader of this one does not get');
is($o->browser->start(GET => "$xingfu/list")->res->code, 401,
    'nor a stranger any');

# ---- what it tells later
my @late = map { buy('xingfu', 'grape') } 1 .. 3;
ready($_) for @late;
my $results = facts([fact($late[0], 'n1', via => 'scan', sales => ['grape']),
    fact($late[1], 'n2'), fact($late[0], 'n3', via => 'code'),
    { id => 'by-code', nonce => 'n4', code => code_of($late[2]{hold}),
        via => 'code', device_at => -5 },
    { id => 'unknown', nonce => 'n5', code => '00000000', via => 'code',
        device_at => 0 }, fact($far, 'n6')]);
is(join(' ', map { $_->{outcome} } @$results),
    'handed_over handed_over double handed_over not_found not_found',
    'each has an answer');
is($results->[0]{at}, $results->[2]{at}, 'a double has the time of the first');
my ($entry) = grep { $_->{hold} eq $late[0]{hold} } $shop->entries('picked_up');
is("$entry->{via} $entry->{device_at}", 'scan 1790000000000',
    'the ledger has what the phone says');
is_deeply(facts([fact($late[1], 'n2')]), [{ id => 'id-n2',
    outcome => 'handed_over', at => $results->[1]{at} }],
    'told again, it is the same');
is(facts([fact($late[1], 'n2', undo => \1)])->[0]{outcome}, 'put_back',
    'and taken back');
is(goods_of($late[1]), 'grape:ready', 'it waits again');
is($shop->call(POST => "/orders/$late[1]{hold}/refund", role => 'orders',
    key => $shop->new_key, json => { reason => 'goodwill', restock => \0,
        lines => [{ sale => 'grape', qty => 1 }] })->code, 200, 'paid back');
is(facts([fact($late[1], 'n7')])->[0]{outcome}, 'paid_back',
    'of what was paid back this is said');
eventually { grep { ($_->{hold} // '') eq $late[0]{hold}
    && $_->{status} eq 'double' } $o->clerk->ask('deeds')->{answer}{deeds}->@* }
    'a double is kept with whose hand it was';

eventually { join(' ', $leader->get("$xingfu/look")->dom
    ->find('.neighbours li')->map(attr => 'data-outcome')->each)
    eq 'paid_back double double' } 'and is there to look at, the last one first';
like($leader->text, qr/已经交过了.*提货码/, 'with when it was');
is($o->browser->start(GET => "$xingfu/look")->res->code, 401, 'for staff');

# ---- nonsense
is(facts($_->[0]), 400, $_->[1]) for
    [{}, 'no list'], [[], 'none'], [['x'], 'no facts'],
    [[fact($wang, 'bad nonce')], 'a nonce'],
    [[fact($wang, 'x', hold => 'zz')], 'a hold'],
    [[fact($wang, 'x', via => 'air')], 'a way'],
    [[fact($wang, 'x', device_at => 1.5)], 'a time'],
    [[fact($wang, 'x', sales => ['../x'])], 'a sale'],
    [[fact($wang, 'x', sales => 'grape')], 'no list of sales'],
    [[{ fact($wang, 'x')->%*, hold => undef, code => 12345678 }], 'a code'],
    [[map { fact($wang, "m$_") } 1 .. 21], 'too many'];
is(facts([fact($wang, 'x')], device => 'another'), 403, 'of another device');
is(facts([fact($wang, 'x')], csrf => 'x'), 403, 'without the token');
is(goods_of($wang), 'grape:ready', 'and nothing has happened');

# ---- a device that is stopped
$said = list();
$o->clerk->ask(revoke => { id => $said->{device} });
eventually { $leader->start(GET => "$xingfu/list")->res->code == 401 }
    'is given nothing any more';
$leader->start(POST => "$xingfu/facts", Mojo::Parameters->new(
    csrf => $said->{csrf}, device => $said->{device},
    facts => encode_json([fact($wang, 'late')]))->to_string);
is($leader->res->code, 401, 'and its facts are refused');
is(goods_of($wang), 'grape:ready', 'all of them');

# ---- what anybody may have: nothing of the shop is in it
my $stranger = $o->browser;
my $worker = $stranger->start(GET => '/desk/worker.js')->res;
is($worker->headers->content_type, 'application/javascript; charset=utf-8',
    'the worker');
for my $file ($worker->body =~ m{"(/static/[^"]+)"}g,
    $worker->body =~ m{"(\\/static[^"]+)"}g)
{
    is($stranger->start(GET => $file =~ s{\\}{}gr)->res->code, 200, $file);
}
my $manifest = decode_json($stranger->start(GET =>
    '/desk/manifest.webmanifest')->res->body);
is($manifest->{scope}, '/desk/', 'what is installed');
my @kinds = qw(image/svg+xml image/png);
for my $icon ($manifest->{icons}->@*) {
    my $res = $stranger->start(GET => $icon->{src})->res;
    is($res->code . ' ' . $res->headers->content_type, '200 '
        . shift(@kinds), "has a picture: $icon->{src}");
}
is("@kinds", '', 'in both kinds');
is($owner->get('/desk/')->dom->at('link[rel="apple-touch-icon"]')
    ->attr('href'), $manifest->{icons}[1]{src}, 'and the page names one');
is(substr($stranger->start(GET => $manifest->{icons}[1]{src})->res->body, 0,
    26), "\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\2\0\0\0\2\0\x08\2",
    'of 512 pixels, and nothing is seen through it');
is($stranger->start(GET => '/desk/offline')->res->code, 401,
    'the page itself is for those who work');

$shop->audit_ok;
$shop->finish;
