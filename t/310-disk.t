use v5.36;
use Tuanbo::Test;
use Tuanbo::Test::Faults;

# A sync that fails is never reported as done; a full disk takes nothing.
# Bugs 14, 15.

my $t = Tuanbo::Test->new(http => 'flashsale_live_holds 1000;');
my $faults = Tuanbo::Test::Faults->new($t);
$t->start;
$t->expect_log(qr/\[(?:warn|error|crit|alert)\].*flashsale/);

$t->define_sale('grape', price_fen => 100, stock => 1000);
my $first = $t->held('alice', 'grape', 1, key => 'first');

# ---- the data's sync fails: nothing was taken
$faults->set(sync => 1);
my $res = $t->hold('bob', 'grape', 1, key => 'k');
$t->answers($res, 503, 'disk_failed', 'a sync that fails');
cmp_ok($res->headers->header('Retry-After') // 0, '>', 0, 'try again later');
cmp_ok($faults->hits, '>', 0, 'it did fail');
my @answers = $t->many([map { $t->hold_call("n-$_", 'grape', 1) } 1 .. 20]);
is(scalar(grep { ($_->code // 0) == 503 } @answers), 20,
    'nobody is told "yours"');
is($t->sale('grape')->{held}, 1, 'and nothing is shown');
is($t->read_hold('alice', $first->{id})->{state}, 'held', 'reads go on');
is($t->hold('alice', 'grape', 1, key => 'first')->code, 200,
    'a retry of what is durable is answered');
my @entries = $t->ledger;
is($entries[-1]{hold}, $first->{id}, 'nor in the feed');

$faults->set(sync => 0);
eventually { ($t->hold('bob', 'grape', 1, key => 'k')->code // 0)
    =~ /^20[01]$/ } 'when the disk is well again, the retry is taken';
is($t->sale('grape')->{held}, 2, 'once');
$t->audit_ok;

# A worker whose log has to be opened again says so for a moment.
sub settled () {
    wait_until { !grep { ($t->get('/api/sales/grape')->code // 0) != 200 }
        1 .. 8 };
}

# ---- the meta page's write fails: the outcome is unknown, the key settles it
for my $round (1 .. 3) {
    settled();
    my $hits = $faults->hits;
    $faults->set(meta => 1);
    $res = $t->hold("carol-$round", 'grape', 1, key => 'k');
    is($res->code, 503, 'a meta write that fails') or diag($res->body);
    like(($res->json // {})->{code}, qr/^(?:outcome_unknown|disk_failed)$/,
        'is told as what it is');
    cmp_ok($faults->hits, '>', $hits, 'it did fail');
    $faults->set(meta => 0);
    eventually { ($t->hold("carol-$round", 'grape', 1, key => 'k')->code
        // 0) =~ /^20[01]$/ } 'the retry is answered';
    is($t->get('/api/holds', user => "carol-$round")->json->{holds}->@*, 1,
        'with one hold');
}
is($t->sale('grape')->{held}, 5, 'each held once');
$t->audit_ok;

# ---- a full disk: nothing is taken, reads go on
settled();
$faults->set(space => 1);
$res = $t->hold('dave', 'grape', 1, key => 'k');
is($res->code, 503, 'a full disk') or diag($res->body);
like(($res->json // {})->{code}, qr/^(?:store_full|disk_failed|outcome_unknown)$/,
    'says so');
is($t->sale('grape')->{held}, 5, 'reads go on');
$faults->set(space => 0);
eventually { ($t->hold('dave', 'grape', 1, key => 'k')->code // 0)
    =~ /^20[01]$/ } 'with room again, the retry is taken';
is($t->sale('grape')->{held}, 6, 'once');

# ---- and all is there after everything was killed
$t->kill9_all;
$t->start;
is($t->sale('grape')->{held}, 6, 'what was told is there');
$t->audit_ok;
$t->chain_ok;
$t->finish;
