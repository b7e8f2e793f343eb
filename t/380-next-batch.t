use v5.36;
use utf8;
use Tuanbo::Test;
use Tuanbo::Test::Office;

binmode Test::More->builder->$_, ':utf8'
    for qw(output failure_output todo_output);

# 下一批叫我: of what there is none left somebody wants the next batch. They are
# told on any page once it is on sale, and no more when they have looked; the
# owner sees how many there are.

my $o = Tuanbo::Test::Office->new->start;
my $shop = $o->shop;
my $owner = $o->owner;

sub line ($product) {
    my $row = $owner->get('/desk/wishes')->dom
        ->at(qq([data-product="$product"])) // return '';
    return $row->all_text =~ s/\s+/ /gr;
}

$shop->admin(PUT => '/documents/product/grape', json => { title => '葡萄',
    unit => '箱' });
$shop->define_sale('grape-1', price_fen => 100, stock => 1,
    doc => { product => 'grape' });
$shop->define_sale('egg', title => '鸡蛋', price_fen => 100, stock => 5);

my $lin = $o->browser->get('/s/grape-1');
ok(!$lin->dom->at('button[form="next"]'), 'what is there is bought');
$o->browser->get('/s/grape-1')->submit('#take', qty => 1);
eventually { $lin->get('/s/grape-1')->dom->at('button[form="next"]') }
    'what is sold out can be waited for';
$lin->submit('#next');
is($lin->path, '/s/grape-1', 'said, and back');
ok($lin->dom->at('#noted'), 'it says so');
ok(!$lin->dom->at('button[form="next"]'), 'once');
ok(!$lin->get('/')->dom->at('.come'), 'there is none yet');

my $wang = $o->browser->get('/s/grape-1')->get('/s/grape-1');
$wang->submit('#next')->submit('#next');
eventually { line('grape') =~ /葡萄 2 位在等/ } 'two wait, each once';

is($wang->start(POST => '/s/grape-1/next', 'csrf=no')->res->code, 403,
    'not by another site');
is($lin->get('/s/grape-1')->start(POST => '/s/none/next', 'csrf='
    . $lin->dom->at('[name=csrf]')->attr('value'))->res->code, 404,
    'no such sale');

# ---- it comes
$shop->define_sale('grape-2', price_fen => 100, stock => 5,
    opens_at => int(time * 1000) + 3000_000, doc => { product => 'grape' });
ok(!$lin->get('/')->dom->at('.come'), 'not before it is open');
$shop->define_sale('grape-2', price_fen => 100, stock => 5,
    doc => { product => 'grape' });
for my $page ('/', '/me', '/s/egg', '/past') {
    eventually { $lin->get($page)->dom->at('.come a[href="/s/grape-2"]') }
        "told on $page";
}
ok(!$o->browser->get('/')->dom->at('.come'), 'nobody else is');
$lin->get('/s/grape-2');
ok(!$lin->get('/')->dom->at('.come'), 'who has looked is told no more');
ok($wang->get('/')->dom->at('.come'), 'who has not, is');

# a cookie that somebody has made up
my $odd = $o->browser(Cookie => 'tuanbo_next=' . join ',', '<b>', '../x',
    map { "p$_" } 1 .. 100);
is($odd->get('/')->res->code, 200, 'is only a wish');
$shop->audit_ok;
done_testing;
