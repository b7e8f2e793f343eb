use v5.36;
use Tuanbo::Test;

# The index is damaged under a running server.  What is in the ledger is
# never said not to be there: 503 until another index is folded from it.

my $t = Tuanbo::Test->new->start;

$t->expect_log(qr/index-\d+ is damaged/);
$t->expect_log(qr/folding \d+ entries into index-\d+/);
$t->expect_log(qr/index-\d+: /);

$t->define_sale('grape', stock => 1000);
my $hold = $t->held('ann', 'grape', 1);
$t->hold("n-$_", 'grape', 1) for 1 .. 50;

# all but the two meta pages, when no commit thread is about to look
$t->wait_ready;
sleep 0.6;
my ($path) = glob $t->store_path . '/index-*/data.mdb';
open my $file, '+<:raw', $path or die $!;
seek $file, 2 * 4096, 0;
syswrite $file, "\0" x (200 * 4096);
close $file;

my %holds;
my %lists;
my %sales;
my $end = time + 10 * Tuanbo::Test::slower();
while (time < $end) {
    my $res = $t->get("/api/holds/$hold->{id}", user => 'ann');
    $holds{ $res->code }++;
    $lists{ $t->get('/api/holds', user => 'ann')->code }++;
    $sales{ $t->get('/api/sales/grape')->code }++;
    last if $res->code == 200;
    sleep 0.02;
}
is_deeply([sort keys %holds], [200, 503],
    'a hold is not to be read for a while, and then it is there')
    or diag(encode_json(\%holds));
is(scalar(grep { !/^(?:200|503)$/ } keys %lists, keys %sales), 0,
    'nor does a list or a sale say anything else')
    or diag(encode_json([\%lists, \%sales]));
$t->wait_ready;
eventually { ($t->read_hold('ann', $hold->{id})->{state} // '') eq 'held' }
    'as it was';
is($t->sale('grape')->{held}, 51, 'and all the others');
eventually { $t->hold('bob', 'grape', 1, key => 'once')->code =~ /^20/ }
    'commands are taken again';

$t->audit_ok;
$t->finish;
