package Tuanbo::Test::Faults;

# Disks that fail and clocks that step, for one nginx: t/lib/faults.c,
# preloaded into it.  Make it before the start.

use v5.36;

my %offset = (sync => 0, meta => 8, space => 16, wall_ms => 24, hits => 32,
    slow_ms => 40, slow_us => 48);


sub new ($class, $test) {
    my $dir = $test->dir;
    my $source = Tuanbo::Test::root() . '/t/lib/faults.c';

    system("cc -std=gnu11 -O2 -fPIC -shared -o $dir/faults.so $source -ldl")
        == 0 or die 'cc';
    open my $file, '+>:raw', "$dir/faults" or die $!;
    syswrite $file, "\0" x 4096;
    chmod 0666, "$dir/faults";
    $test->{env} = {
        LD_PRELOAD => "$dir/faults.so", TUANBO_FAULTS => "$dir/faults",
        ASAN_OPTIONS => join(':', grep { length } $ENV{ASAN_OPTIONS} // '',
            'verify_asan_link_order=0'),
    };

    return bless { file => $file }, $class;
}


# e.g. (sync => 1) or (wall_ms => -3_600_000)
sub set ($self, %values) {
    for my $name (keys %values) {
        sysseek $self->{file}, $offset{$name}, 0;
        syswrite $self->{file}, pack 'q', $values{$name};
    }
}


sub hits ($self) {
    sysseek $self->{file}, $offset{hits}, 0;
    sysread $self->{file}, my $bytes, 8;
    return unpack 'q', $bytes;
}


1;
