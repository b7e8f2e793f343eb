use v5.36;
use Tuanbo::Test;
use Tuanbo::Test::Faults;
use IO::Select;
use IO::Socket::INET;

# A hold that was taken is told to its buyer, whatever else is taken in that
# moment.  An answer speaks of names and numbers; it must be read from what
# was committed with the hold, and not from a moment before.  Here each buyer
# brings a name of its own, and the event loop is slow: results come while
# others are being told.

my $rounds = 10;
my $buyers = 200;
my $t = Tuanbo::Test->new(store => 'size=256m');
my $faults = Tuanbo::Test::Faults->new($t);

$t->start;
$faults->set(slow_us => 300);

$t->define_sale('grape', stock => $rounds * $buyers,
    doc => { pickups => [map { "point-$_" } 1 .. $buyers] });

my (%codes, %reading, %left, %number);
my $select = IO::Select->new;

sub ask ($socket) {
    my $name = $number{$socket} . '-' . $left{$socket}--;
    my $body = encode_json({ sale => 'grape', qty => 1,
        pickup => "point-$number{$socket}" });

    $reading{$socket} = '';
    syswrite $socket, "POST /api/holds HTTP/1.1\r\nHost: shop\r\n"
        . "X-User: b-$name\r\nContent-Type: application/json\r\n"
        . 'Content-Length: ' . length($body) . "\r\n\r\n$body";
}

for my $i (1 .. $buyers) {
    my $socket = IO::Socket::INET->new(PeerAddr => '127.0.0.1',
        PeerPort => $t->port) or die "connect: $!";
    $number{$socket} = $i;
    $left{$socket} = $rounds;
    $select->add($socket);
    ask($socket);
}

while ($select->count) {
    my @ready = $select->can_read(30) or last;
    for my $socket (@ready) {
        my $n = sysread $socket, $reading{$socket}, 65536,
            length $reading{$socket};
        my ($head) = $reading{$socket} =~ /\A(.*?\r\n\r\n)/s;
        if ($n && (!$head || $head =~ /^Content-Length: (\d+)/mi
            && length($reading{$socket}) < length($head) + $1))
        {
            next;
        }
        my ($code) = $reading{$socket} =~ m{\AHTTP/1\.1 (\d+)};
        $codes{ $code // 'no answer' }++;
        if ($n && $left{$socket} && $head =~ /^Connection: keep-alive/mi) {
            ask($socket);
        }
        else {
            $select->remove($socket);
        }
    }
}

is_deeply(\%codes, { 201 => $rounds * $buyers },
    'each is told of the hold that was taken');
is($t->sale('grape')->{held}, $rounds * $buyers, 'and each was taken');

$t->audit_ok;
$t->finish;
