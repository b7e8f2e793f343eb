package Tuanbo::History::Load;

# Many buyers at once, and the order service and the operator with them, who
# write down what they send and what they get.  They stand a server that dies
# and comes back: whoever gets no answer, or 503, asks again with the same key
# until the patience is over.

use v5.36;

use parent qw(Tuanbo::History::DayAfter Tuanbo::History::Desk
    Tuanbo::History::Neighbours Tuanbo::History::Givings
    Tuanbo::History::InLine Tuanbo::History::Bringing
    Tuanbo::History::Lots);

use Mojo::Date;
use Mojo::IOLoop;
use Mojo::JSON;
use Time::HiRes qw(time);

use Tuanbo::History;
use Tuanbo::History::Chooser;

use constant HOLDS_KEPT => 6;           # of a buyer, to choose from
use constant ORDERS_KEPT => 24;         # of all buyers
use constant TOO_MANY => 9999;          # units, for nobody


# Options: server, dir, seed, clients, seconds or requests (of all clients),
# name (a prefix of what this run makes), sales (or its own are defined),
# stock of those, pickups (points that are there), pay (a target with {hold} in
# it), users (a list of identities), deadline of a request and patience of a
# call in seconds, wave: seconds until new sales are defined, think: see
# load.pl.
sub new ($class, %option) {
    my $self = bless { clients => 16, stock => 40, deadline => 45,
        patience => 60, wave => 10, think => 40, %option, buyers => {},
        calls => 0, pickups => [], open => 0, counts => {}, hung => 0,
        codes => {}, histories => {}, own => [], orders => [],
        prices => {}, neighbours => [], ordered => [], phones => [],
        called => [] }, $class;

    $self->{agent} = $self->{server}->agent($self->{deadline});
    $self->{agent}->max_connections(4 * $self->{clients});

    return $self;
}


sub run ($self) {
    my $server = $self->{server};
    my $own = !@{ $self->{sales} // [] };
    my %run = map { $_ => $self->{$_} } qw(seed clients seconds requests name
        deadline);

    die "--sale, or the operator's secret: there is nothing to buy\n"
        if $own && !$server->signs('admin');
    $run{orders} = $server->signs('orders') ? 1 : 0;
    $run{referral} = 1 if $self->{referral};
    # Mojo would only warn of an exception in the loop, and go on waiting
    my $reactor = Mojo::IOLoop->singleton->reactor;
    $reactor->unsubscribe('error');
    $reactor->on(error => sub ($reactor, $words) {
        $self->{failed} //= $words;
        Mojo::IOLoop->stop;
    });
    Tuanbo::History->write_run($self->{dir}, \%run);

    if ($own) {
        $self->write_points;
        $self->define_wave(0, sub ($sales) { $self->{sales} = $sales;
            Mojo::IOLoop->stop });
        $self->loop;
        $self->{waves} = Mojo::IOLoop->recurring($self->{wave},
            sub { $self->next_wave });
    }

    $self->follow;
    $self->{end} = time + $self->{seconds} if $self->{seconds};
    $self->{each} = int(($self->{requests} + $self->{clients} - 1)
        / $self->{clients}) if $self->{requests};
    $self->{open} = $self->{clients};
    $self->begin_client($_) for 0 .. $self->{clients} - 1;
    $self->loop;

    Mojo::IOLoop->remove($_)
        for grep { defined } @$self{qw(waves following)};
    $self->end_run;
    $run{ended} = 1;
    Tuanbo::History->write_run($self->{dir}, \%run);
}


# Until somebody stops it.
sub loop ($self) {
    Mojo::IOLoop->start if !defined $self->{failed};
    die $self->{failed} if defined $self->{failed};
}


sub history ($self, $name) {
    return $self->{histories}{$name} //= Tuanbo::History->writer(
        $self->{dir}, $name);
}


# ----------------------------------------------------------------- one call

# What is asked until it is answered: do, method, target, user, key, body,
# role; for: whose pseudonym is in it; supposes: a conditional header and its
# value; once: it is not tried again.  `then` gets the last answer, {code,
# body}, without a code when there was none.
sub call ($self, $file, $call, $then) {
    $call->{number} = ++$self->{calls};
    $call->{until} = time + $self->{patience};
    $call->{try} = 0;
    $self->try_call($self->history($file), $call, $then);
}


