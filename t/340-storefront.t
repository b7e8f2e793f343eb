use v5.36;
use utf8;
use Tuanbo::Test;
use Tuanbo::Test::Storefront;

binmode Test::More->builder->$_, ':utf8'
    for qw(output failure_output todo_output);

# A neighbour buys without scripts, and pays: pages, forms and redirects.

my $t = Tuanbo::Test::Storefront->storefront->start;
my $page_max = 100 * 1024;

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
like($lin->text, qr/给您留到 \d\d:\d\d/, 'says until when');
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
my ($code) = $lin->dom->at('.digits')->text =~ /^(\d{4} \d{4})$/;
ok($code, 'a pickup code');
ok($lin->dom->at('svg.qr path'), 'and a picture of it');
is($lin->dom->find('.steps li')->size, 3, 'its steps');
is($lin->dom->at('.steps [aria-current=step] b')->text, '到自提点', 'the next');
$t->order($id, 'ready');
like($lin->get("/h/$id")->text, qr/到店了/, 'ready');
$t->order($id, 'picked-up');
like($lin->get("/h/$id")->text, qr/已经取走/, 'picked up');

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

# ---- what is not there
for my $path (qw(/s/none /h/0123456789abcdef0123456789abcdef /h/xyz /nothing
    /live/none /s/ /static/none.css))
{
    my $res = buyer()->get($path)->res;
    is($res->code, 404, "$path is not there");
    like($res->dom->at('main')->all_text, qr/没/, 'in words');
}

is(buyer()->start(POST => '/', 'a=b')->res->code, 401, 'a stranger\'s form');
is($lin->start(PUT => '/s/grape')->res->code, 405, 'a method of no use');
is($lin->res->headers->allow, 'GET, HEAD', 'and those that are');
is($lin->start(HEAD => '/s/grape')->res->code, 200, 'HEAD');

# ---- a page that waits for an hour
like($lin->get('/s/peach')->text, qr/开卖/, 'opens later');
is($lin->dom->at('#do'), undef, 'and cannot be had before');

$t->audit_ok;
$t->finish;
