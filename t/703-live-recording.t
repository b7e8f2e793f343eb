use v5.36;
use utf8;
use Tuanbo::Test;
use Tuanbo::Test::Live;
use Tuanbo::Test::Office;

binmode Test::More->builder->$_, ':utf8'
    for qw(output failure_output todo_output);

# What was sent while a session was on the air is kept, and its room shows it
# when it is over: all of it and nothing else, over an encoder that was cut and a
# live nginx that was killed; until the owner or a lack of place removes it.

my $live = Tuanbo::Test::Live->new(recordings => 'max_mb = 1');
my $recordings = $live->recordings;
my $o = Tuanbo::Test::Office->new(
    storefront => [$live->shop(video => qq({ recordings = "$recordings" }))],
    setup => qq(live = { secret = "@{[ $live->secret_path ]}",
        recordings = "$recordings" },));
my ($shop, $nginx) = ($o->shop, $live->nginx);

# what there was of last year, too much of it
my $old = "$recordings/fruit/1700000000000";
Tuanbo::Test::Live::write_file("$old/1700000000000-x.ts", 'x');
Tuanbo::Test::Live::write_file("$old/list",
    "1700000000000 6000 1000000 0 1700000000000-x.ts\n"
    . "1700000006000 6000 1000000 0 1700000006000-x.ts\n");
Tuanbo::Test::Live::give_away($recordings);
$live->start;
$o->start;
$nginx->expect_log(qr/already publishing|on_publish|notify|exited on signal/);
$shop->define_sale($_, title => $_, price_fen => 100, stock => 10,
    doc => { session => 'fruit' }) for qw(grape egg);
$shop->admin(PUT => '/documents/session/fruit', json => { title => '鲜果',
    starts_at => now_ms(), ends_at => now_ms() + 3_600_000 });

sub do_it ($what, %body) {
    return $shop->admin(POST => "/sessions/fruit/$what", json => \%body);
}

sub lines () {
    return map { split /\n/, Tuanbo::Test::slurp($_) }
        grep { !m{/1700} } glob "$recordings/fruit/*/list";
}

sub files ($n, $name) {
    eventually { lines() >= $n } $name, 90;
}

sub playlist () {
    my $res = $shop->get('/hls/fruit/recording.m3u8');
    return $res->code == 200 ? $res->body : '';
}

eventually { !-e $old } 'what is too much goes, the oldest first';

# ---- recorded
my $encoder = $live->encoder($live->stream('fruit'));
files(1, 'what came before the session began');
do_it('start');
do_it(pin => sale => 'grape');
my $n = lines();
files($n + 2, 'while it is on');
is(playlist(), '', 'but nobody plays it yet');

$live->cut($encoder, 'KILL');
$encoder = $live->encoder($live->stream('fruit'));
$n = lines();
files($n + 2, 'over an encoder that was cut');
do_it(pin => sale => 'egg');
$n = lines();
$nginx->kill9_worker;
$live->ended($encoder);
$encoder = $live->encoder($live->stream('fruit'));
files($n + 2, 'and a live nginx that was killed');
my $room = do_it('end');
$n = lines();
files($n + 2, 'and what came after its end');
$live->cut($encoder);

# ---- what there is of it
my @all = map { [split / /] } lines();
is((() = glob "$recordings/fruit/*/list"), 1, 'one run');
for my $i (1 .. $#all) {
    cmp_ok($all[$i][0], '>=', $all[$i - 1][0] + $all[$i - 1][1] - 500,
        'nothing twice') or diag(join "\n", lines());
}
cmp_ok((() = grep { $_->[3] } @all[1 .. $#all]), '>=', 2, 'cuts are counted');

my $text;
eventually { $text = playlist() } 'it is played when the session is over';
my @names = $text =~ m{^recording/(.*)}mg;
my ($from, $to) = @$room{qw(started_at ended_at)};
is_deeply([map { s{.*/}{}r } @names], [map { $_->[4] }
    grep { $_->[0] >= $from && $_->[0] + $_->[1] <= $to } @all],
    'what was sent meanwhile, in order, and nothing else');
cmp_ok(@names, '<=', @all - 2, 'which is less than all');
is(() = $text =~ /^#EXT-X-DISCONTINUITY$/mg,
    () = (grep { $_->[3] && $_->[0] > $from && $_->[0] + $_->[1] <= $to }
        @all), 'its cuts');
like($text, qr/^#EXT-X-PLAYLIST-TYPE:VOD$/m, 'all of it');
like($text, qr/^#EXT-X-ENDLIST$/m, 'and no more');
my @ranges = $text =~ /^#EXT-X-DATERANGE:.*X-SALE="(.*)"$/mg;
is_deeply(\@ranges, [qw(grape egg)], 'what was on camera');

my $res = $shop->get("/hls/fruit/recording/$names[0]");
is($res->code, 200, 'a file of it');
is($res->headers->content_type, 'video/mp2t', 'its type');
is(length $res->body, (grep { $names[0] =~ /\Q$_->[4]/ } @all)[0][2],
    'as long as was written');
is($shop->get($_)->code, 404, "not there: $_") for
    '/hls/fruit/recording/list', '/hls/fruit/recording/1/../list',
    '/hls/egg/recording/' . $names[0], '/hls/egg/recording.m3u8',
    '/hls/fruit/recording/' . $names[0] =~ s/-./-0/r;

SKIP: {
    skip 'no ffprobe', 1 if system 'command -v ffprobe >/dev/null';
    my $said = `timeout 60 ffprobe -v error -show_entries format=duration -of csv=p=0 -i @{[ $shop->url('/hls/fruit/recording.m3u8') ]} 2>&1`;
    my ($sum) = (0);
    $sum += $_ for $text =~ /^#EXTINF:([\d.]+)/mg;
    cmp_ok(abs(($said =~ /([\d.]+)\s*\z/)[0] - $sum), '<', 1,
        'another program plays it') or diag($said);
}

# ---- on the page
my $page;
eventually { $page = $shop->get('/live/fruit');
    $page->dom->at('#picture video[data-recorded]') } 'the room plays it';
is($page->dom->at('#picture video')->{src}, '/hls/fruit/recording.m3u8',
    'from there');
like($page->dom->at('#picture')->all_text, qr/录播/, 'and says what it is');
my @moments = $page->dom->find('[data-second]')->each;
is_deeply([map { $_->all_text =~ s/.* //r } @moments], [qw(grape egg)],
    'with what was shown');
cmp_ok($moments[1]{'data-second'}, '>', $moments[0]{'data-second'},
    'each in its place');

# ---- the owner removes it
my $owner = $o->owner;
$owner->get('/desk/live/fruit/recordings');
like($owner->text, qr/1 分钟，\d MB/, 'at the desk: how much there is');
my $run = $owner->dom->at('button[name=run]')->{value};
$owner->submit('form:has(button[name=run])', run => '../../pictures');
is($owner->res->code, 409, 'nothing but a recording can be removed');
ok(-e $live->pictures, 'and is not');
$owner->submit('form:has(button[name=run])', run => $run);
like($owner->text, qr/删掉了/, 'removed');
is(() = glob("$recordings/fruit/*"), 0, 'it is gone');
is(playlist(), '', 'and nobody plays it');
eventually { !$shop->get('/live/fruit')->dom->at('[data-recorded]') }
    'nor does the page say so';
$shop->finish;
