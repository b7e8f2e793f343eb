use v5.36;
use Tuanbo::Test;

BEGIN { $Tuanbo::Test::Lies::kept = 'run-referral' }
use Tuanbo::Test::Lies qw(:DEFAULT of put refused_for without);

# Lies about neighbours who bring others: whose code it was, who counts, what
# both are given; and about gifts that a hold uses as it is made.  See
# 510-history-lies.t.

is(scalar problems(), 0, 'as it is, nothing');

sub text_of ($entry) { $ledger[$entry->{seq} - 1] =~ s/\A.*?"at":\d+,//r }
sub told_all ($which, $code) {
    my @copy = map { { %$_, body => { %{ $_->{body} // {} } } } } @requests;
    local $_;
    for my $request (grep { my $is = $_; local $_ = $is; $which->() } @copy) {
        $code->() for $request;
    }
    return (requests => \@copy);
}

# ---- who was brought, by whom
my %hold = map { $_->{hold} => $_ } reverse grep {
    $_->{type} =~ /^(?:held|queued)\z/ } @entries;
my %newcomer = map { $_->{referred} => $_ } grep { $_->{type} eq 'granted'
    && ($_->{reason} // '') eq 'newcomer' } @entries;
my %inviter = map { $_->{referred} => $_ } grep { $_->{type} eq 'granted'
    && ($_->{reason} // '') eq 'inviter' } @entries;
my $brought = of('referred', sub { $inviter{ $_->{seq} }
    && $newcomer{ $_->{seq} } });
my ($seq, $id, $from) = @$brought{qw(seq hold from)};
my $first = $hold{$id};
my $asked = sample('who came', sub { $_->{do} eq 'hold'
    && ($_->{code} // 0) =~ /^20[12]\z/ && $_->{answer}{id} eq $id });
my $user = $asked->{user};
my $code = $asked->{body}{from};
my ($owner) = map { $_->{user} } grep { $_->{do} eq 'me'
    && (($_->{answer} // {})->{code} // '') eq $code } @requests;
my $stranger = of('held', sub { $_->{buyer} ne $first->{buyer}
    && $_->{buyer} ne $from })->{buyer};

found('brought by another one', 'referral',
    qr/asked for by the code of $owner, who is $from, and $stranger has/,
    put($seq, qr/"from":"\w+"/, qq("from":"$stranger")));
found('brought, and nobody showed a code', 'referral',
    qr/hold $id of $user was asked for by nobody's code/,
    told_all(sub { $_->{do} eq 'hold' && $_->{user} eq $user },
        sub { delete $_->{body}{from} }));
found('by a code that was never told', 'referral',
    qr/hold $id of $user was asked for by nobody's code/,
    told_all(sub { $_->{do} eq 'hold' && $_->{user} eq $user },
        sub { $_->{body}{from} = 'z' x 32 }));
found('brought by themselves', 'ledger', qr/referred by itself/,
    put($seq, qr/"from":"\w+"/, qq("from":"$first->{buyer}")));
found('a newcomer twice', 'ledger', qr/referred, but its buyer was before/,
    inserted($seq, text_of($brought)));
my $late = of('held', sub { my $mine = $_; grep { $_->{type} eq 'held'
    && $_->{buyer} eq $mine->{buyer} && $_->{seq} < $mine->{seq}
    && $_->{hold} ne $mine->{hold} } @entries });
found('with another hold than their first', 'ledger',
    qr/referred, but its buyer had a hold before/,
    inserted($late->{seq}, text_of($brought) =~ s/$id/$late->{hold}/r));
found('did not count', 'referral',
    qr/hold $id, the first of $user, came by the code of $owner, and does not/,
    without($seq));

my %of;
my ($full) = grep { ++$of{ $_->{from} } == 2 }
    grep { $_->{type} eq 'referred' } @entries;
found('one more than count', 'referral',
    qr/hold $full->{hold} of \S+ counts to \S+, who has brought 1/,
    told_all(sub { ($_->{target} // '') =~ m{/shop/referral\z}
        && $_->{method} eq 'PUT' }, sub { $_->{body}{per_inviter} = 1 }));
found('fewer than count', 'referral',
    qr/came by the code of \S+, and does not count/,
    told_all(sub { ($_->{target} // '') =~ m{/shop/referral\z}
        && $_->{method} eq 'PUT' }, sub { $_->{body}{per_inviter} = 9 }));
found('and the shop gives nothing', 'referral',
    qr/hold $id of $user counts, and the shop gives nothing for it/,
    requests => [grep { ($_->{target} // '') !~ m{/shop/referral\z} }
        @requests]);

my $me = sample('a code', sub { $_->{do} eq 'me' && ($_->{code} // 0) == 200
    && $_->{answer}{code} ne $code });
found("another's code", 'referral', qr/code $code was shown to \S+, who had/,
    told($me, sub { $_->{answer}{code} = $code }));
my ($twice) = grep { my $mine = $_; $_->{do} eq 'me'
    && ($_->{code} // 0) == 200 && 1 < grep { $_->{do} eq 'me'
        && $_->{user} eq $mine->{user} && ($_->{code} // 0) == 200 }
        @requests } @requests;
found('a code that changes', 'referral', qr/code \w+ was shown to \S+, who/,
    told($twice, sub { $_->{answer}{code} = 'y' x 32 }));

# ---- what both are given
my ($hello, $thanks) = ($newcomer{$seq}, $inviter{$seq});
found('something else for the newcomer', 'referral',
    qr/gift $hello->{hold} of $thanks->{sale} to the newcomer, which is not/,
    put($hello->{seq}, qr/"sale":"[^"]+"/, qq("sale":"$thanks->{sale}")));
found('something else for the inviter', 'referral',
    qr/gift $thanks->{hold} of $hello->{sale} to the inviter, which is not/,
    put($thanks->{seq}, qr/"sale":"[^"]+"/, qq("sale":"$hello->{sale}")));
found('nothing for the newcomer', 'referral',
    qr/nothing was given to the newcomer of seq $seq/,
    without($hello->{seq}));
found('nothing for the inviter', 'referral',
    qr/nothing was given to the inviter of seq $seq/,
    without($thanks->{seq}));
found('for another newcomer', 'ledger',
    qr/granted to the newcomer of seq $seq, who is another/,
    put($hello->{seq}, qr/"buyer":"\w+"/, qq("buyer":"$stranger")));
found('twice for one', 'ledger',
    qr/granted to the inviter of seq $seq before/,
    inserted($thanks->{seq},
        text_of($thanks) =~ s/$thanks->{hold}/'e' x 32/er));
my @handed = grep { $_->{type} eq 'picked_up'
    && ($hold{ $_->{hold} } // {})->{buyer} eq $first->{buyer} } @entries;
found('for nothing that was handed over', 'ledger',
    qr/granted to the inviter of seq \d+, and nothing was handed over/,
    without(map { $_->{seq} } @handed));
found('before it was handed over', 'referral',
    qr/gift $thanks->{hold} to the inviter of seq $seq, and what was first/,
    (sub {
        my @lines = @ledger;
        my ($gift) = splice @lines, $thanks->{seq} - 1, 1;
        splice @lines, $handed[0]{seq} - 1, 0, $gift;
        return (ledger => [chained(@lines)]);
    })->());
found('of nobody who was brought', 'ledger',
    qr/granted to the inviter, of whom nothing is known/,
    put($thanks->{seq}, qr/"referred":\d+/, '"referred":1'));
found('more off than its terms', 'terms',
    qr/gift $thanks->{hold} takes off 9\d+ fen, 71 were promised/,
    put($thanks->{seq}, qr/"off_fen":/, '"off_fen":9'));
my $list = sample('their gifts', sub { $_->{do} eq 'gifts'
    && ($_->{code} // 0) == 200 && grep { $_->{id} eq $thanks->{hold} }
        @{ $_->{answer}{gifts} } });
found('it is not in the list', 'answer',
    qr/gift $thanks->{hold} of $owner is not in its list/,
    told($list, sub { $_->{answer}{gifts} = [grep { $_->{id}
        ne $thanks->{hold} } @{ $_->{answer}{gifts} }] }));

# ---- keys
my $again = sample('a retry of who came', sub { my $mine = $_;
    $_->{do} eq 'hold' && ($_->{code} // 0) == 200 && $_->{replayed}
    && defined $_->{body}{from} });
found('refused for the same code', 'refusal',
    qr/key_reused, but key $again->{key} had made/,
    refused_for($again, 'key_reused'));
is(scalar problems(told($again, sub { %$_ = (%$_, code => 409,
    body => { %{ $_->{body} }, from => 'x' x 32 }, answer => {
    code => 'key_reused' }); delete $_->{replayed} })), 0,
    'and not for another one');
my $bad = sample('no code', sub { $_->{do} eq 'hold'
    && ($_->{code} // 0) == 400 && ($_->{body}{from} // '') eq 'nonsense' });
found('what is a code, and it was refused', 'refusal',
    qr/bad_request, but nobody asked for more than a buyer may have/,
    told($bad, sub { $_->{body}{from} = $code }));

# ---- a gift that a hold uses as it is made
my $cart = sample('a cart with a gift', sub { $_->{do} eq 'hold'
    && ($_->{code} // 0) == 201 && defined $_->{body}{gift}
    && 1 < @{ $_->{body}{lines} } && $_->{answer}{off_fen} });
my ($made, $gift, $off) = @{ $cart->{answer} }{qw(id gift off_fen)};
my $bound = of('bound', sub { $_->{hold} eq $made });
my $at = $bound->{seq};
my $another = of('granted', sub { $_->{hold} ne $gift })->{hold};

found('without its gift, it said', 'answer',
    qr/hold $made was asked for with gift $gift, and uses null/,
    told($cart, sub { $_->{answer}{gift} = undef }));
found('with another gift', 'cause',
    qr/hold $made was asked for with gift $gift, and uses $another/,
    put($at, qr/"gift":"$gift"/, qq("gift":"$another")));
found('with a gift that nobody asked for', 'cause',
    qr/bound of hold $made, and nobody asked for gift/,
    told_all(sub { $_->{do} eq 'hold' && ($_->{key} // '') eq $cart->{key} },
        sub { delete $_->{body}{gift} }));
found('more off, it said', 'answer',
    qr/hold $made with gift, fen off and amount $gift 9$off/,
    told($cart, sub { $_->{answer}{off_fen} = "9$off" }));
found('off another line', 'answer', qr/hold $made with gift, fen off and/,
    told($cart, sub { $_->{answer}{lines}[0]{off_fen}--;
        $_->{answer}{lines}[1]{off_fen}++ }));
found('more off than the terms say', 'terms',
    qr/gift $gift takes 9\d+ fen off hold $made, by its terms $off/,
    put($at, qr/"off_fen":/, '"off_fen":9'));
found('of which the ledger knows nothing', 'answer',
    qr/hold $made with gift, fen off and amount $gift/, without($at));
found('bound by two carts', 'ledger', qr/gift $gift is bound by/,
    inserted($at, text_of($bound)));
found('bound by another, it said, and this one has it', 'refused',
    qr/hold $made of \S+ is there, but what asked for it was refused/,
    refused_for($cart, 'gift_unusable', 409, reason => 'bound'));
for my $reason (qw(used over too_little other_sale)) {
    found("$reason, it said of a cart, and it was not", 'refusal',
        qr/gift_unusable, but gift $gift was never $reason for hold none/,
        refused_for($cart, 'gift_unusable', 409, reason => $reason));
}
my $right = sample('a cart whose gift another hold has', sub {
    $_->{do} eq 'hold' && ($_->{code} // 0) == 409
        && ($_->{answer}{reason} // '') eq 'bound' });
found('used up, it said of a cart, and it was bound', 'refusal',
    qr/was never used for hold none/,
    told($right, sub { $_->{answer}{reason} = 'used' }));

done_testing;
