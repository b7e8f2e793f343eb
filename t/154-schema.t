use v5.36;
use utf8;
use Fcntl;
use File::Path;
use Tuanbo::Test;
use Tuanbo::Test::Programs;
use Tuanbo::Test::Storefront;

binmode Test::More->builder->$_, ':utf8'
    for qw(output failure_output todo_output);

# The schema of a store: stores of builds before are raised when nobody else
# has them open, and only then; what is new is refused until then; a store of
# a newer build is refused with words; and tuanbo-store does it from outside.

my $root = Tuanbo::Test::root();
my $tool = program('tuanbo-store');
my $t = Tuanbo::Test->new->start;
my $store = $t->store_path;
my @owner = (stat $store)[4, 5];

# nothing else is a warning, or worse
$t->expect_log(qr/folding \d+ entries|index-\d+.data\.mdb is missing|is not the one that was here/);


# Exit code and what it prints.
sub tool (@arguments) {
    my $said = `$tool @arguments 2>&1`;
    return ($? >> 8, $said);
}


sub schema_is ($number, $open, $name) {
    local $Test::Builder::Level = $Test::Builder::Level + 1;
    my ($status, $said) = tool('schema', $store);

    is("$status $said", "0 store $number\nprogram 3\nopen $open\n", $name);
}


sub unpack_store ($name) {
    File::Path::remove_tree("$store/log", glob("$store/index-*"));
    unlink "$store/mark";
    is(system('tar', '-C', $store, '-xzf', "$root/t/stores/$name.tar.gz"), 0,
        "$name: unpacked");
    give_back();
}


# What root's tools have made belongs to the workers.
sub give_back { chown @owner, map { "$store/$_" } qw(log log/data.mdb
    log/lock.mdb mark) }


# A process that has the log open: LMDB's own, which waits to be read.
sub somebody {
    pipe my $read, my $write or die $!;
    fcntl $write, 1031, 4096;       # F_SETPIPE_SZ
    my $pid = fork // die $!;

    if ($pid == 0) {
        open STDOUT, '>&', $write or POSIX::_exit(1);
        { exec 'mdb_dump', '-a', "$store/log" }
        POSIX::_exit(1);
    }
    close $write;
    sysread $read, my $beginning, 1;
    give_back();

    return [$pid, $read];
}


sub gone ($somebody) {
    my ($pid, $read) = @$somebody;

    kill KILL => $pid;
    waitpid $pid, 0;
}


sub log_since ($from) { substr $t->log_text, $from }


