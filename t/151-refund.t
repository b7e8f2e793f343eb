use v5.36;
use Mojo::JSON qw(true false);
use Tuanbo::Test;

# Money that goes back: owed by units and by amounts, settled once, promise 6.

my $t = Tuanbo::Test->new(http => 'flashsale_refund_time 90s;')->start;

sub refund ($hold, %o) {
    my ($user, $json, $key) = delete @o{qw(user json key)};

    return $t->call(POST => '/orders/' . (ref $hold ? $hold->{id} : $hold)
        . '/refund', role => 'orders', json => $json // { lines =>
            [{ sale => 'grape', %o }], reason => 'bad' },
        key => $key // $t->new_key);
}

sub refunded ($hold, %json) {
    return $t->order($hold->{id}, 'refunded', %json);
}

sub bought ($user, $sale, $qty) {
    my $hold = $t->held($user, $sale, $qty);

    is($t->confirm($hold)->code, 200, "$user has bought");

    return $hold;
}

sub numbers ($id) {
    my $sale = $t->sale($id);
    return "$sale->{free} $sale->{held} $sale->{sold}";
}

$t->define_sale('grape', price_fen => 100, stock => 20);
$t->define_sale('tea', price_fen => 7, stock => 20);

# ---- units
my $hold = bought('alice', 'grape', 3);
my $res = refund($hold, qty => 1);
is($res->code, 200, 'one of three is bad') or diag($res->body);
is($res->json->{state}, 'sold', 'the order stands');
is("@{$res->json}{qw(owed_fen refunded_fen)}", '100 0', 'what is owed');
is(numbers('grape'), '17 0 3', 'the box is not for sale again');
my ($owed) = $t->entries('owed');
is_deeply([@$owed{qw(hold sale qty amount_fen reason)}],
    [$hold->{id}, 'grape', 1, 100, 'bad'], 'its line');
is($owed->{due_at} - $owed->{at}, 90_000, 'due as the directive says');
is_deeply($t->read_hold('alice', $hold->{id})->{debts}, [{
    owed => $owed->{seq}, sale => 'grape', qty => 1, amount_fen => 100,
    reason => 'bad', due_at => $owed->{due_at}, refunded_at => undef }],
    'the buyer sees it');
is_deeply([map { $_->{goods} } $t->read_hold('alice', $hold->{id})->{lines}
    ->@*], ['awaited'], 'and that the goods are to come');
$t->answers(refund($hold, qty => 3), 409, 'refund_over', 'three more');
is_deeply([@{ refund($hold, qty => 3)->json }{qw(sale left_fen)}],
    ['grape', 200], 'what is left of which line');
$t->answers(refund($hold, json => { lines => [{ sale => 'tea', qty => 1 }],
    reason => 'bad' }), 409, 'refund_over', 'of what is not in the order');
is(refund($hold, json => { lines => [{ sale => 'tea', qty => 1 }],
    reason => 'bad' })->json->{left_fen}, 0, 'nothing is left');
is(numbers('grape'), '17 0 3', 'and nothing was done');
is($t->call(POST => "/orders/$hold->{id}/refund", role => 'orders', json => {
    lines => [{ sale => 'grape', qty => 2 }], reason => 'cancelled',
    restock => true }, key => 'back')->code, 200,
    'the others come back');
is(numbers('grape'), '19 0 1', 'and are for sale');
is($t->read_hold('alice', $hold->{id})->{state}, 'refund_due',
    'all is owed');
is_deeply([map { "$_->{qty} $_->{sale}" } $t->entries('restocked')],
    ['2 grape'], 'their line');

# ---- once
is($t->call(POST => "/orders/$hold->{id}/refund", role => 'orders', json => {
    lines => [{ sale => 'grape', qty => 2 }], reason => 'cancelled',
    restock => true }, key => 'back')
    ->json->{owed_fen}, 300, 'the same again');
$t->kill9_all;
$t->start;
is($t->call(POST => "/orders/$hold->{id}/refund", role => 'orders', json => {
    lines => [{ sale => 'grape', qty => 2 }], reason => 'cancelled',
    restock => true }, key => 'back')
    ->json->{owed_fen}, 300, 'and after all were killed');
$t->answers(refund($hold, key => 'back', qty => 1), 422, 'key_reused',
    'the key for something else');
is(scalar $t->entries('owed'), 2, 'two debts');

