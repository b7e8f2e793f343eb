#!/usr/bin/perl

# A room with its picture, on the storefront as it is: so many who watch, each
# with a stream of the room, its playlist each second and each segment; 20
# comments a second; 300 taps within one second. Everything is on this machine:
# the shop's two workers, the live nginx, the encoder and those who watch.
#
#     evening.pl [WATCHING] [SECONDS] [TAPS]      2000, 20 and 300
#
# It prints a table.

use v5.36;

use File::Basename qw(dirname);
use FindBin;
use lib dirname($FindBin::Bin) . "/lib";
use Tuanbo::Test;
use Tuanbo::Test::Live;
use Tuanbo::Test::Storefront;

my $watching = shift // 2000;
my $seconds = shift // 20;
my $taps = shift // 300;
my $room = "$FindBin::Bin/../../build/bench/room";

{
    no warnings 'redefine';
    my $conf = \&Tuanbo::Test::conf;
    *Tuanbo::Test::conf = sub ($self) {
        return $conf->($self)
            =~ s/worker_connections 1024/worker_connections 20000/r;
    };
}

my $live = Tuanbo::Test::Live->new->start;
my %shop = $live->shop;

$shop{http} .= 'flashsale_comments session=100/1s;';

my $t = Tuanbo::Test::Storefront->storefront(workers => 2,
    store => 'size=1g', %shop);

# whoever says X-User is that one, as in the demo
$t->{server} .= <<'CONF';
    if ($http_x_user) {
        set $tuanbo_identity login;
        set $tuanbo_login $http_x_user;
        set $tuanbo_trusted 1;
    }
CONF
$t->start;

$t->define_sale('grape', price_fen => 100, stock => 1_000_000);
$t->admin(PUT => '/documents/session/fruit', json => { title => 'fruit',
    starts_at => now_ms() - 1000, ends_at => now_ms() + 3_600_000 });
$t->admin(POST => '/sessions/fruit/start');
my $encoder = $live->encoder($live->stream('fruit'), size => '640x360');
wait_until { $t->get('/hls/fruit/index.m3u8')->body =~ /\.ts/ } 30
    or die "no picture\n";

printf "%-10s %8s %8s %8s\n", 'ms', 'p50', 'p99', 'max';
my @said = `$room @{[ $t->port ]} fruit $watching $seconds 20 grape $taps`;
for (@said) {
    my ($name, @ms) = split;
    print /^(?:seen|had) / ? $_ : sprintf "%-10s %8s %8s %8s\n", $name, @ms;
}
die "the room's client failed\n" if $?;
$live->cut($encoder);
$t->finish;
