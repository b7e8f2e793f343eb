use v5.36;
use File::Find ();
use Tuanbo::Test;
use Tuanbo::Test::Faults;
use Tuanbo::Test::Load;
use Tuanbo::Test::Programs;

# tuanbo-store backup, check, restore: copies while buyers take units, killed
# and on a full disk; what was told before is in them; put back, a new life.

my $tool = program('tuanbo-store');
my $t = Tuanbo::Test->new(http => 'flashsale_live_holds 1000;');
my $faults = Tuanbo::Test::Faults->new($t);
my %preload = (delete $t->{env})->%*;   # for the tool; the shop's disk is good

$t->start;

my $store = $t->store_path;
my $dir = $t->dir . '/log/backups';     # the faults are a log's, by its path
my $said_at = $t->dir . '/said';
my @owner = (stat $store)[4, 5];

mkdir $t->dir . '/log' or die $!;
$t->expect_log(qr/folding \d+ entries|index-\d+.data\.mdb is missing/);
$t->expect_log(qr/is not the one that was here/);


# Exit code and what it prints.
sub tool (@arguments) {
    my $said = `$tool @arguments 2>&1`;
    return ($? >> 8, $said);
}


# The same without waiting, on a disk that fails: its pid.
sub begin (@arguments) {
    my $pid = fork // die $!;

    if ($pid == 0) {
        local %ENV = (%ENV, %preload);
        open STDOUT, '>', $said_at and open STDERR, '>&', \*STDOUT
            and exec $tool, @arguments;
        POSIX::_exit(99);
    }
    return $pid;
}


sub end ($pid) {
    waitpid $pid, 0;
    return ($? >> 8, Tuanbo::Test::slurp($said_at));
}


sub backups { sort glob "$dir/2*" }


sub put ($path, $at, $bytes) {
    open my $file, '+<:raw', $path or die "$path: $!";
    seek $file, $at, 0;
    print {$file} $bytes;
    close $file or die $!;
}


sub all_owners ($top) {
    my @strangers;

    File::Find::find({ no_chdir => 1, wanted => sub {
        my ($mode, $uid) = (stat $_)[2, 4];
        push @strangers, $_ if $uid != $owner[0] || $mode & 0077;
    } }, $top);
    is("@strangers", '', "all in $top is the store's owner's alone");
}


# ---- while it sells
$t->define_sale('grape', price_fen => 100, stock => 1_000_000);
$t->call(POST => '/api/contact', user => 'ann', json => { name => 'Ann',
    digits => '1234', consent => [] });

my $load = Tuanbo::Test::Load->new($t, prefix => 'rush', retries => 5,
    least => 200);
my ($pid, %before);
$load->run(1.5,
    [0.5 => sub {
        %before = $load->{holds}->%*;
        $pid = begin('backup', $store, $dir);
    }],
    [0.5 => sub { }, sub { waitpid($pid, POSIX::WNOHANG()) == $pid }]);

my ($first) = backups();
like(Tuanbo::Test::slurp($said_at), qr/\A\Q$first\E: (\d+) entries, the last one of \S+Z, hash [0-9a-f]{64}, the units of 1 sales add up\n\z/,
    'a backup while it sells, checked');
cmp_ok(scalar keys %before, '>', 10, keys(%before) . ' holds before it');
cmp_ok($load->{answered}, '>', keys %before, 'and more while it was taken');
is($load->{codes}{201}, $load->{answered}, 'nobody was told anything else');

my %of = map { $_->{hold} => $_->{seq} } $t->entries('held');
my ($last) = $first =~ /-(\d+)\z/;
is(scalar(grep { $of{$_} > $last } values %before), 0,
    'what was told before the backup began is in it');
my @lost = grep { $of{ $load->{holds}{$_} } > $last } keys $load->{holds}->%*;
cmp_ok(scalar @lost, '>', 0, @lost . ' holds are not');
all_owners($dir);
my ($ino, $size, $blocks) = (stat "$first/data.mdb")[1, 7, 12];
cmp_ok($size, '<', -s "$store/log/data.mdb", 'it ends where the log is used');

