use v5.36;
use utf8;
use Encode qw(decode_utf8);
use Mojo::Promise;
use Time::HiRes ();
use Tuanbo::Test;
use Tuanbo::Test::Office;

binmode Test::More->builder->$_, ':utf8'
    for qw(output failure_output todo_output);

# A wave of ten thousand lines at one point: each line once on its lists, and
# nobody at the desk waits meanwhile.

my $o = Tuanbo::Test::Office->new->start;
my $shop = $o->shop;
my $neighbours = 1250;
my @sales = map { "s$_" } 1 .. 8;

$shop->points('xingfu');
$shop->define_sale($_, title => "货 $_", price_fen => 100, stock => 5000)
    for @sales;

my @answers = $shop->many([map { [POST => '/admin/holds', role => 'admin',
    key => $shop->new_key, json => { buyer => sprintf('%032x', $_),
    lines => [map { { sale => $_, qty => 1 } } @sales], pickup => 'xingfu',
    paid => { cash_fen => 800, by => 'test' } }] } 1 .. $neighbours],
    parallel => 50);
is(scalar(grep { $_->code == 201 } @answers), $neighbours, 'they have bought')
    or diag($answers[0]->body);
is($shop->call(PUT => '/admin/waves/big', role => 'orders',
    key => $shop->new_key, json => { sales => \@sales, cut_at => now_ms })->code,
    201, 'a wave');
eventually { $shop->call(GET => '/admin/waves/big', role => 'orders')
    ->json->{seq} } 'it is frozen';

my $owner = $o->owner;

# Asks for something, and meanwhile for the page of today, again and again.
sub meanwhile ($path, $turns = 4) {
    my $ua = $owner->{ua};
    my ($longest, $done, $res, $looks) = (0, 0, undef, 0);
    my $start = Time::HiRes::time();

    $ua->max_connections(0);
    my $asked = $ua->get_p($shop->url($path))->then(sub ($tx) {
        $done = 1;
        $res = $tx->res;
    });
    my $one;
    $one = sub {
        my $began = Time::HiRes::time();
        return $ua->get_p($shop->url('/desk/'))->then(sub ($tx) {
            my $took = Time::HiRes::time() - $began;
            $longest = $took if $took > $longest;
            $looks++ if $tx->res->code == 200;
            return $done ? undef : $one->();
        });
    };
    Mojo::Promise->all($asked, $one->())->wait;

    diag(sprintf '%s: %.0f ms; another page meanwhile at most %.0f ms, %d of'
        . ' them', $path, 1000 * (Time::HiRes::time() - $start),
        1000 * $longest, $looks);
    cmp_ok($looks, '>=', $turns, "others have their turn during $path");

    return $res;
}

my $res = meanwhile('/desk/lists/big/pack/xingfu?as=csv');
my @rows = split /\r\n/, decode_utf8($res->body);
is(scalar @rows, 1 + 8 * $neighbours, 'all lines are in the file');
my %seen;
$seen{ (split /,/)[8] . ' ' . (split /,/)[10] }++ for @rows[1 .. $#rows];
is(scalar(keys %seen), 8 * $neighbours, 'each once');
my %places = map { (split /,/)[5] => 1 } @rows[1 .. $#rows];
is(scalar(keys %places), $neighbours, 'a place for each neighbour');
ok($places{'A-01'} && $places{'BK-10'}, 'from the first to the last');

$res = meanwhile('/desk/lists/big/pack/xingfu?page=7');
is($res->dom->find('tbody tr')->size, 50, 'the last page of neighbours');
$res = meanwhile('/desk/labels/big/xingfu?page=21');
is($res->dom->find('.label')->size, 8 * $neighbours - 20 * 480,
    'the last labels');
is($res->dom->at('.label .place')->text, 'BI-01', 'of the right neighbours');
$res = meanwhile('/desk/lists/big/grower', 1);
like($res->dom->at('h2')->text, qr/1250/, 'the sums');

$shop->audit_ok;
$shop->finish;
