use v5.36;
use Tuanbo::Test;

BEGIN { $Tuanbo::Test::Lies::kept = 'run-gifts' }
use Tuanbo::Test::Lies qw(:DEFAULT of put refused_for without);

# Lies about what is given: who was granted a gift, what uses it, and what
# that takes off.  See 510-history-lies.t.

is(scalar problems(), 0, 'as it is, nothing');

sub unusable ($request, $reason) {
    return refused_for($request, 'gift_unusable', 409, reason => $reason);
}

# ---- granted
my %tries;
push @{ $tries{ $_->{key} } }, $_ for grep { $_->{do} eq 'grant' } @requests;
my $got = sample('a gift', sub { $_->{do} eq 'grant'
    && ($_->{code} // 0) == 201 && @{ $tries{ $_->{key} } } == 1
    && $_->{body}{sale} =~ /coupon/ });
my $id = $got->{answer}{id};
my $grant = of('granted', sub { $_->{hold} eq $id });
my ($seq, $user) = ($grant->{seq}, $got->{user});

found('a gift that is not there', 'lost',
    qr/it was granted gift f{32}, which is not in the ledger/,
    told($got, sub { $_->{answer}{id} = 'f' x 32 }));
found('one that the ledger lost', 'lost',
    qr/gift $id was granted, and is not in the ledger/,
    put($seq, qr/$id/, 'f' x 32));
found('and one that nobody asked for', 'twice',
    qr/$user was granted \d of \S+, \d at most, and the ledger has/,
    put($seq, qr/"sale":"run-coupon-(\d)"/, '"sale":"run-scrip-0"'));
found('of another sale', 'answer', qr/it asked for one of run-other-1, and/,
    told($got, sub { $_->{body}{sale} = 'run-other-1' }));
found('another number', 'answer',
    qr/gift $id with number 987, the ledger has $grant->{number}/,
    told($got, sub { $_->{answer}{gift}{number} = 987 }));
found('so much more off, it said', 'answer',
    qr/gift $id with off_fen 999, the ledger has 111/,
    told($got, sub { $_->{answer}{gift}{off_fen} = 999 }));
found('more off than its terms', 'terms',
    qr/gift $id takes off 999 fen, 111 were promised/,
    put($seq, qr/"off_fen":111/, '"off_fen":999'));
found('good for longer than its terms', 'terms',
    qr/gift $id is good until \d+, \d+ was promised/,
    put($seq, qr/"valid_until_at":\d/, '"valid_until_at":9'));
found('good for ever', 'terms', qr/gift $id is good until ever/,
    put($seq, qr/"valid_until_at":\d+,/, ''));
found('used already, it said', 'answer',
    qr/gift $id used until \d+, which it was not/,
    told($got, sub { $_->{answer}{state} = 'used' }));
found('over before its time', 'answer',
    qr/gift $id over until \d+, which it was not/,
    told($got, sub { $_->{answer}{state} = 'over' }));
found('granted before it was asked for', 'twice',
    qr/it was granted $id, which was there before it was asked for/,
    told($got, sub { $_->{t0} = $requests[-1]{t1} + 1;
        $_->{t1} = $_->{t0} + 1 }));
found('granted, though it was refused', 'twice',
    qr/$user was granted \d of \S+, \d at most, and the ledger has \d/,
    refused_for($got, 'paused'));
found('paused, it said', 'refusal', qr/paused, but none was paused/,
    refused_for($got, 'paused'));
found('none was left, it said', 'refusal',
    qr/sold_out, but $grant->{sale} never had 0 free/,
    refused_for($got, 'sold_out', 409, sale => $grant->{sale}, free => 0));
found('over the limit, it said', 'refusal',
    qr/over_limit, but $user never had more than 8 of/,
    refused_for($got, 'over_limit', 409, sale => $grant->{sale},
        limit => 9));
my $other = sample("somebody else's", sub { $_->{do} eq 'grant'
    && ($_->{code} // 0) == 201 && $_->{user} ne $user });
found("another's gift", 'buyer', qr/hold $id is of buyer \w+, who is/,
    told($other, sub { $_->{answer}{id} = $id }));
my ($twice) = grep { @$_ > 1 && 1 < grep { ($_->{code} // 0)
    =~ /^20[01]\z/ } @$_ } map { $tries{$_} } sort keys %tries;
found('one key, two gifts', 'twice', qr/key \S+ was granted \w+, and $id at/,
    told($twice->[-1], sub { $_->{answer}{id} = $id }));
my $stock = sample('the coupons', sub { $_->{do} eq 'admin'
    && $_->{target} =~ m{/$grant->{sale}\z} });
my $defined = of('sale', sub { $_->{sale} eq $grant->{sale} });
found('more granted than there are', 'ledger', qr/free|stock/,
    put($defined->{seq}, qr/"stock":\d+/, '"stock":0'));

my $list = sample('a list of gifts', sub { $_->{do} eq 'gifts'
    && $_->{user} eq $user && $_->{t0} > $got->{t1}
    && @{ ($_->{answer} // {})->{gifts} // [] } });
my $listed = $list->{answer}{gifts}[0]{id};
found('it is not in the list', 'answer',
    qr/gift $listed of $user is not in its list/,
    told($list, sub { shift @{ $_->{answer}{gifts} } }));
found('it is listed in another state', 'answer',
    qr/it listed gift $listed bound until/,
    told($list, sub { $_->{answer}{gifts}[0]{state} = 'bound' }))
    if $list->{answer}{gifts}[0]{state} ne 'bound';

# ---- used
my $use = sample('a gift that is used', sub { $_->{do} eq 'gift'
    && ($_->{code} // 0) == 200 && defined $_->{body}{gift}
    && @{ $_->{answer}{lines} } == 1 && $_->{answer}{off_fen} });
my ($hold, $gift, $off) = ($use->{answer}{id}, @{ $use->{answer} }
    {qw(gift off_fen)});
my $bound = of('bound', sub { $_->{hold} eq $hold && $_->{gift} eq $gift });
my $at = $bound->{seq};

found('more off, it said', 'answer',
    qr/hold $hold with gift, fen off and amount $gift 9$off \d+ \d+, which/,
    told($use, sub { $_->{answer}{off_fen} = "9$off" }));
found('off another line', 'answer', qr/hold $hold with gift, fen off and/,
    told($use, sub { $_->{answer}{lines}[0]{off_fen}-- }));
found('less to pay', 'answer', qr/hold $hold with (?:gift|amount_fen)/,
    told($use, sub { $_->{answer}{amount_fen}-- }));
found('without a gift, it said', 'answer',
    qr/hold $hold was to use $gift, and uses null/,
    told($use, sub { $_->{answer}{gift} = undef }));
found('of which the ledger knows nothing', 'answer',
    qr/hold $hold with gift, fen off and amount $gift/, without($at));
found('more off than the terms say', 'terms',
    qr/gift $gift takes 9\d+ fen off hold $hold, by its terms $off/,
    put($at, qr/"off_fen":/, '"off_fen":9'));
found('used, and nobody asked for it', 'cause',
    qr/bound of hold $hold, and nobody asked for gift/,
    told($use, sub { $_->{target} =~ s/$hold/'f' x 32/e }));
found('used, and that was refused', 'refused',
    qr/bound of hold $hold, but gift was refused/,
    unusable($use, 'used'));

# ---- a coupon used twice, bound by two
my $again = $ledger[$at - 1] =~ s/\A.*?"at":\d+,//r;
$again =~ s/,"hash".*//s;
found('bound by one hold twice', 'ledger', qr/gift $gift is bound by $hold/,
    inserted($at, "$again,\"hash\":\"" . '0' x 64 . '"}' . "\n"));
my $second = of('held', sub { $_->{buyer} eq of('granted',
    sub { $_->{hold} eq $gift })->{buyer} && $_->{hold} ne $hold
    && $_->{seq} < $at });
found('bound by two', 'ledger', qr/gift $gift is bound by $hold/,
    inserted($at, $again =~ s/$hold/$second->{hold}/r
        . ',"hash":"' . '0' x 64 . '"}' . "\n"));
my $free = of('unbound');
found('not let go', 'answer', qr/gift $free->{gift} .* which it was not/,
    without($free->{seq}));
my ($mine, $theirs);
for my $entry (grep { $_->{type} eq 'bound' } @entries) {
    my $buyer = of('granted', sub { $_->{hold} eq $entry->{gift} })->{buyer};
    $mine = $entry;
    ($theirs) = grep { $_->{type} eq 'granted' && $_->{seq} < $mine->{seq}
        && $_->{sale} eq $mine->{sale} && $_->{buyer} ne $buyer } @entries;
    last if $theirs;
}
found("another's coupon", 'ledger',
    qr/gift $theirs->{hold} is another buyer's/, put($mine->{seq},
    qr/"gift":"$mine->{gift}"/, qq("gift":"$theirs->{hold}")));
my $sold = of('sold', sub { my $mine = $_; grep { $_->{type} eq 'bound'
    && $_->{hold} eq $mine->{hold} && $_->{off_fen} } @entries });
found('paid without what it takes off', 'ledger',
    qr/hold $sold->{hold} is sold for \d+ fen, not \d+/,
    put($sold->{seq}, qr/"amount_fen":/, '"amount_fen":9'));

my $coupon = of('bound', sub { $_->{sale} =~ /coupon/ });
my $terms = sample('its terms', sub { $_->{do} eq 'admin'
    && $_->{target} =~ m{/$coupon->{sale}\z} });
found('good for other sales', 'terms',
    qr/$coupon->{hold}, which has nothing that it is good for/,
    told($terms, sub { $_->{body}{gives}{sales} = ['run-other-1'] }));
found('good from more on', 'terms',
    qr/hold $coupon->{hold} of \d+ fen, and is good from 98765/,
    told($terms, sub { $_->{body}{gives}{from_fen} = 98765 }));
my $given = of('granted', sub { $_->{hold} eq $coupon->{gift} });
found('used when it was over', 'terms',
    qr/used by hold $coupon->{hold} at \d+, and was good until 12345/,
    put($given->{seq}, qr/"valid_until_at":\d+/, '"valid_until_at":12345'));
found('of nobody', 'cause', qr/gift \w+ is of nobody who asked for one/,
    put($seq, qr/"buyer":"\w+"/, '"buyer":"' . 'f' x 32 . '"'),
    requests => [grep { $_ != $got } @requests]);

# ---- unusable, it said
for my $reason (qw(bound used over too_little other_sale)) {
    my $right = sample("a gift that can be used, not $reason", sub {
        $_->{do} eq 'gift' && ($_->{code} // 0) == 200
            && defined $_->{body}{gift} && $_->{answer}{off_fen} });
    found("$reason, it said, and it was not", 'refusal',
        qr/gift_unusable, but gift \w+ was never $reason for hold/,
        unusable($right, $reason));
}
my $held = sample('one that another hold uses', sub { $_->{do} eq 'gift'
    && ($_->{code} // 0) == 409 && $_->{answer}{code} eq 'gift_unusable'
    && $_->{answer}{reason} eq 'bound' });
found('used up, it said, and it was bound', 'refusal',
    qr/was never used for hold/, unusable($held, 'used'));
found('and could be used', 'refusal', qr/was never bound for hold/,
    told($held, sub { $_->{t0} = 1; $_->{t1} = 2 }));
my $little = sample('one for too little', sub { $_->{do} eq 'gift'
    && ($_->{code} // 0) == 409 && ($_->{answer}{reason} // '')
        eq 'too_little' });
found('for nothing of it, it said', 'refusal',
    qr/was never other_sale for hold/, unusable($little, 'other_sale'));
found('too late to use one, it said', 'refusal',
    qr/wrong_state|was never sold|is allowed/,
    refused_for($use, 'wrong_state', 409, state => 'sold'));

done_testing;
