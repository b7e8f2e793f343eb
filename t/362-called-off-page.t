use v5.36;
use utf8;
use Tuanbo::Test;
use Tuanbo::Test::Storefront;

binmode Test::More->builder->$_, ':utf8'
    for qw(output failure_output todo_output);

# A sale that the shop cancels, as neighbours see it: on its own page, on the
# home's card, on the pages of holds and orders; and what all buyers of a bad
# lot get.

my $t = Tuanbo::Test::Storefront->storefront->start;

sub page ($buyer) { $buyer->get('/h/' . $buyer->id) }
sub debts ($buyer) {
    return $buyer->dom->find('.debts li')->map('all_text')
        ->map(sub { s/\s+/ /gr =~ s/^ | $//gr })->join('; ');
}

sub held ($sale) {
    my $buyer = Tuanbo::Test::Storefront->buyer($t);

    return $buyer->get("/s/$sale")->submit('#take');
}

sub ordered ($sale) {
    my $buyer = held($sale);
    my $hold = $buyer->id;

    is($t->order($hold, 'confirm', payment => "p$hold",
        paid_fen => 3980)->code, 200, "$sale is paid");

    return $buyer;
}

# An order of several lines, by the same buyer.
sub cart ($buyer, @sales) {
    my $hold = $buyer->{ua}->post($t->url('/api/holds'), {
        'Idempotency-Key' => $t->new_key, Origin => $t->url('') }, json => {
        lines => [map { { sale => $_, qty => 1 } } @sales] })->res->json;

    is($t->order($hold->{id}, 'confirm', payment => $hold->{id},
        paid_fen => $hold->{amount_fen})->code, 200, 'a cart is paid');

    return $hold->{id};
}

$t->define_sale($_, title => "$_ 号", price_fen => 3980, stock => 20)
    for qw(grape egg);
$t->define_sale('berry', title => '草莓', price_fen => 3980, stock => 20,
    goal => 10, closes_at => now_ms + 3_600_000);

my $lin = ordered('grape');
my $wang = held('grape');
my $had = ordered('grape');
my $cart = cart($had, qw(grape egg));
my $member = ordered('berry');

$t->order($had->id, 'ready');
is($t->order($had->id, 'picked-up')->code, 200, 'one was collected');
unlike($wang->get('/h/' . $wang->id)->text, qr/先别付款/, 'all is well');

is($t->call(POST => "/admin/sales/$_/cancel", role => 'admin', key => $t->new_key,
    json => { reason => '果园遭了冰雹，摘不了了' })->code, 202, "$_ is off")
    for qw(grape berry);

# ---- whoever looks at it
my $ann = Tuanbo::Test::Storefront->buyer($t);
like($ann->get('/s/grape')->text, qr/活动取消了，付过的钱全部退回 店主说：果园遭了冰雹，摘不了了/,
    'its page says so, in the words of the shop');
is($ann->dom->at('#do'), undef, 'it cannot be had');
unlike($ann->get('/s/berry')->text, qr/成团|没凑够/, 'nor a group joined');
eventually { $ann->get('/')->dom->at('.card[data-sale=grape] .state') }
    'the home has a card of it';
is($ann->dom->at('.card[data-sale=grape] .state')->text,
    '活动取消了，付过的钱全部退回', 'which says so');

# ---- who has not paid, on any page
my $unpaid = $wang->id;
like($wang->get('/')->text, qr/grape 号 × 1的活动取消了，先别付款/,
    'it is said above the home');
is($wang->dom->at('.unpaid'), undef, 'where nobody asks for the money');
is($wang->dom->at('#unpaid a')->attr('href'), "/h/$unpaid",
    'but leads to the hold');

like($wang->get('/me')->dom->at("a[href=/h/$unpaid] .word")->text, qr/先别付款/,
    'nor among the orders');
is($wang->dom->at("a[href=/h/$unpaid] [data-until]"), undef,
    'where no time runs');
for my $sale (qw(more-1 more-2)) {
    $t->define_sale($sale, price_fen => 100, stock => 9);
    $wang->get("/s/$sale")->submit('#take');
}
$t->define_sale('more-3', price_fen => 100, stock => 9);
$wang->get('/s/more-3')->submit('#take');
is($wang->path, '/s/more-3?code=too_many_holds', 'who has too many');
like($wang->dom->at("#offer .wrong a[href=/h/$unpaid]")->text, qr/先别付款/,
    'is not told to pay for that one');

# ---- who paid
eventually { debts(page($lin)) } 'the money is owed';
like($lin->text, qr/要退钱给您 grape 号的活动取消了，货不来了。 店主说：果园遭了冰雹，摘不了了/,
    'why, and what the shop says');
like(debts($lin), qr/\A39.8 元，最晚 .* 退给您grape 号 · 活动取消\z/,
    'what comes back, by when');
like($lin->dom->at('.shelf[data-place=off]')->all_text,
    qr/不来了.*活动取消了，39.8 元退给您/s, 'of which line');
is($t->order($lin->id, 'refunded', refund => 'r1')->code, 200, 'it goes back');
like(page($lin)->text, qr/钱已经退了.*39.8 元已按原路退回/, 'it is back');

eventually { debts(page($member)) } 'a group\'s money as well';
like($member->text, qr/草莓的活动取消了/, 'for the right reason');
unlike($member->text, qr/没凑够/, 'and for no other');

# ---- who collected it has both
eventually { debts(page($had)) } 'what was collected is owed, too';
is($had->dom->find('.shelf')->map(attr => 'data-place')->join(' '),
    'handed_over', 'it was collected all the same');
like($had->dom->at('h1')->text, qr/已经取走/, 'the page says so first');

# ---- one line of two
$had->get("/h/$cart");
is($had->dom->find('.shelf')->map(attr => 'data-place')->join(' '),
    'awaited off', 'the other line comes');
like($had->dom->at('.shelf[data-place=awaited]')->all_text, qr/egg 号/,
    'it is the right one');
like($had->dom->at('h1')->text, qr/等着取货/, 'the order stands');

# ---- who has not paid yet
like($wang->get("/h/$unpaid")->dom->at('.wrong')->all_text,
    qr/grape 号的活动取消了，先别付款。没有收钱.*冰雹/s, 'is told not to');
ok(!$wang->dom->at('.bar .first, form[action^="/checkout/"]'),
    'and has no way to');
ok($wang->dom->at('form[action$="/release"]'), 'only to give it up');

# ---- a bad lot
is($t->order($cart, 'ready')->code, 200, 'the eggs are there');
is($t->order($cart, 'picked-up')->code, 200, 'and collected');
is($t->call(POST => '/admin/sales/egg/compensate', role => 'admin',
    key => $t->new_key, json => { fen_each => 300,
    reason => '这一批有破的' })->code, 202, 'each buyer gets something');
eventually { $had->get("/h/$cart"); debts($had) =~ /3 元/ } 'it is owed';
like(debts($had), qr/3 元，最晚 .* 退给您egg 号 · 这一批不够好/, 'and why');
like($had->dom->at('.debts')->all_text, qr/合计 42.8 元/, 'with all of it');

$t->audit_ok;
$t->finish;
