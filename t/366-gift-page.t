use v5.36;
use utf8;
use Tuanbo::Test;
use Tuanbo::Test::Storefront;

binmode Test::More->builder->$_, ':utf8'
    for qw(output failure_output todo_output);

# What a neighbour sees of a gift that they have taken: by the pages, without
# scripts.

my $t = Tuanbo::Test::Storefront->storefront->start;

sub buyer (%headers) { Tuanbo::Test::Storefront->buyer($t, %headers) }

sub text ($buyer, $at) {
    my $element = $buyer->dom->at($at) // return '';
    return $element->all_text =~ s/\s+/ /gr;
}

sub gives ($id, $title, %gives) {
    $t->admin(PUT => "/sales/$id", json => { title => $title, stock => 5,
        gives => { valid_ms => 86_400_000, %gives } });
}

sub take ($sale, %headers) {
    my $buyer = buyer(%headers)->get("/s/$sale")->submit('#take', qty => 1);
    ok($buyer->id, "$sale is taken") or diag($buyer->res->body);
    $buyer->get('/h/' . $buyer->id);
    is($buyer->res->code, 200, 'and has a page');
    return $buyer;
}

gives('rain', '五元券', kind => 'coupon', off_fen => 500, from_fen => 2000);
my $lin = take('rain');
is(text($lin, 'h1'), '领到了', 'which says so');
like(text($lin, 'article'), qr/五元券 抵 5 元 满 20 元能用 \S.* 前有效 第 1 张/,
    'what it is good for');
is($lin->dom->at('form[action^="/checkout/"]'), undef, 'nothing to pay');
like(text(take('rain', 'Accept-Language' => 'en'), 'article'),
    qr/You have it 五元券 5 yuan off From 20 yuan on Good until .* Number 2/,
    'in English');

# ---- a packet's is its own, and how it is shared out can be looked at
gives('luck', '红包', kind => 'packet', total_fen => 5);
my $wang = take('luck');
like(text($wang, 'article'), qr/抵 0\.01 元/, 'a packet');
is($wang->get($wang->dom->at('a[href^="/draw/"]')->attr('href'))->res->code,
    200, 'and its page');

# ---- a thing
$t->admin(PUT => '/sales/eggs', json => { title => '鸡蛋两枚', stock => 5,
    gives => { kind => 'item', title => '鸡蛋两枚' } });
like(text(take('eggs'), 'article'), qr/领到了，来取吧 鸡蛋两枚 第 1 份/, 'a thing');

$t->audit_ok;
$t->finish;
