use v5.36;
use Tuanbo::Test;

# Goals, by sale and by pickup point; decided after closing.

my $t = Tuanbo::Test->new(http => 'flashsale_live_holds 100;')->start;

$t->points(qw(north south));
sub buy ($user, $sale, $qty, @pickup) {
    my $hold = $t->held($user, $sale, $qty, @pickup);
    my $said = $t->confirm($hold)->json->{outcome};
    die "not sold: $said" if $said ne 'sold';
    return $hold;
}

# ---- by sale, formed
my $sale = $t->define_sale('berry', price_fen => 100, stock => 50, goal => 5);
is($sale->{goal}, 5, 'the goal');
is($sale->{goal_by}, 'sale', 'of the whole sale');
is($sale->{formed}, undef, 'undecided');
buy('a', 'berry', 2);
$t->held('b', 'berry', 3);
$sale = $t->sale('berry');
is($sale->{joined}, 2, 'only paid units have joined');
is($sale->{formed}, undef, 'still undecided');
my $third = buy('c', 'berry', 3);
$sale = $t->sale('berry');
is($sale->{joined}, 5, 'five have joined');
is($sale->{formed}, true, 'formed');
buy('d', 'berry', 1);
is(scalar $t->entries('formed', 'berry'), 1, 'told once');
$t->admin(POST => '/sales/berry/close');
is($t->sale('berry')->{formed}, true, 'formed is formed for good');
is($t->read_hold('c', $third->{id})->{state}, 'sold', 'its orders stand');

# ---- by sale, failed; not before the last live hold has ended
$t->define_sale('peach', price_fen => 100, stock => 50, goal => 5,
    hold_ms => 2500);
my $one = buy('a', 'peach', 2);
my $live = $t->held('b', 'peach', 3);
$t->admin(POST => '/sales/peach/close');
sleep 0.7;
is($t->sale('peach')->{formed}, undef, 'undecided while a hold is live');
is($t->sale('peach')->{state}, 'closed', 'though closed');
is($t->read_hold('a', $one->{id})->{state}, 'sold', 'the order stands');
eventually { defined $t->sale('peach')->{formed} } 'then decided';
is($t->sale('peach')->{formed}, false, 'failed');
is($t->read_hold('a', $one->{id})->{state}, 'refund_due',
    'its orders are due back');
eventually { $t->sale('peach')->{sold} == 0 } 'units are back';
is(scalar $t->entries('owed', 'peach'), 1, 'with an entry');
is_deeply($t->confirm($live)->json, { outcome => 'refund_due',
    reason => 'group_failed' }, 'a payment after it failed')
    or diag('late payment');
is_deeply($t->confirm($one, "pay-$one->{id}")->json->{outcome},
    'sold', 'a repeated confirmation repeats its answer');
my $res = $t->order($one->{id}, 'refunded', refund => 'back-1');
is($res->code, 200, 'refunded');
is($res->json->{state}, 'refunded', 'and reads so');

# ---- a live hold that is paid in time forms the group after closing
$t->define_sale('melon', price_fen => 100, stock => 50, goal => 3);
buy('a', 'melon', 1);
$live = $t->held('b', 'melon', 2);
$t->admin(POST => '/sales/melon/close');
is($t->confirm($live)->json->{outcome}, 'sold', 'paid after closing');
eventually { ($t->sale('melon')->{formed} // 0) eq true } 'formed';

# ---- by pickup point: each its own group
$t->define_sale('tea', price_fen => 100, stock => 50, goal => 3,
    goal_by => 'pickup');
is($t->sale('tea')->{goal_by}, 'pickup', 'by pickup point');
my $north = buy('a', 'tea', 3, pickup => 'north');
my $south = buy('b', 'tea', 2, pickup => 'south');
my @formed = $t->entries('formed', 'tea');
is(scalar @formed, 1, 'one group formed');
is($formed[0]{pickup}, 'north', 'which one');
$t->admin(POST => '/sales/tea/close');
eventually { defined $t->sale('tea')->{formed} } 'decided';
eventually { $t->read_hold('b', $south->{id})->{state} eq 'refund_due' }
    'the other failed';
is($t->read_hold('a', $north->{id})->{state}, 'sold', 'the first stands');
my @failed = $t->entries('failed', 'tea');
is(join(',', map { $_->{pickup} } @failed), 'south', 'told so');
eventually { $t->sale('tea')->{sold} == 3 } 'units of one are back';

# ---- many orders, in bounded steps, killed in the middle
my $n = 400;
$t->define_sale('rush', price_fen => 100, stock => 1000, goal => 999);
my @holds = map { $_->json } $t->many([map { $t->hold_call("rush-$_",
    'rush', 1) } 1 .. $n], parallel => 32);
my @answers = $t->many([map { $t->order_call($_->{id}, 'confirm',
    payment => "pay-$_->{id}", paid_fen => 100) } @holds], parallel => 32);
is(scalar(grep { ($_->json->{outcome} // '') eq 'sold' } @answers), $n,
    "$n orders");
$t->admin(POST => '/sales/rush/close');
$t->kill9_all;
$t->start;
eventually { ($t->sale('rush')->{sold} // $n) == 0 }
    'all come back, though killed in the middle', 20;
my %returned;
$returned{ $_->{hold} }++ for $t->entries('owed', 'rush');
is(scalar keys %returned, $n, 'an entry for each');
is(scalar(grep { $_ != 1 } values %returned), 0, 'and one only');
is($t->read_hold('rush-7', $holds[6]{id})->{state}, 'refund_due',
    'an order of it');
is(scalar $t->entries('failed', 'rush'), 1, 'failed once');

# ---- a multi-line order, one group of which fails
$t->define_sale('pear', price_fen => 100, stock => 10, goal => 9);
$t->define_sale('plain', price_fen => 100, stock => 10);
my $both = $t->held('mix', [['pear', 1], ['plain', 1]]);
is($t->confirm($both)->json->{outcome}, 'sold', 'an order of two sales');
$t->admin(POST => '/sales/pear/close');
eventually { $t->sale('pear')->{sold} == 0 } 'its group fails';
is($t->sale('plain')->{sold}, 1, 'the other line is still sold');

# ---- a goal that came when somebody had bought: that order counts to none
$t->define_sale('fig', price_fen => 100, stock => 10);
my $before = $t->held('early', 'fig', 1);
$t->confirm($before);
$t->define_sale('fig', price_fen => 100, stock => 10, goal => 9);
my $after = $t->held('joiner', 'fig', 1);
$t->confirm($after);
$t->admin(POST => '/sales/fig/close');
eventually { $t->read_hold('joiner', $after->{id})->{state} eq 'refund_due' }
    'who joined the group that failed is due back';
is($t->read_hold('early', $before->{id})->{state}, 'sold',
    'who had bought without a goal keeps the order');
is($t->get('/api/holds', user => 'early')->json->{holds}[0]{state}, 'sold',
    'in the list as well');

# ---- no goal decided: nothing changes after the decision
$t->answers($t->call(PUT => '/admin/sales/peach', role => 'admin',
    key => $t->new_key, json => { price_fen => 100, stock => 50,
    goal => 1 }), 409, 'decided', 'no goal is moved after the fact');

$t->audit_ok;
$t->chain_ok;
$t->finish;
