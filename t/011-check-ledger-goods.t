use v5.36;

use FindBin;
use Test::More;

use lib "$FindBin::Bin/lib";
use Tuanbo::Test::Feed;

# What tuanbo-check-ledger finds in the day after: goods, waves, claims, and
# what is owed of a whole sale.
#
# The golden feed has from seq 72 on: rice, of which four orders are sold at
# 75, 77, 79 (xingfu: 2, 2 and 1 units) and 81 (dongmen, given back at 82); a
# wave, frozen at 85; 2 units received at 86, so that 75 is ready at 87; 3 in
# the end at 88, so that 77 is ready at 89 with one short, owed at 90, and 79
# is short at 91, owed at 92.  75 is picked up at 93, doubly at 94, put back at
# 95, and by time at 96.  It is claimed at 97, accepted at 98, owed at 99;
# claimed at 100, denied at 101; compensated from 102 to 104; called off from
# 105 to 109.

my $rice = qr/selenium-rice-5kg of hold \w+/;
my ($first, $second, $third, $back) = map {
    $texts[$_ - 1] =~ /("hold":"\w+")/
} 75, 77, 79, 81;
my $line = '"sale":"selenium-rice-5kg","qty":%d,"pickup":"xingfu"';
my ($none, $one, $two) = map { sprintf $line, $_ } 0 .. 2;
my $at = '"due_at":1799999999999';

