package Tuanbo::Ledger;

# A ledger as its lines tell it, and whatever contradicts itself in it.  It
# needs nothing but Perl's own modules, and nothing of the engine:
# docs/ledger.md says what it relies on.
#
#     my $ledger = Tuanbo::Ledger->new(problem => sub { my ($seq, $words) });
#     $ledger->check_line($_) for @lines;
#     $ledger->finish;
#
# check_line gives the entry of the line, or nothing when it is none.  finish
# is for a ledger that goes no further: what should have been done long ago.
#
# Here is what concerns each line: form, sequence, chain, time, keys, and what
# has to follow at once.  What an entry is about is looked at below Ledger/,
# subject by subject; all of them are methods of the one ledger.

use v5.16;
use strict;
use warnings;

use Digest::SHA qw(sha256_hex);

use parent map { "Tuanbo::Ledger::$_" }
    qw(Sales Holds Goods Debts Claims Waves Tasks Givings Draws Queue);

# A key is kept so long after the end of its hold.
use constant KEY_KEPT_MS => 24 * 3600 * 1000;

# The fields without which an entry says nothing, by type.
my %REQUIRED = (
    store       => [],
    boot        => [qw(boot offset_ms)],
    clock       => [qw(previous_at)],
    sale        => [qw(sale stock price_fen)],
    document    => [qw(digest)],
    life        => [qw(epoch)],
    deleted     => [qw(digest)],
    refund_due  => [qw(hold payment amount_fen reason)],
    refunded    => [qw(hold payment amount_fen)],
    owed        => [qw(hold payment amount_fen reason due_at)],
    held        => [qw(hold buyer sale qty price_fen expires_at)],
    paying      => [qw(hold expires_at)],
    sold        => [qw(hold sale qty payment amount_fen)],
    sold_late   => [qw(hold sale qty payment amount_fen)],
    returned    => [qw(hold sale qty payment amount_fen reason)],
    wave        => [qw(wave cut_at digest)],
    frozen      => [qw(wave)],
    received    => [qw(wave sale qty)],
    claimed     => [qw(hold sale qty amount_fen reason due_at)],
    compensated => [qw(sale qty amount_fen)],
    settled     => [qw(sale of)],
    terms       => [qw(sale digest)],
    granted     => [qw(hold buyer sale qty number)],
    bound       => [qw(hold sale gift off_fen)],
    unbound     => [qw(hold sale gift reason)],
    revealed    => [qw(sale seed)],
    referred    => [qw(hold from)],
    queued      => [qw(hold buyer sale qty number)],
    served      => [qw(hold sale qty price_fen expires_at)],
    (map { $_ => [qw(hold sale qty)] } qw(released expired cancelled
        restocked short put_back double stepped_out ended)),
    (map { $_ => [qw(hold)] } qw(withdrawn pickup ready picked_up)),
    (map { $_ => [qw(hold claim)] } qw(accepted denied)),
    (map { $_ => [qw(sale qty)] } qw(stock formed failed)),
    (map { $_ => [qw(sale)] } qw(opened paused resumed closed decided
        called_off drawn)),
);

# The reasons of a payment that sold nothing, of a line of an order, and those
# that a buyer may give.
my %PAYMENT = map { $_ => 1 } qw(late released cancelled second_payment
    wrong_amount group_failed limit_used other_life sale_cancelled gift_gone);
my %LINE = map { $_ => 1 } qw(group_failed bad short cancelled goodwill
    damaged wrong sale_cancelled compensation);
my %CLAIM = map { $_ => 1 } qw(bad short damaged wrong);

# Why a gift is free again.
my %UNBOUND = map { $_ => 1 } qw(asked expired released cancelled returned);

# All lines of a hold do these together.
my %TOGETHER = map { $_ => 1 } qw(held released expired cancelled sold
    sold_late);

# The entries that an operator does not make, and that bind a key.
my %BINDS = map { $_ => 1 } qw(held pickup owed picked_up double put_back
    claimed accepted denied granted bound unbound queued);


