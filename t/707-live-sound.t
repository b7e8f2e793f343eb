use v5.36;
use utf8;
use List::Util qw(sum0);
use Tuanbo::Test;
use Tuanbo::Test::Live;
use Tuanbo::Test::Storefront;

binmode Test::More->builder->$_, ':utf8'
    for qw(output failure_output todo_output);

# The sound of a picture alone, for lines that are too bad for both: a playlist
# with the same times, and segments without the picture.

my $live = Tuanbo::Test::Live->new->start;
my $nginx = $live->nginx;
my $shop = Tuanbo::Test::Storefront->storefront($live->shop(
    video => '{ link_s = 60 }'))->start;

$nginx->expect_log(qr/on_publish|notify/);
$shop->define_sale('grape', title => '葡萄', price_fen => 100, stock => 10);
$shop->admin(PUT => "/documents/session/$_", json => { title => '鲜果',
    starts_at => now_ms(), ends_at => now_ms() + 3_600_000 })
    for qw(fruit egg);
$shop->admin(POST => '/sessions/fruit/start');
$shop->admin(POST => '/sessions/fruit/pin', json => { sale => 'grape' });

my $secret = 'secret-of-the-session-';     # Tuanbo::Test::Storefront
my $good = '?' . Tuanbo::Test::Live::query(picture => 'fruit', time + 600,
    $secret);

sub body ($what) {
    my $res = $shop->get("/hls/fruit/$what");
    return $res->code == 200 ? $res->body : '';
}

sub names ($text) { [map { $_ / 1 } $text =~ /^(\d{13})\.\w+\?/mg] }

is(body("sound.m3u8$good"), '', 'nothing to hear yet');
my $encoder = $live->encoder($live->stream('fruit'), size => '640x360');
eventually { names(body("sound.m3u8$good"))->@* >= 4 } 'it comes', 30;

# ---- the same times
my ($seen, $heard);
eventually { ($seen, $heard) = map { body("$_.m3u8$good") } qw(index sound);
    my @seen = names($seen)->@*; my @heard = names($heard)->@*;
    "@seen" eq "@heard" } 'of the same segments';
is($heard =~ s/\.aac\b/.ts/gr =~ s/key=[\w-]+//gr, $seen =~ s/key=[\w-]+//gr,
    'the playlist is that of the picture, but for the names');
like($heard, qr/DATERANGE.*X-SALE="grape"/, 'with what is on camera');

# ---- what it weighs
my %bytes;
my ($name) = $heard =~ /^(\d{13}\.aac\?.*)$/m;
for my $ending (qw(ts aac)) {
    $bytes{$ending} = sum0(map { length body($_) }
        ($ending eq 'ts' ? $seen : $heard) =~ /^(\d{13}\.$ending\?.*)$/mg);
}
cmp_ok($bytes{aac}, '>', 0, 'there is sound');
cmp_ok($bytes{aac} * 5, '<', $bytes{ts}, 'a fifth of it at the most');
diag("a picture of $bytes{ts} bytes, its sound of $bytes{aac}")
    if $ENV{TUANBO_KEEP};
my $res = $shop->get("/hls/fruit/$name");
is($res->headers->content_type, 'audio/aac', 'its type');
like($res->headers->cache_control, qr/max-age=31536000, immutable/,
    'kept for good');
is(substr($res->body, 0, 3), 'ID3', 'with its time before it');
is($shop->get('/hls/fruit/' . $name =~ s/\?.*//r)->code, 403,
    'a link ends, as that of the picture');
is($shop->get('/hls/fruit/sound.m3u8')->code, 403, 'that of the list, too');
is($shop->get("/hls/fruit/1790000000000.aac$good")->code, 404,
    'one that is none');

# ---- as another program has it
SKIP: {
    skip 'no ffprobe', 3 if system 'command -v ffprobe >/dev/null';
    my $said = `timeout 60 ffprobe -v error -show_entries stream=codec_type,codec_name,sample_rate -of csv=p=0 '@{[ $shop->url("/hls/fruit/sound.m3u8$good") ]}' 2>&1`;
    my %streams = map { $_ => 1 } grep { $_ } split /\n/, $said;
    is_deeply([keys %streams], ['aac,audio,44100'], 'AAC, and no picture');

    # the first segment of both: the sound of one is the sound of the other
    my %first;
    for my $what ($name, $name =~ s/aac/ts/r) {
        my $path = $live->pictures . '/../' . ($what =~ /(aac|ts)\?/)[0];
        Tuanbo::Test::Live::write_file($path, body($what));
        $first{$what} = `timeout 60 ffmpeg -v error -i '$path' -map 0:a -c copy -f adts - 2>&1`;
    }
    my @frames = values %first;
    cmp_ok(length $frames[0], '>', 1000, 'frames');
    ok($frames[0] eq $frames[1], 'the same ones');
}

# ---- a picture without sound
$live->cut($encoder);
my $mute = $live->encoder($live->stream('egg'), mute => 1);
$good = '?' . Tuanbo::Test::Live::query(picture => 'egg', time + 600,
    $secret);
eventually { my ($one) = ($shop->get("/hls/egg/sound.m3u8$good")->body // '')
    =~ /^(\d{13}\.aac\?.*)$/m;
    $one && $shop->get("/hls/egg/$one")->code == 404 } 'has none', 30;
$live->cut($mute);
$shop->finish;
