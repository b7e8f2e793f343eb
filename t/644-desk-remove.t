use v5.36;
use utf8;
use Tuanbo::Test;
use Tuanbo::Test::Office;

binmode Test::More->builder->$_, ':utf8'
    for qw(output failure_output todo_output);

# Products, pickup points and photos go where nothing refers to them; else the
# page says what does, and they stay.

my $o = Tuanbo::Test::Office->new->start;
my $shop = $o->shop;
my $owner = $o->owner;
my $remove = 'form[action$="/remove"]';

sub code ($browser) { $browser->res->code }
sub is_there ($kind, $id) {
    $shop->get("/admin/documents/$kind/$id", role => 'admin')->code == 200;
}
sub stays ($what, $kind, $id, $path, $why) {
    $owner->get($path)->submit($remove);
    is(code($owner), 409, "$what: is not taken away");
    like($owner->text, $why, 'and it says why');
    ok($owner->dom->at($remove), 'it may be tried again');
    ok(is_there($kind, $id), 'the shop still has it');
}
sub goes ($what, $kind, $id, $path) {
    $owner->get($path)->submit($remove);
    is(code($owner), 200, "$what: goes") or diag $owner->text;
    ok(!is_there($kind, $id), 'the shop has it no more');
}

for my $id (qw(used unused by-id)) {
    $shop->admin(PUT => "/documents/product/$id",
        json => { title => "商品 $id", unit => '箱' });
}
$shop->points(qw(listed ordered led free));
$shop->define_sale('of-used', title => '梨一箱', stock => 5,
    doc => { product => 'used', pickups => ['listed'] });
$shop->define_sale('by-id', stock => 5, doc => { pickups => ['listed'] });

# ---- products
stays('on sale', 'product', 'used', '/desk/product/used/edit',
    qr/“梨一箱”（of-used）是它的/);
stays('on sale by its id', 'product', 'by-id', '/desk/product/by-id/edit',
    qr/（by-id）/);
$shop->admin(POST => '/sales/of-used/close');
stays('once sold', 'product', 'used', '/desk/product/used/edit',
    qr/（of-used）/);
goes('no sale has it', 'product', 'unused', '/desk/product/unused/edit');

# ---- points
stays('a sale names it', 'pickup', 'listed', '/desk/point/listed',
    qr/（(?:of-used|by-id)）/);
$shop->define_sale('anywhere', title => '哪里都行', stock => 5,
    price_fen => 100);
my $buyer = $o->browser->get('/s/anywhere')->submit('#take',
    pickup => 'ordered');
my $hold = $buyer->id or die $buyer->text;
stays('somebody may just take it', 'pickup', 'free', '/desk/point/free',
    qr/“哪里都行”正有人下单/);
is($shop->order($hold, 'confirm', payment => 'p', paid_fen => 100)->code, 200,
    'it is paid');

for my $goods (qw(ready picked-up)) {
    stays('an order names it', 'pickup', 'ordered', '/desk/point/ordered',
        qr/有人的单子/);
    is($shop->order($hold, $goods)->code, 200, $goods);
}
stays('an order named it', 'pickup', 'ordered', '/desk/point/ordered',
    qr/有人的单子/);

$owner->get('/desk/staff')->submit('form:has(button[value="add"])',
    name => '陈姐', 'role.leader' => 1, 'point.led' => 1, act => 'add');
stays('somebody looks after it', 'pickup', 'led', '/desk/point/led',
    qr/陈姐 管着这里/);
my ($chen) = map { $_->{id} } grep { $_->{name} eq '陈姐' }
    $o->clerk->register->{staff}->@*;
$owner->get('/desk/staff')->submit(
    qq(form:has(input[value="$chen"]):has(button[value="stop"])),
    act => 'stop');
eventually { !grep { $_->{name} eq '陈姐' }
    $o->clerk->register->{staff}->@* } 'nobody any more';
goes('nothing names it', 'pickup', $_, "/desk/point/$_") for qw(free led);

# ---- photos
my $pictures = $o->clerk->dir . '/pictures';
mkdir $pictures;
my ($uid, $gid) = $> == 0 ? (getpwnam 'nobody')[2, 3] : ($>, -1);
chown $uid, $gid, $pictures;

sub photo ($digit, $age_s) {
    my $name = $digit x 32 . '-700x500';
    for my $file (map { "$pictures/$name-$_" } map { ("$_.jpg", "$_.webp") }
        320, 640, 700)
    {
        Tuanbo::Test::Storefront::write_file($file, 'a photo');
        utime time - $age_s, time - $age_s, $file;
        chown $uid, $gid, $file;
    }
    return $name;
}
sub files ($name) { scalar(() = glob "$pictures/$name-*") }
sub offered () {
    $owner->get('/desk/photos');
    return join ' ', map { $_->attr('value') =~ s/^(.).*/$1/r }
        $owner->dom->find('.shots button')->each;
}
my %photo = map { $_ => photo($_, 3600) } qw(a b c d e);
my $young = photo('f', 0);

$shop->admin(PUT => '/documents/product/by-id', json => { title => '瓜',
    unit => '箱', pictures => [$photo{a}] });
ok($owner->get('/desk/products')->dom->at('a[href="/desk/photos"]'),
    'a way there');
is(offered(), 'b c d e', 'those that no product has, nor is about to have');
$owner->submit(qq(form:has(button[value="$photo{b}"])), photo => $photo{b});
like($owner->text, qr/删掉了/, 'one goes');
is(files($photo{b}), 0, 'all its files');

# what a product has got since the page was made stays
is(offered(), 'c d e', 'three are left');
$shop->admin(PUT => '/documents/product/by-id', json => { title => '瓜',
    unit => '箱', pictures => [@photo{qw(a c)}] });
$owner->submit('details form');
is(code($owner), 409, 'all of the page, of which one is used now');
like($owner->text, qr/有的没有删/, 'it says so');
is(join(' ', map { files($photo{$_}) } qw(a c d e)), '6 6 0 0',
    'the others are gone');
is(files($young), 6, 'and one that was just made waits');
my ($csrf) = $owner->dom->at('input[name=csrf]')->attr('value');
$owner->start(POST => '/desk/photos', "csrf=$csrf&photo=../typed.db");
is(code($owner), 409, 'what is no photo is none');
ok(-s $o->clerk->dir . '/typed.db', 'and stays');

# ---- who may not
my $nobody = $o->browser;
is(code($nobody->get('/desk/photos')), 401, 'a stranger sees none');
is(code($nobody->start(POST => '/desk/photos', 'photo=x')), 401,
    'nor takes any away');
$owner->get('/desk/staff')->submit('form:has(button[value="add"])',
    name => '主播', 'role.host' => 1, act => 'add');
my $host = $o->enter($owner->dom->at('input.link')->attr('value')
    =~ s{^https?://[^/]+}{}r);
is(code($host->get('/desk/photos')), 403, 'nor a host');
is(code($owner->start(POST => '/desk/photos', "photo=$photo{a}")), 403,
    'nor a form of another page');
is(files($photo{a}), 6, 'so it is there');

$shop->audit_ok;
$shop->finish;
