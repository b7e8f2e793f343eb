package Tuanbo::Bench;

# What all measurements stand on: a directory that is gone in the end, the
# processes in it, and what they have used.
#
# Everything that is made lies under BUILD/bench-run, on BUILD's file system.
# SECONDS (3) each load lasts, ROUNDS (2) of each.  KEEP=1 leaves the
# directory.

use v5.36;

use Cwd qw(abs_path);
use Exporter qw(import);
use File::Path qw(make_path remove_tree);
use IO::Socket::INET;
use List::Util qw(sum0);
use POSIX ();
use Time::HiRes qw(sleep time);

our @EXPORT = qw(as_user begin build capture cpu_of dir fdatasync free_port here
    make_home processes_of rounds run_lines seconds settle slurp spawn stop
    stop_all wait_for worker_of write_file written_by);

my $here = abs_path(__FILE__) =~ s{/t/lib/Tuanbo/Bench\.pm\z}{/t/bench}r;
my $seconds = $ENV{SECONDS} || 3;
my $rounds = $ENV{ROUNDS} || 2;
my $ticks = POSIX::sysconf(POSIX::_SC_CLK_TCK());
my $main = $$;
my ($build, $dir);
my %servers;            # name => pid


sub here :prototype() () { $here }
sub build :prototype() () { $build }
sub dir :prototype() () { $dir }
sub seconds :prototype() () { $seconds }
sub rounds :prototype() () { $rounds }


sub begin ($path) {
    $build = abs_path($path) // die "$path: $!\n";
    $dir = "$build/bench-run";
    die "SECONDS is a whole number, at least 1\n" if $seconds !~ /^[1-9]\d*$/;
    die "ROUNDS is a whole number, at least 1\n" if $rounds !~ /^[1-9]\d*$/;

    $| = 1;
    $SIG{$_} = sub { exit 1 } for qw(INT TERM HUP);
    remove_tree($dir);
    make_path($dir);
}


END {
    if ($$ == $main) {
        my $status = $?;
        stop_all();
        remove_tree($dir) if $dir && -d $dir && !$ENV{KEEP};
        $? = $status;
    }
}


# --------------------------------------------------------------------- files

sub slurp ($path) {
    open my $file, '<', $path or die "$path: $!\n";
    local $/;
    return <$file> // '';
}


sub write_file ($path, $text) {
    open my $file, '>', $path or die "$path: $!\n";
    print {$file} $text;
    close $file or die "$path: $!\n";
    chmod 0600, $path;
}


sub make_home ($name) {
    make_path("$dir/$name");
    return "$dir/$name";
}


# What lies in the page cache goes to the disk now, not in the next load.
sub settle {
    system('sync', '-f', $dir) == 0 or die "sync\n";
}


# The disk's own median and 99th percentile, in ms.
sub fdatasync ($times = 500) {
    my @took = split ' ', capture("$build/bench/fdatasync", $dir, $times);
    return map { $_ / 1000 } @took;
}


# ----------------------------------------------------------------- processes

sub free_port {
    my $socket = IO::Socket::INET->new(LocalAddr => '127.0.0.1', Listen => 1)
        or die "no free port: $!\n";
    return $socket->sockport;
}


# A command, as another user when root runs it.
sub as_user ($user, @command) {
    return @command if $> != 0;
    return ('setpriv', "--reuid=$user", "--regid=$user", '--init-groups',
        @command);
}


# A server, or a client that wants more descriptors than the usual 1024.
sub with_files (@command) {
    return ('sh', '-c', 'ulimit -n 20000 2>/dev/null; exec "$@"', 'sh',
        @command);
}


sub spawn ($name, @command) {
    my $pid = fork // die "fork: $!\n";
    if (!$pid) {
        open STDOUT, '>>', "$dir/$name.out";
        open STDERR, '>&', \*STDOUT;
        exec with_files(@command) or POSIX::_exit(1);
    }
    $servers{$name} = $pid;
    return $pid;
}


# Runs a command; each line that it says on standard output, as it comes, and
# its pid.
sub run_lines ($each, @command) {
    my $pid = open my $pipe, '-|', with_files(@command) or die "$command[0]: $!\n";
    while (my $line = <$pipe>) {
        $each->($line, $pid);
    }
    close $pipe or die "$command[0] failed\n";
}


# All that a command says.
sub capture (@command) {
    my $said = '';
    run_lines(sub ($line, $pid) { $said .= $line }, @command);
    return $said;
}


sub stop ($name) {
    my $pid = delete $servers{$name} or return;

    # at a TERM, PostgreSQL would wait for its clients
    kill INT => $pid;
    waitpid $pid, 0;
}


sub stop_all { stop($_) for keys %servers }


sub wait_for ($name, $code) {
    my $end = time + 30;
    while (!$code->()) {
        if (time > $end || waitpid($servers{$name} // 0, POSIX::WNOHANG())) {
            my @logs = grep { -e } "$dir/$name.out", "$dir/$name/error.log";
            print STDERR capture('tail', '-n', 8, @logs) if @logs;
            die "$name did not start\n";
        }
        sleep 0.05;
    }
}


# ------------------------------------------------------------------ accounts

# Every process: pid => [parent, ticks of CPU, its dead children's too].
sub processes {
    my %all;
    for my $path (glob '/proc/[0-9]*/stat') {
        open my $file, '<', $path or next;
        my ($pid, $rest) = (<$file> // '') =~ /^(\d+) .*\) (.*)/s or next;
        my @field = split ' ', $rest;
        $all{$pid} = [$field[1], $field[11] + $field[12] + $field[13]
            + $field[14]];
    }
    return \%all;
}


sub descendants ($all, @pids) {
    my %children;
    push @{ $children{ $all->{$_}[0] } }, $_ for keys %$all;

    my @found;
    while (defined(my $pid = shift @pids)) {
        push @found, $pid;
        push @pids, @{ $children{$pid} // [] };
    }
    return grep { $all->{$_} } @found;
}


# Seconds of CPU, user's and system's, that servers have used until now, with
# all their processes, dead ones too.
sub cpu_of (@names) {
    my $all = processes();
    return sum0(map { $all->{$_}[1] } descendants($all, @servers{@names}))
        / $ticks;
}


# How many processes a server has.
sub processes_of ($name) {
    return scalar descendants(processes(), $servers{$name});
}


# Bytes that they made dirty, which then had to go to the disk.
sub written_by (@names) {
    my $bytes = 0;
    for my $pid (descendants(processes(), @servers{@names})) {
        open my $file, '<', "/proc/$pid/io" or next;
        my $text = do { local $/; <$file> } // next;
        $bytes += $1 if $text =~ /^write_bytes: (\d+)/m;
        $bytes -= $1 if $text =~ /^cancelled_write_bytes: (\d+)/m;
    }
    return $bytes;
}


# The only worker of a server.
sub worker_of ($name) {
    my $worker;
    wait_for($name, sub {
        my $all = processes();
        ($worker) = grep { $all->{$_}[0] == $servers{$name} } keys %$all;
        return $worker;
    });
    return $worker;
}


1;
