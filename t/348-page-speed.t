use v5.36;
use Tuanbo::Test;
use Tuanbo::Test::Storefront;

# A page is made once and remembered, however many ask for it: made anew for
# each answer, it would cost 20 times as much.  What it costs beside a static
# file of the same bytes, in CPU time of the worker, is only printed: some 1.3
# times on a calm machine, and anything on a busy one.

my ($wrk) = grep { -x } map { "$_/wrk" } split /:/, $ENV{PATH};
plan(skip_all => 'no wrk') if !$wrk;

my $seconds = 1;
my $stale_s = 0.9;      # a page is made anew after this time, too
my $files = File::Temp->newdir('tuanbo-speed-XXXXXX',
    DIR => File::Spec->tmpdir);
chmod 0755, $files;

my $t = Tuanbo::Test::Storefront->storefront(workers => 1,
    server => <<"CONF")->start;
        location = /same.html {
            default_type  text/html;
            root          $files;
        }
        location = /made {
            content_by_lua_block { ngx.print(require("tuanbo.page").made()) }
        }
CONF

$t->define_sale('grape', price_fen => 3980, stock => 200, limit => 2, doc =>
    { unit => 'box', orchard => 'a' x 100, story => 'b' x 500 });

my $buyer = Tuanbo::Test::Storefront->buyer($t)->get('/s/grape');
my $cookie = 'tuanbo=' . $buyer->cookie('tuanbo')->value;
Tuanbo::Test::Storefront::write_file("$files/same.html", $buyer->res->body);

sub made () { $t->get('/made')->body }


# Asks for so long: how many were answered, and the ticks of the worker's CPU
# that each took.
sub load ($path) {
    my ($pid) = $t->worker_pids;
    my $ticks = sub {
        my @stat = split ' ', Tuanbo::Test::slurp("/proc/$pid/stat");
        return $stat[13] + $stat[14];
    };
    my $before = $ticks->();
    my $said = `$wrk -t1 -c16 -d${seconds}s -H 'Cookie: $cookie' @{[
        $t->url($path) ]} 2>&1`;
    my ($n) = $said =~ /(\d+) requests in/;

    die $said if !$n || $said =~ /Non-2xx/;
    return ($n, ($ticks->() - $before) / $n);
}


# in turns, and the best of three: others use the machine, too
my %best;
for my $turn (1 .. 3) {
    for my $path ('/same.html', '/s/grape', '/') {
        my $before = made();
        my $began = time;
        my ($n, $cost) = load($path);
        my $made = made() - $before;
        my $most = $path eq '/same.html' ? 0
            : 1 + int((time - $began) / $stale_s);

        cmp_ok($made, '<=', $most, "$path: $made pages for $n answers");
        $best{$path} = $cost if !$best{$path} || $cost < $best{$path};
    }
}
cmp_ok(made(), '>', 0, 'pages are counted');

diag(sprintf '%s: %.2f of a static file', $_,
    $best{'/same.html'} / ($best{$_} || 1)) for '/s/grape', '/';

$t->finish;
