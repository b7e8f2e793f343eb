use v5.36;
use Tuanbo::Test;
use Tuanbo::Test::Clients;
use Tuanbo::Test::Faults;

# A disk that fails now in one way, now in another, under the clients of
# t/history/load.pl; then their histories are held against the ledger.

my $seed = $ENV{TUANBO_SEED} // int rand 1 << 31;
my $root = Tuanbo::Test::root();
diag("TUANBO_SEED=$seed");
srand $seed;

my $t = Tuanbo::Test->new(workers => 3);
my $faults = Tuanbo::Test::Faults->new($t);
$t->start;
$t->expect_log(qr/\[error\].* log cannot be (?:committed|synced): (?:Input\/|No space)/);
$t->expect_log(qr/\[error\].* log cannot be synced: Input\/output error/);
$t->expect_log(qr/\[error\].* a commit failed: The (?:disk|outcome|store)/);
$t->expect_log(qr/\[error\].* \S+\/people: (?:data\.mdb cannot be read: )?(?:No space|Input\/)/);
$t->expect_log(qr/\[warn\].* log opened again and synced/);

my $clients = Tuanbo::Test::Clients->start($t, $seed,
    '--clients 16 --seconds 10 --stock 24 --wave 3');
my ($pid, $dir, $server) = ($clients->pid, $clients->dir, $clients->server);

# faults until the clients have done, each a few times or for a while, with a
# rest in between
my @kinds = qw(sync data short_data meta short_meta space);
my $hits = $faults->hits;
my $status;
for (1 .. 200) {
    my $kind = $kinds[rand @kinds];
    $faults->set($kind => rand() < 0.5 ? 1 + int rand 3 : -1);
    sleep 0.05 + rand 0.2;
    $faults->set(map { $_ => 0 } @kinds);
    sleep 0.05 + rand 0.1;
    last if waitpid($pid, POSIX::WNOHANG()) == $pid && defined($status = $?);
}
$hits = $faults->hits - $hits;
cmp_ok($hits, '>', 10, "$hits calls of the disk failed");
$status //= wait_until {
    waitpid($pid, POSIX::WNOHANG()) == $pid ? "0$?" : undef } 120;
is(0 + ($status // -1), 0, 'the clients come to their end, and none hung')
    or diag($clients->said);
kill KILL => $pid if !defined $status;

my $said = `$^X $root/t/history/check.pl $server $dir 2>&1`;
is($? >> 8, 0, 'nothing contradicts') or diag($said);
my ($acknowledged) = $said =~ /^(\d+) holds acknowledged$/m;
cmp_ok($acknowledged // 0, '>', 10, ($acknowledged // 0)
    . ' holds were acknowledged');

# its holds go on ending
$t->{moving} = 1;
$t->audit_ok;
$t->chain_ok;
$t->finish;
