use v5.36;
use Test::More;

# Debian packages: made by `make deb` on a bare Debian 12, clean by lintian and
# by systemd's own look at the service, installed on another one by apt, used,
# upgraded with the store in use, removed and purged (use.pl).
#
# As root, on a machine with apt-get: `make test-deb`, some three minutes.

use FindBin;
use lib "$FindBin::Bin/../lib";
use Tuanbo::Test::Root qw(base inside mounts root_for slurp work works
    write_file);

# of systemd-analyze, times ten: 20 is 2.0, "OK"
use constant EXPOSURE => 20;

plan(skip_all => 'nothing can be mounted here') if !mounts() && !$ENV{CI};
base();

my $work = work();
my $maker = root_for('maker');
my $user = root_for('user');
my ($version) = slurp("$maker/tuanbo/debian/changelog") =~ /\(([0-9.]+)\)/;
my $newer = "$version.1";

works('make deb', "$work/deb.log", inside($maker, 'make deb'));
works('lintian', "$work/lintian.log", inside($maker,
    'lintian --allow-root --fail-on error,warning build/deb/*.changes'));

# as they are installed, with what is dropped in; verify looks for the programs
# that they name
works('the units', "$work/unit.log", inside($maker,
    'DEBIAN_FRONTEND=noninteractive apt-get install -y'
    . ' --no-install-recommends systemd ./build/deb/*.deb > /dev/null'
    . ' && cd /lib/systemd/system && for unit in tuanbo*.service; do'
    . ' systemd-analyze verify ./$unit'
    . ' && systemd-analyze security --offline=true --threshold='
    . EXPOSURE . ' ./$unit || exit 1; done'));

system('sh', '-c', 'mkdir "$1/debs" && cp "$0"/tuanbo/build/deb/*.deb'
    . ' "$1/debs/" && rm "$1"/debs/*dbgsym*', $maker, $user) == 0 or die;

for my $file ('debian/changelog', 'ngx_module/core/base/version.h') {
    my $path = "$maker/tuanbo/$file";

    write_file($path, slurp($path) =~ s/\Q$version\E/$newer/r);
}
works('make deb, of the next version', "$work/newer.log",
    inside($maker, 'make deb'));
system('sh', '-c', 'mkdir "$1/newer" && cp "$0"/tuanbo/build/deb/*.deb'
    . ' "$1/newer/" && rm "$1"/newer/*dbgsym*', $maker, $user) == 0 or die;

works('installed by apt', "$work/install.log", inside($user,
    'DEBIAN_FRONTEND=noninteractive apt-get update -q > /dev/null'
    . ' && DEBIAN_FRONTEND=noninteractive apt-get install -y'
    . ' --no-install-recommends /debs/*.deb'));
works('used, upgraded, purged', "$work/use.log", inside($user,
    "DEBIAN_FRONTEND=noninteractive perl t/deb/use.pl $newer /newer",
    '--net'));

done_testing();
