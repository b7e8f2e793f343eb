use v5.36;
use Tuanbo::Test;
use File::Path qw(remove_tree);

# An nginx that never leads (flashsale_lead off) beside the shop: it reads what
# the shop has done, decides nothing, and keeps nobody waiting when it is
# stopped, whenever that is.

my $shop = Tuanbo::Test->new;
my $office = Tuanbo::Test->new(store_path => $shop->store_path,
    workers => 1, http => 'flashsale_lead off;');
$office->set_secrets($_, $shop->{secrets}{$_}) for keys $shop->{secrets}->%*;

# ---- values
for my $bad (['twice', 'flashsale_lead off; flashsale_lead off;',
        qr/"flashsale_lead" directive is duplicate/],
    ['a value', 'flashsale_lead never;',
        qr/invalid value "never" in "flashsale_lead" directive/],
    ['a place', '', qr/"flashsale_lead" directive is not allowed here/,
        'flashsale_lead off;'])
{
    my $t = Tuanbo::Test->new(http => $bad->[1], server => $bad->[3] // '');
    my ($status, $said) = $t->check_conf($t->conf);
    isnt($status, 0, "refused: $bad->[0]");
    like($said, $bad->[2], 'and it is said why');
}

# ---- the second first: it makes nothing
$office->start(locations => $office->usual_locations);
eventually { $office->log_text =~ /there is no store in/ } 'it is waited for';
is($office->get('/api/sales/grape')->code, 503, 'nothing to read yet');
ok(!-e $shop->store_path . "/$_", "no $_ was made") for qw(mark log people);

$shop->start;
$shop->define_sale('grape', price_fen => 100, stock => 100000,
    hold_ms => 3_600_000);
eventually { ($office->get('/api/sales/grape')->code // 0) == 200 }
    'what the shop has made is read';
is(scalar(() = $office->log_text =~ /there is no store in/g), 1, 'said once');

# ---- it reads, at once
my $viewer = $office->events(['grape']);
is(($viewer->next // {})->{event}, 'snapshot', 'a viewer there');
my $hold = $shop->held('alice', 'grape', 2);
is($office->sale('grape')->{held}, 2, 'a hold, at once');
is($office->read_hold('alice', $hold->{id})->{state}, 'held', 'by its id');
my $event = $viewer->next;
is($event && $event->{json}{held}, 2, 'its viewers are told');
is_deeply([$office->ledger_lines], [$shop->ledger_lines], 'the same ledger');
is($office->get('/metrics')->code, 200, 'metrics');

# ---- and decides nothing
my $refused = sub ($res, $name) {
    is($res->code, 503, $name);
    is(($res->json // {})->{code}, 'not_ready', "$name: not_ready");
};
$refused->($office->hold('bob', 'grape', 1), 'a hold');
$refused->($office->call(DELETE => "/api/holds/$hold->{id}", user => 'alice'),
    'a release');
$refused->($office->order($hold->{id}, 'confirm', payment => 'p1'),
    'a confirmation');
$refused->($office->call(PUT => '/admin/sales/pear', role => 'admin',
    key => 'a1', json => { price_fen => 1, stock => 1 }), 'a sale');
is($shop->sale('grape')->{held}, 2, 'the shop has seen none of it');

# ---- contacts: read as they are, and not changed
my %lin = (user => 'lin', json => { name => 'Lin', digits => '1234',
    consent => ['labels'] });
my $given = $shop->post('/api/contact', %lin, key => 'c1');
like($given->code, qr/^20[02]$/, 'a contact is given');
eventually { (($office->get('/api/me', user => 'lin')->json // {})->{contact}
    // {})->{name} } 'and read there';
$refused->($office->post('/api/contact', %lin, key => 'c2'),
    'a change of it');
$refused->($office->call(DELETE => '/api/me', user => 'lin'),
    'and its end');
is($office->get('/api/me', user => 'lin')->json->{contact}{digits}, '1234',
    'it stays');
is($shop->call(DELETE => '/api/me', user => 'lin')->code, 200,
    'the shop erases it');
eventually { !$office->get('/api/me', user => 'lin')->json->{contact} }
    'which is seen, too';

# ---- stopped at any moment, it holds nobody
my ($pid) = $office->worker_pids;
my ($taken, $failed, $running) = (0, 0, 0);
my $enough = 0;
my $next;
$next = sub ($i) {
    $running++;
    $shop->call_p($shop->hold_call("rush-$i-" . $taken, 'grape', 1)->@*)
        ->then(sub ($res) {
            $running--;
            ($res->code // 0) == 201 ? $taken++ : $failed++;
            $next->($i) if !$enough;
        });
};
my $reading;
$reading = sub {
    $office->call_p(GET => '/api/sales/grape')->then(sub { $reading->() })
        if !$enough;
};
$next->($_) for 1 .. 8;
$reading->() for 1 .. 4;

sub go_on ($is_so, $seconds) {
    my $end = time + $seconds;
    my $timer = Mojo::IOLoop->recurring(0.01 => sub { });
    Mojo::IOLoop->one_tick while !$is_so->() && time < $end;
    Mojo::IOLoop->remove($timer);
    return $is_so->();
}

my $patience = Tuanbo::Test::patience(20);
my $held_up = 0;
for my $round (1 .. 40) {
    my $until = $taken + 1 + int rand 40;
    go_on(sub { $taken >= $until }, $patience);
    kill STOP => $pid;
    my $while = $taken + 100;
    $held_up++ if !go_on(sub { $taken >= $while }, $patience);
    kill CONT => $pid;
}
is($held_up, 0, 'commits go on while it is stopped, each of 40 times');
$enough = 1;
go_on(sub { $running == 0 }, $patience);
is($failed, 0, 'and none failed');

# ---- killed
$office->kill9_all;
is($shop->hold('carol', 'grape', 1)->code, 201, 'killed, the shop goes on');
$office->start;
eventually { ($office->get('/api/sales/grape')->code // 0) == 200 }
    'started again, it reads';
$shop->kill9_all;
is($office->get('/api/sales/grape')->code, 200, 'the shop killed: it reads');
$shop->start;
my $held = $shop->sale('grape')->{held};
$shop->held('dave', 'grape', 1);
is($office->sale('grape')->{held}, $held + 1, 'the shop is back: at once');

# ---- the shop folds another index
$shop->stop;
remove_tree(glob $shop->store_path . '/index-*');
$shop->start;
eventually { ($shop->hold('erin', 'grape', 1, key => 'index')->code // 0)
    =~ /^20/ } 'the shop has folded another index';
eventually { (($office->get('/api/sales/grape')->json // {})->{held} // 0)
    == $held + 2 } 'another index is followed';

# ---- off, on, off, by reloads
$office->{http} = '';
$office->reload;
eventually { ($office->hold('fred', 'grape', 1, key => 'on')->code // 0)
    =~ /^20/ } 'reloaded to lead, it sells';
$office->{http} = 'flashsale_lead off;';
$office->reload;
eventually { ($office->hold('gina', 'grape', 1, key => 'off')->code // 0)
    == 503 } 'and back';
is($office->get('/api/sales/grape')->code, 200, 'where it reads');

# ---- another file in the log's place: a new life
my $log = $shop->store_path . '/log';
$shop->stop;
system('cp', '-p', "$log/data.mdb", "$log/new") == 0 or die;
rename "$log/new", "$log/data.mdb" or die $!;
$shop->start;
eventually { ($shop->hold('hugo', 'grape', 1, key => 'life')->code // 0)
    =~ /^20/ } 'the shop goes on from a file that was put back';
eventually {
    my $json = $office->get('/api/sales/grape')->json;
    ref $json eq 'HASH' && ($json->{held} // -1) == $shop->sale('grape')->{held}
} 'which is followed';
is_deeply([($office->ledger_lines)[-1]], [($shop->ledger_lines)[-1]],
    'to the last entry');

$shop->chain_ok;
$shop->audit_ok;
# it may look at any moment at which a shop is making one
$office->expect_log(qr/the store "[^"]+" cannot be opened/);
$office->expect_log(qr/log\/data.mdb is another file/);
$_->expect_log(qr/index-\d+\/data.mdb is missing|folding \d+ entries/)
    for $shop, $office;
$_->expect_log(qr/another data.mdb, which somebody still has open/),
    $_->expect_log(qr/has no entry of this boot, or life/),
    $_->expect_log(qr/is another one than|a new life|was put in its place/)
    for $shop, $office;
$shop->finish;
