use v5.36;
use utf8;
use Tuanbo::Test;
use Tuanbo::Test::Storefront;

binmode Test::More->builder->$_, ':utf8'
    for qw(output failure_output todo_output);

# What is given, as neighbours see it without scripts: its card and page, one's
# own gifts, and a gift chosen for a hold before it is paid.

my $t = Tuanbo::Test::Storefront->storefront->start;

sub buyer (%headers) { Tuanbo::Test::Storefront->buyer($t, %headers) }

sub text ($buyer, $at) {
    my $element = $buyer->dom->at($at) // return '';
    return $element->all_text =~ s/\s+/ /gr;
}

sub gives ($id, $title, $gives, %sale) {
    $t->admin(PUT => "/sales/$id", json => { title => $title, stock => 5,
        gives => $gives, %sale });
}

sub card ($buyer, $id) { text($buyer->get('/'), "[data-sale='$id']") }

sub take ($buyer, $sale, $qty = 1) {
    $buyer->get("/s/$sale")->submit('#take', qty => $qty);
    my $id = $buyer->id // diag($buyer->res->body);
    ok($id, "$sale is taken");
    return $id;
}

my $now = 1000 * int time;

$t->define_sale('grape', title => '葡萄', price_fen => 1000, stock => 50);
$t->define_sale('pear', title => '梨', price_fen => 700, stock => 50);
gives('rain', '见面券', { kind => 'coupon', off_fen => 500, from_fen => 2000,
    sales => ['grape'], valid_ms => 604_800_000 });
gives('luck', '红包雨', { kind => 'packet', total_fen => 1000,
    valid_ms => 86_400_000 }, closes_at => $now + 3_600_000);
gives('lamp', '抽葡萄', { kind => 'ticket', valid_ms => 604_800_000,
    prizes => [{ title => '葡萄一箱', count => 1 },
        { title => '五元券', count => 2, off_fen => 500 }] });
gives('eggs', '鸡蛋', { kind => 'item', title => '鸡蛋两枚' });
gives('thanks', '谢谢券', { kind => 'coupon', off_fen => 300, by => 'desk' });
gives('later', '晚点券', { kind => 'coupon', off_fen => 100 },
    opens_at => $now + 3_600_000);

# ---- cards: no price, no goal
my $lin = buyer();
my $wang = buyer();
like(card($lin, 'rain'), qr/优惠券 满 20 元减 5 元 还剩 5 张 已领 0\/5/,
    'a coupon');
like(card($lin, 'luck'), qr/红包 共 10 元，5 个 还剩 5 个/, 'packets');
like(card($lin, 'lamp'), qr/抽奖 3 份奖品 还剩 5 张/, 'a draw');
like(card($lin, 'eggs'), qr/小礼物 鸡蛋两枚 还剩 5 份/, 'a thing');
like(card($lin, 'thanks'), qr/减 3 元 到自提点当面送/, 'by the desk');
like(card($lin, 'later'), qr/开始领/, 'not yet');
unlike(card($lin, $_), qr{元/|成团|开卖|截单|已抢|卖完}, "$_ is not sold")
    for qw(rain luck lamp eggs thanks later);

# ---- pages
$lin->get('/s/rain');
is(text($lin, '#do'), '领取', 'the one thing to do');
like($lin->text, qr/还剩 5 张 已领 0\/5 每人限领 1 张/, 'how many are left');
like($lin->text, qr/领到以后 7 天内有效/, 'how long it is good');
like($lin->text, qr/能用在：\s*葡萄/, 'what it is good for');
ok($lin->dom->at('.places a[href="/s/grape"]'), 'which leads there');
is($lin->dom->at('[name=queue], fieldset, .goal'), undef,
    'no line, no choice, no goal');
