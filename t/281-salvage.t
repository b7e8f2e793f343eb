use v5.36;
use feature 'bitwise';
use File::Path qw(make_path remove_tree);
use Tuanbo::Test;
use Tuanbo::Test::Programs;

# tuanbo-store salvage: each page of a log damaged, by itself, in three ways:
# all entries before the damage are in a new log, which is checked; what is
# behind it is told; and a shop goes on from it.

my $tool = program('tuanbo-store');
my $t = Tuanbo::Test->new(workers => 1)->start;
my $store = $t->store_path;
my $log = "$store/log/data.mdb";
my $dir = $t->dir . '/salvaged';
my $size = 4096;

$t->expect_log(qr/folding \d+ entries|index-\d+.data\.mdb is missing/);
$t->expect_log(qr/is not the one that was here/);


sub tool (@arguments) {
    my $said = `$tool @arguments 2>&1`;
    return ($? >> 8, $said, $? & 127);
}


sub contents ($path) {
    open my $file, '<:raw', $path or die "$path: $!";
    local $/;
    return <$file>;
}


# ---- a shop with all that a ledger has: orders, groups, gifts, waves, lives
$t->points(qw(east west));
$t->define_sale("pear-$_", stock => 10 + $_, title => "Pear $_",
    doc => { text => 'x' x (150 * $_) }) for 1 .. 30;
$t->define_sale('grape', stock => 100_000, price_fen => 100);
$t->define_sale('group', stock => 50, price_fen => 100, goal => 2);
$t->admin(PUT => '/sales/rain', json => { stock => 100, gives => {
    kind => 'packet', total_fen => 10_000, valid_ms => 86_400_000 } });
$t->many([map { $t->hold_call("n-$_", 'grape', 1 + $_ % 2) } 1 .. 400],
    parallel => 20);
for my $n (1 .. 10) {
    my $hold = $t->held("o-$n", [['grape', 1], ['group', 1]]);
    $t->confirm($hold);
    $t->order($hold->{id}, 'ready') if $n % 2;
}
is($t->hold("g-$_", 'rain', 1)->code, 201, "packet $_") for 1 .. 3;
$t->admin(POST => '/life', json => {});
$t->many([map { $t->hold_call("m-$_", 'grape', 1) } 1 .. 150],
    parallel => 20);
my $paid = $t->held('late', 'grape', 1);
is($t->confirm($paid)->json->{outcome}, 'sold', 'the last order');
$t->audit_ok;
my @lines = $t->ledger_lines;
my @entries = map { decode_json($_) } @lines;
$t->stop;

is((tool('backup', $store, $t->dir . '/backups'))[0], 0, 'a backup');
my ($lent) = glob $t->dir . '/backups/2*';
my $good = contents($log);
my ($last) = sort { $b <=> $a }
    map { unpack 'Q<', substr $good, $_ * $size + 136, 8 } 0, 1;
cmp_ok($last, '>', 40, "a log of $last pages, " . @lines . ' entries');

# which entries a page has, if it is a leaf of the ledger
sub entries_of ($page) {
    my ($n, $flags, $lower) = unpack 'Q< x2 S< S<', $page;
    my @seqs;

    return if $flags != 2;
    for my $i (0 .. ($lower - 16) / 2 - 1) {
        my $node = unpack 'S<', substr $page, 16 + 2 * $i, 2;
        my ($len, $more, $key) = unpack 'L< S< S<', substr $page, $node, 8;
        return if $len != 144 || $key != 8;
        push @seqs, unpack 'Q<', substr $page, $node + 8, 8;
    }
    return @seqs;
}

my (%pages_of, %lost_with);
for my $page (2 .. $last) {
    push $pages_of{$_}->@*, $page
        for entries_of(substr $good, $page * $size, $size);
}
for my $seq (sort { $b <=> $a } keys %pages_of) {
    $lost_with{ $pages_of{$seq}[0] } = $seq if $pages_of{$seq}->@* == 1;
}
cmp_ok(scalar keys %lost_with, '>', 15, keys(%lost_with)
    . ' pages have entries that no other has');

srand 11;
my %how = (
    zero => sub { "\0" x $size },
    garbage => sub { join '', map { chr int rand 256 } 1 .. $size },
    flipped => sub ($page) {
        my $bytes = substr $good, $page * $size, $size;
        substr($bytes, 10, 400) ^.= join '', map { chr int rand 256 } 1 .. 400;
        return $bytes;
    },
);

# all of them: TUANBO_ALL_PAGES=1; else some of each kind
my @all = grep { substr($good, $_ * $size, $size) =~ /[^\0]/ } 0 .. $last;
my ($ledger, $other) = (0, 0);
my @pages = grep { $ENV{TUANBO_ALL_PAGES} || $_ < 4
    || ($lost_with{$_} ? $ledger++ % 7 == 3 : $other++ % 9 == 4) } @all;


# The store with one page damaged, and what salvage makes of it.
sub salvage ($page, $bytes) {
    my $bad = $good;

    substr($bad, $page * $size, $size) = $bytes;
    open my $file, '>:raw', $log or die $!;
    print {$file} $bad;
    close $file or die $!;
    remove_tree($dir);
    my @said = tool('salvage', $store, $dir);
    my ($made) = glob "$dir/2*";
    return (@said, $made);
}


