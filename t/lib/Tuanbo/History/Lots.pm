package Tuanbo::History::Lots;

# The part of Load.pm that is about what is left to chance: packets, and
# tickets of draws, one that needs nobody and one that waits for a beacon.

use v5.36;

use Digest::SHA qw(sha256_hex);
use Time::HiRes qw(time);

use constant TICKETS_KEPT => 4;         # of a buyer, to choose from

# Its round is out long after the run: what is said of it is made up here, and
# nobody compares it.
use constant BEACON_AFTER => 86_400;


sub wave_lots ($self) {
    my $stock = $self->{stock};
    my $round = int((time + BEACON_AFTER - 1_692_803_367) / 3);
    my @prizes = ({ title => 'crate', count => 1 },
        { title => 'coupon', count => 2 + int($stock / 8), off_fen => 55 });

    return (
        rain => { stock => int($stock / 2) + 2, limit => 2, gives => {
            kind => 'packet', total_fen => 60 * $stock } },
        snow => { stock => 3 * $stock, limit => 3, gives => {
            kind => 'packet', total_fen => 3 * $stock + 7,
            valid_ms => 2500 } },
        lantern => { stock => 4 * $stock, limit => 3, gives => {
            kind => 'ticket', valid_ms => 60_000, prizes => \@prizes } },
        comet => { stock => 4 * $stock, limit => 3, gives => {
            kind => 'ticket', prizes => \@prizes, beacon => {
            source => 'drand quicknet', round => $round } } },
    );
}


# What a buyer was granted: a coupon, or a ticket that may become one.
sub note_ticket ($self, $buyer, $gift) {
    my $tickets = $buyer->{tickets} //= [];

    return if grep { $_ eq $gift->{id} } @$tickets;
    push @$tickets, $gift->{id};
    shift @$tickets if @$tickets > TICKETS_KEPT;
}


# A ticket is looked at; one that has won a coupon is kept to be used.
sub do_ticket ($self, $file, $intent, $buyer, $then) {
    my $tickets = $buyer->{tickets} // [];

    return $self->do_nothing($file, $intent, $buyer, $then) if !@$tickets;
    $self->call($file, { do => 'ticket', method => 'GET', user =>
        $buyer->{name}, target => '/api/holds/'
            . $tickets->[$intent->{pick} % @$tickets] }, sub ($answer) {
        $self->note_gift($buyer, $answer->{body})
            if ($answer->{code} // 0) == 200
                && $answer->{body}{gift}{off_fen};
        $then->();
    });
}


# Anybody looks at a draw, or at what is announced.
sub do_draw ($self, $file, $intent, $buyer, $then) {
    my @sales = grep { /-(?:rain|snow|lantern|comet)-/ }
        @{ $self->{givings} // [] };

    return $self->do_nothing($file, $intent, $buyer, $then) if !@sales;
    $self->show_lot($file, $sales[$intent->{pick} % @sales], $then);
}


sub show_lot ($self, $file, $sale, $then) {
    my $draw = $sale =~ /-(?:lantern|comet)-/;

    $self->call($file, { do => $draw ? 'draw' : 'sale', method => 'GET',
        target => "/api/sales/$sale" . ($draw ? '/draw' : '') },
        sub ($answer) {
            return $then->() if !$draw;
            $self->call($file, { do => 'sale', method => 'GET',
                target => "/api/sales/$sale" }, sub ($answer) { $then->() });
        });
}


# Of a wave: closed while buyers still ask; two operators say what the beacon
# was, and one of them is too late.  Then everybody looks.
sub end_lots ($self, $wave, $then) {
    my @names = qw(rain snow lantern comet);
    my %id = map { $_ => "$self->{name}-$_-$wave" } @names;
    my $left = @names;
    my $look = sub {
        my $shown = @names;
        $self->show_lot('operator', $id{$_},
            sub { $then->() if !--$shown }) for @names;
    };

    for my $name (@names) {
        $self->change('operator', "$id{$name}/close", undef, sub ($answer) {
            return if --$left;
            my $both = 2;
            for my $who (1 .. 2) {
                $self->call('operator', { do => 'draw-with', method => 'POST',
                    role => 'admin', key => $self->new_key,
                    target => "/admin/sales/$id{comet}/draw", body => {
                        beacon => sha256_hex("$wave $who") } },
                    sub ($answer) { $look->() if !--$both });
            }
        });
    }
}


# In the end each buyer looks at their tickets.
sub read_tickets ($self, $name, $then) {
    my @tickets = @{ ($self->{buyers}{$name} // {})->{tickets} // [] };
    my $left = @tickets || return $then->();

    $self->call('end', { do => 'ticket', method => 'GET', user => $name,
        target => "/api/holds/$_" }, sub ($answer) { $then->() if !--$left })
        for @tickets;
}


1;
