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

use FindBin;
use HTTP::Tiny;
use IO::Socket::INET;

use lib "$FindBin::Bin/../lib";
use Tuanbo::Test::Root qw(base ended inside installed mounts root_for slurp
    start top wait_until work works write_file);

use constant { TESTS_S => 3600, LONG_S => 900, SHORT_S => 60 };

my %parts = map { $_ => 1 } split ' ', $ENV{PART} // 'run build conf';
my $work = work();
my $top = top();

local $ENV{TUANBO_BARE_SECONDS} = $parts{test} ? TESTS_S : LONG_S;
base();


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
    skip('nothing can be mounted here', 1) if $parts{conf} && !mounts();
    conf() if $parts{conf};
}

tests() if $parts{test};

done_testing();
