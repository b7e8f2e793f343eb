package Tuanbo::History::Checker;

# Holds the histories of clients against a ledger, and the ledger against
# itself, the audit and the sales shown.
#
# What a client knows of time is its own monotonic clock, what the ledger
# knows is its order; the two meet in the answers.  An entry that an answer
# proves was there when the answer came (`late`), and one that a request
# caused was not there before that was sent (`early`).  An entry cannot be
# older than those before it, nor younger than those after it.  So each
# request has a window of positions: nothing before `from` may be missing from
# what it saw, and nothing after `to` was there yet.  An answer is justified
# when it is true at a position of its window.  No clock of the server is
# compared with one of a client.

use v5.36;

use parent qw(Tuanbo::History::Counts Tuanbo::History::Received
    Tuanbo::History::Overdue Tuanbo::History::Contacts
    Tuanbo::History::Given Tuanbo::History::Brought
    Tuanbo::History::Drawn Tuanbo::History::Untold);

use Digest::SHA qw(sha256_hex);

use Tuanbo::Ledger;
use Tuanbo::History::Answers;
use Tuanbo::History::OrdersFor;
use Tuanbo::History::Timeline;

*asked_cash = \&Tuanbo::History::OrdersFor::asked_cash;
*made_cash = \&Tuanbo::History::OrdersFor::made_cash;

use constant NEVER => 9e18;
use constant HOLE_MAX => 100_000;       # entries

# Which request may cause an entry of this type about a hold.
my %CAUSE = (released => 'release', stepped_out => 'release', paying => 'pay', sold => 'confirm',
    sold_late => 'confirm', refund_due => 'confirm', cancelled => 'cancel',
    withdrawn => 'cancel', refunded => 'refunded', ready => 'ready',
    picked_up => 'picked-up', pickup => 'pickup', double => 'hand-over',
    put_back => 'put-back', claimed => 'claim', accepted => 'answer-claim',
    denied => 'answer-claim', bound => 'gift', unbound => 'gift');

# Debts of the lines of orders that follow from what is in the ledger.
my %BY_ITSELF = map { $_ => 1 } qw(group_failed sale_cancelled compensation);

# The 503s that say that nothing was taken.
my %NOTHING_DONE = map { $_ => 1 } qw(queue_full store_full disk_failed
    rebuilding not_ready clock old_schema);


# Options: run, requests (Tuanbo::History), ledger (its lines); others: the
# holds of these buyers are acted on by others, too; audit, and the sales as
# they were shown after it (decoded).
sub new ($class, %option) {
    return bless { others => 0, %option, problems => [], checked => {},
        entries => [], timeline => Tuanbo::History::Timeline->new,
        buyer_of => {}, user_of => {}, early => [], late => [] }, $class;
}


# What contradicts what: kind, the entry's seq, the line of a history, words.
sub problem ($self, $kind, $seq, $where, $words) {
    push @{ $self->{problems} }, { kind => $kind, seq => $seq, where =>
        $where, words => $words };
}


sub count ($self, $what, $n = 1) { $self->{checked}{$what} += $n }


sub check ($self) {
    $self->learn_waves;
    $self->learn_terms;
    $self->read_ledger;
    $self->sort_requests;
    $self->sort_grants;
    $self->name_buyers;
    $self->prove_late;
    $self->learn_brought;
    $self->find_causes;
    $self->check_order;
    my $answers = Tuanbo::History::Answers->new($self);
    $answers->check;
    $self->check_operator;
    $self->check_refunds;
    $self->check_facts;
    $self->check_claims;
    $self->check_whole_sales;
    $self->check_waves;
    $self->check_deliveries;
    $self->check_overdue;
    $self->check_contacts;
    $self->check_gifts;
    $self->check_draws;
    $self->check_brought;
    $self->check_audit;
    $self->check_final($answers);
    $self->check_nothing;
}


# The sales in the end show all that anybody was told of; the audit may have
# read an entry on its way to them.
sub check_final ($self, $answers) {
    my $told = $self->from(NEVER);
    my $audited = $self->{audit}{ledger}{last_seq};

    $answers->check_final($self->{sales}, $told < $audited ? $told
        : $audited);
}


# --------------------------------------------------------------- the ledger

