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
my ($res, $problem) = desk(PUT => 'waves/mon', json => \%wave);
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
$problem = $t->answers(receive('mon', 'east', { grape => 5 }), 409,
    'wrong_state', 'nothing comes before it is frozen');
ok(!exists $problem->{state}, 'which is no state of a hold');
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
$problem = $t->answers(receive('mon', 'east', { grape => 8 }), 409,
    'ready_already', 'fewer than are ready');
is("@{$problem}{qw(sale received ready)}", 'grape 9 9', 'it says of what');
is($problem->{final}, false, 'and that it goes on');
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
$problem = $t->answers(receive('mon', 'east', { grape => 12 }), 409,
    'ready_already', 'it was the last');
is("@{$problem}{qw(sale received ready)}", 'grape 10 10', 'it says how many');
is($problem->{final}, true, 'and that it was');
like($problem->{title}, qr/the last/, 'in words');
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
    ['pickup', { pickup => 'nowhere', lines => [{ sale => 'grape', qty => 1 }]
        }],
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

# ---- a sale whose group had not formed, and one that was cancelled
$t->define_sale('plum', price_fen => 100, stock => 100, goal => 50);
$t->define_sale('fig', price_fen => 100, stock => 100);
bought('nan', 'plum', 1, pickup => 'east');
bought('nan', 'fig', 1, pickup => 'east');
is($t->call(POST => '/admin/sales/fig/cancel', role => 'admin',
    key => $t->new_key, json => { reason => 'x' })->code, 202, 'cancelled');
is(desk(PUT => 'waves/sun', json => { sales => ['tea', 'plum', 'fig'],
    cut_at => now_ms })->code, 201, 'they are listed');
eventually { desk(GET => 'waves/sun')->json->{seq} } 'and it is frozen';
is_deeply(desk(GET => 'waves/sun')->json->{points}, [], 'without any of them');
for my $sale (qw(plum fig)) {
    $problem = $t->answers(receive('sun', 'east', { $sale => 1 }), 409,
        'wrong_state', "nothing of $sale comes with it");
    is($problem->{sale}, $sale, 'it says which');
}
is(receive('sun', 'east', { tea => 0 })->code, 200, 'of others it may');

# ---- what is supposed of a wave, which has no tag
is(desk(GET => 'waves/mon')->headers->header('ETag'), undef, 'no tag');
for my $supposed (['waves/mon', 'If-None-Match' => '*'],
    ['waves/none', 'If-Match' => '*'], ['waves/mon', 'If-Match' => '"1"'])
{
    my ($wave, %headers) = @$supposed;
    $t->answers(desk(PUT => $wave, json => \%wave, headers => \%headers),
        412, 'precondition_failed', "not so: $wave, @{[%headers]}");
}
$t->answers(desk(PUT => 'waves/mon', json => \%wave,
    headers => { 'If-Match' => '*' }), 409, 'frozen', 'it is there');
is(desk(PUT => 'waves/only', json => \%wave, headers =>
    { 'If-None-Match' => '*' })->code, 201, 'it was not');
$t->answers(desk(POST => 'waves/mon/receive', json => { pickup => 'east',
    lines => [{ sale => 'grape', qty => 10 }] },
    headers => { 'If-Match' => '"1"' }), 412, 'precondition_failed',
    'nor is something received of it');

# ---- more points than are shown at once
my @sales = map { "s$_" } 1 .. 64;
my @points = map { "p$_" } 1 .. 65;
$t->points(@points);
$t->define_sale($_, price_fen => 1, stock => 100) for @sales;
my @calls;
for my $point (@points) {
    for my $first (0 .. 7) {
        push @calls, $t->hold_call("w$point$first", [map { [$_, 1] }
            @sales[$first * 8 .. $first * 8 + 7]], 1, pickup => $point);
    }
}
my @orders = map { $_->json } $t->many(\@calls, parallel => 50);
@answers = $t->many([map { $t->order_call($_->{id}, 'confirm',
    payment => "p-$_->{id}", paid_fen => $_->{amount_fen}) } @orders],
    parallel => 50);
is(scalar(grep { $_->code == 200 } @answers), 65 * 8, 'many points');
is(desk(PUT => 'waves/all', json => { sales => \@sales, cut_at => now_ms })
    ->code, 201, 'all of them together');
eventually { desk(GET => 'waves/all')->json->{seq} } 'frozen';
my $page = desk(GET => 'waves/all')->json;
is_deeply([map { $_->{pickup} } $page->{points}->@*], [@points[0 .. 63]],
    'the first points, whole');
is($page->{more}, true, 'and more');
is($page->{next}, 'p64', 'after this one');
$page = desk(GET => "waves/all?after=$page->{next}")->json;
is_deeply([map { [$_->{pickup}, scalar $_->{lines}->@*] }
    $page->{points}->@*], [['p65', 64]], 'the rest');
is_deeply([$page->{next}, $page->{more}], [undef, undef], 'there the end is');
for my $bad ('', 'P1', 'nowhere', 'x' x 70) {
    is($t->answers(desk(GET => "waves/all?after=$bad"), 400, 'bad_request',
        "no point: $bad")->{field}, 'after', 'it says which');
}

$t->audit_ok;
$t->chain_ok;
$t->finish;
