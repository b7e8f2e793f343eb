package Tuanbo::History::Chooser;

# What a client wants to do next, from a seed and the client's number alone:
# the same seed gives the same list, whatever the server answers.  Where an
# intent needs something that only the run knows (one of the buyer's holds),
# it carries a number, to be taken modulo what there is.

use v5.36;

use Digest::SHA qw(sha256);

# How often each is wanted, beside the others.
my @KINDS = (
    hold     => 230,    # one to three lines, with a key or without
    twin     => 40,     # the same request with the same key, twice at once
    again    => 70,     # an earlier one again: its answer again
    other    => 30,     # an earlier key, another request
    nowhere  => 10,     # a sale that there is not
    greedy   => 15,     # more than a buyer may ever have
    release  => 80,
    wait     => 55,     # for units that are not free, on two phones at times
    leave    => 30,     # of those who wait
    place    => 20,     # a look at it
    bring    => 60,     # a neighbour brings another one
    point    => 20,     # another pickup point
    pay      => 80,
    grant    => 70,     # a gift
    ticket   => 15,     # one of those is looked at
    draw     => 15,     # and what everybody is shown of them
    gift     => 110,     # a hold uses one, on two phones now and then
    gifts    => 8,
    'order-for' => 70,  # somebody asks for a neighbour, and may take cash
    contact  => 20,     # and says whom to call
    me       => 20,
    confirm  => 200,
    cancel   => 40,
    refund   => 80,     # money of an order goes back
    refunded => 65,
    ready    => 30,
    picked   => 15,
    hand     => 50,     # a fact of a hand-over
    undo     => 30,     # which was none
    give     => 20,     # a buyer gives an order back
    claim    => 60,     # a buyer says what was wrong with what came
    answer   => 30,     # and somebody says yes or no
    wave     => 25,     # the desk cuts a wave, or looks at one
    receive  => 80,     # so many units have come of one
    'read-wave' => 45,  # what has come, what is where
    read     => 40,
    list     => 10,
    sale     => 25,
    stock    => 7,      # the operator's
    pause    => 3,
);

# What is paid: the right amount, or another; under a reference of its own,
# or under one that was used for this hold before.
my @PAYMENTS = (right => 74, wrong => 8, second => 9, repeat => 9);

# What a desk is given for an order; how often two desks act at once, for one
# order or for two of one neighbour; and what is amiss.
my @CASH = (right => 65, none => 22, wrong => 13);
my @TWO = ('' => 70, same => 18, each => 12);
my @AMISS = ('' => 90, buyer => 5, by => 5);

# By whose code somebody new comes: the neighbour's, their own, one of nobody's,
# none at all; or somebody who is not new.
my @CODES = (theirs => 70, own => 7, nobody => 7, malformed => 6, old => 10);

# What goes back: of a new key, or of an earlier one, with the same request or
# with another.
my @REFUNDS = (new => 65, again => 20, other => 15);
my @REASONS = (bad => 4, short => 2, cancelled => 2, goodwill => 2);

# What was wrong.
my @WRONGS = (bad => 4, short => 2, damaged => 2, wrong => 1);

# A wave: a new one, the change of one, or an earlier request again, or its
# key with another.  What it supposes, in milliseconds until when it is cut.
my @WAVES = (new => 55, change => 20, again => 15, other => 10);
my @SUPPOSES = ('' => 70, 'If-None-Match' => 20, 'If-Match' => 10);
my @LATER = (0 => 45, 400 => 25, 1500 => 15, 3_600_000 => 15);

# What has come of it, and which list is read.
my @COMES = (more => 35, all => 20, same => 15, fewer => 10, least => 10,
    none => 10);
my @LISTS = (wave => 45, waves => 8, lines => 47);
my @GOODS = (awaited => 3, ready => 4, handed_over => 2, short => 2);

# Which debt is settled: the oldest, the oldest of a payment, one that is
# named, or one that is named with another amount.
my @DEBTS = (oldest => 25, payment => 15, owed => 40, wrong => 20);

# A hand-over's nonce: a new one, one of this hold's, or of another's.
my @NONCES = (new => 60, again => 30, other => 10);

# Intents of a buyer, then comes another one.
use constant BUYER_FOR => 12;


sub new ($class, $seed, $client, $clients) {
    return bless { seed => $seed, client => $client, clients => $clients,
        drawn => 0, intents => 0 }, $class;
}


# A number from 0 to $n - 1.
sub draw ($self, $n) {
    my $bytes = sha256("$self->{seed}/$self->{client}/" . $self->{drawn}++);

    return unpack('L>', $bytes) % $n;
}


sub weighted ($self, @pairs) {
    my $all = 0;
    for (my $i = 1; $i < @pairs; $i += 2) { $all += $pairs[$i] }
    my $at = $self->draw($all);

    for (my $i = 0; $i < @pairs; $i += 2) {
        return $pairs[$i] if $at < $pairs[$i + 1];
        $at -= $pairs[$i + 1];
    }
}


