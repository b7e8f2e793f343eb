use v5.36;
use utf8;
use Digest::SHA qw(sha512_base64);
use File::Path qw(make_path remove_tree);
use File::Temp ();
use Tuanbo::Test;
use Tuanbo::Test::Office;

binmode Test::More->builder->$_, ':utf8'
    for qw(output failure_output todo_output);

# What pages use of npm's registry, the counter's scanner and the room's
# player: conf/npm.sh fetches what is pinned, or says that all else works; and a
# counter without it says so, too.

my $dir = File::Temp->newdir('scanner-XXXXXX', TMPDIR => 1);
my $root = Tuanbo::Test::root();
my $static = "$dir/templates/static";
my $registry = Tuanbo::Test->new(locations => '',
    server => "location / { root $dir/served; }");

sub write_file ($path, $text) {
    open my $file, '>', $path or die "$path: $!";
    print {$file} $text;
    close $file or die $!;
}

# What a registry would have: a package of that name, and what pins it.
make_path("$dir/conf", $static, "$dir/bin", "$dir/package/dist",
    "$dir/served/qr-scanner/-", "$dir/served/hls.js/-");
write_file("$dir/package/qr-scanner.min.js",
    "export default 1;\n//# sourceMappingURL=qr-scanner.min.js.map\n");
write_file("$dir/package/qr-scanner-worker.min.js", "export const a = 1;\n");
write_file("$dir/package/dist/hls.light.min.js", "var Hls = 1;\n");
write_file("$dir/package/LICENSE", "MIT\n");

my $script = Tuanbo::Test::slurp("$root/conf/npm.sh");
my ($scanner) = $script =~ /^scanner=qr-scanner-(\S+)/m;
my ($player) = $script =~ /^player=hls\.js-(\S+)/m;
my $archive = "$dir/served/qr-scanner/-/qr-scanner-$scanner.tgz";
system('tar', '-czf', $archive, '-C', "$dir", 'package') == 0 or die;
link $archive, "$dir/served/hls.js/-/hls.js-$player.tgz" or die $!;

my $pin = sha512_base64(Tuanbo::Test::slurp($archive)) . '==';

# As on a machine that has no npm.
for my $name (qw(sh bash cat chmod cp curl dirname gzip mkdir mktemp mv openssl
    rm sed tar timeout))
{
    my ($path) = grep { -x } map { "$_/$name" } split /:/, $ENV{PATH};
    symlink $path, "$dir/bin/$name" if $path;
}

sub fetch ($pinned, %env) {
    my $text = $script =~ s{^(\w+_sha512)=.*}{$1=$pinned}mgr;

    $text ne $script or die;
    write_file("$dir/conf/npm.sh", $text);

    local %ENV = (%ENV, PATH => "$dir/bin",
        npm_config_registry => "http://127.0.0.1:@{[ $registry->port ]}/", %env);
    delete $ENV{TUANBO_SETUP} if !exists $env{TUANBO_SETUP};
    my $said = `sh $dir/conf/npm.sh 2>&1`;

    return ($? >> 8, $said);
}

my ($code, $said) = fetch($pin);
is($code, 0, 'no registry is no reason to stop');
like($said, qr/No scanner: .*registry cannot be reached\. All else works/,
    'but it is said');
like($said, qr/No player: .*cannot be reached\. Browsers that play/, 'of both');
ok(!-e "$static/$_", "no $_") for qw(scanner player);

chmod 0755, $dir, "$dir/served", map { ("$dir/served/$_", "$dir/served/$_/-") }
    qw(qr-scanner hls.js);
$registry->start;

($code, $said) = fetch($pin, TUANBO_SETUP => 'no');
is("$code $said", '0 ', 'no set-up, none of this');
($code, $said) = fetch($pin =~ s/^./$& eq 'A' ? 'B' : 'A'/er);
is($code, 0, 'nor is another file than the one that is pinned');
like($said, qr/not what was pinned/, 'which is said');
ok(!-e "$static/$_", "and is not taken: $_") for qw(scanner player);
($code, $said) = fetch($pin);
like($said, qr/^Fetched qr-scanner \Q$scanner\E/m, 'fetched');
like($said, qr/^Fetched hls\.js \Q$player\E/m, 'both');
is(Tuanbo::Test::slurp("$static/scanner/qr-scanner.js"),
    "export default 1;\n", 'under the names of the pages, without maps');
ok(-e "$static/$_", $_) for 'scanner/qr-scanner-worker.js',
    "scanner/$scanner.txt", 'player/hls.js', "player/$player.txt";
($code, $said) = fetch('x');
is("$code $said", '0 ', 'once is enough');

# ---- an office without it
system('cp', '-R', "$root/templates", "$dir/bare") == 0 or die;
remove_tree("$dir/bare/static/scanner");
system('chmod', '-R', 'a+rX', "$dir/bare") == 0 or die;
my $o = Tuanbo::Test::Office->new(templates => "$dir/bare")->start;
$o->shop->points('xingfu');
my $owner = $o->owner;
$owner->get('/desk/hand-over/xingfu');
like($owner->text, qr/没有装扫码，请输 8 位提货码/, 'the page says so');
is($owner->dom->find('#scan, #scanner')->size, 0, 'and has no button for it');
unlike($owner->start(GET => '/desk/worker.js')->res->body, qr{scanner/},
    'nor does a phone keep it');
$o->shop->finish;
