use v5.36;
use utf8;
use Tuanbo::Test;
use Tuanbo::Test::Storefront;

binmode Test::More->builder->$_, ':utf8'
    for qw(output failure_output todo_output);

# 坏果包赔, on the page of an order and without scripts: one tap, or how many and
# what was wrong; what becomes of it; where it is not offered.

my $t = Tuanbo::Test::Storefront->storefront(http =>
    'flashsale_refund_time 1500ms; flashsale_claim_time 3s;'
    . ' flashsale_claims auto_fen=4000 per_buyer=1/1d;')->start;

sub page ($buyer) { $buyer->get('/h/' . $buyer->id) }
sub form ($buyer) { $buyer->dom->at('#claim-grape') }
sub wrong ($buyer) { ($buyer->dom->at('.wrong') // die 'no refusal')->text }
sub claims ($buyer) {
    return $buyer->dom->find('.claims li')->map('all_text')
        ->map(sub { s/\s+/ /gr =~ s/^ | $//gr })->each;
}

# A buyer on the page of an order that is ready.
sub ready ($qty) {
    my $buyer = Tuanbo::Test::Storefront->buyer($t);

    $buyer->get('/s/grape')->submit('#take', qty => $qty);
    my $id = $buyer->id;
    is($t->order($id, 'confirm', payment => "p$id",
        paid_fen => $qty * 3980)->code, 200, 'paid');
    ok(!form(page($buyer)), 'nothing has come');
    is($t->order($id, 'ready')->code, 200, 'there');

    return page($buyer);
}

$t->define_sale('grape', title => '葡萄', price_fen => 3980, stock => 100);

# ---- one tap
my $lin = ready(3);
my $old = $lin->res;
is(form($lin)->find('[name=qty]')->map(attr => 'value')->join(' '), '1 2 3',
    'how many there are');
is(form($lin)->find('[name=reason]')->map(attr => 'value')->join(' '),
    'bad short damaged wrong', 'what may be wrong');
is(form($lin)->at('button')->text, '坏果包赔', 'one button');
$lin->submit('#claim-grape');
is($lin->path, '/h/' . $lin->id, 'back on the page');
my ($claim) = claims($lin);
like($claim, qr/\A正在看，最晚 .* 给您答复葡萄 1 份：坏果\z/, 'it is seen');
ok($lin->dom->at('#hold')->attr('data-follow'), 'the page looks for news');
is(form($lin)->find('[name=qty]')->map(attr => 'value')->join(' '), '1 2',
    'a unit once');

# the same page once more, as after Back
my $again = $lin->{res};
$lin->{res} = $old;
$lin->submit('#claim-grape');
is(scalar(claims($lin)), 1, 'sent twice is said once');

eventually { (claims(page($lin)))[0] =~ /同意赔/ } 'small: by time';
like((claims($lin))[0], qr/\A同意赔：39.8 元，最晚 .* 退给您葡萄 1 份：坏果\z/,
    'how much, by when');
like($lin->dom->at('.debts')->all_text,
    qr/39.8 元，最晚 .* 退给您.*东西不好/s, 'among what is paid back');
is($t->order($lin->id, 'refunded', refund => 'r')->code, 200, 'it goes back');
like((claims(page($lin)))[0], qr/\A同意赔：39.8 元，.* 已退葡萄/, 'it is back');

# ---- how many, and what
$lin->submit('#claim-grape', qty => 2, reason => 'wrong');
like((claims($lin))[1], qr/正在看.*葡萄 2 份：发错\z/, 'two, something else');
ok(!form($lin), 'nothing is left');
my ($second) = map { $_->{id} } grep { $_->{state} eq 'open' }
    claims_of($lin);
is($t->order($lin->id, "claims/$second", accept => \0)->code, 200, 'denied');
like((claims(page($lin)))[1], qr/\A店主看过了，这次没有赔/, 'in words');

# ---- open for a person, later than promised
my $wang = ready(1);
$wang->submit('#claim-grape');
eventually { (claims(page($wang)))[0] !~ /正在看/ } 'answered';
my $zhao = ready(2);
$zhao->submit('#claim-grape', qty => 2);
eventually { (claims(page($zhao)))[0] =~ /\A还在看，比说好的/ }
    'late, and the page says so';

# ---- refused
my $sun = ready(1);
my $page = $sun->res;
$sun->submit('#claim-grape');
$sun->{res} = $page;
$sun->dom->at('#claim-grape [name=idempotency_key]')
    ->attr(value => 'another-key');
$sun->submit('#claim-grape');
like(wrong($sun), qr/已经报过了，或者已经退过钱/, 'said already');

my $zhou = ready(1);
is($t->order($zhou->id, 'picked-up')->code, 200, 'collected');
like(page($zhou)->dom->at('#claim-grape')->all_text, qr/今[天晚] \d\d:\d\d 之前都可以/,
    'until when');
$page = $zhou->res;
eventually { !form(page($zhou)) } 'which is over in time';
$zhou->{res} = $page;
$zhou->submit('#claim-grape');
like(wrong($zhou), qr/包赔的时间过了/, 'too late, in words');


# As the buyer's own script reads it.
sub claims_of ($buyer) {
    return $buyer->{ua}->get($t->url('/api/holds/' . $buyer->id))->res
        ->json->{claims}->@*;
}


$t->audit_ok;
$t->finish;
