use v5.36;
use utf8;
use Tuanbo::Test;
use Tuanbo::Test::Storefront;

binmode Test::More->builder->$_, ':utf8'
    for qw(output failure_output todo_output);

# A neighbour collects it elsewhere: by the page of the hold, without scripts,
# for as long as that is possible.

my $t = Tuanbo::Test::Storefront->storefront->start;
my %name = (east => '东门', west => '西门', north => '北门');

sub buyer (%headers) { Tuanbo::Test::Storefront->buyer($t, %headers) }

sub offered ($buyer) {
    return join ' ', map { $_->attr('value') }
        $buyer->dom->find('#where [name=pickup]')->each;
}

sub can_change ($buyer) { $buyer->dom->at('a[href*="change=pickup"]') ? 1 : 0 }

sub named ($buyer) {
    $buyer->get('/h/' . $buyer->id)->submit('#called', name => '李阿姨',
        digits => '1234');
}

# ---- no points at all
$t->define_sale('plain', price_fen => 100, stock => 9);
my $plain = buyer()->get('/s/plain')->submit('#take', qty => 1);
ok($plain->id, 'a hold of a sale without points');
ok(!can_change($plain), 'there is nothing to change');

for my $id (sort keys %name) {
    $t->admin(PUT => "/documents/pickup/$id", json => { name => $name{$id} });
}
ok(can_change($plain->get('/h/' . $plain->id)),
    'when there are points one can be chosen');

# ---- those of the sale
$t->define_sale('grape', title => '葡萄', price_fen => 3980, stock => 9,
    doc => { pickups => [qw(west east)] });
my $lin = buyer()->get('/s/grape')->submit('#take', qty => 1,
    pickup => 'east');
my $id = $lin->id;
ok($id, 'a hold') or diag($lin->res->body);
is($lin->dom->at('#where'), undef, 'no form at first');
my $link = $lin->dom->at('a[href*="change=pickup"]');
is($link->text, '换个自提点', 'but a way to it');
named($lin);
ok(can_change($lin), 'also when the name is known');
like($lin->dom->at('noscript') // '', qr/refresh/, 'this page looks again');

$lin->get("/h/$id?change=pickup");
is(offered($lin), 'west east', 'the points of the sale, in its order');
is($lin->dom->at('#where [checked]')->attr('value'), 'east',
    'where it is now');
like($lin->dom->at('#where')->all_text, qr/西门.*就在这儿取/s, 'by name');
is($lin->dom->at('noscript'), undef, 'no reload while somebody chooses');
ok($lin->dom->at("form[action='/checkout/$id'] button"),
    'and it can be paid meanwhile');
ok(!can_change($lin), 'the way there is gone');

$lin->submit('#where', pickup => 'west');
is($lin->path, "/h/$id", 'moved: back on the page of the hold')
    or diag($lin->res->body);
like($lin->dom->at('.bar .where')->text, qr/西门/, 'which says where');
like($lin->dom->at('.pickup h3')->text, qr/西门/, 'in both places');
is($t->ledger_lines && ($t->entries('pickup'))[0]{pickup}, 'west',
    'so does the ledger');
is($lin->get('/s/grape')->dom->at('[name=pickup][checked]')->attr('value'),
    'west', 'and it is liked from now on');

# ---- what is not offered, and by whom
$lin->get("/h/$id?change=pickup")->submit('#where', pickup => 'north');
is($lin->res->code, 200, 'a point of others') or diag($lin->res->body);
like($lin->path, qr{^/h/$id\?code=bad_request$}, 'is refused on the page');
ok($lin->dom->at('.wrong'), 'in words');
like($lin->dom->at('.bar .where')->text, qr/西门/, 'and changes nothing');
$lin->get("/h/$id?change=pickup");
my $csrf = $lin->dom->at('#where [name=csrf]')->attr('value');
my $wang = buyer()->get('/s/grape');
$wang->{headers}{Origin} = $t->url('');
$wang->start(POST => "/api/holds/$id/pickup", "pickup=east&csrf=$csrf");
isnt($wang->res->code, 200, 'another cannot');
is($t->entries('pickup'), 1, 'nor does it');

# ---- several sales: what suits each
$t->define_sale('egg', title => '鸡蛋', price_fen => 100, stock => 9,
    doc => { pickups => [qw(north west)] });
$lin->get('/s/grape');
$csrf = $lin->dom->at('#take [name=csrf]')->attr('value');
my $res = $lin->{ua}->post($t->url('/api/holds') => { Origin => $t->url('') }
    => json => { lines => [{ sale => 'grape', qty => 1 },
        { sale => 'egg', qty => 1 }], pickup => 'west' })->res;
is($res->code, 201, 'a hold of two sales') or diag($res->body);
$lin->get('/h/' . $res->json->{id});
is($lin->res->code, 200, 'is there');
ok(!can_change($lin), 'the only point that both have: nothing to change');

# ---- English
my $en = buyer('Accept-Language' => 'en')->get('/s/grape')->submit('#take',
    qty => 1, pickup => 'east');
is($en->dom->at('a[href*="change=pickup"]')->text, 'Collect it elsewhere',
    'in English');
$en->get('/h/' . $en->id . '?change=pickup')->submit('#where',
    pickup => 'west');
like($en->text, qr/Collect at 西门/, 'moved');

# ---- its time
$lin->get("/h/$id?change=pickup");
$t->confirm({ id => $id, amount_fen => 3980 });
$lin->submit('#where', pickup => 'east');
like($lin->path, qr{^/h/$id\?code=wrong_state$}, 'paid meanwhile: too late');
like($lin->text, qr/付好了/, 'which the page says');
like($lin->text, qr/西门/, 'with where it is');
ok(!can_change($lin), 'and no way to change it');
$lin->get("/h/$id?change=pickup");
is($lin->dom->at('#where'), undef, 'nor a form');
$plain->submit('form[action$=release]');
ok(!can_change($plain), 'nor for what was given up');

$t->audit_ok;
$t->chain_ok;
$t->finish;
