use v5.36;
use utf8;
use Tuanbo::Test;

# A whole sale is cancelled, and its buyers are compensated: in bounded steps,
# through restarts, once each.

my $t = Tuanbo::Test->new(http => 'flashsale_live_holds 100;')->start;

sub call_off ($id, $reason = '霜冻', %o) {
    return $t->call(POST => "/admin/sales/$id/cancel", role => 'admin',
        key => $t->new_key, json => { reason => $reason }, %o);
}

sub compensate ($id, $fen, %o) {
    return $t->call(POST => "/admin/sales/$id/compensate", role => 'admin',
        key => $t->new_key, json => { fen_each => $fen, reason => '太小' },
        %o);
}

sub bought ($user, @what) {
    my $hold = $t->held($user, @what);
    is($t->confirm($hold)->code, 200, "$user has bought");
    return $hold;
}

sub numbers ($id) {
    my $sale = $t->sale($id);
    return "$sale->{free} $sale->{held} $sale->{sold}";
}

sub debts ($user, $hold) {
    return join ', ', map { "$_->{sale} $_->{amount_fen} $_->{reason}" }
        $t->read_hold($user, $hold->{id})->{debts}->@*;
}

$t->define_sale($_, price_fen => 100, stock => 100)
    for qw(grape tea rice apple);

# ---- a sale with all that can be in it
my $alone = bought('alice', 'grape', 3);
my $cart = bought('bo', [['grape', 1], ['tea', 2]]);
my $gone = bought('cy', 'grape', 2);
is($t->order($gone->{id}, 'ready')->code, 200, 'one is ready');
is($t->order($gone->{id}, 'picked-up')->code, 200, 'and handed over');
my $part = bought('di', 'grape', 4);
is($t->call(POST => "/orders/$part->{id}/refund", role => 'orders', json => {
    lines => [{ sale => 'grape', qty => 1 }], reason => 'bad' },
    key => $t->new_key)->code, 200, 'of one a unit is owed already');
my $live = $t->held('eve', [['grape', 1], ['tea', 1]]);

