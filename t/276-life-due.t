use v5.36;
use utf8;
use Tuanbo::Test;
use Tuanbo::Test::Faults;
use Tuanbo::Test::Storefront;

# After a restore nothing is read before the new life has its entry.  A clock
# that is behind the ledger keeps it from being written, for as long as the
# test looks.

my $hour = 3_600_000;
my $t = Tuanbo::Test::Storefront->storefront;
my $faults = Tuanbo::Test::Faults->new($t);
$t->start;

# the test's signatures are of its own clock, which goes along
my $off = 0;
{
    no warnings 'redefine';
    my $signature = \&Tuanbo::Test::signature;
    *Tuanbo::Test::signature = sub ($self, $role, $method, $target, $key,
        $body, %option)
    {
        return $signature->($self, $role, $method, $target, $key, $body,
            t => int(time + $off / 1000), %option);
    };
}
$t->expect_log(qr/a new life begins|folding \d+ entries|ahead of the ledger/);
$t->expect_log(qr/the clock is \d+ s behind the ledger/);
my $log = $t->store_path . '/log/data.mdb';

$t->define_sale('grape', title => '葡萄', price_fen => 100, stock => 9);
my $kept = Tuanbo::Test::Storefront->buyer($t)->get('/s/grape')
    ->submit('#take', qty => 1);
my $kept_id = $kept->id;
ok($kept_id, 'a hold before the backup');
$t->stop;
system('cp', $log, $t->dir . '/backup') == 0 or die;
$t->start;

my $lost = Tuanbo::Test::Storefront->buyer($t)->get('/s/grape')
    ->submit('#take', qty => 1);
my $lost_id = $lost->id;
ok($lost_id, 'one after it');
my @old = $t->ledger;
my $tag = $t->get('/api/sales/grape')->headers->etag;

$t->stop;
system('cp', $t->dir . '/backup', $log) == 0 or die;
$off = -$hour;
$faults->set(wall_ms => $off);
$t->start;

# ---- meanwhile: each worker, each way to read
my @reads = (
    ['/api/sales'], ['/api/sales/grape'],
    ['/api/sales/grape', headers => { 'If-None-Match' => $tag }],
    ['/api/events?sale=grape'],
    ["/ledger?after=$old[-1]{seq}&hash=$old[-1]{hash}", role => 'ledger'],
    ['/ledger?after=0&wait_ms=30000', role => 'ledger'],
    ['/admin/sales', role => 'admin'],
    ['/admin/documents/sale', role => 'admin'],
    ['/admin/documents/pickup/no', role => 'admin'],
    ['/admin/audit', role => 'admin'],
);
for my $read (@reads) {
    my ($target, %option) = @$read;
    # an audit tries for a while
    for my $i (1 .. ($target =~ m{audit} ? 1 : 4)) {
        my $res = $t->get($target, %option);
        $t->answers($res, 503, 'not_ready', "meanwhile: $target");
    }
}
for my $path ('/', '/?page=2', '/past', '/live/no', '/s/grape', '/me',
    "/h/$kept_id", "/api/holds/$kept_id", '/api/holds')
{
    my $res = $kept->start(GET => $path)->res;
    is($res->code, 503, "meanwhile: $path");
    unlike($res->body, qr/葡萄|grape/, 'with nothing of before');
    ok($res->headers->header('Retry-After'), 'and when to ask');
}
my $metrics = $t->get('/metrics')->body;
like($metrics, qr/^flashsale_life_due 1$/m, 'metrics say so');
unlike($metrics, qr/^flashsale_sale_units\{/m, 'and show no sale');

# ---- when it is written
my $res = $t->post('/admin/clock', role => 'admin', key => $t->new_key);
is($res->code, 200, 'the clock is accepted');
eventually { ($t->get('/api/sales/grape')->code // 0) == 200 } 'it is read';
my ($life) = $t->entries('life');
like($life->{epoch} // '', qr/^[0-9a-f]{8}$/, 'the life is in the ledger');
like($t->get('/api/sales/grape')->headers->etag,
    qr/^"\d+-$life->{epoch}"$/, 'its ETag is of the new life');
$t->answers($t->get("/ledger?after=$old[-1]{seq}&hash=$old[-1]{hash}",
    role => 'ledger'), 409, 'forked', 'followers are told');
like($t->get('/metrics')->body, qr/^flashsale_life_due 0$/m, 'metrics too');
is(scalar(my @told = $t->log_text =~ /a new life begins/g), 1,
    'one line in the log, though all workers looked');

is($kept->get("/h/$kept_id")->res->code, 200, 'the hold of before is');
is($lost->get("/h/$lost_id")->res->code, 404, 'the lost one is not');
$t->audit_ok;
$t->chain_ok;
$t->finish;
