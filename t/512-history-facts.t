use v5.36;
use Tuanbo::Test;

use Tuanbo::Test::Lies;

# Lies about the day after: hand-overs, orders given back, whole sales.  See
# 510-history-lies.t.

my %refusal = (code => 409);
my %times;
$times{ $_->{body}{nonce} }++ for grep { $_->{do} eq 'hand-over' } @requests;

sub hold_of ($request) { $request->{target} =~ /([0-9a-f]{32})/ ? $1 : '' }
sub sale_of ($request) { $request->{target} =~ m{/sales/([^/]+)/} ? $1 : '' }
sub ok_to ($do, $request) {
    return $request->{do} eq $do && ($request->{code} // 0) =~ /^20[02]$/;
}
sub about ($type, $hold) {
    return grep { $_->{type} eq $type && $_->{hold} eq $hold } @entries;
}
sub text_of ($entry) {
    return $ledger[ $entry->{seq} - 1 ] =~ /("type".*),"hash"/ ? $1 : '';
}
sub without (@entries) {
    my %gone = map { $_->{seq} => 1 } @entries;
    return (ledger => [chained(map { $ledger[$_ - 1] }
        grep { !$gone{$_} } 1 .. @ledger)]);
}

# ---- hand-overs
my $fact = sample('hand-over', sub { ok_to('hand-over', $_)
    && $times{ $_->{body}{nonce} } == 1 && $_->{body}{device_at}
    && $_->{answer}{outcome} eq 'handed_over'
    && about(picked_up => hold_of($_)) == 1 && !$_->{answer}{paid_back} });
my $of = hold_of($fact);
my ($handed) = about(picked_up => $of);
found('a hand-over that is not there', 'lost',
    qr/nonce \S+ of hold $of is handed_over at .* not in the ledger/,
    without($handed));
found('handed over at another time', 'lost',
    qr/nonce \S+ of hold $of is handed_over at .* not in the ledger/,
    told($fact, sub { $_->{answer}{at}++ }));
found('paid back, it said', 'lost',
    qr/nonce \S+ of hold $of is handed_over at \d+ paid back,/,
    told($fact, sub { $_->{answer}{paid_back} = 1 }));
found('handed over before, it said', 'lost',
    qr/nonce \S+ of hold $of is double at/,
    told($fact, sub { $_->{answer}{outcome} = 'double' }));
found('a hand-over that nobody said', 'cause',
    qr/picked_up of hold $of, and nobody asked for hand-over/,
    requests => [grep { $_ != $fact } @requests]);
found('handed over in another way', 'cause',
    qr/picked_up of hold $of, and nobody asked for hand-over/,
    told($fact, sub { $_->{body}{device_at} = 7 }));
found('a hand-over that was refused', 'refused',
    qr/picked_up of hold $of, but hand-over was refused/,
    told($fact, sub { %$_ = (%$_, %refusal, answer => {
        code => 'wrong_state', state => 'sold' }) }));
found('a hand-over refused for its state', 'refusal',
    qr/wrong_state, but hold $of was never/,
    told($fact, sub { %$_ = (%$_, %refusal, answer => {
        code => 'wrong_state', state => 'sold' }) }));
found('a nonce of another order, it said', 'refusal',
    qr/key_reused, but nonce \S+ is this order's alone/,
    told($fact, sub { %$_ = (%$_, %refusal, code => 422,
        answer => { code => 'key_reused' }) }));
my $double = text_of($handed) =~ s/picked_up/double/r
    =~ s/"key":"\K\w+/00000000000000bb/r;
found('a double that nobody said', 'twice',
    qr/hand-overs of hold $of: \d+ were .* [2-9] are in the ledger/,
    requests => [grep { $_ == $fact || $_->{do} ne 'hand-over'
        || hold_of($_) ne $of } @requests], appended($double));
my $again = sample('a nonce twice', sub { my $mine = $_;
    return ok_to('hand-over', $mine) && grep { ok_to('hand-over', $_)
        && $_ != $mine && $_->{body}{nonce} eq $mine->{body}{nonce} }
        @requests });
found('another answer to the same nonce', 'twice',
    qr/nonce \S+ is \w+ at .*, and was/,
    told($again, sub { $_->{answer}{at}++ }));

# ---- undone
my $undone = sample('put back', sub { my $mine = $_;
    return ok_to('put-back', $mine) && about(put_back => hold_of($mine))
        && grep { ok_to('hand-over', $_) && hold_of($_) eq hold_of($mine)
            && $_->{body}{nonce} eq $mine->{body}{nonce}
            && $_->{t1} < $mine->{t0}
            && $_->{answer}{outcome} eq 'handed_over' } @requests });
my $back = hold_of($undone);
found('an undoing that is not there', 'lost',
    qr/a hand-over of hold $back is undone, it says/,
    without(about(put_back => $back)));
found('an undoing that nobody asked for', 'cause',
    qr/put_back of hold $back, and nobody asked for put-back/,
    requests => [grep { $_->{do} ne 'put-back' } @requests]);
found('too late, it said', 'refusal', qr/too_late, but it was handed over/,
    told($undone, sub { %$_ = (%$_, %refusal,
        answer => { code => 'too_late' }) }));
found('never handed over, it said', 'refusal',
    qr/wrong_state, but what it handed over is known/,
    told($undone, sub { %$_ = (%$_, %refusal, answer => {
        code => 'wrong_state', state => 'picked_up' }) }));
found('shown as handed over at another time', 'answer',
    qr/hold \w+ with goods .*, which it had not/,
    told(sample('a hold shown', sub { my $shown = $_->{answer};
        return $_->{do} eq 'refund' && ($_->{code} // 0) == 200
            && $shown->{lines}[0]{handed_over_at} }),
        sub { $_->{answer}{lines}[0]{handed_over_at}++ }));

# ---- ready or not: what waits for its group is not
my $sold = sample('an order without a group', sub {
    return $_->{do} eq 'confirm' && ($_->{code} // 0) == 200
        && $_->{answer}{outcome} eq 'sold'
        && about(sold => hold_of($_)) == 1
        && (about(sold => hold_of($_)))[0]{sale} =~ /-(?:few|plenty)-/ });
my $order = hold_of($sold);
found('not ready, it said, without a group', 'refusal',
    qr/wrong_state, but hold $order was never sold/,
    requests => [@requests, { %$sold, do => 'ready', body => undef,
        target => "/orders/$order/ready", t0 => $sold->{t1} - 1,
        %refusal, answer => { code => 'wrong_state', state => 'sold' } }]);

# ---- orders given back
my $given = sample('given back', sub { ok_to('give-back', $_)
    && about(owed => hold_of($_)) == 1 && about(sold => hold_of($_)) == 1
    && $_->{answer}{lines}[0]{sale} !~ /-plenty-/ });
my $id = hold_of($given);
found('an order given back that is not', 'lost',
    qr/hold $id is given back, it says/,
    altered((about(owed => $id))[0]{seq},
        sub { s/"reason":"cancelled"/"reason":"goodwill"/ }));
found('given back by nobody', 'cause',
    qr/owed of hold $id, and nobody asked for refund/,
    requests => [grep { $_->{do} ne 'give-back' } @requests]);
found('too late, it said to its buyer', 'refusal',
    qr/too_late, but hold $id could be given back/,
    told($given, sub { %$_ = (%$_, %refusal,
        answer => { code => 'too_late' }) }));
found('formed, it said to its buyer', 'refusal',
    qr/formed, but no group of hold $id had formed/,
    told($given, sub { %$_ = (%$_, %refusal,
        answer => { code => 'formed' }) }));
found('of another state, it said to its buyer', 'refusal',
    qr/wrong_state, but hold $id was never ready/,
    told($given, sub { %$_ = (%$_, %refusal, answer => {
        code => 'wrong_state', state => 'ready' }) }));

# ---- whole sales
my $off = sample('a sale called off', sub { ok_to('call-off', $_) });
my $rush = sale_of($off);
my ($called) = grep { $_->{type} eq 'called_off' && $_->{sale} eq $rush }
    @entries;
found('a sale called off that is not', 'lost',
    qr/$rush is called off, it says/, without($called));
found('a sale called off by nobody', 'operator',
    qr/$rush is called off, and nobody/,
    requests => [grep { $_ != $off } @requests]);
my ($at) = $ledger[-1] =~ /"at":(\d+)/;
my $later = $at + 60_000;
found('called off, and never settled', 'ledger',
    qr/called_off of $rush at seq \d+ was never settled/,
    ledger => [chained((map { /"type":"settled","sale":"$rush"/
        ? s/"type":.*/"type":"paused","sale":"$rush"/sr : $_ } @ledger),
        qq({"seq":0,"at":$later,"type":"paused","sale":"$rush"))]);
found('called off, and not shown so', 'answer',
    qr/$rush is shown with cancelled null/,
    told($off, sub { delete $_->{answer}{cancelled} }));
found('another time to give back shown', 'answer',
    qr/$rush is shown with cancel_ms 5/,
    told($off, sub { $_->{answer}{cancel_ms} = 5 }));
my $paid = sample('a sale compensated', sub { ok_to(compensate => $_) });
my $few = sale_of($paid);
found('other orders compensated', 'lost',
    qr/\d+ orders of $few are compensated by 7, it says/,
    told($paid, sub { $_->{answer}{orders}++ }));
found('compensated by nobody', 'operator',
    qr/$few is compensated by 7 1 times, at most 0/,
    requests => [grep { $_ != $paid } @requests]);
ok((grep { ($_->{reason} // '') eq 'sale_cancelled' } @entries),
    'what a sale called off owes was asked for by nobody');

done_testing;
