package Tuanbo::Test::Live;

# The live nginx (Debian's RTMP module), and encoders: ffmpeg with its own test
# picture.
#
#     my $live = Tuanbo::Test::Live->new;         skips all where there is none
#     $live->start;
#     my $encoder = $live->encoder($live->stream('fruit'));
#
# A shop in front of it has what shop() gives among its options.

use v5.36;

use Digest::SHA qw(hmac_sha256);
use File::Basename qw(dirname);
use File::Find qw(finddepth);
use File::Path qw(make_path);
use MIME::Base64 qw(encode_base64url);
use Test::More;
use Tuanbo::Test;
use Tuanbo::Test::Lua;

my $module = '/usr/lib/nginx/modules/ngx_rtmp_module.so';


# recordings: more fields of what setup{} says of them, beside the directory;
# relays: true where the picture may go to other platforms.
sub new ($class, %option) {
    my $root = Tuanbo::Test::root();

    plan(skip_all => 'no RTMP module') if !-e $module;
    plan(skip_all => 'no ffmpeg') if system('command -v ffmpeg >/dev/null');

    my %lua = Tuanbo::Test::Lua->options(user => '', workers => 1);
    my $t = Tuanbo::Test->new(%lua);
    my $dir = $t->dir;
    my $self = bless { t => $t, rtmp => Tuanbo::Test::free_port(),
        secret => 'secret-of-the-live-' . rand, encoders => [] }, $class;

    for my $name (qw(pictures recordings relays)) {
        mkdir "$dir/$name" or die $!;
        chmod 0777, "$dir/$name" or die $!;
    }

    my $recordings = $option{recordings}
        ? qq(recordings = { directory = "$dir/recordings",
            $option{recordings} },) : '';
    my $relays = $option{relays}
        ? qq(relays = { directory = "$dir/relays" },) : '';
    my $carry = $option{relays} ? <<"CONF" : '';
        application relay {
            exec_static luajit $root/conf/live/relay.lua $dir/relays/socket
                rtmp://127.0.0.1:$self->{rtmp}/live;
            exec_kill_signal term;
            respawn_timeout 200ms;
        }
CONF

    $t->set_secrets(live => $self->{secret});
    $t->{locations} = '';
    $t->{main} .= <<"CONF";
load_module $module;
rtmp {
    access_log off;
    server {
        listen 127.0.0.1:$self->{rtmp};
        application live {
            on_publish http://127.0.0.1:@{[ $t->port ]}/publish;
            hls_path $dir/pictures;
            include $root/conf/live/application.conf;
        }
$carry
    }
}
CONF
    $t->{http} .= <<"CONF";
    lua_socket_log_errors off;
    init_by_lua_block {
        require("tuanbo.live").setup { secret = "$dir/secrets/live",
            pictures = "$dir/pictures", $recordings $relays }
    }
    init_worker_by_lua_block { require("tuanbo.live").start() }
CONF
    $t->{server} .= "set \$tuanbo_pictures $dir/pictures;\n"
        . "include $root/conf/live/server.conf;\n";

    return $self;
}


sub nginx ($self) { $self->{t} }
sub port ($self) { $self->{t}->port }
sub pictures ($self) { $self->{t}->dir . '/pictures' }
sub recordings ($self) { $self->{t}->dir . '/recordings' }
sub relays ($self) { $self->{t}->dir . '/relays' }
sub secret_path ($self) { $self->{t}->dir . '/secrets/live' }
sub address ($self) { "rtmp://127.0.0.1:$self->{rtmp}/live" }


sub start ($self) {
    $self->{t}->start;
    return $self;
}


# Options of a Tuanbo::Test::Storefront whose rooms have this picture; video:
# what setup{} says of it.
sub shop ($self, %option) {
    my $video = $option{video} // 'true';
    my $root = Tuanbo::Test::root();
    my $cache = $self->{t}->dir . '/kept';

    mkdir $cache;
    chmod 0777, $cache;

    return (shop => "video = $video,",
        http => "proxy_cache_path $cache keys_zone=tuanbo_video:1m;\n"
            . "upstream live { server 127.0.0.1:@{[ $self->port ]}; }\n",
        server => "include $root/conf/tuanbo/video.conf;\n");
}


# What an encoder sends as the stream's name.
sub stream ($self, $session, $until = time + 3600, $secret = $self->{secret}) {
    return "$session?" . query(publish => $session, $until, $secret);
}


# What opens something until a time, as lua/tuanbo/expiring.lua says.
sub query ($purpose, $about, $until, $secret) {
    $until = int $until;

    return "until=$until&key=" . encode_base64url(substr(hmac_sha256(
        "$purpose\n$about\n$until", $secret), 0, 16));
}


# Begins to send; key: seconds between key frames, seconds: how long, size;
# mute: without sound.
# What it says is in said().
sub encoder ($self, $stream, %option) {
    my $key = 10 * ($option{key} // 1);
    my $length = $option{seconds} // 600;
    my $size = $option{size} // '160x90';
    my $n = $self->{encoders}->@*;
    my $log = $self->{t}->dir . "/encoder-$n.log";
    my $pid = fork // die $!;

    if (!$pid) {
        open STDIN, '<', '/dev/null';
        open STDOUT, '>', $log;
        open STDERR, '>&', \*STDOUT;
        exec { "ffmpeg" } qw(ffmpeg -hide_banner -loglevel error -re -f lavfi -i),
            "testsrc2=size=$size:rate=10", qw(-f lavfi -i sine=r=44100 -t),
            $length, qw(-c:v libx264 -preset ultrafast -tune zerolatency),
            qw(-threads 1 -pix_fmt yuv420p -sc_threshold 0 -g), $key,
            $option{mute} ? '-an' : qw(-c:a aac -b:a 32k), qw(-f flv), $self->address . "/$stream";
        die "ffmpeg: $!";
    }

    push $self->{encoders}->@*, my $encoder = { pid => $pid, log => $log };
    return $encoder;
}


# Waits until it has ended; its exit status, and what it said.
sub ended ($self, $encoder) {
    waitpid $encoder->{pid}, 0 if $encoder->{pid};
    $encoder->{pid} = 0;
    return ($?, Tuanbo::Test::slurp($encoder->{log}));
}


sub cut ($self, $encoder, $signal = 'TERM') {
    kill $signal, $encoder->{pid};
    return $self->ended($encoder);
}


sub write_file ($path, $text) {
    make_path(dirname($path));
    open my $file, '>', $path or die "$path: $!";
    print {$file} $text;
    close $file or die $!;
}


# To the workers' user.
sub give_away ($path) {
    return if $> != 0;

    my ($uid, $gid) = (getpwnam 'nobody')[2, 3];

    finddepth(sub { chown $uid, $gid, $_ or die $! }, $path);
}


sub DESTROY ($self) {
    local ($?, $!);

    for my $encoder (grep { $_->{pid} } $self->{encoders}->@*) {
        kill KILL => $encoder->{pid};
        waitpid $encoder->{pid}, 0;
    }
}

1;
