use v5.36;
use utf8;
use Tuanbo::Test;
use Tuanbo::Test::Office;

binmode Test::More->builder->$_, ':utf8'
    for qw(output failure_output todo_output);

# Who works at the desk: links that let in once, devices that can be stopped,
# roles, and who is not known. Selling goes on whatever becomes of it.

my $o = Tuanbo::Test::Office->new->start;
my $shop = $o->shop;

$shop->points(qw(xingfu binjiang));
$shop->define_sale('grape', title => '葡萄', price_fen => 100, stock => 1000);

sub h1 ($browser) { $browser->dom->at('h1')->text }
sub code ($browser) { $browser->res->code }
sub form ($act) { qq(form:has(button[value="$act"])) }

# Somebody buys, whatever the office does.
sub sells ($name) {
    my $buyer = $o->browser;

    $buyer->get('/s/grape')->submit('#take');
    like($buyer->path, qr{^/h/}, $name);
}

# ---- nobody
my $stranger = $o->browser;
is(code($stranger->get('/desk/')), 401, 'a stranger is not let in');
is(h1($stranger), '这台设备没有登录', 'and told what to do');
is(code($stranger->get("/desk/$_")), 401, "nor at $_") for qw(staff nowhere);
is($o->clerk->ask('staff')->{answer}{staff}->@*, 0, 'there is no default owner');

# ---- the owner's first link
my $path = $o->invitation;
my $owner = $o->browser;
is(code($owner->get($path)), 200, 'a link');
is(code($owner->get($path)), 200, 'that is looked at by a chat, too');
like($owner->res->headers->header('Referrer-Policy'), qr/no-referrer/,
    'its address gets nowhere');
$owner->submit('form');
is($owner->path, '/desk/', 'lets in');
is(h1($owner), '今天', 'to the desk');
my ($cookie) = $owner->cookie('tuanbo_desk');
is($cookie->path, '/desk', 'by a cookie of the desk alone');
ok($cookie->httponly, 'that no script sees');

my $late = $o->browser;
$late->get($path)->submit('form');
is(code($late), 410, 'once');
is(code($late->get('/desk/')), 401, 'so nobody else');

# ---- guessing
$late->get('/desk/in/00000000000000000000000000000000')->submit('form');
is(code($late), 410, 'a link that is none');
my $forged = $cookie->value =~ s/.$/$cookie->value =~ m{A$} ? 'B' : 'A'/er;
is($shop->get('/desk/', headers => { Cookie => "tuanbo_desk=$forged" })->code,
    401, 'a cookie that is not signed');
# ---- a form of another page
is($owner->start(POST => '/desk/staff', 'act=invite&csrf=no')->res->code, 403,
    'a form without the token');
is($owner->start(POST => '/desk/staff', 'act=invite')->res->code, 403,
    'or with none');

# ---- somebody more
$owner->get('/desk/staff');
is(h1($owner), '谁在这里做事', 'the owner sees who works');
$owner->submit(form('add'), name => '', act => 'add');
like($owner->text, qr/要写称呼/, 'a name is needed');
$owner->submit(form('add'), name => '李姐', 'role.leader' => 1,
    'point.xingfu' => 1, act => 'add');
like($owner->text, qr/李姐的登录链接/, 'a link for her');
my ($link) = $owner->dom->at('input.link')->attr('value') =~ m{(/desk/in/.*)};
ok($owner->dom->at('svg.qr path'), 'also to be scanned');
my $leader = $o->enter($link);
is(h1($leader), '今天', 'she is in');
like($leader->text, qr/身份：团长/, 'as a leader');
is(code($leader->get('/desk/staff')), 403, 'the page of people is not hers');
is(code($leader->start(POST => '/desk/staff', 'act=stop')), 403,
    'nor its forms');

# ---- she gets another point, and keeps her phone
sub of ($name) {
    return (grep { $_->{name} eq $name && !$_->{ended_at} }
        $o->clerk->register->{staff}->@*)[0];
}

