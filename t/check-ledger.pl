#!/usr/bin/perl

# Checks a ledger from outside: reads the lines of /ledger from files or from
# standard input and looks for whatever contradicts itself.  It needs nothing
# but Perl's own modules, and nothing of the engine: docs/ledger.md says what
# it relies on.
#
#     check-ledger.pl [--after-seq N] [--after-hash HEX] [--sales] [FILE ...]
#
# Without options the feed begins with the first entry.  --after-seq and
# --after-hash say where a feed that begins later goes on; the sums of such a
# feed are not known, so only its sequence, its chain and the holds that begin
# in it are checked.  --sales prints the sums at the end, to be compared with
# /admin/audit.
#
# Exit: 0 nothing contradicts itself, 1 something does, 2 it cannot be read.

use v5.16;
use strict;
use warnings;

use Digest::SHA qw(sha256_hex);
use Getopt::Long qw(GetOptions);

use constant PROBLEMS_MAX => 20;

# Change of held and of sold by each unit of an entry's qty.
my %EFFECT = (
    held      => [ 1,  0],
    released  => [-1,  0],
    expired   => [-1,  0],
    cancelled => [-1,  0],
    sold      => [-1,  1],
    sold_late => [ 0,  1],
    returned  => [ 0, -1],
);

# The arrows: what a line of a hold may have been before, what it is then.
my %ARROW = (
    paying    => [{held => 1}, 'paying'],
    released  => [{held => 1}, 'released'],
    expired   => [{held => 1, paying => 1}, 'expired'],
    cancelled => [{held => 1, paying => 1}, 'cancelled'],
    withdrawn => [{expired => 1}, 'cancelled'],
    sold      => [{held => 1, paying => 1}, 'sold'],
    sold_late => [{expired => 1}, 'sold'],
    returned  => [{sold => 1}, 'returned'],
    ready     => [{sold => 1}, 'ready'],
    picked_up => [{ready => 1}, 'picked_up'],
);

# The fields without which an entry says nothing, by type.
my %REQUIRED = (
    store      => [],
    boot       => [qw(boot offset_ms)],
    clock      => [qw(previous_at)],
    sale       => [qw(sale stock price_fen)],
    stock      => [qw(sale qty)],
    document   => [qw(digest)],
    refund_due => [qw(hold payment amount_fen reason)],
    refunded   => [qw(hold payment amount_fen)],
    held       => [qw(hold buyer sale qty price_fen expires_at)],
    paying     => [qw(hold expires_at)],
    sold       => [qw(hold sale qty payment amount_fen)],
    sold_late  => [qw(hold sale qty payment amount_fen)],
    returned   => [qw(hold sale qty payment amount_fen reason)],
    (map { $_ => [qw(hold sale qty)] } qw(released expired cancelled)),
    (map { $_ => [qw(hold)] } qw(withdrawn ready picked_up)),
    (map { $_ => [qw(sale qty)] } qw(formed failed)),
    (map { $_ => [qw(sale)] } qw(opened paused resumed closed decided)),
);

my %option;
GetOptions(\%option, 'after-seq=i', 'after-hash=s', 'sales')
    or exit 2;

if (defined $option{'after-hash'}
    && $option{'after-hash'} !~ /\A[0-9a-f]{64}\z/)
{
    print STDERR "--after-hash: 64 hexadecimal digits\n";
    exit 2;
}

my $whole = !defined $option{'after-seq'} && !defined $option{'after-hash'};

my $seq  = $whole ? 0 : $option{'after-seq'};
my $hash = $whole ? '0' x 64 : $option{'after-hash'};
my $first_seq;
my $at;
my $entries  = 0;
my $problems = 0;

my %sales;       # id => { stock, held, sold, limit, goal, goal_by, joined,
                 #         groups, taken }
my %holds;       # id => { buyer, pickup, lines => { sale => { qty, state } },
                 #         payments }

check_files(@ARGV ? @ARGV : '-');

if ($entries == 0 && $whole) {
    problem('there is no entry');
}

if ($option{sales}) {
    print_sales();
}

