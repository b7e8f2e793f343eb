use v5.36;
use utf8;
use Tuanbo::Test;
use Tuanbo::Test::Storefront;

binmode Test::More->builder->$_, ':utf8'
    for qw(output failure_output todo_output);

# The basket: several sales, one hold, one payment, one code; by forms alone.

my $t = Tuanbo::Test::Storefront->storefront->start;
my %sale = (
    grape => { title => '葡萄', price_fen => 3980, stock => 9, limit => 3,
        doc => { pickups => [qw(west east)] } },
    egg => { title => '鸡蛋', price_fen => 1290, stock => 9,
        doc => { pickups => [qw(north west)] } },
    rice => { title => '大米', price_fen => 5005, stock => 9 },
    fish => { title => '鲜鱼', price_fen => 800, stock => 9,
        doc => { pickups => ['north'] } },
);
my %name = (east => '东门', west => '西门', north => '北门');

sub buyer (%headers) { Tuanbo::Test::Storefront->buyer($t, %headers) }
sub bar ($buyer) {
    my $link = $buyer->dom->at('#to-basket');
    return $link ? $link->text : '';
}
sub lines ($buyer) {
    return join ' ', map { $_->attr('data-sale') . ':' . $_->at('.count b')->text }
        $buyer->dom->find('.basket .lines li')->each;
}
sub line ($buyer, $sale) {
    return $buyer->dom->at(".basket li[data-sale=$sale]")->all_text
        =~ s/\s+/ /gr;
}
sub taking ($buyer) {
    return join ' ', map { $_->attr('value') }
        $buyer->dom->find('#taking .bar [name=sale]')->each;
}
sub points ($buyer) {
    return join ' ', map { $_->attr('value') }
        $buyer->dom->find('#where [name=pickup]')->each;
}
sub sum ($buyer) { $buyer->dom->at('.basket .bar .price b')->text }
sub put ($buyer, @sales) {
    for my $sale (@sales) {

        # the home is remembered for a moment
        wait_until(sub { $buyer->get('/')->dom->at("#put-$sale") });
        $buyer->press("#put-$sale");
    }

    return $buyer;
}
sub left ($id, $units) {
    my $now = $t->sale($id);
    return $t->define_sale($id, $sale{$id}->%*,
        stock => $now->{held} + $now->{sold} + $units);
}
sub held { scalar $t->entries('held') }

for my $id (sort keys %name) {
    $t->admin(PUT => "/documents/pickup/$id", json => { name => $name{$id} });
}

$t->define_sale($_, $sale{$_}->%*) for sort keys %sale;

# ---- put in: from an item with how many, from a card one
my $lin = buyer()->get('/basket');
like($lin->text, qr/篮子是空的/, 'at first it is empty');
is(bar($lin), '', 'and the bar says nothing of it');
$lin->get('/s/grape')->press('#put-grape', qty => 2);
is($lin->path, '/basket?back=/s/grape', 'from an item: the basket');
is(lines($lin), 'grape:2', 'has as many as were chosen');
is($lin->dom->at('.basket a.button')->attr('href'), '/s/grape',
    'and leads back to where one was');
$lin->get('/')->press('#put-egg');
is(lines($lin), 'grape:2 egg:1', 'from a card: one');
put($lin, 'egg');
is(lines($lin), 'grape:2 egg:2', 'once more: one more');
is(bar($lin->get('/')), '篮子 (2)', 'each page says how much is in it');
is(bar(buyer()->get('/')), '', 'which is nobody else\'s');
is($t->sale('grape')->{held} + $t->sale('egg')->{held}, 0,
    'nothing is reserved by it');
like($lin->get('/basket')->text, qr/放着不算抢到/, 'and the page says so');

