use v5.36;
use utf8;
use Mojo::Server::Daemon;
use Mojolicious;
use POSIX ();
use Tuanbo::Test;
use Tuanbo::Test::Storefront;

# What pages say when something is half done: held and not paid, paid and not
# known yet, over, failed, not to be found. Without scripts.

binmode Test::More->builder->$_, ':utf8'
    for qw(output failure_output todo_output);

# an order service that only says what it was told
my $told = Mojo::Server::Daemon->new(silent => 1);
my $service = Tuanbo::Test::free_port();
my $pid = fork // die $!;

if (!$pid) {
    my $app = Mojolicious->new;
    $app->log->level('fatal');
    $app->routes->any('/*any' => sub ($c) {
        my $headers = $c->req->headers;
        $c->render(text => join '', map { "$_: " . $headers->header($_)
            . "\n" } grep { /^Flashsale/ } $headers->names->@*);
    });
    $told->app($app)->listen(["http://127.0.0.1:$service"])->run;
    exit;
}

END { kill KILL => $pid if $pid }

my $t = Tuanbo::Test::Storefront->storefront(checkout => $service)->start;
my ($day, $hour) = (86_400_000, 3_600_000);

sub buyer (%headers) { Tuanbo::Test::Storefront->buyer($t, %headers) }
sub bar ($buyer) { $buyer->dom->at('.bar')->all_text =~ s/\s+/ /gr }
sub owing ($buyer) { $buyer->dom->at('#unpaid')->all_text =~ s/\s+/ /gr }

# Fields of the shop's clock, eight hours before UTC.
sub shop ($format, $ms) {
    my $said = POSIX::strftime($format, gmtime($ms / 1000 + 8 * 3600));
    return $said =~ s/(?<!\d)0(?=\d(?:月|日))//gr;
}
sub weekday ($ms) { (qw(日 一 二 三 四 五 六))[shop('%w', $ms)] }

# a day of which no minute is near, whenever this runs
my $noon = int((now_ms + 8 * $hour) / $day) * $day + 4 * $hour;
$t->admin(PUT => '/documents/pickup/xingfu', json => { name => '幸福里店',
    address => '东门 3 号', hours => '8:00–21:30' });
$t->admin(PUT => '/documents/pickup/heping', json => { name => '和平路',
    address => '18 号', hours => '7:30–22:00' });
$t->define_sale('grape', title => '葡萄', price_fen => 3980, stock => 20,
    limit => 2, closes_at => $noon + 5 * $day,
    doc => { pickups => [qw(xingfu heping)] });
$t->define_sale('egg', title => '土鸡蛋', price_fen => 4000, stock => 10,
    limit => 1);
$t->define_sale('peach', title => '桃', price_fen => 100, stock => 40,
    goal => 5, goal_by => 'sale', opens_at => $noon + $day);

# ---- days
my $lin = buyer()->get('/s/grape');
my $friday = $noon + 5 * $day;
my $date = shop('%m月%d日 %H:%M', $friday);
like($lin->text, qr/周@{[ weekday($friday) ]} $date 截单/,
    'a day of the week with its date');
like($lin->get('/s/peach')->text, qr/明天 12:00 开卖/, 'tomorrow');
$t->define_sale('far', price_fen => 100, stock => 1,
    opens_at => $noon + 400 * $day);
like($lin->get('/s/far')->text, qr/@{[ shop('%Y年', $noon + 400 * $day) ]}/,
    'another year is named');
like(buyer('Accept-Language' => 'en')->get('/s/grape')->text,
    qr/[SMTWF]\w+day @{[ shop('%d', $friday) =~ s{^0}{}r ]} [A-Z]\w+, 12:00/,
    'in English');

# ---- nothing of a sale that has not begun
$lin->get('/s/peach');
unlike($lin->text, qr/已抢|还差/, 'nothing is taken of it, and nothing lacks');
is($lin->dom->at('#offer progress'), undef, 'nor is there a bar for it');
unlike($lin->get('/')->dom->at('.card[data-sale=peach]')->all_text,
    qr/已抢/, 'nor on the home');

