use v5.36;
use Tuanbo::Test;

# The operator's side: signatures, sales, stock, audit.

my $t = Tuanbo::Test->new->start;

# ---- signatures
sub put ($id, $json = { price_fen => 100, stock => 10 }, %o) {
    return $t->call(PUT => "/admin/sales/$id", role => 'admin',
        key => $t->new_key, json => $json, %o);
}

is(put('one')->code, 201, 'made');
is(put('one')->code, 200, 'changed');
$t->answers($t->call(PUT => '/admin/sales/two', key => 'x',
    json => { price_fen => 1, stock => 1 }), 401, 'bad_signature',
    'no signature');
$t->answers(put('two', undef, secret => 'guess', json => { price_fen => 1,
    stock => 1 }), 401, 'bad_signature', 'another secret');
$t->answers(put('two', { price_fen => 1, stock => 1 }, role => 'orders'),
    401, 'bad_signature', 'another role');
$t->answers(put('two', { price_fen => 1, stock => 1 }, t => time - 310),
    401, 'bad_signature', 'too old');
$t->answers(put('two', { price_fen => 1, stock => 1 }, t => time + 310),
    401, 'bad_signature', 'from the future');
is(put('two', { price_fen => 1, stock => 1 }, t => int(time) - 280)->code,
    201, 'old enough to be good');
$t->answers(put('three', { price_fen => 1, stock => 1 },
    signed_body => '{"price_fen":1,"stock":2}'), 401, 'bad_signature',
    'another body');
for my $bad ('', 't=1', 'v1=00', 't=x,v1=' . '0' x 64, 'garbage' x 50) {
    $t->answers($t->call(PUT => '/admin/sales/three', key => 'x',
        headers => { 'Flashsale-Signature' => $bad },
        json => { price_fen => 1, stock => 1 }), 401, 'bad_signature',
        'malformed: ' . substr $bad, 0, 10);
}
my $signature = $t->signature('admin', 'PUT', '/admin/sales/one', 'stolen',
    '{"price_fen":1,"stock":1}');
$t->answers($t->call(PUT => '/admin/sales/three', key => 'stolen',
    body => '{"price_fen":1,"stock":1}',
    headers => { 'Flashsale-Signature' => $signature }), 401,
    'bad_signature', 'of another target');
$t->answers($t->call(PUT => '/admin/sales/one', key => 'other',
    body => '{"price_fen":1,"stock":1}',
    headers => { 'Flashsale-Signature' => $signature }), 401,
    'bad_signature', 'of another key');
$t->answers($t->get('/ledger?after=0'), 401, 'bad_signature',
    'the feed is signed');
$t->answers($t->get('/ledger?after=0', role => 'orders'), 401,
    'bad_signature', 'by its own role');
$t->answers($t->get('/admin/audit'), 401, 'bad_signature',
    'the audit is signed');
$t->answers($t->post('/orders/' . '0' x 32 . '/cancel'), 401,
    'bad_signature', 'orders are signed');
$t->answers($t->order('0' x 32, 'cancel'), 404, 'no_such_hold',
    'and then looked for');
$t->answers($t->get('/api/sales/three'), 404, 'no_such_sale',
    'none of these did anything');

# ---- keys
my $problem = $t->answers($t->call(POST => '/admin/sales/one/stock',
    role => 'admin', json => { add => 5 }), 400, 'bad_request', 'no key');
my $res = $t->post('/admin/sales/one/stock', role => 'admin', key => 'add-1',
    json => { add => 5 });
is($res->code, 200, 'added');
is($res->json->{stock}, 15, 'five more');
$res = $t->post('/admin/sales/one/stock', role => 'admin', key => 'add-1',
    json => { add => 5 });
is($res->code, 200, 'replayed');
is($res->headers->header('Idempotent-Replayed'), 'true', 'which it says');
is($t->sale('one')->{stock}, 15, 'and did nothing');
$t->answers($t->post('/admin/sales/one/stock', role => 'admin',
    key => 'add-1', json => { add => 6 }), 422, 'key_reused',
    'the key with another body');
$t->answers($t->post('/admin/sales/two/stock', role => 'admin',
    key => 'add-1', json => { add => 5 }), 422, 'key_reused',
    'the key with another target');

# ---- stock
$t->define_sale('grape', stock => 10);
my $held = $t->held('alice', 'grape', 3);
my $bought = $t->held('bob', 'grape', 2);
$t->confirm($bought);
is($t->admin(POST => '/sales/grape/stock', json => { add => -5 })->{stock}, 5,
    'down to what is taken');
