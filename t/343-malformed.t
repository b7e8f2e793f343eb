use v5.36;
use utf8;
use Tuanbo::Test;
use Tuanbo::Test::Storefront;

# Documents that keep no rule, as if they had been in the store from before:
# each field of the schema with a value of each type. Pages answer all the
# same, leave out what they cannot read, and say so in the log once. And each
# way in by which such a document could come today.

binmode Test::More->builder->$_, ':utf8'
    for qw(output failure_output todo_output);

my $root = Tuanbo::Test::root();
my $guarded = <<'CONF';
    location /guarded/ {
        access_by_lua_block { require("tuanbo.catalog").guard() }
        flashsale_admin;
    }
CONF
my $t = Tuanbo::Test::Storefront->storefront(workers => 1,
    server => $guarded)->start;
my $schema = decode_json(Tuanbo::Test::slurp("$root/lua/tuanbo/catalog.json"));
my %good = (
    product => { unit => '箱', en => { unit => 'box' } },
    pickup => { name => '幸福里', address => 'a', hours => 'b' },
    session => { title => '周五', starts_at => now_ms + 3_600_000 },
    sale => {},
);
my @values = (undef, true, false, 0, -1, 1.5, 7, 9223372036854775807, '', 'heavy',
    'x' x 5000, [], [undef], [7, undef, 'a'], [{}], {}, { a => { b => [1] } });

$t->expect_log(qr/\[error\].* document (?:product|pickup|session|sale)\/\S+ /);

# [kind, field]: also those of the English part
my @fields;

for my $kind (qw(product pickup session)) {
    push @fields, map { [$kind, $_] } sort keys $schema->{$kind}->%*;
    push @fields, map { [$kind, "en.$_"] }
        sort keys $schema->{$kind}{en}{fields}->%*;
}
push @fields, map { [sale => $_] } sort keys $schema->{sale}{doc}{fields}->%*;

sub id ($kind, $field) { "$kind-" . $field =~ tr/._/--/r }