# ---- where it will be collected, beside the button
like(bar($lin->get('/s/grape')), qr/自提点：幸福里店/, 'the first point');
is($lin->dom->at('.bar .chosen')->all_text, '自提点：幸福里店', 'is the one');
$lin->submit('#take', pickup => 'heping');
my $id = $lin->id;
like(bar($lin), qr/自提点：和平路/, 'and where it is paid');
is($lin->get('/s/grape')->dom->at('.bar .chosen')->all_text,
    '自提点：和平路', 'what was chosen once is the next time');

# ---- held and not paid
for my $path (qw(/ /s/grape /s/egg /past /problem?code=busy)) {
    $lin->get($path);
    like(owing($lin), qr/还没付款： 葡萄 × 1 给您留到 (?:明天 )?\d\d:\d\d · .*\d+分/,
        "$path says what is not paid, and until when");
    is($lin->dom->at('#unpaid a')->attr('href'), "/h/$id", 'and leads there');
    ok($lin->dom->at('#unpaid [data-until]'), 'with what counts down');
}
is(owing($lin->get("/h/$id")), '', 'its own page says it once');
like($lin->get('/me')->dom->at('.orders .time')->all_text,
    qr/给您留到 (?:明天 )?\d\d:\d\d · /, 'with its time among the orders');
is(owing(buyer()->get('/s/grape')), '', 'nobody else sees it');
is(owing(buyer()->get('/s/grape')->get('/')), '', 'with a cookie neither');

# ---- one more than the limit
$lin->get('/s/grape')->submit('#take', qty => 2);
is($lin->path, '/s/grape?code=over_limit', 'too many');
my $wrong = $lin->dom->at('#offer .wrong');
like($wrong->all_text, qr/已经留着、还没付款，每人限 2 份。没有收钱/,
    'is told why');
is($wrong->at('a')->attr('href'), "/h/$id", 'and led there');
$t->confirm({ id => $id, amount_fen => 3980 });
is(owing($lin->get('/s/grape')), '', 'what is paid is not asked for');
$lin->submit('#take', qty => 2);
like($lin->dom->at('#offer .wrong')->all_text,
    qr/每人限 2 份，您以前买的也算在内/, 'what was bought counts, it says');
unlike($lin->res->text, qr/少要一点/, 'nor is one to ask for less than one');

# ---- too many that are not paid
my $wang = buyer();
my @mine;
for my $sale (qw(grape egg)) {
    $wang->get("/s/$sale")->submit('#take');
    push @mine, $wang->id;
}
$t->define_sale("more-$_", title => "多$_", price_fen => 100, stock => 9)
    for 1, 2;
$wang->get('/s/more-1')->submit('#take');
push @mine, $wang->id;
$wang->get('/s/more-2')->submit('#take');
is($wang->path, '/s/more-2?code=too_many_holds', 'a fourth');
is_deeply([$wang->dom->find('#offer .wrong a')->map(attr => 'href')->each],
    [map { "/h/$_" } reverse @mine], 'is told which are to be paid first');

# ---- until tomorrow
$t->define_sale('long', title => '慢慢来', price_fen => 100, stock => 9,
    hold_ms => $day);
my $zhou = buyer()->get('/s/long')->submit('#take');
like($zhou->text, qr/给您留到 明天 \d\d:\d\d/, 'not only a time of the clock');

# ---- the time is over
$t->define_sale('plum', title => '李子', price_fen => 100, stock => 3,
    hold_ms => 1500);
my $chen = buyer()->get('/s/plum')->submit('#take');
my $late = $chen->id;
ok(wait_until(sub { owing($chen->get('/'))
    =~ /李子 × 1 留的时间过了.*没有收钱/ }, 10), 'is said on the next page');
