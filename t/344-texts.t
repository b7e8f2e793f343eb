use v5.36;
use utf8;
use File::Find ();
use JSON::PP ();
use Tuanbo::Test;

# Texts: each language says the same things, each text that a page asks for is
# there, and none that no page asks for.

binmode Test::More->builder->$_, ':utf8'
    for qw(output failure_output todo_output);

my $root = Tuanbo::Test::root();
my %lines = (zh => {}, en => {});

# the shop's, the desk's, and those of the desk's pages
for my $path (map { glob "$root/lua/tuanbo/$_" } 'text/??.lua',
    'office/text/??.lua', 'office/text/*/??.lua')
{
    my ($lang) = $path =~ m{/(\w\w)\.lua\z};
    my $own = lines_of($path);
    for my $key (sort keys %$own) {
        BAIL_OUT("$path has $key, as another") if exists $lines{$lang}{$key};
        $lines{$lang}{$key} = $own->{$key};
    }
}


sub read_text ($path) {
    open my $file, '<:encoding(UTF-8)', $path or die "$path: $!";
    local $/;
    return scalar <$file>;
}


# ["key"] = "text" and ["key"] = { one = "…", other = "…" }
sub lines_of ($path) {
    my $text = read_text($path);
    my %lines;

    while ($text =~ /\["([^"]+)"\] = (?:"((?:[^"\\]|\\.)*)"|\{((?s:.*?))\})/g) {
        my ($key, $line) = ($1, $2 // $3);
        BAIL_OUT("$path has $key twice") if exists $lines{$key};
        $lines{$key} = $line;
    }

    return \%lines;
}


sub holes ($line) { join ' ', sort $line =~ /\{([a-z_]+)\}/g }


cmp_ok(scalar keys $lines{zh}->%*, '>', 150, 'texts are found');

for my $lang (sort keys %lines) {
    my @missing = grep { !exists $lines{$lang}{$_} } keys $lines{zh}->%*,
        keys $lines{en}->%*;
    is("@missing", '', "$lang has all");
    my @empty = grep { $lines{$lang}{$_} !~ /\S/ } keys $lines{$lang}->%*;
    is("@empty", '', "$lang leaves none empty");
}

# A language may leave out what it has no word for, never ask for more.
for my $key (sort keys $lines{zh}->%*) {
    my %known = map { $_ => 1 } split ' ',
        holes($lines{zh}{$key}) . ' ' . extra($key);
    my @unknown = grep { !$known{$_} } split ' ', holes($lines{en}{$key} // '');
    is("@unknown", '', "$key asks for nothing that Chinese does not")
        if @unknown;
}

sub extra ($key) { $key eq 'when.date' ? 'month_name' : '' }

# ---- what pages ask for
my (%asked, @prefixes);

File::Find::find(sub {
    return if !/\.(?:lua|html)\z/ || $File::Find::name =~ m{/text/};
    my $text = read_text($_);
    my $where = $File::Find::name =~ s{^\Q$root\E/}{}r;

    # every string that looks like a key counts as a use
    $asked{$1} //= $where while $text =~ /"([a-z_]+(?:\.[a-z_0-9]+)+)"/g;
    $asked{$1} //= $where while $text =~ /\bsay\("([^"]+)"\s*[,)]/g;
    push @prefixes, $1 while $text =~ /"([a-z_.]+\.)"\s*\.\./g;
}, "$root/lua/tuanbo", "$root/templates");

my $families = join '|', map { s/\..*//r } keys $lines{zh}->%*;
my @missing = grep { /^(?:$families)\./ && !/\.(?:css|js)\z/
    && !exists $lines{zh}{$_} } sort keys %asked;
is("@missing", '', 'each text that is asked for is there');

my @unused = grep {
    my $key = $_;
    !$asked{$key} && !grep { index($key, $_) == 0 } @prefixes;
} sort keys $lines{zh}->%*;
is("@unused", '', 'each text is asked for');

# ---- all codes of refusals that docs/api.md names have words
my $api = read_text("$root/docs/api.md");
my ($problems) = $api =~ /^## Problems\n(.*)/ms;
my $known = read_text("$root/lua/tuanbo/problems.lua");
for my $code ($problems =~ /^\| [\d, ]+ \| (.*) \|$/mg) {
    for my $name ($code =~ /`([a-z_]+)`(?! with| \()/g) {
        next if $name =~ /^(?:field|rule|sale|free|limit|opens_at|state|held
            |sold|retry_at|last_seq|left_fen|amount_fen|received|ready|final
            |reason)$/x || $name eq 'Allow';
        ok(exists $lines{zh}{"problem.$name"} || $known =~ /^\s*$name = "/m,
            "$name has words");
    }
}

# ---- a refusal says that nothing was charged; only where that need not be so
# it does not: an order that is another's, one that is settled, one that is lost
my %charge = (zh => qr/没有(?:收|扣)钱/, en => qr/nothing (?:was )?charged/i);
for my $lang (sort keys %charge) {
    my @silent = grep { /^problem\.(?!title$|no_such_hold$|other_life$|wrong_state$
            |office_away$)/x
        && $lines{$lang}{$_} !~ $charge{$lang} } sort keys $lines{$lang}->%*;
    is("@silent", '', "refusals say in $lang that nothing was charged");
}

# ---- full-width marks between Chinese words
my @narrow = grep { $lines{zh}{$_} =~ /\p{Han}[,:;!?]|[,:;!?]\p{Han}/ }
    sort keys $lines{zh}->%*;
is("@narrow", '', 'Chinese has marks of its own');

# ---- the demo says all of it in both languages, and what is true on any day
my $weekday = qr/(?:周|星期|礼拜)[一二三四五六日天]
    |\b(?:Mon|Tues?|Wed(?:nes)?|Thu(?:rs)?|Fri|Sat(?:ur)?|Sun)(?:day)?s?\b/x;
sub read_json ($path) { JSON::PP->new->decode(read_text($path)) }

my $schema = read_json("$root/lua/tuanbo/catalog.json");

# what the owner types has a name on the form
sub unnamed ($kind, $fields) {
    return map {
        my $rule = $fields->{$_};
        $rule->{type} eq 'object' ? unnamed($kind, $rule->{fields})
            : $rule->{type} eq 'file' || ($rule->{of} && ref $rule->{of}
                eq 'HASH' && $rule->{of}{type} eq 'photo') ? ()
            : exists $lines{zh}{"field.$kind.$_"} ? () : "$kind.$_";
    } sort keys %$fields;
}
is_deeply([map { unnamed($_, $schema->{$_}) } sort keys %$schema], [],
    'each field of the catalogue has a name at the desk');

for my $kind (qw(product pickup session sale)) {
    my $fields = $schema->{$kind}{en}{fields} // {};
    my @files = glob "$root/conf/demo/${kind}s/*.json";
    ok(scalar @files, "${kind}s are found");
    for my $path (@files) {
        my $doc = read_json($path);
        unlike(read_text($path), $weekday,
            $path =~ s{.*/}{}r . ' names no weekday');
        my @only = grep { defined $doc->{$_} && !defined $doc->{en}{$_} }
            sort keys $fields->%*;
        is("@only", '', $path =~ s{.*/}{}r . ' is in English, too');
    }
}

done_testing();
