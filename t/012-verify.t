use v5.36;

use Digest::SHA qw(sha256 sha256_hex);
use File::Temp qw(tempdir);
use FindBin;
use JSON::PP;
use Test::More;

use lib "$FindBin::Bin/../conf/lib";
use Tuanbo::Draw qw(beacon_at commit final_seed leaf packet_amounts
    root_of_path tree_root winners);

# docs/draws.md is true to the byte, and tuanbo-verify finds whatever is not as
# it was announced.

my $tool = "$FindBin::Bin/../conf/bin/tuanbo-verify";
my $dir = tempdir(CLEANUP => 1);
my $json = JSON::PP->new->canonical->utf8;
my $docs = do { local (@ARGV, $/) = "$FindBin::Bin/../docs/draws.md"; <> };


sub example ($name) {
    my ($text) = $docs =~ /^Worked example, `$name`.*?^```\n(.*?)^```$/ms;

    return map { /^(\S+(?: \d+)?) +(.*)$/ } split /\n/, $text;
}


# ---- the worked examples
my %rain = example('rain');
my %lantern = example('lantern');

is($rain{commit}, commit($rain{seed}), 'a commit');

my $block = sha256(pack 'H64Q>', $rain{seed}, 0);
is($rain{'block 0'}, unpack('H*', $block), 'a block');
is($rain{numbers}, join(' ', (map { $_ >> 11 } unpack 'Q>4', $block), "\xe2\x80\xa6"),
    'its numbers');
is($rain{below}, join(' ', (map { 1000 + 2 * 5 - 1 - $_ } 0 .. 3),
    "\xe2\x80\xa6"), 'what they are below');

my @cuts = split ' ', $rain{cuts};
my @numbers = $rain{numbers} =~ /(\d+)/g;
is($cuts[$_], $_ + $numbers[$_] % (1009 - $_), "cut $_") for 0 .. 3;

my @sorted = sort { $a <=> $b } @cuts;
is($rain{sorted}, "@sorted", 'sorted');

my @thirds = (-1, @sorted[2, 5, 8, 11], 1009);
is($rain{thirds}, "@thirds", 'every third');
is($rain{amounts}, join(' ', map { $thirds[$_] - $thirds[$_ - 1] - 2 } 1 .. 5),
    'amounts');

my @amounts = packet_amounts($rain{seed}, 5, 1000);
is("@amounts", $rain{amounts}, 'and so computes the tool');

my @ids = split ' ', $lantern{ids};
my @leaves = map { leaf($_, $ids[$_ - 1]) } 1 .. 5;
is($lantern{commit}, commit($lantern{seed}), 'the commit of a draw');
is($lantern{'leaf 5'}, sha256_hex("\0\0\0\0\0\0\0\0\5$ids[4]"), 'a leaf');
is($lantern{'leaf 5'}, $leaves[4], 'as the tool has it');

sub node ($left, $right) { return sha256_hex("\1" . pack 'H64H64', $left, $right) }

my @halves = (node(@leaves[0, 1]), node(@leaves[2, 3]));
is($lantern{root}, node(node(@halves), $leaves[4]), 'the root');
is($lantern{root}, tree_root(@leaves), 'as the tool has it');
is($lantern{final}, sha256_hex(pack 'H64Q>H64', $lantern{seed}, 5,
    $lantern{chain}), 'what it is drawn from');

my @won = winners($lantern{final}, 5, 3);
is($lantern{winners}, "0:$won[0] 1:$won[1] 1:$won[2]", 'winners');

# ---- paths, as docs/draws.md follows them
my @paths = (
    [$leaves[1], $halves[1], $leaves[4]], [$leaves[0], $halves[1], $leaves[4]],
    [$leaves[3], $halves[0], $leaves[4]], [$leaves[2], $halves[0], $leaves[4]],
    [node(@halves)],
);

is(root_of_path($leaves[$_ - 1], $_, 5, @{$paths[$_ - 1]}), $lantern{root},
    "the path of ticket $_") for 1 .. 5;
is(root_of_path($leaves[4], 5, 5, @{$paths[4]}, $leaves[0]), undef,
    'not a longer one');
is(root_of_path($leaves[0], 1, 5, @{$paths[0]}[0, 1]), undef,
    'nor a shorter one');
