package Tuanbo::History::Received;

# The part of Checker.pm that is about waves: who asked for what the ledger has
# of them, and whether what has come went out in the order in which was paid.

use v5.36;

use Digest::SHA qw(sha256_hex);

use Tuanbo::History::Counts;
use Tuanbo::History::Timeline;

*row_at = \&Tuanbo::History::Timeline::row_at;


sub digest_of ($sales) {
    return substr sha256_hex(join '', map { "$_\n" } @$sales), 0, 32;
}


# The ledger has a digest of a wave's sales; here are the sales.
sub learn_waves ($self) {
    my $known = $self->{timeline}{sales_of};

    for my $request (grep { Tuanbo::History::Answers::about_waves($_) }
        @{ $self->{requests} })
    {
        my ($do, $answer) = @$request{qw(do answer)};
        if ($do eq 'wave' || $do eq 'receive') {
            my ($id) = $request->{target} =~ m{/waves/([^/]+)};
            push @{ $self->{waves}{$id}{$do} }, $request;
            push @{ $self->{wave_keys}{ $request->{key} } }, $request;
        }
        for my $sales ($do eq 'wave' ? $request->{body}{sales} : (),
            ref $answer ne 'HASH' ? () : map { $_->{sales} // () } $answer,
            @{ $answer->{waves} // [] })
        {
            $known->{ digest_of($sales) } = $sales;
        }
    }
}


sub wave_of ($self, $request) {
    my ($id) = $request->{target} =~ m{/waves/([^/?]+)} or return undef;

    return $self->{timeline}{waves}{$id};
}


# What a request says, and what the ledger has of it, in the same words.
sub defines ($request) {
    my $body = $request->{body};

    return Tuanbo::History::Delivery::definition({ cut_at => $body->{cut_at},
        day => $body->{day}, digest => digest_of($body->{sales}) });
}


sub said_came ($request) {
    my $body = $request->{body};

    return counted($body->{pickup} // '', $body->{lines});
}


sub came ($receipt) { return counted(@$receipt{qw(pickup lines)}) }


sub counted ($pickup, $lines) {
    return join ', ', $pickup eq '' ? 'nowhere' : $pickup,
        map { "$_->{qty} of $_->{sale}" } @$lines;
}


# That it was the last count is said again by each that comes after.
sub may_be ($request, $receipt) {
    return 0 if said_came($request) ne came($receipt);
    return !defined $receipt->{final}
        || !$request->{body}{final} == !$receipt->{final};
}


# Entries that a request has caused, first ones first.
sub wave_entries ($self, $request) {
    my $wave = $self->wave_of($request) // return;

    return grep { $_->{words} eq defines($request) } @{ $wave->{definitions} }
        if $request->{do} eq 'wave';
    return grep { may_be($request, $_) } @{ $wave->{receipts} };
}


# A wave that is shown was there, and frozen by the entry that it names; what
# was done is there by the first entry that may be of it; and a line that is
# listed had come, or not, by the first entry that says so.
sub prove_wave ($self, $request) {
    my $answer = $request->{answer};
    my ($first) = $request->{do} =~ /^(?:wave|receive)\z/
        ? $self->wave_entries($request) : ();

    $self->proves($first->{last} // $first->{seq}, $request) if $first;
    for my $shown ($answer, @{ $answer->{waves} // [] }) {
        my $wave = $self->{timeline}{waves}{ $shown->{id} // '' } // next;
        $self->proves($wave->{list}[0][0], $request);
        $self->proves($shown->{seq}, $request);
    }
    for my $shown (@{ $answer->{lines} // [] }) {
        my $hold = $self->hold($shown->{hold} // '') // next;
        my ($row) = grep { $_->[1] eq $answer->{goods} }
            map { @{ $_->{listed} // [] } }
            grep { $_->{sale} eq $shown->{sale} } @{ $hold->{lines} };
        $self->proves($row->[0], $request) if $row;
    }
}


# Requests that may have caused an entry about a wave; undef: none has to.
sub wave_causes ($self, $entry) {
    my $do = { wave => 'wave', received => 'receive' }->{ $entry->{type} }
        // return undef;
    my $wave = $self->{timeline}{waves}{ $entry->{wave} } // return undef;
    my $asked = $self->{waves}{ $entry->{wave} };

    if (!$asked) {
        $self->count('waves of others') if $do eq 'wave';
        return undef;
    }

    my ($is) = grep { $_->{seq} <= $entry->{seq}
        && ($_->{last} // $_->{seq}) >= $entry->{seq} }
        @{ $wave->{ $do eq 'wave' ? 'definitions' : 'receipts' } };
    my @all = grep { $do eq 'wave' ? defines($_) eq $is->{words}
        : may_be($_, $is) } @{ $asked->{$do} // [] };
    my @may = grep { !Tuanbo::History::Checker::refused($_) } @all;

    $self->problem(@all ? ('refused', $entry->{seq}, $all[0]{at})
        : ('cause', $entry->{seq}, undef), "$entry->{type} of wave"
        . " $entry->{wave}, " . (@all ? "but $do was refused"
            : "and nobody asked for $do")) if !@may;
    return \@may;
}


# ------------------------------------------------------- as often as was asked

# Each key that was answered is there once, and each whose outcome is unknown
# once at most.
sub check_waves ($self) {
    for my $id (sort keys %{ $self->{waves} // {} }) {
        my $wave = $self->{timeline}{waves}{$id} // next;
        my $asked = $self->{waves}{$id};

        $self->count_made($id, $asked->{wave}, \&defines,
            $wave->{definitions}, sub ($of) { $of->{words} });
        for my $final (undef, 0, 1) {
            my @asked = grep { !defined $final
                || !$_->{body}{final} == !$final } @{ $asked->{receive} };
            $self->count_made($id, \@asked, \&said_came, $wave->{receipts},
                \&came, $final);
        }
    }
}


# `final`: receipts of which it is known that they were the last ones, or
# not, are asked for so; the others may stand for either.
sub count_made ($self, $id, $requests, $asks, $all, $is, $final = undef) {
    my (%calls, %made);

    for my $request (@$requests) {
        my $call = $calls{ $asks->($request) }{ $request->{key} } //= {};
        Tuanbo::History::Counts::note_call($call, $request);
    }
    push @{ $made{ $is->($_) } }, $_ for @$all;
    for my $words (sort keys %calls) {
        my @calls = values %{ $calls{$words} };
        my @made = @{ $made{$words} // [] };
        my @sure = grep { !defined $final || defined $_->{final}
            && $_->{final} == $final } @made;
        my $may_be = grep { !defined $final || !defined $_->{final}
            || $_->{final} == $final } @made;
        my @done = grep { $_->{done} } @calls;
        my @may = grep { $_->{may} } @calls;
        next if $may_be >= @done && (@sure <= @may || $self->{others});
        $self->problem('twice', @made ? $made[-1]{seq} : undef,
            $calls[0]{done} // $calls[0]{may}, "$words of wave $id: "
            . @done . ' were acknowledged, ' . @may . ' at most happened, and '
            . @made . ' are in the ledger');
    }
}


# ------------------------------------------------------------ what has come

# Lines of this run's sales become ready, or short, by what was received of
# their wave at their point: whole, in the order in which was paid, until the
# first that does not fit; that one gets what is left of the last count, and
# those after it are short.
sub check_deliveries ($self) {
    my %own = map { $_ => 1 } $self->own_sales;

    for my $entry (grep { defined } @{ $self->{entries} }) {
        my ($type, $sale) = @$entry{qw(type sale)};
        next if !defined $sale || !$own{$sale};
        $self->check_receipt($entry) if $type eq 'received';
        $self->check_delivery($entry) if $type eq 'short'
            || $type eq 'ready' && !defined $entry->{via};
        $self->check_short($entry) if $type eq 'owed'
            && $entry->{reason} eq 'short' && $self->by_delivery($entry);
    }
}


sub shelf_at ($self, $line, $seq) {
    my $row = row_at($self->{timeline}{shelf}{ $line->{sale} }, $seq);

    return $row->[2]{"$line->{pickup} $line->{wave}"};
}


# No fewer than are ready or handed over, and after the last count no other.
sub check_receipt ($self, $entry) {
    my ($seq, $sale, $qty) = @$entry{qw(seq sale qty)};
    my $wave = $self->{timeline}{waves}{ $entry->{wave} } // return;
    my $ordinal = $wave->{taken}{$sale};

    $self->count('receipts');
    if (!defined $ordinal) {
        $self->problem('wave', $seq, undef, "$qty of $sale are received of"
            . " wave $wave->{id}, which does not have it");
        return;
    }
    my $before = row_at($self->{timeline}{shelf}{$sale}, $seq - 1);
    my $counts = $before->[2]{ join ' ', $entry->{pickup} // '', $ordinal }
        // return;
    my $units = $counts->{ready} + $counts->{handed_over};

    $self->problem('wave', $seq, undef, "$qty of $sale are received, fewer"
        . " than $units that are ready or handed over") if $qty < $units;
    $self->problem('wave', $seq, undef, "$qty of $sale are received, after"
        . " $counts->{received} were the last")
        if $counts->{final} && $qty != $counts->{received};
}


sub check_delivery ($self, $entry) {
    my $seq = $entry->{seq};
    my $hold = $self->hold($entry->{hold}) // return;
    my ($line) = grep { $_->{sale} eq $entry->{sale} && defined $_->{sold} }
        @{ $hold->{lines} };
    my $name = "$entry->{sale} of hold $entry->{hold}";
    my $counts = $line && $self->shelf_at($line, $seq - 1);

    $self->count('lines delivered');
    if (!$counts || !$counts->{received} && !$counts->{final}) {
        $self->problem('cause', $seq, undef, "$entry->{type} of $name, and"
            . ' nothing was received for it');
        return;
    }

    my $first = $self->first_awaited($line, $seq - 1);
    my $left = $counts->{received} - $counts->{ready} - $counts->{handed_over};
    my $missing = $entry->{short_qty} // 0;
    # what is for sale again does not come
    my $units = (row_at($line->{listed}, $seq - 1)->[2] // '')
        =~ /\A\S+ \S+ (\d+)/ ? $1 : 0;
    my $comes = $entry->{type} eq 'short' ? 0 : $units - $missing;

    $self->problem('wave', $seq, undef, "$entry->{type} of $name, though hold"
        . " $first->{hold_id} paid before it") if $first && $first != $line;
    if ($comes > $left && $comes) {
        $self->problem('wave', $seq, undef, "$comes units of $name are ready,"
            . " and $left were left");
    }
    elsif ($entry->{type} eq 'short' || $missing) {
        $self->problem('wave', $seq, undef, "$name is short, and more may"
            . ' come') if !$counts->{final};
        $self->problem('wave', $seq, undef, "$comes units of $name come,"
            . " though $left were left") if $left > 0 && $comes != $left;
    }
}


# Of the lines of the same wave, sale and point: who paid first of those that
# wait.  What is not awaited will never be again.
sub first_awaited ($self, $of, $seq) {
    my $all = $self->{timeline}{of_sale}{ $of->{sale} }{ $of->{pickup} };
    my $name = join ' ', @$of{qw(sale pickup wave)};
    my $from = $self->{awaited}{$name} //= [0];

    for my $i ($from->[0] .. $#$all) {
        my $line = $all->[$i];
        my $row = $line->{wave} eq $of->{wave}
            ? row_at($line->{listed}, $seq) : undef;
        return $line if $row && $row->[1] eq 'awaited' && defined $row->[2];
        # one that is still to come may be of this wave
        return undef if $line->{sold} > $seq;
        $from->[0]++ if $i == $from->[0] && ($line->{wave} ne $of->{wave}
            || $row && $row->[1] ne 'awaited');
    }

    return undef;
}


# A debt of what did not come, with the entry that says so.
sub by_delivery ($self, $entry) {
    return exists $self->{timeline}{short_of}{ $entry->{seq} };
}


sub check_short ($self, $entry) {
    my $of = $self->{entries}[ $self->{timeline}{short_of}{ $entry->{seq} }
        - 1 ];
    my $missing = $of->{short_qty} // $of->{qty};

    $self->count('shortages owed');
    $self->problem('wave', $entry->{seq}, undef, "$entry->{qty} units of"
        . " $entry->{sale} of hold $entry->{hold} are owed as short, of"
        . " $missing") if $entry->{qty} > $missing;
}


1;
