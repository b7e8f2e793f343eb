use v5.36;
use utf8;
use Tuanbo::Test;
use Tuanbo::Test::Lua;

# Documents: put and read by the operator, read by Lua; the catalogue's rules,
# told alike by the loader and by the server; the demo's own catalogue.

my $root = Tuanbo::Test::root();

sub call { Tuanbo::Test::Lua::call(@_) }

my $guarded = <<'CONF';
        location /guarded/ {
            client_body_buffer_size 1k;
            access_by_lua_block { require("tuanbo.catalog").guard() }
            flashsale_admin;
        }
CONF
my $t = Tuanbo::Test->new(Tuanbo::Test::Lua->options(server => $guarded));

$t->start;

# ---- the operator
my $grape = { unit => '箱', orchard => '云南建水', pieces => undef };
is_deeply($t->admin(PUT => '/documents/product/grape', json => $grape),
    $grape, 'put');
is_deeply($t->get('/admin/documents/product/grape', role => 'admin')->json,
    $grape, 'and read');
my $key = $t->new_key;
for my $again (0, 1) {
    my $res = $t->call(PUT => '/admin/documents/product/pear',
        role => 'admin', key => $key, json => { unit => 'box' });
    is($res->code, 200, 'put once more');
    is($res->headers->header('Idempotent-Replayed') // '',
        $again ? 'true' : '', $again ? 'a replay' : 'the first time');
}
$t->answers($t->call(PUT => '/admin/documents/product/pear', role => 'admin',
    key => $key, json => { unit => 'bag' }), 422, 'key_reused',
    'the key with another document');
$t->answers($t->get('/admin/documents/product/grape'), 401, 'bad_signature',
    'not unsigned');
$t->answers($t->call(PUT => '/admin/documents/product/grape', key => 'k',
    json => {}), 401, 'bad_signature', 'nor changed');
$t->answers($t->get('/admin/documents/product/none', role => 'admin'), 404,
    'not_found', 'none');
$t->answers($t->call(POST => '/admin/documents/product/grape',
    role => 'admin'), 405, 'method_not_allowed', 'no other method');

sub put ($path, %o) {
    return $t->call(PUT => "/admin/documents/$path", role => 'admin',
        key => $t->new_key, %o);
}

is($t->answers(put('sale/grape', json => {}), 400, 'bad_request',
    'not a sale\'s')->{field}, 'kind', 'whose document has another way');
is($t->answers(put('Product/grape', json => {}), 400, 'bad_request',
    'no kind')->{field}, 'kind', 'said so');
is($t->answers(put('product/gr_ape', json => {}), 400, 'bad_request',
    'no slug')->{field}, 'id', 'said so');
$t->answers(put('product/a', body => '[1]'), 400, 'bad_request',
    'no object');
$t->answers(put('product/a', body => '{"a":'), 400, 'bad_request', 'no JSON');
$t->answers(put('product/a', json => { a => 'x' x 65_536 }), 413, 'too_large',
    'too large');
is(put('product/a', json => { a => 'x' x 65_000 })->code, 200,
    'as large as allowed');
is((grep { $_->{type} eq 'document' } $t->ledger), 3, 'one entry for each');

# ---- Lua
is_deeply([call($t, document => 'product', 'grape')],
    [{ unit => '箱', orchard => '云南建水' }, undef], 'read, without nulls');
is_deeply([call($t, document => 'product', 'none')], [undef, 'not_found'],
    'none');
put("many/doc-$_", json => { n => $_, fill => 'x' x 50_000 }) for 10 .. 39;
my ($list, $next) = call($t, documents => 'many', undef, 5);
is_deeply([map { "$_->{id} $_->{doc}{n}" } @$list],
    [map { "doc-$_ $_" } 10 .. 14], 'a page');
is($next, 'doc-14', 'and there is more');
my ($after, @all);
do {
    ($list, $after) = call($t, documents => 'many', $after, 100);
    push @all, map { $_->{id} } @$list;
    cmp_ok(scalar @$list, '<', 30, 'a page is bounded') if $after;
} while ($after);
is_deeply(\@all, [map { "doc-$_" } 10 .. 39], 'all of them, page by page');
is_deeply([call($t, documents => 'none')], [{}, undef], 'a kind without any');
$t->define_sale('grape', doc => { product => 'grape' });
is_deeply([call($t, document => 'sale', 'grape')],
    [{ product => 'grape' }, undef], 'the doc of a sale');

