use v5.36;
use utf8;
use List::Util qw(max min sum0);
use Tuanbo::Test;
use Tuanbo::Test::Live;
use Tuanbo::Test::Storefront;

binmode Test::More->builder->$_, ':utf8'
    for qw(output failure_output todo_output);

# An encoder that is cut again and again: the picture goes on, each pin is where
# it was shown, all of it is in the recording, and the live nginx, which records
# too, gets no bigger by it. Three cuts here; `make live-hour` has an hour of it.

my $cuts = $ENV{TUANBO_LIVE_CUTS} // 3;
my $stretch_s = 60 * ($ENV{TUANBO_LIVE_MINUTES} // 0) / ($cuts + 1);
my $GROWTH_KB = 8192;           # of which an hour would leak more
my $FILES = 80;                 # a second each; they go after 32, looked at
                                # each 32, and are as late as the machine is
my $ARRIVAL_MS = 1500;          # a segment's time, and its length, are rounded

my $live = Tuanbo::Test::Live->new(recordings => 'max_mb = 20000');
my ($nginx, $recordings) = ($live->nginx, $live->recordings);
my $shop = Tuanbo::Test::Storefront->storefront($live->shop(
    video => qq({ recordings = "$recordings" })));
my (@samples, @waits, @pins);

$live->start;
$shop->start;
$nginx->expect_log(qr/on_publish|notify|already publishing/);
$shop->define_sale($_, title => $_, price_fen => 100, stock => 10,
    doc => { session => 'fruit' }) for qw(grape egg);
$shop->admin(PUT => '/documents/session/fruit', json => { title => '鲜果',
    starts_at => now_ms(), ends_at => now_ms() + 7_200_000 });

sub do_it ($what, %body) {
    return $shop->admin(POST => "/sessions/fruit/$what", json => \%body);
}

# Of each segment: at, ms.
sub segments ($text) {
    my (@list, $ms);

    for (split /\n/, $text) {
        $ms = 1000 * $1 if /^#EXTINF:([\d.]+),/;
        push @list, { at => $1, ms => $ms } if m{(\d{13})(?:-[\w-]+)?\.ts};
    }
    return @list;
}

sub playlist ($name = 'index') {
    my $res = $shop->get("/hls/fruit/$name.m3u8");
    return $res->code == 200 ? $res->body : '';
}

# Of each pin: its date, and that of its end, as they are.
sub ranges ($text) {
    return map { [/START-DATE="([^"]*)"/, /END-DATE="([^"]*)"/,
        /X-SALE="([^"]*)"/] } $text =~ /^#EXT-X-DATERANGE:(.*)/mg;
}

sub date ($ms) {
    my @t = gmtime $ms / 1000;
    return sprintf '%04d-%02d-%02dT%02d:%02d:%02d.%03dZ', $t[5] + 1900,
        $t[4] + 1, @t[3, 2, 1, 0], $ms % 1000;
}

# What the live nginx takes: memory, open files, files of the picture.
sub sample () {
    my ($pid) = $nginx->worker_pids;
    my ($kb) = Tuanbo::Test::slurp("/proc/$pid/status") =~ /^VmRSS:\s+(\d+)/m;

    push @samples, { kb => $kb, open => scalar(() = glob "/proc/$pid/fd/*"),
        files => scalar(() = glob $live->pictures . '/fruit/*') };
}

# A stretch: it comes, something else is shown, it goes on until its end.
sub stretch ($n) {
    my $began = now_ms;
    my $encoder = $live->encoder($live->stream('fruit'), seconds => 7200,
        size => '320x240');
    my $sale = $n % 2 ? 'egg' : 'grape';

    eventually { (my @new = grep { $_->{at} >= $began }
        segments(playlist())) >= 2 } "stretch $n: the picture is there", 60;
    push @waits, now_ms() - $began;
    push @pins, { sale => $sale,
        at => do_it(pin => sale => $sale)->{pins}[-1]{at} };
    eventually { my $text = playlist();
        grep { $_->{at} - $ARRIVAL_MS <= $pins[-1]{at}
            && $pins[-1]{at} < $_->{at} + $_->{ms} + $ARRIVAL_MS }
            segments($text) and (ranges($text))[-1][0] eq date($pins[-1]{at})
    } "stretch $n: what is shown is in place", 30;

    # a line that holds it up for a while is no cut
    kill STOP => $encoder->{pid};
    select undef, undef, undef, 3;
    kill CONT => $encoder->{pid};
    my $held = now_ms;
    eventually { (my @new = grep { $_->{at} >= $held } segments(playlist()))
        >= 3 } "stretch $n: held up, it goes on", 60;

    while (now_ms() < $began + 1000 * $stretch_s) {
        select undef, undef, undef, min(30, $stretch_s);
        ok((grep { $_->{at} > now_ms() - 30_000 } segments(playlist())),
            "stretch $n: it goes on");
        sample();
    }
    sample();
    return $encoder;
}

do_it('start');
for my $n (0 .. $cuts) {
    my $encoder = stretch($n);

    # a file that is begun when a session ends is not of it
    eventually { my ($last) = (map { split /\n/, Tuanbo::Test::slurp($_) }
        glob "$recordings/fruit/*/list")[-1] // 0;
        (split / /, $last)[0] > $pins[-1]{at} } 'it is kept', 60
        if $n == $cuts;
    do_it('end') if $n == $cuts;
    $live->cut($encoder, $n % 2 ? 'KILL' : 'TERM');
}

# ---- nothing grows
my @kb = map { $_->{kb} } @samples;
cmp_ok($kb[-1] - $kb[0], '<', $GROWTH_KB, 'the live nginx is as big as it was')
    or diag("@kb");
cmp_ok(max(map { $_->{open} } @samples), '<=', $samples[0]{open} + 8,
    'with as many open files');
cmp_ok(max(map { $_->{files} } @samples), '<=', $FILES,
    'and as many of the picture');

# ---- all of it is kept
my $text;
eventually { $text = playlist('recording') } 'there is a recording', 30;
my @list = segments($text);
is(() = $text =~ /^#EXT-X-DISCONTINUITY$/mg, $cuts, 'each cut is in it');
is_deeply([map { [$_->[0], $_->[-1]] } ranges($text)],
    [map { [date($_->{at}), $_->{sale}] } @pins],
    'each pin, at its time');
for my $pin (@pins) {
    ok((grep { $_->{at} - $ARRIVAL_MS <= $pin->{at}
        && $pin->{at} < $_->{at} + $_->{ms} + $ARRIVAL_MS } @list),
        "with the picture of then: $pin->{sale}");
}

diag(sprintf "%d cuts in %.0f s of picture; resident %d to %d KB, last %d; "
    . "%d to %d files open, at most %d of the picture; there again after "
    . "%.1f s at most", $cuts, sum0(map { $_->{ms} } @list) / 1000,
    min(@kb), max(@kb), $kb[-1], min(map { $_->{open} } @samples),
    max(map { $_->{open} } @samples), max(map { $_->{files} } @samples),
    max(@waits) / 1000) if $ENV{TUANBO_LIVE_MINUTES};
$shop->finish;
