use v5.36;
use utf8;
use IO::Select;
use IO::Socket::INET;
use Tuanbo::Test;
use Tuanbo::Test::Live;
use Tuanbo::Test::Storefront;

binmode Test::More->builder->$_, ':utf8'
    for qw(output failure_output todo_output);

# Links to the picture that end, where a shop wants them: what opens it and what
# does not, how long, and that what lies behind them is still kept for all.

my $secret = 'secret-of-the-session-';
my $live = Tuanbo::Test::Live->new->start;
my $shop = Tuanbo::Test::Storefront->storefront(
    $live->shop(video => '{ link_s = 10 }'))->start;

$shop->expect_log(qr/connect\(\) failed|upstream/);
$shop->define_sale(grape => price_fen => 100, stock => 10);
$shop->admin(PUT => "/documents/session/$_", json => { title => '鲜果',
    starts_at => now_ms(), ends_at => now_ms() + 3_600_000 })
    for qw(fruit pantry);
$shop->admin(POST => '/sessions/fruit/start');
$shop->admin(POST => '/sessions/fruit/pin', json => { sale => 'grape' });

# What a page leads to.
sub link_of ($session = 'fruit') {
    return $shop->get("/live/$session")->dom->at('#picture video')->{src};
}

sub segment_of ($link) {
    my ($segment) = $shop->get($link)->body =~ /^(\d{13}\.ts.*)/m;
    return $segment && "/hls/fruit/$segment";
}

sub refused ($link, $reason, $name) {
    my $res = $shop->get($link);

    is($res->code, 403, "$name: refused");
    is($res->headers->content_type, 'application/problem+json',
        'by a problem document');
    is($res->headers->cache_control, 'private, no-store', 'kept by nobody');
    is($res->json->{code}, 'forbidden', 'its code');
    is($res->json->{reason}, $reason, 'and why');
}

my $encoder = $live->encoder($live->stream('fruit'));
my $segment;
eventually { $segment = segment_of(link_of()) } 'a picture behind a link', 30;

# ---- what opens
my $list = $shop->get(link_of());
is($list->headers->content_type, 'application/vnd.apple.mpegurl',
    'the page has a link to a playlist');
like($list->body, qr/^#EXT-X-DATERANGE:.*X-SALE="grape"/m, 'with its pins');
is(() = $list->body =~ /^\d{13}\.ts\?until=\d+&key=[\w-]{22}$/mg,
    () = $list->body =~ /^#EXTINF/mg, 'whose segments have links, too');
is($shop->get($segment)->code, 200, 'which open');
is(ord $shop->get($segment)->body, 0x47, 'a segment');
my ($one, $other);
eventually { ($one, $other) = map { segment_of(link_of()) } 1, 2;
    ($one =~ s/.*\?//r) eq ($other =~ s/.*\?//r) }
    'two viewers have the same link';
cmp_ok(($one =~ /until=(\d+)/)[0], '>=', time + 9, 'for a while');

# ---- what does not
my $playlist = '/hls/fruit/index.m3u8';
my $file = $segment =~ s/\?.*//r;
for my $path ($playlist, $file) {
    my $query = (link_of() =~ s/.*\?//r);

    refused($path, 'wrong_key', 'no link');
    refused("$path?" . ($query =~ s/until=(\d+)/'until=' . ($1 + 1)/er),
        'wrong_key', 'made longer');
    refused("$path?" . (link_of('pantry') =~ s/.*\?//r), 'wrong_key',
        'of another session');
    refused("$path?" . Tuanbo::Test::Live::query(picture => 'fruit', time + 60,
        'guessed'), 'wrong_key', 'guessed');
    refused("$path?" . Tuanbo::Test::Live::query(csrf => 'fruit', time + 60,
        $secret), 'wrong_key', 'of another purpose');
    refused("$path?" . Tuanbo::Test::Live::query(picture => 'fruit', time,
        $secret), 'expired', 'over');
    refused("$path?until=9e9&key=x", 'wrong_key', 'nonsense');
}
is($shop->get("$playlist?" . Tuanbo::Test::Live::query(picture => 'fruit',
    time + 60, $secret))->code, 200, 'what the secret signs is good');

# ---- a camera without a key: refused before it has sent anything, as the shop
# takes in nothing that the live nginx does not want
my $camera = IO::Socket::INET->new(PeerAddr => '127.0.0.1',
    PeerPort => $shop->port) or die $!;
print {$camera} "POST /camera/fruit?until=9999999999&key=wrong&stream=a&n=0"
    . " HTTP/1.1\r\nHost: localhost\r\nContent-Length: 4000000\r\n\r\n";
my $said;
ok(IO::Select->new($camera)->can_read(Tuanbo::Test::patience(10))
    && sysread($camera, $said, 4096), 'a camera without a key is answered');
like($said, qr/^HTTP\S+ 403 .*"reason":"wrong_key"/s, 'by no');
close $camera;

# ---- it ends
my $before = link_of();
eventually { $shop->get($before)->code == 403 } 'a link ends', 60;
refused($before, 'expired', 'then');
is($shop->get(link_of())->code, 200, 'and the page has another');

# ---- what lies behind is kept, whatever the link
$segment = segment_of(link_of()) =~ s/\?.*//r;
is($shop->get("$segment?" . Tuanbo::Test::Live::query(picture => 'fruit',
    time + 60, $secret))->code, 200, 'asked for once');
$live->cut($encoder);
$live->nginx->stop;
is($shop->get("$segment?" . Tuanbo::Test::Live::query(picture => 'fruit',
    time + 61, $secret))->code, 200, 'one segment for all links to it');

# ---- what is no setting
for my $bad ('{ link_s = 3 }', '{ link_s = "60" }', '{ link_s = 10.5 }') {
    my $other = Tuanbo::Test::Storefront->storefront($live->shop(
        video => $bad));
    $other->write_conf;
    my $said = `timeout -k 1 20 nginx -e stderr -p @{[ $other->dir ]} -c nginx.conf 2>&1`;

    isnt($? >> 8, 0, "$bad: it does not start");
    like($said, qr/video\.link_s is a whole number of seconds, 10 or more/,
        'and says why');
}
$shop->finish;
