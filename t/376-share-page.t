use v5.36;
use utf8;
use Tuanbo::Test;
use Tuanbo::Test::Storefront;

binmode Test::More->builder->$_, ':utf8'
    for qw(output failure_output todo_output);

# What one sends on to neighbours: words, a link and a code, of a sale and of a
# session; what a chat shows of an address; and what the activity says of both.

my $t = Tuanbo::Test::Storefront->storefront->start;

sub activity ($kind) {
    my $res = $t->get('/activity?limit=1000', role => 'ledger');
    return grep { $_->{kind} eq $kind } map { decode_json($_) }
        grep { length } split /\n/, $res->body;
}

sub meta ($page, $property) {
    my $tag = $page->dom->at(qq([property="$property"])) // return;
    return $tag->attr('content');
}

$t->admin(PUT => '/documents/session/friday', json => { title => '周五 <专场>',
    starts_at => 1000 * int(time - 60), about => '今晚尝葡萄' });
$t->define_sale('grape', title => '葡萄', price_fen => 3980, stock => 20,
    goal => 8, doc => { session => 'friday' });
$t->define_sale('egg', title => '土鸡蛋', price_fen => 4500, stock => 30,
    doc => { session => 'friday' });

my $lin = Tuanbo::Test::Storefront->buyer($t)->get('/s/grape');
is($lin->dom->at('a[href="/s/grape/share"]')->text, '发给邻居',
    'an item leads there');
$lin->submit('#take', qty => 3);
my $id = $lin->id;
ok($id, 'three are held');

# ---- of a sale
my $share = $lin->get('/s/grape/share');
is($share->res->code, 200, 'its page');
my $text = $share->dom->at('textarea')->text;
like($text, qr/葡萄\n39\.8 元一份\n还差 8 份成团\n/, 'says how it stands');
my $link = $t->url('/s/grape?via=share');
like($text, qr/\Q$link\E$/, 'and where');
ok($share->dom->at('svg.qr path'), 'with a code to scan');
like($lin->get('/s/egg/share')->dom->at('textarea')->text,
    qr/还剩 30 份/, 'what has no goal says what is left');

# ---- of a session
my $room = $lin->get('/live/friday');
ok($room->dom->at('a[href="/live/friday/share"]'), 'a room leads there, too');
$text = $lin->get('/live/friday/share')->dom->at('textarea')->text;
like($text, qr/周五 <专场> · 接龙\n正在直播.*\n/, 'a list to join');
like($text, qr/^\d\. 葡萄，39\.8 元一份，还差 8 份成团$/m, 'with the goods');
like($text, qr/^\d\. 土鸡蛋，45 元一份，还剩 30 份$/m, 'all of them');

# ---- what is not there
is($lin->get('/s/nothing/share')->res->code, 404, 'no such sale');
is($lin->get('/live/nothing/share')->res->code, 404, 'no such session');
is($lin->get('/s/grape/shared')->res->code, 404, 'no such page');
is($lin->get('/me/share')->res->code, 404, 'not of other pages');

# ---- what a chat shows
my $item = $lin->get('/s/grape');
is(meta($item, 'og:title'), '葡萄', 'the name');
is(meta($item, 'og:description'), '39.8 元一份，还差 8 份成团',
    'how it stands');
is(meta($item, 'og:url'), $t->url('/s/grape'), 'where');
like(meta($item, 'og:image'), qr{^\Q@{[$t->url('')]}\E/}, 'a picture');
is($item->dom->at('[name=description]')->attr('content'),
    meta($item, 'og:description'), 'the same for who searches');
is(meta($lin->get('/live/friday'), 'og:title'), '周五 <专场>', 'of a room');
my $order = $lin->get("/h/$id");
is($order->res->code, 200, 'an order');
is(meta($order, 'og:url'), $t->url('/'), "somebody's own page says nothing");
unlike(meta($order, 'og:description'), qr/葡萄/, 'of what it is about');

# ---- noted
$share = $lin->get('/s/grape/share');
my $token = $share->dom->at('[name=csrf]')->attr('value');
for my $how (qw(copy send)) {
    $lin->start(POST => '/s/grape/share', "csrf=$token&how=$how");
    is($lin->res->code, 204, $how);
}
for my $how ('page', 'Copy', '') {
    $lin->start(POST => '/s/grape/share', "csrf=$token&how=$how");
    is($lin->res->code, 400, "not \"$how\"");
}
my $wang = Tuanbo::Test::Storefront->buyer($t)->get('/s/grape?via=share');
is($wang->res->code, 200, 'one comes by the link');
$wang->get('/?via=point-east');
$wang->get('/live/friday?via=qun-1');
$wang->get("/s/grape?via=$_") for '', 'A', 'a_b', '-a', 'a' x 25, '%00', '<';

my @came;
eventually { @came = activity('came'); @came == 3 } 'three came', 10;
is_deeply([map { [@$_{qw(via sale session)}] }
    sort { $a->{via} cmp $b->{via} } @came],
    [['point-east', undef, undef], ['qun-1', undef, 'friday'],
    ['share', 'grape', undef]], 'by what, to what');
is(scalar(grep { $_->{buyer} eq $came[0]{buyer} } @came), 3, 'one of them');
my @shares;
eventually { @shares = activity('share'); @shares >= 6 } 'six links', 10;
is_deeply([sort map { join ' ', $_->{how}, $_->{sale} // $_->{session} }
    @shares], ['copy grape', 'page egg', 'page friday', 'page grape',
    'page grape', 'send grape'], 'links taken');
isnt($shares[0]{buyer}, $came[0]{buyer}, 'by another one');

$t->chain_ok;
$t->finish;
