use v5.36;
use Tuanbo::Test;
use Tuanbo::Test::Clients;

use Tuanbo::History;
use Tuanbo::History::Chooser;

# Many clients against several workers, with a worker killed and a reload in
# between; then the checker.

my $seed = $ENV{TUANBO_SEED} // int rand 1 << 31;
my $root = Tuanbo::Test::root();
diag("TUANBO_SEED=$seed");

# ---- choices come from the seed alone
sub intents ($of_seed, $client) {
    my $chooser = Tuanbo::History::Chooser->new($of_seed, $client, 4);
    return [map { $chooser->next } 1 .. 300];
}
is_deeply(intents($seed, 1), intents($seed, 1), 'a seed tells the choices');
isnt(encode_json(intents($seed, 1)), encode_json(intents($seed + 1, 1)),
    'another one tells others');
isnt(encode_json(intents($seed, 1)), encode_json(intents($seed, 2)),
    'and so does another client');
my %kinds = map { $_->{kind} => 1 } map { @{ intents($seed, $_) } } 0 .. 3;
cmp_ok(scalar keys %kinds, '>', 14, 'they are of many kinds');

# ---- the load
# What chance brings may be missing in one run: the next one, on a new store,
# adds to it.
my @refusals = qw(over_limit key_reused wrong_state wrong_amount not_found
    gift_unusable);
my @wanted = (map({ "refusals: $_" } @refusals),
    'replays', 'payments', 'releases', 'checkouts', 'claims',
    'claims answered', 'waves written', 'waves shown', 'counts received',
    'lists of a point', 'orders for somebody else', 'orders paid in cash',
    'contacts given', 'contacts shown', 'places in a line', 'gifts',
    'gifts shown', 'lists of gifts', 'gifts bound', 'bindings', 'packets',
    'commits shown', 'seeds revealed', 'draws shown', 'winners',
    'draws with a beacon', 'paths of tickets',
    'gifts bound in a cart', 'neighbours brought', 'gifts to the newcomer',
    'gifts to the inviter');
my $runs_max = 6;

sub run_script ($name, @arguments) {
    my $said = `$^X $root/t/history/$name @arguments 2>&1`;
    return ($? >> 8, $said);
}

sub lines_written ($dir) {
    my $lines = 0;
    for my $path (glob "$dir/client-*.ndjson") {
        $lines += () = Tuanbo::Test::slurp($path) =~ /\n/g;
    }
    return $lines;
}

sub new_shop () {
    my $claims = 'flashsale_claims auto_fen=250 per_buyer=3/30d lot=20%;';
    my $t = Tuanbo::Test->new(workers => 3,
        http => "flashsale_refund_time 2s; flashsale_hand_over_time 2s;"
            . " $claims flashsale_queue_time 1s; flashsale_referral on;",
        server => <<'CONF');
    location = /paid { return 200 "paid"; }
    location ~ ^/pay/([0-9a-f]+)$ {
        flashsale_pay            $1;
        proxy_pass               http://127.0.0.1:$server_port/paid;
        proxy_pass_request_body  off;
        proxy_set_header         Content-Length "";
    }
CONF
    $t->start;
    # the worker that dies may be the one that answers for the order service
    $t->expect_log(
        qr/(?:connecting to|response header from|request to) upstream/);

    return $t;
}

# Of one run: how many of each, by the checker; its directory.
sub run_once ($t, $seed) {
    my $clients = Tuanbo::Test::Clients->start($t, $seed, '--clients 24'
        . ' --requests 1200 --stock 24 --wave 3 --referral'
        . " --pay '/pay/{hold}'");
    my ($pid, $dir, $server) =
        ($clients->pid, $clients->dir, $clients->server);

    eventually { lines_written($dir) > 300 } 'the clients are at work', 60;
    $t->kill9_worker(1);
    eventually { lines_written($dir) > 700 } 'and go on with a worker less',
        60;
    $t->reload;
    my $status = wait_until {
        waitpid($pid, POSIX::WNOHANG()) == $pid ? "done $?" : undef } 120;
    is($status, 'done 0', 'the clients come to their end, and none hung')
        or diag($clients->said);
    kill KILL => $pid if !$status;

    my ($code, $said) = run_script('check.pl', $server, $dir);
    is($code, 0, 'nothing contradicts') or diag($said);
    my %count = reverse $said =~ /^(\d+) (.+)$/mg;
    cmp_ok($count{requests} // 0, '>=', 100, 'of many requests');
    cmp_ok($count{'holds acknowledged'} // 0, '>=', 10, 'many holds');

    return ($dir, $server, %count);
}

my ($t, $dir, $server, %seen);
for my $run (1 .. $runs_max) {
    $t->stop if $t;
    $t = new_shop();
    ($dir, $server, my %count) = run_once($t, $seed + $run - 1);
    $seen{$_} += $count{$_} for keys %count;
    last if !grep { !$seen{$_} } @wanted;
    diag("run $run: not yet: ", join ', ', grep { !$seen{$_} } @wanted);
}
cmp_ok($seen{$_} // 0, '>', 0, "$_ were among it") for @wanted;

# ---- the checker again
my ($code, $said) = run_script('check.pl', '--json', $dir);
is($code, 0, 'again, from the files');
is(decode_json($said)->{ok}, 1, 'as JSON');
is((run_script('check.pl'))[0], 2, 'no directory');
is((run_script('load.pl', $server, '--out', $dir, '--requests 1'))[0], 2,
    'no history is written over');

# ---- a server that takes requests and never answers
my $deaf = IO::Socket::INET->new(LocalAddr => '127.0.0.1', Listen => 16)
    or die $!;
($code, $said) = run_script('load.pl', '--out', "$dir-deaf", '--clients 1',
    '--requests 2 --seed 1 --sale grape --deadline 0.3 --patience 0',
    '--url http://127.0.0.1:' . $deaf->sockport);
is($code, 1, 'requests that hang') or diag($said);
like($said, qr/hung beyond 0\.3 s: [1-9]/, 'are counted');
my @hung = Tuanbo::History->requests("$dir-deaf");
is(scalar(grep { !$_->{hung} } @hung), 0, 'and written down');

$t->chain_ok;
$t->finish;
