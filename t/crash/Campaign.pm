package Campaign;

# One round: a store, a load, and what is done to the processes meanwhile.

use v5.36;

use List::Util qw(max shuffle sum0);
use Tuanbo::Test;
use Tuanbo::Test::Points;

my @left_alone;         # processes without a master, of all rounds
my @loads;
my $history = Tuanbo::Test::root() . '/t/history';
my $workers = 3;
my $clients = 24;

# Points that only a new worker comes to, or one that leaves, and what has to
# happen for it: a worker is killed, or nginx reloaded. A commit comes to each
# of the others by itself.
my %trigger = (
    (map { $_ => 'worker' } qw(OPEN READER CLAIM CLAIM_DEAD SETTLE RENEW)),
    (map { $_ => 'reload' } qw(LEAVING UNCLEAN)),
);

# Points of a worker that takes over from a dead one. There is only something
# to take over when that one died at one of these points.
my %before = (
    HEIR => [qw(LOCKED DECIDED SYNC META COMMITTED MARKED INDEXED WAKE)],
    LOG_HEIR => [qw(LOCKED DECIDED PAGE SYNC SYNCED META)],
);

# Points on the way of making a lost index again, in their order. A worker is
# killed at each, and the next one begins with what that has left.
my @rebuild = qw(MAKE REPLACE REMOVE FOLDING FOLD FOLDED);

my %index = map { $_ => 1 } @rebuild, 'REPLACED';

my @masters = qw(all quit old new);


# Options: round, seed, seconds, wanted (points not hit yet), table.
sub new ($class, %o) {
    return bless { %o, done => 0, kinds => {}, events => {}, hit => {},
        recoveries => [], lost => 0, load => {}, block => 0, most => 0 },
        $class;
}


