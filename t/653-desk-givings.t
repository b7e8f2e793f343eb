use v5.36;
use utf8;
use Tuanbo::Test;
use Tuanbo::Test::Office;
use Tuanbo::Test::Storefront;

binmode Test::More->builder->$_, ':utf8'
    for qw(output failure_output todo_output);

# An owner gives without a shell: makes a coupon, packets, a draw and a small
# thing, and gives one by hand to the neighbour of an order.

my $o = Tuanbo::Test::Office->new->start;
my $shop = $o->shop;

$shop->points(qw(xingfu));
$shop->define_sale('grape', title => '葡萄', price_fen => 3980, stock => 10,
    doc => { pickups => ['xingfu'] });

my $owner = $o->owner;

sub give (%fields) {
    $owner->get('/desk/give')->submit('main form', stock => 20, %fields);
    return ($owner->path =~ m{^/desk/sale/([a-z0-9-]+)})[0];
}

sub wrong { ($owner->dom->at('.wrong') // return '')->all_text }

# ---- made
ok($owner->get('/desk/sales')->dom->at('a[href="/desk/give"]'), 'it is found');
my $coupon = give(kind => 'coupon', title => '谢谢券', off => '5', from => '20',
    days => 7, 'for.grape' => 1, desk => 1);
ok($coupon, 'a coupon') or diag($owner->text);
is_deeply($shop->sale($coupon)->{gives}, { kind => 'coupon', by => 'desk',
    off_fen => 500, from_fen => 2000, sales => ['grape'],
    valid_ms => 604_800_000 }, 'as typed');
like($owner->text, qr/满 20 元减 5 元/, 'which its page says, and no price');
unlike($owner->text, qr/下周再来一次/, 'no seed is used again');
my $packets = give(kind => 'packet', title => '红包', total => '88.8');
is($shop->sale($packets)->{gives}{total_fen}, 8880, 'packets');
my $draw = give(kind => 'ticket', title => '抽奖',
    prizes => "葡萄 一箱 1\r\n\r\n五元券 20 5\r\n");
is_deeply($shop->sale($draw)->{gives}{prizes}, [{ title => '葡萄 一箱',
    count => 1 }, { title => '五元券', count => 20, off_fen => 500 }],
    'a draw');
my $eggs = give(kind => 'item', title => '鸡蛋两枚', limit => 2);
is($shop->sale($eggs)->{gives}{title}, '鸡蛋两枚', 'a thing');
is($shop->sale($eggs)->{limit}, 2, 'two each');
isnt(give(kind => 'item', title => '鸡蛋两枚'), $eggs, 'another of that day');
is($owner->get('/desk/sales')->res->code, 200, 'all are listed');

# ---- not
for my $case ([{ kind => 'coupon', title => '券' }, qr/减几元/],
    [{ kind => 'coupon', title => '券', off => '五' }, qr/减几元/],
    [{ kind => 'packet', title => '红包', total => '' }, qr/一共几元/],
    [{ kind => 'ticket', title => '抽', prizes => '一箱' }, qr/一行一样/],
    [{ kind => 'item', title => ' ' }, qr/要写名字/],
    [{ kind => 'item', title => '蛋', stock => 'x' }, qr/一共几份/],
    [{ kind => 'coupon', title => '券', off => 5, days => 'x' }, qr/整数/],
    [{ kind => 'coupon', title => '全网最低价券', off => 5 }, qr/广告法/],
    [{ kind => 'packet', title => '红包', total => '0.01' }, qr/没有/],
    [{ kind => 'sale', title => '券' }, qr/选送什么/])
{
    my ($fields, $words) = @$case;

    is(give(%$fields), undef, 'not published');
    like(wrong(), $words, 'and why');
    is($owner->dom->at('#title')->attr('value') // '', $fields->{title},
        'what was typed stays') if $fields->{title} =~ /\S/;
}

# ---- changed in the neighbours' favour: more of them
$owner->get("/desk/sale/$coupon/edit")->submit('main form',
    title => '真心谢谢券');
is($shop->sale($coupon)->{gives}{off_fen}, 500, 'its terms stay')
    or diag($owner->text);
is($shop->sale($coupon)->{title}, '真心谢谢券', 'its name is another');

# ---- given by hand
my $lin = $o->browser;
$lin->get('/s/grape')->submit('#take', pickup => 'xingfu');
my $order = $lin->id;
$shop->order($order, 'confirm', payment => 'p1', paid_fen => 3980);
is($lin->get("/s/$coupon")->dom->at('#do'), undef, 'nobody takes it alone');
$owner->get("/desk/order/$order");
$owner->get($owner->dom->at('a[href^="/desk/give/"]')->attr('href'));
like($owner->text, qr/满 20 元减 5 元 · 还剩 20 张/, 'what there is');
$owner->submit('main form', sale => $coupon, reason => '');
like(wrong(), qr/为什么送/, 'a reason is needed');
my $page = $owner->res;
$owner->submit('main form', sale => $coupon, reason => '看满一小时');
like($owner->text, qr/送到了/, 'given') or diag(wrong());
like($lin->get('/gifts')->text, qr/真心谢谢券 ● 可用|真心谢谢券 可用/,
    'the neighbour has it');
$owner->{res} = $page;
$owner->submit('main form', sale => $coupon, reason => '看满一小时');
like($owner->text, qr/送到了/, 'sent twice');
is($shop->sale($coupon)->{sold}, 1, 'is given once');
$owner->get("/desk/give/$order")->submit('main form', sale => $coupon,
    reason => '再送');
like(wrong(), qr/已经有了/, 'the limit holds');

# ---- to a neighbour who has no order
my $he = $o->browser;
$he->get('/');
my ($code) = $he->get('/me')->text =~ /您的编号：\s*([0-9a-z]{32})/;
ok($code, 'the page says the code');
$owner->get('/desk/give');
$owner->get($owner->dom->at('a[href="/desk/give/to"]')->attr('href'));
$owner->submit('main form', whose => substr($code, 0, 31) . 'u');
like(wrong(), qr/没有这个编号/, 'a code that is nobody\'s');
is($owner->res->code, 404, 'is not found');
for my $typed (" \U$code\E ", $shop->url("/?from=$code"))  {
    $owner->get('/desk/give/to')->submit('main form', whose => $typed);
    is($owner->path, "/desk/give/to/$code", 'whose it is');
}
$owner->submit('main form', sale => $coupon, reason => '搬家来的');
like($owner->text, qr/送到了/, 'given') or diag(wrong());
like($he->get('/gifts')->text, qr/真心谢谢券/, 'the neighbour has it');
is($owner->get('/desk/give/to/' . 'a' x 32)->res->code, 404, 'nobody');

# ---- by the owner alone
$owner->get('/desk/staff')->submit('form:has(button[value="add"])',
    name => '李姐', 'role.leader' => 1, 'point.xingfu' => 1, act => 'add');
my $leader = $o->enter($owner->dom->at('input.link')->attr('value')
    =~ s{^https?://[^/]+}{}r);
is($leader->get('/desk/give')->res->code, 403, 'a leader makes none');
is($leader->get("/desk/give/$order")->res->code, 403, 'and gives none');
is($leader->get("/desk/give/to/$code")->res->code, 403, 'by a code neither');
is($leader->get("/desk/order/$order")->dom->at('a[href^="/desk/give/"]'),
    undef, 'nor is led there');

# ---- a thing is handed over at any point, to whoever shows its code
sub scanned ($hold) {
    return $leader->get("/desk/hand-over/xingfu?scan=tuanbo:$hold:12345678")
        ->dom->find('.neighbours form')->size;
}

$he->get('/gifts');
my $off = $he->dom->at('.orders a')->attr('href') =~ s{.*/}{}r;
my $thing = $he->get("/s/$eggs")->submit('#take')->id;
my ($digits) = $he->get("/h/$thing")->text =~ /(\d{4} \d{4})/;
ok($digits, 'its page says a code');
is($leader->get("/desk/hand-over/xingfu?q=" . $digits =~ s/ /%20/r)->dom
    ->find('.neighbours form')->size, 1, 'by which it is found');
like($leader->text, qr/鸡蛋两枚 × 1/, 'as such');
is(scanned($thing), 1, 'and by scan');
like($leader->text, qr/鸡蛋两枚 × 1/, 'as such');
$leader->submit('.neighbours form');
like($leader->text, qr/交好了/, 'handed over');
like($he->get("/h/$thing")->text, qr/已经取走了/, 'which its page says');
$leader->submit('form.done', act => 'undo');
like($leader->text, qr/收回来了/, 'by mistake');
is(scanned($thing), 1, 'it is there again');
$leader->submit('.neighbours form');
is(scanned($thing), 0, 'then once');
like($leader->text, qr/已经交过了/, 'as is said');
is(scanned($off), 0, 'a coupon');
like($leader->text, qr/没有东西要交/, 'is no thing');

# won, by who is alone
my $melons = give(kind => 'ticket', title => '抽瓜', prizes => '西瓜一个 1');
my $ticket = $he->get("/s/$melons")->submit('#take')->id;
is(scanned($ticket), 0, 'a ticket is no thing before the draw');
$shop->admin(POST => "/sales/$melons/close");
eventually { $he->get("/h/$ticket")->text =~ /西瓜一个/ } 'it has won';
is(scanned($ticket), 1, 'then it is');
like($leader->text, qr/西瓜一个 × 1/, 'the prize');
$leader->submit('.neighbours form');
like($leader->text, qr/交好了/, 'handed over, too');

$shop->audit_ok;
$shop->finish;
