use v5.36;
use utf8;
use File::Copy ();
use Tuanbo::Test;
use Tuanbo::Test::OrderService;

# nginx's ledger comes from a backup: the demo's order service looks for the
# last line that both have, tells its orders again, and pays back what was
# lost.

my $t = Tuanbo::Test->new;
my $service = Tuanbo::Test::OrderService->new($t);
$t->start(server => $service->locations);
$service->start;
$t->expect_log(qr/a new life begins|folding \d+ entries|ahead of the ledger/);
$t->expect_log(qr/connect\(\) failed \(111: /);

my $log = $t->store_path . '/log/data.mdb';

sub page_of ($user, $hold) {
    my $res = $t->post("/checkout/$hold->{id}", user => $user);
    die 'no checkout: ' . $res->body if ($res->code // 0) != 303;
    return $res->headers->location;
}

sub pay ($user, $hold) {
    return $service->ua->post($service->url(page_of($user, $hold)),
        form => { action => 'pay' })->res->code;
}

sub row ($sql, @values) { ($service->rows($sql, @values))[0] // {} }
sub order ($hold) { row('SELECT * FROM orders WHERE hold = ?', $hold->{id}) }
sub refund ($hold) { row('SELECT * FROM refunds WHERE hold = ?', $hold->{id}) }
sub lines_of ($hold) {
    return join ' ', map { $_->{type} } grep { ($_->{hold} // '')
        eq $hold->{id} } $t->ledger;
}

sub read_to_end () {
    my $last = ($t->ledger)[-1]{seq};
    return wait_until { row('SELECT seq FROM position')->{seq} >= $last
        && $service->health->{following} };
}

$t->define_sale('grape', price_fen => 100, stock => 50);
my $before = $t->held('before', 'grape', 1);
is(pay('before', $before), 303, 'paid before the backup');
my $between = $t->held('between', 'grape', 2);
eventually { order($before)->{hold_state} eq 'sold' } 'sold';
ok(read_to_end(), 'all is read');

$t->stop;
File::Copy::copy($log, $t->dir . '/backup') or die $!;
$t->start;

# ---- what the backup does not have
is(pay('between', $between), 303, 'held before, paid after');
my $lost = $t->held('lost', 'grape', 3);
is(pay('lost', $lost), 303, 'held and paid after');
my $owed = $t->held('owed', 'grape', 1);
my $page = page_of('owed', $owed);
is($t->order($owed->{id}, 'cancel')->code, 200, 'cancelled');
is($service->ua->post($service->url($page), form => { action => 'pay' })
    ->res->code, 303, 'and paid all the same');
eventually { (refund($owed)->{state} // '') eq 'settled' } 'and back';
eventually { order($between)->{hold_state} eq 'sold'
    && order($lost)->{hold_state} eq 'sold' } 'the others are sold';
ok(read_to_end(), 'all is read');
my $common = row('SELECT seq FROM position')->{seq};

$t->stop;
open my $in, '<:raw', $t->dir . '/backup' or die $!;
open my $out, '>:raw', $log or die $!;
File::Copy::copy($in, $out) or die $!;
close $out or die $!;
$t->start;

# ---- it goes back to what both have
eventually { $service->log_text =~ /ledger: forked after line (\d+), / }
    'it sees that the ledger is forked';
my ($at) = $service->log_text =~ /ledger: forked after line (\d+), /;
cmp_ok($at, '<', $common, 'after an earlier line');
my ($life) = $t->entries('life');
is($at, $life->{seq} - 1, 'the last that both have');

# ---- and all is told again
eventually { lines_of($between) =~ /sold/ } 'what is in the backup is sold';
eventually { (refund($lost)->{state} // '') eq 'settled' }
    'what is not is paid back';
is(refund($lost)->{reason}, 'other_life', 'for what it is');
is(lines_of($lost), 'owed refunded', 'and the ledger has it');
eventually { lines_of($owed) eq 'owed refunded' }
    'what was paid back before is said again';
is(row('SELECT count(*) AS n FROM refunds WHERE hold = ?', $owed->{id})->{n},
    1, 'and not paid back twice');
ok(read_to_end(), 'all is read');
is($service->health->{alarm}, undef, 'no alarm');
is($service->health->{stuck}, 0, 'nothing calls for a person');
is(order($before)->{hold_state}, 'sold', 'what was before stands');
is(lines_of($before), 'held paying sold', 'and is told once');
is($service->health->{waiting}, 0, 'nothing waits');

is($service->stop, 0, 'the service ends in order');
unlike($service->log_text, qr/\[fatal\]|at \S+ line \d+\./,
    'nothing else in its log') or diag($service->log_text);
$t->audit_ok;
$t->chain_ok;
$t->finish;