if ($problems > 0) {
    printf "%d contradictions in %d entries\n", $problems, $entries;
    exit 1;
}

print summary(), "\n";
exit 0;


sub check_files {
    for my $name (@_) {
        my $file;

        if ($name eq '-') {
            $file = \*STDIN;

        } elsif (!open $file, '<', $name) {
            print STDERR "$name: $!\n";
            exit 2;
        }

        binmode $file;

        while (my $line = <$file>) {
            check_line($line);
        }

        if ($file->error) {
            print STDERR "$name: $!\n";
            exit 2;
        }
    }

    return;
}


sub problem {
    my ($words) = @_;

    $problems++;

    if ($problems <= PROBLEMS_MAX) {
        printf "%s: %s\n", defined $seq ? "seq $seq" : 'before the feed',
            $words;
    }

    return;
}


sub summary {
    my $range = $entries > 0 ? ", seq $first_seq to $seq, hash $hash" : '';
    my $sums = $whole
        ? sprintf ', the units of %d sales add up', scalar keys %sales
        : '; begins in the middle: sums not checked';

    return "ok: $entries entries$range$sums";
}


sub print_sales {
    for my $id (sort keys %sales) {
        my $sale = $sales{$id};

        printf "%s stock %d free %d held %d sold %d\n", $id, $sale->{stock},
            $sale->{stock} - $sale->{held} - $sale->{sold}, $sale->{held},
            $sale->{sold};
    }

    return;
}


# Sequence, chain and form; what the entry says is looked at after that.

sub check_line {
    my ($line) = @_;

    if ($line !~ /\A(.*),"hash":"([0-9a-f]{64})"\}\n\z/s) {
        problem('after it comes a line without its hash or its end');
        return;
    }

    my ($text, $given) = ($1, $2);
    my $entry = parse("$text}");

    if (!defined $entry || !defined $entry->{seq} || !defined $entry->{at}
        || !defined $entry->{type})
    {
        problem('after it comes a line that is not an entry');
        return;
    }

    my $expected = defined $seq ? $seq + 1 : $entry->{seq};
    my $previous = $hash;

    $seq = $entry->{seq};
    $hash = $given;
    $first_seq //= $seq;
    $entries++;

    if ($seq != $expected) {
        problem("$expected was to come");
    }

    if (defined $previous && sha256_hex($previous . $text) ne $given) {
        problem("its hash is not that of $previous and its line");
    }

    check_time($entry);
    check_entry($entry);

    return;
}


# An entry is flat, and its strings never need escaping.

sub parse {
    my ($text) = @_;
    my %entry;

    $text =~ /\A\{/gc or return;

    while ($text =~ /\G"([a-z0-9_]+)":(?:"([^"\\]*)"|(-?[0-9]{1,19}))/gc) {
        return if exists $entry{$1};
        $entry{$1} = defined $3 ? $3 + 0 : $2;

        last if $text !~ /\G,/gc;
    }

    return $text =~ /\G\}\z/ ? \%entry : undef;
}


