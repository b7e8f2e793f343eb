use v5.36;
use Tuanbo::Test;

# Server-sent events.

my $t = Tuanbo::Test->new(http => 'flashsale_live_holds 10000;')->start;

$t->define_sale('grape', price_fen => 100, stock => 1000, limit => 500);
$t->define_sale('egg', price_fen => 100, stock => 50);
$t->define_sale('berry', price_fen => 100, stock => 50, goal => 2);

# ---- snapshot
my $viewer = $t->events(['grape']);
is($viewer->code, 200, 'a stream');
like($viewer->headers->content_type, qr{^text/event-stream}, 'its type');
like($viewer->headers->cache_control // '', qr/no-(store|cache)/,
    'kept by no cache');
my $event = $viewer->next;
is($event->{event}, 'snapshot', 'begins with a snapshot');
is($event->{id}, ($t->ledger)[-1]{seq}, 'its id is the ledger\'s number');
is_deeply($event->{json}{sales}, [$t->sale('grape')], 'of the sale');
cmp_ok(abs($event->{json}{now} - now_ms), '<', 60_000, 'and the time');

# ---- stock
my $hold = $t->held('alice', 'grape', 2);
$event = $viewer->next;
is($event->{event}, 'stock', 'stock');
my $sale = $t->sale('grape');
is_deeply($event->{json}, { sale => 'grape', free => 998, held => 2,
    sold => 0, version => $sale->{version} }, 'as it is now');
is($event->{id}, $sale->{version}, 'its id');
$t->confirm($hold);
$event = $viewer->next;
is("$event->{json}{held} $event->{json}{sold}", '0 2', 'and as it is sold');

# a sale that is not watched is not told
$t->held('alice', 'egg', 1);
is_deeply([map { $_->{data} } $viewer->drain(0.5)], [],
    'nothing of another sale');

# ---- state
$t->admin(POST => '/sales/grape/pause');
$event = $viewer->next;
is($event->{event}, 'state', 'state');
is($event->{json}{state}, 'paused', 'paused');
is($event->{json}{sale}, 'grape', 'of which sale');
cmp_ok($event->{json}{version}, '==', $event->{id}, 'its version');
$t->admin(POST => '/sales/grape/resume');
is($viewer->next->{json}{state}, 'open', 'open again');

# sold out and back
my $all = $t->events(['egg']);
$all->next;
my $last = $t->held('bob', 'egg', 49);
$event = $all->next_of(sub { $_->{event} eq 'state' });
is($event && $event->{json}{state}, 'sold_out', 'sold out');
$t->call(DELETE => "/api/holds/$last->{id}", user => 'bob');
$event = $all->next_of(sub { $_->{event} eq 'state' });
is($event && $event->{json}{state}, 'open', 'and open again');
$all->close;

# ---- goal
my $goal = $t->events(['berry']);
is($goal->next->{json}{sales}[0]{joined}, 0, 'nobody has joined');
$t->confirm($t->held('a', 'berry', 1));
$event = $goal->next_of(sub { $_->{event} eq 'goal' });
is_deeply($event->{json}, { sale => 'berry', joined => 1, formed => undef,
    version => $event->{json}{version} }, 'one has joined');
$t->confirm($t->held('b', 'berry', 1));
$event = $goal->next_of(sub { $_->{event} eq 'goal'
    && $_->{json}{joined} == 2 });
is($event && $event->{json}{formed}, true, 'formed');
$goal->close;

# ---- coalescing: a rush is some ten events a second, the last one true
$viewer->drain(0.3);
my $began = time;
$t->many([map { $t->hold_call("rush-$_", 'grape', 1) } 1 .. 400],
    parallel => 32);
$event = $viewer->next_of(sub { $_->{event} eq 'stock'
    && $_->{json}{held} == 400 });
my $took = time - $began;
ok($event, 'the last event says it all');
my $n = 1 + @{ $viewer->{passed} };
cmp_ok($n, '<=', 12 * $took + 3, "$n events in $took seconds, not 400");
my @ids = map { $_->{id} } @{ $viewer->{passed} }, $event;
is_deeply(\@ids, [sort { $a <=> $b } @ids], 'in order');

