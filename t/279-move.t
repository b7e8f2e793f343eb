use v5.36;
use Tuanbo::Test;
use Tuanbo::Test::Programs;

# tuanbo-store move and grow: a store in another place, with contacts and
# comments, and sells no more in the old one; another size, said and true.

my $tool = program('tuanbo-store');
my $t = Tuanbo::Test->new(store => 'size=64m')->start;
my $store = $t->store_path;
my $to = $t->dir . '/to';
my @owner = (stat $store)[4, 5];

$t->expect_log(qr/folding \d+ entries|index-\d+.data\.mdb is missing/);
$t->expect_log(qr/is not the one that was here/);


sub tool (@arguments) {
    my $said = `$tool @arguments 2>&1`;
    return ($? >> 8, $said);
}


$t->define_sale('grape', stock => 1000);
my $hold = $t->held('ann', 'grape', 1);
$t->call(POST => '/api/contact', user => 'ann', json => { name => 'Ann',
    digits => '1234', consent => [] });

# ---- grow: which line, and whether it is true
sub sizes () {
    my ($status, $said) = tool('grow', $store, '256m');
    return $said =~ /\Aused (\d+)\nsize (\d+)\nfree (\d+)\n(.*)\z/s;
}

my ($used, $size, $free, $words) = sizes();
is($size, 64 << 20, 'its size is the conf\'s');
cmp_ok($used, '<', $size, 'some of it is used');
my ($line) = $words =~ /^    flashsale_store (\S+ size=\S+) …;$/m;
is($line, "$store size=256m", 'the line for the conf');
is((tool('grow', $store, '32m'))[0], 1, 'it does not shrink');
like((tool('grow', $store, '64m'))[1], qr/^the store has this size$/m, 'as it is');
for my $wrong (qw(15m 16385g 64 64k m 64mm), '') {
    my ($status, $said) = tool('grow', $store, "'$wrong'");
    is("$status $said", "2 tuanbo-store: $wrong is no size from 16m to 16384g\n",
        "size $wrong");
}
$t->stop;
$t->start(store => 'size=256m');
$t->held('bo', 'grape', 1);
is((sizes())[1], 256 << 20, 'after a restart it has that size');

# ---- move: not while somebody is there, nor onto another store
is((tool('move', $store, $to))[0], 1, 'with nginx there it is refused');
$t->stop;
ok(!-e "$to/log", 'and nothing is there');
for my $full ($t->dir . '/full', $t->dir . '/full/log') {
    mkdir $full or die $!;
    chown @owner, $full;
}
my ($status, $said) = tool('move', $store, $t->dir . '/full');
is($status, 2, 'where there is a log already');
like($said, qr/a store is moved to an empty directory/, 'it is refused');
ok(-e "$store/log/data.mdb", 'and is where it was');

# ---- moved
($status, $said) = tool('move', $store, $to);
is($status, 0, 'moved') or diag($said);
like($said, qr/^    flashsale_store \Q$to\E …;$/m, 'with the line for the conf');
my ($aside) = $said =~ /is (\S+\.moved-\d{8}T\d{6}Z)\n\z/;
ok($aside && -e $aside, 'the log of before is aside');
is_deeply([grep { (stat)[4] != $owner[0] } $to, glob "$to/* $to/*/*"], [],
    'all is the owner\'s');
$t->start(store_path => $to);
is($t->read_hold('ann', $hold->{id})->{state}, 'held', 'a hold is there');
is($t->get('/api/me', user => 'ann')->json->{contact}{name}, 'Ann',
    'and a contact');
is($t->hold('cy', 'grape', 1)->code, 201, 'it sells');
is((tool('check', $to))[0], 0, 'and is right');
$t->audit_ok;
$t->chain_ok;
$t->stop;

# ---- and the old place sells nothing
my $old = Tuanbo::Test->new(store_path => $store, locations => join ' ',
    'location /api/ { flashsale_api; }');
$old->expect_log(qr/log\/data\.mdb is missing but an index is there/);
$old->start;
is($old->hold('dee', 'grape', 1)->code, 503, 'nginx on the old one');
eventually { $old->log_text =~ /is missing but an index is there/ } 'says so';

$t->finish;
