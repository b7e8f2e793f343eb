use v5.36;
use Tuanbo::Test;

# Pickup points: no buyer makes one up; a hold may go to another one while it
# is live, and is counted and collected there.

my $t = Tuanbo::Test->new(http => 'flashsale_live_holds 100;')->start;

sub bad_pickup ($res, $name) {
    local $Test::Builder::Level = $Test::Builder::Level + 1;
    my $problem = $t->answers($res, 400, 'bad_request', $name);

    is($problem->{field} // '', 'pickup', 'names the field');
    ok(length($problem->{rule} // ''), 'and a rule');
}

sub move ($user, $id, $pickup, %o) {
    return $t->post("/api/holds/$id/pickup", user => $user,
        json => { pickup => $pickup }, %o);
}

$t->points(qw(east west));
$t->define_sale('free', stock => 100);
$t->define_sale('listed', stock => 100,
    doc => { pickups => [qw(west north)] });
$t->define_sale('empty', stock => 100, doc => { pickups => [] });

# ---- what a hold may name
bad_pickup($t->hold('a', 'free', 1, pickup => 'made-up'), 'a name of nothing');
bad_pickup($t->hold('a', 'free', 1, pickup => 'north'),
    'a point of another sale that has no document');
is($t->hold('a', 'free', 1)->code, 201, 'none');
is($t->hold('a', 'free', 1, pickup => 'east')->code, 201, 'one that is there');
is($t->hold('a', 'empty', 1)->code, 201, 'a sale that lists none');
bad_pickup($t->hold('b', 'listed', 1), 'none, where the sale lists some');
bad_pickup($t->hold('b', 'listed', 1, pickup => 'east'), 'another point');
bad_pickup($t->hold('b', 'listed', 1, pickup => 'made-up'),
    'a name of nothing');
is($t->hold('b', 'listed', 1, pickup => 'north')->json->{pickup}, 'north',
    'one of the sale, with a document or without');
bad_pickup($t->hold('c', [['free', 1], ['listed', 1]], 0, pickup => 'north'),
    'not right for one of two');
is($t->hold('c', [['free', 1], ['listed', 1]], 0, pickup => 'west')->code,
    201, 'right for both');
is(scalar(grep { ($_->{pickup} // '') eq 'made-up' } $t->ledger), 0,
    'the ledger has no such name');

# ---- a million names are not made by buyers
my @calls = map { $t->hold_call("flood-$_", 'free', 1,
    pickup => "flood-$_") } 1 .. 300;
my @answers = $t->many(\@calls, parallel => 50);
is(scalar(grep { $_->code == 400 } @answers), 300, '300 names, all refused');
is($t->sale('free')->{held}, 3, 'and nothing was taken');

# ---- written and deleted
is($t->admin(PUT => '/documents/pickup/south', json => {})->{x}, undef,
    'a new point');
my $south = $t->held('d', 'free', 1, pickup => 'south', key => 'south-1');
$t->admin(DELETE => '/documents/pickup/south');
bad_pickup($t->hold('d', 'free', 1, pickup => 'south'), 'gone');
is($t->hold('d', 'free', 1, pickup => 'south', key => 'south-1')->code, 200,
    'what was granted is answered again');
is($t->read_hold('d', $south->{id})->{pickup}, 'south', 'and stays');
$t->define_sale('listed', stock => 100);
bad_pickup($t->hold('b', 'listed', 1), 'a definition without doc keeps it');
$t->define_sale('listed', stock => 100, doc => {});
is($t->hold('b', 'listed', 1)->code, 201, 'and one with another changes it');

# ---- another point
my $hold = $t->held('e', 'free', 2, pickup => 'east', key => 'hold-e');
my $res = move('e', $hold->{id}, 'west');
is($res->code, 200, 'moved') or diag($res->body);
is($res->json->{pickup}, 'west', 'to the west');
is($res->json->{state}, 'held', 'still held');
is($res->json->{expires_at}, $hold->{expires_at}, 'no longer than before');
my ($moved) = $t->entries('pickup');
is_deeply([@$moved{qw(hold pickup)}], [$hold->{id}, 'west'], 'in the ledger');
ok(!exists $moved->{key} && !exists $moved->{buyer}, 'and no more');
bad_pickup(move('e', $hold->{id}, 'made-up'), 'to nowhere');
is($t->read_hold('e', $hold->{id})->{pickup}, 'west', 'stays');
$t->answers(move('f', $hold->{id}, 'east'), 404, 'no_such_hold',
    'not by another');
$t->answers(move('e', '0' x 32, 'east'), 404, 'no_such_hold', 'no such hold');
$t->answers($t->post("/api/holds/$hold->{id}/pickup",
    json => { pickup => 'east' }), 401, 'no_buyer', 'nor by nobody');
for my $bad ({}, { pickup => undef }, { pickup => 'A B' }, { pickup => 7 },
    { pickup => 'east', qty => 1 })
{
    $t->answers($t->post("/api/holds/$hold->{id}/pickup", user => 'e',
        json => $bad), 400, 'bad_request', encode_json($bad));
}
$t->answers($t->post("/api/holds/$hold->{id}/pickup", user => 'e'), 415,
    'unsupported_media_type', 'no body');
$t->answers($t->get("/api/holds/$hold->{id}/pickup", user => 'e'), 405,
    'method_not_allowed', 'it is not read');
$t->answers($t->post("/api/holds/$hold->{id}/pickup", user => 'e',
    json => { pickup => 'east' }, headers => { Cookie => 'a=b' }), 403,
    'cross_site', 'nor changed by another site');

# ---- keys
$res = move('e', $hold->{id}, 'east', key => 'move-1');
is($res->code, 200, 'with a key');
is(move('e', $hold->{id}, 'west', key => 'move-2')->code, 200, 'and another');
$res = move('e', $hold->{id}, 'east', key => 'move-1');
is($res->headers->header('Idempotent-Replayed') // '', 'true', 'a replay');
is($res->json->{pickup}, 'west', 'moves nothing');
$t->answers(move('e', $hold->{id}, 'west', key => 'move-1'), 422,
    'key_reused', 'the key with another point');
$t->answers(move('e', $hold->{id}, 'west', key => 'hold-e'), 422,
    'key_reused', 'the key of a hold');
$t->answers($t->hold('e', 'free', 2, pickup => 'west', key => 'move-1'), 422,
    'key_reused', 'and a hold with that of a move');
$res = $t->hold('e', 'free', 2, pickup => 'east', key => 'hold-e');
is($res->code, 200, 'the hold, asked for as it was');
is($res->json->{pickup}, 'west', 'is as it is now');
$t->answers($t->hold('e', 'free', 2, pickup => 'west', key => 'hold-e'), 422,
    'key_reused', 'which is not what was asked for');

# ---- a form
$res = $t->post("/api/holds/$hold->{id}/pickup", user => 'e',
    form => [pickup => 'east', idempotency_key => 'move-3', csrf => 'x']);
is($res->code, 303, 'a form');
like($res->headers->location, qr{/api/holds/$hold->{id}$}, 'to the hold');
is($t->read_hold('e', $hold->{id})->{pickup}, 'east', 'moved it');
$t->answers($t->post("/api/holds/$hold->{id}/pickup", user => 'e',
    form => [pickup => '']), 400, 'bad_request', 'an empty one does not');

# ---- its time
$t->confirm($hold);
$t->answers(move('e', $hold->{id}, 'west'), 409, 'wrong_state',
    'sold: collected where it was paid for');
is((grep { $_->{type} eq 'sold' && $_->{hold} eq $hold->{id} }
    $t->ledger)[0]{pickup}, 'east', 'as the ledger says');
my $released = $t->held('e', 'free', 1);
$t->call(DELETE => "/api/holds/$released->{id}", user => 'e');
is($t->answers(move('e', $released->{id}, 'west'), 409, 'wrong_state',
    'released')->{state}, 'released', 'which it says');

# ---- groups
$t->define_sale('tea', price_fen => 100, stock => 50, goal => 3,
    goal_by => 'pickup', doc => { pickups => [qw(east west)] });
my @tea = map { $t->held("tea-$_", 'tea', 1, pickup => 'east') } 1 .. 3;
is(move("tea-$_", $tea[$_ - 1]{id}, 'west')->code, 200, 'west') for 1 .. 3;
$t->confirm($_) for @tea;
my ($formed) = $t->entries('formed', 'tea');
is($formed->{pickup}, 'west', 'the group of where they are collected');
$t->admin(POST => '/sales/tea/close');
eventually { $t->entries('decided', 'tea') } 'decided';
is(scalar $t->entries('failed', 'tea'), 0, 'no group of where they were');

$t->chain_ok;
$t->audit_ok;

# ---- an index folded again is the same
my $before = $t->read_hold('e', $hold->{id});
$t->stop;
$t->expect_log(qr/index-1\/data\.mdb is missing|folding \d+ entries/);
system('rm', '-rf', glob $t->store_path . '/index-*') == 0 or die;
$t->start;
my $after;
eventually { $after = $t->read_hold('e', $hold->{id}); $after->{state} }
    'folded again';
is_deeply({ %$after, now => 0 }, { %$before, now => 0 }, 'it is as before');
$t->finish;
