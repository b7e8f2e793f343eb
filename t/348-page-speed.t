use v5.36;
use Tuanbo::Test;
use Tuanbo::Test::Storefront;

# A remembered page costs little more than a static file of the same bytes, some
# 1.3 times on a calm machine, in CPU time of the worker. A page that is made
# anew for each answer costs 20 times as much: that is what must not happen.

my ($wrk) = grep { -x } map { "$_/wrk" } split /:/, $ENV{PATH};
plan(skip_all => 'no wrk') if !$wrk;

my $seconds = 1;
my $files = File::Temp->newdir('tuanbo-speed-XXXXXX',
    DIR => File::Spec->tmpdir);
chmod 0755, $files;

my $t = Tuanbo::Test::Storefront->storefront(workers => 1,
    server => <<"CONF")->start;
        location = /same.html {
            default_type  text/html;
            root          $files;
        }
CONF

$t->define_sale('grape', price_fen => 3980, stock => 200, limit => 2, doc =>
    { unit => 'box', orchard => 'a' x 100, story => 'b' x 500 });

my $buyer = Tuanbo::Test::Storefront->buyer($t)->get('/s/grape');
my $cookie = 'tuanbo=' . $buyer->cookie('tuanbo')->value;
Tuanbo::Test::Storefront::write_file("$files/same.html", $buyer->res->body);


# Ticks of the worker's CPU a request.
sub cost ($path) {
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
    return ($ticks->() - $before) / $n;
}


# in turns, and the best of three: others use the machine, too
my %best;
cost('/s/grape');
for my $turn (1 .. 3) {
    for my $path ('/same.html', '/s/grape', '/') {
        my $cost = cost($path);
        $best{$path} = $cost if !$best{$path} || $cost < $best{$path};
    }
}

for my $path ('/s/grape', '/') {
    my $ratio = $best{'/same.html'} / $best{$path};
    diag(sprintf '%s: %.2f of a static file', $path, $ratio);
    cmp_ok($ratio, ">=", 0.2 / Tuanbo::Test::slower(),
        "$path: a remembered page, not one made anew each time");
}

$t->finish;
