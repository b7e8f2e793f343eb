use v5.36;
use Tuanbo::Test;
use Tuanbo::Test::Faults;

# What was wrong with what came: a unit once, in its time; answered by a
# person, or by the engine when it is small and the buyer has few of them.

my $claims = ' flashsale_claims auto_fen=150 per_buyer=2/30d lot=20%;';
my $t = Tuanbo::Test->new(http => "flashsale_refund_time 1h;$claims");
my $faults = Tuanbo::Test::Faults->new($t);
$t->start;

my $hour = 3_600_000;
my $off = 0;
{
    no warnings 'redefine';
    my $signature = \&Tuanbo::Test::signature;
    *Tuanbo::Test::signature = sub ($self, $role, $method, $target, $key,
        $body, %option)
    {
        return $signature->($self, $role, $method, $target, $key, $body,
            t => int(time + $off / 1000), %option);
    };
}

sub step ($ms) {
    $off = $ms;
    $faults->set(wall_ms => $ms);
    return;
}

sub claim ($user, $hold, $sale, $qty, $reason = 'bad', %o) {
    return $t->call(POST => "/api/holds/$hold->{id}/claims", user => $user,
        key => $t->new_key, json => { sale => $sale, qty => $qty,
        reason => $reason }, %o);
}

sub answer ($hold, $id, $accept, %o) {
    return $t->call(POST => "/orders/$hold->{id}/claims/$id",
        role => 'orders', json => { accept => $accept ? true : false }, %o);
}

sub had ($user, @what) {
    my $hold = $t->held($user, @what);
    is($t->confirm($hold)->code, 200, "$user has bought");
    is($t->order($hold->{id}, 'ready')->code, 200, 'it is there');
    return $hold;
}

sub claims ($user, $hold) {
    return $t->read_hold($user, $hold->{id})->{claims}->@*;
}

sub states ($user, $hold) {
    return join ' ', map { $_->{state} } claims($user, $hold);
}

$t->define_sale($_, price_fen => 100, stock => 100) for qw(grape tea);

# ---- made
my $hold = had('alice', [['grape', 5], ['tea', 2]]);
my $res = claim('alice', $hold, 'grape', 2, 'bad', key => 'k-1');
is($res->code, 201, 'two are bad') or diag($res->body);
is_deeply([sort keys $res->json->%*], [qw(amount_fen due_at id state)],
    'what is said of a claim');
is("@{$res->json}{qw(state amount_fen)}", 'open 200', 'which is it');
my ($line) = $t->entries('claimed');
is($line->{seq}, $res->json->{id}, 'its id is its line\'s number');
is($line->{due_at} - $line->{at}, $hour, 'due as the directive says');
is("@{$line}{qw(sale qty amount_fen reason)}", 'grape 2 200 bad', 'and so on');
my ($shown) = claims('alice', $hold);
is_deeply($shown, { $res->json->%*, sale => 'grape', qty => 2,
    reason => 'bad', answered_at => undef }, 'the order shows it');
is($t->read_hold('alice', $hold->{id})->{owed_fen}, 0, 'nothing is owed yet');
my $id = $res->json->{id};

# ---- once
$res = claim('alice', $hold, 'grape', 2, 'bad', key => 'k-1');
is($res->code, 200, 'a replay');
is($res->headers->header('Idempotent-Replayed'), 'true', 'says so');
is($res->json->{id}, $id, 'the same claim');
$t->answers(claim('alice', $hold, 'grape', 1, 'bad', key => 'k-1'), 422,
    'key_reused', 'the key for another');
$t->answers(claim('alice', $hold, 'grape', 4), 409, 'claimed',
    'more than are left');
is(claim('alice', $hold, 'tea', 1, 'short')->code, 201, 'one of the other');
is(scalar $t->entries('claimed'), 2, 'two claims');

# ---- a form, sent twice with other hidden fields
my @form = (sale => 'tea', qty => 1, reason => 'wrong',
    idempotency_key => 'page-1');
$res = $t->post("/api/holds/$hold->{id}/claims", user => 'alice',
    form => [@form]);
is($res->code, 303, 'a form') or diag($res->body);
is($res->headers->location, "/api/holds/$hold->{id}", 'leads to the order');
is($t->post("/api/holds/$hold->{id}/claims", user => 'alice',
    form => [@form, csrf => 'x'])->code, 303, 'again');
