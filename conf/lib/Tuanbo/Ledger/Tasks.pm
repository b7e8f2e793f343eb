package Tuanbo::Ledger::Tasks;

# What is owed of a whole sale: it was called off, or its buyers are
# compensated.  That is written line by line, until it is settled.
#
# A sale has called_off, the seq of that entry; tasks, which are not settled:
# [{ type, seq, fen_each, done => { seq of a line => 1 } }]; handed, the lines
# whose goods are handed over, by their seq.

use v5.16;
use strict;
use warnings;

use Tuanbo::Ledger::Goods;

# Debts are written pass by pass, without a pause; a feed may end between.
use constant AT_ONCE_MS => 60_000;


sub check_task {
    my ($self, $entry, $sale) = @_;
    my $type = $entry->{type};

    $self->{task_at} = $self->{at};

    if ($type eq 'settled') {
        $self->settle($entry, $sale);
        return;
    }

    if ($type eq 'called_off') {
        $self->problem("called_off, but $entry->{sale} was called off at seq"
            . " $sale->{called_off}") if defined $sale->{called_off};
        $sale->{called_off} //= $self->{seq};

    } else {
        my $handed = keys %{$sale->{handed} // {}};

        $self->problem("$entry->{amount_fen} fen are promised for each unit")
            if $entry->{amount_fen} <= 0;
        $self->problem("compensated $entry->{qty} orders, $handed of"
            . " $entry->{sale} are handed over") if $entry->{qty} != $handed;
    }

    push @{$sale->{tasks}}, {type => $type, seq => $self->{seq},
        fen_each => $entry->{amount_fen}, done => {}};

    return;
}


# Units handed over, each at what was promised, but no more than is left.

sub compensation {
    my ($task, $line) = @_;
    my $left = $line->{paid} - ($line->{owed_fen} // 0);
    my $fen = $task->{fen_each} * Tuanbo::Ledger::Goods::come($line);

    return $fen < $left ? $fen : $left;
}


# A promise that the line has not got yet: one that it fits, or the oldest.

sub compensate {
    my ($self, $entry, $sale, $line) = @_;
    my $name = "$entry->{sale} of hold $entry->{hold}";
    my @tasks = grep {
        $_->{type} eq 'compensated' && !$_->{done}{$line->{seq} // 0}
    } @{$sale->{tasks} // []};
    my ($task) = ((grep {
        compensation($_, $line) == $entry->{amount_fen}
    } defined $line->{paid} ? @tasks : ()), @tasks);

    if (!defined $task) {
        $self->problem("owed for compensation, which was not promised, or not"
            . ' again');
        return;
    }

    return if !defined $line->{paid};

    my $fen = compensation($task, $line);

    $self->problem("owed for compensation, but $name was sold after that")
        if $line->{seq} > $task->{seq};
    $self->problem("owed for compensation, but $name is not handed over")
        if $line->{state} ne 'handed_over';
    $self->problem("units of $name are owed for compensation")
        if defined $entry->{qty};
    $self->problem("$entry->{amount_fen} fen of $name are owed for"
        . " compensation, $fen were promised") if $entry->{amount_fen} != $fen;

    $task->{done}{$line->{seq}} = 1;

    return;
}


# Nothing is left to be owed then.

sub settle {
    my ($self, $entry, $sale) = @_;
    my $tasks = $sale->{tasks} // [];
    my ($task) = grep { $_->{seq} == $entry->{of} } @$tasks;

    if (!defined $task) {
        $self->problem("settled, but $entry->{of} is nothing of"
            . " $entry->{sale}, or was settled before");
        return;
    }

    @$tasks = grep { $_ != $task } @$tasks;

    if ($task->{type} eq 'called_off') {
        $self->problem("settled, but $sale->{left_fen} fen and"
            . " $sale->{left_qty} units of $entry->{sale} are not owed")
            if $sale->{left_fen} != 0 || $sale->{left_qty} != 0;
        return;
    }

    # who was handed over then, and still is
    for my $line (grep { $_->{handed}[0] < $task->{seq} }
        values %{$sale->{handed} // {}})
    {
        $self->problem("settled, but what was sold at seq $line->{seq} got no"
            . ' compensation') if !$task->{done}{$line->{seq}}
            && compensation($task, $line) > 0;
    }

    return;
}


# At the end: what is not settled, though nothing was owed for any task since
# long, and it was the same run of the machine.

sub finish_tasks {
    my ($self) = @_;
    my $since = $self->{task_at} // return;

    return if $self->{at} < $since + AT_ONCE_MS;

    for my $id (sort keys %{$self->{sales}}) {
        $self->problem("$_->{type} of $id at seq $_->{seq} was never settled")
            for @{$self->{sales}{$id}{tasks} // []};
    }

    return;
}


1;
