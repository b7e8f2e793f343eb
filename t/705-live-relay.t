use v5.36;
use utf8;
use IO::Socket::INET;
use Tuanbo::Test;
use Tuanbo::Test::Live;
use Tuanbo::Test::Lua;
use Tuanbo::Test::Office;

binmode Test::More->builder->$_, ':utf8'
    for qw(output failure_output todo_output);

# The picture, carried to other platforms: to a second nginx that takes it as
# they do, killed and back; to one that hangs; over a live nginx that is killed.
# Keys are typed in for one broadcast, and are nowhere to be seen.

my $key = 'secret-stream-4711?txTime=6A&more=a/b=';
my $live = Tuanbo::Test::Live->new(relays => 1);
my $nginx = $live->nginx;
my $o = Tuanbo::Test::Office->new(storefront => [$live->shop],
    setup => qq(live = { secret = "@{[ $live->secret_path ]}" },),
    http => "upstream live { server 127.0.0.1:@{[ $live->port ]}; }\n",
    office => "include @{[ Tuanbo::Test::root() ]}/conf/office/live.conf;\n");
my $shop = $o->shop;

# ---- another platform: it takes who has its key
my $other = Tuanbo::Test->new(Tuanbo::Test::Lua->options(user => '',
    workers => 1));
my $taken = $other->dir . '/taken';
my $rtmp = Tuanbo::Test::free_port();
$other->{locations} = '';
$other->{main} .= <<"CONF";
load_module /usr/lib/nginx/modules/ngx_rtmp_module.so;
rtmp {
    access_log off;
    server {
        listen 127.0.0.1:$rtmp;
        application push {
            live on;
            on_publish http://127.0.0.1:@{[ $other->port ]}/may;
            notify_method get;
            drop_idle_publisher 5s;
            hls on;
            hls_path $taken;
            hls_nested on;
            hls_fragment 1s;
        }
    }
}
CONF
$other->{server} .= <<'CONF';
location = /may {
    access_log off;
    if ($arg_name != secret-stream-4711) { return 403; }
    if ($arg_more != "a/b=") { return 403; }
    return 204;
}
CONF
mkdir $taken;
chmod 0777, $taken;

$live->start;
$o->start;
$other->start;
$nginx->expect_log(qr/on_publish|notify|already publishing/);
$other->expect_log(qr/on_publish|notify|already publishing/);
$shop->admin(PUT => '/documents/session/fruit', json => { title => '鲜果',
    starts_at => now_ms(), ends_at => now_ms() + 3_600_000 });

my $owner = $o->owner;
my $address = "rtmp://127.0.0.1:$rtmp/push/";
my @pages;

sub look () {
    $owner->get('/desk/live/fruit');
    push @pages, $owner->res->body;
    return $owner->dom;
}

