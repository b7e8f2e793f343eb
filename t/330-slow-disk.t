use v5.36;
use Tuanbo::Test;
use Tuanbo::Test::Faults;

# A slow disk: the event loop never waits for it, the queue is bounded, and
# whatever ends in the middle of a sync loses nothing.  Bugs 4, 12, 13.

my $t = Tuanbo::Test->new(http => 'flashsale_queue 16;');
my $faults = Tuanbo::Test::Faults->new($t);
# the other worker waits for the one whose sync is slow, and says so
$t->expect_log(qr/commits wait for the log's lock/);
$t->start;
$t->define_sale('grape', price_fen => 100, stock => 10_000);

sub held_once () {
    my %of;
    $of{ $_->{buyer} }++ for $t->entries('held', 'grape');
    is(scalar(grep { $_ > 1 } values %of), 0, 'nobody has two');
}

# ---- reads while a commit is under way
$faults->set(slow_ms => 1500);
my ($hold, $taken);
$t->call_p($t->hold_call('alice', 'grape', 1)->@*)->then(sub ($res) {
    ($hold, $taken) = ($res, time);
});
my ($read, $looked);
Mojo::IOLoop->timer(0.3 => sub {
    my $began = time;
    my $left = 10;
    for (1 .. $left) {
        $t->call_p(GET => '/api/sales/grape')->then(sub ($res) {
            $read = $res;
            $looked = time - $began;
            Mojo::IOLoop->stop if !--$left;
        });
    }
});
Mojo::IOLoop->start;
is($read->json->{held}, 0, 'nothing is shown before it is durable');
is($hold, undef, 'nor told');
cmp_ok($looked, '<', 1, "reads do not wait: $looked s");
Mojo::IOLoop->one_tick until $hold;
is($hold->code, 201, 'then it is');
is($t->sale('grape')->{held}, 1, 'and shown');
eventually { $t->access_text =~ /code=created .* wait=(?:1\.[2-9]|[2-9])/ }
    'the log says how long it waited';

# ---- the queue is bounded
$faults->set(slow_ms => 500);
my @answers = $t->many([map { $t->hold_call("full-$_", 'grape', 1,
    key => 'k') } 1 .. 120]);
my @made = grep { ($_->code // 0) == 201 } @answers;
my @full = grep { ($_->code // 0) == 503 } @answers;
is(@made + @full, 120, 'each is answered');
cmp_ok(scalar @full, '>', 20, @full . ' are told that the queue is full');
is(scalar(grep { $_->json->{code} ne 'queue_full' } @full), 0,
    'by that name');
cmp_ok($full[0]->headers->header('Retry-After') // 0, '>', 0,
    'and when to try again');
is($t->sale('grape')->{held}, 1 + @made, 'those have nothing');
Tuanbo::Test::Faults->report(fault => 'all slots of the queue are taken',
    client => '503 `queue_full`', log => [],
    retry_after => $full[0]->headers->header('Retry-After'),
    goes_on => ['reads'], healed => 'as soon as there is a slot');
$faults->set(slow_ms => 0);
@answers = $t->many([map { $t->hold_call("full-$_", 'grape', 1,
    key => 'k') } 1 .. 120], parallel => 8);
is(scalar(grep { ($_->code // 0) !~ /^20[01]$/ } @answers), 0,
    'and get it when they ask again');
is($t->sale('grape')->{held}, 121, 'one each');

# ---- clients that go away while they wait
$faults->set(slow_ms => 500);
my $body = '{"sale":"grape","qty":1}';
for my $i (1 .. 5) {
    my $socket = IO::Socket::INET->new(PeerAddr => '127.0.0.1',
        PeerPort => $t->port) or die;
    print {$socket} "POST /api/holds HTTP/1.1\r\nHost: x\r\nX-User: gone-$i"
        . "\r\nIdempotency-Key: k\r\nContent-Type: application/json\r\n"
        . 'Content-Length: ' . length($body) . "\r\n\r\n$body";
    sleep 0.02;
    close $socket;
}
eventually { my $n = () = $t->access_text =~ /^(?:499|201) .*holds/mg;
    $n > 0 } 'clients that go away';
sleep 1.2;
$faults->set(slow_ms => 0);
@answers = map { $t->hold("gone-$_", 'grape', 1, key => 'k') } 1 .. 5;
is(scalar(grep { $_->code !~ /^20[01]$/ } @answers), 0,
    'have their hold, or get it now');
is($t->sale('grape')->{held}, 126, 'one each');

# ---- a reload in the middle of a sync: each is answered
$faults->set(slow_ms => 700);
Mojo::IOLoop->timer(0.3 => sub { kill HUP => $t->master_pid });
my @old = $t->worker_pids;
@answers = $t->many([map { $t->hold_call("hup-$_", 'grape', 1) } 1 .. 10]);
is(scalar(grep { ($_->code // 0) == 201 } @answers), 10,
    'a reload in the middle of a sync loses none')
    or diag(map { ($_->code // 'none') . "\n" } @answers);
ok($t->wait_gone(10, @old), 'old workers are gone');
is($t->sale('grape')->{held}, 136, 'each is held');

# ---- a worker killed in the middle of a sync, be it the one that syncs or
# the other
for my $which (0, 1) {
    my ($pid) = ($t->worker_pids)[$which];
    $t->expect_log(qr/worker process $pid exited on signal 9/);
    Mojo::IOLoop->timer(0.35 => sub { kill KILL => $pid });
    @answers = $t->many([map { $t->hold_call("kill-$which-$_", 'grape', 1,
        key => 'k') } 1 .. 12]);
    # on a slow machine they are answered first: no connection is used again
    # that is about to be cut
    ok($t->wait_gone(10, $pid), 'the worker is gone');
    my @alive = grep { defined $_->code } @answers;
    is(scalar(grep { $_->code != 201 } @alive), 0, @alive
        . ' connections of the other worker are answered');
    # the worker that follows says 503 until it is ready
    my @again;
    eventually {
        @again = $t->many([map { $t->hold_call("kill-$which-$_", 'grape',
            1, key => 'k') } 1 .. 12]);
        12 == grep { ($_->code // 0) =~ /^20[01]$/ } @again;
    } 'the others get it when they ask again';
    my @other = grep { defined $answers[$_]->code
        && $answers[$_]->json->{id} ne $again[$_]->json->{id} } 0 .. 11;
    is(scalar @other, 0, 'whoever was told has that hold');
    eventually { $t->worker_pids == 2 } 'a new worker';
}
$faults->set(slow_ms => 0);
is($t->sale('grape')->{held}, 160, 'one each');
held_once();

# ---- everything killed in the middle of a sync
$faults->set(slow_ms => 1000);
my @told;
$t->call_p($t->hold_call("all-$_", 'grape', 1, key => 'k')->@*)
    ->then(sub ($res) { push @told, $res->json if $res->code })
    for 1 .. 10;
Mojo::IOLoop->timer(0.5 => sub { Mojo::IOLoop->stop });
Mojo::IOLoop->start;
$t->kill9_all;
$faults->set(slow_ms => 0);
$t->start;
is(scalar @told, 0, 'nobody was told anything yet');
@answers = $t->many([map { $t->hold_call("all-$_", 'grape', 1, key => 'k') }
    1 .. 10]);
is(scalar(grep { ($_->code // 0) !~ /^20[01]$/ } @answers), 0,
    'all get it when they ask again');
is($t->sale('grape')->{held}, 170, 'one each');
held_once();

$t->audit_ok;
$t->chain_ok;
$t->finish;
