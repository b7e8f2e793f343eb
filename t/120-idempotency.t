use v5.36;
use Tuanbo::Test;

# A retry is harmless: promise 5, bug 12.

my $t = Tuanbo::Test->new->start;

$t->points(qw(xingfu));
$t->define_sale('grape', stock => 5, limit => 3);
$t->define_sale('egg', stock => 100);

my $res = $t->hold('alice', 'grape', 3, key => 'k1', pickup => 'xingfu');
is($res->code, 201, 'the first');
my $hold = $res->json;
$res = $t->hold('alice', 'grape', 3, key => 'k1', pickup => 'xingfu');
is($res->code, 200, 'a retry');
is($res->headers->header('Idempotent-Replayed'), 'true', 'says that it is');
is($res->json->{id}, $hold->{id}, 'the same hold');
is($t->sale('grape')->{held}, 3, 'held once');

$res = $t->post('/api/holds', user => 'alice', key => 'k1', type =>
    'application/json', body => ' { "pickup" : "xingfu" , "lines" : [ {"qty":1'
    . ',"sale":"grape"} , {"sale":"grape","qty":2} ] }');
is($res->code, 200, 'the same in other words is the same payload')
    or diag($res->body);

$t->answers($t->hold('alice', 'grape', 2, key => 'k1', pickup => 'xingfu'),
    422, 'key_reused', 'another quantity');
$t->answers($t->hold('alice', 'grape', 3, key => 'k1'),
    422, 'key_reused', 'another pickup point');
$t->answers($t->hold('alice', 'egg', 3, key => 'k1', pickup => 'xingfu'),
    422, 'key_reused', 'another sale');
$t->answers($t->hold('alice', [['grape', 3], ['egg', 1]], 0, key => 'k1',
    pickup => 'xingfu'), 422, 'key_reused', 'one line more');

# keys belong to a buyer
$res = $t->hold('bob', 'grape', 2, key => 'k1');
is($res->code, 201, 'the same key of another buyer');
isnt($res->json->{id}, $hold->{id}, 'is another hold');

# the same answer, also when the sale has sold out since
is($t->sale('grape')->{state}, 'sold_out', 'sold out');
$res = $t->hold('alice', 'grape', 3, key => 'k1', pickup => 'xingfu');
is($res->code, 200, 'a retry after it sold out');
is($res->json->{id}, $hold->{id}, 'still the same hold');

# ... closed, or the hold ended: the hold as it is now
$t->call(DELETE => "/api/holds/$hold->{id}", user => 'alice');
$res = $t->hold('alice', 'grape', 3, key => 'k1', pickup => 'xingfu');
is($res->code, 200, 'a retry after the release');
is($res->json->{state}, 'released', 'the hold as it is now');
$t->admin(POST => '/sales/grape/close');
is($t->hold('alice', 'grape', 3, key => 'k1', pickup => 'xingfu')->code,
    200, 'a retry after the sale closed');

# a refusal binds no key
$t->define_sale('scarce', stock => 1);
my $holder = $t->held('bob', 'scarce', 1);
$t->answers($t->hold('carol', 'scarce', 1, key => 'k2'), 409, 'sold_out',
    'refused');
$t->call(DELETE => "/api/holds/$holder->{id}", user => 'bob');
is($t->hold('carol', 'scarce', 1, key => 'k2')->code, 201,
    'a refusal bound nothing: trying again is new');
is($t->hold('carol', 'scarce', 1, key => 'k2')->code, 200, 'now it is bound');

# rules of a key
for my $bad ('with space', 'x' x 129, "caf\xe9") {
    $t->answers($t->hold('dave', 'egg', 1, key => $bad), 400, 'bad_request',
        'not a key: ' . substr $bad, 0, 12);
}
is($t->hold('dave', 'egg', 1, key => 'x' x 128)->code, 201,
    'the longest key');

# the same key in flight many times, over both workers
for my $round (1 .. 10) {
    my @answers = $t->many([map { $t->hold_call("eve-$round", 'egg', 1,
        key => 'same') } 1 .. 6]);
    my %ids = map { ($_->json->{id} // $_->body) => 1 } @answers;
    my @made = grep { $_->code == 201 } @answers;
    my @replayed = grep { $_->code == 200 } @answers;
    if (keys %ids != 1 || @made != 1 || @replayed != 5) {
        fail("round $round");
        diag(map { $_->code . ' ' . $_->body . "\n" } @answers);
    }
}
is($t->sale('egg')->{held}, 11, 'six at once with one key: one hold');

# keys outlive a restart
$t->stop;
$t->start;
$res = $t->hold('alice', 'grape', 3, key => 'k1', pickup => 'xingfu');
is($res->code, 200, 'a retry after a restart');
is($res->json->{id}, $hold->{id}, 'the same hold and id');
$t->answers($t->hold('alice', 'grape', 1, key => 'k1'), 422, 'key_reused',
    'still bound to its payload');

$t->audit_ok;
$t->chain_ok;
$t->finish;
