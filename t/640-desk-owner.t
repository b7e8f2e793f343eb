use v5.36;
use utf8;
use Mojo::DOM;
use Mojo::Util qw(url_escape);
use Tuanbo::Test;
use Tuanbo::Test::Office;

binmode Test::More->builder->$_, ':utf8'
    for qw(output failure_output todo_output);

# A Friday evening at the desk, without a shell: a product with a photo, last
# week's sale once more, the session, sold, stock added while another edits,
# cancelled. And who may not.

my $o = Tuanbo::Test::Office->new->start;
my $shop = $o->shop;
my $owner = $o->owner;
my $now = int(time * 1000);
my $day = 24 * 3600 * 1000;

sub h1 ($browser) { $browser->dom->at('h1')->all_text }
sub code ($browser) { $browser->res->code }
sub value ($browser, $name) {
    my $field = $browser->dom->at(qq(form.sheet [name="$name"]));
    return $field ? Tuanbo::Test::Storefront::shown($field) : undef;
}

# As the shop's clock on the wall says it.
sub typed ($at) {
    my @t = gmtime $at / 1000 + 8 * 3600;
    return sprintf '%04d-%02d-%02dT%02d:%02d', $t[5] + 1900, $t[4] + 1, $t[3],
        $t[2], $t[1];
}

# ---- doors
$owner->get('/desk/');
ok($owner->dom->at(qq(.doors a[href="/desk/$_"])), "a door to $_")
    for qw(sales products sessions points rules money);

# ---- a pickup point, with its phone number
$owner->get('/desk/points/new')->submit('form.sheet', name => '幸福里');
is(code($owner), 400, 'a field is missing');
like($owner->dom->at('#f-address .why')->text, qr/一定要写/, 'and named');
is(value($owner, 'name'), '幸福里', 'what was typed is kept');
$owner->submit('form.sheet', address => '幸福路 1 号', hours => '16:00–20:00',
    phone => '0719-8886666', 'en.name' => 'Xingfu Lane',
    'delivery_weekdays.wed' => 1, 'delivery_weekdays.fri' => 1);