sub try_call ($self, $history, $call, $then) {
    my %line = (call => $call->{number}, try => ++$call->{try});

    defined $call->{$_} and $line{$_} = $call->{$_}
        for qw(method target user for key body supposes);
    my $n = $history->send($call->{do}, %line);
    $self->{counts}{ $call->{do} }++;

    my $tx = $self->{server}->tx($self->{agent}, $call->{method},
        $call->{target}, %$call);
    $self->{agent}->start($tx, sub ($agent, $tx) {
        my $answer = $self->record($history, $n, $tx);
        my $code = $answer->{code} // 503;
        # a request without a key may have been executed already
        if ($code >= 500 && !$call->{once} && time < $call->{until}) {
            my $wait = 0.05 * ($call->{try} < 8 ? $call->{try} : 8);
            Mojo::IOLoop->timer($wait => sub {
                $self->try_call($history, $call, $then);
            });
            return;
        }
        $then->($answer);
    });
}


sub record ($self, $history, $n, $tx) {
    my $res = $tx->res;
    my $error = $tx->error;

    if ($error && !$error->{code}) {
        # the agent has no other time-out than the deadline
        my $hung = $error->{message} =~ /timeout/i;
        $self->{hung}++ if $hung;
        $self->{codes}{lost}++;
        $history->lost($n, $error->{message}, $hung ? (hung => 1) : ());
        return {};
    }

    my $code = 0 + $res->code;
    my $type = $res->headers->content_type // '';
    my $body = $type =~ m{^application/(?:problem\+)?json\b} ? $res->json
        : undef;
    my %line = (body => $body);
    my $date = $res->headers->date;
    my $replayed = $res->headers->header('Idempotent-Replayed');
    $line{date} = 0 + Mojo::Date->new($date)->epoch if defined $date;
    $line{replayed} = 1 if defined $replayed && $replayed eq 'true';
    $self->{codes}{$code}++;
    $history->got($n, $code, %line);

    return { code => $code, body => $body };
}


# ----------------------------------------------------------------- a client

sub begin_client ($self, $client) {
    my $chooser = Tuanbo::History::Chooser->new($self->{seed}, $client,
        $self->{clients});

    $self->client_step(sprintf('client-%03d', $client), $chooser);
}


sub client_step ($self, $file, $chooser) {
    my $over = $self->{end} ? time >= $self->{end}
        : $chooser->{intents} >= $self->{each};

    if ($over) {
        Mojo::IOLoop->stop if !--$self->{open};
        return;
    }

    my $intent = $chooser->next;
    Mojo::IOLoop->timer($intent->{wait} * $self->{think} / 1000 => sub {
        $self->execute($file, $intent,
            sub { $self->client_step($file, $chooser) });
    });
}


sub buyer ($self, $intent) {
    my ($client, $number) = @{ $intent->{buyer} };
    my $users = $self->{users};
    my $name = $users
        ? $users->[($client + $number * $self->{clients}) % @$users]
        : "$self->{name}-$client-$number";

    return $self->{buyers}{$name} //= { name => $name, holds => [],
        asked => [] };
}


sub execute ($self, $file, $intent, $then) {
    my $buyer = $self->buyer($intent);
    my $kind = $intent->{kind};
    my $method = 'do_' . $kind =~ s/-/_/r;

    $method = 'do_order'
        if $kind =~ /^(?:confirm|cancel|refunded|ready|picked)$/;
    $method = 'do_hold' if $kind =~ /^(?:nowhere|greedy|other)$/;
    $method = 'do_operator' if $kind =~ /^(?:stock|pause)$/;
    # an order for somebody else may be paid for, or not, later
    $buyer = $self->neighbour({ %$intent, who => $intent->{pick} })
        if $kind =~ /^(?:confirm|cancel)$/ && $intent->{pick} % 6 == 0;
    $self->$method($file, $intent, $buyer, $then);
}


sub sale_of ($self, $number) {
    return $self->{sales}[$number % @{ $self->{sales} }];
}


