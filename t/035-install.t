use v5.36;
use utf8;
use File::Find ();
use Tuanbo::Test;

# `make install` into a directory: what is there, and that it works from there:
# nginx with the module and the shop, and the tools, by the examples of their
# --help.

plan(skip_all => 'the .so is what is installed') if $ENV{TUANBO_STATIC};

my $root = Tuanbo::Test::root();
my $t = Tuanbo::Test->new(workers => 1);
my $dir = $t->dir;
my ($modules) = `nginx -V 2>&1` =~ /--modules-path=(\S+)/ or die;
my @tools =
    map { "tuanbo-$_" } qw(check-ledger load-catalog office sign store verify);

delete @ENV{qw(PERL5LIB MAKEFLAGS MAKELEVEL)};


# As root does it, wherever umask lets others look.
sub install (@variables) {
    my $said = `umask 077; TUANBO_SETUP=no make -C $root install @variables 2>&1`;

    is($?, 0, "make install @variables") or diag($said);
}


# The files below, by their path there.
sub files ($top) {
    my @found;

    File::Find::find({ no_chdir => 1, wanted => sub {
        push @found, s{^\Q$top\E/}{}r if -f;
    } }, $top) if -d $top;

    return sort @found;
}


sub write_file ($path, $text) {
    open my $file, '>', $path or die "$path: $!";
    print {$file} $text;
    close $file or die $!;
}


sub said ($command) {
    my $said = `$command 2>&1`;

    utf8::decode($said);

    return ($? >> 8, $said);
}


install("DESTDIR=$dir/top");

my $share = "$dir/top/usr/share/tuanbo";
my $bin = "$dir/top/usr/bin";
my @sources = map { s{^\Q$root\E/}{}r } grep { -f }
    glob("$root/conf/*.conf $root/conf/{tuanbo,office,live,monitoring,bin}/*"),
    map { my $top = $_; map { "$root/$top/$_" } files("$root/$top") }
    qw(lua templates conf/lib);

# ---- what is there
cmp_ok(@sources, '>', 50, 'there is much to install');
is_deeply([ files($share) ], [ sort @sources ],
    'the storefront, the confs and the tools; nothing of the demo\'s');
is_deeply([ grep { Tuanbo::Test::slurp("$share/$_")
    ne Tuanbo::Test::slurp("$root/$_") } @sources ], [], 'as they are');
is_deeply([ files("$dir/top$modules") ], ['ngx_http_flashsale_module.so'],
    'the module where nginx looks for it');
is_deeply([ files($bin) ], \@tools, 'the tools where a shell does');
is_deeply([ files("$dir/top/usr/lib/tuanbo") ], ['libtuanbo.so'],
    'and the library');

my @closed;
File::Find::find({ no_chdir => 1, wanted => sub {
    my $mode = (stat)[2] & 0777;
    my $wanted = -d || m{/bin/} ? 0755 : 0644;

    push @closed, sprintf '%s %o', $_, $mode if $mode != $wanted;
} }, "$dir/top");
is_deeply(\@closed, [], 'for everybody to read');

# ---- under another prefix
install("DESTDIR=$dir/other", 'PREFIX=/opt/shop');
my $other = "$dir/other/opt/shop";
my $shop = Tuanbo::Test::slurp("$other/share/tuanbo/conf/tuanbo.conf");
is_deeply([ $shop =~ m{(/\S*tuanbo)/(?:lua|templates|conf)/?}g ],
    [ ('/opt/shop/share/tuanbo') x 9 ], 'the conf names its places');
is((said("$other/bin/tuanbo-sign --help"))[0], 0, 'a tool works there');
mkdir "$dir/office" or die $!;
like((said("$other/bin/tuanbo-office fold --once --directory $dir/office"
    . " --store $dir/none"))[1], qr/^there is no directory \Q$dir\E\/none/m,
    'and the clerk, with its library');

