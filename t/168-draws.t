use v5.36;
use utf8;
use Digest::SHA qw(sha256_hex);
use FindBin;
use lib "$FindBin::Bin/../conf/lib";
use Tuanbo::Draw qw(final_seed leaf packet_amounts root_of_path tree_root
    winners);
use Tuanbo::Test;

# Packets and draws: what is announced, what is revealed, who wins, and that
# anybody can compute it again.

my $t = Tuanbo::Test->new->start;
my @prizes = ({ title => '葡萄一箱', count => 1 },
    { title => '5 元券', count => 2, off_fen => 500 });


sub give ($id, $gives, %o) {
    return $t->call(PUT => "/admin/sales/$id", role => 'admin',
        key => $t->new_key, json => { stock => 10, %o, gives => $gives });
}

sub ticket (%o) {
    return { kind => 'ticket', prizes => \@prizes, %o };
}

sub round_at ($at) {    # the first one that is out then, or later
    return 1 + int(($at - 1692803367000 + 2999) / 3000);
}

sub beacon ($round) {
    return beacon => { source => 'drand quicknet', round => $round };
}

sub close_sale ($id) {
    my $res = $t->call(POST => "/admin/sales/$id/close", role => 'admin',
        key => $t->new_key);
    is($res->code, 200, "$id is closed");
    return $res->json;
}

sub draw ($id) {
    my $res = $t->call(GET => "/api/sales/$id/draw");
    is($res->code, 200, "the draw of $id") or diag($res->body);
    return $res->json;
}

sub draw_with ($id, $beacon, %o) {
    return $t->call(POST => "/admin/sales/$id/draw", role => 'admin',
        key => $t->new_key, json => { beacon => $beacon }, %o);
}


# ---- nobody came
my $sale = give('empty', ticket())->json;
like($sale->{commit}, qr/^[0-9a-f]{64}$/, 'the commit is announced');
is($sale->{gives}{commit}, $sale->{commit}, 'and is one of the terms');
is($sale->{seed}, undef, 'the seed is not');

my $draw = draw('empty');
is("$draw->{state} $draw->{entries} $draw->{commit}",
    "open 0 $sale->{commit}", 'a draw that is open');
is($draw->{root}, sha256_hex(''), 'the tree is empty');
is_deeply([@$draw{qw(seed chain beacon closed_at winners)}],
    [undef, undef, undef, undef, []], 'nothing else is known');

is(give('empty', ticket(), stock => 20)->json->{commit}, $sale->{commit},
    'the seed stays through another definition');

my $closed = close_sale('empty');
is(sha256_hex(pack 'H*', $closed->{seed}), $closed->{commit},
    'the seed is the one that was announced');
$draw = draw('empty');
is("$draw->{state} $draw->{entries}", 'drawn 0', 'drawn at closing');
is($draw->{seed}, $closed->{seed}, 'one seed');
like($draw->{chain}, qr/^[0-9a-f]{64}$/, 'with the chain');
is_deeply($draw->{winners}, [], 'nobody wins');

$t->answers(give('empty', ticket(), stock => 20, closes_at => now_ms + 1e7),
    409, 'closed', 'it does not open again');
$t->answers(draw_with('empty', 'ab' x 32), 409, 'wrong_state',
    'it needs no beacon');

# ---- a beacon
my $at = now_ms + 3_600_000;

for my $case (
    [{ ticket(beacon(123))->%* }, {}, 'that is out'],
    [{ ticket(beacon(round_at($at) - 1))->%* }, { closes_at => $at },
        'that is out before closing'],
) {
    my ($gives, $o, $name) = @$case;
    my $fault = $t->answers(give('lit', $gives, %$o), 400, 'bad_request',
        $name);
    is($fault->{field}, 'gives.beacon.round', "$name: is named");
}

my $fault = $t->answers(give('lit', ticket(beacon => { source => 'mine',
    round => round_at($at) })), 400, 'bad_request', 'that nobody knows');
is($fault->{field}, 'gives.beacon.source', 'its source is named');

my $round = round_at($at + 1);
is(give('lit', ticket(beacon($round)), closes_at => $at)->code, 201,
    'a beacon after closing');
$fault = $t->answers(give('lit', ticket(beacon($round)),
    closes_at => $at + 10_000), 400, 'bad_request', 'not so late');
is($fault->{field}, 'gives.beacon.round', 'for the round comes before');

