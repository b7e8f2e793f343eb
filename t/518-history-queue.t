use v5.36;
use Tuanbo::Test;

BEGIN { $Tuanbo::Test::Lies::kept = 'run-queue' }
use Tuanbo::Test::Lies qw(:DEFAULT of put refused_for without);

# Lies about those who wait for units: who is passed over, whose turn it is,
# and what they are told of their place.  See 510-history-lies.t.

is(scalar problems(), 0, 'as it is, nothing');

my %hold;               # by id: its `queued`, and `last`, what ended that
my %waited;             # by seq: the holds that waited before that entry
for my $entry (@entries) {
    my ($type, $id) = @$entry{qw(type hold)};
    $waited{ $entry->{seq} } = [sort { $a->{number} <=> $b->{number} }
        grep { !$_->{last} && $_->{sale} eq ($entry->{sale} // '') }
        values %hold];
    $hold{$id} = { %$entry } if $type eq 'queued';
    $hold{$id}{last} = $entry if $type =~ /^(?:served|stepped_out|ended)\z/;
}

# without these entries, and with more lines at the end, a minute later
sub later (%with) {
    my $lines = $with{ledger} // \@ledger;
    my $at = $entries[-1]{at} + 70_000;
    return (ledger => [chained(@$lines, qq({"seq":0,"at":$at,"type":)
        . '"document","digest":"0123456789abcdef","hash":"' . '0' x 64
        . qq("}\n))]);
}
sub again ($entry, %change) {
    my %line = (%$entry, %change);
    return join(',', map { my $value = $line{$_};
        $value =~ /^\d+\z/ && !/^(?:hold|buyer)\z/ ? qq("$_":$value)
            : qq("$_":"$value") } grep { defined $line{$_} }
        qw(type hold buyer sale qty price_fen pickup number expires_at))
        . ',"hash":"' . '0' x 64 . qq("}\n);
}

# ---- whose turn it is
my $served = of('served', sub { my $mine = $_;
    grep { $_->{hold} ne $mine->{hold} && $_->{qty} <= $mine->{qty} }
        @{ $waited{ $mine->{seq} } } });
my ($turn, $sale, $seq) = ($hold{ $served->{hold} }, @$served{qw(sale seq)});
my ($next) = grep { $_->{hold} ne $served->{hold}
    && $_->{qty} <= $served->{qty} } @{ $waited{$seq} };
found('served out of turn', 'ledger',
    qr/served number $next->{number} in .*, and $turn->{number} was the first/,
    put($seq, qr/$served->{hold}/, $next->{hold}));
my $stranger = of('held', sub { $_->{sale} ne $sale })->{buyer};
found('somebody new has what would have sufficed', 'ledger',
    qr/held 1 units of $sale, and $served->{hold}, who is number \d+ in/,
    inserted($seq - 1, again($served, type => 'held', hold => 'e' x 32,
        buyer => $stranger, qty => 1, number => undef)));
found('and nobody asked for that', 'cause', qr/nobody (?:who )?asked for/,
    inserted($seq - 1, again($served, type => 'held', hold => 'e' x 32,
        buyer => 'd' x 32, qty => 1, number => undef)));
found('served twice', 'ledger',
    qr/hold $served->{hold} is held: no way to served/,
    inserted($seq, again($served)));
my $left = of('stepped_out', sub { my $mine = $_;
    grep { $_->{type} eq 'served' && $_->{sale} eq $mine->{sale}
        && $_->{seq} > $mine->{seq} } @entries });
my $after = of('served', sub { $_->{sale} eq $left->{sale}
    && $_->{seq} > $left->{seq} });
found('a turn of somebody who had left', 'ledger',
    qr/hold $left->{hold} is released: no way to served/,
    put($after->{seq}, qr/$after->{hold}/, $left->{hold}));
found('served other units than were waited for', 'ledger',
    qr/served 7 units, but $served->{qty} were held/,
    put($seq, qr/"qty":\d+/, '"qty":7'));
found('served while it was paused', 'ledger',
    qr/served, but $sale is paused/,
    inserted($seq - 1, qq("type":"paused","sale":"$sale","hash":")
        . '0' x 64 . qq("}\n)));
my $open = of('sale', sub { my $mine = $_; grep { !$_->{last}
    && $_->{sale} eq $mine->{sale} } values %hold });
found('passed over until the end', 'ledger',
    qr/units of $open->{sale} would suffice for somebody who waits/,
    later(appended(qq("type":"stock","sale":"$open->{sale}","qty":9,"hash":")
        . '0' x 64 . qq("}\n))));
my $ended = of('ended');
found('waits for a closed sale', 'ledger',
    qr/$ended->{sale} is closed, and somebody waits for it still/,
    later(without($ended->{seq})));
my $waits = (sort { $a->{seq} <=> $b->{seq} } grep { !$_->{last} }
    values %hold)[0];
found('ended, and the sale is open', 'ledger',
    qr/ended, but $waits->{sale} is not closed/,
    inserted($waits->{seq}, again($waits, type => 'ended', buyer => undef,
        number => undef)));

# ---- how they came there
my $free = of('sale', sub { $_->{sale} =~ /plenty/ });
found('waits beside free units', 'ledger',
    qr/queued for 1 units of $free->{sale}, of which \d+ are free for nobody/,
    inserted($seq, again($turn, sale => $free->{sale}, qty => 1,
        hold => 'e' x 32, number => 1)));
found('a number left out', 'ledger',
    qr/number 99 in the line of $sale, and $turn->{number} was to come/,
    put($turn->{seq}, qr/"number":\d+/, '"number":99'));
found('more than one may wait for', 'ledger', qr/9 units are waited for/,
    put($turn->{seq}, qr/"qty":\d+/, '"qty":9'));
my $closed = of('closed', sub { my $mine = $_; grep { $_->{sale}
    eq $mine->{sale} && $_->{seq} < $mine->{seq} } values %hold });
my ($early) = grep { $_->{sale} eq $closed->{sale} } values %hold;
found('for a sale that is closed', 'ledger',
    qr/queued, but $closed->{sale} is closed/,
    inserted($closed->{seq}, again($early, hold => 'e' x 32)));
found('of nobody', 'cause', qr/hold e{32} is of nobody who asked for one/,
    inserted($turn->{seq}, again($turn, hold => 'e' x 32,
        buyer => 'd' x 32)));

my $asked = sample('somebody who waits', sub { $_->{do} eq 'hold'
    && ($_->{code} // 0) == 202 && $_->{answer}{id} eq $turn->{hold} });
my $id = $turn->{hold};
my $user = $asked->{user};
found('a place that is not there', 'lost',
    qr/hold $id was shown, and is not in the ledger/,
    without(map { $_->{seq} } grep { ($_->{hold} // '') eq $id } @entries));
found('nobody had asked for it', 'cause',
    qr/hold $id of $user is there, and nobody asked/,
    requests => [grep { $_->{do} ne 'hold' || $_->{user} ne $user }
        @requests]);
my $once = sample('one who asked once', sub { my $mine = $_;
    $_->{do} eq 'hold' && ($_->{code} // 0) == 202 && 1 == grep {
        ($_->{key} // '') eq ($mine->{key} // 'none') } @requests });
found('and it was refused', 'refused',
    qr/hold $once->{answer}{id} of \S+ is there, but what asked for it was/,
    refused_for($once, 'paused'));
found('held, it said, and it waits', 'answer', qr/hold $id held until/,
    told($asked, sub { $_->{answer}{state} = 'held'; $_->{code} = 201 }));
found('201, and it waits', 'answer',
    qr/it made hold $id, and that is queued/,
    told($asked, sub { $_->{code} = 201 }));
my $made = sample('a hold', sub { $_->{do} eq 'hold' && ($_->{code} // 0)
    == 201 && $_->{body}{queue} });
found('202, and it is held', 'answer',
    qr/it made hold $made->{answer}{id}, and that is held/,
    told($made, sub { $_->{code} = 202 }));
found('had not asked to wait', 'answer',
    qr/it asked for \S+ at \S+, and got hold $id: \S+ at \S+ or waits/,
    told($asked, sub { $_->{payload} = undef; delete $_->{body}{queue} }));
found('another number', 'answer',
    qr/hold $id with number 55, the ledger has $turn->{number}/,
    told($asked, sub { $_->{answer}{number} = 55 }));
found('ahead of fewer', 'answer', qr/hold $id with 44 ahead, which it had/,
    told($asked, sub { $_->{answer}{ahead} = 44 }));
found('there before it was asked for', 'twice',
    qr/it made hold $id, which was there before it was asked for/,
    told($asked, sub { $_->{t0} = $requests[-1]{t1} + 1;
        $_->{t1} = $_->{t0} + 1 }));

# ---- it never gets longer
my %places;
push @{ $places{ $_->{answer}{id} } }, $_
    for grep { ref $_->{answer} eq 'HASH' && defined $_->{answer}{ahead} }
    @requests;
my ($rises) = grep { $_->[0]{answer}{ahead} > 0 && $_->[0]{t1} < $_->[-1]{t0} }
    map { [sort { $a->{t0} <=> $b->{t0} } @{ $places{$_} }] }
    sort keys %places;
my $place = $rises->[0]{answer};
found('a place that rises', 'answer',
    qr/hold $place->{id} with 9 ahead, and $place->{ahead} at/,
    told($rises->[-1], sub { $_->{answer}{ahead} = 9 }));

# ---- one key, one place
my %tries;
push @{ $tries{ $_->{key} } }, $_ for grep { $_->{do} eq 'hold'
    && $_->{body}{queue} && defined $_->{key} && ($_->{code} // 0)
        =~ /^20[0-2]\z/ && exists $hold{ $_->{answer}{id} } } @requests;
my ($twice) = grep { @$_ > 1 } map { $tries{$_} } sort keys %tries;
my $same = $twice->[0]{answer}{id};
my ($another) = grep { $_ ne $same } sort keys %hold;
found('one key, two places', 'twice', qr/key \S+ made hold \w+, and hold/,
    told($twice->[-1], sub { $_->{answer}{id} = $another }));
my ($first) = grep { $_->{code} == 202 } @$twice;
my ($replay) = grep { $_->{code} == 200 } @$twice;
found('two places, it said', 'twice',
    qr/201 for key $first->{key}, and at \S+ before: a replay is 200/,
    told($replay, sub { $_->{code} = 202; delete $_->{replayed} }));

# ---- leaving
my $gone = sample('somebody who leaves', sub { $_->{do} eq 'release'
    && ($_->{code} // 0) == 200 && ($hold{ $_->{hold} // '' } // {})->{last}
    && $hold{ $_->{hold} }{last}{type} eq 'stepped_out' });
my $out = $hold{ $gone->{hold} }{last}{seq};
found('left, and nobody had asked for it', 'cause',
    qr/stepped_out of hold $gone->{hold}, and nobody asked for release/,
    requests => [grep { ($_->{hold} // '') ne $gone->{hold}
        || $_->{do} ne 'release' } @requests]);
found('left, and that was refused', 'refused',
    qr/stepped_out of hold $gone->{hold}, but release was refused/,
    refused_for($gone, 'wrong_state', 409, state => 'sold'));
found('had left, it said, and waits', 'answer',
    qr/hold $gone->{hold} released until \S+, which it was not/,
    without($out));
found("another's place is given back", 'cause',
    qr/stepped_out of hold $gone->{hold}, and nobody asked for release/,
    told($gone, sub { $_->{user} = 'nobody'; $_->{code} = undef;
        $_->{lost} = 'gone'; delete $_->{answer} }));

# ---- what is shown of them
my $list = sample('a list with one who waits', sub { $_->{do} eq 'list'
    && grep { $_->{state} eq 'queued' }
        @{ ($_->{answer} // {})->{holds} // [] } });
my ($listed) = grep { $_->{state} eq 'queued' } @{ $list->{answer}{holds} };
found('it is not in the list', 'answer',
    qr/hold $listed->{id} of \S+ is not in its list/,
    told($list, sub { $_->{answer}{holds} = [grep { $_->{id}
        ne $listed->{id} } @{ $_->{answer}{holds} }] }));
my $shown = sample('a sale with a line', sub { $_->{do} eq 'sale'
    && ($_->{code} // 0) == 200 && $_->{answer}{queued} });
found('so many wait, it said', 'answer',
    qr/$shown->{answer}{id} is shown with queued 77, the ledger has \d/,
    told($shown, sub { $_->{answer}{queued} = 77 }));

# ---- refused, and why not
my $room = $asked->{answer};
found('there is no room in the line, it said', 'refusal',
    qr/sold_out, but $turn->{sale} never had 0 free/,
    refused_for($asked, 'sold_out', 409, sale => $turn->{sale}, free => 0));
my $one = sample('a hold of what is free', sub { $_->{do} eq 'hold'
    && ($_->{code} // 0) == 201 && defined $_->{body}{sale}
    && $_->{body}{sale} =~ /plenty/ });
my $there = of('held', sub { $_->{hold} eq $one->{answer}{id} });
my $row = Tuanbo::History::Timeline::row_at(
    timeline()->{sales}{ $there->{sale} }, $there->{seq} - 1);
my $units = Tuanbo::History::Timeline::free($row);
found('somebody waits for these, it said', 'refusal',
    qr/sold_out, but $units are free, and \d+ were asked for/,
    refused_for($one, 'sold_out', 409, sale => $there->{sale},
        free => $units));
found('nobody may wait for so few', 'refusal',
    qr/bad_request, but nobody asked for more than a buyer may have/,
    refused_for($asked, 'bad_request', 400, field => 'qty'));
found('waiting is no lapse', 'refusal',
    qr/wait, but $user never had three lapses/,
    refused_for($asked, 'wait', 409, retry_after_ms => 30_000));
found('waiting is no live hold', 'refusal',
    qr/too_many_holds, but $user never had 5 live/,
    refused_for($asked, 'too_many_holds', 409, limit => 5));

done_testing;
