use v5.36;
use utf8;
use Tuanbo::Test;

# Rooms: what a host does, and the streams of a session.

my $t = Tuanbo::Test->new(http => 'flashsale_live_holds 10000;')->start;

sub host ($act, $id = 'evening', %o) {
    return $t->call(POST => "/admin/sessions/$id/$act", role => 'admin',
        key => $t->new_key, json => {}, %o);
}

sub room ($code) {
    return sub { $_->{event} eq 'room' && $code->($_->{json}) };
}

sub viewer ($user, $session = 'evening', %o) {
    my $on = $o{on} // $t;
    return $on->events($o{sales} // [], session => $session,
        headers => { defined $user ? ('X-User' => $user) : () });
}

$t->define_sale('grape', stock => 100, limit => 50,
    doc => { session => 'evening' });
$t->define_sale('egg', stock => 50, doc => { session => 'evening' });
$t->define_sale('tea', stock => 50, doc => { session => 'morning' });
$t->define_sale('salt', stock => 50);
for my $id (qw(evening morning)) {
    $t->admin(PUT => "/documents/session/$id",
        json => { title => $id, starts_at => now_ms() });
}

# ---- the host
$t->answers(host('start', 'nowhere'), 404, 'not_found', 'no such session');
$t->answers(host('end'), 409, 'wrong_state', 'what was not started');
$t->answers(host('pin', 'evening', json => { sale => 'nothing' }), 404,
    'no_such_sale', 'no such sale');
$t->answers(host('pin', 'evening', json => { sale => 'No Slug' }), 400,
    'bad_request', 'no slug');
$t->answers(host('pin', 'evening', json => { sale => 'egg', more => 1 }), 400,
    'bad_request', 'a field that is not known');
$t->answers($t->call(POST => '/admin/sessions/evening/start',
    role => 'admin', json => {}), 400, 'bad_request', 'without a key');
$t->answers($t->call(POST => '/admin/sessions/evening/start',
    role => 'orders', key => 'k', json => {}), 401, 'bad_signature',
    'by whom it is not');
$t->answers($t->call(PUT => '/admin/documents/room/evening', role => 'admin',
    key => 'k', json => {}), 400, 'bad_request', 'and by nothing else');

my $one = viewer('alice');
is($one->code, 200, 'a stream');
my $event = $one->next;
is($event->{event}, 'snapshot', 'begins with a snapshot');
is_deeply([sort { $a->{id} cmp $b->{id} } $event->{json}{sales}->@*],
    [$t->sale('egg'), $t->sale('grape')], 'of the session\'s sales');
is($event->{id}, ($t->ledger)[-1]{seq}, 'with an id');
$event = $one->next;
is($event->{event}, 'room', 'and the room');
is_deeply($event->{json},
    { state => 'scheduled', pin => undef, viewers => 1 }, 'as it is');
is($event->{id}, undef, 'without an id');

my $started = host('start', 'evening', key => 'once');
is($started->code, 200, 'started');
is($started->json->{state}, 'live', 'it is on');
$event = $one->next_of(room(sub ($now) { $now->{state} eq 'live' }));
ok($event, 'who watches is told');
$t->answers(host('start'), 409, 'wrong_state', 'it is on already');
my $again = host('start', 'evening', key => 'once');
is($again->code, 200, 'the same tap again is no other');
is($again->headers->header('Idempotent-Replayed'), 'true', 'a replay');
$t->answers(host('end', 'evening', key => 'once'), 422, 'key_reused',
    'the key of another');

is(host('pin', 'evening', json => { sale => 'egg' })->json->{pin}, 'egg',
    'pinned');
