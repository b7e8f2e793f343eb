use v5.36;
use utf8;
use Tuanbo::Test;
use Tuanbo::Test::Storefront;

binmode Test::More->builder->$_, ':utf8'
    for qw(output failure_output todo_output);

# A neighbour buys without scripts, and pays: pages, forms and redirects.

# nobody listens at the checkout's port
my $t = Tuanbo::Test::Storefront->storefront(
    checkout => Tuanbo::Test::free_port())->start;
my $page_max = 100 * 1024;

sub token ($buyer) { $buyer->dom->at('[name=csrf]')->attr('value') }

sub buyer (%headers) { Tuanbo::Test::Storefront->buyer($t, %headers) }

$t->define_sale('grape', title => '葡萄', price_fen => 3980, stock => 3,
    limit => 2, doc => { unit => '箱', orchard => '云南 <建水>',
    sugar => '18 °Bx', claim => '坏了赔', session => 'friday' });
$t->define_sale('egg', title => '土鸡蛋', price_fen => 2990, stock => 10);
$t->define_sale('peach', title => '桃', price_fen => 100, stock => 10,
    opens_at => now_ms + 3_600_000);
$t->define_sale('berry', title => '草莓', price_fen => 5000, stock => 10,
    goal => 3, goal_by => 'sale', doc => { unit => '箱' });

# ---- home
my $lin = buyer()->get('/');
is($lin->res->code, 200, 'the home') or diag($lin->res->body);
is($lin->dom->at('html')->attr('lang'), 'zh-CN', 'is Chinese');
is($lin->dom->find('.card')->size, 4, 'shows all sales');
like($lin->text, qr/正在卖.*葡萄.*39\.8 元\/箱.*还剩 3 箱/, 'with price and stock');
like($lin->text, qr/马上开卖 桃/, 'and what opens later');
ok(length $lin->res->body < $page_max, 'is small');

# ---- headers of every page
my $headers = $lin->res->headers;
like($headers->header('Content-Security-Policy'),
    qr/default-src 'none'.*form-action 'self'/, 'a policy');
