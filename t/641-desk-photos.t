use v5.36;
use utf8;
use Compress::Zlib qw(compress crc32);
use File::Temp ();
use Mojo::File qw(path);
use Mojo::Util qw(url_escape);
use Tuanbo::Test;
use Tuanbo::Test::Office;

binmode Test::More->builder->$_, ':utf8'
    for qw(output failure_output todo_output);

# Photos of goods: uploaded at the desk, made in a process of its own, served
# by the shop for good. What is no photo, broken, too large or dangerous is
# refused in words; nothing that a camera wrote into it is kept; nobody waits.

plan skip_all => 'libvips-tools is missing'
    if system('command -v vips vipsheader vipsthumbnail >/dev/null') != 0;

my $o = Tuanbo::Test::Office->new->start;
my $shop = $o->shop;
my $owner = $o->owner;
my $tmp = File::Temp->newdir;

$shop->admin(PUT => '/documents/product/grape', json => { unit => '箱',
    title => '葡萄', picture_alt => '一箱葡萄', pieces => 7 });
$shop->define_sale('one', title => '葡萄', stock => 10,
    doc => { product => 'grape' });

# Pictures are made by the tools that are tested: other ones are not needed.
sub made ($name, $width, $height) {
    my $file = "$tmp/$name";

    system('vips', 'black', "$tmp/b.v", $width, $height, '--bands', 3) == 0
        or die;
    system('vips', 'linear', "$tmp/b.v", "$tmp/l.v", '1', '140', '--uchar') == 0
        or die;
    system('vips', 'copy', "$tmp/l.v", $file) == 0 or die;

    return path($file)->slurp;
}

# A segment with EXIF: where it was taken, and that it lies on its side (6).
sub with_exif ($jpeg) {
    my $gps = pack 'vVVVV', 0, 0, 0, 0, 0;
    my $tiff = 'II' . pack('vVv', 42, 8, 2)
        . pack('vvVvv', 0x0112, 3, 1, 6, 0)
        . pack('vvVV', 0x8825, 4, 1, 38) . pack('V', 0)
        . pack('v', 1) . pack('vvVa4', 1, 2, 2, "N\0") . pack('V', 0)
        . 'SECRET-PLACE';
    my $app1 = "Exif\0\0$tiff";

    return substr($jpeg, 0, 2) . "\xff\xe1" . pack('n', 2 + length $app1)
        . $app1 . substr($jpeg, 2);
}

# A PNG that says it is so large, and has little in it.
sub png_of ($width, $height) {
    my $chunk = sub ($name, $data) {
        pack('N', length $data) . $name . $data
            . pack('N', crc32($name . $data));
    };

    return "\x89PNG\r\n\x1a\n" . $chunk->('IHDR', pack('NNC5', $width,
        $height, 8, 0, 0, 0, 0)) . $chunk->('IDAT', compress("\0" x 1000))
        . $chunk->('IEND', '');
}