my ($saved, $all_there, $refused, @wrong, %kept) = (0, 0, 0);
for my $page (@pages) {
    for my $how (sort keys %how) {
        my ($status, $said, $signal, $made) = salvage($page,
            $how{$how}->($page));
        my $name = "page $page, $how: $status $signal $said";
        my @left = glob "$dir/.[su]*";

        push @wrong, "$name: a signal" if $signal;
        if ($status == 1) {
            # no names, no key, or the first entry
            $refused++;
            push @wrong, $name if $said !~ /put a backup in its place/
                || $made || ($lost_with{$page} // 1) > 1;
            next;
        }
        my ($n, $hash) = $said =~ /\A\S+: (\d+) entries, .* hash (\w+)/;
        push @wrong, "$name: @left" if $status || !$n || @left || !$made;
        next if !$n;
        push @wrong, "$name: not the ledger's"
            if $entries[$n - 1]{hash} ne $hash;
        my $first = $lost_with{$page};
        if ($first) {
            push @wrong, "$name: not all before $first" if $n != $first - 1;
            push @wrong, "$name: it had " . @lines
                if $said !~ /^the ledger had ${\ scalar @lines} entries$/m;
            $saved++;
            $kept{$page} //= $how;
        }
        else {
            $all_there++ if $n == @lines;
            push @wrong, $name if $n != @lines && $said !~ /names what has lost its name/;
        }
        my $behind = Tuanbo::Test::slurp("$made/behind.ndjson");
        my %line = map { $_ => 1 } @lines;
        push @wrong, "$name: behind it"
            if grep { !$line{$_} } split /\n/, $behind;
        my ($code) = tool('check', $made);
        push @wrong, "$name: check says $code" if $code;
    }
}
is("@wrong[0 .. ($#wrong > 5 ? 5 : $#wrong)]", '',
    'all that is before the damage is saved, or it is said why not');
cmp_ok($saved, '>', 5, "$saved times a page of the ledger");
cmp_ok($all_there, '>', 5, "$all_there times another one, and nothing is lost");
diag("$refused times nothing can be had") if $refused;

# ---- a byte of one entry, in a page that is whole; and the store is damaged
{
    my ($seq) = grep { $pages_of{$_}->@* == 1 && $_ > 100 } sort { $a <=> $b }
        keys %pages_of;
    my $page = $pages_of{$seq}[0];
    my $bytes = substr $good, $page * $size, $size;
    my $at = index $bytes, pack 'Q< C', $seq, 1;
    substr($bytes, $at + 16, 1) ^.= "\x01";
    my ($status, $said) = salvage($page, $bytes);

    is($status, 0, "a byte of entry $seq");
    like($said, qr/: ${\ ($seq - 1)} entries, .*^entry $seq does not hash to what it says$/ms,
        'is found by the chain');
    is((tool('check', $store))[0], 1, 'by check, too');
    is((tool('backup', $store, $t->dir . '/backups'))[0], 1,
        'and it is not backed up');
    is_deeply([glob $t->dir . '/backups/2*'], [$lent], 'the backup of before is there');
}

# ---- the page that leads to names and key: by those of a backup
my $asked = 0;
for my $page (grep { !$lost_with{$_} && $_ > 1 } @all) {
    my ($status, $said) = salvage($page, "\0" x $size);
    last if $asked == 2;
    next if $status != 1 || $said !~ /Say --names with a backup/;
    $asked++;
    ($status, $said) = tool('salvage', '--names', $lent, $store, $dir);
    is($status, 0, "page $page: with a backup's names");
    like($said, qr/: ${\ scalar @lines} entries, .*^names, texts and titles are those of \Q$lent\E$/ms,
        'all is there');
    is((tool('check', glob "$dir/2*"))[0], 0, 'and right');
}
cmp_ok($asked, '>', 0, "$asked such pages");

# ---- the newest meta page, a page in the middle
{
    my ($newest) = sort { $b->[0] <=> $a->[0] } map { [
        unpack('Q<', substr $good, $_ * $size + 144, 8), $_] } 0, 1;
    my ($status, $said) = salvage($newest->[1], "\0" x $size);
    is($status, 0, 'without the newest meta page');
    like($said, qr/: ${\ scalar @lines} entries/, 'all is there');

    my ($from) = sort { $a <=> $b } grep { $lost_with{$_} > 100 } keys %lost_with;
    my ($code, $words, $signal, $made) = salvage($from,
        ("\0" x $size) x 1);
    is($code, 0, 'a page in the middle');
    like($words, qr/^entry $lost_with{$from} is in no page that is whole$/m,
        'which entry is missing');
    like($words, qr/^(\d+) entries behind it can be read, the last one of \S+Z: behind\.ndjson has them/m,
        'and what is behind it');
    like(Tuanbo::Test::slurp("$made/behind.ndjson"), qr/^\Q$lines[-1]\E$/m,
        'the last order, too');

    # ---- not while it sells, and a shop goes on from it
    is((tool('restore', $made, $store))[0], 0, 'put in its place');
    $t->start;
    eventually { ($t->hold('again', 'grape', 1)->code // 0) == 201 } 'it sells';
    my @now = $t->ledger_lines;
    my $n = $lost_with{$from} - 1;
    is_deeply([@now[0 .. $n - 1]], [@lines[0 .. $n - 1]],
        'after all that was before the damage');
    is(decode_json($now[$n])->{type}, 'life', 'in a new life');
    is($t->get('/api/sales/pear-3')->json->{title}, 'Pear 3', 'titles are there');
    $t->answers($t->get("/api/holds/$paid->{id}", user => 'late'), 404,
        'other_life', 'an order behind it is of another life');
    $t->audit_ok;
    $t->chain_ok;
    is_deeply([(tool('salvage', $store, $dir))[0, 1]], [1, "tuanbo-store: "
        . "somebody has the store $store open, and sells: stop each nginx "
        . "that serves it\n"], 'of a shop that sells nothing is salvaged');
}

$t->finish;
