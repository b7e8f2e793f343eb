use v5.36;
use utf8;
use Tuanbo::Test;
use Tuanbo::Test::Office;

binmode Test::More->builder->$_, ':utf8'
    for qw(output failure_output todo_output);

# Handing over at the desk: who has goods, by name, digits and code; one tap,
# the way back, what a person has to look at; and that it needs no SQL.

my $o = Tuanbo::Test::Office->new->start;
my $shop = $o->shop;

$shop->points(qw(xingfu binjiang));
$shop->define_sale($_->[0], title => $_->[1], price_fen => 100, stock => 1000,
    doc => { pickups => [qw(xingfu binjiang)] }) for ['grape', '葡萄'],
    ['egg', '土鸡蛋'];

# Somebody who has bought this there, and perhaps said whom to call.
sub buyer ($sale, $pickup, %called) {
    my $buyer = $o->browser;

    $buyer->get("/s/$sale")->submit('#take', pickup => $pickup);
    $buyer->{hold} = $buyer->id or die $buyer->text;
    $buyer->submit('form[action="/name"]', %called) if %called;
    $shop->order($buyer->{hold}, 'confirm', payment => "p$buyer->{hold}",
        paid_fen => 100)->code == 200 or die 'not paid';

    return $buyer;
}

sub ready ($buyer) {
    is($shop->order($buyer->{hold}, 'ready')->code, 200, 'it has come');
}

sub code_of ($buyer) {
    $buyer->get("/h/$buyer->{hold}");

    return $buyer->dom->at('.digits')->text =~ s/\s//gr;
}

sub names ($leader) {
    return join ' ', $leader->dom->find('.neighbours h2')->map('all_text')
        ->map(sub { s/\s+/ /gr =~ s/^ | $//gr })->each;
}

my $owner = $o->owner;
my $xingfu = '/desk/hand-over/xingfu';
my $lin = buyer('grape', 'xingfu', name => '李阿姨', digits => '1234',
    labels => 1);
my $wang = buyer('egg', 'xingfu');
my $far = buyer('egg', 'binjiang');

# ---- a leader of one point
$owner->get('/desk/staff')->submit('form:has(button[value="add"])',
    name => '团长', 'role.leader' => 1, 'point.xingfu' => 1, act => 'add');
my $leader = $o->enter($owner->dom->at('input.link')->attr('value')
    =~ s{^https?://[^/]+}{}r);
is($leader->get('/desk/')->dom->find('.doors a')->map(attr => 'href')
    ->grep(qr/hand-over/)->join, $xingfu, 'sees the own point');
is($leader->dom->find('.beside')->size, 0, 'a task of one point is a door');
is($owner->get('/desk/')->dom->find('section.beside')->map(sub { join ' ',
    map { $_->all_text } $_->find('h2, a')->each })->[0], '交货 binjiang xingfu',
    'of two points they are beside the task');
is($owner->dom->find('section.beside')->size, 4, 'for each kind of task');
is($leader->get('/desk/hand-over/binjiang')->res->code, 403, 'and no other');
like($leader->get($xingfu)->text, qr/没有等着取的货/, 'nothing has come');

# ---- nor has it yet, but who asks is told, and may need another link
sub coming () {
    return $leader->dom->find('#coming li')->map(sub {
        $_->all_text =~ s/\s+/ /gr =~ s/^ | $//gr })->join('; ');
}

$leader->get("$xingfu?q=1234");
like(coming, qr/^李阿姨 1234 葡萄 × 1 份 提货码 \d{4} \d{4}\z/,
    'by the digits, what is still to come');
unlike($leader->text, qr/没找到/, 'so somebody is found');
is($leader->dom->at('#coming a')->attr('href'), "/desk/order/$lin->{hold}",
    'with a way to the order');
is(names($leader), '', 'it cannot be handed over');
like($leader->get("$xingfu?q=%E6%9D%8E")->dom->at('#coming')->all_text,
    qr/李阿姨/, 'by the name');
is($leader->get("$xingfu?q=9999")->dom->find('#coming')->size, 0, 'nobody');
is($leader->get("$xingfu?q=1234&after=~zz")->res->code, 400,
    'what is no cursor');

# ---- it has come
ready($_) for $lin, $wang, $far;
is(names($leader->get($xingfu)), '李阿姨 1234 没留称呼', 'who waits');
like($leader->text, qr/葡萄 × 1 .*土鸡蛋 × 1/, 'for what');
is(names($leader->get("$xingfu?q=1234")), '李阿姨 1234', 'by the digits');
is(coming, '', 'nothing of hers is to come');
is(names($leader->get("$xingfu?q=" . code_of($wang))), '没留称呼',
    'by the code');
is(names($leader->get("$xingfu?q=%E6%9D%8E")), '李阿姨 1234', 'by the name');
is(names($leader->get("$xingfu?q=9999")), '', 'nobody');
is(names($leader->get("$xingfu?q=" . code_of($far))), '',
    'nor of another point');

# ---- one tap
$leader->get("$xingfu?q=1234");
my %form = map { $_ => $leader->dom->at(".neighbours input[name=$_]")
    ->attr('value') } qw(csrf key holds via);
$leader->submit('.neighbours form');
like($leader->text, qr/交好了/, 'handed over');
is(names($leader), '没留称呼', 'gone from the list');
is(($lin->get("/h/$lin->{hold}")->dom->at('.shelf') // die)->attr('data-place'),
    'handed_over', 'her page says so');
my ($entry) = $shop->entries('picked_up');
is($entry->{via}, 'list', 'the ledger, too');
eventually { grep { ($_->{hold} // '') eq $lin->{hold} }
    $o->clerk->ask('deeds')->{answer}{deeds}->@* } 'and whose hand it was';

# the same form again: once
my $again = join '&', map { "$_=$form{$_}" } sort keys %form;
is($leader->start(POST => $xingfu, $again)->res->code, 303, 'sent twice');
is(scalar(() = $shop->entries('picked_up')), 1, 'it counts once');

# another phone
(my $other = $again) =~ s/key=[^&]*/key=another/;
$leader->start(POST => $xingfu, $other);
$leader->get($leader->res->headers->location);
like($leader->text, qr/已经交过了/, 'another phone is told that it was');

is($leader->get("$xingfu?done=a&holds=b&outcome=double&at=$_")->res->code, 200,
    "a time that is none: $_") for qw(nan 1e400 -1e300 99999999999999999);
is($leader->dom->find('.done')->size, 0, 'says nothing');

# ---- the way back
$leader->start(POST => $xingfu, $again);
$leader->get($leader->res->headers->location);
$leader->submit('form.done', act => 'undo');
like($leader->text, qr/收回来了/, 'taken back');
is(names($leader), '李阿姨 1234 没留称呼', 'it waits again');

# ---- goods of another point, orders of nobody
(my $wrong = $again) =~ s/holds=[^&]*/holds=$far->{hold}/;
is($leader->start(POST => $xingfu, $wrong)->res->code, 404,
    'goods of another point');
is($shop->order($far->{hold}, 'ready')->json->{state}, 'ready', 'stay there');

# ---- without the clerk
$o->clerk->stop('KILL');
$leader->get($xingfu)->submit('.neighbours form');
like($leader->text, qr/交好了/, 'no SQL is needed');

# ---- without the shop nobody is told that it is done
$shop->audit_ok;
$shop->finish;
