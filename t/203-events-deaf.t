use v5.36;
use Tuanbo::Test;
use Socket;

# A viewer who does not read is dropped before it costs memory; those who
# read stay.

my $t = Tuanbo::Test->new(workers => 1,
    http => 'flashsale_live_holds 10000;')->start;

my @sales = map { "sale-$_" } 1 .. 16;
$t->define_sale($_, title => 'x' x 200, stock => 100_000) for @sales;

my $viewer = $t->events(\@sales);
is($viewer->next->{event}, 'snapshot', 'one who reads');

my @deaf;
for (1 .. 3) {
    socket(my $socket, PF_INET, SOCK_STREAM, 0) or die $!;
    setsockopt $socket, SOL_SOCKET, SO_RCVBUF, pack('l', 2048);
    connect $socket, pack_sockaddr_in($t->port,
        inet_aton('127.0.0.1')) or die $!;
    my $query = join '&', map { "sale=$_" } @sales;
    syswrite $socket, "GET /api/events?$query HTTP/1.1\r\nHost: x\r\n\r\n";
    push @deaf, $socket;
}

# two holds of eight lines again and again until they are gone
my $dropped = 0;
my $i = 0;
my $end = time + 60 * Tuanbo::Test::slower();
while (time < $end) {
    $i++;
    $t->many([map { $t->hold_call("u$i", [map { ["sale-$_", 1] } @$_]) }
        [1 .. 8], [9 .. 16]]);
    $viewer->drain(0.05);
    my @gone = $t->access_text =~ m{GET /api/events }g;
    $dropped = @gone;
    last if $dropped == 3;
}
is($dropped, 3, "dropped after $i rounds");
is($viewer->{closed}, undef, 'who reads stays');
$t->hold('last', 'sale-3', 1);
ok($viewer->next_of(sub { $_->{json}{sale} eq 'sale-3' }), 'and is told');

# they did have a stream
for my $socket (@deaf) {
    sysread $socket, my $bytes, 65536;
    like($bytes, qr{^HTTP/1\.1 200 .*event: snapshot}s, 'it had a stream');
    close $socket;
}

$t->audit_ok;
$t->finish;
