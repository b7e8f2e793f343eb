use v5.36;
use utf8;
use Tuanbo::Test;
use Tuanbo::Test::Office;

binmode Test::More->builder->$_, ':utf8'
    for qw(output failure_output todo_output);

# Bad fruit at the counter: said for the neighbour, answered in one tap, what
# is due first on top; and a bad lot made good to all.

my $o = Tuanbo::Test::Office->new;
$o->shop->{http} .= "flashsale_refund_time 2s; flashsale_claims lot=20%;\n";
$o->start;
my $shop = $o->shop;

$shop->points(qw(xingfu binjiang));
$shop->define_sale($_->[0], title => $_->[1], price_fen => 1050, stock => 1000,
    doc => { pickups => [qw(xingfu binjiang)] }) for ['grape', '葡萄'],
    ['egg', '土鸡蛋'];

# Somebody who has it.
sub had ($sale, $qty, $pickup, %called) {
    my $buyer = $o->browser;

    $buyer->get("/s/$sale")->submit('#take', pickup => $pickup, qty => $qty);
    $buyer->{hold} = $buyer->id or die $buyer->text;
    $buyer->submit('form[action="/name"]', %called) if %called;
    $shop->order($buyer->{hold}, 'confirm', payment => "p$buyer->{hold}",
        paid_fen => 1050 * $qty)->code == 200 or die 'not paid';
    $shop->order($buyer->{hold}, $_)->code == 200 or die "not $_"
        for qw(ready picked-up);

    return $buyer;
}

sub code_of ($buyer) {
    my $number = 0;
    $number = ($number * 16 + hex) % 100_000_000 for split //, $buyer->{hold};
    return sprintf '%08d', $number;
}

