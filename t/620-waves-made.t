use v5.36;
use utf8;
use Tuanbo::Test;
use Tuanbo::Test::Office;

binmode Test::More->builder->$_, ':utf8'
    for qw(output failure_output todo_output);

# Waves made by themselves, from when sales close and when their goods come:
# what is planned, case by case; then the job itself, against a real shop.

my $root = Tuanbo::Test->root;

$ENV{LUA_PATH} = "$root/lua/?.lua;;";

subtest plan => sub {
    open my $said, '-|', 'luajit', "$root/t/office/plan.lua"
        or die "luajit: $!\n";

    while (my $line = readline $said) {
        if ($line =~ /^(not )?ok \d+ - (.*)/) {
            ok(!$1, $2);
        }
        elsif ($line =~ /^1\.\.(\d+)/) {
            is(Test::More->builder->current_test, $1, 'all of them');
        }
        elsif ($line =~ /^# (.*)/) {
            diag($1);
        }
    }

    ok(close $said, 'it came to its end');
};

my $o = Tuanbo::Test::Office->new->start;
my $shop = $o->shop;
my $hour = 3_600_000;
my $secret = $o->clerk->dir . '/admin';

{
    open my $file, '>', $secret or die $!;
    print {$file} "$shop->{secrets}{admin}\n";
}

sub job (@more) {
    return $o->clerk->tool('waves', '--url', $shop->url(''), '--secret',
        $secret, '--utc-offset', 0, @more);
}

sub once (@more) {
    my ($code, $said) = job('--once', @more);
    is($code, 0, 'a look') or diag($said);
    return $said;
}

sub waves () {
    return $shop->call(GET => '/admin/waves', role => 'orders')
        ->json->{waves}->@*;
}

sub told ($wave) {
    return "$wave->{id} $wave->{day}: " . join ',', $wave->{sales}->@*;
}

sub document ($kind, $id, %doc) {
    is($shop->call(PUT => "/admin/documents/$kind/$id", role => 'admin',
        key => $shop->new_key, json => \%doc)->code, 200, "a $kind");
}

sub define ($id, %more) {
    $shop->define_sale($id, title => $id, price_fen => 100, stock => 100,
        %more);
}

sub bought ($sale) {
    my $buyer = $o->browser->get("/s/$sale")->submit('#take',
        pickup => 'xingfu');
    is($shop->order($buyer->id, 'confirm', payment => 'p' . $buyer->id,
        paid_fen => 100)->code, 200, "$sale is sold");
}

sub day ($at) {
    my @at = gmtime $at / 1000;
    return sprintf '%d-%02d-%02d', $at[5] + 1900, $at[4] + 1, $at[3];
}

$shop->points('xingfu');
document(product => 'berry', unit => '盒', delivery_days => 3);
define('grape', closes_at => now_ms + 2 * $hour);
define('berry', closes_at => now_ms + 2 * $hour);
define('tea', closes_at => now_ms + 2 * $hour);
define('rice');

# ---- nothing is sold
once();
is(scalar(() = waves), 0, 'no wave of nothing');

# ---- sold
bought($_) for qw(grape berry rice);
my $closes = $shop->call(GET => '/api/sales/grape')->json->{closes_at};
like(once(), qr/wave \S+: 1 sales/, 'it says what it makes');
is_deeply([map { told($_) } waves], [map { day($closes + $_->[0] * 24 * $hour)
    =~ s/(.*)/$1 $1: $_->[1]/r } [1, 'grape'], [3, 'berry']],
    'a wave for each day of delivery');
is((waves)[0]{cut_at}, $closes + 1_200_000,
    'frozen when who reserved at last has paid');
is(once(), '', 'again: nothing is new');
is(scalar(() = $shop->entries('wave')), 2, 'nor written');

# ---- two at once
bought('tea');
my @pids = map { my $pid = fork // die; if (!$pid) {
    POSIX::_exit((job('--once'))[0]) } $pid } 1 .. 2;
is(join(' ', map { waitpid $_, 0; $? } @pids), '0 0', 'two look at once');
is_deeply([map { told($_) } waves], [map { day($closes + $_->[0] * 24 * $hour)
    =~ s/(.*)/$1 $1: $_->[1]/r } [1, 'grape,tea'], [3, 'berry']],
    'and make one');

# ---- closed by somebody: known to whoever has seen it before
$shop->call(POST => '/admin/sales/rice/close', role => 'admin',
    key => $shop->new_key);
once('--after', 0);
my ($rice) = grep { grep { $_ eq 'rice' } $_->{sales}->@* } waves;
is($rice->{day}, day(now_ms() + 24 * $hour), 'of a sale without a time');
eventually { once('--after', 0); my ($wave) = grep { grep { $_ eq 'rice' }
    $_->{sales}->@* } waves; $wave->{seq} || $wave->{cut_at} > now_ms }
    'it is in a wave that is cut';

# ---- called wrongly, and in vain
is(($o->clerk->tool('waves'))[0], 2, 'without a shop');
is((job('--after', 'soon'))[0], 2, 'a time that is none');
is((job('--once', '--utc-offset', '0', '--url', 'http://127.0.0.1:1'))[0], 1,
    'a shop that is away');

# ---- for ever, through the shop's absence
my $log = $o->clerk->dir . '/waves.log';
my $pid = fork // die;
if (!$pid) {
    open STDERR, '>', $log;
    exec $o->clerk->command('waves', '--url', $shop->url(''), '--secret',
        $secret) or POSIX::_exit(1);
}
define('milk', closes_at => now_ms + 2 * $hour);
bought('milk');
eventually { grep { grep { $_ eq 'milk' } $_->{sales}->@* } waves }
    'what is sold while it runs gets its wave';
kill TERM => $pid;
waitpid $pid, 0;

$shop->audit_ok;
$shop->finish;
