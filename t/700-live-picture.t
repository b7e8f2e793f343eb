use v5.36;
use utf8;
use Tuanbo::Test;
use Tuanbo::Test::Live;
use Tuanbo::Test::Storefront;

binmode Test::More->builder->$_, ':utf8'
    for qw(output failure_output todo_output);

# The picture of a session: who may send one, what viewers get of it through
# the shop, and what becomes of it when the sender, the live nginx or the shop
# is gone for a while.

my $live = Tuanbo::Test::Live->new->start;
my $nginx = $live->nginx;
my $shop = Tuanbo::Test::Storefront->storefront($live->shop)->start;

$nginx->expect_log(qr/a picture is refused|already publishing|on_publish|notify/);
$shop->expect_log(qr/connect\(\) failed|upstream/);
$shop->define_sale($_, price_fen => 100, stock => 10) for qw(grape egg);
$shop->admin(PUT => '/documents/session/fruit', json => { title => '鲜果',
    starts_at => now_ms(), ends_at => now_ms() + 3_600_000 });

sub state_of ($session) {
    return $nginx->get("/state/$session")->json;
}

sub playlist ($session = 'fruit') {
    my $res = $shop->get("/hls/$session/index.m3u8");
    return $res->code == 200 ? $res->body : '';
}

# Of each segment: name, seconds, date, cut.
sub segments ($text = playlist()) {
    my (@list, %next);

    for (split /\n/, $text) {
        $next{cut} = 1 if $_ eq '#EXT-X-DISCONTINUITY';
        $next{date} = $1 if /^#EXT-X-PROGRAM-DATE-TIME:(.*)/;
        $next{seconds} = $1 if /^#EXTINF:([\d.]+),/;
        next if !/^(\d{13})\.ts$/;
        push @list, { name => $_, at => $1, %next };
        %next = ();
    }
    return @list;
}

sub has ($n) { sub { (my @list = segments()) >= $n } }

# ---- who may
is($shop->get('/hls/fruit/index.m3u8')->code, 404, 'no picture yet');
ok(!state_of('fruit')->{on}, 'which the host can be told');
for my $case ([wrong_key => $live->stream('egg') =~ s/^egg/fruit/r, 'of another'],
    [wrong_key => 'fruit', 'none at all'],
    [wrong_key => $live->stream('fruit', time + 60, 'guessed'), 'guessed'],
    [wrong_key => $live->stream('fruit') =~ s/until=\d/until=9/r, 'made longer'],
    [expired => $live->stream('fruit', time - 1), 'of before'])
{
    my ($why, $stream, $name) = @$case;
    my $before = (state_of('fruit')->{refused} // {})->{at} // 0;
    my ($status) = $live->ended($live->encoder($stream, seconds => 20));

    isnt($status, 0, "a key, $name: refused");
    is(state_of('fruit')->{refused}{why}, $why, 'and why is said');
    ok(state_of('fruit')->{refused}{at} >= $before, 'and when');
}
is($nginx->post('/publish', form => [name => '../x', until => 1, key => 'x'])
    ->code, 403, 'nor is a path a session');
ok(!-e $live->pictures . '/fruit', 'nothing was written');

# ---- the picture
my $encoder = $live->encoder($live->stream('fruit'));
eventually { has(4)->() } 'a picture, through the shop', 30;
my $text = playlist();
like($text, qr/^#EXTM3U\n#EXT-X-VERSION:6\n#EXT-X-TARGETDURATION:1\n/,
    'a playlist of segments of a second');
my @list = segments($text);
is($_->{date}, do {
    my @t = gmtime $_->{at} / 1000;
    sprintf '%04d-%02d-%02dT%02d:%02d:%02d.%03dZ', $t[5] + 1900, $t[4] + 1,
        @t[3, 2, 1, 0], $_->{at} % 1000;
}, 'each with its date') for @list[0, -1];
cmp_ok(abs($list[-1]{at} - now_ms), '<', 60_000, 'which is now');
my $res = $shop->get('/hls/fruit/index.m3u8');
is($res->headers->cache_control, 'public, max-age=0, s-maxage=1',
    'kept for a second by caches, and not by browsers on top of it');
is($res->headers->content_type, 'application/vnd.apple.mpegurl', 'its type');
$res = $shop->get("/hls/fruit/$list[0]{name}");
is($res->code, 200, 'a segment');
like($res->headers->cache_control, qr/max-age=31536000, immutable/,
    'kept for good');
is(ord $res->body, 0x47, 'of MPEG-TS');
is($shop->get('/hls/fruit/1790000000000.ts')->code, 404, 'one that is none');
my $state = state_of('fruit');
ok($state->{on}, 'the host is told that it comes');
cmp_ok($state->{segment_ms}, '<=', 1500, 'and that key frames come');

# ---- one at a time
my ($status, $said) = $live->ended($live->encoder($live->stream('fruit'),
    seconds => 20));
isnt($status, 0, 'a second encoder is refused');
like($said, qr/Already publishing/, 'and told why');
my $newest = (segments())[-1]{at};
eventually { (segments())[-1]{at} > $newest } 'the first goes on';

# ---- pins, in the playlist
unlike($text, qr/DATERANGE/, 'nothing was pinned');
$shop->admin(POST => '/sessions/fruit/start');
$shop->admin(POST => '/sessions/fruit/pin', json => { sale => 'grape' });
my $pins = $shop->admin(POST => '/sessions/fruit/pin',
    json => { sale => 'egg' })->{pins};
is(@$pins, 2, 'two pins');
eventually { playlist() =~ /X-SALE="egg"/ } 'each is in the playlist';
my @ranges = playlist() =~ /^#EXT-X-DATERANGE:(.*)/mg;
is(@ranges, 2, 'each once');
like($ranges[0], qr/^ID="pin-$pins->[0]{at}",CLASS="tuanbo\.pin",START-DATE="\d{4}-.*Z",END-DATE=".*Z",X-SALE="grape"$/,
    'until the next one');
like($ranges[1], qr/^ID="pin-$pins->[1]{at}",.*START-DATE="[^"]*",X-SALE="egg"$/,
    'which is still on');

