use v5.36;
use Tuanbo::Test;
use Tuanbo::Test::Points;

# A worker killed while it reads: its snapshot must not keep pages for ever.

my $t = Tuanbo::Test->new;
my $points = Tuanbo::Test::Points->new($t);
$t->start;
$t->define_sale('grape', price_fen => 100, stock => 10_000);
$t->expect_log(qr/worker process \d+ exited on signal 9/);

$t->hold("warm-$_", 'grape', 1) for 1 .. 10;
my $readers = $t->metric('readers');

for my $try (1 .. 3) {
    $points->arm(1, 0, 'VIEW');
    wait_until { $t->get('/api/sales/grape'); !$points->armed };
    my ($death) = $points->deaths;
    is($death->{point}, 'VIEW', 'a worker is killed while it reads');
    $t->wait_gone(5, $death->{pid});
}
is($t->hold("after-$_", 'grape', 1)->code, 201, 'holds are taken')
    for 1 .. 20;
eventually { $t->metric('oldest_reader_transactions') <= 2 }
    'its snapshot is forgotten' or diag($t->metric('oldest_reader_transactions'));
eventually { $t->metric('readers') <= $readers + 2 } 'and its slots are free'
    or diag($t->metric('readers') . " of $readers");

$t->finish;
