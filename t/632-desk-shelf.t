use v5.36;
use utf8;
use Tuanbo::Test;
use Tuanbo::Test::Office;

binmode Test::More->builder->$_, ':utf8'
    for qw(output failure_output todo_output);

# The shelf: who has not come, what may be said of it in the group, what
# happens then; and the sheet at closing, with the clerk and without.

my $o = Tuanbo::Test::Office->new;
$o->shop->{http} .= "flashsale_hand_over_time 48h;\n";
$o->start;
my $shop = $o->shop;
my $hour = 3_600_000;

$shop->points(qw(xingfu binjiang));
$shop->admin(PUT => '/documents/pickup/xingfu', json => {
    name => '幸福里鲜果店', hours => '9:00–21:00', day => '每天',
    note => '放冰柜一晚' });
$shop->define_sale($_->[0], title => $_->[1], price_fen => 1050, stock => 1000,
    doc => { pickups => [qw(xingfu binjiang)] }) for ['grape', '葡萄'],
    ['egg', '土鸡蛋'];

sub buyer ($sale, $qty, $pickup, %called) {
    my $buyer = $o->browser;

    $buyer->get("/s/$sale")->submit('#take', pickup => $pickup, qty => $qty);
    $buyer->{hold} = $buyer->id or die $buyer->text;
    $buyer->dom->find('input[name=labels]')->map('remove')
        if !$called{labels};
    $buyer->submit('form[action="/name"]', %called) if %called;
    $shop->order($buyer->{hold}, 'confirm', payment => "p$buyer->{hold}",
        paid_fen => 1050 * $qty)->code == 200 or die 'not paid';

    return $buyer;
}

sub wave ($id, $cut_at, @sales) {
    $shop->call(PUT => "/admin/waves/$id", role => 'orders',
        key => $shop->new_key, json => { sales => \@sales,
        cut_at => $cut_at, day => '2026-12-02' })->code == 201 or die $id;
}

my $li = buyer('grape', 2, 'xingfu', name => '李阿姨', digits => '1234',
    labels => 1);
my $wang = buyer('grape', 1, 'xingfu', name => '王伯', digits => '8888');
my $no = buyer('egg', 3, 'xingfu');
my $far = buyer('egg', 1, 'binjiang', name => '远伯', digits => '7777',
    labels => 1);

my $owner = $o->owner;
$owner->get('/desk/staff')->submit('form:has(button[value="add"])',
    name => '团长', 'role.leader' => 1, 'point.xingfu' => 1, act => 'add');
