use v5.36;
use Tuanbo::Test;
use Tuanbo::Test::Faults;

# A disk that is stuck: each sync takes five seconds.  Whoever buys waits; all
# else goes on meanwhile, a stream's heartbeat as well.

my $t = Tuanbo::Test->new;
my $faults = Tuanbo::Test::Faults->new($t);
# the other worker waits for the one whose sync is slow, and says so
$t->expect_log(qr/commits wait for the log's lock/);
$t->start;
$faults->open_shop;
my $quiet = $t->events(['pear']);
ok($quiet->next, 'a stream of a sale that nobody buys');

# Always a hold under way, so that the disk is never idle.
my (@taken, $busy, $asked);
sub buy () {
    my $user = 'stuck-' . ++$asked;
    my $began = time;

    $busy = 1;
    $t->call_p($t->hold_call($user, 'grape', 1, key => $user)->@*)
        ->then(sub ($res) {
            push @taken, [$res, time - $began, $user];
            $busy = 0;
        });
}

$faults->set(slow_ms => 5000);
buy();
$quiet->run(sub { 0 }, 0.5);

# ---- reads and refusals while nothing is committed; a retry is a command,
# and waits for its turn
my ($slowest, %good, %asked) = (0);
for my $round (1 .. 5) {
    for my $each (grep { $_->[0] ne 'retries' } $faults->going_on) {
        my ($name, $works) = @$each;
        my $began = time;
        $asked{$name}++;
        $good{$name}++ if $works->();
        my $took = time - $began;
        $slowest = $took if $took > $slowest;
    }
}
is_deeply(\%good, \%asked, 'all that needs no commit goes on');
is(scalar @taken, 0, 'while a hold waits for the disk');
diag("the slowest took $slowest s");

# ---- the heartbeat, which comes after 15 s of silence
my $beat_while_busy;
$quiet->run_until(sub {
    buy() if !$busy;
    $beat_while_busy = $quiet->{comments};
    return $beat_while_busy;
}, 25);
ok($beat_while_busy, 'a heartbeat comes while the disk is stuck');
ok($busy, 'it is');

# ---- the disk is well again
my $healed = time;
$faults->set(slow_ms => 0);
$quiet->run_until(sub { !$busy }, 20);
$healed = time - $healed;
is(scalar(grep { ($_->[0]->code // 0) != 201 } @taken), 0,
    'all ' . @taken . ' holds were taken');
my @waits = sort { $a <=> $b } map { $_->[1] } @taken;
cmp_ok($waits[0], '>', 4, "after the sync: $waits[0] s at least");
$faults->told($_->[2], $_->[0]->json->{id}) for @taken;
my $ms = $faults->hold_until_taken('after');
ok($ms, 'then at once');

$faults->report(fault => 'each sync of the log takes 5 s',
    client => '201, late', client_ms => 1000 * $waits[-1],
    slowest_read_ms => int(1000 * $slowest), log => [],
    goes_on => [sort(keys %good), 'heartbeats'],
    healed_ms => 1000 * $healed);
$faults->nothing_lost;
$t->finish;
