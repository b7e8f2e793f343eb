use v5.36;
use utf8;
use Tuanbo::Test;

# Waiting for units: who finds a sale sold out may wait in its line.

my $t = Tuanbo::Test->new(
    http => 'flashsale_live_holds 2; flashsale_queue_time 20m;')->start;

sub ask ($user, $sale, $qty = 1, %o) {
    my $key = delete $o{key};

    return $t->post('/api/holds', user => $user, key => $key,
        json => { sale => $sale, qty => $qty, queue => \1, %o });
}

sub state_of ($user, $hold) { $t->read_hold($user, $hold->{id})->{state} }

sub stock ($sale, $add) {
    $t->admin(POST => "/sales/$sale/stock", json => { add => $add });
}

$t->points('east');
is($t->define_sale('grape', stock => 10, limit => 8)->{queued}, 0,
    'nobody waits');

# ---- what may be asked
$t->answers(ask('alice', 'grape', 9), 400, 'bad_request', 'nine units');
$t->answers($t->post('/api/holds', user => 'alice', json => { queue => \1,
    lines => [{ sale => 'grape', qty => 1 }, { sale => 'egg', qty => 1 }] }),
    400, 'bad_request', 'two lines');
$t->answers(ask('alice', 'grape', 1, queue => 'yes'), 400, 'bad_request',
    'not true or false');
$t->answers($t->call(POST => '/admin/holds', role => 'admin', key => 'for',
    json => { buyer => 'a' x 32, lines => [{ sale => 'grape', qty => 1 }],
    queue => \1 }), 400, 'bad_request', 'not for somebody else');

# ---- units that are free do not wait
my $res = ask('alice', 'grape', 8, key => 'a-1');
is($res->code, 201, 'taken as ever');
my $taken = $res->json;
is($taken->{state}, 'held', 'and held');
ok(!exists $taken->{number}, 'without a number');
is(ask('alice', 'grape', 8, key => 'a-1')->code, 200, 'a retry');
$t->answers($t->post('/api/holds', user => 'alice', key => 'a-1',
    json => { sale => 'grape', qty => 8 }), 422, 'key_reused',
    'another request');
$t->held('bob', 'grape', 2);
is($t->sale('grape')->{state}, 'sold_out', 'sold out');

# ---- who waits
my $viewer = $t->events(['grape']);
$viewer->next;
$res = ask('carol', 'grape', 2, key => 'c-1', pickup => 'east');
is($res->code, 202, 'waits') or diag($res->body);
my $carol = $res->json;
is($res->headers->location, "/api/holds/$carol->{id}", 'where');
is("$carol->{state} $carol->{number} $carol->{ahead}", 'queued 1 0',
    'the first');
is($carol->{expires_at}, undef, 'no time runs');
is($carol->{pickup}, 'east', 'where it is to be collected');
is_deeply([map { "$_->{qty} $_->{sale} at $_->{price_fen}" }
    $carol->{lines}->@*], ['2 grape at 3980'], 'for what');
$res = ask('carol', 'grape', 2, key => 'c-1', pickup => 'east');
is($res->code, 200, 'a retry');
is($res->headers->header('Idempotent-Replayed'), 'true', 'is one');
is($res->json->{id}, $carol->{id}, 'of the same');
is($res->json->{number}, 1, 'with its number');
$t->answers(ask('carol', 'grape', 2, key => 'c-1'), 422, 'key_reused',
    'elsewhere');
my $dora = ask('dora', 'grape', 1)->json;
is("$dora->{number} $dora->{ahead}", '2 1', 'the second');
my $erin = ask('erin', 'grape', 1)->json;
is("$erin->{number} $erin->{ahead}", '3 2', 'the third');
is($t->sale('grape')->{queued}, 4, 'so many units');
$t->answers($t->hold('frank', 'grape', 1), 409, 'sold_out',
    'who does not ask does not wait');
is_deeply([map { "$_->{state} $_->{number} $_->{ahead}" }
    $t->get('/api/holds', user => 'erin')->json->{holds}->@*], ['queued 3 2'],
    'in the list');
$t->answers($t->post("/api/holds/$carol->{id}/pickup", user => 'carol',
    json => { pickup => 'east' }), 409, 'wrong_state',
    'no other pickup point');

