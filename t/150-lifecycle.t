use v5.36;
use Tuanbo::Test;

# The life of a hold, and of the money: promise 6, bugs 8, 9, 10.

my $upstream = Tuanbo::Test::free_port();
my $t = Tuanbo::Test->new(http => <<"CONF", server => <<"PAY")->start;
    server {
        listen 127.0.0.1:$upstream;
        location / {
            return 200 "order service: \$request_method \$request_uri\\n";
        }
    }
CONF
    location ~ ^/pay/([0-9a-z]+)\$ {
        flashsale_pay \$1;
        proxy_pass http://127.0.0.1:$upstream;
    }
    location ~ ^/denied/([0-9a-z]+)\$ {
        deny all;
        flashsale_pay \$1;
        proxy_pass http://127.0.0.1:$upstream;
    }
PAY
$t->expect_log(qr/access forbidden by rule/);

sub numbers ($id) {
    my $sale = $t->sale($id);
    return "$sale->{free} $sale->{held} $sale->{sold}";
}

sub expires ($user, $hold, $name) {
    eventually { $t->read_hold($user, $hold->{id})->{state} eq 'expired' }
        $name;
}

$t->define_sale('grape', price_fen => 100, stock => 20);

# ---- to the checkout
my $hold = $t->held('alice', 'grape', 2);
my $res = $t->get("/pay/$hold->{id}", user => 'alice');
is($res->code, 200, 'the checkout page') or diag($res->body);
like($res->body, qr/order service: GET/, 'comes from the order service');
is($t->read_hold('alice', $hold->{id})->{state}, 'held',
    'to look is not to pay');
$res = $t->post("/pay/$hold->{id}", user => 'alice');
is($res->code, 200, 'pay');
like($res->body, qr/order service: POST/, 'goes on to the order service');
my $paying = $t->read_hold('alice', $hold->{id});
is($paying->{state}, 'paying', 'paying');
cmp_ok($paying->{expires_at}, '>', $hold->{expires_at} + 300_000,
    'with the time to pay');
sleep 0.05;
is($t->post("/pay/$hold->{id}", user => 'alice')->code, 200, 'pay again');
is($t->read_hold('alice', $hold->{id})->{expires_at}, $paying->{expires_at},
    'gives no more time');
$t->answers($t->post("/pay/$hold->{id}", user => 'bob'), 404,
    'no_such_hold', 'not another buyer\'s');
$t->answers($t->post("/pay/$hold->{id}"), 401, 'no_buyer', 'nor nobody\'s');
$t->answers($t->post('/pay/' . '0' x 32, user => 'alice'), 404,
    'no_such_hold', 'nor a forged one');

# who has an hour keeps it: the checkout's 15 minutes are not less
$t->define_sale('slow', price_fen => 100, stock => 5, hold_ms => 3_600_000);
my $long = $t->held('erin', 'slow', 1);
is($t->post("/pay/$long->{id}", user => 'erin')->code, 200, 'pay at once');
my $longer = $t->read_hold('erin', $long->{id});
is($longer->{state}, 'paying', 'paying');
is($longer->{expires_at}, $long->{expires_at}, 'has the time it had');

my $denied = $t->held('zoe', 'grape', 1);
is($t->post("/denied/$denied->{id}", user => 'zoe')->code, 403,
    'denied by nginx');
is($t->read_hold('zoe', $denied->{id})->{state}, 'held',
    'and nothing has changed');
$t->call(DELETE => "/api/holds/$denied->{id}", user => 'zoe');

# ---- confirm
is(numbers('grape'), '18 2 0', 'units held');
$res = $t->confirm($hold, 'wx-1');
is($res->code, 200, 'confirmed') or diag($res->body);
is_deeply($res->json, { outcome => 'sold' }, 'sold');
is(numbers('grape'), '18 0 2', 'units sold');
is($t->read_hold('alice', $hold->{id})->{state}, 'sold', 'it reads so');
is_deeply($t->confirm($hold, 'wx-1')->json, { outcome => 'sold' },
    'a repeat: the same');
is(numbers('grape'), '18 0 2', 'sold once');
$t->answers($t->post("/pay/$hold->{id}", user => 'alice'), 409,
    'wrong_state', 'nothing left to pay');

