use v5.36;
use Tuanbo::Test;
use Tuanbo::Test::Faults;
use Fcntl qw(:flock);

# Requests that come before the store is open wait for it, and then go on a
# few at a time: a new worker's first turn is no longer than any other.

my $t = Tuanbo::Test->new(workers => 1);
my $faults = Tuanbo::Test::Faults->new($t);
my $n = 300;    # those that come in time are enough to hold a loop
my $wanted = 30;

$t->start;
$t->define_sale('grape', stock => 5 * $n);

sub parked ($metrics) {
    return $metrics->body =~ /^flashsale_parked_total (\d+)/m ? $1 : 0;
}


# a busy machine is slow to let enough of them come
$t->expect_log(qr/opening the store waits/);

# The store is kept shut until enough of them wait: gives how many did, and
# how the answers were.
sub come_early ($try) {
    my %codes;
    my $look;

    ok($t->stop, 'a store to be opened again');
    # openers take turns by a lock on this file
    open my $mark, '+<', $t->store_path . '/mark' or die $!;
    flock $mark, LOCK_EX or die $!;
    $faults->set(slow_us => 0);
    $t->start(locations => $t->usual_locations);
    $faults->set(slow_us => 2000);

    $look = sub {
        $t->call_p(GET => '/metrics')->then(sub ($res) {
            return close $mark if parked($res) > $wanted;
            Mojo::IOLoop->timer(0.01 => $look);
        });
    };
    Mojo::IOLoop->next_tick($look);
    $codes{ $_->code // 'no answer' }++
        for $t->many([ map { $t->hold_call("b-$try-$_", 'grape', 1) } 1 .. $n ]);

    return (parked($t->get('/metrics')), %codes);
}

# Two seconds are the most that one waits. On a machine that does not open a
# store in that time, once more.
my ($parked, %codes);
for my $try (1 .. 5) {
    ($parked, %codes) = come_early($try);
    last if !$codes{503};
}
is_deeply(\%codes, { 201 => $n }, 'who came too early is served');
cmp_ok($parked, '>', $wanted, "$parked of them had waited for the store");

my %below = $t->get('/metrics')->body =~
    /^flashsale_stall_seconds_bucket\{le="([^"]+)"\} (\d+)/mg;
my $bound = Tuanbo::Test::slower() > 1 ? '1.000000' : '0.250000';
is($below{$bound}, $below{'+Inf'}, 'the event loop went on turning');

$t->audit_ok;
$t->finish;
