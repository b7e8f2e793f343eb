use v5.36;
use utf8;
use POSIX ();
use Tuanbo::Test;
use Tuanbo::Test::Office;

binmode Test::More->builder->$_, ':utf8'
    for qw(output failure_output todo_output);

# Who did what is on the disk before whoever tapped is told that it is done,
# and only a thread waits for the disk: strace sees the office's calls, and
# makes its syncs slow, or kills it in one.

my $o = Tuanbo::Test::Office->new->start;
my $shop = $o->shop;
my $path = '/desk/hand-over/xingfu';

$shop->points('xingfu');
$shop->define_sale('grape', price_fen => 100, stock => 100,
    doc => { pickups => ['xingfu'] });

sub ready () {
    my $buyer = $o->browser->get('/s/grape')->submit('#take',
        pickup => 'xingfu');
    my $hold = $buyer->id or die $buyer->text;
    $shop->order($hold, 'confirm', payment => "p$hold", paid_fen => 100)
        ->code == 200 or die 'not paid';
    $shop->order($hold, 'ready')->code == 200 or die 'not ready';
    return $hold;
}

my $owner = $o->owner;
my ($worker) = $o->office->worker_pids;
my $trace = $o->office->dir . '/trace';

# Office's calls from here on, until the function is over. The second thread
# that syncs shows that it is not the event loop's.
sub traced ($function, @inject) {
    my $pid = fork // die $!;
    if ($pid == 0) {
        exec 'strace', '-f', '-y', '-qq', '-s', '64', '-o', $trace, '-e',
            'trace=openat,write,writev,sendto,fsync', (map { ('-e', $_) }
            @inject), '-p', $worker or exit 127;
    }
    eventually { Tuanbo::Test::slurp("/proc/$worker/status")
        =~ /^TracerPid:\s+[1-9]/m } 'it is traced';
    $function->();
    kill TERM => $pid;
    waitpid $pid, 0;
    open my $in, '<', $trace or die $!;
    return map { [/^(\d+)\s+(.*)/] } readline $in;
}

sub deed_of ($hold) {
    my $found;
    eventually { ($found) = $o->clerk->ask('deeds', { hold => $hold })
        ->{answer}{deeds}->@* } 'the clerk has it';
    return $found;
}

sub has_entry ($hold) { grep { $_->{hold} eq $hold } $shop->entries('picked_up') }

# ---- the sync comes before the answer, and in another thread
my $hold = ready();
$owner->get($path);
my @calls = traced(sub { $owner->submit('.neighbours form') });
like($owner->text, qr/交好了/, 'handed over');
my $place = sub ($what) {
    (grep { $calls[$_][1] =~ $what } 0 .. $#calls)[0] };
my $written = $place->(qr/^write\(\d+<[^>]*deeds\.ndjson>/);
my $synced = $place->(qr/^fsync\(\d+<[^>]*deeds\.ndjson>/);
my $folder = $place->(qr{^fsync\(\d+<[^>]*(?<!ndjson)>});
my $told = $place->(qr/^(?:writev|sendto|write)\(.*HTTP\/1\.1 303/);
ok(defined $written && defined $synced && defined $told,
    'it is written, synced, told') or diag explain \@calls;
cmp_ok($written, '<', $synced, 'synced when it is written');
cmp_ok($synced, '<', $told, 'and told when it is synced');
ok(defined $folder && $folder < $told, 'so is the folder of a new file');
isnt($calls[$synced][0], $worker, 'by a thread of its own');
is(deed_of($hold)->{status}, 'handed_over', 'the clerk takes it');

# ---- a disk that takes long: nobody else waits
$hold = ready();
$owner->get($path);
my $other = $o->browser;
traced(sub {
    my $pid = fork // die $!;
    if ($pid == 0) {
        $owner->submit('.neighbours form');
        open my $out, q(>), "$trace.done" or POSIX::_exit(2);
        POSIX::_exit($owner->text =~ /交好了/ ? 0 : 1);
    }
    eventually { has_entry($hold) } 'it is handed over';
    is($other->get('/desk/')->res->code, 401, 'another is answered');
    ok(!-e "$trace.done", 'while whoever tapped still waits');
    waitpid $pid, 0;
    is($?, 0, 'and is told in the end');
}, 'inject=fsync:delay_enter=' . 4_000_000 * Tuanbo::Test::slower);
is(deed_of($hold)->{status}, 'handed_over', 'with its deed');

# ---- killed while it syncs: nobody was told, and the deed is there
$hold = ready();
$owner->get($path);
$o->office->expect_log(qr/exited on signal 9/);
$shop->expect_log(qr/upstream prematurely closed connection/);
traced(sub { $owner->submit('.neighbours form') },
    'inject=fsync:signal=KILL:when=1');
unlike($owner->res->body // '', qr/交好了/, 'nobody was told');
eventually { has_entry($hold) } 'it is handed over';
is(deed_of($hold)->{status}, 'handed_over', 'and it is known by whom');
eventually { $owner->get($path)->res->code == 200 } 'the desk is there again';

# ---- a disk that fails: it is said, and the desk goes on
$hold = ready();
($worker) = $o->office->worker_pids;
$o->office->expect_log(qr/no deed can be written: Input\/output error/);
$owner->get($path);
traced(sub { $owner->submit('.neighbours form') },
    'inject=fsync:error=EIO');
like($owner->text, qr/交好了/, 'what the shop has done is told');
ok(has_entry($hold), 'for it is done');

$shop->finish;