sub do_hold ($self, $file, $intent, $buyer, $then) {
    my $kind = $intent->{kind};
    my %body;

    if ($kind eq 'nowhere') {
        %body = (sale => "$self->{name}-nowhere", qty => 1);
    }
    elsif ($kind eq 'greedy') {
        %body = (sale => $self->sale_of($intent->{pick}), qty => TOO_MANY);
    }
    else {
        my @lines = map { { sale => $self->sale_of($_->[0]),
            qty => $_->[1] } } @{ $intent->{lines} };
        %body = @lines == 1 ? %{ $lines[0] } : (lines => \@lines);
        my $pickup = $self->pickup_of($intent);
        $body{pickup} = $pickup if defined $pickup;
        # units that are not free are waited for, now and then
        $body{queue} = Mojo::JSON->true
            if @lines == 1 && $intent->{pick} % 3 == 0;
    }

    my $earlier = $kind eq 'other' && $self->asked($intent, $buyer);
    my $key = $earlier ? $earlier->{key} : $self->new_key;
    $key = undef if $kind eq 'hold' && !$intent->{keyed};
    if (defined $key && !$earlier) {
        push @{ $buyer->{asked} }, { key => $key, body => \%body };
    }
    $self->ask($file, $buyer, $key, \%body, $then);
}


# One that the operator has written; or, now and then, one that nobody has.
sub pickup_of ($self, $intent) {
    my $pickups = $self->{pickups};
    my $number = $intent->{pickup} // return undef;

    return "$self->{name}-nowhere" if $number eq 'nowhere';
    return @$pickups ? $pickups->[$number % @$pickups] : undef;
}


sub new_key ($self) { return "$self->{name}-" . ++$self->{keys} }


sub asked ($self, $intent, $buyer) {
    my $asked = $buyer->{asked};

    return @$asked ? $asked->[$intent->{pick} % @$asked] : undef;
}


