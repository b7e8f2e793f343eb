package Tuanbo::History::InLine;

# The part of Load.pm that is about those who wait: buyers who ask to wait for
# units that are not free, look at their place, and leave.

use v5.36;

use Mojo::JSON;

use constant TOO_MANY => 9;             # units to wait for
use constant WAITS_KEPT => 4;           # of a buyer, to choose from


# Mostly for what there is little of, so that there is a line.
sub do_wait ($self, $file, $intent, $buyer, $then) {
    my ($number, $qty) = @{ $intent->{lines}[0] };
    my ($few) = grep { /-few-\d+\z/ } @{ $self->{sales} };
    my %body = (sale => defined $few && $number % 3 ? $few
        : $self->sale_of($number), qty => $intent->{most} ? TOO_MANY : $qty,
        queue => Mojo::JSON->true);
    my $pickup = $self->pickup_of($intent);
    $body{pickup} = $pickup if defined $pickup;

    my $key = $self->new_key;
    my $left = 1 + $intent->{two};
    push @{ $buyer->{asked} }, { key => $key, body => \%body };
    for (1 .. $left) {
        $self->ask($file, $buyer, $key, \%body, sub ($answer) {
            $self->note_wait($buyer, $answer->{body}{id})
                if ($answer->{code} // 0) == 202;
            $then->() if !--$left;
        });
    }
}


sub note_wait ($self, $buyer, $id) {
    my $waits = $buyer->{waits} //= [];

    push @$waits, $id if !grep { $_ eq $id } @$waits;
    shift @$waits if @$waits > WAITS_KEPT;
}


# Whoever has waited may have been served, and have bought.
sub wait_of ($self, $intent, $buyer) {
    my $waits = $buyer->{waits} // [];

    return @$waits ? $waits->[-1 - $intent->{pick} % @$waits] : undef;
}


sub do_leave ($self, $file, $intent, $buyer, $then) {
    my $id = $self->wait_of($intent, $buyer)
        // return $self->do_nothing($file, $intent, $buyer, $then);

    $self->call($file, { do => 'release', method => 'DELETE',
        target => "/api/holds/$id", user => $buyer->{name} },
        sub ($answer) { $then->() });
}


sub do_place ($self, $file, $intent, $buyer, $then) {
    my $id = $self->wait_of($intent, $buyer)
        // return $self->do_nothing($file, $intent, $buyer, $then);

    $self->call($file, { do => 'read', method => 'GET',
        target => "/api/holds/$id", user => $buyer->{name} },
        sub ($answer) { $then->() });
}


1;
