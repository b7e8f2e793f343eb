package Tuanbo::History::Neighbours;

# The part of Load.pm that is done for somebody else: orders of neighbours who
# have no phone, or of those who have one, paid in cash or not; and whom to
# call.

use v5.36;

use Digest::SHA qw(sha256_hex);
use Mojo::IOLoop;

use constant FOLLOW_SECONDS => 0.3;
use constant PHONES_KEPT => 8;           # the last that are known
use constant ORDERED_KEPT => 8;          # of all desks
use constant PRICE_UNKNOWN => 1;        # until somebody was told

my @TAKERS = qw(sister-li wang);


# The desk knows a buyer by the ledger, which says whose each hold is.
sub follow ($self) {
    return if !$self->{server}->signs('ledger')
        || !$self->{server}->signs('orders');
    $self->{followed} = 0;
    $self->{following} = Mojo::IOLoop->recurring(FOLLOW_SECONDS,
        sub { $self->follow_page });
}


sub follow_page ($self) {
    return if $self->{page_due}++;

    my $tx = $self->{server}->tx($self->{agent}, GET =>
        "/ledger?after=$self->{followed}&limit=1000", role => 'ledger');
    $self->{agent}->start($tx, sub ($agent, $tx) {
        $self->{page_due} = 0;
        return if ($tx->res->code // 0) != 200;
        for my $line (split /^/, $tx->res->body) {
            $self->{followed} = $1 if $line =~ /\A\{"seq":(\d+),/;
            $self->know_phone($1, undef, $2) if $line =~ /"type":"held",
                "hold":"([0-9a-f]{32})","buyer":"([0-9a-f]{32})"/x;
        }
    });
}


# Whose pseudonym it is, once a hold was both answered and seen there.
sub know_phone ($self, $id, $buyer, $pseudonym = undef) {
    $self->{phone_of}{$id} = $buyer if $buyer;
    $self->{buyer_of}{$id} = $pseudonym if defined $pseudonym;
    $buyer = $self->{phone_of}{$id} // return;
    return if defined $buyer->{pseudonym} || !$self->{buyer_of}{$id};
    $buyer->{pseudonym} = $self->{buyer_of}{$id};
    push @{ $self->{phones} }, $buyer;
    shift @{ $self->{phones} } if @{ $self->{phones} } > PHONES_KEPT;
}


# One of some neighbours, whom all desks know at about the same time.
sub neighbour ($self, $intent) {
    my $number = $intent->{buyer}[1] * 2 + $intent->{who} % 2;

    return $self->{neighbours}[$number] //= { asked => [], holds => [],
        pseudonym => substr sha256_hex("$self->{name} $number"), 0, 32 };
}


sub whom ($self, $intent) {
    my $phones = $self->{phones};

    return $intent->{phone} && @$phones ? $phones->[$intent->{who} % @$phones]
        : $self->neighbour($intent);
}


# Under a new key, or under an earlier one the same or another; by one desk,
# or by two at once, who mean the same order or each their own.
sub do_order_for ($self, $file, $intent, $buyer, $then) {
    my @roles = grep { $self->{server}->signs($_) } qw(orders admin);
    return $self->do_nothing($file, $intent, $buyer, $then) if !@roles;

    my $kind = $intent->{which};
    my $earlier = $kind ne 'new' ? $self->earlier_order($intent) : undef;
    my $whom = $earlier ? $earlier->{whom} : $self->whom($intent);
    my $key = $earlier ? $earlier->{key} : $self->new_key;
    my @calls = { key => $key, whom => $whom, body =>
        $earlier && $kind eq 'again' ? $earlier->{body}
            : $self->order_body($intent, $whom) };

    push @calls, $intent->{two} eq 'same' ? $calls[0]
        : { key => $self->new_key, whom => $whom, body =>
            $self->order_body($intent, $whom, 1) } if $intent->{two};
    my $left = @calls;
    for my $i (0 .. $#calls) {
        $self->call($file, { do => 'order-for', method => 'POST',
            target => '/admin/holds', key => $calls[$i]{key},
            body => $calls[$i]{body},
            role => $roles[($intent->{pick} + $i) % @roles],
            defined $whom->{name} ? (for => $whom->{name}) : () },
            sub ($answer) {
                $self->note_order_for($calls[$i], $answer);
                $then->() if !--$left;
            });
    }
}


# One that was made; or what a phone has asked for, which is under its key, and
# neither to wait in line for it, nor by somebody's code, nor with a gift: that
# the desk cannot ask.
sub earlier_order ($self, $intent) {
    my ($made, $phones) = @$self{qw(ordered phones)};
    my $phone = @$phones && $intent->{phone}
        ? $phones->[$intent->{who} % @$phones] : undef;
    my @of_phone = map { { key => $_->{key}, whom => $phone, body => {
        %{ $_->{body} }, buyer => $phone->{pseudonym} } } }
        $phone ? grep { my $body = $_->{body};
            !grep { $body->{$_} } qw(queue from gift) }
            @{ $phone->{asked} } : ();
    my @earlier = @of_phone ? @of_phone : @$made;

    return @earlier ? $earlier[$intent->{pick} % @earlier] : undef;
}


# Cash that is the price, or not, or none; now and then something is amiss.
sub order_body ($self, $intent, $whom, $other = 0) {
    my $lines = $intent->{lines};
    my %units;

    $units{ $self->sale_of($_->[0] + $other) } += $_->[1] for @$lines;
    my $body = { buyer => $whom->{pseudonym}, lines => [map {
        { sale => $_, qty => $units{$_} } } sort keys %units] };
    my $pickup = $self->pickup_of($intent);
    $body->{pickup} = $pickup if defined $pickup;

    if ($intent->{cash} ne 'none') {
        my $fen = 0;
        $fen += $units{$_} * ($self->{prices}{$_} // PRICE_UNKNOWN)
            for keys %units;
        $fen++ if $intent->{cash} eq 'wrong';
        $body->{paid} = { cash_fen => $fen,
            by => $TAKERS[($intent->{by} + $other) % @TAKERS] };
    }
    my $amiss = $intent->{amiss} // '';
    $body->{buyer} = 'nobody' if $amiss eq 'buyer';
    $body->{paid}{by} = 'Sister Li' if $amiss eq 'by' && $body->{paid};

    return $body;
}


# A price is known from whatever shows it.
sub note_price ($self, $lines) {
    $self->{prices}{ $_->{sale} } //= $_->{price_fen} for @$lines;
}


sub note_order_for ($self, $call, $answer) {
    my ($whom, $shown) = ($call->{whom}, $answer->{body});

    if (($answer->{code} // 0) =~ /^20[01]$/) {
        $self->note_hold($whom, $shown);
        my ($hold) = grep { $_->{id} eq $shown->{id} } @{ $whom->{holds} };
        $self->note_order($hold) if $hold && $shown->{state} eq 'sold';
        push @{ $self->{ordered} }, $call;
        shift @{ $self->{ordered} } if @{ $self->{ordered} } > ORDERED_KEPT;
    }
    elsif (ref $shown eq 'HASH' && ($shown->{code} // '') eq 'wrong_amount') {
        my ($line, @more) = @{ $call->{body}{lines} // [] };
        $self->note_price([{ sale => $line->{sale}, price_fen =>
            $shown->{amount_fen} / $line->{qty} }]) if $line && !@more;
    }
}


# Whom to call: said by a desk, by two at once, or by the phone itself.
sub do_contact ($self, $file, $intent, $buyer, $then) {
    my @roles = grep { $self->{server}->signs($_) } qw(orders admin);
    my $whom = $self->whom($intent);

    return $self->do_nothing($file, $intent, $buyer, $then) if !@roles;
    my $amiss = $intent->{amiss} // '';
    my $own = $intent->{own} && defined $whom->{name};
    my @bodies = map { { name => $amiss eq 'name' ? ''
        : "neighbour $intent->{pick}", digits => sprintf('%04d',
            ($intent->{pick} + $_) % 10_000),
        consent => [qw(labels notices)[0 .. $intent->{consent} - 1]] } }
        0 .. ($intent->{two} ? 1 : 0);
    my $left = @bodies;
    push @{ $self->{called} }, $whom if defined $whom->{name};
    shift @{ $self->{called} } if @{ $self->{called} } > 3;
    my $id = $amiss eq 'buyer' ? 'nobody' : $whom->{pseudonym};

    for my $body (@bodies) {
        $self->call($file, { do => 'contact', body => $body,
            $own ? (method => 'POST', target => '/api/contact',
                    user => $whom->{name})
                : (method => 'PUT', target => "/admin/contacts/$id",
                    role => $roles[($intent->{pick} + $left) % @roles],
                    defined $whom->{name} ? (for => $whom->{name}) : ()) },
            sub ($answer) { $then->() if !--$left });
    }
}


# What a phone is shown of itself: the desk's word, too.
sub do_me ($self, $file, $intent, $buyer, $then) {
    my $phones = $self->{ $intent->{pick} % 4 ? 'called' : 'phones' };
    my $whom = @$phones ? $phones->[$intent->{pick} % @$phones] : $buyer;

    $self->call($file, { do => 'me', method => 'GET', target => '/api/me',
        user => $whom->{name} }, sub ($answer) { $then->() });
}


1;
