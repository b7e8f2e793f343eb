package Tuanbo::History::Answers;

# Is each answer true at a position of its request's window?  What was done
# is in the ledger as the answer says, and what was refused had a reason.

use v5.36;

use parent qw(Tuanbo::History::Services Tuanbo::History::Facts
    Tuanbo::History::Claims Tuanbo::History::Waves
    Tuanbo::History::OrdersFor Tuanbo::History::Gifts
    Tuanbo::History::Places Tuanbo::History::Draws);

use Tuanbo::History::Timeline;

*ever = \&Tuanbo::History::Timeline::ever;
*row_at = \&Tuanbo::History::Timeline::row_at;
*index_at = \&Tuanbo::History::Timeline::index_at;


sub new ($class, $checker) {
    return bless { checker => $checker, timeline => $checker->{timeline} },
        $class;
}


sub check ($self) {
    my $checker = $self->{checker};

    for my $request (@{ $checker->{requests} }) {
        next if !defined $request->{code}
            || Tuanbo::History::Checker::unknown($request);
        $self->{request} = $request;
        ($self->{from}, $self->{to}) = $checker->window($request);
        my $kind = Tuanbo::History::Checker::done($request) ? 'done'
            : 'refused';
        my $name = $request->{do} =~ s/-/_/gr;
        my $method = "${kind}_$name";
        $method = "${kind}_order" if !$self->can($method);
        $method = 'refused' if !$self->can($method);
        $self->$method($request, $request->{answer});
    }
}


# The sales as they were shown in the end, after the audit.
sub check_final ($self, $sales, $from) {
    $self->{request} = { at => 'sales.json' };
    $self->{from} = $from;
    $self->{to} = @{ $self->{checker}{entries} };
    $self->sale_shown($_) for @$sales;
}


sub problem ($self, $kind, $seq, $words) {
    $self->{checker}->problem($kind, $seq, $self->{request}{at}, $words);
}


sub count ($self, $what, $n = 1) { $self->{checker}->count($what, $n) }


sub ever_in ($self, $lists, $code) {
    return ever($self->{from}, $self->{to}, $lists, $code);
}


sub between ($self) {
    return $self->{from} == $self->{to} ? "at seq $self->{from}"
        : "from seq $self->{from} to $self->{to}";
}


