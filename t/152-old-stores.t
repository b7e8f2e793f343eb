use v5.36;
use File::Path;
use Mojo::JSON qw(decode_json);
use Tuanbo::Test;

# Stores of builds before: as they were written, with a failed group that is
# half paid back, a second payment, one for what was given back, goods that
# are there, and a live hold; the later ones' debts have an id, and the last
# one has a wave, a claim, an order paid in cash and a sale that was called
# off.  They open, the index is made anew, what was owed then is owed now, and
# what is new is in the same history.

sub owed ($hold) {
    return join ' ', map { ($_->{sale} // '-') . ":$_->{amount_fen}"
        . ":$_->{reason}" . (defined $_->{refunded_at} ? ':back' : '') }
        $hold->{debts}->@*;
}

my $t = Tuanbo::Test->new->start;
my $store = $t->store_path;
my @owner = (stat $store)[4, 5];

$t->expect_log(qr/folding \d+ entries|index-\d+.data\.mdb is missing|is not the one that was here/);

for my $name (qw(before-solid-ground before-debts before-goods
    before-givings))
{

    # in the place of a store of this build, which has the right owner

    $t->stop;
    File::Path::remove_tree("$store/log", glob("$store/index-*"));
    unlink "$store/mark";
    is(system('tar', '-C', $store, '-xzf', Tuanbo::Test::root()
        . "/t/stores/$name.tar.gz"), 0, "$name: unpacked");
    chown @owner, map { "$store/$_" } qw(log log/data.mdb mark);
    my %id = decode_json(Tuanbo::Test::slurp("$store/holds.json"))->%*;
    $t->start;

    my %user = (sold => 'alice', twice => 'bo', late => 'cy', failed => 'di',
        back => 'ed', formed => 'flo', ready => 'gil', live => 'hal',
        part => 'jo', waved => 'wu', awaited => 'ko', off => 'oz');

    # the index is made anew meanwhile, by whichever worker: 503 until it is

    my $hold = sub ($who) {
        my $is;
        wait_until { $is = $t->read_hold($user{$who}, $id{$who});
            defined $is->{state} };
        return $is;
    };
    my %state = (sold => 'sold', twice => 'sold', late => 'refund_due',
        failed => 'refund_due', back => 'refunded', formed => 'sold',
        ready => 'ready');
    my %owed = (twice => '-:100:second_payment', late => '-:100:released',
        failed => 'berry:100:group_failed',
        back => 'berry:50:group_failed:back');

    like($hold->('live')->{state}, qr/^(?:held|expired)\z/,
        "$name: a live hold has what is left of its time");
    if ($id{part}) {
        $state{part} = 'sold';
        $owed{part} = 'grape:100:bad:back';
    }
    if ($id{waved}) {
        @state{qw(waved awaited off)} = qw(ready sold refunded);
        $owed{off} = 'off:100:sale_cancelled:back';
        is($hold->('waved')->{claims}[0]{state}, 'open', "$name: a claim");
        is_deeply([map { $_->@{qw(sale ordered received ready)} }
            $t->admin(GET => '/waves/mon')->{points}[0]{lines}->@*],
            ['tea', 5, 2, 2], "$name: a wave");
    }

    for my $who (sort keys %state) {
        my $is = $hold->($who);
        is($is->{state}, $state{$who}, "$name: $who is $state{$who}");
        is(owed($is), $owed{$who} // '', "$name: $who, what is owed");
    }
    is($hold->('ready')->{lines}[0]{goods}, 'ready', "$name: goods are there");
    is($t->sale('berry')->{sold}, 0, "$name: the failed group's units");
    is_deeply([@{ $t->admin(GET => '/audit')->{owed} }{qw(fen debts)}],
        [300, 3], "$name: the audit adds them up");

    # ---- settled: without an id, by the payment, by the id
    my ($debt) = $hold->('failed')->{debts}->@*;
    is($t->order($id{twice}, 'refunded', refund => 'n-1',
        payment => 'again')->code, 200, "$name: by the payment");
    is($t->order($id{late}, 'refunded', refund => 'n-2')->json->{state},
        'refunded', "$name: the oldest");
    is($t->order($id{failed}, 'refunded', refund => 'n-3',
        owed => $debt->{owed}, amount_fen => 100)->json->{state}, 'refunded',
        "$name: by the id");
    $t->answers($t->order($id{back}, 'refunded', refund => 'n-4'), 409,
        'nothing_due', "$name: what was settled then");
    is($t->order($id{back}, 'refunded', refund => 'old-1')->code, 200,
        "$name: and is known by its refund");

    # ---- what is new, of orders from then
    is($t->call(POST => "/orders/$id{sold}/refund", role => 'orders',
        key => $t->new_key, json => { reason => 'bad', restock => Mojo::JSON::true,
        lines => [{ sale => 'grape', qty => 1 }] })->json->{owed_fen}, 100,
        "$name: a refund of an order from then");
    is($t->order($id{ready}, 'picked-up')->json->{state}, 'picked_up',
        "$name: collected now");
    is($t->hold('ivy', 'grape', 1)->code, 201, "$name: it sells");

    $t->audit_ok("$name: the audit agrees");
    $t->chain_ok("$name: the chain goes on");
}

$t->finish;
