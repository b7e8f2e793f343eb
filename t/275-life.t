use v5.36;
use File::Copy ();
use Tuanbo::Test;

# A restored backup is a new life: what was given, paid and told after the
# backup is of another life, and is answered as such.  The real thing: back
# up, go on selling, stop, put the backup back, start.

my $t = Tuanbo::Test->new(server => 'location ~ ^/pay/(?<hold>[0-9a-f]+)$ {'
    . ' flashsale_pay $hold; empty_gif; }')->start;
my $store = $t->store_path;

$t->define_sale('grape', price_fen => 100, stock => 1000);

# the index is of what was there: another is folded
$t->expect_log(qr/folding \d+ entries into index-/);
$t->expect_log(qr/index-\d+\/data.mdb is another file than the one recorded/);

sub copy ($from, $to) {
    open my $in, '<:raw', $from or die "$from: $!";
    open my $out, '>:raw', $to or die "$to: $!";
    File::Copy::copy($in, $out) or die "$to: $!";
    close $out or die "$to: $!";
}

my $lives;

sub lives () { scalar(my @found = $t->entries('life')) }

# the workers' words about them
sub told () { scalar(my @found = $t->log_text =~ /a new life begins/g) }

sub backup () {
    $lives = lives();
    $t->stop;
    copy("$store/log/data.mdb", $t->dir . '/backup');
    $t->start;
}

