use v5.36;
use utf8;
use Tuanbo::Test;
use Tuanbo::Test::Office;

binmode Test::More->builder->$_, ':utf8'
    for qw(output failure_output todo_output);

# Receiving at the desk: counts so far, from two phones; to whom it would be
# short, before it is; and what is typed is not lost.

my $o = Tuanbo::Test::Office->new->start;
my $shop = $o->shop;

$shop->points(qw(xingfu binjiang));
$shop->define_sale($_->[0], title => $_->[1], price_fen => 100, stock => 1000,
    doc => { pickups => [qw(xingfu binjiang)] }) for ['grape', '葡萄'],
    ['egg', '土鸡蛋'];

sub buyer ($sale, $qty, $pickup, %called) {
    my $buyer = $o->browser;

    $buyer->get("/s/$sale")->submit('#take', pickup => $pickup, qty => $qty);
    $buyer->{hold} = $buyer->id or die $buyer->text;
    $buyer->submit('form[action="/name"]', %called) if %called;
    $shop->order($buyer->{hold}, 'confirm', payment => "p$buyer->{hold}",
        paid_fen => 100 * $qty)->code == 200 or die 'not paid';

    return $buyer;
}

sub wave ($id, $cut_at) {
    my $res = $shop->call(PUT => "/admin/waves/$id", role => 'orders',
        key => $shop->new_key, json => { sales => ['grape', 'egg'],
        cut_at => $cut_at, day => '2026-12-01' });
    is($res->code, 201, "the wave $id") or diag($res->body);
}

sub line_of ($sale, $point = 'xingfu', $wave = 'sat') {
    my $json = $shop->call(GET => "/admin/waves/$wave", role => 'orders')->json;
    my ($at) = grep { $_->{pickup} eq $point } $json->{points}->@*;
    return (grep { $_->{sale} eq $sale } $at->{lines}->@*)[0];
}

sub count_of ($browser, $sale) {
    return $browser->dom->at(qq(input[name="qty.$sale"]))->attr('value');
}

sub key_of ($browser) {
    return $browser->dom->at('.counts input[name=key]')->attr('value');
}