# Options: problem, called with the seq and the words of each contradiction;
# after_seq and after_hash, where a feed that begins later goes on; unsteady,
# where the clock may have gone back unseen.

sub new {
    my ($class, %option) = @_;
    my $whole = !defined $option{after_seq} && !defined $option{after_hash};

    return bless {
        whole     => $whole,
        problem   => $option{problem},
        unsteady  => $option{unsteady},
        seq       => $whole ? 0 : $option{after_seq},
        hash      => $whole ? '0' x 64 : $option{after_hash},
        first_seq => undef,
        at        => undef,
        entries   => 0,
        lives     => {},    # by epoch
        sales     => {},    # by id, see Sales.pm
        holds     => {},    # by id, see Holds.pm
        keys      => {},    # whose it is, and key => { seq, hold, at }
        refunds   => {},    # reference => seq
        debts     => {},    # by the seq of its entry, see Debts.pm
        of        => {},    # hold => { seq of a debt => 1 }
        claims    => {},    # by the seq of its entry, see Claims.pm
        waves     => {},    # by id, see Waves.pm
        referred  => {},    # by the seq of its entry, see Givings.pm
        newcomers => {},    # buyers in these
        first_holds => {},  # of each buyer, no gifts
        handed    => {},    # buyers to whom goods were handed over
        clocks    => 0,     # `clock` entries
        next_line => undef, # what the next entry has to be
        at_once   => [],    # what has to follow, see expect
        expected  => 0,     # this entry was expected
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
    $self->check_key($entry) if defined $entry->{key};

    $entry->{hash} = $given;

    return $entry;
}


# An entry is flat, and its strings never need escaping: nor is there a brace
# in them, or a field twice.

sub parse {
    my ($text) = @_;
    my ($fields, %entry) = 0;

    return if index($text, '{') != 0 || rindex($text, '{') != 0;

    while ($text =~ /\G[{,]"([a-z0-9_]++)":
        (?|"([^"\\]*+)"|(-?[0-9]{1,19}+)())/gcx)
    {
        $entry{$1} = defined $3 ? $2 + 0 : $2;
        $fields++;
    }

    return $fields == keys %entry && $text =~ /\G\}\z/ ? \%entry : undef;
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
# what is owed, what goes back, and goods do so line by line.

sub check_lines {
    my ($self, $entry) = @_;
    my $next = $self->{next_line};

    return if !defined $next && !defined $entry->{lines};

    my $line = $entry->{line} // 1;
    my $of = " of hold " . ($entry->{hold} // '');

    if (defined $next && $next ne "$entry->{type} line $line$of") {
        $self->problem("$next was to come");
    }

    $self->{next_line} = $TOGETHER{$entry->{type}}
        && $line < ($entry->{lines} // 1)
        ? "$entry->{type} line " . ($line + 1) . $of : undef;

    return;
}


# A key is executed once: who asks again gets the answer, not an entry.  It is
# kept for a day: after the end of the hold that it made, or from when it was
# used; by a clock that went back unseen (`unsteady`) a day is no day.

sub check_key {
    my ($self, $entry) = @_;
    my $type = $entry->{type};

    return if !$BINDS{$type};

    my $whose = defined $entry->{buyer} ? $entry->{buyer}
        : $type =~ /\A(?:pickup|bound|unbound)\z/
            ? ($self->{holds}{$entry->{hold}} // return)->{buyer}
        : $type eq 'owed' && $entry->{reason} eq 'cancelled' ? 'cancelled'
        : $type eq 'accepted' || $type eq 'denied' ? 'answer'
        : $type;
    my $name = "$whose $entry->{key}";
    my $bound = $self->{keys}{$name};

    if (defined $bound) {
        my $ended_at = $bound->{at}
            // $self->{holds}{$bound->{hold}}{ended_at};

        my $kept_ms = $self->{unsteady} ? KEY_KEPT_MS / 2 : KEY_KEPT_MS;

        if (!defined $ended_at || $entry->{at} < $ended_at + $kept_ms) {
            $self->problem("key $entry->{key} was executed at seq"
                . " $bound->{seq}");
        }
    }

    $self->{keys}{$name} = { seq => $entry->{seq}, hold => $entry->{hold},
        $type =~ /\A(?:held|queued)\z/ ? () : (at => $entry->{at}) };

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

    $self->check_reason($entry) if defined $entry->{reason};
    $self->check_at_once($entry) if @{$self->{at_once}};

    $self->{task_at} = $self->{at}
        if defined $self->{task_at} && $type =~ /\A(?:boot|clock|life)\z/;

    if ($type eq 'sale') {
        $self->define_sale($entry);

    } elsif ($self->{whole} && defined $entry->{sale}
        && !exists $self->{sales}{$entry->{sale}})
    {
        $self->problem("sale $entry->{sale} was not defined");
        return;
    }

    if ($type =~ /\A(?:held|granted|queued)\z/) {
        $self->begin_hold($entry);

    } elsif (defined $entry->{gift}) {
        $self->check_gift($entry);

    } elsif (defined $entry->{hold}) {
        $self->follow_hold($entry);

    } elsif ($type eq 'life') {
        $self->begin_life($entry);

    } elsif (defined $entry->{wave}) {
        $self->check_wave($entry) if $self->{whole};
    }

    if ($self->{whole} && defined $entry->{sale}) {
        $self->check_sale($entry, $self->{sales}{$entry->{sale}});
    }

    $self->{expected} = 0;

    return;
}


sub check_reason {
    my ($self, $entry) = @_;
    my ($type, $reason) = ($entry->{type}, $entry->{reason});
    my $of = $type eq 'claimed' ? \%CLAIM
        : $type eq 'returned' ? {group_failed => 1}
        : $type eq 'unbound' ? \%UNBOUND
        : $type eq 'granted' ? {newcomer => 1, inviter => 1}
        : $type eq 'owed' && defined $entry->{sale} ? \%LINE
        : $type eq 'owed' || $type eq 'refund_due' ? \%PAYMENT
        : {};

    $self->problem("$type for $reason, which is no reason for it")
        if !$of->{$reason};

    return;
}


# Some entries do not stand alone: what they lead to is written with them, and
# follows at once.  expect says so of a line: reason and qty, where they are
# given, are what is to be said of it; it may be left out where `may` is set.
# A group may form between, or a gift be free again.

sub expect {
    my ($self, %entry) = @_;

    push @{$self->{at_once}}, \%entry;

    return;
}


sub check_at_once {
    my ($self, $entry) = @_;
    my $at_once = $self->{at_once};

    return if $entry->{type} eq 'formed' || $entry->{type} eq 'unbound';

    for my $i (0 .. $#$at_once) {
        my $next = $at_once->[$i];

        next if $entry->{type} ne $next->{type}
            || ($entry->{hold} // '') ne $next->{hold}
            || ($entry->{sale} // '') ne $next->{sale};

        for my $field (grep { defined $next->{$_} } qw(reason qty)) {
            my $said = $entry->{$field} // 'none';
            $self->problem("$next->{type} of $next->{sale} of hold"
                . " $next->{hold}: $field is $said, $next->{$field} was to"
                . ' come') if $said ne $next->{$field};
        }

        splice @$at_once, $i, 1;
        $self->{expected} = 1;
        return;
    }

    for my $next (grep { !$_->{may} } @$at_once) {
        $self->problem("$next->{type} of $next->{sale} of hold"
            . " $next->{hold} was to come");
    }

    @$at_once = ();

    return;
}


sub finish {
    my ($self) = @_;

    if ($self->{whole}) {
        $self->finish_waves;
        $self->finish_tasks;
        $self->finish_queues;
        $self->finish_referrals;
    }

    return;
}


1;