isnt(root_of_path($leaves[0], 2, 5, @{$paths[0]}), $lantern{root},
    'nor for another number');
is(root_of_path($leaves[0], 6, 5, @{$paths[0]}), undef, 'nor beyond them');

# ---- the vectors of t/unit/test_draw.c
my ($seed, $chain, $beacon) = map { sha256_hex($_) } qw(tuanbo chain beacon);
my $unit = do { local (@ARGV, $/) = "$FindBin::Bin/unit/test_draw.c"; <> };
$unit =~ s/"\n\s*"//g;

for my $given ([10, 1000], [3, 4], [1, 7], [4, 4], [2, 4294967295]) {
    my $list = join ' ', packet_amounts($seed, @$given);
    like($unit, qr/\{ $given->[0], $given->[1](?:LL)?, "$list" \}/,
        "@$given: the engine's packets are the tool's");
}

for my $hash (sha256_hex(join ' ', packet_amounts($seed, 10000, 1234567)),
    (map { final_seed($seed, 1000, $chain, $_) } undef, $beacon),
    sha256_hex(join ' ', winners(final_seed($seed, 1000, $chain, undef),
        100000, 10000)),
    map { my $n = $_; tree_root(map { leaf($_, substr sha256_hex($_), 0, 32) }
        1 .. $n) } 0, 1, 2, 3, 7, 8, 13)
{
    like($unit, qr/"$hash"/, 'a hash of the engine is the tool\'s');
}

is(beacon_at(1), 1692803367000, 'the first round');
is(beacon_at(27946612), 1776643200000, 'and one of 2026-04-20 00:00:00 UTC');


# ---- the tool, on files
sub file ($name, $content) {
    open my $file, '>', "$dir/$name" or die $!;
    print $file ref $content ? $json->encode($content) : $content;
    close $file;

    return "$dir/$name";
}