# ---- the shop, from there
my $conf = Tuanbo::Test::slurp("$share/conf/tuanbo.conf");
my ($loads) = $conf =~ /^((?:# +load_module .*\n)+)/m;

$loads =~ s/^# +//mg;
$loads =~ s{modules/(?=ndk|ngx_http_lua)}{$modules/}g;
$loads =~ s{modules/(?=ngx_http_flashsale)}{$dir/top$modules/};
$conf =~ s{/usr/share/tuanbo}{$share}g;
$conf =~ s{/var/lib/flashsale}{$dir/store}g;
$conf =~ s{/etc/nginx/flashsale}{$dir/secrets}g;
$conf =~ s{listen +80;}{"listen 127.0.0.1:" . $t->port . ';'}e;
$t->set_secrets(session => 'secret-of-the-session' x 2);

my $whole = $loads . ($> == 0 ? "user nobody nogroup;\n" : '')
    . "error_log $dir/logs/error.log info;\npid $dir/logs/nginx.pid;\n"
    . "events { }\nhttp {\naccess_log off;\n"
    . join('', map { "${_}_temp_path $dir/temp/$_;\n" }
        qw(client_body proxy fastcgi uwsgi scgi)) . "$conf}\n";
my ($status, $said) = $t->check_conf($whole);

is($status, 0, 'nginx -t of the conf') or diag($said);
{
    no warnings 'redefine';
    local *Tuanbo::Test::conf = sub { $whole };
    $t->start;
}

# ---- the tools, by the examples of their help
local $ENV{PATH} = "$bin:$ENV{PATH}";
local $ENV{TUANBO_DATA} = $dir;     # and not /etc/nginx/flashsale
symlink "$root/conf/demo", "$dir/catalogue" or die $!;

my %prints = (
    'tuanbo-load-catalog' => qr/files are right\.\nLoaded \d+ products, .* 12 sales, \d+ words\.\n\z/,
    'tuanbo-sign' => qr/^\{.*"ok":true/,
    'tuanbo-check-ledger' => qr/^grape stock 200 free 200 .*^ok: \d+ entries/ms,
);

for my $tool (qw(tuanbo-load-catalog tuanbo-sign tuanbo-check-ledger)) {
    my ($status, $help) = said("$tool --help");
    my ($example) = $help =~ /^Exit codes:.*?^Example:\n\n((?:    .*\n)+)\z/ms;

    is($status, 0, "$tool --help");
    ok($example, 'ends with exit codes and an example') or next;
    is((grep { length > 79 } split /\n/, $help), 0, 'its lines are short');

    # all options are told, and no others
    my ($spec) = Tuanbo::Test::slurp("$bin/$tool")
        =~ /options\(<<'HELP', (.*?)\);$/ms;
    my @options = sort 'help', $spec =~ /\b([a-z-]{3,})(?==|['\s)])/g;
    my %told = map { $_ => 1 } $help =~ /^--([a-z-]+)/mg;
    is_deeply([ sort keys %told ], \@options, 'and says each option');
    my ($usage) = $help =~ /^Usage:\n\n((?:    .*\n)+)/m;
    is_deeply([ grep { $usage !~ /--$_\b/ && $_ ne 'help' } @options ], [],
        'also in its usage');

    for my $wrong ('--bogus', '--secret', $tool =~ /ledger/
        ? '--after-hash 12' : '')
    {
        my ($status, $said) = said("cd $dir; $tool $wrong < /dev/null");

        is($status, 2, "$tool $wrong: misused");
        like($said, qr/\A$tool: .*; see $tool --help\n\z/, 'in one line');
    }

    my $url = $t->url('');

    $example =~ s{http://127\.0\.0\.1}{$url}g;
    $example =~ s{/etc/nginx/flashsale}{$dir/secrets}g;
    write_file("$dir/example", $example);
    ($status, my $printed) = said("cd $dir; bash -eu -o pipefail example");
    is($status, 0, "$tool: its example works");
    like($printed, $prints{$tool}, 'and prints what it should');
}

# ---- and the one that is compiled
{
    my ($status, $help) = said('tuanbo-store --help');
    my ($example) = $help =~ /^Exit codes:.*?^Example:\n\n    (.*)\n\z/ms;

    is($status, 0, 'tuanbo-store --help');
    is((grep { length > 79 } split /\n/, $help), 0, 'its lines are short');
    is_deeply([ said($example =~ s{/var/lib/flashsale}{$dir/store}r) ],
        [ 0, "store 3\nprogram 3\nopen yes\n" ], 'its example works');
}

# ---- what docs/lua.md shows
my @shown = Tuanbo::Test::slurp("$root/docs/lua.md")
    =~ m{^    (conf/bin/tuanbo-\S+ .*)$}mg;

cmp_ok(@shown, '>=', 2, 'docs/lua.md calls the loader');
for my $command (@shown) {
    my $here = $command =~ s{http://127\.0\.0\.1:8080}{$t->url('')}er
        =~ s{/etc/nginx/flashsale}{$dir/secrets}r;
    ($status, $said) = said("cd $root && $here");
    is($status, 0, $command) or diag($said);
}

like($t->get('/')->body, qr{href="/s/grape"}, 'the shop has its goods');
my @named = $t->get('/')->body =~ m{\b(?:src|href)="(/static/[^"]*)"}g;
cmp_ok(@named, '>', 9, 'style sheets, scripts, pictures');
is_deeply([ grep { $t->get($_)->code != 200 } @named ], [], 'are there');

# ---- one version
my ($version) = Tuanbo::Test::slurp("$root/ngx_module/core/base/version.h")
    =~ /^#define FS_VERSION +"([0-9.]+)"/m;
my ($changelog) = Tuanbo::Test::slurp("$root/debian/changelog")
    =~ /\Atuanbo \(([^)]+)\)/;
is($changelog, $version, "debian/changelog has version $version");
like($t->log_text, qr/\[notice\].*flashsale: version \Q$version\E$/m,
    'the log says it');
like($t->get('/metrics')->body,
    qr/^flashsale_build_info\{version="\Q$version\E",nginx="[0-9.]+"\} 1$/m,
    'and so do the metrics');

# ---- whom it refuses
like((said("tuanbo-sign --secrets $dir orders GET /x"))[1],
    qr{^tuanbo-sign: \Q$dir\E/orders: No such file}, 'no secret');
is((said("tuanbo-sign --secrets $dir orders GET /x"))[0], 2, 'is told');
for my $wrong ('buyers GET /x', 'orders get /x', 'orders GET x',
    'orders GET /x a b c')
{
    is((said("tuanbo-sign $wrong"))[0], 2, "tuanbo-sign $wrong");
}
($status, $said) = said('tuanbo-load-catalog --url http://127.0.0.1:1'
    . " --secret $dir/secrets/admin $dir/none");
is($status, 2, 'a catalogue that is not there');
like($said, qr/^tuanbo-load-catalog: there is nothing in /, 'is told');
mkdir "$dir/wrong" or die $!;
mkdir "$dir/wrong/sales" or die $!;
write_file("$dir/wrong/sales/x.json",
    '{"stock":1,"price_fen":1,"title":"\u0001"}');
is((said("tuanbo-load-catalog --url " . $t->url('')
    . " --secret $dir/secrets/admin $dir/wrong"))[0], 1,
    'what the store refuses');
is((said("tuanbo-load-catalog --url " . $t->url('')
    . " --secret $dir/secrets/orders $dir/catalogue"))[0], 2,
    'another role\'s secret');

$t->finish;
