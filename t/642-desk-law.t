use v5.36;
use utf8;
use Tuanbo::Test;
use Tuanbo::Test::Lua;
use Tuanbo::Test::Office;

binmode Test::More->builder->$_, ':utf8'
    for qw(output failure_output todo_output);

# What the law forbids to say of goods: words in all their disguises, what looks
# like one and is none, a price that is struck through; which rules block, and
# which the owner may decide. The texts that the demo ships are clean.

my $o = Tuanbo::Test::Office->new->start;
my $shop = $o->shop;
my $now = int(time * 1000);
my $day = 24 * 3600 * 1000;

sub found ($text, $lowest = undef) {
    my $list = Tuanbo::Test::Lua::call($shop, 'tuanbo.office.law:findings',
        { story => $text }, $lowest);
    $list = [] if ref $list eq 'HASH';
    return join ' ', map { "$_->{rule}:$_->{word}" . ($_->{blocks} ? '!' : '') }
        @$list;
}

for my $case (
    ['全网最低价', 'lowest:全网最低价!', 'the longest word says it'],
    ['全 网 最 低 价', 'lowest:全网最低价!', 'with blanks'],
    ['全·网·最·低', 'lowest:全网最低!', 'with dots'],
    ["全\x{200b}网最低", 'lowest:全网最低!', 'with what cannot be seen'],
    ['国家级果园', 'absolute:国家级!', 'of the state'],
    ['口感最佳', 'absolute:最佳!', 'the best'],
    ['最佳食用期 3 天', '', 'the best time to eat it is none'],
    ['最佳食用期 3 天,口感最佳', 'absolute:最佳!', 'beside one that is'],
    ['降血糖', 'disease:降血糖!', 'a disease'],
    ['糖尿病人也能吃', 'disease:糖尿病!', 'who has one'],
    ['能减肥', 'health:减肥', 'health: the owner decides'],
    ['这一季最甜', 'superlative:最甜', 'as does what may be shown'],
    ['LOWEST PRICE in town', 'lowest:lowest price!', 'in English'],
    ["\x{ff2c}\x{ff4f}\x{ff57}\x{ff45}\x{ff53}\x{ff54} price",
        'lowest:lowest price!', 'in full-width letters'],
    ['lowers blood sugar', 'disease:blood sugar!', 'in English, a disease'],
    ['糖度 18,早上摘的', '', 'what is simply true'],
    ['霜降以后甜', '', 'words that share a letter'],
    ['', '', 'nothing'])
{
    my ($text, $expected, $name) = @$case;
    is(found($text), $expected, "$name: $text");
}

# ---- a price that is struck through
is(found('原价 59 元', 3980), 'struck:原价!', 'above the lowest');
is(found('原价39.8元', 3980), '', 'not above it');
is(found('原价:￥39.81', 3980), 'struck:原价!', 'by a fen');
is(found('原价 10 元'), 'struck:原价!', 'of what was never sold');
is(found('原价是什么', 3980), '', 'no price');
is(found('平时卖 45,今天 39.8', 3980), 'struck:平时卖!', 'in other words');

# ---- by the pages: against the sales of the last seven days
my $owner = $o->owner;
my $product = '/desk/product/pear/edit';

$shop->points('xingfu');
$shop->admin(PUT => '/documents/product/pear', json => { unit => '箱',
    title => '梨' });
$shop->define_sale('pear-1', title => '梨', price_fen => 3000, stock => 9,
    opens_at => $now - 6 * $day, closes_at => $now - 5 * $day,
    doc => { product => 'pear' });
$shop->define_sale('pear-2', title => '梨', price_fen => 2000, stock => 9,
    opens_at => $now - 20 * $day, closes_at => $now - 19 * $day,
    doc => { product => 'pear' });
$shop->define_sale('pear-3', title => '梨', price_fen => 3500, stock => 9,
    doc => { product => 'pear' });
eventually { $shop->sale('pear-1')->{state} eq 'closed'
    && $shop->sale('pear-2')->{state} eq 'closed' } 'two are over';

$owner->get($product)->submit('form.sheet', story => '原价 31 元');
is($owner->res->code, 409, 'above the lowest of seven days');
like($owner->text, qr/原价.*30 元.*明码标价/, 'which is said, with the rule');
ok(!$owner->dom->at('[name=anyway]'), 'and blocks');
$owner->submit('form.sheet', story => '原价 31 元', anyway => 1);
is($owner->res->code, 409, 'also for who says that it does not');
$owner->submit('form.sheet', story => '原价 30 元');
is($owner->path, '/desk/product/pear?done=edit', 'what is not above it may be said');

# a lower price makes of it what is above the lowest
$owner->get('/desk/sales/new?product=pear')->submit('form.sheet',
    price_fen => '25', stock => 5);
is($owner->res->code, 409, 'a sale at a lower price: its product says more');
like($owner->text, qr/原价.*25 元/, 'and it is said');
is(scalar(grep { $_->{price_fen} == 2500 }
    $shop->get('/api/sales')->json->{sales}->@*), 0, 'nothing is on sale');

# the name of a sale
$owner->submit('form.sheet', price_fen => '30', title => '全网最低价的梨');
like($owner->text, qr/全网最低/, 'the name of a sale is looked at');
$owner->submit('form.sheet', title => '最甜的梨');
like($owner->dom->at('.law')->all_text, qr/最甜/, 'what leaves room');
$owner->submit('form.sheet', title => '最甜的梨', anyway => 1);
like($owner->path, qr{^/desk/sale/pear-}, 'is the owner\'s to decide');
eventually { grep { ($_->{anyway} // '') eq '1' }
    $o->clerk->ask('deeds', { limit => 100 })->{answer}{deeds}->@* }
    'and it is written down';

# ---- last week's, with a word that is forbidden
$shop->admin(PUT => '/documents/product/bad', json => { unit => '箱',
    title => '治疗失眠的梨' });
$shop->define_sale('bad-1', title => '梨', price_fen => 3000, stock => 9,
    opens_at => $now - 6 * $day, closes_at => $now - 5 * $day,
    doc => { product => 'bad' });
eventually { $shop->sale('bad-1')->{state} eq 'closed' } 'it is over';
$owner->get('/desk/sales/copy')->submit('form.sheet', 'sale.bad-1' => 1);
like($owner->text, qr/没有发：有广告法不许的词“治疗”/, 'does not come again');

# ---- what is shipped
for my $path (glob Tuanbo::Test::root() . '/conf/demo/products/*.json') {
    my $doc = Mojo::JSON::decode_json(Tuanbo::Test::slurp($path));
    my $text = join "\n", grep { !ref } values %$doc,
        values(($doc->{en} // {})->%*);
    is(found($text) =~ s/\S+(?<!!)(?: |$)//gr, '',
        'nothing that blocks in ' . $path =~ s{.*/}{}r);
}

$shop->finish;