ok($one->next_of(room(sub ($now) { ($now->{pin} // '') eq 'egg' })),
    'and told');
is(host('pin', 'evening', json => { sale => undef })->json->{pin}, undef,
    'unpinned');
ok($one->next_of(room(sub ($now) { !defined $now->{pin} })), 'and told');
my $doc = $t->get('/admin/documents/room/evening', role => 'admin')->json;
is_deeply([map { $_->{sale} } $doc->{pins}->@*], ['egg', undef],
    'what was pinned when stands in the document');
cmp_ok(abs($doc->{pins}[0]{at} - now_ms()), '<', 60_000, 'with its time');
is((grep { $_->{type} eq 'document' } $t->ledger)[-1]{type}, 'document',
    'which is in the ledger');

# ---- two hosts at once: nothing is lost
my @pins = map { "show-$_" } 1 .. 20;
$t->define_sale($_) for @pins;
my @answers = $t->many([map {
    [POST => '/admin/sessions/evening/pin', role => 'admin',
        key => $t->new_key, json => { sale => $_ }] } @pins], parallel => 20);
my @other = grep { ($_->code // 0) != 200 } @answers;
is(scalar(@other), 0, 'twenty taps at once')
    or diag(join "\n", map { ($_->code // 'no answer') . ' ' . $_->body }
        @other);
$doc = $t->get('/admin/documents/room/evening', role => 'admin')->json;
is($doc->{state}, 'live', 'and it is on');
is($doc->{pin}, $doc->{pins}[-1]{sale}, 'the last one is what is shown');
my @history = map { $_->{sale} // 'none' } $doc->{pins}->@*;
is_deeply([sort grep { /^show/ } @history], [sort @pins],
    'and each stands in the history, once');

$t->answers($t->call(POST => '/admin/sessions/evening/pin', role => 'admin',
    key => $t->new_key, json => { sale => 'egg' },
    headers => { 'If-Match' => '"other"' }), 412, 'precondition_failed',
    'on a condition');

# ---- its sales' news, as ever
my $hold = $t->held('alice', 'grape', 2);
$event = $one->next_of(sub { $_->{event} eq 'stock' });
is("$event->{json}{sale} $event->{json}{held}", 'grape 2', 'stock');
is($event->{id}, $t->sale('grape')->{version}, 'with its id');
$t->held('alice', 'tea', 1);
$t->admin(POST => '/sales/egg/pause');
$event = $one->next_of(sub { $_->{event} eq 'state' });
is("$event->{json}{sale} $event->{json}{state}", 'egg paused', 'state');
is(scalar(grep { ($_->{json}{sale} // '') eq 'tea' } $one->{passed}->@*), 0,
    'of another session nothing');
my @ids = grep { defined } map { $_->{id} } $one->{passed}->@*, $event;
is_deeply(\@ids, [sort { $a <=> $b } @ids], 'ids go up');

# ---- who has bought
$t->confirm($hold);
$event = $one->next_of(sub { $_->{event} eq 'bought' });
is_deeply($event->{json}, { name => '一位邻居', sale => 'grape', qty => 2 },
    'somebody');
is($event->{id}, undef, 'without an id');
$t->post('/api/contact', user => 'bob', key => $t->new_key, json => {
    name => '李阿姨', digits => '1234', consent => ['labels'] });
$t->post('/api/contact', user => 'carol', key => $t->new_key, json => {
    name => '王先生', digits => '1234', consent => ['notices'] });
$t->confirm($t->held('bob', 'grape', 3));
$event = $one->next_of(sub { $_->{event} eq 'bought' });
is_deeply($event->{json}, { name => '李**', sale => 'grape', qty => 3 },
    'who has agreed');
$t->confirm($t->held('carol', 'grape', 1));
$event = $one->next_of(sub { $_->{event} eq 'bought' });
is($event->{json}{name}, '一位邻居', 'who has not');
$t->confirm($t->held('bob', 'tea', 1));
$t->confirm($t->held('bob', 'grape', 4));
$event = $one->next_of(sub { $_->{event} eq 'bought' });
is($event->{json}{qty}, 4, 'nothing of another session');

# ---- what is said
sub speak ($user, $text, %o) {
    return $t->post('/api/sessions/evening/comments', user => $user,
        key => $t->new_key, json => { text => $text }, %o);
}

my $said = speak('bob', '这葡萄甜吗？');
is($said->code, 202, 'said');
$event = $one->next_of(sub { $_->{event} eq 'comment' });
is($event->{json}{comment}, $said->json->{id}, 'and heard');
is("$event->{json}{name} $event->{json}{text}", '李** 这葡萄甜吗？',
    'by whom and what');
is($event->{id}, undef, 'without an id');
is(host('answer', 'evening', json => { comment => $said->json->{id},
    text => '甜' })->code, 200, 'answered');
$event = $one->next_of(sub { $_->{event} eq 'comment' });
is($event->{json}{answers}, $said->json->{id}, 'the answer, too');
is(host('remove', 'evening', json => { comment => $said->json->{id} })->code,
    200, 'taken back');
$event = $one->next_of(sub { $_->{event} eq 'removed' });
is_deeply($event->{json}, { comment => $said->json->{id} }, 'and told');
my $last = speak('carol', '第一')->json->{id};
ok($one->next_of(sub { $_->{event} eq 'comment'
    && $_->{json}{comment} == $last }), 'another one');
my $newcomer = viewer('new');
$newcomer->next_of(sub { $_->{event} eq 'room' });
$last = speak('dave', '第二')->json->{id};
$event = $newcomer->next_of(sub { $_->{event} eq 'comment' });
is($event->{json}{comment}, $last, 'who comes hears what is said from then on');
$newcomer->close;

# ---- with sales beside
my $both = viewer('dave', 'evening', sales => ['salt', 'grape']);
is_deeply([sort map { $_->{id} } $both->next->{json}{sales}->@*],
    [qw(egg grape salt)], 'a session and a sale');
$t->held('erin', 'salt', 1);
$event = $both->next_of(sub { $_->{event} eq 'stock' });
is($event->{json}{sale}, 'salt', 'is told, too');

# ---- a sale that joins, and one that leaves
$t->define_sale('late', stock => 5, doc => { session => 'evening' });
$event = $one->next_of(sub { $_->{event} eq 'snapshot' });
ok(grep({ $_->{id} eq 'late' } $event->{json}{sales}->@*), 'a new sale');
$t->held('erin', 'late', 1);
$event = $one->next_of(sub { $_->{event} eq 'stock' });
is($event->{json}{sale}, 'late', 'and its news');
$t->define_sale('late', stock => 5, doc => { session => 'morning' });
$event = $one->next_of(sub { $_->{event} eq 'snapshot' });
ok($event && !grep({ $_->{id} eq 'late' } $event->{json}{sales}->@*),
    'it has left');

# ---- viewers: people, not streams
my @more = map { viewer($_) } qw(alice bob bob carol), undef;
ok($one->next_of(room(sub ($now) { $now->{viewers} == 4 })),
    'each once: alice, bob, carol, dave');
$_->close for @more;
ok($one->next_of(room(sub ($now) { $now->{viewers} == 2 })),
    'and who leaves leaves');
my $other = viewer('frank', 'morning');
$other->next;
is($other->next->{json}{viewers}, 1, 'each room for itself');

# ---- over a reload, and a worker that is killed
my @before = map { viewer("reload-$_") } 1 .. 4;
ok($one->next_of(room(sub ($now) { $now->{viewers} == 6 })), 'six');
$t->reload;
ok($one->run_until(sub { $one->{closed} }), 'streams end at a reload');
$_->close for @before, $both;
my @after = map { viewer("after-$_") } 1 .. 8;
ok($after[0]->next_of(room(sub ($now) { $now->{viewers} == 8 })),
    'eight, and nobody of before');
my ($pid) = $t->worker_pids;
kill KILL => $pid;
my ($left) = grep { $_->run_until(sub { $_->{closed} }, 2); !$_->{closed} }
    @after;
SKIP: {
    skip 'all were of one worker', 1 if !$left;
    ok($left->next_of(room(sub ($now) {
        my $open = grep { !$_->{closed} } @after;
        $open < @after && $now->{viewers} == $open })),
        "a killed worker's are gone");
}

# ---- two instances
my $second = Tuanbo::Test->new(store_path => $t->store_path);
$second->set_secrets($_, $t->{secrets}{$_}) for keys $t->{secrets}->%*;
$second->start;
$_->close for @after;
my $here = viewer('here');
my $there = viewer('there', 'evening', on => $second);
ok($here->next_of(room(sub ($now) { $now->{viewers} == 2 })),
    'one here, one there: two');
ok($there->next_of(room(sub ($now) { $now->{viewers} == 2 })),
    'and there');
my $heard = speak('erin', '那边听得见吗')->json->{id};
ok($there->next_of(sub { $_->{event} eq 'comment'
    && $_->{json}{comment} == $heard }), 'what is said here is heard there');
host('pin', 'evening', json => { sale => 'tea' });
ok($there->next_of(room(sub ($now) { ($now->{pin} // '') eq 'tea' })),
    'a pin is seen by all');

# ---- ended
is(host('end')->json->{state}, 'ended', 'ended');
ok($there->next_of(room(sub ($now) { $now->{state} eq 'ended'
    && !defined $now->{pin} })), 'told, and nothing is pinned');
$t->answers(host('pin', 'evening', json => { sale => 'egg' }), 409,
    'wrong_state', 'it is over');
is(host('start')->json->{state}, 'live', 'next week it is on again');

# ---- what is no stream
$t->answers($t->get('/api/events?session=nowhere'), 404, 'not_found',
    'no such session');
$t->answers($t->get('/api/events?session=No%20Slug'), 400, 'bad_request',
    'no slug');
$t->answers($t->get('/api/events?session=evening&sale=nothing'), 404,
    'no_such_sale', 'no such sale');
$t->audit_ok;
$t->expect_log(qr/exited on signal 9/);
$t->finish;
