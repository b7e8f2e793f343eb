package Tuanbo::History::Desk;

# The part of Load.pm that is done at the desk: waves, what has come of them,
# and lists of what is where.

use v5.36;

use Mojo::JSON;
use Time::HiRes qw(time);

use constant WAVES_KEPT => 16;
use constant SALES_KEPT => 12;          # this run's last ones, to be in waves


# One of the last; to be changed mostly one that is not frozen yet.
sub wave_of ($self, $number, $kind = '') {
    my @waves = @{ $self->{waves_made} // [] };
    my @open = $kind eq 'change' && $number % 3 ? grep { !$_->{frozen} }
        @waves : ();

    @waves = @open if @open;
    return @waves ? $waves[-1 - $number % @waves] : undef;
}


# Whoever is at the desk is known by either secret.
sub desk_call ($self, $file, $intent, $call, $then) {
    my @roles = grep { $self->{server}->signs($_) } qw(orders admin);

    $self->call($file, { role => $roles[$intent->{pick} % @roles], %$call },
        $then);
}


# A wave, a change of one, or what was said of one before: the same, or under
# its key another.
sub do_wave ($self, $file, $intent, $buyer, $then) {
    return $self->do_nothing($file, $intent, $buyer, $then)
        if !@{ $self->{own} };

    my $kind = $intent->{which};
    my $wave = $kind ne 'new' && $self->wave_of($intent->{pick}, $kind);
    if (!$wave) {
        my $waves = $self->{waves_made} //= [];
        $wave = { id => "$self->{name}-wave-" . ++$self->{wave_ids},
            said => [], received => [], points => [] };
        push @$waves, $wave;
        shift @$waves if @$waves > WAVES_KEPT;
    }

    my $said = $wave->{said};
    my $earlier = $kind =~ /^(?:again|other)\z/ && @$said
        ? $said->[$intent->{pick} % @$said] : undef;
    my $body = $earlier && $kind eq 'again' ? $earlier->{body}
        : $self->wave_body($intent);
    my $key = $earlier ? $earlier->{key} : $self->new_key;
    push @$said, { key => $key, body => $body } if !$earlier;
    $self->desk_call($file, $intent, { do => 'wave', method => 'PUT',
        target => "/admin/waves/$wave->{id}", key => $key, body => $body,
        $intent->{supposes} ? (supposes => $intent->{supposes}) : () },
        sub ($answer) {
            note_wave($wave, $answer);
            $then->();
        });
}


sub wave_body ($self, $intent) {
    my @own = @{ $self->{own} };
    splice @own, 0, @own - SALES_KEPT if @own > SALES_KEPT;
    my %sales = map { $own[$_ % @own] => 1 } @{ $intent->{sales} };

    $sales{"$self->{name}-nowhere"} = 1 if $intent->{nowhere};
    return { sales => [sort keys %sales],
        cut_at => int(time * 1000) + $intent->{later},
        $intent->{day} ? (day => $intent->{day}) : () };
}


# What was shown of a wave last: whether it is frozen, and its points with
# their counts.
sub note_wave ($wave, $answer) {
    my $body = $answer->{body};

    return if ref $body ne 'HASH' || ref $body->{points} ne 'ARRAY';
    $wave->{points} = $body->{points};
    $wave->{frozen} = defined $body->{seq};
}


# Mostly one of which something is awaited.
sub waited_for ($self, $intent) {
    my @awaited = grep { grep { grep { $_->{awaited} } @{ $_->{lines} } }
        @{ $_->{points} } } @{ $self->{waves_made} // [] };

    return @awaited && $intent->{pick} % 6
        ? $awaited[$intent->{pick} % @awaited]
        : $self->wave_of($intent->{pick});
}


# Units that have come so far, says one phone, or two at once; now and then
# what was said before, the same or other under its key.
sub do_receive ($self, $file, $intent, $buyer, $then) {
    my $wave = $self->waited_for($intent)
        // return $self->do_nothing($file, $intent, $buyer, $then);
    my $said = $wave->{received};
    my $kind = $intent->{which};
    my $earlier = $kind ne 'new' && @$said
        ? $said->[$intent->{pick} % @$said] : undef;
    my @bodies = $earlier && $kind eq 'again' ? $earlier->{body}
        : $self->count_body($intent, $wave, $intent->{count});
    push @bodies, $self->count_body($intent, $wave, $intent->{second})
        if !$earlier && defined $intent->{second};
    my $left = @bodies;

    for my $body (@bodies) {
        my $key = $earlier ? $earlier->{key} : $self->new_key;
        push @$said, { key => $key, body => $body } if !$earlier;
        $self->desk_call($file, $intent, { do => 'receive', method => 'POST',
            target => "/admin/waves/$wave->{id}/receive", key => $key,
            body => $body }, sub ($answer) {
                note_wave($wave, $answer);
                $then->() if !--$left;
            });
    }
}


# One or two of its sales at a point where somebody waits, if it is known.
sub count_body ($self, $intent, $wave, $count) {
    my @points = @{ $wave->{points} };
    my @awaited = grep { grep { $_->{awaited} } @{ $_->{lines} } } @points;
    @points = @awaited if @awaited && $intent->{point} % 4;
    my $point = @points && !$intent->{blind}
        ? $points[$intent->{point} % @points] : undef;
    my @lines = $point ? sort { $b->{awaited} <=> $a->{awaited} }
        @{ $point->{lines} } : ();
    my $pickup = $point ? $point->{pickup}
        : $self->pickup_of({ pickup => $intent->{pickup} });

    if (!@lines) {
        my $sales = $wave->{said}[-1]{body}{sales};
        @lines = { sale => $intent->{nowhere} ? "$self->{name}-nowhere"
            : $sales->[$intent->{point} % @$sales] };
    }
    splice @lines, 1 + $intent->{two};

    return { pickup => $pickup, $intent->{final} ? (final =>
        Mojo::JSON->true) : (), lines => [map { { sale => $_->{sale},
        qty => units_come($_, $count) } } @lines] };
}


# Some more, all, the same again, fewer, or none.
sub units_come ($line, $count) {
    my %is = map { $_ => $line->{$_} // 0 } qw(received ordered ready
        handed_over);
    my $least = $is{ready} + $is{handed_over};
    my $so_far = $is{received} > $least ? $is{received} : $least;

    return $count eq 'more' ? $so_far + 1 + $so_far % 3
        : $count eq 'all' ? $is{ordered}
        : $count eq 'same' ? $is{received}
        : $count eq 'fewer' ? ($so_far > 0 ? $so_far - 1 : 0)
        : $count eq 'least' ? $least : 0;
}


# A wave; all waves, or all lines of a point, page by page.
sub do_read_wave ($self, $file, $intent, $buyer, $then) {
    my $wave = $self->waited_for($intent);

    return $self->do_nothing($file, $intent, $buyer, $then)
        if !@{ $self->{own} };
    if ($intent->{what} eq 'wave') {
        my $id = $wave ? $wave->{id} : "$self->{name}-wave-none";
        my $after = $intent->{behind} ? $self->pickup_of($intent) : undef;
        $self->desk_call($file, $intent, { do => 'read-wave', method => 'GET',
            target => "/admin/waves/$id" . (defined $after ? "?after=$after"
                : '') }, sub ($answer) {
                note_wave($wave, $answer) if $wave && !defined $after;
                $then->();
            });
        return;
    }

    my $do = $intent->{what};
    my $limit = $intent->{limit};
    my $pickup = $self->pickup_of($intent);
    my $target = $do eq 'waves' ? "/admin/waves?limit=$limit"
        : "/admin/pickups/$pickup/lines?goods=$intent->{goods}&limit=$limit";
    my $next;
    $next = sub ($after) {
        $self->desk_call($file, $intent, { do => $do, method => 'GET',
            target => $target . (defined $after ? "&after=$after" : '') },
            sub ($answer) {
                my $on = ($answer->{code} // 0) == 200
                    ? $answer->{body}{next} : undef;
                return $next->($on) if defined $on;
                undef $next;
                $then->();
            });
    };
    $next->(undef);
}


1;
