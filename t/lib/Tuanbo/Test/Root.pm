package Tuanbo::Test::Root;

# Bare Debian 12 roots: debootstrap's minbase with ca-certificates, make and
# git, and the project's tree at /tuanbo, from the archive that apt's own
# sources name; and commands in them. As root, on a machine with apt-get. Where
# nothing can be mounted (a container) the roots go without /proc.

use v5.36;

use Cwd qw(realpath);
use Exporter qw(import);
use File::Basename qw(dirname);
use File::Temp ();
use POSIX qw(WNOHANG setsid);
use Test::More;
use Time::HiRes qw(sleep time);

our @EXPORT_OK = qw(base ended inside installed mounts root_for slurp start
    top wait_until work works write_file);

use constant LONG_S => 900;

my $top = realpath(dirname(__FILE__) . '/../../../..');
my $work = File::Temp->newdir('tuanbo-bare-XXXXXXXX', TMPDIR => 1);
my $base = "$work/base";
my %children;

END {
    my $status = $?;

    kill KILL => map { -$_ } keys %children;
    waitpid $_, 0 for keys %children;
    $? = $status;
}


# The project's own tree, and a directory that goes at the end.
sub top () { return $top }
sub work () { return "$work" }


sub slurp ($path) {
    open my $file, '<', $path or return '';
    local $/;
    return scalar <$file>;
}


sub write_file ($path, $text) {
    open my $file, '>', $path or die "$path: $!\n";
    print {$file} $text;
    close $file or die "$path: $!\n";
}


sub wait_until ($seconds, $code) {
    my $end = time + $seconds;

    while (time < $end) {
        my $value = $code->();
        return $value if $value;
        sleep 0.1;
    }

    return;
}


# In a session of its own, so that all of it ends; its words go to a file.
sub start ($log, @command) {
    my $pid = fork // die $!;

    if (!$pid) {
        $SIG{$_} = 'DEFAULT' for qw(HUP INT TERM);
        setsid();
        open STDIN, '<', '/dev/null' or POSIX::_exit(127);
        open STDOUT, '>', $log or POSIX::_exit(127);
        open STDERR, '>&', \*STDOUT or POSIX::_exit(127);
        exec @command or POSIX::_exit(127);
    }
    $children{$pid} = 1;

    return $pid;
}


# Its exit status, or nothing when it has not ended in time.
sub ended ($pid, $seconds) {
    my $status;

    wait_until($seconds, sub { waitpid($pid, WNOHANG) == $pid
        && defined($status = $?) }) or return;
    kill KILL => -$pid;
    delete $children{$pid};

    return $status >> 8 || $status & 127;
}


# A command to its end: true when it is 0, else what it said is shown.
sub works ($name, $log, @command) {
    my $status = ended(start($log, @command),
        $ENV{TUANBO_BARE_SECONDS} // LONG_S);

    return ok(defined $status && $status == 0, $name)
        || !diag($status // 'it has not ended', "\n", slurp($log));
}


# Whether this process may mount: then each root has its /proc, /dev and pids.
my $mounts = ($ENV{TUANBO_BARE_MOUNT} // '') ne 'no' && system('unshare',
    '--mount', '--pid', '--fork', '--', 'mount', '-t', 'proc', 'proc',
    '/proc') == 0;
sub mounts () { return $mounts }

my @isolated = qw(unshare --mount --pid --fork --kill-child);

# In a root, by its shell, in the project's directory there.
sub inside ($root, $command, @options) {
    my @environment = qw(env -i HOME=/root LC_ALL=C.UTF-8 TERM=dumb
        PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin);
    my @chroot = ('chroot', $root, @environment, 'bash', '-c',
        "umask 022; cd /tuanbo && $command");

    return @chroot if !$mounts;

    return (@isolated, @options, 'sh', '-c', 'mount -t proc proc "$0/proc"'
        . ' && mount --rbind /dev "$0/dev" && exec "$@"', $root, @chroot);
}


# Make the root that the others are copies of; or skip all, or bail out.
sub base () {
    plan(skip_all => 'only root makes a root') if $> != 0 && !$ENV{CI};
    $SIG{$_} = sub { exit 1 } for qw(HUP INT TERM);

    # the archives of this machine's Debian 12, as apt reads its sources
    my @archives = grep { m{ bookworm(?:-\S+)? main$} }
        split /\n/, `apt-get indextargets --format \\
            '\$(REPO_URI) \$(RELEASE) \$(COMPONENT)' 'Created-By: Packages'`;
    my ($mirror) = map { m{^(\S+) bookworm main$} } @archives;

    plan(skip_all => "apt's sources name no Debian 12")
        if !$mirror && !$ENV{CI};
    $mirror //= 'none';

    # How it reaches them, without what is of this machine alone.
    my $reach = join '', grep { /^Acquire::(?:Check|https?|Retries)/ }
        `apt-config dump`;
    my ($proxy) = $reach =~ /^Acquire::http::Proxy "([^"]+)"/im;
    local $ENV{http_proxy} = $proxy // $ENV{http_proxy} // '';
    delete $ENV{http_proxy} if !length $ENV{http_proxy};

    works('a bare root', "$work/debootstrap.log", 'debootstrap',
        '--variant=minbase', '--include=ca-certificates,make,git', 'bookworm',
        $base, $mirror) or BAIL_OUT('no root');

    write_file("$base/etc/apt/sources.list", join '',
        map { "deb $_\n" } @archives);
    write_file("$base/etc/apt/apt.conf.d/90reach", $reach);

    # no root outlives its test, and on a busy disk each sync is a wait
    write_file("$base/etc/dpkg/dpkg.cfg.d/unsafe-io", "force-unsafe-io\n");
    system('cp', $_, "$base/etc/") for grep { -e } qw(/etc/resolv.conf /etc/hosts);
    mkdir "$base/tuanbo";
    system("tar -C '$top' --exclude=./build --exclude=./data -cf - ."
        . " | tar -C '$base/tuanbo' --no-same-owner -xf -") == 0 or die 'tar';
    if (!$mounts) {
        my $id = '/proc/sys/kernel/random/boot_id';

        system("mkdir -p '$base" . dirname($id) . "' && cat $id > '$base$id'");
    }
}


sub root_for ($part) {
    my $root = "$work/$part";

    system('cp', '-a', '--reflink=auto', $base, $root) == 0 or die 'cp';

    return $root;
}


sub installed ($root) {
    return { map { $_ => 1 } slurp("$root/var/lib/dpkg/status")
        =~ /^Package: (\S+)\nStatus: install ok installed$/gm };
}


1;
