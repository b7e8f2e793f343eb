package Tuanbo::History::Places;

# The part of Answers.pm that is about those who wait, and about what they and
# others cannot have.

use v5.36;

use Tuanbo::History::Timeline;
use Tuanbo::History::Waiting;

*row_at = \&Tuanbo::History::Timeline::row_at;

use constant MOST => 8;                 # units that one hold waits for


sub text ($value) { $value // 'null' }


# Asked to wait for more than anybody may.
sub too_many ($request, $units) {
    return $request->{body}{queue} && $units > MOST;
}


# What no neighbour's code looks like.
sub no_code ($from) { return defined $from && $from !~ /^[0-9a-z]{32}\z/ }


# Its place in the line: an upper bound, by the numbers that wait, that never
# rises.
sub place_shown ($self, $hold, $shown, $what) {
    my $first = $self->{timeline}{first}{ $hold->{lines}[0]{sale} } // [];
    my $ahead = text($shown->{ahead});
    my $request = $self->{request};

    $self->count('places in a line');
    $self->problem('answer', $hold->{seq}, "$what hold $hold->{id} with"
        . ' number ' . text($shown->{number}) . ', the ledger has '
        . text($hold->{number}))
        if text($shown->{number}) ne text($hold->{number});
    $self->problem('answer', $hold->{seq}, "$what hold $hold->{id} with"
        . " $ahead ahead, which it had not " . $self->between)
        if !$self->ever_in([$first], sub ($seq) {
            my $row = row_at($first, $seq) // return 0;
            return $row->[1] && $ahead eq $hold->{number} - $row->[1];
        });
    for my $before (@{ $hold->{places} // [] }) {
        next if $before->{t1} >= $request->{t0};
        $self->problem('answer', $hold->{seq}, "$what hold $hold->{id} with"
            . " $ahead ahead, and $before->{ahead} at $before->{at}")
            if $before->{ahead} < $shown->{ahead};
    }
    push @{ $hold->{places} }, { t1 => $request->{t1} // 9e18,
        ahead => $shown->{ahead}, at => $request->{at} };
}


sub because_sold_out ($self, $request, $answer) {
    my $sale = $answer->{sale};
    my $qty = $self->units($request)->{$sale}
        // return "$sale was not asked for";
    my $list = $self->list_of($sale);

    # what is free is nobody's while somebody waits whom it suffices for; who
    # would have waited did not find room in the line
    my $waits = $request->{body}{queue};
    return if $self->ever_in([$list], sub ($seq) {
        my $row = row_at($list, $seq) // return 0;
        return Tuanbo::History::Timeline::free($row) == $answer->{free}
            && ($answer->{free} < $qty
                || Tuanbo::History::Waiting::awaited($row))
            && !($waits && $row->[5]{queued} + $qty
                <= ($self->{checker}{queues}{$sale} // $row->[4]{stock}));
    });
    return "$answer->{free} are free, and $qty were asked for"
        if $answer->{free} >= $qty;

    return "$sale never had $answer->{free} free " . $self->between;
}


1;
