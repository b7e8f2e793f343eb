use v5.36;
use Tuanbo::Test;

# Operators' lists: sales, documents of a kind; and documents that go.

my $t = Tuanbo::Test->new->start;

sub get ($path, %o) { return $t->get("/admin/$path", role => 'admin', %o) }

sub remove ($path, %o) {
    return $t->call(DELETE => "/admin/documents/$path", role => 'admin',
        key => $t->new_key, %o);
}

# All pages of a list: what is in them, and how many there are.
sub pages ($path, $name, $limit) {
    my ($after, $n, @all) = (undef, 0);

    do {
        my $res = get("$path?limit=$limit"
            . (defined $after ? "&after=$after" : ''));
        die "$path: " . $res->code . $res->body if $res->code != 200;
        push @all, $res->json->{$name}->@*;
        $after = $res->json->{next};
        die "$path does not end" if ++$n > 1000;
    } while (defined $after);

    return (\@all, $n);
}

# ---- sales
is_deeply(get('sales')->json, { sales => [], next => undef }, 'no sale');
$t->define_sale("s-$_") for 10 .. 34;
$t->admin(POST => '/sales/s-11/close');
my ($sales, $n) = pages('sales', 'sales', 10);
is($n, 3, 'three pages of ten');
is_deeply([map { $_->{id} } @$sales], [map { "s-$_" } 10 .. 34],
    'all sales, closed ones, too');
is_deeply($sales->[1], $t->sale('s-11'), 'each as it is alone');
is(scalar get('sales')->json->{sales}->@*, 20, 'twenty unless it is said');
is(get('sales?after=s-33')->json->{sales}[0]{id}, 's-34', 'after one');
is_deeply(get('sales?after=z')->json, { sales => [], next => undef },
    'after all');

# ---- documents
is_deeply(get('documents/page')->json, { documents => [], next => undef },
    'no document');
my %docs = map { ("p-$_" => { n => $_, text => "\"\\\x{8461}\n" }) } 10 .. 34;
$t->admin(PUT => "/documents/page/$_", json => $docs{$_}) for keys %docs;
$t->admin(PUT => '/documents/pages/other', json => {});
$t->admin(PUT => '/documents/pag/other', json => {});
(my $documents, $n) = pages('documents/page', 'documents', 10);
is($n, 3, 'three pages of ten');
is_deeply($documents, [map { { id => $_, doc => $docs{$_} } }
    sort keys %docs], 'all of a kind, and of no other');
is(scalar get('documents/page')->json->{documents}->@*, 20, 'twenty');
is_deeply([map { $_->{id} } get('documents/page?after=p-32&limit=100')->json
    ->{documents}->@*], ['p-33', 'p-34'], 'after one');
is(get('documents/page', headers => {})->headers->cache_control,
    'private, no-store', 'kept nowhere');

# the doc of a sale, like any other
$t->define_sale('s-10', doc => { product => 'grape' });
is_deeply(get('documents/sale')->json, { documents => [{ id => 's-10',
    doc => { product => 'grape' } }], next => undef }, 'the docs of sales');

# large ones: a page ends in time
$t->admin(PUT => "/documents/large/l-$_", json => { text => 'x' x 65_000 })
    for 10 .. 39;
my $res = get('documents/large?limit=100');
cmp_ok(length $res->body, '<', 1_200_000, 'a page is bounded');
(my $large, $n) = pages('documents/large', 'documents', 100);
is_deeply([map { $_->{id} } @$large], [map { "l-$_" } 10 .. 39],
    'and all come');

# ---- what is asked wrongly
for my $path ('sales', 'documents/page') {
    for my $bad ('limit=0', 'limit=101', 'limit=x', 'after=', 'after=A',
        'after=' . 'x' x 65, 'after=a&after=b')
    {
        my ($field) = $bad =~ /^(\w+)/;
        is($t->answers(get("$path?$bad"), 400, 'bad_request',
            "$path?$bad")->{field}, $field, 'names it');
    }
    $t->answers($t->get("/admin/$path"), 401, 'bad_signature', 'signed');
    $t->answers($t->get("/admin/$path", role => 'orders'), 401,
        'bad_signature', 'by its own role');
    $res = $t->call(DELETE => "/admin/$path", role => 'admin', key => 'k');
    $t->answers($res, 405, 'method_not_allowed', 'only read');
    is($res->headers->header('Allow'), 'GET, HEAD', 'which it says');
}
$t->answers(get('documents/No'), 404, 'not_found', 'no kind');
$t->answers(get('documents/'), 404, 'not_found', 'nor this');

# ---- a document goes
$res = remove('page/p-10', key => 'gone-1');
is($res->code, 200, 'deleted') or diag($res->body);
is_deeply($res->json, {}, 'an empty object');
$t->answers(get('documents/page/p-10'), 404, 'not_found', 'gone');
is(get('documents/page?limit=1')->json->{documents}[0]{id}, 'p-11',
    'from the list as well');
$res = remove('page/p-10', key => 'gone-1');
is($res->code, 200, 'once more');
is($res->headers->header('Idempotent-Replayed') // '', 'true', 'a replay');
$t->admin(PUT => '/documents/page/p-10', json => { again => 1 });
is(remove('page/p-10', key => 'gone-1')->code, 200, 'the key once more');
is(get('documents/page/p-10')->json->{again}, 1, 'deletes nothing');
$t->answers(remove('page/p-11', key => 'gone-1'), 422, 'key_reused',
    'nor another');
$t->answers($t->call(PUT => '/admin/documents/page/p-10', role => 'admin',
    key => 'gone-1', json => {}), 422, 'key_reused', 'nor does it write');
my @gone = $t->entries('deleted');
is(scalar @gone, 1, 'one entry');
like($gone[0]{digest}, qr/^[0-9a-f]{32}$/, 'with a digest');
ok(length $gone[0]{key}, 'and the key');
my $before = join '', $t->ledger_lines;
$t->answers(remove('page/none'), 404, 'not_found', 'what is not there');
$t->answers(remove('page/p-12', key => undef), 400, 'bad_request',
    'not without a key');
is($t->answers(remove('sale/s-10'), 400, 'bad_request', 'not a sale\'s')
    ->{field}, 'kind', 'whose document has another way');
is($t->answers(remove('page/P'), 400, 'bad_request', 'no slug')->{field},
    'id', 'said so');
$t->answers(remove('page/p-12', json => { a => 1 }), 400, 'bad_request',
    'nor with a body');
$t->answers($t->call(DELETE => '/admin/documents/page/p-12', key => 'k'), 401,
    'bad_signature', 'nor unsigned');
is(join('', $t->ledger_lines), $before, 'nothing was done by these');
is(get('documents/page/p-12')->code, 200, 'it is there');
$t->chain_ok;
$t->audit_ok;

# ---- also after all is folded again
$t->stop;
$t->expect_log(qr/index-1\/data\.mdb is missing|folding \d+ entries/);
system('rm', '-rf', glob $t->store_path . '/index-*') == 0 or die;
$t->start;
eventually { (remove('page/p-10', key => 'gone-1')->headers
    ->header('Idempotent-Replayed') // '') eq 'true' } 'the key is known';
$t->finish;