sub read_ledger ($self) {
    my $ledger = Tuanbo::Ledger->new(problem => sub ($seq, $words) {
        $self->problem('ledger', $seq, undef, $words);
    });
    my $entries = $self->{entries};

    for my $line (@{ $self->{ledger} }) {
        my $entry = $ledger->check_line($line) // next;
        # seq 1 is the first of the list; what comes again is no entry, and
        # what is missing leaves a hole
        next if $entry->{seq} <= @$entries
            || $entry->{seq} > @$entries + HOLE_MAX;
        $entries->[ $entry->{seq} - 1 ] = $entry;
        $self->{timeline}->add($entry);
        $self->count('entries');
        $self->count('holds served from a line') if $entry->{type} eq 'served';
    }
    $ledger->finish;
}


sub hold ($self, $id) { $self->{timeline}{holds}{$id} }


# The claim of its hold that a request answers.
sub claim_of ($self, $request) {
    my ($id) = $request->{target} =~ m{/claims/(\d+)\z} or return undef;
    my $claim = $self->{timeline}{claims}{$id} // return undef;

    return $claim->{hold} eq ($request->{hold} // '') ? $claim : undef;
}


# ------------------------------------------------------------- the requests

# Refused for certain: nothing was done.
sub refused ($request) {
    my $code = $request->{code} // return 0;

    return 1 if $code =~ /^4/;
    return $code == 503 && ref $request->{answer} eq 'HASH'
        && exists $NOTHING_DONE{ $request->{answer}{code} // '' };
}


# The order service may send a buyer on from the checkout.
sub done ($request) {
    my $code = $request->{code} // return 0;

    return $code =~ /^2/ || $code =~ /^3/ && $request->{do} eq 'pay';
}


sub unknown ($request) { !done($request) && !refused($request) }


# Sale and quantity of each line, lines of one sale added up, and the pickup
# point: what two requests have in common that ask for the same.
sub payload ($lines, $pickup) {
    my %units;

    $units{ $_->{sale} } += $_->{qty} for @$lines;

    return join ' ', (map { "$_=$units{$_}" } sort keys %units),
        'at', $pickup // '-';
}


sub lines_asked ($body) {
    return $body->{lines} // [{ sale => $body->{sale},
        qty => $body->{qty} }];
}


sub reference ($text) { substr sha256_hex($text), 0, 32 }


