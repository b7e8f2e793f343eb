use v5.36;
use FindBin;
use Mojo::JSON qw(decode_json);
use Tuanbo::Test;
use Tuanbo::Test::Clerk;
use Tuanbo::Test::Postgres;
use Tuanbo::Test::Programs;

use lib "$FindBin::Bin/../conf/lib";
use Tuanbo::Ledger;

# What the desk asks of the folded rows: money, orders, who has not come. Held
# against what the checker, and a few lines here, add up from the ledger.

my $postgres = Tuanbo::Test::Postgres->new;
my $dir = File::Temp->newdir('questions-XXXXXX', TMPDIR => 1);
my $model = program('model/model');

# of a seed whose ledger has all that is asked for at the end
is(system("$model 47 12000 $dir/ledger >$dir/model 2>&1"), 0, 'a ledger')
    or BAIL_OUT('no ledger');
my @lines = split /^/, Tuanbo::Test::slurp("$dir/ledger");
my %seen;

sub key ($row) { join ' ', map { $row->{$_} // '' } qw(sale pickup) }

# Of a part of the ledger: entries, the checker's sums, sales, debts.
sub known ($n) {
    my $known = { checked => Tuanbo::Ledger->new(problem => sub { }),
        entries => [map { decode_json($_) } @lines[0 .. $n - 1]] };

    $known->{checked}->check_line($_) for @lines[0 .. $n - 1];
    for my $entry (@{ $known->{entries} }) {
        if ($entry->{type} =~ /^sold/) {
            $known->{sold}{"$entry->{hold} $entry->{sale}"} = $entry;
            $known->{order}{$entry->{hold}} = $entry;
        }
        $known->{debt}{$entry->{seq}} = { %$entry }
            if $entry->{type} eq 'owed';
        $known->{debt}{$entry->{owed}}{refunded_at} = $entry->{at}
            if $entry->{type} eq 'refunded';
        $known->{began}{$entry->{hold}} //= $entry
            if $entry->{type} =~ /^(?:held|queued|granted)\z/;
    }

    return $known;
}

sub money ($known, $with) {
    my ($from, $to, $now) = @$with{qw(from to now)};
    my %rows;
    my $row = sub ($of) {
        $rows{key($of)} //= { units => 0, sold_fen => 0, owed_fen => 0,
            overdue_fen => 0, refunded_fen => 0,
            map { defined $of->{$_} ? ($_ => $of->{$_}) : () } qw(sale pickup) };
    };
    for my $sold (values %{ $known->{sold} }) {
        next if $sold->{at} < $from || $sold->{at} >= $to;
        $row->($sold)->{units} += $sold->{qty};
        $row->($sold)->{sold_fen} += $sold->{amount_fen};
    }
    for my $debt (values %{ $known->{debt} }) {
        my $paid = $debt->{refunded_at};
        if (!$paid && $debt->{at} < $to) {
            $row->($debt)->{owed_fen} += $debt->{amount_fen};
            $row->($debt)->{overdue_fen} += $debt->{amount_fen}
                if $debt->{due_at} < $now;
        }
        $row->($debt)->{refunded_fen} += $debt->{amount_fen}
            if $paid && $paid >= $from && $paid < $to;
    }
    my %points = map { $_ => 1 } @{ $with->{points} // [] };
    return [map { $rows{$_} } sort grep { !$with->{points}
        || $points{$rows{$_}{pickup} // ''} } keys %rows];
}

# Where the goods of a line are, by the checker.
sub goods ($line) {
    return { sold => 'awaited', ready => 'ready', short => 'short',
        handed_over => 'handed_over' }->{$line->{state}} // '';
}

sub orders ($known, $with) {
    my $holds = $known->{checked}{holds};
    my $state = $with->{state} // '';
    my $unsold = $state =~ /^(held|paying|released|expired|cancelled)$/;
    my $at = $unsold ? $known->{began} : $known->{order};
    my %points = map { $_ => 1 } @{ $with->{points} // [] };

    return [sort { $at->{$a}{at} <=> $at->{$b}{at} || $a cmp $b } grep {
        my $hold = $holds->{$_};
        my @lines = values %{ $hold->{lines} };
        $at->{$_} && $at->{$_}{at} >= $with->{from}
            && $at->{$_}{at} < $with->{to}
            && (!$with->{points} || $points{$hold->{pickup} // ''})
            && ($state eq '' || ($unsold
                ? $lines[0]{state} eq $state && !$known->{order}{$_}
                : grep { goods($_) eq $state } @lines));
    } keys %$holds];
}

sub left ($line) { $line->{qty} - ($line->{restocked} // 0)
    - ($line->{short_qty} // 0) }

sub not_come ($known, $with) {
    my $holds = $known->{checked}{holds};
    my %points = map { $_ => 1 } @{ $with->{points} // [] };
    my @found;

    for my $id (keys %$holds) {
        my $hold = $holds->{$id};
        next if $with->{points} && !$points{$hold->{pickup} // ''};
        my @there = map { "$_ " . left($hold->{lines}{$_}) }
            grep { goods($hold->{lines}{$_}) eq 'ready'
                && left($hold->{lines}{$_}) > 0 } sort keys %{ $hold->{lines} };
        push @found, [$hold->{pickup} // '', $id, @there] if @there;
    }

    return [sort { $a->[0] cmp $b->[0] || $a->[1] cmp $b->[1] } @found];
}

# Pages, one after the other.
sub pages ($clerk, $name, $with) {
    my ($after, @list, $first);
    while (1) {
        my $said = $clerk->ask($name, { %$with, limit => 7,
            (defined $after ? (after => $after) : ()) });
        my $answer = $said->{answer} or return (undef, [$said]);
        $first //= $answer;
        push @list, @{ $answer->{orders} };
        return ($first, \@list) if !defined $answer->{next};
        $after = $answer->{next};
        if ($after ne $list[-1]{hold} || @list > 5000) {
            fail("$name: pages go on");
            return ($first, \@list);
        }
    }
}

sub ask_all ($clerk, $known, $name) {
    my @all = @{ $known->{entries} };
    my ($first, $last) = ($all[0]{at}, $all[-1]{at} + 1);
    my $middle = $all[@all / 2]{at};
    my @points = ('p1', 'p4');
    my @wrong;
    my $same = sub ($what, $is, $should) {
        push @wrong, [$what, $is, $should]
            if Mojo::JSON::encode_json($is) ne Mojo::JSON::encode_json($should);
        $seen{$what =~ s/ .*//r} += @$should;
    };

    for my $time ([$first, $last], [$first, $middle], [$middle, $last],
        [$last, $last + 1])
    {
        my %with = (from => $time->[0], to => $time->[1]);

        for my $points (undef, \@points, ['none']) {
            my %at = (%with, $points ? (points => $points) : ());
            for my $now ($middle, $last + 1e9) {
                my $money = { %at, now => $now };
                my $answer = $clerk->ask(money => $money)->{answer};
                my $should = money($known, $money);
                $same->('money', $answer->{rows}, $should);
                $same->('sum', [map { my $n = $_; my $sum = 0;
                    $sum += $_->{$n} for @$should; $sum }
                    qw(units sold_fen owed_fen overdue_fen refunded_fen)],
                    [@{ $answer->{sum} }{qw(units sold_fen owed_fen
                        overdue_fen refunded_fen)}]);
                $seen{$_} += $answer->{sum}{$_} for keys %{ $answer->{sum} };
            }
            for my $state (undef, qw(awaited ready handed_over short held
                paying released expired cancelled))
            {
                my $orders = { %at, defined $state ? (state => $state) : () };
                my (undef, $list) = pages($clerk, orders => $orders);
                $same->("orders-" . ($state // 'all'),
                    [map { $_->{hold} } @$list], orders($known, $orders));
                for my $order (defined $state ? () : @$list) {
                    my $hold = $known->{checked}{holds}{$order->{hold}};
                    my %line = map { $_->{sale} => $_ } @{ $order->{lines} };
                    my %of = %{ $hold->{lines} };
                    my $sum = 0;
                    $sum += $_->{paid} // 0 for values %of;
                    $same->("order $order->{hold}", [$order->{pickup},
                        $order->{at}, $order->{amount_fen}, map { $_,
                        @{ $line{$_} }{qw(qty goods owed_fen
                        restocked_qty short_qty)} } sort keys %line],
                        [$hold->{pickup}, $known->{order}{$order->{hold}}{at},
                        $sum, map { $_, $of{$_}{qty}, goods($of{$_}),
                        map { $_ // 0 } @{ $of{$_} }{qw(owed_fen restocked
                        short_qty)} } sort keys %of]);
                }
            }
        }
    }
    for my $points (undef, \@points, ['none']) {
        my $with = $points ? { points => $points } : {};
        my ($first, $list) = pages($clerk, not_come => $with);
        my $should = not_come($known, $with);
        my %sum;
        $same->('not_come', [map { my $order = $_; [$order->{pickup} // '',
            $order->{hold}, map { "$_->{sale} $_->{qty}" }
            @{ $order->{lines} }] } @$list], $should);
        for my $order (@$should) {
            my ($point, undef, @there) = @$order;
            $sum{$point}[0]++;
            $sum{$point}[1] += s/.* //r for @there;
        }
        $same->('points', [map { [$_->{pickup} // '', @$_{qw(orders units)}] }
            @{ $first->{points} }], [map { [$_, @{ $sum{$_} }] }
            sort keys %sum]);
    }
    is_deeply([@wrong[0 .. ($#wrong > 4 ? 4 : $#wrong)]], [], $name);
}

for my $kind (qw(SQLite PostgreSQL)) {
    my $clerk = Tuanbo::Test::Clerk->new(database => $kind eq 'SQLite'
        ? undef : $postgres->at)->start;

    is($clerk->ask(money => { from => 0, to => 1, now => 1 })->{refused},
        'not_ready', "$kind: nothing is folded");
    is($clerk->ask('not_come')->{refused}, 'not_ready', 'for each question');
    is($clerk->ask(orders => { from => 0, to => 1 })->{refused}, 'not_ready',
        'it is said');

    # so far that much is on the shelf, and to the end
    for my $n (1160, scalar @lines) {
        open my $part, '>', "$dir/part" or die $!;
        print {$part} @lines[0 .. $n - 1];
        close $part or die $!;
        my ($code, $said) = $clerk->tool('fold', '--file', "$dir/part");
        is($code, 0, "$kind: $n entries are folded") or diag $said;
        ask_all($clerk, known($n), "$kind: asked after $n entries");
        is($clerk->ask('not_come')->{answer}{seq}, $n, 'it says after which');
    }

    for my $wrong ([money => { from => 0, to => 1 }, 'now'],
        [money => { from => -1, to => 1, now => 1 }, 'from'],
        [money => { from => 0, to => 1.5, now => 1 }, 'to'],
        [money => { from => 0, to => 1, now => 1, points => 'p1' }, 'points'],
        [orders => { to => 1 }, 'from'],
        [orders => { from => 0, to => 1, state => 'sold' }, 'state'],
        [orders => { from => 0, to => 1, points => 'p1' }, 'points'],
        [orders => { from => 0, to => 1, points => [1] }, 'points'],
        [orders => { from => 0, to => 1, after => 'none' }, 'after'],
        [not_come => { points => 7 }, 'points'],
        [not_come => { after => {} }, 'after'])
    {
        my ($name, $with, $field) = @$wrong;
        is_deeply($clerk->ask($name, $with), { refused => 'bad_request',
            field => $field }, "$name: $field is wrong");
    }

    # a writer that is at it holds up no question
    if ($kind eq 'SQLite') {
        my $pid = open my $other, '|-', 'sqlite3', $clerk->dir . '/folded.db'
            or die $!;
        print {$other} "BEGIN IMMEDIATE; UPDATE position SET seq = 1;\n",
            ".shell touch $dir/locked\n";
        $other->flush;
        wait_until { -e "$dir/locked" } or fail('a lock');
        ok($clerk->ask('not_come')->{answer}, 'asked beside a writer');
        is(($clerk->tool('dump'))[0], 0, 'dumped, too');
        kill KILL => $pid;
        close $other;
        unlink "$dir/locked";

        # deleted, and folded again
        unlink glob $clerk->dir . '/folded.db*';
        is($clerk->ask('not_come')->{refused}, 'not_ready', 'deleted');
        $clerk->tool('fold', '--file', "$dir/part");
        is($clerk->ask('not_come')->{answer}{seq}, scalar @lines, 'and back');
    }
    $clerk->stop;
}

cmp_ok($seen{$_} // 0, '>', 0, "there is some: $_")
    for qw(money sum units sold_fen owed_fen overdue_fen refunded_fen order
        orders-all orders-awaited orders-ready orders-handed_over orders-short
        orders-released orders-expired orders-cancelled orders-held not_come
        points);

done_testing;
