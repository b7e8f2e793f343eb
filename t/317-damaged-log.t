use v5.36;
use feature 'bitwise';
use Tuanbo::Test;
use File::Copy qw(copy);
use File::Path qw(remove_tree);
use Time::HiRes qw(stat);

# Pages of the log are zeroed or filled with garbage, each by itself: nginx
# serves its other sites, the same workers; the store answers, or is closed.

my $t = Tuanbo::Test->new(level => 'notice', workers => 1, locations => join ' ',
    'location /api/ { flashsale_api; }',
    'location = /ledger { flashsale_ledger; }',
    'location /admin/ { flashsale_admin; }',
    'location = /other { return 200 "another site"; }');
my $log = $t->store_path . '/log/data.mdb';
my $page = 4096;

$t->expect_log(qr/\[(?:error|warn)\].* flashsale: /);
$t->expect_log(qr/\[alert\].*(?:the audit found|cannot be rendered|failed)/);
$t->expect_log(qr/\[alert\].*exited on signal|Assertion/);
$t->expect_log(qr/\[notice\]|^(?!\d{4}\/)/);
$t->start;
$t->define_sale('grape', stock => 100_000);
$t->define_sale("pear-$_", stock => 10) for 1 .. 40;
$t->many([map { $t->hold_call("n-$_", 'grape', 1) } 1 .. 300]);
ok($t->stop, 'a small store');

sub contents ($path) {
    open my $file, '<:raw', $path or die "$path: $!";
    local $/;
    return <$file>;
}

# in its place, as a damaged disk does it: the same file
sub spoil ($n, $bytes) {
    open my $file, '+<:raw', $log or die $!;
    sysseek $file, $n * $page, 0;
    syswrite $file, $bytes;
    close $file;
}

my $good = contents($log);
my ($last) = sort { $b <=> $a }
    map { unpack 'Q<', substr $good, $_ * $page + 136, 8 } 0, 1;
cmp_ok($last, '>', 20, "with $last pages");

srand 7;
my %how = (
    zero => sub { "\0" x $page },
    garbage => sub { join '', map { chr int rand 256 } 1 .. $page },
    # what LMDB looks at is right, what it believes then is not
    flipped => sub ($n) {
        my $bytes = substr $good, $n * $page, $page;
        substr($bytes, 10, 400) ^.= join '', map { chr int rand 256 } 1 .. 400;
        return $bytes;
    },
);