sub run_tool (@arguments) {
    open my $pipe, '-|', $^X, $tool, @arguments or die $!;
    my $said = do { local $/; <$pipe> };
    close $pipe;

    return ($? >> 8, $said // '');
}


sub accepted ($name, @arguments) {
    my ($status, $said) = run_tool(@arguments);

    is($status, 0, "$name: is as announced") or diag $said;
    unlike($said, qr/^NOT/m, "$name: nothing is not");

    return $said;
}


sub refused ($name, $why, @arguments) {
    my ($status, $said) = run_tool(@arguments);

    is($status, 1, "$name: exit code");
    like($said, $why, "$name: why");

    return;
}


# Deep copies, changed.
sub changed ($of, $change) {
    local $_ = $json->decode($json->encode($of));
    $change->();

    return $_;
}


my %draw = (state => 'drawn', commit => $lantern{commit},
    seed => $lantern{seed}, entries => 5, root => $lantern{root},
    chain => $lantern{chain}, beacon => undef,
    winners => [{prize => 0, number => 2}, {prize => 1, number => 3},
        {prize => 1, number => 1}]);
my %sale = (id => 'lantern', stock => 9, commit => $lantern{commit},
    seed => $lantern{seed}, gives => {kind => 'ticket', prizes => [
        {title => 'grapes', count => 1}, {title => 'five', count => 2,
        off_fen => 500}]});
my %hold = (id => $ids[2], state => 'granted', lines => [{sale => 'lantern'}],
    gift => {kind => 'ticket', number => 3}, entries => 5,
    root => $lantern{root}, path => $paths[2],
    prize => {index => 1, title => 'five'});
my @draw = ('--sale', file('sale', \%sale), '--draw', file('draw', \%draw));

my ($shown) = $docs =~ /((?:^    ok: .*\n)+^    not proved.*\n)\z/m;
is(accepted('a draw', @draw), $shown =~ s/^    //mgr, 'says what docs show');
accepted('a ticket', @draw, '--hold', file('hold', \%hold));

sub draw_changed ($change) {
    return (@draw[0 .. 2], file('other', changed(\%draw, $change)));
}

sub won (@numbers) {
    return [ map { {prize => $_ > 0 ? 1 : 0, number => $numbers[$_]} }
        0 .. $#numbers ];
}


sub hold_changed ($change) {
    return (@draw, '--hold', file('other', changed(\%hold, $change)));
}

refused('another seed', qr/^NOT: the seed is the one/m, '--sale',
    file('other', changed(\%sale, sub { $_->{seed} = $seed })), @draw[2, 3]);
refused('another winner', qr/^NOT: 3 winners of 5 tickets: 0:2 1:3 1:1, but/m,
    draw_changed(sub { $_->{winners}[0]{number} = 4 }));
refused('the better prize for another', qr/^NOT: 3 winners/m,
    draw_changed(sub { @{$_->{winners}}[0, 1] = ({prize => 0, number => 3},
        {prize => 1, number => 2}) }));
refused('a ticket more', qr/^NOT: 3 winners of 6/m,
    draw_changed(sub { $_->{entries} = 6 }));
refused('another chain', qr/^NOT: 3 winners/m,
    draw_changed(sub { $_->{chain} = $seed }));
refused('a beacon that nobody announced', qr/^NOT: with the beacon/m,
    draw_changed(sub { $_->{beacon} = $seed }));
refused('another root', qr/^NOT: ticket 3 is of the tree of all 5/m,
    draw_changed(sub { $_->{root} = $seed }), '--hold', "$dir/hold");
refused('another number', qr/^NOT: ticket 4 has its place in the tree/m,
    hold_changed(sub { $_->{gift}{number} = 4 }));
refused('another ticket', qr/^NOT: ticket 3 has its place in the tree/m,
    hold_changed(sub { $_->{id} = $ids[3] }));
refused('a prize that was not won', qr/^NOT: ticket 3: prize 1: 1, but it is 0/m,
    hold_changed(sub { $_->{prize}{index} = 0 }));
refused('a prize that is not shown', qr/but it is no prize/m,
    hold_changed(sub { delete $_->{prize} }));

my ($status, $said) = run_tool(draw_changed(sub {
    $_->{state} = 'waiting'; $_->{winners} = [] }));
is($status, 3, 'it is not drawn yet');
like($said, qr/^lantern is not over yet; its commit is \Q$lantern{commit}/m,
    'and says so');

# ---- with a beacon
my $sale = changed(\%sale, sub { $_->{gives}{beacon} = {
    source => 'drand quicknet', round => 27946612 } });
@won = winners(final_seed($lantern{seed}, 5, $lantern{chain}, $beacon), 5, 3);
my $draw = changed(\%draw, sub { $_->{beacon} = $beacon;
    $_->{closed_at} = beacon_at(27946612) - 1; $_->{winners} = won(@won) });
my @beacon = ('--sale', file('sale-b', $sale), '--draw', file('draw-b', $draw));
like(accepted('a beacon', @beacon), qr/^compare yourself: round 27946612 of/m,
    'is to be compared');
refused('closed when the beacon was out', qr/^NOT: closed before the beacon/m,
    @beacon[0 .. 2], file('other', changed($draw, sub { $_->{closed_at}++ })));
refused('without the beacon', qr/^NOT: with the beacon/m, @beacon[0 .. 2],
    file('other', changed($draw, sub { $_->{beacon} = undef })));

# ---- packets
my %rain_sale = (id => 'rain', stock => 5, commit => $rain{commit},
    seed => $rain{seed}, gives => {kind => 'packet', total_fen => 1000});
my @packet = ('--sale', file('rain', \%rain_sale));
my %packet = (id => $ids[0], lines => [{sale => 'rain'}],
    gift => {kind => 'packet', number => 2, off_fen => 143});

like(accepted('packets', @packet, '--amounts', '--hold',
    file('packet', \%packet)), qr/^1 76\n2 143\n3 288\n4 370\n5 123$/m,
    'the amounts');
refused('less in a packet', qr/^NOT: packet 2 has 142 fen: 142, but it is 143/m,
    @packet, '--hold', file('other', changed(\%packet,
        sub { $_->{gift}{off_fen} = 142 })));
delete $rain_sale{seed};
($status) = run_tool('--sale', file('other', \%rain_sale));
is($status, 3, 'packets that are not revealed yet');


# ---- with the ledger
my $hash;

sub feed (@texts) {
    my ($last, $seq) = ('0' x 64, 0);

    return map {
        my $text = qq({"seq":@{[++$seq]},"at":) . (1776643100000 + $seq)
            . ",$_";
        $last = sha256_hex($last . $text);
        $hash = $last if $text =~ /"closed"/;
        qq($text,"hash":"$last"}\n);
    } @texts;
}


my @given = map { qq("type":"granted","hold":"$ids[$_ - 1]","buyer":"b$_",)
    . qq("sale":"lantern","qty":1,"number":$_) } 1 .. 5;
my $terms = '"type":"terms","sale":"lantern","digest":"'
    . sha256_hex($json->encode($sale{gives})) . '"';
my $closed = '"type":"closed","sale":"lantern"';
my $revealed = qq("type":"revealed","sale":"lantern","seed":"$lantern{seed}");

feed($terms, @given, $closed);

my $final = final_seed($lantern{seed}, 5, $hash, undef);
@won = winners($final, 5, 3);
my @drawn = ('"type":"drawn","sale":"lantern","entries":5', map {
    my $prize = $_ > 0 ? 1 : 0;
    qq("type":"drawn","hold":"$ids[$won[$_] - 1]","sale":"lantern",)
    . qq("number":$won[$_],"prize":$prize) } 0 .. 2);

$draw = changed(\%draw, sub { $_->{chain} = $hash;
    $_->{winners} = won(@won) });

sub with_ledger ($texts, $sale = \%sale, $draw = $draw) {
    return ('--sale', file('sale-l', $sale), '--draw', file('draw-l', $draw),
        '--ledger', file('ledger', join '', feed($terms, @$texts)));
}

accepted('the ledger', with_ledger([@given, $closed, $revealed, @drawn]));
refused('another moment of closing', qr/^NOT: the chain is the hash/m,
    with_ledger(['"type":"boot"', @given, $closed, $revealed, @drawn]));
refused('a ticket that is not there', qr/^NOT: the ledger has as many/m,
    with_ledger([@given[0 .. 3], $closed, $revealed, @drawn]));
refused('tickets that were exchanged', qr/^NOT: the root is that of/m,
    with_ledger([(map { s/$ids[0]/$ids[1]/r } $given[0]), @given[1 .. 4],
        $closed, $revealed, @drawn]));
refused('a number twice', qr/^NOT: numbered from 1 without a gap/m,
    with_ledger([@given[0 .. 3], $given[3], $closed, $revealed, @drawn]));
refused('another seed', qr/^NOT: the ledger revealed that seed/m,
    with_ledger([@given, $closed, $revealed =~ s/$lantern{seed}/$seed/r,
        @drawn]));
refused('another winner', qr/^NOT: and has the same winners/m,
    with_ledger([@given, $closed, $revealed, @drawn[0 .. 2]]));
refused('a winner of another number', qr/^NOT: each of them the gift of/m,
    with_ledger([@given, $closed, $revealed, (map { s/"hold":"\w+"/"hold":"$ids[$won[1] - 1]"/r }
        @drawn[0, 1]), @drawn[2, 3]]));

my @lines = feed(@given, $closed, $revealed, @drawn);
$lines[2] =~ s/"b3"/"b4"/;
($status, $said) = run_tool(@draw, '--ledger', file('other', join '', @lines));
is($status, 2, 'a line that was changed');

# terms that were not announced
refused('other terms', qr/^NOT: the terms are those of the ledger/m,
    with_ledger([@given, $closed, $revealed, @drawn],
        changed(\%sale, sub { $_->{gives}{prizes}[0]{title} = 'pears' })));

# said to be closed at another time than it was
refused('closed later', qr/^NOT: and was closed when it says/m,
    with_ledger([@given, $closed, $revealed, @drawn], \%sale,
        changed($draw, sub { $_->{closed_at} = 1776643100000 })));

# ---- misused
for my $case ([[], 'nothing'], [['http://127.0.0.1'], 'no sale'],
    [[@draw, 'more'], 'both'], [[@draw[0, 1]], 'no draw'],
    [['--sale', "$dir/none"], 'no file'],
    [['--sale', file('other', 'no json')], 'no JSON'],
    [['--sale', file('other', {id => 'grape'})], 'a sale that sells'])
{
    my ($arguments, $name) = @$case;
    open my $stderr, '>&', \*STDERR or die $!;
    open STDERR, '>', "$dir/stderr" or die $!;
    my ($code) = run_tool(@$arguments);
    open STDERR, '>&', $stderr or die $!;
    is($code, 2, "$name: exit code");
}

done_testing();
