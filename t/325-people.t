use v5.36;
use utf8;
use Encode qw(encode);
use Tuanbo::Test;

# Contacts: given, read by who gave them, erased, kept while goods are to be
# collected, over when their time is; what is left of a name in the file.

my $name = 'Unmistakable Name';

sub new_test (%option) {
    return Tuanbo::Test->new(workers => 2, %option);
}

sub give ($t, $user, %fields) {
    return $t->post('/api/contact', user => $user, json => { name => '李阿姨',
        digits => '0123', consent => ['labels'], %fields });
}

sub me ($t, $user) { $t->get('/api/me', user => $user)->json }

sub leave ($t, $user) { $t->call(DELETE => '/api/me', user => $user) }

# How often a text stands in the file.
sub in_file ($t, $text) {
    my $bytes = Tuanbo::Test::slurp($t->store_path . '/people/data.mdb');
    return scalar(() = $bytes =~ /\Q$text\E/g);
}

my $t = new_test(http => 'flashsale_contacts off;')->start;

$t->define_sale('grape', price_fen => 100, stock => 100);

# ---- given and read
my $me = me($t, 'lin');
like($me->{code}, qr/^[0-9a-hjkmnp-tv-z]{32}$/, 'a code');
is_deeply($me, { code => $me->{code}, contact => undef, tags => [],
    counts => { holds => 0, live => 0, orders => 0, to_collect => 0,
    complete => true } }, 'of somebody new');

my $res = give($t, 'lin');
is($res->code, 202, 'given') or diag($res->body);
is_deeply($res->json, { contact => { name => '李阿姨', digits => '0123',
    consent => ['labels'] } }, 'what was taken');
is($res->headers->cache_control, 'private, no-store', 'no cache');

for (1 .. 8) {
    is_deeply(me($t, 'lin')->{contact}, { name => '李阿姨',
        digits => '0123', consent => ['labels'] }, 'read at once, by each worker');
}
is(me($t, 'lin')->{code}, $me->{code}, 'the code stays');
isnt(me($t, 'wang')->{code}, $me->{code}, 'another has another');
is(me($t, 'wang')->{contact}, undef, 'and no contact');

is(give($t, 'lin', consent => [qw(notices labels)])->code, 202, 'again');
is_deeply(me($t, 'lin')->{contact}{consent}, [qw(labels notices)],
    'agreed to both');

# ---- what is refused
for my $bad ([name => ''], [name => '  '], [name => "a\nb"],
    [name => '李' x 22], [digits => '123'], [digits => 1234],
    [digits => '12a4'], [consent => 'labels'], [consent => ['all']],
    [consent => [qw(labels labels)]], [phone => '13800001111'])
{
    my $res = give($t, 'lin', @$bad);
    $t->answers($res, 400, 'bad_request', "$bad->[0]: refused");
    is($res->json->{field}, $bad->[0], 'the field is named');
}
$t->answers($t->post('/api/contact', user => 'lin', json => {}), 400,
    'bad_request', 'nothing given');
$t->answers($t->post('/api/contact', json => { name => 'a',
    digits => '1234' }), 401, 'no_buyer', 'by nobody');
$t->answers($t->get('/api/me'), 401, 'no_buyer', 'nor read');
$t->answers($t->call(DELETE => '/api/me'), 401, 'no_buyer', 'nor erased');
$t->answers($t->call(PUT => '/api/me', user => 'lin'), 405,
    'method_not_allowed', 'PUT');
$t->answers($t->get('/api/contact', user => 'lin'), 405,
    'method_not_allowed', 'GET of what is only given');
$t->answers($t->post('/api/contact', user => 'lin',
    headers => { 'If-None-Match' => '*' },
    json => { name => 'a', digits => '1234' }), 412, 'precondition_failed',
    'what it supposes');
$t->answers($t->post('/api/contact', user => 'lin',
    headers => { Cookie => 'a=b', Origin => 'http://evil.example' },
    json => { name => 'a', digits => '1234' }), 403, 'cross_site',
    'from another site');
is_deeply(me($t, 'lin')->{contact}{name}, '李阿姨', 'it is as it was');

