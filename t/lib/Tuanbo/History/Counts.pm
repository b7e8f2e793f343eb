package Tuanbo::History::Counts;

# The part of Checker.pm that counts: what was asked for under a key is there
# once when it was answered, and at most once when nobody knows.

use v5.36;


sub note_call ($call, $request) {
    $call->{done} = $request->{at}
        if Tuanbo::History::Checker::done($request);
    $call->{may} = $request->{where}
        if !Tuanbo::History::Checker::refused($request);
}


# What was given back of a hold, in these words: once for each key that was
# answered, and at most once for one whose outcome is unknown.
sub check_refunds ($self) {
    my %calls;

    for my $key (sort keys %{ $self->{refunds} // {} }) {
        for my $request (@{ $self->{refunds}{$key} }) {
            my $call = $calls{ $request->{hold} }
                { Tuanbo::History::Services::asks($request) }{$key} //= {};
            note_call($call, $request);
        }
    }
    for my $id (sort keys %calls) {
        my $hold = $self->hold($id) // next;
        for my $asks (sort keys %{ $calls{$id} }) {
            my @calls = values %{ $calls{$id}{$asks} };
            my @done = grep { $_->{done} } @calls;
            my @may = grep { $_->{may} } @calls;
            my @made = grep { defined $_->{key}
                && Tuanbo::History::Services::is_what($_, $asks) }
                @{ $hold->{returns} // [] };
            # its buyer may have given it back, which is the same in words
            my $by_buyer = grep { !Tuanbo::History::Checker::refused($_) }
                @{ $self->{causes}{$id}{'give-back'} // [] };
            next if @made >= @done && (@made <= @may || $self->{others}
                || $by_buyer && Tuanbo::History::Facts::gives_back($made[0])
                    && @made <= @may + 1);
            $self->problem('twice', @made ? $made[-1]{seq} : undef,
                $calls[0]{done} // $calls[0]{may}, "$asks of hold $id: "
                . @done . ' were acknowledged, ' . @may . ' at most happened,'
                . ' and ' . @made . ' are in the ledger');
        }
    }
}


# Hand-overs of a hold: one for each nonce that was answered, and at most one
# for one whose outcome is unknown.
sub check_facts ($self) {
    my %calls;

    for my $id (keys %{ $self->{nonces} // {} }) {
        my $nonces = $self->{nonces}{$id};
        for my $nonce (keys %$nonces) {
            my $call = $calls{$id}{$nonce} //= {};
            note_call($call, $_) for @{ $nonces->{$nonce} };
        }
    }
    for my $id (sort keys %calls) {
        my $hold = $self->hold($id) // next;
        my @calls = values %{ $calls{$id} };
        my @made = @{ $hold->{facts} // [] };
        my @done = grep { $_->{done} } @calls;
        my @may = grep { $_->{may} } @calls;
        next if @made >= @done && (@made <= @may || $self->{others});
        $self->problem('twice', @made ? $made[-1]{seq} : undef, undef,
            "hand-overs of hold $id: " . @done . ' were acknowledged, '
            . @may . ' at most happened, and ' . @made
            . ' are in the ledger');
    }
}


# Whole sales of this run are called off and compensated by its operator.
sub check_whole_sales ($self) {
    my %may;

    for my $request (grep { $_->{do} =~ /^(?:call-off|compensate)\z/
        && !Tuanbo::History::Checker::refused($_) } @{ $self->{requests} })
    {
        my ($sale) = $request->{target} =~ m{/sales/([^/]+)/};
        $may{ join ' ', $sale, $request->{body}{fen_each} // 'off' }
            { $request->{key} } = 1;
    }
    for my $sale ($self->own_sales) {
        my $off = $self->{timeline}{called_off}{$sale};
        my $made = $self->{timeline}{compensated}{$sale} // {};
        $self->problem('operator', $off, undef, "$sale is called off, and"
            . ' nobody asked for it') if $off && !$may{"$sale off"};
        for my $each (sort keys %$made) {
            my $may = keys %{ $may{"$sale $each"} // {} };
            next if @{ $made->{$each} } <= $may;
            $self->problem('operator', $made->{$each}[-1]{seq}, undef,
                "$sale is compensated by $each " . @{ $made->{$each} }
                . " times, at most $may were asked for");
        }
    }
}


# Claims of a hold, in these words.
sub check_claims ($self) {
    my %calls;

    for my $request (grep { $_->{do} eq 'claim' } @{ $self->{requests} }) {
        my $call = $calls{ $request->{hold} }
            { Tuanbo::History::Claims::asks_claim($request) }
            { $request->{key} } //= {};
        note_call($call, $request);
    }
    for my $id (sort keys %calls) {
        my $hold = $self->hold($id) // next;
        for my $asks (sort keys %{ $calls{$id} }) {
            my @calls = values %{ $calls{$id}{$asks} };
            my @done = grep { $_->{done} } @calls;
            my @may = grep { $_->{may} } @calls;
            my @made = grep { Tuanbo::History::Claims::made_claim($_)
                eq $asks } @{ $hold->{claims} // [] };
            next if @made >= @done && (@made <= @may || $self->{others});
            $self->problem('twice', @made ? $made[-1]{id} : undef,
                $calls[0]{done} // $calls[0]{may}, "claims of $asks of hold"
                . " $id: " . @done . ' were acknowledged, ' . @may
                . ' at most happened, and ' . @made . ' are in the ledger');
        }
    }
}


1;
