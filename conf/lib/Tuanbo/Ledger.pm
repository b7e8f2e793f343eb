package Tuanbo::Ledger;

# A ledger as its lines tell it, and whatever contradicts itself in it.  It
# needs nothing but Perl's own modules, and nothing of the engine:
# docs/ledger.md says what it relies on.
#
#     my $ledger = Tuanbo::Ledger->new(problem => sub { my ($seq, $words) });
#     $ledger->check_line($_) for @lines;
#
# check_line gives the entry of the line, or nothing when it is none.

use v5.16;
use strict;
use warnings;

use Digest::SHA qw(sha256_hex);

# A key is kept so long after the end of its hold.
use constant KEY_KEPT_MS => 24 * 3600 * 1000;

# Change of held and of sold by each unit of an entry's qty.
my %EFFECT = (
    held      => [ 1,  0],
    released  => [-1,  0],
    expired   => [-1,  0],
    cancelled => [-1,  0],
    sold      => [-1,  1],
    sold_late => [ 0,  1],
    returned  => [ 0, -1],
    restocked => [ 0, -1],
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
    restocked => [{map { $_ => 1 } qw(sold ready picked_up)}, undef],
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
    life       => [qw(epoch)],
    deleted    => [qw(digest)],
    pickup     => [qw(hold)],
    refund_due => [qw(hold payment amount_fen reason)],
    refunded   => [qw(hold payment amount_fen)],
    owed       => [qw(hold payment amount_fen reason due_at)],
    held       => [qw(hold buyer sale qty price_fen expires_at)],
    paying     => [qw(hold expires_at)],
    sold       => [qw(hold sale qty payment amount_fen)],
    sold_late  => [qw(hold sale qty payment amount_fen)],
    returned   => [qw(hold sale qty payment amount_fen reason)],
    (map { $_ => [qw(hold sale qty)] } qw(released expired cancelled
        restocked)),
    (map { $_ => [qw(hold)] } qw(withdrawn ready picked_up)),
    (map { $_ => [qw(sale qty)] } qw(formed failed)),
    (map { $_ => [qw(sale)] } qw(opened paused resumed closed decided)),
);


# Options: problem, called with the seq and the words of each contradiction;
# after_seq and after_hash, where a feed that begins later goes on.

sub new {
    my ($class, %option) = @_;
    my $whole = !defined $option{after_seq} && !defined $option{after_hash};

    return bless {
        whole     => $whole,
        problem   => $option{problem},
        seq       => $whole ? 0 : $option{after_seq},
        hash      => $whole ? '0' x 64 : $option{after_hash},
        first_seq => undef,
        at        => undef,
        entries   => 0,
        lives     => {},    # by epoch
        sales     => {},    # id => { stock, held, sold, limit, goal, goal_by,
                            #         joined, groups, taken }
        holds     => {},    # id => { buyer, pickup, lines => { sale => { qty,
                            #         state } }, payments, expires_at, ... }
        keys      => {},    # buyer and key => { seq, hold }
        refunds   => {},    # reference => seq
        debts     => {},    # seq of its entry => { hold, payment, sale,
                            #         amount_fen, refunded }
        of        => {},    # hold => { seq of a debt => 1 }
        clocks    => 0,     # `clock` entries
        next_line => undef, # what the next entry has to be
    }, $class;
}


sub problem {
    my ($self, $words) = @_;

    $self->{problem}->($self->{seq}, $words);

    return;
}


# Sequence, chain and form; what the entry says is looked at after that.

