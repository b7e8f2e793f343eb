package Tuanbo::History::Drawn;

# The part of Checker.pm that computes packets and draws again, from what is
# public once they are over (docs/draws.md): the seed is the one that was
# announced with the terms, and all else follows from it.

use v5.36;

use Digest::SHA qw(sha256_hex);
use JSON::PP ();

use Tuanbo::Draw qw(commit final_seed packet_amounts winners);

# Timers act as soon as they are due; a ledger may end between.
use constant AT_ONCE_MS => 60_000;

my $json = JSON::PP->new->utf8->canonical;


# A sale as an answer shows it, all terms and the commit: what the ledger has
# the digest of.
sub note_commit ($self, $shown, $request) {
    my ($sale, $gives) = @$shown{qw(id gives)};
    my $known = $self->{commits}{$sale} //= { commit => $shown->{commit},
        at => $request->{at} };

    $self->problem('draw', undef, $request->{at}, "$sale has the commit "
        . ($shown->{commit} // 'null') . ", and at $known->{at}"
        . " $known->{commit}") if ($shown->{commit} // '') ne $known->{commit};
    return if ref $gives ne 'HASH' || !$gives->{commit};

    my $digest = sha256_hex($json->encode($gives));
    return if grep { $_->{digest} eq $digest }
        @{ $self->{timeline}{digests}{$sale} // [] };
    $self->problem('draw', undef, $request->{at}, "$sale shows terms, its"
        . ' commit among them, of which the ledger has no digest');
}


sub check_draws ($self) {
    my $timeline = $self->{timeline};
    my $last = $self->{entries}[-1];
    my $end = ($last ? $last->{at} : 0) - AT_ONCE_MS;

    for my $sale ($self->own_sales) {
        my $kind = ($timeline->{terms}{$sale} // {})->{kind} // next;
        next if $kind !~ /^(?:packet|ticket)\z/;

        my $draw = $timeline->draw_of($sale);
        my $closed = $draw->{closed} // next;
        if (!$draw->{seed}) {
            $self->problem('overdue', $closed->{seq}, undef, "$sale is closed,"
                . ' and its seed is not revealed') if $closed->{at} < $end;
            next;
        }
        $self->check_seed($sale, $draw->{seed});
        $self->count('seeds revealed');
        $kind eq 'packet' ? $self->check_packets($sale, $draw)
            : $self->check_drawn($sale, $draw, $end);
    }
    $self->check_beacons;
}


sub check_seed ($self, $sale, $entry) {
    my $known = $self->{commits}{$sale} // return;
    my $is = commit($entry->{seed});

    $self->problem('draw', $entry->{seq}, $known->{at}, "$sale reveals a seed"
        . " whose commit is $is, announced was $known->{commit}")
        if $is ne $known->{commit};
}


# Each of them to the fen, and all of them together.
sub check_packets ($self, $sale, $draw) {
    my $total = $self->{timeline}{terms}{$sale}{total_fen};
    my $stock = $self->{timeline}{sales}{$sale}[-1][4]{stock};
    my @amounts = packet_amounts($draw->{seed}{seed}, $stock, $total);
    my ($sum, %given) = (0);

    for my $gift (@{ $draw->{gifts} }) {
        my $is = $amounts[$gift->{number} - 1] // 'none';
        my $fen = $gift->{off_fen} // 0;
        $sum += $fen;
        $self->count('packets');
        $self->problem('draw', $gift->{seq}, undef, "packet $gift->{number} of"
            . " $sale has $fen fen, by its seed $is") if $fen ne $is;
        $self->problem('draw', $gift->{seq}, undef, "packet $gift->{number} of"
            . " $sale is given twice") if $given{ $gift->{number} }++;
    }

    my $left = $stock - @{ $draw->{gifts} };
    $self->problem('draw', $draw->{seed}{seq}, undef, "$sum fen are in"
        . ' ' . @{ $draw->{gifts} } . " packets of $sale, of $total in $stock")
        if $left ? $sum > $total - $left : $sum != $total;
}


# Who wins, in which order, and what; as many as there are prizes, each once.
sub check_drawn ($self, $sale, $draw, $end) {
    my $timeline = $self->{timeline};
    my $terms = $timeline->{terms}{$sale};
    my $drawn = $draw->{drawn};
    my $n = @{ $draw->{gifts} };
    my $all = $timeline->wins($sale, $n);
    my $found = @{ $draw->{won} };

    if (!$drawn || $found < $all) {
        my $since = $drawn // $draw->{closed};
        $self->problem('overdue', $since->{seq}, undef, "$sale is closed, and"
            . " $found of $all winners are there") if $since->{at} < $end
            && ($drawn || !$terms->{beacon});
    }
    return if !$drawn;

    $self->problem('draw', $drawn->{seq}, undef, "$sale is drawn "
        . ($drawn->{beacon} ? 'with' : 'without') . ' a beacon, and was to be '
        . ($terms->{beacon} ? 'with' : 'without') . ' one')
        if !$drawn->{beacon} != !$terms->{beacon};
    $self->problem('draw', $drawn->{seq}, undef, "$sale is drawn from "
        . ($drawn->{entries} // 0) . " tickets, and has $n")
        if ($drawn->{entries} // 0) != $n;

    my @numbers = winners(final_seed($draw->{seed}{seed}, $n,
        $draw->{closed}{hash}, $drawn->{beacon}), $n, $all);
    my @prizes = $timeline->prizes($sale);
    my %won;
    for my $i (0 .. $#{ $draw->{won} }) {
        my $entry = $draw->{won}[$i];
        my $said = "$entry->{number} prize $entry->{prize}";
        my $is = defined $numbers[$i] ? "$numbers[$i] prize $prizes[$i]"
            : 'nobody';
        $self->count('winners');
        $self->problem('draw', $entry->{seq}, undef, "winner $i of $sale is"
            . " $said, by its seed $is") if $said ne $is;
        $self->problem('draw', $entry->{seq}, undef, "ticket $entry->{number}"
            . " of $sale wins twice") if $won{ $entry->{number} }++;
        $self->check_winner($sale, $draw, $entry);
    }
    $self->count('draws');
}


# It is the hold that has the ticket, and gets what was promised.
sub check_winner ($self, $sale, $draw, $entry) {
    my $terms = $self->{timeline}{terms}{$sale};
    my $prize = $terms->{prizes}[ $entry->{prize} ] // {};
    my ($gift) = grep { $_->{number} == $entry->{number} }
        @{ $draw->{gifts} };
    my $until = $prize->{off_fen} && $terms->{valid_ms}
        ? $entry->{at} + $terms->{valid_ms} : undef;

    $self->problem('draw', $entry->{seq}, undef, "ticket $entry->{number} of"
        . " $sale is won by hold $entry->{hold}, which has it not")
        if !$gift || $gift->{id} ne $entry->{hold};
    $self->problem('draw', $entry->{seq}, undef, "prize $entry->{prize} of"
        . " $sale takes off " . ($entry->{off_fen} // 0) . ' fen, '
        . ($prize->{off_fen} // 0) . ' were promised')
        if ($entry->{off_fen} // 0) != ($prize->{off_fen} // 0);
    # the entry's time is the moment, but for the clock's steps
    $self->problem('draw', $entry->{seq}, undef, "prize $entry->{prize} of"
        . " $sale is good until " . ($entry->{valid_until_at} // 'ever')
        . ', ' . ($until // 'ever') . ' was promised')
        if defined $entry->{valid_until_at} != defined $until
            || defined $until && abs($entry->{valid_until_at} - $until)
                > AT_ONCE_MS;
}


# Drawn once, with what one of those said who were not refused; and with what
# whoever was told so had said.
sub check_beacons ($self) {
    my %asked;

    push @{ $asked{ $_->{target} =~ m{/sales/([^/]+)/draw\z} ? $1 : '' } }, $_
        for grep { $_->{do} eq 'draw-with' } @{ $self->{requests} };
    for my $sale ($self->own_sales) {
        my $drawn = $self->{timeline}->draw_of($sale)->{drawn} // next;
        my $beacon = $drawn->{beacon} // next;
        $self->problem('cause', $drawn->{seq}, undef, "$sale is drawn with"
            . ' a beacon that nobody said') if !grep {
            $_->{body}{beacon} eq $beacon
            && !Tuanbo::History::Checker::refused($_) }
            @{ $asked{$sale} // [] };
    }
}


1;
