use v5.36;
use utf8;
use Tuanbo::Test;
use Tuanbo::Test::Storefront;

binmode Test::More->builder->$_, ':utf8'
    for qw(output failure_output todo_output);

# What the shop knows about a neighbour, without scripts: given, agreed to,
# read on a page, erased; and bought and paid when names cannot be kept.

my $port = Tuanbo::Test::free_port();
my $t = Tuanbo::Test::Storefront->storefront(checkout => $port,
    http => <<"CONF")->start;
    server {
        listen 127.0.0.1:$port;
        location / {
            add_header X-Told \$http_flashsale_buyer;
            return 200;
        }
    }
CONF
$t->define_sale('grape', price_fen => 100, stock => 100);

sub buyer { Tuanbo::Test::Storefront->buyer($t) }

sub token ($buyer) { $buyer->dom->at('[name=csrf]')->attr('value') }

# What the order service is told of who pays for a hold.
sub told ($buyer, $id) {
    $buyer->get('/me')->start(POST => "/checkout/$id",
        'csrf=' . token($buyer));
    return $buyer->res->headers->header('X-Told');
}

sub called ($buyer, %fields) {
    $buyer->get('/me?change=1');
    my $body = join '&', 'csrf=' . token($buyer), 'back=/me',
        map { "$_=$fields{$_}" } sort keys %fields;
    return $buyer->start(POST => '/name', $body)->get('/me');
}

# ---- of somebody new no more is known than what they looked at
my $lin = buyer()->get('/')->get('/me');
like($lin->text, qr/店里知道我什么.*付过款的订单 0 个/, 'what is known');
ok($lin->dom->at('#erase'), 'which can be erased, too');
ok($lin->dom->at('[name=labels]'), 'what one can agree to');
ok(!exists $lin->dom->at('[name=notices]')->attr->{checked},
    'nobody has agreed to be told');

# ---- given
called($lin, name => 'Lin', digits => '1234', labels => 1);
like($lin->text, qr/取货称呼：Lin（尾号 1234）/, 'given');
unlike($lin->text, qr/会告诉您/, 'not to be told');
is($lin->cookie('tuanbo_name'), undef, 'in no cookie');
called($lin, name => 'Lin', digits => '1234', labels => 1, notices => 1);
like($lin->text, qr/到货、退款时会告诉您/, 'agreed to be told');

# the hold's page keeps what was agreed to
$lin->get('/s/grape')->submit('#take');
my $id = $lin->id;
$lin->get("/h/$id?change=1")->submit('#called', name => 'Lin Li',
    digits => '4321');
like($lin->text, qr/取货称呼：Lin Li（尾号 4321）/, 'changed before paying');
like($lin->get('/me')->text, qr/会告诉您/, 'still to be told');
like(told($lin, $id), qr/^Lin Li;4321;/, 'the label');

# who does not want to be on a label is not
called($lin, name => 'Lin Li', digits => '4321');
unlike(told($lin, $id), qr/;/, 'no label without consent');
called($lin, name => 'Lin Li', digits => '4321', labels => 1);

# ---- erased
is($lin->get('/me')->start(POST => '/me/erase', 'csrf=wrong')->res->code, 403,
    'not by another site');
$lin->get('/me')->submit('#erase');
like($lin->text, qr/已经删掉了/, 'erased');
unlike($lin->text, qr/尾号 4321/, 'gone');
ok($lin->dom->at('#called'), 'it can be given again');
unlike(told($lin, $id), qr/;/, 'paid without a name');

# ---- with an order it goes later
my $hold = $t->post("/orders/$id/confirm", role => 'orders',
    json => { payment => 'p1', paid_fen => 100 });
is($hold->json->{outcome}, 'sold', 'paid');
called($lin, name => 'Lin', digits => '1234', labels => 1);
like($lin->text, qr/付过款的订单 1 个，其中 1 个还没取/, 'counted');
$lin->submit('#erase');
like($lin->text, qr/您还有货没取，取完就删/, 'later');
like($lin->get("/h/$id")->text, qr/取货称呼：Lin（尾号 1234）/,
    'the order is still by its name');
$t->post("/orders/$id/$_", role => 'orders') for qw(ready picked-up);
eventually { $lin->get('/me')->text !~ /尾号 1234/ } 'then it is gone', 40;
like($lin->text, qr/付过款的订单 1 个，其中 0 个还没取/, 'the order is not');

# ---- names cannot be kept: sold and paid all the same
my $wang = buyer()->get('/s/grape')->submit('#take');
$id = $wang->id;
$t->stop;
open my $out, '+<', $t->store_path . '/people/data.mdb' or die;
print $out "\xa5" x 8192;
close $out;
$t->expect_log(qr/people: data.mdb is damaged/);
$t->start;
$wang->get("/h/$id");
is($wang->res->code, 200, 'the hold is shown') or diag($wang->res->body);
like($wang->text, qr/称呼现在记不了/, 'and why nobody asks');
ok(defined told($wang, $id), 'it can be paid');
is($wang->get('/me')->res->code, 200, 'orders are shown');
like($wang->text, qr/称呼现在记不了/, 'with the same words');
$t->finish;
