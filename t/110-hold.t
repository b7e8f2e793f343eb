use v5.36;
use utf8;
use Tuanbo::Test;

# A hold: made, read, listed, released.

my $t = Tuanbo::Test->new->start;

$t->points(qw(xingfu));
my $sale = $t->define_sale('grape', title => '葡萄 "A"', price_fen => 3980,
    stock => 200, limit => 2);
is_deeply($sale, { id => 'grape', title => '葡萄 "A"', state => 'open',
    price_fen => 3980, stock => 200, free => 200, held => 0, sold => 0,
    limit => 2, opens_at => undef, closes_at => undef, goal => undef,
    goal_by => undef, joined => 0, formed => undef, queued => 0,
    version => $sale->{version} }, 'the sale as it was defined');
cmp_ok($sale->{version}, '>', 0, 'its version');

my $before = now_ms;
my $res = $t->hold('alice', 'grape', 2, pickup => 'xingfu');
my $hold = $res->json;
is($res->code, 201, 'taken') or diag($res->body);
like($res->headers->content_type, qr{^application/json}, 'JSON');
is($res->headers->location, "/api/holds/$hold->{id}", 'Location');
is($res->headers->cache_control, 'private, no-store', 'kept by no cache');
is($res->headers->header('Idempotent-Replayed'), undef, 'not replayed');
like($hold->{id}, qr/^[0-9a-f]{32}$/, 'an id that cannot be guessed');
is($hold->{state}, 'held', 'held');
is_deeply($hold->{lines}, [{ sale => 'grape', qty => 2, price_fen => 3980,
    off_fen => 0 }],
    'its line');
is($hold->{pickup}, 'xingfu', 'its pickup point');
is($hold->{amount_fen}, 7960, 'what it costs');
cmp_ok($hold->{created_at}, '>=', $before - 1, 'made now');
cmp_ok($hold->{created_at}, '<=', now_ms, 'not later');
is($hold->{expires_at} - $hold->{created_at}, 300_000, 'five minutes');
cmp_ok($hold->{now}, '>=', $hold->{created_at}, 'and the time now');
is_deeply([sort keys %$hold], [sort qw(id state lines pickup amount_fen
    owed_fen refunded_fen created_at expires_at now gift off_fen debts claims)],
    'nothing else');

$sale = $t->sale('grape');
is("$sale->{free} $sale->{held} $sale->{sold}", '198 2 0', 'units moved');

# reading
my $again = $t->read_hold('alice', $hold->{id});
delete $_->{now} for $again, $hold;
is_deeply($again, $hold, 'read as it was answered');
$res = $t->get("/api/holds/$hold->{id}", user => 'alice');
is($res->headers->cache_control, 'private, no-store', 'read: no cache');
$t->answers($t->get("/api/holds/$hold->{id}", user => 'bob'), 404,
    'no_such_hold', 'not for another buyer');
$t->answers($t->get("/api/holds/$hold->{id}"), 401, 'no_buyer',
    'not for nobody');
$t->answers($t->get('/api/holds/' . '0' x 32, user => 'alice'), 404,
    'no_such_hold', 'a forged id');
$t->answers($t->get('/api/holds/' . substr($hold->{id}, 1), user => 'alice'),
    404, undef, 'a short id');
$t->answers($t->get('/api/holds/' . uc $hold->{id}, user => 'alice'),
    404, undef, 'an id in capitals') if $hold->{id} =~ /[a-f]/;

# a list, newest first
$t->define_sale('egg', price_fen => 1290, stock => 100);
my @ids = map { $t->held('carol', 'egg', $_)->{id} } 1 .. 3;
$res = $t->get('/api/holds', user => 'carol');
is($res->headers->cache_control, 'private, no-store', 'list: no cache');
my $list = $res->json;
is_deeply([map { $_->{id} } @{ $list->{holds} }], [reverse @ids],
    'newest first');
is($list->{next}, undef, 'no more');
my $page = $t->get('/api/holds?limit=2', user => 'carol')->json;
is_deeply([map { $_->{id} } @{ $page->{holds} }], [@ids[2, 1]], 'a page');
is($page->{next}, $ids[1], 'and where the next begins');
$page = $t->get("/api/holds?limit=2&before=$page->{next}",
    user => 'carol')->json;
is_deeply([map { $_->{id} } @{ $page->{holds} }], [$ids[0]], 'the last page');
is($page->{next}, undef, 'which is the last');
is_deeply($t->get('/api/holds', user => 'nobody-yet')->json,
    { holds => [], next => undef }, 'a buyer without holds');
$t->answers($t->get('/api/holds?limit=0', user => 'carol'), 400,
    'bad_request', 'limit 0');
$t->answers($t->get('/api/holds?limit=101', user => 'carol'), 400,
    'bad_request', 'limit 101');
$t->answers($t->get('/api/holds'), 401, 'no_buyer', 'nobody has no list');

# release; twice frees once (bug 10)
$res = $t->call(DELETE => "/api/holds/$hold->{id}", user => 'alice');
is($res->code, 200, 'released');
is($res->json->{state}, 'released', 'and says so');
is($res->json->{expires_at}, undef, 'no longer expires');
$res = $t->call(DELETE => "/api/holds/$hold->{id}", user => 'alice');
is($res->code, 200, 'again: the same');
is($res->json->{state}, 'released', 'released');
$sale = $t->sale('grape');
is("$sale->{free} $sale->{held} $sale->{sold}", '200 0 0', 'freed once');
$t->answers($t->call(DELETE => "/api/holds/$ids[0]", user => 'alice'), 404,
    'no_such_hold', 'not the hold of another');

# two releases at once
my @answers = $t->many([map { [DELETE => "/api/holds/$ids[2]",
    user => 'carol'] } 1 .. 8]);
is_deeply([map { $_->code } @answers], [(200) x 8], 'eight releases at once');
is($t->sale('egg')->{held}, 3, 'freed once');

# sales
$res = $t->get('/api/sales/grape');
my $etag = $res->headers->etag;
is($etag, '"' . $res->json->{version} . '"', 'ETag is the version');
is($t->get('/api/sales/grape', headers => { 'If-None-Match' => $etag })->code,
    304, 'nothing new');
$t->held('dave', 'grape', 1);
is($t->get('/api/sales/grape', headers => { 'If-None-Match' => $etag })->code,
    200, 'something new');
is_deeply([map { $_->{id} } $t->get('/api/sales')->json->{sales}->@*],
    [qw(egg grape)], 'sales in order');
$page = $t->get('/api/sales?limit=1')->json;
is($page->{next}, 'egg', 'a page of sales');
$page = $t->get('/api/sales?limit=1&after=egg')->json;
is_deeply([map { $_->{id} } $page->{sales}->@*], ['grape'], 'the next page');
is($page->{next}, undef, 'which is the last');
$t->answers($t->get('/api/sales/none'), 404, 'no_such_sale', 'no such sale');
$t->answers($t->hold('alice', 'none', 1), 404, 'no_such_sale',
    'no hold of it');

$t->audit_ok;
$t->chain_ok;
unlike(join("\n", $t->ledger_lines), qr/alice|carol|bob/,
    'the ledger has no names');
my $line = "201 POST /api/holds code=created hold=$hold->{id} sale=grape"
    . ' amount=7960 wait=';
eventually { $t->access_text =~ /^\Q$line\E\d+\.\d+/m } 'variables for the log';
$t->finish;
