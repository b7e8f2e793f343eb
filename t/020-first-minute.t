use v5.36;
use utf8;
use Tuanbo::Test;
use Tuanbo::Test::Demo;
use Tuanbo::Test::Storefront;

binmode Test::More->builder->$_, ':utf8'
    for qw(output failure_output todo_output);

# What `make run` does after building: the demo starts, loads its sales, and
# prints lines that work as they stand; a second run finds its data again.

my $t = Tuanbo::Test->new;
my $demo = Tuanbo::Test::Demo->new($t);
my $port = $t->port;
my $data = $demo->data;

sub secret ($role) { Tuanbo::Test::slurp("$data/secrets/$role") =~ s/\s+//gr }
sub session ($id) { $t->get("/admin/documents/session/$id", role => 'admin',
    secret => secret('admin'))->json }


# One session on the air and one to come, by the documents and the pages.
sub sessions_make_sense ($when) {
    my ($on, $coming) = map { session($_) } qw(fruit pantry);
    my $now = now_ms;

    ok($on->{starts_at} <= $now && $now < $on->{ends_at},
        "$when: a session is on the air");
    cmp_ok($coming->{starts_at}, '>', $on->{ends_at}, "$when: one is to come");
    cmp_ok($coming->{starts_at}, '<', $now + 28 * 3600 * 1000,
        "$when: in a day or so");
    my $home = Tuanbo::Test::Storefront->buyer($t)->get('/');
    like($home->text, qr/正在直播 \Q$on->{title}\E/, "$when: the home says so");
    like($home->text, qr/下一场直播 \Q$coming->{title}\E .*20:00/,
        "$when: and which comes next");
    is($home->dom->at('.card')->attr('data-sale'), $on->{on_camera},
        "$when: what is on camera is first");
    like($home->get('/live/fruit')->text, qr/正在讲解/, "$when: on air");
    like($home->get('/live/pantry')->text, qr/准时开播/, "$when: not yet");
}


# "Saturday 17:00" of the shop, UTC+8
sub said_time ($ms) {
    return POSIX::strftime('%A %H:%M', gmtime $ms / 1000 + 8 * 3600);
}


my $said = $demo->start;
my $opens = qr{is open at http://127\.0\.0\.1:$port/};

like($said, $opens, 'it says where it is');
sessions_make_sense('at first');
like($said, qr/ · \Q@{[ said_time(session('fruit')->{starts_at}) ]}\E $opens/,
    'it names the session that is on');
like($said, qr/next session is on \Q@{[ said_time(
    session('pantry')->{starts_at}) ]}\E/, 'and the next');

my @lines = $demo->lines_of($said);

is(@lines, 3, 'three lines: reserve, pay, audit');

my $answer = $demo->paste(@lines);

like($answer, qr/"state":"held"/, 'reserved');
like($answer, qr/"outcome":"sold"/, 'paid');
like($answer, qr/"ok":true,.*"id":"grape","stock":200,"free":198,"held":0,/,
    'audited');
is(() = $demo->paste(@lines) =~ /"state":"held"|"outcome":"sold"/g, 2,
    'once more');

my $sales = $t->get('/api/sales?limit=100')->json->{sales};

is(@$sales, 12, 'nine sales, and three givings');
is((grep { $_->{state} eq 'open' } @$sales), 12, 'all are open');

my ($strawberry) = grep { $_->{id} eq 'strawberry' } @$sales;

is($strawberry->{stock}, 500, 'strawberries');
is($strawberry->{goal}, 100, 'and their goal');

for my $role (qw(orders ledger admin checkout)) {
    my @stat = stat "$data/secrets/$role";
    is($stat[2] & 0777, 0600, "the secret $role is its owner's alone");
}

# ---- a second one, beside the first
sub refused ($words, $name, %option) {
    my $other = Tuanbo::Test::Demo->new($t, %option);

    $said = $other->start;
    isnt($other->stop, 0, "$name ends");
    like($said, $words, 'and says why');

    return $said;
}

my ($orders) = Tuanbo::Test::slurp("$data/nginx.conf")
    =~ /upstream checkout \{\s+server\s+127\.0\.0\.1:(\d+);/;
my %other = (data => $t->dir . '/other');
my @ports;

refused(qr{running already at http://127\.0\.0\.1:$port/},
    'a second run on the same data');
push @ports, refused(qr/^Port $port is in use by a demo that is running;/,
    'another on the same port', %other) =~ /make run PORT=(\d+)/;
push @ports, refused(
    qr/^Port $orders is in use by the order service of a demo that is running/,
    'one on the port of its order service', %other, port => $orders)
    =~ /make run PORT=(\d+)/;
is((grep { IO::Socket::INET->new("127.0.0.1:$_") } @ports), 0,
    "a port that is advised is free: @ports");
cmp_ok(@ports, '==', 2, 'one is advised');

my $stranger = IO::Socket::INET->new(LocalAddr => '127.0.0.1', Listen => 1)
    or die $!;
my $taken = $stranger->sockport;
refused(qr/^Port $taken is in use;/, 'one on a port of who knows whom',
    %other, port => $taken);
close $stranger;
refused(qr/is no port/, 'no port', %other, port => $_) for qw(0 65536 http);

# ---- Ctrl-C, and again another day
my $version = $t->sale('grape')->{version};

for my $id (qw(fruit pantry)) {
    my $long_ago = session($id);

    $long_ago->{$_} -= 9 * 24 * 3600 * 1000 for qw(starts_at ends_at);
    delete $long_ago->{weekly};
    $t->admin(PUT => "/documents/session/$id", json => $long_ago,
        secret => secret('admin'));
}

is($demo->stop('INT'), 0, 'an interrupt ends it');
like($demo->last_words, qr/The data stays in \Q$data\E/,
    'it says where the data is');
ok(!-e "$data/nginx.pid", 'nginx has gone');

$demo->start;
is($t->sale('grape')->{sold}, 4, 'the second run finds its data again');
is($t->sale('grape')->{version}, $version, 'and did not define it anew');
sessions_make_sense('after a week');
is($demo->stop('TERM'), 0, 'SIGTERM ends it too');

my @wrong = grep { !/\[(?:notice|info)\]/ }
    split /\n/, Tuanbo::Test::slurp("$data/error.log");
is("@wrong", '', 'nothing in its error log');

done_testing();
