use v5.36;
use Tuanbo::Test;
use Tuanbo::Test::Faults;

# What is handed over is a fact, said perhaps late and perhaps twice: the
# nonce is its key; undone within ten minutes; by time when nobody says it.

my $t = Tuanbo::Test->new(http => 'flashsale_hand_over_time off;');
my $faults = Tuanbo::Test::Faults->new($t);
$t->start;

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

sub handed ($hold, $nonce, %json) {
    return $t->order($hold->{id}, 'picked-up', nonce => $nonce, %json);
}

sub goods ($user, $hold) {
    return join ' ', map { $_->{goods} }
        $t->read_hold($user, $hold->{id})->{lines}->@*;
}

sub bought ($user, @what) {
    my $hold = $t->held($user, @what);
    is($t->confirm($hold)->code, 200, "$user has bought");
    return $hold;
}

$t->points('east');
$t->define_sale('grape', stock => 100, price_fen => 100);
$t->define_sale('tea', stock => 100, price_fen => 700);

# ---- once
my $hold = bought('alice', [['grape', 2], ['tea', 1]], 1, pickup => 'east');
is($t->order($hold->{id}, 'ready')->json->{state}, 'ready', 'it is there');
my $res = handed($hold, 'n-1', via => 'scan', device_at => 1_790_000_000_000);
is($res->code, 200, 'handed over') or diag($res->body);
is_deeply([sort keys $res->json->%*], [qw(at outcome)], 'what is said of it');
is($res->json->{outcome}, 'handed_over', 'so it is called');
my $at = $res->json->{at};
cmp_ok(abs($at - now_ms), '<', 60_000, 'now');
is(goods('alice', $hold), 'handed_over handed_over', 'both lines');
is($t->read_hold('alice', $hold->{id})->{state}, 'picked_up', 'all of it');
is_deeply([map { $_->{handed_over_at} }
    $t->read_hold('alice', $hold->{id})->{lines}->@*], [$at, $at],
    'the buyer sees when');
my @lines = $t->entries('picked_up');
is_deeply([map { join ' ', @$_{qw(hold sale qty pickup via device_at)} }
    @lines], ["$hold->{id} grape 2 east scan 1790000000000",
    "$hold->{id} tea 1 east scan 1790000000000"], 'its lines in the ledger');

# ---- twice
$res = handed($hold, 'n-1', via => 'list', device_at => 5);
is_deeply($res->json, { outcome => 'handed_over', at => $at },
    'the same nonce: the same answer, whatever else is said');
is(scalar $t->entries('picked_up'), 2, 'and nothing is written');
is(scalar $t->entries('double'), 0, 'nor a double');
$res = handed($hold, 'n-2', via => 'code');
is($res->code, 200, 'another phone, another nonce');
is_deeply($res->json, { outcome => 'double', at => $at },
    'a double, of the first one');
is(scalar $t->entries('double'), 2, 'for a person to look at');
is_deeply(handed($hold, 'n-2')->json, { outcome => 'double', at => $at },
    'the same again');
is(scalar $t->entries('double'), 2, 'written once');
is(goods('alice', $hold), 'handed_over handed_over', 'as before');

# ---- two phones at once, and each says it again
my $rush = bought('bo', 'grape', 1);
my @rushed = $t->many([map { [POST => "/orders/$rush->{id}/picked-up",
    role => 'orders', json => { nonce => 'rush-' . $_ % 2, via => 'scan' }] }
    1 .. 20]);
my %outcomes;
$outcomes{ $_->json->{outcome} }++ for @rushed;
is_deeply(\%outcomes, { handed_over => 10, double => 10 },
    'one of them was first, ten times each');
is(scalar(grep { $_->{hold} eq $rush->{id} } $t->entries('picked_up')), 1,
    'handed over once');
is(scalar(grep { $_->{hold} eq $rush->{id} } $t->entries('double')), 1,
    'one double');
my %at = map { $_->json->{at} => 1 } @rushed;
is(scalar keys %at, 1, 'all tell the first one\'s time');

