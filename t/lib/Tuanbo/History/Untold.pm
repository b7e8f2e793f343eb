package Tuanbo::History::Untold;

# The part of Checker.pm that is about holds that nobody was told of: of which
# request without an answer each of them is.

use v5.36;

*could_make = \&Tuanbo::History::Checker::could_make;
*done = \&Tuanbo::History::Checker::done;
*refused = \&Tuanbo::History::Checker::refused;
*unknown = \&Tuanbo::History::Checker::unknown;


# Each has to come from a request that got no
# answer, and no two of them from the same one.
sub find_unknown ($self, $caused) {
    my %untold;

    for my $id (@{ $self->{timeline}{order} }) {
        next if $caused->{$id};
        my $hold = $self->hold($id);
        push @{ $untold{ $hold->{buyer} } }, $hold;
    }
    for my $buyer (sort keys %untold) {
        my $user = $self->{user_of}{$buyer}
            // $self->nameless($untold{$buyer});
        if (!defined $user) {
            $self->foreign($untold{$buyer});
            next;
        }
        $self->match_unknown($user, $untold{$buyer}, $caused);
    }
}


# A pseudonym that no answer has shown: the user whose unanswered requests
# could have made these holds.
sub nameless ($self, $holds) {
    for my $user (sort keys %{ $self->{asked} // {} }) {
        next if defined $self->{buyer_of}{$user};
        my @fits = grep { unknown($_) }
            map { @$_ } values %{ $self->{asked}{$user} };
        next if grep { my $hold = $_;
            !grep { could_make($_->{payload}, $hold) } @fits } @$holds;
        $self->{buyer_of}{$user} = $holds->[0]{buyer};
        $self->{user_of}{ $holds->[0]{buyer} } = $user;
        return $user;
    }

    return undef;
}


# Sales that this run defined are bought by its buyers only.
sub foreign ($self, $holds) {
    my %own = map { $_ => 1 } $self->own_sales;

    for my $hold (@$holds) {
        if (grep { $own{ $_->{sale} } } @{ $hold->{lines} }) {
            $self->problem('cause', $hold->{seq}, undef,
                "hold $hold->{id} is of nobody who asked for one");
        }
        else {
            $self->count('holds of others');
        }
    }
}


# Each hold gets a key of its own, by augmenting paths.
sub match_unknown ($self, $user, $holds, $caused) {
    my $groups = $self->{asked}{$user} // {};
    my %candidates;     # hold => { key => requests }
    my %taken;          # key => hold

    for my $hold (@$holds) {
        for my $name (keys %$groups) {
            next if grep { done($_) } @{ $groups->{$name} };
            my @may = grep { unknown($_)
                && could_make($_->{payload}, $hold)
                && defined $_->{key} == defined $hold->{key}
                && $self->from($_->{t0}) < $hold->{seq} }
                @{ $groups->{$name} };
            $candidates{ $hold->{id} }{$name} = \@may if @may;
        }
        push @{ $caused->{ $hold->{id} } },
            map { @$_ } values %{ $candidates{ $hold->{id} } // {} };
    }

    my $augment;
    $augment = sub ($id, $seen) {
        for my $name (sort keys %{ $candidates{$id} // {} }) {
            next if $seen->{$name}++;
            if (!defined $taken{$name}
                || $augment->($taken{$name}, $seen))
            {
                $taken{$name} = $id;
                return 1;
            }
        }
        return 0;
    };
    for my $hold (@$holds) {
        if ($augment->($hold->{id}, {})) {
            $self->count('holds of unknown outcome');
            next;
        }
        $self->uncaused($user, $hold, $groups);
    }
    undef $augment;
}


sub uncaused ($self, $user, $hold, $groups) {
    my @same = grep { could_make($_->{payload}, $hold) } map { @$_ }
        values %$groups;
    my ($refused) = grep { refused($_) } @same;
    my ($done) = grep { done($_) } @same;
    my ($unknown) = grep { unknown($_) } @same;
    my $words = "hold $hold->{id} of $user";

    if ($refused) {
        $self->problem('refused', $hold->{seq}, $refused->{at},
            "$words is there, but what asked for it was refused");
    }
    elsif ($done) {
        $self->problem('twice', $hold->{seq}, $done->{at},
            "$words is there, and what asked for it made hold"
            . " $done->{answer}{id}");
    }
    elsif ($unknown) {
        $self->problem('twice', $hold->{seq}, $unknown->{where},
            "$words is there, and what asked for it without an answer made"
            . ' another one');
    }
    else {
        $self->problem('cause', $hold->{seq}, undef,
            "$words is there, and nobody asked for it");
    }
}


1;