is($t->sale('grape')->{state}, 'sold_out', 'which is sold out');
$problem = $t->answers($t->post('/admin/sales/grape/stock', role => 'admin',
    key => $t->new_key, json => { add => -1 }), 409, 'stock_taken',
    'not below it');
is("$problem->{held} $problem->{sold}", '3 2', 'and says what is taken');
$problem = $t->answers($t->post('/admin/sales/grape/stock', role => 'admin',
    key => $t->new_key, json => { add => -1000 }), 409, 'stock_taken',
    'nor below nothing');
is("$problem->{held} $problem->{sold}", '3 2', 'which says the same');
$problem = $t->answers($t->post('/admin/sales/grape/stock', role => 'admin',
    key => $t->new_key, json => { add => 1_000_000_000 }), 400,
    'bad_request', 'nor above what fits');
is($problem->{field} // '', 'add', 'the field');
like($problem->{rule} // '', qr/at most 1000000000/, 'and the rule');
$t->answers(put('grape', { price_fen => 100, stock => 4 }), 409,
    'stock_taken', 'nor by a definition');
is($t->admin(POST => '/sales/grape/stock', json => { add => 5 })->{free}, 5,
    'up again');
$t->answers($t->post('/admin/sales/none/stock', role => 'admin',
    key => $t->new_key, json => { add => 1 }), 404, 'no_such_sale',
    'no such sale');

# ---- pause, resume, close
is($t->admin(POST => '/sales/grape/pause')->{state}, 'paused', 'paused');
$t->answers($t->hold('carol', 'grape', 1), 409, 'paused', 'no hold');
is($t->confirm($held)->json->{outcome}, 'sold', 'but orders go on');
is($t->admin(POST => '/sales/grape/resume')->{state}, 'open', 'resumed');
is($t->hold('carol', 'grape', 1)->code, 201, 'a hold');

# what had no effect at first has none later
for my $switch (['resume', 'pause', 'paused'], ['pause', 'resume', 'open']) {
    my ($first, $then, $state) = @$switch;
    my %same = (role => 'admin', key => $t->new_key);

    is($t->post("/admin/sales/grape/$first", %same)->code, 200,
        "$first once more");
    $t->admin(POST => "/sales/grape/$then");
    $res = $t->post("/admin/sales/grape/$first", %same);
    is($res->headers->header('Idempotent-Replayed'), 'true', 'sent again');
    is($t->sale('grape')->{state}, $state, "does not $first now");
}

is($t->admin(POST => '/sales/grape/close')->{state}, 'closed', 'closed');
$t->answers($t->hold('dave', 'grape', 1), 409, 'closed', 'no hold');
$problem = $t->answers($t->post('/admin/sales/grape/resume', role => 'admin',
    key => $t->new_key), 409, 'closed', 'nor does it resume');
is($problem->{sale}, 'grape', 'which');
is($t->sale('grape')->{state}, 'closed', 'it stays closed');

# ---- a definition says it all
my $soon = now_ms() + 3_600_000;
my $sale = $t->define_sale('all', title => 'T', price_fen => 5, stock => 6,
    limit => 2, opens_at => $soon, closes_at => $soon + 1000, goal => 3,
    goal_by => 'pickup', hold_ms => 60_000, doc => { text => 'hello' });
is_deeply([@$sale{qw(id title state price_fen stock limit opens_at closes_at
    goal goal_by)}], ['all', 'T', 'scheduled', 5, 6, 2, $soon, $soon + 1000,
    3, 'pickup'], 'everything set');
$sale = $t->define_sale('all', price_fen => 7, stock => 8);
is_deeply([@$sale{qw(title state price_fen stock limit opens_at closes_at goal
    goal_by)}], ['all', 'open', 7, 8, undef, undef, undef, undef, undef],
    'and what is absent is none');
is($t->define_sale('all', title => undef, limit => undef,
    price_fen => 7, stock => 8)->{title}, 'all', 'null is absent');

for my $bad (
    [{ stock => 1 }, 'price_fen'],
    [{ price_fen => 1 }, 'stock'],
    [{ price_fen => -1, stock => 1 }, 'price_fen'],
    [{ price_fen => 1.5, stock => 1 }, 'price_fen'],
    [{ price_fen => '1', stock => 1 }, 'price_fen'],
    [{ price_fen => 1, stock => -1 }, 'stock'],
    [{ price_fen => 1, stock => 1, stok => 1 }, 'stok'],
    [{ price_fen => 1, stock => 1, goal_by => 'moon' }, 'goal_by'],
    [{ price_fen => 1, stock => 1, title => 'x' x 300 }, 'title'],
    [{ price_fen => 1, stock => 1, doc => 'text' }, 'doc'],
    [{ price_fen => 1, stock => 1, opens_at => $soon, closes_at => $soon - 1 },
        'closes_at'],
    [{ price_fen => 1, stock => 1, opens_at => $soon, closes_at => $soon },
        'closes_at'],
    [{ price_fen => 1, stock => 1, opens_at => int $soon / 1000 },
        'opens_at'],
    [{ price_fen => 1, stock => 1, opens_at => 1577836799999 }, 'opens_at'],
    [{ price_fen => 1, stock => 1, closes_at => 4133980800000 },
        'closes_at'],
    [{ price_fen => 1, stock => 1, closes_at => int $soon / 1000 },
        'closes_at'],
    [{ price_fen => 1, stock => 5, goal => 6 }, 'goal'],
    [{ price_fen => 1, stock => 5, goal => 6, goal_by => 'pickup' }, 'goal'],
) {
    $problem = $t->answers(put('bad', $bad->[0]), 400, 'bad_request',
        encode_json($bad->[0]));
    like($problem->{field} // '', qr/^$bad->[1]/, "names $bad->[1]");
    ok(length($problem->{rule} // ''), 'and a rule');
}
$t->answers($t->get('/api/sales/bad'), 404, 'no_such_sale',
    'none of these made it');
is(put('edge', { price_fen => 1, stock => 5, goal => 5,
    opens_at => 1577836800000, closes_at => 4133980799999 })->code, 201,
    'from 2020 to the end of 2100');

# crates that fell off the lorry are gone, whatever the goal was
is($t->admin(POST => '/sales/edge/stock', json => { add => -2 })->{stock}, 3,
    'stock may fall below the goal');
$t->answers(put('edge', { price_fen => 1, stock => 3, goal => 5 }), 400,
    'bad_request', 'which no definition may say');
$t->answers(put('Bad_Slug'), 400, 'bad_request', 'not a slug');
$t->answers(put('x' x 65), 400, 'bad_request', 'a slug of 65');
is(put('x' x 64)->code, 201, 'a slug of 64');

# a document of the size a shop needs, and one byte too many
is(put('doc', { price_fen => 1, stock => 1, doc => { a => 'x' x 60_000 } })
    ->code, 201, 'a large document');
$t->answers(put('doc', { price_fen => 1, stock => 1,
    doc => { a => 'x' x 80_000 } }), 413, 'too_large', 'too large a one');

# ---- rotated secrets: both are good while there are two
my $old = $t->{secrets}{admin};
$t->set_secrets('admin', 'the-new-secret-of-admin', $old);
$t->reload;
is(put('one')->code, 200, 'the new secret');
is(put('one', { price_fen => 1, stock => 20 }, secret => $old)->code, 200,
    'and the old one');
$t->set_secrets('admin', 'the-new-secret-of-admin');
$t->reload;
is(put('one')->code, 200, 'the new one');
$t->answers(put('one', { price_fen => 1, stock => 20 }, secret => $old), 401,
    'bad_signature', 'the old one no more');

# ---- the clock command
$res = $t->post('/admin/clock', role => 'admin', key => $t->new_key);
is($res->code, 200, 'the clock') or diag($res->body);

# ---- audit
my $audit = $t->audit_ok;
is_deeply([map { $_->{id} } $audit->{sales}->@*],
    [sort map { $_->{id} } $audit->{sales}->@*], 'sales in order');
my @ledger = $t->ledger;
is($audit->{ledger}{last_seq}, $ledger[-1]{seq}, 'the last entry');
is($audit->{ledger}{hash}, $ledger[-1]{hash}, 'and its hash');
$t->answers($t->call(POST => '/admin/audit', role => 'admin', key => 'k'),
    405, 'method_not_allowed', 'audits are read');

# while selling goes on
$t->{moving} = 1;
$t->define_sale('busy', stock => 100_000);
my @calls = map { my $i = $_; $i % 40
    ? $t->hold_call("busy-$i", 'busy', 1)
    : [GET => '/admin/audit', role => 'admin'] } 1 .. 400;
my @answers = $t->many(\@calls, parallel => 16);
is(scalar(grep { ref $_->json && $_->json->{ok} } @answers), 10,
    'ten audits while 390 holds are taken');
is(scalar(grep { $_->code == 201 } @answers), 390, 'which all are');
$t->audit_ok;
$t->finish;