# ---- lines
my $cart = bought('cy', [['grape', 3], ['tea', 2]]);
$res = handed($cart, 'c-1', via => 'scan', lines => [{ sale => 'tea' }]);
is($res->json->{outcome}, 'handed_over', 'a line, which nobody said is there');
is(goods('cy', $cart), 'awaited handed_over', 'that line');
is($t->read_hold('cy', $cart->{id})->{state}, 'sold', 'the rest is to come');
$res = handed($cart, 'c-2', lines => [{ sale => 'grape', qty => 3 },
    { sale => 'tea' }]);
is($res->json->{outcome}, 'handed_over', 'one of two is new');
is(goods('cy', $cart), 'handed_over handed_over', 'now all of it');
is(scalar(grep { $_->{hold} eq $cart->{id} } $t->entries('double')), 1,
    'the other one is a double');
$t->answers(handed($cart, 'c-3', lines => [{ sale => 'grape', qty => 2 }]),
    400, 'bad_request', 'a part of a line');
is(handed($cart, 'c-3', lines => [{ sale => 'grape', qty => 2 }])
    ->json->{field}, 'lines[0].qty', 'it says which');
$t->answers(handed($cart, 'c-4', lines => [{ sale => 'nope' }]), 404,
    'no_such_sale', 'a sale that is none');

# ---- whatever the state
my $back = bought('di', 'grape', 2);
is($t->call(POST => "/orders/$back->{id}/refund", role => 'orders', json => {
    lines => [{ sale => 'grape', qty => 2 }], reason => 'cancelled' },
    key => $t->new_key)->json->{state}, 'refund_due', 'all of it is owed');
is_deeply([@{ handed($back, 'd-1')->json }{qw(outcome paid_back)}],
    ['handed_over', true], 'and it was handed over all the same');
is_deeply([@{ handed($back, 'd-1')->json }{qw(outcome paid_back)}],
    ['handed_over', true], 'the same again');
is($t->read_hold('di', $back->{id})->{owed_fen}, 200, 'which changes no debt');
my $live = $t->held('eve', 'grape', 1);
is($t->answers(handed($live, 'e-1'), 409, 'wrong_state', 'not paid')->{state},
    'held', 'it is held');
is($t->call(DELETE => "/api/holds/$live->{id}", user => 'eve')->code, 200,
    'given back');
$t->answers(handed($live, 'e-1'), 409, 'wrong_state', 'never was');
$t->answers(handed({ id => '0' x 32 }, 'e-1'), 404, 'no_such_hold',
    'no order');

# ---- a nonce is one order's, and no Idempotency-Key
my $other = bought('fay', 'grape', 1);
is($t->call(POST => "/orders/$other->{id}/refund", role => 'orders', json => {
    lines => [{ sale => 'grape', amount_fen => 1 }], reason => 'goodwill' },
    key => 'n-9')->code, 200, 'a key');
is(handed($other, 'n-9')->json->{outcome}, 'handed_over',
    'is no nonce of the same letters');
my $third = bought('gus', 'grape', 1);
my $fourth = bought('hal', 'grape', 1);
is(handed($fourth, 'n-9')->json->{outcome}, 'handed_over',
    'nor that of another order');
is(goods('hal', $fourth), 'handed_over', 'which is done');

# ---- version 1
is($t->order($third->{id}, 'ready')->json->{state}, 'ready', 'ready');
is($t->order($third->{id}, 'picked-up')->json->{state}, 'picked_up',
    'without a body: the hold');
is($t->call(POST => "/orders/$third->{id}/picked-up", role => 'orders',
    json => {})->json->{state}, 'picked_up', 'an empty object is none');
$res = handed($third, 'g-1');
is($res->json->{outcome}, 'double', 'a fact after that');

# ---- what it refuses
for my $wrong (
    ['nonce', { via => 'scan' }], ['nonce', { nonce => '' }],
    ['nonce', { nonce => 'a b' }], ['nonce', { nonce => 'x' x 129 }],
    ['via', { nonce => 'w', via => 'time' }],
    ['device_at', { nonce => 'w', device_at => '5' }],
    ['device_at', { nonce => 'w', device_at => 1.5 }],
    ['lines', { nonce => 'w', lines => [] }],
    ['lines[1].sale', { nonce => 'w', lines => [{ sale => 'tea' },
        { sale => 'tea' }] }],
    ['by', { nonce => 'w', by => 'time' }],
) {
    my ($field, $json) = @$wrong;
    my $said = $t->answers($t->call(POST => "/orders/$cart->{id}/picked-up",
        role => 'orders', json => $json), 400, 'bad_request',
        "$field is wrong");
    is($said->{field}, $field, 'it says which');
}
is($t->post("/orders/$cart->{id}/picked-up", json => { nonce => 'w' })->code,
    401, 'unsigned');