# ---- amounts
my $other = bought('bo', 'grape', 1);
is(refund($other, json => { lines => [{ sale => 'grape', amount_fen => 30 }],
    reason => 'goodwill', restock => true })->json->{owed_fen}, 30,
    'an amount');
is(numbers('grape'), '18 0 2', 'moves no unit');
is(refund($other, qty => 1)->json->{left_fen}, 70,
    'a unit is worth more than is left');

# ---- two lines
my $cart = $t->post('/api/holds', user => 'cy', json => { lines => [
    { sale => 'grape', qty => 1 }, { sale => 'tea', qty => 2 }] },
    key => $t->new_key)->json;
is($t->confirm($cart)->code, 200, 'a cart');
$t->answers(refund($cart, json => { reason => 'short', lines => [
    { sale => 'grape', qty => 1 }, { sale => 'tea', amount_fen => 15 }] }),
    409, 'refund_over', 'one line too much');
is($t->read_hold('cy', $cart->{id})->{owed_fen}, 0, 'then none');
is(refund($cart, json => { reason => 'short', lines => [
    { sale => 'grape', qty => 1 }, { sale => 'tea', amount_fen => 13 }] })
    ->json->{owed_fen}, 113, 'both');

# ---- what it refuses
my $live = $t->held('di', 'grape', 1);
$t->answers(refund($live, qty => 1), 409, 'wrong_state', 'nothing is paid');
$t->answers(refund('0' x 32, qty => 1), 404, 'no_such_hold', 'no hold');
$t->answers(refund($hold, json => { lines => [{ sale => 'nope', qty => 1 }],
    reason => 'bad' }), 404, 'no_such_sale', 'no sale');
for my $wrong (
    ['lines', { reason => 'bad' }],
    ['lines', { lines => [], reason => 'bad' }],
    ['reason', { lines => [{ sale => 'grape', qty => 1 }] }],
    ['reason', { lines => [{ sale => 'grape', qty => 1 }], reason => 'so' }],
    ['restock', { lines => [{ sale => 'grape', qty => 1 }], reason => 'bad',
        restock => 1 }],
    ['lines[0].qty', { lines => [{ sale => 'grape' }], reason => 'bad' }],
    ['lines[0].qty', { lines => [{ sale => 'grape', qty => 1,
        amount_fen => 1 }], reason => 'bad' }],
    ['lines[0].qty', { lines => [{ sale => 'grape', qty => 0 }],
        reason => 'bad' }],
    ['lines[1].sale', { lines => [{ sale => 'grape', qty => 1 },
        { sale => 'grape', amount_fen => 1 }], reason => 'bad' }],
    ['more', { lines => [{ sale => 'grape', qty => 1 }], reason => 'bad',
        more => 1 }],
) {
    my ($field, $json) = @$wrong;
    my $said = $t->answers(refund($other, json => $json), 400, 'bad_request',
        "$field is wrong");
    is(refund($other, json => $json)->json->{field}, $field, 'it says which');
}
is($t->call(POST => "/orders/$other->{id}/refund", role => 'orders',
    json => { lines => [{ sale => 'grape', amount_fen => 1 }],
    reason => 'bad' })->json->{field}, 'Idempotency-Key', 'without a key');
is($t->post("/orders/$other->{id}/refund", json => {})->code, 401,
    'unsigned');
is($t->get("/orders/$other->{id}/refund")->code, 405, 'not read');

# ---- settled, by its id
my ($first, $second) = $t->read_hold('alice', $hold->{id})->{debts}->@*;
is($t->metric('owed_fen'), 300 + 30 + 113, 'owed, of all');
is($t->metric('owed_debts'), 5, 'debts');
is($t->metric('owed_overdue'), 0, 'none is overdue');
is_deeply([@{ $t->admin(GET => '/audit')->{owed} }
    {qw(fen debts overdue)}], [443, 5, 0], 'the audit says so, too');
my $answer = refunded($hold, refund => 'r-1', owed => $second->{owed},
    amount_fen => 100);
$t->answers($answer, 409, 'wrong_amount', 'another amount');
is($answer->json->{amount_fen}, 200, 'which it is');
$t->answers(refunded($other, refund => 'r-1', owed => $second->{owed}), 409,
    'nothing_due', 'of another order');
$answer = refunded($hold, refund => 'r-1', owed => $second->{owed},
    amount_fen => 200);
is($answer->code, 200, 'settled') or diag($answer->body);
is("@{$answer->json}{qw(state owed_fen refunded_fen)}", 'refund_due 100 200',
    'and the other is still owed');