sub sells ($name) {
    my $res;

    wait_until { $res = $t->hold("u-$name-" . $t->new_key, 'grape', 1);
        ($res->code // 0) == 201 };
    return is($res->code, 201, $name);
}


sub set_schema ($number) {
    open my $load, '|-', 'mdb_load', '-T', '-s', 'meta', "$store/log" or die $!;
    print {$load} "schema\n\\0$number\\00\\00\\00\n";
    close $load or die 'mdb_load';
    give_back();
}


# What programs of before know, with the fields that they know: they render each
# line anew to check its hash.
sub all_of_before ($name) {
    my $from = ($t->ledger)[-1]{seq};
    my @order = map { $t->held("o$_-$name", 'grape', 2) } 1 .. 3;
    my %field;

    is($t->confirm($_)->code, 200, "$name: paid") for @order;
    is($t->order($_->{id}, 'ready')->json->{state}, 'ready',
        "$name: goods are there") for @order[0, 1];
    is($t->order($order[0]{id}, 'picked-up')->json->{state}, 'picked_up',
        "$name: collected");
    my $res = $t->call(POST => "/orders/$order[2]{id}/refund",
        role => 'orders', key => $t->new_key, json => { reason => 'cancelled',
        restock => true, lines => [{ sale => 'grape', qty => 1 }] });
    is($res->json->{owed_fen}, 100, "$name: owed back");
    is($t->order($order[2]{id}, 'refunded', refund => "r-$name",
        owed => $res->json->{debts}[0]{owed}, amount_fen => 100)->code, 200,
        "$name: and back");
    is($t->call(DELETE => '/api/holds/' . $t->held("g-$name", 'grape', 1)->{id},
        user => "g-$name")->code, 200, "$name: given back");

    for my $entry ($t->ledger($from)) {
        $field{$entry->{type}}{$_} = 1 for keys %$entry;
    }
    my @first = qw(at hash hold seq type);
    is_deeply([map { join ' ', $_, sort keys $field{$_}->%* } sort keys %field],
        ['held ' . join(' ', sort @first, qw(buyer expires_at price_fen qty sale)),
        'owed ' . join(' ', sort @first, qw(amount_fen due_at key payment qty
            reason sale)),
        'picked_up ' . join(' ', @first), 'ready ' . join(' ', @first),
        'refunded ' . join(' ', sort @first, qw(amount_fen owed payment refund
            sale)),
        'released ' . join(' ', sort @first, qw(qty sale)),
        'restocked ' . join(' ', sort @first, qw(qty sale)),
        'sold ' . join(' ', sort @first, qw(amount_fen payment qty sale))],
        "$name: in the words of before");
}


sub with_cancel ($id, $at = $t) {
    return $at->call(PUT => "/admin/sales/$id", role => 'admin',
        key => $at->new_key, json => { price_fen => 1, stock => 1, cancel_ms => 60_000 });
}


# ---- a store of this build
$t->define_sale('grape', stock => 50);
sells('it sells');
schema_is(3, 'yes', 'a new store has the present number');
is_deeply([tool('raise', $store)], [0, "store 3\nprogram 3\nopen yes\n"],
    'it needs no raising');
$t->stop;
schema_is(3, 'no', 'and nobody is there');

my @stores = map { m{([^/]*)\.tar\.gz} } glob "$root/t/stores/*.tar.gz";
cmp_ok(@stores, '>=', 3, 'stores of builds before');

for my $name (@stores) {
    my ($from, $there, $status, $said, $seq);

    # what it lacks is in no request of the test's
    if ($name eq 'before-givings') {
        unpack_store($name);
        schema_is(2, 'no', "$name: is of the second");
        $from = length $t->log_text;
        $t->start;
        sells("$name: sells");
        is((() = log_since($from) =~ /schema is raised from 2 to 3/g), 1,
            "$name: raised, once");
        schema_is(3, 'yes', "$name: it has the present number");
        $t->audit_ok("$name: the audit agrees");
        $t->chain_ok("$name: the chain goes on");
        $t->stop;
        next;
    }

    # ---- somebody is there: it sells, as it was
    unpack_store($name);
    schema_is(1, 'no', "$name: is of the first");
    $there = somebody();
    schema_is(1, 'yes', "$name: somebody has it open");
    give_back();

    $from = length $t->log_text;
    $t->start;
    sells("$name: sells with somebody there");
    eventually { log_since($from) =~ /\[warn\].* its schema is 1, and this program's 3: what needs that is refused/ }
        "$name: and says what it does not do";
    unlike(log_since($from), qr/raised/, "$name: it is not raised");
    $t->expect_log(qr/its schema is 1, and this program's 3/);

    all_of_before($name);
    $seq = ($t->ledger)[-1]{seq};
    $t->answers(with_cancel("pear-$name"), 503, 'old_schema',
        "$name: what is new is refused");
    ok(with_cancel("pear-$name")->headers->header('Retry-After'),
        "$name: for now");
    is(($t->ledger)[-1]{seq}, $seq, "$name: and writes nothing");
    $t->audit_ok("$name: the audit agrees");

    # also for who comes later, and when only its own processes are there
    $t->reload;
    gone($there);
    $t->kill9_worker;
    sells("$name: sells");
    schema_is(1, 'yes', "$name: another worker raises nothing");
    is_deeply([tool('raise', $store)], [1, 'tuanbo-store: somebody has the '
        . "store $store open: stop each nginx that serves it\n"],
        "$name: the tool is refused");
    $t->stop;
    schema_is(1, 'no', "$name: it is as it was");

    # ---- nobody is: raised by who opens it, or by the tool
    if ($name ne 'before-debts') {
        $from = length $t->log_text;
        $t->start;
        sells("$name: sells with nobody there");
        is((() = log_since($from) =~ /\[notice\].* store \Q$store\E: its schema is raised from 1 to 3/g),
            1, "$name: raised, once");
    } else {
        ($status, $said) = tool('raise', $store);
        is("$status $said", "0 tuanbo-store: store $store: its schema is "
            . "raised from 1 to 3: programs of before do not open it any more"
            . "\nstore 3\nprogram 3\nopen no\n", "$name: raised by the tool");
        is_deeply([grep { ((stat)[4] // -1) != $owner[0] }
            map { "$store/$_" } qw(log/data.mdb log/lock.mdb mark)], [],
            "$name: all is its owner's still");
        $from = length $t->log_text;
        $t->start;
        sells("$name: sells");
        unlike(log_since($from), qr/raised/, "$name: once is enough");
    }

    schema_is(3, 'yes', "$name: it has the present number");
    is(with_cancel("pear-$name")->code, 201, "$name: what is new is taken");
    $t->audit_ok("$name: the audit agrees");
    $t->chain_ok("$name: the chain goes on");
    $t->stop;
}

# ---- of a newer program: nginx serves, the shop is closed, and opens again
set_schema(4);
schema_is(4, 'no', 'a store of a newer build');
is_deeply([tool('raise', $store)], [2, "tuanbo-store: the store $store has "
    . "schema 4, this program knows 1 to 3: run a program that knows it, or put"
    . " a backup in its place\n"], 'the tool does not lower it');

my $shop = Tuanbo::Test::Storefront->storefront(store_path => $store);
$shop->expect_log(qr/has schema 4, this program knows 1 to 3/);
$shop->start;
eventually { $shop->log_text =~ /\[error\].* the store "\Q$store\E" cannot be opened: the store \S+ has schema 4, this program knows 1 to 3/ }
    'the log says which store, which number, and which ones are known';
$shop->answers(with_cancel('kiwi', $shop), 503, 'not_ready', 'no commands');
my $buyer = Tuanbo::Test::Storefront->buyer($shop)->get('/s/grape');
is($buyer->res->code, 503, 'the shop');
like($buyer->text, qr/忙不过来/, 'says so in words');

set_schema(3);
eventually { $buyer->get('/s/grape')->res->code == 200 }
    'put right, it opens by itself';

# ---- how the tool is called
my ($status, $said) = tool('--help');
is($status, 0, '--help');
like($said, qr/^Usage:\n\n(?:    tuanbo-store .*\n)*    tuanbo-store schema PATH\n/m, 'says how');
for my $wrong ('', 'bogus', 'schema', "raise $store x", "lower $store") {
    ($status, $said) = tool($wrong);
    is($status, 2, "tuanbo-store $wrong");
    like($said, qr/\Atuanbo-store: .*; see tuanbo-store --help\n\z/,
        'in one line');
}
my $none = $t->dir . '/none';
mkdir $none or die $!;
is_deeply([tool('raise', $none)],
    [2, "tuanbo-store: there is no store in $none\n"], 'no store');
is_deeply([glob "$none/*"], [], 'and none is made');
is_deeply([tool('schema', "$none/x")],
    [2, "tuanbo-store: $none/x: No such file or directory\n"], 'no place');

$t->finish;
