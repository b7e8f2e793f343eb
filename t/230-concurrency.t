use v5.36;
use Tuanbo::Test;
use List::Util qw(shuffle);

# Never oversold: promise 1.  Bugs 2, 3, 7, 12, 16 when many try at once.

my $t = Tuanbo::Test->new(workers => 3)->start;

# ---- the Friday evening: 300 neighbours, 200 boxes
$t->define_sale('grape', price_fen => 3980, stock => 200, limit => 2);
my @answers = $t->many([map { $t->hold_call("n-$_", 'grape', 1) } 1 .. 300]);
is(scalar(grep { ($_->code // 0) == 201 } @answers), 200,
    'two hundred have one');
is(scalar(grep { ($_->code // 0) == 409 && $_->json->{code} eq 'sold_out' }
    @answers), 100, 'a hundred are told that it is sold out');
my $sale = $t->sale('grape');
is("$sale->{free} $sale->{held} $sale->{state}", '0 200 sold_out',
    'exactly');
my %ids = map { $_->json->{id} => 1 } grep { $_->code == 201 } @answers;
is(scalar keys %ids, 200, 'each its own');

# ---- quantities that do not divide the stock
$t->define_sale('egg', stock => 100, limit => 7);
@answers = $t->many([map { $t->hold_call("e-$_", 'egg', 1 + $_ % 7) }
    1 .. 60]);
my $held = 0;
$held += $_->json->{lines}[0]{qty} for grep { $_->code == 201 } @answers;
is($t->sale('egg')->{held}, $held, 'what was told is what is held');
cmp_ok($held, '<=', 100, 'and no more than there is');
cmp_ok($held, '>', 93, 'but nearly all');

# ---- a key each, sent three times at once by everybody
$t->define_sale('tea', stock => 50);
my @calls = map { my $i = $_; map { $t->hold_call("t-$i", 'tea', 1,
    key => 'tap') } 1 .. 3 } 1 .. 70;
@answers = $t->many([shuffle @calls]);
is($t->sale('tea')->{held}, 50, 'fifty are held');
is(scalar(grep { $_->code == 201 } @answers), 50, 'made fifty times');
is(scalar(grep { $_->code == 200 } @answers), 100, 'replayed a hundred');
is(scalar(grep { $_->code == 409 } @answers), 60, 'refused sixty');

# ---- held, released, paid and confirmed by all at once
$t->define_sale('mix', price_fen => 10, stock => 40);
for my $round (1 .. 3) {
    my @holds = map { [$_, $t->held("m-$round-$_", 'mix', 1)] } 1 .. 10;
    @answers = $t->many([shuffle map {
        my ($i, $hold) = @$_;
        ([DELETE => "/api/holds/$hold->{id}", user => "m-$round-$i"],
         $t->order_call($hold->{id}, 'confirm', payment => "p-$hold->{id}",
            paid_fen => 10),
         $t->order_call($hold->{id}, 'cancel'));
    } @holds]);
    for my $pair (@holds) {
        my ($i, $hold) = @$pair;
        my $state = $t->read_hold("m-$round-$i", $hold->{id})->{state};
        my @ends = grep { ($_->{hold} // '') eq $hold->{id}
            && $_->{type} =~ /^(?:released|cancelled|sold)$/ } $t->ledger;
        # a payment that came after the end is due back
        my $paid = $state eq 'refund_due' && @ends == 1
            && $ends[0]{type} ne 'sold';
        if (@ends != 1 || $ends[0]{type} ne $state && !$paid) {
            fail("$state, but the ledger has "
                . join ' ', map { $_->{type} } @ends);
        }
    }
}
pass('a hold ends once, whoever is first');

# ---- readers never see a number that is not true
$t->define_sale('watch', stock => 100);
my $wrong = 0;
@answers = $t->many([map { $_ % 2 ? $t->hold_call("w-$_", 'watch', 1)
    : [GET => '/api/sales/watch'] } 1 .. 300], parallel => 40);
for my $i (grep { $_ % 2 } 0 .. $#answers) {
    my $seen = $answers[$i]->json;
    $wrong++ if $seen->{free} + $seen->{held} + $seen->{sold} != 100
        || grep { $_ < 0 } @$seen{qw(free held sold)};
}
is($wrong, 0, 'whoever reads meanwhile sees numbers that add up');

$t->audit_ok;
$t->chain_ok;
$t->finish;
