use v5.36;
use Tuanbo::Test;
use Tuanbo::Test::Faults;
use Tuanbo::Test::Load;

# A file system that writes each page to another place keeps no space that is
# taken for a file: a store into a map that is written can be a SIGBUS there,
# so the index has no such map, and a full disk is an error like any other.

my ($btrfs, $ext4) = (0x9123683e, 0xef53);

# How the workers have mapped the index: one answer when all agree.
sub mapped ($t) {
    my %how;
    for my $pid ($t->worker_pids) {
        open my $maps, '<', "/proc/$pid/maps" or next;
        while (<$maps>) {
            $how{$1}++ if m{^\S+ (\S+) .*/index-\d+/data\.mdb$};
        }
    }
    return join ' ', sort keys %how;
}

subtest 'what statfs says decides, at each opening' => sub {
    my $t = Tuanbo::Test->new(http => 'flashsale_live_holds 1000;');
    my $faults = Tuanbo::Test::Faults->new($t);
    my $free = 10 << 30;

    $faults->set(fs_type => $ext4, fs_free => 0);
    $t->start;
    $faults->open_shop;
    eventually { mapped($t) eq 'rw-s' } 'ext4: the map is written';
    ok($faults->hold_until_taken('ann'),
        'nothing is free where taken space is kept: a hold');

    # the old workers' maps and the new ones' files are the same pages
    $faults->set(fs_type => $btrfs, fs_free => $free);
    $t->reload;
    eventually { mapped($t) eq 'r--s' } 'btrfs: it is only read';
    ok($faults->hold_until_taken('bob'), 'a hold');
    is($t->get('/api/holds', user => 'ann')->json->{holds}[0]{state}, 'held',
        'what was there is there');
    is(() = glob($t->store_path . '/index-*'), 1, 'in the same index');
    $faults->{stream} = $t->events(['grape']);

    my @log = qr/\[error\].* no space for index-\d+: No space left on device/;
    my @maybe = (qr/\[error\].* a commit failed: The store is full/,
        qr/log cannot be committed: No space left on device/);
    $faults->suffer('the disk is full, as `statfs` says',
        begin => sub { $faults->set(fs_free => 100 << 10) },
        end => sub { $faults->set(fs_free => $free) },
        told => ['store_full'], without => ['retries'], log => \@log,
        maybe => \@maybe);
    $faults->suffer('the disk is full, which only a write says',
        set => { space => -1 }, told => ['store_full'], maybe => \@maybe);

    $faults->set(fs_type => $ext4, fs_free => 0);
    $t->reload;
    eventually { mapped($t) eq 'rw-s' } 'and back';
    ok($faults->hold_until_taken('eve'), 'a hold');
    $faults->nothing_lost;
    $t->finish;
};

# ---- a disk that is full: of a file system that has promised otherwise, and
# of a real one, where the mark and LMDB's lock files cannot be written either
for my $kind (qw(tmpfs btrfs)) {
subtest "sold until the disk is full: $kind" => sub {
    my $t = Tuanbo::Test->new(http => 'flashsale_live_holds 100000;',
        store => 'size=64m');
    my $small = $t->dir . '/small';
    mkdir $small or die $!;
    my $mounted = $kind eq 'tmpfs'
        ? "mount -t tmpfs -o size=40m small $small"
        : "truncate -s 160M $small.img && mkfs.btrfs -q -M $small.img"
            . " && mount -o loop,commit=2 $small.img $small";
    plan skip_all => "no $kind can be mounted here"
        if system("{ $mounted; } >/dev/null 2>&1") != 0;
    $t->{store_path} = "$small/store";
    my $faults = Tuanbo::Test::Faults->new($t);

    $faults->set(fs_type => $btrfs, fs_free => 10 << 30, no_promise => 1)
        if $kind eq 'tmpfs';
    $t->start;
    $faults->open_shop;
    my @workers = sort $t->worker_pids;

    $t->expect_log(qr/No space left on device/);
    $t->expect_log(qr{(?:log cannot be committed|index-\d+): Input/output});
    $t->expect_log(qr/a commit failed: /);
    $t->expect_log(qr/cannot be folded into index-\d+/);
    $t->expect_log(qr/commits wait for the log's lock/);    # a slow disk

    for my $round (1 .. 3) {
        my $load = Tuanbo::Test::Load->new($t, prefix => "round-$round");
        my $full = 0;
        $load->run(3, [0.5 => sub {
            open my $file, '>:raw', "$small/fill" or die $!;
            1 while syswrite $file, "\1" x 4096;
            close $file;
            $full = 1;
        }]);
        ok($full && $load->{refused}, "round $round: full, "
            . keys(%{ $load->{holds} }) . " sold, $load->{refused} refused");
        is($load->{lost}, 0, 'each is answered');
        is_deeply($load->{strange} // [], [], 'as it should be');
        $faults->told($_, $load->{holds}{$_}) for keys %{ $load->{holds} };

        unlink "$small/fill" or die $!;
        ok(defined $faults->hold_until_taken("after-$round"),
            'with room it heals by itself');
    }

    is_deeply([sort $t->worker_pids], \@workers, 'no worker died');
    is(() = glob("$small/store/index-*"), 1, 'in the same index');
    $faults->nothing_lost;
    $t->finish;
    system("umount -l $small");
};
}

done_testing;