# ---- forms
$res = $t->post('/api/contact', user => 'zhou', form => [name => ' 周 ',
    digits => '4321', consent => 'labels', consent => 'notices',
    csrf => 'x']);
is($res->code, 303, 'a form') or diag($res->body);
is($res->headers->location, '/api/me', 'and where it is read');
is_deeply(me($t, 'zhou')->{contact}, { name => '周', digits => '4321',
    consent => [qw(labels notices)] }, 'the same');
$res = $t->post('/api/me/erase', user => 'zhou', form => [csrf => 'x']);
is($res->code, 303, 'erased by a form');
is(me($t, 'zhou')->{contact}, undef, 'gone');

# ---- erased, and gone from the file
give($t, "n$_", name => "$name $_") for 1 .. 60;
cmp_ok(in_file($t, $name), '>=', 60, 'names in the file');
for (1 .. 60) {
    my $res = leave($t, "n$_");
    die $res->body if $res->code != 200;
}
is_deeply(leave($t, 'n1')->json, { contact => undef }, 'again the same');
give($t, "o$_", name => "Other $_") for 1 .. 20;
eventually { in_file($t, $name) == 0 } 'none of them is in the file', 30;
is(me($t, 'o7')->{contact}{name}, 'Other 7', 'the others are there');

# ---- goods are to be collected
my $hold = $t->held('chen', 'grape', 1);
give($t, 'chen');
is(leave($t, 'chen')->code, 200, 'a hold is no order');
give($t, 'chen');
$t->confirm($hold);
$res = leave($t, 'chen');
is($res->code, 202, 'an order is to be collected');
is_deeply($res->json->{contact}, { name => '李阿姨', digits => '0123',
    consent => [], leaving => true }, 'it goes later, and agrees to nothing');
is(me($t, 'chen')->{counts}{to_collect}, 1, 'counted');
$t->order($hold->{id}, 'ready');
is(leave($t, 'chen')->code, 202, 'ready is not handed over');
ok(me($t, 'chen')->{contact}{leaving}, 'still there');
$t->order($hold->{id}, 'picked-up');
eventually { !defined me($t, 'chen')->{contact} } 'handed over: gone', 40;
is(me($t, 'chen')->{counts}{orders}, 1, 'the order stays');

# who gives it again stays
$hold = $t->held('zhao', 'grape', 1);
give($t, 'zhao');
$t->confirm($hold);
is(leave($t, 'zhao')->code, 202, 'leaves');
give($t, 'zhao');
ok(!me($t, 'zhao')->{contact}{leaving}, 'and is back');

# ---- reload, kill
give($t, 'reload', name => 'Before the reload');
$t->reload;
is(me($t, 'reload')->{contact}{name}, 'Before the reload', 'after a reload');
give($t, 'kill', name => 'Before the kill');
$t->kill9_all;
$t->start;
is(me($t, 'kill')->{contact}{name}, 'Before the kill', 'after kill -9');
$t->audit_ok;

my $metrics = $t->metrics;
like($metrics, qr/^flashsale_contacts (?!0$)\d+$/m, 'metrics: rows');
like($metrics, qr/^flashsale_contacts_open 1$/m, 'open');
like($metrics, qr/^flashsale_contacts_queue 0$/m, 'queue');
like($metrics, qr/^flashsale_contacts_failed_total 0$/m, 'failures');

# ---- damaged: nothing but contacts stops
$t->stop;
my $file = $t->store_path . '/people/data.mdb';
open my $out, '+<', $file or die;
print $out "\xa5" x 8192;
close $out;
$t->expect_log(qr/people: data.mdb is damaged/);
$t->start;
$t->answers($t->get('/api/me', user => 'lin'), 503, 'not_ready',
    'damaged: not served');
$t->answers(give($t, 'lin'), 503, 'not_ready', 'nor taken');
is($t->hold('li', 'grape', 1)->code, 201, 'but sold');
like($t->metrics, qr/^flashsale_contacts_open 0$/m, 'seen');
rename $t->store_path . '/people', $t->store_path . '/people-old';
eventually { $t->get('/api/me', user => 'lin')->code == 200 }
    'begun anew when it was moved away';
eventually { give($t, 'lin')->code == 202 } 'and taken again, by any worker';
$t->finish;
