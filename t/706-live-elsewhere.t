use v5.36;
use utf8;
use Tuanbo::Test;
use Tuanbo::Test::Office;

binmode Test::More->builder->$_, ':utf8'
    for qw(output failure_output todo_output);

# A session that is on the air on another platform: the owner says where, and
# its room has a card that leads there in place of the picture, beside all else.

my $o = Tuanbo::Test::Office->new(
    storefront => [shop => 'video = true,']);
my $shop = $o->shop;

$o->start;
$shop->define_sale('grape', title => '葡萄', price_fen => 100, stock => 10,
    doc => { session => 'fruit' });
$shop->admin(PUT => '/documents/session/fruit', json => { title => '鲜果',
    starts_at => now_ms() - 1000, ends_at => now_ms() + 3_600_000 });

my $owner = $o->owner;
my $neighbour = $o->browser;

sub type_in (%typed) {
    $owner->get('/desk/session/fruit')->submit('form.sheet',
        map { ("elsewhere.$_" => $typed{$_}) } keys %typed);
    return $owner->res->code;
}

sub room () { $neighbour->get('/live/fruit')->dom }

# What a room has is remembered until the store is another.
sub card ($pattern, $name) {
    eventually { room()->at('#elsewhere')->all_text =~ $pattern } $name;
    return room()->at('#elsewhere');
}

ok(room()->at('#picture video'), 'a picture of its own');
ok(exists room()->at('#elsewhere')->attr->{hidden}, 'and no card');

# ---- what is no link
for my $url ('http://a.example/', 'javascript:alert(1)', 'weixin:',
    'https://a.example/"><script>')
{
    is(type_in(url => $url), 400, "typed in: $url");
    like($owner->text, qr/https:.*开头/, 'said in words');
}

# ---- Channels
is(type_in(name => '视频号“幸福里”', url => 'weixin://channels/live?id=7',
    find => '微信里搜“幸福里鲜果店”。'), 200, 'where it is');
my $card = card(qr/这一场在视频号“幸福里”播/, 'the room says so');
is($card->at('a')->{href}, 'weixin://channels/live?id=7', 'and leads there');
like($card->at('a')->{rel}, qr/noopener/, 'to a page that knows nothing of us');
like($card->all_text, qr/打不开的话：微信里搜“幸福里鲜果店”/,
    'with how it is found');
is(room()->at('#picture'), undef, 'in place of the picture');
$shop->admin(POST => '/sessions/fruit/start');
$shop->admin(POST => '/sessions/fruit/pin', json => { sale => 'grape' });
eventually { room()->at('#pinned [data-sale="grape"]') } 'beside the pin';
ok(room()->at('#pinned form button'), 'with its button');
ok(room()->at('#talk form'), 'and what is said');
ok(!exists room()->at('#elsewhere')->attr->{hidden}, 'while it is on');
is(room()->at('#picture'), undef, 'with no picture of ours');

# ---- no link at all
type_in(url => '');
$card = card(qr/视频号“幸福里”播\s*微信里搜/, 'how it is found is enough');
is($card->at('a'), undef, 'without a button');
like($o->browser('Accept-Language' => 'en')->get('/live/fruit')->text,
    qr/This broadcast is on 视频号/, 'in English, too');

# ---- one that came past the rules
$shop->expect_log(qr/elsewhere\.url is an address/);
$o->office->expect_log(qr/elsewhere\.url is an address/);
$shop->admin(PUT => '/documents/session/fruit', json => { title => '鲜果',
    starts_at => now_ms() - 1000, ends_at => now_ms() + 3_600_000,
    elsewhere => { name => '那边', url => 'javascript:alert(1)' } });
card(qr/这一场在那边播/, 'of a document that has more than it may');
unlike($neighbour->res->body, qr/javascript:alert/, 'no page has it');
like(room()->at('#elsewhere')->all_text, qr/在微信.*找那边/s,
    'how it may be found is said');

# ---- over
$shop->admin(POST => '/sessions/fruit/end');
eventually { exists room()->at('#elsewhere')->attr->{hidden} }
    'no card when it is over';
$shop->finish;
