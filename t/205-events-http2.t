use v5.36;
use Tuanbo::Test;
use IPC::Open3;

# Everything over HTTP/2 and TLS, with curl.

my $t = Tuanbo::Test->new(tls => 1, http2 => 1)->start;

$t->define_sale('grape', price_fen => 100, stock => 100);

sub curl (@arguments) {
    open my $pipe, '-|', 'curl', '-sk', '--no-progress-meter', '--http2',
        '--max-time', '30', @arguments or die $!;
    local $/;
    return scalar <$pipe> // '';
}

my $base = $t->url('');
my $said = curl('-i', '-H', 'X-User: alice', '-H',
    'Content-Type: application/json', '-d', '{"sale":"grape","qty":1}',
    "$base/api/holds");
like($said, qr{^HTTP/2 201}, 'a hold over HTTP/2') or diag($said);
like($said, qr{^location: /api/holds/[0-9a-f]{32}}m, 'its address');

# many requests multiplexed on one connection
my @urls = map { ('-o', '/dev/null', "$base/api/sales/grape") } 1 .. 20;
$said = curl('-Z', '-w', '%{http_code} %{http_version}\n', @urls);
is(() = $said =~ /^200 2$/mg, 20, 'many at once on one connection')
    or diag($said);

my $body = "$t->{dir}/body";
open my $file, '>', $body or die $!;
print {$file} '{"sale":"grape","qty":1}';
close $file;
my $holds = `h2load -n 40 -c 1 -m 20 -d $body -H 'X-User: h2' \\
    -H 'Content-Type: application/json' -H ':method: POST' \\
    $base/api/holds 2>&1`;
like($holds, qr/40 done, 40 succeeded|3 2xx, 0 3xx, 37 4xx/,
    'many holds at once on one connection') or diag($holds);
is($t->sale('grape')->{held}, 4, 'three live holds of one buyer');

# a stream, read while others talk
my $pid = open my $stream, '-|', 'curl', '-skN', '--http2', '-D', '-',
    '--max-time', '600', "$base/api/events?sale=grape" or die $!;
$stream->blocking(0);
my $text = '';
sub read_until ($pattern) {
    return wait_until {
        sysread $stream, my $piece, 65536;
        $text .= $piece // '';
        $text =~ $pattern;
    };
}

ok(read_until(qr/event: snapshot\ndata: .*\n\n/), 'a snapshot over HTTP/2')
    or diag($text);
like($text, qr{^HTTP/2 200}, 'it is HTTP/2');
$t->held('bob', 'grape', 2);
ok(read_until(qr/event: stock\ndata: [^\n]*"held":6[^\n]*\n\n/), 'stock')
    or diag($text);
$t->admin(POST => '/sales/grape/pause');
ok(read_until(qr/event: state\ndata: [^\n]*"paused"[^\n]*\n\n/), 'state')
    or diag($text);

# a rush does not stall other streams of the connection or lose the last word
$t->admin(POST => '/sales/grape/resume');
my %codes;
$codes{ $_->code // 'no answer' }++ for $t->many([map {
    $t->hold_call("rush-$_", 'grape', 1) } 1 .. 50], parallel => 16);
is_deeply(\%codes, { 201 => 50 }, 'a rush');
ok(read_until(qr/event: stock\ndata: [^\n]*"held":56[^\n]*\n\n/),
    'the last word of a rush') or diag($text);

# closed by a reload
my @old = $t->reload;
my $eof = wait_until {
    my $n = sysread $stream, my $piece, 65536;
    defined $n && $n == 0;
};
ok($eof, 'a reload ends the stream');
kill TERM => $pid if !$eof;
close $stream;
ok($t->wait_gone(10, @old), 'old workers are gone');

# a long poll over HTTP/2
my $last = ($t->ledger)[-1]{seq};
my $target = "/ledger?after=$last&wait_ms=15000";
my $signature = $t->signature('ledger', 'GET', $target, '', '');
$pid = open my $poll, '-|', 'curl', '-sk', '--http2', '--max-time', '30',
    '-H', "Flashsale-Signature: $signature", "$base$target" or die $!;
sleep 0.5;
$t->held('carol', 'grape', 1);
$text = join '', <$poll>;
close $poll;
like($text, qr/"type":"held"/, 'a long poll over HTTP/2');

# plain HTTP/2 without TLS
my $plain = Tuanbo::Test->new(http2 => 1, locations => '',
    server => 'location /api/ { flashsale_api; }');
$plain->start;
my $url = 'http://127.0.0.1:' . $plain->port . '/api/sales/none';
$said = `curl -s --http2-prior-knowledge -w ' %{http_version}' $url`;
like($said, qr/"no_such_sale".* 2$/, 'without TLS');

$t->audit_ok;
$t->finish;
