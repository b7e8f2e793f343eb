use v5.36;
use Tuanbo::Test;
use Tuanbo::Test::Faults;
use Fcntl qw(:flock);

# Requests that come before the store is open wait for it, and then go on a
# few at a time: a new worker's first turn is no longer than any other.

my $t = Tuanbo::Test->new(workers => 1);
my $faults = Tuanbo::Test::Faults->new($t);
my $n = 300;    # those that come in time are enough to hold a loop

$t->start;
$t->define_sale('grape', stock => 1000);
ok($t->stop, 'a store to be opened again');

# openers take turns by a lock on this file
open my $mark, '+<', $t->store_path . '/mark' or die $!;
flock $mark, LOCK_EX or die $!;

$t->start(locations => $t->usual_locations);
$faults->set(slow_us => 2000);
# before the first has waited for two seconds, which is the most
Mojo::IOLoop->timer(1.2 => sub { close $mark });
my @answers = $t->many([map { $t->hold_call("b-$_", 'grape', 1) } 1 .. $n]);
my %codes;
$codes{ $_->code // 'no answer' }++ for @answers;
is_deeply(\%codes, { 201 => $n }, 'who came too early is served');

my $metrics = $t->get('/metrics')->body;
my ($parked) = $metrics =~ /^flashsale_parked_total (\d+)/m;
cmp_ok($parked, '>', 30, "$parked of them had waited for the store");

my %below = $metrics =~
    /^flashsale_stall_seconds_bucket\{le="([^"]+)"\} (\d+)/mg;
my $bound = Tuanbo::Test::slower() > 1 ? '1.000000' : '0.250000';
is($below{$bound}, $below{'+Inf'}, 'the event loop went on turning');

$t->audit_ok;
$t->finish;
