use v5.36;
use Tuanbo::Test;

# Conditional requests: what a write supposes is judged before anything is
# decided. 412 means that nothing was done, and 200 that it was.

my $t = Tuanbo::Test->new->start;

sub write_to ($method, $path, $json, %headers) {
    my $key = delete $headers{key} // $t->new_key;

    return $t->call($method => "/admin/$path", role => 'admin', key => $key,
        headers => \%headers, defined $json ? (json => $json) : ());
}

sub etag ($path, %o) {
    return $t->get($path, %o)->headers->etag;
}

# Nothing is written, and nothing is said to be.
sub nothing_done ($name, $code) {
    local $Test::Builder::Level = $Test::Builder::Level + 1;
    my $before = join '', $t->ledger_lines;
    my $res = $code->();

    $t->answers($res, 412, 'precondition_failed', $name);
    is(join('', $t->ledger_lines), $before, 'and nothing was done');
    ok(!defined $res->headers->header('Idempotent-Replayed'), 'nor before');
}

my %grape = (price_fen => 100, stock => 10);
my $put = sub (%headers) {
    return write_to(PUT => 'sales/grape', \%grape, %headers);
};

# ---- to create, and not to
nothing_done('to change what is not there', sub { $put->('If-Match' => '*') });
nothing_done('nor by a tag', sub { $put->('If-Match' => '"1"') });
my $res = $put->('If-None-Match' => '*', key => 'make');
is($res->code, 201, 'to create') or diag($res->body);
nothing_done('what is there', sub { $put->('If-None-Match' => '*') });
is($put->('If-None-Match' => '*', key => 'make')->headers
    ->header('Idempotent-Replayed'), 'true', 'the retry of it is a replay');
is($res->headers->etag, etag('/api/sales/grape'), 'its tag is shown');

# ---- two operators who read the same
my $tag = etag('/api/sales/grape');
is($put->('If-Match' => $tag)->code, 200, 'the first');
nothing_done('the second', sub { $put->('If-Match' => $tag) });
nothing_done('a list without it', sub {
    $put->('If-Match' => "\"0\", $tag, W/" . etag('/api/sales/grape')) });
$tag = etag('/api/sales/grape');
is($put->('If-Match' => "\"0\", $tag ,W/\"x\"")->code, 200, 'a list with it');
is($put->('If-Match' => '*')->code, 200, 'any');
$tag = etag('/api/sales/grape');
nothing_done('a weak one', sub { $put->('If-Match' => "W/$tag") });
nothing_done('unless it is this', sub { $put->('If-None-Match' => $tag) });
nothing_done('or weakly', sub { $put->('If-None-Match' => "W/$tag") });
is($put->('If-None-Match' => '"0"')->code, 200, 'another');

# together many of them: one is first
$tag = etag('/api/sales/grape');
my @answers = $t->many([map { [PUT => '/admin/sales/grape', role => 'admin',
    key => "race-$_", headers => { 'If-Match' => $tag },
    json => { %grape, stock => 10 + $_ }] } 1 .. 20]);
is(join(' ', sort map { $_->code } @answers), join(' ', 200, (412) x 19),
    'of twenty at once one');

# ---- each write of a sale
for my $change ([stock => { add => 1 }], [pause => undef], [resume => undef],
    [close => undef])
{
    my ($name, $json) = @$change;
    my $post = sub (%headers) {
        return write_to(POST => "sales/grape/$name", $json, %headers);
    };
    my $now = etag('/api/sales/grape');

    nothing_done("$name, stale", sub { $post->('If-Match' => '"1"') });
    nothing_done("$name, none", sub { $post->('If-None-Match' => '*') });
    is($post->('If-Match' => $now, key => "$name-1")->code, 200, $name);
    is($post->('If-Match' => $now, key => "$name-1")->headers
        ->header('Idempotent-Replayed'), 'true', 'and its retry');
    isnt(etag('/api/sales/grape'), $now, 'has another tag');
}
$t->answers(write_to(POST => 'sales/nothing/pause', undef,
    'If-Match' => '"1"'), 404, 'no_such_sale', 'what is not there');

# ---- documents
my $doc = 'documents/pickup/east';
nothing_done('a document that is not there', sub {
    write_to(PUT => $doc, { a => 1 }, 'If-Match' => '*') });
$res = write_to(PUT => $doc, { a => 1 }, 'If-None-Match' => '*');
is($res->code, 200, 'made');
nothing_done('once', sub {
    write_to(PUT => $doc, { a => 2 }, 'If-None-Match' => '*') });
$tag = etag("/admin/$doc", role => 'admin');
like($tag, qr/^"[0-9a-f]{32}"$/, 'a tag');
is($res->headers->etag, $tag, 'the same when it was put');
$res = $t->get("/admin/$doc", role => 'admin',
    headers => { 'If-None-Match' => $tag });
is($res->code, 304, 'not modified');
is($res->body, '', 'and not sent');
is(write_to(PUT => $doc, { a => 2 }, 'If-Match' => $tag)->code, 200,
    'the first');
nothing_done('the second', sub {
    write_to(PUT => $doc, { a => 3 }, 'If-Match' => $tag) });
is($t->get("/admin/$doc", role => 'admin')->json->{a}, 2, 'as the first has it');
isnt(etag("/admin/$doc", role => 'admin'), $tag, 'with another tag');

