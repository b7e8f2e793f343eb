use v5.36;
use Tuanbo::Test;
use Tuanbo::Test::Faults;

# The shared zone: its size follows from the conf and nothing is taken from it
# later, but its rings.  Each worker has one, also those of reloads before that
# have something of ours to finish; there are many, not endless.

# who is half through his request is not sent away, however slow we are
my $t = Tuanbo::Test->new(workers => 1,
    server => 'client_body_timeout 1h;');
my $faults = Tuanbo::Test::Faults->new($t);
$t->start;
$faults->open_shop;

# A buyer half of whose request has come: its worker keeps its ring for it.
my @clients;
sub stay () {
    my $socket = IO::Socket::INET->new(PeerAddr => '127.0.0.1',
        PeerPort => $t->port) or die $!;
    syswrite $socket, "POST /api/holds HTTP/1.1\r\nHost: x\r\nX-User: slow\r\n"
        . "Content-Type: application/json\r\nContent-Length: 100\r\n"
        . "Expect: 100-continue\r\n\r\n";
    # nginx has begun to read the body
    sysread $socket, my $go_on, 100;
    syswrite $socket, '{"sale":';
    push @clients, $socket;
}

my $taken = qr/\[error\].* all \d+ rings are taken; waiting for a worker/;
my $reloads = 0;
my $why;
$faults->suffer('all rings are taken, by workers that cannot leave',
    restarts => 1, told => ['not_ready'],
    without => [qw(reads refusals retries feed events metrics)],
    begin => sub {
        for (1 .. 40) {
            stay();
            $t->reload;
            $reloads++;
            last if wait_until { $t->log_text =~ $taken } 0.3;
        }
        cmp_ok($reloads, '>=', 8, "after $reloads reloads");
        is($t->all_worker_pids, 1 + $reloads, 'all workers are there');
    },
    end => sub { close shift @clients },
    log => [$taken]);
is($t->all_worker_pids, $reloads, 'one left, and the new one has its ring');

close $_ for @clients;
$faults->nothing_lost;
$t->finish;
