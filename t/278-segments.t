use v5.36;
use Tuanbo::Test;
use Tuanbo::Test::Faults;
use Tuanbo::Test::Load;
use Tuanbo::Test::Programs;

# tuanbo-store segments: each run adds a file of lines, while it sells; they
# are the feed's, go on over a new life, and refuse another history.

my $tool = program('tuanbo-store');
my $t = Tuanbo::Test->new(http => 'flashsale_live_holds 1000;');
my $faults = Tuanbo::Test::Faults->new($t);
my %preload = (delete $t->{env})->%*;

$t->start;
$t->expect_log(qr/folding \d+ entries|index-\d+.data\.mdb is missing/);
$t->expect_log(qr/is not the one that was here/);

my $store = $t->store_path;
my $dir = $t->dir . '/log/segments';        # the faults are a log's
my $root = Tuanbo::Test::root();

mkdir $t->dir . '/log' or die $!;


sub tool (@arguments) {
    my $said = `$tool @arguments 2>&1`;
    return ($? >> 8, $said);
}


sub begin (@arguments) {
    my $pid = fork // die $!;

    if ($pid == 0) {
        local %ENV = (%ENV, %preload);
        open STDOUT, '>', '/dev/null' and exec $tool, @arguments;
        POSIX::_exit(99);
    }
    return $pid;
}


sub files ($where = $dir) {
    my @files = sort glob "$where/*.ndjson";

    return @files;
}


sub lines ($where = $dir) { join '', map { Tuanbo::Test::slurp($_) } files($where) }


sub as_the_feed ($name, $where = $dir) {
    my $text = lines($where);
    my $n = () = $text =~ /\n/g;

    ok($text eq join('', map { "$_\n" } ($t->ledger_lines)[0 .. $n - 1]),
        "$name: they are the feed's lines");
    like(`cat $where/*.ndjson | $^X $root/conf/bin/tuanbo-check-ledger 2>&1`,
        qr/\Aok: $n entries, seq 1 to $n,/, "$name: which hold");
    return $n;
}


# ---- from the beginning, on, and nothing new
$t->define_sale('grape', stock => 1_000_000);
$t->held("a-$_", 'grape', 1) for 1 .. 20;
my ($status, $said) = tool('segments', $store, $dir);
is($status, 0, 'the first ones');
like($said, qr/\A\Q$dir\E\/000000000001-0{9,10}\d{2,3}\.ndjson: \d+ entries\n\z/,
    'and their file');
my $n = as_the_feed('the first');
is_deeply([tool('segments', $store, $dir)],
    [0, "$dir: nothing since entry $n\n"], 'nothing since');
is(scalar(files()), 1, 'makes no file');

# ---- while it sells
my @pids;
my $load = Tuanbo::Test::Load->new($t, retries => 5, least => 200);
$load->run(1.5, map { my $at = $_; ([$at => sub {
        push @pids, begin('segments', $store, $dir) }],
    [$at => sub { }, sub { waitpid($pids[-1], POSIX::WNOHANG()) == $pids[-1] }])
    } 0.3, 0.7, 1.1);
is($load->{codes}{201}, $load->{answered}, 'while it sells');
cmp_ok(scalar(files()), '>=', 3, 'some files more');
$n = as_the_feed('some');

# ---- killed, and on a full disk: nothing with a name, and then it goes on
my @before = files();
$t->held('x', 'grape', 1);
my $ours = "$dir/.unfinished.ndjson";
for my $round (1 .. 20) {
    my $pid = begin('segments', $store, $dir);
    sleep 0.002 * $round;
    kill KILL => $pid;
    waitpid $pid, 0;
    last if files() > @before;
}
is_deeply([grep { !/^\{"seq":\d+,.*"\}$/ } split /\n/, lines()], [],
    'a killed one has left no half line under a name');
tool('segments', $store, $dir);
$n = as_the_feed('after kills');

# ---- stopped: all that is there
$t->held('y', 'grape', 1);
$t->stop;
is((tool('segments', $store, $dir))[0], 0, 'nobody is there');
$t->start;
cmp_ok(as_the_feed('stopped'), '>', $n, 'up to the end');

# ---- a backup put back at the very end of them goes on
my $backups = $t->dir . '/backups';
$t->stop;
is((tool('segments', $store, $dir))[0], 0, 'all');
is((tool('backup', $store, $backups))[0], 0, 'a backup of the same');
my ($backup) = glob "$backups/2*";
is((tool('restore', $backup, $store))[0], 0, 'put back');
$t->start;
eventually { grep { $_->{type} eq 'life' } $t->ledger } 'a new life';
is((tool('segments', $store, $dir))[0], 0, 'the segments go on');
as_the_feed('over a new life');

# ---- of before: it is another history from there
$t->held('lost', 'grape', 1);
is((tool('segments', $store, $dir))[0], 0, 'of what will be lost');
@before = files();
my ($last) = $before[-1] =~ /-0*(\d+)\.ndjson/;
$t->stop;
is((tool('restore', $backup, $store))[0], 0, 'put back');
$t->start;
eventually { grep { $_->{type} eq 'life' } $t->ledger } 'a new life';
$t->held("z-$_", 'grape', 1) for 1 .. 10;
is_deeply([tool('segments', $store, $dir)], [1, "tuanbo-store: the ledger of "
    . "$store does not have entry $last as it is in the segments: it went on "
    . "from a backup, or is another one. Keep these, they say what was lost, "
    . "and begin another directory\n"], 'a fork is refused');
is_deeply([files()], \@before, 'and nothing is written');
is_deeply([glob "$dir/.u*[!n]"], [], 'nor left half');
my $next = $t->dir . '/next';
is((tool('segments', $store, $next))[0], 0, 'another directory');
as_the_feed('another directory', $next);

# ---- files that do not follow
sub refused ($name, $words) {
    my ($status, $said) = tool('segments', $store, $next);

    is($status, 1, $name);
    like($said, qr/\Atuanbo-store: \Q$next\E\/\d+-\d+\.ndjson $words: put back what was there, or begin another directory\n\z/,
        "$name: said");
}

$t->held('more', 'grape', 1);
is((tool('segments', $store, $next))[0], 0, 'a second file');
my @two = files($next);
rename $two[0], "$next/aside" or die $!;
refused('one is missing', qr/does not go on after entry 0/);
rename "$next/aside", $two[0] or die $!;
my $text = Tuanbo::Test::slurp($two[1]);
truncate $two[1], length($text) - 5 or die $!;
refused('the last one was cut', qr/does not end with entry \d+/);
open my $file, '>', $two[1] or die $!;
print {$file} $text =~ s/"hash":"\K[0-9a-f]/g/gr;
close $file or die $!;
refused('its hash is none', qr/does not end with entry \d+/);

$t->audit_ok;
$t->finish;