# A button of the form, as a browser sends it.
sub press ($browser, $name, $value, %typed) {
    my $form = $browser->dom->at('form.counts');
    my %fields = map { $_->attr('name') => $_->attr('value') // '' }
        grep { ($_->attr('type') // '') ne 'checkbox'
            || exists $_->attr->{checked} } $form->find('input')->each;

    %fields = (%fields, %typed, $name => $value);
    $browser->start(POST => $form->attr('action'),
        Mojo::Parameters->new(%fields)->to_string);

    return $browser->res->code == 303
        ? $browser->get($browser->res->headers->location =~
            s{^https?://[^/]+}{}r) : $browser;
}

my $li = buyer('grape', 2, 'xingfu', name => '李阿姨', digits => '1234',
    labels => 1);
my $wang = buyer('grape', 3, 'xingfu', name => '王伯', digits => '8888');
my $no = buyer('grape', 1, 'xingfu');
buyer('egg', 4, 'xingfu');
buyer('egg', 5, 'binjiang');

my $owner = $o->owner;
$owner->get('/desk/staff')->submit('form:has(button[value="add"])',
    name => '团长', 'role.leader' => 1, 'point.xingfu' => 1, act => 'add');
my $leader = $o->enter($owner->dom->at('input.link')->attr('value')
    =~ s{^https?://[^/]+}{}r);
$owner->get('/desk/staff')->submit('form:has(button[value="add"])',
    name => '主播', 'role.host' => 1, act => 'add');
my $host = $o->enter($owner->dom->at('input.link')->attr('value')
    =~ s{^https?://[^/]+}{}r);
my $page = '/desk/receive/sat/xingfu';

# ---- nothing is to come
like($leader->get('/desk/receive')->text, qr/没有要收的货/, 'no wave yet');
is($leader->get('/desk/receive/sat/xingfu')->res->code, 404, 'none at all');
wave('later', now_ms + 3_600_000);
like($leader->get('/desk/receive')->text, qr/没有要收的货/, 'not cut yet');
like($leader->get('/desk/receive/later/xingfu')->text, qr/截单以后才能点数/,
    'which its page says');
ok(!$leader->dom->at('form.counts'), 'with nothing to count');

# ---- a wave
wave('sat', now_ms);
eventually { $shop->call(GET => '/admin/waves/sat', role => 'orders')
    ->json->{seq} } 'it is frozen';
$leader->get('/desk/receive');
is($leader->dom->find('.doors a')->map(attr => 'href')->join(' '), $page,
    'a leader sees the own point');
like($leader->text, qr/到了 0，要 10/, 'how much is to come');
is($owner->get('/desk/receive')->dom->find('.doors a')->size, 2,
    'the owner all');
is($leader->get('/desk/receive/sat/binjiang')->res->code, 403, 'no other');
is($host->get('/desk/receive')->res->code, 403, 'a host counts nothing');
is($host->get('/desk/')->dom->find('.doors a')->map(attr => 'href')
    ->grep(qr/receive/)->size, 0, 'and has no door to it');

$owner->get('/desk/staff')->submit('form:has(button[value="add"])',
    name => '仓库', 'role.warehouse' => 1, act => 'add');
my $warehouse = $o->enter($owner->dom->at('input.link')->attr('value')
    =~ s{^https?://[^/]+}{}r);
is($warehouse->get('/desk/receive')->dom->find('.doors a')->size, 2,
    'the warehouse, too');
is($warehouse->get('/desk/receive/sat/binjiang')->res->code, 200,
    'and counts there');
is($warehouse->get('/desk/claims')->res->code, 403, 'but answers no claims');

# ---- − and + without scripts
$leader->get($page);
like($leader->text, qr/葡萄 要 6 .*土鸡蛋 要 4/, 'what is to come');
press($leader, step => 'grape +1');
is($leader->path =~ s/\?.*//r, $page, 'back at the page');
is(count_of($leader, 'grape'), 1, 'one more');
is(line_of('grape')->{received}, 1, 'the shop has it');
press($leader, step => 'grape -1') for 1 .. 2;
is(line_of('grape')->{received}, 0, 'not below none');

# ---- the count so far
press($leader, act => 'count', 'qty.grape' => 2);
like($leader->text, qr/记下了/, 'noted');
is(line_of('grape')->{received}, 2, 'two have come');
is(line_of('grape')->{ready}, 2, 'and are ready, for who paid first');
is(($li->get("/h/$li->{hold}")->dom->at('.shelf') // die)
    ->attr('data-place'), 'ready', 'her page says so');
eventually { grep { ($_->{target} // '') eq 'receive'
        && $_->{point} eq 'xingfu' && $_->{staff} }
    $o->clerk->ask('deeds')->{answer}{deeds}->@* } 'and whose hand it was';

# two phones: the other one's page is older
my $other = $o->owner;
$other->get($page);
press($leader, act => 'count', 'qty.grape' => 4, 'qty.egg' => 1);
press($other, act => 'count', 'qty.grape' => 4);
is(line_of('grape')->{received}, 4, 'both say four: four');
is(line_of('egg')->{received}, 1, 'what a phone did not touch stays');

# the same form twice
$leader->get($page);
my $form = $leader->dom->at('form.counts');
my %fields = ((map { $_->attr('name') => $_->attr('value') }
    $form->find('input')->each), 'qty.egg' => 2, act => 'count');
my $body = Mojo::Parameters->new(%fields)->to_string;
my $before = scalar(() = $shop->entries('received'));
is($leader->start(POST => $page, $body)->res->code, 303, 'sent twice')
    for 1 .. 2;
is(scalar(() = $shop->entries('received')), $before + 1, 'it counts once');

# ---- what cannot be
$leader->get($page);
press($leader, act => 'count', 'qty.grape' => 1, 'qty.egg' => 3);
is($leader->res->code, 409, 'fewer than are ready');
like($leader->dom->at('.wrong')->text, qr/葡萄：已经有 2 /, 'in words');
is(count_of($leader, 'grape'), 1, 'what was typed is still there');
is(count_of($leader, 'egg'), 3, 'all of it');
is(line_of('egg')->{received}, 2, 'and nothing was done');
for my $wrong ('x', '-1', '1.5', '', '99999999999') {
    press($leader->get($page), act => 'count', 'qty.egg' => $wrong);
    is($leader->res->code, 400, "no number: '$wrong'");
    is(count_of($leader, 'egg'), $wrong, 'it is still there');
}

# ---- before it is final: to whom it would be short
$leader->get($page);
press($leader, act => 'review', 'qty.grape' => 4, 'qty.egg' => 5);
my @missing = $leader->dom->find('.missing li')->map('all_text')
    ->map(sub { s/\s+/ /gr })->each;
is(scalar @missing, 2, 'two would not get all') or diag($leader->text);
like($missing[0], qr/王伯 8888 · 3 .*里缺 1/, 'who paid second, one less');
like($missing[1], qr/没留称呼 .*1 .*都没有/, 'who paid last, nothing');
like($leader->text, qr/缺 2 .*2 位邻居/, 'all together');
like($leader->text, qr/比订的多 1 /, 'and what is too much');
is(scalar(() = $shop->entries('short')), 0, 'nothing is done yet');

# meanwhile an order goes: what was shown is not what would be
ok($shop->call(POST => "/orders/$no->{hold}/refund", role => 'orders',
    key => $shop->new_key, json => { lines => [{ sale => 'grape',
    qty => 1 }], reason => 'cancelled', restock => true })->code == 200,
    'the last one cancels');
press($leader, act => 'final');
like($leader->text, qr/刚才数变了/, 'it is shown again');
is(scalar(() = $shop->entries('short')), 0, 'and nothing is done');
@missing = $leader->dom->find('.missing li')->each;
is(scalar @missing, 1, 'without the one who cancelled');

# ---- final, of what will not come
$form = $leader->dom->at('form.counts');
%fields = map { $_->attr('name') => $_->attr('value') }
    $form->find('input')->each;
delete $fields{'last.egg'};
$leader->start(POST => $page, Mojo::Parameters->new(%fields, act => 'final')
    ->to_string);
is($leader->res->code, 303, 'it is said') or diag($leader->text);
like($leader->get($leader->res->headers->location =~ s{^https?://[^/]+}{}r)
    ->text, qr/钱会退回去/, 'and what follows');
eventually { line_of('grape')->{short} == 1 } 'one is short';
is(line_of('grape')->{final}, true, 'for good');
is(line_of('egg')->{final}, false, 'the others may still come');
is(line_of('egg')->{received}, 5, 'and are counted');
my ($short) = grep { $_->{hold} eq $wang->{hold} } $shop->entries('owed');
is($short->{reason}, 'short', 'what was shown is what was done');
like($leader->get($page)->text, qr/到了 4 .*缺 1/, 'the page says it');
ok(!$leader->dom->at('input[name="qty.grape"]'), 'and it is counted no more');

# the other phone, whose page is older
$fields{csrf} = $other->get($page)->dom->at('form.counts input[name=csrf]')
    ->attr('value');
$other->start(POST => $page, Mojo::Parameters->new((%fields,
    act => 'count', 'qty.grape' => 9))->to_string);
is(line_of('grape')->{received}, 4, 'changes nothing');

# ---- without the clerk; without the shop nothing is lost
$o->clerk->stop('KILL');
press($leader->get($page), act => 'count', 'qty.egg' => 6);
is(line_of('egg')->{received}, 6, 'no SQL is needed');
$o->office->expect_log(qr/connect\(\) failed|upstream/);
my $direct = Tuanbo::Test::Storefront->buyer($o->office);
$direct->{ua} = $leader->{ua};
$leader->get($page);
%fields = ((map { $_->attr('name') => $_->attr('value') }
    $leader->dom->find('form.counts input')->each), 'qty.egg' => 7,
    act => 'count');
my $saved = Mojo::Parameters->new(%fields)->to_string;
$shop->audit_ok;
$shop->stop;
$direct->start(POST => $page, $saved);
is($direct->res->code, 503, 'the shop is away');
like($direct->dom->at('.wrong')->text, qr/不会记两回/, 'which is said');
is(count_of($direct, 'egg'), 7, 'what was typed is still there');

$shop->finish;
