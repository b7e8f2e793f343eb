use v5.36;
use Tuanbo::Test;
use Storable qw(dclone);

use Tuanbo::Test::Lies;

# Histories and ledgers that lie, each in one way: the checker has to name it.
# What is changed is a run of t/history/load.pl that was kept, in t/history/run,
# so that there is an example of each kind.

is_deeply([chained(@ledger)], \@ledger, 'this test chains as the engine does');

is(scalar problems(), 0, 'as it is, nothing');

# what the run made, to be changed
my %held;
for my $entry (grep { $_->{type} eq 'held' } @entries) {
    push @{ $held{ $entry->{hold} } }, $entry;
}
my %tries;
$tries{ $_->{key} // '' }++ for grep { $_->{do} eq 'hold' } @requests;
my %moved = map { $_->{hold} => 1 } grep { $_->{type} eq 'pickup' } @entries;
my $made = sample('a hold of one line and one request', sub {
    $_->{do} eq 'hold' && ($_->{code} // 0) == 201 && defined $_->{key}
        && $tries{ $_->{key} } == 1 && @{ $held{ $_->{answer}{id} } } == 1
        && !defined $_->{answer}{pickup} && !$moved{ $_->{answer}{id} } });
my $id = $made->{answer}{id};
my $held = $held{$id}[0];
my $seq = $held->{seq};
my $new = 'f' x 32;
sub held_text (%of) {
    my %is = (%$held, hold => $new, %of);
    return join ',', '"type":"held"', map { defined $is{$_}
        ? qq("$_":) . ($is{$_} =~ /\A\d+\z/ && !/hold|buyer|key|sale|pickup/
            ? $is{$_} : qq("$is{$_}")) : () }
        qw(hold buyer sale qty price_fen pickup expires_at key);
}

# the ledger
found('a dropped entry', 'lost', qr/hold $id .*not in the ledger/,
    ledger => [chained(@ledger[0 .. $seq - 2, $seq .. $#ledger])]);
found('a line cut out', 'ledger', qr/@{[$seq + 1]} .*$seq was to come/,
    ledger => [@ledger[0 .. $seq - 2, $seq .. $#ledger]]);
found('a changed line', 'ledger', qr/$seq - its hash is not/,
    ledger => [map { /\A\{"seq":$seq,/ ? s/"qty":\d+/"qty":9/r : $_ }
        @ledger]);
found('a quantity raised', 'answer', qr/$seq \S+ it made hold $id with lines/,
    altered($seq, sub { s/"qty":(\d+)/'"qty":' . ($1 + 1)/e }));
found('a price raised', 'answer', qr/$seq \S+ it made hold $id with amount/,
    altered($seq, sub { s/"price_fen":(\d+)/'"price_fen":' . ($1 + 1)/e }));
found('another term', 'answer', qr/$seq \S+ it made hold $id held until/,
    altered($seq, sub { s/"expires_at":(\d+)/'"expires_at":' . ($1 + 1)/e }));
found('a key executed twice', 'ledger', qr/key \w+ was executed at seq $seq/,
    appended(held_text()));
found('a hold twice', 'ledger', qr/line 1 of 1 of hold $id that began at/,
    appended(held_text(hold => $id)));
found('a hold of a key that made another one', 'twice',
    qr/hold $new .* is there, and what asked for it made hold $id/,
    appended(held_text(key => '00000000000000aa')));
found('a hold of nobody', 'cause', qr/hold $new is of nobody/,
    appended(held_text(buyer => 'e' x 32)));
found('a hold that its buyer did not ask for', 'cause',
    qr/hold $new .* nobody asked for it/, appended(held_text(key => undef,
        pickup => 'north')));
# pickup points
found('another pickup point shown', 'answer',
    qr/$seq \S+ it made hold $id with pickup south/,
    told($made, sub { $_->{answer}{pickup} = 'south' }));
found('a pickup point changed by nobody', 'cause',
    qr/pickup of hold $id, and nobody asked for pickup/,
    appended(qq("type":"pickup","hold":"$id","pickup":"south")));
my $at_point = sample('a hold with a pickup point', sub { $_->{do} eq 'hold'
    && ($_->{code} // 0) == 201 && defined $_->{body}{pickup}
    && ($_->{body}{sale} // '-points-') !~ /-points-/ });
my %document = (do => 'document', method => 'PUT', code => 200, answer => {},
    target => '/admin/documents/pickup/south', body => {}, t0 => 0, t1 => 1,
    at => 'operator.ndjson:0', where => 'operator.ndjson:0');
found('a pickup point that no operator wrote', 'answer',
    qr/hold $at_point->{answer}{id}: no operator has written/,
    requests => [grep({ $_->{do} ne 'document' } @requests), \%document]);
my @defines = grep { $_->{do} eq 'admin' && $_->{method} eq 'PUT' } @requests;
my %lists = (body => { doc => { pickups => ['south'] } });
found('a pickup point that its sale does not list', 'answer',
    qr/hold $at_point->{answer}{id}: \S+ is not collected at/,
    requests => [@requests, \%document, map { { %document, %lists,
        target => $_->{target} } } @defines]);
found('refused for a pickup point that is there', 'refusal',
    qr/bad_request, but nothing was wrong with it/,
    requests => [@requests, \%document, { %document, do => 'pickup',
        method => 'POST', user => $made->{user}, hold => $id, code => 400,
        t0 => $made->{t1}, t1 => $made->{t1} + 1,
        target => "/api/holds/$id/pickup", body => { pickup => 'south' },
        answer => { code => 'bad_request' } }]);

found('more than there is', 'ledger', qr/has -\d+ free/,
    appended(held_text(buyer => 'e' x 32, qty => 9999)));
my $over = sample('over_limit', sub { $_->{do} eq 'hold'
    && ($_->{code} // 0) == 409 && $_->{answer}{code} eq 'over_limit' });
my ($sale) = grep { $_->{id} eq $over->{answer}{sale} } @{ $read{sales} };
found('more than a buyer may have', 'ledger', qr/the limit is $sale->{limit}/,
    appended(held_text(sale => $sale->{id}, key => undef,
        qty => $sale->{limit} + 1), qq("type":"stock","sale":"$sale->{id}",)
        . '"qty":9'));

my ($ended) = grep { $_->{type} =~ /^(?:sold|released|cancelled)\z/
    && !$_->{lines} } @entries;
found('an arrow that there is not', 'ledger', qr/no way to released/,
    appended(qq("type":"released","hold":"$ended->{hold}",)
        . qq("sale":"$ended->{sale}","qty":$ended->{qty})));
my ($expired) = grep { $_->{type} eq 'expired' && !$_->{lines} } @entries;
found('expired before its time', 'ledger', qr/expired at \d+, but hold/,
    altered($held{ $expired->{hold} }[0]{seq},
        sub { s/"expires_at":\K\d+/32503680000000/ }));
my ($sold) = grep { $_->{type} eq 'sold' } @entries;
found('money that was never paid', 'cause', qr/refund_due of hold \w+, and/,
    appended(qq("type":"refund_due","hold":"$sold->{hold}","payment":")
        . 'd' x 32 . '","amount_fen":5,"reason":"second_payment"'));
found('a change that nobody made', 'operator', qr/ 77: .* 1 are in the ledger/,
    appended(qq("type":"stock","sale":"$sale->{id}","qty":77)));
my ($definition) = map { /"type":"sale"/ ? s/\A.*?(?="type")//r
    =~ s/,"hash".*//sr : () } @ledger;
found('a sale defined twice', 'operator', qr/ sale: 1 were .* 2 are in/,
    appended($definition));

# the answers
found('an acknowledged hold that is not there', 'lost', qr/hold $new/,
    told($made, sub { $_->{answer}{id} = $new }));
my $replay = sample('replay', sub {
    $_->{do} eq 'hold' && $_->{replayed} });
found('made again', 'twice', qr/201/,
    told($replay, sub { $_->{code} = 201; delete $_->{replayed} }));
found('a replay that shows another hold', 'twice', qr/key \S+ made hold/,
    told($replay, sub { $_->{answer}{id} = $id }));
my %refused = (code => 409, answer => { code => 'too_many_holds',
    limit => 0 });
found('a success said to be refused', 'refused',
    qr/$seq \S+ hold $id .*what asked for it was refused/,
    told($made, sub { %$_ = (%$_, %refused) }));
found('a refusal without its reason', 'refusal', qr/over_limit, but/,
    told($over, sub { $_->{answer}{limit}++ }));
my $retry = sample('replay after its answer', sub {
    my $mine = $_;
    return $mine->{do} eq 'hold' && $mine->{replayed}
        && grep { $_->{do} eq 'hold' && ($_->{code} // 0) == 201
            && ($_->{key} // '') eq $mine->{key} && $_->{t1} < $mine->{t0} }
            @requests });
found('a retry refused', 'refusal', qr/too_many_holds, but key \S+ had made/,
    told($retry, sub { delete $_->{replayed}; $_->{code} = 409;
        $_->{answer} = { code => 'too_many_holds', limit => 0 } }));
my $plenty = sample('refusal of plenty', sub {
    $_->{do} eq 'hold' && ($_->{code} // 0) =~ /^4/
        && (!defined $_->{key} || $tries{ $_->{key} } == 1)
        && ($_->{body}{sale} // '') =~ /-plenty-/ });
found('sold out, it said', 'refusal', qr/sold_out, but \S+ never had 0 free/,
    told($plenty, sub { $_->{code} = 409; $_->{answer} = {
        code => 'sold_out', sale => $_->{body}{sale}, free => 0 } }));
my $close = sample('close', sub { $_->{target} =~ m{/close\z}
    && ($_->{code} // 0) == 200 });
my ($open) = grep { !$_->{closes_at} && $_->{id} =~ /-plenty-/ }
    @{ $read{sales} };
sub resumed ($target) {
    return (requests => [@requests, { %$close, key => 'resume',
        target => $target, code => 409, answer => { code => 'closed' },
        t0 => $close->{t1}, t1 => $close->{t1} + 1 }]);
}
is(scalar problems(resumed($close->{target} =~ s{close\z}{resume}r)), 0,
    'a closed sale not resumed: no contradiction');
found('closed, it said to the operator', 'refusal',
    qr/closed, but none was closed/,
    resumed("/admin/sales/$open->{id}/resume"));
my %refunded = map { $_->{hold} => 1 } grep { $_->{type} eq 'refunded' }
    @entries;
my $wrong = sample('wrong state', sub { ref $_->{answer} eq 'HASH'
    && ($_->{answer}{code} // '') eq 'wrong_state'
    && !$refunded{ $_->{target} =~ s/.*([0-9a-f]{32}).*/$1/r } });
found('a state that it never had', 'refusal', qr/hold \w+ was never refunded/,
    told($wrong, sub { $_->{answer}{state} = 'refunded' }));
my $paid = sample('payment', sub {
    $_->{do} eq 'confirm' && ($_->{code} // 0) == 200 });
found('another answer to a payment', 'answer', qr/payment \w+ is refund_due/,
    told($paid, sub { $_->{answer} = { outcome => 'refund_due',
        reason => 'no' } }));
found('a payment that is not there', 'lost', qr/payment \w+ of hold/,
    told($paid, sub { $_->{reference} = undef;
        $_->{body}{payment} = 'another' }));
my $refund = sample('refund', sub {
    $_->{do} eq 'refunded' && ($_->{code} // 0) == 200 });
found('a refund said to be used', 'refusal', qr/settled this very debt/,
    told($refund, sub { $_->{code} = 409; $_->{answer} = {
        code => 'refund_used' } }));
found('a refund of a debt that another had settled', 'answer',
    qr/acknowledged for hold \w+, and had settled another debt/,
    told($refund, sub { $_->{body}{payment} = 'another' }));
my ($checkout) = grep { $_->{type} eq 'paying' } @entries;
found('a checkout that shortens a hold', 'answer',
    qr/went to the checkout, and had 1 in the place of \d+/,
    altered($checkout->{seq}, sub { s/"expires_at":\K\d+/1/ }));
my @lapses = map {
    my $gone = qq("hold":") . $_ x 32 . qq(","sale":"$held->{sale}","qty":1);
    map { qq({"seq":0,"at":$held->{at},$_) } held_text(hold => $_ x 32,
        qty => 1, key => undef), qq("type":"released",$gone);
} 'a', 'b', 'c';
found('a hold within the wait after three lapses', 'answer',
    qr/it made hold $id of \S+ at \d+, after 3 lapses/,
    ledger => [chained(@ledger[0 .. $seq - 2], @lapses,
        @ledger[$seq - 1 .. $#ledger])]);
my $listed = sample('list', sub { $_->{do} eq 'list'
    && $_->{file} eq 'end.ndjson' && @{ $_->{answer}{holds} } });
found('a hold left out of a list', 'answer', qr/is not in its list/,
    told($listed, sub { shift @{ $_->{answer}{holds} } }));
my ($first, $later);
my @shown = grep { $_->{do} eq 'sale' && ($_->{code} // 0) == 200 } @requests;
for my $one (@shown) {
    ($later) = grep { $_->{answer}{id} eq $one->{answer}{id}
        && $_->{answer}{version} > $one->{answer}{version} } @shown;
    $first = $one, last if $later;
}
found('a number shown', 'answer', qr/is shown with free/,
    told($first, sub { $_->{answer}{free}-- }));
my ($again) = grep { $_->{do} eq 'sales' } reverse @requests;
found('an old number shown', 'answer', qr/though what came after was known/,
    told($again, sub { for my $sale (@{ $_->{answer}{sales} }) {
        $sale = dclone($first->{answer})
            if $sale->{id} eq $first->{answer}{id} } }));
found('later than what came after', 'order', qr/asked for only later/,
    told($made, sub { $_->{t0} += 1e9; $_->{t1} += 1e9 }));
found('a request that hangs', 'hung', qr/no answer to hold within/,
    told($made, sub { delete @$_{qw(code answer)}; $_->{hung} = 1 }));

# a request without an answer: made or not, both are right, twice is not
my @lost = told($made, sub { delete @$_{qw(code answer)};
    $_->{lost} = 'cut' });
is(scalar problems(@lost), 0, 'made, and its answer lost: no contradiction');
found('made twice, and its answer lost', 'twice',
    qr/hold $new .* is there, and what asked for it/,
    @lost, appended(held_text(key => '00000000000000aa')));

# the audit, the sales, and nothing at all
my $audit = dclone($read{audit});
$audit->{sales}[0]{held}++;
found('an audit that counts otherwise', 'audit', qr/held \d+, the ledger has/,
    audit => $audit);
$audit = dclone($read{audit});
$audit->{ledger}{hash} =~ tr/0-9a-f/1-9a-f0/;
found('an audit of another ledger', 'audit', qr/its last entry is not/,
    audit => $audit);
my $sales = dclone($read{sales});
$sales->[0]{sold}++;
found('sales that show otherwise', 'answer', qr/sales\.json .*shown with sold/,
    sales => $sales);
found('a run without requests', 'nothing', qr/no requests/, requests => []);
found('a ledger without entries', 'nothing', qr/no entries/, ledger => []);

done_testing;