# ---- resume
my $seen = $event->{id};
my $resumed = $t->events(['grape'], last_event_id => $seen);
is($resumed->code, 200, 'resumed');
is_deeply([$resumed->drain(0.5)], [], 'with nothing new: nothing');
$resumed->close;
$t->held('carol', 'grape', 1);
$resumed = $t->events(['grape'], last_event_id => $seen);
$event = $resumed->next;
is($event->{event}, 'stock', 'with something new: that, no snapshot');
is($event->{json}{held}, 401, 'as it is');
$resumed->close;
for my $strange ('999999999', 'x', '-1', '') {
    my $stream = $t->events(['grape'], last_event_id => $strange);
    is(($stream->next // {})->{event}, 'snapshot',
        "a snapshot for the id '$strange'");
    $stream->close;
}

# ---- a stream may break after any of its events: the id of that one brings
# all that the viewer has not had, of every sale and kind
$t->define_sale("cut-$_", stock => 2, goal => 1) for qw(a b);
my $whole = $t->events(['cut-b', 'cut-a']);
$whole->next;
$t->held('erin', [['cut-a', 2], ['cut-b', 2]]);
my @parts = $whole->drain(0.5);
$whole->close;
is(join(' ', sort map { "$_->{json}{sale}:$_->{event}" } @parts),
    'cut-a:state cut-a:stock cut-b:state cut-b:stock', 'four events');
my @part_ids = map { $_->{id} } @parts;
is_deeply(\@part_ids, [sort { $a <=> $b } @part_ids], 'their ids in order');
for my $had (1 .. @parts) {
    my $rest = $t->events(['cut-b', 'cut-a'],
        last_event_id => $part_ids[$had - 1]);
    my %known = map { ("$_->{json}{sale}:$_->{event}" => 1) }
        @parts[0 .. $had - 1], $rest->drain(0.3);
    is(scalar(grep { $known{"$_->{json}{sale}:$_->{event}"} } @parts), 4,
        "broken after $had: all four in the end");
    $rest->close;
}

# ---- nothing twice: what the snapshot says, the next round of those who watch
# already does not say again
my @twice;
for my $n (1 .. 10) {
    $t->held("early-$n", 'grape', 1);
    my $stream = $t->events(['grape']);
    $stream->next;
    push @twice, map { $_->{data} } $stream->drain(0.25);
    $stream->close;
}
is_deeply(\@twice, [], 'a snapshot is not followed by what it says');

# ---- several sales
my $several = $t->events(['grape', 'egg', 'berry']);
$event = $several->next;
is_deeply([map { $_->{id} } $event->{json}{sales}->@*],
    [qw(grape egg berry)], 'one snapshot of three')
    or diag($event->{data});
$t->held('dave', 'egg', 1);
$t->held('dave', 'berry', 1);
my %told = map { $_ => 1 } map { $_->{json}{sale} } grep { defined }
    $several->next, $several->next;
is_deeply([sort keys %told], [qw(berry egg)], 'told of each');
$several->close;

$t->define_sale("s$_", stock => 1) for 1 .. 17;
my $sixteen = $t->events([map { "s$_" } 1 .. 16]);
is(scalar $sixteen->next->{json}{sales}->@*, 16, 'sixteen sales');
$sixteen->close;
$t->answers($t->get('/api/events?' . join '&', map { "sale=s$_" } 1 .. 17),
    400, 'bad_request', 'not seventeen');
$t->answers($t->get('/api/events'), 400, 'bad_request', 'not none');
$t->answers($t->get('/api/events?sale=none'), 404, 'no_such_sale',
    'no such sale');
$t->answers($t->post('/api/events?sale=grape'), 405, 'method_not_allowed',
    'not a POST');

# ---- expiry is told, on an idle server
$t->define_sale('short', stock => 5, hold_ms => 1000);
my $short = $t->events(['short']);
$short->next;
$t->held('erin', 'short', 2);
$event = $short->next_of(sub { $_->{json}{held} == 2 });
ok($event, 'held');
$event = $short->next_of(sub { $_->{json}{held} == 0 });
ok($event, 'and expired');
$short->close;

# ---- opening by the clock is told
$t->define_sale('soon', stock => 5, opens_at => now_ms() + 800);
my $soon = $t->events(['soon']);
is($soon->next->{json}{sales}[0]{state}, 'scheduled', 'scheduled');
$event = $soon->next_of(sub { $_->{event} eq 'state' });
is($event && $event->{json}{state}, 'open', 'opens');
$soon->close;

# ---- many viewers, on both workers
my @viewers = map { $t->events(['egg']) } 1 .. 60;
is(scalar(grep { ($_->next // {})->{event} eq 'snapshot' } @viewers), 60,
    'sixty viewers');
$t->held('fay', 'egg', 3);
is(scalar(grep { my $e = $_->next; $e && $e->{event} eq 'stock' } @viewers),
    60, 'each is told');
$_->close for @viewers;

# ---- heartbeat: fifteen seconds, too long for a test to wait for idly: the
# viewer above has been there all the time
$viewer->run_until(sub { $viewer->{comments} }, 20);
cmp_ok($viewer->{comments}, '>=', 1, 'a comment line when nothing happens');

# ---- closed when the worker is asked to leave; a client that comes back
# with its last id misses nothing
$viewer->drain(0.3);
$t->held('gus', 'grape', 1);
$event = $viewer->next_of(sub { $_->{event} eq 'stock' });
my @old = $t->reload;
ok($viewer->wait_closed(10), 'a reload closes the stream');
$t->held('gus', 'grape', 1);
my $back = $t->events(['grape'], last_event_id => $event->{id});
my $next = $back->next;
is($next->{event}, 'stock', 'and the viewer comes back');
is($next->{json}{held}, $event->{json}{held} + 1, 'missing nothing');
ok($t->wait_gone(10, @old), 'old workers are gone');

$t->audit_ok;
$t->finish;
