package Tuanbo::History::Draws;

# The part of Answers.pm that is about what is left to chance: what everybody
# is shown of a draw, and who has a ticket of its place in it.

use v5.36;

use Tuanbo::Draw qw(leaf root_of_path tree_root);
use Tuanbo::History::Timeline;

*row_at = \&Tuanbo::History::Timeline::row_at;


sub text ($value) { $value // 'null' }


# The root over the first tickets of a sale; how many there are is no secret.
sub root_over ($self, $sale, $n) {
    my @gifts = @{ $self->{timeline}->draw_of($sale)->{gifts} };

    return $self->{roots}{$sale}[$n] //= tree_root(
        map { leaf($_->{number}, $_->{id}) } @gifts[0 .. $n - 1]);
}


# What is revealed is there at a position of the window, and nothing before.
sub seed_shown ($self, $sale, $shown) {
    my $entry = $self->{timeline}->draw_of($sale)->{seed};
    my $seq = $entry ? $entry->{seq} : 9e18;
    my $said = text($shown->{seed});

    $self->problem('draw', undef, "$sale shows the seed $said, "
        . ($entry ? "the ledger has $entry->{seed}" : 'which the ledger has'
        . ' not') . ' ' . $self->between)
        if $said eq 'null' ? $seq <= $self->{from}
            : $seq > $self->{to} || $said ne $entry->{seed};
}


# A sale of packets or tickets.
sub chance_shown ($self, $shown) {
    return if !exists $shown->{commit};
    $self->{checker}->note_commit($shown, $self->{request});
    $self->seed_shown($shown->{id}, $shown);
    $self->count('commits shown');
}


# GET /api/sales/ID/draw: all of it of one position.
sub draw_shown ($self, $sale, $shown) {
    my $draw = $self->{timeline}->draw_of($sale);
    my ($n, $state) = @$shown{qw(entries state)};
    my $closed = $state eq 'open' ? {} : $draw->{closed} // {};
    my $drawn = $state eq 'drawn' ? $draw->{drawn} // {} : {};
    my %said = (%$shown, winners => join ', ', map {
        "$_->{number} prize $_->{prize}" } @{ $shown->{winners} });
    my %is = (chain => $closed->{hash}, closed_at => $closed->{at},
        beacon => $drawn->{beacon}, winners => $state ne 'drawn' ? ''
            : join ', ', map { "$_->{number} prize $_->{prize}" }
                @{ $draw->{won} });

    $self->count('draws shown');
    if (!$self->ever_in([$draw->{rows}], sub ($seq) {
        my $row = row_at($draw->{rows}, $seq) // return 0;
        return $row->[1] eq $state && $row->[2] == $n;
    }))
    {
        $self->problem('draw', undef, "$sale is $state with $n tickets, which"
            . ' it was not ' . $self->between);
        return;
    }
    $is{root} = $self->root_over($sale, $n);
    for my $field (sort keys %is) {
        next if text($said{$field}) eq text($is{$field});
        $self->problem('draw', undef, "the draw of $sale has $field "
            . text($said{$field}) . ', by the ledger ' . text($is{$field}));
    }
    $self->seed_shown($sale, $shown);
    my $known = $self->{checker}{commits}{$sale} //= {
        commit => $shown->{commit}, at => $self->{request}{at} };
    $self->problem('draw', undef, "the draw of $sale has the commit "
        . text($shown->{commit}) . ", and at $known->{at} $known->{commit}")
        if text($shown->{commit}) ne $known->{commit};
}


sub sale_in ($request) {
    return $request->{target} =~ m{/sales/([^/]+)/draw\z} ? $1 : '';
}


sub done_draw ($self, $request, $shown) {
    $self->draw_shown(sale_in($request), $shown);
}


sub done_draw_with ($self, $request, $shown) {
    my $sale = sale_in($request);
    my $drawn = $self->{timeline}->draw_of($sale)->{drawn};
    my $beacon = $request->{body}{beacon};

    $self->draw_shown($sale, $shown);
    $self->count('draws with a beacon');
    $self->problem('draw', $drawn && $drawn->{seq}, "$sale was drawn with"
        . " $beacon, it said, the ledger has "
        . ($drawn ? text($drawn->{beacon}) : 'no draw'))
        if !$drawn || text($drawn->{beacon}) ne $beacon;
}


# It was not closed yet, or drawn before.
sub refused_draw_with ($self, $request, $answer) {
    my $sale = sale_in($request);
    my $draw = $self->{timeline}->draw_of($sale);
    my $drawn = $draw->{drawn} ? $draw->{drawn}{seq} : 9e18;
    my $closed = $draw->{closed} ? $draw->{closed}{seq} : 9e18;

    return $self->refused($request, $answer)
        if ($answer->{code} // '') ne 'wrong_state';
    $self->count('refusals: wrong_state');
    $self->problem('refusal', undef, "wrong_state, but $sale waited for its"
        . ' beacon ' . $self->between)
        if $closed <= $self->{from} && $drawn > $self->{to};
}


# The hold of a ticket: its place in the tree, and what it has won.
sub done_ticket ($self, $request, $shown) {
    my $gift = $self->gift_shown($shown, 'it showed') // return;
    my ($sale, $id) = @$gift{qw(sale id)};
    my ($n, $root) = @$shown{qw(entries root)};
    my $draw = $self->{timeline}->draw_of($sale);
    my $prize = $shown->{prize} ? $shown->{prize}{index} : undef;

    $self->count('paths of tickets');
    if (!$self->ever_in([$draw->{rows}], sub ($seq) {
        my $row = row_at($draw->{rows}, $seq) // return 0;
        return $row->[2] == $n;
    }))
    {
        $self->problem('draw', $gift->{seq}, "ticket $id is one of $n, and"
            . " $sale had not so many " . $self->between);
        return;
    }
    $self->problem('draw', $gift->{seq}, "ticket $id has another root over"
        . " $n tickets") if $root ne $self->root_over($sale, $n);
    $self->problem('draw', $gift->{seq}, "ticket $id has a path that leads"
        . ' elsewhere') if (root_of_path(leaf($gift->{number}, $id),
            $gift->{number}, $n, @{ $shown->{path} }) // '') ne $root;

    $self->problem('draw', $gift->{seq}, "ticket $id has prize "
        . text($prize) . ', which it had not ' . $self->between)
        if !$self->ever_in([$gift->{rows}], sub ($seq) {
            my $row = row_at($gift->{rows}, $seq) // return 0;
            return text($row->[5]) eq text($prize);
        });
}


1;