sub staff ($owner, $name, @roles) {
    $owner->get('/desk/staff')->submit('form:has(button[value="add"])',
        name => $name, act => 'add', @roles);
    return $o->enter($owner->dom->at('input.link')->attr('value')
        =~ s{^https?://[^/]+}{}r);
}

# The last one of a name counts.
sub form (%fields) { Mojo::Parameters->new(%fields)->to_string }

sub owed ($buyer) {
    my ($of) = grep { $_->{hold} eq $buyer->{hold} }
        reverse $shop->entries('owed');
    return $of ? $of->{amount_fen} : 0;
}

my $li = had('grape', 3, 'xingfu', name => '李阿姨', digits => '1234');
my $wang = had('grape', 8, 'xingfu', name => '王伯', digits => '8888');
my $far = had('egg', 1, 'binjiang', name => '远伯', digits => '7777');

my $owner = $o->owner;
my $leader = staff($owner, '团长', 'role.leader' => 1, 'point.xingfu' => 1);
my $host = staff($owner, '主播', 'role.host' => 1);

# ---- nobody waits
is($host->get('/desk/claims')->res->code, 403, 'not everybody\'s page');
like($leader->get('/desk/claims')->text, qr/没有等答复的/, 'nobody waits');

# ---- whose it is: by digits, name and code
sub found ($query) {
    $leader->get('/desk/claims?' . Mojo::Parameters->new(q => $query));
    return $leader->dom->find('.doors a')->map('all_text')
        ->map(sub { s/\s+/ /gr })->each;
}
is_deeply([found('1234')], ['李阿姨 1234 · 葡萄 × 3 份'], 'by the digits');
is_deeply([found('王')], ['王伯 8888 · 葡萄 × 8 份'], 'by the name');
is_deeply([found(code_of($li))], ['李阿姨 1234 · 葡萄 × 3 份'], 'by the code');
is_deeply([found($_)], [], "not $_") for '远', '7777', code_of($far), '9999';
like($leader->text, qr/没找到/, 'which is said');
is($leader->get("/desk/claims/$far->{hold}")->res->code, 403,
    'an order of another point');
is($leader->get('/desk/claims/' . 'f' x 32)->res->code, 404, 'of nobody');

# ---- said for the neighbour
like($leader->get("/desk/order/$li->{hold}")->dom->find('a')
    ->map(attr => 'href')->join(' '), qr{/desk/claims/$li->{hold}},
    'the order\'s page leads there');
$leader->get("/desk/claims/$li->{hold}");
like($leader->text, qr/李阿姨 1234/, 'whose order it is');
my %form = map { $_->attr('name') => $_->attr('value') }
    $leader->dom->find('form.say input[type=hidden]')->each;
$leader->submit('form.say');
like($leader->text, qr/报上了/, 'one tap: one is bad');
like($leader->text, qr/葡萄 1 份：坏果/, 'there it is');
my ($claim) = $shop->entries('claimed');
is("@{$claim}{qw(sale qty reason hold)}", "grape 1 bad $li->{hold}",
    'the ledger has it');
$leader->start(POST => "/desk/claims/$li->{hold}", form(%form,
    qty => 1, reason => 'bad'));
is(scalar(() = $shop->entries('claimed')), 1, 'sent twice, it is one');
eventually { grep { ($_->{target} // '') eq 'claims'
        && $_->{hold} eq $li->{hold} && $_->{staff} }
    $o->clerk->ask('deeds')->{answer}{deeds}->@* } 'and who said it';
like($li->get("/h/$li->{hold}")->text, qr/葡萄 1 份：坏果/,
    'the neighbour sees it');
$leader->start(POST => "/desk/claims/$far->{hold}", form(%form,
    sale => "egg", qty => 1, reason => "bad", key => "k"));
is($leader->res->code, 403, 'not for an order of another point');

# more than is left, and what makes no sense
sub said (%field) {
    $leader->start(POST => "/desk/claims/$li->{hold}", form(%form,
        key => $shop->new_key, reason => "bad", %field));
    return $leader->res->code == 303
        ? ($leader->res->headers->location =~ /done=(\w+)/)[0]
        : $leader->res->code;
}
is(said(qty => 3), 'claimed_before', 'no unit twice');
is(said(qty => 1, sale => 'rice'), 'failed', 'no such sale');
is(said(qty => 'x'), 'failed', 'no number');
is(said(qty => 1, key => '!'), 400, 'no key');

# ---- answered in one tap; what is due first comes first
$shop->call(POST => "/orders/$wang->{hold}/claims", role => 'orders',
    key => $shop->new_key, json => { sale => 'grape', qty => 2,
    reason => 'damaged' })->code == 201 or die;
$shop->call(POST => "/orders/$far->{hold}/claims", role => 'orders',
    key => $shop->new_key, json => { sale => 'egg', qty => 1,
    reason => 'bad' })->code == 201 or die;
$leader->get('/desk/claims');
is($leader->dom->find('.counted h2')->map('all_text')
    ->map(sub { s/\s+/ /gr =~ s/^ | $//gr })->join(', '),
    '李阿姨 1234, 王伯 8888', 'by due time, of the own points');
like($leader->text, qr/前答复，还有/, 'until when');
like($leader->text, qr/值 21 元/, 'what it is worth');
is($owner->get('/desk/claims')->dom->find('.counted h2')->size, 3,
    'the owner sees all');
like($leader->get('/desk/')->text, qr/2 件等答复/, 'the first page says it');
eventually { $leader->get('/desk/claims')->dom->at('.counted .wrong') }
    'what is late';
like($leader->dom->at('.counted .wrong')->text, qr/已经晚了/, 'is said');
my %first = map { $_->attr('name') => $_->attr('value') }
    $leader->dom->find('.counted li:first-child input')->each;
$leader->submit('.counted li:first-child form', act => 'accept');
like($leader->text, qr/赔了/, 'accepted');
is(owed($li), 1050, 'what it is worth is owed');
is($leader->dom->find('.counted h2')->size, 1, 'one less');
$leader->start(POST => '/desk/claims', form(%first,
    key => 'other', act => 'deny'));
$leader->get($leader->res->headers->location);
like($leader->text, qr/别人已经答复过/, 'it is answered once');
$leader->submit('.counted li:first-child form', act => 'deny');
like($leader->text, qr/没有赔/, 'denied');
is(owed($wang), 0, 'nothing is owed');
my ($of_far) = $owner->get('/desk/claims')
    ->dom->find('.counted input[name=claim]')->map(attr => 'value')->each;
$leader->start(POST => '/desk/claims', form(%first,
    key => 'o2', hold => $far->{hold}, claim => $of_far, act => 'accept'));
is($leader->res->code, 403, 'not of another point');

# ---- a bad lot: 1 of 11 grapes is no lot, 4 are
ok(!$leader->get('/desk/claims')->dom->at('.lot:contains(葡萄)')
    && $leader->text !~ qr/葡萄：交出去/, 'one bad one is no lot');
is($shop->call(POST => "/orders/$wang->{hold}/claims", role => 'orders',
    key => $shop->new_key, json => { sale => 'grape', qty => 3,
    reason => 'bad' })->code, 201, 'three more');
like($leader->get('/desk/claims')->text,
    qr/葡萄：交出去 11 份，4 份有人说坏/, 'it is proposed');
ok(!$leader->dom->at('.lot form'), 'the owner decides');
$leader->start(POST => '/desk/claims', form(%first,
    key => 'o3', act => 'compensate', sale => 'grape', yuan => 3,
    reason => 'x'));
is($leader->res->code, 403, 'nobody else');
$owner->get('/desk/claims');
my ($lot) = grep { $_->at('input[value=grape]') }
    $owner->dom->find('.lot form')->each;
is($lot->at('input[name=yuan]')->attr('value'), '10.5',
    'the same for all, unless it is changed');
my %lot = map { $_->attr('name') => $_->attr('value') }
    $lot->find('input')->each;
for my $yuan ('', 'x', '0', '-1', '1.234', '1e3') {
    $owner->start(POST => '/desk/claims', form(%lot,
        yuan => $yuan, act => 'compensate'));
    like($owner->res->headers->location, qr/done=amount/, "no amount: $yuan");
}
is(scalar(() = $shop->entries('compensated')), 0, 'nothing was done');
%lot = (%lot, yuan => '3.5', reason => '太小', act => 'compensate');
$owner->start(POST => '/desk/claims', form(%lot))
    for 1 .. 2;
$owner->get($owner->res->headers->location);
like($owner->text, qr/给所有人赔了/, 'one tap');
my @done = $shop->entries('compensated');
is(scalar @done, 1, 'sent twice, it is one');
is("@{$done[0]}{qw(sale amount_fen)}", 'grape 350', 'so much for each');
eventually { owed($wang) == 8 * 350 } 'who did not complain, too';
like($owner->text, qr/已经一起赔过一次：太小/, 'it says that it was done');

# ---- without the clerk
$o->clerk->stop('KILL');
is($leader->get('/desk/claims')->res->code, 200, 'no SQL is needed');

$shop->audit_ok;
$shop->finish;
