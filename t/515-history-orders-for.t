use v5.36;
use Tuanbo::Test;

BEGIN { $Tuanbo::Test::Lies::kept = 'run-orders-for' }
use Tuanbo::Test::Lies qw(:DEFAULT refused_for);

# Lies about what is asked for somebody else: orders, who took cash for them,
# and whom to call.  See 510-history-lies.t.

is(scalar problems(), 0, 'as it is, nothing');

my (%tries, %sold, %held);
push @{ $tries{ $_->{key} } }, $_ for grep { $_->{do} eq 'order-for' }
    @requests;
for my $entry (@entries) {
    push @{ $sold{ $entry->{hold} } }, $entry if $entry->{type} eq 'sold';
    push @{ $held{ $entry->{hold} } }, $entry if $entry->{type} eq 'held';
}

sub made ($request) {
    return $request->{do} eq 'order-for' && ($request->{code} // 0) == 201;
}
sub once ($request) { return @{ $tries{ $request->{key} } } == 1 }
sub gone (@lost) {
    my %lost = map { $_ => 1 } @lost;
    return (requests => [grep { !$lost{$_} } @requests]);
}

# ---- an order that was paid in cash
my $paid = sample('an order paid in cash', sub { made($_) && once($_)
    && $_->{body}{paid} && !defined $_->{for}
    && @{ $_->{body}{lines} } == 1 });
my $id = $paid->{answer}{id};
my ($sale, $qty) = @{ $paid->{body}{lines}[0] }{qw(sale qty)};
my ($fen, $by) = @{ $paid->{body}{paid} }{qw(cash_fen by)};
my $seq = $sold{$id}[0]{seq};
my $to = quotemeta " for $fen fen to $by";
is($sold{$id}[0]{taken_by}, $by, 'the ledger has who took the money');

found('an order that is not there', 'lost',
    qr/it made hold f{32}, which is not in the ledger/,
    told($paid, sub { $_->{answer}{id} = 'f' x 32 }));
found('not sold, it said', 'answer',
    qr/it made hold $id, and that is held/,
    told($paid, sub { $_->{answer}{state} = 'held' }));
found('who took the money is another', 'answer',
    qr/it asked for \S+ at \S+$to, and got hold $id: .* to nobody$/,
    altered($seq, sub { s/"taken_by":"\K[^"]+/nobody/ }));
