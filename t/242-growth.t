use v5.36;
use Tuanbo::Test;

# How fast the store grows: in metrics, and a line in the error log, once, when
# it would be full soon.  Rates are of ten seconds at least.

my $t = Tuanbo::Test->new(store => 'size=64m')->start;
my $line = qr/will be full in (\d+) minutes if it goes on as in the last (\d+)/;
my $uses = qr/log uses (\d+) of (\d+) bytes and grows by (\d+) a second/;

is($t->metric('full_seconds'), '+Inf', 'an empty store is never full');
is($t->metric("${_}_growth_bytes_per_second"), 0, "the $_ does not grow")
    for qw(log index);

# ---- documents, a few a second, until there is a rate
my $document = { text => 'x' x 50_000 };
my ($n, $began) = (0, time);
eventually {
    my $res = $t->call(PUT => '/admin/documents/note/n' . $n++,
        role => 'admin', key => $t->new_key, json => $document);
    die $res->code if $res->code >= 300;
    select undef, undef, undef, 0.3;
    $t->metric('growth_seen_seconds') >= 10;
} 'a rate is known after ten seconds', 60;

my $rate = $t->metric('log_growth_bytes_per_second');
my $used = $t->metric('log_used_bytes');
my $fair = $n * 50_000 / (time - $began);
cmp_ok($rate, '>', $fair / 4, "$rate bytes a second, some $fair are sent");
cmp_ok($rate, '<', $fair * 4, 'no more');

my $full = $t->metric('full_seconds');
my $room = $t->metric('log_size_bytes') - $used;
cmp_ok(abs($full - $room / $rate), '<', 0.3 * $room / $rate + 5,
    "full in $full seconds: what is free, at this rate");

# ---- the line
eventually { $t->log_text =~ $line } 'the error log says so';
my ($minutes, $seconds, $log, $size, $log_rate) =
    $t->log_text =~ /\[warn\].*$line.*$uses/;
cmp_ok($seconds, '>=', 10, 'seen for long enough');
is($size, $t->metric('log_size_bytes'), 'of this store');
cmp_ok($minutes * 60, '<=', 168 * $seconds, 'and no further than it may say');
cmp_ok(abs($minutes * 60 - ($size - $log) / $log_rate), '<', 61,
    'when it is full');

# ---- what was seen outlives workers and a reload
$t->reload;
cmp_ok($t->metric('growth_seen_seconds'), '>=', 10, 'a reload forgets nothing');
$t->call(PUT => "/admin/documents/note/more-$_", role => 'admin',
    key => $t->new_key, json => $document) for 1 .. 5;
select undef, undef, undef, 2.5;
is(scalar(() = $t->log_text =~ /the store will be full in/g), 1,
    'it was said once');

$t->finish;