is($owner->path, '/desk/points?done=edit' =~ s/\?.*//r, 'made');
my $point = $shop->get('/admin/documents/pickup/xingfu-lane', role => 'admin')
    ->json;
is($point->{phone}, '0719-8886666', 'with its phone');
is_deeply($point->{delivery_weekdays}, [qw(wed fri)], 'and days');
is($point->{en}{name}, 'Xingfu Lane', 'in two languages');

# ---- a session
$owner->get('/desk/sessions/new')->submit('form.sheet', title => '周五水果',
    starts_at => typed($now - 3600_000), ends_at => typed($now - 7200_000));
like($owner->dom->at('#f-ends_at .why')->text, qr/要比“什么时候开始”晚/,
    'the end comes after the beginning');
$owner->submit('form.sheet', ends_at => typed($now + $day), weekly => 'yes');
my ($session) = $owner->dom->at('.records a')->attr('href') =~ m{([^/]+)$};
is($shop->get("/admin/documents/session/$session", role => 'admin')
    ->json->{weekly}, Mojo::JSON->true, 'a session each week');

# taken away, but not what somebody has changed meanwhile
$owner->get('/desk/sessions/new')->submit('form.sheet', title => '试一试',
    starts_at => typed($now), 'en.title' => 'Trial');
my $second = $o->owner;
my $remove = 'form[action$="/remove"]';
$second->get('/desk/session/trial');
$owner->get('/desk/session/trial')->submit('form.sheet', host => '李姐');
$second->submit($remove);
is(code($second), 412, 'changed meanwhile: it stays');
like($second->dom->at('#f-host .why')->text, qr/李姐/, 'and is shown');
$second->submit($remove);
is($second->path, '/desk/sessions', 'then it goes');
is($shop->get('/admin/documents/session/trial', role => 'admin')->code, 404,
    'from the shop');
is(code($owner->get('/desk/session/trial')), 404, 'and the desk');

# ---- a product, and what the law has against it
$owner->get('/desk/products/new')->submit('form.sheet', title => '全网最低价葡萄',
    unit => '箱', 'en.title' => 'Grapes');
is(code($owner), 409, 'a forbidden word');
like($owner->text, qr/全网最低.*广告法第九条/, 'with its rule');
ok(!$owner->dom->at('[name=anyway]'), 'leaves no room');
$owner->submit('form.sheet', title => '建水葡萄', story => "甜。\n助眠");
like($owner->text, qr/助眠.*广告法第十八条/, 'another, that does');
is($shop->get('/admin/documents/product/grapes', role => 'admin')->code, 404,
    'nothing is published');
$owner->submit('form.sheet', anyway => 1);
is($owner->path, '/desk/product/grapes', 'the owner decides');
is($shop->get('/admin/documents/product/grapes', role => 'admin')
    ->json->{story}, "甜。\n助眠", 'so it is');
$owner->get('/desk/product/grapes/edit');
is(value($owner, 'story'), "甜。\n助眠", 'and shown again');
$owner->submit('form.sheet', story => '一早摘的。', picked => '周五早上');
like($owner->text, qr/改好了.*一早摘的/, 'changed');

# ---- last week's sale, once more
$shop->define_sale('grape', title => '建水葡萄', price_fen => 3980,
    stock => 80, limit => 4, opens_at => $now - 7 * $day,
    closes_at => $now - 6 * $day, goal => 20, goal_by => 'sale',
    doc => { product => 'grapes', pickups => ['xingfu-lane'], rank => 2,
        delivery_day => substr(typed($now - 5 * $day), 0, 10) });
eventually { $shop->sale('grape')->{state} eq 'closed' } 'last week is over';
$shop->define_sale('always', title => '常年有的米');
$owner->get('/desk/sales/copy');
ok(!$owner->dom->at('input[name="sale.always"]'), 'what never ends is not');
like($owner->text, qr/建水葡萄 39\.8 元，数量 80/, 'can be copied');
ok($owner->dom->at('input[name="sale.grape"][checked]'), 'and is ticked');
$owner->submit('form.sheet', 'sale.grape' => 1);
my ($id) = map { $_->{id} } grep { $_->{id} =~ /^grapes/ }
    $shop->get('/api/sales')->json->{sales}->@*;
like($id // '', qr/^grapes-\d{4}$/, 'named by product and day');
my $sale = $shop->sale($id);
is($sale->{opens_at}, $now, 'a week later');
is($sale->{closes_at}, $now + $day, 'as long');
is_deeply([@$sale{qw(price_fen stock limit goal goal_by)}],
    [3980, 80, 4, 20, 'sale'], 'and as it was');
is_deeply($shop->get("/admin/documents/sale?limit=100", role => 'admin')
    ->json->{documents}[-1]{doc}, { product => 'grapes', rank => 2,
    pickups => ['xingfu-lane'],
    delivery_day => substr(typed($now + 2 * $day), 0, 10) },
    'with its points, and its day of delivery');
$owner->get('/desk/sales/copy');
ok(!$owner->dom->at('input[name="sale.grape"][checked]'),
    'once: it is there now');

# ---- a product without a name of its own has that of its sale
is($shop->call(PUT => '/admin/documents/product/rice', role => 'admin',
    key => $shop->new_key, json => { unit => '袋' })->code, 200, 'a product');
$shop->define_sale('always', title => '常年有的米',
    doc => { product => 'rice' });
sub offered () {
    return $owner->get('/desk/sales/new')->dom->at('option[value=rice]')->text;
}
is(offered, '常年有的米', 'where one is chosen');
like($owner->get('/desk/products')->text, qr/常年有的米/, 'and on the list');

# ---- it is sold
sub buys ($qty = 1) {
    my $buyer = $o->browser;

    $buyer->get("/s/$id")->submit('#take', pickup => 'xingfu-lane',
        qty => $qty);
    my $hold = $buyer->id or die $buyer->text;
    $shop->order($hold, 'confirm', payment => "p$hold",
        paid_fen => 3980 * $qty)->code == 200 or die 'not paid';

    return $hold;
}

buys(2);
buys();

# ---- two phones: one edits while the other adds
my $other = $o->owner;
$owner->get("/desk/sale/$id/edit");
is(value($owner, 'price_fen'), '39.8', 'a price is in yuan');
ok(!$owner->dom->at('[name=stock]'), 'stock is not set here');
$other->get("/desk/sale/$id")->submit('form.add', add => '+50');
is($shop->sale($id)->{stock}, 130, 'stock is added');
$owner->submit('form.sheet', 'doc.rank' => '1', limit => '6');
is(code($owner), 412, 'the one who edited is told');
like($owner->text, qr/一共多少份：原来是“80”，现在是“130”/,
    'what has changed');
is(value($owner, 'doc.rank'), '1', 'what was typed is kept');
is($shop->sale($id)->{limit}, 4, 'nothing was done');
$owner->submit('form.sheet');
is($shop->sale($id)->{limit}, 6, 'the second time it is');
is($shop->sale($id)->{stock}, 130, 'and no stock is undone');

# what is sold meanwhile is no reason to ask
$owner->get("/desk/sale/$id/edit");
buys();
$owner->submit('form.sheet', limit => '5');
is($shop->sale($id)->{limit}, 5, 'sales go on while somebody edits');

# both change the same field
$owner->get("/desk/sale/$id/edit");
$other->get("/desk/sale/$id/edit")->submit('form.sheet', price_fen => '36');
$owner->submit('form.sheet', price_fen => '35');
like($owner->dom->at('#f-price_fen .why')->text,
    qr/原来是“39.8”，现在是“36”/, 'both prices are there');
is(value($owner, 'price_fen'), '35', 'mine to be sent');
$owner->submit('form.sheet', price_fen => '39.8');
is($shop->sale($id)->{price_fen}, 3980, 'as it was');

# the same form twice adds once
$owner->get("/desk/sale/$id");
my $body = join '&', 'add=5', map { my $n = $_; "$n=" . url_escape(
    $owner->dom->at("form.add [name=$n]")->attr('value')) } qw(csrf key);
$owner->start(POST => "/desk/sale/$id/stock", $body) for 1, 2;
is($shop->sale($id)->{stock}, 135, 'the same form, sent twice, adds once');
$owner->get("/desk/sale/$id")->submit('form.add', add => '-200');
is(code($owner), 409, 'not below what is sold');
like($owner->text, qr/已经卖出 4/, 'and says why');
$owner->get("/desk/sale/$id")->submit('form.add', add => 'viel');
is(code($owner), 400, 'a number is wanted');

# ---- paused by one, and by the other, who saw it open
my $state = 'form:has(button[value="pause"])';
$owner->get("/desk/sale/$id");
$other->get("/desk/sale/$id")->submit($state, act => 'pause');
is($shop->sale($id)->{state}, 'paused', 'paused');
$owner->submit($state, act => 'pause');
is(code($owner), 412, 'the other is told');
$owner->get("/desk/sale/$id")->submit('form:has(button[value="resume"])',
    act => 'resume');
is($shop->sale($id)->{state}, 'open', 'and goes on');

# ---- cancelled
$owner->get("/desk/sale/$id/cancel");
like($owner->text, qr/3 单要退，一共 159\.2 元/, 'who gets how much');
like($owner->text, qr/幸福里：3 单，159\.2 元/, 'by point');
$owner->submit('form.sheet', reason => ' ');
is(code($owner), 400, 'a reason is wanted');
is($shop->sale($id)->{cancelled}, undef, 'nothing is cancelled');
buys();
$owner->submit('form.sheet', reason => '夜里霜冻');
is(code($owner), 412, 'somebody has bought meanwhile');
like($owner->text, qr/4 单要退，一共 199 元/, 'and it is said how it is now');
is(value($owner, 'reason'), '夜里霜冻', 'with what was typed');
is($shop->sale($id)->{cancelled}, undef, 'nothing is cancelled yet');
$owner->submit('form.sheet', reason => '夜里霜冻');
is($owner->path, "/desk/sale/$id?done=cancel", 'done');
like($owner->text, qr/取消了.*夜里霜冻/, 'for good');
eventually { my $owed = $shop->get('/admin/audit', role => 'admin')
    ->json->{owed}; $owed->{fen} == 19900 } 'all is owed';

# ---- today's money
$owner->get('/desk/money');
is(code($owner), 503, 'nothing is folded yet');
like($owner->text, qr/还在从头算/, 'and the page says so');
is(($o->clerk->tool('fold', '--once', '--store', $shop->store_path))[0], 0,
    'folded');
$owner->get('/desk/money');
is(h1($owner), '今天的钱', 'the money of today');
like($owner->text, qr/合计 卖出199 元 5 份 该退还没退199 元 其中过了时间0 元 退了0 元/,
    'in all');
like($owner->text, qr/一样一样看 建水葡萄 卖出199 元/, 'by sale');
like($owner->text, qr/一个点一个点看 幸福里 卖出199 元/, 'by point');
my ($debt) = $shop->entries('owed');
$shop->order($debt->{hold}, 'refunded', refund => 'r1',
    amount_fen => $debt->{amount_fen})->code == 200 or die;
$o->clerk->tool('fold', '--once', '--store', $shop->store_path);
my $back = sprintf '%g', $debt->{amount_fen} / 100;
like($owner->get('/desk/money?span=week')->text,
    qr/合计 卖出199 元 .*退了\Q$back\E 元/, 'paid back');
like($owner->get('/desk/money?day=2020-01-01')->text,
    qr/2020-01-01.*没有卖出什么/, 'of another day');
is(code($owner->get("/desk/money?day=$_")), 200, "a day like $_")
    for 'x', '2026-99-99', '9999999999', '', '0001-01-01', '1970-01-02';

# ---- who did it
eventually { my %did = map { ($_->{what} // '') => 1 }
    $o->clerk->ask('deeds', { limit => 100 })->{answer}{deeds}->@*;
    $did{cancel} && $did{stock} && $did{copy} } 'whose hand it was';

# ---- who may not
$owner->get('/desk/staff')->submit('form:has(button[value="add"])',
    name => '团长', 'role.leader' => 1, 'point.xingfu-lane' => 1,
    act => 'add');
my $leader = $o->enter($owner->dom->at('input.link')->attr('value')
    =~ s{^https?://[^/]+}{}r);
is(code($leader->get("/desk/$_")), 403, "$_ is the owner's")
    for 'sales', 'sales/new', 'sales/copy', "sale/$id", "sale/$id/edit",
        "sale/$id/cancel", 'products', 'product/grapes', 'sessions', 'points',
        'rules', 'money';
is(code($leader->start(POST => "/desk/sale/$id/stock", 'add=1')), 403,
    'nor by a form');
is(code($owner->start(POST => "/desk/sale/$id/stock", 'add=1')), 403,
    'nor one of another page');
is(code($owner->get("/desk/$_")), 404, "$_ is not there")
    for 'sale/none', 'sale/none/edit', 'sale/none/cancel', 'product/none',
        'product/none/edit', 'session/none', 'point/none';

# ---- after a sale
$owner->get('/desk/rules')->submit('form.sheet', claim => '坏一个赔一个',
    not_collected => '关门还没来取的，送到您楼下', cancel_ms => '30');
is($shop->get('/admin/documents/rules/after-sales', role => 'admin')
    ->json->{cancel_ms}, 1800000, 'rules of the shop');
$owner->get('/desk/sales/new?product=grapes');
is(value($owner, 'cancel_ms'), '30', 'begin a new sale');
my $stranger = $o->browser->get("/s/$id");
like($stranger->text, qr/坏一个赔一个/, 'and are on its page');
like($stranger->text, qr/送到您楼下/, 'both');

# ---- the clerk is away
$o->office->expect_log(qr/clerk\.sock failed/);
$o->clerk->stop('KILL');
is(code($owner->get('/desk/money')), 503, 'without the clerk');
like($owner->text, qr/卖货、交货、收钱都照常/, 'the page says so');
is(code($owner->get("/desk/$_")), 200, "$_ needs none")
    for 'sales', "sale/$id", 'products', 'product/grapes', 'points';

$shop->audit_ok;
$shop->finish;
