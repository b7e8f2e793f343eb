use v5.36;
use utf8;
use Tuanbo::Test;
use Tuanbo::Test::Office;

binmode Test::More->builder->$_, ':utf8'
    for qw(output failure_output todo_output);

# The host at the desk: on, this one, over; and what the neighbours' page shows
# of it, without scripts.

my $o = Tuanbo::Test::Office->new->start;
my $shop = $o->shop;
my $owner = $o->owner;
my $now = int(time * 1000);
my $neighbour = $o->browser;

sub room ($id = 'evening') {
    return $shop->get("/admin/documents/room/$id", role => 'admin')->json;
}

$shop->admin(PUT => '/documents/session/evening', json => {
    title => '周五晚八点', starts_at => $now + 600_000,
    ends_at => $now + 4000_000 });
for my $id (qw(grape egg)) {
    $shop->define_sale($id, title => $id eq 'egg' ? '土鸡蛋' : '葡萄',
        stock => 10, doc => { session => 'evening' });
}
$shop->define_sale('salt', title => '盐', stock => 10);

$owner->get('/desk/');
ok($owner->dom->at('.doors a[href="/desk/live"]'), 'a door');
$owner->get('/desk/live');
like($owner->dom->at('.records')->all_text, qr/周五晚八点\s*还没开播/,
    'a session that was not started');
$owner->get('/desk/live/evening');
is_deeply([sort map { $_->all_text } $owner->dom->find('.records h3')->each],
    [qw(土鸡蛋 葡萄)], 'its goods, and no others');
like($neighbour->get('/live/evening')->text, qr/准时开播/,
    'neighbours wait');

$owner->submit('form:has(button[value="start"])', act => 'start');
is($owner->path, '/desk/live/evening', 'back');
is(room()->{state}, 'live', 'on');
# a page is remembered for a moment
sub sees ($wanted, $name) {
    local $Test::Builder::Level = $Test::Builder::Level + 1;
    eventually { $neighbour->get('/live/evening')->text =~ $wanted } $name;
}

sees(qr/正在直播/, 'before its time: the host says so');
unlike($neighbour->text, qr/正在讲解/, 'nothing is shown yet');

my $egg = '#sales form:has(input[name="sale"][value="egg"])';
$owner->submit($egg, act => 'pin');
is(room()->{pin}, 'egg', 'pinned');
sees(qr/正在讲解 土鸡蛋.*抢 1 .*这一场的货/, 'it comes first, to be had');
like($owner->dom->at($egg)->all_text, qr/正在讲/, 'and stands at the desk');
$owner->submit('#camera form', act => 'unpin');
is(room()->{pin}, undef, 'unpinned');
sees(qr/\A(?!.*正在讲解).*这一场的货/s, 'not any more');

# ---- what neighbours say, on their page
$neighbour->submit('form[data-say]', text => '鸡蛋新鲜吗');
is($neighbour->path, '/live/evening', 'said, and back in the room');
eventually { $neighbour->get('/live/evening')->text =~ /一位邻居 鸡蛋新鲜吗/ }
    'and read';

# ---- two hosts, and the same tap twice
my $second = $o->owner;
$second->get('/desk/live/evening');
$owner->submit('form:has(button[value="stop"])', act => 'stop');
is(room()->{state}, 'ended', 'over');
sees(qr/播完了/, 'neighbours read so');
$second->submit($egg, act => 'pin');
is($second->res->code, 409, 'it is over already');
like($second->dom->at('.wrong')->text, qr/先点了/, 'and said');
is(room()->{pin}, undef, 'nothing was done');

# ---- who may not
$shop->admin(PUT => '/documents/session/gone', json => { title => 'x',
    starts_at => $now });
is($owner->get('/desk/live/none')->res->code, 404, 'no such session');
is($owner->get('/desk/live/gone')->res->code, 200, 'another one');

$shop->finish;