my $leader = $o->enter($owner->dom->at('input.link')->attr('value')
    =~ s{^https?://[^/]+}{}r);

# ---- nothing waits
like($leader->get('/desk/shelf/xingfu')->text, qr/没有等着取的货/, 'empty');
is($leader->get("/desk/$_/binjiang")->res->code, 403, "another's $_")
    for qw(shelf closing);
is($owner->get("/desk/$_/nowhere")->res->code, 404, "$_ of no point")
    for qw(shelf closing);

# ---- they have not come
$shop->order($_->{hold}, 'ready')->code == 200 or die for $li, $wang, $no, $far;
my $till = (grep { $_->{type} eq 'ready' } $shop->entries('ready'))[0]{at}
    + 48 * $hour;
$leader->get('/desk/shelf/xingfu');
is($leader->dom->find('.counted h2')->map('all_text')
    ->map(sub { s/\s+/ /gr =~ s/^ | $//gr })->join(', '),
    '李阿姨 1234, 王伯 8888, 没留称呼', 'who has not come, by name');
like($leader->text, qr/葡萄 × 2 份.*葡萄 × 1 份.*土鸡蛋 × 3 份/, 'for what');
like($leader->text, qr/3 位邻居的货还在架上/, 'how many');
like($leader->text, qr/取货时间：每天 9:00–21:00/, 'when one may come');
my @till = (gmtime($till / 1000 + 8 * 3600))[4, 3, 2, 1];
my $when = sprintf '%d月%d日 %02d:%02d', $till[0] + 1, @till[1 .. 3];
like($leader->text, qr/到 \S+ $when 还没取，就算取走了/, 'until when, each');
like($leader->text, qr/系统就按已经取走算.*放冰柜一晚/, 'and what then');
unlike($leader->text, qr/到的/, 'since when only the clerk knows');

# ---- the text for the group
my $words = $leader->dom->at('#group-text')->text;
like($words, qr/【幸福里鲜果店】还有 3 位邻居/, 'how many');
like($words, qr/葡萄：李\*\* 2 份、另有 1 位邻居/, 'who agreed, masked');
like($words, qr/土鸡蛋：1 位邻居/, 'and others are not named');
unlike($words, qr/阿姨|王|1234|8888|远/, 'no name, no digits of a phone');
like($words, qr/在 \S+ $when 之前来取/, 'until when');

# ---- the clerk knows since when, and what was today
my $sheet = '/desk/closing/xingfu';
like($leader->get($sheet)->text, qr/这会儿查不了/, 'nothing is folded yet');
like($leader->text, qr/李阿姨 1234 · 葡萄 × 2/, 'who has not come is there');
$leader->get('/desk/hand-over/xingfu?q=8888');
$shop->order($wang->{hold}, 'picked-up')->code == 200 or die;
$shop->call(POST => "/orders/$li->{hold}/refund", role => 'orders',
    key => $shop->new_key, json => { lines => [{ sale => 'grape', qty => 1 }],
    reason => 'goodwill' })->code == 200 or die;
buyer('egg', 4, 'xingfu');
buyer('egg', 9, 'binjiang');
buyer('grape', 5, 'xingfu');
wave('cut', now_ms, 'egg');
wave('open', now_ms + $hour, 'grape');
eventually { $shop->call(GET => '/admin/waves/cut', role => 'orders')
    ->json->{seq} } 'a wave is frozen';

my $secret = $o->clerk->dir . '/ledger';
Tuanbo::Test::Storefront::write_file($secret, "$shop->{secrets}{ledger}\n");
chmod 0600, $secret;
$o->clerk->follow('--url', $shop->url(''), '--secret', $secret);
my $last = ($shop->entries('sold'))[-1]{seq};
eventually { $o->clerk->position >= $last } 'all is folded'
    or diag($o->clerk->folding_text);

$leader->get('/desk/shelf/xingfu');
like($leader->text, qr/\d\d:\d\d 到的/, 'since when');
is($leader->dom->find('.counted h2')->size, 2, 'one less');
$leader->get($sheet);
unlike($leader->text, qr/查不了/, 'now it is all there');
like($leader->text, qr/今天交出去 葡萄\s?1 份 共 1 单/, 'what was handed over');
like($leader->text, qr/卖出 15 份，收了 157\.5 元/, 'sold, here alone');
like($leader->text, qr/还要退 10\.5 元/, 'owed');
unlike($leader->text, qr/过了说好的时候/, 'in time');
like($leader->text, qr/还没来取 李阿姨 1234/, 'who has not come');
my ($next) = $leader->text =~ /接下来要来的货(.*)/;
like($next, qr/2026-12-02 的货，已截单 土鸡蛋\s?4 份/, 'the next boxes, here');
like($next, qr/截单，到现在订了 葡萄\s?5 份/, 'and those that are sold still');
unlike($next, qr/土鸡蛋\s?[^4\s]/, 'not those of another point');

# ---- the question
my $ask = sub (%with) {
    return $o->clerk->ask(handed => { from => 0, to => now_ms, %with });
};
is($ask->()->{answer}{orders}, 1, 'one order');
is_deeply([map { +{ %$_ } } $ask->()->{answer}{rows}->@*],
    [{ sale => 'grape', pickup => 'xingfu', orders => 1, units => 1 }],
    'what of it');
is($ask->(points => ['binjiang'])->{answer}{orders}, 0, 'of these points');
is($ask->(to => 1)->{answer}{orders}, 0, 'in that time');
is($ask->(to => 'x')->{refused}, 'bad_request', 'no time');
is($ask->(points => 'x')->{refused}, 'bad_request', 'no points');

# ---- a clerk that does not answer
{
    $o->office->expect_log(qr/timed out|clerk\.sock/);
    kill STOP => $o->clerk->pid;
    is($leader->get('/desk/shelf/xingfu')->res->code, 200, 'nobody waits long');
    unlike($leader->text, qr/到的/, 'which is left out');
    kill CONT => $o->clerk->pid;
}

# ---- without the clerk
$o->office->expect_log(qr/clerk\.sock failed/);
$o->clerk->stop('KILL');
is($leader->get('/desk/shelf/xingfu')->res->code, 200, 'the shelf is there');
like($leader->get($sheet)->text, qr/查不了.*李阿姨.*土鸡蛋\s?4 份/,
    'and what of the sheet needs no SQL');

$shop->audit_ok;
$shop->finish;