$lin->get('/s/luck');
is(text($lin, '#do'), '领红包', 'packets');
like($lin->text, qr/店里卖的都能用/, 'good for all');
like(text($lin, '.deadline'), qr/截止/, 'until when it can be taken');
my $commit = $t->sale('luck')->{gives}{commit};
is(text($lin, '.commit'), $commit, 'what was announced of the seed');
ok($lin->dom->at('a[href="/draw/luck"]'), 'and where it is told');
$lin->get('/s/lamp');
is(text($lin, '#do'), '抽奖', 'a draw');
like(text($lin, '.prizes'), qr/葡萄一箱 1 份 五元券 2 份 抵 5 元/, 'prizes');
like($lin->text, qr/开奖以后 7 天内有效/, 'good from the draw on');
is($lin->get('/s/thanks')->dom->at('#do'), undef, 'no button by the desk');
like($lin->text, qr/到自提点当面送/, 'but where');
is($lin->get('/s/later')->dom->at('#do'), undef, 'none before it opens');
like(text($lin, '#offer .state'), qr/开始领/, 'but when');
like(buyer('Accept-Language' => 'en')->get('/s/rain')->text,
    qr/5 yuan off from 20 yuan on .*At most 1 coupon\(s\) each.*Good for 7 day/,
    'in English');

# ---- taken: the page is this buyer's own, and no other's
my $coupon = take($lin, 'rain');
like($lin->text, qr/领到了 见面券 抵 5 元 满 20 元能用 .* 前有效 第 1 张/,
    'the gift\'s page');
ok($lin->dom->at('.places a[href="/s/grape"]'), 'where it is used');
$lin->get('/s/rain');
is($lin->dom->at('#do'), undef, 'once');
like(text($lin, '#offer'), qr/您领过 1 张了/, 'which the page says');
is($lin->dom->at('#bar a')->attr('href'), "/h/$coupon", 'with the way to it');
ok($wang->get('/s/rain')->dom->at('#do'), 'another buyer can take one');
like($wang->text, qr/还剩 4 张 已领 1\/5/, 'of the rest');
unlike($wang->text, qr/领过/, 'and has none');
like($lin->get('/s/rain?code=over_limit')->text,
    qr/每人限领 1 张，您已经领过了/, 'a second tap');
like($wang->get('/s/thanks?code=by_desk')->text, qr/当面送，这里不能领/,
    'by the desk');
take(buyer(), 'rain') for 1 .. 4;
is($wang->get('/s/rain')->dom->at('#do'), undef, 'none left');
like(text($wang, '#offer .state'), qr/领完了/, 'which the page says');

# ---- chosen for a hold, by forms
my $hold = take($lin, 'pear');
is($lin->dom->at("#uses form"), undef, 'not good for pears');
$hold = take($lin, 'grape');
like(text($lin, '#uses'), qr/能用它的货满 20 元才能用/, 'too little');
my $other = take($lin, 'grape', 2);
like(text($lin, '#uses'), qr/见面券 抵 5 元.*用它，减 5 元/, 'it can be used');
like(text($lin, '.sum'), qr/20 元/, 'the price without');
$lin->submit('#uses form');
is($lin->path, "/h/$other", 'back on the page');
like(text($lin, '#uses'), qr/用上了，减 5 元 不用它/, 'used');
like(text($lin, '.lines'), qr/用券减 5 元/, 'by line');
like(text($lin, '.sum'), qr/15 元/, 'the rest is to pay');
like(text($lin, '.bar'), qr/15 元/, 'as the bar says');
like($lin->get("/h/$coupon")->text, qr/使用中.*看那一单/, 'it is in use');
is($lin->dom->at('a.button[href^="/h/"]')->attr('href'), "/h/$other",
    'there');
like($lin->get("/h/$hold")->text, qr/正在另一单里用着/, 'not here');
$lin->get("/h/$other")->submit('#uses form');
like(text($lin, '.sum'), qr/20 元/, 'taken out again');