sub change ($name, $without, %fields) {
    my $form = 'form:has(button[value="change"]):has(input[value="'
        . of($name)->{id} . '"])';
    $owner->get('/desk/staff');
    delete $owner->dom->at("$form input[name=\"$_\"]")->attr->{checked}
        for @$without;
    $owner->submit($form, %fields, act => 'change');
}

change('李姐', [], 'point.binjiang' => 1);
is($owner->path, '/desk/staff', 'changed');
is(code($leader->get("/desk/hand-over/$_")), 200, "she has $_")
    for qw(xingfu binjiang);
change('李姐', ['point.xingfu'], 'role.host' => 1);
is(code($leader->get('/desk/hand-over/xingfu')), 403, 'not any more');
is(code($leader->get('/desk/hand-over/binjiang')), 200, 'but the other one');
is(code($leader->get('/desk/live')), 200, 'and she is a host, too');
change('李姐', ['role.leader', 'role.host']);
like($owner->text, qr/至少选一样做什么/, 'nothing is no task');
is(code($leader->get('/desk/live')), 200, 'and changes nothing');
change('李姐', ['role.host'], name => '李大姐');
is(code($leader->get('/desk/live')), 403, 'no host any more');
is(code($leader->start(POST => '/desk/staff', 'act=change')), 403,
    'nobody changes that by herself');
change('Lin', ['role.owner'], 'role.leader' => 1);
like($owner->text, qr/总要有一位店主/, 'nor the last owner');
is(code($owner->get('/desk/staff')), 200, 'who stays one');

# ---- a device that is stopped
# ---- a device that is stopped
$owner->get('/desk/staff');
like($owner->text, qr/李大姐 团长 · .*/, 'with what she does');
my ($her) = grep { $_->{staff} eq of('李大姐')->{id} }
    $o->clerk->register->{devices}->@*;
$owner->submit(qq(form:has(input[value="$her->{id}"])), act => 'revoke');
eventually { code($leader->get('/desk/')) == 401 } 'it is out';

# ---- one owner stays
$owner->get('/desk/staff');
my ($self) = grep { $_->{name} eq 'Lin' } $o->clerk->register->{staff}->@*;
$owner->submit(qq(form:has(input[name="id"][value="$self->{id}"])),
    act => 'stop');
like($owner->text, qr/总要有一位店主/, 'the last owner cannot go');

# ---- each write says who did it
eventually { grep { $_->{staff} eq $self->{id} }
    $o->clerk->ask('deeds')->{answer}{deeds}->@* } 'it is written down';
eventually {
    my %known = map { $_->{id} => 1 }
        $o->clerk->ask('staff')->{answer}{staff}->@*;
    my @added = grep { ($_->{act} // '') eq 'add' && $_->{status} eq 'ok' }
        $o->clerk->ask('deeds')->{answer}{deeds}->@*;
    @added && !grep { !$known{$_->{about} // ''} } @added;
} 'and whom it was about, also who is new';

# ---- who tries many is told to wait, by the shop
my %seen;
$seen{ code($late->get('/desk/in/' . sprintf '%032x', $_)) }++ for 1 .. 40;
ok($seen{429}, 'not for ever');
is($shop->get('/s/grape')->code, 200, 'but may buy');

# ---- the clerk is away: who is in stays in
$o->office->expect_log(qr/clerk\.sock failed/);
$o->clerk->stop('KILL');
is(code($owner->get('/desk/')), 200, 'who is logged in is');
is(code($owner->get('/desk/staff')), 503, 'what needs the clerk says so');
sells('the shop sells');

# ---- the office is away
$shop->expect_log(qr/connect\(\) failed .* upstream/);
$o->office->stop;
is(code($owner->get('/desk/')), 503, 'the shop says that the desk is away');
like($owner->text, qr/店里照常卖货/, 'in words');
sells('and sells');

$shop->audit_ok;
$shop->finish;