sub ask ($self, $file, $buyer, $key, $body, $then) {
    my $call = { do => 'hold', method => 'POST', target => '/api/holds',
        user => $buyer->{name}, key => $key, body => $body,
        once => !defined $key };

    $self->call($file, $call, sub ($answer) {
        $self->note_hold($buyer, $answer->{body})
            if ($answer->{code} // 0) =~ /^20[012]$/;
        $then->($answer);
    });
}


sub note_hold ($self, $buyer, $hold) {
    my $holds = $buyer->{holds};

    $self->note_price($hold->{lines});
    return if grep { $_->{id} eq $hold->{id} } @$holds;
    push @$holds, { id => $hold->{id}, buyer => $buyer->{name},
        amount_fen => $hold->{amount_fen},
        lines => $hold->{lines}, references => [], due => [], given => [],
        debts => [], nonces => [], claims => [] };
    shift @$holds if @$holds > HOLDS_KEPT;
    $self->know_phone($hold->{id}, $buyer) if defined $buyer->{name};
}


# The same request with the same key, on two connections at once.
sub do_twin ($self, $file, $intent, $buyer, $then) {
    my $left = 2;
    my $key = $self->new_key;
    my @lines = map { { sale => $self->sale_of($_->[0]), qty => $_->[1] } }
        @{ $intent->{lines} };
    my %body = (lines => \@lines);

    push @{ $buyer->{asked} }, { key => $key, body => \%body };
    for (1 .. 2) {
        $self->ask($file, $buyer, $key, \%body,
            sub { $then->() if !--$left });
    }
}


sub do_again ($self, $file, $intent, $buyer, $then) {
    my $earlier = $self->asked($intent, $buyer)
        // return $self->do_nothing($file, $intent, $buyer, $then);

    $self->ask($file, $buyer, $earlier->{key}, $earlier->{body}, $then);
}


# One of the buyer's holds, mostly one of its last.
sub hold_of ($self, $intent, $buyer) {
    my $holds = $buyer->{holds};

    return @$holds ? $holds->[-1 - $intent->{pick} % @$holds] : undef;
}


sub do_release ($self, $file, $intent, $buyer, $then) {
    my $hold = $self->hold_of($intent, $buyer)
        // return $self->do_nothing($file, $intent, $buyer, $then);

    $self->call($file, { do => 'release', method => 'DELETE',
        target => "/api/holds/$hold->{id}", user => $buyer->{name} },
        sub ($answer) { $then->() });
}


sub do_point ($self, $file, $intent, $buyer, $then) {
    my $hold = $self->hold_of($intent, $buyer);
    my $pickup = $self->pickup_of($intent);

    return $self->do_nothing($file, $intent, $buyer, $then)
        if !$hold || !defined $pickup;
    $self->call($file, { do => 'pickup', method => 'POST', user =>
        $buyer->{name}, target => "/api/holds/$hold->{id}/pickup",
        body => { pickup => $pickup },
        $intent->{keyed} ? (key => $self->new_key) : () },
        sub ($answer) { $then->() });
}


sub do_pay ($self, $file, $intent, $buyer, $then) {
    my $hold = $self->hold_of($intent, $buyer);

    return $self->do_nothing($file, $intent, $buyer, $then)
        if !$hold || !defined $self->{pay};
    $self->call($file, { do => 'pay', method => 'POST', user =>
        $buyer->{name}, target => $self->{pay} =~ s/\{hold\}/$hold->{id}/r },
        sub ($answer) { $then->() });
}


sub do_read ($self, $file, $intent, $buyer, $then) {
    my $hold = $self->hold_of($intent, $buyer)
        // return $self->do_nothing($file, $intent, $buyer, $then);

    $self->call($file, { do => 'read', method => 'GET', user =>
        $buyer->{name}, target => "/api/holds/$hold->{id}" },
        sub ($answer) { $then->() });
}


sub do_list ($self, $file, $intent, $buyer, $then) {
    $self->call($file, { do => 'list', method => 'GET', user =>
        $buyer->{name}, target => '/api/holds?limit=100' },
        sub ($answer) { $then->() });
}


sub do_sale ($self, $file, $intent, $buyer, $then) {
    $self->call($file, { do => 'sale', method => 'GET', target =>
        '/api/sales/' . $self->sale_of($intent->{pick}) },
        sub ($answer) { $then->() });
}


# What is wanted cannot be: now and then somebody looks at a sale instead.
sub do_nothing ($self, $file, $intent, $buyer, $then) {
    return $then->() if $intent->{pick} % 4;
    $self->do_sale($file, $intent, $buyer, $then);
}


# ---------------------------------------------------------- the order service

# What was sold, of any buyer; now and then, one of this buyer's holds.
sub order_of ($self, $intent, $buyer) {
    my $orders = $self->{orders};

    return @$orders && $intent->{pick} % 8
        ? $orders->[$intent->{pick} % @$orders]
        : $self->hold_of($intent, $buyer);
}


sub note_order ($self, $hold) {
    my $orders = $self->{orders};

    return if grep { $_ == $hold } @$orders;
    push @$orders, $hold;
    shift @$orders if @$orders > ORDERS_KEPT;
}


sub do_order ($self, $file, $intent, $buyer, $then) {
    my $hold = $intent->{kind} =~ /^(?:confirm|cancel)$/
        ? $self->hold_of($intent, $buyer) : $self->order_of($intent, $buyer);
    my $kind = $intent->{kind};
    my $what = $kind eq 'picked' ? 'picked-up' : $kind;
    my $body;

    return $self->do_nothing($file, $intent, $buyer, $then)
        if !$hold || !$self->{server}->signs('orders');

    if ($kind eq 'confirm') {
        $body = $self->payment($intent, $hold);
    }
    elsif ($kind eq 'refunded') {
        $body = $self->settlement($intent, $hold);
    }

    my $call = { do => $what, method => 'POST', role => 'orders', target =>
        "/orders/$hold->{id}/$what", defined $body ? (body => $body) : () };
    $self->call($file, $call, sub ($answer) {
        my $outcome = $kind eq 'confirm' && ref $answer->{body} eq 'HASH'
            ? $answer->{body}{outcome} // '' : '';
        push @{ $hold->{due} }, $body->{payment}
            if $outcome eq 'refund_due';
        $self->note_order($hold) if $outcome eq 'sold';
        $hold->{come} = 1 if $kind eq 'ready' && ($answer->{code} // 0) == 200;
        $self->note_debts($hold, $answer);
        $then->();
    });
}


# The debts of a hold as they were shown last.
sub note_debts ($self, $hold, $answer) {
    my $body = $answer->{body};

    $hold->{debts} = $body->{debts}
        if ref $body eq 'HASH' && ref $body->{debts} eq 'ARRAY';
}


sub settlement ($self, $intent, $hold) {
    my $made = $self->{refunds} //= [];
    my $body = { refund => "$hold->{id}-refund-" . ++$hold->{refunds} };
    my ($due, $debts) = @$hold{qw(due debts)};
    my $kind = $intent->{debt};

    # now and then with the reference of an earlier one, of any hold
    $body->{refund} = $made->[$intent->{pick} % @$made]
        if @$made && $intent->{pick} % 5 == 0;
    push @$made, $body->{refund};
    if ($kind eq 'payment') {
        $body->{payment} = $due->[$intent->{pick} % @$due] if @$due;
    }
    elsif ($kind ne 'oldest' && @$debts) {
        my $debt = $debts->[$intent->{pick} % @$debts];
        $body->{owed} = $debt->{owed};
        $body->{amount_fen} = $debt->{amount_fen}
            if $debt->{amount_fen};
        $body->{amount_fen}++ if $kind eq 'wrong';
    }

    return $body;
}


# Money of an order goes back, and maybe its units.
sub do_refund ($self, $file, $intent, $buyer, $then) {
    my $hold = $self->order_of($intent, $buyer);

    return $self->do_nothing($file, $intent, $buyer, $then)
        if !$hold || !$self->{server}->signs('orders');

    my $given = $hold->{given};
    my $earlier = $intent->{which} ne 'new' && @$given
        ? $given->[$intent->{pick} % @$given] : undef;
    my $body = $earlier && $intent->{which} eq 'again' ? $earlier->{body}
        : $self->refund_of($intent, $hold);
    my $key = $earlier ? $earlier->{key} : $self->new_key;
    push @$given, { key => $key, body => $body } if !$earlier;

    $self->call($file, { do => 'refund', method => 'POST', role => 'orders',
        target => "/orders/$hold->{id}/refund", key => $key, body => $body },
        sub ($answer) {
            $self->note_debts($hold, $answer);
            $then->();
        });
}


sub refund_of ($self, $intent, $hold) {
    my $of = $hold->{lines};
    my %lines = map { $of->[$_->{pick} % @$of]{sale} => $_ }
        @{ $intent->{lines} };

    return { reason => $intent->{reason}, restock => $intent->{restock}
        ? Mojo::JSON->true : Mojo::JSON->false, lines => [map { {
        sale => $_, $lines{$_}{units} ? (qty => $lines{$_}{units})
            : (amount_fen => $lines{$_}{fen}) } } sort keys %lines] };
}


sub payment ($self, $intent, $hold) {
    my $references = $hold->{references};
    my $kind = $intent->{payment};

    if ($kind eq 'repeat' && @$references) {
        return $references->[$intent->{pick} % @$references];
    }

    my $body = { payment => "$hold->{id}-payment-" . @$references,
        paid_fen => $hold->{amount_fen} };
    $body->{paid_fen}++ if $kind eq 'wrong';
    push @$references, $body;

    return $body;
}


# --------------------------------------------------------------- the operator

sub change ($self, $file, $target, $body, $then, $method = 'POST') {
    $self->call($file, { do => 'admin', method => $method, role => 'admin',
        target => "/admin/sales/$target", key => $self->new_key,
        defined $body ? (body => $body) : () }, $then);
}


sub do_operator ($self, $file, $intent, $buyer, $then) {
    return $self->do_nothing($file, $intent, $buyer, $then)
        if !@{ $self->{own} };

    my $sale = $self->sale_of($intent->{pick});
    if ($intent->{kind} eq 'stock') {
        $self->change($file, "$sale/stock", { add => $intent->{add} },
            sub ($answer) { $then->() });
        return;
    }
    $self->change($file, "$sale/pause", undef, sub ($answer) {
        Mojo::IOLoop->timer(0.05 => sub {
            $self->change($file, "$sale/resume", undef,
                sub ($answer) { $then->() });
        });
    });
}


# Pickup points for this run's sales. Their documents stay in the store.
sub write_points ($self) {
    my @points = map { "$self->{name}-$_" } qw(east west);
    my $left = @points;

    push @{ $self->{pickups} }, @points;
    for my $id (@points) {
        $self->call('operator', { do => 'document', method => 'PUT',
            role => 'admin', target => "/admin/documents/pickup/$id",
            key => $self->new_key, body => { name => $id, address => 'test',
            hours => 'never' } }, sub ($answer) {
                die "PUT $id: " . ($answer->{code} // 'no answer') . "\n"
                    if ($answer->{code} // 0) !~ /^20[01]$/;
                Mojo::IOLoop->stop if !--$left;
            });
    }
    $self->loop;
}


# What a wave sells: each with another reason to refuse.
sub wave_sales ($self) {
    my $stock = $self->{stock};

    return (
        rush => { stock => $stock, limit => 2, hold_ms => 1500,
            cancel_ms => 60_000 },
        few => { stock => int($stock / 4) + 1, hold_ms => 1000,
            queue => 2 * $stock },
        plenty => { stock => 10 * $stock, limit => 4, hold_ms => 3000,
            cancel_ms => 200 },
        group => { stock => $stock, limit => 5, hold_ms => 2000,
            cancel_ms => 60_000,
            goal => int($stock / 5) + 1, goal_by => 'sale' },
        points => { stock => $stock, hold_ms => 1800, cancel_ms => 60_000,
            doc => { pickups => $self->{pickups} },
            goal => int($stock / 2) + 1, goal_by => 'pickup' },
        later => { stock => $stock, limit => 3, hold_ms => 1200,
            opens_at => int(time * 1000) + 1500 },
    );
}


sub define_wave ($self, $wave, $then) {
    my %sales = $self->wave_sales;
    my @ids;
    my $left = keys %sales;

    for my $name (sort keys %sales) {
        my $id = "$self->{name}-$name-$wave";
        push @ids, $id;
        push @{ $self->{own} }, $id;
        $self->change('operator', $id, { price_fen => 100 + length $name,
            %{ $sales{$name} } }, sub ($answer) {
            die "PUT /admin/sales/$id: " . ($answer->{code} // 'no answer')
                . "\n" if !$wave && ($answer->{code} // 0) !~ /^20[01]$/;
            return if --$left;
            $self->define_givings($wave, sub {
                $self->define_referral($wave, sub { $then->(\@ids) });
            });
        }, 'PUT');
    }
}


# New sales; those that have a goal are closed, so that groups fail; of the
# others one is called off, and one compensated.
sub next_wave ($self) {
    $self->{wave_number}++;
    $self->define_wave($self->{wave_number}, sub ($sales) {
        my $old = $self->{sales};
        $self->{sales} = $sales;
        $self->end_wave($old, sub { });
    });
}


sub end_wave ($self, $sales, $then) {
    my $left = 1 + @$sales;
    my $next = sub ($answer) { $then->() if !--$left };

    $self->end_lots($sales->[0] =~ s/.*-//r, sub { $next->({}) });
    for my $id (@$sales) {
        if ($id =~ /-(?:group|points)-\d+\z/) {
            $self->change('operator', "$id/close", undef, $next);
        }
        elsif ($id =~ /-(rush|few)-\d+\z/) {
            my $off = $1 eq 'rush';
            $self->call('operator', { do => $off ? 'call-off' : 'compensate',
                method => 'POST', role => 'admin', key => $self->new_key,
                target => "/admin/sales/$id/" . ($off ? 'cancel'
                    : 'compensate'), body => { reason => 'hail',
                $off ? () : (fen_each => 7) } }, $next);
        }
        else {
            $next->({});
        }
    }
}


# Each buyer asks for its holds, so that it is known which are whose, and the
# sales are looked at once more.
sub end_run ($self) {
    my @names = sort keys %{ $self->{buyers} };
    my $open = 0;
    my $more;

    if (@{ $self->{own} }) {
        my $ended;
        $self->end_wave($self->{sales}, sub {
            $self->end_referral(sub {
                $ended = 1;
                Mojo::IOLoop->stop;
            });
        });
        $self->loop if !$ended;
    }
    $more = sub {
        while (@names && $open < $self->{clients}) {
            $open++;
            my $name = shift @names;
            $self->list_all($name, '', sub {
                $self->do_gifts('end', {}, { name => $name }, sub {
                    $self->read_tickets($name, sub {
                        $open--;
                        $more->();
                    });
                });
            });
        }
        Mojo::IOLoop->stop if !@names && !$open;
    };
    Mojo::IOLoop->next_tick(sub { $more->() });
    $self->loop;
    undef $more;

    $self->all_sales('', sub { Mojo::IOLoop->stop });
    $self->loop;
}


sub list_all ($self, $user, $before, $then) {
    $self->call('end', { do => 'list', method => 'GET', user => $user,
        target => '/api/holds?limit=100'
            . (length $before ? "&before=$before" : '') }, sub ($answer) {
        my $next = ($answer->{code} // 0) == 200 ? $answer->{body}{next}
            : undef;
        defined $next ? $self->list_all($user, $next, $then) : $then->();
    });
}


sub all_sales ($self, $after, $then) {
    $self->call('end', { do => 'sales', method => 'GET',
        target => '/api/sales?limit=100'
            . (length $after ? "&after=$after" : '') }, sub ($answer) {
        my $next = ($answer->{code} // 0) == 200 ? $answer->{body}{next}
            : undef;
        defined $next ? $self->all_sales($next, $then) : $then->();
    });
}


1;