is($t->get("/orders/$cart->{id}/picked-up")->code, 405, 'not read');

# a device may say any number
my $body = '{"nonce":"big","via":"scan","device_at":-' . '9' x 40 . '}';
is($t->call(POST => "/orders/$cart->{id}/picked-up", role => 'orders',
    body => $body)->json->{outcome}, 'double', 'however long');
is((grep { $_->{hold} eq $cart->{id} } $t->entries('double'))[-1]{device_at},
    -4_611_686_018_427_387_903, 'cut');

# ---- put back
my $undone = bought('hal', [['grape', 1], ['tea', 1]]);
$t->answers($t->order($undone->{id}, 'put-back', nonce => 'h-1'), 409,
    'wrong_state', 'nothing was handed over');
is(handed($undone, 'h-1', lines => [{ sale => 'tea' }])->json->{outcome},
    'handed_over', 'one');
is(handed($undone, 'h-2', lines => [{ sale => 'grape' }])->json->{outcome},
    'handed_over', 'and the other');
$res = $t->order($undone->{id}, 'put-back', nonce => 'h-1');
is($res->code, 200, 'put back') or diag($res->body);
is(join(' ', map { $_->{goods} } $res->json->{lines}->@*),
    'handed_over ready', 'the first one');
is($t->order($undone->{id}, 'put-back', nonce => 'h-1')->code, 200,
    'again: the same');
is(scalar $t->entries('put_back'), 1, 'once');
$t->answers($t->order($undone->{id}, 'put-back', nonce => 'h-9'), 409,
    'wrong_state', 'a nonce that nobody has said');
$t->answers($t->order($cart->{id}, 'put-back', nonce => 'h-1'), 409,
    'wrong_state', 'of another order');
is($t->order($undone->{id}, 'put-back')->json->{code}, 'bad_request',
    'without a nonce');
is(handed($undone, 'h-3', lines => [{ sale => 'tea' }])->json->{outcome},
    'handed_over', 'handed over anew');
step(590_000);
is($t->order($undone->{id}, 'put-back', nonce => 'h-3')->code, 200,
    'within ten minutes');
step(610_000);
$t->answers($t->order($undone->{id}, 'put-back', nonce => 'h-2'), 409,
    'too_late', 'and no longer');
is(goods('hal', $undone), 'handed_over ready', 'it stays');
step(0);

# ---- after all were killed
$t->kill9_all;
$t->start;
is_deeply(handed($hold, 'n-1')->json, { outcome => 'handed_over', at => $at },
    'the same answer');
is_deeply(handed($hold, 'n-2')->json, { outcome => 'double', at => $at },
    'to the other phone, too');
is(scalar(grep { $_->{hold} eq $hold->{id} } $t->entries('picked_up')), 2,
    'nothing more is written');

# ---- by time
$t->reload(http => 'flashsale_hand_over_time 1s;');
my $late = bought('ida', 'grape', 1);
my $kept = bought('jo', 'grape', 1);
is($t->order($late->{id}, 'ready')->json->{state}, 'ready', 'nobody comes');
my ($ready) = grep { $_->{hold} eq $late->{id} } $t->entries('ready');
is($ready->{due_at} - $ready->{at}, 1000, 'until then') if $ready->{due_at};
eventually { goods('ida', $late) eq 'handed_over' } 'it counts as handed over';
my ($by) = grep { $_->{hold} eq $late->{id} } $t->entries('picked_up');
is($by->{by}, 'time', 'by time');
is(handed($late, 'i-1')->json->{outcome}, 'double', 'a fact after that');
is(goods('jo', $kept), 'awaited', 'what is not there stays');
is(goods('hal', $undone), 'handed_over ready',
    'what became ready before has no time');

like($t->metrics,
    qr/^flashsale_requests_total\{outcome="double"\} [1-9]/m,
    'doubles are counted');

$t->audit_ok;
$t->chain_ok;
$t->finish;