is(scalar claims('alice', $hold), 3, 'one more claim');

# ---- answered
$res = answer($hold, $id, 1);
is($res->code, 200, 'accepted') or diag($res->body);
is($res->json->{owed_fen}, 200, 'what the units are worth is owed');
is((claims('alice', $hold))[0]{state}, 'accepted', 'the order shows it');
ok((claims('alice', $hold))[0]{answered_at}, 'and when');
is(answer($hold, $id, 1)->code, 200, 'the same answer again');
is(scalar $t->entries('accepted'), 1, 'is one');
$t->answers(answer($hold, $id, 0), 409, 'wrong_state', 'the other one');
my $short = (claims('alice', $hold))[1]{id};
is(answer($hold, $short, 0, key => 'a-1')->code, 200, 'denied, with a key');
is((claims('alice', $hold))[1]{state}, 'denied', 'the order shows it');
is($t->read_hold('alice', $hold->{id})->{owed_fen}, 200, 'nothing is owed');
is(claim('alice', $hold, 'tea', 1, 'damaged')->code, 201,
    'the unit may be claimed for something else');
$t->answers(answer($hold, 1, 1), 404, 'not_found', 'no claim');
$t->answers(answer($hold, 'x', 1), 404, 'not_found', 'no number');
my $other = had('bo', 'grape', 3);
$t->answers(answer($other, $id, 1), 404, 'not_found', 'of another order');

# ---- with a refund of the same units
is($t->call(POST => "/orders/$other->{id}/refund", role => 'orders', json => {
    lines => [{ sale => 'grape', qty => 2 }], reason => 'goodwill' },
    key => $t->new_key)->code, 200, 'two are owed already');
$t->answers(claim('bo', $other, 'grape', 2), 409, 'claimed', 'no unit twice');
is(claim('bo', $other, 'grape', 1)->code, 201, 'the third');
is($t->call(POST => "/orders/$other->{id}/refund", role => 'orders', json => {
    lines => [{ sale => 'grape', qty => 1 }], reason => 'goodwill' },
    key => $t->new_key)->code, 200, 'is owed by somebody else, too');
is(answer($other, (claims('bo', $other))[0]{id}, 1)->json->{owed_fen}, 300,
    'then nothing more');

# ---- at the counter: somebody who serves orders says it for the buyer
sub said ($hold, $sale, $qty, $key = $t->new_key, %o) {
    return $t->call(POST => "/orders/$hold->{id}/claims", role => 'orders',
        key => $key, json => { sale => $sale, qty => $qty, reason => 'bad' },
        %o);
}
my $ed = had('ed', [['grape', 3], ['tea', 1]]);
$res = said($ed, 'grape', 2, 'k-1');
is($res->code, 201, 'under the order service\'s own key') or diag($res->body);
is("@{$res->json}{qw(state amount_fen)}", 'open 200', 'the same claim');
is_deeply((claims('ed', $ed))[0], { $res->json->%*, sale => 'grape',
    qty => 2, reason => 'bad', answered_at => undef }, 'is the buyer\'s');
my $again = said($ed, 'grape', 2, 'k-1');
is($again->code, 200, 'sent twice');
is($again->json->{id}, $res->json->{id}, 'it is one');
$t->answers(said($ed, 'grape', 1, 'k-1'), 422, 'key_reused', 'another');
$t->answers(claim('ed', $ed, 'grape', 2), 409, 'claimed', 'a unit once');
is(claim('ed', $ed, 'grape', 1, 'bad', key => 'k-1')->code, 201,
    'the buyer\'s keys are others');
$t->answers(said($ed, 'rice', 1), 404, 'no_such_sale', 'no such sale');
$t->answers(said({ id => 'f' x 32 }, 'grape', 1), 404, 'no_such_hold',
    'no such order');
$t->answers(said($t->held('ed', 'grape', 1), 'grape', 1), 409, 'wrong_state',
    'nothing was paid');
$t->answers(said($ed, 'tea', 1, undef), 400, 'bad_request', 'no key');
$t->answers(said($ed, 'tea', 1, $t->new_key, role => 'ledger'), 401,
    'bad_signature', 'not everybody may');
answer($ed, $_->{id}, 0) for claims('ed', $ed);

