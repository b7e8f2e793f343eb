use v5.36;
use Test::More;
use FindBin;

# The docs name what is there: each test file in docs/testing.md, and no file
# that the project does not have. No two tests have one number.

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
        (map { "$root/$_" } $text =~ m{`(t/[a-z]+/\w+\.[cht]+)`}g),
        (map { "$root/$_" } $text =~ /\b([A-Z]{3,}\.md)\b/g),
        (map { "$folder$_" } $text =~ /\]\(([^)\s#:]+)(?:#[^)]*)?\)/g),
    );

    is_deeply([ grep { !-e } @named ], [],
        $doc =~ s{.*/}{}r . ' names what is there');
}

done_testing();
