use v5.36;
use Tuanbo::Test;
use Tuanbo::Test::Clerk;
use File::Path qw(remove_tree);

# The clerk follows a shop on its own machine out of the store, by
# libtuanbo.so: whatever becomes of the shop, and of itself.

my $t = Tuanbo::Test->new;
my $root = Tuanbo::Test::root();
my $clerk = Tuanbo::Test::Clerk->new;
my @store = ('--store', $t->store_path);

# as nginx's worker, whose files they are
if ($> == 0) {
    chown((getpwnam 'nobody')[2, 3], $clerk->dir) == 1 or die $!;
}

sub is_at ($position, $name) {
    eventually { $clerk->position == $position } $name, 30;
}
my $buyers = 0;
sub one_more ($sale = 'grape') { $t->held('neighbour-' . ++$buyers, $sale, 1) }
sub last_seq { (($t->ledger)[-1] // {})->{seq} }

# What is folded from nothing, from the shop's own feed.
sub as_from_nothing ($name) {
    my $other = Tuanbo::Test::Clerk->new;
    my ($code, $said) = $other->tool('fold', '--once', '--url', $t->url(''),
        '--secret', $t->dir . '/secrets/ledger');

    is($code, 0, "$name: folded from nothing, over HTTP") or diag $said;
    ok($other->dump eq $clerk->dump, "$name: the same bytes");
}

# ---- called wrongly
is_deeply([$clerk->tool('fold', '--store', 'store')], [2,
    "--store begins with /: store\nTry --help.\n"], 'no absolute path');
is(($clerk->tool('fold'))[0], 2, 'no ledger');

# ---- before there is a store
my ($code, $said) = $clerk->tool('fold', '--once', @store);
is($code, 1, 'no store: once fails');
like($said, qr/there is no (?:store|directory) /, 'and says so');
$clerk->follow(@store);
eventually { $clerk->folding_text =~ /there is no .*\(tried again\)$/m }
    'for ever it is waited for';

# ---- a shop
$t->start;
$t->define_sale(grape => stock => 100000, price_fen => 3980);
$t->confirm(one_more());
is_at(last_seq(), 'it is followed');
like($clerk->folding_text, qr/^tuanbo-office: goes on at entry \d+$/m,
    'which is said');
my %said;
$said{$_}++ for $clerk->folding_text =~ /^(.*tried again.*)$/mg;
is_deeply([grep { $said{$_} > 1 } keys %said], [], 'once each');
as_from_nothing('a shop');

# ---- the shop ends, is killed, is reloaded, is another program
$clerk->unfollow('KILL');
$t->confirm(one_more());
my $at = last_seq();
$t->stop;
$clerk->follow(@store);
is_at($at, 'the shop is down, and its ledger is read');
$t->start;
one_more();
is_at(last_seq(), 'the shop is back');
$t->kill9_all;
$t->start;
one_more();
is_at(last_seq(), 'the shop was killed');
$t->reload;
one_more();
is_at(last_seq(), 'reloaded');
ok($t->wait_gone(30, $t->upgrade), 'the old program ends');
one_more();
is_at(last_seq(), 'USR2');

# ---- a larger map
$t->stop;
$t->start(store => 'size=96m');
$t->many([map { $t->hold_call("buyer-$_", 'grape', 1) } 1 .. 200]);
is_at(last_seq(), 'a map that was made larger');
as_from_nothing('a larger map');

# ---- killed itself, at any moment, and not once holding the shop
my $kills = 30;
for my $round (1 .. $kills) {
    $clerk->unfollow('KILL');
    $clerk->follow(@store, '--batch', 1 + int rand 30);
    my $before = $clerk->position;
    my @answers = $t->many([map { $t->hold_call("killed-$round-$_", 'grape', 1) }
        1 .. 10]);
    if (grep { $_->code != 201 } @answers) {
        fail("the shop sells on: round $round");
        last;
    }
    wait_until { $clerk->position > $before } if $round % 3;
}
is_at(last_seq(), "killed $kills times");
as_from_nothing('killed');

# ---- the folded database goes, while it is followed
unlink glob $clerk->dir . '/folded.db*';
one_more();
is_at(last_seq(), 'folded.db deleted: folded anew');
as_from_nothing('deleted');

# ---- a new life: from a copy that has not all that was folded
my $log = $t->store_path . '/log';
$t->stop;
system('cp', '-p', "$log/data.mdb", "$log/kept") == 0 or die;
$t->start;
one_more() for 1 .. 3;
is_at(last_seq(), 'some more');
$t->stop;
rename "$log/kept", "$log/data.mdb" or die $!;
$t->start;
eventually { ($t->hold('neighbour', 'grape', 5, key => 'life')->code // 0)
    =~ /^20/ } 'the shop goes on from a copy', 30;
is_at(last_seq(), 'which is followed');
like($clerk->folding_text, qr/is not what it was: all is folded again/,
    'and said');
like($clerk->dump, qr/\Aposition\t\d+\t\d+\t\d+\t[0-9a-f]{64}\t[0-9a-f]{8}$/m,
    'with the epoch of its life');
as_from_nothing('a new life');

# ---- another store
$t->stop;
remove_tree($t->store_path);
$t->start;
$t->define_sale(pear => stock => 10, price_fen => 100);
is_at(last_seq(), 'another store is followed');
as_from_nothing('another store');

# ---- a store of another schema
$t->stop;
my $as = $> == 0 ? 'setpriv --reuid=nobody --regid=nogroup --clear-groups ' : '';
my $number = sub ($schema) {
    my $row = join '', map { sprintf '\\%02x', $_ } unpack 'C4',
        pack 'V', $schema;
    open my $load, '|-', "$as mdb_load -s meta $log" or die $!;
    print {$load} "VERSION=3\nformat=print\ntype=btree\nHEADER=END\n",
        " schema\n $row\nDATA=END\n";
    close $load or die 'mdb_load';
};
$number->(4);
my $status = do {
    my $pid = delete $clerk->{folding};
    kill KILL => $pid;
    waitpid $pid, 0;
    ($clerk->tool('fold', @store))[0];
};
is($status, 1, 'a store of a newer schema ends it');
like(($clerk->tool('fold', @store))[1], qr/has schema 4, this program knows 1/,
    'and says why');
$number->(3);
$t->start;
$clerk->follow(@store);
one_more('pear');
is_at(last_seq(), 'and again with the schema that is known');
is($clerk->unfollow & 127, 15, 'SIGTERM ends it');

# ---- a library of another version
my $copy = $t->dir . '/copy';
mkdir $copy or die $!;
system("cp -r $root/lua $copy/ && mkdir -p $copy/conf $copy/build"
    . " && cp -r $root/conf/bin $copy/conf/") == 0 or die;
open my $c, '>', "$copy/other.c" or die $!;
print {$c} "int tuanbo_version(void) { return 77; }\n";
close $c;
system("cc -shared -fPIC -o $copy/build/libtuanbo.so $copy/other.c") == 0
    or die;
$said = `$copy/conf/bin/tuanbo-office fold --directory $copy --once @store 2>&1`;
is($? >> 8, 1, 'a library of another version is refused');
like($said, qr/for version 1 of libtuanbo\.so, which is 77: take both from one/,
    'and says so');

$t->expect_log(qr/index-\d+ is ahead of the ledger/);
# the clerk looks fifty times a second, and lets go of the old one then
$t->expect_log(qr/log cannot be opened: Resource temporarily unavailable/);
$t->expect_log(qr/another data.mdb, which somebody still has open/);
$t->expect_log(qr/is another one than|a new life|was put in its place/);
$t->expect_log(qr/index-\d+\/data.mdb is missing|folding \d+ entries/);
$t->finish;
