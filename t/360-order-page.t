use v5.36;
use utf8;
use Tuanbo::Test;
use Tuanbo::Test::Storefront;

binmode Test::More->builder->$_, ':utf8'
    for qw(output failure_output todo_output);

# Where the goods of each line of an order are, on its page: on their way, at
# the pickup point with its day and hours, collected, short; one order's lines
# in different places.

my $t = Tuanbo::Test::Storefront->storefront->start;

sub buyer (@headers) { Tuanbo::Test::Storefront->buyer($t, @headers) }

# The lines at a place, in words; nothing when there are none.
sub shelf ($buyer, $place) {
    my $shelf = $buyer->dom->at(".shelf[data-place=$place]") or return '';

    return $shelf->all_text =~ s/\s+/ /gr =~ s/^ | $//gr;
}

sub places ($buyer) {
    return $buyer->dom->find('.shelf')->map(attr => 'data-place')->join(' ');
}

$t->admin(PUT => '/documents/pickup/xingfu', json => { name => '幸福里店',
    address => '东门 3 号', day => '到货第二天', hours => '8:00–21:30',
    en => { name => 'Xingfuli', day => 'The day after' } });
$t->define_sale('grape', title => '葡萄', price_fen => 3980, stock => 10,
    doc => { pickups => ['xingfu'] });

my $lin = buyer();
$lin->get('/s/grape');
like($lin->text, qr/到货第二天 8:00–21:30/, 'day and hours where one chooses');
$lin->submit('#take');
my $id = $lin->id;
is(places($lin), '', 'nothing is paid: no goods');
is($t->order($id, 'confirm', payment => 'p', paid_fen => 3980)->code, 200,
    'paid');

$lin->get("/h/$id");
is(places($lin), 'awaited', 'on their way');
like(shelf($lin, 'awaited'), qr/^等待配送 .*葡萄/, 'in words');
ok(!$lin->dom->at('.code'), 'no code yet');

is($t->order($id, 'ready')->code, 200, 'there');
$lin->get("/h/$id");
is(places($lin), 'ready', 'at the pickup point');
like(shelf($lin, 'ready'), qr/^已到货 到这里取： 幸福里店 地址东门 3 号 .*到货第二天 8:00–21:30 葡萄/,
    'which has a day and hours');
like(shelf($lin, 'ready'), qr/葡萄.* 今[天晚] \d\d:\d\d 到的。/,
    'since when it is there');
ok($lin->dom->at('.code'), 'and the code');
is($lin->dom->find('.pickup')->size, 1, 'the point is named once');
like(buyer_in_english()->text, qr/It is here Collect it at: Xingfuli .*The day after 8:00/,
    'in English');

is($t->order($id, 'picked-up')->code, 200, 'collected');
$lin->get("/h/$id");
is(places($lin), 'handed_over', 'collected');
like(shelf($lin, 'handed_over'), qr/^已领取 .*葡萄/, 'in words');
ok(!$lin->dom->at('.code'), 'the code is of no use any more');


# ---- one order, its lines in different places
$t->define_sale('egg', title => '鸡蛋', price_fen => 2990, stock => 10,
    doc => { pickups => ['xingfu'] });
my $cart = cart([grape => 2], [egg => 1]);
is(places($lin->get("/h/$cart")), 'awaited', 'all on their way');
is(hand_over($cart, 'egg', 1)->code, 200, 'one line is handed over');
$lin->get("/h/$cart");
is(places($lin), 'awaited handed_over', 'two places');
like(shelf($lin, 'awaited'), qr/葡萄/, 'what comes');
like(shelf($lin, 'handed_over'), qr/鸡蛋.* 今[天晚] \d\d:\d\d 领取/,
    'what was collected, and when');
is($lin->dom->at('h1')->text, '付好了，等着取货', 'some is to come');
like($lin->dom->at('.steps .now')->all_text, qr/到自提点.*2 样里到了 1 样/s,
    'how many have');
is($t->order($cart, 'ready')->code, 200, 'the rest is there');
$lin->get("/h/$cart");
is(places($lin), 'ready handed_over', 'to be collected, and collected');
ok($lin->dom->at('.code'), 'with the code');


# ---- lines that come in different waves, and not all of them
$t->define_sale('fig', title => '无花果', price_fen => 1000, stock => 10,
    doc => { pickups => ['xingfu'] });
my $mixed = cart([grape => 2], [egg => 1], [fig => 1]);
is(operator(PUT => '/waves/monday', sales => [qw(grape egg)],
    cut_at => now_ms() - 1000)->code, 201, 'two of three sales are cut');
# counts with those of the orders above
is(operator(POST => '/waves/monday/receive', pickup => 'xingfu',
    lines => [{ sale => 'grape', qty => 3 + 1 }, { sale => 'egg', qty => 1 }],
    final => \1)->code, 200, 'and not enough of them has come');
$lin->get("/h/$mixed");
is(places($lin), 'ready awaited short', 'three places');
is($lin->dom->at('h1')->text, '到了一部分，可以先来取', 'the page says so');
ok($lin->dom->at('.code'), 'with the code');
like(shelf($lin, 'ready'), qr/葡萄.*少来了 1 份，39.8 元退给您/,
    'one unit less');
like(shelf($lin, 'awaited'), qr/无花果/, 'what comes later');
like(shelf($lin, 'short'), qr/^缺货 .*鸡蛋.*没有来，29.9 元退给您/,
    'what never comes, and what is paid back');
is($lin->dom->find('.debts li')->map('all_text')->grep(qr/缺货/)->size, 2,
    'as debts, too');
like($lin->dom->at('.steps .now')->all_text, qr/到自提点.*3 样里到了 1 样/s,
    'how many are there');
like($lin->get('/me')->text, qr/一部分可以取货/, 'in the list of orders');


sub operator ($method, $path, %json) {
    return $t->call($method => "/admin$path", role => 'admin',
        key => $t->new_key, json => \%json);
}


# An order of these lines, in JSON as a page's script sends it.
sub cart (@lines) {
    my $hold = $lin->{ua}->post($t->url('/api/holds'), {
        'Idempotency-Key' => $t->new_key, Origin => $t->url('') }, json => {
        pickup => 'xingfu', lines => [map {
            { sale => $_->[0], qty => $_->[1] } } @lines] })->res->json;

    is($t->order($hold->{id}, 'confirm', payment => $hold->{id},
        paid_fen => $hold->{amount_fen})->code, 200, 'a cart is paid');

    return $hold->{id};
}


sub hand_over ($id, $sale, $qty) {
    return $t->order($id, 'picked-up', nonce => $t->new_key, via => 'list',
        lines => [{ sale => $sale, qty => $qty }]);
}


# The same buyer, who reads English.
sub buyer_in_english {
    my $other = buyer('Accept-Language' => 'en');

    $other->{ua}->cookie_jar($lin->{ua}->cookie_jar);
    $other->get('/');

    return $other->get("/h/$id");
}


$t->audit_ok;
$t->finish;
