use v5.36;
use Tuanbo::Test;
use Digest::SHA qw(sha256_hex);

# The feed is the ledger: order, pages, long poll, chain.

my $t = Tuanbo::Test->new->start;

$t->points(qw(xingfu));
$t->define_sale('grape', price_fen => 100, stock => 1000);
my $hold = $t->held('alice', 'grape', 2, pickup => 'xingfu');
$t->confirm($hold);
my $other = $t->held('bob', 'grape', 1);
$t->call(DELETE => "/api/holds/$other->{id}", user => 'bob');

my $res = $t->get('/ledger?after=0', role => 'ledger');
is($res->code, 200, 'the feed');
like($res->headers->content_type, qr{^application/x-ndjson}, 'its type');
my @entries = $t->ledger;
is_deeply([map { $_->{seq} } @entries], [1 .. @entries],
    'every number from 1, in order');
is(join(' ', map { $_->{type} } @entries),
    'store boot document sale opened held sold held released', 'what happened')
    or diag(join "\n", $t->ledger_lines);
my ($held) = grep { $_->{type} eq 'held' } @entries;
is($held->{hold}, $hold->{id}, 'the hold, by the id people see');
is($held->{sale}, 'grape', 'the sale, by its name');
is($held->{qty}, 2, 'how many');
is($held->{pickup}, 'xingfu', 'where');
is($held->{expires_at}, $hold->{expires_at}, 'until when');
like($held->{buyer}, qr/^[0-9a-f]{32}$/, 'a pseudonym');
is(scalar(grep { ($_->{buyer} // '') eq $held->{buyer} && $_->{hold} ne
    $hold->{id} } @entries), 0, 'not that of another buyer');
my @backwards = grep { $entries[$_]{at} < $entries[$_ - 1]{at} } 1 .. $#entries;
is(scalar @backwards, 0, 'times do not go back');

# ---- the chain, as the documentation tells
my $previous = '0' x 64;
my $wrong = 0;
for my $line ($t->ledger_lines) {
    my ($text, $hash) = $line =~ /\A(.*),"hash":"([0-9a-f]{64})"\}\z/s;
    $wrong++ if ($hash // '') ne sha256_hex($previous . ($text // ''));
    $previous = $hash // '';
}
is($wrong, 0, 'each hash covers the one before and the line');
$t->chain_ok;

# ---- pages
sub page ($query) {
    my $res = $t->get("/ledger?$query", role => 'ledger');
    return map { decode_json($_)->{seq} } split /\n/, $res->body;
}

is_deeply([page('after=0&limit=2')], [1, 2], 'a page');
is_deeply([page('after=2&limit=3')], [3, 4, 5], 'the next');
is_deeply([page('after=' . @entries)], [], 'after the last: nothing');
is_deeply([page('after=999999999')], [], 'far after the last: nothing');
for my $bad ('limit=0', 'limit=1001', 'limit=x', 'after=-1', 'after=x',
    'after=1&after=2', 'wait_ms=30001', 'wait_ms=-1')
{
    $t->answers($t->get("/ledger?$bad", role => 'ledger'), 400,
        'bad_request', $bad);
}
$t->answers($t->post('/ledger', role => 'ledger'), 405,
    'method_not_allowed', 'it is read only');

# the default is a hundred
$t->many([map { $t->hold_call("many-$_", 'grape', 1) } 1 .. 120],
    parallel => 16);
is(scalar(my @hundred = page('after=0')), 100, 'a hundred unless asked');
is(scalar(my @all = page('after=0&limit=1000')), @entries + 120, 'or more');

# ---- long poll: answered when something happens
my $last = $all[-1];
my $began = time;
my ($polled, $done);
$t->call_p(GET => "/ledger?after=$last&wait_ms=20000", role => 'ledger')
    ->then(sub ($res) { $polled = $res; $done = time; Mojo::IOLoop->stop });
Mojo::IOLoop->timer(0.5 => sub {
    is($polled, undef, 'waits while nothing happens');
    $t->call_p($t->hold_call('carol', 'grape', 1)->@*);
});
Mojo::IOLoop->start;
is($polled->code, 200, 'then answers');
my @new = map { decode_json($_) } split /\n/, $polled->body;
is($new[0]{seq}, $last + 1, 'what is new');
is($new[0]{type}, 'held', 'the hold');
cmp_ok($done - $began, '<', 10 * Tuanbo::Test::slower(), 'soon');

# ... and when the time is over
$last = $new[-1]{seq};
$began = time;
$res = $t->get("/ledger?after=$last&wait_ms=700", role => 'ledger');
is($res->code, 200, 'nothing happens');
is($res->body, '', 'an empty page');
cmp_ok(time - $began, '>=', 0.65, 'after the wait');

# many wait at once, on both workers: each is told
my @polls = map { [GET => "/ledger?after=$last&wait_ms=20000",
    role => 'ledger'] } 1 .. 20;
Mojo::IOLoop->timer(0.4 => sub {
    $t->call_p($t->hold_call('dave', 'grape', 1)->@*);
});
my @answers = $t->many(\@polls);
is(scalar(grep { $_->body =~ /"seq":@{[$last + 1]}\b/ } @answers), 20,
    'twenty who wait are all told');

# ---- a client that goes away while it waits harms nobody
for (1 .. 5) {
    my $socket = IO::Socket::INET->new(PeerAddr => '127.0.0.1',
        PeerPort => $t->port) or die;
    my $target = '/ledger?after=999999&wait_ms=20000';
    print {$socket} "GET $target HTTP/1.1\r\nHost: x\r\nFlashsale-Signature: "
        . $t->signature('ledger', 'GET', $target, '', '') . "\r\n\r\n";
    sleep 0.02;
    close $socket;
}
is($t->hold('erin', 'grape', 1)->code, 201, 'clients that go away');

# ---- the same after a restart
my @before = $t->ledger_lines;
$t->stop;
$t->start;
my @after = $t->ledger_lines;
is_deeply([@after[0 .. $#before]], \@before, 'unchanged by a restart');

$t->audit_ok;
$t->finish;
