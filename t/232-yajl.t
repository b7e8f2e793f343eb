use v5.36;
use IO::Socket::INET;
use Tuanbo::Test;

# The bodies that make yajl's known faults happen, sent to whatever reads JSON:
# docs/yajl.md. What yajl itself is asked to do is in t/unit/test_yajl.c.

my $t = Tuanbo::Test->new(server => 'client_max_body_size 0;')->start;

$t->define_sale('grape', price_fen => 100, stock => 20);
my $id = $t->hold('alice', 'grape')->json->{id};
my %signed = (role => 'orders');
my @readers = (
    [POST => '/api/holds', 16_384, user => 'alice'],
    [POST => "/api/holds/$id/pickup", 16_384, user => 'alice'],
    [POST => "/api/holds/$id/release", 16_384, user => 'alice'],
    (map { [POST => "/orders/$id/$_", 16_384, role => 'orders'] }
        qw(confirm cancel refunded ready picked-up)),
    [PUT => '/admin/sales/pear', 73_728, role => 'admin'],
    [POST => '/admin/sales/grape/stock', 73_728, role => 'admin'],
    (map { [POST => "/admin/sales/grape/$_", 16_384, role => 'admin'] }
        qw(pause resume)),
    [PUT => '/admin/documents/product/pear', 65_536, role => 'admin'],
);
my @workers = sort $t->worker_pids;


# As a whole, or in chunks.
sub sent ($reader, $body, $chunks = 0) {
    my ($method, $target, undef, %o) = @$reader;
    my $tx = $t->tx($method => $target, body => $body,
        type => 'application/json', ($o{role} // '') eq 'admin'
        ? (key => $t->new_key) : (), %o);

    if ($chunks) {
        my @pieces = unpack '(a999)*', $body;

        $tx->req->body('');
        $tx->req->content->write_chunk(shift @pieces, sub ($content, @) {
            my $piece = shift @pieces;
            $content->write_chunk($piece // '', defined $piece ? __SUB__ : ());
        });
    }

    return $t->ua->start($tx)->res;
}


# ---- CVE-2017-16516: half of a surrogate pair
my @halves = ('\uD800\\\\DC00', '\uDBFF\\\\u ', '\ud800\\\\\\\\a',
    '\ud800\\\\\\\\u', '\udb00\\\\\\\\0', '\ud800\\\\u0', '\uD800', '\uDC00');
my @bodies = map { (qq({"e":{"$_":"a"}}), qq({"sale":"$_","qty":1}),
    qq({"price_fen":1,"stock":1,"title":"$_","doc":{"pickups":["$_"]}}),
    qq({"$_"\@: ")) } @halves;

# ---- CVE-2023-33460: documents that end, or go wrong, in the middle
my @broken = ('{"@\\\\\\\\\n\\\\\\\\\\\\\\\\"', qq({"key" : "value\n}),
    '{"obj1":{ "key1":1 "key2":2}}', '{"a":[[[{"b":', '[' x 5000);

for my $reader (@readers) {
    my $name = "$reader->[0] $reader->[1]" =~ s/\Q$id\E/ID/r;
    my %said;

    for my $chunks (0, 1) {
        for my $body (@bodies) {
            my $res = sent($reader, $body, $chunks);

            $said{join ' ', $res->code // 'nothing',
                map { $res->json("/$_") // '' } qw(code rule)}++;
        }
    }
    is_deeply([ sort keys %said ], ['400 bad_request is UTF-8'],
        "$name: half pairs are refused");
    is_deeply([ grep { (sent($reader, $_)->code // 0) != 400 } @broken ], [],
        "$name: and what is broken");
}

# ---- CVE-2022-24795: sizes
for my $reader (@readers) {
    my ($method, $target, $max) = @$reader;
    my $name = "$method $target" =~ s/\Q$id\E/ID/r;

    for my $unit ('x', '\n', '\u00e9') {
        my $body = '{"a":"' . $unit x int(($max - 9) / length $unit);

        isnt(sent($reader, "$body\"}")->code // 0, 413,
            "$name: one text as long as a body may be, of $unit");
        is(sent($reader, $body)->code, 400, 'cut off');
    }
    $t->answers(sent($reader, ' ' x ($max + 1), $_), 413, 'too_large',
        "$name: longer, " . ($_ ? 'in chunks' : 'as a whole')) for 0, 1;
}

for my $length (2 ** 31 - 1, 2 ** 31, 2 ** 32, '9223372036854775807') {
    my $socket = IO::Socket::INET->new(PeerAddr => '127.0.0.1',
        PeerPort => $t->port, Timeout => 10) or die $!;

    print {$socket} "POST /api/holds HTTP/1.1\r\nHost: x\r\nX-User: alice\r\n"
        . "Content-Type: application/json\r\nContent-Length: $length\r\n\r\n"
        . '{"sale":"';
    like(scalar <$socket>, qr{^HTTP/1\.1 413 }, "$length bytes: not awaited");
}

is_deeply([ sort $t->worker_pids ], \@workers, 'all by the same workers');

# ---- what the module takes of yajl
my $file = $ENV{TUANBO_STATIC} ? $ENV{TUANBO_NGINX}
    : $ENV{TUANBO_MODULE} // Tuanbo::Test::root()
    . '/build/ngx_http_flashsale_module.so';
my ($named) = Tuanbo::Test::slurp(Tuanbo::Test::root() . '/docs/yajl.md')
    =~ /^The module calls (.*?)\./ms;

is_deeply([ `nm -D $file` =~ /\bU (yajl_\w+)/g ],
    [ sort $named =~ /`(yajl_\w+)`/g ], 'what docs/yajl.md says, and no more');

$t->audit_ok;
$t->finish;