sub upload ($browser, $id, %o) {
    $browser->get("/desk/product/$id");
    my $form = $browser->dom->at('form[enctype="multipart/form-data"]');
    my @parts = map { { name => $_, content => $o{$_}
        // $form->at("[name=$_]")->attr('value') } } qw(csrf key);
    my $boundary = 'x0x0boundary0x0x';
    my $body = '';

    for my $part (@parts) {
        $body .= "--$boundary\r\nContent-Disposition: form-data; "
            . "name=\"$part->{name}\"\r\n\r\n$part->{content}\r\n";
    }
    for my $file ($o{files}->@*) {
        $body .= "--$boundary\r\nContent-Disposition: form-data; "
            . "name=\"photo\"; filename=\"$file->[0]\"\r\n"
            . "Content-Type: image/jpeg\r\n\r\n$file->[1]\r\n";
    }
    $body .= "--$boundary--\r\n";

    my $tx = $browser->{ua}->build_tx(POST => $shop->url(
        "/desk/product/$id/photo"), { $browser->{headers}->%*,
        Origin => $shop->url(''),
        'Content-Type' => "multipart/form-data; boundary=$boundary" }, $body);
    $browser->{res} = $browser->{ua}->start($tx)->res;
    $browser->get(Mojo::URL->new($browser->res->headers->location)
        ->path_query) if ($browser->res->code // 0) == 303;

    return $browser;
}

sub code ($browser) { $browser->res->code }
sub pictures { $shop->get('/admin/documents/product/grape', role => 'admin')
    ->json->{pictures} // [] }

# ---- a photo from the phone
my $photo = with_exif(made('a.jpg', 2000, 1500));
upload($owner, 'grape', files => [['IMG_1.jpg', $photo]]);
is(code($owner), 200, 'a photo') or diag $owner->res->body;
like($owner->text, qr/照片换好了/, 'is taken');
my ($name) = pictures()->@*;
like($name, qr/^[0-9a-f]{32}-1500x2000$/, 'upright: it lay on its side');
is($shop->get('/admin/documents/product/grape', role => 'admin')
    ->json->{pieces}, 7, 'the rest of the product stays');

# ---- the shop shows it
my $buyer = $o->browser->get('/s/one');
my $picture = $buyer->dom->at('.picture picture');
ok($picture, 'an item has it');
my @webp = $picture->at('source[type="image/webp"]')->attr('srcset')
    =~ m{(/pictures/\S+\.webp) \d+w}g;
my @jpeg = $picture->at('img')->attr('srcset') =~ m{(/pictures/\S+\.jpg) \d+w}g;
is(scalar @webp, 4, 'in widths, as WebP');
is(scalar @jpeg, 4, 'and as JPEG');
is($picture->at('img')->attr('alt'), '一箱葡萄', 'with words');
is($picture->at('img')->attr('width'), 1500, 'and its size');

for my $url (@webp, @jpeg) {
    my $res = $shop->get($url);
    my $kind = $url =~ /webp$/ ? 'webp' : 'jpeg';
    is($res->code, 200, $url);
    is($res->headers->content_type, "image/$kind", 'its type');
    is($res->headers->cache_control, 'public, max-age=31536000, immutable',
        'for good');
    unlike($res->body, qr/SECRET-PLACE|Exif|EXIF/, 'nothing of the camera');
    path("$tmp/got.$kind")->spurt($res->body);
    my $width = `vipsheader -f width $tmp/got.$kind`;
    chomp $width;
    my ($said) = $url =~ /-(\d+)\.\w+$/;
    is($width, $said, "so wide");
}

is($shop->get($webp[0] =~ s/^(.{40})/$1/r =~ s/[0-9a-f]{4}-/0000-/r)->code,
    404, 'no other name');
is($shop->get('/pictures/../typed.db')->code, 404, 'nor what is beside');
is($shop->get('/pictures/../staff.json')->code, 404, 'of the office');
ok($o->browser->get('/')->dom->at('.card picture'), 'the home, too');

# ---- a gallery
upload($owner, 'grape', files => [['b.png', made('b.png', 900, 700)],
    ['c.webp', made('c.webp', 300, 300)]]);
is(scalar pictures()->@*, 3, 'more of them');
is($o->browser->get('/s/one')->dom->find('.gallery img')->size, 2,
    'a gallery');
my $last = pictures()->[2];
like($last, qr/-300x300$/, 'a small one is not made larger');
my $form = qq(form:has(input[value="$last"]));
$owner->get('/desk/product/grape')->submit($form, act => 'first');
is(pictures()->[0], $last, 'to the front');
$owner->submit($form, act => 'remove');
is(scalar pictures()->@*, 2, 'taken away');

# ---- refused, in words, and nothing is kept
my $whole = made('d.jpg', 1200, 900);
my $png = made('e.png', 1200, 900);
my @wrong = (
    ['an SVG', '<svg xmlns="http://www.w3.org/2000/svg"/>', qr/不是照片/],
    ['a text', 'hello', qr/不是照片/],
    ['half a JPEG', substr($whole, 0, length($whole) / 2), qr/坏了/],
    ['half a PNG', substr($png, 0, length($png) / 2), qr/坏了/],
    ['the head of one', "\xff\xd8\xff\xe0JFIF", qr/坏了/],
    ['nothing', '', qr/没有选照片/],
    ['too many bytes', $whole . 'x' x (12 * 1024 * 1024), qr/太大了，最多 12 MB/],
    ['too many pixels', png_of(18000, 9000), qr/像素太多/],
    ['a small one', made('f.jpg', 100, 100), qr/太小了/],
    ['a long one', made('g.jpg', 3000, 300), qr/太长了/],
);
for my $each (@wrong) {
    my ($what, $data, $words) = @$each;
    upload($owner, 'grape', files => [['x.jpg', $data]]);
    is(code($owner), 409, $what);
    like($owner->text, $words, 'is refused in words');
}
is(scalar pictures()->@*, 2, 'and not kept');
my @left = grep { !/^[0-9a-f]{32}-\d+x\d+-\d+\.(?:jpg|webp)$/ }
    map { path($_)->basename } path($o->clerk->dir, 'pictures')->list->each;
is("@left", '', 'nothing is left of it');

# one is refused, the other is taken
upload($owner, 'grape', files => [['x.jpg', 'hello'],
    ['y.jpg', made('h.jpg', 500, 400)]]);
like($owner->text, qr/x\.jpg：这不是照片/, 'which one is said');
is(scalar pictures()->@*, 3, 'the other is there');

# ---- nginx's own limit, in words
$o->office->expect_log(qr/too large body|recv\(\) failed/);
upload($owner, 'grape', files => [['x.jpg', 'x' x (41 * 1024 * 1024)]]);
is(code($owner), 413, 'more than a request may have');
like($owner->text, qr/太多了/, 'in words');

# ---- who may not
upload($owner, 'grape', csrf => 'no', files => [['a.jpg', $photo]]);
is(code($owner), 403, 'a form of another page');
my $nobody = $o->browser;
is(code($nobody->start(POST => '/desk/product/grape/photo', 'x=1')), 401,
    'a stranger');
is($shop->call(POST => '/desk/product/grape/photo', body => 'x' x 8_000_000,
    headers => { 'Content-Type' => 'multipart/form-data; boundary=x' })->code,
    401, 'with a large file');
is(-s $_ // 0, 0, 'which nobody kept')
    for grep { -f } glob $shop->dir . '/temp/body/* ' . $o->office->dir
        . '/temp/body/*';
is(code($owner->start(POST => '/desk/product/grape/photo', 'x=1')), 400,
    'what is no such form');

# ---- in a process of its own: who is asked meanwhile answers
my ($pid) = map { /^(\d+)/ } grep { /\btuanbo-office photos\b/ }
    split /\n/, `pgrep -a -P @{[ $o->clerk->pid ]}`;
ok($pid, 'a process makes them');
kill STOP => $pid;
my $slow = fork // die;
if ($slow == 0) {
    upload($owner, 'grape', files => [['a.jpg', $whole]]);
    POSIX::_exit(0);
}
my $other = $o->owner;
is(code($other->get('/desk/sales')), 200, 'while it hangs the desk works');
kill KILL => $pid;
waitpid $slow, 0;
eventually { my ($new) = grep { /\btuanbo-office photos\b/ } split /\n/,
    `pgrep -a -P @{[ $o->clerk->pid ]}`; $new && $new !~ /^$pid / }
    'and is started again';
eventually { upload($owner, 'grape', files => [['a.jpg', $whole]]);
    code($owner) == 200 } 'and works';

# ---- two phones: texts and photos of one product at once
$owner->get('/desk/product/grape/edit');
upload($other, 'grape', files => [['i.jpg', made('i.jpg', 640, 480)]]);
my $count = scalar pictures()->@*;
$owner->submit('form.sheet', title => '大葡萄');
is(scalar pictures()->@*, $count, 'a text keeps the photos');
is($shop->get('/admin/documents/product/grape', role => 'admin')
    ->json->{title}, '大葡萄', 'and is there');

# ---- the clerk is away
$o->office->expect_log(qr/photos\.sock failed/);
$o->clerk->stop('KILL');
eventually { !grep { /photos/ } `pgrep -af @{[ $o->clerk->dir ]}` }
    'it ends with the clerk';
upload($owner, 'grape', files => [['a.jpg', $photo]]);
is(code($owner), 503, 'the clerk is away');
like($owner->text, qr/照片没有存上/, 'and the page says so');

$shop->finish;
