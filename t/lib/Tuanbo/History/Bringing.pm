package Tuanbo::History::Bringing;

# The part of Load.pm that is about neighbours who bring others: codes, new
# buyers who come by them, and what makes both be given something.  What the
# shop gives for it is a document of all of it, so this is done only when it is
# asked for.

use v5.36;


sub shop_referral ($self, $method, $body, $then) {
    $self->call('operator', { do => 'document', method => $method,
        role => 'admin', target => '/admin/documents/shop/referral',
        key => $self->new_key, defined $body ? (body => $body) : () }, $then);
}


# Something for those who come and for those who bring them, of each wave, and
# less than are wanted.
sub define_referral ($self, $wave, $then) {
    return $then->() if !$self->{referral};

    my $few = int($self->{stock} / 2) + 2;
    my %gives = (kind => 'coupon', valid_ms => 60_000, by => 'desk');
    my %sales = (
        hello => { stock => $few, limit => 1, gives => { %gives,
            off_fen => 53 } },
        thanks => { stock => $few, limit => 2, gives => { %gives,
            off_fen => 71 } },
    );
    my $left = keys %sales;

    for my $name (sort keys %sales) {
        $self->change('operator', "$self->{name}-$name-$wave", $sales{$name},
            sub ($answer) {
                $self->shop_referral(PUT => { per_inviter => 2, inviter =>
                    "$self->{name}-thanks-$wave", newcomer =>
                    "$self->{name}-hello-$wave" }, sub ($answer) {
                        $then->() }) if !--$left;
            }, 'PUT');
    }
}


sub end_referral ($self, $then) {
    return $then->() if !$self->{referral};
    $self->shop_referral(DELETE => undef, sub ($answer) { $then->() });
}


sub with_code ($self, $file, $buyer, $then) {
    return $then->($buyer->{code}) if defined $buyer->{code};
    $self->call($file, { do => 'me', method => 'GET', target => '/api/me',
        user => $buyer->{name} }, sub ($answer) {
            my $code = ref $answer->{body} eq 'HASH' ? $answer->{body}{code}
                : undef;
            if (defined $code) {
                $buyer->{code} = $code;
                push @{ $self->{codes_told} }, $code;
            }
            $then->($code // '0' x 32);
        });
}


# A neighbour sends a link, and somebody comes by it, on two phones now and
# then: mostly somebody new, who pays, and collects, at two desks at once.
sub do_bring ($self, $file, $intent, $buyer, $then) {
    return $self->do_nothing($file, $intent, $buyer, $then)
        if !$self->{referral} || $self->{users};

    my $whose = $intent->{whose};
    my $friend = $whose eq 'old' ? $buyer : { name => "$buyer->{name}-f"
        . ++$buyer->{friends}, holds => [], asked => [] };

    $self->{buyers}{ $friend->{name} } //= $friend;
    $self->with_code($file, $whose eq 'own' ? $friend : $buyer, sub ($code) {
        my $told = $self->{codes_told} // [];
        my $other = @$told ? $told->[$intent->{pick} % @$told] : $code;
        $code = $other if $whose eq 'old';
        $code = '0' x 32 if $whose eq 'nobody';
        $code = 'nonsense' if $whose eq 'malformed';
        $self->come($file, $intent, $friend, $code, $other, $then);
    });
}


sub come ($self, $file, $intent, $friend, $code, $other, $then) {
    my ($plenty) = grep { /-plenty-\d+\z/ } @{ $self->{sales} };
    my %body = (qty => 1, from => $code, sale => defined $plenty
        && $intent->{pick} % 4 ? $plenty : $self->sale_of($intent->{pick}));
    my $pickup = $self->pickup_of($intent);
    $body{pickup} = $pickup if defined $pickup;

    my $key = $self->new_key;
    push @{ $friend->{asked} }, { key => $key, body => \%body };
    my $left = 1 + $intent->{two};
    my $collect = sub { $self->collect($file, $intent, $friend, $then) };
    for (1 .. $left) {
        $self->ask($file, $friend, $key, \%body, sub ($answer) {
            return if --$left;
            # the same key once more, and another neighbour's code
            $intent->{other} ? $self->ask($file, $friend, $key,
                { %body, from => $other }, $collect) : $collect->();
        });
    }
}


sub collect ($self, $file, $intent, $friend, $then) {
    return $then->() if !$intent->{pays} || !@{ $friend->{holds} }
        || !$self->{server}->signs('orders');

    my %of = (%$intent, pick => 0, kind => 'confirm', payment => 'right',
        which => 'new', via => 'code', device_at => undef, line => undef);
    $self->do_order($file, \%of, $friend, sub {
        return $then->() if !$intent->{collects};
        my $left = 1 + $intent->{two};
        for (1 .. $left) {
            $self->do_hand($file, \%of, $friend,
                sub { $then->() if !--$left });
        }
    });
}


1;
