use v5.36;
use utf8;
use Tuanbo::Test;
use Mojo::JSON ();

# flashsale_comments and flashsale_activity: values that are refused, rates of
# a buyer and of a session, over workers and instances; activity that is over,
# or not kept; views, and how long somebody watched.

sub say_it ($t, $user, $text, %o) {
    my $session = delete $o{session} // 'fruit';
    return $t->post("/api/sessions/$session/comments", user => $user,
        key => $t->new_key, json => { text => $text }, %o);
}

sub activity ($t, $kind = undef) {
    my $res = $t->get('/activity?limit=1000', role => 'ledger');
    die $res->body if $res->code != 200;
    return grep { !$kind || $_->{kind} eq $kind }
        map { Mojo::JSON::decode_json($_) } split /\n/, $res->body;
}

# ---- the directives
for my $bad (
    ['flashsale_comments buyer=0/1s', 'buyer=0/1s', 'it is a number from 1 to 100'],
    ['flashsale_comments buyer=101/1s', 'buyer=101/1s', 'it is a number from 1 to 100'],
    ['flashsale_comments session=5', 'session=5', 'it is a number from 1 to 100'],
    ['flashsale_comments session=5/2d', 'session=5/2d', 'it is a number from 1 to 100'],
    ['flashsale_comments session=5/10ms', 'session=5/10ms', 'it is a number from 1 to 100'],
    ['flashsale_comments all=5/1s', 'all=5/1s', 'it is "buyer=" or "session="'],
    ['flashsale_comments buyer=1/1s buyer=2/1s', 'buyer=2/1s', 'it is duplicate'],
    ['flashsale_activity 0', '0', 'it is a time from 1s to 3650d, or "off"'],
    ['flashsale_activity never', 'never', 'it is a time from 1s to 3650d'])
{
    my ($line, $value, $rule) = @$bad;
    my $t = Tuanbo::Test->new(http => "$line;");
    my ($status, $said) = $t->check_conf($t->conf);
    isnt($status, 0, "$line: does not start");
    like($said, qr/"\Q$value\E".*\Q$rule\E/, 'and says why');
}

# ---- rates
my $t = Tuanbo::Test->new(workers => 2, http =>
    'flashsale_comments buyer=2/1h session=6/1s; flashsale_activity 1d;')
    ->start;
$t->admin(PUT => "/documents/session/$_", json => { title => $_ })
    for qw(fruit rice);

my @answers = $t->many([map { [POST => '/api/sessions/fruit/comments',
    user => 'lin', key => "k$_", json => { text => "t$_" }] } 1 .. 20]);
is(scalar(grep { $_->code == 202 } @answers), 2,
    'two of twenty at once are taken, whichever worker it was');
my ($fast) = grep { $_->code != 202 } @answers;
$t->answers($fast, 429, 'too_fast', 'the others are too fast');
cmp_ok($fast->headers->header('Retry-After'), '>', 3500, 'Retry-After');
cmp_ok($fast->json->{retry_at}, '>', (time + 3500) * 1000, 'and when');
$t->answers(say_it($t, 'lin', 'x', session => 'rice'), 429, 'too_fast',
    'in another session, too');
$t->reload;
$t->answers(say_it($t, 'lin', 'x'), 429, 'too_fast', 'also after a reload');

@answers = $t->many([map { [POST => '/api/sessions/rice/comments',
    user => "u$_", key => 'k', json => { text => "t$_" }] } 1 .. 40]);
cmp_ok(scalar(grep { $_->code == 429 } @answers), '>=', 1,
    'a session takes so many a second');
my ($taken) = grep { $_->code == 202 } @answers;
ok($taken, 'and no fewer than some');
eventually { say_it($t, 'later', 'x', session => 'rice')->code == 202 }
    'a second later it goes on';

# ---- who looks at what, and how long
$t->define_sale('grape', price_fen => 100, stock => 5);
my $ua = Mojo::UserAgent->new;
for my $query ('session=fruit', 'sale=grape', 'session=fruit') {
    my $tx = $ua->build_tx(GET => $t->url("/api/events?$query"),
        { $query eq 'session=fruit' && $t->{strange}++ ? ()
        : ('X-User' => 'looks') });
    my $seen;
    $tx->res->content->unsubscribe('read')->on(read => sub { $seen = 1;
        Mojo::IOLoop->timer(1.2, sub { Mojo::IOLoop->stop }) });
    $ua->start($tx => sub { });
    Mojo::IOLoop->start;
    ok($seen, "a stream of $query");
    $tx->connection && Mojo::IOLoop->remove($tx->connection);
}
my @views;
eventually { @views = activity($t, 'view'); @views == 2 }
    'two views: a stranger is not noted';
is_deeply([sort map { $_->{session} // $_->{sale} } @views],
    [qw(fruit grape)], 'of a session and of a sale');
my @watched;
eventually { @watched = activity($t, 'watch'); @watched == 1 } 'and watched',
    20;
is($watched[0]{session}, 'fruit', 'which session');
cmp_ok($watched[0]{seconds}, '>=', 1, 'how long');
is($watched[0]{buyer}, $views[0]{buyer}, 'who');

# ---- many refused taps: each row says for how many it stands
$t->define_sale('pear', price_fen => 100, stock => 1);
$t->held('first', 'pear', 1);
@answers = $t->many([map { [POST => '/api/holds', user => "tap$_",
    json => { sale => 'pear', qty => 1 }] } 1 .. 200], parallel => 20);
is(scalar(grep { $_->code == 409 } @answers), 200, '200 are refused');
my $taps = sub {
    my $n = 0;
    $n += $_->{taps} for grep { $_->{sale} eq 'pear' } activity($t, 'refused');
    return $n;
};
eventually { $taps->() > 100 } 'most of them are told of';
cmp_ok($taps->(), '<=', 200, 'and no more than there were');

# ---- off, and over
$t->{http} = 'flashsale_comments off; flashsale_activity 2s;';
$t->write_conf;
$t->reload;
eventually { !activity($t) } 'what is over is erased', 60;
is(scalar(grep { say_it($t, 'lin', 'x')->code == 202 } 1 .. 12), 12,
    'without rates all is taken');

$t->{http} = 'flashsale_activity off;';
$t->write_conf;
$t->reload;
is(say_it($t, 'wang', 'x')->code, 202, 'said');
$t->post('/api/holds', user => 'tap', json => { sale => 'pear', qty => 1 });
eventually { !activity($t) } 'and with none kept all is erased', 60;
$t->audit_ok;
$t->finish;
