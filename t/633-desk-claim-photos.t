use v5.36;
use utf8;
use File::Temp ();
use Mojo::File qw(path);
use Tuanbo::Test;
use Tuanbo::Test::Office;

binmode Test::More->builder->$_, ':utf8'
    for qw(output failure_output todo_output);

# Photos of what was bad: kept by the office for those who may see the order,
# three of a claim, and erased after 90 days.

plan skip_all => 'libvips-tools is missing'
    if system('command -v vips vipsheader vipsthumbnail >/dev/null') != 0;

my $o = Tuanbo::Test::Office->new->start;
my $shop = $o->shop;
my $tmp = File::Temp->newdir;
my $kept = $o->clerk->dir . '/claims';

$shop->points(qw(xingfu binjiang));
$shop->define_sale('grape', title => '葡萄', price_fen => 100, stock => 1000,
    doc => { pickups => [qw(xingfu binjiang)] });

sub had ($pickup) {
    my $buyer = $o->browser;

    $buyer->get('/s/grape')->submit('#take', pickup => $pickup, qty => 2);
    $buyer->{hold} = $buyer->id or die $buyer->text;
    $shop->order($buyer->{hold}, 'confirm', payment => "p$buyer->{hold}",
        paid_fen => 200)->code == 200 or die 'not paid';
    $shop->order($buyer->{hold}, $_)->code == 200 or die "not $_"
        for qw(ready picked-up);

    return $buyer;
}

# A JPEG that says where it was taken.
sub jpeg ($width, $height) {
    system("vips black $tmp/b.v $width $height --bands 3"
        . " && vips copy $tmp/b.v $tmp/a.jpg") == 0 or die;
    my $bytes = path("$tmp/a.jpg")->slurp;
    my $app1 = "Exif\0\0II" . pack('vVv', 42, 8, 0) . 'SECRET-PLACE';

    return substr($bytes, 0, 2) . "\xff\xe1" . pack('n', 2 + length $app1)
        . $app1 . substr($bytes, 2);
}