sub run ($self) {
    my $t = $self->{t} = Tuanbo::Test->new(workers => $workers,
        store => 'size=1g');
    my $end;

    $t->{http} = "log_format who '\$pid \$flashsale_code';\n"
        . "access_log @{[$t->dir]}/logs/who who;\n"
        . "flashsale_queue_time 1s; flashsale_referral on;\n";
    # the checkout is a location of the same nginx
    $t->{locations} = $t->usual_locations . <<"CONF";
        location ~ ^/pay/([0-9a-z]+)\$ {
            flashsale_pay \$1;
            proxy_pass http://127.0.0.1:\$server_port/paid;
        }
        location = /paid { return 200 paid; }
CONF
    $self->{points} = Tuanbo::Test::Points->new($t);
    $t->expect_log(qr/(?:worker|new binary) process \d+ exited on signal 9/);
    $t->expect_log(qr/index-\d+\/data\.mdb is missing/);
    $t->expect_log(qr/folding \d+ entries into index-\d+/);
    $t->expect_log(qr/\[error\].* upstream, .*request: "POST \/pay\//);
    $t->start;
    $t->define_sale('probe', price_fen => 1, stock => 1_000_000);
    $self->start_load;

    $end = time + $self->{seconds};
    for my $act ($self->acts, ([]) x 9999) {
        sleep 0.02 + rand 0.15;
        last if time > $end || $self->{broken};
        my ($what, @arguments) = (@$act ? $act : $self->any)->@*;
        $self->$what(@arguments);
    }

    if ($self->{broken}) {
        # no further checks: they would only fail for the same reason
        my @lines = $t->unexpected_lines;
        diag("round $self->{round} breaks off", map { "\n$_" }
            @lines[0 .. ($#lines > 30 ? 30 : $#lines)]);
    }
    else {
        $self->end_load;
        $self->check;
    }

    return { kills => $self->{done}, map { $_ => $self->{$_} }
        qw(kinds events hit recoveries load broken most) };
}


# What to do, in its order.  Changes of the instance come first: each has a
# block of rings of its own, and after the last one more workers shall die in
# its block than that has rings.
sub acts ($self) {
    my @wanted = shuffle grep { !$index{$_} } $self->{wanted}->@*;
    my %lost = map { $_ => 1 } grep { $index{$_} } $self->{wanted}->@*;
    my @first = (['upgrade'], map { [master => $_] }
        (shuffle @masters)[0, 1]);

    push @first, [master => 'index', @rebuild]
        if grep { $lost{$_} } @rebuild or rand 4 < 1;
    push @first, [master => 'index', 'REPLACED', 'FOLD']
        if $lost{REPLACED};

    # after an upgrade the rings are fresh, so the dead worker's ring is the
    # one that the next worker claims: CLAIM_DEAD is reached
    return (['worker'], ['worker'], shuffle(@first), [point => 'CLAIM_DEAD'],
        shuffle((map { [point => $_] } @wanted), ['reload']));
}


# What comes after acts(): a point that was not reached yet, or any point, or a
# random instant; now and then a reload.
sub any ($self) {
    my @left = grep { !$self->{hit}{$_} } $self->{wanted}->@*;

    if (@left && rand 2 < 1) {
        my $name = $left[rand @left];
        return $name eq 'REPLACED' ? [master => 'index', $name, 'FOLD']
            : $index{$name} ? [master => 'index', @rebuild]
            : [point => $name];
    }
    return ['reload'] if rand 20 < 1;
    return ['worker'] if rand 2 < 1;
    my @names = grep { !$index{$_} } map { $_->{name} } $self->{table}->@*;
    return [point => $names[rand @names]];
}


# ----------------------------------------------------------------------- load

# Clients of t/history/load.pl; check.pl then holds what they say against the
# ledger.
sub start_load ($self) {
    my $t = $self->{t};
    my $dir = $t->dir;

    $self->{pid} = fork // die;
    if ($self->{pid}) {
        @loads = ($self->{pid});
        return;
    }
    open STDOUT, '>', "$dir/load" or die;
    exec $^X, "$history/load.pl", '--url', $t->url(''), '--out',
        "$dir/history", '--secrets', "$dir/secrets", '--pay', '/pay/{hold}',
        '--seed', $self->{seed}, '--clients', $clients,
        '--referral', '--seconds', $self->{seconds} or die;
}


sub end_load ($self) {
    my $ended = wait_until { waitpid($self->{pid}, POSIX::WNOHANG()) } 120;
    my $status = $?;
    @loads = () if $ended;
    my $said = Tuanbo::Test::slurp($self->{t}->dir . '/load');
    my ($sent) = $said =~ /^sent: (.*)/m;
    my ($lost) = $said =~ /^got: .*\blost (\d+)/m;

    kill KILL => $self->{pid} if !$ended;
    ok($ended && $status == 0, "round $self->{round}: no client hangs")
        or diag($said);
    $self->{load} = { requests => sum0(($sent // '') =~ / (\d+)/g),
        unknown => $lost // 0 };
}


# ---------------------------------------------------------------------- kills

sub killed ($self, $kind, $at = time, $point = undef) {
    $self->{done}++;
    $self->{kinds}{$kind}++;
    $self->{block}++ if $kind =~ /^worker/;
    $self->{most} = max($self->{most}, $self->{block});
    $self->{last} = [$at, $point // $kind];
}


# The server answers holds again, and has all its workers.
sub recovered ($self, $timed = 1) {
    my $t = $self->{t};
    my ($at, $kind) = $self->{last}->@*;

    my $fine = $self->answers_holds;
    push $self->{recoveries}->@*, [time - $at, $kind] if $timed;

    my $all = wait_until { $t->worker_pids >= $workers } 30;
    if (!$fine || !$all) {
        $self->{broken} = 1;
        ok(0, "round $self->{round}: it recovers from: $kind");
    }
}


sub answers_holds ($self) {
    my $user = "probe-$self->{seed}-" . ++$self->{probes};

    return wait_until {
        my $res = $self->{t}->hold($user, 'probe', 1, key => $user);
        ($res->code // 0) =~ /^20[01]$/;
    } 30;
}


# A worker at a random instant.
sub worker ($self) {
    my @pids = $self->{t}->worker_pids;
    my $pid = $pids[rand @pids] // return;

    kill KILL => $pid;
    $self->killed('worker, random instant');
    $self->recovered;
}


# Kills the process that comes to this point; where it needs a dead one before
# (%before), first another at one of those points.
sub point ($self, $name) {
    my $trigger = $trigger{$name} // '';
    my @names = ($name);

    if (my $before = $before{$name}) {
        unshift @names, $before->[rand @$before];
    }
    $self->arm(@names);
    $self->reload if $trigger eq 'reload';
    if ($trigger eq 'worker') {
        rand 3 < 1 && $name ne 'CLAIM_DEAD' ? $self->reload : $self->worker;
    }
    $self->wait_deaths;
}


sub arm ($self, @names) {
    my %spin = (DECIDING => 200, INDEXING => 30, FOLDING => 500);
    my $spin = 0;

    $spin = max($spin, int rand($spin{$_} // 0)) for @names;
    my $often = !$trigger{ $names[0] } && !$index{ $names[0] };
    $self->{points}->arm($often ? 1 + int rand 20 : 1, $spin, @names);
}


# Waits for the deaths at the armed points.  A point that nobody comes to in
# time is left out, and not counted as hit.
sub wait_deaths ($self, $seconds = 5) {
    my $points = $self->{points};

    my $all = wait_until { !$points->armed } $seconds;
    $points->disarm;
    for my $death ($points->deaths) {
        $self->{t}->wait_gone(5, $death->{pid});
        $self->{hit}{ $death->{point} }++ if $death->{point};
        $self->killed($death->{point} ? 'worker, chosen instant'
            : 'worker, just behind a chosen instant', $death->{at},
            $death->{point});
    }
    $self->recovered($all);
}


# ----------------------------------------------------------- not quite kills

sub reload ($self) {
    $self->{events}{HUP}++;
    kill HUP => $self->{t}->master_pid;
}


sub upgrade ($self) {
    $self->{block} = 0;
    $self->{events}{USR2}++;
    my @old = $self->{t}->upgrade;
    $self->{last} = [time, 'USR2'];
    $self->recovered(0);
    # nginx ignores another USR2 until then
    $self->leave(@old);
}


# ------------------------------------------------------------------- masters

sub master ($self, $how, @points) {
    my $what = "master_$how";

    $self->{block} = 0;
    $self->$what(@points);
    $self->recovered;
}


# The master dies; gives its children.  It stands still before, or it might
# start another in between.
sub behead ($self, $master) {
    kill STOP => $master;
    wait_until { Tuanbo::Test::slurp("/proc/$master/stat") =~ /\) T / };
    my @left = Tuanbo::Test::children($master);
    push @left_alone, @left;

    kill KILL => $master;
    $self->{t}->wait_gone(5, $master);
    delete $self->{t}{old_masters}{$master};

    return @left;
}


sub behead_all ($self) {
    my $t = $self->{t};
    my @orphans = $self->behead(delete $t->{master});

    kill KILL => @orphans;
    $t->wait_gone(5, @orphans);
}


# Everything.
sub master_all ($self) {
    $self->behead_all;
    $self->killed('master and all workers');
    $self->{t}->start;
}


# Everything, and the index is lost.
sub master_index ($self, @points) {
    my $t = $self->{t};

    $self->behead_all;
    $self->killed('master and all workers, index lost');
    system('rm', '-rf', glob $t->store_path . '/index-*');
    $self->{lost}++;
    $self->arm(@points) if @points;
    $t->start;
    $self->wait_deaths if @points;
}


# The master alone.  Its workers go on until they are told to leave.
sub master_quit ($self) {
    my $t = $self->{t};
    my @orphans = $self->behead(delete $t->{master});

    $self->killed('master; its workers serve on, then leave');
    $self->orphans('serve without a master', @orphans);
    kill QUIT => @orphans;
    wait_until { !$self->listens };
    $t->start;
    $self->leave(@orphans);
}


# A binary upgrade in which the old master is killed: its workers serve next
# to the new ones, in a block of rings of their own.
sub master_old ($self) {
    my $t = $self->{t};
    my ($old, $new) = $self->two_masters or return;
    my @orphans = grep { $_ != $new } $self->behead($old);

    $self->killed('master, during an upgrade; its workers serve on');
    $t->{master} = $new;
    $self->orphans('serve next to a new instance', @orphans);
    kill QUIT => @orphans;
    $self->leave(@orphans);
}


# The same, but the new one is killed: the old one goes on.
sub master_new ($self) {
    my $t = $self->{t};
    my ($old, $new) = $self->two_masters or return;
    my @orphans = $self->behead($new);

    $self->killed('new master of an upgrade; its workers serve on');
    $self->orphans('serve next to the old instance', @orphans);
    kill QUIT => @orphans;
    $self->leave(@orphans);
    wait_until { Tuanbo::Test::slurp($t->dir . '/logs/nginx.pid')
        == $old };
}


sub two_masters ($self) {
    my $t = $self->{t};
    my $old = $t->master_pid;

    $self->{events}{USR2}++;
    kill USR2 => $old;
    my $new = wait_until {
        my $pid = Tuanbo::Test::slurp($t->dir . '/logs/nginx.pid') =~ s/\n//r;
        $pid =~ /^\d+$/ && $pid != $old && $t->worker_pids($pid) >= $workers
            ? $pid : 0;
    } 30;
    $t->{old_masters}{$_} = 1 for grep { $_ } $old, $new;
    return ($old, $new) if $new;

    ok(0, 'a new master after USR2');
    $self->{broken} = 1;
    return;
}


# Workers without a master answer holds.
sub orphans ($self, $how, @orphans) {
    ok(0, "round $self->{round}: they $how") if !$self->answers_holds;
    sleep rand 0.5;
    ok(0, "round $self->{round}: they go on")
        if grep { !Tuanbo::Test::alive($_) } @orphans;
}


sub leave ($self, @orphans) {
    ok(0, "round $self->{round}: they leave when asked")
        if !$self->{t}->wait_gone(30, @orphans);
}


sub listens ($self) {
    return IO::Socket::INET->new(PeerAddr => '127.0.0.1',
        PeerPort => $self->{t}->port, Timeout => 1);
}


# --------------------------------------------------------------------- checks

sub check ($self) {
    my $t = $self->{t};
    my $name = "round $self->{round}:";

    my $dir = $t->dir;
    my $said = join ' ', $^X, "$history/check.pl", '--url', $t->url(''),
        '--secrets', "$dir/secrets", "$dir/history";
    $said = `$said 2>&1`;
    is($?, 0, "$name the histories fit the ledger") or diag($said);
    eventually { $self->all_take_holds } "$name each worker takes holds", 20;
    eventually { $self->metric('queue_depth') == 0 }
        "$name nothing is left in the queue", 20;
    # each worker reads the log and the index, its thread and this page also
    eventually { $self->metric('readers') <= 2 * $workers }
        "$name slots of dead readers are free", 20
        or diag('readers: ' . $self->metric('readers'));
    eventually { $self->metric('oldest_reader_transactions') == 0 }
        "$name no dead reader keeps pages", 20
        or diag('behind: ' . $self->metric('oldest_reader_transactions'));

    my $folded = () = $t->log_text =~ /folding \d+ entries into/g;
    cmp_ok($folded, '<=', $self->{lost},
        "$name the index is made again only when it was lost");

    $t->{moving} = 1;
    $t->audit_ok("$name the audit agrees");
    $t->chain_ok("$name the chain of the feed holds");
    ok($t->stop(20), "$name nginx ends when asked");
    my @lines = $t->unexpected_lines;
    is(scalar @lines, 0, "$name no unexpected line in the error log")
        or diag(map { "$_\n" } @lines[0 .. ($#lines > 30 ? 30 : $#lines)]);
}


# Each worker has taken a hold, so each has a ring.
sub all_take_holds ($self) {
    my $t = $self->{t};
    my $who = $t->dir . '/logs/who';
    my $before = -s $who;

    $t->many([map { $t->hold_call("each-$_-" . rand, 'probe', 1) }
        1 .. 8 * $workers]);
    my %took = map { /^(\d+) created$/ ? ($1 => 1) : () }
        split /\n/, substr Tuanbo::Test::slurp($who), $before;

    return !grep { !$took{$_} } $t->worker_pids;
}


sub metric ($self, $name) {
    my ($value) = ($self->{t}->get('/metrics')->body // '')
        =~ /^flashsale_$name (\d+)/m;
    return $value // -1;
}


# Ends what would outlive a campaign that breaks off.
END {
    local $?;
    kill KILL => grep { Tuanbo::Test::alive($_) } @loads,
        grep { Tuanbo::Test::title($_) =~ /^nginx/ } @left_alone;
}


1;
