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

# ---- two seconds of a clock an hour ahead: nothing that cannot be undone
$t->define_sale('goal', stock => 50, goal => 40, price_fen => 100,
    closes_at => now_ms() + $hour / 2);
$t->define_sale('soon', stock => 50, opens_at => now_ms() + $hour / 2);
my $order = $t->held('gia', 'goal', 1);
is($t->confirm($order)->code, 200, 'an order is paid');
step($hour);
my $until = time + 2;
my %codes;
while (time < $until) {
    $codes{ $t->hold('soon', 'soon', 1)->code }++;
    sleep 0.1;
}
step(0);
is(join(' ', sort keys %codes), '409', 'no sale opens by it');
sleep 1;
is($t->sale('goal')->{state}, 'open', 'no sale closes by it');
is($t->sale('soon')->{state}, 'scheduled', 'nor has one opened');
is($t->read_hold('gia', $order->{id})->{state}, 'sold',
    'no order is given back');
is(scalar(grep { ($_->{sale} // '') =~ /^(?:goal|soon)$/
    && $_->{type} =~ /^(?:opened|closed|failed|decided|returned)$/ }
    $t->ledger), 1, 'the ledger knows of one opening, the first');
is($t->hold('hal', 'goal', 1)->code, 201, 'and it goes on selling');

# an operator's word is enough
step($hour);
sleep 0.3;
is($t->sale('goal')->{state}, 'open', 'it jumps again');
is($t->post('/admin/clock', role => 'admin', key => $t->new_key)->code, 200,
    'an operator accepts it');
eventually { $t->sale('goal')->{state} eq 'closed' }
    'then the sale closes by it';
step(0);
is($t->post('/admin/clock', role => 'admin', key => $t->new_key)->code, 200,
    'back');

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

# ---- no boot id: what a power cut left would be trusted, so nothing is
$t->stop;
$faults->set(no_boot_id => 1);
$t->expect_log(qr/\[error\].*the kernel's boot id cannot be read/);
$t->start;
$t->answers($t->hold('ida', 'grape', 1), 503, 'not_ready', 'no boot id');
ok($t->log_text =~ m{boot id cannot be read: make /proc/sys/kernel/random/},
    'the log says why, and what to do');
$faults->set(no_boot_id => 0);
eventually { ($t->hold('ida', 'grape', 1)->code // 0) == 201 }
    'with one it opens by itself';

# whoever starts nginx may say it, as systemd does: %b
$t->stop;
$faults->set(no_boot_id => 1);
{
    local $ENV{FLASHSALE_BOOT_ID} = '0123456789abcdef' x 2;
    $t->start;
}
eventually { ($t->hold('joe', 'grape', 1)->code // 0) == 201 }
    'the environment says it';
$t->reload;
eventually { ($t->hold('kim', 'grape', 1)->code // 0) == 201 }
    'after a reload, too';
$faults->set(no_boot_id => 0);

$t->audit_ok;
$t->chain_ok;
$t->finish;
