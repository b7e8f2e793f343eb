use v5.36;
use Mojo::JSON qw(encode_json);
use Tuanbo::Test;
use Tuanbo::Test::OrderService;
use List::Util qw(sum0 shuffle);

# All that owes money, in any order, twice, at once, through kills and reloads:
# refunds, claims, failing groups, shortages, late and second payments, orders
# and sales that are cancelled, compensations. Engine, audit, ledger checker,
# metrics, buyers' pages and the demo's order service come to the same sums.
# SEED=n for the same choices.

my $seed = $ENV{SEED} // int rand 1e9;
srand $seed;
note "SEED=$seed";

my $t = Tuanbo::Test->new(workers => 2, http => <<'CONF');
    flashsale_live_holds 100;
    flashsale_refund_time 1s;
    flashsale_hand_over_time 2s;
    flashsale_claims auto_fen=150 per_buyer=3/30d;
CONF
my $service = Tuanbo::Test::OrderService->new($t);
$t->start(server => $service->locations);
$service->start;
$t->expect_log(qr/folding \d+ entries|open socket #-?\d+ left|: aborting$/);

my %price = (apple => 99, bean => 100, date => 333, fig => 1, gone => 250,
    alone => 101, point => 77);
my @sales = ((sort keys %price), 'quick');
my @points = qw(east west);
my %common = (stock => 5000, cancel_ms => 600_000);

$t->points(@points);
$t->define_sale($_, %common, price_fen => $price{$_})
    for qw(apple bean date fig gone);
$t->define_sale('alone', %common, price_fen => $price{alone}, goal => 4000);
$t->define_sale('point', %common, price_fen => $price{point}, goal => 5,
    goal_by => 'pickup', closes_at => now_ms + 3_600_000);
$t->define_sale('quick', %common, price_fen => 11, hold_ms => 1500);

sub pick (@list) { $list[rand @list] }
sub signed ($role, $method, $target, $json = undef, $key = $t->new_key) {
    return [$method, $target, role => $role, key => $key,
        $json ? (json => $json) : ()];
}

my (@orders, %came);

# One more thing that happens to an order; now and then the same one again.
my %deeds = (
    refund => sub ($o, $line) {
        return signed(orders => POST => "/orders/$o->{id}/refund", {
            lines => [{ sale => $line->{sale},
                qty => 1 + int rand $line->{qty} }],
            reason => pick(qw(bad short cancelled goodwill)),
            restock => pick(true, false) });
    },
    refund_fen => sub ($o, $line) {
        return signed(orders => POST => "/orders/$o->{id}/refund", {
            lines => [{ sale => $line->{sale}, amount_fen => 1 + int rand
                $line->{qty} * $line->{price_fen} }], reason => 'goodwill' });
    },
    claim => sub ($o, $line) {
        return [POST => "/api/holds/$o->{id}/claims", user => $o->{user},
            key => $t->new_key, json => { sale => $line->{sale},
                qty => 1 + int rand $line->{qty},
                reason => pick(qw(bad short damaged wrong)) }];
    },
    answer => sub ($o, $line) {
        my $claim = pick(@{ $o->{claims} // [] }) // 1;
        return signed(orders => POST => "/orders/$o->{id}/claims/$claim",
            { accept => pick(true, false) });
    },
    give_back => sub ($o, $line) {
        return [POST => "/api/holds/$o->{id}/cancel", user => $o->{user}];
    },
    cancel => sub ($o, $line) {
        return signed(orders => POST => "/orders/$o->{id}/cancel");
    },
    pay_again => sub ($o, $line) {
        return signed(orders => POST => "/orders/$o->{id}/confirm", {
            payment => "again-$o->{id}",
            paid_fen => $o->{amount_fen} + pick(0, 0, 1) });
    },
    paid_back => sub ($o, $line) {
        return signed(orders => POST => "/orders/$o->{id}/refunded", {
            refund => "back-$o->{id}-" . int rand 9,
            payment => "again-$o->{id}" });
    },
    ready => sub ($o, $line) {
        return signed(orders => POST => "/orders/$o->{id}/ready");
    },
    hand_over => sub ($o, $line) {
        return signed(orders => POST => "/orders/$o->{id}/picked-up", {
            nonce => 'n' . int rand 4,
            pick(0, 1) ? (lines => [{ sale => $line->{sale} }]) : () });
    },
    put_back => sub ($o, $line) {
        return signed(orders => POST => "/orders/$o->{id}/put-back",
            { nonce => 'n' . int rand 4 });
    },
);
my @deeds = sort keys %deeds;

sub deed ($o) {
    my $what = pick(@deeds);

    $o = pick(grep { $_->{claims} } @orders) // $o if $what eq 'answer';

    my $call = pick(0, 0, 1) && $o->{said}{$what};

    $call ||= $o->{said}{$what} = $deeds{$what}->($o, pick($o->{lines}->@*));

    return $t->call_p(@$call)->then(sub ($res) {
        $came{$what}++ if ($res->code // 0) =~ /\A20/;
        push $o->{claims}->@*, $res->json->{id}
            if $what eq 'claim' && ($res->code // 0) == 201;
    });
}

sub pay ($o) {
    return $service->ua->post_p($service->url($o->{page}),
        form => { action => rand() < .9 ? 'pay' : 'fail' });
}

sub pay_late ($o) {
    return $t->call_p(@{ signed(orders => POST => "/orders/$o->{id}/confirm", {
        payment => "late-$o->{id}", paid_fen => $o->{amount_fen} }) });
}

# What an operator does in each round, and of every other one a wave.
sub operator ($round) {
    my %whole = (3 => 'gone/cancel', 5 => 'alone/close', 6 => 'date/cancel',
        7 => 'point/cancel');
    my $do = $whole{$round} // pick(qw(apple bean)) . '/compensate';
    my $json = $do =~ /close/ ? undef : { reason => 'so',
        $do =~ /comp/ ? (fen_each => 1 + int rand 60) : () };

    return $t->call_p(@{ signed(admin => POST => "/admin/sales/$do", $json) });
}

sub wave ($round) {
    my $at = "/admin/waves/w$round";

    return $t->call_p(@{ signed(orders => PUT => $at,
            { sales => [sort keys %price], cut_at => now_ms }) })
        ->then(sub { $t->call_p(GET => $at, role => 'orders') })
        ->then(sub ($res) {
            return Mojo::Promise->all(Mojo::Promise->resolve, map {
                my $point = $_;
                map { $t->call_p(@{ signed(orders => POST => "$at/receive", {
                    pickup => $point->{pickup}, final => true, lines => [map {
                        { sale => $_->{sale}, qty => $_->{ready}
                            + $_->{handed_over} + int rand 1 + $_->{awaited} }
                    } $point->{lines}->@*] }) }) } 1, 2;
            } ($res->json->{points} // [])->@*);
        });
}

sub at_once ($limit, @jobs) {
    my $open = 0;
    my $more;

    $more = sub {
        while ($open < $limit && @jobs) {
            $open++;
            (shift @jobs)->()->catch(sub { })->finally(sub {
                $open--;
                $more->();
            });
        }
        Mojo::IOLoop->stop if !$open;
    };
    Mojo::IOLoop->next_tick(sub { $more->() });
    Mojo::IOLoop->start;
    undef $more;
}

# ---- what happens
my @late = map { { $t->held('late', [['quick', 1], [$_, 2]], 1,
    pickup => 'east')->%*, user => 'late' } } qw(apple gone);

for my $round (1 .. 8) {
    my @calls = map {
        my %is_there;
        my @lines = map { [$_, 1 + int rand 4] }
            grep { !$is_there{$_}++ } map { pick(@sales) } 1 .. 1 + rand 4;
        [$t->hold_call('u' . int rand 30, \@lines, 1,
            pickup => pick(@points))->@*];
    } 1 .. 20;
    my @answers = $t->many(\@calls);
    my @new = map {
        my ($call, $res) = ($calls[$_], $answers[$_]);
        my %o = $call->@[2 .. $#$call];
        $res->code == 201 ? { $res->json->%*, user => $o{user} } : ();
    } 0 .. $#calls;
    my @pages = $t->many([map { [POST => "/checkout/$_->{id}",
        user => $_->{user}] } @new]);

    $new[$_]{page} = $pages[$_]->headers->location for 0 .. $#new;
    push @orders, @new;

    if ($round == 4) {
        eventually { $t->read_hold('late', $_->{id})->{state} eq 'expired' }
            'its time is over' for @late;
        push @orders, @late;
    }

    at_once(24, shuffle(
        (map { my $o = $_; sub { pay_late($o) } } $round == 4 ? @late : ()),
        (map { my $o = $_; sub { pay($o) } } grep { $_->{page} } @new),
        (map { my $o = pick(@orders); sub { deed($o) } } 1 .. 130),
        sub { operator($round) }, $round % 2 ? () : sub { wave($round) }));

    if ($round == 3) {
        $t->kill9_all;
        $t->start(server => $service->locations);

    } elsif ($round == 6) {
        $t->reload;
    }
}

# what is rare needs goods that are there, and a claim that is open
for (1 .. 40) {
    last if !grep { !$came{$_} } @deeds;
    at_once(24, map { my $o = pick(@orders); sub { deed($o) } } 1 .. 60);
}
is_deeply([grep { !$came{$_} } @deeds], [], 'each of these has happened')
    or diag(encode_json(\%came));

# ---- until nothing moves any more
sub audit { $t->call(GET => '/admin/audit', role => 'admin')->json }

eventually {
    my %n;
    $n{ $_->{type} }++ for $t->ledger;
    ($n{settled} // 0) == ($n{called_off} // 0) + ($n{compensated} // 0)
        && $n{failed};
} 'what is owed of whole sales is written', 60;
eventually {
    my $last = audit()->{ledger}{last_seq};
    my ($at) = $service->rows('SELECT seq FROM position');
    my @waits = $service->rows('SELECT id FROM messages'
        . ' WHERE answered_at IS NULL');

    # claims that nobody has to answer are accepted a second later
    my %open = map { $_->{seq} => 1 } grep { $_->{type} eq 'claimed'
        && ($_->{by} // '') eq 'time' } my @entries = $t->ledger;
    delete $open{ $_->{claim} // 0 } for @entries;

    !@waits && !%open && $at->{seq} == $last
        && audit()->{ledger}{last_seq} == $last;
} 'the order service has read, paid back and told all', 60;

# ---- the sums
my $audit = audit();
my (%paid, %owed, %back, %debts);

for my $entry ($t->ledger) {
    my ($type, $hold) = @$entry{qw(type hold)};

    $paid{$hold} += $entry->{amount_fen} if $type =~ /\Asold/
        || $type eq 'owed' && !$entry->{sale};
    $back{$hold} += $entry->{amount_fen} if $type eq 'refunded';

    if ($type eq 'owed') {
        $owed{$hold} += $entry->{amount_fen};
        $debts{ $entry->{seq} } = $entry;
    }
}

is($audit->{ok}, true, 'the audit agrees') or diag(encode_json($audit));
is_deeply([grep { $owed{$_} > ($paid{$_} // 0) } keys %owed], [],
    'nobody is owed more than was paid');
is($audit->{owed}{fen}, sum0(values %owed) - sum0(values %back),
    'what is owed and not back, as the audit has it');
like($t->metrics,
    qr/^flashsale_owed_fen\S* \Q$audit->{owed}{fen}\E$/m, 'and the metrics');

my @read = map { $_->json } $t->many([map { [GET => "/api/holds/$_->{id}",
    user => $_->{user}] } @orders], parallel => 20);
is_deeply({ map { $_->{id} => [@$_{qw(owed_fen refunded_fen)}] } @read },
    { map { my $back = $back{ $_->{id} } // 0;
        $_->{id} => [($owed{ $_->{id} } // 0) - $back, $back] } @orders },
    'each hold says what is owed of it, and what is back');
is_deeply([grep { $_->{debts}->@* < 64 && ($owed{ $_->{id} } // 0)
    != sum0(map { $_->{amount_fen} } $_->{debts}->@*) } @read], [],
    'and its debts add up');

my %own = map { $_->{hash} => 1 } $service->rows('SELECT hash FROM payments');
my %state;
$state{ $_->{state} } += $_->{amount_fen}
    for $service->rows('SELECT state, amount_fen FROM refunds');
is($state{settled}, sum0(map { $_->{amount_fen} }
    grep { $own{ $_->{payment} } } values %debts),
    'the order service has paid back all that is owed of its payments');
is(sum0(values %state), sum0(values %owed), 'and knows of all the rest');
is_deeply([grep { !/\A(?:settled|elsewhere|foreign)\z/ } sort keys %state],
    [], 'where nothing waits');

$t->chain_ok('and so does who knows nothing of the engine');
$service->stop;
$t->finish;
