use v5.36;
use utf8;
use JSON::PP ();
use Tuanbo::Test;
use Tuanbo::Test::Office;

binmode Test::More->builder->$_, ':utf8'
    for qw(output failure_output todo_output);

# The host's page on the air, without scripts: numbers of the engine, what a tap
# does and how it is undone, who may, whose hand it was; and all of it with the
# clerk and its folding dead.

my $o = Tuanbo::Test::Office->new->start;
my $shop = $o->shop;
my $owner = $o->owner;
my $now = int(time * 1000);

$shop->admin(PUT => '/documents/session/evening', json => {
    title => '周五晚八点', starts_at => $now - 60_000,
    ends_at => $now + 4000_000 });
$shop->define_sale('apple', title => '苹果', price_fen => 100, stock => 10,
    doc => { session => 'evening', rank => 1 });
$shop->define_sale('pear', title => '梨', price_fen => 100, stock => 10,
    goal => 8, opens_at => $now + 3000_000,
    doc => { session => 'evening', rank => 2 });
$shop->define_sale('salt', title => '盐', stock => 10);

# ---- a host, who is no owner
$owner->get('/desk/staff')->submit('form:has(button[value="add"])',
    name => '周姐', 'role.host' => 1, act => 'add');
my $host = $o->enter($owner->dom->at('input.link')->attr('value')
    =~ s{^https?://[^/]+}{}r);

# Nothing of it needs SQL.
$o->clerk->stop('KILL');

sub button ($act, %with) {
    my ($field) = grep { $_ ne 'key' } keys %with;
    my $of = $field ? qq{:has(input[name="$field"][value="$with{$field}"])}
        : '';

    return qq{form$of:has(button[value="$act"])};
}

sub tap ($act, %with) {
    my %typed = exists $with{text} ? (text => delete $with{text}) : ();

    $host->get('/desk/live/evening');
    $host->submit(button($act, %with), %typed, act => $act);

    return $host->res->code;
}

# The last tap is taken back.
sub undo () {
    $host->submit('#told form',
        act => $host->dom->at('#told button')->attr('value'));
}

sub told { ($host->dom->at('#told') // return '')->all_text }

sub figures {
    return { map { $_->at('dt')->text => $_->at('dd')->text }
        $host->dom->find('.figures > div')->each };
}

# Somebody takes so many.
sub take ($sale, $qty) {
    return $o->browser->get("/s/$sale")->submit('#take', qty => $qty)->id;
}

sub room { $shop->get('/admin/documents/room/evening', role => 'admin')->json }

is($host->get('/desk/rooms')->path, '/desk/live', 'the old address leads on');
is($host->get('/desk/room/evening')->path, '/desk/live/evening', 'here, too');
is($host->get('/desk/live/evening')->res->code, 200, 'the page');

# ---- on the air, the next one, and back
is(tap('start'), 200, 'live');
is(room()->{state}, 'live', 'on');
like($host->dom->at('#bar')->all_text, qr/讲下一样：苹果/, 'the first');
$host->submit('#bar form', act => 'pin');
is(room()->{pin}, 'apple', 'one tap');
like($host->dom->at('#bar')->all_text, qr/讲下一样：梨/, 'then the second');
$host->submit('#bar form', act => 'pin');
is(room()->{pin}, 'pear', 'one more');
like($host->dom->at('#bar')->all_text, qr/讲下一样：苹果/, 'and round');
like(told(), qr/正在讲梨/, 'it says so');
undo();
is(room()->{pin}, 'apple', 'the one before is back');
$shop->admin(POST => '/sessions/evening/pin', json => { sale => 'pear' });
$host->get('/desk/live/evening');
is($host->dom->at('#told form'), undef,
    'when another host has shown something else nothing is taken back');
$shop->admin(POST => '/sessions/evening/pin', json => { sale => 'apple' });

# ---- the numbers are the engine's
take(apple => 3);
$shop->order(take(apple => 2), 'confirm', payment => 'p1', paid_fen => 200);
$host->get('/desk/live/evening');
is_deeply(figures(), { '在看' => 0, '占着' => 3, '卖了' => 2, '还剩' => 5,
    '排队' => 0 }, 'of what is shown');
tap('unpin', sale => 'apple');
is_deeply(figures(), { '在看' => 0, '占着' => 3, '卖了' => 2, '排队' => 0 },
    'of all, where nothing is');
tap('pin', sale => 'pear');
is(figures()->{'离成团'}, 8, 'how many to the goal');

# ---- stock
tap('add 5', sale => 'apple');
is($shop->sale('apple')->{stock}, 15, 'five more');
my $page = $host->res;
undo();
is($shop->sale('apple')->{stock}, 10, 'taken back');
$host->{res} = $page;
undo();
is($shop->sale('apple')->{stock}, 10, 'the same tap again is the same');
tap('add 1', sale => 'apple');
take(apple => $_) for 4, 2;
undo();
is($host->res->code, 409, 'what somebody has is not taken back');
like(told(), qr/占着|卖/, 'and it says why');
is($shop->sale('apple')->{stock}, 11, 'it stays');

# ---- opened before its hour
tap('open', sale => 'pear');
is($shop->sale('pear')->{state}, 'open', 'now');
is($shop->sale('pear')->{goal}, 8, 'and else the same');
undo();
is($shop->sale('pear')->{state}, 'scheduled', 'it waits again');
is($shop->sale('pear')->{opens_at}, $now + 3000_000, 'for its hour');
tap('pause', sale => 'apple');
is($shop->sale('apple')->{state}, 'paused', 'paused');
undo();
isnt($shop->sale('apple')->{state}, 'paused', 'it goes on');

# ---- what is given: a rain with a countdown, a draw
for my $give ([rain => { kind => 'packet', total_fen => 1000 }],
    [draw => { kind => 'ticket', prizes => [{ title => '梨一箱',
        count => 1 }] }])
{
    $shop->admin(PUT => "/sales/$give->[0]", json => { title => $give->[0],
        stock => 10, opens_at => $now + 3000_000, gives => $give->[1],
        doc => { session => 'evening' } });
}
tap('open', sale => 'rain');
like(told(), qr/10 秒后/, 'a rain begins with a countdown');
my $at = $shop->sale('rain')->{opens_at};
ok($at > $now && $at < $now + 600_000, 'which is short');
undo();
is($shop->sale('rain')->{opens_at}, $now + 3000_000, 'before it rains, back');
tap('open', sale => 'draw');
is($shop->sale('draw')->{state}, 'open', 'tickets are given');
take(draw => 1);
tap('draw', sale => 'draw');
eventually { $shop->get("/api/sales/draw/draw")->json->{state} eq 'drawn' }
    'drawn';
$host->get('/desk/live/evening');
is($host->dom->at('#told form'), undef, 'a draw is not taken back');

# ---- what is said
my $neighbour = $o->browser;
$neighbour->get('/live/evening')->submit('form[data-say]', text => '甜不甜');
eventually { $host->get('/desk/live/evening')->text =~ /一位邻居 甜不甜/ }
    'a question comes';
my $comment = $host->dom->at('#said input[name="comment"]')->attr('value');
is(tap('answer', comment => $comment, text => '能降血糖'), 409, 'the law');
like(told(), qr/降血糖/, 'and which word');
is(tap('answer', comment => $comment, text => ' '), 400, 'nothing');
is(tap('answer', comment => $comment, text => '很甜'), 200, 'answered');
like($host->dom->at('#said .answer')->all_text, qr/主播\s+很甜/, 'as it is');
undo();
is($host->dom->at('#said .answer'), undef, 'taken back');
tap('mute', comment => $comment);
is($host->dom->at('#told form'), undef, 'not this');
$neighbour->get('/live/evening')->submit('form[data-say]', text => '再说');
tap('remove', comment => $comment);
unlike($host->dom->at('#said')->all_text, qr/甜不甜|再说/, 'gone, and muted');

# ---- ended, and on again
tap('stop');
is(room()->{state}, 'ended', 'over');
undo();
is(room()->{state}, 'live', 'on again');

# ---- no other sale, no other word
for my $case ([{ act => 'add 5', sale => 'salt' }, 404],
    [{ act => 'add 5000', sale => 'apple' }, 404],
    [{ act => 'pin', sale => 'salt' }, 404],
    [{ act => 'later 5', sale => 'apple' }, 409],
    [{ act => 'open', sale => 'apple' }, 409],
    [{ act => 'erase' }, 400], [{ act => 'pin', csrf => 'x' }, 403])
{
    my ($fields, $code) = @$case;

    $host->get('/desk/live/evening')->submit('#bar form', %$fields);
    is($host->res->code, $code, join ' ', %$fields);
}
is($shop->sale('salt')->{stock}, 10, 'what is not of the room is left alone');
is($host->get('/desk/sale/apple')->res->code, 403, 'the rest is the owner\'s');

# ---- whose hand it was
my @deeds = grep { ($_->{about} // '') eq 'evening' }
    map { JSON::PP::decode_json($_) }
    Tuanbo::Test::slurp($o->clerk->dir . '/deeds.ndjson') =~ /^.+$/mg;
my $staff = $deeds[0]{staff};
ok($staff, 'each has who');
is_deeply([grep { $_->{staff} ne $staff || !$_->{device} } @deeds], [],
    'and by which device');
is_deeply([map { "$_->{what} $_->{add}" } grep { $_->{what} eq 'stock'
    && $_->{status} eq 'ok' } @deeds], ['stock 5', 'stock -5', 'stock -5',
    'stock 1'], 'what was done and undone');

$shop->audit_ok;
$shop->finish;
