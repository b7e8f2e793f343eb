package Tuanbo::History::OrdersFor;

# The part of Answers.pm that is about what is asked for somebody else: orders,
# with cash or without, and whom to call.

use v5.36;

use Tuanbo::History::Timeline;

*row_at = \&Tuanbo::History::Timeline::row_at;


sub text ($value) { $value // 'null' }


# What was given for an order as it was made, in the words of made_cash.
sub asked_cash ($body) {
    my $paid = $body->{paid} // return '';

    return " for $paid->{cash_fen} fen to $paid->{by}";
}


# Cash is taken with the order, by whom the ledger says; the payment is known
# by that, too.
sub made_cash ($hold) {
    my $cash = $hold->{cash} // return '';

    return " for $cash->{fen} fen to $cash->{by}";
}


# Its first answer is of the commit that made it: sold when it was paid.
sub done_order_for ($self, $request, $shown) {
    my $hold = $self->{checker}->hold($shown->{id} // '');
    my $paid = $request->{body}{paid};

    $self->made_hold($request, $shown, $paid ? 'sold' : 'held');
    $self->count('orders for somebody else');
    return if !$hold || !$paid;
    $self->count('orders paid in cash');
    my $reference = Tuanbo::History::Checker::reference("cash $paid->{by}");
    $self->problem('answer', $hold->{seq}, "hold $hold->{id} is paid in cash"
        . " to $paid->{by}, and no payment of the ledger is that one")
        if ($hold->{payments}{$reference} // { kind => '' })->{kind} ne 'sold';
}


# ------------------------------------------------------------- whom to call

sub said_contact ($contact) {
    return join ' ', text($contact->{name}), text($contact->{digits}),
        sort @{ $contact->{consent} // [] };
}


sub done_contact ($self, $request, $answer) {
    my $said = said_contact($answer->{contact} // {});
    my $asked = said_contact($request->{body});

    $self->count('contacts given');
    $self->problem('answer', undef, "it was told to call $asked, and answers"
        . " with $said") if $said ne $asked;
}


# What is shown is held against all that was said, see Contacts.pm.
sub done_me ($self, $request, $answer) { }


# ------------------------------------------------------------- the refusals

# The cash is not what the lines cost at a position.
sub cash_amount ($self, $request, $answer) {
    my $paid = $request->{body}{paid} // return 'no cash was said';
    my $units = $self->units($request);
    my @lists = map { $self->list_of($_) } sort keys %$units;
    my $right = $answer->{amount_fen};

    return 'that was said' if $paid->{cash_fen} == $right;
    return if $self->ever_in(\@lists, sub ($seq) {
        my $fen = 0;
        for my $sale (keys %$units) {
            my $row = row_at($self->list_of($sale), $seq) // return 0;
            $fen += $units->{$sale} * $row->[4]{price_fen};
        }
        return $fen == $right;
    });

    return "it never cost $right fen " . $self->between;
}


# The first field with which something is amiss; undef: none.
sub field_amiss ($request) {
    my $body = $request->{body};

    if ($request->{do} eq 'contact') {
        return 'name' if $body->{name} !~ /\S/ || length $body->{name} > 64;
        return $body->{digits} =~ /\A\d{4}\z/ ? undef : 'digits';
    }
    return 'paid.by' if $body->{paid} && $body->{paid}{by}
        !~ /\A[a-z0-9][a-z0-9-]*\z/;
    return $body->{buyer} =~ /\A[0-9a-f]{32}\z/ ? undef : 'buyer';
}


# undef: its form is right, and other reasons may be; '': that is the reason.
sub form_refused ($self, $request, $answer) {
    my $field = field_amiss($request) // return undef;

    return '' if text($answer->{field}) eq $field;
    return "$field is what was wrong with it, not " . text($answer->{field});
}


sub nobody_called ($request) {
    return if $request->{target} !~ m{/contacts/[0-9a-f]{32}\z}
        && $request->{method} eq 'PUT';
    return 'that is a pseudonym';
}


1;