# an order that is not in the golden feed
my $id = '"hold":"' . 'e' x 32 . '"';
my $held = qq("type":"held",$id,"buyer":") . 'b' x 32
    . qq(","price_fen":1000,$one,"expires_at":1799999999999);
my $by = '"payment":"' . 'e' x 32 . '"';
my $sold = qq("type":"sold",$id,$one,$by,"amount_fen":1000);
my $owed = qq("type":"owed",$id,$one,$by,"amount_fen":1000,$at);
my $restocked = qq("type":"restocked",$id,$one);

sub bad ($name, $feed, $pattern) { refused($name, $feed, $pattern) }
sub well ($name, $feed) { accepted($name, $feed) }

# ---- the arrows of goods
bad('ready before it was sold', inserted(74, saying(87)),
    qr/seq 75: $rice is held: no way to ready/);
bad('ready twice', inserted(87, saying(87)),
    qr/seq 88: $rice is ready: no way to ready/);
bad('short, but it has come', inserted(87, qq("type":"short",$first,$two)),
    qr/seq 88: $rice is ready: no way to short/);
bad('ready, but it is short', inserted(92, qq("type":"ready",$third,$one)),
    qr/seq 93: $rice is short: no way to ready/);
bad('picked up twice', inserted(93, saying(93)),
    qr/seq 94: $rice is handed_over: no way to picked_up/);
bad('picked up, but released', inserted(63,
    saying(63) =~ s/released/picked_up/r . ',"via":"scan"'),
    qr/seq 64: $rice is released: no way to picked_up/);
bad('double, but never picked up', removed(93),
    qr/seq 93: $rice is ready: no way to double/);
bad('put back, but never picked up', removed(93, 94),
    qr/seq 93: $rice is ready: no way to put_back/);
bad('put back twice', inserted(95, saying(95)),
    qr/seq 96: $rice is ready: no way to put_back/);
bad('some of a line', changed(93, sub { s/"qty":2/"qty":1/ }),
    qr/seq 93: picked_up 1 units, but 2 were held/);
bad('at another point', changed(93, sub { s/xingfu/dongmen/ }),
    qr/seq 93: picked_up at dongmen, but hold \w+ is to be collected at/);
bad('as another line', changed(94, sub { s/\z/,"line":2,"lines":2/ }),
    qr/seq 94: double line 2 of 2, but selenium-rice-5kg is line 1 of 1/);

well('a fact, though it was awaited', told(86 => undef, 87 => undef,
    85 => [saying(93)], 93 => sub { s/picked_up/double/; s/,"key".*// }));
well('a fact, though it was short', told(
    92 => [qq("type":"picked_up",$third,$one,"via":"list")],
    102 => sub { s/"qty":1/"qty":2/ }));
bad('nobody\'s word', changed(93, sub { s/"via":"scan",// }),
    qr/seq 93: picked_up, but neither by somebody nor by time/);
bad('somebody\'s and time\'s', changed(96, sub { s/\z/,"via":"scan"/ }),
    qr/seq 96: picked_up by somebody and by time/);
bad('in no way', changed(93, sub { s/scan/phone/ }),
    qr/seq 93: picked_up via phone, which is no way/);
bad('by a whim', changed(96, sub { s/"by":"time"/"by":"whim"/ }),
    qr/seq 96: picked_up by whim/);
bad('double by time', changed(94, sub { s/"via":"list"/"by":"time"/ }),
    qr/seq 94: double by time/);
bad('by time, but short', inserted(92,
    qq("type":"picked_up",$third,$one,"by":"time")),
    qr/seq 93: picked_up by time, but it was not ready/);
bad('by time, but none was set', changed(95, sub { s/"due_at":\d+/"x":1/ }),
    qr/seq 96: picked_up by time, but no time was set/);
bad('by time, too early', changed(96, sub { s/"at":\d+/"at":1790172809121/ }),
    qr/seq 96: picked_up by time, before 1790172809122/);
bad('a nonce twice', told(95 => [qq("type":"picked_up",$first,$two,)
    . '"via":"scan","key":"deadbeef00010203"'], 96 => undef),
    qr/seq 96: key deadbeef00010203 was executed at seq 93/);
well('put back just in time', changed(95,
    sub { s/"at":\d+/"at":1790000609120/ }));
bad('put back too late', changed(95, sub { s/"at":\d+/"at":1790000609121/ }),
    qr/seq 95: put_back at 1790000609121, but .* at 1790000009120: that is/);
bad('put back, but time had it', inserted(96, saying(95)),
    qr/seq 97: put_back, but nobody said that it was handed over/);
bad('due before it is ready',
    changed(87, sub { s/"due_at":\d+/"due_at":1790000009109/ }),
    qr/seq 87: due at 1790000009109, before it is ready/);

# ---- shortages
bad('all of it is short', changed(89, sub { s/"short_qty":1/"short_qty":2/ }),
    qr/seq 89: 2 units of $rice never come, of 2/);
bad('none of it is short', changed(89, sub { s/"short_qty":1/"short_qty":0/ }),
    qr/seq 89: 0 units of $rice never come, of 2/);
bad('some is short, not owed', removed(90),
    qr/seq 90: owed of $rice was to come/);
bad('all is short, not owed', removed(92),
    qr/seq 92: owed of $rice was to come/);
bad('owed for another reason', changed(90, sub { s/"short"/"bad"/ }),
    qr/seq 90: owed of $rice: reason is bad, short was to come/);
bad('owed of other units', changed(90, sub { s/"qty":1/"qty":2/ }),
    qr/seq 90: owed of $rice: qty is 2, 1 was to come/);
bad('owed later', told(90 => undef, 92 => [saying(90)]),
    qr/seq 90: owed of $rice was to come/);

my $before = saying(90) =~ s/"short"/"bad"/r;
well('owed as well', told(85 => [$before], 107 => undef, 108 => undef));
well('owed before', told(85 => [$before =~ s/"qty":1/"qty":2/r
    =~ s/:1000,/:2000,/r], map { $_ => undef } 90, 107, 108));
well('nothing left of what was paid', told(
    85 => [$before =~ s/"qty":1,//r =~ s/:1000,/:2000,/r], 90 => undef,
    107 => sub { s/"qty":1/"qty":2/; s/:1000,/:0,/ },
    108 => sub { s/"qty":1/"qty":2/ }));

# ---- waves
bad('a wave of nobody', removed(84),
    qr/seq 84: frozen, but wave monday was not defined/);
bad('received of a wave of nobody', changed(86, sub { s/monday/tuesday/ }),
    qr/seq 86: received, but wave tuesday was not defined/);
bad('received before it was frozen', removed(85),
    qr/seq 85: received of wave monday, which is not frozen/);
bad('frozen twice', inserted(85, saying(85)),
    qr/seq 86: wave monday was frozen before, at seq 85/);
bad('frozen too early',
    changed(84, sub { s/"cut_at":\d+/"cut_at":1790000009101/ }),
    qr/seq 85: wave monday is frozen at 1790000009100, before 1790000009101/);
bad('no day', changed(84, sub { s/2026-11-30/20261130/ }),
    qr/seq 84: day 20261130 is none/);
well('changed before', inserted(84, saying(84) =~ s/6469/7777/r));
well('said again', inserted(85, saying(84)));
for ([cut_at => '9100,', '9101,'], [day => '-30', '-29'],
    [digest => '6469', '7777'])
{
    my ($field, $is, $then) = @$_;
    bad("$field changed after", inserted(85, saying(84) =~ s/$is/$then/r),
        qr/seq 86: wave monday was frozen at seq 85, and its $field changed/);
}

bad('fewer than none', changed(86, sub { s/"qty":2/"qty":-1/ }),
    qr/seq 86: -1 units were received/);
bad('fewer than are ready', changed(88, sub { s/"qty":3/"qty":1/ }),
    qr/seq 88: 1 units of selenium-rice-5kg were received, 2 are ready or/);
bad('fewer than are handed over', told(86 => undef, 87 => undef,
    85 => [saying(93)], 93 => undef, 88 => sub { s/"qty":3/"qty":1/ }),
    qr/seq 87: 1 units of selenium-rice-5kg were received, 2 are ready or/);
well('fewer than before', inserted(86, saying(86) =~ s/"qty":2/"qty":9/r,
    saying(86)));
bad('more after all', inserted(92, saying(88) =~ s/"qty":3/"qty":4/r),
    qr/seq 93: 4 units of .* were received, but 3 were final at seq 88/);
well('the same after all', inserted(92, saying(86) =~ s/"qty":2/"qty":3/r));
bad('nothing received', removed(86),
    qr/seq 86: ready, but nothing was received for $rice/);
bad('received elsewhere', changed(86, sub { s/xingfu/dongmen/ }),
    qr/seq 87: ready, but nothing was received for $rice/);
bad('more ready than received', changed(86, sub { s/"qty":2/"qty":1/ }),
    qr/seq 87: 2 units of $rice are ready, 1 are left/);
bad('out of turn', changed(87, sub { s/"hold":"\w+"/$second/ }),
    qr/seq 87: ready, but what was sold at seq 75 comes first/);
bad('short out of turn', told(87 => undef,
    88 => [saying(91), saying(92)], 91 => undef, 92 => undef),
    qr/seq 88: short, but what was sold at seq 75 comes first/);
bad('short, but more may come', changed(88, sub { s/,"final":1// }),
    qr/seq 89: $rice is short, but more of wave monday may come/);
bad('some short, but all came', changed(88, sub { s/"qty":3/"qty":4/ }),
    qr/seq 89: $rice is short, 1 units of it are ready, but 2 are left/);
bad('all short, but some came', changed(88, sub { s/"qty":3/"qty":4/ }),
    qr/seq 91: $rice is short, 0 units of it are ready, but 1 are left/);
bad('forgotten', removed(91, 92),
    qr/monday was final at seq 88, and what was sold at seq 79 is still a/);
well('given back, so nobody waits', told(
    85 => [saying(92) =~ s/short/bad/r, qq("type":"restocked",$third,$one)],
    91 => undef, 92 => undef));
well('units of the tally given back', told(
    87 => [saying(106) =~ s/:900,/:1000,/r =~ s/sale_cancelled/bad/r,
        qq("type":"restocked",$first,$one)],
    89 => sub { s/,"short_qty":1// }, 90 => undef,
    (map { $_ => undef } 97 .. 101), 103 => sub { s/:100,/:50,/ },
    106 => sub { s/:900,/:950,/ },
    107 => sub { s/"qty":1/"qty":2/; s/:1000,/:2000,/ },
    108 => sub { s/"qty":1/"qty":2/ }));

bad('sold after it was frozen', told(85 => [$held, $sold],
    88 => sub { s/"qty":3/"qty":4/ },
    87 => [qq("type":"ready",$id,$one)]),
    qr/seq 90: ready, but nothing was received for $rice/);

# another wave, of which it is not known what it has
my @tuesday = map { s/monday/tuesday/r } saying(84), saying(85);
my %skipped = (79 => [map { s/9100,/9035,/r } @tuesday], 86 => undef,
    87 => undef);
well('passed by, but perhaps of another wave', told(%skipped));
bad('passed by, of no other wave', told(%skipped, 79 => []),
    qr/seq 87: ready, but what was sold at seq 75 comes first/);
bad('of another wave', told(%skipped,
    85 => [saying(86) =~ s/xingfu/dongmen/r =~ s/monday/tuesday/r]),
    qr/seq 90: ready, but nothing was received for $rice/);

# groups by pickup point: one has formed at xingfu, none at dongmen yet
my $egg = '"type":"received","sale":"egg","wave":"tuesday"';
my @eggs = map { s/9100,/2061,/r } @tuesday;
my $here = saying(41) =~ s/"type":"sold"/"type":"ready"/r
    =~ s/,"payment".*//r;
my $there = saying(38) =~ s/"type":"sold"/"type":"ready"/r
    =~ s/,"payment".*//r;
well('of a group that has formed', inserted(41, @eggs,
    qq($egg,"qty":4,"pickup":"xingfu"), $there));
bad('of one that has not', inserted(41, @eggs,
    qq($egg,"qty":1,"pickup":"dongmen"), $here),
    qr/seq 45: ready, but nothing was received for egg of hold/);

my $berry = '"type":"received","sale":"strawberry","qty":3,"wave":"tuesday"';
bad('of a sale whose group has not formed', inserted(41, @eggs, $berry),
    qr/seq 44: received of wave tuesday, which does not have strawberry/);
bad('of a sale that was called off',
    inserted(84, '"type":"called_off","sale":"selenium-rice-5kg"'),
    qr/seq 87: received of wave monday, which does not have selenium-rice/);

# ---- claims
bad('claimed before it came', inserted(86, saying(97)),
    qr/seq 87: $rice is sold: no way to claimed/);
bad('nothing claimed', changed(97, sub { s/"qty":1/"qty":0/ }),
    qr/seq 97: 0 units are claimed/);
bad('claimed, and owed already', changed(100, sub { s/"qty":1/"qty":2/ }),
    qr/seq 100: 2 units of $rice are claimed, 1 of 2 were claimed or owed/);
bad('claimed twice', told(98 => undef, 99 => undef,
    100 => sub { s/"qty":1/"qty":2/ }),
    qr/seq 98: 2 units of $rice are claimed, 1 of 2 were claimed or owed/);
well('claimed again after it was denied', inserted(101, saying(100)));
bad('claimed for less than it is worth', changed(97, sub { s/:1000,/:999,/ }),
    qr/seq 97: 1 units of $rice are claimed for 999 fen, worth 1000/);
bad('due before it is claimed',
    changed(97, sub { s/"due_at":\d+/"due_at":1790172809199/ }),
    qr/seq 97: due at 1790172809199, before it is claimed/);
bad('claimed for no reason', changed(100, sub { s/damaged/goodwill/ }),
    qr/seq 100: claimed for goodwill, which is no reason for it/);
bad('claimed with a key twice',
    changed(100, sub { s/\z/,"key":"deadbeef00010203"/ }),
    qr/seq 100: key deadbeef00010203 was executed at seq 97/);
bad('accepted, but not claimed', changed(98, sub { s/:97/:96/ }),
    qr/seq 98: accepted, but hold \w+ has no claim 96/);
bad('accepted for another hold', changed(98, sub { s/"hold":"\w+"/$second/ }),
    qr/seq 98: accepted, but hold \w+ has no claim 97/);
bad('answered twice', inserted(99, qq("type":"denied",$first,"claim":97)),
    qr/seq 100: denied, but claim 97 was accepted before/);
bad('one key for two answers',
    changed(98, sub { s/\z/,"key":"deadbeef00010203"/ }),
    qr/seq 101: key deadbeef00010203 was executed at seq 98/);
bad('accepted by a whim', changed(98, sub { s/time/whim/ }),
    qr/seq 98: accepted by whim/);
bad('denied by time', changed(101, sub { s/"claim"/"by":"time","claim"/ }),
    qr/seq 101: denied by time/);
bad('accepted by time, but somebody should',
    changed(97, sub { s/,"by":"time"// }),
    qr/seq 98: accepted by time, but claim 97 waits for somebody/);
bad('accepted by time, too early',
    changed(97, sub { s/"due_at":\d+/"due_at":1790180009201/ }),
    qr/seq 98: accepted by time, before 1790180009201/);
bad('accepted, not owed', removed(99), qr/seq 99: owed of $rice was to come/);
bad('owed for what nobody claimed', changed(99, sub { s/"bad"/"wrong"/ }),
    qr/seq 99: owed of $rice: reason is wrong, bad was to come/);
bad('damaged, says nobody', changed(66, sub { s/"bad"/"damaged"/ }),
    qr/seq 66: owed for damaged, but no claim was accepted/);
well('all was owed meanwhile', told(97 => [saying(99) =~ s/"qty":1/"qty":2/r
    =~ s/:1000,/:2000,/r], map { $_ => undef } 99 .. 101, 103, 106));
bad('some was owed meanwhile', told(97 => [saying(99)], 99 => undef),
    qr/seq 100: owed of $rice was to come/);

# ---- compensation
bad('more orders than were handed over',
    changed(102, sub { s/"qty":1/"qty":2/ }),
    qr/seq 102: compensated 2 orders, 1 of selenium-rice-5kg are handed over/);
bad('for nothing', changed(102, sub { s/:50/:0/ }),
    qr/seq 102: 0 fen are promised for each unit/);
bad('not promised', removed(102, 104),
    qr/seq 102: owed for compensation, which was not promised, or not again/);
bad('not again', inserted(103, saying(103)),
    qr/seq 104: owed for compensation, which was not promised, or not again/);
bad('less than was promised', changed(103, sub { s/:100,/:99,/ }),
    qr/seq 103: 99 fen of $rice are owed for compensation, 100 were promised/);
bad('units', changed(103, sub { s/"pickup"/"qty":1,"pickup"/ }),
    qr/seq 103: units of $rice are owed for compensation/);
bad('not handed over', inserted(102,
    saying(107) =~ s/sale_cancelled/compensation/r =~ s/:1000/:50/r
    =~ s/"qty":1,//r), qr/seq 103: owed for compensation, but $rice is not/);
bad('sold later', inserted(102, $held, $sold,
    qq("type":"picked_up",$id,$one,"via":"scan"),
    $owed =~ s/1000,/50,"reason":"compensation",/r =~ s/"qty":1,//r),
    qr/seq 106: owed for compensation, but $rice was sold after that/);
well('cut to what is left', told(102 => sub { s/:50/:501/ },
    103 => sub { s/:100,/:1000,/ }, 106 => sub { s/:900,/:0,/ }));
bad('settled, not owed', removed(103),
    qr/seq 103: settled, but what was sold at seq 75 got no compensation/);
well('two promises', told(102 => [saying(102) =~ s/:50,/:30,/r,
        saying(103) =~ s/:100,/:60,/r],
    104 => ['"type":"settled","sale":"selenium-rice-5kg","of":-103'],
    106 => sub { s/:900,/:840,/ }));
well('handed over while it was settled', told(
    103 => [qq("type":"picked_up",$second,$two,"via":"scan")], 108 => undef));
bad('settled without a promise', changed(104, sub { s/102/101/ }),
    qr/seq 104: settled, but 101 is nothing of selenium-rice-5kg/);
bad('settled twice', inserted(104, saying(104)),
    qr/seq 105: settled, but 102 is nothing of .*, or was settled before/);

# ---- called off
bad('called off twice', inserted(109, saying(105)),
    qr/seq 110: called_off, but selenium-rice-5kg was called off at seq 105/);
for (['"type":"opened","sale":"selenium-rice-5kg"', 'opened'],
    ['"type":"resumed","sale":"selenium-rice-5kg"', 'resumed'],
    [$held, 'held'])
{
    my ($said, $type) = @$_;
    bad("$type later", inserted(109, $said),
        qr/seq 110: $type, but selenium-rice-5kg was called off at seq 105/);
}
bad('sold late', told(
    104 => [$held =~ s/"expires_at":\K\d+/1790180009203/r,
        $restocked =~ s/restocked/expired/r],
    105 => [$sold =~ s/sold/sold_late/r]),
    qr/seq 108: sold_late, but selenium-rice-5kg was called off at seq 107/);
bad('formed', inserted(38, '"type":"called_off","sale":"egg"'),
    qr/seq 40: formed, but egg was called off at seq 39/);

# never settled: told where nothing came of any task for a minute, and the
# machine did not start again in it
sub unsettled ($ms, $what = '"type":"opened","sale":"egg"') {
    return sub {
        s/"at":(\d+),.*/'"at":' . ($1 + $ms) . ",$what"/e;
    };
}
# the feed ends with it
my @end = map { $_ => undef } 110 .. $#golden + 1;
bad('never settled', told(109 => unsettled(60_000), @end),
    qr/called_off of selenium-rice-5kg at seq 105 was never settled/);
well('not settled yet', told(109 => unsettled(59_999), @end));
well('not settled before the machine stopped', told(109 =>
    unsettled(60_000, '"type":"boot","boot":"' . 'b' x 32
        . '","offset_ms":1'), @end));

my $cancelled = $owed . ',"reason":"sale_cancelled"';
well('paid after all, and owed at once', told(104 => [$held],
    105 => [$sold, $cancelled, $restocked]));
bad('paid after all, not owed', told(104 => [$held], 105 => [$sold]),
    qr/seq 108: owed of $rice was to come/);
bad('paid after all, not restocked', told(104 => [$held],
    105 => [$sold, $cancelled]),
    qr/seq 109: restocked of $rice was to come/);
bad('paid after all, some restocked', told(
    104 => [$held =~ s/"qty":1/"qty":2/r],
    105 => [$sold =~ s/"qty":1/"qty":2/r,
        $cancelled =~ s/"qty":1/"qty":2/r, $restocked]),
    qr/seq 109: restocked of $rice: qty is 1, 2 was to come/);
bad('owed, not called off', removed(105, 109),
    qr/seq 105: owed for sale_cancelled, but \S+ was not called off/);
my $payment = qq("type":"owed",$back,"pickup":"dongmen",$by,"amount_fen":1,)
    . qq("reason":"sale_cancelled",$at);
well('a payment that came too late', inserted(109, $payment));
bad('a payment for what was not called off', inserted(104, $payment),
    qr/seq 105: owed for sale_cancelled, but \S+ was not called off/);
bad('some of the units', changed(106, sub { s/"qty":1,// }),
    qr/seq 106: owed for sale_cancelled: 0 units of $rice, 1 are left/);
bad('some of the money', changed(106, sub { s/:900,/:899,/ }),
    qr/seq 106: 899 fen are owed for 1 units of $rice, worth 900/);
bad('settled, and not all is owed', removed(107, 108),
    qr/seq 107: settled, but 1000 fen and 1 units of \S+ are not owed/);

my $berries = saying(29) =~ s/"type":"sold_late"/"type":"owed"/r
    . qq(,"reason":"sale_cancelled",$at);
my @over = ('"type":"called_off","sale":"strawberry"', $berries,
    saying(28) =~ s/expired/restocked/r);
well('failed, and nobody was in it', told(48 => [@over,
    '"type":"settled","sale":"strawberry","of":-49'],
    49 => sub { s/"qty":3/"qty":0/ }));
bad('failed before it was settled', told(48 => \@over,
    49 => sub { s/"qty":3/"qty":0/ }),
    qr/seq 52: failed, but what is owed of strawberry, which was called off/);
bad('restocked of what was not sold', inserted(31,
    saying(32) =~ s/cancelled/restocked/r),
    qr/seq 32: strawberry of hold \w+ is paying: no way to restocked/);
bad('nothing restocked', changed(108, sub { s/"qty":1/"qty":0/ }),
    qr/seq 108: 0 units are restocked/);

done_testing();
