use v5.36;
use Tuanbo::Test;
use Tuanbo::Test::Faults;
use Tuanbo::Test::OrderService;

# The order service is gone: the checkout says so, and all else goes on.  It
# refuses connections, or takes them and does not answer; and comes back.

my $t = Tuanbo::Test->new(http => 'flashsale_live_holds 100;');
my $faults = Tuanbo::Test::Faults->new($t);
my $service = Tuanbo::Test::OrderService->new($t);
$t->start(server => 'proxy_connect_timeout 1s; proxy_read_timeout 1s;'
    . $service->locations);
$service->start;
$faults->open_shop;

my $hold = $t->held('alice', 'grape', 1);
sub checkout () { $t->post("/checkout/$hold->{id}", user => 'alice') }
is(checkout()->code, 303, 'the checkout leads to the pay page');
my $due = $t->read_hold('alice', $hold->{id})->{expires_at};

my $meanwhile = 0;
sub gone ($fault, $status, $log, $begin, $end) {
    my $from = length $t->log_text;
    $begin->();
    my $began = time;
    my $res = checkout();
    my $ms = 1000 * (time - $began);
    is($res->code, $status, "$fault: $status") or diag($res->body);

    my $read = $t->read_hold('alice', $hold->{id});
    is($read->{state}, 'paying', 'the hold waits for its payment');
    is($read->{expires_at}, $due, 'no longer than it had');
    for my $each ($faults->going_on, [holds => sub {
        my $user = 'meanwhile-' . ++$meanwhile;
        my $res = $t->hold($user, 'grape', 1);
        return if ($res->code // 0) != 201;
        $faults->told($user, $res->json->{id});
        return 1;
    }])
    {
        my ($name, $works) = @$each;
        is(scalar(grep { $works->() } 1 .. 4), 4, "$name go on");
    }

    $end->();
    my $healed = time;
    eventually { (checkout()->code // 0) == 303 } 'it is back, and asked';
    $t->expect_log($log);
    my ($line) = grep { $_ =~ $log } $faults->complaints($from);
    ok($line, "the log: $log");
    $faults->report(fault => $fault, client => "$status, by nginx",
        client_ms => $ms, healed_ms => 1000 * (time - $healed),
        goes_on => [(map { $_->[0] } $faults->going_on), 'holds'],
        log => [map { s/, client: .*//r }
            Tuanbo::Test::Faults::words($line // '')]);
}

gone('the order service is gone', 502,
    qr/\[error\].* connect\(\) failed \(111: .*upstream/,
    sub { $service->stop('KILL') }, sub { $service->start });

gone('the order service does not answer', 504,
    qr/\[error\].* upstream timed out \(110: /,
    sub { kill STOP => $service->{pid} }, sub { kill CONT => $service->{pid} });

# ---- and the money comes through as ever
my $page = checkout()->headers->location;
is($service->ua->post($service->url($page),
    form => { action => 'pay' })->res->code, 303, 'paid');
eventually { $t->read_hold('alice', $hold->{id})->{state} eq 'sold' }
    'and sold';

$faults->nothing_lost;
$t->finish;
