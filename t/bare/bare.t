use v5.36;
use Test::More;

# What the README promises, on a bare Debian 12: debootstrap's minbase with
# ca-certificates, make and git, from the archive that apt's own sources name.
# Each part has a fresh copy, so that no package of one helps another:
#
#     run      `make run`, until the home page answers with all that it names;
#              what it prints; Ctrl-C
#     build    `make build` alone
#     conf     the README's conf and commands, then conf/tuanbo.conf with the
#              packages that it names (conf.pl)
#     test     `make test` but for the browser; only when it is asked for
#
# As root, on a machine with apt-get: `make test-bare`, some four minutes.
# PART in the environment is some of them. Where nothing can be mounted (a
# container) the roots go without /proc, and conf is left out.

use Cwd qw(realpath);
use File::Basename qw(dirname);
use File::Temp ();
use HTTP::Tiny;
use IO::Socket::INET;
use POSIX qw(WNOHANG setsid);
use Time::HiRes qw(sleep time);

use constant { TESTS_S => 3600, LONG_S => 900, SHORT_S => 60 };

my $top = realpath(dirname(__FILE__) . '/../..');
my %parts = map { $_ => 1 } split ' ', $ENV{PART} // 'run build conf';
my $work = File::Temp->newdir('tuanbo-bare-XXXXXXXX', TMPDIR => 1);
my %children;

plan(skip_all => 'only root makes a root') if $> != 0 && !$ENV{CI};
$SIG{$_} = sub { exit 1 } for qw(HUP INT TERM);

END {
    my $status = $?;

    kill KILL => map { -$_ } keys %children;
    waitpid $_, 0 for keys %children;
    $? = $status;
}


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


# ------------------------------------------------------------------ processes

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
        $parts{test} ? TESTS_S : LONG_S);

    return ok(defined $status && $status == 0, $name)
        || !diag($status // 'it has not ended', "\n", slurp($log));
}


# ---------------------------------------------------------------------- roots

# Whether this process may mount: then each root has its /proc, /dev and pids.
my $mounts = ($ENV{TUANBO_BARE_MOUNT} // '') ne 'no' && system('unshare',
    '--mount', '--pid', '--fork', '--', 'mount', '-t', 'proc', 'proc',
    '/proc') == 0;
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


# The archives of this machine's Debian 12, as apt reads its sources.
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

my $base = "$work/base";

works('a bare root', "$work/debootstrap.log", 'debootstrap',
    '--variant=minbase', '--include=ca-certificates,make,git', 'bookworm',
    $base, $mirror) or BAIL_OUT('no root');

write_file("$base/etc/apt/sources.list", join '',
    map { "deb $_\n" } @archives);
write_file("$base/etc/apt/apt.conf.d/90reach", $reach);
system('cp', $_, "$base/etc/") for grep { -e } qw(/etc/resolv.conf /etc/hosts);
mkdir "$base/tuanbo";
system("tar -C '$top' --exclude=./build --exclude=./data -cf - ."
    . " | tar -C '$base/tuanbo' --no-same-owner -xf -") == 0 or die 'tar';