sub check_time {
    my ($entry) = @_;
    my $before = $at;

    $at = $entry->{at};

    return if !defined $before;

    if ($entry->{type} eq 'clock') {
        if (($entry->{previous_at} // $before) != $before) {
            problem("previous_at is $entry->{previous_at}, but the entry"
                . " before was at $before");
        }

    } elsif ($at < $before) {
        problem("at $at is before $before, and no clock entry says so");
    }

    return;
}


sub check_entry {
    my ($entry) = @_;
    my $type = $entry->{type};
    my $required = $REQUIRED{$type};

    if (!defined $required) {
        problem("type $type is not known: its meaning cannot be checked");
        return;
    }

    my @missing = grep { !defined $entry->{$_} } @$required;

    if (@missing) {
        problem("$type without @missing");
        return;
    }

    if ($type eq 'sale') {
        define_sale($entry);

    } elsif ($whole && defined $entry->{sale}
        && !exists $sales{$entry->{sale}})
    {
        problem("sale $entry->{sale} was not defined");
        return;
    }

    if ($type eq 'held') {
        begin_hold($entry);

    } elsif (defined $entry->{hold}) {
        follow_hold($entry);
    }

    if ($whole && defined $entry->{sale}) {
        move_units($entry);
        check_group($entry);
    }

    return;
}


# What a sale becomes is all that its entry says; counts stay.

sub define_sale {
    my ($entry) = @_;
    my $sale = $sales{$entry->{sale}} //= {held => 0, sold => 0};

    $sale->{stock} = $entry->{stock};
    $sale->{limit} = $entry->{limit};
    $sale->{goal} = $entry->{goal};
    $sale->{goal_by} = $entry->{goal_by} // 'sale';

    return;
}


sub begin_hold {
    my ($entry) = @_;
    my $line = $entry->{line} // 1;
    my $lines = $entry->{lines} // 1;
    my $hold = $holds{$entry->{hold}};

    if (!defined $hold) {
        $hold = $holds{$entry->{hold}} = {
            buyer => $entry->{buyer},
            pickup => $entry->{pickup},
            begun => $seq,
            lines => {},
            payments => {},
        };
    }

    if ($seq != $hold->{begun} + $line - 1 || $line > $lines) {
        problem("line $line of $lines of hold $entry->{hold} that began at"
            . " seq $hold->{begun}");
    }

    if ($entry->{buyer} ne $hold->{buyer}) {
        problem("hold $entry->{hold} has two buyers");
    }

    if (exists $hold->{lines}{$entry->{sale}}) {
        problem("hold $entry->{hold} holds $entry->{sale} twice");
    }

    if ($entry->{qty} <= 0) {
        problem("$entry->{qty} units are held");
    }

    $hold->{lines}{$entry->{sale}} = {
        qty => $entry->{qty},
        state => 'held',
    };

    return;
}


# An entry with a sale is about that line; without, about the whole hold.

sub follow_hold {
    my ($entry) = @_;
    my $hold = $holds{$entry->{hold}};

    if (!defined $hold) {
        problem("hold $entry->{hold} was never held") if $whole;
        return;
    }

    move_hold($entry, $hold) if exists $ARROW{$entry->{type}};
    check_money($entry, $hold);

    return;
}


sub move_hold {
    my ($entry, $hold) = @_;
    my ($from, $to) = @{$ARROW{$entry->{type}}};
    my $name = defined $entry->{sale} ? "$entry->{sale} of hold" : 'hold';
    my @lines = defined $entry->{sale}
        ? grep { defined } $hold->{lines}{$entry->{sale}}
        : values %{$hold->{lines}};
    my @moved = grep { $from->{$_->{state}} } @lines;

    if (!@lines) {
        problem("$name $entry->{hold} was never held");
        return;
    }

    if (!@moved) {
        problem("$name $entry->{hold} is $lines[0]{state}: no way to"
            . " $entry->{type}");
    }

    if (defined $entry->{sale} && defined $entry->{qty}
        && $entry->{qty} != $lines[0]{qty})
    {
        problem("$entry->{type} $entry->{qty} units, but $lines[0]{qty} were"
            . " held");
    }

    $_->{state} = $to for @moved;

    return;
}


# Each payment either sold, or is due back once and given back once.

sub check_money {
    my ($entry, $hold) = @_;
    my $type = $entry->{type};

    return if !defined $entry->{payment};

    my $name = "payment $entry->{payment}";
    my $payment = $hold->{payments}{$entry->{payment}} //= {};
    my $sale = $entry->{sale} // '';

    if ($type eq 'sold' || $type eq 'sold_late') {
        problem("$name is due back, and sold") if $payment->{due};
        $payment->{sold}{$sale} = 1;

    } elsif ($type eq 'refund_due') {
        problem("$name is due back, but it sold") if $payment->{sold};
        problem("$name is due back twice") if $payment->{due}{$sale};
        $payment->{due}{$sale} = $entry->{amount_fen};

    } elsif ($type eq 'returned') {
        problem("$name did not sell $sale") if !$payment->{sold}{$sale};
        $payment->{due}{$sale} = $entry->{amount_fen};

    } elsif ($type eq 'refunded') {
        refund($entry, $payment, $name);
    }

    return;
}


sub refund {
    my ($entry, $payment, $name) = @_;
    my @due = defined $entry->{sale}
        ? grep { $_ eq $entry->{sale} } keys %{$payment->{due} // {}}
        : keys %{$payment->{due} // {}};
    my @open = grep { !$payment->{refunded}{$_} } @due;
    my $amount = 0;

    $amount += $payment->{due}{$_} for @open;

    if (!@due) {
        problem("$name is given back, but it is not due");

    } elsif (!@open) {
        problem("$name is given back twice");

    } elsif ($entry->{amount_fen} != $amount) {
        problem("$name: $entry->{amount_fen} fen are given back, $amount are"
            . " due");
    }

    $payment->{refunded}{$_} = 1 for @open;

    return;
}


# stock = free + held + sold, none of them below 0, after each entry.

sub move_units {
    my ($entry) = @_;
    my $id = $entry->{sale};
    my $sale = $sales{$id};
    my ($held, $sold) = map { $_ * ($entry->{qty} // 0) }
        @{$EFFECT{$entry->{type}} // [0, 0]};

    $sale->{held} += $held;
    $sale->{sold} += $sold;
    $sale->{stock} += $entry->{qty} if $entry->{type} eq 'stock';

    my $free = $sale->{stock} - $sale->{held} - $sale->{sold};
    my %units = (%$sale, free => $free);

    for my $name (qw(stock free held sold)) {
        problem("$id has $units{$name} $name: stock $sale->{stock},"
            . " held $sale->{held}, sold $sale->{sold}") if $units{$name} < 0;
    }

    take_units($entry, $sale, $held + $sold) if defined $entry->{hold};

    return;
}


# What a buyer has of a sale is within its limit whenever it grows.

sub take_units {
    my ($entry, $sale, $change) = @_;
    my $hold = $holds{$entry->{hold}};

    return if $change == 0 || !defined $hold;

    my $taken = $sale->{taken}{$hold->{buyer}} += $change;

    if ($change > 0 && defined $sale->{limit} && $taken > $sale->{limit}) {
        problem("the buyer has $taken units of $entry->{sale}, the limit is"
            . " $sale->{limit}");
    }

    return;
}


# A group has no members but those who paid, and is decided once.

sub check_group {
    my ($entry) = @_;
    my $sale = $sales{$entry->{sale}};
    my $type = $entry->{type};

    if ($type eq 'sold' || $type eq 'sold_late') {
        my $pickup = ($holds{$entry->{hold}} // {})->{pickup} // '';
        $sale->{joined}{$_} += $entry->{qty} for 'sale', "pickup $pickup";

    } elsif ($type eq 'formed' || $type eq 'failed') {
        decide_group($entry, $sale);

    } elsif ($type eq 'returned') {
        my $state = $sale->{groups}{group_of($entry, $sale)} // 'undecided';
        problem("returned, but its group is $state") if $state ne 'failed';
    }

    return;
}


sub group_of {
    my ($entry, $sale) = @_;

    return 'sale' if $sale->{goal_by} eq 'sale';
    return 'pickup ' . ($entry->{pickup} // '');
}


sub decide_group {
    my ($entry, $sale) = @_;
    my $type = $entry->{type};
    my $group = group_of($entry, $sale);
    my $joined = $sale->{joined}{$group} // 0;
    my $goal = $sale->{goal};

    if (!defined $goal) {
        problem("$type, but $entry->{sale} has no goal");
        return;
    }

    if (defined $sale->{groups}{$group}) {
        problem("$type, but this group has $sale->{groups}{$group} before");
    }

    if ($entry->{qty} > $joined) {
        problem("$type with $entry->{qty} units, but $joined were sold");
    }

    if (($type eq 'formed') != ($entry->{qty} >= $goal)) {
        problem("$type with $entry->{qty} units, and the goal is $goal");
    }

    $sale->{groups}{$group} = $type;

    return;
}
