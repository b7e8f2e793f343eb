use v5.36;
use Tuanbo::Test;
use Tuanbo::Test::Faults;

# A full map refuses writes, with nothing taken; reads go on.  Bug 14.

my $t = Tuanbo::Test->new(store => 'size=16m',
    http => 'flashsale_live_holds 100;')->start;

$t->define_sale('grape', price_fen => 100, stock => 100_000);
my $hold = $t->held('alice', 'grape', 2, key => 'first');

# documents fill it
my $warning = qr/\[warn\].*the store's (?:log|index) uses \d+ of \d+ bytes/;
$t->expect_log($warning);
$t->expect_log(qr/\[(?:warn|error|crit)\].*(?:full|MDB_MAP_FULL)/i);
my $document = { text => 'x' x 60_000 };
my ($full, $n, $ms);
for my $i (1 .. 400) {
    my $began = time;
    my $res = $t->call(PUT => "/admin/sales/fill-$i", role => 'admin',
        key => $t->new_key, json => { price_fen => 1, stock => 1,
        doc => $document });
    $ms = 1000 * (time - $began);
    $n = $i;
    if (($res->code // 0) != 201) {
        $full = $res;
        last;
    }
}
ok($full, "full after $n documents") or BAIL_OUT('it does not get full');
$t->answers($full, 503, 'store_full', 'which it says');
cmp_ok($full->headers->header('Retry-After') // 0, '>', 0,
    'and when to try again');
$t->answers($t->get("/api/sales/fill-$n"), 404, 'no_such_sale',
    'nothing was taken');
eventually { $t->log_text =~ $warning } 'the log warns';

# what is smaller fills the rest
my @made;
my $refused;
for my $round (1 .. 200) {
    my @answers = $t->many([map { $t->hold_call("fill-$round-$_", 'grape',
        1) } 1 .. 50]);
    push @made, grep { ($_->code // 0) == 201 } @answers;
    ($refused) = grep { ($_->code // 0) == 503 } @answers;
    last if $refused;
}
ok($refused, 'in the end there is no room for a hold')
    and $t->answers($refused, 503, 'store_full', 'which it says');

# asked without end, it does not fill the disk with words
my $before = () = $t->log_text =~ /\[error\]/g;
my $load = Tuanbo::Test::Load->new($t, prefix => 'asks')->run(1.5);
my $lines = (() = $t->log_text =~ /\[error\]/g) - $before;
cmp_ok($lines, '<', 40, "$load->{refused} refusals leave $lines lines");
push @made, values %{ $load->{holds} };

# reads go on
my $sale = $t->sale('grape');
is($sale->{held}, 2 + @made, 'every hold that was told is there');
is($sale->{free} + $sale->{held}, 100_000, 'and no other');
is($t->read_hold('alice', $hold->{id})->{state}, 'held', 'a hold is read');
is($t->hold('alice', 'grape', 2, key => 'first')->code, 200,
    'a retry is answered');
is(($t->events(['grape'])->next // {})->{event}, 'snapshot',
    'a stream begins');
is($t->get('/metrics')->code, 200, 'metrics');
$t->audit_ok('the audit of a full store');
Tuanbo::Test::Faults->report(fault => "the log's map is full",
    client => '503 `store_full`', client_ms => $ms,
    retry_after => $full->headers->header('Retry-After'),
    lines_s => $lines / 1.5,
    log => [Tuanbo::Test::Faults::words(
        grep { /\[(?:warn|error)\]/ } split /\n/, $t->log_text)],
    goes_on => [qw(reads retries events metrics audit)],
    healed => 'at a restart with a larger `size`');

# a restart of a full store, and of a larger one
$t->stop;
$t->start;
is($t->sale('grape')->{held}, 2 + @made, 'a restart finds everything');
$t->stop;
$t->start(store => 'size=64m');
is($t->hold('bob', 'grape', 1)->code, 201, 'a larger size has room again');
is($t->sale('grape')->{held}, 3 + @made, 'and nothing was lost');
$t->audit_ok;
$t->chain_ok;
$t->finish;
