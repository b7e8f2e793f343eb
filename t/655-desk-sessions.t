use v5.36;
use utf8;
use POSIX ();
use Tuanbo::Test;
use Tuanbo::Test::Office;

binmode Test::More->builder->$_, ':utf8'
    for qw(output failure_output todo_output);

# Sessions: their scene and their goods in order; the one of last week once
# more, by one tap; the one after a weekly one, by the maker; and when a room is
# open.

my $o = Tuanbo::Test::Office->new->start;
my $shop = $o->shop;
my $owner = $o->owner;
my $hour = 3_600_000;
my $week = 7 * 24 * $hour;
my $now = int(time * 1000);
my $neighbour = $o->browser;

sub session ($id) {
    return $shop->get("/admin/documents/session/$id", role => 'admin')->json;
}

sub put_session ($id, %doc) {
    $shop->admin(PUT => "/documents/session/$id", json => { title => '一场',
        %doc });
}

# MMDD in the shop, whose clock is eight hours ahead.
sub day ($at) { POSIX::strftime('%m%d', gmtime($at / 1000 + 8 * 3600)) }

# ---- a form with what it is about, and the rule in words
$owner->get('/desk/sessions/new');
is_deeply([map { $_->attr('value') } $owner->dom->find('datalist option')
    ->each], [qw(打工人速食 宝妈辅食 家庭补给)], 'scenes are offered');
$owner->submit('form.sheet', title => '晚市', starts_at => '2027-01-01T20:00',
    weekly => 'yes', scene => '夜宵');
like($owner->text, qr/晚市.*每周周五 20:00 夜宵/, 'and any other is taken')
    or diag($owner->text);

# ---- last week's, in an order of its own
my $start = $now - 3 * $hour;

put_session('evening', starts_at => $start, ends_at => $start + 2 * $hour,
    scene => '家庭补给', host => '周姐');
for my $id (qw(a b c d)) {
    $shop->admin(PUT => "/documents/product/$id", json => { title => "货 $id",
        unit => 'box' });
    $shop->define_sale($id, title => "货 $id", price_fen => 100, stock => 10,
        opens_at => $start, $id eq 'd' ? () : (closes_at => $now + $hour),
        doc => { session => 'evening' });
}

sub order_of ($browser) {
    return join '', map { substr $_->text, -1 } $browser->dom
        ->find('#sales h3, #goods h3')->each;
}

is(order_of($owner->get('/desk/live/evening')), 'abcd', 'as they opened');
$owner->submit('#sales form:has(input[value="c"])', act => 'up');
$owner->submit('#sales form:has(input[value="c"])', act => 'up');
is(order_of($owner), 'cabd', 'moved to the front');
is_deeply(session('evening')->{goods}, [qw(c a b d)], 'in the document');
is(session('evening')->{scene}, '家庭补给', 'which is else as it was');
$owner->submit('#told form', act => 'up');
is(order_of($owner), 'acbd', 'one back');
eventually { order_of($neighbour->get('/live/evening')) eq 'acbd' }
    'neighbours see that order';
like($neighbour->dom->at('#about')->all_text, qr/家庭补给/, 'and the scene');

# ---- the same once more
$shop->admin(POST => "/sales/$_/close") for qw(a b c);
my $next = 'evening-' . day($start + $week);

sub copied () {
    return map { "$_-" . day($start + $week) } qw(a c b);
}

$owner->get('/desk/live/evening');
my $form = $owner->res;
$owner->submit('form[action$="/copy"]');
is($owner->path, "/desk/live/$next", 'a page of its own');
like($owner->dom->at('#told')->all_text, qr/3 样货/, 'with its goods');
is(session($next)->{starts_at}, $start + $week, 'a week later');
is(session($next)->{ends_at}, $start + 2 * $hour + $week, 'its end as well');
is(session($next)->{host}, '周姐', 'the same host');
is_deeply(session($next)->{goods}, [copied()], 'in the same order');
for my $id (copied()) {
    my $sale = $shop->sale($id);
    is($sale->{state}, 'scheduled', "$id is on sale again");
    is($sale->{opens_at}, $start + $week, 'a week later');
}
is($shop->get('/admin/documents/sale/a-' . day($start + $week),
    role => 'admin')->json->{session}, $next, 'in the new session');
