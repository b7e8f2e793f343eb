use v5.36;
use Compress::Raw::Zlib ();
use IO::Select;
use IO::Socket::INET;
use Tuanbo::Test;

# A stream behind a proxy that buffers and compresses: each event comes through
# when it happens, not when a block is full.

my $front = Tuanbo::Test::free_port();
my $t = Tuanbo::Test->new;
$t->{http} .= <<"CONF";
    server {
        listen 127.0.0.1:$front;
        gzip             on;
        gzip_types       text/event-stream application/json;
        gzip_proxied     any;
        gzip_min_length  1;
        proxy_buffering  on;
        proxy_http_version 1.1;
        location / { proxy_pass http://127.0.0.1:@{[ $t->port ]}; }
    }
CONF
$t->start;
$t->define_sale('grape', price_fen => 100, stock => 1000);

like($t->events(['grape'])->headers->cache_control, qr/\bno-transform\b/,
    'the stream asks not to be changed on its way');

my $socket = IO::Socket::INET->new(PeerAddr => "127.0.0.1:$front") or die $!;
print {$socket} "GET /api/events?sale=grape HTTP/1.0\r\nHost: x\r\n"
    . "Accept-Encoding: gzip\r\n\r\n";

my ($raw, $body) = ('', '');
my $inflate = Compress::Raw::Zlib::Inflate->new(
    -WindowBits => Compress::Raw::Zlib::WANT_GZIP_OR_ZLIB());
my $select = IO::Select->new($socket);

# What has come so far.
sub heard {
    while ($select->can_read(0)) {
        sysread $socket, my $bytes, 65536 or last;
        if (!defined $raw) {
            inflate($bytes);
            next;
        }
        $raw .= $bytes;
        next if $raw !~ /\r\n\r\n/;
        my ($head, $rest) = split /\r\n\r\n/, $raw, 2;
        $inflate = undef if $head !~ /Content-Encoding: gzip/i;
        $raw = undef;
        inflate($rest);
    }
    return $body;
}

sub inflate ($bytes) {
    if (!$inflate) {
        $body .= $bytes;
        return;
    }
    $inflate->inflate($bytes, my $plain);
    $body .= $plain;
}

eventually { heard() =~ /^event: snapshot/m } 'the snapshot';
for my $i (1 .. 3) {
    $t->held("buyer-$i", 'grape', 1);
    eventually { (() = heard() =~ /^event: stock/mg) == $i } "event $i by itself";
}
close $socket;

$t->finish;