# ---- reads: nothing has a date, and a tag that is not met is said as such
for my $read (['/api/sales/grape'], ["/admin/$doc", role => 'admin'],
    ['/api/sales'])
{
    my ($path, %o) = @$read;

    is($t->get($path, %o, headers => { 'If-Unmodified-Since' =>
        'Mon, 01 Jan 2001 00:00:00 GMT' })->code, 200,
        "$path, whatever its date");
    $t->answers($t->get($path, %o, headers => { 'If-Match' => '"x"' }), 412,
        'precondition_failed', "$path, another one");
}

nothing_done('to delete what was', sub {
    write_to(DELETE => $doc, undef, 'If-Match' => $tag) });
is(write_to(DELETE => $doc, undef,
    'If-Match' => etag("/admin/$doc", role => 'admin'))->code, 200,
    'what is');

# ---- the clock is nothing that could be read
nothing_done('the clock', sub {
    write_to(POST => 'clock', undef, 'If-Match' => '*') });

# ---- holds have no tag: `*` is all that can be met
$t->define_sale('egg', price_fen => 100, stock => 10);
$t->points('east');
my $hold = $t->held('lin', 'egg', 1);
nothing_done('a hold for whom there is none', sub {
    $t->hold('lin', 'egg', 1, headers => { 'If-None-Match' => '*' }) });
nothing_done('or such a list', sub {
    $t->hold('lin', 'egg', 1, headers => { 'If-Match' => '"1"' }) });
is($t->hold('lin', 'egg', 1, headers => { 'If-Match' => '*',
    'If-None-Match' => '"1"' })->code, 201, 'else it is made');

my @writes = (
    [POST => "/api/holds/$hold->{id}/pickup", user => 'lin',
        json => { pickup => 'east' }],
    [POST => "/orders/$hold->{id}/confirm", role => 'orders',
        json => { payment => 'p', paid_fen => 100 }],
    [POST => "/orders/$hold->{id}/ready", role => 'orders'],
    [POST => "/orders/$hold->{id}/picked-up", role => 'orders'],
);
my $other = $t->held('sun', 'egg', 1);
my $third = $t->held('wu', 'egg', 1);

push @writes, [DELETE => "/api/holds/$other->{id}", user => 'sun'],
    [POST => "/orders/$third->{id}/cancel", role => 'orders'];
$t->confirm($t->held('xu', 'egg', 1), 'wrong', 99);
my ($due) = $t->entries('owed');
push @writes, [POST => "/orders/$due->{hold}/refunded", role => 'orders',
    json => { refund => 'r' }];

for my $write (@writes) {
    my ($method, $path, %o) = @$write;
    my $name = "$method $path" =~ s{/[0-9a-f]{32}}{/ID}r;

    nothing_done("$name, a tag", sub { $t->call($method, $path, %o,
        headers => { 'If-Match' => '"1"' }) });
    nothing_done("$name, none", sub { $t->call($method, $path, %o,
        headers => { 'If-None-Match' => '*' }) });
    is($t->call($method, $path, %o, headers => { 'If-Match' => '*',
        'If-None-Match' => '"1"' })->code, 200, "$name, done");
}
nothing_done('release, by a form\'s path', sub {
    $t->post("/api/holds/$hold->{id}/release", user => 'lin',
        headers => { 'If-None-Match' => '*' }) });
$t->answers($t->call(DELETE => '/api/holds/' . '0' x 32, user => 'lin',
    headers => { 'If-Match' => '"1"' }), 404, 'no_such_hold',
    'what is not there is not there first');
$t->answers($t->call(DELETE => "/api/holds/$hold->{id}", user => 'sun',
    headers => { 'If-Match' => '"1"' }), 404, 'no_such_hold',
    'nor is what is another\'s');

# ---- without a date there is nothing to compare with: ignored
for my $date ('Thu, 01 Jan 1970 00:00:00 GMT', 'tomorrow') {
    is(write_to(POST => 'sales/egg/stock', { add => 1 },
        'If-Unmodified-Since' => $date)->code, 200, "since $date");
    is(write_to(PUT => 'documents/page/one', { a => 1 },
        'If-Modified-Since' => $date)->code, 200, 'nor this');
    is($t->hold('zhu', 'egg', 1, headers => { 'If-Unmodified-Since' => $date })
        ->code, 201, 'nor for a hold');
    my $mine = $t->held('zhu', 'egg', 1);
    is($t->call(DELETE => "/api/holds/$mine->{id}", user => 'zhu',
        headers => { 'If-Unmodified-Since' => $date })->code, 200,
        'nor for its release');
}

# ---- what is no tag
for my $header ('If-Match', 'If-None-Match') {
    for my $value ('1', '"1', '*, "1"', '"1" "2"', 'w/"1"') {
        my $before = join '', $t->ledger_lines;
        is($t->answers($put->($header => $value), 400, 'bad_request',
            "$header: $value")->{field}, $header, 'named');
        is($t->answers($t->hold('lin', 'egg', 1,
            headers => { $header => $value }), 400, 'bad_request',
            'for a hold, too')->{field}, $header, 'named');
        is(join('', $t->ledger_lines), $before, 'and nothing was done');
    }
}
$t->answers($t->call(PUT => '/admin/sales/grape', key => 'k',
    json => \%grape, headers => { 'If-Match' => '"1"' }), 401,
    'bad_signature', 'nobody is told of tags without a signature');

$t->audit_ok;
$t->finish;
