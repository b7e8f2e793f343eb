package Tuanbo::History::Claims;

# The part of Answers.pm that is about claims: what a buyer says was wrong, and
# what it is answered.

use v5.36;

use Tuanbo::History::Timeline;

*row_at = \&Tuanbo::History::Timeline::row_at;


sub text ($value) { $value // 'null' }


# What is claimed, as it was asked for and as the ledger has it.
sub asks_claim ($request) {
    return join ' ', @{ $request->{body} }{qw(sale qty reason)};
}


sub made_claim ($claim) { return join ' ', @$claim{qw(sale qty reason)} }


# Whether this asked for a `claimed`, or for this answer to this claim.
sub may_cause ($request, $entry) {
    return asks_claim($request) eq made_claim($entry)
        if $request->{do} eq 'claim';

    return $request->{target} =~ m{/claims/\Q$entry->{claim}\E\z}
        && asked_answer($request) eq $entry->{type};
}


sub asked_answer ($request) {
    return $request->{body}{accept} ? 'accepted' : 'denied';
}


# A key makes one claim, as it was asked for.
sub done_claim ($self, $request, $answer) {
    my $id = text($answer->{id});
    my $claim = $self->{timeline}{claims}{$id};
    my $asks = asks_claim($request);
    my $key = ($request->{user} // 'counter') . " $request->{key}";
    my $first = $self->{claim_told}{$key} //= { id => $id,
        at => $request->{at} };

    $self->count('claims');
    $self->problem('twice', undef, "key $request->{key} made claim $id, and"
        . " claim $first->{id} at $first->{at}") if $first->{id} ne $id;
    if (!$claim || $claim->{hold} ne $request->{hold}
        || $id > $self->{to})
    {
        $self->problem('lost', undef, "claim $id of hold $request->{hold} is"
            . ' made, it says, and is not in the ledger by then');
        return;
    }
    $self->problem('answer', $id, "it claimed $asks, and got claim $id: "
        . made_claim($claim)) if made_claim($claim) ne $asks;
    my $said = join ' ', text($answer->{amount_fen}), 'due at',
        text($answer->{due_at});
    my $is = "$claim->{amount} due at $claim->{due_at}";
    $self->problem('answer', $id, "claim $id is of $said, the ledger has $is")
        if $said ne $is;
    $self->problem('answer', $id, "claim $id is $answer->{state}, which it"
        . ' was not ' . $self->between)
        if !$self->claim_was($claim, text($answer->{state}));
    $self->problem('twice', $id, "it made claim $id, which was there before"
        . ' it was asked for')
        if $request->{code} == 201 && $id <= $self->{from};
    $self->problem('twice', $id, "$request->{code} is"
        . ($request->{replayed} ? '' : ' not') . ' said to be a replay')
        if ($request->{code} == 200) != !!$request->{replayed};
}


sub claim_was ($self, $claim, $state) {
    my $answered = $claim->{answered};

    return !defined $answered || $answered > $self->{from}
        if $state eq 'open';
    return $state eq $claim->{state} && $answered <= $self->{to};
}


# Answered so, and by now.
sub done_answer_claim ($self, $request, $shown) {
    my $hold = $self->hold_shown($shown, 'it answered with') // return;
    my $claim = $self->{checker}->claim_of($request);
    my $answer = asked_answer($request);

    $self->count('claims answered');
    return if $claim && $claim->{state} eq $answer
        && $claim->{answered} <= $self->{to};
    $self->problem('lost', $claim && $claim->{id}, "a claim of hold"
        . " $hold->{id} is $answer, it says, and that is not in the ledger"
        . ' by then');
}


# Each of these gives nothing when the refusal is justified, or words.

sub because_claimed ($self, $request, $answer) {
    my $hold = $self->{checker}->hold($request->{hold} // '')
        // return 'there is no such hold';
    my $body = $request->{body};

    return if $self->ever_in([$hold->{shown}], sub ($seq) {
        my $row = row_at($hold->{shown}, $seq) // return 0;
        my $left = $row->[3]{claimable}{ $body->{sale} } // return 0;
        return $left < $body->{qty};
    });

    return "$body->{qty} of $body->{sale} of hold $hold->{id} could be"
        . ' claimed ' . $self->between;
}


sub because_not_found ($self, $request, $answer) {
    return Tuanbo::History::OrdersFor::nobody_called($request)
        if $request->{do} eq 'contact';

    my $claim = $request->{do} eq 'answer-claim'
        ? $self->{checker}->claim_of($request) : return 'it is there';

    return if !$claim || $claim->{id} > $self->{from};
    return "claim $claim->{id} is there";
}


# How long claims are heard is the deployment's matter; but it is counted from
# the hand-over.
sub claim_late ($self, $request, $hold) {
    my ($i) = grep { $hold->{lines}[$_]{sale} eq $request->{body}{sale} }
        0 .. $#{ $hold->{lines} };

    return if $self->ever_in([$hold->{shown}], sub ($seq) {
        my $row = row_at($hold->{shown}, $seq) // return 0;
        return ($row->[3]{goods}[$i] // '') =~ /^handed_over\b/;
    });

    return "$request->{body}{sale} of hold $hold->{id} was not handed over "
        . $self->between;
}


# The other answer was given before.
sub answered_other ($money, $request) {
    my ($id) = $request->{target} =~ m{/claims/(\d+)\z};
    my $other = asked_answer($request) eq 'accepted' ? 'denied' : 'accepted';

    return grep { /^$id $other / } @{ $money->{claims} };
}


# A key that made a claim is answered with it.
sub claim_forgotten ($self, $request, $code) {
    for my $try (@{ $self->{checker}{claims}{ $request->{key} } }) {
        next if !Tuanbo::History::Checker::done($try)
            || $try->{t1} >= $request->{t0};
        next if $code eq 'key_reused' && claims_other($try, $request);
        return "key $request->{key} was answered at $try->{at}";
    }

    return;
}


sub claims_other ($one, $other) {
    return $one->{hold} ne $other->{hold}
        || asks_claim($one) ne asks_claim($other);
}


# Its key is bound to another claim.
sub claim_reused ($self, $request) {
    for my $try (@{ $self->{checker}{claims}{ $request->{key} } }) {
        my $hold = $self->{checker}->hold($try->{hold}) // next;
        return if claims_other($try, $request) && grep {
            made_claim($_) eq asks_claim($try) && $_->{id} <= $self->{to} }
            @{ $hold->{claims} // [] };
    }

    return "key $request->{key} had claimed nothing else by then";
}


1;
