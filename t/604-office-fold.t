use v5.36;

use DBI;
use FindBin;
use Test::More;
use Tuanbo::Test;
use Tuanbo::Test::Postgres;
use Tuanbo::Test::Programs;

use lib "$FindBin::Bin/../conf/lib";
use Tuanbo::Ledger;

# The office follows the ledger into SQL: the same rows in both databases,
# whatever the batches are, after kill -9, in a ledger that is another one.

my $root = Tuanbo::Test::root();
my $tool = "$root/conf/bin/tuanbo-office";
my $model = program('model/model');
my $pg = Tuanbo::Test::Postgres->new;
my $t = Tuanbo::Test->new;
my $dir = $t->dir;
my $made = 0;

sub office (@words) {
    open my $pipe, '-|', "$tool @words 2>&1" or die $!;
    my $said = do { local $/; <$pipe> } // '';
    close $pipe;
    return wantarray ? ($? >> 8, $said) : $said;
}

# Where rows go: a new database each time.
sub sqlite () {
    my $place = "$dir/office-" . ++$made;
    mkdir $place or die "$place: $!";
    return "--directory $place";
}
sub postgres () { sqlite() . ' --database ' . $pg->another }
sub dump_of ($place) { office('dump', $place) }
sub position ($place) { (split /\t/, dump_of($place))[2] // 0 }

my @running;
sub follow (@words) {
    my $log = "$dir/follow-" . ++$made;
    my $pid = fork // die $!;
    if ($pid == 0) {
        open STDERR, '>', $log;
        exec split / /, "$tool fold @words" or exit 127;
    }
    push @running, $pid;
    return ($pid, $log);
}
sub end ($pid, $signal = 'TERM') {
    kill CONT => $pid;
    kill $signal => $pid;
    waitpid $pid, 0;
    @running = grep { $_ != $pid } @running;
}
END { kill KILL => @running }

# ---- a ledger of everything
my $ledger = "$dir/ledger.ndjson";
my $seed = 11;
is(system("$model $seed 12000 $ledger >$dir/model 2>&1"), 0,
    "a ledger of the model's seed $seed") or BAIL_OUT('no ledger');
open my $in, '<', $ledger or die $!;
my @lines = <$in>;
my @places = (sqlite => \&sqlite, postgresql => \&postgres);
my $whole;

while (my ($kind, $place) = splice @places, 0, 2) {
    for my $batch (1, 7, 1000, 2500) {
        my $here = $place->();
        my ($status, $said) = office('fold --file', $ledger, $here,
            '--batch', $batch);

        is($status, 0, "$kind: folded by $batch") or diag $said;
        my $dump = dump_of($here);
        $whole //= $dump;
        ok($dump eq $whole, "$kind: the same bytes by $batch");
    }
}
# ---- sorted by bytes, whatever the database sorts by
{
    my ($one, $other) = (sqlite, postgres);
    my ($path) = $one =~ /(\S+)\z/;
    my ($url) = $other =~ /(\S+)\z/;
    my $sql = "INSERT INTO %swaves (wave) VALUES ('a-b'), ('ab'), ('a-c'),"
        . " ('a_b'), ('ac'), ('a')";

    office('fold --file', $ledger, $_) for $one, $other;
    is(system('sqlite3', "$path/folded.db", sprintf $sql, ''), 0, 'more rows');
    $pg->sql(sprintf($sql, 'folded.'), $url);
    ok(dump_of($one) eq dump_of($other), 'the same order in both');
}
like($whole, qr/\Aposition\t3\t${\ scalar @lines}\t/, 'up to the last entry');

# ---- against the checker, which knows nothing of it
my (%row, %columns);
my ($text) = map { s/\n *goods /\n/r } Tuanbo::Test::slurp(
    "$root/lua/tuanbo/office/fold/layout.lua");
while ($text =~ /made\("(\w+)", (\d), (?|\[\[(.*?)\]\]|"(.*?)")/gs) {
    $columns{$1} = [$2, [map { tr/#!//dr } split ' ', $3]];
}
for my $line (split /\n/, $whole) {
    my ($name, @values) = split /\t/, $line, -1;
    my ($keys, $names) = @{$columns{$name} // next};
    my %fields;
    @fields{@$names} = map { $_ eq '\N' ? undef : $_ } @values;
    $row{$name}{join ' ', @values[0 .. $keys - 1]} = \%fields;
}
my $checked = Tuanbo::Ledger->new(problem => sub { });
$checked->check_line($_) for @lines;

my (@wrong, %seen);
sub same ($what, $is, $should) {
    $seen{$what =~ s/ .*//r}++;
    push @wrong, "$what: " . ($is // 'none') . ', not ' . ($should // 'none')
        if ($is // '') ne ($should // '');
}
for my $id (keys %{$checked->{holds}}) {
    my $hold = $checked->{holds}{$id};
    for my $sale (keys %{$hold->{lines}}) {
        my $line = $hold->{lines}{$sale};
        my $is = $row{lines}{"$id $sale"};
        my %goods = (sold => 'awaited', ready => 'ready', short => 'short',
            handed_over => 'handed_over');
        my $goods = $goods{$line->{state}};

        same("goods $id $sale", $is->{goods}, $goods);
        same("state $id $sale", $is->{state}, $goods ? 'sold'
            : $line->{state});
        same("pickup $id $sale", $is->{pickup}, $hold->{pickup});
        same("paid $id $sale", $is->{amount_fen}, $line->{paid});
        same("handed $id $sale", $is->{handed_over_at},
            $goods && $goods eq 'handed_over' ? $line->{handed}[1] : undef);
        for my $name (qw(qty owed_fen owed_qty restocked:restocked_qty
            short_qty)) {
            my ($from, $to) = split /:/, $name;
            same("$from $id $sale", $is->{$to // $from}, $line->{$from} // 0);
        }
    }
}
for my $id (keys %{$checked->{sales}}) {
    same("sale_$_ $id", $row{sales}{$id}{$_}, $checked->{sales}{$id}{$_})
        for qw(stock held sold);
}
for my $seq (keys %{$checked->{debts}}) {
    my $debt = $checked->{debts}{$seq};
    same("debt $seq", $row{debts}{$seq}{amount_fen}, $debt->{amount_fen});
    same("refunded $seq", defined $row{debts}{$seq}{refunded_at} ? 1 : 0,
        $debt->{refunded} && $debt->{amount_fen} > 0 ? 1 : 0);
}
for my $seq (keys %{$checked->{claims}}) {
    same("claim $seq", $row{claims}{$seq}{answer},
        $checked->{claims}{$seq}{answered});
}
is_deeply([@wrong[0 .. ($#wrong > 9 ? 9 : $#wrong)]], [],
    'rows are what the checker adds up');
is(scalar(keys %{$row{debts}}), scalar(keys %{$checked->{debts}}),
    'no debt more');
cmp_ok($seen{$_} // 0, '>', 0, "there are some: $_")
    for qw(goods debt claim sale_held);

# ---- killed at any point
for my $place (sqlite, postgres) {
    my $kills = 0;
    my $at = 0;
    while ($at < @lines && $kills < 200) {
        my ($pid) = follow("--file $ledger --batch 7 $place");
        # it is killed where it happens to be, a little further each time
        my $want = $at + 1 + int rand @lines / 6;
        $want = @lines if $want > @lines;
        wait_until {
            my $is = position($place);
            $is =~ /^\d+$/ && $is >= $want;
        } 60;
        end($pid, 'KILL');
        $at = position($place);
        $kills++;
    }
    ok(dump_of($place) eq $whole, "the same bytes after $kills kill -9");
}

# ---- another ledger, another layout
my $place = sqlite;
my $other = "$dir/other.ndjson";
system("$model 8 3000 $other >/dev/null 2>&1");
office('fold --file', $other, $place);
my ($status, $said) = office('fold --file', $ledger, $place);
like($said, qr/is not what it was: all is folded again/, 'another: said');
ok(dump_of($place) eq $whole, 'another ledger is folded from its beginning');

my ($path) = $place =~ / (.*)/;
my $sql = DBI->connect("dbi:SQLite:$path/folded.db", '', '', {RaiseError => 1});
$sql->do("UPDATE meta SET value = '0'");
$sql->do('UPDATE lines SET qty = 77');
$sql->disconnect;
($status, $said) = office('dump', $place);
is($status, 1, 'a dump of another layout is none');
office('fold --file', $ledger, $place);
ok(dump_of($place) eq $whole, 'another layout is folded again');

# ---- a shop, over HTTP
$t->start;
$t->define_sale(grape => stock => 50, price_fen => 3980);
$t->confirm($t->held('neighbour', 'grape', 1));
$place = sqlite;
($status, $said) = office('fold --once --url', $t->url(''),
    "--secret $dir/secrets/ledger $place");
is($status, 0, 'folded over HTTP') or diag $said;
my @check = ('check --url', $t->url(''), "--secret $dir/secrets/admin",
    $place);
($status, $said) = office(@check);
is($said, "ok\n", 'and the audit agrees');
$sql = DBI->connect('dbi:SQLite:' . $place =~ s/.* //r . '/folded.db', '', '',
    {RaiseError => 1});
$sql->do('UPDATE sales SET sold = sold + 1');
$sql->disconnect;
($status, $said) = office(@check);
is($status, 1, 'a sum that is wrong is found');
like($said, qr/^grape sold: 2 folded, 1 audited$/m, 'and told');

$t->finish;
