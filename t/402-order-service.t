use v5.36;
use utf8;
use Mojo::Log;
use Tuanbo::Test;
use Tuanbo::Test::OrderService;

# The demo's order service when things die: nginx, the service, the answer;
# and money that goes back, once.

use lib Tuanbo::Test::root() . '/conf/demo/order-service/lib';
use OrderService::Database;
use OrderService::Follower;
use OrderService::Teller;

my $t = Tuanbo::Test->new(http => 'flashsale_live_holds 100;');
my $service = Tuanbo::Test::OrderService->new($t);
$t->start(server => $service->locations);
$service->start;
$t->expect_log(qr/connect\(\) failed \(111: /);

sub page_of ($user, $hold) {
    my $res = $t->post("/checkout/$hold->{id}", user => $user);
    die 'no checkout: ' . $res->body if ($res->code // 0) != 303;
    return $res->headers->location;
}

# At the service itself: nginx may be down.
sub choose ($page, $action) {
    return $service->ua->post($service->url($page),
        form => { action => $action })->res->code;
}

sub pay ($user, $hold) { choose(page_of($user, $hold), 'pay') }
sub row ($sql, @values) { ($service->rows($sql, @values))[0] }
sub number ($sql, @values) { (values %{ row($sql, @values) })[0] }
sub refund_of ($hold) {
    return (row('SELECT state FROM refunds WHERE hold = ?', $hold->{id})
        // {})->{state} // '';
}

sub state_of ($user, $hold) { $t->read_hold($user, $hold->{id})->{state} }
sub of_hold ($hold, @entries) { grep { $_->{hold} eq $hold->{id} } @entries }

sub change ($sql, @values) {
    my $dbh = DBI->connect('dbi:SQLite:dbname=' . $service->database_path,
        '', '', { RaiseError => 1 });
    $dbh->do($sql, undef, @values);
    $dbh->disconnect;
}

# ---- how long it waits, and for what
cmp_ok(OrderService::Teller::wait_ms(0), '<', 400, 'a short wait at first');
cmp_ok(OrderService::Teller::wait_ms(5), '>=', 8000, 'then longer');
cmp_ok(OrderService::Teller::wait_ms(1000), '<=', 75_000, 'not for ever');
cmp_ok(OrderService::Teller::wait_ms(0, 5), '>=', 5000,
    'at least what nginx asks for');
is(join(' ', grep { OrderService::Teller::final($_) }
    undef, 200, 401, 404, 408, 409, 422, 429, 500, 502, 503),
    '200 404 409 422', 'which answers are final');

# ---- what it believes of a feed
{
    my @lines = split /\n/, Tuanbo::Test::slurp(Tuanbo::Test::root()
        . '/t/unit/golden/ledger-v1.ndjson');
    my $database = OrderService::Database->new($t->dir . '/golden.db');
    my $take = sub (@some) {
        my $follower = OrderService::Follower->new(database => $database,
            changed => sub {}, log => Mojo::Log->new(level => 'fatal'));
        eval { $follower->take($database->position, \@some); 1 };
        return $follower->alarm // $database->position->{seq};
    };

    is($take->(@lines[0 .. 9]), 10, 'lines that go on');
    is($take->(@lines[10 .. 12], $lines[14]), 'line 15 came after 13',
        'a line is missing');
    is($take->($lines[10] =~ s/"qty":2/"qty":1/r),
        'line 11 does not go on from the one before', 'a line was changed');
    is($take->($lines[10] =~ s/"hash".*//r), 'no hash after line 10',
        'half a line');
    is($take->(@lines[10 .. $#lines]), scalar @lines,
        'none of them was taken, so the right ones go on');
    is(join(' ', map { "$_->{sale}=$_->{state}" }
        $database->rows('SELECT * FROM refunds ORDER BY seq')),
        '=elsewhere =foreign egg=elsewhere =elsewhere =foreign =foreign'
        . ' =foreign egg=elsewhere egg=foreign =elsewhere'
        . ' selenium-rice-5kg=foreign' x 7 . ' egg=foreign',
        'what is owed by it, and what was settled');
    $database->close;
}

# ---- a database from when a refund had the name of a payment and a sale
{
    my $path = $t->dir . '/before.db';
    my $dbh = DBI->connect("dbi:SQLite:dbname=$path", '', '',
        { RaiseError => 1 });

    $dbh->do('CREATE TABLE refunds (hold TEXT NOT NULL, payment TEXT NOT NULL,'
        . ' sale TEXT NOT NULL, seq INTEGER NOT NULL UNIQUE, amount_fen'
        . " INTEGER NOT NULL, reason TEXT NOT NULL, state TEXT NOT NULL DEFAULT"
        . " 'due', reference TEXT UNIQUE, paid_at INTEGER, PRIMARY KEY (hold,"
        . ' payment, sale))');
    $dbh->do("INSERT INTO refunds VALUES ('h', 'p', 'egg', 7, 500,"
        . " 'group_failed', 'settled', 'r', 1), ('h', 'p', '', 9, 3, 'late',"
        . " 'due', NULL, NULL)");
    $dbh->disconnect;

    for (1, 2) {
        my $database = OrderService::Database->new($path);

        is(join(' ', map { "$_->{id}:$_->{seq}:$_->{amount_fen}:$_->{state}" }
            $database->rows('SELECT * FROM refunds ORDER BY seq')),
            '1:7:500:settled 2:9:3:due', 'what it had is there, by an id');
        $database->close;
    }
}

$t->define_sale('grape', price_fen => 100, stock => 50);

# ---- nginx is down when the money comes
my $hold = $t->held('alice', 'grape', 2);
my $page = page_of('alice', $hold);
ok($t->stop, 'nginx ends');
is(choose($page, 'pay'), 303, 'paid meanwhile');
eventually { number('SELECT tries FROM messages WHERE hold = ?',
    $hold->{id}) >= 3 } 'nginx is told in vain';
my $body = number('SELECT body FROM messages WHERE hold = ?', $hold->{id});
cmp_ok(number('SELECT tries FROM messages WHERE hold = ?', $hold->{id}), '<',
    8, 'with longer and longer waits');
$t->start;
eventually { state_of('alice', $hold) eq 'sold' } 'and told when it is back';
eventually { row('SELECT * FROM messages WHERE hold = ?',
    $hold->{id})->{answered_at} } 'it has its answer';
is(number('SELECT body FROM messages WHERE hold = ?', $hold->{id}), $body,
    'to the same payment');
is(number('SELECT count(*) FROM payments WHERE hold = ?', $hold->{id}), 1,
    'there is one');
eventually { $service->health->{following} } 'it follows the ledger again';

# ---- both die
$hold = $t->held('bob', 'grape', 1);
$page = page_of('bob', $hold);
$t->kill9_all;
is(choose($page, 'pay'), 303, 'paid while nginx is dead');
isnt($service->stop('KILL'), 0, 'the service is killed');
$service->start;
$t->start;
eventually { state_of('bob', $hold) eq 'sold' } 'what is on disk is told';
is(scalar(of_hold($hold, $t->entries('sold'))), 1, 'sold once');

# ---- the answer is lost: as if it had died before it wrote that down
is($service->stop, 0, 'the service ends in order');
change('UPDATE messages SET answered_at = NULL, status = NULL,'
    . ' answer = NULL WHERE hold = ?', $hold->{id});
$service->start;
eventually { row('SELECT * FROM messages WHERE hold = ?',
    $hold->{id})->{answered_at} } 'told again';
like(number('SELECT answer FROM messages WHERE hold = ?', $hold->{id}),
    qr/"outcome":"sold"/, 'the same answer');
is(scalar(of_hold($hold, $t->entries('sold'))), 1, 'still sold once');
is(scalar(of_hold($hold, $t->entries('refund_due'))), 0, 'and paid once');

# ---- groups fail while the service is killed again and again
$t->define_sale('berry', price_fen => 300, stock => 50, goal => 40);
$t->define_sale('peach', price_fen => 500, stock => 50, goal => 40);
my %paid;
for my $i (1 .. 6) {
    $paid{"n$i"} = $t->held("n$i", [[berry => 2], [peach => 1], [grape => 1]]);
    is(pay("n$i", $paid{"n$i"}), 303, "n$i pays");
}
eventually { 6 == grep { state_of($_, $paid{$_}) eq 'sold' } keys %paid }
    'all have paid';
$t->admin(POST => "/sales/$_/close") for qw(berry peach);
for (1 .. 3) {
    sleep 0.05 + rand 0.2;
    $service->stop('KILL');
    $service->start;
}
eventually { 12 == number("SELECT count(*) FROM refunds WHERE state =
    'settled'") } 'everything went back';
my @refunded = map { $t->entries('refunded', $_) } qw(berry peach);
is(scalar @refunded, 12, 'each line once, says the ledger');
is(number('SELECT count(DISTINCT reference) FROM refunds'), 12,
    'by twelve refunds');
is(number("SELECT count(*) FROM messages WHERE what = 'refunded'"), 12,
    'told once each');
is(number("SELECT sum(amount_fen) FROM refunds"), 6 * (2 * 300 + 500),
    'what the lines had cost');
for my $refund ($service->rows('SELECT * FROM refunds')) {
    my ($entry) = grep { $_->{sale} eq $refund->{sale} }
        of_hold({ id => $refund->{hold} }, @refunded);
    next if $entry && $entry->{refund}
        eq OrderService::Database::reference_hash($refund->{reference});
    fail("the refund of $refund->{sale} is the ledger's");
}

# ---- an old backup: what was paid back is not paid again
is($service->stop, 0, 'the service ends in order');
change("UPDATE position SET seq = 0, hash = '" . '0' x 64 . "'");
change("DELETE FROM refunds WHERE sale = 'berry'");
my $told = number('SELECT count(*) FROM messages');
$service->start;
eventually { $service->health->{following} } 'it reads all again';
is(number("SELECT count(*) FROM refunds WHERE state = 'elsewhere'"), 6,
    'what it had forgotten was paid back before');
is(number('SELECT count(*) FROM messages'), $told, 'nothing is told twice');

# ---- a payment that did not come by it
my $foreign = $t->held('zoe', 'grape', 1);
$t->confirm($foreign, 'not-ours');
is_deeply($t->confirm($foreign, 'not-ours-either')->json,
    { outcome => 'refund_due', reason => 'second_payment' }, 'is owed back');
eventually { refund_of($foreign) eq 'foreign' } 'it knows';
is(row('SELECT * FROM refunds WHERE hold = ?',
    $foreign->{id})->{reference}, undef, 'and does not pay');
is($service->health->{stuck}, 1, 'but calls for a person');

# ---- a second payment of its own, whatever the reason: back, once
$hold = $t->held('yan', 'grape', 1);
$page = page_of('yan', $hold);
$t->confirm($hold, 'paid-at-the-counter');
is(choose($page, 'pay'), 303, 'paid here as well');
eventually { refund_of($hold) eq 'settled' } 'goes back';
is(state_of('yan', $hold), 'sold', 'the order stands');

# ---- a part of an order, and then the rest, for whatever reason
$hold = $t->held('xin', 'grape', 2);
is(pay('xin', $hold), 303, 'paid');
eventually { state_of('xin', $hold) eq 'sold' } 'sold';
for my $part (['cancelled', 'sold'], ['goodwill', 'refunded']) {
    my ($reason, $state) = @$part;

    is($t->call(POST => "/orders/$hold->{id}/refund", role => 'orders',
        key => $t->new_key, json => { reason => $reason, lines =>
            [{ sale => 'grape', qty => 1 }] })->code, 200, "owed: $reason");
    eventually { (row('SELECT state FROM refunds WHERE hold = ?'
        . ' AND reason = ?', $hold->{id}, $reason) // { state => '' })
        ->{state} eq 'settled' } 'goes back';
    is(number('SELECT hold_state FROM orders WHERE hold = ?', $hold->{id}),
        $state, "the order is $state");
}
is(number('SELECT count(*) FROM refunds WHERE hold = ?', $hold->{id}), 2,
    'each once');

# ---- claims, a lot that was not good enough, a whole sale that is cancelled:
# what comes of all of it is one debt each, paid back once, while the service
# dies
$t->define_sale('plum', price_fen => 500, stock => 50);
my %plum;
for my $i (1 .. 4) {
    $plum{"m$i"} = $t->held("m$i", 'plum', 2);
    is(pay("m$i", $plum{"m$i"}), 303, "m$i pays");
}
eventually { 4 == grep { state_of($_, $plum{$_}) eq 'sold' } keys %plum }
    'all have paid';
my $bad = $plum{m1}{id};
is($t->order($bad, 'ready')->code, 200, 'one is there');
is($t->order($bad, 'picked-up')->code, 200, 'and collected');
my $claim = $t->call(POST => "/api/holds/$bad/claims", user => 'm1',
    key => $t->new_key, json => { sale => 'plum', qty => 1,
    reason => 'damaged' })->json;
is($claim->{amount_fen}, 500, 'a unit of it was damaged');
is($t->order($bad, "claims/$claim->{id}", accept => \1)->code, 200, 'agreed');
for my $path ('plum/compensate', 'plum/cancel') {
    my %more = $path =~ /comp/ ? (fen_each => 30) : ();
    is($t->call(POST => "/admin/sales/$path", role => 'admin',
        key => $t->new_key, json => { reason => 'bad weather', %more })->code,
        202, $path);
    $service->stop('KILL');
    $service->start;
}
my $of_plum = "FROM refunds WHERE sale = 'plum'";
eventually { 4 * 2 * 500 == number("SELECT coalesce(sum(amount_fen), 0)"
    . " $of_plum AND state = 'settled'") } 'all that was paid is back';
is(number("SELECT sum(amount_fen) $of_plum"), 4 * 2 * 500, 'and no more');
is(join(' ', map { "$_->{reason}=$_->{amount_fen}" } $service->rows(
    "SELECT reason, amount_fen $of_plum AND hold = ? ORDER BY seq", $bad)),
    'damaged=500 compensation=60 sale_cancelled=440',
    'a debt for each reason, cut to what is left');
is(scalar(my @back = $t->entries('refunded', 'plum')),
    number("SELECT count(*) $of_plum"), 'each once, says the ledger');
is(number('SELECT hold_state FROM orders WHERE hold = ?', $bad), 'refunded',
    'which makes it a refunded order');
is($t->read_hold('m1', $bad)->{owed_fen}, 0, 'nothing is owed any more');
is($t->call(GET => '/admin/audit', role => 'admin')->json->{owed}{fen},
    number('SELECT sum(amount_fen) FROM refunds WHERE state NOT IN'
    . " ('settled', 'elsewhere')"), 'engine and service owe the same');

# ---- another ledger
my $store = $t->store_path;
$t->stop;
$t->start(store_path => $t->dir . '/another');
eventually { $service->health->{alarm} } 'another ledger is an alarm';
is($service->ua->get($service->url('/health'))->res->code, 503,
    'for those who look');
like($service->ua->get($service->url('/demo/orders'))->res->text,
    qr/账本不对/, 'and on the page');
$t->stop;
$t->start(store_path => $store);
eventually { !$service->health->{alarm} && $service->health->{following} }
    'the right one is followed again', 40;
like($service->log_text, qr/\[warn\] ledger: line \d+ is not the one/,
    'the log says so');

# ---- a line that was tampered with on its way
is($service->stop, 0, 'the service ends in order');
change("UPDATE position SET hash = '" . 'f' x 64 . "'");
$service->start;
eventually { ($service->health->{alarm} // '') =~ /not the one/ }
    'a hash that does not fit';
is($service->stop('INT'), 0, 'the service ends in order');

unlike($service->log_text, qr/\[fatal\]|at \S+ line \d+\./,
    'nothing else in its log') or diag($service->log_text);
$t->audit_ok;
$t->chain_ok;
$t->finish;
