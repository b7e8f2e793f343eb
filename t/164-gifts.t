use v5.36;
use utf8;
use Tuanbo::Test;
use Digest::SHA 'sha256_hex';

# Givings over HTTP: what is asked for, who gets a gift, whose it is, what it
# takes off, and what the checkout is told.

my $t = Tuanbo::Test->new->start;

sub gift ($user, $hold, $gift) {
    return $t->post("/api/holds/$hold/gift", user => $user,
        json => { gift => $gift });
}

sub admin ($method, $target, %o) {
    return $t->call($method => "/admin$target", role => 'admin',
        ($method eq 'GET' ? () : (key => $t->new_key)), %o);
}

sub give ($id, $stock, %gives) {
    return admin(PUT => "/sales/$id", json => { stock => $stock,
        gives => \%gives });
}

sub grant ($id, $buyer, $reason, %o) {
    return $t->call(POST => "/admin/sales/$id/grant", role => 'admin',
        key => $t->new_key, json => { buyer => $buyer, reason => $reason },
        %o);
}

$t->define_sale('grape', price_fen => 1000, stock => 50);
$t->define_sale('pear', price_fen => 700, stock => 50);

# ---- what a sale gives
my $res = give('rain', 2, kind => 'coupon', off_fen => 500, from_fen => 2000,
    sales => ['grape'], valid_ms => 604800000);
is($res->code, 201, 'a coupon') or diag($res->body);
is($res->json('/price_fen'), undef, 'has no price');
is($res->json('/limit'), 1, 'one for each');
is($res->json('/gives/kind'), 'coupon', 'its terms');
is_deeply($t->sale('rain')->{gives}, { by => 'open', kind => 'coupon',
    off_fen => 500, from_fen => 2000, sales => ['grape'],
    valid_ms => 604800000 }, 'are everybody\'s to read');
my ($listed) = grep { $_->{id} eq 'rain' }
    $t->get('/api/sales')->json('/sales')->@*;
is_deeply($listed->{gives}, { by => 'open', kind => 'coupon' }, 'in short');
ok(exists $listed->{price_fen} && !defined $listed->{price_fen}, 'null');

my ($terms) = $t->entries('terms');
my $document = admin(GET => '/documents/terms/rain')->body;
is($terms->{digest}, sha256_hex($document), 'their digest is in the ledger');
$t->answers(admin(PUT => '/documents/terms/rain', json => {}), 400,
    'bad_request', 'nobody writes them otherwise');

$res = admin(PUT => '/sales/rain', json => { stock => 1,
    gives => { kind => 'coupon', off_fen => 0 } });
$t->answers($res, 400, 'bad_request', 'a coupon of nothing');
is($res->json('/field'), 'gives.off_fen', 'with the field');
$t->answers(give('rain', 2, kind => 'coupon', off_fen => 400), 409, 'given',
    'what was promised stays');
$t->answers(admin(PUT => '/sales/rain', json => { stock => 2,
    price_fen => 1 }), 409, 'given', 'and is not sold');

# ---- granted
$res = $t->hold('li', 'rain', 1, key => 'k1');
is($res->code, 201, 'granted') or diag($res->body);
my $coupon = $res->json;
is($coupon->{state}, 'granted', 'at once');
is($coupon->{amount_fen}, 0, 'for nothing');
is($coupon->{gift}{number}, 1, 'the first one');
is($coupon->{gift}{off_fen}, 500, 'so much off');
is($coupon->{gift}{from_fen}, 2000, 'from so much on');
is_deeply($coupon->{gift}{sales}, ['grape'], 'of grapes');
is($coupon->{gift}{kind}, 'coupon', 'its kind');
is($coupon->{gift}{valid_until_at}, $coupon->{created_at} + 604800000,
    'for a week');
$res = $t->hold('li', 'rain', 1, key => 'k1');
is($res->json('/id'), $coupon->{id}, 'a retry') or diag($res->body);
$t->answers($t->hold('li', 'rain'), 409, 'over_limit', 'one each');
is($t->sale('rain')->{sold}, 1, 'it counts as sold');
$t->answers($t->hold('li', [['rain', 1], ['grape', 1]]), 400, 'bad_request',
    'it is no line of a cart');
$t->answers($t->hold('wang', 'rain', 2), 400, 'bad_request',
    'one at a time');
is($t->get('/api/holds', user => 'li')->json('/holds')->@*, 0,
    'it is not among the holds');
is_deeply([ map { $_->{id} }
    $t->get('/api/gifts', user => 'li')->json('/gifts')->@* ],
    [ $coupon->{id} ], 'but among the gifts');
is($t->get('/api/gifts', user => 'wang')->json('/gifts')->@*, 0,
    'of its buyer');
is($t->read_hold('li', $coupon->{id})->{gift}{number}, 1, 'read alone');
is($t->hold('wang', 'rain')->code, 201, 'the last one');

# the same from memory and from a snapshot
$t->answers($t->hold("buyer$_", 'rain'), 409, 'sold_out', 'none is left')
    for 1 .. 3;

