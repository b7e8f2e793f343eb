use v5.36;
use utf8;
use Tuanbo::Test;
use Tuanbo::Test::Faults;
use Tuanbo::Test::Storefront;

binmode Test::More->builder->$_, ':utf8'
    for qw(output failure_output todo_output);

# The shop while the disk fails: its pages are there, and whoever taps is told
# in words, not by a bare error.

my $t = Tuanbo::Test::Storefront->storefront;
my $faults = Tuanbo::Test::Faults->new($t);
$t->start;
$t->define_sale('grape', title => '葡萄', price_fen => 3980, stock => 50,
    limit => 2);

my $lin = Tuanbo::Test::Storefront->buyer($t)->get('/s/grape');
$lin->submit('#take', qty => 1);
my $mine = $lin->path;
is($lin->res->code, 200, 'a hold');

$t->expect_log(qr/\[error\].* log cannot be (committed|synced): /);
$t->expect_log(qr/\[error\].* a commit failed: /);
$t->expect_log(qr/\[warn\].* log opened again and synced/);

for my $fault (qw(sync meta space)) {
    my $wang = Tuanbo::Test::Storefront->buyer($t)->get('/s/grape');
    $faults->set($fault => -1);
    $wang->submit('#take', qty => 1);
    ok($wang->dom->at('main'), "$fault: whoever taps is shown a page");
    like($wang->text, qr/再点|再试|稍后/, 'that asks to try again')
        or diag($wang->res->code, ' ', $wang->text);
    my @codes = map { $lin->get($_)->res->code }
        ('/', '/s/grape', $mine) x 4;
    is(scalar(grep { ($_ // 0) != 200 } @codes), 0, 'all pages are there')
        or diag("@codes");
    $faults->set($fault => 0);
    eventually {
        $wang->get('/s/grape')->submit('#take', qty => 1);
        ($wang->res->code // 0) == 200 && $wang->id;
    } 'and then the box is taken';
}
is($t->sale('grape')->{held}, 4, 'one each');

$t->audit_ok;
$t->chain_ok;
$t->finish;
