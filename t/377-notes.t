use v5.36;
use utf8;
use Encode ();
use Tuanbo::Test;
use Tuanbo::Test::Storefront;

binmode Test::More->builder->$_, ':utf8'
    for qw(output failure_output todo_output);

# Notes of the community between the goods of the home page: which, where, from
# when until when.

my $t = Tuanbo::Test::Storefront->storefront->start;

sub put_note ($id, %doc) {
    $t->admin(PUT => "/documents/note/$id", json => \%doc);
}

# The list as one reads it: ids of sales, titles of notes.
sub listed ($lang = 'zh-CN') {
    my $res = $t->get('/', headers => { 'Accept-Language' => $lang });
    return map { $_->attr('data-sale') // $_->at('h3')->text }
        $res->dom->find('ul.cards > li')->each;
}

# The page may be remembered for a second.
sub becomes ($name, @wanted) {
    my @now;
    eventually { @now = listed(); "@now" eq "@wanted" } $name
        or diag("@now");
}

my $now = 1000 * int time;
put_note('later', title => '明天', text => 'x', from_at => $now + 86_400_000);
is_deeply([listed()], [], 'what is for later is not there');
put_note('tip', title => '省着点', text => "合买\n一箱 <b>", rank => 2,
    en => { title => 'Save', text => 'Share' });
becomes('without goods it stands alone', '省着点');
$t->define_sale($_, price_fen => 100, stock => 9, doc => { rank => ord })
    for 'a' .. 'd';
put_note('season', title => '大雪', text => '冷', rank => 1,
    until_at => $now + 86_400_000);
becomes('between the goods', qw(a b c 大雪 d 省着点));
is_deeply([listed('en')], [qw(a b c 大雪 d Save)], 'in who reads it\'s words');
my $page = $t->get('/', headers => { 'Accept-Language' => 'zh-CN' });
like(Encode::decode('UTF-8', $page->body), qr/合买\n一箱 &lt;b/, 'no markup of its own');

put_note('season', title => '大雪', text => '冷', rank => 1,
    until_at => $now - 1000);
becomes('what is over is gone', qw(a b c 省着点 d));
put_note("n$_", title => "n$_", text => 'x', rank => 10 + $_) for 1 .. 6;
becomes('at most five', qw(a b c 省着点 d n1 n2 n3 n4));

# ---- from files
my $files = $t->dir . '/catalogue';
mkdir $_ for $files, "$files/notes";
sub checked (%doc) {
    open my $file, '>', "$files/notes/x.json" or die $!;
    print {$file} encode_json(\%doc);
    close $file or die $!;
    my $tool = Tuanbo::Test::root() . '/conf/bin/tuanbo-load-catalog';
    return `$tool --check $files 2>&1`;
}
like(checked(title => 'x', text => 'y'), qr/^1 files are right/, 'one');
like(checked(title => 'x'), qr/text is missing/, 'one without words');
like(checked(title => 'x', text => 'y', from_at => $now,
    until_at => $now - 1), qr/until_at is after from_at/,
    'one that is over before it begins');

$t->chain_ok;
$t->finish;
