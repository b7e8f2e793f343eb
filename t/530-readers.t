use v5.36;
use IPC::Open2;
use Tuanbo::Test;
use Tuanbo::Test::Faults;

# LMDB's reader table is full: who has a slot goes on, who comes new waits for
# one, and the slots of the dead are free.

my $t = Tuanbo::Test->new(http => 'flashsale_live_holds 1000;',
    server => 'add_header X-Worker $pid always;');
my $faults = Tuanbo::Test::Faults->new($t);
$t->start;
$faults->open_shop;

my $program = $t->dir . '/readers';
system("cc -std=gnu11 -O2 -o $program " . Tuanbo::Test::root()
    . '/t/lib/readers.c -llmdb') == 0 or die 'cc';

# Another process with all the slots that are left, of the log or the index;
# `all`: and those that come free.
sub take_slots ($which, @all) {
    my ($dir) = glob $t->store_path . "/$which";
    my $pid = open2(my $out, my $in, $program, $dir, @all);
    my $n = <$out> // 0;

    cmp_ok($n, '>', 500, 'all other ' . int($n) . ' slots are taken');

    return { pid => $pid, in => $in, out => $out };
}

sub give_back ($taken, $signal = undef) {
    kill $signal => $taken->{pid} if $signal;
    close $taken->{in};
    waitpid $taken->{pid}, 0;
}

sub all_go_on ($when) {
    my @answers = $t->many([map { $t->hold_call("$when-$_", 'grape', 1) }
        1 .. 20]);
    is(scalar(grep { ($_->code // 0) == 201 } @answers), 20,
        "$when: holds are taken")
        or diag(join "\n", map { ($_->code // 'none') . ' ' . $_->body }
            @answers);
    for my $each ($faults->going_on) {
        my ($name, $works) = @$each;
        is(scalar(grep { $works->() } 1 .. 8), 8, "$when: $name go on");
    }
}

# A new worker tries each second, and the dead's slots come free as often.  All
# have answered: on a busy machine one alone may take 40 connections.
sub all_serve ($name) {
    my %answered;

    eventually {
        my @answers = $t->many([([GET => '/api/holds', user => 'first'],
            $t->hold_call('first', 'pear', 1, key => 'first')) x 20]);
        my @good = grep { ($_->code // 0) == 200 } @answers;
        $answered{ $_->headers->header('X-Worker') } = 1 for @good;
        40 == @good && !grep { !$answered{$_} } $t->worker_pids;
    } $name, 20;
}

# ---- those who are there need no other
my $taken = take_slots('log');
all_go_on('full');

# ---- a worker is killed: its slots are free for the one that follows
$t->kill9_worker;
all_serve('the one that follows has them');
all_go_on('respawned');
give_back($taken);

# ---- new workers find no slot, and no old one leaves any
$faults->suffer("the log's reader table is full when workers start",
    begin => sub {
        $taken = take_slots('log', 'all');
        $t->reload;
    },
    end => sub { give_back($taken) },
    told => ['not_ready'], restarts => 1,
    without => [qw(reads refusals retries feed events metrics)],
    meets =>
        [qr/\[error\].* the store ".*" cannot be opened: .*MDB_READERS_FULL/],
);

# ---- the same of the index: sales are read from the log
my $sales = sub {
    my $res = $t->get('/api/sales/grape');
    return ($res->code // 0) == 200 && $res->json->{held} > 0;
};
$faults->suffer("the index's reader table is full when workers start",
    begin => sub {
        $taken = take_slots('index-*', 'all');
        $t->reload;
    },
    end => sub { give_back($taken) },
    told => [qw(rebuilding not_ready)], restarts => 1,
    without => [qw(reads refusals retries)], going_on => [[sales => $sales]],
    meets => [qr/\[warn\].* index-\d+ cannot be opened: MDB_READERS_FULL/],
    maybe => [qr/\[error\].* making the store ready failed: .*not_ready/],
);

# ---- who died with all of them does not keep anybody out
$taken = take_slots('log');
give_back($taken, 'KILL');
eventually {
    ($t->metrics =~ /^flashsale_readers (\d+)$/m)[0] < 100
} 'its slots are given back';
$t->kill9_worker;
all_serve('so that a new worker has one');
all_go_on('dead, and so is a worker');

$faults->nothing_lost;
$t->finish;