if (!$mounts) {
    my $id = '/proc/sys/kernel/random/boot_id';

    system("mkdir -p '$base" . dirname($id) . "' && cat $id > '$base$id'");
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


# ------------------------------------------------------------------- the parts

# Two that nobody has, and that no client's connection is given until they are
# used: the kernel takes those from 32768 on.
sub free_port () {
    for (1 .. 100) {
        my $port = 12000 + int rand 8000;

        return $port if 2 == grep { IO::Socket::INET->new(Listen => 1,
            LocalAddr => '127.0.0.1', LocalPort => $_) } $port, $port + 1;
    }
    die 'no free port';
}


# Everything that a page names by src or href on its own server.
sub names ($page) {
    my %seen;

    return grep { !$seen{$_}++ } map { s/&amp;/&/gr =~ s/#.*//sr }
        $page =~ m{\b(?:src|href)="(/[^"]*)"}g;
}


sub demo () {
    my $root = root_for('run');
    my $log = "$work/run.log";
    my $port = free_port();
    my $url = "http://127.0.0.1:$port";
    my $http = HTTP::Tiny->new(timeout => 20, proxy => undef,
        http_proxy => undef);
    my $pid = start($log, inside($root, "exec make run PORT=$port"));
    my $status;

    wait_until(LONG_S, sub { slurp($log) =~ /^Ctrl-C stops it/m
        || defined($status = ended($pid, 0.2)) });
    ok(!defined $status && slurp($log) =~ /^Ctrl-C stops it/m,
        '`make run` comes up') or return diag(slurp($log));

    my $home = $http->get("$url/");
    is($home->{status}, 200, 'the home page answers');
    my @names = names($home->{content});
    my %answers = map { $_ => $http->get($url . $_) } @names;
    is_deeply([ grep { $answers{$_}{status} != 200 } @names ], [],
        'so does all that it names: ' . @names);
    cmp_ok((grep { ($answers{$_}{headers}{'content-type'} // '')
        =~ m{^image/} && length $answers{$_}{content} } @names), '>=', 9,
        'nine pictures and more');
    is_deeply([ grep { $answers{$_}{content} !~ m{</html>\s*\z} }
        grep { m{^/s/} } @names ], [], 'whole pages');

    my @lines = grep { s/^  (?=HOLD=|curl )// } split /\n/, slurp($log);
    write_file("$root/tmp/lines", join "\n", @lines, '');
    is(@lines, 3, 'three lines to paste');
    works('which work', "$work/lines.log", inside($root,
        '. /tmp/lines > /tmp/said 2>&1; grep -q \'"outcome":"sold"\' '
        . '/tmp/said && grep -q \'"ok":true\' /tmp/said'));

    # as a terminal does: all of the foreground hears it
    kill INT => -$pid;
    ok(wait_until(SHORT_S, sub { slurp($log) =~ /^Stopped\. The data stays/m
        }), 'Ctrl-C stops it') or diag(slurp($log));
    ok(defined ended($pid, SHORT_S), 'and all of it ends');
    ok(!IO::Socket::INET->new("127.0.0.1:$port"), 'nobody listens there');
    is_deeply([ grep { installed($root)->{$_} } qw(libcmocka-dev lua-check
        nghttp2-client) ], [], 'without packages of the tests');
}


sub build () {
    my $root = root_for('build');

    works('`make build`', "$work/build.log", inside($root, 'make build'));
    write_file("$root/tmp/nginx.conf",
        "load_module /tuanbo/build/ngx_http_flashsale_module.so;\n"
        . "events { }\nhttp { }\n");
    works('nginx takes the module', "$work/load.log",
        inside($root, 'nginx -t -c /tmp/nginx.conf'));
    is_deeply([ grep { installed($root)->{$_} } qw(libmojolicious-perl
        lua-cjson libnginx-mod-http-lua libcmocka-dev) ], [],
        'without packages to run or to test');
}


# The README's commands as they stand, then conf.pl, alone with its network.
sub conf () {
    my $root = root_for('conf');
    my @blocks = slurp("$top/README.md")
        =~ /^## The whole conf$(.*?)^## /ms
        ? $1 =~ /^```sh\n(.*?)^```/gms : ();
    my ($conf) = slurp("$top/README.md") =~ /^```nginx\n(.*?)^```/ms;

    ok(@blocks && $conf, 'the README has commands and a conf');
    write_file("$root/tmp/commands", join "\n", 'set -e', @blocks);
    works('the README\'s commands', "$work/commands.log",
        inside($root, '. /tmp/commands'));
    write_file("$root/etc/nginx/nginx.conf", $conf);
    works('the README\'s conf', "$work/conf.log",
        inside($root, 'perl t/bare/conf.pl engine', '--net'));

    my ($words) = slurp("$top/conf/tuanbo.conf")
        =~ /Debian's packages: ((?:.*\n)*?)#? ?\n?(?=#\n|# docs)/
        or return fail('conf/tuanbo.conf names its packages');
    my @packages = grep { /^lib|^lua-/ } $words =~ /([a-z0-9-]+)/g;

    works("the packages of conf/tuanbo.conf: @packages", "$work/apt.log",
        inside($root, 'DEBIAN_FRONTEND=noninteractive apt-get install -y '
        . "--no-install-recommends @packages"));
    works('conf/tuanbo.conf', "$work/shop.log",
        inside($root, 'perl t/bare/conf.pl shop', '--net'));
}


sub tests () {
    works('`make test`', "$work/test.log", inside(root_for('test'),
        'make test-without-browser'));
}


demo() if $parts{run};
build() if $parts{build};

SKIP: {
    skip('nothing can be mounted here', 1) if $parts{conf} && !$mounts;
    conf() if $parts{conf};
}

tests() if $parts{test};

done_testing();