sub check_line {
    my ($self, $line) = @_;

    if ($line !~ /\A(.*),"hash":"([0-9a-f]{64})"\}\n\z/s) {
        $self->problem('after it comes a line without its hash or its end');
        return;
    }

    my ($text, $given) = ($1, $2);
    my $entry = parse("$text}");

    if (!defined $entry || !defined $entry->{seq} || !defined $entry->{at}
        || !defined $entry->{type})
    {
        $self->problem('after it comes a line that is not an entry');
        return;
    }

    my $expected = defined $self->{seq} ? $self->{seq} + 1 : $entry->{seq};
    my $previous = $self->{hash};

    $self->{seq} = $entry->{seq};
    $self->{hash} = $given;
    $self->{first_seq} //= $self->{seq};
    $self->{entries}++;

    if ($self->{seq} != $expected) {
        $self->problem("$expected was to come");
    }

    if (defined $previous && sha256_hex($previous . $text) ne $given) {
        $self->problem("its hash is not that of $previous and its line");
    }

    $self->check_time($entry);
    $self->check_lines($entry);
    $self->check_entry($entry);
    $self->check_key($entry);

    $entry->{hash} = $given;

    return $entry;
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
    my ($self, $entry) = @_;
    my $before = $self->{at};

    $self->{at} = $entry->{at};

    return if !defined $before;

    if ($entry->{type} eq 'clock') {
        $self->{clocks}++;

        if (($entry->{previous_at} // $before) != $before) {
            $self->problem("previous_at is $entry->{previous_at}, but the"
                . " entry before was at $before");
        }

    } elsif ($self->{at} < $before) {
        $self->problem("at $self->{at} is before $before, and no clock entry"
            . " says so");
    }

    return;
}


# The lines of a hold go together: nothing comes between their entries.  Only
# what is owed, and what goes back, does so line by line.

