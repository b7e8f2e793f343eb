use v5.36;

use FindBin;
use Test::More;

use lib "$FindBin::Bin/lib";
use Tuanbo::Test::Feed;

# tuanbo-check-ledger on those who wait for units: in order, and never passed
# over by units that would have sufficed.

use constant T0 => 1_790_000_000_000;

my @opened = ('"type":"sale","sale":"grape","stock":10,"price_fen":100,'
    . '"limit":9', '"type":"opened","sale":"grape"');


sub id ($number) { return sprintf '%032x', $number }

sub line ($type, $number, $qty, $more = '') {
    return sprintf '"type":"%s","hold":"%s",%s"sale":"grape","qty":%d%s',
        $type, id($number), $type =~ /^(?:held|queued)\z/
        ? qq("buyer":"b$number",) : '', $qty, $more;
}

sub held ($number, $qty) {
    return line(held => $number, $qty, ',"price_fen":100,"expires_at":'
        . (T0 + 300_000));
}

# a hold has the id 100 + its number in the line
sub queued ($number, $qty, $said = $number) {
    return line(queued => 100 + $number, $qty, qq(,"number":$said));
}

sub served ($number, $qty) {
    return line(served => 100 + $number, $qty, ',"price_fen":100,'
        . '"expires_at":' . (T0 + 1_800_000));
}

sub stock ($qty) { return qq("type":"stock","sale":"grape","qty":$qty) }

# a number among the texts is so many milliseconds
sub feed (@texts) {
    my ($seq, $at) = (0, T0);
    my @lines;

    for my $text (@texts) {
        if ($text =~ /^\d+\z/) { $at += $text; next }
        $seq++;
        $at++;
        push @lines, qq({"seq":$seq,"at":$at,$text);
    }

    return [chain(@lines)];
}


my @full = (@opened, held(1, 9), held(2, 1));
my @line = (@full, queued(1, 3), queued(2, 2), queued(3, 2));

accepted('served as far as units suffice', feed(@line, stock(2),
    served(2, 2), stock(3), served(1, 3)));
accepted('left and ended', feed(@line, line(stepped_out => 101, 3),
    '"type":"closed","sale":"grape"', line(ended => 102, 2),
    line(ended => 103, 2)));
accepted('somebody new has what is too little for the others',
    feed(@line, stock(1), held(5, 1)));
accepted('paused, and nobody is served', feed(@line,
    '"type":"paused","sale":"grape"', stock(9), 90_000, stock(1)));
accepted('counted when they began to wait', feed(@line,
    '"type":"sale","sale":"grape","stock":12,"price_fen":100,"limit":1',
    served(2, 2)));

refused('passed over', feed(@line, stock(2), held(5, 1)),
    qr/seq 9: held 1 units of grape, and \w+66, who is number 2 in the line/);
refused('passed over by a late payment', feed(@line,
    line(expired => 2, 1), stock(1), line(sold_late => 2, 1,
    ',"payment":"p","amount_fen":100')), qr/sold_late 1 units of grape, and/);
refused('out of turn', feed(@line, stock(2), served(3, 2)),
    qr/seq 9: served number 3 in the line of grape, and 2 was the first/);
refused('a larger one before', feed(@line, stock(3), served(2, 2)),
    qr/seq 9: served number 2 in the line of grape, and 1 was the first/);
refused('a number is left out', feed(@full, queued(1, 3), queued(2, 2, 3)),
    qr/seq 6: number 3 in the line of grape, and 2 was to come/);
refused('too many units', feed(@full, queued(1, 9)),
    qr/9 units are waited for, at most 8/);
refused('beside units that are free', feed(@opened, held(1, 9),
    queued(1, 1)),
    qr/seq 4: queued for 1 units of grape, of which 1 are free for nobody/);
accepted('behind somebody whom the free units suffice for',
    feed(@line, stock(2), queued(4, 1)));
refused('of a sale that is closed', feed(@full,
    '"type":"closed","sale":"grape"', queued(1, 1)),
    qr/queued, but grape is closed/);
refused('ended without a reason', feed(@line, line(ended => 101, 3)),
    qr/ended, but grape is not closed/);
refused('served by a paused sale', feed(@line,
    '"type":"paused","sale":"grape"', stock(3), served(1, 3)),
    qr/served, but grape is paused/);
refused('served twice', feed(@line, stock(9), served(1, 3), served(1, 3)),
    qr/is held: no way to served/);
refused('stays waiting for a closed sale', feed(@line,
    '"type":"closed","sale":"grape"', line(ended => 101, 3), 60_000,
    '"type":"document","digest":"0"'),
    qr/grape is closed, and somebody waits for it still/);
refused('stays waiting beside free units', feed(@line, stock(2), 60_000,
    '"type":"document","digest":"0"'),
    qr/units of grape would suffice for somebody who waits/);
refused('opens again with somebody waiting', feed(@line,
    '"type":"closed","sale":"grape"',
    '"type":"sale","sale":"grape","stock":10,"price_fen":100,"closes_at":'
    . (T0 + 900_000)), qr/grape opens again, and 3 holds wait for it/);

done_testing;
