use v5.36;
use utf8;
use Tuanbo::Test;
use Tuanbo::Test::Office;

binmode Test::More->builder->$_, ':utf8'
    for qw(output failure_output todo_output);

# Flyers: a sale or a session as one picture for the group chat, drawn by the
# office of what the shop says; where the shop shows it; what goes again.

my $root = Tuanbo::Test->root;
my $o = Tuanbo::Test::Office->new->start;
my $shop = $o->shop;
my $flyers = $o->clerk->dir . '/flyers';
my $office = "$root/conf/bin/tuanbo-office";

sub said (@command) {
    my $out = $o->clerk->dir . '/out';
    my $code = system('/bin/sh', '-c', 'exec "$0" "$@" >' . "$out 2>&1",
        @command);
    return { code => $code >> 8, out => Tuanbo::Test::slurp($out) };
}

sub once ($url = $shop->url('')) {
    return said($office, 'flyers', '--once', '--directory', $o->clerk->dir,
        '--url', $url);
}

sub made () {
    return sort map { s{^.*/}{}r } glob "$flyers/*";
}

# What is read from the code of a picture.
sub scanned ($name) {
    my ($out) = said('zbarimg', '--quiet', '--raw', "$flyers/$name")->{out}
        =~ /^(http.*)\n/m;
    return $out;
}

$shop->admin(PUT => '/documents/session/friday', json => { title => '周五 <专场>',
    starts_at => 1000 * int(time - 60), about => '今晚尝葡萄' });
$shop->define_sale('grape', title => '阳光玫瑰 & 葡萄' x 6, price_fen => 3980,
    stock => 20, goal => 8, closes_at => 1000 * (int(time) + 3000), doc => { session => 'friday' });
$shop->define_sale('egg', title => '土鸡蛋', price_fen => 4500, stock => 30,
    doc => { session => 'friday' });

# ---- what is on one
my $svg = $shop->get('/s/grape/flyer');
is($svg->code, 200, 'the shop says what is on it');
is($svg->headers->content_type, 'image/svg+xml', 'as a drawing');
my $dom = Mojo::DOM->new->xml(1)->parse($svg->text);
like($dom->at('text.title')->text, qr/^阳光玫瑰 & 葡萄/, 'the title');
is($dom->find('text.title')->size, 2, 'in two lines');
like($dom->find('text.title')->last->text, qr/…$/, 'which say there is more');
is($dom->at('text.price')->text, '39.8 元一份', 'the price');
like($dom->at('text.goal')->text, qr/8/, 'the goal');
ok($dom->at('path'), 'a code');
unlike($svg->text, qr/还剩|还差|今[天晚]|明天/, 'nothing that moves');
is($shop->get('/s/nothing/flyer')->code, 404, 'no such sale');

my $buyer = Tuanbo::Test::Storefront->buyer($shop);
$buyer->get('/s/grape')->submit('#take', qty => 3);
is($shop->get('/s/grape/flyer')->text, $svg->text,
    'the same after somebody has bought');

$svg = $shop->get('/live/friday/flyer');
like($svg->text, qr/周五 &lt;专场&gt;/, 'of a session');
unlike($svg->text, qr/今[天晚]/, 'by its date');
like($svg->text, qr/>土鸡蛋<.*>45 元一份</s, 'with its goods');
is_deeply([sort split /\n/, $shop->get('/flyers')->text],
    [qw(live/friday s/egg s/grape)], 'there are three');

# ---- made
my $ran = once();
is($ran->{code}, 0, 'the office makes them') or diag $ran->{out};
my @first = made();
is_deeply([map { s/\..*//r } @first], [qw(live-friday s-egg s-grape)],
    'of all');

for my $name (@first) {
    my ($path) = $name =~ s/\..*//r =~ s{-}{/}r;
    is(scanned($name), $shop->url("/$path?via=flyer"), "$name leads there");
    my $size = said('vipsheader', "$flyers/$name");
    like($size->{out}, qr/900x1200/, 'so large');
}

# the words are there: a drawing without them is another picture
{
    my ($grape) = grep { /grape/ } @first;
    my $dark = said('vips', 'avg', "$flyers/$grape")->{out};
    open my $file, '>', $o->clerk->dir . '/blank.svg' or die $!;
    print $file $shop->get('/s/grape/flyer')->text =~ s{<text[^>]*>[^<]*</text>}{}gr
        =~ s/[^ -~\n]//gr;
    close $file or die $!;
    said('vips', 'copy', $o->clerk->dir . '/blank.svg',
        $o->clerk->dir . '/blank.jpg[background=255]');
    my $blank = said('vips', 'avg', $o->clerk->dir . '/blank.jpg')->{out};
    cmp_ok($blank, '>', $dark + 1, 'letters are on it');
}

is(once()->{code}, 0, 'once more');
is_deeply([made()], \@first, 'nothing is made twice');

# ---- where it is shown
my $file;
ok(wait_until(sub {
    my $tag = $buyer->get('/s/grape/share')->dom->at('img#flyer') or return;
    $file = $tag->attr('src');
}), 'the page that one sends on has it');
my $res = $shop->get($file);
is($res->code, 200, 'and it is there');
is($res->headers->content_type, 'image/jpeg', 'as JPEG');
like($res->headers->cache_control, qr/immutable/, 'for good');
is($shop->get('/flyers/../staff.json')->code, 404, 'nothing else is');

for my $path ('/s/grape', '/live/friday') {
    ok(wait_until(sub {
        $shop->get($path)->dom->at('[property="og:image"]')->attr('content')
            =~ m{^\Q@{[ $shop->url('/flyers/') ]}\E};
    }), "a chat shows that of $path");
}

# ---- what changes is made anew, and what is over goes
$shop->admin(POST => '/sales/egg/close');
$shop->admin(PUT => '/documents/session/friday', json => { title => '周六专场',
    starts_at => 1000 * int(time - 60) });
is(once()->{code}, 0, 'looked again');
my @second = made();
is_deeply([map { s/\..*//r } @second], [qw(live-friday s-grape)],
    'what is closed has none');
is($second[1], $first[2], 'what is the same stays');
isnt($second[0], $first[0], 'what is not is another');

# ---- what goes wrong
$ran = once('http://127.0.0.1:1');
is($ran->{code}, 1, 'no shop: it says so');
like($ran->{out}, qr/the shop at/, 'in words');
is_deeply([made()], \@second, 'and all stay');
$ran = said($office, 'flyers', '--directory', $o->clerk->dir);
is($ran->{code}, 2, 'without an address it is called wrongly');
like($ran->{out}, qr/--url is needed/, 'in words');

# a picture that is gone costs the picture
$shop->admin(PUT => '/documents/product/grape', json => { unit => '箱',
    title => '葡萄', pictures => ['0' x 32 . '-1600x1200'] });
is(once()->{code}, 0, 'a photo that is gone');
my ($without) = grep { /grape/ } made();
isnt($without, $second[1], 'is left out of it');
is(scanned($without), $shop->url('/s/grape?via=flyer'), 'the rest is there');

done_testing;
