use v5.36;
use utf8;
use Tuanbo::Test;
use Tuanbo::Test::OrderService;

# Checkout by delegation: nginx, the module and the demo's order service.

use lib Tuanbo::Test::root() . '/conf/demo/order-service/lib';
use OrderService::Secrets;

my $t = Tuanbo::Test->new;
my $service = Tuanbo::Test::OrderService->new($t);
$t->start(server => $service->locations);
$service->start;
$t->define_sale('grape', title => '阳光葡萄', price_fen => 3980, stock => 20);

sub checkout ($user, $hold) {
    return $t->post("/checkout/$hold->{id}", user => $user);
}

# Takes a hold to its pay page; gives the page's path.
sub to_page ($user, $hold) {
    my $res = checkout($user, $hold);
    is($res->code, 303, 'the checkout leads on') or diag($res->body);
    my $page = $res->headers->location // '';
    like($page, qr{^/demo/pay/[0-9a-f]{32}$}, 'to a page nobody can guess');
    return $page;
}

sub choose ($page, $action) {
    return $t->post($page, form => [action => $action]);
}

sub state_of ($user, $hold) { $t->read_hold($user, $hold->{id})->{state} }

sub row ($sql, @values) { ($service->rows($sql, @values))[0] }

# ---- the document's example
{
    my $text = Tuanbo::Test::slurp(Tuanbo::Test::root()
        . '/docs/checkout.md');
    my ($request) = $text =~ /^(    POST [^\n]* HTTP.*?)\n\n/ms;
    my %header = $request =~ /^    (Flashsale-\w+): (.*)$/mg;
    my ($time, $v1) =
        $header{'Flashsale-Signature'} =~ /^t=(\d+),v1=(\w+)$/;
    my ($target) = $request =~ m{POST (\S+)};
    my ($secret) = $text =~ /The secret is `([^`]+)`/;
    my $values = join "\n", map { $header{"Flashsale-$_"} }
        qw(Hold Lines Amount Buyer Return Expires);
    is(OrderService::Secrets::mac($secret, $time, 'POST', $target, $values),
        $v1, 'the example of docs/checkout.md is right');
    my ($get) = $text =~ /With `GET` instead, `v1` is `(\w+)`/;
    is(OrderService::Secrets::mac($secret, $time, 'GET', $target, $values),
        $get, 'with GET too');
    my ($shell) = $text =~ /```sh\n(.*?)```/s;
    like(`$shell`, qr/\b$v1\b/, 'a shell says the same');
}

# ---- pay
my $hold = $t->held('alice', 'grape', 2);
my $page = to_page('alice', $hold);
is(state_of('alice', $hold), 'paying', 'the hold is paying');
my $res = $t->get($page);
is($res->code, 200, 'the pay page') or diag($res->body);
my $text = $res->text;
like($text, qr/这里不收真钱/, 'says in Chinese that it is a demo');
like($text, qr/A demo: no money moves here/, 'and in English');
like($text, qr/阳光葡萄 ×\x{a0}2/, 'what is bought, by its title');
like($text, qr/79\.6 元/, 'and for how much');
unlike($text, qr/<script|style=|onclick/, 'without scripts');
like($res->headers->header('Content-Security-Policy'),
    qr/default-src 'none'/, 'nor a place for them');
like($res->headers->cache_control, qr/no-store/, 'kept by nobody');
is($t->get('/demo/order-service.css')->code, 200, 'its style');

$res = choose($page, 'pay');
is($res->code, 303, 'paid');
is($res->headers->location, "/api/holds/$hold->{id}", 'back to the shop');
eventually { state_of('alice', $hold) eq 'sold' } 'sold by the callback';
is(choose($page, 'pay')->code, 303, 'a second tap leads back as well');
is(choose($page, 'fail')->code, 303, 'and so does another choice');
like($t->get($page)->text, qr/已经付了/, 'the page says that it is paid');
is(scalar $service->rows('SELECT * FROM payments WHERE hold = ?',
    $hold->{id}), 1, 'one payment');
is(scalar $service->rows('SELECT * FROM messages WHERE hold = ?',
    $hold->{id}), 1, 'told once');
is(scalar(grep { $_->{hold} eq $hold->{id} } $t->entries('sold')), 1,
    'sold once');
eventually { row('SELECT * FROM orders WHERE hold = ?',
    $hold->{id})->{hold_state} eq 'sold' } 'the service follows the ledger';

# ---- the same checkout many times: one order
$hold = $t->held('bob', 'grape', 1);
my @answers = $t->many([map {
    [POST => "/checkout/$hold->{id}", user => 'bob']
} 1 .. 8]);
my %pages = map { ($_->headers->location // 'none') => 1 } @answers;
is(scalar(grep { $_->code == 303 } @answers), 8, 'eight taps are answered');
is(keys %pages, 1, 'by one page');
is(scalar $service->rows('SELECT * FROM orders WHERE hold = ?',
    $hold->{id}), 1, 'of one order');
($page) = keys %pages;
my @choices = $t->many([map { [POST => $page,
    form => [action => $_ % 2 ? 'pay' : 'fail']] } 1 .. 6]);
is(scalar(grep { $_->code == 303 } @choices), 6, 'six choices at once');
my $first = row('SELECT * FROM orders WHERE hold = ?', $hold->{id})->{state};
eventually { state_of('bob', $hold)
    eq ($first eq 'paid' ? 'sold' : 'cancelled') } 'the first one counts';
is(scalar $service->rows('SELECT * FROM messages WHERE hold = ?',
    $hold->{id}), 1, 'and is the only one told');

# ---- fail
$hold = $t->held('carol', 'grape', 3);
my $free = $t->sale('grape')->{free};
$page = to_page('carol', $hold);
is(choose($page, 'fail')->code, 303, 'the payment fails');
eventually { state_of('carol', $hold) eq 'cancelled' } 'cancelled';
is($t->sale('grape')->{free}, $free + 3, 'the units are free at once');
like($t->get($page)->text, qr/没有付成/, 'the page says so');
$t->answers(checkout('carol', $hold), 409, 'wrong_state',
    'no other checkout of it');

# ---- what nginx did not send
$hold = $t->held('gina', 'grape', 1);
sub direct ($headers, $target = "/checkout/$hold->{id}", $method = 'POST') {
    my $tx = $service->ua->build_tx($method => $service->url($target)
        => $headers);
    return $service->ua->start($tx)->res->code;
}

is(direct({}), 401, 'no signature');
my %good = %{ $service->headers($hold) };
is(direct($service->headers($hold, secret => 'forged')), 401, 'forged');
is(direct($service->headers($hold, t => int(time) - 301)), 401, 'too old');
is(direct($service->headers($hold, t => int(time) + 310)), 401,
    'from the future');
is(direct({ %good, 'Flashsale-Amount' => 1 }), 401, 'another amount');
is(direct({ %good, 'Flashsale-Return' => 'https://elsewhere.example/' }), 401,
    'another return address');
is(direct({ %good, 'Flashsale-Buyer' => ['x', 'y'] }), 401, 'a header twice');
is(direct(\%good, '/checkout/' . 'a' x 32), 401, 'another target');
is(direct(\%good, "/checkout/$hold->{id}", 'GET'), 401, 'another method');
is(direct(\%good, "/checkout/$hold->{id}?x=1"), 401, 'another query');
is(direct($service->headers($hold, target => '/checkout/' . 'a' x 32),
    '/checkout/' . 'a' x 32), 400, 'a hold that is not in the target');
is(direct($service->headers($hold, amount => 1)), 400,
    'an amount that is not the sum');
is(direct($service->headers($hold, return => '//elsewhere.example/')), 400,
    'a return address of no use');
is(direct($service->headers($hold, lines => '[]')), 400, 'no lines');
is(scalar $service->rows('SELECT * FROM orders WHERE hold = ?', $hold->{id}),
    0, 'none of them made an order');
is($t->get('/demo/pay/' . 'a' x 32)->code, 404, 'nor is there such a page');

$t->set_secrets('checkout', 'new-secret-of-the-checkout', $t->{secrets}{checkout});
is(direct({ %good }), 303, 'the old secret is good while it is replaced');
is(direct($service->headers($hold)), 303, 'the new one too');
to_page('gina', $hold);
$t->reload;
to_page('gina', $hold);

# ---- a GET changes nothing
my $looked = $t->held('hugo', 'grape', 1);
$res = $t->get("/checkout/$looked->{id}", user => 'hugo');
is($res->code, 200, 'somebody opens the address by hand');
like($res->text, qr{<form method="post" action="/checkout/$looked->{id}">},
    'and may go on');
is(state_of('hugo', $looked), 'held', 'nothing changed here');
is(scalar $service->rows('SELECT * FROM orders WHERE hold = ?',
    $looked->{id}), 0, 'nor there');
$page = to_page('hugo', $looked);
$res = $t->get("/checkout/$looked->{id}", user => 'hugo');
is($res->headers->location, $page, 'later it leads to the pay page');
$t->answers(checkout('gina', $looked), 404, 'no_such_hold',
    'no checkout of another\'s hold');
is(choose($page, 'whatever')->code, 400, 'no such choice');

# ---- the list
my $list = $t->get('/demo/orders');
is($list->code, 200, 'the list');
like($list->text, qr/已成交 sold/, 'has orders');
like($list->text, qr/已取消 cancelled/, 'of all kinds');
like($list->text, qr/取消 cancel · 200 cancelled/, 'what nginx was told');
like($list->text, qr/确认 confirm · 200 sold/, 'and what it said');
unlike($list->text, qr/\Q$page\E|[0-9a-f]{32}/, 'and nothing to act with');

# ---- the service is down
is($service->stop('INT'), 0, 'it ends in order');
$t->expect_log(qr/connect\(\) failed \(111: /);
$hold = $t->held('ivan', 'grape', 1);
$res = checkout('ivan', $hold);
is($res->code, 502, 'nginx says so');
my $waiting = $t->read_hold('ivan', $hold->{id});
is($waiting->{state}, 'paying', 'the hold is waiting to be paid');
cmp_ok($waiting->{expires_at}, '>', now_ms(), 'for its time');
$service->start;
$page = to_page('ivan', $hold);
is($t->read_hold('ivan', $hold->{id})->{expires_at}, $waiting->{expires_at},
    'trying again is free, and gives no more time');
choose($page, 'pay');
eventually { state_of('ivan', $hold) eq 'sold' } 'and is good';

# ---- from here on there is little time to pay
$t->reload(server => $service->locations
    . 'flashsale_hold_time 3s; flashsale_pay_time 3s;');

# ---- pay late: units are free
my $dora = $t->held('dora', 'grape', 1);
my $dora_page = to_page('dora', $dora);
is(choose($dora_page, 'late')->code, 303, 'later');
like($t->get($dora_page)->text, qr/过了时间会付/, 'the page says so');

# ---- pay late: all is gone; the money goes back, once
$t->define_sale('peach', price_fen => 1000, stock => 1);
my $erin = $t->held('erin', 'peach', 1);
$page = to_page('erin', $erin);
is(choose($page, 'late')->code, 303, 'later, too');
my $other;
eventually { ($other = $t->hold('frank', 'peach', 1))->code == 201 }
    'another buyer gets the last one';
is_deeply($t->confirm($other->json)->json, { outcome => 'sold' }, 'and pays');

eventually { state_of('dora', $dora) eq 'sold' } 'paid late: sold again';
is(scalar $t->entries('sold_late', 'grape'), 1, 'as the ledger says');
eventually { state_of('erin', $erin) eq 'refunded' } 'the money went back';
eventually { row('SELECT * FROM refunds WHERE hold = ?',
    $erin->{id})->{state} eq 'settled' } 'nginx knows of it';
my $refund = row('SELECT * FROM refunds WHERE hold = ?', $erin->{id});
is($refund->{amount_fen}, 1000, 'all of it');
is($refund->{reason}, 'late', 'with its reason');
is(scalar(grep { $_->{hold} eq $erin->{id} } $t->entries('refunded')), 1,
    'once');
like($t->get('/demo/orders')->text, qr/已退 settled/, 'as the list says');

is($service->stop, 0, 'the service ends in order');
unlike($service->log_text, qr/\[fatal\]|at \S+ line \d+/,
    'nothing is wrong in its log') or diag($service->log_text);
$t->audit_ok;
$t->chain_ok;
$t->finish;