# ---- the rules: [kind, document, what is said of it]
my %product = (unit => '箱');
my %pickup = (name => 'a', address => 'b', hours => 'c');
my $friday = 1735905600000;
my %session = (title => 'a', starts_at => $friday);
my $time = 'is a time in milliseconds, from 2020 to 2100';
my $written = "$time, or like 2026-11-27T20:00:00+08:00";
my %sale = (price_fen => 1, stock => 1);
my @wrong = (
    [product => {}, 'unit is missing'],
    [product => { unit => undef }, 'unit is missing'],
    [product => { %product, unit => '一二三四五六七八九' },
        'unit is a text of 1 to 8 characters'],
    [product => { %product, story => '' },
        'story is a text of 1 to 2000 characters'],
    [product => { %product, story => 7 },
        'story is a text of 1 to 2000 characters'],
    [product => { %product, orchid => 'x' }, 'orchid is not a field here'],
    [product => { %product, price_fen => 1 },
        'price_fen is not a field here: a price is a field of a sale',
        'price_fen is not a field here'],
    [product => { %product, pieces => 1.5 },
        'pieces is a whole number from 1 to 100000'],
    [product => { %product, pieces => '7' },
        'pieces is a whole number from 1 to 100000'],
    [product => { %product, fresh => 1 }, 'fresh is true or false'],
    [product => { %product, picture => '../x.svg' },
        'picture is the name of a file, like grape.svg'],
    [product => { %product, pictures => ['../x-1x1'] },
        'pictures[1] is the name of a photo, like 0f3a-1600x1200'],
    [product => { %product, en => 'x' }, 'en is an object'],
    [product => { %product, en => { unit => 'x', colour => 'x' } },
        'en.colour is not a field here'],
    [pickup => { %pickup, hours => undef }, 'hours is missing'],
    [pickup => { %pickup, stop => 0 }, 'stop is a whole number from 1 to 9999'],
    [pickup => { %pickup, delivery_weekdays => ['tue', 'friday'] },
        'delivery_weekdays[2] is mon or tue or wed or thu or fri or sat or sun'],
    [product => { %product, delivery_days => 61 },
        'delivery_days is a whole number from 0 to 60'],
    (map { [session => { %session, delivery_day => $_ },
        'delivery_day is a day like 2026-12-01'] } '2026-02-30', '2026-2-3',
        20261201, '2026-12-01 ', '1999-12-01', "2026-12-01\n"),
    [session => { %session, starts_at => 'soon' },
        "starts_at $written", "starts_at $time"],
    [session => { %session, starts_at => '2026-11-27T20:00:00+99:00' },
        "starts_at $written", "starts_at $time"],
    [session => { %session, starts_at => '2026-11-27T20:00:00+08:60' },
        "starts_at $written", "starts_at $time"],
    [session => { %session, starts_at => '2026-11-27T20:00:00-14:01' },
        "starts_at $written", "starts_at $time"],
    [session => { %session, starts_at => '2026-02-30T20:00:00+08:00' },
        "starts_at $written", "starts_at $time"],
    [session => { %session, starts_at => '2019-12-31T23:59:59Z' },
        "starts_at $written", "starts_at $time"],
    [session => { %session, starts_at => $friday / 1000 },
        "starts_at $written", "starts_at $time"],
    [session => { %session, ends_at => 4133980800000 }, "ends_at $written",
        "ends_at $time"],
    [session => { %session, ends_at => $friday }, 'ends_at is after starts_at'],
    [session => { %session, ends_at => $friday - 1 },
        'ends_at is after starts_at'],
    (map { [session => { %session, elsewhere => { url => $_ } },
        'elsewhere.url is an address that begins with https:// or weixin://,'
        . ' of at most 500 signs'] } 'http://a.example', 'javascript:alert(1)',
        'https://', "https://a.example/ b", "https://a.example\n", 'weixin://',
        'data:text/html,x', 'https://a.example/<b>', 'https://a.example/' . 'x' x 500,
        "https://a.example/\x{e9}"),
    [session => { %session, on_camera => 'A' },
        'on_camera is 1 to 64 of a-z, 0-9 and -'],
    [sale => { stock => 1 }, 'price_fen is missing'],
    [sale => { stock => 1, gives => 5 }, 'gives is an object'],
    [sale => { stock => 1, gives => undef }, 'price_fen is missing'],
    [sale => { %sale, opens_at => $friday / 1000 }, "opens_at $written",
        "opens_at $time"],
    [sale => { %sale, closes_at => '2101-01-01T00:00:00Z' },
        "closes_at $written", "closes_at $time"],
    [sale => { %sale, opens_at => $friday, closes_at => $friday },
        'closes_at is after opens_at'],
    [sale => { %sale, goal => 2 }, 'goal is at most the stock'],
    [sale => { %sale, goal => 2, goal_by => 'pickup' },
        'goal is at most the stock'],
    [sale => { %sale, goal_by => 'all' }, 'goal_by is sale or pickup'],
    [sale => { %sale, doc => { price_fen => 1 } },
        'doc.price_fen is not a field here: a price is a field of a sale',
        'doc.price_fen is not a field here'],
    [sale => { %sale, doc => { pickups => [] } },
        'doc.pickups is a list of 1 to 100'],
    [sale => { %sale, doc => { pickups => ['a', 'B'] } },
        'doc.pickups[2] is 1 to 64 of a-z, 0-9 and -'],
);
my $files = $t->dir . '/catalog';
my %folder = (product => 'products', pickup => 'pickups',
    session => 'sessions', sale => 'sales');