# A hash: kind, buyer as [client, number], and what the kind needs.
sub next ($self) {
    my $number = $self->{intents}++;
    my $kind = $self->weighted(@KINDS);
    my $shared = $self->draw(4) == 0;
    my %intent = (
        kind => $kind,
        # a buyer on two devices: the neighbour's at the same time
        buyer => [
            ($self->{client} + $shared) % $self->{clients},
            int($number / BUYER_FOR),
        ],
        pick => $self->draw(1 << 16),
        wait => $self->draw(3) ? 0 : $self->draw(1000) / 1000,
    );

    if ($kind =~ /^(?:hold|twin|other|greedy|order-for|wait|gift)$/) {
        my $lines = $self->weighted(1 => 70, 2 => 20, 3 => 10);
        $intent{lines} = [ map { [$self->draw(1 << 16), 1 + $self->draw(3)] }
            1 .. $lines ];
        $intent{pickup} = [undef, 0, 0, 1]->[$self->draw(4)];
        $intent{pickup} = 'nowhere' if !$self->draw(100);
        $intent{keyed} = $kind ne 'hold' || $self->draw(5) ? 1 : 0;
    }
    if ($kind eq 'bring') {
        $intent{whose} = $self->weighted(@CODES);
        $intent{two} = !$self->draw(4) ? 1 : 0;
        $intent{other} = !$self->draw(10);
        $intent{pays} = $self->draw(5) ? 1 : 0;
        $intent{collects} = $self->draw(4) ? 1 : 0;
        $intent{pickup} = [undef, 0, 1]->[$self->draw(3)];
    }
    elsif ($kind eq 'wait') {
        $intent{two} = !$self->draw(5);
        $intent{most} = !$self->draw(12);
    }
    elsif ($kind eq 'contact') {
        $intent{amiss} = $self->weighted('' => 80, name => 12, buyer => 8);
        $intent{two} = !$self->draw(4);
        $intent{own} = !$self->draw(3);
        $intent{consent} = $self->draw(3);
    }
    elsif ($kind eq 'point') {
        $intent{pickup} = [0, 1, 0, 1, 0, 1, 0, 'nowhere']->[$self->draw(8)];
        $intent{keyed} = $self->draw(2);
    }
    elsif ($kind eq 'give') {
        $intent{keyed} = $self->draw(2);
    }
    elsif ($kind eq 'confirm') {
        $intent{payment} = $self->weighted(@PAYMENTS);
    }
    elsif ($kind eq 'refund') {
        # a line each: units, or else fen; now and then more than there is
        $intent{lines} = [ map { { pick => $self->draw(1 << 16),
            units => $self->draw(3) ? 1 + $self->draw(3) : 0,
            fen => 1 + $self->draw(150) } } 1 .. 1 + !$self->draw(3) ];
        $intent{reason} = $self->weighted(@REASONS);
        $intent{restock} = $self->draw(2);
        $intent{which} = $self->weighted(@REFUNDS);
    }
    elsif ($kind eq 'hand' || $kind eq 'undo') {
        $intent{which} = $self->weighted(@NONCES);
        $intent{via} = [undef, qw(scan code list)]->[$self->draw(4)];
        $intent{device_at} = [undef, $self->draw(1 << 30)]->[$self->draw(2)];
        $intent{line} = $self->draw(2) ? $self->draw(1 << 16) : undef;
    }
    elsif ($kind eq 'claim') {
        $intent{which} = $self->weighted(@REFUNDS);
        $intent{line} = $self->draw(1 << 16);
        $intent{units} = 1 + ($self->draw(4) == 0);
        $intent{reason} = $self->weighted(@WRONGS);
        $intent{counter} = !$self->draw(4);
    }
    elsif ($kind eq 'answer') {
        $intent{accept} = $self->draw(5) < 3 ? 1 : 0;
        $intent{keyed} = $self->draw(2);
    }
    elsif ($kind eq 'refunded') {
        $intent{debt} = $self->weighted(@DEBTS);
    }
    elsif ($kind eq 'wave') {
        $intent{which} = $self->weighted(@WAVES);
        $intent{sales} = [map { $self->draw(1 << 16) } 0 .. $self->draw(4)];
        $intent{nowhere} = !$self->draw(15);
        $intent{later} = $self->weighted(@LATER);
        $intent{day} = [undef, '2026-12-01', '2026-12-02']->[$self->draw(3)];
        my $supposes = $self->weighted(@SUPPOSES);
        $intent{supposes} = { $supposes => '*' } if $supposes;
    }
    elsif ($kind eq 'receive') {
        $intent{which} = $self->weighted(@REFUNDS);
        $intent{$_} = $self->weighted(@COMES) for qw(count second);
        $intent{second} = undef if $self->draw(3);
        $intent{final} = !$self->draw(4);
        $intent{point} = $self->draw(1 << 16);
        $intent{pickup} = [0, 1, 0, 1, 0, 1, 'nowhere', undef]
            ->[$self->draw(8)];
        $intent{blind} = !$self->draw(12);
        $intent{nowhere} = $self->draw(2);
        $intent{two} = $self->draw(2);
    }
    elsif ($kind eq 'read-wave') {
        $intent{what} = $self->weighted(@LISTS);
        $intent{goods} = $self->weighted(@GOODS);
        $intent{limit} = 1 + $self->draw(6);
        $intent{behind} = !$self->draw(3);
        $intent{pickup} = [0, 1, 0, 1, 0, 1, 0, 'nowhere']->[$self->draw(8)];
    }
    elsif ($kind =~ /^(?:grant|gift)$/) {
        $intent{two} = !$self->draw(4) ? 1 : 0;
        $intent{again} = !$self->draw(6);
        $intent{none} = !$self->draw(6);
        $intent{fresh} = $self->draw(3) ? 1 : 0;
        $intent{cart} = $self->draw(2);
    }
    elsif ($kind eq 'stock') {
        $intent{add} = $self->draw(8) - 2;
    }
    if ($kind eq 'order-for') {
        $intent{which} = $self->weighted(@REFUNDS);
        $intent{cash} = $self->weighted(@CASH);
        $intent{two} = $self->weighted(@TWO);
        $intent{amiss} = $self->weighted(@AMISS);
        $intent{by} = $self->draw(2);
    }
    if ($kind =~ /^(?:order-for|contact)$/) {
        $intent{who} = $self->draw(1 << 16);
        $intent{phone} = !$self->draw(3);
    }

    return \%intent;
}


1;