my ($line) = map { decode_json($_) } grep { /"seq":$last,/ } $t->ledger_lines;
is_deeply([Tuanbo::Test::slurp("$first/manifest")
    =~ /\Aformat 1\nschema 3\nepoch 00000000\nlives 0\nfirst 1\nlast (\d+)\nat \S+Z\nhash (\w+)\nbytes (\d+)\nsha256 (\w+)\ntaken \S+Z\n\z/],
    [$last, $line->{hash}, $size, `sha256sum $first/data.mdb` =~ /^(\w+)/],
    'its manifest says what it is');

# ---- check: of both, and while it sells
my $ok = qr/\Aok: \S+: \d+ entries, the last one of \S+Z, hash [0-9a-f]{64}, the units of 1 sales add up/;
my ($status, $said) = tool('check', $first);
is($status, 0, 'the backup is right');
like($said, qr/$ok, as its manifest says\n\z/, 'which is said');
$load = Tuanbo::Test::Load->new($t, prefix => 'more', retries => 5);
$load->run(0.5, [0.1 => sub { $pid = begin('check', $store) }],
    [0.1 => sub { }, sub { waitpid($pid, POSIX::WNOHANG()) == $pid }]);
like(Tuanbo::Test::slurp($said_at), qr/$ok\n\z/, 'so is the store in use');
is($load->{codes}{201}, $load->{answered}, 'which sells');

# ---- killed before its sync, and in it; a disk that fails, and is full
sub whole ($name) {
    my @backups = backups();

    is("@backups", $first, "$name: the last good one is there, and no other");
    is((tool('check', $first))[0], 0, "$name: and is right");
}

$faults->set(stuck => 1);
$pid = begin('backup', $store, $dir);
eventually { -s "$dir/.unfinished/data.mdb" } 'a backup that waits for its disk';
is_deeply([tool('backup', $store, $dir)], [2, "tuanbo-store: $dir: another "
    . "tuanbo-store is at work there: wait until it has ended\n"],
    'another one is refused meanwhile');
kill KILL => $pid;
waitpid $pid, 0;
$faults->set(stuck => 0);
whole('killed');

for my $fault ([sync => 'Input/output error'],
    [space => 'No space left on device'])
{
    my ($field, $words) = @$fault;

    $faults->set($field => -1);
    is_deeply([end(begin('backup', $store, $dir))], [2, "tuanbo-store: "
        . "$dir/.unfinished/data.mdb cannot be written: $words\n"],
        "$field: said");
    $faults->set($field => 0);
    whole($field);
}

# ---- only so many
for my $n (1 .. 3) {
    $t->held("keep-$n", 'grape', 1);
    is((tool('backup', '--keep', 2, $store, $dir))[0], 0, "backup $n");
}
is(scalar(my @kept = backups()), 2, 'with --keep the oldest go');
ok(!-e $first, 'the first, too');
is_deeply([glob "$dir/.u*"], [], 'and nothing is left of those that failed');
($first) = @kept;
($last) = $first =~ /-(\d+)\z/;
my @common = grep { $_->{seq} <= $last } $t->ledger;
my $lost = $t->held('lost', 'grape', 1);

# ---- restore: not while anybody is there
is_deeply([tool('restore', $first, $store)], [1, "tuanbo-store: somebody has "
    . "the store $store open: stop each nginx that serves it, and "
    . "tuanbo-office fold\n"], 'with nginx there it is refused');
is($t->hold('on', 'grape', 1)->code, 201, 'which sells on');
$t->stop;

# ---- nor of a backup that is not what was written
my $log = "$store/log/data.mdb";
my $was = (stat $log)[1];
sub unchanged ($status, $words, $name) {
    my ($code, $said) = tool('restore', $first, $store);

    is($code, $status, $name);
    like($said, $words, "$name: said");
    is((stat $log)[1], $was, "$name: nothing has changed");
    is_deeply([glob "$store/restoring*"], [], "$name: nothing is left");
}