mkdir $files or die $!;

sub write_catalog (@files) {
    system('rm', '-rf', $files) == 0 or die;
    mkdir $files or die $!;
    for my $each (@files) {
        my ($name, $json) = @$each;
        mkdir "$files/" . $name =~ s{/.*}{}r;
        open my $file, '>:raw', "$files/$name" or die "$name: $!";
        print {$file} ref $json ? encode_json($json) : $json;
        close $file or die $!;
    }
}

sub load (@options) {
    my $said = `$root/conf/bin/tuanbo-load-catalog @options 2>&1`;
    utf8::decode($said);
    return ($? >> 8, $said);
}

my @online = ('--url', $t->url(''), '--secret', $t->dir . '/secrets/admin');

for my $each (@wrong) {
    my ($kind, $json, $rule, $server) = @$each;

    write_catalog(["$folder{$kind}/one.json", $json],
        ['pickups/a.json', \%pickup]);
    my ($status, $said) = load('--check', $files);
    like($said, qr{\A\Q$files/$folder{$kind}/one.json: $rule\E$}m,
        "$kind: $rule");
    is($status, 1, 'refused');

    my $res = $t->call(PUT => '/guarded/'
        . ($kind eq 'sale' ? 'sales/one' : "documents/$kind/one"),
        role => 'admin', key => $t->new_key, json => $json);
    my $problem = $t->answers($res, 400, 'bad_request', 'by the server, too');
    is("$problem->{field} $problem->{rule}", $server // $rule,
        'in the same words');
}

my $large = { %pickup, note => 'x' x 300, en => { note => 'x' x 800,
    address => 'x' x 400, hours => 'x' x 201 } };
is($t->call(PUT => '/guarded/documents/pickup/one', role => 'admin',
    key => $t->new_key, json => $large)->json->{field}, 'en.hours',
    'also of a body in a file');
$t->answers($t->call(PUT => '/guarded/documents/pickup/one',
    json => \%pickup), 401, 'bad_signature', 'a guard is no signature');
is($t->call(PUT => '/guarded/documents/pickup/one', role => 'admin',
    key => $t->new_key, json => \%pickup)->code, 200, 'what is right goes on');
is($t->call(PUT => '/guarded/sales/rain', role => 'admin', key => $t->new_key,
    json => { stock => 1, gives => { kind => 'coupon', off_fen => 5 } })->code,
    201, 'what is given has no price');
is($t->answers($t->call(PUT => '/guarded/sales/rain', role => 'admin',
    key => $t->new_key, json => { stock => 1, gives => { kind => 'coupon' } }),
    400, 'bad_request', 'and by the engine\'s rules')->{field},
    'gives.off_fen', 'which names its field');

sub referral ($inviter, $id = 'referral') {
    return $t->call(PUT => "/guarded/documents/shop/$id", role => 'admin',
        key => $t->new_key, json => { inviter => $inviter,
            newcomer => 'rain', per_inviter => 3 });
}
is(referral('rain')->code, 200, 'what is given to who brings somebody');
is($t->answers(referral('nothing'), 400, 'bad_request',
    'which the engine checks')->{field}, 'inviter', 'and names its field');
$t->answers(referral('rain', 'other'), 400, 'bad_request', 'and no other');
$t->answers($t->call(PUT => '/guarded/documents/prodcut/one', role => 'admin',
    key => $t->new_key, json => {}), 400, 'bad_request', 'no such kind');

# ---- the loader
write_catalog(['sales/one.json', { %sale, doc => { product => 'none',
    session => 'one' } }], ['sessions/one.json', \%session],
    ['pickups/A.json', \%pickup], ['products/x.json', '{"unit":']);
my ($status, $said) = load(@online, $files);
is($status, 1, 'mistakes');
like($said, qr{^\S+/sales/one\.json: doc\.product names no product}m,
    'a name of nothing');