# a page that is old: each reason in its words
my %words = (bound => '正在您的另一单里用着', used => '已经用过了',
    over => '过期了', too_little => '还没满', other_sale => '不能用在这几样上');
$lin->get("/h/$other");
my ($form) = $lin->dom->find('#uses form')->each;
$lin->submit('#uses form');
$lin->get("/h/$hold?code=gift_unusable&reason=$_"), like(text($lin, '.wrong'),
    qr/$words{$_}.*没有收钱/, $_) for sort keys %words;
like($lin->get("/h/$hold?code=gift_unusable&reason=nonsense")->text,
    qr/这张用不上/, 'whatever the address says');
my $csrf = $form->at('[name=csrf]')->attr('value');
$lin->start(POST => "/api/holds/$hold/gift", "csrf=$csrf&gift=$coupon");
is($lin->res->code, 303, 'a form of an old page');
is($lin->res->headers->location,
    "/h/$hold?code=gift_unusable&reason=bound", 'is told why');

# paid: the gift is used, and the order says what it took off
is($t->order($other, 'confirm', payment => 'p1', paid_fen => 1500)
    ->json('/outcome'), 'sold', 'paid');
like($lin->get("/h/$other")->text, qr/用券减 5 元.*一共 15 元/, 'the order');
like($lin->get("/h/$coupon")->text, qr/用过了/, 'the gift');

# ---- my gifts, page by page
my $eggs = take($lin, 'eggs');
like($lin->text, qr/领到了，来取吧.*提货码 \d{4} ?\d{4}/, 'a thing has a code');
my $luck = take($lin, 'luck');
my $lamp = take($lin, 'lamp');
like($lin->text, qr/等开奖.*奖号 1/, 'a ticket waits');
ok($lin->get('/me')->dom->at('a[href="/gifts"]'), 'their page is found');
$lin->get('/gifts');
is_deeply([ map { $_->attr('href') } $lin->dom->find('.orders a')->each ],
    [ map { "/h/$_" } $lamp, $luck, $eggs, $coupon ], 'newest first');
is_deeply([ map { $_->text } $lin->dom->find('.orders .word')->each ],
    [qw(等开奖 可用 待领取 已用)], 'in words');
like(buyer()->get('/gifts')->text, qr/还没有领过什么/, 'nobody else\'s');

gives("many$_", "券$_", { kind => 'coupon', off_fen => $_ }) for 1 .. 20;
take($lin, "many$_") for 1 .. 20;
is($lin->get('/gifts')->dom->find('.orders a')->size, 20, 'a page');
$lin->get($lin->dom->at('a[href^="/gifts?before="]')->attr('href'));
is($lin->dom->find('.orders a')->size, 4, 'and the older ones');
is($lin->dom->at('a[href^="/gifts?before="]'), undef, 'no more');

# ---- drawn, handed over
$t->admin(POST => '/sales/lamp/close');
eventually { $lin->get("/h/$lamp")->text =~ /中奖了/ } 'it won: alone it must';
like($lin->text, qr/葡萄一箱|五元券/, 'what');
like($lin->get('/gifts?before=' . $lin->id)->text, qr/可用/,
    'older than it');
like(text($lin->get('/gifts'), 'main'), qr/./, 'read');
is($t->order($eggs, 'picked-up', nonce => 'n1', via => 'code')
    ->json('/outcome'), 'handed_over', 'the eggs are handed over');
like($lin->get("/h/$eggs")->text, qr/已经取走了/, 'which their page says');
is($lin->dom->at('.digits'), undef, 'with no code any more');
like($wang->get('/s/lamp')->text, qr/已截止/, 'it is over');

# ---- who is nobody, and what is another's
like($wang->get("/h/$coupon")->text, qr/找不到这一单/, 'another\'s gift');
is($lin->get('/gifts?before=nonsense')->res->code, 200, 'no such place')
    or diag($lin->text);

$t->audit_ok;
$t->finish;
