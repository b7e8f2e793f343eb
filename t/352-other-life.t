use v5.36;
use utf8;
use Tuanbo::Test;
use Tuanbo::Test::Storefront;

binmode Test::More->builder->$_, ':utf8'
    for qw(output failure_output todo_output);

# A neighbour comes back to an order that the shop's backup does not have: the
# page says so, and no page of the life before is shown.

my $t = Tuanbo::Test::Storefront->storefront->start;
$t->expect_log(qr/a new life begins|folding \d+ entries|ahead of the ledger/);
my $log = $t->store_path . '/log/data.mdb';

$t->define_sale('grape', title => '葡萄', price_fen => 3980, stock => 9,
    doc => { unit => '箱' });
my $lin = Tuanbo::Test::Storefront->buyer($t)->get('/s/grape')
    ->submit('#take', qty => 1);
my $kept = $lin->id;
ok($kept, 'a hold before the backup');

$t->stop;
system('cp', $log, $t->dir . '/backup') == 0 or die;
$t->start;

my $wang = Tuanbo::Test::Storefront->buyer($t)->get('/s/grape')
    ->submit('#take', qty => 1);
my $lost = $wang->id;
ok($lost, 'one after it');
like($wang->get('/s/grape')->text, qr/还剩 7 箱/, 'seven are left');

$t->stop;
system('cp', $t->dir . '/backup', $log) == 0 or die;
$t->start;
wait_until { ($t->get('/api/sales/grape')->code // 0) == 200
    && ($t->get('/s/grape')->code // 0) == 200 };

# the next one takes the number that the lost one had
my $zhao = Tuanbo::Test::Storefront->buyer($t)->get('/s/grape')
    ->submit('#take', qty => 1);
ok($zhao->id, 'somebody else holds');
isnt($zhao->id, $lost, 'under another id');

$wang->get("/h/$lost");
is($wang->res->code, 404, 'the lost one is not there');
like($wang->text, qr/恢复数据以前下的/, 'and the page says why');
like($wang->text, qr/如果付过钱，会退给您/, 'and what becomes of money');
unlike($wang->text, qr/葡萄.*留到/, 'it is nobody else\'s');
is($lin->get("/h/$kept")->res->code, 200, 'the one of before is');
like($lin->text, qr/给您留到 (?:明天 )?\d\d:\d\d/, 'and is held');
like($lin->get('/s/grape')->text, qr/还剩 7 箱/, 'the shop counts what is true');

$t->audit_ok;
$t->chain_ok;
$t->finish;
