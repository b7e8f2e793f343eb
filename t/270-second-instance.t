use v5.36;
use Tuanbo::Test;

# A second nginx on one store, by mistake: safe.

my $a = Tuanbo::Test->new->start;
my $b = Tuanbo::Test->new(store_path => $a->store_path);
$b->set_secrets($_, $a->{secrets}{$_}) for keys $a->{secrets}->%*;
$b->start;

$a->define_sale('grape', price_fen => 100, stock => 100);
eventually { ($b->get('/api/sales/grape')->code // 0) == 200 }
    'what one defines the other has';

my $viewer = $b->events(['grape']);
is(($viewer->next // {})->{event}, 'snapshot', 'a viewer of the other');
my $hold = $a->held('alice', 'grape', 2);
my $event = $viewer->next;
is($event && $event->{json}{held}, 2, 'is told of a hold in the first');
is($b->read_hold('alice', $hold->{id})->{state}, 'held',
    'ids are good in both');
is($b->call(DELETE => "/api/holds/$hold->{id}", user => 'alice')->code, 200,
    'released by the other');
is($a->sale('grape')->{held}, 0, 'which the first sees');

# ---- one key in both
my $first = $a->held('bob', 'grape', 1, key => 'k');
my $second = $b->hold('bob', 'grape', 1, key => 'k');
is($second->code, 200, 'a retry at the other');
is($second->json->{id}, $first->{id}, 'has the same hold');

# ---- a rush in both: never oversold
my @calls = map {
    my $t = $_ % 2 ? $a : $b;
    [@{ $t->hold_call("rush-$_", 'grape', 1) }];
} 1 .. 160;
my @answers;
my $open = 0;
for my $i (0 .. $#calls) {
    my $t = $i % 2 ? $a : $b;
    $open++;
    $t->call_p($calls[$i]->@*)->then(sub ($res) {
        $answers[$i] = $res;
        Mojo::IOLoop->stop if !--$open;
    });
}
Mojo::IOLoop->start;
is(scalar(grep { ($_->code // 0) == 201 } @answers), 99,
    'the rest is taken exactly');
is(scalar(grep { ($_->code // 0) == 409 } @answers), 61,
    'and no more');
is($a->sale('grape')->{held}, 100, 'one says so');
is($b->sale('grape')->{held}, 100, 'and the other');
$a->audit_ok('the audit of one');
$b->audit_ok('and of the other');

# ---- expiry by whoever is there
$a->define_sale('short', stock => 5, hold_ms => 1000);
$a->held('carol', 'short', 5);
$a->stop;
eventually { $b->sale('short')->{free} == 5 } 'the other one expires';

# ---- a kill of one does not stop the other
$a->start;
$a->kill9_all;
is($b->hold('dave', 'short', 1)->code, 201, 'one killed, the other goes on');
$b->chain_ok;
$b->audit_ok;
$b->finish;
