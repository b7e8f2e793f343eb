use v5.36;
use Tuanbo::Test;

# Waves: what was sold until a time, frozen; what comes of it, by counts that
# two phones may say; lines by where their goods are.

my $t = Tuanbo::Test->new->start;
my $hour = 3_600_000;

sub desk ($method, $target, %o) {
    my $key = $method eq 'GET' ? undef : $t->new_key;
    return $t->call($method, "/admin/$target", role => 'orders', key => $key,
        %o);
}

sub receive ($wave, $pickup, $lines, %json) {
    my %o = map { $_ => delete $json{$_} } grep { exists $json{$_} }
        qw(key role);
    return desk(POST => "waves/$wave/receive", json => { pickup => $pickup,
        lines => [map { { sale => $_, qty => $lines->{$_} } }
        sort keys %$lines], %json }, %o);
}

sub bought ($user, @what) {
    my $hold = $t->held($user, @what);
    is($t->confirm($hold)->code, 200, "$user has bought");
    return $hold;
}

sub goods ($user, $hold) {
    return join ' ', map { $_->{goods} . ($_->{short_qty}
        ? "-$_->{short_qty}" : '') }
        $t->read_hold($user, $hold->{id})->{lines}->@*;
}

# the counts of a sale at a point
sub counts ($res, $pickup, $sale) {
    my ($point) = grep { ($_->{pickup} // '') eq ($pickup // '') }
        $res->json->{points}->@*;
    my ($line) = grep { $_->{sale} eq $sale } ($point // {})->{lines}->@*;
    return join ' ', map { $line->{$_} // '-' }
        qw(ordered received ready handed_over short);
}

$t->points('east', 'west');
$t->define_sale($_, price_fen => 100, stock => 100) for qw(grape tea rice);

# ---- defined
my %wave = (sales => ['grape', 'tea'], cut_at => now_ms + $hour,
    day => '2026-12-01');
my $res = desk(PUT => 'waves/mon', json => \%wave);
is($res->code, 201, 'a wave') or diag($res->body);
is("@{$res->json}{qw(id day cut_at)}", "mon 2026-12-01 $wave{cut_at}",
    'as it was said');
is($res->json->{seq}, undef, 'not frozen yet');
is(desk(PUT => 'waves/mon', json => \%wave, role => 'admin')->code, 200,
    'again, by an operator');
$t->answers(desk(PUT => 'waves/mon', json => \%wave, role => 'ledger'), 401,
    'bad_signature', 'by nobody else');
is($t->call(GET => '/admin/waves/mon')->code, 401, 'nor read');
my $key = $t->new_key;
is(desk(PUT => 'waves/tue', json => { %wave, sales => ['rice'] },
    key => $key)->code, 201, 'another one');
$res = desk(PUT => 'waves/tue', json => { %wave, sales => ['rice'] },
    key => $key);
is($res->headers->header('Idempotent-Replayed') // '', 'true', 'a replay');
$t->answers(desk(PUT => 'waves/tue', json => \%wave, key => $key), 422,
    'key_reused', 'the key for another');
is(join(' ', map { $_->{id} } desk(GET => 'waves')->json->{waves}->@*),
    'mon tue', 'both are listed');
$res = desk(GET => 'waves?limit=1');
is($res->json->{next}, 'mon', 'page by page');
is($t->call(HEAD => '/admin/waves', role => 'admin')->code, 200, 'or looked at');
is(join(' ', map { $_->{id} }
    desk(GET => 'waves?after=mon')->json->{waves}->@*), 'tue', 'the next');
is(desk(GET => 'waves?after=tue')->json->{next}, undef, 'the end');

# ---- frozen
my @early = (bought('alice', 'grape', 5, pickup => 'east'),
    bought('bo', 'grape', 4, pickup => 'east'),
    bought('cy', 'grape', 3, pickup => 'east'),
    bought('di', 'grape', 2, pickup => 'west'));
my $cart = bought('eve', [['grape', 1], ['rice', 1]], 1, pickup => 'west');
$t->answers(receive('mon', 'east', { grape => 5 }), 409, 'wrong_state',
    'nothing comes before it is frozen');
is(desk(PUT => 'waves/mon', json => { %wave, cut_at => now_ms })->code, 200,
    'cut now');
eventually { desk(GET => 'waves/mon')->json->{seq} } 'it is frozen';
my $late = bought('fay', 'grape', 1, pickup => 'east');
$res = desk(GET => 'waves/mon');
is(counts($res, 'east', 'grape'), '12 0 0 0 0', 'what was sold until then');
is(counts($res, 'west', 'grape'), '3 0 0 0 0', 'at each point');
$t->answers(desk(PUT => 'waves/mon', json => \%wave), 409, 'frozen',
    'it does not change any more');

# ---- received: counts, whole lines in the order in which was paid
$res = receive('mon', 'east', { grape => 7 });
is($res->code, 200, 'seven have come') or diag($res->body);
is(counts($res, 'east', 'grape'), '12 7 5 0 0', 'the first line fits');
is(goods('alice', $early[0]), 'ready', 'it is ready');
is(goods('bo', $early[1]), 'awaited', 'the next one does not fit');
is(goods('cy', $early[2]), 'awaited', 'and nobody is served before it');
$res = receive('mon', 'east', { grape => 7 });
is(counts($res, 'east', 'grape'), '12 7 5 0 0',
    'another phone says seven: it is seven');
my @answers = $t->many([map { [POST => '/admin/waves/mon/receive',
    role => 'orders', key => $t->new_key, json => { pickup => 'east',
    lines => [{ sale => 'grape', qty => 9 }] }] } 1 .. 10]);
is_deeply([grep { $_->code != 200 } @answers], [], 'ten phones say nine');
is(counts(desk(GET => 'waves/mon'), 'east', 'grape'), '12 9 9 0 0',
    'it is nine');
is(goods('bo', $early[1]), 'ready', 'the second is ready');
$t->answers(receive('mon', 'east', { grape => 8 }), 409, 'ready_already',
    'fewer than are ready');
is($t->order($early[0]{id}, 'picked-up', nonce => 'n', via => 'scan')->code,
    200, 'one is handed over');
is(counts(desk(GET => 'waves/mon'), 'east', 'grape'), '12 9 4 5 0',
    'counted there');

# ---- the last of it
$t->kill9_all;
$t->start;
$key = $t->new_key;
$res = receive('mon', 'east', { grape => 10 }, final => true, key => $key);
is($res->code, 200, 'no more will come') or diag($res->body);
is(goods('cy', $early[2]), 'ready-2', 'the next gets what is left');
is(counts($res, 'east', 'grape'), '12 10 5 5 2', 'two are missing');
is_deeply([map { "$_->{sale} $_->{qty} $_->{amount_fen} $_->{reason}" }
    $t->read_hold('cy', $early[2]{id})->{debts}->@*],
    ['grape 2 200 short'], 'and owed');
is(receive('mon', 'east', { grape => 10 }, final => true, key => $key)
    ->headers->header('Idempotent-Replayed') // '', 'true', 'a replay');
$t->answers(receive('mon', 'east', { grape => 12 }), 409, 'ready_already',
    'it was the last');
$res = receive('mon', 'west', { grape => 0 }, final => true);
is(counts($res, 'west', 'grape'), '3 0 0 0 3', 'none of the others');
is(goods('di', $early[3]), 'short-2', 'nothing comes');
is(goods('eve', $cart), 'short-1 awaited', 'of a cart its line');
is(goods('fay', $late), 'awaited', 'who came later is of another wave');
is_deeply([map { $_->{qty} } $t->entries('received')], [7, 7, (9) x 10, 10, 0],
    'each count is written down');

# ---- refused
for my $wrong (
    ['sales', {}], ['cut_at', { sales => ['grape'] }],
    ['sales', { sales => [], cut_at => now_ms }],
    ['sales', { sales => ['grape', 'grape'], cut_at => now_ms }],
    ['cut_at', { sales => ['grape'], cut_at => 5 }],
    ['day', { sales => ['grape'], cut_at => now_ms, day => '2026-02-30' }],
    ['more', { sales => ['grape'], cut_at => now_ms, more => 1 }],
) {
    my ($field, $json) = @$wrong;
    is($t->answers(desk(PUT => 'waves/new', json => $json), 400,
        'bad_request', "$field is wrong")->{field}, $field, 'it says which');
}
is($t->answers(desk(PUT => 'waves/NEW', json => \%wave), 400, 'bad_request',
    'no slug')->{field}, 'id', 'said so');
is($t->answers(desk(PUT => 'waves/new', json => \%wave, key => undef), 400,
    'bad_request', 'no key')->{field}, 'Idempotency-Key', 'said so');
$t->answers(desk(PUT => 'waves/new', json => { %wave, sales => ['nope'] }),
    404, 'no_such_sale', 'a sale that is none');
$t->answers(desk(GET => 'waves/new'), 404, 'not_found', 'so there is no wave');
$t->answers(receive('new', 'east', { grape => 1 }), 404, 'not_found',
    'nor does anything come of it');
$t->answers(receive('mon', 'east', { rice => 1 }), 404, 'no_such_sale',
    'a sale of another wave');
for my $wrong (['lines', {}], ['lines', { lines => [] }],
    ['lines[0].qty', { lines => [{ sale => 'grape', qty => -1 }] }],
    ['lines[1].sale', { lines => [({ sale => 'grape', qty => 1 }) x 2] }],
    ['final', { lines => [{ sale => 'grape', qty => 1 }], final => 1 }])
{
    my ($field, $json) = @$wrong;
    is($t->answers(desk(POST => 'waves/mon/receive', json => $json), 400,
        'bad_request', "$field is wrong")->{field}, $field, 'it says which');
}
is(desk(POST => 'waves/mon')->headers->header('Allow'), 'GET, HEAD, PUT',
    'methods');

# ---- lines by where their goods are
$t->define_sale('milk', price_fen => 100, stock => 1000);
my @holds = map { bought("m$_", 'milk', 1, pickup => 'west') } 1 .. 25;
my (@seen, $after);
do {
    my $page = desk(GET => 'pickups/west/lines?goods=awaited&limit=10'
        . ($after ? "&after=$after" : ''))->json;
    is("@{$page}{qw(pickup goods)}", 'west awaited', 'a page');
    push @seen, grep { $_->{sale} eq 'milk' } $page->{lines}->@*;
    $after = $page->{next};
} while ($after);
is_deeply([map { "$_->{hold} $_->{qty}" } @seen],
    [map { "$_->{id} 1" } @holds], 'each once, in the order they were paid');
is_deeply([map { $_->{hold} } desk(GET => 'pickups/west/lines?goods=short')
    ->json->{lines}->@*], [$early[3]{id}, $cart->{id}], 'what never comes');
is_deeply([map { $_->{hold} }
    desk(GET => 'pickups/east/lines?goods=handed_over')->json->{lines}->@*],
    [$early[0]{id}], 'what is gone');
is_deeply([map { "$_->{hold} $_->{qty} $_->{short_qty}" }
    desk(GET => 'pickups/east/lines?goods=ready')->json->{lines}->@*],
    ["$early[1]{id} 4 0", "$early[2]{id} 3 2"], 'what waits');
for my $bad ('limit=5', 'goods=', 'goods=gone', 'goods=none') {
    is($t->answers(desk(GET => "pickups/west/lines?$bad"), 400, 'bad_request',
        "no goods: $bad")->{field}, 'goods', 'it says which');
}
is($t->answers(desk(GET => 'pickups/west/lines?goods=ready&after=x'), 400,
    'bad_request', 'no cursor')->{field}, 'after', 'it says which');
is($t->answers(desk(GET => 'pickups/west/lines?goods=ready&limit=101'), 400,
    'bad_request', 'too many')->{field}, 'limit', 'it says which');
$t->answers(desk(GET => 'pickups/north/lines?goods=ready'), 404, 'not_found',
    'no such point');
is($t->get('/admin/pickups/west/lines?goods=ready')->code, 401, 'unsigned');

$t->audit_ok;
$t->chain_ok;
$t->finish;
