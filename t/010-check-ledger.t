use v5.36;

use FindBin;
use Test::More;

use lib "$FindBin::Bin/lib", "$FindBin::Bin/../conf/lib";
use Tuanbo::Ledger;
use Tuanbo::Test::Feed;

# tuanbo-check-ledger accepts the golden feed, and finds each contradiction in
# feeds made from it: form, chain, units, holds, money, groups.

# ---- as it is
is_deeply([chain(@texts)], \@golden, 'this test chains as the engine does');
like(accepted('golden', \@golden), qr/^ok: 150 entries, seq 1 to 150, hash /,
    'the summary');

my ($status, $said) = check(\@golden, '--sales');
is($status, 0, '--sales');
like($said, qr/^grape stock 240 free 237 held 0 sold 3$/m, 'sums of a sale');
like($said, qr/^egg stock 13 free 10 held 0 sold 3$/m, 'and of another');

# ---- cash
refused('cash taken later', inserted(111, '"type":"opened","sale":"grape"'),
    qr/seq 113: cash of hold \w+ was taken by sister-li, and not as it began/);
refused('cash of something else', changed(11, sub {
    $_ .= q(,"taken_by":"li") }),
    qr/seq 11: cash of hold \w+ was taken by li, and not as it began/);

# ---- gifts, and those who wait
my ($gift) = $golden[118] =~ /"gift":"(\w+)"/;
my ($another) = $golden[116] =~ /"hold":"(\w+)"/;
refused('bound twice', removed(120), qr/seq 120: gift $gift is bound by/);
refused('unbound twice', inserted(120, saying(120)),
    qr/seq 121: unbound from \w+, but gift $gift is bound by nothing/);
