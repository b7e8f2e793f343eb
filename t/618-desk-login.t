use v5.36;
use utf8;
use Mojo::Util qw(b64_encode);
use Tuanbo::Test;
use Tuanbo::Test::Office;

binmode Test::More->builder->$_, ':utf8'
    for qw(output failure_output todo_output);

# The fleet's own login in place of the desk's cookies, by the very lines of
# docs/office.md: a real one, nginx's auth_basic.

my $docs = Tuanbo::Test::slurp(Tuanbo::Test::root() . '/docs/office.md');
my ($maps, $lines) = $docs =~ /^```nginx\n(.*?)^```/msg;
my %password = (li => 'orchard', chen => 'basket', wu => 'crate');

like($maps, qr/^map \$remote_user \$fleet_roles/, 'the docs have the maps');
my $users = 'desk-users';
$lines =~ s{/etc/nginx/flashsale/desk-users}{$users} or die 'no file of users';

# nginx looks for the file beside its conf
my $o = Tuanbo::Test::Office->new(office => $lines);
$o->office->{http} .= $maps;
Tuanbo::Test::Storefront::write_file($o->office->dir . "/$users", join '', map {
    "$_:{PLAIN}$password{$_}\n" } sort keys %password);
$o->office->expect_log(qr/user ".*" was not found|password mismatch/);
$o->start;
my $shop = $o->shop;
$shop->points(qw(xingfu binjiang chengdong));
$shop->define_sale('grape', price_fen => 100, stock => 100);

sub as ($name, $password = $password{$name}, %more) {
    return $o->browser(Authorization => 'Basic '
        . b64_encode("$name:$password", ''), %more);
}
sub code ($browser, $path) { $browser->start(GET => $path)->res->code }

# ---- who is let in, and to what
my $chen = as('chen');
is(code(as('li'), '/desk/staff'), 200, 'an owner');
is(code($chen, '/desk/'), 200, 'a leader');
is(code($chen, '/desk/staff'), 403, 'is no owner');
is(code($chen, "/desk/hand-over/$_"), 200, "sees $_") for qw(xingfu binjiang);
is(code($chen, '/desk/hand-over/chengdong'), 403, 'and no other point');
is(code(as('wu'), '/desk/hand-over/xingfu'), 403,
    'who does nothing here sees nothing');

# ---- who is not
is(code($o->browser, '/desk/'), 401, 'a stranger');
is(code(as('chen', 'guessed'), '/desk/'), 401, 'a wrong password');
is(code(as('li', ''), '/desk/staff'), 401, 'none');
is(code(as('nobody', 'x'), '/desk/'), 401, 'an unknown name');

# ---- what is forged
my @forged = map { ($_ => 'li') } qw(X-Fleet-User X-Fleet-Roles Remote-User
    X-Remote-User Tuanbo-Staff tuanbo_staff X-Forwarded-User);
is(code($o->browser(@forged), '/desk/staff'), 401, 'headers alone');
is(code(as('chen', $password{chen}, @forged), '/desk/staff'), 403,
    'headers beside a name of less');
is(code($o->browser(Cookie => 'tuanbo_desk=x.y'), '/desk/'), 401, 'a cookie');
is(code($o->browser, $o->invitation), 401, 'a link lets nobody in');
for my $direct (['', 401], ['chen:guessed', 401]) {
    my ($who, $want) = @$direct;
    my $res = Mojo::UserAgent->new->get($o->office->url('/desk/staff'), {
        @forged, $who ? (Authorization => 'Basic ' . b64_encode($who, ''))
            : () })->res;
    is($res->code, $want, 'nor the office itself, past the shop');
}

# ---- what somebody does is theirs
my $buyer = $o->browser->get('/s/grape')->submit('#take', pickup => 'xingfu');
my $hold = $buyer->id or die $buyer->text;
$shop->order($hold, 'confirm', payment => 'p', paid_fen => 100);
is($shop->order($hold, 'ready')->code, 200, 'goods wait');
$chen->get('/desk/hand-over/xingfu');
my $token = $chen->dom->at('[name=csrf]')->attr('value');
my $forms = as('li')->get('/desk/')->dom->at('[name=csrf]')->attr('value');
isnt($token, $forms, 'each has forms of their own');
is($chen->start(POST => '/desk/hand-over/xingfu', "csrf=$forms&key=k"
    . "&holds=$hold")->res->code, 403, 'which no other sends');
$chen->get('/desk/hand-over/xingfu')->submit('.neighbours form');
like($chen->text, qr/交好了/, 'handed over');
my $deed;
eventually { ($deed) = ($o->clerk->ask('deeds', { hold => $hold })->{answer}
    {deeds} // [])->@* } 'it is written down';
is($deed->{staff}, 'chen', 'by whom');

$shop->finish;