found('taken by nobody', 'answer',
    qr/it asked for \S+ at \S+$to, and got hold $id: \S+ at [^ ]+$/,
    altered($seq, sub { s/,"taken_by":"[^"]+"// }));
found('sold, and nobody had confirmed', 'cause',
    qr/$seq - sold of hold $id, and nobody asked for confirm/,
    altered($seq, sub { s/,"taken_by":"[^"]+"// }));
found('another one took it, who asked says', 'answer',
    qr/it asked for \S+ at \S+ for $fen fen to nobody, and got hold $id/,
    told($paid, sub { $_->{body}{paid}{by} = 'nobody' }));
found('more was given', 'answer',
    qr/it asked for \S+ at \S+ for 9\d+ fen to $by, and got hold $id/,
    told($paid, sub { $_->{body}{paid}{cash_fen} = "9$fen" }));
found('nothing was given', 'answer',
    qr/it asked for \S+ at [^ ]+, and got hold $id: .*$to/,
    told($paid, sub { delete $_->{body}{paid} }));
found('another payment', 'answer',
    qr/hold $id is paid in cash to $by, and no payment of the ledger/,
    altered($seq, sub { s/"payment":"\K[0-9a-f]{32}/'0' x 32/e }));
found('other units', 'answer', qr/it asked for \S+=9.*, and got hold $id/,
    told($paid, sub { $_->{body}{lines}[0]{qty} = 9 }));
found('another point', 'answer',
    qr/it asked for \S+ at other .*, and got hold $id/,
    told($paid, sub { $_->{body}{pickup} = 'other' }));
found('another buyer', 'buyer',
    qr/hold $id is of buyer $paid->{body}{buyer}, .*, but was shown to f{32}/,
    told($paid, sub { $_->{body}{buyer} = 'f' x 32 }));
found('an order that was refused', 'refused',
    qr/hold $id of $paid->{body}{buyer} is there, but what asked for it was/,
    refused_for($paid, 'sold_out', 409, sale => $sale, free => 0));
found('an order of nobody', 'cause',
    qr/hold $id .*(?:of nobody who asked|nobody asked for it)/, gone($paid));
found('a second one', 'twice',
    qr/hold $id, which was there before it was asked for/,
    told($paid, sub { $_->{t0} = $requests[-1]{t1} + 1;
        $_->{t1} = $_->{t0} + 1 }));
found('asked for after it was seen', 'order',
    qr/it was there when this was answered, but it or an entry before it/,
    told($paid, sub { $_->{t0} = $requests[-1]{t1} + 1;
        $_->{t1} = $_->{t0} + 1 }));
found('a replay, it did not say', 'twice', qr/200 is not said to be a replay/,
    told($paid, sub { $_->{code} = 200 }));

# ---- one that was not
my $unpaid = sample('an order that was not paid', sub { made($_) && once($_)
    && !$_->{body}{paid} });
found('sold at once, it said', 'answer',
    qr/it made hold \w+, and that is sold/,
    told($unpaid, sub { $_->{answer}{state} = 'sold' }));
found('cash, who asked says', 'answer',
    qr/it asked for .* for 1 fen to li, and got hold $unpaid->{answer}{id}/,
    told($unpaid, sub { $_->{body}{paid} = { cash_fen => 1, by => 'li' } }));

# ---- two desks at once, and retries
my ($both) = grep { my $tries = $_; grep({ made($_) } @$tries)
    && grep { ($_->{code} // 0) == 200 } @$tries }
    map { $tries{$_} } sort keys %tries or die 'the run has no order twice';
my ($first) = grep { made($_) } @$both;
my ($second) = grep { ($_->{code} // 0) == 200 } @$both;
found('two desks made one each', 'twice',
    qr/201 for key $first->{key}, and at \S+ before: a replay is 200/,
    told($second, sub { $_->{code} = 201; delete $_->{replayed} }));
found('two desks made another one each', 'twice',
    qr/key $first->{key} made hold .*, and hold /,
    told($second, sub { $_->{answer}{id} = $id }));
my $late = sample('a retry', sub { my $mine = $_;
    return $mine->{do} eq 'order-for' && ($mine->{code} // 0) == 200
        && grep { made($_) && $_->{t1} < $mine->{t0} }
            @{ $tries{ $mine->{key} } } });
found('the same said to be another', 'refusal',
    qr/key_reused, but key $late->{key} had made hold/,
    refused_for($late, 'key_reused', 422));
found('a retry refused', 'refusal',
    qr/closed, but key $late->{key} had made hold/,
    refused_for($late, 'closed'));
my $reused = sample('a key of another order', sub { $_->{do} eq 'order-for'
    && ($_->{code} // 0) == 422 });
found('its key was new, who asks says', 'refusal',
    qr/key_reused, but key \S+ had made nothing else/,
    told($reused, sub { $_->{key} = 'new' }));

# ---- refused, without a reason
my $wrong = sample('cash that is not the price', sub {
    $_->{do} eq 'order-for' && ($_->{code} // 0) == 409
        && $_->{answer}{code} eq 'wrong_amount' });
found('wrong, it said, and it was not', 'refusal',
    qr/wrong_amount, but that was said/,
    told($wrong, sub { $_->{body}{paid}{cash_fen} =
        $_->{answer}{amount_fen} }));
found('another price', 'refusal', qr/wrong_amount, but it never cost 98765 fen/,
    told($wrong, sub { $_->{answer}{amount_fen} = 98765 }));
found('wrong, it said, and no cash was', 'refusal',
    qr/wrong_amount, but no cash was said/,
    told($wrong, sub { delete $_->{body}{paid} }));
found('nothing was amiss', 'refusal',
    qr/bad_request, but nobody asked for more/,
    refused_for($paid, 'bad_request', 400, field => 'buyer'));
my $amiss = sample('an order that is amiss', sub { $_->{do} eq 'order-for'
    && ($_->{code} // 0) == 400
    && ($_->{answer}{field} // '') =~ /^(?:buyer|paid)/ });
found('something else was amiss', 'refusal',
    qr/bad_request, but \S+ is what was wrong with it, not qty/,
    told($amiss, sub { $_->{answer}{field} = 'qty' }));
found('over the limit, it said', 'refusal',
    qr/over_limit, but \w+ never had more than 9 of $sale/,
    refused_for($paid, 'over_limit', 409, sale => $sale, limit =>
        $qty + 9));
found('the key was bound, or there was another reason', 'refusal',
    qr/not_open, but $sale was open/,
    refused_for($paid, 'not_open', 409, sale => $sale, opens_at => undef));

# ---- whoever has a phone sees it there
my $phone = sample('an order for somebody with a phone', sub {
    return $_->{do} eq 'order-for' && defined $_->{for}
        && ($_->{code} // 0) =~ /^20[01]$/ });
my $of = $phone->{answer}{id};
my $list = sample('the list of the phone', sub { $_->{do} eq 'list'
    && ($_->{user} // '') eq $phone->{for} && $_->{t0} > $phone->{t1}
    && grep { $_->{id} eq $of } @{ $_->{answer}{holds} } });
found('it is not shown there', 'answer',
    qr/hold $of of $phone->{for} is not in its list/,
    told($list, sub { $_->{answer}{holds} = [grep { $_->{id} ne $of }
        @{ $_->{answer}{holds} }] }));
found('another phone, who asked says', 'buyer',
    qr/hold $of is of buyer \w+, who is \S+, but was shown to other/,
    told($phone, sub { $_->{for} = 'other' }));

# ---- whom to call
my $called = sample('a contact', sub { $_->{do} eq 'contact'
    && ($_->{code} // 0) == 202 });
found('another name was written', 'answer',
    qr/it was told to call neighbour \d+ .*, and answers with other/,
    told($called, sub { $_->{answer}{contact}{name} = 'other' }));
found('nothing was agreed to', 'answer', qr/it was told to call .* labels/,
    told($called, sub { $_->{body}{consent} = ['labels'];
        $_->{answer}{contact}{consent} = [] }));
found('that is no pseudonym, it said', 'refusal',
    qr/not_found, but that is a pseudonym/,
    refused_for($called, 'not_found', 404));
found('nothing was amiss with whom to call', 'refusal',
    qr/bad_request, but nothing was wrong with it/,
    refused_for($called, 'bad_request', 400, field => 'name'));
my $nameless = sample('a contact without a name', sub { $_->{do} eq 'contact'
    && ($_->{code} // 0) == 400 });
found('its digits were, it said', 'refusal',
    qr/bad_request, but name is what was wrong with it, not digits/,
    told($nameless, sub { $_->{answer}{field} = 'digits' }));

my $said = sub ($request, $code) { grep { $_->{do} eq 'contact'
    && ($_->{code} // 0) == 202 && ($_->{user} // $_->{for} // '')
        eq $request->{user} && $code->() } @requests };
my $shown = sample('a contact shown', sub { my $me = $_;
    return $me->{do} eq 'me' && $me->{answer}{contact}
        && $said->($me, sub { $_->{t1} < $me->{t0}
            && $_->{t1} - $_->{t0} < 400_000 }) });
found('nobody to be called', 'lost',
    qr/nobody is to be called, it says, though that was said at/,
    told($shown, sub { $_->{answer}{contact} = undef }));
found('somebody whom nobody named', 'cause',
    qr/other \d+ .*is to be called, and nobody had said so/,
    told($shown, sub { $_->{answer}{contact}{name} = 'other' }));
# two are named in the end, and then the first of them is shown
sub first_shown ($took) {
    my $end = $requests[-1]{t1} + 1_000_000;
    my $named = sub ($name, $t0, $took) {
        my $body = { name => $name, digits => '0000' };
        return { %$called, user => $shown->{user}, body => $body,
            answer => { contact => $body }, t0 => $t0, t1 => $t0 + $took };
    };
    return (requests => [@requests, $named->(first => $end, 1),
        $named->(later => $end + 2, $took), { %$shown, t0 => $end + 700_000,
        t1 => $end + 700_001, answer => { contact => { name => 'first',
            digits => '0000' } } }]);
}
found('somebody who was named before', 'answer',
    qr/first 0000 is to be called, though later 0000 was said after/,
    first_shown(1));
is(scalar problems(first_shown(500_001)), 0,
    'which is no lie where it was promised only');

done_testing;
