use v5.36;
use Tuanbo::Test;
use Tuanbo::Test::Faults;

# A disk that fails, writes less than asked, or is full: nothing that it did
# not take is told, reads go on, and it heals by itself.  Bugs 14, 15.

my $t = Tuanbo::Test->new(http => 'flashsale_live_holds 1000;');
my $faults = Tuanbo::Test::Faults->new($t);
$t->start;
$faults->open_shop;

my @failed = map { qr/\[error\].* a commit failed: $_/ }
    'The disk did not take it', 'The outcome is unknown', 'The store is full';
my $eio = qr/\[error\].* log cannot be committed: Input\/output error/;
my $reopened = qr/\[warn\].* log opened again and synced, the last entry/;
my $unsettled = qr/\[error\].* log cannot be synced: Input\/output error/;
my $full = qr/\[error\].* log cannot be committed: No space left on device/;

my @disk = (
    # nothing was taken
    ['a sync of the log fails' => 'sync', ['disk_failed'], [$eio]],
    ['a write to the log fails' => 'data', ['disk_failed'], [$eio]],
    ['a write to the log is cut short' => 'short_data', ['disk_failed'],
        [$eio]],

    # nobody knows, the key settles it
    ["a write of the log's meta page fails" => 'meta', ['outcome_unknown'],
        [$eio, $reopened]],
    ["a write of the log's meta page is cut short" => 'short_meta',
        ['outcome_unknown'], [$eio, $reopened]],

    ['the disk is full' => 'space', ['store_full'], [$full]],
);

for my $each (@disk) {
    my ($fault, $field, $told, $log) = @$each;

    # a worker says a failure once until a commit of its own succeeds
    my @maybe = ($eio, $reopened, $unsettled, @failed);

    # nothing is decided while a commit is in doubt, not even that it was
    my @without = $field =~ /meta/ ? (without => ['retries']) : ();
    $faults->suffer("$fault, once", set => { $field => 1 }, once => 1,
        told => $told, log => $log, maybe => \@maybe);
    $faults->suffer("$fault, for a while", set => { $field => -1 },
        told => $told, log => $log, maybe => \@maybe, @without);
}

$faults->nothing_lost;

# ---- and all is there after everything was killed
$t->kill9_all;
$t->start;
$faults->nothing_lost;
$t->finish;
