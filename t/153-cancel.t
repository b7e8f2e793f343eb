use v5.36;
use Tuanbo::Test;

# A buyer gives an order back: within its sales' time, before a group has
# formed or anything has come; all of it is owed, and for sale again.

my $t = Tuanbo::Test->new->start;

sub cancel ($user, $hold, %o) {
    return $t->call(POST => "/api/holds/$hold->{id}/cancel", user => $user,
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

my $hour = 3_600_000;
$t->define_sale('grape', price_fen => 100, stock => 20, cancel_ms => $hour);
$t->define_sale('tea', price_fen => 7, stock => 20, cancel_ms => $hour);
$t->define_sale('rice', price_fen => 7, stock => 20);
is($t->sale('grape')->{cancel_ms}, $hour, 'the sale says for how long');
ok(!exists $t->sale('rice')->{cancel_ms}, 'or nothing, when never');
is((grep { $_->{sale} eq 'grape' } $t->entries('sale'))[-1]{cancel_ms}, $hour,
    'so does the ledger');

# ---- given back
my $hold = bought('alice', [['grape', 3], ['tea', 2]]);
is(numbers('grape'), '17 0 3', 'sold');
my $res = cancel('alice', $hold);
is($res->code, 200, 'given back') or diag($res->body);
is("@{$res->json}{qw(state owed_fen refunded_fen)}", 'refund_due 314 0',
    'all of it is owed');
is_deeply([map { "$_->{sale} $_->{qty} $_->{amount_fen} $_->{reason}" }
    $res->json->{debts}->@*], ['grape 3 300 cancelled', 'tea 2 14 cancelled'],
    'line by line');
is(numbers('grape'), '20 0 0', 'the grapes are for sale again');
is(numbers('tea'), '20 0 0', 'and the tea');
is_deeply([map { "$_->{sale} $_->{qty}" } $t->entries('restocked')],
    ['grape 3', 'tea 2'], 'which the ledger has');
is(cancel('alice', $hold)->code, 200, 'again: the same');
is(scalar $t->entries('owed'), 2, 'and nothing more is owed');
for my $debt ($res->json->{debts}->@*) {
    is($t->order($hold->{id}, 'refunded', refund => "r-$debt->{owed}",
        owed => $debt->{owed})->code, 200, 'paid back');
}
is($t->read_hold('alice', $hold->{id})->{state}, 'refunded', 'all is back');
is(cancel('alice', $hold)->json->{state}, 'refunded', 'the same still');

# ---- with a key, which counts once
my $keyed = bought('bo', 'grape', 1);
is(cancel('bo', $keyed, key => 'k-1')->code, 200, 'with a key');
$res = cancel('bo', $keyed, key => 'k-1');
is($res->headers->header('Idempotent-Replayed') // '', 'true', 'a replay');
my $second = bought('bo', 'grape', 1);
$t->answers(cancel('bo', $second, key => 'k-1'), 422, 'key_reused',
    'the key for another order');
is($t->read_hold('bo', $second->{id})->{state}, 'sold', 'which stands');
$t->answers($t->hold('bo', 'grape', 1, key => 'k-1'), 422, 'key_reused',
    'nor does it hold');
is(cancel('bo', $second, json => {})->code, 200, 'an empty object is no more');
$t->answers(cancel('bo', $second, json => { reason => 'x' }), 400,
    'bad_request', 'a field');

# ---- two at once
my $rush = bought('cy', 'grape', 5);
my @answers = $t->many([map { [POST => "/api/holds/$rush->{id}/cancel",
    user => 'cy'] } 1 .. 20]);
is_deeply([grep { $_->code != 200 } @answers], [], 'twenty taps');
is($t->read_hold('cy', $rush->{id})->{owed_fen}, 500, 'owe it once');
is(numbers('grape'), '20 0 0', 'and give back once');

# ---- as a form
my $form = bought('di', 'tea', 1);
$res = cancel('di', $form, form => []);
is($res->code, 303, 'a form');
is($res->headers->location, "/api/holds/$form->{id}", 'leads to the order');
is($t->read_hold('di', $form->{id})->{state}, 'refund_due', 'given back');

# ---- what is left of it
my $part = bought('eve', 'grape', 4);
is($t->call(POST => "/orders/$part->{id}/refund", role => 'orders', json => {
    lines => [{ sale => 'grape', qty => 1 }], reason => 'goodwill' },
    key => $t->new_key)->code, 200, 'one is owed already');
is(cancel('eve', $part)->json->{owed_fen}, 400, 'no unit twice');

# ---- refused
my $never = bought('fay', 'rice', 1);
$t->answers(cancel('fay', $never), 409, 'too_late',
    'a sale that takes nothing back');
my $mixed = bought('fay', [['grape', 1], ['rice', 1]]);
$t->answers(cancel('fay', $mixed), 409, 'too_late', 'nor a part of a cart');
is($t->read_hold('fay', $mixed->{id})->{owed_fen}, 0, 'nothing was done');
my $live = $t->held('gus', 'grape', 1);
is($t->answers(cancel('gus', $live), 409, 'wrong_state', 'not paid')->{state},
    'held', 'that is released');
$t->answers(cancel('fay', $live), 404, 'no_such_hold', 'another\'s');
$t->answers(cancel('fay', { id => '0' x 32 }), 404, 'no_such_hold', 'none');
is($t->post("/api/holds/$live->{id}/cancel")->code, 401, 'nobody');
is($t->get("/api/holds/$live->{id}/cancel", user => 'gus')->code, 405,
    'not read');
my $ready = bought('hal', 'grape', 1);
$t->order($ready->{id}, 'ready');
is($t->answers(cancel('hal', $ready), 409, 'wrong_state', 'it has come')
    ->{state}, 'ready', 'and waits');
$t->answers($t->call(POST => "/api/holds/$ready->{id}/cancel", user => 'hal',
    headers => { 'If-None-Match' => '*' }), 412, 'precondition_failed',
    'only if there is none');

# ---- its time
$t->define_sale('milk', price_fen => 5, stock => 20, cancel_ms => 1);
my $late = bought('ida', 'milk', 1);
eventually { now_ms > $t->read_hold('ida', $late->{id})->{created_at} + 1000 }
    'a moment later';
$t->answers(cancel('ida', $late), 409, 'too_late', 'it is over');

# ---- groups
$t->define_sale('berry', price_fen => 50, stock => 20, goal => 4,
    cancel_ms => $hour);
my $first = bought('jo', 'berry', 2);
is($t->sale('berry')->{joined}, 2, 'joined');
is(cancel('jo', $first)->code, 200, 'who leaves before it forms');
is($t->sale('berry')->{joined}, 0, 'no longer counts');
my @both = map { bought($_, 'berry', 2) } qw(kim lee);
is($t->sale('berry')->{formed}, true, 'formed by two others');
$t->answers(cancel('kim', $both[0]), 409, 'formed', 'and nobody leaves');
is($t->sale('berry')->{joined}, 4, 'as it was');

# ---- after all were killed
$t->kill9_all;
$t->start;
is(cancel('bo', $keyed, key => 'k-1')->headers
    ->header('Idempotent-Replayed') // '', 'true', 'the key is known');
is(cancel('cy', $rush)->code, 200, 'done is done');
is($t->read_hold('cy', $rush->{id})->{owed_fen}, 500, 'once');

$t->audit_ok;
$t->chain_ok;
$t->finish;