open my $data, '<:raw', "$first/data.mdb" or die $!;
my $good = do { local $/; <$data> };
for my $page (2 .. length($good) / 4096 - 1) {
    next if substr($good, 4096 * $page, 4096) !~ /[^\0]/;
    put("$first/data.mdb", 4096 * $page, "\xff" x 4096);
    ($status, $said) = tool('check', $first);
    $status == 1 or fail("page $page damaged: $status $said");
    unchanged(1, qr/: nothing has changed$/, "page $page") if $page < 6;
    put("$first/data.mdb", 0, $good);
}
put("$first/data.mdb", 4096, "\0" x 4096);
unchanged(1, qr/is damaged/, 'a meta page');
put("$first/data.mdb", 0, $good);
put("$first/data.mdb", 8190, 'X');
unchanged(1, qr/data\.mdb is not what was written|is damaged/, 'one byte');
put("$first/data.mdb", 0, $good);
my $manifest = Tuanbo::Test::slurp("$first/manifest");
put("$first/manifest", 0, $manifest =~ s/^last \d/last x/mr);
($status, $said) = tool('check', $first);
is("$status $said", "1 tuanbo-store: $first/manifest is damaged, or no manifest\n",
    'a manifest that is none');
put("$first/manifest", 0, $manifest);

# ---- a full disk
$faults->set(space => -1);
is_deeply([end(begin('restore', $first, $store))], [2, "tuanbo-store: "
    . "$store/restoring/data.mdb cannot be written: No space left on device: "
    . "nothing has changed\n"], 'a full disk');
$faults->set(space => 0);
is((stat $log)[1], $was, 'nothing has changed');

# ---- put back
($status, $said) = tool('restore', $first, $store);
is($status, 0, 'restored');
like($said, qr/\A\Q$store\E: $last entries, .*\nthe log of before is (\S+)\na new life begins with the next start; contacts and comments are as they were\n\z/,
    'which is said');
my ($aside) = $said =~ /before is (\S+)/;
like($aside, qr/\A\Q$log\E\.\d{8}T\d{6}Z\z/, 'the log of before has its time');
is((stat $aside)[1], $was, 'and is there');
is_deeply([glob "$store/index-* $store/restoring*"], [], 'no index is');
unlike(Tuanbo::Test::slurp("$store/mark"), qr/[^\0]/,
    'nor known any more which log was there');
all_owners($store);
$t->start;
my @new;
eventually { @new = $t->ledger; grep { $_->{type} eq 'life' } @new }
    'a new life begins';
is_deeply([@new[0 .. $#common]], \@common, 'after what the backup has');
isnt((grep { $_->{type} eq 'life' } @new)[0]{epoch}, '00000000', 'its epoch');
my ($user, $id) = %before;
eventually { ($t->get("/api/holds/$id", user => $user)->code // 0) == 200 }
    'a hold of before is there, by its id';
$t->answers($t->get("/api/holds/$lost->{id}", user => 'lost'), 404,
    'other_life', 'one of after is not');
is($t->get('/api/me', user => 'ann')->json->{contact}{name}, 'Ann',
    'contacts are as they were');
is($t->hold('new', 'grape', 1)->code, 201, 'it sells');
$t->audit_ok;
$t->chain_ok;

# ---- onto a machine that has nothing; and one made by LMDB's own copy
$t->stop;
my $other = $t->dir . '/other';
if ($> == 0) {
    ($status, $said) = tool('restore', $kept[1], $other);
    is($status, 2, 'root has to say whose it is');
    like($said, qr/say whose by --user$/, 'which is said');
}
my ($name) = getpwuid $owner[0];
is((tool('restore', '--user', $name, $kept[1], $other))[0], 0,
    'a store that was not there');
all_owners($other);
unlink "$kept[1]/manifest" or die $!;
like((tool('check', $kept[1]))[1], qr/; it has no manifest\n\z/,
    'a copy without a manifest');
is((tool('restore', $kept[1], $other))[0], 0, 'will do');
$t->start(store_path => $other);
is($t->hold('there', 'grape', 1)->code, 201, 'it sells there');
is((grep { $_->{type} eq 'life' } $t->ledger), 1, 'in another life');
$t->audit_ok;
$t->stop;

# ---- where there is nothing
for my $wrong (['backup', $t->dir, $dir], ['segments', $t->dir, $dir],
    ['check', $t->dir], ['restore', $t->dir, $store])
{
    ($status, $said) = tool(@$wrong);
    is($status, 2, "$wrong->[0]: nothing there");
    like($said, qr/\Atuanbo-store: .*\Q${\ $t->dir}\E.*\n\z/, 'in one line');
}

$t->finish;