# ---- used
my $hold = $t->held('li', [['grape', 2], ['pear', 1]]);
is($hold->{gift}, undef, 'no gift yet');
is($hold->{off_fen}, 0, 'nothing is off');
is_deeply([ map { $_->{off_fen} } $hold->{lines}->@* ], [0, 0], 'no line');
$t->answers(gift('wang', $hold->{id}, $coupon->{id}), 404, 'no_such_hold',
    "another's hold");
my $wangs = $t->get('/api/gifts', user => 'wang')->json('/gifts/0/id');
$t->answers(gift('li', $hold->{id}, $wangs), 404, 'no_such_hold',
    "another's gift");
$t->answers(gift('li', $hold->{id}, 'nonsense'), 404, 'no_such_hold',
    'no gift');

$res = gift('li', $hold->{id}, $coupon->{id});
is($res->code, 200, 'used') or diag($res->body);
is($res->json('/gift'), $coupon->{id}, 'by the hold');
is($res->json('/off_fen'), 500, 'in all');
is_deeply([ map { $_->{off_fen} } $res->json('/lines')->@* ], [500, 0],
    'off the grapes');
is($res->json('/amount_fen'), 2200, 'the rest is to pay');
is($t->read_hold('li', $coupon->{id})->{state}, 'bound', 'bound');

my $other = $t->held('li', 'grape', 2);
$res = gift('li', $other->{id}, $coupon->{id});
$t->answers($res, 409, 'gift_unusable', 'two phones with one coupon');
is($res->json('/reason'), 'bound', 'why');
$res = $t->call(POST => '/api/holds', user => 'li', key => $t->new_key,
    json => { sale => 'grape', qty => 2, gift => $coupon->{id} });
$t->answers($res, 409, 'gift_unusable', 'nor with another hold at once');

is(gift('li', $hold->{id}, undef)->json('/off_fen'), 0, 'taken out');
is(gift('li', $other->{id}, $coupon->{id})->json('/amount_fen'), 1500,
    'and used there');
is($t->order($other->{id}, 'confirm', payment => 'p1',
    paid_fen => 1500)->json('/outcome'), 'sold', 'for what is left');
is($t->read_hold('li', $coupon->{id})->{state}, 'used', 'used');
$res = gift('li', $hold->{id}, $coupon->{id});
is($res->json('/reason'), 'used', 'once');

my ($sold) = $t->entries('sold');
is($sold->{amount_fen}, 1500, 'the ledger has what was paid');

# ---- owed back is what was paid; the coupon comes back, too
is($t->call(POST => "/orders/$other->{id}/refund", role => 'orders',
    key => $t->new_key, json => { reason => 'bad', lines => [{
    sale => 'grape', qty => 1 }] })->json('/owed_fen'), 750, 'half of it');
is($t->call(POST => "/orders/$other->{id}/refund", role => 'orders',
    key => $t->new_key, json => { reason => 'bad', lines => [{
    sale => 'grape', qty => 1 }] })->json('/owed_fen'), 1500, 'all');
is($t->read_hold('li', $coupon->{id})->{state}, 'granted', 'again');

# ---- with the hold at once, by a form as well
$res = $t->call(POST => '/api/holds', user => 'li', key => 'k2',
    json => { sale => 'grape', qty => 3, gift => $coupon->{id} });
is($res->code, 201, 'at once') or diag($res->body);
is($res->json('/amount_fen'), 2500, 'with its gift');
is($t->call(POST => '/api/holds', user => 'li', key => 'k2',
    json => { sale => 'grape', qty => 3, gift => $coupon->{id} })
    ->json('/id'), $res->json('/id'), 'a retry');
$t->answers($t->call(POST => '/api/holds', user => 'li', key => 'k2',
    json => { sale => 'grape', qty => 3 }), 422, 'key_reused',
    'without it is another request');
$t->call(DELETE => '/api/holds/' . $res->json('/id'), user => 'li');
is($t->read_hold('li', $coupon->{id})->{state}, 'granted',
    'released, it is free');

# ---- by the desk
give('thanks', 3, kind => 'item', title => '鸡蛋两枚', by => 'desk');
$res = $t->hold('li', 'thanks');
$t->answers($res, 409, 'by_desk', 'nobody gets it by asking');
is($res->json('/sale'), 'thanks', 'which');
$t->answers($t->hold('stranger', 'thanks'), 409, 'by_desk', 'from memory');

my ($held) = $t->entries('held');
$res = grant('thanks', $held->{buyer}, 'watched for an hour', key => 'g1');
is($res->code, 201, 'given') or diag($res->body);
my $eggs = $res->json;
is($eggs->{gift}{kind}, 'item', 'a thing');
is(grant('thanks', $held->{buyer}, 'watched for an hour', key => 'g1')
    ->json('/id'), $eggs->{id}, 'a retry');
$t->answers(grant('thanks', $held->{buyer}, 'other', key => 'g1'), 422,
    'key_reused', 'for another reason');
