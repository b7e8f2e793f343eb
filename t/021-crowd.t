use v5.36;
use utf8;
use Tuanbo::Test;
use Tuanbo::Test::Demo;

# An evening against the demo, as `make crowd` does it, of few and short: all
# of it happens, and adds up; and whom it does not ask.

my $t = Tuanbo::Test->new;
my $demo = Tuanbo::Test::Demo->new($t);
my $crowd = Tuanbo::Test::root() . '/t/crowd/crowd.pl';

sub crowd (@words) {
    my $said = `$^X $crowd --secrets @{[ $demo->data ]}/secrets @words 2>&1`;
    return ($? >> 8, $said);
}

my ($code, $said) = crowd('--url http://192.0.2.1');
is($code, 1, 'another machine');
like($said, qr/is not this machine/, 'is not asked');
is((crowd('--neighbours 5000'))[0], 2, 'too many');
is((crowd('--seconds 1'))[0], 2, 'too fast');

$demo->start;
my $url = 'http://127.0.0.1:' . $t->port;
($code, $said) = crowd("--url $url --seed 1 --neighbours 40 --seconds 15");
is($code, 0, 'an evening') or diag($said);
like($said, qr/^seed 1, 40 neighbours/, 'by a seed');
like($said, qr/^$_ +[1-9]/m, "with $_")
    for qw(page comment seen tap gift payment pin), 'give back';
like($said, qr/drawn: [1-9]\d* tickets, 1 won/, 'a draw');
like($said, qr/the van brings [1-9]\d* units/, 'a van');
my ($handed, $orders) = $said =~ /(\d+) of (\d+) orders are handed over/;
is($handed, $orders, 'all that was paid for is handed over');
cmp_ok($orders // 0, '>', 0, 'and something was');
like($said, qr/viewers 40$/m, 'all came');
unlike($said, qr/viewers dropped/, 'and stayed');
like($said, qr/^audit: it all adds up$/m, 'it adds up');

$demo->stop('INT');
($code, $said) = crowd("--url $url");
is($code, 1, 'where nothing runs');
like($said, qr/is the demo running/, 'it says so');

done_testing();