$t->answers(draw_with('lit', 'ab' x 32), 409, 'wrong_state', 'not closed yet');
close_sale('lit');
$draw = draw('lit');
is($draw->{state}, 'waiting', 'it waits for the beacon');
like($draw->{seed}, qr/^[0-9a-f]{64}$/, 'the seed is revealed meanwhile');
is($draw->{beacon}, undef, 'there is no beacon');

for my $none ('00' x 32, 'ab' x 31, 'AB' x 32, 'zz' x 32) {
    $fault = $t->answers(draw_with('lit', $none), 400, 'bad_request', $none);
    is($fault->{field}, 'beacon', 'is no beacon');
}

my $res = draw_with('lit', 'ab' x 32, key => 'lit');
is($res->code, 200, 'drawn with it');
is($res->json->{state}, 'drawn', 'the draw');
is($res->json->{beacon}, 'ab' x 32, 'has the beacon');
is(draw_with('lit', 'ab' x 32, key => 'lit')->code, 200, 'a replay');
$t->answers(draw_with('lit', 'cd' x 32, key => 'lit'), 422, 'key_reused',
    'the key for another one');
$t->answers(draw_with('lit', 'cd' x 32), 409, 'wrong_state', 'once');
$t->answers(draw_with('lit', 'ab' x 32), 409, 'wrong_state', 'only');
$t->answers(draw_with('none', 'ab' x 32), 404, 'no_such_sale', 'of no sale');

# ---- what is no draw
$t->define_sale('grape', price_fen => 100, stock => 5);
give('rain', { kind => 'packet', total_fen => 1000 }, stock => 5);
$t->answers($t->call(GET => "/api/sales/$_/draw"), 404, 'not_found', $_)
    for qw(grape rain);
$t->answers($t->call(GET => '/api/sales/none/draw'), 404, 'no_such_sale',
    'none');
$t->answers(draw_with($_, 'ab' x 32), 409, 'wrong_state', "no draw of $_")
    for qw(grape rain);
is($t->call(GET => '/api/sales/grape')->json->{commit}, undef,
    'what is sold has no seed');

$sale = close_sale('rain');
is(sha256_hex(pack 'H*', $sale->{seed}), $sale->{commit},
    'the seed of packets is revealed at closing');

# ---- packets
give('snow', { kind => 'packet', total_fen => 2000, valid_ms => 86_400_000 },
    stock => 12);
my @packets = map { $t->held("p$_", 'snow') } 1 .. 7;
is(join(' ', map { $_->{gift}{number} } @packets), '1 2 3 4 5 6 7',
    'packets are numbered as they are given');
ok(!(grep { $_->{gift}{off_fen} < 1 } @packets), 'each has a fen at least');
$t->answers(give('snow', { kind => 'packet', total_fen => 3000,
    valid_ms => 86_400_000 }, stock => 12), 409, 'given', 'all together stays');

$sale = close_sale('snow');
my @amounts = packet_amounts($sale->{seed}, 12, 2000);
is(join(' ', map { $_->{gift}{off_fen} } @packets), "@amounts[0 .. 6]",
    'what was in them follows from the seed');
$t->answers($t->hold('p8', 'snow'), 409, 'closed', 'no more of them');

$t->define_sale('tea', price_fen => 5000, stock => 5);
$res = $t->post('/api/holds', user => 'p3', key => $t->new_key, json => {
    sale => 'tea', qty => 1, gift => $packets[2]{id} });
is($res->code, 201, 'a packet is used') or diag($res->body);
is($res->json->{off_fen}, $amounts[2], 'for what is in it');

# ---- tickets
give('lantern', ticket(valid_ms => 86_400_000), stock => 100);
my @tickets;

sub ticket_of ($number) {
    return $t->read_hold("t$number", $tickets[$number - 1]{id});
}

sub leads_to_root ($hold) {
    return root_of_path(leaf($hold->{gift}{number}, $hold->{id}),
        $hold->{gift}{number}, $hold->{entries}, $hold->{path}->@*)
        eq $hold->{root};
}

for my $number (1 .. 7) {
    push @tickets, $t->held("t$number", 'lantern');
    my $hold = ticket_of($number);
    is($hold->{gift}{number}, $number, "ticket $number");
    is($hold->{entries}, $number, 'is the last one so far');
    ok(leads_to_root($hold), 'and has its place in the tree');
}

