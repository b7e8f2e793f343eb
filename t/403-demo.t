use v5.36;
use utf8;
use Tuanbo::Test;
use Tuanbo::Test::Demo;
use Tuanbo::Test::Storefront;
use Tuanbo::Test::Stranger qw(writes_little);

binmode Test::More->builder->$_, ':utf8'
    for qw(output failure_output todo_output);

# `make run` with its storefront and its order service: a neighbour buys and
# pays, the order service goes away and comes back, Ctrl-C ends all of it.

my $t = Tuanbo::Test->new;
my $demo = Tuanbo::Test::Demo->new($t);
my $data = $demo->data;
my $log = "$data/orders.log";
my $service;

END {
    my $status = $?;

    kill KILL => $service if $service && Tuanbo::Test::alive($service);
    $? = $status;
}


sub service_pid { Tuanbo::Test::slurp("$data/orders.pid") =~ s/\s+//gr }


# A buyer with a hold and a name: one button away from the pay page.
sub ready_to_pay ($sale) {
    my $buyer = Tuanbo::Test::Storefront->buyer($t);

    $buyer->get("/s/$sale")->submit('#take', qty => 1);
    die 'no hold: ' . $buyer->text if !$buyer->id;

    return $buyer->submit('#called', name => '李阿姨', digits => '1234');
}


sub to_checkout ($buyer) {
    return $buyer->submit("form[action='/checkout/@{[ $buyer->id ]}']");
}


# A button of the pay page, whose forms post to itself.
sub choose ($buyer, $action) {
    $buyer->start(POST => $buyer->path, "action=$action");
    die 'no way back' if $buyer->res->code != 303;

    return $buyer->get($buyer->res->headers->location);
}


like($demo->start, qr{^Ctrl-C}m, 'it runs');
$service = service_pid();
ok(Tuanbo::Test::alive($service), 'an order service too');

# ---- bought and paid
my $lin = ready_to_pay('grape');
my $id = $lin->id;
to_checkout($lin);
is($lin->res->code, 200, 'a pay page') or diag($lin->res->body);
like($lin->path, qr{^/demo/pay/[0-9a-f]{32}$}, 'of the order service');
like($lin->res->text, qr/阳光玫瑰葡萄/, 'names what is bought');
like($lin->res->text, qr/39\.8 元/, 'and for how much');
choose($lin, 'pay');
like($lin->path, qr{^/h/$id(?:\?back=1)?\z}, 'paid, and back to the shop');
eventually { $lin->get("/h/$id")->dom->at('.order') } 'where it is sold';
eventually { $t->get('/demo/orders')->text =~ /已成交 sold/ }
    'the service knows it from the ledger';
like($t->get('/demo/orders')->text, qr/李\*\* 1234/, 'and for whom it is');

# ---- the order service is away
my $wang = ready_to_pay('egg');
kill KILL => $service;
$t->wait_gone(5, $service);
my $egg = $wang->id;
to_checkout($wang);
is($wang->res->code, 200, 'a page says so');
like($wang->path, qr{^/h/$egg\?code=checkout_down$}, 'that of the hold');
like($wang->text, qr/付款的地方现在连不上/, 'that nobody answers');
like($wang->text, qr/没有扣钱，货还给您留到 (?:明天 )?\d\d:\d\d/,
    'and until when it is held');
my ($held) = grep { $_->{id} eq 'egg' }
    $t->get('/api/sales?limit=100')->json->{sales}->@*;
is($held->{held}, 1, 'which is so');
ok($wang->dom->at("form[action='/checkout/$egg'] button"),
    'with a way to try again');
is($t->get('/demo/orders')->code, 502, 'its own pages are away');

# ---- and back, with the whole demo
is($demo->stop('INT'), 0, 'Ctrl-C ends the rest');
ok(!-e "$data/$_.pid", "no $_.pid is left") for qw(nginx orders);
like($demo->start, qr{^Ctrl-C}m, 'it runs again');
$service = service_pid();
to_checkout($wang->get("/h/$egg"));
is($wang->res->code, 200, 'now it can be paid') or diag($wang->res->body);
choose($wang, 'fail');
eventually { $wang->get("/h/$egg")->text =~ /没有付成/ } 'or not';

# ---- a stranger in a loop
writes_little('the demo', $t->port, "$data/error.log", "$data/access.log");

is($demo->stop('INT'), 0, 'Ctrl-C ends it');
ok(!Tuanbo::Test::alive($service), 'the order service as well');
ok(!-e "$data/$_.pid", "no $_.pid is left") for qw(nginx orders);
unlike(Tuanbo::Test::slurp($log), qr/\[fatal\]|at \S+ line \d+/,
    'nothing is wrong in its log');
my @wrong = grep { !/\[(?:notice|info)\]/ && !/connect\(\) failed \(111: / }
    split /\n/, Tuanbo::Test::slurp("$data/error.log");
is("@wrong", '', 'nor in nginx\'s');

done_testing();
