use v5.36;
use Tuanbo::Test;

BEGIN { $Tuanbo::Test::Lies::kept = 'run-draws' }
use Tuanbo::Test::Lies qw(:DEFAULT put without);

# Lies about packets and draws: what was announced, what is in them, who wins,
# and what everybody is shown of it.  See 510-history-lies.t.

is(scalar problems(), 0, 'as it is, nothing');

sub all_of ($type, $code = sub { 1 }) {
    return grep { local $_ = $_; $_->{type} eq $type && $code->() } @entries;
}
sub of ($type, $code = sub { 1 }) {
    my ($entry) = all_of($type, $code);
    return $entry // die "the run has no $type";
}
sub done_of ($do, $what, $code = sub { 1 }) {
    return sample($what, sub { $_->{do} eq $do && ($_->{code} // 0) =~ /^2/
        && $code->() });
}
# A draw that nobody waits for, some of whose tickets win nothing; and one
# with a beacon.
my %tickets;
$tickets{ $_->{sale} }++ for all_of('granted');
my $drawn = of('drawn', sub { !$_->{hold} && !$_->{beacon}
    && $tickets{ $_->{sale} } > 5 });
my $sale = $drawn->{sale};
my @won = all_of('drawn', sub { $_->{hold} && $_->{sale} eq $sale });
my $closed = of('closed', sub { $_->{sale} eq $sale });
my $comet = of('drawn', sub { $_->{beacon} });
my ($first, $second) = @won;
cmp_ok(scalar @won, '>', 2, 'some have won');
my ($loser) = all_of('granted', sub { my $gift = $_; $gift->{sale} eq $sale
    && !grep { $_->{hold} eq $gift->{hold} } @won });

# ---- what was announced
my $told = done_of(sale => 'a commit', sub { $_->{answer}{commit}
    && $_->{answer}{id} eq $sale && !$_->{answer}{seed} });
my $last = (grep { $_->{do} eq 'sale' && ($_->{code} // 0) == 200
    && $_->{answer}{id} eq $sale && $_->{answer}{seed} } @requests)[-1];
my $revealed = of('revealed', sub { $_->{sale} eq $sale });

found('another commit', 'draw', qr/$sale has the commit f+, and at/,
    told($last, sub { $_->{answer}{commit} = 'f' x 64 }));
found('another seed is revealed', 'draw',
    qr/$sale reveals a seed whose commit is \w+, announced was/,
    put($revealed->{seq}, qr/"seed":"\w/, '"seed":"'
        . ($revealed->{seed} =~ /^0/ ? 1 : 0)));
found('other terms than those in the ledger', 'draw',
    qr/$sale shows terms, its commit among them, of which the ledger has no/,
    told($told, sub { $_->{answer}{gives}{prizes}[0]{count}++ }));
found('of which the ledger has another digest', 'draw',
    qr/$sale shows terms, its commit among them/,
    put(of('terms', sub { $_->{sale} eq $sale })->{seq}, qr/"digest":"\w/,
        '"digest":"x'));
found('the seed is shown too early', 'draw', qr/$sale shows the seed/,
    told($told, sub { $_->{answer}{seed} = $revealed->{seed} }));
found('another one is shown', 'draw', qr/$sale shows the seed f{64}/,
    told($last, sub { $_->{answer}{seed} = 'f' x 64 }));
found('it is not shown at all', 'draw', qr/$sale shows the seed null/,
    told($last, sub { $_->{answer}{seed} = undef }));
found('it is revealed before it is closed', 'ledger',
    qr/revealed, but $sale is not closed/, inserted($closed->{seq} - 1,
    qq("type":"revealed","sale":"$sale","seed":"$revealed->{seed}",)
        . '"hash":"' . '0' x 64 . '"}' . "\n"));

# ---- packets
my $packet = of('granted', sub { $_->{sale} =~ /snow/ });
my ($other) = all_of('granted', sub { $_->{sale} eq $packet->{sale}
    && $_->{off_fen} != $packet->{off_fen} });
my $fen = $packet->{off_fen} + 1;
found('a fen more in a packet', 'draw',
    qr/packet 1 of $packet->{sale} has $fen fen, by its seed/,
    put($packet->{seq}, qr/"off_fen":\d+/, qq("off_fen":$fen)));
my @swapped = @ledger;
$swapped[ $packet->{seq} - 1 ] =~ s/"off_fen":\d+/"off_fen":$other->{off_fen}/;
$swapped[ $other->{seq} - 1 ] =~ s/"off_fen":\d+/"off_fen":$packet->{off_fen}/;
found('two packets changed for each other', 'draw',
    qr/packet 1 of $packet->{sale} has $other->{off_fen} fen, by its/,
    ledger => [chained(@swapped)]);
found('more than there was in all', 'draw',
    qr/\d+ fen are in \d+ packets of $packet->{sale}, of \d+ in/,
    put($packet->{seq}, qr/"off_fen":\d+/, '"off_fen":98765'));
my ($next) = grep { $_->{number} == 2 }
    all_of('granted', sub { $_->{sale} eq $packet->{sale} });
found('one number twice', 'draw',
    qr/packet 1 of $packet->{sale} is given twice/,
    put($next->{seq}, qr/"number":2\b/, '"number":1'));
my $grant = done_of(grant => 'a packet', sub {
    $_->{answer}{gift}{kind} eq 'packet' });
found('other money than its buyer was told', 'answer',
    qr/gift $grant->{answer}{id} with off_fen \d+, the ledger has/,
    told($grant, sub { $_->{answer}{gift}{off_fen}++ }));

# ---- who wins
found('another ticket wins', 'draw',
    qr/winner 0 of $sale is $loser->{number} prize 0, by its seed/,
    altered($first->{seq}, sub { s/"hold":"\w+"/"hold":"$loser->{hold}"/;
        s/"number":\d+/"number":$loser->{number}/ }));
found('in another order', 'draw',
    qr/winner 1 of $sale is $won[2]{number} prize 1, by its seed/,
    ledger => [chained(@ledger[0 .. $second->{seq} - 2],
        @ledger[ map { $_->{seq} - 1 } $won[2], $second ],
        @ledger[ $won[2]{seq} .. $#ledger ])]);
found('one ticket wins twice', 'draw',
    qr/ticket $first->{number} of $sale wins twice/,
    altered($second->{seq}, sub { s/"hold":"\w+"/"hold":"$first->{hold}"/;
        s/"number":\d+/"number":$first->{number}/ }));
found('whoever has not the ticket', 'draw',
    qr/ticket $first->{number} of $sale is won by hold $loser->{hold}, which/,
    put($first->{seq}, qr/"hold":"\w+"/, qq("hold":"$loser->{hold}")));
found('one too many', 'draw', qr/winner \d+ of $sale is \d+ .* seed nobody/,
    inserted($won[-1]{seq}, qq("type":"drawn","hold":"$loser->{hold}",)
        . qq("sale":"$sale","number":$loser->{number},"prize":1,"off_fen":55,)
        . '"hash":"' . '0' x 64 . '"}' . "\n"));
found('another prize', 'draw', qr/winner 1 of $sale is \d+ prize 0, by its/,
    put($second->{seq}, qr/"prize":1/, '"prize":0'));
found('of more worth', 'draw',
    qr/prize 1 of $sale takes off 555 fen, 55 were promised/,
    put($second->{seq}, qr/"off_fen":55/, '"off_fen":555'));
found('for longer', 'draw', qr/prize 1 of $sale is good until ever/,
    put($second->{seq}, qr/,"valid_until_at":\d+/, ''));
found('from other tickets than were given', 'draw',
    qr/$sale is drawn from 987 tickets, and has \d+/,
    put($drawn->{seq}, qr/"entries":\d+/, '"entries":987'));
found('a ledger that was written anew', 'draw',
    qr/winner 0 of $sale is .*, by its seed/,
    put($loser->{seq}, qr/"at":\d+/, '"at":' . ($loser->{at} + 1)));
found('a ticket too few', 'draw', qr/winner \d of $sale is/,
    without($loser->{seq}));
found('a ticket given after the seed', 'ledger',
    qr/granted, but the seed of $sale is revealed/,
    inserted($drawn->{seq}, qq("type":"granted","hold":") . 'e' x 32
        . qq(","buyer":"$loser->{buyer}","sale":"$sale","qty":1,"number":)
        . ($drawn->{entries} + 1) . ',"hash":"' . '0' x 64 . '"}' . "\n"));
found('drawn twice', 'ledger', qr/drawn, but $sale was drawn before/,
    inserted($won[-1]{seq}, qq("type":"drawn","sale":"$sale","entries":)
        . "$drawn->{entries}" . ',"hash":"' . '0' x 64 . '"}' . "\n"));

sub a_minute_later (%with) {
    my @lines = @{ $with{ledger} };
    $lines[-1] =~ s/"at":\d+/'"at":' . ($entries[-1]{at} + 120_000)/e;
    return (ledger => [chained(@lines)]);
}
found('the seed is kept back', 'overdue',
    qr/$sale is closed, and its seed is not revealed/,
    a_minute_later(without(map { $_->{seq} } $revealed, $drawn, @won)));
found('nobody draws', 'overdue',
    qr/$sale is closed, and 0 of \d+ winners are there/,
    a_minute_later(without(map { $_->{seq} } $drawn, @won)));
found('one winner is left out', 'overdue', qr/$sale is closed, and \d+ of \d/,
    a_minute_later(without($won[-1]{seq})));

# ---- a beacon
my $with = done_of('draw-with' => 'a beacon');
my $late = sample('who came too late', sub { $_->{do} eq 'draw-with'
    && ($_->{code} // 0) == 409 });
found('a beacon that nobody said', 'cause',
    qr/$comet->{sale} is drawn with a beacon that nobody said/,
    put($comet->{seq}, qr/"beacon":"\w+"/, '"beacon":"' . 'a' x 64 . '"'));
found('who said it was refused', 'cause', qr/a beacon that nobody said/,
    told($with, sub { %$_ = (%$_, code => 409, answer => {
        code => 'wrong_state' }) }));
found('another one', 'draw', qr/was drawn with \w+, it said, the ledger has/,
    told($with, sub { $_->{body}{beacon} = 'a' x 64 }));
found('two of them', 'draw', qr/was drawn with \w+, it said, the ledger has/,
    told($late, sub { %$_ = (%$_, code => 200, answer => {
        %{ $with->{answer} } }) }));
found('none, where one was promised', 'draw',
    qr/$comet->{sale} is drawn without a beacon, and was to be with one/,
    put($comet->{seq}, qr/,"beacon":"\w+"/, ''));
found('one, where none was', 'draw',
    qr/$sale is drawn with a beacon, and was to be without/,
    put($drawn->{seq}, qr/("entries":\d+)/,
        '"entries":' . $drawn->{entries} . ',"beacon":"' . 'a' x 64 . '"'));
found('too late, it said, and it waited', 'refusal',
    qr/wrong_state, but $comet->{sale} waited for its beacon/,
    told($late, sub { $_->{target} = "/admin/sales/$comet->{sale}/draw" },
        ), without($comet->{seq}));

# ---- what everybody is shown
my ($shown) = reverse grep { $_->{do} eq 'draw' && ($_->{code} // 0) == 200
    && $_->{target} =~ m{/$sale/draw\z} && $_->{answer}{state} eq 'drawn' }
    @requests;
my ($open) = grep { $_->{do} eq 'draw' && ($_->{code} // 0) == 200
    && $_->{answer}{state} eq 'open' && $_->{answer}{entries} } @requests;
my $name = $open->{target} =~ s{.*/sales/(.*)/draw}{$1}r;
for my $field (qw(root chain closed_at)) {
    found("another $field", 'draw', qr/the draw of $sale has $field f/,
        told($shown, sub { $_->{answer}{$field} = 'f' x 64 }));
}
found('another winner', 'draw', qr/the draw of $sale has winners 987 prize/,
    told($shown, sub { $_->{answer}{winners}[0]{number} = 987 }));
found('one of them not shown', 'draw', qr/the draw of $sale has winners/,
    told($shown, sub { pop @{ $_->{answer}{winners} } }));
found('more tickets', 'draw', qr/$sale is drawn with 987 tickets, which it/,
    told($shown, sub { $_->{answer}{entries} = 987 }));
found('still open', 'draw', qr/$sale is open with \d+ tickets, which it was/,
    told($shown, sub { $_->{answer}{state} = 'open' }));
found('another commit', 'draw', qr/the draw of $sale has the commit f/,
    told($shown, sub { $_->{answer}{commit} = 'f' x 64 }));
found('drawn already', 'draw', qr/$name is drawn with \d+ tickets, which/,
    told($open, sub { $_->{answer}{state} = 'drawn' }));
found('the root of other tickets', 'draw', qr/the draw of $name has root e/,
    told($open, sub { $_->{answer}{root} = 'e' x 64 }));
found('winners before the draw', 'draw',
    qr/the draw of $name has winners 1 prize 0/,
    told($open, sub { $_->{answer}{winners} = [{ number => 1,
        prize => 0 }] }));

# ---- a ticket
my $ticket = done_of(ticket => 'a ticket', sub { @{ $_->{answer}{path} } > 1
    && $_->{answer}{prize} });
my $id = $ticket->{answer}{id};
my $before = done_of(ticket => 'one before the draw', sub {
    !$_->{answer}{prize} && @{ $_->{answer}{path} } });
found('a path that leads elsewhere', 'draw', qr/ticket $id has a path that/,
    told($ticket, sub { $_->{answer}{path}[0] = 'f' x 64 }));
found('one that is too short', 'draw', qr/ticket $id has a path that/,
    told($ticket, sub { pop @{ $_->{answer}{path} } }));
found('to a root of its own', 'draw', qr/ticket $id has another root over/,
    told($ticket, sub { $_->{answer}{root} = 'f' x 64 }));
found('in a draw of more', 'draw', qr/ticket $id is one of 987, and/,
    told($ticket, sub { $_->{answer}{entries} = 987 }));
found('it has won nothing, it said', 'draw', qr/ticket $id has prize null/,
    told($ticket, sub { $_->{answer}{prize} = undef }));
found('or something else', 'draw', qr/ticket $id has prize 9, which/,
    told($ticket, sub { $_->{answer}{prize} = { index => 9 } }));
found('it has won before the draw', 'draw',
    qr/ticket $before->{answer}{id} has prize 0, which it had not/,
    told($before, sub { $_->{answer}{prize} = { index => 0 } }));

done_testing();