# a held one needs no checkout
my $direct = $t->held('bob', 'grape', 1);
is_deeply($t->confirm($direct)->json, { outcome => 'sold' },
    'confirmed without the checkout');

# the same confirmation many times at once
my $many = $t->held('bob', 'grape', 1);
my @answers = $t->many([map { $t->order_call($many->{id}, 'confirm',
    payment => 'wx-many', paid_fen => 100) } 1 .. 10]);
is(scalar(grep { $_->json->{outcome} eq 'sold' } @answers), 10,
    'ten confirmations at once');
is(scalar(grep { $_->{hold} eq $many->{id} } $t->entries('sold')), 1,
    'sold once');

# ---- obligations
sub due ($res, $reason, $name) {
    is_deeply($res->json, { outcome => 'refund_due', reason => $reason },
        $name) or diag($res->body);
}

due($t->confirm($hold, 'wx-2'), 'second_payment', 'a second payment');
due($t->confirm($hold, 'wx-2'), 'second_payment', 'its repeat');
is_deeply($t->confirm($hold, 'wx-1')->json, { outcome => 'sold' },
    'the first is still the one');
is(scalar(grep { $_->{hold} eq $hold->{id} } $t->entries('owed')), 1,
    'one obligation');
is($t->read_hold('alice', $hold->{id})->{state}, 'sold',
    'the order stands');

my $wrong = $t->held('carol', 'grape', 2);
due($t->confirm($wrong, 'wx-3', 199), 'wrong_amount', 'a wrong amount');
is($t->read_hold('carol', $wrong->{id})->{state}, 'held',
    'the hold is not sold');
is_deeply($t->confirm($wrong, 'wx-4')->json, { outcome => 'sold' },
    'the right amount sells it');
due($t->confirm($wrong, 'wx-3', 199), 'wrong_amount',
    'the wrong one repeats its answer');

my $released = $t->held('dave', 'grape', 1);
$t->call(DELETE => "/api/holds/$released->{id}", user => 'dave');
due($t->confirm($released, 'wx-5'), 'released', 'paid after the release');

# ---- refunded
$res = $t->order($released->{id}, 'refunded', refund => 'back-5');
is($res->code, 200, 'refunded') or diag($res->body);
is($res->json->{id}, $released->{id}, 'the hold');
$res = $t->order($released->{id}, 'refunded', refund => 'back-5');
is($res->code, 200, 'the same refund again');
is(scalar(grep { $_->{hold} eq $released->{id} } $t->entries('refunded')),
    1, 'once in the ledger');
$t->answers($t->order($released->{id}, 'refunded', refund => 'back-6'), 409,
    'nothing_due', 'nothing more is due');
is($t->order($wrong->{id}, 'refunded', refund => 'back-3',
    payment => 'wx-3')->code, 200, 'a named payment');
$t->answers($t->order($wrong->{id}, 'refunded', refund => 'back-4',
    payment => 'wx-4'), 409, 'nothing_due', 'the one that bought is not due');
is($t->read_hold('carol', $wrong->{id})->{state}, 'sold',
    'the order stands');

# its reference settles no other debt: of this hold, or of another
due($t->confirm($released, 'wx-5b'), 'second_payment', 'owed once more');
my $problem = $t->answers($t->order($released->{id}, 'refunded',
    refund => 'back-5', payment => 'wx-5b'), 409, 'refund_used',
    'with the reference of the refund before');
$t->answers($t->order($released->{id}, 'refunded', refund => 'back-3'), 409,
    'refund_used', 'or of another hold');
is($t->read_hold('dave', $released->{id})->{state}, 'refund_due',
    'it is still owed');
is($t->order($released->{id}, 'refunded', refund => 'back-5',
    payment => 'wx-5')->code, 200, 'the same for the same: a replay');
is($t->order($released->{id}, 'refunded', refund => 'back-5b')->code, 200,
    'a reference of its own settles it');
is($t->read_hold('dave', $released->{id})->{state}, 'refunded', 'settled');
is(scalar(grep { $_->{hold} eq $released->{id} } $t->entries('refunded')),
    2, 'two refunds of two payments');

