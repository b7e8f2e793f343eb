use v5.36;
use Tuanbo::Test;

# The buyer's limit, live holds, the wait after lapses.  Bugs 1, 2, 3.

my $t = Tuanbo::Test->new->start;

$t->define_sale('grape', stock => 5, limit => 2);

# beyond the limit in one go is a rule of the request
my $problem = $t->answers($t->hold('alice', 'grape', 3), 400, 'bad_request',
    'more than the limit at once');
like($problem->{field}, qr/qty/, 'names the field');
like($problem->{rule}, qr/\b2\b/, 'and the rule');

# exactly the limit, exactly the stock (bug 3)
is($t->hold('alice', 'grape', 2)->code, 201, 'exactly the limit');
$problem = $t->answers($t->hold('alice', 'grape', 1), 409, 'over_limit',
    'one more');
is($problem->{sale}, 'grape', 'of which sale');
is($problem->{limit}, 2, 'and what it is');
is($t->sale('grape')->{held}, 2, 'a refusal took no stock');
is($t->hold('bob', 'grape', 2)->code, 201, 'another buyer');
$problem = $t->answers($t->hold('carol', 'grape', 2), 409, 'sold_out',
    'two of one left');
is($problem->{free}, 1, 'how many are free');
is($problem->{sale}, 'grape', 'of what');
is($t->sale('grape')->{free}, 1, 'and it is still free');
is($t->sale('grape')->{state}, 'open', 'so the sale is open');
is($t->hold('carol', 'grape', 1)->code, 201, 'the last one');
is($t->sale('grape')->{state}, 'sold_out', 'sold out');
$problem = $t->answers($t->hold('dave', 'grape', 1), 409, 'sold_out',
    'no more');
is($problem->{free}, 0, 'none free');

# refused over the limit, the units are there for others (bug 1)
$t->define_sale('plum', stock => 3, limit => 2);
my $mine = $t->held('alice', 'plum', 2);
my @answers = $t->many([map { $t->hold_call('alice', 'plum', 1) } 1 .. 20]);
is(scalar(grep { $_->code == 409 } @answers), 20, 'all over the limit');
is($t->sale('plum')->{free}, 1, 'nothing leaked');
is($t->hold('bob', 'plum', 1)->code, 201, 'the last is for another');

# a release gives the buyer's share back too
$t->call(DELETE => "/api/holds/$mine->{id}", user => 'alice');
is($t->hold('alice', 'plum', 2)->code, 201, 'after a release');

# sold units count
$t->define_sale('loquat', stock => 10, limit => 2);
my $sold = $t->held('alice', 'loquat', 2);
is($t->confirm($sold)->json->{outcome}, 'sold', 'bought');
$t->answers($t->hold('alice', 'loquat', 1), 409, 'over_limit',
    'bought units count');

# at most three live holds
$t->define_sale('egg', stock => 1000);
my @live = map { $t->held('erin', 'egg', 1) } 1 .. 3;
$problem = $t->answers($t->hold('erin', 'egg', 1), 409, 'too_many_holds',
    'the fourth');
is($problem->{limit}, 3, 'what the limit is');
$t->confirm($live[0]);
is($t->hold('erin', 'egg', 1)->code, 201, 'an order is no live hold');
$t->answers($t->hold('erin', 'egg', 1), 409, 'too_many_holds', 'full again');
$t->call(DELETE => "/api/holds/$live[1]{id}", user => 'erin');
is($t->hold('erin', 'egg', 1)->code, 201, 'nor is a released one');

# limits hold when many try at once
$t->define_sale('tea', stock => 1000, limit => 2);
@answers = $t->many([map { $t->hold_call('frank', 'tea', 1) } 1 .. 20]);
is(scalar(grep { $_->code == 201 } @answers), 2, 'two of twenty at once');
is($t->sale('tea')->{held}, 2, 'and no more');

# no identity is nobody
$t->answers($t->hold(undef, 'egg', 1), 401, 'no_buyer', 'no identity');
$t->answers($t->hold('', 'egg', 1), 401, 'no_buyer', 'an empty identity');

# letting holds expire again and again: wait a little
$t->define_sale('rice', stock => 2, hold_ms => 1000);
for my $time (1 .. 3) {
    $t->held('lazy', 'rice', 1);
    wait_until { $t->sale('rice')->{held} == 0 } or diag('does not expire');
}
$problem = $t->answers($t->hold('lazy', 'rice', 1), 409, 'wait',
    'after three lapses in a row');
cmp_ok($problem->{retry_at}, '>', now_ms, 'when to try again');
cmp_ok($problem->{retry_at}, '<', now_ms + 60_000, 'is soon');
is($t->hold('busy', 'rice', 1)->code, 201, 'others need not wait');
is($t->hold('lazy', 'egg', 1)->code, 201, 'nor for another sale');

# nor does giving back in a loop keep the units from everybody
$t->define_sale('peach', stock => 3, limit => 3);
my ($taken, $waits) = (0, 0);
for my $round (1 .. 10) {
    my $res = $t->hold('greedy', 'peach', 3);
    if ($res->code == 201) {
        $taken++;
        $t->call(DELETE => '/api/holds/' . $res->json->{id},
            user => 'greedy');
    }
    elsif ($res->json->{code} eq 'wait') {
        $waits++;
    }
}
is($taken, 3, 'taken and given back three times');
is($waits, 7, 'then it has to wait');
is($t->hold("neighbour-$_", 'peach', 1)->code, 201,
    "neighbour $_ gets one") for 1 .. 3;

# a payment that fails is no other way round it
$t->define_sale('pear', stock => 3);
for my $time (1 .. 3) {
    my $hold = $t->held('broke', 'pear', 1);
    is($t->order($hold->{id}, 'cancel')->code, 200, 'not paid');
}
$t->answers($t->hold('broke', 'pear', 1), 409, 'wait',
    'after three that were not paid');

$t->audit_ok;
$t->finish;
