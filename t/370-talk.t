use v5.36;
use utf8;
use Encode qw(encode);
use Tuanbo::Test;

# Talk: comments said, read, refused, taken back and answered; mutes, rates,
# the word gate; erased with their writer and with their session; what people
# did; reload and kill -9; damage.

my $secret = 'Unmistakable';

sub say_it ($t, $user, $text, %o) {
    my $session = delete $o{session} // 'fruit';
    return $t->post("/api/sessions/$session/comments", user => $user,
        key => $t->new_key, json => { text => $text }, %o);
}

sub said ($t, $user, $text, %o) {
    my $res = say_it($t, $user, $text, %o);
    die $res->code . ' ' . $res->body if ($res->code // 0) != 202;
    return $res->json->{id};
}

sub comments ($t, $query = '', $session = 'fruit') {
    return $t->get("/api/sessions/$session/comments$query")->json;
}

sub texts ($t, @rest) { map { $_->{text} } comments($t, @rest)->{comments}->@* }

sub host ($t, $what, $json, %o) {
    my $session = delete $o{session} // 'fruit';
    return $t->post("/admin/sessions/$session/$what", role => 'admin',
        key => $t->new_key, defined $json ? (json => $json) : (), %o);
}

sub activity ($t, $after = 0, $limit = 1000) {
    my $res = $t->get("/activity?after=$after&limit=$limit",
        role => 'ledger');
    is($res->code, 200, 'activity') or diag($res->body);
    return map { Mojo::JSON::decode_json($_) } split /\n/, $res->body;
}

sub in_file ($t, $bytes) {
    my $file = Tuanbo::Test::slurp($t->store_path . '/talk/data.mdb');
    return scalar(() = $file =~ /\Q$bytes\E/g);
}

my $t = Tuanbo::Test->new(workers => 2,
    http => 'flashsale_comments buyer=100/1s session=100/1s;')->start;

$t->admin(PUT => '/documents/session/fruit', json => { title => '鲜果专场' });
$t->define_sale('grape', price_fen => 100, stock => 2);

# ---- said and read
is_deeply(comments($t), { comments => [], removed => [], next => undef },
    'nothing said');
my $res = say_it($t, 'lin', ' 甜吗？ ');
is($res->code, 202, 'taken') or diag($res->body);
my $first = $res->json->{id};
is_deeply($res->json, { id => $first }, 'with its id');
like($first, qr/^[0-9]+$/, 'a number');
for (1 .. 4) {
    my $read = comments($t);
    is_deeply($read->{comments}, [{ comment => $first, name => '一位邻居',
        text => '甜吗？', at => $read->{comments}[0]{at} }],
        'read at once, by each worker');
}
my $second = said($t, 'wang', '好');
cmp_ok($second, '>', $first, 'ids go up');
is_deeply([texts($t, "?after=$first")], ['好'], 'after the first');
my $page = comments($t, '?limit=1');
is($page->{next}, $first, 'where to go on');
is_deeply([texts($t, "?after=$page->{next}&limit=1")], ['好'], 'and from there');
is(comments($t, "?after=$first")->{next}, undef, 'no more');

# who agreed to a label is seen by the first character
$t->post('/api/contact', user => 'li', json => { name => '李阿姨',
    digits => '0123', consent => ['labels'] });
$t->post('/api/contact', user => 'zhou', json => { name => '周阿姨',
    digits => '0123', consent => ['notices'] });
said($t, 'li', '我要两箱');
said($t, 'zhou', '我也要');
is_deeply([map { $_->{name} } comments($t, "?after=$second")
    ->{comments}->@*], ['李**', '一位邻居'], 'names as they are shown');

# ---- what is refused
for my $bad ([text => ''], [text => '　 '], [text => "a\nb"],
    [text => '李' x 201], [text => "\x{1F347}" x 201], [text => 5],
    [words => 'a'])
{
    $res = say_it($t, 'lin', 'x', json => { text => 'a', @$bad });
    $t->answers($res, 400, 'bad_request', "$bad->[0]: refused");
    is($res->json->{field}, $bad->[0], 'the field is named');
}
$t->answers(say_it($t, 'lin', 'x', json => {}), 400, 'bad_request', 'nothing');
is(say_it($t, 'lin', "\x{1F347}" x 200)->code, 202, '200 characters are taken');
$res = say_it($t, 'lin', 'x', key => undef);
$t->answers($res, 400, 'bad_request', 'without a key');
$t->answers(say_it($t, undef, 'x'), 401, 'no_buyer', 'by nobody');
$t->answers(say_it($t, 'lin', 'x', session => 'none'), 409, 'closed',
    'in no session');
$t->answers(say_it($t, 'lin', 'x', session => 'A.b'), 409, 'closed',
    'in what cannot be one');
$t->answers($t->get('/api/sessions/none/comments'), 404, 'not_found',
    'nor read there');
for my $query ('after=-1', 'after=x', 'limit=0', 'limit=101') {
    $t->answers($t->get("/api/sessions/fruit/comments?$query"), 400,
        'bad_request', $query);
}
$t->answers($t->call(PUT => '/api/sessions/fruit/comments', user => 'lin'),
    405, 'method_not_allowed', 'PUT');
$t->answers(say_it($t, 'lin', 'x', headers => { 'If-Match' => '"1"' }), 412,
    'precondition_failed', 'what it supposes');
$t->answers(say_it($t, 'lin', 'x', headers => { Cookie => 'a=b',
    Origin => 'http://evil.example' }), 403, 'cross_site',
    'from another site');

# ---- keys
my $key = $t->new_key;
my $id = said($t, 'lin', '一次', key => $key);
$res = say_it($t, 'lin', '一次', key => $key);
is($res->code, 200, 'a replay');
is($res->headers->header('Idempotent-Replayed'), 'true', 'says so');
is_deeply($res->json, { id => $id }, 'the same id');
$t->answers(say_it($t, 'lin', '两次', key => $key), 422, 'key_reused',
    'the key of another comment');
isnt(said($t, 'wang', '一次', key => $key), $id, 'another buyer\'s key');
is(scalar(grep { $_ eq '一次' } texts($t, '?limit=100')), 2,
    'said once by each');

# many at once with one key: once
my @answers = $t->many([map { [POST => '/api/sessions/fruit/comments',
    user => 'chen', key => 'one', json => { text => '抢' }] } 1 .. 20]);
is(scalar(grep { $_->code == 202 } @answers), 1, 'one of twenty is taken');
is(scalar(grep { $_->code == 200 } @answers), 19, 'the others are replays');

# ---- forms
$res = $t->post('/api/sessions/fruit/comments', user => 'lin', form => [
    text => '表单 ' . '好' x 150, idempotency_key => 'f1',
    csrf => 'x']);
is($res->code, 303, 'a form') or diag($res->body);
is($res->headers->location, '/api/sessions/fruit/comments',
    'and where it is read');
is($t->post('/api/sessions/fruit/comments', user => 'lin', form => [
    text => '表单 ' . '好' x 150, idempotency_key => 'f1',
    csrf => 'y'])->code, 303, 'sent again');
is(scalar(grep { /^表单/ } texts($t, '?limit=100')), 1, 'said once');
$t->answers($t->post('/api/sessions/fruit/comments', user => 'lin',
    form => [idempotency_key => 'f2', csrf => 'x']), 400, 'bad_request',
    'a form that says nothing');

# ---- the word gate
$t->admin(PUT => '/documents/shop/words', json => {
    words => ['加微信', 'WeChat', 7, ''] });
for my $text ('加微信', '快加 微　信 abc', 'ＷＥＣＨＡＴ me', "we\x{200b}chat") {
    $res = say_it($t, 'lin', $text);
    $t->answers($res, 422, 'not_allowed', "not taken: $text");
    is($res->json->{field}, 'text', 'the field');
    like($res->json->{rule}, qr/加微信|WeChat/, 'and the rule');
}
is(say_it($t, 'lin', '微信')->code, 202, 'a part of a word is none');
$t->admin(DELETE => '/documents/shop/words');
is(say_it($t, 'lin', '加微信')->code, 202, 'without words all is taken');

# ---- what a host does
$key = $t->new_key;
$res = host($t, 'remove', { comment => $first }, key => $key);
is($res->code, 200, 'taken back') or diag($res->body);
is_deeply($res->json, { id => $first }, 'which');
is(host($t, 'remove', { comment => $first }, key => $key)->headers
    ->header('Idempotent-Replayed'), 'true', 'a replay');
$t->answers(host($t, 'remove', { comment => $second }, key => $key), 422,
    'key_reused', 'the key of another');
is(host($t, 'remove', { comment => $first })->code, 200, 'again: the same');
ok(!(grep { $_ eq '甜吗？' } texts($t, '?limit=100')), 'it is not read');
my $last = comments($t, '?limit=100');
is_deeply($last->{removed}, [$first], 'but told of');
$t->answers(host($t, 'answer', { comment => $first, text => '甜' }), 409,
    'wrong_state', 'no answer to it');
$res = host($t, 'answer', { comment => $second, text => '谢谢' });
is($res->code, 200, 'an answer');
is_deeply((comments($t, "?limit=100")->{comments}->@*)[-1],
    { comment => $res->json->{id}, name => '主播', text => '谢谢',
    at => (comments($t, "?limit=100")->{comments}->@*)[-1]{at},
    answers => $second }, 'is read with the others');
$t->answers(host($t, 'mute', { comment => $res->json->{id} }), 409,
    'wrong_state', 'a host is not muted');
for my $what (qw(mute remove answer)) {
    $t->answers(host($t, $what, { comment => 7,
        $what eq 'answer' ? (text => 'a') : () }), 404, 'not_found',
        "$what: no such comment");
    $t->answers(host($t, $what, { comment => $second,
        $what eq 'answer' ? (text => 'a') : () }, session => 'other'), 404,
        'not_found', "$what: not in that session");
    $t->answers(host($t, $what, {}), 400, 'bad_request', "$what: of nothing");
    $t->answers($t->post("/admin/sessions/fruit/$what", key => 'k',
        json => { comment => $second }), 401, 'bad_signature',
        "$what: unsigned");
    $t->answers(host($t, $what, { comment => $second,
        $what eq 'answer' ? (text => 'a') : () }, key => undef), 400,
        'bad_request', "$what: without a key");
}
is(host($t, 'mute', { comment => $second })->code, 200, 'muted');
$t->answers(say_it($t, 'wang', 'x'), 409, 'muted', 'says nothing any more');
is(say_it($t, 'zhou', 'x')->code, 202, 'others do');

# ---- a room that has ended
host($t, 'start', undef, body => '{}');
is(say_it($t, 'zhou', 'x')->code, 202, 'it is on');
host($t, 'end', undef, body => '{}');
$t->answers(say_it($t, 'zhou', 'x'), 409, 'closed', 'it has ended');
my $over = $t->new_key;
is(host($t, 'answer', { comment => $second, text => '明天见' })->code, 200,
    'a host still answers');
host($t, 'start', undef, body => '{}');
is(say_it($t, 'zhou', 'x', key => $over)->code, 202, 'on again');
host($t, 'end', undef, body => '{}');
is(say_it($t, 'zhou', 'x', key => $over)->code, 200,
    'a retry gets its answer all the same');
host($t, 'start', undef, body => '{}');

# ---- what people did
$t->held('lin', 'grape', 2);
$t->answers($t->hold('wang', 'grape', 1), 409, 'sold_out', 'a refused tap');
my @did;
eventually { @did = activity($t); grep { $_->{kind} eq 'refused' } @did }
    'is noted';
my ($refused) = grep { $_->{kind} eq 'refused' } @did;
is($refused->{sale}, 'grape', 'which sale');
is($refused->{code}, 'sold_out', 'why');
is($refused->{taps}, 1, 'how many');
like($refused->{buyer}, qr/^[0-9a-f]{32}$/, 'by a pseudonym');
my ($spoke) = grep { $_->{kind} eq 'comment' && $_->{comment} == $second }
    @did;
is($spoke->{buyer}, $refused->{buyer}, 'who has spoken, too');
is($spoke->{session}, 'fruit', 'where');
is_deeply([map { $_->{id} } activity($t, $did[2]{id}, 2)],
    [map { $_->{id} } @did[3, 4]], 'pages of it');
$t->answers($t->get('/activity'), 401, 'bad_signature', 'signed only');
$t->answers($t->get('/activity?limit=1001', role => 'ledger'), 400,
    'bad_request', 'limit');

# ---- who leaves
my @mine = map { said($t, 'leaves', "$secret $_") } 1 .. 30;
$t->post('/api/contact', user => 'leaves', json => { name => '赵六',
    digits => '0123', consent => ['labels'] });
said($t, 'leaves', $secret);
is((comments($t, "?after=$mine[-1]&limit=100")->{comments}->@*)[-1]{name},
    '赵**', 'by name');
my ($who) = map { $_->{buyer} } grep { $_->{kind} eq 'comment'
    && $_->{comment} == $mine[0] } activity($t);
cmp_ok(in_file($t, pack 'H*', $who), '>=', 60, 'in the file');
is($t->call(DELETE => '/api/me', user => 'leaves')->code, 200, 'leaves');
is_deeply([grep { $_->{name} eq '赵**' } comments($t, "?after=$mine[-1]")
    ->{comments}->@*], [], 'no name at once');
is(scalar(grep { /^$secret/ } texts($t, "?after=$mine[-2]")), 2,
    'what was said stays');
is_deeply([grep { $_->{buyer} eq $who } activity($t)], [],
    'nor what they did');
$t->answers(host($t, 'mute', { comment => $mine[0] }), 409, 'wrong_state',
    'it is nobody\'s');
eventually { in_file($t, pack 'H*', $who) == 0
    && in_file($t, encode('UTF-8', '赵**')) == 0 } 'gone from the file', 30;

# ---- reload, kill -9: what was answered is there
my $kept = said($t, 'lin', 'before the reload');
$t->reload;
is_deeply([texts($t, '?after=' . ($kept - 1))], ['before the reload'],
    'after a reload');
$kept = said($t, 'lin', 'before the kill');
$t->kill9_all;
$t->start;
is_deeply([texts($t, '?after=' . ($kept - 1))], ['before the kill'],
    'after kill -9');
$t->answers(say_it($t, 'wang', 'x'), 409, 'muted', 'and still muted');
cmp_ok(said($t, 'lin', 'after'), '>', $kept, 'ids go on');
$t->audit_ok;

my $metrics = $t->metrics;
like($metrics, qr/^flashsale_comments (?!0$)\d+$/m, 'metrics: rows');
like($metrics, qr/^flashsale_talk_open 1$/m, 'open');
like($metrics, qr/^flashsale_talk_failed_total 0$/m, 'failures');

# ---- with its session
$t->admin(DELETE => '/documents/session/fruit');
$t->answers(say_it($t, 'lin', 'x'), 409, 'closed', 'the session is gone');
eventually { in_file($t, $secret) == 0 } 'and what was said in it', 60;

# ---- damaged: nothing but talk stops
$t->stop;
open my $out, '+<', $t->store_path . '/talk/data.mdb' or die;
print $out "\xa5" x 8192;
close $out;
$t->expect_log(qr/talk: data.mdb is damaged/);
$t->start;
$t->admin(PUT => '/documents/session/fruit', json => { title => '鲜果' });
$t->answers(say_it($t, 'lin', 'x'), 503, 'not_ready', 'damaged: not taken');
$t->answers($t->get('/api/sessions/fruit/comments'), 503, 'not_ready',
    'nor read');
$t->answers($t->call(DELETE => '/api/me', user => 'lin'), 503, 'not_ready',
    'nobody is told that all is erased');
is($t->get('/api/me', user => 'lin')->code, 200, 'contacts are read');
like($t->metrics, qr/^flashsale_talk_open 0$/m, 'seen');
$t->admin(POST => '/sales/grape/stock', json => { add => 1 });
is($t->hold('li', 'grape', 1)->code, 201, 'and sold');
rename $t->store_path . '/talk', $t->store_path . '/talk-old';
eventually { say_it($t, 'lin', 'x')->code == 202 }
    'begun anew when it was moved away';
eventually { ((comments($t)->{comments} // [])->[0]{comment} // 0) > $kept }
    'and no id is given twice';
$t->finish;
