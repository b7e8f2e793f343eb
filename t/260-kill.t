use v5.36;
use Tuanbo::Test;
use Tuanbo::Test::Load;

# A killed worker costs its own connections and nothing else.  Bugs 4, 12, 13.

my $t = Tuanbo::Test->new(workers => 3)->start;

$t->define_sale('grape', price_fen => 100, stock => 100_000);

# Every buyer who was told "yours" has the hold, and everybody has one only.
sub everybody_has_one ($load) {
    my %of;
    $of{ $_->{hold} } = $_ for $t->entries('held', 'grape');
    my @missing = grep { !$of{$_} } values $load->{holds}->%*;
    is(scalar @missing, 0, 'whoever was told "yours" has it');
    my %buyers;
    $buyers{ $_->{buyer} }++ for values %of;
    is(scalar(grep { $_ > 1 } values %buyers), 0, 'and nobody has two');
    my ($user) = sort keys $load->{holds}->%*;
    is($t->read_hold($user, $load->{holds}{$user})->{state}, 'held',
        'it can be read');
}

# ---- workers killed one after the other, under load
my $load = Tuanbo::Test::Load->new($t, prefix => 'kill', retries => 100,
    least => 150);
my $killed = 0;
my $kill = sub {
    my @pids = $t->worker_pids or return;
    my $pid = $pids[rand @pids];
    $t->expect_log(qr/worker process $pid exited on signal 9/);
    kill KILL => $pid;
    $killed++;
};
$load->run(4, map { [$_ / 2 => $kill, sub { !$t->openings }] } 1 .. 7);
cmp_ok($killed, '>=', 6, "$killed workers killed");
cmp_ok($load->{answered}, '>', 100, "$load->{answered} answers");
is(scalar(grep { !/^20[01]$/ } keys $load->{codes}->%*), 0,
    'none of them a refusal') or diag(@{ $load->{strange} // [] });
cmp_ok($load->{lost}, '<=', $killed * 16,
    "only connections of the dead were lost: $load->{lost}");
everybody_has_one($load);
is($t->sale('grape')->{held}, scalar keys $load->{holds}->%*,
    'what is held is what was told');
$t->audit_ok('the audit agrees after the kills');

# ---- all rings are free again: as many kills as there are rings and more
$t->{moving} = 0;
for my $round (1 .. 20) {
    $t->kill9_worker(rand 3);
}
eventually { $t->worker_pids == 3 } 'three workers again';
my @answers = $t->many([map { $t->hold_call("after-$_", 'grape', 1) }
    1 .. 60]);
is(scalar(grep { ($_->code // 0) == 201 } @answers), 60,
    'twenty dead workers later all goes on');

# ---- a worker that hangs (SIGSTOP) while it may hold the lock is another
# matter; killed then, the others go on
my ($first) = $t->worker_pids;
kill STOP => $first;
sleep 0.3;
$t->expect_log(qr/worker process $first exited on signal 9/);
kill KILL => $first;
is($t->hold('stopped', 'grape', 1)->code, 201, 'killed while it stood still');

# ---- everything at once, under load, and back: twice
for my $round (1 .. 2) {
    my $load = Tuanbo::Test::Load->new($t, prefix => "all-$round",
        least => 60);
    $load->run(1.5, [1 => sub { $t->kill9_all; $load->{stop} = 1 }]);
    $t->start;
    my %told = $load->{holds}->%*;
    cmp_ok(scalar keys %told, '>', 20, keys(%told) . ' were told "yours"');
    everybody_has_one($load);
    # those without an answer ask again with their key
    my @asked = map { "all-$round-$_" } 0 .. $load->{next} - 1;
    @answers = $t->many([map { $t->hold_call($_, 'grape', 1,
        key => "key-$_") } @asked], parallel => 32);
    is(scalar(grep { ($_->code // 0) !~ /^20[01]$/ } @answers), 0,
        'a retry is answered');
    my @other = grep {
        my $id = $told{ $asked[$_] };
        $id && ($answers[$_]->code != 200 || $answers[$_]->json->{id} ne $id)
    } 0 .. $#asked;
    is(scalar @other, 0, 'with the hold that was told');
    $t->audit_ok("the audit agrees after everything was killed");
}

$t->chain_ok;
$t->finish;