refused("another's gift", changed(119, sub { s/$gift/$another/ }),
    qr/seq 119: bound, but gift $another is another buyer's/);
refused('a number twice', changed(117, sub { s/"number":2/"number":1/ }),
    qr/seq 117: gift 1 of rain, and 2 was to come/);
refused('given without terms', removed(114),
    qr/seq 115: granted, but rain gives nothing/);
my ($sold_at) = grep { $golden[$_ - 1] =~ /"type":"sold"/ } 1 .. @golden;
refused('sold for more than it costs', changed($sold_at, sub {
    s/"amount_fen":(\d+)/'"amount_fen":' . ($1 + 1)/e }),
    qr/seq $sold_at: hold \w+ is sold for \d+ fen, not \d+/);
refused('a newcomer twice', inserted(145, saying(145)),
    qr/seq 146: referred, but its buyer was before/);
my ($older) = $golden[9] =~ /"buyer":"(\w+)"/;
refused('a newcomer who is none', changed(144, sub {
    s/"buyer":"\w+"/"buyer":"$older"/ }),
    qr/seq 145: referred, but its buyer had a hold before/);
refused('given twice for one', inserted(148, saying(148)
    =~ s/"number":4/"number":5/r =~ s/"hold":"\w+"/"hold":"${\('c' x 32)}"/r),
    qr/seq 149: granted to the inviter of seq 145 before/);
refused('to somebody else', changed(148, sub { s/"inviter"/"newcomer"/ }),
    qr/seq 148: granted to the newcomer of seq 145, who is another/);
refused('to the inviter, and nothing was collected', removed(150),
    qr/granted to the inviter of seq 145, and nothing was handed over to \w+/);
refused('served twice', inserted(139, saying(139)),
    qr/seq 140: egg of hold \w+ is held: no way to served/);
refused('served what has left', inserted(140, saying(140)
        =~ s/"type":"stepped_out"/"type":"served"/r
        =~ s/"qty":7/"qty":7,"price_fen":1500,"expires_at":1790181809604/r),
    qr/seq 141: egg of hold \w+ is released: no way to served/);

$said = qx("$^X" "$script" < "$golden");
is($?, 0, 'from standard input');

open my $half, '>', "$dir/half" or die $!;
print $half @golden[0 .. 29];
close $half;
open my $rest, '>', "$dir/rest" or die $!;
print $rest @golden[30 .. $#golden];
close $rest;
qx("$^X" "$script" "$dir/half" "$dir/rest");
is($?, 0, 'in two files');

# ---- what docs/ledger.md shows
my $docs = do { local (@ARGV, $/) = "$FindBin::Bin/../docs/ledger.md"; <> };
my ($command, $printed) = $docs =~ /^```\n\$ (.*)\n((?:.*\n)*?)```$/m;
my ($perl) = $docs =~ /^```sh\n(perl .*?)^```$/ms;

is(qx(cd "$FindBin::Bin/.." && $command), $printed, $command);
$perl =~ s/ledger\.ndjson$/'$golden'/;
is(qx($perl), $golden[-1] =~ /"hash":"(.*)"/ ? "$1\n" : '',
    'the chain in a few lines');

# ---- from the middle
my ($hash) = $golden[18] =~ /"hash":"([0-9a-f]{64})"/;
my @tail = @golden[19 .. $#golden];
like(accepted('middle', \@tail, "--after-seq 19 --after-hash $hash"),
    qr/sums not checked/, 'says what it cannot know');
accepted('middle, by its place alone', \@tail, '--after-seq 19');
accepted('nothing new', [], "--after-seq 64 --after-hash $hash");
refused('middle, another hash', \@tail, qr/seq 20: its hash is not/,
    '--after-seq 19 --after-hash ' . '1' x 64);
refused('middle, another place', \@tail, qr/seq 20: 19 was to come/,
    "--after-seq 18 --after-hash $hash");
refused('middle, taken for the beginning', \@tail, qr/20: 1 was to come/);

my @cut;
for my $after (1 .. $#golden) {
    my $ledger = Tuanbo::Ledger->new(after_seq => $after,
        problem => sub ($seq, $words) { push @cut, "$after: $seq: $words" });
    $ledger->check_line($_) for @golden[$after .. $#golden];
    $ledger->finish;
}
is_deeply(\@cut, [], 'from wherever it begins');

# ---- cannot be read
is((check(\@golden, '--after-hash 12'))[0], 2, 'not a hash');
is((check(\@golden, '--no-such-option'))[0], 2, 'not an option');
qx("$^X" "$script" "$dir/missing" 2>&1);
is($? >> 8, 2, 'not a file');

# ---- form
refused('empty', [], qr/there is no entry/);
refused('cut', [@golden[0 .. 50], substr $golden[51], 0, -1],
    qr/seq 51: after it comes a line without its hash or its end/);
refused('not JSON', [chain(@texts[0 .. 9], '{"seq":11,"at":1,"type":held')],
    qr/seq 10: after it comes a line that is not an entry/);
refused('escaped', changed(7, sub { s/"grape"/"gr\\u0061pe"/ }),
    qr/a line that is not an entry/);
refused('field twice', changed(12, sub { s/"qty":2/"qty":2,"qty":1/ }),
    qr/a line that is not an entry/);
refused('no type', changed(7, sub { s/"type":"opened",// }),
    qr/a line that is not an entry/);
refused('unknown type', changed(7, sub { s/"opened"/"gifted"/ }),
    qr/seq 7: type gifted is not known/);
refused('field missing', changed(12, sub { s/"qty":2,// }),
    qr/seq 12: sold without qty/);

# ---- sequence, chain, time
refused('gap', [@golden[0 .. 9, 11 .. 51]], qr/seq 12: 11 was to come/);
refused('line twice', [@golden[0 .. 9, 9 .. 51]], qr/seq 10: 11 was to come/);
refused('lines swapped', [@golden[0 .. 9, 11, 10, 12 .. 51]],
    qr/seq 12: 11 was to come/);

my @forged = @golden;
$forged[11] =~ s/7960/7961/;
refused('line changed', \@forged, qr/seq 12: its hash is not/);

@forged = @golden;
$forged[11] =~ s/"hash":"./"hash":"0/;
$said = refused('hash changed', \@forged, qr/seq 12: its hash is not/);
like($said, qr/seq 13: its hash is not/, 'and the next does not follow it');

refused('time goes back', changed(12, sub { s/"at":\d+/"at":1/ }),
    qr/seq 12: at 1 is before \d+, and no clock entry says so/);
refused('clock entry lies', changed(26, sub { s/(previous_at":)\d+/${1}1/ }),
    qr/seq 26: previous_at is 1, but/);

# ---- units
my $other = '"hold":"' . 'a' x 32 . '","buyer":"' . 'b' x 32 . '"';
my $held = qq("type":"held",$other);
my $end = '"price_fen":1,"expires_at":1';

accepted('all that is free', inserted(41,
    qq($held,"sale":"egg","qty":25,$end),
    '"type":"released","hold":"' . 'a' x 32 . '","sale":"egg","qty":25'));
refused('one too many', inserted(41, qq($held,"sale":"egg","qty":26,$end)),
    qr/seq 42: egg has -1 free: stock 30, held 26, sold 5/);
refused('stock taken away', inserted(41,
    '"type":"stock","sale":"egg","qty":-26'), qr/seq 42: egg has -1 free/);
refused('stock below 0', inserted(6,
    '"type":"stock","sale":"grape","qty":-201'),
    qr/seq 7: grape has -1 stock/);
refused('sale made smaller than what is sold', inserted(41,
    '"type":"sale","sale":"egg","stock":4,"price_fen":1500'),
    qr/seq 42: egg has -1 free/);
refused('no such sale', inserted(41, qq($held,"sale":"pear","qty":1,$end)),
    qr/seq 42: sale pear was not defined/);
refused('over the limit', inserted(20,
    '"type":"held","hold":"' . 'a' x 32 . '","buyer":"'
    . '6e65696768626f7572206c6920303031","sale":"grape","qty":1,' . $end),
    qr/seq 21: the buyer has 3 units of grape, the limit is 2/);

# ---- holds
my ($first) = $texts[9] =~ /"hold":"([0-9a-f]{32})"/;
my ($second) = $texts[14] =~ /"hold":"([0-9a-f]{32})"/;
my ($late) = $texts[26] =~ /"hold":"([0-9a-f]{32})"/;
my $grape = '"sale":"grape","qty":2';
my $paid = '"payment":"' . 'c' x 32 . '","amount_fen":7960';

refused('never held', removed(33), qr/seq 33: hold \w+ was never held/);
refused('released twice', inserted(20,
    qq("type":"released","hold":"$second","sale":"grape","qty":1)),
    qr/seq 21: grape of hold $second is released: no way to released/);
refused('released while paying', inserted(11,
    qq("type":"released","hold":"$first",$grape)),
    qr/is paying: no way to released/);
refused('sold twice', inserted(12,
    qq("type":"sold","hold":"$first",$grape,$paid)),
    qr/is sold: no way to sold/);
refused('sold after it was released', inserted(20,
    qq("type":"sold","hold":"$second","sale":"grape","qty":1,$paid)),
    qr/is released: no way to sold/);
refused('sold late, but it was in time', inserted(12,
    qq("type":"sold_late","hold":"$first",$grape,$paid)),
    qr/is sold: no way to sold_late/);
refused('expired after it was sold', inserted(12,
    qq("type":"expired","hold":"$first",$grape)),
    qr/is sold: no way to expired/);
refused('cancelled after it was sold', inserted(12,
    qq("type":"cancelled","hold":"$first",$grape)),
    qr/is sold: no way to cancelled/);
refused('withdrawn before it expired', inserted(10,
    qq("type":"withdrawn","hold":"$first")),
    qr/is held: no way to withdrawn/);
refused('paying after it expired', inserted(28,
    qq("type":"paying","hold":"$late","expires_at":1)),
    qr/is expired: no way to paying/);
refused('ready before it was sold', inserted(11,
    qq("type":"ready","hold":"$first")), qr/is paying: no way to ready/);
refused('picked up before it was ready', removed(50),
    qr/is sold: no way to picked_up/);
refused('another quantity', changed(12, sub { s/"qty":2/"qty":1/ }),
    qr/seq 12: sold 1 units, but 2 were held/);
refused('another sale', changed(12, sub { s/"grape"/"egg"/ }),
    qr/seq 12: egg of hold $first was never held/);
refused('one sale twice', changed(16, sub { s/strawberry/grape/ }),
    qr/seq 16: hold $second holds grape twice/);
refused('two buyers', changed(16, sub { s/"buyer":"../"buyer":"00/ }),
    qr/seq 16: hold $second has two buyers/);
refused('a line missing', removed(16),
    qr/seq 16: line 3 of 3 of hold $second that began at seq 15/);
refused('too many lines', changed(17, sub { s/"lines":3/"lines":2/ }),
    qr/seq 17: line 3 of 2 /);
refused('its last line missing', removed(17),
    qr/seq 17: held line 3 of hold $second was to come/);
refused('something between its lines', inserted(15,
    '"type":"paused","sale":"grape"'),
    qr/seq 16: held line 2 of hold $second was to come/);
refused('expired before its time', changed(27,
    sub { s/"expires_at":\K\d+/32503680000000/ }),
    qr/seq 28: expired at \d+, but hold $late expires at 32503680000000/);
accepted('expired before its time, by a clock that went back unseen',
    changed(27, sub { s/"expires_at":\K\d+/32503680000000/ }),
    '--unsteady-clock');
refused('no units', changed(27, sub { s/"qty":3/"qty":0/ }),
    qr/seq 27: 0 units are held/);

# ---- keys
my $pear = '"type":"sale","sale":"pear","stock":9,"price_fen":1';
my $keyed = $held =~ s/a{32}/%s/r . ',"sale":"pear","qty":1,' . $end
    . ',"key":"00000000000000aa"';
my ($one, $two) = map { sprintf $keyed, $_ x 32 } 'c', 'd';
my $released = '"type":"released","hold":"' . 'c' x 32
    . '","sale":"pear","qty":1';

refused('a key executed twice', inserted(52, $pear, $one, $two),
    qr/seq 55: key 00000000000000aa was executed at seq 54/);
refused('and soon after its hold has ended',
    inserted(52, $pear, $one, $released, $two),
    qr/seq 56: key 00000000000000aa was executed at seq 54/);
accepted('a key of another buyer', inserted(52, $pear, $one,
    $two =~ s/b{32}/'e' x 32/er));

my $day_later = inserted(52, $pear, $one, $released, $two);
my ($at) = $day_later->[54] =~ /"at":(\d+)/;
my ($later, $sooner) = map {
    my $ms = $_;
    [chain((map { s/,"hash":.*//sr } @$day_later[0 .. 54]),
        $day_later->[55] =~ s/,"hash":.*//sr
        =~ s/"at":\d+/'"at":' . ($at + $ms)/er)]
} 86_400_000, 86_300_000;
accepted('a key of long ago', $later);
refused('a key of nearly a day ago', $sooner,
    qr/seq 56: key 00000000000000aa was executed at seq 54/);
accepted('a key of a day ago, by a clock that went back unseen', $sooner,
    '--unsteady-clock');

# ---- pickup points
refused('sold elsewhere', changed(12, sub { s/xingfu/dongmen/ }),
    qr/seq 12: sold at dongmen, but hold $first is to be collected at xingfu/);
refused('moved, and released where it was', changed(63,
    sub { s/xingfu/dongmen/ }), qr/seq 63: released at dongmen, but hold /);
refused('moved when it is over', inserted(13, '"type":"pickup","hold":"'
    . $first . '","pickup":"dongmen"'),
    qr/seq 14: hold $first is sold: no way to another pickup point/);
refused('moved, never held', changed(61, sub { s/"hold":"../"hold":"00/ }),
    qr/seq 61: hold 00\w+ was never held/);
refused('its key executed twice', changed(62,
    sub { s/"xingfu"/"xingfu","key":"deadbeef00010203"/ }),
    qr/seq 62: key deadbeef00010203 was executed at seq 61/);

# ---- money
my ($sold) = $texts[11] =~ /"payment":"([0-9a-f]{32})"/;
my ($due) = $texts[12] =~ /"payment":"([0-9a-f]{32})"/;
my $back = '"reason":"second_payment"';

refused('due back, but it sold', inserted(12, qq("type":"refund_due",)
    . qq("hold":"$first","payment":"$sold","amount_fen":7960,$back)),
    qr/seq 13: payment $sold is due back, but it sold/);
refused('due back twice', inserted(13, qq("type":"refund_due",)
    . qq("hold":"$first","payment":"$due","amount_fen":7960,$back)),
    qr/seq 14: payment $due is due back twice/);
refused('due back, then it sells', inserted(11, qq("type":"refund_due",)
    . qq("hold":"$first","payment":"$sold","amount_fen":7960,$back)),
    qr/seq 13: payment $sold is due back, and sold/);
refused('given back, not due', removed(13),
    qr/seq 13: payment $due is given back, but it is not due/);
refused('given back twice', inserted(14, qq("type":"refunded",)
    . qq("hold":"$first","payment":"$due","amount_fen":7960)),
    qr/seq 15: payment $due is given back twice/);
my ($refund) = $texts[13] =~ /"refund":"([0-9a-f]{32})"/;
my $third = '0' x 32;
refused('one refund for two debts', inserted(14,
    qq("type":"refund_due","hold":"$first","payment":"$third",)
    . qq("amount_fen":7960,$back),
    qq("type":"refunded","hold":"$first","refund":"$refund",)
    . qq("payment":"$third","amount_fen":7960)),
    qr/seq 16: refund $refund had settled another debt at seq 14/);
refused('less given back', changed(14, sub { s/7960/7950/ }),
    qr/seq 14: payment $due: 7950 fen are given back, 7960 are due/);

# ---- debts: seq 66 owes three of the four units sold at 38, 67 restocks two
# of them, 68 owes 100 fen more, 69 settles 66
refused('a unit owed twice', changed(66, sub { s/"qty":3/"qty":5/ }),
    qr/seq 66: 5 units of egg of hold \w+ are owed, 4 were sold/);
refused('more owed than was paid', changed(68, sub { s/:100,/:1501,/ }),
    qr/seq 68: 6001 fen of egg of hold \w+ are owed, 6000 were paid/);
refused('no unit owed', changed(66, sub { s/"qty":3/"qty":0/ }),
    qr/seq 66: 0 units are owed/);
refused('fewer units owed than none', changed(66, sub { s/"qty":3/"qty":-3/ }),
    qr/seq 66: -3 units are owed/);
refused('units owed for less than they are worth', changed(66,
    sub { s/4500/4499/ }),
    qr/seq 66: 4499 fen are owed for 3 units of egg of hold \w+, worth 4500/);
refused('owed at another point', changed(66, sub { s/xingfu/dongmen/ }),
    qr/seq 66: owed at dongmen, but hold \w+ is to be collected at xingfu/);
refused('restocked at another point', changed(67, sub { s/xingfu/dongmen/ }),
    qr/seq 67: restocked at dongmen, but hold \w+ is to be collected at/);
refused('one key for two refunds', changed(68,
    sub { s/\z/,"key":"deadbeef00010203"/ }),
    qr/seq 68: key deadbeef00010203 was executed at seq 66/);
refused('an amount below nothing', changed(68, sub { s/:100,/:-100,/ }),
    qr/seq 68: -100 fen are owed/);
refused('due before it is owed', changed(65, sub { s/"due_at":1790007/"due_at":1780007/ }),
    qr/seq 65: due at 1780007209020, before it is owed/);
refused('a payment owed twice', inserted(65,
    qq("type":"owed","hold":"$first","payment":")
    . '7061796d656e74206e756d6265722039'
    . qq(","amount_fen":12,$back,"due_at":1799999999999)),
    qr/seq 66: payment \w+ is due back twice/);
refused('owed by another payment', changed(66,
    sub { s/"payment":"../"payment":"00/ }),
    qr/seq 66: payment \w+ did not sell egg/);
refused('restocked, but not owed', removed(66),
    qr/seq 66: 2 units of egg of hold \w+ are restocked, 0 are owed back/);
refused('restocked twice', changed(67, sub { s/"qty":2/"qty":4/ }),
    qr/seq 67: 4 units of egg of hold \w+ are restocked, 3 are owed back/);
refused('another amount settled', changed(69, sub { s/4500/4400/ }),
    qr/seq 69: payment \w+: 4400 fen are given back, 4500 are due/);
refused('another debt settled', changed(69, sub { s/"owed":66/"owed":68/ }),
    qr/seq 69: payment \w+: 4500 fen are given back, 100 are due/);
refused('a debt of another hold settled',
    changed(69, sub { s/"owed":66/"owed":65/ }),
    qr/seq 69: payment \w+ is given back, but it is not due/);
refused('a debt settled twice', inserted(69,
    saying(69) =~ s/6e756d62657220342e/00/r),
    qr/seq 70: payment \w+ is given back twice/);
refused('owed for a group that has not failed',
    changed(66, sub { s/"bad"/"group_failed"/ }),
    qr/seq 66: owed, but its group is formed/);
refused('formed with units that were given back', inserted(38,
    saying(66)),
    qr/seq 40: formed with 4 units, but 1 were sold/);

refused('nothing owed', changed(68, sub { s/:100,/:0,/ }),
    qr/seq 68: neither a unit nor a fen of egg of hold \w+ is owed/);
refused('owed of another line', changed(66,
    sub { s/"xingfu"/"xingfu","line":2,"lines":2/ }),
    qr/seq 66: owed line 2 of 2, but egg is line 1 of 1 of hold/);
refused('a line among none', changed(66,
    sub { s/"xingfu"/"xingfu","lines":2/ }),
    qr/seq 66: owed line 1 of 2, but egg is line 1 of 1 of hold/);
refused('settled without its name', changed(69, sub { s/,"owed":66// }),
    qr/seq 69: payment \w+ is given back without owed, but debt 66 has an id/);
refused('settled without a reference',
    changed(69, sub { s/"refund":"\w+",// }),
    qr/seq 69: payment \w+ is given back without refund, but debt 66/);
accepted('before debts had ids', changed(14, sub { s/"refund":"\w+",// }));

refused('a reason that nobody knows', changed(66, sub { s/"bad"/"gifted"/ }),
    qr/seq 66: owed for gifted, which is no reason for it/);
refused('the reason of a payment for a line',
    changed(66, sub { s/"bad"/"late"/ }),
    qr/seq 66: owed for late, which is no reason for it/);
refused('the reason of a line for a payment',
    changed(65, sub { s/second_payment/goodwill/ }),
    qr/seq 65: owed for goodwill, which is no reason for it/);
refused('a reason of today before debts had ids',
    changed(13, sub { s/second_payment/bad/ }),
    qr/seq 13: refund_due for bad, which is no reason for it/);
refused('returned for a claim', changed(46, sub { s/group_failed/bad/ }),
    qr/seq 46: returned for bad, which is no reason for it/);
refused('a reason where there is none',
    changed(67, sub { s/\z/,"reason":"bad"/ }),
    qr/seq 67: restocked for bad, which is no reason for it/);

my @failed = (saying(46) =~ s/returned/owed/r . ',"due_at":1790009999999',
    saying(46) =~ s/returned/restocked/r =~ s/,"payment".*//r);
my $by_name = sub { s/\z/,"owed":-46/ };
accepted('owed when its group failed', told(46 => undef, 45 => \@failed,
    47 => $by_name));
refused('less than all, when its group failed', told(46 => undef,
    45 => [$failed[0] =~ s/"qty":1,//r, $failed[1]], 47 => $by_name),
    qr/seq 46: owed for group_failed: 0 units of egg of hold \w+, 1 are left/);
refused('owed, and not for sale again', told(46 => undef, 45 => [$failed[0]],
    47 => $by_name), qr/seq 47: restocked of egg of hold \w+ was to come/);
accepted('nor where it was handed over', told(46 => undef, 45 => [
    saying(46) =~ s/returned/picked_up/r =~ s/,"payment".*/,"via":"list"/r,
    $failed[0]], 47 => sub { s/\z/,"owed":-47/ }));

# ---- lives
my ($elsewhere) = $texts[53] =~ /"hold":"([0-9a-f]{32})"/;
my $reason = '"reason":"other_life"';

refused('no epoch', changed(53, sub { s/0badcafe/00000000/ }),
    qr/seq 53: epoch 00000000 is none/);
refused('the epoch of a life before', changed(58, sub { s/00000005/0badcafe/ }),
    qr/seq 58: epoch 0badcafe is that of a life before/);
refused('another life\'s, but it is held here', inserted(52,
    qq("type":"refund_due","hold":"$first",$paid,$reason)),
    qr/seq 53: hold $first is of this ledger, no other life's/);
refused('another life\'s, due back twice',
    changed(55, sub { s/6e756d6265722038/6e756d6265722037/ }),
    qr/seq 55: payment \w+ is due back twice/);
refused('another life\'s, given back twice', inserted(57, qq("type":"refunded",)
    . qq("hold":"$elsewhere","payment":"7061796d656e74206e756d6265722037",)
    . '"amount_fen":3980'), qr/seq 58: payment \w+ is given back twice/);
refused('another life\'s, never due', removed(54),
    qr/seq 56: payment \w+ is given back, but it is not due/);
refused('another life\'s, sold', inserted(54,
    qq("type":"sold","hold":"$elsewhere",$grape,$paid)),
    qr/seq 55: sold, but hold $elsewhere is of another life/);
refused('another life\'s, then held', inserted(54,
    qq($held,"sale":"egg","qty":1,$end) =~ s/a{32}/$elsewhere/r),
    qr/seq 55: hold $elsewhere is held, and of another life/);

refused('returned, but another payment sold it',
    changed(46, sub { s/"payment":"../"payment":"00/ }),
    qr/seq 46: payment \w+ did not sell egg/);

# ---- groups
refused('virtual members', changed(39, sub { s/"qty":4/"qty":5/ }),
    qr/seq 39: formed with 5 units, but 4 were sold/);
refused('formed below the goal', changed(44, sub { s/failed/formed/ }),
    qr/seq 44: formed with 1 units, and the goal is 4/);
refused('failed at the goal', changed(39, sub { s/formed/failed/ }),
    qr/seq 39: failed with 4 units, and the goal is 4/);
refused('decided twice', inserted(39,
    '"type":"formed","sale":"egg","qty":4,"pickup":"xingfu"'),
    qr/seq 40: formed, but this group has formed before/);
refused('returned without a decision', removed(44),
    qr/seq 45: returned, but its group is undecided/);
refused('a goal that nobody set', inserted(12,
    '"type":"formed","sale":"grape","qty":2'),
    qr/seq 13: formed, but grape has no goal/);

done_testing();