like($said, qr{^\S+/pickups/A\.json: has a name}m, 'a name of a file');
like($said, qr{^\S+/products/x\.json: is a JSON object: }m, 'no JSON');
like($said, qr{^Nothing was sent\.$}m, 'all are told');
$t->answers($t->get('/admin/documents/session/one', role => 'admin'), 404,
    'not_found', 'and nothing was sent');

write_catalog(['products/one.json', { unit => '箱', fresh => false }],
    ['sessions/one.json', { title => 'a',
        starts_at => '2025-01-03T20:00:00+08:00' }],
    ['sales/one.json', { %sale, doc => { product => 'one', session => 'one',
        pickups => ['one'] } }]);
($status, $said) = load(@online, $files);
is($said, "Loaded 1 product, 1 session, 1 sale.\n", 'loaded');
is($status, 0, 'well');
is(call($t, document => 'session', 'one')->{starts_at}, 1735905600000,
    'times in milliseconds');
is(call($t, document => 'product', 'one')->{fresh}, false, 'as it stands');
is($t->sale('one')->{price_fen}, 1, 'the sale');
my $before = $t->sale('one');
($status, $said) = load(@online, $files);
is_deeply({ $t->sale('one')->%*, version => 0 }, { %$before, version => 0 },
    'again changes nothing');
write_catalog(['products/one.json', { unit => '袋' }]);
load(@online, '--new', $files);
is(call($t, document => 'product', 'one')->{unit}, '箱',
    '--new leaves it alone');
load(@online, $files);
is(call($t, document => 'product', 'one')->{unit}, '袋', 'else it changes');
write_catalog(['products/one.json', { unit => '箱', fresh => false }]);
load(@online, $files);
is(call($t, document => 'product', 'one')->{unit}, '箱',
    'also back to what it was once');
write_catalog(['sales/one.json', { %sale, title => "\x{1}" }]);
($status, $said) = load(@online, $files);
like($said, qr{^\S+/sales/one\.json: title .* \(400\)$}m,
    'what only the engine refuses');
# ---- what was changed in the store meanwhile is not undone
my %evening = (price_fen => 1000, stock => 80, limit => 4,
    title => 'evening');
sub evening (%change) {
    write_catalog(['sales/evening.json', { %evening, %change }]);
}
sub stands () {
    return join ' ', $t->sale('evening')->@{qw(stock limit title)};
}
evening();
($status, $said) = load(@online, $files);
is($said, "Loaded 1 sale.\n", 'loaded');
$t->admin(POST => '/sales/evening/stock', json => { add => 40 });
($status, $said) = load(@online, $files);
is(stands(), '120 4 evening', 'raised stock stays');
like($said, qr{^\S+/sales/evening\.json:[ ]stock[ ]is[ ]120[ ]in[ ]the[ ]store,
    [ ]80[ ]here:[ ]left[ ]alone$}mx, 'which is told');
evening(title => 'late', limit => 5);
my $known = $t->sale('evening')->{version};
($status, $said) = load(@online, '--dry-run', $files);
like($said, qr{evening\.json: would send limit 5, title "late"$}m,
    'what would be sent');
is($t->sale('evening')->{version}, $known, 'and is not');
load(@online, '--quiet', $files);
is(stands(), '120 5 late', 'what changed here is loaded, the rest stays');
evening(title => 'late', limit => 5, stock => 90);
($status, $said) = load(@online, '--quiet', $files);
like($said, qr{stock is 120 in the store, 90 here, 80 before: left alone},
    'changed on both sides: told, also quietly');
is(stands(), '120 5 late', 'and left alone');
load(@online, '--force', $files);
is(stands(), '90 5 late', 'but by force');
evening(title => 'late', limit => 5, stock => 100);
($status, $said) = load(@online, $files);
is(stands(), '100 5 late', 'then the files are in charge again');
$t->define_sale('evening', price_fen => 900, stock => 100, limit => 5,
    title => 'late');
($status, $said) = load(@online, $files);
like($said, qr/price_fen is 900 in the store, 1000 here: left alone/,
    'another price is not undone either');
write_catalog(['products/evening.json', { unit => 'a', story => 'a' }]);
load(@online, $files);
$t->admin(PUT => '/documents/product/evening', json => { unit => 'a',
    story => 'b' });
($status, $said) = load(@online, $files);
like($said, qr/story is "b" in the store, "a" here: left alone/,
    'nor a document');
write_catalog(['sales/one.json', { %sale, title => "\x{1}" }]);

$t->set_secrets(admin => 'another-secret-of-admin');
($status, $said) = load(@online, $files);
like($said, qr/\(401\)$/m, 'a wrong secret');

# ---- the demo's
($status, $said) = load('--check', "$root/conf/demo");
is($status, 0, 'the demo\'s catalogue') or diag($said);

$t->finish;