$draw = draw('lantern');
is("$draw->{state} $draw->{entries}", 'open 7', 'the draw so far');
is($draw->{root}, ticket_of(3)->{root}, 'one root for all');
is($draw->{root}, tree_root(map { leaf($_->{gift}{number}, $_->{id}) }
    @tickets), 'that of all tickets');
is(ticket_of(2)->{prize}, undef, 'no prize yet');
is(ticket_of(2)->{gift}{valid_until_at}, undef, 'nor an end');
$t->answers($t->post('/api/holds', user => 't1', key => $t->new_key, json => {
    sale => 'tea', qty => 1, gift => $tickets[0]{id} }), 409,
    'gift_unusable', 'it is good for nothing before the draw');

close_sale('lantern');
$draw = draw('lantern');
is($draw->{state}, 'drawn', 'drawn at closing');
my @numbers = winners(final_seed($draw->{seed}, 7, $draw->{chain}, undef),
    7, 3);
is_deeply($draw->{winners}, [ map { { prize => $_ > 0 ? 1 : 0,
    number => $numbers[$_] } } 0 .. 2 ], 'the winners follow from it');
my ($entry) = grep { ($_->{sale} // '') eq 'lantern' } $t->entries('closed');
is($draw->{chain}, $entry->{hash}, 'the chain at closing');

my ($first, $second) = map { ticket_of($numbers[$_]) } 0, 1;
is_deeply($first->{prize}, { index => 0, title => '葡萄一箱' },
    'who won is told');
is($first->{gift}{off_fen}, undef, 'it is a thing');
is_deeply($second->{prize}, { index => 1, title => '5 元券' }, 'another');
is($second->{gift}{off_fen}, 500, 'is a coupon from the draw on');
cmp_ok($second->{gift}{valid_until_at} - $draw->{closed_at}, '>=',
    86_400_000, 'for its time');
ok(leads_to_root($_), 'each in the tree of all') for $first, $second;
is($second->{root}, $draw->{root}, 'that is published');
is(ticket_of((grep { my $n = $_; !grep { $_ == $n } @numbers } 1 .. 7)[0])
    ->{prize}, undef, 'the others won nothing');

$res = $t->post('/api/holds', user => "t$numbers[1]", key => $t->new_key,
    json => { sale => 'tea', qty => 1, gift => $second->{id} });
is($res->code, 201, 'the coupon is used') or diag($res->body);
is($res->json->{off_fen}, 500, 'takes that off');

$res = $t->order($first->{id}, 'picked-up', nonce => 'n1', via => 'list',
    device_at => 1);
is($res->code, 200, 'the thing is handed over') or diag($res->body);
is(ticket_of($numbers[0])->{state}, 'used', 'and used by that');

# ---- by the tool
sub file ($name, $content) {
    my $path = $t->dir . "/$name";
    open my $file, '>', $path or die "$path: $!";
    print {$file} $content;
    close $file or die $!;
    return $path;
}

my $url = 'http://127.0.0.1:' . $t->port;
my $feed = file('feed', join '', map { "$_\n" } $t->ledger_lines);
my $root = Tuanbo::Test::root();

for my $case (
    ["$url lantern", 'a draw'],
    ["--ledger $feed $url lantern", 'with the ledger'],
    ["--ledger $feed $url snow", 'packets with the ledger'],
    ["--ledger $feed $url lit", 'a beacon'],
    ['--hold ' . file('hold', $t->get("/api/holds/$second->{id}",
        user => "t$numbers[1]")->body) . " $url lantern", 'a ticket'],
    ['--hold ' . file('packet', $t->get("/api/holds/$packets[4]{id}",
        user => 'p5')->body) . " $url snow", 'a packet'],
) {
    my ($arguments, $name) = @$case;
    my $said = `$^X $root/conf/bin/tuanbo-verify $arguments 2>&1`;
    is($?, 0, "tuanbo-verify: $name") or diag($said);
}

# ---- kept, folded again
my $before = ticket_of($numbers[1]);
$t->stop;
unlink glob $t->dir . '/store/index-*/clean';
$t->start;
my $after = ticket_of($numbers[1]);
delete $_->{now} for $before, $after;
is_deeply($after, $before, 'the same after a restart');
is_deeply(draw('lantern'), $draw, 'the draw as well');

$t->chain_ok;
$t->audit_ok;
done_testing();