# ---- how many; how much; where
$lin->press('#less-egg');
is(lines($lin), 'grape:2 egg:1', 'one less');
is(sum($lin), '92.5', '2 × 39.80 and 12.90');
$lin->press('#more-grape');
is(lines($lin), 'grape:3 egg:1', 'one more');
ok(!$lin->dom->at('#more-grape'), 'up to the limit: no button for more');
ok($lin->dom->at('#more-egg'), 'where there is none there is one');
is(points($lin), 'west', 'the only point that all have');
put($lin, 'rice');
is(points($lin), 'west', 'what is collected anywhere takes away none');
$lin->press('#out-egg');
is(lines($lin), 'grape:3 rice:1', 'taken out');
is(points($lin), 'west east', 'the points of those that are left');
$lin->press('#out-grape')->press('#out-rice');
is(lines($lin), '', 'nothing is left');
ok(!$lin->cookie('tuanbo_basket'), 'nor of the cookie');

# ---- taken in one go: one hold, one payment, one code
put($lin, qw(grape egg rice));
$lin->press('#take-all');
my $id = $lin->id;
ok($id, 'a hold') or diag($lin->res->body);
is($lin->path, "/h/$id", 'at its own address');
is(held(), 3, 'of three lines');
my ($hold) = grep { $_->{hold} eq $id } $t->entries('held');
is($hold->{pickup}, 'west', 'collected where all can be');
is(bar($lin->get('/')), '', 'the basket is empty of what was taken');
is(lines($lin->get('/basket')), '', 'as its page says');
ok($lin->get("/h/$id")->dom->at('.bar .price b')->text eq '102.75', 'one sum');
$t->confirm({ id => $id, amount_fen => 3980 + 1290 + 5005 });

# lines of one hold come in different waves
for my $wave (['mon', 'grape'], ['tue', 'egg', 'rice']) {
    my ($slug, @sales) = @$wave;
    $t->admin(PUT => "/waves/$slug", json => { sales => \@sales,
        cut_at => now_ms(), day => '2026-12-01' });
    eventually { $t->call(GET => "/admin/waves/$slug", role => 'admin')->json
        ->{seq} } "wave $slug is frozen";
}
$t->admin(POST => '/waves/mon/receive', json => { pickup => 'west', final => \1,
    lines => [{ sale => 'grape', qty => 1 }] });
$lin->get("/h/$id");
like($lin->dom->at('[data-place=ready]')->all_text, qr/葡萄/, 'one has come');
like($lin->dom->at('[data-place=awaited]')->all_text, qr/鸡蛋.*大米/s,
    'two have not');
is($lin->dom->find('.code .digits')->size, 1, 'one code');

# ---- no point in common: said, with a way out
my $chen = put(buyer(), qw(grape fish egg));
like($chen->text, qr/没有共同的自提点/, 'no point in common is said');
like($chen->dom->at('.apart')->all_text, qr/在西门提的 2 样/,
    'most go together');
is(taking($chen), 'grape egg', 'which the button takes');
is(sum($chen), '52.7', 'at their sum');
like(line($chen, 'fish'), qr/不在西门提/, 'what stays says why');
$chen->get('/basket?at=north');
is(taking($chen), 'fish egg', 'or those of another point');
is(sum($chen), '20.9', 'at theirs');
$chen->press('#take-all');
ok($chen->id, 'a hold');
is(($t->entries('held'))[-1]{pickup}, 'north', 'collected there');
is(lines($chen->get('/basket')), 'grape:1', 'the rest stays');
is(points($chen), 'west east', 'and is free to be collected elsewhere');

# ---- what is refused is said at its line, and one tap takes the rest
sub full { put(buyer(), qw(grape egg rice)) }
my $held = held();
my $wang = full();
left(egg => 0);
$wang->press('#take-all');
is($wang->path, '/basket?sale=egg&code=sold_out', 'sold out meanwhile');
is(held(), $held, 'whole or nothing');
like($wang->dom->at('.wrong[role=alert]')->text, qr/一样都没抢，没有收钱/,
    'which is said');
like(line($wang, 'egg'), qr/卖完/, 'at its line');
unlike(line($wang, $_), qr/卖完/, "not at $_") for qw(grape rice);
is(taking($wang), 'grape rice', 'the others can be had');
is(sum($wang), '89.85', 'for what they cost');
$wang->press('#take-all');
ok($wang->id, 'one tap takes them');
is(lines($wang->get('/basket')), 'egg:1', 'and what was refused stays');
ok(!$wang->dom->at('#take-all'), 'with no button');
$t->define_sale('egg', $sale{egg}->%*);
is(taking($wang->get('/basket')), 'egg', 'until it can be had again');