unlike($headers->header('Content-Security-Policy'), qr/unsafe/, 'a strict one');
unlike($lin->res->body, qr/<style|\sstyle=|\son\w+=|<script(?! src=")/,
    'no code and no style in the page');
is($headers->header('Cache-Control'), 'private, no-cache', 'is private');

# ---- item
$lin->get('/s/grape');
is($lin->res->code, 200, 'an item');
like($lin->text, qr/云南 <建水>/, 'where it comes from');
like($lin->res->text, qr/云南 &lt;建水&gt;/, 'escaped');
like($lin->text, qr/七天无理由退货/, 'the notice for fresh food');
is($lin->dom->find('[name=qty]')->size, 2, 'up to the limit');
is($lin->dom->at('#do .for-2')->text, '抢 2 箱', 'what the button says');
ok(length $lin->res->body < $page_max, 'is small');

# ---- a hold
$lin->submit('#take', qty => 2);
is($lin->res->code, 200, 'a hold') or diag($lin->res->body);
my $id = $lin->id;
ok($id, 'has its address');
like($lin->text, qr/给您留到 (?:明天 )?\d\d:\d\d/, 'says until when');
like($lin->text, qr/一共 79\.6 元/, 'and what it costs');
is($lin->res->headers->header('Cache-Control'), 'private, no-store',
    'is kept by nobody');
is($t->sale('grape')->{held}, 2, 'is the engine\'s');
is($lin->dom->at('noscript'), undef, 'no reload while a name is typed');

# somebody else
my $wang = buyer()->get("/h/$id");
is($wang->res->code, 404, 'is not another\'s');
unlike($wang->text, qr/79\.6/, 'who learns nothing of it');

# ---- the name to call out
$lin->submit('#called', name => '', digits => '1234');
like($lin->text, qr/请写一个称呼/, 'a name is needed');
$lin->submit('#called', name => '李阿姨', digits => '12');
like($lin->text, qr/最后 4 个数字/, 'and four digits');
$lin->submit('#called', name => '李<b>阿姨', digits => '1234');
like($lin->text, qr/取货称呼：李<b>阿姨（尾号 1234）/, 'both are remembered');
unlike($lin->res->text, qr/李<b>阿姨/, 'and escaped');
ok($lin->dom->at("form[action='/checkout/$id'] button"), 'then it can be paid');
like($lin->dom->at('noscript') // '', qr/http-equiv="refresh"/,
    'the page looks again when the time is over');

# ---- the checkout cannot be reached
$t->expect_log(qr/connect\(\) failed .* upstream/);
$lin->submit("form[action='/checkout/$id']");
like($lin->text, qr/付款的地方现在连不上.*没有扣钱，货还给您留到 (?:明天 )?\d\d:\d\d/,
    'the checkout is down: nothing is lost');
is($lin->path, "/h/$id?code=checkout_down", 'on the page of the hold');
like($lin->text, qr/继续付款/, 'with another try');
is($wang->get('/s/egg')->start(POST => "/checkout/$id", 'csrf=x')->res->code,
    403, 'no checkout without the token');

# ---- sold out
$wang->get('/s/grape')->submit('#take');
ok($wang->id, 'the last one');
my $zhao = buyer()->get('/s/egg');
my $form = $zhao->dom->at('#take');
my ($csrf) = map { $_->attr('value') } $form->at('[name=csrf]');
$zhao->get('/s/grape');
is($zhao->dom->at('#do'), undef, 'nothing to press when all is held');
like($zhao->text, qr/卖完了/, 'which it says');
like($zhao->text, qr/这些还有.*土鸡蛋/, 'and what is there instead');
$zhao->{headers}{Origin} = $t->url('');
$zhao->start(POST => '/api/holds', "sale=grape&qty=1&csrf=$csrf");
is($zhao->res->code, 303, 'a tap too late');
like($zhao->res->headers->location, qr{/s/grape\?code=sold_out$},
    'is sent back to the item');
$zhao->get('/s/grape?code=sold_out');
like($zhao->text, qr/手慢了一步。没有收钱/, 'with the words for it');

# ---- given up
$wang->submit('form[action$=release]');
like($wang->text, qr/已经让给别人了/, 'given up');
is($t->sale('grape')->{free}, 1, 'and free again');
$zhao->get('/s/grape?code=sold_out');
like($zhao->text, qr/没有收钱.*现在还剩 1 箱/, 'an old address says what is true now');

# ---- paid
$t->confirm({ id => $id, amount_fen => 7960 });
$lin->get("/h/$id");
like($lin->text, qr/付好了/, 'paid');
is($lin->dom->at('.digits, svg.qr'), undef, 'no pickup code yet');
like($lin->text, qr/货到了自提点，这里就有提货码/, 'but when it will be here');
is($lin->dom->find('.steps li')->size, 3, 'its steps');
is($lin->dom->at('.steps [aria-current=step] b')->text, '到自提点', 'the next');
$t->order($id, 'ready');
like($lin->get("/h/$id")->text, qr/到店了/, 'ready');
my ($code) = $lin->dom->at('.digits')->text =~ /^(\d{4} \d{4})$/;
ok($code, 'a pickup code');
ok($lin->dom->at('svg.qr path'), 'and a picture of it');
$t->order($id, 'picked-up');
like($lin->get("/h/$id")->text, qr/已经取走/, 'picked up');
is($lin->dom->at('.digits, svg.qr'), undef, 'the code is of no use any more');

# ---- a goal
$lin->get('/s/berry');
like($lin->text, qr/还差 3 箱成团/, 'what a goal lacks');
$lin->submit('#take', qty => 3);
my $berry = $lin->id;
$t->confirm({ id => $berry, amount_fen => 15000 });
like($lin->get('/s/berry')->text, qr/成团了/, 'formed');
ok($lin->dom->at('.goal.formed'), 'in green');
is($lin->get("/h/$berry")->dom->find('.steps .good')->size, 1,
    'also in the order');

# ---- my orders
$lin->get('/me');
is($lin->dom->find('.orders li')->size, 2, 'my orders');
like($lin->text, qr/草莓 × 3.*已付款.*葡萄 × 2.*已取走/, 'newest first');
is(buyer()->get('/me')->dom->find('.orders li')->size, 0, 'not another\'s');

# ---- time over
$t->define_sale('plum', title => '李子', price_fen => 100, stock => 1,
    hold_ms => 2000);
my $zhou = buyer()->get('/s/plum')->submit('#take')
    ->submit('#called', name => '周', digits => '4321');
my ($again) = $zhou->dom->at('noscript')->content =~ /content="(\d+)"/;
cmp_ok($again, '<=', 3, 'the page looks again when the time is over');
ok(wait_until(sub { $zhou->get('/h/' . $zhou->id)->text
    =~ /留的时间过了.*没有收钱/ }, 5), 'and says that it is');
ok($zhou->dom->at('.bar a[href="/s/plum"]'), 'with another try');

# a tap that comes after that, on a page that was left open
my $late = $zhou->id;
my $its = token($zhou->get('/s/egg'));
for my $form ("/checkout/$late", "/api/holds/$late/release") {
    $zhou->{headers}{Origin} = $t->url('');
    is($zhou->start(POST => $form, "csrf=$its")->res->code, 303,
        "$form when the time is over");
    like($zhou->res->headers->location, qr{^/h/$late(?:\?code=wrong_state)?$},
        'is answered on the page of the hold');
    like($zhou->get($zhou->res->headers->location)->text,
        qr/留的时间过了.*没有收钱/, 'which says how it is');
}
$lin->get('/s/egg')->{headers}{Origin} = $t->url('');
$lin->start(POST => "/api/holds/$berry/release", 'csrf=' . token($lin));
like($lin->get($lin->res->headers->location)->text,
    qr/已经不能改了，请看下面.*付好了/, 'nor is one given up that is paid');
my $stranger = buyer(Origin => $t->url(''))->get('/s/egg');
is($stranger->start(POST => "/checkout/$late", 'csrf='
    . token($stranger))->res->code, 303, 'another\'s checkout');
is($stranger->get($stranger->res->headers->location)->res->code, 404,
    'is not there');

# ---- what is not there
for my $path (qw(/s/none /h/0123456789abcdef0123456789abcdef /h/xyz /nothing
    /live/none /s/ /static/none.css))
{
    my $res = buyer()->get($path)->res;
    is($res->code, 404, "$path is not there");
    like($res->dom->at('main')->all_text, qr/没/, 'in words');
}

is(buyer()->get('/problem?code=busy')->res->headers->header('Retry-After'), 5,
    'what is not there now');
is(buyer()->start(POST => '/', 'a=b')->res->code, 401, 'a stranger\'s form');
is($lin->start(PUT => '/s/grape')->res->code, 405, 'a method of no use');
is($lin->res->headers->allow, 'GET, HEAD', 'and those that are');
is($lin->start(HEAD => '/s/grape')->res->code, 200, 'HEAD');

# ---- documents: pickup points, a session, a product in two languages
$t->admin(PUT => '/documents/pickup/xingfu', json => { name => '幸福里店',
    address => '东门 3 号', hours => '8:00–21:30' });
$t->admin(PUT => '/documents/pickup/heping', json => { name => '和平路',
    address => '18 号', hours => '7:30–22:00' });
$t->admin(PUT => '/documents/product/fig', json => { title => '无花果',
    unit => '盒', picture => 'loquat.svg', net_weight_g => 1500,
    en => { title => 'Figs', unit => 'box' } });
$t->admin(PUT => '/documents/session/friday', json => { title => '周五晚八点',
    host => '周姐', starts_at => now_ms + 600_000, on_camera => 'fig' });
$t->define_sale('fig', price_fen => 1990, stock => 10, goal => 5,
    goal_by => 'pickup', doc => { product => 'fig', session => 'friday',
    pickups => [qw(xingfu heping)] });
sleep 1;

my $sun = buyer()->get('/');
like($sun->text, qr/下一场直播 周五晚八点.*开播/, 'the next session');
like($sun->text, qr/自提点 和平路.*18 号.*幸福里店/, 'the pickup points');
ok($sun->dom->at('noscript meta[http-equiv=refresh]'),
    'without scripts the page looks again when it begins');
like($sun->get('/live/friday')->text, qr/准时开播.*这一场的货 无花果/,
    'the session');
$sun->get('/s/fig');
like($sun->text, qr/在哪儿取？ 幸福里店.*还差 5 盒成团 和平路/,
    'pickup points in the sale\'s order, each with its group');
like($sun->text, qr/净重1\.5 公斤/, 'the product');
like($sun->dom->at('.picture img')->attr('src'), qr/loquat/, 'its picture');
$sun->submit('#take', qty => 5, pickup => 'heping');
my $fig = $sun->id;
like($sun->text, qr/自提点 和平路/, 'the point that was chosen');
$t->confirm({ id => $fig, amount_fen => 9950 });
like($sun->get("/h/$fig")->dom->find('.steps .good')->map('all_text')
    ->join(' '), qr/成团/, 'its group formed');
$sun->get('/s/fig');
is($sun->dom->at('[name=pickup][checked]')->attr('value'), 'heping',
    'and is remembered');
like($sun->text, qr/幸福里店.*还差 5 盒成团.*和平路.*成团了/, 'the other waits');
my $ann = buyer('Accept-Language' => 'en')->get('/s/fig');
like($ann->text, qr/Figs.*19\.9 yuan a box/, 'in English');

$t->admin(PUT => '/documents/session/friday', json => { title => '周五晚八点',
    starts_at => now_ms - 1000, on_camera => 'fig' });
ok(wait_until(sub { $sun->get('/live/friday')->text =~ /正在讲解.*正在直播/ },
    2), 'on air, with what is on camera');
ok(wait_until(sub { $sun->get('/')->dom->at('.card')->attr('data-sale')
    eq 'fig' }, 2), 'which the home shows first');

# ---- a page that waits for an hour
like($lin->get('/s/peach')->text, qr/开卖/, 'opens later');
is($lin->dom->at('#do'), undef, 'and cannot be had before');

# without scripts: a page that counts down looks again when it is over
my $looks_again = sub ($path) {
    my ($s) = ($lin->get($path)->dom->at('noscript') // '')
        =~ /content="(\d+)"/;
    return $s;
};
ok(wait_until(sub { !defined $looks_again->('/') }, 3),
    'not for what is an hour off');
$t->define_sale('pear', title => '梨', price_fen => 100, stock => 10,
    opens_at => now_ms + 500_000);
$t->define_sale('date', title => '枣', price_fen => 100, stock => 10,
    closes_at => now_ms + 400_000);
for my $wait (['/s/pear', 500], ['/s/date', 400], ['/', 500]) {
    my ($path, $most) = @$wait;
    ok(wait_until(sub {
        my $left = $looks_again->($path) // 0;
        return $left > $most - 60 && $left <= $most;
    }, 3), "$path waits for its hour, and no longer");
}

$t->audit_ok;
$t->finish;