is($shop->get('/api/sales/d-' . day($start + $week))->code, 404,
    'what is still on goes on');
$owner->{res} = $form;
$owner->submit('form[action$="/copy"]');
$owner->get('/desk/live/evening')->submit('form[action$="/copy"]');
is(scalar $shop->get('/api/sales?limit=100')->json->{sales}->@*, 7,
    'done again nothing is made twice');

# what came by itself gets its goods by the same tap
put_session('late', starts_at => $start, weekly => JSON::PP::true());
put_session('late-' . day($start + $week), starts_at => $start + $week);
$shop->define_sale('e', title => '货 e', price_fen => 100, stock => 10,
    opens_at => $start, doc => { session => 'late', product => 'a' });
$shop->define_sale('f', title => '货 f', price_fen => 90, stock => 10,
    opens_at => $start, doc => { session => 'late', product => 'a' });
$shop->admin(POST => "/sales/$_/close") for qw(e f);
$owner->get('/desk/live/late')->submit('form[action$="/copy"]');
is_deeply(session('late-' . day($start + $week))->{goods},
    [map { 'a-' . day($start + $week) . $_ } qw(-2 -3)],
    'also where another session sells the same that day')
    or diag(explain(session('late-' . day($start + $week))));

# ---- when a room is open
put_session('soon', starts_at => $now + 20 * 60_000);
put_session('later', starts_at => $now + 2 * $hour);
$neighbour->get('/live/later');
like($neighbour->text, qr/开播前 30 分钟开门/, 'not yet');
ok(defined $neighbour->dom->at('#talk[hidden]'), 'nothing to say yet');
$neighbour->get('/live/soon');
like($neighbour->text, qr/直播间开了/, 'open');
ok(!defined $neighbour->dom->at('#talk[hidden]'), 'and talked in');
$neighbour->submit('form[data-say]', text => '来了');
eventually { $owner->get('/desk/live/soon')->text =~ /来了/ }
    'the host reads it';

# ---- every week, by the maker
my $secret = $o->clerk->dir . '/admin';

{
    open my $file, '>', $secret or die $!;
    print {$file} "$shop->{secrets}{admin}\n";
}

sub look () {
    my ($code, $said) = $o->clerk->tool('waves', '--url', $shop->url(''),
        '--secret', $secret, '--once');
    is($code, 0, 'a look') or diag($said);
    return $said;
}

my $over = $now - 15 * 24 * $hour;
put_session('friday', starts_at => $over, ends_at => $over + $hour,
    weekly => JSON::PP::true(), scene => '宝妈辅食',
    delivery_day => '2026-01-31');
put_session('on', starts_at => $over, ends_at => $over + $hour,
    weekly => JSON::PP::true());
$shop->admin(POST => '/sessions/on/start');
like(look(), qr/session friday-\d{4} comes after friday/, 'one is made');
my $made = 'friday-' . day($over + 3 * $week);
is(session($made)->{starts_at}, $over + 3 * $week, 'the next to come');
is(session($made)->{delivery_day}, '2026-02-21', 'delivered as much later');
is(session($made)->{weekly}, JSON::PP::true(), 'and weekly in its turn');
is(session('friday')->{weekly}, JSON::PP::false(), 'the old one no more');
is(session('on')->{weekly}, JSON::PP::true(), 'one on the air is waited for');
unlike(look(), qr/session/, 'once');
$shop->admin(DELETE => "/documents/session/$made");
unlike(look(), qr/session/, 'what the owner takes away stays away');
$shop->admin(POST => '/sessions/on/end');
like(look(), qr/comes after on/, 'over');

$shop->finish;
