use v5.36;
use utf8;
use Tuanbo::Test;

# A neighbour brings another one: codes, who counts, both gifts in the ledger,
# how many of one inviter, what the shop asks for, keys, a kill.

my $t = Tuanbo::Test->new(http => 'flashsale_referral on;',
    server => <<'EOL')->start;
location /digits/ {
    flashsale_api;
    flashsale_user $http_x_user;
    flashsale_referral digits;
}
location /login/ {
    flashsale_api;
    flashsale_user $http_x_user;
    flashsale_referral on if=$http_x_login;
}
location /off/ {
    flashsale_api;
    flashsale_user $http_x_user;
    flashsale_referral off;
}
EOL

sub code ($user) { $t->get('/api/me', user => $user)->json('/code') }

sub put ($document) {
    return $t->call(PUT => '/admin/documents/shop/referral', role => 'admin',
        key => $t->new_key, json => $document);
}

sub give ($id, $stock, %gives) {
    return $t->call(PUT => "/admin/sales/$id", role => 'admin',
        key => $t->new_key, json => { stock => $stock, limit => 5,
        gives => { by => 'desk', %gives } });
}

sub come ($user, $from, %o) {
    my $api = delete $o{api} // 'api';
    return $t->post("/$api/holds", user => $user,
        key => delete $o{key} // $t->new_key, headers => delete $o{headers}
        // {}, json => { sale => 'grape', qty => 1,
        (defined $from ? (from => $from) : ()), %o });
}

# What was written since, by the types of the entries.
my $seen = 0;
sub written {
    my @entries = $t->ledger($seen);
    $seen += @entries;
    return join ' ', map { $_->{type} } @entries;
}

$t->define_sale('grape', price_fen => 1000, stock => 200);
is(give('hello', 20, kind => 'coupon', off_fen => 500)->code, 201, 'hello');
is(give('thanks', 20, kind => 'item', title => '鸡蛋')->code, 201, 'thanks');

# ---- the document
my %both = (inviter => 'thanks', newcomer => 'hello', per_inviter => 2);
for my $bad ([per_inviter => 0], [per_inviter => 'two'], [inviter => 'A'],
    [more => 1], [newcomer => 'grape'], [inviter => 'nobody'])
{
    my $res = put({ %both, @$bad });
    $t->answers($res, 400, 'bad_request', "@$bad");
    is($res->json('/field'), $bad->[0], 'with the field');
}
is(put(\%both)->code, 200, 'is taken') or diag(put(\%both)->body);
written();

# ---- both gifts
my $lin = code('lin');
my $res = come('wang', $lin);
is($res->code, 201, 'a newcomer') or diag($res->body);
my $hold = $res->json;
is(written(), 'held referred granted', 'is referred, and given something');
my ($referred) = $t->entries('referred');
is($referred->{hold}, $hold->{id}, 'with the first hold');
my ($gift) = $t->get('/api/gifts', user => 'wang')->json('/gifts')->@*;
is($gift->{gift}{kind}, 'coupon', 'which is theirs');
is_deeply($t->get('/api/gifts', user => 'lin')->json('/gifts'), [],
    'the inviter has none yet');
is($t->confirm($hold)->code, 200, 'paid');
is($t->order($hold->{id}, 'ready')->code, 200, 'has come');
is($t->order($hold->{id}, 'picked-up', nonce => 'n1', via => 'scan')->code,
    200, 'handed over');
like(written(), qr/picked_up granted$/, 'in the same commit');
my ($eggs) = $t->get('/api/gifts', user => 'lin')->json('/gifts')->@*;
is($eggs->{gift}{kind}, 'item', 'the inviter has theirs');
my @granted = $t->entries('granted');
is_deeply([map { $_->{reason} } @granted], [qw(newcomer inviter)],
    'for what');
is_deeply([map { $_->{referred} } @granted], [($referred->{seq}) x 2],
    'and for whom');

# ---- who does not count, and buys all the same
is(come('lin', $lin)->code, 201, 'one\'s own code');
is(written(), 'held', 'is none');
is(come('wang', code('zhao'))->code, 201, 'a second order');
is(written(), 'held', 'is no first one');
is(come('qian', '0' x 32)->code, 201, 'a code that is nobody\'s');
is(written(), 'held', 'is none');
$res = come('sun', 'nonsense');
$t->answers($res, 400, 'bad_request', 'what no code looks like');
is($res->json('/field'), 'from', 'with the field');
is(come('off', $lin, api => 'off')->code, 201, 'where it is off');
is(written(), 'held', 'nothing counts');

