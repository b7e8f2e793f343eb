use v5.36;
use utf8;
use Tuanbo::Test;
use Tuanbo::Test::Lua;

# What only those who work may read by Lua: against the API, and of what no
# request of the API tells.

my $t = Tuanbo::Test->new(Tuanbo::Test::Lua->options(server => <<'CONF'));
        location = /lua/speed {
            content_by_lua_block {
                local store = require "tuanbo.office.store"
                local best = math.huge

                for _ = 1, 20 do
                    ngx.update_time()
                    local start = ngx.now()
                    store.find("east", "0000 0000")
                    ngx.update_time()
                    best = math.min(best, ngx.now() - start)
                end

                ngx.print(best * 1000)
            }
        }
CONF
$t->expect_log(qr/a new life begins|folding \d+ entries|ahead of the ledger/);
$t->expect_log(qr/open socket #-2 left|: aborting$/) if $ENV{TUANBO_STATIC};
$t->start;

sub store ($name, @arguments) {
    return Tuanbo::Test::Lua::call($t, "tuanbo.office.store:$name",
        @arguments);
}

sub desk ($method, $target, %o) {
    return $t->call($method, "/admin/$target", role => 'orders',
        key => $method eq 'GET' ? undef : $t->new_key, %o);
}

# JSON without what is null in it; Lua has but one empty table.
sub bare ($value) {
    return [map { bare($_) } @$value] if ref $value eq 'ARRAY' && @$value;
    return {} if ref $value eq 'ARRAY';
    return $value if ref $value ne 'HASH';
    return { map { defined $value->{$_} ? ($_ => bare($value->{$_})) : () }
        keys %$value };
}

sub bought ($user, @what) {
    my $hold = $t->held($user, @what);
    is($t->confirm($hold)->code, 200, "$user has bought");
    return $hold;
}

# What format.pickup_code says: the id as a number, its last eight digits.
sub code ($id) {
    my $number = 0;
    $number = ($number * 16 + hex) % 100_000_000 for split //, $id;
    return sprintf '%04d %04d', $number / 10_000, $number % 10_000;
}

my $log = $t->store_path . '/log/data.mdb';
$t->points('east', 'west');
$t->define_sale($_, price_fen => 100, stock => 20_000) for qw(grape rice tea);

# ---- anybody's order
my $alice = bought('alice', [['grape', 3], ['tea', 1]], 1, pickup => 'east');
my $bo = bought('bo', 'grape', 2, pickup => 'east');
my $cy = bought('cy', 'grape', 4, pickup => 'west');
my $nowhere = bought('alice', 'grape', 1);
my $unpaid = $t->held('alice', 'rice', 1, pickup => 'east');

my %buyer = map { $_->{hold} => $_->{buyer} } $t->entries('held');
my ($order, $code) = store(order => $alice->{id});
is($code, undef, 'an order') or diag($code);
is(delete $order->{buyer}, $buyer{ $alice->{id} },
    'with the pseudonym, as the ledger has it');
my ($own) = Tuanbo::Test::Lua::call($t, hold => $alice->{id}, 'alice');
delete $_->{now} for $own, $order;
is_deeply($order, $own, 'as its buyer reads it');
is((store(order => $unpaid->{id}))[0]{state}, 'held', 'what is only held, too');
is_deeply([store(order => 'f' x 32)], [undef, 'no_such_hold'],
    'an id that nobody gave');
is_deeply([store(order => $_)], [undef, 'no_such_hold'], 'none')
    for '', undef, 'x';

# ---- all of a neighbour
my $who = $buyer{ $alice->{id} };
is($buyer{ $nowhere->{id} }, $who, 'alice is one');
my ($list, $next) = store(orders_of => $who, undef, 2);
is_deeply([map { $_->{id} } @$list], [$unpaid->{id}, $nowhere->{id}],
    'the newest orders of a neighbour');
is($next, $nowhere->{id}, 'there are more');
($list, $next) = store(orders_of => $who, $next, 2);
is_deeply([map { $_->{id} } @$list], [$alice->{id}], 'the rest');
is($next, undef, 'and no more');
is_deeply([store(orders_of => $_)], [undef, 'no_buyer'], 'no pseudonym')
    for 'alice', '', undef, 'g' x 32, uc($who) . '0';
is_deeply((store(orders_of => 'f' x 32))[0], {}, 'nobody has bought nothing');
is_deeply([store(orders_of => $who, $cy->{id})], [{}, undef],
    'before one that is another\'s: nothing');

# ---- waves
desk(PUT => 'waves/mon', json => { sales => ['grape', 'tea'],
    cut_at => now_ms, day => '2026-12-01' });
desk(PUT => 'waves/tue', json => { sales => ['rice'],
    cut_at => now_ms + 3_600_000 });
eventually { desk(GET => 'waves/mon')->json->{seq} } 'it is frozen';
for my $id (qw(mon tue)) {
    is_deeply([store(wave => $id)], [bare(desk(GET => "waves/$id")->json),
        undef], "the wave $id, as the API has it");
}
is_deeply([store(wave => $_)], [undef, 'not_found'], 'no such one')
    for 'none', '', undef, 'A B';
($list, $next) = store(waves => undef, 1);
is_deeply($list, bare(desk(GET => 'waves?limit=1')->json->{waves}), 'a page');
is($next, 'mon', 'and there is more');
($list, $next) = store(waves => $next, 1);
is_deeply([$list->[0]{id}, $next], ['tue', undef], 'the last page');

# ---- lines
sub lines (%asked) { return store(lines => \%asked) }

desk(POST => 'waves/mon/receive', json => { pickup => 'east',
    lines => [{ sale => 'grape', qty => 5 }] });
eventually { (lines(pickup => 'east', goods => 'ready'))[0]->@* == 2 }
    'two lines are ready';

for my $point (qw(east west)) {
    for my $goods (qw(awaited ready handed_over short)) {
        my ($mine) = lines(pickup => $point, goods => $goods);
        $mine = [] if ref $mine eq 'HASH';
        my @told = map { my %line = %$_; delete @line{qw(buyer given_at
            handed_at)}; \%line } @$mine;
        is_deeply(\@told,
            desk(GET => "pickups/$point/lines?goods=$goods")->json->{lines},
            "$goods at $point, as the API has them");
        is_deeply([map { $_->{buyer} } @$mine],
            [map { $buyer{ $_->{hold} } } @$mine], 'each with its buyer');
    }
}

($list) = lines(pickup => 'east', goods => 'ready');
is_deeply([map { $_->{hold} } @$list], [$alice->{id}, $bo->{id}],
    'in the order in which was paid');
cmp_ok($list->[0]{given_at}, '>', now_ms, 'until when they are kept');
is($list->[0]{handed_at}, undef, 'not handed over');
($list, $next) = lines(pickup => 'east', goods => 'ready', limit => 1);
is(scalar @$list, 1, 'a page');
($list, $next) = lines(pickup => 'east', goods => 'ready', limit => 1,
    after => $next);
is_deeply([map { $_->{hold} } @$list], [$bo->{id}], 'the next');
is($next, undef, 'and no more');
($list) = lines(goods => 'awaited');
is_deeply([map { $_->{hold} } @$list], [$nowhere->{id}],
    'lines without a point');
is_deeply([lines(pickup => 'nowhere', goods => 'ready')],
    [undef, 'not_found'], 'no such point');
is_deeply([lines(pickup => 'east', goods => $_)], [undef, 'bad_request'],
    'no such goods') for 'gone', undef;
is_deeply([lines(pickup => 'east', goods => 'ready', after => 'x')],
    [undef, 'bad_request'], 'no cursor');

# ---- lines of a wave, wherever their goods are
sub of_wave ($wave, $sale, $pickup, %asked) {
    my ($found, $after) = store(wave_lines => { wave => $wave, sale => $sale,
        pickup => $pickup, %asked });
    return $found if !ref $found;
    return join(' ', map { "$_->{hold}=$_->{goods}$_->{qty}" }
        ref $found eq 'ARRAY' ? @$found : ()), $after;
}

my $dora = bought('dora', 'grape', 7, pickup => 'east');
is((of_wave('mon', 'grape', 'east'))[0],
    "$alice->{id}=ready3 $bo->{id}=ready2", 'ready ones of a wave');
is((of_wave('mon', 'grape', 'west'))[0], "$cy->{id}=awaited4", 'awaited ones');
is((of_wave('mon', 'grape', undef))[0], "$nowhere->{id}=awaited1",
    'those without a point');
is((of_wave('mon', 'tea', 'west'))[0], '', 'none');
my ($page, $after) = of_wave('mon', 'grape', 'east', limit => 1);
is($page, "$alice->{id}=ready3", 'page by page');
($page, $after) = of_wave('mon', 'grape', 'east', limit => 1, after => $after);
is_deeply([$page, $after], ["$bo->{id}=ready2", undef], 'the rest');
for my $none (['mon', 'rice', 'east'], ['mon', 'nope', 'east'],
    ['none', 'grape', 'east'], ['mon', 'grape', 'nowhere'],
    ['mon', 'grape', 'A B'])
{
    my ($wave, $sale, $pickup) = @$none;
    is_deeply([store(wave_lines => { wave => $wave, sale => $sale,
        pickup => $pickup })], [undef, 'not_found'], "nothing: @$none");
}

# groups by point: what waited for its group is of the wave of the group, in
# the order in which was paid among those that came later
$t->define_sale('milk', price_fen => 100, stock => 100, goal => 3,
    goal_by => 'pickup', closes_at => now_ms + 3_600_000);
my @early = (bought('m1', 'milk', 1, pickup => 'east'),
    bought('m2', 'milk', 1, pickup => 'west'),
    bought('m3', 'milk', 2, pickup => 'east'));
my $last = bought('m4', 'milk', 1, pickup => 'east');
desk(PUT => 'waves/wed', json => { sales => ['milk'], cut_at => now_ms });
eventually { desk(GET => 'waves/wed')->json->{seq} } 'frozen';
is((of_wave('wed', 'milk', 'east'))[0], join(' ', "$early[0]{id}=awaited1",
    "$early[2]{id}=awaited2", "$last->{id}=awaited1"), 'of a group');
is((of_wave('wed', 'milk', 'west'))[0], '', 'not of one that is open');
is(desk(POST => 'waves/wed/receive', json => { pickup => 'east',
    lines => [{ sale => 'milk', qty => 1 }] })->code, 200, 'the first comes');
is((of_wave('wed', 'milk', 'east'))[0], join(' ', "$early[0]{id}=ready1",
    "$early[2]{id}=awaited2", "$last->{id}=awaited1"), 'in the same order');
is($t->call(POST => "/orders/$early[2]{id}/refund", role => 'orders',
    key => $t->new_key, json => { lines => [{ sale => 'milk', qty => 2 }],
    reason => 'cancelled', restock => true })->code, 200, 'one is cancelled');
is((of_wave('wed', 'milk', 'east', limit => 1, after => ($t->entries('sold')
    )[0]{seq}))[0], "$early[0]{id}=ready1", 'a page from there');
is((of_wave('wed', 'milk', 'east'))[0], "$early[0]{id}=ready1 "
    . "$last->{id}=awaited1", 'and is no line any more');

# ---- to whom it would be short
sub would_be_short ($qty, %o) {
    return store(short => { wave => 'mon', pickup => 'east', sale => 'grape',
        qty => $qty, %o });
}

is_deeply([would_be_short(5)], [{}, false], 'nobody, when all have it');
my $dot = bought('dot', 'tea', 2, pickup => 'east');
$buyer{ $_->{hold} } //= $_->{buyer} for $t->entries('held');
desk(PUT => 'waves/thu', json => { sales => ['tea'], cut_at => now_ms });
is_deeply([would_be_short(1, wave => 'thu', sale => 'tea')],
    [[{ hold => $dot->{id}, sale => 'tea', qty => 2, short_qty => 1,
        buyer => $buyer{ $dot->{id} } }], false], 'who would get less');
is_deeply([would_be_short(0, sale => 'tea', limit => 1)],
    [[{ hold => $alice->{id}, sale => 'tea', qty => 1, short_qty => 1,
        buyer => $buyer{ $alice->{id} } }], false], 'of each wave its own');
is_deeply([would_be_short(0, wave => 'tue', sale => 'rice')], [{}, false],
    'of one that is not frozen nothing is said');
is_deeply([would_be_short(1, @$_[0, 1])], [undef, $_->[2]], "$_->[0]: none")
    for [wave => 'none', 'not_found'], [sale => 'none', 'not_found'],
    [pickup => 'nowhere', 'not_found'];
is_deeply([would_be_short($_)], [undef, 'bad_request'], 'no count')
    for -1, undef;

# ---- a code at the counter
is_deeply([store(find => 'east', code($alice->{id}))],
    [[$alice->{id}], undef], 'found by its code, once');
is_deeply((store(find => 'east', code($bo->{id}) =~ s/ //r))[0],
    [$bo->{id}], 'also without the space');
is_deeply((store(find => 'west', code($cy->{id})))[0], [$cy->{id}],
    'one that is awaited');
is_deeply((store(find => 'west', code($alice->{id})))[0], {},
    'not at another point');
is_deeply((store(find => undef, code($nowhere->{id})))[0],
    [$nowhere->{id}], 'without a point');
is_deeply((store(find => 'east', $_))[0], {}, 'no code')
    for '', undef, '1234', '0000 0000', '1234 56789', "x' OR 1";
is_deeply([store(find => 'nowhere', '1234 5678')], [undef, 'not_found'],
    'no such point');

# ---- the last ones at a point
is_deeply([store(lately => 'east', 'ready')],
    [[$early[0]{id}, $bo->{id}, $alice->{id}], undef], 'sold lately');
is_deeply((store(lately => 'east', 'ready', 1))[0], [$early[0]{id}],
    'so many');
is_deeply([store(lately => 'nowhere', 'ready')], [undef, 'not_found'],
    'no such point');
is_deeply([store(lately => 'east', 'gone')], [undef, 'bad_request'],
    'no such goods');

# ---- handed over, claimed
is($t->order($alice->{id}, 'picked-up', nonce => 'n', via => 'code',
    lines => [{ sale => 'grape' }])->code, 200, 'handed over');
($list) = lines(pickup => 'east', goods => 'handed_over');
is_deeply([map { $_->{hold} } @$list], [$alice->{id}], 'there it is');
is($list->[0]{handed_at},
    $t->read_hold('alice', $alice->{id})->{lines}[0]{handed_over_at},
    'since then');
is($list->[0]{given_at}, undef, 'and no longer to be given');
is_deeply((store(find => 'east', code($alice->{id})))[0], [$alice->{id}],
    'found among what was handed over, too');
is($t->call(POST => "/api/holds/$alice->{id}/claims", user => 'alice',
    key => $t->new_key, json => { sale => 'grape', qty => 1,
    reason => 'bad' })->code, 201, 'one is bad');
($order) = store(order => $alice->{id});
is_deeply($order->{claims}, bare($t->read_hold('alice', $alice->{id}))
    ->{claims}, 'its claims');
is($order->{lines}[0]{claim_qty}, 2, 'what is left to be claimed');
my ($open, $more) = store('claims');
is_deeply($open, [{ bare($order->{claims}[0])->%*, hold => $alice->{id},
    pickup => 'east', buyer => $who }], 'what nobody has answered yet');
is($more, false, 'is all');
is($t->call(POST => "/orders/$alice->{id}/claims", role => 'orders',
    key => $t->new_key, json => { sale => 'grape', qty => 1,
    reason => 'short' })->code, 201, 'one more');
($open, $more) = store(claims => 1);
is($open->[0]{reason}, 'bad', 'the one that is due first');
is($more, true, 'and there are others');
$t->call(POST => "/orders/$alice->{id}/claims/$open->[0]{id}",
    role => 'orders', json => { accept => false });
($open) = store('claims');
is_deeply([map { $_->{reason} } @$open], ['short'],
    'without what is answered');
is($order->{lines}[0]{handed_at}, $list->[0]{handed_at}, 'and since when');

# ---- sales, as operators see them
$t->define_sale('short', price_fen => 100, stock => 5, hold_ms => 60_000);
my %sales = map { $_->{id} => $_ }
    $t->call(GET => '/admin/sales', role => 'admin')->json->{sales}->@*;
is($sales{short}{hold_ms}, 60_000, 'operators read how long units are held');
ok(!exists $sales{grape}{hold_ms}, 'where the sale has a time of its own');
ok(!exists $t->sale('short')->{hold_ms}, 'nobody else does');
is((Tuanbo::Test::Lua::call($t, sale => 'short'))[0]{hold_ms}, 60_000,
    'Lua, too');
my ($grape) = Tuanbo::Test::Lua::call($t, sale => 'grape');
is_deeply([@{$grape}{qw(handed_over claimed)}],
    [@{ $sales{grape} }{qw(handed_over claimed)}], 'what is claimed of it');
is_deeply($t->call(GET => '/admin/sales/grape', role => 'admin')->json,
    $sales{grape}, 'one of them');
my $res = $t->get('/api/sales/grape');
is((store(sale_etag => 'grape'))[0], $res->headers->header('ETag'),
    'what a change is compared with');
is_deeply([store(sale_etag => 'none')], [undef, 'no_such_sale'], 'none');
$res = $t->call(GET => '/admin/documents/pickup/east', role => 'admin');
is((store(document_etag => 'pickup', 'east'))[0],
    $res->headers->header('ETag'), 'a document\'s');
is_deeply([store(document_etag => 'pickup', 'none')], [undef, 'not_found'],
    'none');
is_deeply([store(document_etag => '', 'grape')], [undef, 'not_found'],
    'no kind');

# ---- contacts
is($t->post('/api/contact', user => 'alice', json => { name => '李阿姨',
    digits => '0123', consent => ['labels'] })->code, 202, 'a contact');
eventually { my ($contact) = store(contact => $who); $contact }
    'it can be read by pseudonym';
is_deeply([store(contact => $who)], [{ name => '李阿姨', digits => '0123',
    consent => ['labels'] }, undef], 'with what was agreed to');
is_deeply([store(contact => $buyer{ $bo->{id} })], [undef, undef],
    'another has none');
is_deeply([store(contact => $_)], [undef, 'no_buyer'], 'no pseudonym')
    for 'alice', '', undef;

# ---- 10,000 lines at one point
{
    my @sales = map { "many-$_" } 1 .. 8;
    my (@held, @sold);

    $t->define_sale($_, price_fen => 100, stock => 2000) for @sales;

    for my $some (1 .. 10) {
        my @new = map { $_->json } $t->many([map { $t->hold_call(
            "many-$some-$_", [map { [$_, 1] } @sales], 1, pickup => 'east') }
            1 .. 125]);

        push @held, @new;
        push @sold, $t->many([map { $t->order_call($_->{id}, 'confirm',
            payment => "pay-$_->{id}", paid_fen => 800) } @new]);
    }

    is(scalar(grep { $_->code == 200 } @sold), 1250, '10,000 are sold');
    my $one = $held[0]{id};
    eventually { my ($got) = store(find => 'east', code($one));
        ref $got eq 'ARRAY' && $got->[0] eq $one } 'the first of them is found';
    is_deeply((store(find => 'east', code($one)))[0], [$one],
        'once, though all its lines are there');
    my $ms = $t->get('/lua/speed')->body;
    diag("a code among 10,000 lines: $ms ms");
    ($list) = lines(pickup => 'east', goods => 'awaited', limit => 5000);
    is(scalar @$list, 500, 'a page has 500 lines at most');
}

# ---- of another life
$t->stop;
system('cp', $log, $t->dir . '/backup') == 0 or die;
$t->start;
my $lost = $t->held('dora', 'tea', 1, pickup => 'east');
is((store(order => $lost->{id}))[0]{state}, 'held', 'one after the backup');
$t->stop;
system('cp', $t->dir . '/backup', $log) == 0 or die;
$t->start;
eventually { ((store(order => $lost->{id}))[1] // '') eq 'other_life' }
    'one that this ledger does not have';
is_deeply((store(find => 'east', code($alice->{id})))[0], [$alice->{id}],
    'what it has is found under its id');
is((store(sale_etag => 'grape'))[0],
    $t->get('/api/sales/grape')->headers->header('ETag'),
    'and tags have the life\'s epoch');

$t->finish;
