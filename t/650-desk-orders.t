use v5.36;
use utf8;
use Tuanbo::Test;
use Tuanbo::Test::Office;

binmode Test::More->builder->$_, ':utf8'
    for qw(output failure_output todo_output);

# Orders at the desk: for a neighbour without a phone, paid in cash, by the same
# rules and in the same ledger; and an order's private link, given anew to a
# neighbour who has another phone. No SQL is needed.

my $o = Tuanbo::Test::Office->new->start;
my $shop = $o->shop;

$shop->points(qw(xingfu binjiang));
$shop->define_sale('grape', title => '葡萄', price_fen => 3980, stock => 10,
    limit => 3, doc => { pickups => [qw(xingfu binjiang)] });
$shop->define_sale('egg', title => '土鸡蛋', price_fen => 1250, stock => 10,
    doc => { pickups => ['xingfu'] });
$shop->define_sale('tea', title => '茶', price_fen => 100, stock => 10,
    doc => { pickups => ['binjiang'] });

my $owner = $o->owner;
$owner->get('/desk/staff')->submit('form:has(button[value="add"])',
    name => '李姐', 'role.leader' => 1, 'point.xingfu' => 1, act => 'add');
my $leader = $o->enter($owner->dom->at('input.link')->attr('value')
    =~ s{^https?://[^/]+}{}r);
my $at = '/desk/order-for/xingfu';
my ($staff) = grep { $_->{name} eq '李姐' } $o->clerk->register->{staff}->@*;

sub free ($id) { $shop->sale($id)->{free} }
sub wrong { ($leader->dom->at('.wrong') // return '')->text }
sub fill (%fields) { $leader->submit('main form', %fields) }
my %zhao = (name => '赵阿婆', digits => '1234');

# ---- the form
is($leader->get('/desk/order-for/binjiang')->res->code, 403, 'the own point');
$leader->get($at);
is($leader->dom->find('main li label')->map('text')->sort
    ->join(' '), '土鸡蛋要几份 葡萄要几份', 'what can be had there');
$o->clerk->stop('KILL');
fill(name => '', digits => '1234', 'qty.grape' => 1, act => 'sum');
like(wrong(), qr/怎么称呼/, 'a name is needed');
fill(%zhao, digits => '12', act => 'sum', 'qty.grape' => 1);
like(wrong(), qr/后四位/, 'and digits');
fill(%zhao, 'qty.grape' => '', act => 'sum');
like(wrong(), qr/至少一样/, 'and something');

# ---- first the sum, then the money
fill(%zhao, 'qty.grape' => 2, 'qty.egg' => 1, act => 'sum');
like($leader->text, qr/一共 92\.1 元/, 'what it costs');
is(free('grape'), 10, 'nothing is ordered');
my $page = $leader->res;
fill(act => 'paid');
like($leader->path, qr{^/desk/order/[0-9a-f]{32}}, 'ordered');
like($leader->text, qr/钱收了/, 'and paid');
like($leader->text, qr/赵阿婆 1234/, 'for whom');
ok($leader->dom->at('svg.qr'), 'with a code for the family to scan');
my $family = ($leader->dom->at('input.link') // die)->attr('value');
is(free('grape') . free('egg'), '89', 'taken');
my ($id) = $leader->path =~ m{order/([0-9a-f]{32})};
my ($sold) = $shop->entries('sold');
is($sold->{taken_by}, $staff->{id}, 'the ledger has who took the money');

# the same form again
$leader->{res} = $page;
fill(act => 'paid');
like($leader->path, qr{/$id}, 'sent twice is the same order');
is($leader->dom->at('input.link')->attr('value'), $family,
    'and the same link');
is(free('grape'), 8, 'and taken once');

# ---- the rules are the same
$leader->get($at);
fill(%zhao, 'qty.grape' => 2, act => 'sum');
fill(act => 'paid');
like(wrong(), qr/限购数/, 'the same neighbour has a limit');
is(free('grape'), 8, 'nothing is taken');
fill(name => '钱伯', act => 'sum');
fill(act => 'paid');
like($leader->text, qr/钱收了/, 'another one may');

# the price changes between the sum and the money
$leader->get($at);
fill(name => '孙姨', digits => '9876', 'qty.egg' => 1, act => 'sum');
$shop->define_sale('egg', title => '土鸡蛋', price_fen => 1300, stock => 10,
    doc => { pickups => ['xingfu'] });
fill(act => 'paid');
like($leader->text, qr/一共 13 元/, 'it is added up again');
is(free('egg'), 9, 'and not ordered');

# ---- handed over as any other
is($shop->order($id, 'ready')->code, 200, 'it has come');
$leader->get('/desk/hand-over/xingfu?q=1234');
like($leader->text, qr/赵阿婆/, 'called by the name');

my ($code) = $leader->text =~ /提货码 (\d{4} \d{4})/;
my $order = qq(a[href="/desk/order/$id"]);
ok($leader->dom->at($order), 'with a way to the order');
is($shop->order($id, 'picked-up')->code, 200, 'when all is handed over');
$leader->get('/desk/hand-over/xingfu?q=' . $code =~ s/ //r);
ok($leader->dom->at($order), 'the code still leads to it');

# ---- the link
$leader->get("/desk/order/$id");
sub url { ($leader->dom->at('input.link') // return)->attr('value') }
sub opens ($url) { $o->browser->get($url =~ s{^https?://[^/]+}{}r)->res->code }
is(opens(url()), 200, 'the one of before');
$leader->submit('#link form');
my $url = url();
like($url, qr{/l/$id-}, 'a link');
isnt($url, $family, 'anew');
is(opens($family), 404, 'the one of before ends');
ok($leader->dom->at('svg.qr'), 'to be scanned');
is(opens($url), 200, 'opens the order');
$leader->submit('#link form');
isnt(url(), $url, 'a new one is another');
is(opens($url), 404, 'and ends the one before');
is(opens(url()), 200, 'it opens');

# ---- of another point
my $far = $o->browser;
$far->get('/s/tea')->submit('#take', pickup => 'binjiang');
is($leader->get('/desk/order/' . $far->id)->res->code, 403,
    'not of another point');
is($leader->get('/desk/order/' . '0' x 32)->res->code, 404, 'nor of none');

$shop->audit_ok;
$shop->finish;