# live holds do not count
$t->define_sale('egg', stock => 50);
$t->held('carol', 'egg') for 1, 2;
is(ask('carol', 'grape', 1)->code, 202, 'two live holds, and waits');
$t->answers(ask('carol', 'egg'), 409, 'too_many_holds', 'for free units');
$t->answers(ask('carol', 'grape', 6), 409, 'over_limit', 'but to the limit');

# ---- leaving
$res = $t->call(DELETE => "/api/holds/$erin->{id}", user => 'erin');
is($res->code, 200, 'out of the line');
is($res->json->{state}, 'released', 'released');
is($t->call(DELETE => "/api/holds/$erin->{id}", user => 'erin')->code, 200,
    'again');

# ---- units that come back: too few for the first go to the second
stock(grape => 1);
eventually { state_of(dora => $dora) eq 'held' } 'the second is served';
is(state_of(carol => $carol), 'queued', 'the first waits on');
my $event = $viewer->next_of(sub { $_->{event} eq 'served' });
is_deeply($event->{json}, { sale => 'grape', number => 2 }, 'told');
my $held = $t->read_hold('dora', $dora->{id});
is($held->{expires_at} - $held->{now} > 1_190_000
    && $held->{expires_at} - $held->{now} <= 1_200_000, 1, 'for 20 minutes');
ok(!exists $held->{ahead}, 'nobody is ahead any more');

$t->call(DELETE => "/api/holds/$taken->{id}", user => 'alice');
eventually { state_of(carol => $carol) eq 'held' } 'the first is served';
$event = $viewer->next_of(sub { $_->{event} eq 'served' });
is($event->{json}{number}, 1, 'told');
is($t->sale('grape')->{queued}, 0, 'nobody waits any more');
is($t->confirm($held)->json->{outcome}, 'sold', 'and bought');

# ---- the sale says how many may wait
$t->define_sale('tea', stock => 1, queue => 2);
$t->held('gina', 'tea');
is(ask('hugo', 'tea', 2)->code, 202, 'two units may wait');
$t->answers(ask('ivy', 'tea', 1), 409, 'sold_out', 'no more');
is($t->get('/admin/sales/tea', role => 'admin')->json->{queue}, 2,
    'the operator sees it');
$t->define_sale('tea', stock => 1, queue => 0);
$t->answers(ask('ivy', 'tea', 1), 409, 'sold_out', 'none at all');
$t->define_sale('tea', stock => 1);
$t->answers(ask('ivy', 'tea', 1), 409, 'sold_out', 'or its stock');
for my $bad (-1, 1_000_000_001, 'x', 1.5) {
    $t->answers($t->call(PUT => '/admin/sales/tea', role => 'admin',
        key => $t->new_key, json => { price_fen => 1, stock => 1,
        queue => $bad }), 400, 'bad_request', "queue $bad");
}

# ---- a form, as from a page without scripts
$t->define_sale('rice', stock => 1);
$t->held('gina', 'rice');
$res = $t->post('/api/holds', user => 'jane', form => [sale => 'rice',
    qty => 1, queue => 'true', idempotency_key => 'form'],
    headers => { Origin => $t->url('') });
is($res->code, 303, 'a form');
my ($jane) = $t->get('/api/holds', user => 'jane')->json->{holds}->@*;
is($jane->{state}, 'queued', 'waits');
$t->answers($t->post('/api/holds', user => 'jane', form => [sale => 'rice',
    qty => 1, queue => 'on']), 400, 'bad_request', 'a word that is none');

# ---- through a restart, and the index folded again
$t->stop;
$t->start;
is($t->read_hold('jane', $jane->{id})->{number}, 1, 'waits on');
stock(rice => 1);
eventually { state_of(jane => $jane) eq 'held' } 'served after a restart';

# ---- closing ends it
my $kate = ask('kate', 'rice', 1)->json;
$t->admin(POST => '/sales/rice/close');
eventually { state_of(kate => $kate) eq 'expired' } 'closed: expired';
eventually { $t->sale('rice')->{queued} == 0 } 'and written';
$t->answers(ask('kate', 'rice', 1), 409, 'closed', 'nobody waits');

is(scalar($t->entries('queued')), 7, 'entries');
is(scalar($t->entries('served')), 4, 'served');
is(scalar($t->entries('stepped_out')), 1, 'stepped out');
is(scalar($t->entries('ended')), 1, 'ended');

$t->audit_ok;
$t->chain_ok;
$t->finish;
