use v5.36;
use utf8;
use Tuanbo::Test;
use Tuanbo::Test::Storefront;

binmode Test::More->builder->$_, ':utf8'
    for qw(output failure_output todo_output);

# A neighbour gives an order back on its page, without scripts: while the sale
# lets them, what comes of it, and why it is refused afterwards.

my $t = Tuanbo::Test::Storefront->storefront->start;

sub define ($id, %more) {
    return $t->define_sale($id, title => "$id 号", price_fen => 3980,
        stock => 10, cancel_ms => 600_000, %more);
}

# A buyer on the page of an order of one that is paid.
sub ordered ($id) {
    my $buyer = Tuanbo::Test::Storefront->buyer($t);

    $buyer->get("/s/$id")->submit('#take');
    is($t->order($buyer->id, 'confirm', payment => 'p' . $buyer->id,
        paid_fen => 3980)->code, 200, "$id is paid");

    return $buyer->get('/h/' . $buyer->id);
}

sub form ($buyer) { $buyer->dom->at('form[action$="/cancel"]') }
sub wrong ($buyer) { ($buyer->dom->at('.wrong') // die 'no refusal')->text }
sub free ($id) { $t->sale($id)->{free} }

# ---- in time
define('grape');
define('never', cancel_ms => 0);
define('fig', goal => 2, closes_at => now_ms + 3_600_000);

my $ann = Tuanbo::Test::Storefront->buyer($t);
like($ann->get('/s/grape')->text, qr/付款后 10 分钟内可以取消，钱全退/,
    'the item says how long');
unlike($ann->get('/s/never')->text, qr/可以取消/, 'if at all');
like($ann->get('/s/fig')->text, qr/10 分钟内、成团以前可以取消/,
    'and of a group, until when');

my $lin = ordered('grape');
my $id = $lin->id;
my $until = ($t->entries('sold', 'grape'))[0]->{at} + 600_000;

is($lin->dom->at('#cancel')->parent->at('[data-until]')->attr('data-until'),
    $until, 'until when');
is(free('grape'), 9, 'one is taken');
like($lin->dom->at('#cancel')->all_text,
    qr/让给别的邻居，39.8 元最晚 2 小时内按原路退给您.*确定取消，退 39.8 元/s,
    'what will happen');
$lin->submit('form[action$="/cancel"]');
is($lin->path, "/h/$id", 'back on its page');
is($lin->dom->at('h1')->text, '要退钱给您', 'it is cancelled');
like($lin->text, qr/grape 号取消了，货已经放回去了.*不来了 /, 'in words');
like($lin->dom->at('.debts')->all_text, qr/39.8 元，最晚 .* 退给您.*已经取消/s,
    'what comes back, and by when');
is(free('grape'), 10, 'another may have it');
ok(!form($lin), 'once');

is($t->order($id, 'refunded', refund => 'r')->code, 200, 'it goes back');
like($lin->get("/h/$id")->text, qr/钱已经退了 .*39.8 元，.* 已退/, 'it is back');

# ---- never, or not any more
ok(!form(ordered('never')), 'not where the sale does not let them');

my $fig = ordered('fig');
ok(form($fig), 'before the group has formed');
ordered('fig');
$fig->submit('form[action$="/cancel"]');
like(wrong($fig), qr/已经成团.*不能取消了/, 'not after');
ok(!form($fig), 'then it is not offered');

define('egg', cancel_ms => 1000);
my $egg = ordered('egg');
ok(form($egg), 'for a second');
eventually { now_ms > ($t->entries('sold', 'egg'))[0]->{at} + 1000 }
    'which is over';
$egg->submit('form[action$="/cancel"]');
like(wrong($egg), qr/可以取消的时间过了/, 'too late, in words');
ok(!form($egg), 'and it is not offered any more');
is(free('egg'), 9, 'nothing came of it');

$t->audit_ok;
$t->finish;