my $res = call_off('grape', '霜冻', key => 'off');
is($res->code, 202, 'cancelled') or diag($res->body);
is("@{$res->json}{qw(id state cancelled)}", 'grape closed 1', 'the sale');
is(call_off('grape', '霜冻', key => 'off')->headers
    ->header('Idempotent-Replayed') // '', 'true', 'a replay');
$t->answers(call_off('grape', 'else', key => 'off'), 422, 'key_reused',
    'the key for other words');
is_deeply($t->admin(GET => '/documents/cancelled/grape'),
    { reason => '霜冻' }, 'the words are a document');
ok(!(grep { exists $_->{reason} } $t->entries('called_off')),
    'and not in the ledger');
eventually { $t->entries('settled') == 1 } 'all of it is settled';
is(debts('alice', $alone), 'grape 300 sale_cancelled', 'all is owed');
is(debts('bo', $cart), 'grape 100 sale_cancelled', 'of a cart its line');
is(debts('cy', $gone), 'grape 200 sale_cancelled', 'what is handed over, too');
is(debts('di', $part), 'grape 100 bad, grape 300 sale_cancelled',
    'no unit twice');
is($t->read_hold('cy', $gone->{id})->{state}, 'picked_up',
    'money does not move goods');
is(numbers('grape'), '96 1 3',
    'units that are not handed over are back, but the one owed before');

# ---- what comes after it
$t->answers($t->hold('gus', 'grape', 1), 409, 'closed', 'nobody buys');
$t->answers($t->call(POST => '/admin/sales/grape/resume', role => 'admin',
    key => $t->new_key), 409, 'closed', 'it does not go on');
$t->answers($t->call(PUT => '/admin/sales/grape', role => 'admin',
    key => $t->new_key, json => { price_fen => 100, stock => 100,
    closes_at => now_ms + 3_600_000 }), 409, 'closed', 'nor again');
is($t->confirm($live)->json->{outcome}, 'sold', 'who pays in time');
is(debts('eve', $live), 'grape 100 sale_cancelled', 'is owed it at once');
is($t->sale('tea')->{sold}, 3, 'and has the rest');
eventually { numbers('grape') eq '97 0 3' } 'nothing is held any more';
$t->define_sale('kiwi', price_fen => 100, stock => 100, hold_ms => 100);
my $late = $t->held('fay', [['kiwi', 1], ['tea', 1]]);
eventually { $t->read_hold('fay', $late->{id})->{state} eq 'expired' }
    'a hold runs out';
is(call_off('kiwi')->code, 202, 'then its sale is cancelled');
is_deeply($t->confirm($late)->json, { outcome => 'refund_due',
    reason => 'sale_cancelled' }, 'who pays late has nothing');
is($t->read_hold('fay', $late->{id})->{owed_fen}, 200, 'and is owed all');

# ---- a group
$t->define_sale('berry', price_fen => 50, stock => 20, goal => 4);
my @members = map { bought($_, 'berry', 2) } qw(hal ida);
is($t->sale('berry')->{formed}, true, 'a group that has formed');
is(call_off('berry')->code, 202, 'is cancelled');
eventually { $t->sale('berry')->{sold} == 0 } 'all is back';
is(debts('hal', $members[0]), 'berry 100 sale_cancelled', 'and owed');
$t->define_sale('plum', price_fen => 50, stock => 20, goal => 4);
my $waits = bought('jo', 'plum', 2);
is(call_off('plum')->code, 202, 'one that has not');
eventually { $t->sale('plum')->{sold} == 0 } 'all is back';
is(debts('jo', $waits), 'plum 100 sale_cancelled', 'owed once');
is($t->sale('plum')->{formed}, false, 'and it never forms');

# ---- compensation
my @had = map { bought("k$_", 'apple', $_) } 1 .. 3;
for my $hold (@had[0, 1]) {
    $t->order($hold->{id}, 'ready');
    is($t->order($hold->{id}, 'picked-up')->code, 200, 'handed over');
}
$res = compensate('apple', 30, key => 'comp');
is($res->code, 202, 'each buyer is owed something') or diag($res->body);
is_deeply($res->json, { orders => 2 }, 'as many as have it');
$res = compensate('apple', 30, key => 'comp');
is($res->headers->header('Idempotent-Replayed') // '', 'true', 'a replay');
is_deeply($res->json, { orders => 2 }, 'says the same');
eventually { grep { ($_->{sale} // '') eq 'apple' } $t->entries('settled') }
    'settled';
is(debts('k1', $had[0]), 'apple 30 compensation', 'for one unit');
is(debts('k2', $had[1]), 'apple 60 compensation', 'for two');
is(debts('k3', $had[2]), '', 'who has nothing yet gets nothing');
is(compensate('apple', 90)->code, 202, 'once more');
eventually { $t->entries('settled', 'apple') == 2 } 'settled';
is(debts('k1', $had[0]), 'apple 30 compensation, apple 70 compensation',
    'no more than was paid');
is(numbers('apple'), '94 0 6', 'no unit moves');
$res = compensate('apple', 10);
is_deeply($res->json, { orders => 2 },
    'told are all who have it, also one whose money is all owed');
eventually { $t->entries('settled', 'apple') == 3 } 'settled';
is_deeply([debts('k1', $had[0]) =~ /compensation/g, debts('k2', $had[1])],
    [('compensation') x 2, 'apple 60 compensation, apple 140 compensation'],
    'which is owed no more');
my $both = bought('kim', [['apple', 1], ['tea', 1]]);
is($t->order($both->{id}, 'picked-up', nonce => 'kim', lines =>
    [{ sale => 'tea' }])->code, 200, 'of a cart another line is handed over');
is_deeply(compensate('apple', 10)->json, { orders => 2 }, 'not this one');

# ---- refused
for my $wrong (
    ['Idempotency-Key', key => undef], ['reason', json => {}],
    ['reason', json => { reason => '' }], ['reason', json => { reason => 1 }],
    ['fen_each', json => { reason => 'x', fen_each => 1 }],
) {
    my ($field, %o) = @$wrong;
    is($t->answers(call_off('rice', 'x', %o), 400, 'bad_request',
        "$field is wrong")->{field}, $field, 'it says which');
}
for my $wrong (['fen_each', { reason => 'x' }],
    ['fen_each', { reason => 'x', fen_each => 0 }],
    ['reason', { fen_each => 1 }])
{
    my ($field, $json) = @$wrong;
    is($t->answers(compensate('rice', 1, json => $json), 400, 'bad_request',
        "$field is wrong")->{field}, $field, 'it says which');
}
$t->answers(call_off('nope'), 404, 'no_such_sale', 'no sale');
$t->answers(compensate('nope', 1), 404, 'no_such_sale', 'nor for it');
$t->answers(call_off('rice', 'x', role => 'orders'), 401, 'bad_signature',
    'not by the order service');
$t->answers(call_off('rice', 'x', headers => { 'If-Match' => '"1"' }), 412,
    'precondition_failed', 'only as it was');
is($t->sale('rice')->{state}, 'open', 'nothing was done');

# ---- thousands of orders, through a kill
my $orders = 2500;
$t->define_sale('milk', price_fen => 7, stock => 10_000);
my @holds = map { $_->json } $t->many([map {
    $t->hold_call("u$_", 'milk', 1 + $_ % 3) } 1 .. $orders],
    parallel => 100);
my @paid = $t->many([map { $t->order_call($_->{id}, 'confirm',
    payment => "p-$_->{id}", paid_fen => $_->{amount_fen}) } @holds],
    parallel => 100);
is(scalar(grep { $_->code == 200 } @paid), $orders, 'thousands have bought');
is(call_off('milk', '停产', key => 'milk')->code, 202, 'cancelled');
$t->kill9_all;
$t->start;
eventually { $t->entries('settled', 'milk') == 1 } 'settled by the next', 60;
my %owed;
$owed{ $_->{hold} } += $_->{amount_fen} for $t->entries('owed', 'milk');
is(scalar keys %owed, $orders, 'each is owed');
is_deeply([grep { $owed{ $_->{id} } != $_->{amount_fen} } @holds], [],
    'what was paid');
is(scalar $t->entries('owed', 'milk'), $orders, 'once');
is(numbers('milk'), '10000 0 0', 'all units are back');
is(call_off('milk', '停产', key => 'milk')->headers
    ->header('Idempotent-Replayed') // '', 'true', 'the key is known');

$t->audit_ok;
$t->chain_ok;
$t->finish;
