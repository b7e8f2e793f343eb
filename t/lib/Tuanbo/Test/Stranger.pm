package Tuanbo::Test::Stranger;

# Somebody at another address who asks as fast as nginx answers, and what that
# leaves in the logs.
#
#     writes_little("the demo", $port, $error_log, $access_log);

use v5.36;

use Exporter qw(import);
use IO::Socket::INET;
use Test::More;

use Tuanbo::Test ();

our @EXPORT_OK = qw(writes_little);

# a line that is written is written for each, or for one in so many
use constant { BATCH => 100, SOME => 200, MANY => 1000 };


# Sends a request so many times; gives how often each status came.
sub ask ($port, $times, $request) {
    my %came;

    while ($times > 0) {
        my $n = $times < BATCH ? $times : BATCH;
        my $socket = IO::Socket::INET->new(PeerAddr => '127.0.0.1',
            PeerPort => $port, LocalAddr => '127.0.0.2') or die $@;

        $request .= "\r\nHost: shop.example" if $request !~ /^Host:/m;
        print {$socket} map { "$request\r\nConnection: "
            . ($_ < $n ? 'keep-alive' : 'close') . "\r\n\r\n" } 1 .. $n;
        my $answers = do { local $/; readline $socket } // '';
        my @status = $answers =~ m{HTTP/1\.1 (\d+) }g;
        $came{$_}++ for @status;
        $times -= @status || 1;
    }

    return \%came;
}


sub lines ($path, $wanted) {
    return grep { $_ =~ $wanted } split /\n/, Tuanbo::Test::slurp($path);
}


# No line of the level that we ship, whatever is asked for; and of what the
# limits refuse so few in the access log as show that it happens.
sub writes_little ($name, $port, $error_log, $access_log = undef) {
    my $bad = qr/\[(?:notice|warn|error|crit|alert|emerg)\]/;
    my @before = lines($error_log, $bad);
    my @asked = ((map { "GET $_ HTTP/1.1" } qw(/metrics /admin/sales/x /ledger
        /login /no/such/page /no/such/ /static/none.0123456789.css
        /favicon.ico /problem /api/sales/none /checkout/00)),
        'POST /orders/x/confirm HTTP/1.1', 'PUT /admin/sales/x HTTP/1.1',
        'DELETE / HTTP/1.1', 'GET /%00 HTTP/1.1', 'GET / HTTP/7.1',
        "GET / HTTP/1.1\r\nHost: /", 'no HTTP',
        'GET /' . 'x' x 33_000 . ' HTTP/1.1');
    my %few = map { $_ => 1 } @asked[-5 .. -1];     # a connection each
    my @silent = grep { !%{ ask($port, $few{$_} ? 50 : SOME, $_) } } @asked;

    is(scalar @silent, 0, "$name: whatever a stranger asks for is answered")
        or diag(map { substr($_, 0, 80) . "\n" } @silent);

    if ($access_log) {
        my ($refused, $asked) = (0, 0);

        # the sample is one by chance: until it has one
        while ($refused < 3 * MANY || !lines($access_log, qr/" 429 /)) {
            last if ($asked += MANY) > 30 * MANY;
            my $came = ask($port, MANY, 'POST /api/holds HTTP/1.1'
                . "\r\nContent-Length: 0");
            $refused += $came->{429} // 0;
        }
        my @sample = lines($access_log, qr/" 429 /);

        cmp_ok($refused, '>=', 3 * MANY, "$name: the limits refuse");
        cmp_ok(scalar @sample, '>=', 1, "$name: which the access log says");
        cmp_ok(scalar @sample, '<=', $refused / 50, "$name: in few lines");
    }

    my @written = lines($error_log, $bad);
    splice @written, 0, scalar @before;
    is(scalar @written, 0, "$name: nothing of it is in the error log")
        or diag(map { substr($_, 0, 200) . "\n" } grep { defined }
            @written[0 .. 9]);
}


1;
