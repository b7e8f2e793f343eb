package Tuanbo::Test::Points;

# Instants at which a process of one nginx kills itself: t/crash/points.c,
# preloaded into it, and its table.  Make it before the start.

use v5.36;

my %offset = (armed => 0, nth => 8, next => 16, spin_us => 80, died => 88,
    deaths => 96);
my $queue = 8;
my $deaths = 62;

my $root = Tuanbo::Test::root();
my $source = "$root/t/crash/points.c";
my @table = read_table();
my %number = map { $table[$_]{name} => $_ + 1 } 0 .. $#table;


# Each point: name, often (each or rare), part, where.
sub table { @table }


sub read_table {
    open my $file, '<', $source or die "$source: $!";
    local $/;
    my $text = <$file> =~ s/\\\n//gr;
    my @found;
    while ($text =~ /\bX\((\w+), (each|rare), "([^"]+)",\s+"([^"]+)"\)/g) {
        push @found, { name => $1, often => $2, part => $3, where => $4 };
    }
    return @found;
}


sub new ($class, $test) {
    my $dir = $test->dir;

    system("cc -std=gnu11 -O2 -fPIC -shared -I$root/ngx_module/core"
        . " -o $dir/points.so $source -llmdb") == 0 or die 'cc';
    open my $file, '+>:raw', "$dir/points" or die $!;
    syswrite $file, "\0" x 4096;
    chmod 0666, "$dir/points";
    $test->{env} = {
        LD_PRELOAD => "$dir/points.so", TUANBO_POINTS => "$dir/points",
        ASAN_OPTIONS => join(':', grep { length } $ENV{ASAN_OPTIONS} // '',
            'verify_asan_link_order=0'),
    };
    # a new binary has what the old one's conf names
    $test->{main} .= "env LD_PRELOAD;\nenv TUANBO_POINTS;\n";

    return bless { file => $file, told => 0 }, $class;
}


sub put ($self, $name, @values) {
    sysseek $self->{file}, $offset{$name}, 0;
    syswrite $self->{file}, pack 'q*', @values;
}


sub fetch ($self, $at, $n) {
    sysseek $self->{file}, $at, 0;
    sysread $self->{file}, my $bytes, 8 * $n;
    return unpack 'q*', $bytes;
}


# The first process to be at a point for the n-th time dies there; then the
# first at the next point, and so on.  "Somewhere" is spin_us after entering.
sub arm ($self, $nth, $spin_us, $first, @next) {
    my @numbers = map { $number{$_} // die "no point $_" } @next;

    die 'too many points' if @numbers > $queue;
    $self->put('spin_us', $spin_us);
    $self->put('next', @numbers, (0) x ($queue - @numbers));
    $self->put('nth', $nth);
    $self->put('armed', $number{$first} // die "no point $first");
}


# Gives what was still to come.
sub disarm ($self) {
    my @left = grep { $_ > 0 } $self->fetch($offset{armed}, 1),
        $self->fetch($offset{next}, $queue);

    $self->put('armed', 0);
    $self->put('next', (0) x $queue);

    return map { $table[$_ - 1]{name} } @left;
}


sub armed ($self) { ($self->fetch($offset{armed}, 1))[0] }


# Deaths since the last call: name of the point (none: it had been left),
# pid, when.
sub deaths ($self) {
    my ($died) = $self->fetch($offset{died}, 1);
    my @new;

    while ($self->{told} < $died) {
        my ($point, $pid, $at) = $self->fetch($offset{deaths}
            + 24 * ($self->{told} % $deaths), 3);
        push @new, { pid => $pid, at => $at / 1e6,
            point => $point ? $table[$point - 1]{name} : undef };
        $self->{told}++;
    }

    return @new;
}


1;