my $slow = full();
$slow->press('#more-rice')->press('#more-rice');
left(rice => 1);
$slow->get('/basket');
like(line($slow, 'rice'), qr/只有 1 份/, 'not enough are left');
is(taking($slow), 'grape egg', 'which the button knows');
$slow->press('#fewer-rice');
is(lines($slow), 'grape:1 egg:1 rice:1', 'one tap makes it as many');
is(taking($slow), 'grape egg rice', 'and all can be had');

for my $case (['close', qr/截单|结束/, 'closed'], ['pause', qr/先停/, 'paused'])
{
    my ($what, $words, $code) = @$case;
    $t->define_sale("one-$what", title => '一种', price_fen => 100, stock => 5,
        doc => { pickups => ['west'] });
    my $who = put(buyer(), "one-$what", 'grape');
    $t->admin(POST => "/sales/one-$what/$what");
    $who->press('#take-all');
    is($who->path, "/basket?sale=one-$what&code=$code", "$code meanwhile");
    like(line($who, "one-$what"), $words, 'at its line');
    is(taking($who), 'grape', 'the rest can be had');
}

# more than one may have, with what one has already
put($lin, ('grape') x 3);
like(line($lin, 'grape'), qr/每人限 3 份/, 'over the limit');
ok(!$lin->dom->at('#take-all'), 'nothing to take');
$lin->press('#less-grape');
is(taking($lin), 'grape', 'one less is within it');

# given back three times: to be waited for, which only the decision says
my $fickle = buyer();
for (1 .. 3) {
    $fickle->get('/s/egg')->submit('#take', qty => 1, pickup => 'west');
    $fickle->submit('form[action$=release]');
}
put($fickle, qw(egg grape))->press('#take-all');
is($fickle->path, '/basket?sale=egg&code=wait', 'has to wait');
like(line($fickle, 'egg'), qr/要等一会儿再抢/, 'at its line');
is(taking($fickle), 'grape', 'the rest can be had');

# by now it can be had again
$fickle->get('/basket?sale=grape&code=sold_out');
like(line($fickle, 'grape'), qr/现在还剩 \d+ 份，可以再点一次/,
    'a refusal that is out of date says how many there are');

# ---- a retry is the same hold
my $twice = put(buyer(), qw(grape egg));
my $form = $twice->dom;
$twice->press('#take-all');
my $first = $twice->id;
$twice->{res} = Mojo::Message::Response->new->body("$form");
$held = held();
$twice->press('#take-all');
is($twice->id, $first, 'the same form again: the same hold');
is(held(), $held, 'nothing more is held');

# ---- what does not go in, and what is no basket
my $odd = buyer()->get('/');
$t->admin(PUT => '/sales/rain', json => { title => '红包', stock => 5,
    gives => { kind => 'item', title => '鸡蛋两枚' } });
ok(!$odd->get('/s/rain')->dom->at('[name=put]'), 'a gift has no button');
$odd->get('/')->send($odd->dom->at('#put'), '/basket', put => 'rain');
is(lines($odd), '', 'and does not go in');
ok(!$odd->get('/s/one-close')->dom->at('#put-one-close'),
    'nor has what is closed');
$t->define_sale("many-$_", title => "第 $_ 样", price_fen => 100, stock => 5,
    doc => { pickups => ['west'] }) for 1 .. 9;
put($odd, map { "many-$_" } 1 .. 8);
is($odd->dom->find('.basket li')->size, 8, 'as many as a hold has lines');
put($odd, 'many-9');
like($odd->text, qr/最多放 8 样/, 'one more is refused in words');
is($odd->dom->find('.basket li')->size, 8, 'and changes nothing');
$odd->press('#take-all');
ok($odd->id, 'all of them are one hold');

sub shown ($cookie) {
    return lines(buyer(Cookie => "tuanbo_basket=$cookie")->get('/basket'));
}
is(shown('none:1.grape:2.rain:1'), 'grape:2', 'what is not sold is left out');
is(shown('grape:2.grape:7'), 'grape:2', 'no sale twice');
is(shown('grape:0.egg:-1.rice:1000.:1..%41:1.fish:1e2'), '', 'nor nonsense');
is(shown(join '.', map { "many-$_:1" } 1 .. 9) =~ tr/:/:/, 8, 'nor too much');
is(shown('a' x 65 . ':1'), '', 'nor too long a name');

