use v5.36;
use utf8;
use Time::HiRes qw(time);
use Tuanbo::Test;
use Tuanbo::Test::Faults;

# Comments on a disk that is slow, fails or is full: nobody is told 202 before
# it is there, a retry with the key finds what became of it, nobody who buys
# notices; and who leaves is told that all is erased when it is.

my $t = Tuanbo::Test->new(workers => 1, http => 'flashsale_comments off;');
my $faults = Tuanbo::Test::Faults->new($t);
$t->start;
$t->define_sale('grape', price_fen => 100, stock => 1000);
$t->admin(PUT => '/documents/session/fruit', json => { title => 'fruit' });

sub say_it ($user, $text, $key = $t->new_key) {
    return $t->post('/api/sessions/fruit/comments', user => $user,
        key => $key, json => { text => $text });
}

sub texts () {
    return map { $_->{text} }
        $t->get('/api/sessions/fruit/comments')->json->{comments}->@*;
}

is(say_it('lin', 'before')->code, 202, 'said');

# ---- slow
$faults->set(people_stuck => 1);
my $began = time;
$t->answers(say_it('lin', 'slow', 'slow-key'), 503, 'outcome_unknown',
    'no answer before the disk had it, and not for ever');
my $took = time - $began;
cmp_ok($took, '>=', 4.9, "after $took s");
is($t->hold("buyer-$_", 'grape', 1)->code, 201, 'sold while it has it not')
    for 1 .. 5;
$faults->set(people_stuck => 0);
my $id;
eventually { my $res = say_it('lin', 'slow', 'slow-key');
    $id = ($res->code // 0) == 200 || $res->code == 202 ? $res->json->{id}
        : undef } 'a retry tells what became of it', 40;
is(say_it('lin', 'slow', 'slow-key')->json->{id}, $id, 'always the same');
is(scalar(grep { $_ eq 'slow' } texts()), 1, 'it was said once');

# ---- a worker that ends writes what it has
$faults->set(people_ms => 1500);
my $promise = $t->call_p(POST => '/api/sessions/fruit/comments',
    user => 'zhou', key => 'leaves', json => { text => 'on its way' });
my $res;
$promise->then(sub ($got) { $res = $got; Mojo::IOLoop->stop });
Mojo::IOLoop->start;
is($res->code, 202, 'waited for') or diag($res->body);
$faults->set(people_ms => 0);

# ---- a sync that fails
$t->expect_log(qr/talk: Input\/output error/);
$t->expect_log(qr/talk: data.mdb cannot be/);
$faults->set(people => -1);
$t->answers(say_it('lin', 'lost', 'lost-key'), 503, 'disk_failed', 'told');
is($t->hold('during', 'grape', 1)->code, 201, 'meanwhile sold');
$faults->set(people => 0);
eventually { $t->get('/api/sessions/fruit/comments')->code == 200 }
    'open again';
is(scalar(grep { $_ eq 'lost' } texts()), 0,
    'what was refused was not written');
eventually { say_it('lin', 'lost', 'lost-key')->code == 202 }
    'and is with the same key';

# ---- who leaves while it fails
$t->expect_log(qr/people: Input\/output error/);
$t->expect_log(qr/people: data.mdb cannot be/);
$faults->set(people => -1);
my $code = $t->call(DELETE => '/api/me', user => 'lin')->code;
is($code, 503, 'is not told that all is erased');
$faults->set(people => 0);
eventually { $t->call(DELETE => '/api/me', user => 'lin')->code == 200 }
    'and is when it is';

# ---- a full disk
$t->expect_log(qr/No space left/);
$t->expect_log(qr/The store is full/);
$faults->set(space => -1);
$t->answers(say_it('li', 'full'), 503, 'store_full', 'told');
$faults->set(space => 0);
eventually { say_it('li', 'room')->code == 202 } 'there is room again';
is((texts())[-1], 'room', 'and read');
$t->audit_ok;
$t->finish;