# ---- keys
$res = come('sun', $lin, key => 'k1');
is(written(), 'held referred granted', 'the second of one inviter');
is(come('sun', $lin, key => 'k1')->json('/id'), $res->json('/id'), 'a retry');
$t->answers(come('sun', code('zhao'), key => 'k1'), 422, 'key_reused',
    'another code');
$t->answers(come('sun', undef, key => 'k1'), 422, 'key_reused', 'none');
is(written(), '', 'write nothing');

# ---- how many of one
is(come('third', $lin)->code, 201, 'the third');
is(written(), 'held', 'counts no more');

# ---- everybody at once: as many as count, and no more
put({ %both, per_inviter => 5 });
written();
my $zhou = code('zhou');
my @all = $t->many([map { [POST => '/api/holds', user => "crowd$_",
    key => $t->new_key, json => { sale => 'grape', qty => 1,
    from => $zhou }] } 1 .. 30]);
is(scalar(grep { $_->code == 201 } @all), 30, 'all of them buy');
my @types = split ' ', written();
is(scalar(grep { $_ eq 'referred' } @types), 5, 'five count');

# ---- nothing left to give
put({ %both, per_inviter => 1000 });
for my $sale (qw(hello thanks)) {
    my $stands = $t->sale($sale);
    $t->call(POST => "/admin/sales/$sale/stock", role => 'admin',
        key => $t->new_key, json => { add => -$stands->{free} });
    $t->call(POST => "/admin/sales/$sale/close", role => 'admin',
        key => $t->new_key);
}
written();
$res = come('late', $lin);
is($res->code, 201, 'a newcomer when nothing is left');
is(written(), 'held referred', 'is told by whom, and given nothing');
$t->confirm($res->json);
$t->order($res->json('/id'), 'picked-up', nonce => 'n2', via => 'list');
like(written(), qr/picked_up$/, 'nor is the inviter');

# ---- what the shop may ask for
is(give('hello2', 20, kind => 'coupon', off_fen => 500)->code, 201, 'more');
put({ %both, newcomer => 'hello2', per_inviter => 1000 });

sub digits ($user, $digits) {
    return $t->post('/api/contact', user => $user, json => { name => '李',
        digits => $digits });
}

digits('zheng', '1111');
my $zheng = code('zheng');
written();
is(come('none', $zheng, api => 'digits')->code, 201, 'no digits');
is(written(), 'held', 'do not count');
digits('same', '1111');
come('same', $zheng, api => 'digits');
is(written(), 'held', 'nor do the inviter\'s');
digits('new', '2222');
come('new', $zheng, api => 'digits');
is(written(), 'held referred granted', 'others do');
digits('again', '2222');
come('again', $zheng, api => 'digits');
is(written(), 'held', 'once');
come('stranger', $zheng, api => 'login');
is(written(), 'held', 'nobody whom the login does not know');
come('known', $zheng, api => 'login', headers => { 'X-Login' => 'known' });
is(written(), 'held referred granted', 'whom it knows');

# ---- killed in between, and started again
my @clients = map { "k$_" } 1 .. 40;
my $wu = code('wu');
my $told = 0;
$t->many([map { [POST => '/api/holds', user => $_, key => "kill-$_",
    json => { sale => 'grape', qty => 1, from => $wu }] } @clients],
    parallel => 8, told => sub { $t->kill9_worker if ++$told == 10 });
$t->kill9_all;
$t->start;
for my $user (@clients) {
    my $again = come($user, $wu, key => "kill-$user");
    like($again->code, qr/^20[01]$/, 'bought') or diag($again->body);
}
my %newcomers;
my %holds = map { $_->{hold} => $_->{buyer} } $t->entries('held');
$newcomers{ $holds{ $_->{hold} } }++ for $t->entries('referred');
is(scalar(grep { $_ > 1 } values %newcomers), 0, 'nobody twice');
my ($me) = grep { $_->{type} eq 'referred' } reverse $t->ledger;
my $of_wu = grep { $_->{from} eq $me->{from} } $t->entries('referred');
is($of_wu, 40, 'and everybody once');

$t->audit_ok;
$t->chain_ok;
$t->finish;
