use v5.36;
use utf8;
use Tuanbo::Test;
use Tuanbo::Test::Events;
use Tuanbo::Test::Office;

binmode Test::More->builder->$_, ':utf8'
    for qw(output failure_output todo_output);

# A draw's tickets to all who have done what the host asked for: a word in a
# comment, an order, minutes watched. Who they are, in which order, once each,
# and only in this room.

my $o = Tuanbo::Test::Office->new->start;
my $shop = $o->shop;
my $now = int(time * 1000);

$o->clerk->follow('--store', $shop->store_path);
$shop->admin(PUT => "/documents/session/$_", json => { title => "那一场 $_",
    starts_at => $now - 60_000, ends_at => $now + 4000_000 })
    for qw(evening other);
$shop->define_sale('apple', title => '苹果', price_fen => 100, stock => 10,
    doc => { session => 'evening' });
$shop->define_sale('plum', title => '李子', price_fen => 100, stock => 10,
    doc => { session => 'other' });
$shop->define_sale('draw', title => '抽葡萄', stock => 3, price_fen => undef,
    gives => { kind => 'ticket', by => 'desk',
        prizes => [{ title => '葡萄', count => 1 }] },
    closes_at => $now + 4000_000, doc => { session => 'evening' });

my $owner = $o->owner;
$owner->get('/desk/staff')->submit('form:has(button[value="add"])',
    name => '周姐', 'role.host' => 1, act => 'add');
my $host = $o->enter($owner->dom->at('input.link')->attr('value')
    =~ s{^https?://[^/]+}{}r);
my $page = '/desk/live/evening/give/draw';

sub say_it ($who, $text, $room = 'evening') {
    $who->get("/live/$room")->submit('form[data-say]:not(.questions)',
        text => $text);
}

# Whoever keeps it, as the host's page says.
sub kept ($query) {
    my $dom = $host->get("$page?$query")->dom;
    my $count = $dom->at('#kept p') // return -1;

    return ($count->text =~ /(\d+) 位/)[0] // 0;
}

sub cookies ($who) {
    return join '; ', map { $_->name . '=' . $_->value }
        $who->{ua}->cookie_jar->all->@*;
}

my %who = map { $_ => $o->browser } qw(lin wang zhao qian);
$who{$_}->get('/live/evening') for keys %who;

# ---- who watches: for a minute, so it begins here
my @watching = map { Tuanbo::Test::Events->new($shop, [], session => 'evening',
    headers => { Cookie => cookies($who{$_}) }) } qw(lin zhao);
$_->next for @watching;

# ---- the way there
$host->get('/desk/live/evening');
ok($host->dom->at(qq(a[href="$page"])), 'from the room');
is($host->get($page)->res->code, 200, 'the page');
is($host->get('/desk/live/other/give/draw')->res->code, 404,
    'of its own room alone');
is($host->get('/desk/live/evening/give/apple')->res->code, 404,
    'of what is given alone');
is($o->browser->get($page)->res->code, 401, 'only for who works here');

# ---- a word
say_it($who{wang}, '我要 ABC 葡萄');
say_it($who{lin}, 'abc');
say_it($who{lin}, 'abc 再来');
say_it($who{zhao}, '不要');
say_it($who{qian}, 'abc', 'other');
eventually { kept('what=word&word=Abc') == 2 } 'two said it, each counts once';
is(kept('what=word&word='), -1, 'no word is none');
like($host->text, qr/要写评论里的一个词/, 'and is said');
is($host->res->code, 400, 'as an error');
is(kept('what=word&word=%25'), 0, 'nobody said that');

# the comment that is taken back does not count
{
    my ($line) = grep { $_->at('p')->all_text =~ /我要 ABC/ }
        $host->get('/desk/live/evening')->dom->find('#said li')->each;
    my $id = $line->at('input[name="comment"]')->attr('value');
    $host->submit(qq(#said form:has(input[value="$id"])), act => 'remove');
    eventually { kept('what=word&word=abc') == 1 } 'what was removed is not said';
    say_it($who{wang}, 'abc 了');
    eventually { kept('what=word&word=abc') == 2 } 'said again';
}

my $sold = sub { $shop->sale('draw')->{sold} };
$host->submit('#kept form');
is($host->res->code, 200, 'given') or diag $host->text;
like($host->text, qr/前面 2 位都有了/, 'to both');
is($sold->(), 2, 'one each');
$host->get("$page?what=word&word=abc")->submit('#kept form');
is($sold->(), 2, 'another tap gives nothing more');

# ---- an order
my $id = $who{zhao}->get('/s/apple')->submit('#take', qty => 1)->id;
my $plum = $who{qian}->get('/s/plum')->submit('#take', qty => 1)->id;
is(kept('what=bought'), 0, 'what is not paid for is no order');
$shop->order($_, 'confirm', payment => "p$_", paid_fen => 100)
    for $id, $plum;
eventually { kept('what=bought') == 1 } 'who bought, in this room';
$host->submit('#kept form');
is($sold->(), 3, 'gets one');

# what is left is not enough
say_it($who{$_}, '送我') for qw(qian lin);
eventually { kept('what=word&word=送我') == 2 } 'two more, of whom one has one';
$host->submit('#kept form');
like($host->text, qr/送完了/, 'nothing is left: said');
is($sold->(), 3, 'and none given');
$shop->admin(POST => '/sales/draw/stock', json => { add => 2 });

# ---- minutes
is(kept('what=watched&minutes=0'), -1, 'no minutes is none');
is(kept('what=watched&minutes=500'), 0, 'nobody has seen so much');
eventually { kept('what=watched&minutes=1') == 2 } 'they watched a minute', 120;
$_->close for @watching;
eventually { my $rows = $shop->get('/activity?limit=1000', role => 'ledger')
    ->body; 2 == scalar(() = $rows =~ /"watch"/g) } 'and are gone';
is(kept('what=watched&minutes=1'), 2, 'it stays so');
$host->submit('#kept form');
like($host->text, qr/前面 2 位都有了/, 'they have one each already');
is($sold->(), 3, 'and get no more');

# ---- without folding all but the order works
$o->clerk->unfollow('KILL');
$o->clerk->stop('KILL');
is(kept('what=bought'), -1, 'no order is known of');
is($host->res->code, 503, 'which is said');
is(kept('what=word&word=abc'), 2, 'words are');

$shop->audit_ok;
done_testing;