sub text ($value) { $value // 'null' }


# -------------------------------------------------------------- a hold shown

# Compares all that an answer says of a hold with the ledger.  Gives the hold
# as the ledger has it.
sub hold_shown ($self, $shown, $what) {
    my $hold = $self->{checker}->hold($shown->{id} // '') // do {
        $self->problem('lost', undef, "$what hold " . text($shown->{id})
            . ', which is not in the ledger');
        return;
    };
    my @lines = map { "$_->{sale} $_->{qty} at $_->{price_fen}" }
        @{ $shown->{lines} };
    my @ledger = map { "$_->{sale} $_->{qty} at $_->{price_fen}" }
        @{ $hold->{lines} };
    my $amount = 0;

    # until it was served what it would have cost was shown
    if (defined $hold->{asked_fen} && "@lines" ne "@ledger") {
        @ledger = map { "$_->{sale} $_->{qty} at $hold->{asked_fen}" }
            @{ $hold->{lines} };
        $amount += $_->{qty} * ($hold->{asked_fen} - $_->{price_fen})
            for @{ $hold->{lines} };
    }
    $amount += $_->{qty} * $_->{price_fen} for @{ $hold->{lines} };
    my %is = (lines => "@ledger", created_at => $hold->{at},
        amount_fen => $amount - ($shown->{off_fen} // 0));
    my %said = (%$shown, lines => "@lines");
    for my $field (sort keys %is) {
        next if text($is{$field}) eq text($said{$field});
        $self->problem('answer', $hold->{seq}, "$what hold $hold->{id} with"
            . " $field " . text($said{$field}) . ', the ledger has '
            . text($is{$field}));
    }

    my $pickup = text($shown->{pickup});
    if (!$self->ever_in([$hold->{points}], sub ($seq) {
        my $row = row_at($hold->{points}, $seq) // return 0;
        return text($row->[1]) eq $pickup;
    }))
    {
        $self->problem('answer', $hold->{seq}, "$what hold $hold->{id} with"
            . " pickup $pickup, which it had not " . $self->between);
    }

    $self->place_shown($hold, $shown, $what)
        if text($shown->{state}) eq 'queued';
    $self->looks_shown($hold, $shown, $what);
    $self->used_shown($hold, $shown, $what);
    $self->count('holds shown');

    return $hold;
}


# State and term, then goods, money and debts: all of them of one position.
sub looks_shown ($self, $hold, $shown, $what) {
    my $state = text($shown->{state}) . ' until '
        . text($shown->{expires_at});
    my %rows;

    $self->ever_in([$hold->{shown}], sub ($seq) {
        my $row = row_at($hold->{shown}, $seq) // return 0;
        $rows{ $row->[0] } = $row
            if $state eq "$row->[1] until " . text($row->[2]);
        return 0;
    });
    my $end = row_at($hold->{shown}, $self->{to});
    if (!%rows) {
        $self->problem('answer', $end ? $end->[0] : $hold->{seq},
            "$what hold $hold->{id} $state, which it was not "
            . $self->between . ', but ' . ($end ? "$end->[1] until "
            . text($end->[2]) : 'not there') . ' in the end');
        return;
    }

    my @said = $self->money_said($shown);
    my @was = map { [money_was($rows{$_}[3], $shown)] } keys %rows;
    return if grep { "@$_" eq "@said" } @was;
    # what differs from the one that is most like it, the last of these
    my ($i, $least, $is) = (0, @said + 1);
    for my $row (map { $rows{$_} } sort { $b <=> $a } keys %rows) {
        my @is = money_was($row->[3], $shown);
        my @other = grep { $said[$_] ne $is[$_] } 0 .. $#said;
        ($i, $least, $is) = ($other[0], scalar @other, $is[$other[0]])
            if @other < $least;
    }
    $self->problem('answer', $end->[0], "$what hold $hold->{id} with"
        . " $said[$i], which it had not " . $self->between
        . ", but $is");
}


# A list shows neither debts nor claims.
sub money_said ($self, $shown) {
    return ('owed_fen ' . text($shown->{owed_fen}),
        'refunded_fen ' . text($shown->{refunded_fen}),
        'goods ' . join(', ', map { join ' ', $_->{goods} // (),
            $_->{short_qty} // (), $_->{handed_over_at} // () }
            grep { defined $_->{goods} } @{ $shown->{lines} }),
        $shown->{debts} ? 'debts ' . join(', ', map { my $debt = $_;
            join ' ', map { text($debt->{$_}) } qw(owed sale qty amount_fen
                reason due_at refunded_at) } @{ $shown->{debts} }) : (),
        $shown->{debts} ? 'claims ' . join(', ', map { my $claim = $_;
            join ' ', map { text($claim->{$_}) } qw(id state amount_fen due_at
                sale qty reason answered_at) } @{ $shown->{claims} // [] })
            : ());
}


sub money_was ($money, $shown) {
    return ("owed_fen $money->{owed_fen}",
        "refunded_fen $money->{refunded_fen}",
        'goods ' . join(', ', @{ $money->{goods} }),
        $shown->{debts} ? ('debts ' . join(', ', @{ $money->{debts} }),
            'claims ' . join(', ', @{ $money->{claims} })) : ());
}


sub done_hold ($self, $request, $shown) {
    $self->made_hold($request, $shown, 'held');
}


# `state` is the one in which it is made.
sub made_hold ($self, $request, $shown, $state) {
    my $hold = $self->hold_shown($shown, 'it made') // return;
    my $asked = $request->{payload};
    my $got = Tuanbo::History::Checker::made($hold);

    $state = 'queued' if $request->{code} == 202;
    if (!Tuanbo::History::Checker::could_make($asked, $hold)) {
        $self->problem('answer', $hold->{seq}, "it asked for $asked, and got"
            . " hold $hold->{id}: $got");
    }
    if ($request->{code} =~ /^20[12]\z/ && $shown->{state} ne $state) {
        $self->problem('answer', $hold->{seq}, "it made hold $hold->{id}, and"
            . " that is $shown->{state}");
    }
    if (($request->{code} == 200) != !!$request->{replayed}) {
        $self->problem('twice', $hold->{seq}, "$request->{code} is"
            . ($request->{replayed} ? '' : ' not') . ' said to be a replay');
    }
    if ($request->{code} =~ /^20[12]\z/ && $hold->{seq} <= $self->{from}) {
        $self->problem('twice', $hold->{seq}, "it made hold $hold->{id},"
            . ' which was there before it was asked for');
    }
    $self->collected($hold, $request->{body}{pickup});
    $self->cart_used($request, $shown) if exists $shown->{off_fen};
    $self->count('replays') if $request->{replayed};
    $self->waited($hold) if $request->{code} =~ /^20[12]\z/;
}


# After three lapses of a sale in a row: 30 s, twice as long with each further
# one, ten minutes at most.  Clocks are read in whole milliseconds.
sub waited ($self, $hold) {
    for my $sale (sort keys %{ $hold->{lapsed} // {} }) {
        my (undef, $n, $at) = @{ $hold->{lapsed}{$sale} // next };
        next if $n < 3;
        my $wait = 30_000 * 2 ** ($n - 3);
        $wait = 600_000 if $wait > 600_000;
        next if $hold->{at} >= $at + $wait - 2;
        $self->problem('answer', $hold->{seq}, "it made hold $hold->{id}"
            . " of $sale at $hold->{at}, after $n lapses, the last at $at");
    }
}


sub done_read ($self, $request, $shown) {
    $self->hold_shown($shown, 'it showed');
}


sub done_release ($self, $request, $shown) {
    my $hold = $self->hold_shown($shown, 'it released') // return;

    $self->problem('answer', $hold->{seq}, "released, it says, and"
        . " $shown->{state}") if $shown->{state} ne 'released';
    $self->count('releases');
}


# Another pickup point: the one that was asked for, unless it is a replay.
sub done_pickup ($self, $request, $shown) {
    my $hold = $self->hold_shown($shown, 'it moved') // return;
    my $asked = text($request->{body}{pickup});

    $self->count('pickup points changed');
    $self->collected($hold, $request->{body}{pickup});
    $self->problem('answer', $hold->{seq}, "hold $hold->{id} was asked to be"
        . " collected at $asked, and there is no pickup in the ledger")
        if !grep { text($_->[1]) eq $asked && $_->[0] <= $self->{to} }
            @{ $hold->{points} };
}


sub done_document ($self, $request, $answer) { }


# Why lines may not be collected at a point (undef: nowhere), or nothing: each
# sale that lists points lists it, for the others an operator has written it.
# What was there before this run is not known.
sub not_collected ($self, $lines, $pickup) {
    my $points = $self->{checker}{points} // {};
    my $lists = $self->{checker}{lists} // {};

    for my $sale (map { $_->{sale} } @$lines) {
        my $list = $lists->{$sale};
        if ($list) {
            return "$sale is not collected at " . text($pickup)
                if !defined $pickup || !grep { $_ eq $pickup } @$list;
        }
        elsif (defined $pickup && !$points->{$pickup}) {
            return "no operator has written $pickup";
        }
    }

    return undef;
}


sub collected ($self, $hold, $pickup) {
    my $words = $self->{checker}{points}
        ? $self->not_collected($hold->{lines}, $pickup) : undef;

    $self->problem('answer', $hold->{seq}, "hold $hold->{id}: $words")
        if defined $words;
}


# Holds of one buyer, newest first, none left out.
sub done_list ($self, $request, $answer) {
    my $checker = $self->{checker};
    my $shown = $answer->{holds};
    my $buyer = $checker->{buyer_of}{ $request->{user} };
    my @holds = map { $checker->hold($_) }
        @{ defined $buyer ? $self->{timeline}{buyers}{$buyer}{holds} : [] };
    my ($before) = $request->{target} =~ /before=([0-9a-f]{32})/;
    my $end = defined $before ? ($checker->hold($before)
        // { seq => 0 })->{seq} : undef;

    $self->hold_shown($_, 'it listed') for @$shown;
    $self->count('lists');

    # the page has to have all holds that were there when it was asked for,
    # from the newest one on
    my @known = grep { defined $end ? $_->{seq} < $end : 1 } @holds;
    my %seen = map { $_->{id} => 1 } @$shown;
    my ($first) = map { $checker->hold($_->{id}) // () } @$shown;
    my ($last) = map { $checker->hold($_->{id}) // () } reverse @$shown;
    my $oldest = defined $answer->{next} && $last ? $last->{seq} : 0;
    for my $hold (@known) {
        next if $seen{ $hold->{id} } || $hold->{seq} < $oldest;
        my $must = defined $end || $hold->{shown}[0]
            && $hold->{shown}[0][0] <= $self->{from}
            || $first && $hold->{seq} < $first->{seq};
        $self->problem('answer', $hold->{seq}, "hold $hold->{id} of"
            . " $request->{user} is not in its list") if $must;
    }
}


# -------------------------------------------------------------- a sale shown

sub sale_shown ($self, $shown) {
    my $id = $shown->{id};
    my $list = $self->{timeline}{sales}{$id} // [];
    my $version = $shown->{version};
    my $i = index_at($list, $version);
    my $row = $i < 0 ? undef : $list->[$i];
    my $next = $list->[$i + 1];

    $self->count('sales shown');
    if (!$row || $row->[0] != $version) {
        $self->problem('answer', $version, "$id is shown as of seq $version,"
            . ' and that entry is not about it');
        return;
    }
    if ($next && $next->[0] <= $self->{from}) {
        $self->problem('answer', $next->[0], "$id is shown as of seq"
            . " $version, though what came after was known");
    }
    if ($version > $self->{to}) {
        $self->problem('answer', $version, "$id is shown as of seq $version,"
            . ' before that was asked for');
    }

    $self->chance_shown($shown);
    my $terms = $row->[4];
    my %is = (held => $row->[1], sold => $row->[2], stock => $terms->{stock},
        free => Tuanbo::History::Timeline::free($row),
        state => Tuanbo::History::Timeline::sale_state($row),
        joined => $row->[3], map { $_ => $terms->{$_} }
        qw(price_fen limit opens_at closes_at goal goal_by));
    $is{cancel_ms} = $terms->{cancel_ms} || undef;
    # what is given has no price
    $is{price_fen} = undef if $terms->{gives};
    # sales of before there was a line do not say it
    $is{queued} = $row->[5]{queued} if exists $shown->{queued};
    $is{cancelled} = $terms->{called_off} ? 1 : undef;
    my $formed = Tuanbo::History::Timeline::formed($row);
    $is{formed} = defined $formed ? $formed ? 1 : 0 : undef;
    for my $field (sort keys %is) {
        my $said = $shown->{$field};
        $said = $said ? 1 : 0
            if $field =~ /^(?:formed|cancelled)\z/ && defined $said;
        next if text($said) eq text($is{$field});
        $self->problem('answer', $version, "$id is shown with $field "
            . text($said) . ', the ledger has ' . text($is{$field}));
    }
}


sub done_sale ($self, $request, $answer) { $self->sale_shown($answer) }


sub done_admin ($self, $request, $answer) {
    $self->sale_shown($answer);
}


sub done_sales ($self, $request, $answer) {
    $self->sale_shown($_) for @{ $answer->{sales} };
}


# --------------------------------------------------------------- the refusals

sub refused ($self, $request, $answer) {
    my $code = ref $answer eq 'HASH' ? $answer->{code} // '' : '';
    my $method = "because_$code";
    $method = "wave_$code" if about_waves($request)
        && $self->can("wave_$code");

    return if $request->{code} == 503;
    if (!$self->can($method)) {
        $self->problem('answer', undef, "$request->{code} $code to"
            . " $request->{do}, which it was given no reason for");
        return;
    }
    $self->count("refusals: $code");
    my $words = $self->key_forgotten($request, $code)
        // $self->$method($request, $answer) // return;
    $self->problem('refusal', undef, "$code, but " . $words);
}


sub about_waves ($request) {
    return $request->{do} =~ /^(?:wave|receive|read-wave|waves|lines)\z/;
}


# Each of these gives nothing when the refusal is justified, or words.

# A key that made a hold is answered with that hold, whatever has become of the
# sale since, and with `key_reused` when the request is another one.  Only that
# a request is malformed, or its sale unknown, may be said before the key is
# looked at.
sub key_forgotten ($self, $request, $code) {
    return $self->refund_forgotten($request, $code)
        if $request->{do} eq 'refund';
    return $self->claim_forgotten($request, $code)
        if $request->{do} eq 'claim';
    return $self->wave_forgotten($request, $code)
        if $request->{do} =~ /^(?:wave|receive)\z/;
    return if !Tuanbo::History::Checker::makes_hold($request)
        || !defined $request->{key};

    my $tries = $self->{checker}{asked}{ $request->{user} }
        { $request->{key} };
    for my $try (grep { Tuanbo::History::Checker::done($_) } @$tries) {
        my $hold = $self->{checker}->hold($try->{answer}{id}) // next;
        next if $hold->{seq} > $self->{from};
        return if ($request->{payload} ne $try->{payload}
                || $request->{beside} ne $try->{beside})
            && $code =~ /^(?:key_reused|no_such_sale|bad_request)\z/;
        return "key $request->{key} had made hold $hold->{id} at $try->{at}";
    }

    return;
}


# The lines asked for, added up.
sub units ($self, $request) {
    my %units;

    $units{ $_->{sale} } += $_->{qty}
        for @{ Tuanbo::History::Checker::lines_asked($request->{body}) };

    return \%units;
}


sub list_of ($self, $sale) { $self->{timeline}{sales}{$sale} // [] }


sub buyer ($self, $request) {
    my $buyer = $self->{checker}{buyer_of}{ $request->{user} };

    return defined $buyer ? $self->{timeline}{buyers}{$buyer}
        : { taken => {}, lapses => {}, live => [[0, 0]] };
}


sub because_over_limit ($self, $request, $answer) {
    my $sale = $answer->{sale};
    my $qty = $self->units($request)->{$sale}
        // return "$sale was not asked for";
    my $list = $self->list_of($sale);
    my $taken = $self->buyer($request)->{taken}{$sale} // [[0, 0]];

    return if $self->ever_in([$list, $taken], sub ($seq) {
        my $row = row_at($list, $seq) // return 0;
        my $limit = $row->[4]{limit} // return 0;
        return $limit == $answer->{limit}
            && row_at($taken, $seq)->[1] + $qty > $limit;
    });

    return "$request->{user} never had more than "
        . ($answer->{limit} - $qty) . " of $sale " . $self->between;
}


sub because_too_many_holds ($self, $request, $answer) {
    my $live = $self->buyer($request)->{live};

    return if $self->ever_in([$live],
        sub ($seq) { row_at($live, $seq)->[1] >= $answer->{limit} });

    return "$request->{user} never had $answer->{limit} live "
        . $self->between;
}


# Holds of one of these sales ran out or were given back, and nothing was
# bought since.
sub because_wait ($self, $request, $answer) {
    my $lapses = $self->buyer($request)->{lapses};

    for my $sale (keys %{ $self->units($request) }) {
        my $list = $lapses->{$sale} // next;
        return if $self->ever_in([$list],
            sub ($seq) { row_at($list, $seq)->[1] >= 3 });
    }

    return "$request->{user} never had three lapses " . $self->between;
}


sub sale_was ($self, $request, $answer, $code) {
    my $list = $self->list_of($answer->{sale}
        // (keys %{ $self->units($request) })[0]);

    return $self->ever_in([$list], sub ($seq) {
        my $row = row_at($list, $seq) // return 0;
        return $code->($row->[4]);
    });
}


# `closed` and `paused` do not say of which sale: any of the request will do.
# An operator's request names its sale in the address.
sub one_was ($self, $request, $code) {
    my @sales = $request->{target} =~ m{/admin/sales/([^/]+)/}
        ? $1 : keys %{ $self->units($request) };

    for my $sale (@sales) {
        return 1 if $self->sale_was($request, { sale => $sale }, $code);
    }

    return 0;
}


sub because_not_open ($self, $request, $answer) {
    return if $self->sale_was($request, $answer, sub ($terms) {
        return !$terms->{opened}
            && text($terms->{opens_at}) eq text($answer->{opens_at});
    });

    return "$answer->{sale} was open, or opens at another time, "
        . $self->between;
}


sub because_paused ($self, $request, $answer) {
    return if $self->one_was($request, sub ($terms) { $terms->{paused} });

    return 'none was paused ' . $self->between;
}


# By the server's clock it may be closed before the ledger has an entry of it.
sub because_closed ($self, $request, $answer) {
    my $by = defined $request->{date} ? 1000 * ($request->{date} + 1) : 0;

    return if $self->one_was($request, sub ($terms) {
        return $terms->{closed} || defined $terms->{closes_at}
            && $terms->{closes_at} <= $by;
    });

    return 'none was closed ' . $self->between;
}


# The key had made a hold, for another request.
sub because_key_reused ($self, $request, $answer) {
    return $self->refund_reused($request) if $request->{do} eq 'refund';
    return $self->fact_reused($request) if $request->{do} eq 'hand-over';
    return $self->claim_reused($request) if $request->{do} eq 'claim';
    return $self->wave_reused($request) if about_waves($request);

    my $checker = $self->{checker};
    my $buyer = $checker->{buyer_of}{ $request->{user} };
    my $same = $checker->{asked}{ $request->{user} }{ $request->{key} };
    my ($bound) = map { $_->{answer}{id} }
        grep { Tuanbo::History::Checker::done($_) } @$same;
    my @holds = defined $bound ? $checker->hold($bound) // ()
        : map { $checker->hold($_) }
            @{ defined $buyer
                ? $self->{timeline}{buyers}{$buyer}{holds} : [] };
    my %asked = map { $_->{payload} => 1 } @$same;
    my %beside = map { $_->{beside} => 1 } @$same;

    for my $hold (@holds) {
        my $payload = Tuanbo::History::Checker::made($hold);
        return if defined $hold->{key} && $hold->{seq} <= $self->{to}
            && $asked{$payload} && keys %beside > 1;
        # who would have waited, and did not have to, asked for something else
        return if defined $hold->{key} && $hold->{seq} <= $self->{to}
            && grep { $asked{$_} && $_ ne $request->{payload} } $payload,
                "$payload or waits";
    }

    return "key $request->{key} had made nothing else by then";
}


sub because_bad_request ($self, $request, $answer) {
    return $self->operator_refused($request, $answer)
        if $request->{do} eq 'admin';
    if ($request->{do} =~ /^(?:order-for|contact)\z/) {
        my $words = $self->form_refused($request, $answer);
        return length $words ? $words : () if defined $words;
    }
    return 'nothing was wrong with it'
        if $request->{do} !~ /^(?:hold|order-for|pickup)\z/;

    return if Tuanbo::History::Places::no_code($request->{body}{from});
    my $hold = $self->{checker}->hold($request->{hold} // '');
    my $lines = $request->{do} eq 'pickup' ? ($hold // return)->{lines}
        : Tuanbo::History::Checker::lines_asked($request->{body});
    return if defined $self->not_collected($lines, $request->{body}{pickup});
    return 'nothing was wrong with it' if $request->{do} eq 'pickup';

    my $units = $self->units($request);
    for my $sale (keys %$units) {
        return if Tuanbo::History::Places::too_many($request,
            $units->{$sale});
        return if $units->{$sale} > 10_000
            || $self->sale_was($request, { sale => $sale }, sub ($terms) {
                return defined $terms->{limit}
                    && $units->{$sale} > $terms->{limit};
            });
    }

    return 'nobody asked for more than a buyer may have';
}


sub because_no_such_sale ($self, $request, $answer) {
    my @sales = Tuanbo::History::Checker::makes_hold($request)
        ? keys %{ $self->units($request) }
        : $request->{target} =~ m{/sales/([^/?]+)};

    for my $sale (@sales) {
        my $first = $self->list_of($sale)->[0];
        return if !$first || $first->[0] > $self->{from};
    }

    return "@sales: there is one";
}


sub because_no_such_hold ($self, $request, $answer) {
    my $hold = $self->{checker}->hold($request->{hold} // '');

    return if !$hold || $hold->{seq} > $self->{from};
    return "hold $hold->{id} is there since seq $hold->{seq}";
}


# No id that was told is of another life, as long as the ledger has only one.

sub because_other_life ($self, $request, $answer) {
    my $hold = $self->{checker}->hold($request->{hold} // '');

    return if !$hold;
    return "hold $hold->{id} is of this ledger, since seq $hold->{seq}";
}


sub because_stock_taken ($self, $request, $answer) {
    return $self->operator_refused($request, $answer);
}


# A change of the stock: below what is taken, or above what fits.
sub operator_refused ($self, $request, $answer) {
    my ($sale) = $request->{target} =~ m{/admin/sales/([^/]+)/stock\z}
        or return 'nothing was wrong with it';
    my $add = $request->{body}{add};
    my $list = $self->list_of($sale);

    return if $self->ever_in([$list], sub ($seq) {
        my $row = row_at($list, $seq) // return 0;
        my $stock = $row->[4]{stock} + $add;
        return $stock > 1_000_000_000
            if $answer->{code} eq 'bad_request';
        return $row->[1] == $answer->{held} && $row->[2] == $answer->{sold}
            && $row->[1] + $row->[2] > $stock;
    });

    return "$sale could be changed by $add " . $self->between;
}


1;
