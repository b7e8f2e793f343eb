use v5.36;
use Tuanbo::Test;

# Holds of several lines: all or nothing.  Bugs 5, 10, 16.

my $t = Tuanbo::Test->new(http => 'flashsale_live_holds 20;')->start;

$t->define_sale('grape', price_fen => 3980, stock => 10, limit => 4);
$t->define_sale('egg', price_fen => 1290, stock => 3);
$t->define_sale('tea', price_fen => 990, stock => 10);

my $hold = $t->held('alice', [['grape', 2], ['egg', 1], ['tea', 3]]);
is($hold->{amount_fen}, 2 * 3980 + 1290 + 3 * 990, 'the sum');
is(join(' ', sort map { "$_->{sale}:$_->{qty}:$_->{price_fen}" }
    $hold->{lines}->@*), 'egg:1:1290 grape:2:3980 tea:3:990', 'three lines');
is_deeply([map { $t->sale($_)->{held} } qw(grape egg tea)], [2, 1, 3],
    'units of each');
is(scalar $t->entries('held'), 3, 'an entry for each line');

# all or nothing
my $problem = $t->answers($t->hold('bob', [['grape', 1], ['egg', 3]]), 409,
    'sold_out', 'one line fails');
is($problem->{sale}, 'egg', 'which one');
is_deeply([map { $t->sale($_)->{held} } qw(grape egg tea)], [2, 1, 3],
    'nothing taken of the other');
$t->answers($t->hold('bob', [['grape', 1], ['none', 1]]), 404,
    'no_such_sale', 'one sale is unknown');
$t->answers($t->hold('alice', [['tea', 1], ['grape', 3]]), 409, 'over_limit',
    'one is over the limit');
is($t->sale('tea')->{held}, 3, 'nothing taken');

# one sale in two lines: added up before the checks (bug 5)
$t->answers($t->hold('bob', [['egg', 2], ['egg', 1]]), 409, 'sold_out',
    'three of two left, in two lines');
$t->answers($t->hold('bob', [['grape', 3], ['grape', 3]]), 400,
    'bad_request', 'six of a limit of four, in two lines');
my $merged = $t->held('bob', [['egg', 1], ['tea', 1], ['egg', 1]]);
is(join(' ', sort map { "$_->{sale}:$_->{qty}" } $merged->{lines}->@*),
    'egg:2 tea:1', 'two lines of one sale become one');
is($t->sale('egg')->{state}, 'sold_out', 'the stock is used exactly');

# release frees every line (bug 10)
$t->call(DELETE => "/api/holds/$hold->{id}", user => 'alice') for 1 .. 2;
is_deeply([map { $t->sale($_)->{held} } qw(grape egg tea)], [0, 2, 1],
    'all lines are free again, once');

# an order of several lines is sold as one
is($t->confirm($merged)->json->{outcome}, 'sold', 'paid');
is_deeply([map { $t->sale($_)->{sold} } qw(grape egg tea)], [0, 2, 1],
    'all lines are sold');

# which of the sales it was, whatever refuses them
$t->define_sale("is-$_", stock => 5) for qw(open paused closed);
$t->admin(POST => '/sales/is-paused/pause');
$t->admin(POST => '/sales/is-closed/close');
for my $code (qw(paused closed)) {
    my $problem = $t->answers($t->hold('erin', [['is-open', 1],
        ["is-$code", 1]]), 409, $code, "one of them is $code");
    is($problem->{sale}, "is-$code", 'and it says which');
}

# eight lines at most
$t->define_sale("s$_", stock => 100) for 1 .. 9;
is($t->hold('carol', [map { ["s$_", 1] } 1 .. 8])->code, 201, 'eight lines');
$t->answers($t->hold('carol', [map { ["s$_", 1] } 1 .. 9]), 400,
    'bad_request', 'nine lines');

# expiry of several lines
$t->define_sale("x$_", stock => 5, hold_ms => 1000) for 1 .. 2;
$t->held('dave', [['x1', 5], ['x2', 5]]);
eventually { $t->sale('x1')->{free} == 5 && $t->sale('x2')->{free} == 5 }
    'all lines expire';

# the same sales in opposite order, many at once (bug 16)
$t->define_sale('left', stock => 30);
$t->define_sale('right', stock => 30);
my @answers = $t->many([map {
    my @lines = (['left', 1], ['right', 1]);
    $t->hold_call("cart-$_", $_ % 2 ? \@lines : [reverse @lines]);
} 1 .. 80]);
is(scalar(grep { ($_->code // 0) == 201 } @answers), 30,
    'thirty carts get both');
is(scalar(grep { ($_->code // 0) == 409 } @answers), 50, 'fifty get nothing');
my %left = $t->sale('left')->%*;
my %right = $t->sale('right')->%*;
is("$left{held} $right{held}", '30 30', 'and no cart half');

$t->audit_ok;
$t->chain_ok;
$t->finish;
