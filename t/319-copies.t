use v5.36;
use Tuanbo::Test;
use Tuanbo::Test::Faults;

# A file system that writes each page to another place: space taken for a file
# is no promise there, so some has to be free, or nothing is taken at all.

my $t = Tuanbo::Test->new(http => 'flashsale_live_holds 1000;');
my $faults = Tuanbo::Test::Faults->new($t);
my ($btrfs, $ext4) = (0x9123683e, 0xef53);

$t->expect_log(qr/no space for index-\d+: No space left on device/);
$t->expect_log(qr/a commit failed: The store is full/);
$t->start;
$t->define_sale('grape', stock => 100);
is($t->hold('ann', 'grape', 1)->code, 201, 'a hold');

$faults->set(fs_free => 100 << 20, fs_type => $ext4);
is($t->hold('ann', 'grape', 1)->code, 201,
    'little is free where taken space is kept: a hold');

$faults->set(fs_type => $btrfs);
my $res = $t->hold('bob', 'grape', 1, key => 'bob');
$t->answers($res, 503, 'store_full', 'and where it is not: none');
is($t->sale('grape')->{held}, 2, 'nothing was taken, reads go on');

$faults->set(fs_free => 10 << 30);
eventually { ($t->hold('bob', 'grape', 1, key => 'bob')->code // 0) == 201 }
    'with more free, by itself';

$t->audit_ok;
$t->finish;
