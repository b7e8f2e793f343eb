use v5.36;
use Tuanbo::Test;
use IO::Socket::INET;

# Workers exit when asked, also with streams, long polls and holds open.

my $t = Tuanbo::Test->new->start;
$t->define_sale('grape', stock => 1000);

my @viewers = map { $t->events(['grape']) } 1 .. 20;
is(scalar(grep { ($_->next // {})->{event} eq 'snapshot' } @viewers), 20,
    'twenty viewers');
my $last = ($t->ledger)[-1]{seq};
my @polled;
$t->call_p(GET => "/ledger?after=$last&wait_ms=30000", role => 'ledger')
    ->then(sub ($res) { push @polled, $res }) for 1 .. 4;
$viewers[0]->drain(0.3);

# a reload first
my @old = $t->reload;
ok($t->wait_gone(10, @old), 'workers are gone after a reload');
is(scalar(grep { $_->wait_closed(5) } @viewers), 20, 'their streams ended');
$viewers[0]->run_until(sub { @polled == 4 }, 5);
is(scalar(grep { ($_->code // 0) == 200 } @polled), 4,
    'long polls were answered') or diag(scalar @polled);
is(scalar(grep { $_->{error} } @viewers), 0, 'streams ended in order')
    or diag(map { ($_->{error}{message} // '') . "\n" } @viewers);

# a stream whose head is still on its way when the worker is told to leave
my @late = map {
    my $socket = IO::Socket::INET->new(PeerAddr => '127.0.0.1',
        PeerPort => $t->port) or die "connect: $!";
    syswrite $socket, "GET /api/events?sale=grape HTTP/1.1\r\nHost: shop\r\n";
    $socket;
} 1 .. 4;
sleep 0.3;
@old = $t->reload;
sleep 0.2;
syswrite $_, "\r\n" for @late;
my @said = map { my $socket = $_; local $/; scalar <$socket> } @late;
is(scalar(grep { /^event: snapshot$/m && /\r\n0\r\n\r\n\z/ } @said), 4,
    'a late stream gets its snapshot and an end');
ok($t->wait_gone(10, @old), 'and does not keep the worker');

# audits on their way: a ledger long enough for them to take a while
$t->define_sale("s-$_", stock => 1000) for 1 .. 8;
$t->many([map { $t->hold_call("long-$_", [map { ["s-$_", 1] } 1 .. 8]) }
    1 .. 500], parallel => 32);
for my $round (1 .. 3) {
    Mojo::IOLoop->timer(0.05 => sub { kill HUP => $t->master_pid });
    my @audits = $t->many([map { [GET => '/admin/audit', role => 'admin'] }
        1 .. 40], parallel => 1);
    is(scalar(grep { ref $_->json && $_->json->{ok} } @audits), 40,
        'audits are answered by a worker that leaves');
    wait_until { my @all = $t->all_worker_pids; @all == 2 };
}

# then QUIT, and holds on their way
@viewers = map { $t->events(['grape']) } 1 .. 20;
$_->next for @viewers;
my @answers;
my $open = 40;
for my $i (1 .. $open) {
    $t->call_p($t->hold_call("quit-$i", 'grape', 1)->@*)
        ->then(sub ($res) { push @answers, $res });
}
$viewers[0]->run_until(sub { @answers >= 5 }, 10);
my @pids = ($t->master_pid, $t->worker_pids);
my $master = $t->master_pid;
kill QUIT => $master;
$viewers[0]->run_until(sub { @answers == $open }, 10);
ok($t->wait_gone(10, @pids), 'all are gone after QUIT');
delete $t->{master};
my @made = map { $_->json->{id} } grep { ($_->code // 0) == 201 } @answers;
cmp_ok(scalar @made, '>=', 5, @made . ' holds were made on the way');
is(scalar(grep { defined $_->code && $_->code != 201 } @answers), 0,
    'none of them refused');
$_->wait_closed(5) for @viewers;

# TERM is for those in a hurry
$t->start;
my %held = map { $_->{hold} => 1 } $t->entries('held', 'grape');
is(scalar(grep { !$held{$_} } @made), 0, 'each is there afterwards');
@viewers = map { $t->events(['grape']) } 1 .. 5;
$_->next for @viewers;
@pids = ($t->master_pid, $t->worker_pids);
kill TERM => $t->master_pid;
ok($t->wait_gone(10, @pids), 'all are gone after TERM');
delete $t->{master};
$t->start;

$t->audit_ok;
$t->finish;