sub sort_requests ($self) {
    my %causes;

    for my $request (@{ $self->{requests} }) {
        $self->count('requests');
        $self->count('outcomes unknown') if unknown($request);
        if ($request->{hung}) {
            $self->problem('hung', undef, $request->{at},
                "no answer to $request->{do} within"
                . " $self->{run}{deadline} s");
        }
        $self->note_points($request) if $request->{method} eq 'PUT';
        ($request->{hold}) = $request->{target} =~ /\b([0-9a-f]{32})\b/;
        my $body = $request->{body} // {};
        if (makes_hold($request)) {
            $request->{payload} = payload(lines_asked($body),
                $body->{pickup}) . asked_cash($body)
                . ($body->{queue} ? ' or waits' : '');
            $request->{beside} = join ' ', map { $_ // '-' }
                @$body{qw(from gift)};
            $self->note_buyer($request) if $request->{do} eq 'order-for';
            # tries of one key are one; without one each is its own
            my $name = $request->{key} // $request->{where};
            push @{ $self->{asked}{ $request->{user} }{$name} }, $request;
        }
        elsif (defined $request->{hold}) {
            $request->{reference} = reference($body->{payment})
                if $request->{do} eq 'confirm';
            $request->{reference} = reference($body->{refund})
                if $request->{do} eq 'refunded';
            push @{ $self->{refunds}{ $request->{key} } }, $request
                if $request->{do} eq 'refund';
            push @{ $self->{claims}{ $request->{key} } }, $request
                if $request->{do} eq 'claim';
            push @{ $self->{nonces}{ $request->{hold} }{ $body->{nonce} } },
                $request
                if $request->{do} eq 'hand-over';
            push @{ $causes{ $request->{hold} }{ $request->{do} } },
                $request;
        }
    }
    $self->{causes} = \%causes;
}


sub makes_hold ($request) { $request->{do} =~ /^(?:hold|order-for)\z/ }


# What a hold was made by, in the words of what asks for one.
sub made ($hold) {
    return payload($hold->{lines}, $hold->{pickup}) . made_cash($hold)
        . (defined $hold->{number} ? ' or waits' : '');
}


# 1: what was asked for may have made this hold: who would have waited did not
# have to, where units were free.
sub could_make ($payload, $hold) {
    my $made = made($hold);

    return $payload eq $made || $payload eq "$made or waits";
}


# Keys, limits and holds of an order for somebody else are the buyer's, who is
# known here by the phone, or where there is none by the pseudonym.
sub note_buyer ($self, $request) {
    my $buyer = $request->{body}{buyer};

    $request->{user} = $request->{for} // $buyer;
    return if defined $request->{for};
    $self->{buyer_of}{$buyer} = $buyer;
    $self->{user_of}{$buyer} = $buyer;
}


# The pickup points that operators wrote, and those that their sales list; and
# how many units may be waited for.
sub note_points ($self, $request) {
    my ($kind, $id) = $request->{target}
        =~ m{^/admin/(documents/pickup|sales)/([^/]+)\z} or return;

    if ($kind eq 'sales') {
        $self->{lists}{$id} = ($request->{body}{doc} // {})->{pickups};
        $self->{queues}{$id} = $request->{body}{queue};
    }
    else {
        $self->{points}{$id} = 1;
    }
}


# Which pseudonym is whose: each answer about a hold tells.
sub name_buyers ($self) {
    for my $request (@{ $self->{requests} }) {
        next if !done($request) || !defined $request->{user};
        my @holds = $request->{do} =~ /^(?:hold|order-for|release|pickup
            |read|give-back|gift)\z/x ? $request->{answer}
            : $request->{do} eq 'list' ? @{ $request->{answer}{holds} } : ();
        for my $shown (@holds) {
            my $hold = $self->hold($shown->{id} // '');
            if (!$hold) {
                $self->problem('lost', undef, $request->{at}, 'hold '
                    . ($shown->{id} // '?') . ' was shown, and is not in the'
                    . ' ledger');
                next;
            }
            $self->name_buyer($request, $hold);
        }
    }
}


sub name_buyer ($self, $request, $hold) {
    my $user = $request->{user};
    my $known = $self->{buyer_of}{$user} //= $hold->{buyer};
    my $other = $self->{user_of}{ $hold->{buyer} } //= $user;

    return if $known eq $hold->{buyer} && $other eq $user;
    $self->problem('buyer', $hold->{seq}, $request->{at}, "hold $hold->{id}"
        . " is of buyer $hold->{buyer}, who is $other, but was shown to"
        . " $user, who is $known");
}


# --------------------------------------------- when entries were there at last

sub proves ($self, $seq, $request) {
    my $late = $self->{late};

    return if !defined $seq || $seq > @{ $self->{entries} };
    if (!defined $late->[$seq] || $late->[$seq]{t1} > $request->{t1}) {
        $late->[$seq] = $request;
    }
}


# The first entry that made a hold look like this.
sub proves_state ($self, $id, $state, $request) {
    my $hold = $self->hold($id // '') // return;

    for my $row (@{ $hold->{shown} }) {
        next if $row->[1] ne $state;
        $self->proves($row->[0], $request);
        last;
    }
}


sub prove_late ($self) {
    for my $request (@{ $self->{requests} }) {
        my $answer = $request->{answer};
        next if ref $answer ne 'HASH';
        my $do = $request->{do};
        if (Tuanbo::History::Answers::about_waves($request)) {
            $self->prove_wave($request) if done($request);
        }
        elsif ($do eq 'confirm') {
            my $hold = $self->hold($request->{hold}) // next;
            my $row = $hold->{payments}{ $request->{reference} } // next;
            $self->proves($row->{last}, $request) if done($request);
        }
        elsif ($do eq 'claim' && done($request)) {
            $self->proves($answer->{id}, $request);
        }
        elsif ($do eq 'list' && done($request)) {
            $self->proves_state($_->{id}, $_->{state}, $request)
                for @{ $answer->{holds} };
        }
        elsif ($do eq 'sales' && done($request)) {
            $self->proves($_->{version}, $request)
                for @{ $answer->{sales} };
        }
        elsif (defined $answer->{version} && done($request)) {
            $self->proves($answer->{version}, $request);
        }
        elsif (defined $answer->{state}) {
            my $claim = $do eq 'answer-claim' && done($request)
                && $self->claim_of($request);
            $self->proves($claim->{answered}, $request) if $claim;
            # a hold, or what a wrong_state says of it
            $self->proves_state($answer->{id} // $request->{hold},
                $answer->{state}, $request);
        }
    }

    # no entry is younger than one after it
    my $late = $self->{late};
    my $last = { t1 => NEVER };
    for (my $seq = @{ $self->{entries} }; $seq > 0; $seq--) {
        $last = $late->[$seq] if defined $late->[$seq]
            && $late->[$seq]{t1} < $last->{t1};
        $late->[$seq] = $last;
    }
}


# The last position that a request sent at this time must have seen.
sub from ($self, $t0) {
    my ($low, $high) = (1, @{ $self->{entries} } + 1);

    while ($low < $high) {
        my $middle = ($low + $high) >> 1;
        if ($self->{late}[$middle]{t1} < $t0) { $low = $middle + 1 }
        else { $high = $middle }
    }

    return $low - 1;
}


# -------------------------------------------------------- what caused entries

sub find_causes ($self) {
    my %caused;         # hold => requests that may have caused it

    for my $user (sort keys %{ $self->{asked} // {} }) {
        $self->check_acknowledged($user, \%caused);
    }
    $self->find_unknown(\%caused);
    $self->{caused} = \%caused;

    for my $entry (grep { defined } @{ $self->{entries} }) {
        my $hold = defined $entry->{hold} ? $self->hold($entry->{hold})
            : undef;
        my $requests = defined $entry->{wave} ? $self->wave_causes($entry)
            : undef;
        if ($entry->{type} eq 'granted' && defined $entry->{reason}) {
            $requests = $self->bonus_causes($entry, \%caused);
        }
        elsif ($entry->{type} eq 'granted') {
            my $user = $self->{user_of}{ $entry->{buyer} };
            $requests = [grep { defined $user && $_->{user} eq $user
                && $_->{body}{sale} eq $entry->{sale} && !refused($_) }
                map { @$_ } values %{ $self->{grants} // {} }];
        }
        elsif (!$hold) { }
        elsif ($entry->{type} =~ /^(?:held|queued)\z/ || defined $entry->{taken_by}) {
            $requests = $caused{ $entry->{hold} };
        }
        elsif ($self->bound_in_cart($entry, $hold,
            $caused{ $entry->{hold} } // []))
        {
            $requests = $caused{ $entry->{hold} };
        }
        elsif (my $do = $self->cause($entry)) {
            $requests = $self->causes_of($entry, $hold, $do);
        }
        $self->{early}[ $entry->{seq} ] = (sort { $a->{t0} <=> $b->{t0} }
            @$requests)[0] if $requests && @$requests;
    }

    # no entry is older than one before it
    my $first = { t0 => 0 };
    for my $seq (1 .. @{ $self->{entries} }) {
        $first = $self->{early}[$seq] if defined $self->{early}[$seq]
            && $self->{early}[$seq]{t0} > $first->{t0};
        $self->{early}[$seq] = $first;
    }
}


# One key, one hold, the same in each answer, made once.
sub check_acknowledged ($self, $user, $caused) {
    my $groups = $self->{asked}{$user};

    for my $name (sort keys %$groups) {
        my @done = grep { done($_) } @{ $groups->{$name} };
        my ($first) = sort { $a->{t1} <=> $b->{t1} } @done;
        my @made = sort { $a->{t1} <=> $b->{t1} }
            grep { $_->{code} =~ /^20[12]/ } @done;
        next if !$first;
        my $id = $first->{answer}{id};
        for my $request (@done) {
            if ($request->{answer}{id} ne $id) {
                my $hold = $self->hold($request->{answer}{id});
                $self->problem('twice', $hold && $hold->{seq},
                    $request->{at}, "key $name made hold"
                    . " $request->{answer}{id}, and hold $id at"
                    . " $first->{at}");
            }
            push @{ $caused->{ $request->{answer}{id} } }, grep {
                $_->{payload} eq $request->{payload} && !refused($_) }
                @{ $groups->{$name} };
        }
        if (@made > 1) {
            $self->problem('twice', undef, $made[1]{at}, "201 for key $name,"
                . " and at $made[0]{at} before: a replay is 200");
        }
        $self->count('keys answered more than once') if @done > 1;
        $self->count('holds acknowledged');
    }
}


sub own_sales ($self) {
    my %sales = map { $_->{target} =~ m{/admin/sales/([^/]+)\z} ? ($1 => 1)
        : () } grep { $_->{do} eq 'admin' && $_->{method} eq 'PUT' }
        @{ $self->{requests} };

    return sort keys %sales;
}


# What was to be done; undef: a timer may write it.  A payment that sells
# nothing is owed by its confirm; lines by a refund, or as their group failed.
# Units are for sale again with the debt that they follow; what a claim owes is
# there with the answer to it, and what is short with the entry that says so.
# Time answers, too.
sub cause ($self, $entry) {
    my $type = $entry->{type};
    my $return = $self->{timeline}{return_of}{ $entry->{seq} };

    return undef if $type eq 'accepted' && defined $entry->{by}
        || $self->{timeline}{claim_of}{ $entry->{seq} }
        || $self->{timeline}{short_of}{ $entry->{seq} };
    if ($type =~ /^(?:owed|restocked)\z/) {
        return !defined $entry->{sale} ? 'confirm'
            : $return && $BY_ITSELF{ $return->{reason} } ? undef : 'refund';
    }
    # a gift is let go with what ends its hold, or comes back with the money;
    # what is paid late uses it again
    return undef if $type eq 'unbound' && $entry->{reason} ne 'asked';
    return 'confirm' if $type eq 'bound' && grep {
        $_->{late} && $_->{seq} == $entry->{seq} }
        @{ ($self->hold($entry->{hold}) // {})->{bindings} // [] };
    if ($type eq 'picked_up' || $type eq 'ready') {
        return 'hand-over' if defined $entry->{via};
        return undef if defined $entry->{sale};
    }

    return $CAUSE{$type};
}


# Requests that may have caused an entry about a hold.  For a hold of this
# run there has to be one that was not refused.
sub causes_of ($self, $entry, $hold, $do) {
    my $user = $self->{user_of}{ $hold->{buyer} };
    my @all = @{ $self->{causes}{ $hold->{id} }{$do} // [] };
    my $reference = $entry->{type} eq 'refunded' ? $entry->{refund}
        : $do eq 'confirm' ? $entry->{payment} : undef;

    # a claim may be made by the order service, too
    @all = grep { !defined $_->{user} || $_->{user} eq $user } @all
        if $do =~ /^(?:release|pickup|claim|gift)\z/ && defined $user;
    @all = grep { $_->{reference} eq $reference } @all if defined $reference;
    if ($do eq 'refund') {
        my $return = $self->{timeline}{return_of}{ $entry->{seq} };
        @all = grep { $return && Tuanbo::History::Services::is_what($return,
            Tuanbo::History::Services::asks($_)) } @all;
        # or its buyer has given it back
        push @all, grep { !defined $user || $_->{user} eq $user }
            @{ $self->{causes}{ $hold->{id} }{'give-back'} // [] }
            if $return && Tuanbo::History::Facts::gives_back($return);
    }
    elsif ($do eq 'hand-over') {
        my $fact = $self->{timeline}{fact_of}{ $entry->{seq} };
        @all = grep { Tuanbo::History::Facts::asked_fact($_, $hold)
            eq $fact->{words} } @all;
    }
    elsif ($do =~ /claim\z/) {
        @all = grep { Tuanbo::History::Claims::may_cause($_, $entry) } @all;
    }
    elsif ($do eq 'refunded') {
        @all = grep { $self->settles($_, $entry, $hold) } @all;
    }
    my @may = grep { !refused($_) } @all;
    return \@may if @may || !defined $user || $self->{others};
    # pay and orders may be made by others where this run has no secret
    return \@may if $do !~ /^(?:release|pickup|claim|gift)\z/
        && !$self->{run}{orders};

    $self->problem(@all ? 'refused' : 'cause', $entry->{seq},
        @all ? $all[0]{at} : undef, "$entry->{type} of hold $hold->{id}, "
        . (@all ? "but $do was refused" : "and nobody asked for $do"));

    return \@may;
}


# Whether a request names the debt that an entry settled, or it was the oldest.
sub settles ($self, $request, $entry, $hold) {
    my $body = $request->{body};
    my $due = Tuanbo::History::Owing::debt_at($hold, $entry->{seq} - 1,
        Tuanbo::History::Services::payment($body), $body->{owed}) // return 0;

    return ($due->{until} // 0) == $entry->{seq}
        && (!defined $body->{amount_fen}
            || $body->{amount_fen} == $entry->{amount_fen});
}


# The order of the ledger is the order in which things happened.
sub check_order ($self) {
    my ($late, $early) = ($self->{late}, $self->{early});
    my $said = '';

    for my $seq (1 .. @{ $self->{entries} }) {
        next if $early->[$seq]{t0} <= $late->[$seq]{t1};
        my $pair = "$early->[$seq]{where} $late->[$seq]{at}";
        next if $pair eq $said;
        $said = $pair;
        $self->problem('order', $seq, $late->[$seq]{at}, 'it was there'
            . ' when this was answered, but it or an entry before it was'
            . " asked for only later, at $early->[$seq]{where}");
    }
}


# What a request can have seen: [from, to].
sub window ($self, $request) {
    my ($low, $high) = (1, @{ $self->{entries} } + 1);

    while ($low < $high) {
        my $middle = ($low + $high) >> 1;
        if ($self->{early}[$middle]{t0} <= $request->{t1}) {
            $low = $middle + 1;
        }
        else { $high = $middle }
    }

    return ($self->from($request->{t0}), $low - 1);
}


# -------------------------------------------------------------- the operator

# Each change was made once for each call that was answered, and at most once
# for one whose outcome is unknown.
sub check_operator ($self) {
    my %calls;

    for my $request (@{ $self->{requests} }) {
        next if $request->{do} ne 'admin';
        my ($sale, $what) = $request->{target}
            =~ m{/admin/sales/([^/]+)(?:/(\w+))?\z};
        my $add = ($what // '') eq 'stock' ? $request->{body}{add}
            : defined $what ? next : 'sale';
        my $call = $calls{$sale}{$add}{ $request->{key} } //= {};
        $call->{done} = $request->{at} if done($request);
        $call->{may} = $request->{where} if !refused($request);
    }
    for my $sale ($self->own_sales) {
        # what nobody here asked for must not be there
        $calls{$sale}{$_} //= {}
            for keys %{ $self->{timeline}{changes}{$sale} // {} };
    }
    for my $sale (sort keys %calls) {
        for my $add (sort keys %{ $calls{$sale} }) {
            next if $add eq '0';
            my @made = $add eq 'sale'
                ? grep { $_ && $_->{type} eq 'sale' && $_->{sale} eq $sale }
                    @{ $self->{entries} }
                : @{ $self->{timeline}{changes}{$sale}{$add} // [] };
            my @calls = values %{ $calls{$sale}{$add} };
            my @done = grep { $_->{done} } @calls;
            my @may = grep { $_->{may} } @calls;
            $self->count('changes by the operator', scalar @done);
            next if @made >= @done && @made <= @may;
            my ($where) = map { $_->{done} // $_->{may} // () } @calls;
            $self->problem('operator', undef, $where,
                "$sale $add: " . @done . ' were acknowledged, ' . @may
                . ' at most happened, and ' . @made . ' are in the ledger');
        }
    }
}


# ----------------------------------------------------------------- the audit

sub check_audit ($self) {
    my $audit = $self->{audit};
    my $last = $audit->{ledger}{last_seq};
    my $entry = $last > 0 ? $self->{entries}[$last - 1] : undef;

    $self->count('audits');
    if (!$audit->{ok}) {
        $self->problem('audit', undef, 'audit.json', 'it is not well'
            . (defined $audit->{problem} ? ": $audit->{problem}" : ''));
    }
    if (!$entry || $entry->{hash} ne $audit->{ledger}{hash}) {
        $self->problem('audit', $last, 'audit.json', 'its last entry is not'
            . ' the one of the ledger');
    }
    for my $sale (@{ $audit->{sales} }) {
        my $row = Tuanbo::History::Timeline::row_at(
            $self->{timeline}{sales}{ $sale->{id} } // [], $last);
        my %sum = $row ? (stock => $row->[4]{stock}, held => $row->[1],
            sold => $row->[2], free => Tuanbo::History::Timeline::free($row))
            : ();
        my @other = grep { ($sum{$_} // '') ne $sale->{$_} }
            qw(stock free held sold);
        $self->count('sums of the audit');
        next if $sale->{ok} && !@other;
        my @words = map { "$_ $sale->{$_}, the ledger has "
            . ($sum{$_} // 'none') } @other;
        push @words, 'not ok' if !$sale->{ok};
        $self->problem('audit', $last, 'audit.json', "$sale->{id}: "
            . join(', ', @words));
    }
}


# A run that proved nothing is no proof.
sub check_nothing ($self) {
    for my $what ('entries', 'requests', 'holds acknowledged') {
        next if $self->{checked}{$what};
        $self->problem('nothing', undef, undef, "no $what: nothing is proved");
    }
    if (!$self->{run}{ended}) {
        $self->count('runs cut short');
    }
}


1;
