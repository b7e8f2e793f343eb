use v5.36;
use Tuanbo::Test;
use Storable qw(dclone);

use Tuanbo::Test::Lies;

# Lies about orders: what is owed, what went back, what is for sale again.
# See 510-history-lies.t.

my %key_used;
$key_used{ $_->{key} }++ for grep { $_->{do} eq 'refund' } @requests;

sub ok_to ($do, $request) {
    return $request->{do} eq $do && ($request->{code} // 0) == 200;
}
sub refused_with ($do, $code) {
    return sample("$code of $do", sub { $_->{do} eq $do
        && ref $_->{answer} eq 'HASH'
        && ($_->{answer}{code} // '') eq $code });
}
sub hold_of ($request) { $request->{target} =~ /([0-9a-f]{32})/ ? $1 : '' }
sub about ($type, $hold) {
    return grep { $_->{type} eq $type && $_->{hold} eq $hold
        && defined $_->{sale} } @entries;
}
sub refunds_of ($hold) {
    return scalar grep { $_->{do} eq 'refund' && hold_of($_) eq $hold
        && ($_->{code} // 0) == 200 } @requests;
}
my %refusal = (code => 409);

# ---- a refund of fen is another one when it says `restock`
my %fen = (hold => 'h', body => { reason => 'goodwill', restock => 0,
    lines => [{ sale => 's', amount_fen => 56 }] });
my $with_restock = dclone(\%fen);
$with_restock->{body}{restock} = 1;
ok(Tuanbo::History::Services::asks_other(\%fen, $with_restock),
    'a refund with restock is another request');
ok(!Tuanbo::History::Services::asks_other(\%fen, dclone(\%fen)),
    'and without is the same');

# ---- an order given back without a key, right after a refund of it
sub returns (@entries) {
    my $timeline = Tuanbo::History::Timeline->new;
    my $seq = 0;
    my %is = (at => 5, hold => 'h', buyer => 'b', lines => 2, qty => 2,
        price_fen => 100, amount_fen => 200, payment => 'p');
    for my $entry ((map { { type => 'sale', sale => $_, stock => 9,
        price_fen => 100, at => 5 } } 'a', 'b'),
        (map { my $type = $_; map { { %is, type => $type, sale =>
            $_ ? 'b' : 'a', line => 1 + $_ } } 0, 1 } 'held', 'sold'),
        map { { %is, reason => 'cancelled', due_at => 9, %$_ } } @entries)
    {
        $timeline->add({ %$entry, seq => ++$seq });
    }
    return @{ $timeline->{holds}{h}{returns} // [] };
}
sub returned (@entries) {
    return [map { Tuanbo::History::Services::made($_) } returns(@entries)];
}
sub owed_of ($sale, %of) { return { type => 'owed', sale => $sale, %of } }
sub free_of ($sale, %of) { return { type => 'restocked', sale => $sale, %of } }
my ($both) = returns(owed_of('a', key => 'k'), free_of('a'), owed_of('b'),
    free_of('b'));
ok(Tuanbo::History::Services::is_what($both,
    'a 2 units restocked, b 2 units restocked, cancelled'),
    'one refund of two lines');
ok(Tuanbo::History::Services::is_what($both, 'a 2 units restocked, cancelled'),
    'or of one, and the rest is given back in the same moment');
ok(!Tuanbo::History::Services::is_what($both,
    'b 2 units restocked, cancelled'), 'and not of the other, without a key');
is_deeply(returned(owed_of('a', key => 'k'), owed_of('b'), free_of('b')),
    ['a 2 units, cancelled', 'b 2 units restocked, cancelled'],
    'one whose units are not for sale, and the rest is given back');
is_deeply(returned(owed_of('a', key => 'k', qty => 1),
    free_of('a', qty => 1), owed_of('a', qty => 1), free_of('a', qty => 1)),
    ['a 1 units restocked, cancelled', 'a 1 units restocked, cancelled'],
    'one of a unit, and the other is given back');
is_deeply(returned(owed_of('a', key => 'k'), free_of('a'),
    owed_of('b', at => 6), free_of('b', at => 6)),
    ['a 2 units restocked, cancelled', 'b 2 units restocked, cancelled'],
    'one of a line, and the other is given back later');

# ---- what a refund gives back
my $units = sample('refund of units', sub { ok_to(refund => $_)
    && $key_used{ $_->{key} } == 1 && @{ $_->{body}{lines} } == 1
    && $_->{body}{lines}[0]{qty} && !$_->{body}{restock}
    && refunds_of(hold_of($_)) == 1 });
my $of = hold_of($units);
my ($owed) = about(owed => $of);
my $owed_text = $ledger[ $owed->{seq} - 1 ] =~ s/\A.*?(?="type")//r
    =~ s/,"hash".*//sr;

found('a debt of another amount', 'answer',
    qr/hold $of with owed_fen \d+, which it had not/,
    altered($owed->{seq},
        sub { s/"amount_fen":(\d+)/'"amount_fen":' . ($1 - 1)/e }));
found('a debt due at another time', 'answer',
    qr/hold $of with debts .*, which it had not/,
    altered($owed->{seq}, sub { s/"due_at":(\d+)/'"due_at":' . ($1 + 1)/e }));
found('a debt that nobody asked for', 'cause',
    qr/owed of hold $of, and nobody asked for refund/,
    requests => [grep { $_->{do} ne 'refund' || hold_of($_) ne $of }
        @requests]);
found('a debt of another reason', 'cause',
    qr/owed of hold $of, and nobody asked for refund/,
    altered($owed->{seq}, sub { s/"reason":"\w+"/"reason":"damaged"/ }));
found('a debt of units that others asked for', 'cause',
    qr/owed of hold $of, and nobody asked for refund/,
    told($units, sub { $_->{body}{lines}[0]{qty}++ }));
found('a refund executed twice', 'twice',
    qr/of hold $of: 1 were acknowledged, 1 at most happened, and 2 are/,
    appended($owed_text =~ s/"key":"\K\w+/00000000000000aa/r));
found('a refund that is not there', 'lost',
    qr/refund of .* of hold $of is done, it says, and is not/,
    told($units, sub { $_->{body}{reason} = 'damaged' }));
found('a refund said to be refused', 'refused',
    qr/owed of hold $of, but refund was refused/,
    told($units, sub { %$_ = (%$_, %refusal, answer => {
        code => 'wrong_state', state => 'held' }) }));
found('a refund made again', 'twice',
    qr/refund of .* is done, it says, and was there before it was asked/,
    told($units, sub { $_->{t0} += 1e9; $_->{t1} += 1e9 }));
my $replay = sample('refund again', sub { ok_to(refund => $_)
    && $_->{replayed} && $key_used{ $_->{key} } > 1 });
found('a replay said to be none', 'twice',
    qr/refund of .* is done, it says, and was there before it was asked/,
    told($replay, sub { delete $_->{replayed} }));
found('a retry refused', 'refusal', qr/refund_over, but key \S+ was answered/,
    told($replay, sub { delete $_->{replayed}; %$_ = (%$_, %refusal,
        answer => { code => 'refund_over', left_fen => 0,
            sale => $_->{body}{lines}[0]{sale} }) }));
my @lost = told($units, sub { delete @$_{qw(code answer)};
    $_->{lost} = 'cut' });
is(scalar problems(@lost), 0, 'done, and its answer lost: no contradiction');

# ---- units that are for sale again
my $restock = sample('refund with restock', sub { ok_to(refund => $_)
    && $key_used{ $_->{key} } == 1 && $_->{body}{restock}
    && $_->{body}{lines}[0]{qty} && about(restocked => hold_of($_)) == 1
    && refunds_of(hold_of($_)) == 1 });
my ($restocked) = about(restocked => hold_of($restock));
found('units restocked that are to be none', 'cause',
    qr/restocked of hold \w+, and nobody asked for refund/,
    told($restock, sub { $_->{body}{restock} = 0 }));
found('units restocked by nobody', 'cause',
    qr/restocked of hold $of, and nobody asked for refund/,
    appended(qq("type":"restocked","hold":"$of","sale":"$owed->{sale}",)
        . qq("qty":$owed->{qty})));
found('units not restocked that were to be', 'lost',
    qr/refund of .* restocked.* is not in the ledger/,
    ledger => [chained(map { $ledger[$_ - 1] }
        grep { $_ != $restocked->{seq} } 1 .. @ledger)]);
my ($failed) = grep { $_->{type} eq 'restocked'
    && ($entries[ $_->{seq} - 2 ]{reason} // '') eq 'group_failed' } @entries;
ok($failed, 'units of a failed group are restocked by nobody') or die;
my ($again) = $ledger[ $failed->{seq} - 1 ] =~ /("type".*),"hash"/;
found('and twice', 'cause', qr/restocked of hold $failed->{hold}, and/,
    inserted($failed->{seq}, $again));

# ---- refusals of a refund
my $over = refused_with(refund => 'refund_over');
found('too much, it said', 'refusal', qr/refund_over, but \S+ of hold \w+ had/,
    told($over, sub { $_->{answer}{left_fen}++ }));
my ($line) = grep { $_->{amount_fen} > 1 } about(sold => $of);
found('too much, of what there is', 'refusal',
    qr/refund_over, but \S+ of hold $of had other than .* or enough/,
    requests => [grep({ $_->{do} ne 'refund' || hold_of($_) ne $of }
        @requests), { %$units, key => 'more', %refusal, answer => {
            code => 'refund_over', sale => $line->{sale},
            left_fen => $line->{amount_fen} }, body => { reason => 'bad',
            lines => [{ sale => $line->{sale}, amount_fen => 1 }] } }]);
found('nothing sold, it said', 'refusal',
    qr/wrong_state, but hold $of was never held/,
    told($units, sub { %$_ = (%$_, %refusal, answer => {
        code => 'wrong_state', state => 'held' }) }));
found('nothing sold, it said of what is owed', 'refusal',
    qr/wrong_state, but hold \w+ was never refund_due/,
    told(sample('refund of all', sub { ok_to(refund => $_)
        && $key_used{ $_->{key} } == 1
        && $_->{answer}{state} eq 'refund_due' }), sub {
            %$_ = (%$_, %refusal, answer => { code => 'wrong_state',
                state => 'refund_due' }) }));
my $reused = refused_with(refund => 'key_reused');
found('another key reused', 'refusal',
    qr/key_reused, but key \S+ had given nothing else back/,
    told($reused, sub { $_->{key} = 'unused' }));

# ---- debts settled
my %reference_used;
$reference_used{ $_->{body}{refund} }++
    for grep { $_->{do} eq 'refunded' } @requests;
my $named = sample('debt settled by its number', sub {
    ok_to(refunded => $_) && $reference_used{ $_->{body}{refund} } == 1
        && defined $_->{body}{owed}
        && defined $_->{body}{amount_fen} });
my $settled = hold_of($named);
found('the refund of another debt', 'answer',
    qr/refund \w+ is acknowledged for hold $settled, and had settled another/,
    told($named, sub { $_->{body}{owed}++ }));
found('a debt settled that was not named', 'cause',
    qr/refunded of hold $settled, and nobody asked for refunded/,
    told($named, sub { $_->{body}{owed}++ }));
found('the refund of another amount', 'answer',
    qr/refund \w+ is acknowledged for hold $settled, and had settled another/,
    told($named, sub { $_->{body}{amount_fen}++ }));
my ($refunded) = grep { $_->{type} eq 'refunded' && $_->{hold} eq $settled
    && $_->{owed} == $named->{body}{owed} } @entries;
found('a debt settled at another time', 'answer',
    qr/hold $settled with \w+ .*, which it had not/,
    ledger => [chained(map { $ledger[$_ - 1] }
        grep { $_ != $refunded->{seq} } 1 .. @ledger)]);
found('nothing due, it said', 'refusal',
    qr/nothing_due, but hold $settled had something due/,
    requests => [@requests, { %$named, %refusal,
        t0 => $named->{t0} - 2, t1 => $named->{t0} - 1,
        answer => { code => 'nothing_due' } }]);
found('a refund used, it said of another amount', 'refusal',
    qr/refund_used, but the refund settled this very debt/,
    told($named, sub { %$_ = (%$_, %refusal,
        answer => { code => 'refund_used' }) }));
is(scalar(grep { $_->{kind} eq 'refusal' } problems(told($named, sub {
    $_->{body}{amount_fen}++; %$_ = (%$_, %refusal,
        answer => { code => 'refund_used' }) }))), 0,
    'of another amount it is used');
my $amount = refused_with(refunded => 'wrong_amount');
found('another amount is right, it said', 'refusal',
    qr/wrong_amount, but hold \w+ had no such debt/,
    told($amount, sub { $_->{answer}{amount_fen} += 7 }));
found('the right amount is wrong, it said', 'refusal',
    qr/wrong_amount, but that was asked for/,
    told($amount, sub { $_->{body}{amount_fen} = $_->{answer}{amount_fen} }));

# ---- what is shown of an order
my $shown = sample('an order with a debt', sub {
    $_->{do} =~ /^refund/ && ($_->{code} // 0) == 200
        && @{ $_->{answer}{debts} } && $_->{answer}{lines}[0]{goods}
        && grep { !defined $_->{refunded_at} } @{ $_->{answer}{debts} } });
my $id = $shown->{answer}{id};
for my $lie (
    [owed_fen => sub { $_->{owed_fen}++ }],
    [refunded_fen => sub { $_->{refunded_fen}++ }],
    [goods => sub { $_->{lines}[0]{goods} = 'short' }],
    [debts => sub { pop @{ $_->{debts} } }],
    [debts => sub { $_->{debts}[0]{reason} = 'limit_used' }],
    [debts => sub { $_->{debts}[0]{amount_fen}++ }],
    [debts => sub { $_->{refunded_at} //= 1 for @{ $_->{debts} } }],
) {
    my ($field, $code) = @$lie;
    found("another $field shown", 'answer',
        qr/hold $id with $field .*, which it had not/,
        told($shown, sub { $code->() for $_->{answer} }));
}

# ---- units that left their group before it was decided
my $left = sample('a group', sub {
    my $shown = $_->{answer};
    return $_->{do} eq 'sale' && ($_->{code} // 0) == 200 && $shown->{goal}
        && $shown->{joined} });
found('units that left a group still joined', 'answer',
    qr/is shown with joined \d+, the ledger has/,
    told($left, sub { $_->{answer}{joined}++ }));

done_testing;
