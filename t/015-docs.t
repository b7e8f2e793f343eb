use v5.36;
use Test::More;
use File::Find ();
use FindBin;

# The docs name what is there: each test file in docs/testing.md, and no file
# that the project does not have; nor do comments. No two tests have one number.

my $root = "$FindBin::Bin/..";


sub slurp ($path) {
    open my $file, '<', $path or die "$path: $!\n";
    local $/;
    return scalar <$file>;
}


sub names ($pattern) {
    return map { s{.*/}{}r =~ s{\.c$}{}r } glob "$root/$pattern";
}


my $testing = slurp("$root/docs/testing.md");
my @tests = names('t/[0-9]*-*.t');

cmp_ok(@tests, '>', 50, 'the tests are found');
is_deeply([ grep { $testing !~ /^\| `\Q$_\E` \| \S/m } @tests,
    names('t/browser/*.test.js'), names('t/fuzz/fuzz_*.c') ],
    [], 'docs/testing.md says what each test file is for');

my %numbered;
push $numbered{ s/-.*//r }->@*, $_ for @tests;
is_deeply([ map { "@$_" } grep { @$_ > 1 } values %numbered ], [],
    'each has a number of its own');

for my $doc ("$root/README.md", glob "$root/docs/*.md") {
    my $text = slurp($doc);
    my $folder = $doc =~ s{[^/]*$}{}r;
    my @named = (
        (map { "$root/t/$_" } $text =~ /\b(\d{3}-[a-z0-9-]+\.t)\b/g),
        (map { "$root/$_" } $text =~ /\b([A-Z]{3,}\.md)\b/g),
        (map { "$folder$_" } $text =~ /\]\(([^)\s#:]+)(?:#[^)]*)?\)/g),
    );

    is_deeply([ grep { !-e } @named ], [],
        $doc =~ s{.*/}{}r . ' names what is there');
}


# ---- files that comments and docs name
my (@files, %there);

File::Find::find({ no_chdir => 1, wanted => sub {
    my $path = s{^\Q$root\E/?}{}r;

    $File::Find::prune = 1 if $path =~ m{^(?:\.git|build|data)\z};
    return if $File::Find::prune || $path eq '';
    push @files, $path if -f;
    # by the end of its path, too: core/store/store.h, store.h
    do { $there{$path} = 1 } while $path =~ s{^[^/]+/}{};
} }, $root);
cmp_ok(@files, '>', 300, 'the files are found');


# What is said in a file, and is not run.
sub words_of ($path, $text) {
    return $text if $path =~ /\.md$/;
    return join "\n", $text =~ m{/\*.*?\*/|(?<!\S)//.*}gs
        if $path =~ /\.(?:[ch]|js|css)$/;
    return join "\n", $text =~ /--.*/g if $path =~ /\.lua$/;
    return join "\n", $text =~ /<!--.*?-->/gs if $path =~ /\.html$/;
    return join "\n", $text =~ /(?<!\S)#.*/g;
}


# Names of files by their endings, and paths that begin with a folder of ours.
# Not addresses, patterns, places for a NAME, and what is only there later.
sub named_in ($text) {
    $text =~ s{https?://\S+|\$\w+/\S+}{}g;

    return grep { !m{[*\{]|\b[A-Z]{2,}\b|^(?:build|data)/|^templates/static/(?:scanner|player)|^hls\.js$|^(?:/|nginx\.conf$)} }
        map { s{/\z}{}r } $text =~ m{(?<![\w/.<>-])(
            (?:[\w.*{},-]+/)*[\w*{},-]{2,}
                \.(?:[cht]|lua|p[lm]|sh|js|css|md|conf|html|supp)\b
            | (?:ngx_module|core|lua|templates|conf|docs|t)/[\w.*{},/-]*\w/?
            )(?![\w*\{])}gx;
}


my @gone;

for my $path (grep { !m{/seeds/|/golden/|^t/history/run/|\.(?:svg|png)$} }
    @files)
{
    my ($folder) = $path =~ m{^(.*/)};
    my $text = words_of($path, slurp("$root/$path"));

    push @gone, map { "$path: $_" } grep { !$there{$_}
        && !-e "$root/" . ($folder // '') . $_ } named_in($text);
}
is(join("\n", @gone), '', 'docs and comments name files that are there');

done_testing();
