use v5.36;
use utf8;
use Tuanbo::Test;
use Tuanbo::Test::Storefront;

binmode Test::More->builder->$_, ':utf8'
    for qw(output failure_output todo_output);

# A neighbour sends the link of the page "me", and another one buys by it:
# without scripts.

my $t = Tuanbo::Test::Storefront->storefront->start;

sub buyer { Tuanbo::Test::Storefront->buyer($t) }

sub named ($buyer, $digits) {
    $buyer->get('/me?change=1');
    my $token = $buyer->dom->at('[name=csrf]')->attr('value');
    $buyer->start(POST => '/name',
        "csrf=$token&back=/me&name=Li&digits=$digits");
    return $buyer;
}

sub link_of ($buyer) {
    my $link = $buyer->get('/me')->dom->at('#bring a') // return '';
    return $link->attr('href');
}

$t->define_sale('grape', title => '葡萄', price_fen => 3980, stock => 20);
my $lin = named(buyer(), '1111');
is(link_of($lin), '', 'nothing is given: no link');

for my $sale (qw(hello thanks)) {
    $t->admin(PUT => "/sales/$sale", json => { stock => 9, limit => 9,
        gives => { kind => 'coupon', off_fen => 100, by => 'desk' } });
}
$t->admin(PUT => '/documents/shop/referral', json => { inviter => 'thanks',
    newcomer => 'hello', per_inviter => 5 });
my ($target) = link_of($lin) =~ m{^http://[^/]+(/\?from=[0-9a-z]{32})$};
ok($target, 'a link to send');
ok($lin->dom->at('#bring svg.qr path'), 'and its QR code');

my $wang = buyer()->get($target);
is($wang->res->code, 200, 'the link leads home');
named($wang, '2222');
$wang->get('/s/grape');
is('/?from=' . ($wang->dom->at('#take [name=from]')->attr('value') // ''),
    $target, 'and the code is kept');
$wang->submit('#take', qty => 1);
ok($wang->id, 'bought');
my ($referred) = $t->entries('referred');
is($referred->{hold}, $wang->id, 'by that code');
is(($t->entries('granted'))[0]{sale}, 'hello', 'the newcomer has a gift');
$wang->get('/s/grape');
is($wang->dom->at('#take [name=from]'), undef, 'then it is forgotten');

my $zhao = buyer()->get('/?from=nonsense%22')->get('/s/grape');
is($zhao->dom->at('#take [name=from]'), undef, 'what is no code is none');

$t->chain_ok;
$t->finish;