# In place, into the same inode; or as another file.  Until the life that this
# begins is in the ledger, and every worker is in it: what comes to one before
# is told to ask again, as this buyer's hold of before the backup is.
sub restore ($in_place, $user) {
    $t->expect_log(qr/is not the one that was here \(\d+ entries\): a new life begins/);
    $t->expect_log(qr/index-\d+ (?:is ahead of the ledger|is of another ledger|ends at an entry)/);
    $t->stop;
    if ($in_place) {
        copy($t->dir . '/backup', "$store/log/data.mdb");
    }
    else {
        my ($uid, $gid) = (stat "$store/log/data.mdb")[4, 5];
        copy($t->dir . '/backup', "$store/log/new");
        chown $uid, $gid, "$store/log/new";
        rename "$store/log/new", "$store/log/data.mdb" or die $!;
    }
    $t->start;

    # an index that is ahead of the ledger is made anew first
    wait_until { ($t->get('/api/holds', user => 'nobody')->code // 0) == 200
        && (eval { lives() } // 0) > $lives };
    wait_until { 8 == grep { ($t->hold($user, 'grape', 1, key => $user)->code
        // 0) == 200 } 1 .. 8 };
}

# A hold of a worker that may not know of a new life yet, and asks to try again.
sub taken ($at, $user) {
    return wait_until {
        my $res = $at->hold($user, 'grape', 1, key => $user);
        ($res->code // 0) =~ /^20/ ? $res->json : undef;
    } || die "no hold for $user";
}

sub feed ($after, $hash, $more = '') {
    return $t->get("/ledger?after=$after&hash=$hash$more", role => 'ledger');
}

sub etag ($sale) { $t->get("/api/sales/$sale")->headers->etag }

my @all = ({ hash => '0' x 64, seq => 0 });
my %given;      # id => how often it was given

for my $in_place (1, 0) {
    my $how = $in_place ? 'in place' : 'another file';
    my $n = $in_place ? 1 : 2;

    # ---- before the backup
    my $kept = $t->held("kept$n", 'grape', 1, key => "kept$n");
    $given{$kept->{id}}++;
    backup();
    my @common = $t->ledger;

    # ---- and after it: what will be lost
    my $paid = $t->held("paid$n", 'grape', 2, key => "paid$n");
    $given{$paid->{id}}++;
    is_deeply($t->confirm($paid)->json, { outcome => 'sold' }, "$how: sold");
    my @lost = map { $t->held("lost$n-$_", 'grape', 1, key => "lost$n-$_") }
        1 .. 5;
    $given{$_->{id}}++ for @lost;

    my $viewer = $t->events(['grape']);
    my $seen = $viewer->next->{id};
    $viewer->close;
    my $tag = etag('grape');
    my @old = $t->ledger;

    restore($in_place, "kept$n");

    # ---- the ledger says so
    my @new = $t->ledger;
    my ($life) = grep { $_->{seq} == @common + 1 } @new;
    is($life->{type}, 'life', "$how: a new life begins after the backup");
    like($life->{epoch}, qr/^[0-9a-f]{8}$/, "$how: its epoch");
    isnt($life->{epoch}, '0' x 8, "$how: is not the first one's");
    is(scalar(grep { $_->{type} eq 'life' } @new), $n, "$how: one a time");
    is(told(), $n, "$how: and one line in the log");

    # ---- ids
    is($t->read_hold("kept$n", $kept->{id})->{state}, 'held',
        "$how: a hold of before is there, by its id");
    for my $try ($t->get("/api/holds/$paid->{id}", user => "paid$n"),
        $t->call(DELETE => "/api/holds/$paid->{id}", user => "paid$n"),
        $t->post("/api/holds/$paid->{id}/release", user => "paid$n",
            form => []),
        $t->get("/pay/$paid->{id}", user => "paid$n"),
        $t->post("/pay/$lost[0]{id}", user => "lost$n-1"),
        $t->get("/api/holds?before=$lost[0]{id}", user => "paid$n"))
    {
        $t->answers($try, 404, 'other_life', "$how: one of after is not");
    }
    $t->answers($t->order($lost[0]{id}, 'cancel'), 404, 'other_life',
        "$how: nor is it cancelled");
    $t->answers($t->get('/api/holds/' . 'a' x 32, user => 'x'), 404,
        'no_such_hold', "$how: a made up one is nobody's");

    # ---- keys
    my $again = $t->hold("kept$n", 'grape', 1, key => "kept$n");
    is($again->code, 200, "$how: a key of before is a replay");
    is($again->json->{id}, $kept->{id}, "$how: of the same hold");

    # ---- no id is given twice
    for my $i (1 .. 12) {
        my $hold = $t->held("new$n-$i", 'grape', 1, key => "lost$n-$i");
        $given{$hold->{id}}++;
        is($t->confirm($hold)->json->{outcome}, 'sold', "$how: and sells")
            if $i == 1;
    }
    is(scalar(grep { $_ > 1 } values %given), 0, "$how: no id is given twice");

    # ---- payments of the life before
    my $free = $t->sale('grape')->{free};
    my $due = { outcome => 'refund_due', reason => 'other_life' };
    is_deeply($t->confirm($paid)->json, $due, "$how: paid there, owed here");
    is_deeply($t->confirm($paid)->json, $due, "$how: and once");
    is_deeply($t->confirm($lost[0], "late$n")->json, $due,
        "$how: paid only now");
    my @debts = grep { $_->{type} eq 'owed' && $_->{seq} > @new }
        $t->ledger;
    is_deeply([map { "$_->{hold} $_->{amount_fen} $_->{reason}" } @debts],
        ["$paid->{id} 200 other_life", "$lost[0]{id} 100 other_life"],
        "$how: a debt each, by the id that the other side knows");
    my $back = $t->order($paid->{id}, 'refunded', refund => "back$n");
    is($back->code, 200, "$how: settled");
    is_deeply([$back->json->@{qw(id state)}], [$paid->{id}, 'refunded'],
        "$how: as any other");
    my $length = $t->ledger;
    is($t->order($paid->{id}, 'refunded', refund => "back$n")->code, 200,
        "$how: the same again");
    is(scalar($t->ledger), $length, "$how: writes nothing");
    $t->answers($t->order($paid->{id}, 'refunded', refund => "more$n"), 409,
        'nothing_due', "$how: no more is due");
    is($t->sale('grape')->{free}, $free, "$how: no unit has moved");

    # ---- the feed
    my $last = $old[-1];
    my $res = feed($last->{seq}, $last->{hash});
    $t->answers($res, 409, 'forked', "$how: a follower is told");
    is($res->json->{last_seq}, $length, "$how: how far this ledger goes");
    $t->answers(feed(1_000_000, $last->{hash}, '&wait_ms=30000'), 409,
        'forked', "$how: beyond the end as well, and at once");
    $t->answers(feed($common[-1]{seq} + 1, $old[@common]{hash}), 409,
        'forked', "$how: where the histories part");
    is(feed($common[-1]{seq}, $common[-1]{hash})->code, 200,
        "$how: the last entry in common is one");
    is(feed(0, '0' x 64)->code, 200, "$how: so is the beginning");
    $t->answers(feed(0, 'f' x 64), 409, 'forked', "$how: if it is one");

    # ---- streams
    $viewer = $t->events(['grape'], last_event_id => $seen);
    my $event = $viewer->next;
    is($event->{event}, 'snapshot', "$how: a stream of there gets a snapshot");
    like($event->{id}, qr/^\d+-$life->{epoch}$/, "$how: its id says the life");
    $viewer->close;
    $t->held("moved$n", 'grape', 1);
    $viewer = $t->events(['grape'], last_event_id => $event->{id});
    is($viewer->next->{event}, 'stock', "$how: one of here is resumed");
    $viewer->close;

    # ---- ETags
    my $now = etag('grape');
    like($now, qr/^"\d+-$life->{epoch}"$/, "$how: so does the ETag");
    is($t->get('/api/sales/grape', headers => { 'If-None-Match' => $tag })
        ->code, 200, "$how: one of there is not current");
    is($t->get('/api/sales/grape', headers => { 'If-None-Match' => $now })
        ->code, 304, "$how: one of here is");

    # ---- it is a life: started again, it goes on
    $t->stop;
    $t->start;
    is(scalar($t->entries('life')), $n, "$how: no other begins by itself");
    is($t->hold("lost$n-1", 'grape', 1, key => "kept")->code, 201,
        "$how: it sells");
}

# ---- wrong questions
for my $hash ('', 'abc', 'g' x 64, 'a' x 65) {
    my $res = feed(1, $hash);
    $t->answers($res, 400, 'bad_request', "hash=$hash is none");
    is($res->json->{field}, 'hash', 'and that is said');
}

# ---- an operator's word
$t->answers($t->call(POST => '/admin/life', role => 'admin'), 400,
    'bad_request', 'a life is begun by a key only');
$t->answers($t->call(POST => '/admin/life', key => 'k'), 401, 'bad_signature',
    'and signed');
my $before = $t->held('word', 'grape', 1);
my $word = $t->call(POST => '/admin/life', role => 'admin', key => 'word');
is($word->code, 200, 'an operator begins a life');
my @lives = $t->entries('life');
is_deeply($word->json, { epoch => $lives[-1]{epoch} }, 'it says which');
my $replay = $t->call(POST => '/admin/life', role => 'admin', key => 'word');
is_deeply([$replay->code, $replay->json,
    $replay->headers->header('Idempotent-Replayed')],
    [200, $word->json, 'true'], 'once a key');
is(scalar($t->entries('life')), scalar @lives, 'in the ledger, too');
like(etag('grape'), qr/^"\d+-$lives[-1]{epoch}"$/, 'ETags say it at once');
is($t->confirm($before)->json->{outcome}, 'sold',
    'what was held before is sold: its entry is here');
my $after = $t->held('word', 'grape', 1);
is($t->read_hold('word', $after->{id})->{state}, 'held', 'and it goes on');
is($t->confirm($after)->json->{outcome}, 'sold', 'and sells');
is($t->held("all-$_", 'grape', 1)->{state}, 'held', 'by each worker')
    for 1 .. 8;

# ---- another nginx on the same store learns of it
{
    my $second = Tuanbo::Test->new(store_path => $store);
    $second->set_secrets($_, $t->{secrets}{$_}) for keys $t->{secrets}->%*;
    $second->start;
    my $before = $second->held('two', 'grape', 1);
    my $said = $t->call(POST => '/admin/life', role => 'admin', key => 'two');
    push @lives, $said->json;
    like($second->get('/api/sales/grape')->headers->etag,
        qr/^"\d+-@{[ $said->json->{epoch} ]}"$/,
        'a second instance tells the new life');
    is($second->read_hold('two', $before->{id})->{id}, $before->{id},
        'a hold of before has its id there');

    # what waited in its ring was of the life before: asked again, once
    my $hold = taken($second, 'three');
    is($t->read_hold('three', $hold->{id})->{state}, 'held',
        'what it gives is known to the first');
    my $other = taken($t, 'four');
    is($second->confirm($other)->json->{outcome}, 'sold',
        'and the other way round');
    $second->audit_ok('the second audits it');
    $second->stop;
}

# ---- the whole directory copied: both are the store, in two lives
$t->expect_log(qr/a new life begins/);
$t->stop;
system('cp', '-a', $store, $t->dir . '/copy') == 0 or die;
$t->start(store_path => $t->dir . '/copy');
my $there = taken($t, 'copied');
is(scalar($t->entries('life')), @lives + 1, 'the copy has a life of its own');
$t->audit_ok;
$t->stop;
$t->start(store_path => $store);
is(scalar($t->entries('life')), scalar @lives, 'the original goes on');
my $here = taken($t, 'copied');
isnt($here->{id}, $there->{id}, 'they give no id twice');
is_deeply($t->confirm($there)->json,
    { outcome => 'refund_due', reason => 'other_life' },
    'what is paid for the other one is owed');

$t->audit_ok;
$t->chain_ok;
$t->finish;