is($chen->dom->at('#unpaid a')->attr('href'), '/s/plum', 'with the way back');
is($chen->dom->at('#unpaid section'), undef, 'and no way to pay');
$t->define_sale('plum', title => '李子', price_fen => 100, stock => 3,
    hold_ms => $hour);
$chen->get('/s/plum')->submit('#take');
unlike(owing($chen->get('/')), qr/过了/, 'who took it again knows');

# ---- back from the checkout, before the news of the payment
my $sun = buyer()->get('/s/egg')->submit('#take')
    ->submit('#called', name => '孙', digits => '1111');
my $egg = $sun->id;
$sun->submit("form[action='/checkout/$egg']");
is($sun->res->code, 200, 'an order service');
my ($back) = $sun->res->text =~ /^Flashsale-Return: (\S+)/m;
is($back, "/h/$egg?back=1", 'knows an address that says whence one comes');
$sun->get($back);
like($sun->text, qr/正在确认付款/, 'it is being confirmed');
is($sun->dom->at('#hold button, #hold .first'), undef,
    'no second way to pay at once, none to give it up');
my $look = sub {
    $sun->dom->at('noscript')->content =~ /content="(\d+);url=([^"]+)"/;
};
is_deeply([$look->()], [2, "/h/$egg?back=2"], 'asked for again soon');
my $looks = 1;
while ((my (undef, $url) = $look->())[1] =~ /back=/) {
    $sun->get($url);
    $looks++ < 99 or last;
}
is($looks, 10, 'ten times');
$sun->get(($look->())[1]);
is($sun->path, "/h/$egg", 'then it is as before');
ok($sun->dom->at("form[action='/checkout/$egg'] button"), 'with a way to pay');
is($sun->get("/h/$egg?back=99")->dom->find('.first')->size, 1,
    'whatever else the address says');
$t->confirm({ id => $egg, amount_fen => 4000 });
$sun->get($back);
is($sun->path, "/h/$egg", 'when the news was there first');
like($sun->text, qr/付好了/, 'it is the order');

# ---- no order here
my $new = buyer()->get('/me');
like($new->text, qr/这台手机上还没有订单/, 'nothing is known here');
like($new->text, qr/清过 Cookie.*自提点报称呼和手机尾号/,
    'why that may be, and what to do');
$new->get("/h/$id");
is($new->res->code, 404, 'an order of another phone');
like($new->text, qr/换了手机.*自提点报称呼和手机尾号/, 'says the same');

# ---- one way to write a price
for my $lang (qw(zh en)) {
    my $ann = buyer('Accept-Language' => $lang);
    my @seen;
    $ann->get('/s/egg')->submit('#take')->submit('#called', name => 'a',
        digits => '1234');
    for my $path ('/', '/s/egg', '/me', '/h/' . $ann->id) {
        my $text = $ann->get($path)->dom->at('body')->all_text;
        push @seen, $text =~ /(?:¥|￥)\s*[\d.]+/g, $text =~ /\d+\.\d0 ?元/g;
    }
    is("@seen", '', "$lang: no other one");
}

# ---- a group that fails
$t->define_sale('date', title => '冬枣', price_fen => 2500, stock => 9,
    goal => 5, goal_by => 'sale', doc => { unit => '盒' });
my $qian = buyer()->get('/s/date')->submit('#take', qty => 2);
my $date_hold = $qian->id;
$t->confirm({ id => $date_hold, amount_fen => 5000 });
$t->define_sale('date', title => '冬枣', price_fen => 2500, stock => 9,
    goal => 5, goal_by => 'sale', closes_at => now_ms + 300,
    doc => { unit => '盒' });
ok(wait_until(sub { $qian->get("/h/$date_hold")->text
    =~ /要退钱给您 冬枣没凑够数，这一团没成/ }, 10), 'says why');
like($qian->text, qr/50 元按原路退回/, 'what comes back, and how');
like($qian->text, qr/没凑够 5 盒，这一样取消了，50 元退给您/, 'of which line');

$t->audit_ok;
$t->finish;
