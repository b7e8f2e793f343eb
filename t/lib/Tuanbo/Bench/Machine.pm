package Tuanbo::Bench::Machine;

# On what the measurements were made.

use v5.36;

use Exporter qw(import);
use POSIX ();

use Tuanbo::Bench;
use Tuanbo::Bench::Servers;

our @EXPORT = qw(machine);


sub first_of ($pattern, @command) {
    my ($found) = capture('sh', '-c', 'exec "$@" 2>&1', 'sh', @command)
        =~ $pattern;
    return $found // 'unknown';
}


# The version of a Debian package, or nothing elsewhere.
sub package_of ($name) {
    my $said = `dpkg-query -W -f '\${Version}' $name 2>/dev/null` // '';
    return $said || 'unknown';
}


# The disk's median and 99th percentile, in ms, before and after.
sub machine (@disk) {
    my $cpus = slurp('/proc/cpuinfo');
    my ($kb) = slurp('/proc/meminfo') =~ /^MemTotal: +(\d+)/m;
    my ($model) = $cpus =~ /^model name\s*: (.*)/m;
    my $cores = () = $cpus =~ /^processor\s*:/mg;
    my ($name) = slurp('/etc/os-release') =~ /^PRETTY_NAME="?([^"\n]*)/m;
    my $here = here;

    return {
        cpu => $model // 'unknown', cores => $cores,
        virtual => $cpus =~ /^flags.*\bhypervisor\b/m ? 1 : 0,
        memory_gb => sprintf('%.0f', $kb / 1024 / 1024),
        kernel => (POSIX::uname())[2], system => $name // 'unknown',
        disk => first_of(qr/\n(\S+)/, 'df', '--output=fstype', dir),
        fdatasync_ms => [map { 0 + sprintf '%.3f', $_ } @disk],
        date => POSIX::strftime('%Y-%m-%d', gmtime),
        commit => `git -C $here rev-parse --short HEAD 2>/dev/null`
            =~ s/\s+\z//r || 'unknown',
        versions => {
            nginx => first_of(qr{nginx/(\S+)}, 'nginx', '-v'),
            Redis => first_of(qr/v=(\S+)/, 'redis-server', '--version'),
            PostgreSQL => first_of(qr/(\d+[.\d]*)/,
                postgres_bin() . '/postgres', '--version'),
            wrk => package_of('wrk'),
            LMDB => package_of('liblmdb0'),
            'lua-nginx-module' => package_of('libnginx-mod-http-lua'),
        },
    };
}


1;
