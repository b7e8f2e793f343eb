use v5.36;
use utf8;
use Digest::SHA qw(hmac_sha256_hex sha256_hex);
use Mojo::JSON qw(decode_json true);
use Tuanbo::Test;
use Tuanbo::Test::Office;
use Tuanbo::Signature qw(sign);

binmode Test::More->builder->$_, ':utf8'
    for qw(output failure_output todo_output);

# The feed of waves for a warehouse's own system: signed, page by page, without
# names; and the worked example of docs/warehouse.md, as it stands there.

my $o = Tuanbo::Test::Office->new->start;
my $shop = $o->shop;
my $secret = $o->office->{secrets}{warehouse};

sub ask ($target, %o) {
    my $method = $o{method} // 'GET';
    my $signature = exists $o{signature} ? $o{signature}
        : sign($o{secret} // $secret, int($o{time} // time), $method,
        $o{signed} // $target, '', '');
    return $shop->call($method, $target, headers => {
        defined $signature ? ('Flashsale-Signature' => $signature) : () });
}

sub order ($pickup, @lines) {
    my $buyer = $o->browser;
    my $id;
    while (my ($sale, $qty) = splice @lines, 0, 2) {
        $buyer->get("/s/$sale")->submit('#take', pickup => $pickup,
            qty => $qty);
        $id = $buyer->id or die $buyer->text;
        $shop->order($id, 'confirm', payment => "p$id",
            paid_fen => 100 * $qty)->code == 200 or die 'not paid';
    }
    return $id;
}

for (['xingfu', '幸福里', '城东', '东线', 1], ['heping', '和平路', '', '', undef])
{
    my ($id, $name, $region, $route, $stop) = @$_;
    $shop->call(PUT => "/admin/documents/pickup/$id", role => 'admin',
        key => $shop->new_key, json => { name => $name, address => '1 号',
        hours => '9:00', $stop ? (region => $region, route => $route,
        stop => $stop) : () })->code == 200 or die;
}
$shop->define_sale($_->[0], title => $_->[1], price_fen => 100, stock => 1000,
    doc => { pickups => [qw(xingfu heping)] })
    for ['grape', '葡萄'], ['egg', '土鸡蛋'];

my $first = order('xingfu', grape => 2);
my $second = order('xingfu', grape => 1, egg => 5);
$shop->call(PUT => '/admin/waves/2026-12-01', role => 'orders',
    key => $shop->new_key, json => { sales => ['grape', 'egg'],
    cut_at => now_ms, day => '2026-12-01' })->code == 201 or die;
eventually { ask('/desk/feed/waves')->json->{waves}[0]{seq} } 'a wave is cut';

# ---- the worked example
my $doc = Tuanbo::Test::slurp(Tuanbo::Test->root . '/docs/warehouse.md');
my ($script) = $doc =~ /```sh\n(.*?)```/s or die 'no example';
my $told = $doc =~ /```json\n(.*?)```/s ? $1 : die 'no answer';
my $key = $o->clerk->dir . '/key';

{
    open my $file, '>', $key or die $!;
    print {$file} "$secret\n";
}

local @ENV{qw(U SECRET WAVE)} = ($shop->url(''), $key, '2026-12-01');
open my $out, '-|', 'sh', '-euc', $script or die $!;
my @said = map { decode_json($_) } do { local $/; split /\n/, readline $out };
ok(close $out, 'the example runs');
is(scalar @said, 2, 'and prints two answers');

# what the document shows of it; ids, codes and positions are of another shop
my ($wave, $lines) = map { decode_json($_) } $told =~ /\A(\{.*?\n.*?"next": null \})\n(.*)\z/s
    or die 'two answers';
sub shown ($has, $like) {
    return [map { $_ <= $#$has ? shown($has->[$_], $like->[$_]) : 'missing' }
        0 .. $#$like] if ref $like eq 'ARRAY' && @$has == @$like;
    return { map { $_ => shown($has->{$_}, $like->{$_}) } keys %$like }
        if ref $like eq 'HASH';
    return $has;
}
$_->{seq} = $said[0]{seq} for $wave, $lines;
my @codes = map { delete $_->{code} } $said[1]{lines}->@*;
delete $_->{code} for $lines->{lines}->@*;
is_deeply(shown($said[0], $wave), $wave, 'a wave as the document has it')
    or diag explain $said[0];
is_deeply(shown($said[1], $lines), $lines, 'and its lines')
    or diag explain $said[1];
is(scalar(grep { /^\d{4} \d{4}$/ } @codes), 2, 'with codes');
is($said[1]{lines}[0]{order}, $first, 'of these orders');

# ---- signed, or not at all
my $target = '/desk/feed/waves';
sub refused ($name, @o) {
    my $res = ask($target, @o);
    is($res->code . ' ' . ($res->json->{code} // ''), '401 bad_signature',
        $name);
    like($res->headers->www_authenticate, qr/realm="warehouse"/, 'it says of whom');
}

refused('no signature', signature => undef);
refused('another secret', secret => 'x');
refused("another role's", secret => $shop->{secrets}{admin});
refused('an old one', time => time - 400);
refused('one of tomorrow', time => time + 400);
refused('of another address', signed => "$target?limit=1");
refused('nonsense', signature => 't=1,v1=zz');
is(ask($target, time => time - 200)->code, 200, 'five minutes are fine');
my $owner = $o->owner;
is($owner->get($target)->res->code, 401, 'nobody at the desk needs it');
is($shop->call(GET => '/admin/waves', role => 'orders',
    secret => $secret)->code, 401, 'it opens nothing else');
my $res = ask($target);
my ($t, $v1) = $res->headers->header('Flashsale-Signature')
    =~ /^t=(\d+),v1=(\w+)$/;
is($v1, hmac_sha256_hex("$t\nGET\n$target\n\n" . sha256_hex($res->body),
    $secret), 'the answer is signed, too');
is(ask($target, method => 'POST')->code, 405, 'nothing can be changed');

# ---- what is wrong
sub problem ($path, $status, $code, $field = undef) {
    my $res = ask("$target$path");
    is($res->code . ' ' . $res->json->{code} . ' ' . ($res->json->{field}
        // ''), "$status $code " . ($field // ''), "$path: $code");
    like($res->headers->content_type, qr{^application/problem\+json}, 'said so');
}

problem('/nope', 404, 'not_found');
problem('/2026-12-01/nope', 404, 'not_found');
problem('/2026-12-01/heping', 404, 'not_found');
problem("?limit=$_", 400, 'bad_request', 'limit') for 0, 101, 'x', '-1', '1.5';
problem('/2026-12-01?after=nope', 400, 'bad_request', 'after');
problem("/2026-12-01/xingfu?after=$_", 400, 'bad_request', 'after')
    for 'x', '0.1', '1.-1', '1.9999999999999999';
problem('/2026-12-01/xingfu?limit=501', 400, 'bad_request', 'limit');

# ---- page by page
my $far = order('heping', grape => 3);
$shop->call(PUT => '/admin/waves/later', role => 'orders',
    key => $shop->new_key, json => { sales => ['grape'],
    cut_at => now_ms + 3_600_000 })->code == 201 or die;
is_deeply([map { $_->{id} } ask("$target?limit=1")->json->{waves}->@*],
    ['2026-12-01'], 'a page');
is(ask("$target?limit=1")->json->{next}, '2026-12-01', 'and there is more');
my $later = ask("$target?limit=1&after=2026-12-01")->json;
is_deeply([map { "$_->{id} " . ($_->{seq} // 'null') . ' '
    . ($_->{day} // 'null') } $later->{waves}->@*], ['later null null'],
    'one that is not cut');
is($later->{next}, undef, 'the last');
is_deeply(ask("$target?after=later")->json, { waves => [], next => undef },
    'and no more: an empty list');
is(ask("$target/later/heping")->json->{lines}[0]{place}, undef,
    'no place before it is cut');
order('xingfu', grape => 1);
my $page = ask("$target/later?limit=1")->json;
is_deeply([map { $_->{point} } $page->{points}->@*], ['xingfu'],
    'points in the order of the way');
is($page->{next}, 'xingfu', 'page by page');
$page = ask("$target/later?limit=1&after=xingfu")->json;
is_deeply([map { "$_->{point} $_->{region}|" . ($_->{stop} // 'null') }
    $page->{points}->@*], ['heping |null'], 'those without a route at last');
is($page->{next}, undef, 'the end');

my (@all, $after);
do {
    my $page = ask("$target/2026-12-01/xingfu?limit=1"
        . ($after ? "&after=$after" : ''))->json;
    cmp_ok(scalar $page->{lines}->@*, '<=', 1, 'a line');
    push @all, map { "$_->{sale} $_->{qty} $_->{place} $_->{goods}" }
        $page->{lines}->@*;
    $after = $page->{next};
} while ($after && @all < 9);
is_deeply(\@all, ['grape 2 A-01 awaited', 'grape 1 A-02 awaited',
    'egg 5 A-02 awaited'], 'each once, a neighbour in one place');
unlike(ask("$target/2026-12-01/xingfu")->body, qr/name|digits|fen/,
    'without names and prices');

# ---- what was cancelled, what was short
$shop->call(POST => "/orders/$first/refund", role => 'orders',
    key => $shop->new_key, json => { lines => [{ sale => 'grape', qty => 2 }],
    reason => 'cancelled', restock => true })->code == 200 or die;
is_deeply([map { "$_->{sale} $_->{place}" }
    ask("$target/2026-12-01/xingfu")->json->{lines}->@*],
    ['grape A-02', 'egg A-02'], 'who stays keeps the place');
is(ask("$target/2026-12-01")->json->{points}[0]{lines}[0]{ordered}, 3,
    'what was ordered stays');

$shop->audit_ok;
$shop->finish;