sub check_lines {
    my ($self, $entry) = @_;
    my $line = $entry->{line} // 1;
    my $lines = $entry->{lines} // 1;
    my $here = defined $entry->{hold}
        ? "$entry->{type} line $line of hold $entry->{hold}" : '';
    my $next = $self->{next_line};

    if (defined $next && $next ne $here) {
        $self->problem("$next was to come");
    }

    $self->{next_line} = $entry->{type} !~ /\A(?:returned|owed|restocked)\z/
        && $line < $lines
        ? "$entry->{type} line " . ($line + 1) . " of hold "
            . ($entry->{hold} // '')
        : undef;

    return;
}


# A buyer's key is executed once: who asks again gets the answer, not an entry.
# It is kept for a day: after the end of the hold that it made, or from when it
# gave a hold another pickup point.  So are the order service's, for a refund.

sub check_key {
    my ($self, $entry) = @_;

    return if $entry->{type} !~ /\A(?:held|pickup|owed)\z/
        || !defined $entry->{key};

    my $buyer = $entry->{type} eq 'owed' ? 'orders' : $entry->{buyer}
        // ($self->{holds}{$entry->{hold}} // return)->{buyer};
    my $name = "$buyer $entry->{key}";
    my $bound = $self->{keys}{$name};

    if (defined $bound) {
        my $ended_at = $bound->{at}
            // $self->{holds}{$bound->{hold}}{ended_at};

        if (!defined $ended_at || $entry->{at} < $ended_at + KEY_KEPT_MS) {
            $self->problem("key $entry->{key} was executed at seq"
                . " $bound->{seq}");
        }
    }

    $self->{keys}{$name} = { seq => $entry->{seq}, hold => $entry->{hold},
        $entry->{type} ne 'held' ? (at => $entry->{at}) : () };

    return;
}


sub check_entry {
    my ($self, $entry) = @_;
    my $type = $entry->{type};
    my $required = $REQUIRED{$type};

    if (!defined $required) {
        $self->problem("type $type is not known: its meaning cannot be"
            . " checked");
        return;
    }

    my @missing = grep { !defined $entry->{$_} } @$required;

    if (@missing) {
        $self->problem("$type without @missing");
        return;
    }

    if ($type eq 'sale') {
        $self->define_sale($entry);

    } elsif ($self->{whole} && defined $entry->{sale}
        && !exists $self->{sales}{$entry->{sale}})
    {
        $self->problem("sale $entry->{sale} was not defined");
        return;
    }

    if ($type eq 'life') {
        $self->begin_life($entry);

    } elsif ($type eq 'held') {
        $self->begin_hold($entry);

    } elsif (defined $entry->{hold}) {
        $self->follow_hold($entry);
    }

    if ($self->{whole} && defined $entry->{sale}) {
        $self->move_units($entry);
        $self->check_group($entry);
    }

    return;
}


# What a sale becomes is all that its entry says; counts stay.

sub define_sale {
    my ($self, $entry) = @_;
    my $sale = $self->{sales}{$entry->{sale}} //= {held => 0, sold => 0};

    $sale->{stock} = $entry->{stock};
    $sale->{limit} = $entry->{limit};
    $sale->{goal} = $entry->{goal};
    $sale->{goal_by} = $entry->{goal_by} // 'sale';

    return;
}


sub begin_hold {
    my ($self, $entry) = @_;
    my $line = $entry->{line} // 1;
    my $lines = $entry->{lines} // 1;
    my $hold = $self->{holds}{$entry->{hold}};

    if (defined $hold && $hold->{other}) {
        $self->problem("hold $entry->{hold} is held, and of another life");
        return;
    }

    if (!defined $hold) {
        $hold = $self->{holds}{$entry->{hold}} = {
            buyer => $entry->{buyer},
            pickup => $entry->{pickup},
            begun => $self->{seq},
            expires_at => $entry->{expires_at},
            clocks => $self->{clocks},
            lines => {},
            payments => {},
        };
    }

    if ($self->{seq} != $hold->{begun} + $line - 1 || $line > $lines) {
        $self->problem("line $line of $lines of hold $entry->{hold} that"
            . " began at seq $hold->{begun}");
    }

    if ($entry->{buyer} ne $hold->{buyer}) {
        $self->problem("hold $entry->{hold} has two buyers");
    }

    if (exists $hold->{lines}{$entry->{sale}}) {
        $self->problem("hold $entry->{hold} holds $entry->{sale} twice");
    }

    if ($entry->{qty} <= 0) {
        $self->problem("$entry->{qty} units are held");
    }

    $hold->{lines}{$entry->{sale}} = {
        qty => $entry->{qty},
        state => 'held',
    };

    return;
}


# The ids of a life are told from those of all others by its epoch.

sub begin_life {
    my ($self, $entry) = @_;

    $self->problem("epoch $entry->{epoch} is none")
        if $entry->{epoch} !~ /\A[0-9a-f]{8}\z/
            || $entry->{epoch} eq '00000000';
    $self->problem("epoch $entry->{epoch} is that of a life before")
        if $self->{lives}{$entry->{epoch}}++;

    return;
}


# An entry with a sale is about that line; without, about the whole hold.  Of a
# hold of another life there is only what was paid for it.

sub follow_hold {
    my ($self, $entry) = @_;
    my $other = ($entry->{reason} // '') eq 'other_life';
    my $hold = $self->{holds}{$entry->{hold}};

    if ($other && defined $hold && !$hold->{other}) {
        $self->problem("hold $entry->{hold} is of this ledger, no other"
            . " life's");

    } elsif ($other && !defined $hold) {
        $hold = $self->{holds}{$entry->{hold}} = {
            other => 1, lines => {}, payments => {},
        };
    }

    if (defined $hold && $hold->{other}
        && !($other && $entry->{type} =~ /\A(?:refund_due|owed)\z/)
        && $entry->{type} ne 'refunded')
    {
        $self->problem("$entry->{type}, but hold $entry->{hold} is of another"
            . " life");
        return;
    }

    if (!defined $hold) {
        $self->problem("hold $entry->{hold} was never held") if $self->{whole};
        return;
    }

    $self->move_hold($entry, $hold) if exists $ARROW{$entry->{type}};
    $self->check_pickup($entry, $hold);
    $self->check_money($entry, $hold);

    return;
}


# Where a hold is collected: as its first line says, until a `pickup` line says
# otherwise, which comes only while it is live.

sub check_pickup {
    my ($self, $entry, $hold) = @_;
    my ($is, $was) = map { $_->{pickup} // 'nowhere' } $entry, $hold;

    if ($entry->{type} eq 'pickup') {
        my @ended = grep { !/\A(?:held|paying)\z/ } map { $_->{state} }
            values %{$hold->{lines}};
        $self->problem("hold $entry->{hold} is $ended[0]: no way to another"
            . " pickup point") if @ended;
        $hold->{pickup} = $entry->{pickup};

    } elsif ($is ne $was && $entry->{type}
        =~ /\A(?:paying|released|expired|cancelled|sold|sold_late|owed
            |restocked)\z/x)
    {
        $self->problem("$entry->{type} at $is, but hold $entry->{hold} is to"
            . " be collected at $was");
    }

    return;
}


sub move_hold {
    my ($self, $entry, $hold) = @_;
    my ($from, $to) = @{$ARROW{$entry->{type}}};
    my $name = defined $entry->{sale} ? "$entry->{sale} of hold" : 'hold';
    my @lines = defined $entry->{sale}
        ? grep { defined } $hold->{lines}{$entry->{sale}}
        : values %{$hold->{lines}};
    my @moved = grep { $from->{$_->{state}} } @lines;

    if (!@lines) {
        $self->problem("$name $entry->{hold} was never held");
        return;
    }

    if (!@moved) {
        $self->problem("$name $entry->{hold} is $lines[0]{state}: no way to"
            . " $entry->{type}");
    }

    if ($entry->{type} eq 'restocked') {
        $self->restock($entry, $lines[0], $name);
        return;
    }

    if (defined $entry->{sale} && defined $entry->{qty}
        && $entry->{qty} != $lines[0]{qty})
    {
        $self->problem("$entry->{type} $entry->{qty} units, but"
            . " $lines[0]{qty} were held");
    }

    $_->{state} = $to for @moved;

    $self->check_term($entry, $hold);

    return;
}


# Units go back to their sale once, and only those that are owed back.

sub restock {
    my ($self, $entry, $line, $name) = @_;

    $line->{restocked} += $entry->{qty};

    $self->problem("$entry->{qty} units are restocked") if $entry->{qty} <= 0;
    $self->problem("$line->{restocked} units of $name $entry->{hold} are"
        . " restocked, " . ($line->{owed_qty} // 0) . " are owed back")
        if $line->{restocked} > ($line->{owed_qty} // 0);

    return;
}


# Nothing expires before its time, unless the clock went back meanwhile: then
# the time that counts is not the wall clock's.  The two clocks are read with
# the same instant in mind, each in whole milliseconds.

sub check_term {
    my ($self, $entry, $hold) = @_;
    my $type = $entry->{type};

    if ($type eq 'paying') {
        $hold->{expires_at} = $entry->{expires_at};

    } elsif ($type eq 'expired' && defined $hold->{expires_at}
        && $hold->{clocks} == $self->{clocks}
        && $entry->{at} < $hold->{expires_at} - 1)
    {
        $self->problem("expired at $entry->{at}, but hold $entry->{hold}"
            . " expires at $hold->{expires_at}");
    }

    if ($type =~ /\A(?:released|expired|cancelled|sold)\z/) {
        $hold->{ended_at} //= $entry->{at};
    }

    return;
}


# Each payment either sold, or is due back once and given back once.  What is
# owed of a line is part of the payment that sold it.

sub check_money {
    my ($self, $entry, $hold) = @_;
    my $type = $entry->{type};

    return if !defined $entry->{payment};

    my $name = "payment $entry->{payment}";
    my $payment = $hold->{payments}{$entry->{payment}} //= {};
    my $sale = $entry->{sale} // '';

    if ($type eq 'sold' || $type eq 'sold_late') {
        $self->problem("$name is due back, and sold") if $payment->{due};
        $payment->{sold}{$sale} = $entry->{amount_fen};
        $hold->{lines}{$sale}{paid} = $entry->{amount_fen}
            if exists $hold->{lines}{$sale};

    } elsif ($type eq 'refund_due' || $type eq 'owed' && $sale eq '') {
        $self->problem("$name is due back, but it sold") if $payment->{sold};
        $self->problem("$name is due back twice") if $payment->{due};
        $payment->{due} = 1;
        $self->owe($entry, $sale);

    } elsif ($type eq 'returned' || $type eq 'owed') {
        $self->problem("$name did not sell $sale")
            if !exists $payment->{sold}{$sale};
        $self->owe_line($entry, $hold, $sale);

    } elsif ($type eq 'refunded') {
        $self->refund($entry, $name);
    }

    return;
}


# A debt; its id is the seq of its entry.  One of nothing is settled.

sub owe {
    my ($self, $entry, $sale) = @_;

    $self->problem("$entry->{amount_fen} fen are owed")
        if $entry->{amount_fen} < 0;
    $self->problem("due at $entry->{due_at}, before it is owed")
        if defined $entry->{due_at} && $entry->{due_at} < $entry->{at};

    $self->{of}{$entry->{hold}}{$entry->{seq}} = 1;
    $self->{debts}{$entry->{seq}} = {
        hold => $entry->{hold},
        payment => $entry->{payment},
        sale => $sale,
        amount_fen => $entry->{amount_fen},
        refunded => $entry->{amount_fen} == 0 && $entry->{type} eq 'owed',
    };

    return;
}


# A line owes no more than was paid for it, and no unit twice.  What units are
# worth follows from what was paid for all of them.

sub owe_line {
    my ($self, $entry, $hold, $sale) = @_;
    my $line = $hold->{lines}{$sale};

    $self->owe($entry, $sale);

    return if !defined $line;

    my $worth = defined $entry->{qty} && $entry->{type} eq 'owed'
        ? worth($entry, $line) : undef;

    $self->problem("$entry->{qty} units are owed")
        if defined $entry->{qty} && $entry->{qty} <= 0;
    $self->problem("$entry->{amount_fen} fen are owed for $entry->{qty} units"
        . " of $sale of hold $entry->{hold}, worth $worth")
        if defined $worth && $worth != $entry->{amount_fen};

    $line->{owed_fen} += $entry->{amount_fen};
    $line->{owed_qty} += $entry->{qty} // 0;
    $line->{restocked} += $entry->{qty} if $entry->{type} eq 'returned';

    $self->problem("$line->{owed_fen} fen of $sale of hold $entry->{hold} are"
        . " owed, $line->{paid} were paid")
        if defined $line->{paid} && $line->{owed_fen} > $line->{paid};
    $self->problem("$line->{owed_qty} units of $sale of hold $entry->{hold}"
        . " are owed, $line->{qty} were sold")
        if $line->{owed_qty} > $line->{qty};

    return;
}


# The first n of the q units of a line paid L are worth n L / q, whole fen, so
# the next ones the difference; no more than is left.  A group that has failed
# owes all that is left.  undef: what was paid is not known.

sub worth {
    my ($entry, $line) = @_;
    my $paid = $line->{paid} // return;
    my $before = $line->{owed_qty} // 0;
    my $left = $paid - ($line->{owed_fen} // 0);

    return $left if $entry->{reason} eq 'group_failed';

    my ($from, $to) = map { use integer; $paid * $_ / $line->{qty} }
        $before, $before + $entry->{qty};

    return $to - $from < $left ? $to - $from : $left;
}


# A refund settles one debt: the one that it names; before debts had ids, that
# of the payment and sale.

sub refund {
    my ($self, $entry, $name) = @_;
    my $refund = $entry->{refund};
    my $used = defined $refund ? $self->{refunds}{$refund} : undef;
    my $debts = $self->{debts};

    $self->problem("refund $refund had settled another debt at seq $used")
        if defined $used;
    $self->{refunds}{$refund} //= $entry->{seq} if defined $refund;

    my @due = grep {
        $debts->{$_}{hold} eq $entry->{hold}
            && $debts->{$_}{payment} eq $entry->{payment}
            && $debts->{$_}{sale} eq ($entry->{sale} // '')
            && (!defined $entry->{owed} || $entry->{owed} == $_)
    } defined $entry->{owed}
        ? grep { exists $debts->{$_} } $entry->{owed}
        : sort { $a <=> $b } keys %{$self->{of}{$entry->{hold}} // {}};
    my ($open) = grep { !$debts->{$_}{refunded} } @due;

    if (!@due) {
        $self->problem("$name is given back, but it is not due");

    } elsif (!defined $open) {
        $self->problem("$name is given back twice");

    } elsif ($entry->{amount_fen} != $debts->{$open}{amount_fen}) {
        $self->problem("$name: $entry->{amount_fen} fen are given back,"
            . " $debts->{$open}{amount_fen} are due");
    }

    $debts->{$open}{refunded} = 1 if defined $open;

    return;
}


# stock = free + held + sold, none of them below 0, after each entry.

sub move_units {
    my ($self, $entry) = @_;
    my $id = $entry->{sale};
    my $sale = $self->{sales}{$id};
    my ($held, $sold) = map { $_ * ($entry->{qty} // 0) }
        @{$EFFECT{$entry->{type}} // [0, 0]};

    $sale->{held} += $held;
    $sale->{sold} += $sold;
    $sale->{stock} += $entry->{qty} if $entry->{type} eq 'stock';

    my $free = $sale->{stock} - $sale->{held} - $sale->{sold};
    my %units = (%$sale, free => $free);

    for my $name (qw(stock free held sold)) {
        $self->problem("$id has $units{$name} $name: stock $sale->{stock},"
            . " held $sale->{held}, sold $sale->{sold}") if $units{$name} < 0;
    }

    $self->take_units($entry, $sale, $held + $sold) if defined $entry->{hold};

    return;
}


# What a buyer has of a sale is within its limit whenever it grows.

sub take_units {
    my ($self, $entry, $sale, $change) = @_;
    my $hold = $self->{holds}{$entry->{hold}};

    return if $change == 0 || !defined $hold;

    my $taken = $sale->{taken}{$hold->{buyer}} += $change;

    if ($change > 0 && defined $sale->{limit} && $taken > $sale->{limit}) {
        $self->problem("the buyer has $taken units of $entry->{sale}, the"
            . " limit is $sale->{limit}");
    }

    return;
}


# A group has no members but those who paid, and is decided once.

sub check_group {
    my ($self, $entry) = @_;
    my $sale = $self->{sales}{$entry->{sale}};
    my $type = $entry->{type};

    if ($type eq 'sold' || $type eq 'sold_late') {
        my $pickup = ($self->{holds}{$entry->{hold}} // {})->{pickup} // '';
        $sale->{joined}{$_} += $entry->{qty} for 'sale', "pickup $pickup";

    } elsif ($type eq 'formed' || $type eq 'failed') {
        $self->decide_group($entry, $sale);

    } elsif ($type eq 'returned' || $type eq 'owed'
        && $entry->{reason} eq 'group_failed')
    {
        my $state = $sale->{groups}{group_of($entry, $sale)}
            // 'undecided';
        $self->problem("$type, but its group is $state")
            if $state ne 'failed';

    } elsif ($type eq 'owed') {
        $self->leave_group($entry, $sale);
    }

    return;
}


# Units that are owed back no longer count, unless their group has formed.

sub leave_group {
    my ($self, $entry, $sale) = @_;
    my $hold = $self->{holds}{$entry->{hold}};

    return if !defined $hold;

    my $pickup = $hold->{pickup} // '';

    for my $group ('sale', "pickup $pickup") {
        $sale->{joined}{$group} -= $entry->{qty} // 0
            if !defined $sale->{groups}{$group};
    }

    return;
}


sub group_of {
    my ($entry, $sale) = @_;

    return 'sale' if $sale->{goal_by} eq 'sale';
    return 'pickup ' . ($entry->{pickup} // '');
}


sub decide_group {
    my ($self, $entry, $sale) = @_;
    my $type = $entry->{type};
    my $group = group_of($entry, $sale);
    my $joined = $sale->{joined}{$group} // 0;
    my $goal = $sale->{goal};

    if (!defined $goal) {
        $self->problem("$type, but $entry->{sale} has no goal");
        return;
    }

    if (defined $sale->{groups}{$group}) {
        $self->problem("$type, but this group has $sale->{groups}{$group}"
            . " before");
    }

    if ($entry->{qty} > $joined) {
        $self->problem("$type with $entry->{qty} units, but $joined were"
            . " sold");
    }

    if (($type eq 'formed') != ($entry->{qty} >= $goal)) {
        $self->problem("$type with $entry->{qty} units, and the goal is"
            . " $goal");
    }

    $sale->{groups}{$group} = $type;

    return;
}


1;
