package Tuanbo::History::Givings;

# The part of Load.pm that is about what is given: buyers who ask for coupons,
# and use them, now and then on two phones at once.

use v5.36;

use constant GIFTS_KEPT => 6;           # of a buyer, to choose from


# Coupons of a wave: few, that are soon over, and good for some of its sales
# from some price on; and many, for anything.
sub wave_gives ($self, $wave) {
    my $stock = $self->{stock};
    my $sale = "$self->{name}-plenty-$wave";

    return (
        coupon => { stock => int($stock / 2) + 1, limit => 2, gives => {
            kind => 'coupon', off_fen => 111, from_fen => 210,
            valid_ms => 2500, sales => [$sale, "$self->{name}-rush-$wave"] } },
        scrip => { stock => 4 * $stock, limit => 6, gives => {
            kind => 'coupon', off_fen => 37 } },
        $self->wave_lots,
    );
}


sub define_givings ($self, $wave, $then) {
    my %sales = $self->wave_gives($wave);
    my $left = keys %sales;
    my @ids;

    for my $name (sort keys %sales) {
        my $id = "$self->{name}-$name-$wave";
        push @ids, $id;
        $self->change('operator', $id, $sales{$name}, sub ($answer) {
            die "PUT /admin/sales/$id: " . ($answer->{code} // 'no answer')
                . "\n" if !$wave && ($answer->{code} // 0) !~ /^20[01]$/;
            return if --$left;
            $self->{givings} = \@ids;
            $then->();
        }, 'PUT');
    }
}


sub do_grant ($self, $file, $intent, $buyer, $then) {
    my $givings = $self->{givings} // [];

    return $self->do_nothing($file, $intent, $buyer, $then) if !@$givings;

    my $sale = $givings->[$intent->{pick} % @$givings];
    my $keys = $buyer->{granted} //= [];
    my $key = $intent->{again} && @$keys
        ? $keys->[$intent->{pick} % @$keys] : { sale => $sale,
            key => $self->new_key };
    push @$keys, $key;
    my $left = 1 + $intent->{two};

    for (1 .. $left) {
        $self->call($file, { do => 'grant', method => 'POST', target =>
            '/api/holds', user => $buyer->{name}, key => $key->{key},
            body => { sale => $key->{sale}, qty => 1 } }, sub ($answer) {
            my $gift = $answer->{body};
            my $note = ref $gift eq 'HASH' && ($gift->{gift}{kind} // '')
                eq 'ticket' ? 'note_ticket' : 'note_gift';
            $self->$note($buyer, $gift)
                if ($answer->{code} // 0) =~ /^20[01]$/;
            $then->() if !--$left;
        });
    }
}


sub note_gift ($self, $buyer, $gift) {
    my $gifts = $buyer->{gifts} //= [];

    return if grep { $_ eq $gift->{id} } @$gifts;
    push @$gifts, $gift->{id};
    shift @$gifts if @$gifts > GIFTS_KEPT;
}


# Who has no gift asks for one; and for something to use it for, mostly of
# what the coupon is good for.
sub do_gift ($self, $file, $intent, $buyer, $then) {
    my $use = sub { $self->use_gift($file, $intent, $buyer, $then) };
    my $hold = sub {
        return $use->() if !$intent->{fresh};
        my $sale = $self->sale_of($intent->{pick});
        my ($plenty) = grep { /-plenty-\d+\z/ } @{ $self->{sales} };
        $sale = $plenty if defined $plenty && $intent->{pick} % 4;
        $self->ask($file, $buyer, $self->new_key, { sale => $sale,
            qty => 1 + $intent->{pick} % 3 }, $use);
    };

    $hold = sub { $self->use_in_cart($file, $intent, $buyer, $then) }
        if $intent->{cart};
    return $self->do_grant($file, $intent, $buyer, $hold)
        if !@{ $buyer->{gifts} // [] };
    $hold->();
}


# A hold that uses a gift as it is made; so may one of another phone. Now and
# then the same key is used again with another gift, or with none.
sub use_in_cart ($self, $file, $intent, $buyer, $then) {
    my $gifts = $buyer->{gifts} // [];
    my @lines = map { { sale => $self->sale_of($_->[0]), qty => $_->[1] } }
        @{ $intent->{lines} }, [$intent->{pick} >> 4, 1];
    my ($plenty) = grep { /-plenty-\d+\z/ } @{ $self->{sales} };

    return $self->do_nothing($file, $intent, $buyer, $then) if !@$gifts;
    # mostly there is something that it is good for, and enough of it
    $lines[0]{sale} = $plenty if defined $plenty && $intent->{pick} % 4;
    my %body = (lines => \@lines, gift => $gifts->[$intent->{pick}
        % @$gifts]);
    my $pickup = $self->pickup_of($intent);
    $body{pickup} = $pickup if defined $pickup;
    my @asked = { key => $self->new_key, body => \%body };
    push @asked, { key => $self->new_key, body => \%body } if $intent->{two};
    push @asked, { key => $asked[0]{key}, body => { %body,
        gift => $gifts->[-1] } } if $intent->{again};
    push @{ $buyer->{asked} }, @asked;
    my $left = @asked;

    for my $ask (@asked) {
        $self->ask($file, $buyer, $ask->{key}, $ask->{body},
            sub ($answer) { $then->() if !--$left });
    }
}


# A hold of the buyer's uses a gift, or none any more; one of another phone
# would use the same gift at the same time.
sub use_gift ($self, $file, $intent, $buyer, $then) {
    my $gifts = $buyer->{gifts} // [];
    my $holds = $buyer->{holds};

    return $self->do_nothing($file, $intent, $buyer, $then)
        if !@$holds || !@$gifts;

    my $gift = $intent->{none} ? undef
        : $gifts->[$intent->{pick} % @$gifts];
    my @of = ($holds->[-1]);
    push @of, $holds->[-2] if $intent->{two} && @$holds > 1;
    my $left = @of;

    for my $hold (@of) {
        $self->call($file, { do => 'gift', method => 'POST', user =>
            $buyer->{name}, target => "/api/holds/$hold->{id}/gift",
            body => { gift => $gift } }, sub ($answer) {
            $hold->{amount_fen} = $answer->{body}{amount_fen}
                if ($answer->{code} // 0) == 200;
            $then->() if !--$left;
        });
    }
}


sub do_gifts ($self, $file, $intent, $buyer, $then) {
    $self->call($file, { do => 'gifts', method => 'GET', user =>
        $buyer->{name}, target => '/api/gifts?limit=100' },
        sub ($answer) { $then->() });
}


1;