$t->answers(grant('thanks', $held->{buyer}, 'again'), 409, 'over_limit',
    'the limit holds');
$t->answers(grant('grape', $held->{buyer}, 'x'), 400, 'bad_request',
    'what is sold is not given');
$t->answers(grant('nothing', $held->{buyer}, 'x'), 404, 'no_such_sale',
    'nor what is not there');
$t->answers(grant('thanks', 'me', 'x'), 400, 'bad_request', 'to nobody');
like(admin(GET => "/documents/granted/$eggs->{id}")->json('/reason'),
    qr/watched/, 'why is a document');
unlike(join("\n", $t->ledger_lines), qr/watched/, 'and not in the ledger');

$res = $t->order($eggs->{id}, 'picked-up', nonce => 'n1', via => 'scan');
is($res->json('/outcome'), 'handed_over', 'handed over') or diag($res->body);
is($t->read_hold('li', $eggs->{id})->{state}, 'used', 'and used');
is($t->order($eggs->{id}, 'put-back', nonce => 'n1')->code, 200, 'it was not');
is($t->order($eggs->{id}, 'put-back', nonce => 'n1')->code, 200, 'said again');
is($t->read_hold('li', $eggs->{id})->{state}, 'granted', 'granted');

# ---- its time is over
give('brief', 5, kind => 'coupon', off_fen => 100, valid_ms => 1);
my $over = $t->held('li', 'brief');
eventually { $t->read_hold('li', $over->{id})->{state} eq 'over' }
    'read off the clock';
$res = gift('li', $hold->{id}, $over->{id});
is($res->json('/reason'), 'over', 'too late to use it') or diag($res->body);

# ---- one group of a cart fails
$t->define_sale('plum', price_fen => 1000, stock => 50, goal => 10);
give('dew', 9, kind => 'coupon', off_fen => 500);
my $dew = $t->held('zhou', 'dew');
my $cart = $t->held('zhou', [['plum', 2], ['pear', 2]]);
$res = gift('zhou', $cart->{id}, $dew->{id});
is_deeply([ map { $_->{off_fen} } $res->json('/lines')->@* ], [294, 206],
    'a cart with a coupon');
is($t->order($cart->{id}, 'confirm', payment => 'p2', paid_fen => 2900)
    ->json('/outcome'), 'sold', 'sold');
admin(POST => '/sales/plum/close');
my $now;
eventually { $now = $t->read_hold('zhou', $cart->{id}); $now->{owed_fen} }
    'its group has failed';
is($now->{owed_fen}, 1706, 'what was paid for it is owed');
is(join(' ', map { "$_->{sale} $_->{amount_fen} $_->{reason}" }
    $now->{debts}->@*), 'plum 1706 group_failed', 'of that line');
is($t->read_hold('zhou', $dew->{id})->{state}, 'used',
    'the other one has its part of the coupon');
is($t->call(POST => "/orders/$cart->{id}/refund", role => 'orders',
    key => $t->new_key, json => { reason => 'bad', lines => [{
    sale => 'pear', qty => 2 }] })->json('/owed_fen'), 2900, 'all is owed');
is($t->read_hold('zhou', $dew->{id})->{state}, 'granted',
    'and the coupon free');

# ---- paid when its time is over
$t->define_sale('fig', price_fen => 1000, stock => 50, hold_ms => 1000);
$dew = $t->held('wu', 'dew');
my $first = $t->held('wu', 'fig');
is(gift('wu', $first->{id}, $dew->{id})->json('/amount_fen'), 500, 'used');
eventually { $t->read_hold('wu', $first->{id})->{state} eq 'expired' }
    'its time is over';
is($t->read_hold('wu', $dew->{id})->{state}, 'granted', 'the coupon is free');
is(gift('wu', $t->held('wu', 'pear')->{id}, $dew->{id})->code, 200,
    'another hold has it');
$res = $t->order($first->{id}, 'confirm', payment => 'p3', paid_fen => 500);
is($res->json('/outcome') . ' ' . $res->json('/reason'),
    'refund_due gift_gone', 'the money is owed');
is($t->read_hold('wu', $first->{id})->{owed_fen}, 500, 'all of it');

# ---- pages of gifts
my $page = $t->get('/api/gifts?limit=1', user => 'li')->json;
is($page->{gifts}[0]{id}, $over->{id}, 'the newest first');
is($page->{next}, $over->{id}, 'there are more');
$page = $t->get("/api/gifts?limit=5&before=$page->{next}", user => 'li')
    ->json;
is_deeply([ map { $_->{id} } $page->{gifts}->@* ],
    [ $eggs->{id}, $coupon->{id} ], 'the others');
is($page->{next}, undef, 'no more');

# ---- from a ledger and a store that was killed
$t->kill9_worker;
$t->wait_ready;
is($t->read_hold('li', $coupon->{id})->{state}, 'granted',
    'after a kill');
$t->audit_ok;
$t->chain_ok;

$t->finish;
