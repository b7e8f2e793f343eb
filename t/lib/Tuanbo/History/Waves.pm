package Tuanbo::History::Waves;

# The part of Answers.pm that is about waves: what they are, what has come of
# them, and the lists of a pickup point.

use v5.36;

use Mojo::JSON qw(encode_json);

use Tuanbo::History::Received;
use Tuanbo::History::Timeline;

*row_at = \&Tuanbo::History::Timeline::row_at;


sub text ($value) { $value // 'null' }


# ------------------------------------------------------------- a wave shown

# All that an answer says of a wave is what it was at one position, counts of
# all its points and sales together; or of those behind a point.
sub wave_shown ($self, $shown, $after = undef) {
    my $wave = $self->{timeline}{waves}{ text($shown->{id}) };
    my $said = join "\n", head_said($shown), counts_said($shown);
    my @points = map { text($_->{pickup}) } @{ $shown->{points} };

    $self->count('waves shown');
    if (!$wave || $wave->{list}[0][0] > $self->{to}) {
        $self->problem('lost', undef, 'wave ' . text($shown->{id})
            . ' is shown, and is not in the ledger by then');
        return undef;
    }
    $self->points_in_order(defined $after ? $after : (), @points);
    $self->problem('answer', $wave->{list}[-1][0], 'there is more, it says,'
        . ' and not what comes next, or the other way round')
        if defined $shown->{next} != !!$shown->{more};
    return $wave if $shown->{more}
        || $self->ever_in($self->wave_times($wave), sub ($seq) {
            return $self->wave_at($wave, $seq, $after, @points) eq $said;
        });

    my ($differs, $was) = differs($said,
        $self->wave_at($wave, $self->{to}, $after, @points));
    $self->problem('answer', $wave->{list}[-1][0], "wave $wave->{id} is shown"
        . " with $differs, which it had not " . $self->between
        . ", but $was");

    return $wave;
}


sub wave_at ($self, $wave, $seq, $after, @shown) {
    my $row = row_at($wave->{list}, $seq) // return 'nothing';
    my %shown = map { $_ => 1 } @shown;

    return join "\n", head_was($row), grep {
        !defined $after || $self->comes_after($after, /\A(\S+)/ ? $1 : '',
            \%shown) } $self->{timeline}->wave_counts($wave, $seq);
}


# Which point comes first is the store's matter, but it is always the same;
# those without one come before all.
sub points_in_order ($self, @points) {
    my $order = $self->{order_of_points} //= {};

    for my $i (1 .. $#points) {
        for my $before (@points[0 .. $i - 1]) {
            my $point = $points[$i];
            $order->{"$before $point"} //= $self->{request}{at};
            my $other = $point eq 'null' ? 'always'
                : $order->{"$point $before"} // next;
            $self->problem('answer', undef, "point $before is shown before"
                . " $point, and not so at $other");
        }
    }
}


# A page does not tell of which points it has nothing to say; so where one of
# two was never seen before the other, it is what this page says.
sub comes_after ($self, $after, $point, $shown) {
    my $order = $self->{order_of_points};

    return 0 if $point eq 'null' || $point eq $after
        || $order->{"$point $after"};
    return $order->{"$after $point"} || $shown->{$point} ? 1 : 0;
}


# Where it may change: its own entries, and those about its sales.
sub wave_times ($self, $wave) {
    my $timeline = $self->{timeline};
    my @sales = map { @{ $timeline->{sales_of}{ $_->[1]{digest} } // [] } }
        @{ $wave->{list} };

    return [$wave->{list}, map { $timeline->{shelf}{$_} // (),
        $timeline->{sales}{$_} // () } @sales];
}


sub head_said ($shown) {
    return join ' ', 'frozen at', text($shown->{seq}), 'cut_at',
        text($shown->{cut_at}), 'day', text($shown->{day}), 'sales',
        Tuanbo::History::Received::digest_of($shown->{sales});
}


sub head_was ($row) {
    my (undef, $is, $frozen) = @$row;

    return join ' ', 'frozen at', text($frozen), 'cut_at', $is->{cut_at},
        'day', text($is->{day}), 'sales', $is->{digest};
}


sub counts_said ($shown) {
    return sort map { my $point = $_; map {
        Tuanbo::History::Delivery::counts_text($point->{pickup} // '',
            $_->{sale}, $_) } @{ $point->{lines} } } @{ $shown->{points} };
}


# The first line of each that the other does not have.
sub differs ($said, $was) {
    my %said = map { $_ => 1 } split /\n/, $said;
    my %was = map { $_ => 1 } split /\n/, $was;
    my ($more) = grep { !$was{$_} } split /\n/, $said;
    my ($less) = grep { !$said{$_} } split /\n/, $was;

    return map { $_ // 'nothing' } $more, $less;
}


# ------------------------------------------------------------------ commands

sub done_wave ($self, $request, $shown) {
    $self->count('waves written');
    $self->wave_written($request, $shown, 'is written');
}


sub done_receive ($self, $request, $shown) {
    $self->count('counts received');
    $self->wave_written($request, $shown, 'has received '
        . Tuanbo::History::Received::said_came($request));
}


# It is in the ledger as it was asked for, by an entry that was not there
# before, unless the answer is said to be a replay; and a key does it once.
sub wave_written ($self, $request, $shown, $what) {
    my $wave = $self->wave_shown($shown) // return;
    my @made = grep { $_->{seq} <= $self->{to} }
        $self->{checker}->wave_entries($request);
    my $key = $request->{key};

    if (!@made) {
        $self->problem('lost', $wave->{list}[0][0], "wave $wave->{id} $what,"
            . ' it says, and that is not in the ledger by then');
        return;
    }
    if ($request->{replayed}) {
        $self->count('waves replayed');
        $self->problem('twice', undef, "$request->{code} is said to be a"
            . ' replay') if $request->{code} != 200;
        return;
    }

    my $first = $self->{wave_key}{$key} //= $request->{at};
    $self->problem('twice', undef, "key $key was carried out, and at $first"
        . ' before') if $first ne $request->{at};
    @made = grep { $_->{seq} > $self->{from} } @made;
    if (!@made) {
        $self->problem('twice', undef, "wave $wave->{id} $what, it says, and"
            . ' was before it was asked for');
        return;
    }
    return if $request->{do} ne 'wave';
    my $new = $wave->{list}[0][0];
    $self->problem('answer', $new, "$request->{code} says that wave"
        . " $wave->{id} " . ($request->{code} == 201 ? 'is new' : 'was there'))
        if $request->{code} == 201 ? $made[0]{seq} > $new && $new
            <= $self->{from} : $made[-1]{seq} == $new;
}


sub done_read_wave ($self, $request, $shown) {
    my ($after) = $request->{target} =~ /\bafter=([^&]*)/;

    $self->wave_shown($shown, $after);
}


# --------------------------------------------------------------------- lists

# A page of all waves, in order of id.
sub done_waves ($self, $request, $answer) {
    my ($after) = $request->{target} =~ /\bafter=([^&]*)/;
    my ($limit) = $request->{target} =~ /\blimit=(\d+)/;
    my $waves = $self->{timeline}{waves};
    my @known = grep { !defined $after || $_ gt $after } sort keys %$waves;
    my $said = join "\n", map { "$_->{id} " . head_said($_) }
        @{ $answer->{waves} };
    my $next = text($answer->{next});
    my $was;

    $self->count('lists of waves');
    return if $self->ever_in([map { $waves->{$_}{list} } @known],
        sub ($seq) {
            my @rows = map { my $row = row_at($waves->{$_}{list}, $seq);
                $row ? [$_, $row] : () } @known;
            my $more = @rows > ($limit // 20);
            $#rows = $limit - 1 if $more;
            $was = join "\n", map { "$_->[0] " . head_was($_->[1]) } @rows;
            return $was eq $said
                && $next eq ($more ? $rows[-1][0] : 'null');
        });

    my ($differs, $is) = differs($said, $was);
    $self->problem('answer', undef, "waves are listed with $differs, next"
        . " $next, which was not so " . $self->between . ", but $is");
}


# A page of what is at a point.  The cursor is that of the page before, and so
# of its last line.
sub done_lines ($self, $request, $answer) {
    my ($pickup, $goods) = $request->{target}
        =~ m{/pickups/([^/]+)/lines\?.*?goods=(\w+)};
    my ($after) = $request->{target} =~ /\bafter=(\w+)/;
    my ($limit) = $request->{target} =~ /\blimit=(\d+)/;
    my $all = $self->{timeline}->lines_at($pickup);
    my @said = map { join ' ', $_->{hold}, $_->{sale}, $_->{qty},
        $_->{short_qty}, $_->{paid_back} ? 'paid back' : () }
        @{ $answer->{lines} };
    my $start = defined $after ? $self->{cursor}{"$pickup $after"} : 0;
    my $next = $answer->{next};
    my $was = '';

    $self->count('lists of a point');
    $self->count('lines listed', scalar @said);
    if (defined $next && @said) {
        my ($i) = grep { my $line = $all->[$_];
            "$line->{hold_id} $line->{sale}" eq join ' ',
                @{ $answer->{lines}[-1] }{qw(hold sale)} } 0 .. $#$all;
        $self->{cursor}{"$pickup $next"} //= $i + 1 if defined $i;
    }
    return if !defined $start;
    return if "$answer->{pickup} $answer->{goods}" eq "$pickup $goods"
        && $self->ever_in([$self->{timeline}{point_changed}{$pickup} // []],
            sub ($seq) {
                my @was = listed_from($all, $start, $goods, $seq, $limit + 1);
                my $more = @was > $limit;
                pop @was if $more;
                $was = join "\n", @was;
                return $was eq join("\n", @said)
                    && defined $next == !!$more;
            });

    my ($differs, $is) = differs(join("\n", @said), $was);
    $self->problem('answer', undef, "lines $goods at $pickup are listed with"
        . " $differs, which was not so " . $self->between . ", but $is");
}


sub listed_from ($all, $start, $goods, $seq, $limit) {
    my @found;

    for my $i ($start .. $#$all) {
        my $row = row_at($all->[$i]{listed}, $seq) // next;
        next if $row->[1] ne $goods || !defined $row->[2];
        push @found, $row->[2];
        last if @found == $limit;
    }

    return @found;
}


# --------------------------------------------------------------- the refusals

# A key that was answered is answered so again.
sub wave_forgotten ($self, $request, $code) {
    for my $try (@{ $self->{checker}{wave_keys}{ $request->{key} } }) {
        next if !Tuanbo::History::Checker::done($try)
            || $try->{t1} >= $request->{t0};
        next if $code eq 'key_reused' && asks_another($try, $request);
        return "key $request->{key} was answered at $try->{at}";
    }

    return;
}


# A request is all of it: where it goes, and each field of its body.
sub asks_another ($one, $other) {
    return asked($one) ne asked($other);
}


sub asked ($request) {
    return join ' ', @$request{qw(method target)},
        encode_json($request->{body});
}


sub wave_reused ($self, $request) {
    for my $try (@{ $self->{checker}{wave_keys}{ $request->{key} } }) {
        return if asks_another($try, $request)
            && !Tuanbo::History::Checker::refused($try)
            && $try->{t0} < $request->{t1};
    }

    return "key $request->{key} had done nothing else by then";
}


# Each of these gives nothing when the refusal is justified, or words.

sub wave_was ($self, $request, $code) {
    my $wave = $self->{checker}->wave_of($request);

    return $self->ever_in($wave ? $self->wave_times($wave) : [],
        sub ($seq) { $code->($wave && row_at($wave->{list}, $seq), $seq) });
}


sub because_frozen ($self, $request, $answer) {
    return if $self->wave_was($request, sub ($row, $seq) {
        return $row && defined $row->[2];
    });

    return 'the wave was not frozen ' . $self->between;
}


# It is not frozen yet, or it is and took nothing of one of its sales.
sub wave_wrong_state ($self, $request, $answer) {
    my $wave = $self->{checker}->wave_of($request);
    my $sale = $answer->{sale};

    return if $self->wave_was($request, sub ($row, $seq) {
        return 0 if !$row;
        return !defined $row->[2] if !defined $sale;
        return defined $row->[2] && !defined $wave->{taken}{$sale}
            && $self->has_sale($row, $sale);
    });

    return (defined $sale ? "it had taken $sale, or has it not, "
        : 'the wave was frozen, or none, ') . $self->between;
}


sub has_sale ($self, $row, $sale) {
    return grep { $_ eq $sale }
        @{ $self->{timeline}{sales_of}{ $row->[1]{digest} } // [] };
}


sub wave_not_found ($self, $request, $answer) {
    if (my ($pickup) = $request->{target} =~ m{/pickups/([^/]+)/lines}) {
        my $point = $self->{checker}{points}{$pickup};
        return if !$point;
        return "point $pickup is there";
    }
    return if $self->wave_was($request, sub ($row, $seq) { !$row });

    return 'the wave was there ' . $self->between;
}


# It was supposed to be there, or not to be.
sub because_precondition_failed ($self, $request, $answer) {
    my ($header, $value) = %{ $request->{supposes} // {} };

    return 'it supposed nothing' if !defined $header || $value ne '*';
    return if $self->wave_was($request, sub ($row, $seq) {
        return $header eq 'If-Match' ? !$row : $row;
    });

    return "$header: $value was so " . $self->between;
}


sub wave_no_such_sale ($self, $request, $answer) {
    my $timeline = $self->{timeline};
    my $body = $request->{body};

    return if $self->wave_was($request, sub ($row, $seq) {
        return grep { my $list = $timeline->{sales}{$_};
            !$list || !row_at($list, $seq) } @{ $body->{sales} }
            if $request->{do} eq 'wave';
        return $row && grep { !$self->has_sale($row, $_->{sale}) }
            @{ $body->{lines} };
    });

    return 'each of its sales was there ' . $self->between;
}


# Fewer than are ready or handed over, or another count than the last one: of
# the sale that is named, as it was counted.
sub because_ready_already ($self, $request, $answer) {
    my $wave = $self->{checker}->wave_of($request) // return 'it is none';
    my $body = $request->{body};
    my $sale = text($answer->{sale});
    my ($asked) = grep { $_->{sale} eq $sale } @{ $body->{lines} };
    my $name = join ' ', $body->{pickup} // '', $wave->{taken}{$sale} // '-';
    my $said = join ' ', map { text($_) } @$answer{qw(received ready)},
        $answer->{final} ? 'final' : ();

    return "$sale was not counted" if !$asked;
    return if $self->wave_was($request, sub ($row, $seq) {
        my $shelf = row_at($self->{timeline}{shelf}{$sale} // [], $seq)
            // return 0;
        my $counts = $shelf->[2]{$name} // return 0;
        my $ready = $counts->{ready} + $counts->{handed_over};
        return $said eq join(' ', $counts->{received}, $ready,
                $counts->{final} ? 'final' : ())
            && ($asked->{qty} < $ready || $counts->{final}
                && $asked->{qty} != $counts->{received});
    });

    return "of $sale were never $said, or that was no reason, "
        . $self->between;
}


# A page goes on after a point that there is.
sub wave_bad_request ($self, $request, $answer) {
    my $body = $request->{body} // {};
    my ($after) = $request->{target} =~ /\bafter=([^&]*)/;
    my %named;

    return if defined $after && $request->{do} eq 'read-wave'
        && !$self->{checker}{points}{$after};

    return if grep { $named{ ref $_ ? $_->{sale} : $_ }++ }
        @{ $body->{sales} // $body->{lines} // [] };
    return if $request->{do} eq 'receive' && defined $body->{pickup}
        && !$self->{checker}{points}{ $body->{pickup} };

    return 'nothing was wrong with it';
}


1;
