use v5.36;
use Tuanbo::Test;
use Tuanbo::Test::Faults;

# No space for the index: its file is a map that is written, and a full disk
# must be an error there, not a SIGBUS.

my $t = Tuanbo::Test->new(http => 'flashsale_live_holds 1000;');
my $faults = Tuanbo::Test::Faults->new($t);
$t->start;
$faults->open_shop;

my $no_space = qr/\[error\].* no space for index-\d+: No space left on device/;
my @failed = map { qr/\[error\].* failed: $_/ } 'The store is full',
    'The index is being rebuilt';

# ---- workers that start take space before they write
$faults->suffer('no space for the index when workers start',
    set => { index_space => -1 }, begin => sub { $t->reload },
    told => [qw(not_ready store_full)], restarts => 1,
    without => [qw(refusals retries)], log => [$no_space],
    maybe => \@failed);

# ---- the index is damaged, and there is no space for another
my $sales = sub {
    my $res = $t->get('/api/sales/grape');
    return ($res->code // 0) == 200 && $res->json->{held} > 0;
};
$faults->suffer('no space for another index in the place of a damaged one',
    set => { index_space => -1 }, begin => sub {
        my ($path) = glob $t->store_path . '/index-*/data.mdb';
        open my $file, '+<:raw', $path or die $!;
        seek $file, 2 * 4096, 0;
        syswrite $file, "\0" x (200 * 4096);
        close $file;
    },
    told => [qw(rebuilding store_full)],
    without => [qw(reads refusals retries)], going_on => [[sales => $sales]],
    log => [qr/\[warn\].* index-\d+ is damaged/,
        qr/\[error\].* index-\d+ cannot be made: No space left on device/,
        qr/\[warn\].* folding \d+ entries into index-\d+/],
    maybe => [@failed, qr/index-\d+/]);

$faults->nothing_lost;
$t->finish;
