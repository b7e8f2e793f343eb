use v5.36;
use Tuanbo::Test;

# Exact time: promise 4, bug 11.

my $t = Tuanbo::Test->new(http => 'flashsale_live_holds 100;')->start;

# ---- an idle server expires by itself: nothing is asked meanwhile
$t->define_sale('grape', stock => 10, hold_ms => 1000);
my @holds = map { $t->held("idle-$_", 'grape', 1) } 1 .. 5;
sleep 2.5;
my %expires = map { $_->{id} => $_->{expires_at} } @holds;
my @expired = $t->entries('expired', 'grape');
is(scalar @expired, 5, 'an idle server expires');
# holds end by a clock that does not step; it and the wall clock are rounded
# to milliseconds apart
is(scalar(grep { $_->{at} < $expires{ $_->{hold} } - 2 } @expired), 0,
    'never early');
my ($worst) = sort { $b <=> $a }
    map { $_->{at} - $expires{ $_->{hold} } } @expired;
cmp_ok($worst, '<', 1000 * Tuanbo::Test::slower(),
    "nor late (the worst: $worst ms)");
is($t->read_hold('idle-1', $holds[0]{id})->{expires_at}, undef,
    'no time any more');

# ---- a hold whose time is over keeps no unit from the next buyer: the next
# one may ask in the very millisecond
for my $round (1 .. 3) {
    $t->define_sale("one-$round", stock => 1, hold_ms => 1000);
    my $held = $t->held('first', "one-$round", 1);
    $t->answers($t->hold('second', "one-$round", 1), 409, 'sold_out',
        'not before its time') if $round == 1;
    sleep 0.0005 while time * 1000 < $held->{expires_at} + 1;
    is($t->hold('second', "one-$round", 1)->code, 201,
        'the next buyer has it at once');
}

# ---- the hold's own buyer, too: the limit is given back with the unit
$t->define_sale('own', stock => 1, limit => 1, hold_ms => 1000);
my $own = $t->held('own', 'own', 1);
sleep 0.0005 while time * 1000 < $own->{expires_at} + 1;
is($t->hold('own', 'own', 1)->code, 201, 'the same buyer again');

# ---- many at once expire in bounded steps, all of them
$t->define_sale('many', stock => 700, hold_ms => 1500);
my @answers = $t->many([map { $t->hold_call("many-$_", 'many', 1) }
    1 .. 700], parallel => 32);
is(scalar(grep { ($_->code // 0) == 201 } @answers), 700, 'seven hundred');
eventually { $t->sale('many')->{held} == 0 } 'all expire', 20;

# ---- restart with a backlog
$t->define_sale('back', stock => 300, hold_ms => 1500);
@answers = $t->many([map { $t->hold_call("back-$_", 'back', 1) } 1 .. 300],
    parallel => 32);
is(scalar(grep { ($_->code // 0) == 201 } @answers), 300, 'a backlog');
$t->stop;
sleep 2;
$t->start;
$t->answers($t->hold('late', 'none', 1), 404, 'no_such_sale', 'it is back');
my $late = $t->hold('late', 'back', 300);
is($late->code, 201, 'units of the backlog are there at once')
    or diag($late->body);
@expired = grep { $_->{hold} ne $late->json->{id} }
    $t->entries('expired', 'back');
is(scalar @expired, 300, 'each expired once');

# ---- the same when nobody asks
$t->define_sale('quiet', stock => 50, hold_ms => 1000);
$t->held("quiet-$_", 'quiet', 1) for 1 .. 20;
$t->stop;
sleep 1.2;
$t->start;
sleep 1.5;
is(scalar $t->entries('expired', 'quiet'), 20,
    'a restarted idle server expires its backlog');

# ---- a kill instead of a stop
$t->define_sale('dead', stock => 50, hold_ms => 1000);
$t->held("dead-$_", 'dead', 1) for 1 .. 20;
$t->kill9_all;
sleep 1.2;
$t->start;
eventually { $t->sale('dead')->{free} == 50 }
    'after a kill the backlog expires';

# ---- opening and closing by the clock, on an idle server
my $opens = now_ms() + 1200;
$t->define_sale('timed', stock => 5, opens_at => $opens,
    closes_at => $opens + 1200, limit => 1);
is($t->sale('timed')->{state}, 'scheduled', 'scheduled');
my $problem = $t->answers($t->hold('a', 'timed', 1), 409, 'not_open',
    'not open yet');
is($problem->{opens_at}, $opens, 'when it opens');
is($problem->{sale}, 'timed', 'which sale');
sleep 0.0005 while time * 1000 < $opens + 1;
is($t->hold('a', 'timed', 1)->code, 201, 'open in the very millisecond');
is($t->sale('timed')->{state}, 'open', 'open');
sleep 0.0005 while time * 1000 < $opens + 1201;
$t->answers($t->hold('b', 'timed', 1), 409, 'closed',
    'closed in the very millisecond');
eventually { $t->sale('timed')->{state} eq 'closed' } 'closed', 3;
my ($opened) = $t->entries('opened', 'timed');
my ($closed) = $t->entries('closed', 'timed');
cmp_ok($opened->{at}, '>=', $opens, 'opened not early');
cmp_ok($closed->{at}, '>=', $opens + 1200, 'closed not early');

# by itself, nobody asking
$opens = now_ms() + 600;
$t->define_sale('alone', stock => 5, opens_at => $opens,
    closes_at => $opens + 500);
sleep 2;
($opened) = $t->entries('opened', 'alone');
($closed) = $t->entries('closed', 'alone');
ok($opened && $closed, 'opens and closes by itself');
cmp_ok($opened->{at} - $opens, '<', 1000 * Tuanbo::Test::slower(), 'in time');

$t->audit_ok;
$t->chain_ok;
$t->finish;
