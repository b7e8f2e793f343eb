use v5.36;

use Digest::SHA qw(sha256_hex);
use FindBin;
use Test::More;

use lib "$FindBin::Bin/lib", "$FindBin::Bin/../conf/lib";
use Tuanbo::Draw qw(final_seed winners);
use Tuanbo::Test::Feed;

# tuanbo-check-ledger computes draws again, and finds what does not follow.

my ($seed, $beacon) = map { sha256_hex($_) } qw(seed beacon);
my $digest = sha256_hex('terms');

my @opened = (
    '"type":"sale","sale":"lantern","stock":30,"price_fen":0,"limit":1',
    qq("type":"terms","sale":"lantern","digest":"$digest"),
    '"type":"opened","sale":"lantern"');
my $closed = '"type":"closed","sale":"lantern"';
my $revealed = qq("type":"revealed","sale":"lantern","seed":"$seed");


sub hold ($number) { return sprintf '%032x', $number }

sub granted ($number) {
    return sprintf '"type":"granted","hold":"%s","buyer":"b%d",'
        . '"sale":"lantern","qty":1,"number":%d', hold($number), $number,
        $number;
}

sub drawn ($entries, $beacon = undef) {
    return qq("type":"drawn","sale":"lantern","entries":$entries)
        . (defined $beacon ? qq(,"beacon":"$beacon") : '');
}

sub won ($number, $prize, $hold = hold($number)) {
    return qq("type":"drawn","hold":"$hold","sale":"lantern",)
        . qq("number":$number,"prize":$prize);
}

sub feed (@texts) {
    my $seq = 0;

    return [chain(map { $seq++; qq({"seq":$seq,"at":) . (1790000000000 + $seq)
        . ",$_" } @texts)];
}


# The hash of the last of those.
sub hash_of (@texts) {
    return feed(@texts)->[-1] =~ /"hash":"(\w+)"/ ? $1 : die;
}


my @begun = (@opened, (map { granted($_) } 1 .. 20), $closed);
my $chain = hash_of(@begun);
my @won = winners(final_seed($seed, 20, $chain, undef), 20, 20);
my @all = map { won($won[$_], $_ < 3 ? 0 : 1) } 0 .. 19;

accepted('a draw', feed(@begun, $revealed, drawn(20), @all[0 .. 4]));
accepted('where each ticket wins', feed(@begun, $revealed, drawn(20), @all));
accepted('nobody came', feed(@opened, $closed, $revealed, drawn(0)));

my @lit = winners(final_seed($seed, 20, $chain, $beacon), 20, 2);
accepted('with a beacon', feed(@begun, $revealed, drawn(20, $beacon),
    map { won($_, 0) } @lit));
accepted('closed by an operator that calls it off', feed(@opened,
    '"type":"called_off","sale":"lantern"',
    '"type":"settled","sale":"lantern","of":4', $revealed, drawn(0)));

my @ready = (@begun, $revealed, drawn(20));

refused('another winner', feed(@ready, won($won[1], 0)),
    qr/seq 27: ticket $won[1] of lantern won, $won[0] was to come/);
refused('one left out', feed(@ready, @all[0, 2]),
    qr/seq 28: ticket $won[2] of lantern won, $won[1] was to come/);
refused('a late one', feed(@ready, @all[0 .. 17], $all[19]),
    qr/seq 45: ticket $won[19] of lantern won, $won[18] was to come/);
refused('one more than there are', feed(@ready, @all, won(1, 1)),
    qr/ticket 1 of lantern won, none was to come/);
refused('somebody else', feed(@ready, won($won[0], 0, hold($won[1]))),
    qr/ticket $won[0] of lantern is not that of hold @{[hold($won[1])]}/);
refused('prizes in another order', feed(@ready, @all[0 .. 3], won($won[4], 0)),
    qr/prize 0 after prize 1/);
refused('more tickets', feed(@begun, $revealed, drawn(21)),
    qr/drawn from 21 tickets, but 20 were given/);
refused('another beacon', feed(@begun, $revealed, drawn(20, $seed),
    map { won($_, 0) } @lit), qr/ticket $lit[0] of lantern won, \d+ was to/);
refused('drawn twice', feed(@ready, drawn(20)), qr/was drawn before/);
refused('not revealed', feed(@begun, drawn(20)),
    qr/drawn, but the seed of lantern is not revealed/);
refused('not drawn', feed(@begun, $revealed, $all[0]),
    qr/ticket $won[0] won, but lantern is not drawn/);
refused('too early', feed(@opened, granted(1), $revealed),
    qr/revealed, but lantern is not closed/);
refused('revealed twice', feed(@begun, $revealed, $revealed),
    qr/revealed, but the seed of lantern is revealed/);
refused('a ticket afterwards', feed(@begun, $revealed, granted(21)),
    qr/granted, but the seed of lantern is revealed/);
refused('opened again', feed(@begun, $revealed, $opened[2]),
    qr/opened, but the seed of lantern is revealed/);
refused('a seed of a sale that sells', feed($opened[0], $closed, $revealed),
    qr/revealed, but lantern gives nothing/);
refused('half a seed', feed(@begun, $revealed =~ s/\w{32}"$/"/r),
    qr/a seed of another length/);

done_testing();