sub broken ($kind, $field, $value) {
    my %doc = $good{$kind}->%*;

    if ($field =~ s/^en\.//) {
        $doc{en} = { ($doc{en} // {})->%*, $field => $value };
    }
    else {
        $doc{$field} = $value;
    }

    return \%doc;
}

sub write_all ($value) {
    for my $each (@fields) {
        my ($kind, $field) = @$each;
        my $id = id($kind, $field);
        my $doc = broken($kind, $field, $value);

        if ($kind eq 'sale') {
            $t->define_sale($id, stock => 1000, doc => $doc);
        }
        else {
            $t->admin(PUT => "/documents/$kind/$id", json => $doc);
        }
    }
}

# Each product has a sale, and each sale a session that is told of.
write_all($good{$_}) for 'x';
for my $each (grep { $_->[0] eq 'product' } @fields) {
    $t->define_sale(id(@$each), stock => 1000,
        doc => { session => 'session-title' });
}

# ---- holds of all of them, by as many buyers as it takes
sub cookies ($buyer) {
    return join '; ', map { $_->name . '=' . $_->value }
        $buyer->{ua}->cookie_jar->all->@*;
}

my @sales = map { id(@$_) } grep { $_->[0] =~ /^(?:product|sale)$/ } @fields;
my $cookie;
my @holds;

while (my @some = splice @sales, 0, 8) {
    $cookie = cookies(Tuanbo::Test::Storefront->buyer($t)
        ->get('/s/product-unit'));
    my $res = $t->post('/api/holds', headers => { Cookie => $cookie,
        'Sec-Fetch-Site' => 'same-origin' }, json => { lines =>
        [ map { { sale => $_, qty => 1 } } @some ] });
    is($res->code, 201, 'a hold') or diag($res->body);
    push @holds, ["/h/@{[ $res->json->{id} ]}", $cookie];
}

my @pages = (@holds, map { [$_, $cookie] } '/', '/me',
    (map { '/s/' . id(@$_) } grep { $_->[0] =~ /^(?:product|sale)$/ } @fields),
    '/s/product-unit?code=sold_out',
    map { '/live/' . id(@$_) } grep { $_->[0] eq 'session' } @fields);

for my $value (@values) {
    my $name = encode_json([$value]);

    $name = substr($name, 0, 30) . '…' if length $name > 40;
    write_all($value);

    # a shared page may be a little older than the store
    sleep 0.25;
    my @wrong;
    for my $lang (qw(zh en)) {
        for my $page (@pages) {
            my ($path, $of) = @$page;
            my $res = $t->get($path, headers => { Cookie => $of,
                'Accept-Language' => $lang });
            # without its beginning a broadcast is none
            next if $path eq '/live/session-starts-at' && $res->code == 404;
            push @wrong, "$path in $lang: " . $res->code
                if $res->code != 200;
        }
    }
    is("@wrong", '', "pages with $name");
}

# ---- what is left out, and what is not
$t->admin(PUT => '/documents/product/product-unit', json => { unit => {},
    orchard => '云南建水', net_weight_g => 'heavy', en => { keeps => 7,
    orchard => 'Jianshui' } });
$t->admin(PUT => '/documents/pickup/pickup-name', json => { name => '和平里',
    address => [], hours => '8-20' });
$t->define_sale('sale-pickups', stock => 1000,
    doc => { pickups => [7, 'pickup-name', undef, 'A'] });
sleep 1.1;
my $text = $t->get('/s/product-unit')->dom->at('main')->all_text;
like($text, qr/云南建水/, 'the rest of a document is shown');
$text = $t->get('/s/product-unit', headers => { 'Accept-Language' => 'en' })
    ->dom->at('main')->all_text;
like($text, qr/Jianshui/, 'of its English part too');
my $dom = $t->get('/s/sale-pickups')->dom;
is_deeply([$dom->find('[name=pickup]')->map(attr => 'value')->each],
    ['pickup-name'], 'the points that can be read');
like($dom->at('main')->all_text, qr/和平里/, 'and their names');

# ---- the log says it, once
my @lines = grep { m{document product/product-unit: net_weight_g } }
    split /\n/, $t->log_text;
is(scalar @lines, 1, 'said once');
like($lines[0] // '', qr/net_weight_g is a whole number from 1 to 1000000/,
    'with the rule');
for (1 .. 3) {
    sleep 0.25;
    $t->admin(POST => '/sales/product-unit/stock', json => { add => 1 });
    $t->get($_) for '/', '/s/product-unit';
}
@lines = grep { m{document product/product-unit: net_weight_g } }
    split /\n/, $t->log_text;
is(scalar @lines, 1, 'not for each page');

$t->expect_log(qr/too large chunked body/);

# ---- no way in: with a length, chunked, in pieces, as a sale's, no JSON
my $wrong = encode_json({ unit => {} });
my @ways = (
    ['with a length', 'documents/product/way', $wrong],
    ['chunked', 'documents/product/way', $wrong, 1],
    ['chunked and large', 'documents/product/way',
        encode_json({ unit => {}, story => 'x' x 30_000 }), 1],
    ['chunked and too large', 'documents/product/way',
        encode_json({ unit => {}, story => 'x' x 90_000 }), 1],
    ['a sale', 'sales/way', encode_json({ price_fen => 1, stock => 1,
        doc => { pickups => 'x' } }), 1],
    ['not JSON to all', 'documents/product/way', '{"unit":"x"', 1],
    ['a list', 'documents/product/way', '[]', 1],
    ['nothing', 'documents/product/way', ''],
);

for my $way (@ways) {
    my ($name, $path, $body, $chunked) = @$way;
    my $tx = $t->tx(PUT => "/guarded/$path", role => 'admin',
        key => $t->new_key, body => $body);

    if ($chunked) {
        my @pieces = unpack '(a1000)*', $body;
        my $content = $tx->req->content;

        $tx->req->body('');
        $tx->req->headers->remove('Content-Length');
        $tx->req->headers->transfer_encoding('chunked');
        my $drain;
        $drain = sub ($self, @) {
            my $piece = shift @pieces // '';
            $self->write_chunk($piece, length $piece ? $drain : undef);
        };
        $content->$drain;
    }

    my $res = $t->ua->start($tx)->res;
    ok(($res->code // 0) == 400 || ($res->code // 0) == 413,
        "refused: $name") or diag(($res->code // 'no answer') . $res->body);
}
$t->answers($t->get('/admin/documents/product/way', role => 'admin'), 404,
    'not_found', 'nothing came in');
$t->answers($t->get('/api/sales/way'), 404, 'no_such_sale', 'nor a sale');

$t->finish;