$shop->admin(POST => '/sessions/fruit/pin', json => { sale => undef });
eventually { playlist() =~ /END-DATE="[^"]*",X-SALE="egg"/ }
    'until nothing is shown';

# ---- the sender is cut, and comes back: players are told
$live->cut($encoder, 'KILL');
my $last = (segments())[-1]{at};
$encoder = $live->encoder($live->stream('fruit'));
eventually { my @list = segments(); grep { $_->{cut} } @list }
    'it goes on behind a cut', 60;
my ($cut) = grep { $_->{cut} } segments();
cmp_ok($cut->{at}, '>', $last, 'with a date of its own');
is((playlist() =~ /DISCONTINUITY-SEQUENCE:(\d+)/)[0], 0, 'none is over yet');

# ---- the shop reloads: nobody is cut
$newest = (segments())[-1]{at};
$shop->reload;
eventually { (segments())[-1]{at} > $newest } 'a reload of the shop cuts nobody';
ok(kill(0, $encoder->{pid}), 'the encoder knows nothing of it');

# ---- the cut goes by
eventually { my @list = segments(); $list[0]{at} > $cut->{at} }
    'the cut is behind', 60;
is((playlist() =~ /DISCONTINUITY-SEQUENCE:(\d+)/)[0], 1, 'and is counted');

# ---- the live nginx is killed
$newest = (segments())[-1]{at};
$nginx->kill9_worker;
$live->ended($encoder);
$encoder = $live->encoder($live->stream('fruit'));
eventually { my @list = segments(); @list && $list[-1]{at} > $newest
    && grep { $_->{cut} } @list } 'a killed worker costs some seconds', 60;
is((playlist() =~ /DISCONTINUITY-SEQUENCE:(\d+)/)[0], 1,
    'what is counted is not forgotten');

# ---- nobody sends any more
$live->cut($encoder);
eventually { $shop->get('/hls/fruit/index.m3u8')->code == 404 }
    'an old picture is none', 60;
ok(!state_of('fruit')->{on}, 'and the host sees it');

# ---- the shop sells on without it
$nginx->stop;
is($shop->get('/hls/fruit/index.m3u8')->code, 404, 'no live nginx, no picture');
is($shop->get('/live/fruit')->code, 200, 'the room is there');
my $lin = Tuanbo::Test::Storefront->buyer($shop);
$lin->get('/s/grape')->submit('#take');
ok($lin->id, 'and sells');
$shop->finish;