sub act ($act, %typed) {
    look();
    $owner->submit(qq{#relays form:has(button[value="$act"])}, act => $act,
        %typed);
    push @pages, $owner->res->body;
    return $owner->dom;
}

sub relay ($to, $stream) { act('relay', address => $to, stream => $stream) }

# What is said of a place.
sub of_place ($n) {
    my $place = look()->find('#relays .records li')->[$n];
    return $place ? $place->all_text : '';
}

sub segments () { my @all = glob "$taken/secret-stream-4711/*.ts"; @all }

# It comes anew, at the other platform.
sub arrives ($name) {
    my %before = map { $_ => 1 } segments();
    eventually { grep { !$before{$_} } segments() } $name, 60;
}

sub newest () {
    my ($last) = $shop->get('/hls/fruit/index.m3u8')->body
        =~ /(\d{13})\.ts\s*(?:#.*)?\z/s;
    return $last // 0;
}

# Arguments of all processes.
sub processes () {
    return map { my $path = $_;
        eval { Tuanbo::Test::slurp($path) =~ tr/\0/ /r } // '' }
        glob '/proc/[0-9]*/cmdline';
}

sub carriers () { grep { /ffmpeg.*-fpre.*127\.0\.0\.1:$rtmp/ } processes() }

# ---- what is no place
for my $case (['http://127.0.0.1/push', 'x', qr/rtmp:.*开头/],
    ['file:///etc/passwd', 'x', qr/rtmp:.*开头/],
    ["-f rtmp://127.0.0.1:$rtmp/push", 'x', qr/rtmp:.*开头/],
    ['rtmp://127.0.0.1', 'x', qr/不完整/],
    ["rtmp://a b/push", 'x', qr/不完整/],
    ["rtmp://u:p\@127.0.0.1/push", 'x', qr/不完整/],
    [$address, '', qr/密钥没填/], [$address, "two words", qr/密钥没填/])
{
    my ($to, $stream, $words) = @$case;
    my $said = relay($to, $stream)->at('#told')->all_text;

    like($said, $words, "refused with a sentence: $to, $stream");
    is($owner->res->code, 409, 'and nothing else');
}
is(look()->find('#relays .records li')->size, 0, 'none of them is kept');
is($nginx->get('/relays/fruit')->code, 403, 'nobody asks but the office');
is($nginx->get('/relays/fruit?' . Tuanbo::Test::Live::query(relay => 'egg',
    time + 60, $live->{secret}))->code, 403, 'and of the session it names');

# ---- typed in before there is a picture
relay($address, $key);
like($owner->text, qr/记下了/, 'taken');
like(of_place(0), qr/127\.0\.0\.1:$rtmp.*等画面/s, 'it waits for the picture');
unlike(of_place(0), qr/push/, 'no more of the address than the server');
relay($address, $key);
is(look()->find('#relays .records li')->size, 1, 'twice is once');
my $file = $live->relays . '/fruit.json';
is((stat $file)[2] & 0777, 0600, 'kept where nobody else can read it');
like(Tuanbo::Test::slurp($file), qr/4711/, 'with its key');

my $encoder = $live->encoder($live->stream('fruit'));
arrives('the picture arrives there');
eventually { of_place(0) =~ /在转/ } 'and the page says so';

# ---- the other platform is gone, and is back
$other->kill9_all;
eventually { of_place(0) =~ /断了.*秒后再试.*(?:没有开着|把连接断了)/s }
    'it is cut, and why', 30;
my $before = newest();
eventually { newest() > $before } 'neighbours see nothing of it';
$other->start;
arrives('it goes on by itself');
eventually { of_place(0) =~ /在转/ } 'which the page says';

# ---- one that hangs holds nobody up
my $hanging = IO::Socket::INET->new(Listen => 1, LocalAddr => '127.0.0.1');
relay('rtmp://127.0.0.1:' . $hanging->sockport . '/push', 'hanging-stream');
eventually { of_place(1) =~ /起播中/ } 'another place', 30;
eventually { of_place(1) =~ /断了.*没有回应/s } 'that does not answer', 60;
$before = newest();
eventually { newest() > $before } 'the picture goes on';
arrives('and so does the other place');
act('unrelay 2');
like($owner->text, qr/密钥删掉了/, 'it is taken off');
is(look()->find('#relays .records li')->size, 1, 'the other one stays');
unlike(Tuanbo::Test::slurp($file), qr/hanging/, 'its key is gone');

# ---- a key that is none
relay($address, 'wrong-stream');
eventually { of_place(1) =~ /断了.*密钥/s } 'a wrong key is said', 30;
act('unrelay 2');

# ---- the sender is cut, then the live nginx killed
$live->cut($encoder, 'KILL');
eventually { !carriers() } 'without a sender nothing is carried', 30;
$encoder = $live->encoder($live->stream('fruit'));
arrives('it goes on with the sender');
$nginx->kill9_worker;
$live->ended($encoder);
eventually { !carriers() } 'what carried the picture dies with the live nginx',
    30;
$encoder = $live->encoder($live->stream('fruit'));
arrives('and goes on with the next one');

# ---- four at most
relay("rtmp://127.0.0.1:1/push", "stream-$_") for 1 .. 3;
is(look()->find('#relays .records li')->size, 4, 'four places');
ok(!$owner->dom->at('#relay'), 'no fifth is offered');
eventually { of_place(3) =~ /断了/ } 'they are tried';
is(carriers(), 1, 'each once');

# ---- the end
$before = join "\n", processes();
unlike($before, qr/4711/, 'no key among the arguments of processes');
$shop->admin(POST => '/sessions/fruit/start');
look();
$owner->submit('#ends form', act => 'stop');
ok(!-e $file, 'the file is gone with the session');
eventually { !carriers() } 'and what carries the picture, too';
is(look()->at('#relays'), undef, 'and the form');
is(scalar(glob $live->relays . '/*.json*'), undef, 'nothing is left');

# ---- one that somebody else has ended
$shop->admin(POST => '/sessions/fruit/start');
relay($address, $key);
ok(-e $file, 'another broadcast, another time to type it in');
$shop->admin(POST => '/sessions/fruit/end');
look();
ok(!-e $file, 'gone when the desk sees it');

# ---- one that is removed
$shop->admin(PUT => '/documents/session/other', json => { title => '另一场',
    starts_at => now_ms() + 3_600_000, ends_at => now_ms() + 7_200_000 });
$owner->get('/desk/live/other');
$owner->submit('#relays form:has(button[value="relay"])', act => 'relay',
    address => $address, stream => $key);
ok(-e $live->relays . '/other.json', 'a session that has not begun');
$owner->get('/desk/session/other')->submit('form[action$="/remove"]');
ok(!-e $live->relays . '/other.json', 'gone with the session');

# ---- it is nowhere to be seen
my $deeds = Tuanbo::Test::slurp($o->clerk->dir . '/deeds.ndjson');
like($deeds, qr/"relay"/, 'whose hand it was is written down');
$live->cut($encoder);
unlike($_->[1], qr/4711|hanging-stream|wrong-stream/, "no key: $_->[0]") for
    [pages => join '', @pages], [deeds => $deeds],
    map { my $t = $_->[1]; (["$_->[0], errors" => $t->log_text],
        ["$_->[0], requests" => eval { $t->access_text } // '']) }
        [live => $nginx], [shop => $shop], [office => $o->office];
$shop->finish;
