use v5.36;
use Tuanbo::Test;
use Tuanbo::Test::Faults;

# The wall clock steps: promise 4, bug 11.

my $hour = 3_600_000;
my $day = 24 * $hour;
my $t = Tuanbo::Test->new(http => 'flashsale_live_holds 1000;');
my $faults = Tuanbo::Test::Faults->new($t);
$t->start;

# the test's own idea of the time goes along, or its signatures would be old
my $off = 0;
sub step ($ms) {
    $off = $ms;
    $faults->set(wall_ms => $ms);
}
{
    no warnings 'redefine';
    my $signature = \&Tuanbo::Test::signature;
    *Tuanbo::Test::signature = sub ($self, $role, $method, $target, $key,
        $body, %option)
    {
        return $signature->($self, $role, $method, $target, $key, $body,
            t => int(time + $off / 1000), %option);
    };
}

$t->define_sale('grape', stock => 100);
$t->define_sale('short', stock => 10, hold_ms => 2000);

# ---- forward: no hold is cut short
my $long = $t->held('alice', 'grape', 1);
my $short = $t->held('bob', 'short', 10);
step($hour);
sleep 0.6;
is($t->read_hold('alice', $long->{id})->{state}, 'held',
    'an hour forward: a hold of five minutes is live');
is($t->read_hold('bob', $short->{id})->{state}, 'held',
    'and one of two seconds');
$t->answers($t->hold('carol', 'short', 1), 409, 'sold_out',
    'its units are not free');
eventually { $t->read_hold('bob', $short->{id})->{state} eq 'expired' }
    'it expires when its two seconds are over';
is($t->hold('carol', 'grape', 1)->code, 201, 'holds are taken');

# ---- back: no hold lives longer
$short = $t->held('dave', 'short', 10);
step(0);
sleep 0.2;
is($t->read_hold('dave', $short->{id})->{state}, 'held', 'an hour back');
eventually { $t->read_hold('dave', $short->{id})->{state} eq 'expired' }
    'it expires in time, not an hour later', 6;
is($t->hold('erin', 'grape', 1)->code, 201, 'holds are taken');
my @clock = $t->entries('clock');
is(scalar @clock, 1, 'the feed tells of the clock');
my @entries = $t->ledger;
my @back = grep { $entries[$_]{at} < $entries[$_ - 1]{at}
    && $entries[$_]{type} ne 'clock' && $entries[$_ - 1]{type} ne 'clock' }
    1 .. $#entries;
is(scalar @back, 0, 'before times go back');

# ---- a day forward, and back again, in the middle of holds: the same
my $worst = 0;
for my $to ($day, 0) {
    $short = $t->held("day-$to", 'short', 10);
    my $began = time;
    step($to);
    my $res = $t->hold("asks-$to", 'short', 1);
    $t->answers($res, 409, 'sold_out', 'a step of a day frees nothing');
    is($t->read_hold("day-$to", $short->{id})->{state}, 'held',
        'the hold is live');
    eventually { $t->read_hold("day-$to", $short->{id})->{state}
        eq 'expired' } 'until its two seconds are over', 6;
    my $lived = 1000 * (time - $began);
    cmp_ok($lived, '>', 1000, "not sooner: $lived ms");
    $worst = $lived if $lived > $worst;
    is($t->hold("next-$to", 'grape', 1)->code, 201, 'holds are taken');
    is($t->get('/api/sales/grape')->code, 200, 'reads go on');
}
Tuanbo::Test::Faults->report(fault => 'the wall clock steps by an hour or a day'
    . ', forward and back', client => '201, as ever', log => [],
    goes_on => ['all'], healed => sprintf 'nothing to heal: a hold of 2,000 ms'
    . ' lived %.0f ms', $worst);

# ---- opening by the wall clock, which steps over it
$t->define_sale('later', stock => 10, opens_at => now_ms() + $hour / 2);
$t->answers($t->hold('fay', 'later', 1), 409, 'not_open', 'not open');
step($hour);
eventually { $t->sale('later')->{state} eq 'open' }
    'opened within a second or so of the step', 5;
is($t->hold('fay', 'later', 1)->code, 201, 'open');

# ---- a start with a clock far behind the ledger
$t->stop;
step(0);
$t->expect_log(qr/\[(?:warn|error|crit)\].*clock/);
$t->start;
my $res = $t->hold('gus', 'grape', 1);
$t->answers($res, 503, 'clock', 'a clock that is behind the ledger');
Tuanbo::Test::Faults->report(fault => 'the wall clock is far behind the ledger'
    . ' at a start', client => '503 `clock`',
    retry_after => $res->headers->header('Retry-After'),
    log => [Tuanbo::Test::Faults::words($faults->complaints(0))],
    goes_on => ['reads'], healed => 'when an operator accepts it');
is($t->get('/api/sales/grape')->code, 200, 'reads go on');
is($t->post('/admin/clock', role => 'admin', key => $t->new_key)->code, 200,
    'the operator accepts it');
eventually { ($t->hold('gus', 'grape', 1)->code // 0) == 201 }
    'holds are taken again';
my @answers = $t->many([map { $t->hold_call("all-$_", 'grape', 1) }
    1 .. 20]);
is(scalar(grep { ($_->code // 0) == 201 } @answers), 20, 'by all workers');

$t->audit_ok;
$t->chain_ok;
$t->finish;