# ---- the engine answers small ones, when they are due
my $open = $t->metric('claims_open');
cmp_ok($open, '>=', 1, 'open ones are counted');
$t->reload(http => "flashsale_refund_time 1s;$claims");
my $small = had('cy', 'grape', 4);
is(claim('cy', $small, 'grape', 1)->code, 201, "claim $_") for 1 .. 3;
my $large = had('di', 'grape', 2);
is(claim('di', $large, 'grape', 2)->code, 201, 'a large one');
eventually { states('cy', $small) eq 'accepted accepted open' }
    'two of a buyer, and no third';
is(states('di', $large), 'open', 'nor one that is too large');
is((claims('alice', $hold))[-1]{state}, 'open', 'nor one before it is due');
is($t->metric('claims_open'), $open + 2, 'these are still open');
is($t->read_hold('cy', $small->{id})->{owed_fen}, 200, 'owed');
is_deeply([map { $_->{by} // '' } grep { $_->{hold} eq $small->{id} }
    $t->entries('accepted')], ['time', 'time'], 'by time');
eventually { $t->metric('owed_overdue') >= 2 } 'the others are overdue';
is($t->metric('claims_accepted_by_time_total'), 2, 'counted');
$t->reload(http => "flashsale_refund_time 1h;$claims");

# ---- after all were killed
$t->kill9_all;
$t->start;
is(claim('alice', $hold, 'grape', 2, 'bad', key => 'k-1')->json->{state},
    'accepted', 'the replay tells how it stands');
is(answer($hold, $id, 1)->code, 200, 'the same answer');
is(states('cy', $small), 'accepted accepted open', 'as it was');

# ---- its time
my $early = $t->held('eve', 'grape', 1);
$t->answers(claim('eve', $early, 'grape', 1), 409, 'wrong_state', 'not paid');
$t->confirm($early);
$t->answers(claim('eve', $early, 'grape', 1), 409, 'wrong_state',
    'nothing has come');
$t->order($early->{id}, 'picked-up', nonce => 'e', via => 'scan');
step(23 * $hour);
is(claim('eve', $early, 'grape', 1, 'damaged')->code, 201, 'within a day');
my $late = $t->held('fay', 'grape', 1);
$t->confirm($late);
$t->order($late->{id}, 'picked-up', nonce => 'f', via => 'scan');
step(48 * $hour);
$t->answers(claim('fay', $late, 'grape', 1), 409, 'too_late', 'and no longer');
step(0);

# ---- a bad lot
my ($lot) = grep { $_->{id} eq 'grape' }
    $t->call(GET => '/admin/sales', role => 'admin')->json->{sales}->@*;
is($lot->{handed_over}, 2, 'handed over');
cmp_ok($lot->{claimed}, '>=', 3, 'under claim');
is($lot->{lot}, true, 'a bad lot');

# ---- refused
for my $wrong (
    ['sale', { qty => 1, reason => 'bad' }],
    ['qty', { sale => 'tea', reason => 'bad' }],
    ['reason', { sale => 'tea', qty => 1 }],
    ['reason', { sale => 'tea', qty => 1, reason => 'late' }],
    ['qty', { sale => 'tea', qty => 0, reason => 'bad' }],
    ['more', { sale => 'tea', qty => 1, reason => 'bad', more => 1 }],
) {
    my ($field, $json) = @$wrong;
    is($t->answers(claim('alice', $hold, 'tea', 1, 'bad', json => $json), 400,
        'bad_request', "$field is wrong")->{field}, $field, 'it says which');
}
is($t->answers(claim('alice', $hold, 'tea', 1, 'bad', key => undef), 400,
    'bad_request', 'no key')->{field}, 'Idempotency-Key', 'it says so');
$t->answers(claim('alice', $hold, 'nope', 1), 404, 'no_such_sale', 'no sale');
$t->answers(claim('bo', $hold, 'tea', 1), 404, 'no_such_hold', 'another\'s');
is($t->post("/api/holds/$hold->{id}/claims", key => 'k', json => {
    sale => 'tea', qty => 1, reason => 'bad' })->code, 401, 'nobody');
is($t->call(POST => "/orders/$hold->{id}/claims/$id", json => {
    accept => true })->code, 401, 'an unsigned answer');
for my $json ({}, { accept => 1 }, { accept => true, more => 1 }) {
    $t->answers($t->call(POST => "/orders/$hold->{id}/claims/$id",
        role => 'orders', json => $json), 400, 'bad_request', 'a wrong one');
}

$t->audit_ok;
$t->chain_ok;
$t->finish;
