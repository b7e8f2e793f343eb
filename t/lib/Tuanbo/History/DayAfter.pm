package Tuanbo::History::DayAfter;

# The part of Load.pm that comes when the goods have come: hand-overs, orders
# given back, and claims.

use v5.36;

use Mojo::JSON;


# What somebody at the shelf says, now and then once more.
sub do_hand ($self, $file, $intent, $buyer, $then) {
    my $hold = $self->order_of($intent, $buyer);

    return $self->do_nothing($file, $intent, $buyer, $then)
        if !$hold || !$self->{server}->signs('orders');

    my $body = { nonce => $self->nonce_of($intent, $hold) };
    for my $field (qw(via device_at)) {
        $body->{$field} = $intent->{$field} if defined $intent->{$field};
    }
    my $lines = $hold->{lines};
    $body->{lines} = [{ sale => $lines->[$intent->{line} % @$lines]{sale} }]
        if defined $intent->{line};
    push @{ $hold->{nonces} }, $body->{nonce};
    push @{ $self->{nonces} }, $body->{nonce};
    $self->call($file, { do => 'hand-over', method => 'POST', role =>
        'orders', target => "/orders/$hold->{id}/picked-up", body => $body },
        sub ($answer) {
            $hold->{come} = 1 if ($answer->{code} // 0) == 200;
            $then->();
        });
}


sub nonce_of ($self, $intent, $hold) {
    my $kind = $intent->{which};
    my $nonces = $kind eq 'again' ? $hold->{nonces} : $kind eq 'other'
        ? $self->{nonces} // [] : [];

    return @$nonces ? $nonces->[$intent->{pick} % @$nonces] : $self->new_key;
}


sub do_undo ($self, $file, $intent, $buyer, $then) {
    my $hold = $self->order_of($intent, $buyer);

    return $self->do_nothing($file, $intent, $buyer, $then)
        if !$hold || !$self->{server}->signs('orders');
    my $nonces = $hold->{nonces};
    $self->call($file, { do => 'put-back', method => 'POST', role =>
        'orders', target => "/orders/$hold->{id}/put-back", body => {
            nonce => $intent->{which} ne 'other' && @$nonces
                ? $nonces->[-1] : $self->nonce_of($intent, $hold) } },
        sub ($answer) { $then->() });
}


# A buyer gives back what it has paid, with a key or without.
sub do_give ($self, $file, $intent, $buyer, $then) {
    my ($order) = grep { $_->{buyer} } reverse @{ $self->{orders} };
    my $hold = $intent->{pick} % 4 && $order ? $order
        : $self->hold_of($intent, $buyer);

    return $self->do_nothing($file, $intent, $buyer, $then) if !$hold;
    $self->call($file, { do => 'give-back', method => 'POST', user =>
        $hold->{buyer}, target => "/api/holds/$hold->{id}/cancel",
        $intent->{keyed} ? (key => $self->new_key) : () },
        sub ($answer) { $then->() });
}


# What has come, of any buyer; now and then, what may not have.
sub order_come ($self, $intent, $buyer) {
    my @come = grep { $_->{come} } @{ $self->{orders} };

    return @come && $intent->{pick} % 6 ? $come[$intent->{pick} % @come]
        : $self->order_of($intent, $buyer);
}


# A buyer says what was wrong, or the counter for it: under a new key, or under
# an earlier one of this hold the same again, or something else.
sub do_claim ($self, $file, $intent, $buyer, $then) {
    my $hold = $self->order_come($intent, $buyer);

    return $self->do_nothing($file, $intent, $buyer, $then) if !$hold;
    my $claims = $hold->{claims};
    my $lines = $hold->{lines};
    my $earlier = $intent->{which} ne 'new' && @$claims
        ? $claims->[$intent->{pick} % @$claims] : undef;
    my $body = $earlier && $intent->{which} eq 'again' ? $earlier->{body}
        : { sale => $lines->[$intent->{line} % @$lines]{sale},
            qty => $intent->{units}, reason => $intent->{reason} };
    my $key = $earlier ? $earlier->{key} : $self->new_key;
    my $counter = $earlier ? $earlier->{counter}
        : ($intent->{counter} || !defined $hold->{buyer})
            && $self->{server}->signs('orders');
    return $self->do_nothing($file, $intent, $buyer, $then)
        if !$counter && !defined $hold->{buyer};
    push @$claims, { key => $key, body => $body, counter => $counter }
        if !$earlier;

    $self->call($file, { do => 'claim', method => 'POST',
        $counter ? (role => 'orders', target => "/orders/$hold->{id}/claims")
            : (user => $hold->{buyer},
                target => "/api/holds/$hold->{id}/claims"),
        key => $key, body => $body }, sub ($answer) {
            push @{ $self->{claims} }, { hold => $hold->{id},
                id => $answer->{body}{id} } if ($answer->{code} // 0) == 201;
            $then->();
        });
}


# Yes or no to a claim, which may have been answered; now and then to none.
sub do_answer ($self, $file, $intent, $buyer, $then) {
    my $claims = $self->{claims} // [];

    return $self->do_nothing($file, $intent, $buyer, $then)
        if !@$claims || !$self->{server}->signs('orders');
    my $claim = $claims->[-1 - $intent->{pick} % (@$claims < 8 ? @$claims
        : 8)];
    my $id = $intent->{pick} % 10 ? $claim->{id} : 1;
    $self->call($file, { do => 'answer-claim', method => 'POST', role =>
        'orders', target => "/orders/$claim->{hold}/claims/$id",
        $intent->{keyed} ? (key => $self->new_key) : (),
        body => { accept => $intent->{accept} ? Mojo::JSON->true
            : Mojo::JSON->false } }, sub ($answer) { $then->() });
}


1;
