use v5.36;
use Tuanbo::Test;
use Tuanbo::Test::Faults;

# The holder of the log's lock is stopped in the middle of a commit: it is
# said who, once, and when it is over.

my $one = Tuanbo::Test->new(workers => 1);
my $faults = Tuanbo::Test::Faults->new($one);
my $other = Tuanbo::Test->new(store_path => $one->store_path);
my $late = Tuanbo::Test::Faults->new($other);
$other->set_secrets($_, $one->{secrets}{$_}) for keys $one->{secrets}->%*;
$one->start;
$one->define_sale('grape', stock => 100);
$other->start;
is($other->hold('alice', 'grape', 1)->code, 201, 'two instances, one store');

my $waits = qr/\[error\] .*flashsale: commits wait for the log's lock/;
my $late_end = qr/\[warn\] .*the commit thread did not end in time/;
my $over = qr/\[notice\] .*flashsale: the log's lock was given back/;
sub said ($what) { my @lines = $other->log_text =~ /$what/g; return @lines }

# Requests go on until it is so, or the time is over.
sub until_it ($seconds, $is_so) {
    my $end = time + $seconds;
    my $timer = Mojo::IOLoop->recurring(0.02 => sub { });

    Mojo::IOLoop->one_tick while !$is_so->() && time < $end;
    Mojo::IOLoop->remove($timer);

    return $is_so->();
}

my $slower = Tuanbo::Test::slower();

for my $round (1, 2) {
    # its commit takes three seconds, in the middle of which it is stopped
    $faults->set(slow_ms => 3000 * $slower);
    my ($pid) = $one->worker_pids;
    my ($held, $answer);
    $one->call_p($one->hold_call("bob-$round", 'grape', 1)->@*)
        ->then(sub ($res) { $held = $res });
    until_it(0.5, sub { 0 });
    kill STOP => $pid;
    $other->call_p($other->hold_call("carol-$round", 'grape', 1)->@*)
        ->then(sub ($res) { $answer = $res });
    ok(until_it(20 * $slower, sub {
        grep { /process $pid has it/ } said(qr/$waits.*/) }),
        'it is said who has the lock') or diag($other->log_text);
    until_it(2, sub { 0 });
    is(scalar said($waits), $round, 'once, by all workers');
    is(scalar said($over), $round - 1, 'and not yet that it is over');
    is($answer, undef, 'a hold waits');

    $faults->set(slow_ms => 0);
    kill CONT => $pid;
    ok(until_it(20 * $slower, sub { $answer && $held }), 'it goes on');
    is($answer && $answer->code, 201, 'the hold is taken');
    is($held && $held->code, 201, 'and the other one');
    ok(until_it(10 * $slower, sub { said($over) == $round }), 'it is over')
        or diag($other->log_text);
}

# ---- a worker that has to end meanwhile does not wait for ever, whatever the
# wall clock says: ten seconds
$faults->set(slow_ms => 15_000);
my ($holder) = $one->worker_pids;
$one->call_p($one->hold_call('dora', 'grape', 1)->@*);
until_it(0.5, sub { 0 });
kill STOP => $holder;
$late->set(wall_ms => 3_600_000);
my @leaving = $other->worker_pids;
until_it(2, sub { 0 });
kill QUIT => $other->master_pid;
ok($other->wait_gone(30 * $slower, @leaving, $other->master_pid),
    'nginx ends when asked, though its thread cannot');
delete $other->{master};
like($other->log_text, $late_end, 'and says so');
unlike($other->log_text, qr/exited on signal/, 'in order');
$faults->set(slow_ms => 0);
kill CONT => $holder;
$other->expect_log($late_end);
$late->set(wall_ms => 0);
$other->start;
eventually { ($other->hold('erin', 'grape', 1)->code // 0) == 201 }
    'and works again', 40;

# ---- nothing is taken from under its thread, which gets the lock while the
# process is on its way out
my ($waited, $ended) = (scalar said($waits), scalar said($late_end));
$faults->set(stuck => 1);
($holder) = $one->worker_pids;
$one->call_p($one->hold_call('fred', 'grape', 1)->@*);
ok(until_it(20 * $slower, sub { said($waits) > $waited }),
    'a thread waits for the lock');
$late->set(exit_ms => 3000 * $slower);
@leaving = $other->worker_pids;
kill QUIT => $other->master_pid;
eventually { said($late_end) > $ended } 'it does not end in time', 30;
kill KILL => $holder;
$faults->set(stuck => 0);
$one->expect_log(qr/worker process $holder exited on signal 9/);
ok($other->wait_gone(30 * $slower, @leaving, $other->master_pid),
    'nginx ends again');
delete $other->{master};
unlike($other->log_text, qr/exited on signal/, 'in order');
$late->set(exit_ms => 0);
$other->start;
eventually { ($other->hold('gina', 'grape', 1)->code // 0) == 201 }
    'and works again', 40;

$_->expect_log($waits) for $one, $other;
$other->audit_ok;
$one->finish;
