use v5.36;
use utf8;
use Tuanbo::Test;
use Tuanbo::Test::Faults;
use Tuanbo::Test::Storefront;

binmode Test::More->builder->$_, ':utf8'
    for qw(output failure_output todo_output);

# What stands is shown first, in the owner's order, however many sales there
# were before; what ended leaves the home after a day, and is on pages of its
# own.

my $hour = 3_600_000;
my $closed = 1100;
my $t = Tuanbo::Test::Storefront->storefront;
my $faults = Tuanbo::Test::Faults->new($t);

# the day before yesterday, as far as the server knows
my $off = -49 * $hour;
$faults->set(wall_ms => $off);
{
    no warnings 'redefine';
    my $signature = \&Tuanbo::Test::signature;
    *Tuanbo::Test::signature = sub ($self, $role, $method, $target, $key,
        $body, %option)
    {
        return $signature->($self, $role, $method, $target, $key, $body,
            t => int(time + $off / 1000), %option);
    };
}
$t->start;

sub admin_all (@calls) {
    my @answers = $t->many([ map { my ($method, $target, %o) = @$_;
        [ $method, "/admin$target", role => 'admin', key => $t->new_key, %o ]
        } @calls ], parallel => 64);
    my @bad = grep { ($_->code // 0) !~ /^20[01]$/ } @answers;

    diag($bad[0]->body) if @bad;
    return !@bad;
}

# ---- many that are over, with ids before all others
my @ids = map { sprintf 'a%05d', $_ } 1 .. $closed;
ok(admin_all(map { [ PUT => "/sales/$_", json => { title => "旧 $_",
    price_fen => 100, stock => 5 } ] } @ids), "$closed sales");
ok(admin_all(map { [ POST => "/sales/$_/close" ] } @ids), 'all closed');

# ---- and a few that stand
$t->define_sale('plum', title => '李子', price_fen => 100, stock => 10);
$t->define_sale('zucchini', title => '西葫芦', price_fen => 100, stock => 10,
    doc => { rank => 2 });
$t->define_sale('melon', title => '甜瓜', price_fen => 100, stock => 10,
    doc => { rank => 1 });
$t->define_sale('apple', title => '苹果', price_fen => 100, stock => 10);
$t->define_sale('late', title => '晚熟', price_fen => 100, stock => 10,
    opens_at => now_ms + $hour);

sub titles ($page, $section = '') {
    return join ' ', $page->dom->find("$section .card h3")->map('text')->each;
}

sub visit ($path) { Tuanbo::Test::Storefront->buyer($t)->get($path) }

my $home = visit('/');
my ($first) = $home->dom->find('section')->each;
is(join(' ', $first->find('.card h3')->map('text')->each),
    '甜瓜 西葫芦 苹果 李子',
    'what stands comes first, by the owner\'s number, then by opening');
like($home->text, qr/马上开卖 晚熟/, 'and what opens later');
ok($home->dom->at('a[href="/past"]'), 'there is more that was');
ok(length $home->res->body < 100 * 1024, 'the home stays small')
    or diag(length $home->res->body);

my $units = $t->metrics;
like($units, qr/^flashsale_sale_units\{sale="$_",state="free"\} 10$/m,
    "metrics have $_") for qw(plum zucchini melon apple late);
my %shown = map { $_ => 1 } $units =~ /flashsale_sale_units\{sale="([^"]+)"/g;
is(scalar keys %shown, 1000, 'and no more than a thousand sales');
ok($shown{$ids[-1]}, 'those that ended last among them');
my ($all, $out) = $units
    =~ /^flashsale_sales (\d+).*^flashsale_sales_left_out (\d+)$/ms;
is($all, @{[ $units =~ /sale="/g ]} / 3 + $out, 'and how many are left out');
cmp_ok($out, '>', 0, 'some are');

# ---- two days later
$off = 0;
$faults->set(wall_ms => 0);
$t->stop;
$t->start;
$home = visit('/');
is(titles($home), '甜瓜 西葫芦 苹果 李子 晚熟',
    'what ended has left the home after a day');
$t->admin(POST => '/sales/apple/close');
eventually { titles(visit('/')) eq '甜瓜 西葫芦 李子 晚熟 苹果' }
    'what ended now comes last';
eventually { visit('/')->text =~ /苹果.*已截单/ } 'and says so';

# ---- what was, page by page, the last first
my %seen;
my ($pages, $last) = (0);
for (my $path = '/past'; $path; $pages++) {
    my $page = visit($path);
    is($page->res->code, 200, $path) if $pages < 2;
    my @titles = split / (?=旧)/, titles($page);
    is($page->dom->at('.card h3')->text, '苹果', 'the last one first')
        if $pages == 0;
    $seen{ $_->attr('href') }++ for $page->dom->find('.card a')->each;
    my $next = $page->dom->at('a[href^="/past?before="]');
    $path = $next && $next->attr('href');
}
is(scalar keys %seen, $closed + 1, "all that ended, on $pages pages");
is((sort { $b <=> $a } values %seen)[0], 1, 'each once');
like(visit('/past')->text, qr/\d+月\d+日 \d\d:\d\d 已截单/, 'with the day');
is(visit($_)->res->code, 404, "$_ is no page")
    for '/past?before=x', '/past?before=-1', '/?page=0', '/?page=2', '/?page=x';

# ---- more than a page that stand
ok(admin_all(map { [ PUT => "/sales/b$_", json => { price_fen => 100,
    stock => 5 } ] } 1 .. 120), 'many that stand');
eventually { ($home = visit('/'))->dom->at('a[href="/?page=2"]') }
    'the home has a second page';
like(titles($home), qr/^甜瓜 西葫芦 /, 'the owner\'s first ones are first');
my $second = visit('/?page=2');
my %all = map { $_->attr('href') => 1 } map { $_->dom->find('.card a')->each }
    $home, $second;
ok((120 + 4) == grep({ !/apple/ } keys %all), 'both have all that stand')
    or diag(join ' ', sort keys %all);

# ---- opened again by the operator
$t->define_sale('apple', title => '苹果', price_fen => 100, stock => 10,
    closes_at => now_ms + $hour, doc => { rank => 1 });
eventually { titles(visit('/')) =~ /^苹果 甜瓜/ } 'back where the owner wants it';
eventually { titles(visit('/past')) !~ /苹果/ } 'and no longer among what was';

$t->finish;