# Everything is tried that looks at the log, at once.
sub ask {
    my %codes;          # and which it was that had none, or 500
    my $note = '/admin/documents/note/n-' . int(rand 100);

    my @asked = (
        $t->hold_call('x-' . rand, 'grape', 1),
        $t->hold_call('y-' . rand, 'pear-7', 1),
        [GET => '/api/sales'], [GET => '/api/sales/pear-3'],
        [GET => '/ledger?limit=1000', role => 'ledger'],
        [PUT => $note, role => 'admin', key => $t->new_key,
            json => { text => 'x' x int rand 3000 }]);
    my @answers = $t->many(\@asked);
    for my $i (0 .. $#asked) {
        my $code = $answers[$i]->code // 0;
        $codes{$code}++;
        my $why = ($answers[$i]->error // {})->{message} // '';
        push $codes{which}->@*, "$asked[$i][0] $asked[$i][1] $why"
            if $code == 0 || $code == 500;
    }

    # what it finds is told as a 500
    my $audit = $t->get('/admin/audit', role => 'admin')->code // 0;
    $codes{ $audit == 500 ? 'audit' : $audit }++;
    return \%codes;
}

# since the last time
my $crashed = 0;
sub crashes {
    my $n = () = $t->log_text =~ /exited on signal/g;
    my $new = $n - $crashed;
    $crashed = $n;
    return $new;
}

# all of them: TUANBO_ALL_PAGES=1; some: TUANBO_PAGES="8 12"
my @pages = $ENV{TUANBO_PAGES} ? split / /, $ENV{TUANBO_PAGES}
    : grep { $ENV{TUANBO_ALL_PAGES} || $_ < 2 || rand() < 0.06 }
    0 .. $last;

# ---- found at the start
my ($other, $bad, $closed) = (0, 0, 0);
for my $how (sort keys %how) {
    for my $n (@pages) {
        spoil($n, $how{$how}->($n));
        $t->start;
        my $codes = ask();
        my $res = $t->get('/other');
        $res = $t->get('/other') if ($res->code // 0) != 200;
        $other++ if ($res->code // 0) == 200;
        $closed++ if $codes->{503};
        my $died = crashes();
        # what is flipped may be believed, and say anything
        if (($res->code // 0) != 200 || $died || $codes->{0}
            || ($codes->{500} && $how ne 'flipped'))
        {
            $bad++;
            diag("page $n, $how: ", encode_json($codes), " died: $died");
        }
        $t->stop;
        spoil(0, $good);
    }
}
is($other, 3 * @pages, 'the other site is there, each time');
is($bad, 0, 'no worker has died of it, no request went without an answer');
cmp_ok($closed, '>', 1, "the store was closed $closed times");

# ---- met by those that run
my $died = 0;
($other, $bad, $closed) = (0, 0, 0);
for my $how (sort keys %how) {
    for my $n (@pages) {
        $t->start;
        spoil($n, $how{$how}->($n));
        my $codes = ask();
        eventually { ($t->get('/other')->code // 0) == 200 }
            "page $n, $how: the other site is there";
        my $new = crashes();
        $died += $new;
        $closed++ if $codes->{503};
        # all but a zeroed one may be believed when it is read, and say anything
        if ($new || $codes->{0} || ($codes->{500} && $how eq 'zero')) {
            $bad++;
            diag("page $n, $how: ", encode_json($codes), " died: $new");
        }
        $t->stop;
        spoil(0, $good);
    }
}
is($bad, 0, 'all requests had an answer');
is($died, 0, 'no worker has died');
cmp_ok($closed, '>', 0, "the store was closed $closed times");

# ---- and while they make an index anew
$bad = 0;
for my $n (2 .. 5) {
    remove_tree(glob $t->store_path . '/index-*');
    $t->start;
    spoil($n, $how{zero}->());
    my $codes = ask();
    if (crashes() || $codes->{0} || $codes->{500}) {
        $bad++;
        diag("page $n, no index: ", encode_json($codes));
    }
    $t->stop;
    spoil(0, $good);
}
is($bad, 0, 'without an index, too');

# ---- cut short, as `cp` does it with what it writes over
for my $pages (0, 1, $last / 2) {
    $t->start;
    $t->hold('w-' . rand, 'grape', 1);
    truncate $log, $page * int $pages or die $!;
    my $codes = ask();
    ask();
    ok(!$codes->{0}, "cut to $pages pages: all requests had an answer")
        or diag(encode_json($codes));
    is($t->get('/other')->code, 200, 'the other site is there');
    is(crashes(), 0, 'no worker has died');
    $t->stop;
    spoil(0, $good);
}

# ---- a repaired file: by itself; another one: after a reload
# a log that is put back begins a life with its first start: an entry more, and
# with it other pages
$t->start;
is($t->hold('u-' . rand, 'grape', 1)->code, 201, 'the file is good again');
$t->stop;
$good = contents($log);
$t->start;
my ($newest) = sort { $b->[0] <=> $a->[0] } map { [
    unpack('Q<', substr $good, $_ * $page + 144, 8),
    unpack('Q<', substr $good, $_ * $page + 128, 8)] } 0, 1;
spoil($newest->[1], "\0" x $page);
$t->many([map { $t->hold_call("z-$_", 'grape', 1) } 1 .. 4]);
eventually { $t->get('/ledger', role => 'ledger');
    ($t->hold('u-' . rand, 'grape', 1)->code // 0) == 503 } 'it is closed';
my @lines = grep { /\[error\].*log\/data.mdb .*nothing is taken/ }
    split /\n/, $t->log_text;
like($lines[-1], qr/is damaged.*put a backup in its place, and reload/,
    'the log says so, and what to do');
$t->stop;
$t->start;
is($t->hold('u-' . rand, 'grape', 1)->code, 503, 'after a restart, too');
spoil(0, $good);
eventually { ($t->hold('u-' . rand, 'grape', 1)->code // 0) == 201 }
    'with a good file it sells, without a restart';
$t->audit_ok;

# ---- the file goes away, and another comes, while it sells
my $aside = "$log.aside";
my @pids = $t->worker_pids;
rename $log, $aside or die $!;
eventually { ($t->hold('u-' . rand, 'grape', 1)->code // 0) == 503 }
    'without its file nothing is acknowledged';
like($t->log_text, qr/log\/data.mdb is missing: nothing is taken/,
    'the log says so');
my $before = $t->sale('grape')->{held};
rename $aside, $log or die $!;
eventually { ($t->hold('bob', 'grape', 1, key => 'bob')->code // 0) =~ /^20/ }
    'the file is back, and it sells';
rename $log, $aside or die $!;
copy($aside, $log) or die $!;
chmod 0600, $log;
chown +(stat $aside)[4, 5], $log;
eventually { ($t->hold('u-' . rand, 'grape', 1)->code // 0) == 503 }
    'nor with another one in its place';
is_deeply([$t->worker_pids], \@pids, 'nobody has died');
rename $aside, $log or die $!;
eventually { ($t->hold('cid', 'grape', 1, key => 'cid')->code // 0) =~ /^20/ }
    'the first one is back';
$t->audit_ok;
$t->finish;
