use v5.36;
use Tuanbo::Test;
use Tuanbo::Test::Faults;

# Who waits for a lock gets it, also when its wake-up was lost: that happens
# when a process is killed as it is woken, once in thousands of kills, so it is
# made by hand.  LMDB's mutex lies in a file: the bit in it which says that
# somebody sleeps is taken away for as long as another instance has the mutex.

my $one = Tuanbo::Test->new(workers => 1);
my $faults = Tuanbo::Test::Faults->new($one);
my $other = Tuanbo::Test->new(workers => 1, store_path => $one->store_path);
$other->set_secrets($_, $one->{secrets}{$_}) for keys $one->{secrets}->%*;
$one->start;
$one->define_sale('grape', stock => 100);
$other->start;
is($other->hold('alice', 'grape', 1)->code, 201, 'two instances, one store');

my $waiters = 0x8000_0000;
my $slower = Tuanbo::Test::slower();
my $path = $one->store_path . '/log/lock.mdb';
open my $file, '+<:raw', $path or die "$path: $!";

sub word ($at) {
    sysseek $file, $at, 0;
    sysread $file, my $bytes, 4;
    return unpack 'V', $bytes;
}

# Where the mutex of writers is, while a thread of these has it and another
# one sleeps.
sub mutex_at (%threads) {
    my ($at) = grep {
        my $word = word($_);
        $word & $waiters && $threads{ $word & 0x3fff_ffff }
    } map { 4 * $_ } 0 .. 63;

    return $at;
}

sub forget ($at) {
    my $high = word($at) >> 24;

    return if !($high & 0x80);
    sysseek $file, $at + 3, 0;
    syswrite $file, chr($high & 0x3f);
}

# Requests go on until it is so, or the time is over.
sub until_it ($seconds, $is_so) {
    my $end = time + $seconds;
    my $timer = Mojo::IOLoop->recurring(0.002 => sub { });
    my $so;

    Mojo::IOLoop->one_tick while !($so = $is_so->()) && time < $end;
    Mojo::IOLoop->remove($timer);

    return $so;
}

# Until none of the threads has it.
sub nobody_is_woken ($at, %threads) {
    return until_it(20 * $slower, sub {
        return 1 if !$threads{ word($at) & 0x3fff_ffff };
        forget($at);
        return 0;
    });
}

for my $how ('lets it go', 'is killed') {
    my ($pid) = $one->worker_pids;
    my %threads = map { m{(\d+)$} => 1 } glob "/proc/$pid/task/*";
    my ($at, $answer);

    $faults->set(slow_ms => 2000 * $slower);
    $one->call_p($one->hold_call("bob $how" =~ tr/ /-/r, 'grape', 1)->@*);
    until_it(0.3, sub { 0 });
    $other->call_p($other->hold_call("carol $how" =~ tr/ /-/r, 'grape', 1)->@*)
        ->then(sub ($res) { $answer = $res });
    ok(defined until_it(20 * $slower, sub { $at = mutex_at(%threads) }),
        "one has the lock, the other waits, until the one $how")
        or next;

    if ($how eq 'is killed') {
        $one->expect_log(qr/worker process $pid exited on signal 9/);
        until_it(0.5, sub { forget($at); 0 });
        forget($at);
        kill KILL => $pid;
    }

    ok(nobody_is_woken($at, %threads), 'then nobody is woken');

    $faults->set(slow_ms => 0);
    ok(until_it(20 * $slower, sub { $answer }), 'the other goes on');
    is($answer && $answer->code, 201, 'its hold is taken');
    eventually { ($one->hold("dora $how" =~ tr/ /-/r, 'grape', 1)->code // 0)
        == 201 } 'and one that is asked of the first';
}

# ---- a worker on its way out, whose thread waits with what it does each second
my %threads = map { m{(\d+)$} => 1 }
    map { glob "/proc/$_/task/*" } $one->worker_pids;
my @leaving = $other->worker_pids;
my $at;

# for less than the ten seconds that a worker has to leave
$faults->set(slow_ms => 6000);
$one->call_p($one->hold_call('erin', 'grape', 1)->@*);
ok(defined until_it(20 * $slower, sub { $at = mutex_at(%threads) }),
    'the other waits again');
kill QUIT => $other->master_pid;
ok(nobody_is_woken($at, %threads), 'and is not woken');
$faults->set(slow_ms => 0);
ok($other->wait_gone(30 * $slower, @leaving, $other->master_pid), 'it leaves');
delete $other->{master};
unlike($other->log_text, qr/did not end in time/, 'in order');

$_->expect_log(qr/flashsale: (commits wait for|the log's lock was given)/)
    for $one, $other;
$one->audit_ok;
$one->finish;