# ---- other sites, and addresses alone, change nothing
my $safe = put(buyer(), 'grape');
$safe->send($safe->dom->at('#counts'), '/basket', set => 'grape:0',
    csrf => 'wrong');
is($safe->res->code, 403, 'a form of another site');
is(lines($safe->get('/basket?put=egg&set=grape:0')), 'grape:1', 'nothing');
is($safe->start(DELETE => '/basket')->res->code, 405, 'nor by other methods');
is($safe->get('/basket?back=//evil.example')->dom->at('.basket a.button')
    ->attr('href'), '/', 'and it leads nowhere else');

is($safe->get("/basket?$_")->res->code, 200, $_)
    for 'code=a&code=b&sale=x&sale', 'at=%00&back&code', 'code=full&at=%';

# ---- where one collects, in the bar
my $zhao = buyer()->get('/');
like($zhao->dom->at('#point a')->text, qr/选自提点/, 'none is chosen');
unlike($zhao->text, qr/不在..提/, 'and nothing is said of it');
$zhao->get($zhao->dom->at('#point a')->attr('href'));
is($zhao->path, '/where?back=/', 'a page of them');
$zhao->press('#at-north');
is($zhao->path, '/', 'chosen, and back');
is($zhao->dom->at('#point a')->text, '自提：北门', 'the bar says where');
my %said = map { $_->attr('data-sale') => $_->all_text =~ /不在北门提/ ? 1 : 0 }
    $zhao->dom->find('.card')->each;
is("@said{qw(grape egg fish)}", '1 0 0', 'what does not go there says so');
is($zhao->dom->find('.card')->size, buyer()->get('/')->dom->find('.card')
    ->size, 'and nothing is left out');
like($zhao->get('/s/grape')->text, qr/不在北门提/, 'nor on its page');
unlike($zhao->get('/s/egg')->text, qr/不在北门提/, 'which others do not say');
is(put($zhao, 'egg')->dom->at('#where [checked]')->attr('value'), 'north',
    'it is chosen in the basket');
$zhao->send($zhao->dom->at('#counts'), '/settings', pickup => 'nowhere');
is($zhao->get('/')->dom->at('#point a')->text, '自提：北门',
    'a point that is none is not kept');

# ---- English
my $en = put(buyer('Accept-Language' => 'en'), qw(grape fish));
is(bar($en), 'Basket (2)', 'in English');
like($en->dom->at('main')->all_text, qr/There is no pickup point where all/,
    'too');

# ---- a newcomer waits here as well
my $new = Tuanbo::Test::Storefront->storefront(
    server => 'flashsale_newcomer $tuanbo_since wait=60s;')->start;
$new->define_sale($_, title => $_, price_fen => 100, stock => 5)
    for qw(grape egg);
my $guest = Tuanbo::Test::Storefront->buyer($new)->get('/s/grape');
$guest->press('#put-grape')->get('/s/egg')->press('#put-egg');
like($guest->dom->at('#newcomer')->all_text, qr/第一次来/, 'a newcomer is told');
$guest->press('#take-all');
like($guest->path, qr/^\/basket\?.*code=too_fast$/, 'a tap too early');
like($guest->text, qr/太快了.*没有收钱/, 'is refused in words');
is($guest->dom->find('.basket li')->size, 2, 'and all stays');
is($new->sale('grape')->{held}, 0, 'nothing was taken');

# ---- and by a neighbour's code one may come with a basket, too
my $ma = buyer()->get('/me');
my $code = $ma->text =~ /([0-9a-z]{32})/ ? $1 : '';
$held = held();
my $brought = buyer()->get("/?from=$code");
put($brought, qw(grape egg))->press('#take-all');
ok($brought->id && $code, 'brought by a neighbour');
is(held(), $held + 2, 'a hold');

$t->audit_ok;
$t->chain_ok;
$t->finish;