# ---- cancel
my $cancel = $t->held('erin', 'grape', 3);
is($t->post("/pay/$cancel->{id}", user => 'erin')->code, 200, 'paying');
my $free = $t->sale('grape')->{free};
$res = $t->order($cancel->{id}, 'cancel');
is($res->code, 200, 'cancelled');
is($res->json->{state}, 'cancelled', 'and says so');
is($t->sale('grape')->{free}, $free + 3, 'units are free again');
is($t->order($cancel->{id}, 'cancel')->code, 200, 'again: the same');
is($t->sale('grape')->{free}, $free + 3, 'freed once');
due($t->confirm($cancel, 'wx-6'), 'cancelled', 'paid after it');
$problem = $t->answers($t->order($hold->{id}, 'cancel'), 409,
    'wrong_state', 'an order that is sold');
is($problem->{state}, 'sold', 'which it says');
$t->answers($t->call(DELETE => "/api/holds/$hold->{id}", user => 'alice'),
    409, 'wrong_state', 'nor can the buyer release it');

# ---- late payments (bugs 8 and 9)
$t->define_sale('rice', price_fen => 50, stock => 2, hold_ms => 1000);
my $late = $t->held('fay', 'rice', 2);
expires('fay', $late, 'expired');
is_deeply($t->confirm($late, 'wx-7')->json, { outcome => 'sold' },
    'paid late, the units still free: sold');
is(numbers('rice'), '0 0 2', 'units sold');
is($t->read_hold('fay', $late->{id})->{state}, 'sold', 'it reads so');
is(scalar $t->entries('sold_late'), 1, 'told as such');

$t->admin(POST => '/sales/rice/stock', json => { add => 2 });
my $gone = $t->held('gus', 'rice', 2);
expires('gus', $gone, 'another expires');
my $next = $t->held('hal', 'rice', 1);
due($t->confirm($gone, 'wx-8'), 'late', 'paid late, not all units free');
due($t->confirm($gone, 'wx-8'), 'late', 'its repeat');
is($t->confirm($next)->json->{outcome}, 'sold', 'the next buyer has one');
is($t->order($gone->{id}, 'refunded', refund => 'back-8')->code, 200,
    'money back');

# withdrawn: cancelled after it expired, then paid
$t->define_sale('kiwi', price_fen => 50, stock => 2, hold_ms => 1000);
my $withdrawn = $t->held('ike', 'kiwi', 1);
expires('ike', $withdrawn, 'a third expires');
is($t->order($withdrawn->{id}, 'cancel')->code, 200, 'and is cancelled');
is(numbers('kiwi'), '2 0 0', 'nothing freed twice');
due($t->confirm($withdrawn, 'wx-9'), 'cancelled', 'paid after that');

# the limit used up since
$t->define_sale('plum', price_fen => 50, stock => 10, limit => 2,
    hold_ms => 1000);
my $first = $t->held('jan', 'plum', 2);
expires('jan', $first, 'a fourth expires');
my $second = $t->held('jan', 'plum', 2);
is($t->confirm($second)->json->{outcome}, 'sold', 'bought again');
due($t->confirm($first, 'wx-10'), 'limit_used', 'the limit is used up');
is(numbers('plum'), '8 0 2', 'sold within the limit');

# ---- handing over
is($t->order($hold->{id}, 'ready')->json->{state}, 'ready', 'ready');
is($t->order($hold->{id}, 'ready')->code, 200, 'again: the same');
is($t->order($hold->{id}, 'picked-up')->json->{state}, 'picked_up',
    'picked up');
$t->answers($t->order($cancel->{id}, 'ready'), 409, 'wrong_state',
    'not of a cancelled one');
due($t->confirm($hold, 'wx-11'), 'second_payment',
    'a payment after it was picked up');

# ---- no names of payments in the ledger
my @lines = $t->ledger_lines;
unlike("@lines", qr/wx-|back-/, 'references are hashed');
my $digest = substr Digest::SHA::sha256_hex('wx-1'), 0, 32;
is(scalar(grep { /"payment":"$digest"/ } @lines), 1,
    'as the first 32 digits of their SHA-256');

$t->audit_ok;
$t->chain_ok;
$t->finish;