is(refunded($hold, refund => 'r-1', owed => $second->{owed},
    amount_fen => 200)->code, 200, 'told again');
$t->answers(refunded($hold, refund => 'r-1', owed => $first->{owed}), 409,
    'refund_used', 'the same transfer for another debt');
$t->answers(refunded($hold, refund => 'r-2', owed => $second->{owed}), 409,
    'nothing_due', 'the same debt by another transfer');
is(refunded($hold, refund => 'r-2')->json->{state}, 'refunded',
    'the oldest, without an id');
my ($line) = grep { $_->{owed} == $second->{owed} } $t->entries('refunded');
is($line->{amount_fen}, 200, 'the ledger names the debt');
ok(!(grep { !defined $_->{refunded_at} }
    $t->read_hold('alice', $hold->{id})->{debts}->@*), 'the buyer sees when');
for my $wrong ([owed => 0], [amount_fen => 0], [owed => 'x']) {
    is(refunded($hold, refund => 'r-3', @$wrong)->json->{field}, $wrong->[0],
        "$wrong->[0] $wrong->[1]");
}

# ---- together with a group that fails
$t->define_sale('berry', price_fen => 50, stock => 20, goal => 10);
my @some = map { bought("n$_", 'berry', 2) } 1 .. 3;
is(refund($some[0], json => { lines => [{ sale => 'berry', qty => 1 }],
    reason => 'bad', restock => true })->code, 200, 'one leaves');
is($t->sale('berry')->{joined}, 5, 'and no longer counts');
is(refund($some[1], json => { lines => [{ sale => 'berry', amount_fen => 30 }],
    reason => 'goodwill' })->code, 200, 'an amount for another');
$t->admin(POST => '/sales/berry/close');
eventually { $t->sale('berry')->{sold} == 0 } 'the group fails, all is back';
is_deeply([map { $t->read_hold("n$_", $some[$_ - 1]{id})->{owed_fen} } 1 .. 3],
    [100, 100, 100], 'each is owed what it paid, and no more');
is_deeply([map { $_->{reason} } $t->read_hold('n1', $some[0]{id})->{debts}
    ->@*], ['bad', 'group_failed'], 'and sees why');
is(refund($some[2], json => { lines => [{ sale => 'berry', qty => 1 }],
    reason => 'bad' })->json->{left_fen}, 0, 'nothing is left of it');

is_deeply([sort map { "$_->{hold} $_->{qty}" }
    $t->entries('restocked', 'berry')], [sort map { ("$some[$_]{id} "
    . ($_ ? 2 : 1)) x ($_ ? 1 : 2) } 0 .. 2], 'units go back once each');

# ---- the directive, over reloads, and what is overdue
sub due_after ($hold) {
    my $debt = refund($hold, json => { lines => [{ sale => 'grape',
        amount_fen => 1 }], reason => 'goodwill' })->json->{debts}[-1];
    my ($line) = grep { $_->{seq} == $debt->{owed} } $t->entries('owed');
    return ($line->{due_at} - $line->{at}, $debt->{owed});
}

my $late = bought('eve', 'grape', 1);
is((due_after($late))[0], 90_000, 'as at the start');
$t->reload(http => '');
is((due_after($late))[0], 7_200_000, 'two hours, when nothing is said');
is($t->metric('owed_overdue'), 0, 'nothing is overdue');
$t->reload(http => 'flashsale_refund_time 0;');
my ($ms, $now) = due_after($late);
is($ms, 0, 'at once');
is($t->metric('owed_overdue'), 1, 'overdue');
$t->kill9_worker;
eventually { ($t->metric('owed_overdue') // 0) == 1 }
    'still, after a worker was killed';
is(refunded($late, refund => 'r-9', owed => $now)->code, 200, 'paid back');
is($t->metric('owed_overdue'), 0, 'and no longer');
$t->reload(http => 'flashsale_refund_time 90s;');
for my $bad ('31d', 'soon', '-1') {
    my (undef, $said) = $t->check_conf($t->conf
        =~ s/flashsale_refund_time 90s/flashsale_refund_time $bad/r);
    like($said, qr/refund_time" has the invalid value "\Q$bad\E": it is a /,
        "refused: $bad");
    like($said, qr/ time from 0 to 30d/, 'and why');
}

$t->audit_ok;
$t->chain_ok;
$t->finish;
