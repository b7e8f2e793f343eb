use v5.36;
use utf8;
use Tuanbo::Test;

# Talk that is killed and shared: after kill -9 among many comments what was
# answered is there, and what is there is whole; two instances on one store
# have one order, one set of keys, mutes and rates.

my $t = Tuanbo::Test->new(workers => 2, http => 'flashsale_comments off; '
    . 'flashsale_activity off;')->start;
$t->admin(PUT => '/documents/session/fruit', json => { title => 'fruit' });

sub all_texts ($t) {
    my %there;
    my $after = 0;
    do {
        my $page = $t->get(
            "/api/sessions/fruit/comments?limit=100&after=$after")->json;
        $there{ $_->{comment} } = $_->{text} for $page->{comments}->@*;
        $after = $page->{next};
    } while ($after);
    return \%there;
}

my %kept;
for my $round (1 .. 3) {
    my $text = "round $round " . '好' x 150;
    my $killed;
    $t->many([map { [POST => '/api/sessions/fruit/comments',
        user => "u$_", key => "r$round", json => { text => "$text $_" }] }
        1 .. 100], parallel => 20, told => sub ($res) {
            $kept{ $res->json->{id} } = 1 if ($res->code // 0) == 202;
            $t->kill9_all if keys(%kept) >= $round * 30 && !$killed++;
        });
    $t->start;
}
cmp_ok(scalar(keys %kept), '>=', 90, 'some were answered');
my $there = all_texts($t);
is_deeply([grep { !defined $there->{$_} } keys %kept], [],
    'all that were answered are there');
is_deeply([grep { !/^round [123] 好{150} [0-9]+$/ } values %$there], [],
    'and what is there is whole');
is($t->get('/activity', role => 'ledger')->body, '', 'no activity is kept');

# ---- two instances
my $other = Tuanbo::Test->new(workers => 1,
    store_path => $t->store_path, http => 'flashsale_comments buyer=1/1h;');
$other->set_secrets($_, $t->{secrets}{$_}) for keys $t->{secrets}->%*;
$other->start;
$t->admin(PUT => '/documents/session/rice', json => { title => 'rice' });

sub say_it ($t, $user, $text, %o) {
    return $t->post('/api/sessions/rice/comments', user => $user,
        key => $t->new_key, json => { text => $text }, %o);
}

my @ids;
for my $i (1 .. 10) {
    my $at = $i % 2 ? $t : $other;
    my $not = $i % 2 ? $other : $t;
    my $res = say_it($at, "both$i", "both $i");
    is($res->code, 202, "said at one, $i") or diag($res->body);
    push @ids, $res->json->{id};
    is($not->get("/api/sessions/rice/comments?after=" . ($ids[-1] - 1))
        ->json->{comments}[0]{text}, "both $i", 'read at the other');
}
is_deeply(\@ids, [sort { $a <=> $b } @ids], 'one order');
is(say_it($t, 'twice', 'once', key => 'a-key')->code, 202, 'a key');
is(say_it($other, 'twice', 'once', key => 'a-key')->code, 200,
    'is known at the other');
$other->answers(say_it($other, 'twice', 'more'), 429, 'too_fast',
    'and so is who has spoken');
is($other->post('/admin/sessions/rice/mute', role => 'admin', key => 'm',
    json => { comment => $ids[0] })->code, 200, 'muted at one');
$t->answers(say_it($t, 'both1', 'x'), 409, 'muted', 'at both');
$other->stop;
$t->audit_ok;
$t->finish;
