use v5.36;
use utf8;
use Tuanbo::Test;

# An order for somebody else: the buyer's limits, the buyer's key, cash that is
# the price or nothing, and who took it, for the ledger.

my $t = Tuanbo::Test->new->start;
my $zhao = '0123456789abcdef' x 2;

sub order_for ($role, $json, %o) {
    return $t->call(POST => '/admin/holds', role => $role, json => $json,
        key => $o{key} // $t->new_key);
}

sub numbers ($id) {
    my $sale = $t->sale($id);
    return "$sale->{free} $sale->{held} $sale->{sold}";
}

sub grapes ($qty, %more) {
    return { buyer => $zhao, lines => [{ sale => 'grape', qty => $qty }],
        %more };
}

sub cash ($fen, $by = 'sister-li') {
    return (paid => { cash_fen => $fen, by => $by });
}

$t->points('east');
$t->define_sale('grape', price_fen => 100, stock => 20, limit => 5);

# ---- paid in cash
my $last = ($t->ledger)[-1]{seq};
my $res = order_for(orders => grapes(2, pickup => 'east', cash(200)),
    key => 'k1');
is($res->code, 201, 'ordered and paid') or diag($res->body);
my $id = $res->json('/id') // 'none';
is($res->json('/state'), 'sold', 'sold at once');
is(numbers('grape'), '18 0 2', 'by the sale, too');
is(join(' ', map { $_->{type} } $t->ledger($last)), 'held sold',
    'by one commit');
my ($held) = $t->entries('held');
my ($sold) = $t->entries('sold');
is($held->{buyer}, $zhao, 'for that buyer');
is($sold->{taken_by}, 'sister-li', 'with who took the money');

# ---- a key is one order
$res = order_for(orders => grapes(2, pickup => 'east', cash(200)),
    key => 'k1');
is($res->code, 200, 'the same again');
is($res->json('/id'), $id, 'is the same order');
$t->answers(order_for(orders => grapes(2, pickup => 'east',
    cash(200, 'wang')), key => 'k1'), 422, 'key_reused',
    'in other hands it is another');
$t->answers(order_for(orders => grapes(2, pickup => 'east'), key => 'k1'),
    422, 'key_reused', 'or unpaid');
is(numbers('grape'), '18 0 2', 'nothing more');

# ---- cash that is not the price
$res = order_for(admin => grapes(1, cash(99)));
$t->answers($res, 409, 'wrong_amount', 'another amount');
is($res->json('/amount_fen'), 100, 'the price is told');
is(numbers('grape'), '18 0 2', 'nothing is held for it');

# ---- without money
$res = order_for(admin => grapes(1));
is($res->code, 201, 'ordered');
is($res->json('/state'), 'held', 'to be paid');
is($t->order($res->json('/id'), 'confirm', payment => 'p1',
    paid_fen => 100)->code, 200, 'as any other');

# ---- the buyer's limit
$t->answers(order_for(orders => grapes(3, cash(300))), 409, 'over_limit',
    "the buyer's limit");

# ---- what is owed is owed like any other
is($t->call(POST => "/orders/$id/refund", role => 'orders',
    key => $t->new_key, json => { reason => 'goodwill', lines => [{
    sale => 'grape', qty => 1 }] })->json('/owed_fen'), 100, 'a debt');
is($t->order($id, 'refunded', refund => 'cash-back', amount_fen => 100)
    ->json('/refunded_fen'), 100, 'given back');

# ---- who may
$t->answers($t->call(POST => '/admin/holds', json => grapes(1)), 401,
    'bad_signature', 'not without a signature');
for my $role (qw(ledger checkout)) {
    $t->answers(order_for($role => grapes(1)), 401, 'bad_signature',
        "nor as $role");
}

# ---- what is wrong with it
my @wrong = (
    [grapes(1, buyer => 'zhao'), 'buyer'],
    [grapes(1, buyer => uc 'a' x 32), 'buyer'],
    [{ lines => [{ sale => 'grape', qty => 1 }] }, 'buyer'],
    [grapes(1, paid => { cash_fen => 100 }), 'paid.by'],
    [grapes(1, paid => { by => 'li' }), 'paid.cash_fen'],
    [grapes(1, paid => { cash_fen => 100, by => 'Li' }), 'paid.by'],
    [grapes(1, paid => { cash_fen => 100, by => 'li', x => 1 }), 'paid.x'],
    [grapes(1, paid => 100), 'paid'],
    [grapes(1, paid => [100]), 'paid'],
    [grapes(0), 'lines[0].qty'],
    [grapes(1, pickup => 'nowhere'), 'pickup'],
);
for my $case (@wrong) {
    my $res = order_for(orders => $case->[0]);
    $t->answers($res, 400, 'bad_request', "$case->[1] is wrong");
    is($res->json('/field'), $case->[1], 'which is said');
}
$t->answers($t->call(POST => '/admin/holds', role => 'orders',
    json => grapes(1)), 400, 'bad_request', 'a key is needed');
is(order_for(orders => { %{ grapes(1) }, paid => undef })->json('/state'),
    'held', 'null is as absent');

# ---- whom to call
sub called ($who, $json, $role = 'orders') {
    return $t->call(PUT => "/admin/contacts/$who", role => $role,
        json => $json);
}
is(called($zhao, { name => '赵阿婆', digits => '1234',
    consent => ['labels'] })->code, 202, 'a name to call');
$t->answers(called('zhao', { name => '赵阿婆', digits => '1234' }), 404,
    'not_found', 'of a pseudonym');
$t->answers(called($zhao, { name => '', digits => '1234' }), 400,
    'bad_request', 'not an empty one');
$t->answers(called($zhao, { name => '赵', digits => '1234' }, 'ledger'), 401,
    'bad_signature', 'only by those who serve orders');

$t->chain_ok;
$t->audit_ok;
$t->finish;
