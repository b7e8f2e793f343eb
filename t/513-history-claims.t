use v5.36;
use Tuanbo::Test;

use Tuanbo::Test::Lies;

# Lies about what was wrong: claims, the answers to them, and what is owed for
# them.  See 510-history-lies.t.

my %refusal = (code => 409);
my %key_used;
$key_used{ $_->{key} }++ for grep { $_->{do} eq 'claim' } @requests;

sub ok_to ($do, $request) {
    return $request->{do} eq $do && ($request->{code} // 0) =~ /^20[01]\z/;
}
sub hold_of ($request) { $request->{target} =~ /([0-9a-f]{32})/ ? $1 : '' }
sub claim_of ($request) { $request->{target} =~ m{/claims/(\d+)\z} ? $1 : 0 }
sub entry ($code) { return grep { $code->() } @entries }
sub refused_for ($request, $code, %more) {
    return told($request, sub { %$_ = (%$_, %refusal, answer => {
        code => $code, %more }) });
}

is(scalar(problems()), 0, 'as it was, nothing contradicts');

# ---- claims
my $claim = sample('claim', sub { my $mine = $_;
    return ok_to(claim => $mine) && $key_used{ $mine->{key} } == 1
        && 1 == grep({ $_->{do} eq 'claim' && hold_of($_) eq hold_of($mine) }
            @requests)
        && 1 == entry(sub { $_->{type} eq 'claimed'
            && $_->{hold} eq hold_of($mine) }) });
my $of = hold_of($claim);
my $id = $claim->{answer}{id};
my ($entry) = entry(sub { $_->{seq} == $id });
sub at_the_counter (%more) {
    return told($claim, sub { delete $_->{user};
        $_->{target} = "/orders/$of/claims"; %$_ = (%$_, %more) });
}
is(scalar(problems(at_the_counter())), 0, 'it may be made at the counter');
found('a claim of nobody at the counter', 'cause',
    qr/claimed of hold $of, and nobody asked for claim/,
    at_the_counter(body => { %{ $claim->{body} }, reason => 'wrong' }));
found('a claim that the counter was refused', 'refused',
    qr/claimed of hold $of, but claim was refused/,
    at_the_counter(%refusal, answer => { code => 'claimed' }));
found('a claim that is not there', 'lost',
    qr/claim $id of hold $of is made, it says, and is not/,
    altered($id, sub { s/"type":"claimed"/"type":"paused"/ }));
found('a claim of another order', 'lost',
    qr/claim 1 of hold $of is made, it says/,
    told($claim, sub { $_->{answer}{id} = 1 }));
found('another order\'s claim', 'lost',
    qr/claim \d+ of hold $of is made, it says/,
    told($claim, sub { $_->{answer}{id} = (entry(sub {
        $_->{type} eq 'claimed' && $_->{hold} ne $of }))[0]{seq} }));
found('another claim than was asked for', 'answer',
    qr/it claimed .* wrong thing, and got claim $id/,
    told($claim, sub { $_->{body}{reason} = 'wrong thing' }));
found('a claim of another amount', 'answer',
    qr/claim $id is of \d+ due at \d+, the ledger has/,
    told($claim, sub { $_->{answer}{amount_fen}++ }));
found('a claim that is due later', 'answer',
    qr/claim $id is of \d+ due at \d+, the ledger has/,
    told($claim, sub { $_->{answer}{due_at}++ }));
found('a claim denied as it is made', 'answer',
    qr/claim $id is denied, which it was not/,
    told($claim, sub { $_->{answer}{state} = 'denied' }));
found('a replay said to be none', 'twice', qr/200 is not said to be a replay/,
    told($claim, sub { $_->{code} = 200; delete $_->{replayed} }));
my $last = (sort { $b->{t1} <=> $a->{t1} }
    grep { defined $_->{t1} } @requests)[0];
found('made anew, it said, what was there', 'twice',
    qr/it made claim $id, which was there before/,
    requests => [@requests, { %$claim, t0 => $last->{t1} + 1,
        t1 => $last->{t1} + 2 }]);
found('two claims of one key', 'twice', qr/made claim 1, and claim $id at/,
    requests => [@requests, { %$claim, t0 => $last->{t1} + 1,
        t1 => $last->{t1} + 2, answer => { %{ $claim->{answer} }, id => 1 },
        code => 200, replayed => 1 }]);
found('a claim of nobody', 'cause',
    qr/claimed of hold $of, and nobody asked for claim/,
    requests => [grep { $_ != $claim } @requests]);
found('a claim of another buyer', 'cause',
    qr/claimed of hold $of, and nobody asked for claim/,
    told($claim, sub { $_->{user} = 'somebody' }));
found('a claim that was refused', 'refused',
    qr/claimed of hold $of, but claim was refused/,
    refused_for($claim, 'claimed'));
found('two claims acknowledged, one made', 'twice',
    qr/claims of .* of hold $of: 2 were acknowledged, 2 at most/,
    requests => [@requests, { %$claim, key => 'another' }]);

# ---- refused
found('claimed before, it said', 'refusal',
    qr/claimed, but \d of \S+ of hold $of could be claimed/,
    requests => [@requests, { %$claim, %refusal, key => 'another',
        t0 => $claim->{t0} - 2, t1 => $claim->{t0} - 1,
        answer => { code => 'claimed' } }]);
found('too late, it said, to what was not handed over', 'refusal',
    qr/too_late, but \S+ of hold \w+ was not handed over/,
    refused_for(sample('claim of what is ready', sub { my $mine = $_;
        # nor was it for a while after
        return ok_to(claim => $mine) && !entry(sub {
            $_->{type} eq 'picked_up' && $_->{hold} eq hold_of($mine)
            && $_->{at} < $entries[$mine->{answer}{id} - 1]{at} + 500 }) }),
        'too_late'));
found('not come yet, it said', 'refusal', qr/wrong_state, but hold $of/,
    refused_for($claim, 'wrong_state', state => 'sold'));
my $ready = sample('claim of an order that is ready', sub { my $mine = $_;
    return ok_to(claim => $mine) && entry(sub { $_->{type} eq 'ready'
            && $_->{hold} eq hold_of($mine) && !defined $_->{sale}
            && $_->{seq} < $mine->{answer}{id} })
        && !entry(sub { $_->{type} =~ /^(?:picked_up|put_back)\z/
            && $_->{hold} eq hold_of($mine) }) });
found('of a state to claim nothing, it said', 'refusal',
    qr/wrong_state, but hold \w+ was never ready/,
    refused_for($ready, 'wrong_state', state => 'ready'));
found('a key of another claim, it said', 'refusal',
    qr/key_reused, but key \S+ had claimed nothing else/,
    told($claim, sub { %$_ = (%$_, code => 422, answer => {
        code => 'key_reused' }) }));
my $again = sample('a claim said again', sub { my $mine = $_;
    return ok_to(claim => $mine) && $mine->{replayed} });
found('a claim said again and refused', 'refusal',
    qr/claimed, but key \S+ was answered at/,
    refused_for($again, 'claimed'));

# ---- answered
sub answer_to ($what, $accept) {
    return sample($what, sub { my $mine = $_;
        return ok_to('answer-claim' => $mine)
            && !$mine->{body}{accept} == !$accept
            && (!$accept || 1 == grep { $_->{do} eq 'answer-claim'
                && claim_of($_) == claim_of($mine) } @requests) });
}
my $yes = answer_to('yes', 1);
my $no = answer_to('no', 0);
my ($accepted) = entry(sub { $_->{type} eq 'accepted'
    && $_->{claim} == claim_of($yes) });
my $order = hold_of($yes);
found('an answer of nobody', 'cause',
    qr/accepted of hold $order, and nobody asked for answer-claim/,
    requests => [grep { $_ != $yes } @requests]);
found('the other answer', 'cause',
    qr/accepted of hold $order, and nobody asked for answer-claim/,
    told($yes, sub { $_->{body}{accept} = Mojo::JSON->false }));
found('an answer that was refused', 'refused',
    qr/accepted of hold $order, but answer-claim was refused/,
    refused_for($yes, 'wrong_state', state => 'ready'));
found('accepted, it said, and is not', 'lost',
    qr/a claim of hold $order is accepted, it says, and that is not/,
    altered($accepted->{seq}, sub { s/"type":"accepted"/"type":"denied"/ }));
found('denied, it said, and is not', 'lost',
    qr/a claim of hold \w+ is denied, it says, and that is not/,
    altered((entry(sub { $_->{type} eq 'denied'
        && $_->{claim} == claim_of($no) }))[0]{seq},
        sub { s/"type":"denied"/"type":"accepted"/ }));
found('answered before, it said', 'refusal',
    qr/wrong_state, but hold $order was never/,
    refused_for($yes, 'wrong_state', state => 'ready'));
found('no such claim, it said', 'refusal', qr/not_found, but claim \d+ is/,
    told($yes, sub { %$_ = (%$_, code => 404, answer => {
        code => 'not_found' }) }));
found('answered before it was asked for', 'order',
    qr/it or an entry before it was asked for only later/,
    told($yes, sub { $_->{t0} = $last->{t1} + 1;
        $_->{t1} = $last->{t1} + 2 }));
my $claimed = sample('the claim that is answered', sub {
    return ok_to(claim => $_) && $_->{answer}{id} == claim_of($yes) });
found('answered before it was made', 'order',
    qr/\Q$yes->{at}\E it was there when this was answered/,
    told($yes, sub { $_->{t0} = $claimed->{t0} - 2;
        $_->{t1} = $claimed->{t0} - 1 }));
my ($timed) = entry(sub { $_->{type} eq 'accepted'
    && ($_->{by} // '') eq 'time' });
ok($timed, 'time accepts, and nobody asked for it');
found('accepted by time, it did not say', 'cause',
    qr/accepted of hold $timed->{hold}, and nobody asked for answer-claim/,
    altered($timed->{seq}, sub { s/"by":"time",// }));

# ---- what is owed for a claim
my ($owing) = entry(sub { my $next = $entries[$_->{seq}];
    return $_->{type} eq 'accepted' && $next && $next->{type} eq 'owed'
        && $next->{hold} eq $_->{hold} });
found('owed for a claim that nobody answered', 'cause',
    qr/owed of hold $owing->{hold}, and nobody asked for refund/,
    altered($owing->{seq}, sub { s/"type":"accepted"/"type":"denied"/ }));

# ---- shown
my $shown = sample('a hold with claims', sub {
    return ref $_->{answer} eq 'HASH' && ref $_->{answer}{claims} eq 'ARRAY'
        && @{ $_->{answer}{claims} } });
for my $field (qw(amount_fen due_at qty id)) {
    found("another $field of a claim shown", 'answer',
        qr/hold \w+ with claims .*, which it had not/,
        told($shown, sub { $_->{answer}{claims}[0]{$field}++ }));
}
for my $field (qw(state sale reason answered_at)) {
    found("another $field of a claim shown", 'answer',
        qr/hold \w+ with claims .*, which it had not/,
        told($shown, sub { $_->{answer}{claims}[0]{$field} = 'other' }));
}
found('a claim that is not shown', 'answer',
    qr/hold \w+ with claims , which it had not/,
    told($shown, sub { $_->{answer}{claims} = [] }));

done_testing;
