use v5.36;
use Tuanbo::Test;

# An order's private link: whoever has it reads the order and may claim, and
# nothing else; it is taken back, and the next one is another.

my $t = Tuanbo::Test->new->start;
$t->points('east');
$t->define_sale('grape', price_fen => 100, stock => 20);

sub link_of ($user, $id, $method = 'POST') {
    return $t->call($method => "/api/holds/$id/link", user => $user);
}
sub tag_of ($url) { ($url // '') =~ m{^/l/[0-9a-f]{32}-([0-9a-f]{32})$}
    ? $1 : 'none' }
sub by_link ($id, $tag) { $t->get("/api/holds/$id?link=$tag") }
sub bought ($user) {
    my $hold = $t->held($user, 'grape', 2, pickup => 'east');
    is($t->confirm($hold)->code, 200, "$user has bought");
    return $hold->{id};
}

my $id = bought('lin');
my $other = bought('wang');

# ---- made, and the same again
my $res = link_of('lin', $id);
is($res->code, 201, 'a link') or diag($res->body);
my $url = $res->json('/url');
my $tag = tag_of($url);
isnt($tag, 'none', 'of the order and a tag');
$res = link_of('lin', $id);
is($res->code, 200, 'asked for again');
is($res->json('/url'), $url, 'is the same one');
is($t->call(POST => "/orders/$id/link", role => 'orders')->json('/url'), $url,
    'also for who serves orders');

# ---- whoever has it
is(by_link($id, $tag)->json('/state'), 'sold', 'reads the order');
my %claim = (json => { sale => 'grape', qty => 1, reason => 'bad' });
$t->answers($t->call(POST => "/api/holds/$id/claims?link=$tag",
    key => $t->new_key, %claim), 409, 'wrong_state', 'may claim, in time');
is($t->order($id, 'ready')->code, 200, 'it has come');
is($t->order($id, 'picked-up')->code, 200, 'and is handed over');
is($t->call(POST => "/api/holds/$id/claims?link=$tag", key => $t->new_key,
    %claim)->code, 201, 'claims');

# ---- and nothing else
for my $what (qw(release cancel pickup link unlink)) {
    $t->answers($t->call(POST => "/api/holds/$id/$what?link=$tag",
        $what eq 'pickup' ? (json => { pickup => 'east' }) : ()), 401,
        'no_buyer', "not $what");
}
$t->answers($t->get("/api/holds?link=$tag"), 401, 'no_buyer', 'not the list');
$t->answers(by_link($other, $tag), 404, 'no_such_hold', 'no other order');

# ---- guesses
(my $near = $tag) =~ s/(.)$/$1 eq '0' ? 1 : 0/e;
$t->answers(by_link($id, $_), 404, 'no_such_hold', "not with '$_'")
    for $near, '', '0' x 32, $tag . '0', uc($tag) eq $tag ? 'x' : uc $tag;
$t->answers($t->get("/api/holds/$id?link=$tag&link=$tag"), 404,
    'no_such_hold', 'nor twice');
$t->answers(by_link('0' x 32, $tag), 404, 'no_such_hold', 'nor of no order');

# ---- of whom
$t->answers(link_of('wang', $id), 404, 'no_such_hold', 'not of others');
$t->answers($t->call(POST => "/orders/$id/link"), 401, 'bad_signature',
    'nor unsigned');

# ---- taken back
is(link_of('lin', $id, 'DELETE')->code, 200, 'taken back');
is(link_of('lin', $id, 'DELETE')->json('/url'), undef, 'twice is once');
$t->answers(by_link($id, $tag), 404, 'no_such_hold', 'it is dead');
$res = $t->call(POST => "/orders/$id/link", role => 'orders');
is($res->code, 201, 'a new one, by who serves orders');
my $new = tag_of($res->json('/url'));
isnt($new, $tag, 'is another');
$t->answers(by_link($id, $tag), 404, 'no_such_hold', 'the old one stays dead');
is(by_link($id, $new)->code, 200, 'the new one opens it');

# ---- it is not the operators' to write
for my $method (qw(PUT DELETE)) {
    $t->answers($t->call($method => "/admin/documents/link/$other",
        role => 'admin', key => $t->new_key,
        $method eq 'PUT' ? (json => {}) : ()), 400, 'bad_request',
        "$method of its document");
}
is(link_of('wang', $other)->code, 201, 'but the buyer\'s');

# ---- it stays
$t->kill9_all;
$t->start;
is(by_link($id, $new)->code, 200, 'also when all was killed');

$t->chain_ok;
$t->audit_ok;
$t->finish;
