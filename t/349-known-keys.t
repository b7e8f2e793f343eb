use v5.36;
use utf8;
use Tuanbo::Test;
use Tuanbo::Test::Storefront;

binmode Test::More->builder->$_, ':utf8'
    for qw(output failure_output todo_output);

# Pages are remembered by what is known, never by what a client makes up: as
# many pages are made as differ, however many cookies, languages, queries and
# hosts are tried.

my $t = Tuanbo::Test::Storefront->storefront(workers => 1,
    server => 'location = /made { content_by_lua_block {'
        . ' ngx.print(require("tuanbo.page").made()) } }')->start;

for my $pickup (qw(xingfu heping binjiang)) {
    $t->admin(PUT => "/documents/pickup/$pickup", json => { name => $pickup });
}

$t->define_sale('grape', price_fen => 100, stock => 100,
    doc => { pickups => [qw(xingfu heping)] });
$t->define_sale('egg', price_fen => 100, stock => 100);
$t->admin(PUT => '/documents/session/friday', json => { title => 'Friday',
    starts_at => now_ms() + 600_000 });

sub page ($path, %headers) {
    my $res = $t->get($path, headers => { 'Accept-Language' => 'zh',
        %headers });

    return $res;
}

# How many pages a worker makes for these requests. A page is made anew after
# 0.9 seconds, too; so many seconds are taken off.
sub made (@requests) {
    my $before = page('/made')->body;
    my $began = Time::HiRes::time();

    for my $request (@requests) {
        my ($path, %headers) = @$request;
        my $code = page($path, %headers)->code;
        die "$path: $code" if $code >= 500;
    }

    my $again = int((Time::HiRes::time() - $began) / 0.9) + 1;

    return ((page('/made')->body - $before), $again);
}

# `most`: kinds of pages that there are at all.
sub bounded ($name, $most, @requests) {
    local $Test::Builder::Level = $Test::Builder::Level + 1;
    my ($made, $again) = made(@requests);

    cmp_ok($made, '<=', $most * $again,
        sprintf '%s: %d requests, %d pages', $name, scalar @requests, $made);
}

my $n = 60;
for my $path ('/', '/s/grape', '/s/egg', '/live/friday', '/none') {
    bounded("$path, pickup points that are none", 1, map { [$path,
        Cookie => "tuanbo_view=.0.x$_"] } 1 .. $n);
    bounded("$path, languages", 2, map { [$path,
        'Accept-Language' => "x$_,en-$_;q=0.$_,zh-x$_"] } 1 .. $n);
    bounded("$path, views that are none", 4, map { [$path,
        Cookie => "tuanbo_view=x$_.$_.$_"] } 1 .. $n);
    bounded("$path, queries", 1, map { ["$path?x$_=$_"] } 1 .. $n);
    bounded("$path, hosts", 1, map { [$path, Host => "x$_.example"] }
        1 .. $n);
    bounded("$path, codes", 2, map { ["$path?code=x" . 'x' x $_] } 1 .. $n);
}

bounded('points that other pages offer', 1, map { [$_,
    Cookie => 'tuanbo_view=.0.binjiang'] } ('/s/grape') x $n);
bounded('points on a page that says what does not go there', 3, map { ['/',
    Cookie => "tuanbo_view=.0.$_"] } qw(xingfu heping binjiang) x 20);

cmp_ok(page('/made')->body, '>=', 5, 'pages are made, and counted');

# ---- what is known still counts
my $likes = sub ($path, $pickup) {
    my $input = page($path, Cookie => "tuanbo_view=.0.$pickup")->dom
        ->at('[name=pickup][checked]');
    return $input && $input->attr('value');
};
is($likes->('/s/grape', 'heping'), 'heping', 'a point of this sale');
is($likes->('/s/grape', 'xingfu'), 'xingfu', 'another one');
is($likes->('/s/egg', 'binjiang'), 'binjiang', 'a point of the shop');
is($likes->('/s/grape', 'binjiang'), 'xingfu', 'one that it does not have');
is($likes->('/s/grape', 'x'), 'xingfu', 'nor is there');
$t->admin(PUT => '/documents/pickup/new', json => { name => 'new' });
ok(wait_until(sub { ($likes->('/s/egg', 'new') // '') eq 'new' }, 5),
    'a new point is known soon');

$t->finish;