sub upload ($browser, $hold, $photo, %o) {
    my $form = $browser->get("/desk/claims/$hold")
        ->dom->at('form[enctype="multipart/form-data"]');
    my %field = (csrf => 'x', claim => 'x');

    $field{$_} = $form->at("[name=$_]")->attr('value')
        for $form ? keys %field : ();
    %field = (%field, %o);

    my $mark = 'x0x0boundary0x0x';
    my $body = '';

    $body .= "--$mark\r\nContent-Disposition: form-data; "
        . "name=\"$_\"\r\n\r\n$field{$_}\r\n" for sort keys %field;
    $body .= "--$mark\r\nContent-Disposition: form-data; name=\"photo\"; "
        . "filename=\"a.jpg\"\r\n\r\n$photo\r\n--$mark--\r\n";
    $browser->{res} = $browser->{ua}->start($browser->{ua}->build_tx(POST =>
        $shop->url("/desk/claims/$hold/photo"), { $browser->{headers}->%*,
        Origin => $shop->url(''), 'Content-Type' =>
        "multipart/form-data; boundary=$mark" }, $body))->res;
    $browser->get(Mojo::URL->new($browser->res->headers->location)
        ->path_query) if ($browser->res->code // 0) == 303;

    return $browser;
}

sub files { grep { -f } glob "$kept/*/*" }

my $mine = had('xingfu');
my $far = had('binjiang');
my $owner = $o->owner;
$owner->get('/desk/staff')->submit('form:has(button[value="add"])',
    name => '团长', 'role.leader' => 1, 'point.xingfu' => 1, act => 'add');
my $leader = $o->enter($owner->dom->at('input.link')->attr('value')
    =~ s{^https?://[^/]+}{}r);

# ---- without a claim there is nothing to show
ok(!$leader->get("/desk/claims/$mine->{hold}")
    ->dom->at('input[type=file]'), 'a photo is of a claim');
$leader->submit('form.say');
ok($leader->dom->at('input[type=file]'), 'it need not have one');

# ---- kept
my $photo = jpeg(2000, 1500);
eventually { upload($leader, $mine->{hold}, $photo)->text =~ /照片收好了/ }
    'a photo is kept' or diag $leader->text;
my ($file) = files();
unlike(path($file)->slurp, qr/SECRET-PLACE/, 'not where it was taken');
is((stat $file)[2] & 0777, 0600, 'for nobody else');
my $src = $leader->dom->at('.photos img')->attr('src');
is($leader->get($src)->res->headers->content_type, 'image/jpeg', 'shown');
is($leader->res->body, path($file)->slurp, 'as it is kept');
is(`vipsheader -f width $file`, "1600\n", 'not larger than it need be');
my $claims = $leader->get('/desk/claims');
ok($claims->dom->at(qq(a[href="$src"])), 'where it is answered, too');

# ---- not to everybody
is($o->browser->get($src)->res->code, 401, 'not to strangers');
is($mine->get($src)->res->code, 401, 'nor by another login');
is($leader->get("$src-1")->res->code, 404, 'no other file');
is($leader->get($src =~ s{photo/.*}{photo/..}r)->res->code, 404, 'nor above');
is($shop->get("/pictures/" . path($file)->basename)->code, 404,
    'nor by the shop');
my $theirs = $src =~ s/\Q$mine->{hold}/$far->{hold}/r;
is($leader->get($theirs)->res->code, 403, 'nor of another point');
upload($leader, $far->{hold}, $photo, csrf => 'no');
is($leader->res->code, 403, 'a form without its token');
my ($csrf, $claim) = map { $leader->get("/desk/claims/$mine->{hold}")
    ->dom->at("form[enctype] [name=$_]")->attr('value') } qw(csrf claim);
is(upload($leader, $far->{hold}, $photo, csrf => $csrf, claim => $claim)
    ->res->code, 403, 'an order of another point');
is(upload($leader, $mine->{hold}, $photo, claim => 1)->res->code, 404,
    'no claim of the order');
is(upload($leader, $mine->{hold}, $photo, claim => '../1')->res->code, 404,
    'nothing that is none');

# ---- what is no photo; three of a claim
like(upload($leader, $mine->{hold}, 'x' x 1000)->text, qr/这张照片用不了/,
    'no photo');
like(upload($leader, $mine->{hold}, substr $photo, 0, 4000)->text,
    qr/这张照片用不了/, 'half a photo');
is(scalar(() = files()), 1, 'neither is kept');
like(upload($leader, $mine->{hold}, $photo)->text, qr/照片收好了/, 'more')
    for 1, 2;
ok(!$leader->dom->at('input[type=file]'), 'no fourth one');
is(upload($leader, $mine->{hold}, $photo, csrf => $csrf, claim => $claim)
    ->res->code, 200, 'also where the page is old');
like($leader->text, qr/已经有三张/, 'which is said');
is(scalar(() = files()), 3, 'three');
eventually { 3 <= grep { ($_->{target} // '') =~ /^photo of claim/ }
    $o->clerk->ask('deeds', { hold => $mine->{hold} })
    ->{answer}{deeds}->@* } 'whose hand it was';

# ---- 90 days
my ($at) = (sort map { /-(\d+)\.jpg$/ } files())[0];
my $days = 24 * 3_600_000;
sub erase ($now) { [$o->clerk->tool('erase', '--now', $now)] }
is_deeply(erase($at + 90 * $days), [0, "0\n"], 'kept for 90 days');
is(scalar(() = files()), 3, 'all of them');
my ($second) = (sort map { /-(\d+)\.jpg$/ } files())[1];
is_deeply(erase($second + 90 * $days), [0, "1\n"], 'then they go');
is(scalar(() = files()), 2, 'one by one');
is((erase('x'))->[0], 2, 'no time');
is_deeply(erase($at + 91 * $days), [0, "2\n"], 'all');
ok(!-e path($file)->dirname, 'and nothing is left of them');
is($leader->get($src)->res->code, 404, 'nothing is shown');
is($leader->get("/desk/claims/$mine->{hold}")->res->code, 200,
    'the claim stays');

# the clerk does it by itself
mkdir "$kept/$mine->{hold}" or die $!;
my $old = sprintf '%s/%s/%s-%d.jpg', $kept, $mine->{hold}, $claim,
    now_ms - 91 * $days;
Tuanbo::Test::Storefront::write_file($old, 'x');
my $name = getpwuid((stat $kept)[4]);
chown +(stat $kept)[4, 5], $old, path($old)->dirname;
$o->clerk->stop;
$o->clerk->start($> == 0 ? ('setpriv', "--reuid=$name", '--clear-groups',
    '--regid=' . (stat $kept)[5]) : ());
eventually { !-e $old } 'at its start, and once an hour';

$shop->audit_ok;
$shop->finish;
