package OrderService::Database;

# Everything the service knows, in one SQLite file. Each method is one
# transaction: what happened and what nginx is to be told of it become durable
# together, or not at all.
#
#     order    one for each hold: open ──► paid
#                                   ├────► failed
#                                   └────► late ──► paid
#     payment  money that came; a payment has one reference for good
#     refund   money owed back; one for each debt of nginx's ledger:
#              due ──► paid ──► settled    by us; nginx knows of it
#               ├────► elsewhere           nginx was told by somebody else
#               └────► foreign, refused    not our money, or more than came
#     message  what nginx is to be told, in order, until it answers
#     position the last line of the ledger that was taken

use v5.36;

use DBD::SQLite::Constants qw(DBD_SQLITE_STRING_MODE_UNICODE_STRICT);
use DBI;
use Digest::SHA qw(sha256_hex);
use Mojo::JSON qw(decode_json encode_json);
use Mojo::Util qw(encode);
use Time::HiRes qw(time);

use constant LATE_MS => 1500;

my @schema = (
    <<'SQL',
CREATE TABLE IF NOT EXISTS orders (
    hold        TEXT PRIMARY KEY,
    token       TEXT NOT NULL UNIQUE,
    lines       TEXT NOT NULL,
    amount_fen  INTEGER NOT NULL CHECK (amount_fen >= 0),
    buyer       TEXT NOT NULL,
    return_to   TEXT NOT NULL,
    expires_at  INTEGER NOT NULL,
    created_at  INTEGER NOT NULL,
    state       TEXT NOT NULL DEFAULT 'open'
                CHECK (state IN ('open', 'paid', 'failed', 'late')),
    pay_at      INTEGER,
    hold_state  TEXT NOT NULL DEFAULT 'paying'
)
SQL
    <<'SQL',
CREATE TABLE IF NOT EXISTS payments (
    reference   TEXT PRIMARY KEY,
    hash        TEXT NOT NULL UNIQUE,
    hold        TEXT NOT NULL REFERENCES orders,
    amount_fen  INTEGER NOT NULL CHECK (amount_fen >= 0),
    paid_at     INTEGER NOT NULL
)
SQL
    <<'SQL',
CREATE TABLE IF NOT EXISTS refunds (
    id          INTEGER PRIMARY KEY,
    hold        TEXT NOT NULL,
    payment     TEXT NOT NULL,
    sale        TEXT NOT NULL,
    seq         INTEGER NOT NULL UNIQUE,
    amount_fen  INTEGER NOT NULL CHECK (amount_fen >= 0),
    reason      TEXT NOT NULL,
    state       TEXT NOT NULL DEFAULT 'due' CHECK (state IN ('due', 'paid',
                'settled', 'elsewhere', 'foreign', 'refused', 'conflict')),
    reference   TEXT UNIQUE,
    paid_at     INTEGER
)
SQL
    <<'SQL',
CREATE TABLE IF NOT EXISTS messages (
    id          INTEGER PRIMARY KEY,
    hold        TEXT NOT NULL,
    what        TEXT NOT NULL
                CHECK (what IN ('confirm', 'cancel', 'refunded')),
    body        TEXT NOT NULL,
    tries       INTEGER NOT NULL DEFAULT 0,
    next_at     INTEGER NOT NULL DEFAULT 0,
    answered_at INTEGER,
    status      INTEGER,
    answer      TEXT
)
SQL
    'CREATE INDEX IF NOT EXISTS messages_waiting ON messages (hold, id)'
        . ' WHERE answered_at IS NULL',
    'CREATE INDEX IF NOT EXISTS orders_late ON orders (pay_at)'
        . " WHERE state = 'late'",
    'CREATE INDEX IF NOT EXISTS payments_of_hold ON payments (hold)',
    'CREATE INDEX IF NOT EXISTS refunds_due ON refunds (seq)'
        . " WHERE state = 'due'",
    'CREATE INDEX IF NOT EXISTS refunds_of_hold ON refunds (hold, payment)',
    <<'SQL',
CREATE TABLE IF NOT EXISTS position (
    one         INTEGER PRIMARY KEY CHECK (one = 1),
    seq         INTEGER NOT NULL,
    hash        TEXT NOT NULL
)
SQL

    # which lines were read, and of which order: what a restored ledger has in
    # common with them, and whom the rest was about
    <<'SQL',
CREATE TABLE IF NOT EXISTS lines (
    seq         INTEGER PRIMARY KEY,
    hash        TEXT NOT NULL,
    hold        TEXT
)
SQL
    'INSERT OR IGNORE INTO position VALUES (1, 0, \'' . '0' x 64 . '\')',
);

# What a line of the ledger makes of a hold; those about money do when all of
# it is owed.
my %hold_state = (
    sold => 'sold', sold_late => 'sold', expired => 'expired',
    released => 'released', cancelled => 'cancelled',
    withdrawn => 'cancelled', ready => 'ready', picked_up => 'picked_up',
);
my %is_money = map { $_ => 1 } qw(refund_due returned owed refunded);


sub new ($class, $path) {
    my $self = bless {}, $class;

    $self->{dbh} = DBI->connect("dbi:SQLite:dbname=$path", '', '', {
        RaiseError => 1, PrintError => 0, AutoCommit => 1,
        sqlite_string_mode => DBD_SQLITE_STRING_MODE_UNICODE_STRICT,
    });
    $self->{dbh}->sqlite_busy_timeout(5000);
    $self->{dbh}->do("PRAGMA $_")
        for 'journal_mode = WAL', 'synchronous = FULL', 'foreign_keys = ON';
    $self->transaction(sub {
        my $before = $self->has_refunds_before_debts;

        $self->do('ALTER TABLE refunds RENAME TO refunds_before') if $before;
        $self->do($_) for @schema;
        $self->take_refunds_before_debts if $before;
    });

    return $self;
}


# A refund had the name of its hold, payment and sale, before nginx's debts had
# ids.
sub has_refunds_before_debts ($self) {
    my @columns = map { $_->{name} } $self->rows('PRAGMA table_info(refunds)');

    return @columns && !grep { $_ eq 'id' } @columns;
}


sub take_refunds_before_debts ($self) {
    my $columns = 'hold, payment, sale, seq, amount_fen, reason, state,'
        . ' reference, paid_at';

    $self->do("INSERT INTO refunds ($columns) SELECT $columns"
        . ' FROM refunds_before ORDER BY rowid');
    $self->do('DROP TABLE refunds_before');
}


sub close ($self) { $self->{dbh}->disconnect }
sub now_ms { int(time * 1000) }


sub transaction ($self, $code) {
    my $result;

    $self->{dbh}->begin_work;
    if (!eval { $result = $code->(); $self->{dbh}->commit; 1 }) {
        my $error = $@;
        eval { $self->{dbh}->rollback };
        die $error;
    }

    return $result;
}


# Gives how many rows it changed.
sub do ($self, $sql, @values) {
    return 0 + $self->{dbh}->prepare_cached($sql)->execute(@values);
}


sub row ($self, $sql, @values) {
    return $self->{dbh}->selectrow_hashref(
        $self->{dbh}->prepare_cached($sql), undef, @values);
}


sub rows ($self, $sql, @values) {
    return @{ $self->{dbh}->selectall_arrayref(
        $self->{dbh}->prepare_cached($sql), { Slice => {} }, @values) };
}


# 128 bits that nobody can guess.
sub random_hex {
    open my $file, '<:raw', '/dev/urandom' or die "/dev/urandom: $!";
    sysread($file, my $bytes, 16) == 16 or die "/dev/urandom: $!";

    return unpack 'H*', $bytes;
}


# How the ledger writes a reference.
sub reference_hash ($reference) { substr sha256_hex($reference), 0, 32 }


# ------------------------------------------------------------------- orders

# The order of a hold: the one that is there, or a new one.
sub order_for ($self, $checkout) {
    return $self->transaction(sub {
        $self->do('INSERT OR IGNORE INTO orders (hold, token, lines,'
            . ' amount_fen, buyer, return_to, expires_at, created_at)'
            . ' VALUES (?, ?, ?, ?, ?, ?, ?, ?)',
            $checkout->{hold}, random_hex(), $checkout->{lines},
            $checkout->{amount_fen}, $checkout->{buyer},
            $checkout->{return_to}, $checkout->{expires_at}, now_ms());
        return $self->order($checkout->{hold});
    });
}


sub order ($self, $hold) {
    return $self->row('SELECT * FROM orders WHERE hold = ?', $hold);
}


sub order_by_token ($self, $token) {
    return $self->row('SELECT * FROM orders WHERE token = ?', $token);
}


# The buyer's decision. Only the first one counts: a second tap changes
# nothing.
sub decide ($self, $order, $action) {
    return $self->transaction(sub {
        my $now = now_ms();

        if ($action eq 'pay') {
            return $self->take_payment($order, 'open');
        }

        if ($action eq 'fail') {
            return 0 if !$self->do("UPDATE orders SET state = 'failed'"
                . " WHERE hold = ? AND state = 'open'", $order->{hold});
            return $self->tell($order->{hold}, 'cancel', '');
        }

        my $pay_at = $order->{expires_at} > $now ? $order->{expires_at} : $now;
        return $self->do("UPDATE orders SET state = 'late', pay_at = ?"
            . " WHERE hold = ? AND state = 'open'", $pay_at + LATE_MS,
            $order->{hold});
    });
}


# Those who said "later": their time has come.
sub pay_late ($self) {
    my @late = $self->rows("SELECT * FROM orders WHERE state = 'late'"
        . ' AND pay_at <= ?', now_ms()) or return 0;

    $self->transaction(sub { $self->take_payment($_, 'late') for @late });

    return scalar @late;
}


# Money comes: here a payment provider would have said so.
sub take_payment ($self, $order, $from) {
    my $reference = 'demo-' . random_hex();

    return 0 if !$self->do("UPDATE orders SET state = 'paid'"
        . ' WHERE hold = ? AND state = ?', $order->{hold}, $from);
    $self->do('INSERT INTO payments VALUES (?, ?, ?, ?, ?)', $reference,
        reference_hash($reference), $order->{hold}, $order->{amount_fen},
        now_ms());

    return $self->tell($order->{hold}, 'confirm', encode_json({
        payment => $reference, paid_fen => $order->{amount_fen} }));
}


# ----------------------------------------------------------------- messages

sub tell ($self, $hold, $what, $body) {
    return $self->do('INSERT INTO messages (hold, what, body)'
        . ' VALUES (?, ?, ?)', $hold, $what, $body);
}


# The next one of each hold: what happened first is told first.
sub messages_due ($self, $limit) {
    return $self->rows('SELECT * FROM messages WHERE id IN'
        . ' (SELECT min(id) FROM messages WHERE answered_at IS NULL'
        . ' GROUP BY hold) AND next_at <= ? ORDER BY id LIMIT ?', now_ms(),
        $limit);
}


sub message_answered ($self, $id, $status, $answer) {
    $self->do('UPDATE messages SET tries = tries + 1, answered_at = ?,'
        . ' status = ?, answer = ? WHERE id = ?', now_ms(), $status,
        $answer, $id);
}


sub message_failed ($self, $id, $status, $answer, $wait_ms) {
    $self->do('UPDATE messages SET tries = tries + 1, next_at = ?,'
        . ' status = ?, answer = ? WHERE id = ?', now_ms() + $wait_ms,
        $status, $answer, $id);
}


# ------------------------------------------------------------------- ledger

sub position ($self) {
    return $self->row('SELECT seq, hash FROM position');
}


# Takes lines of the ledger, and the position with them. The chain was
# checked. Gives how many of them moved a hold of ours or money.
sub take_entries ($self, $entries) {
    return 0 if !@$entries;
    my $last = $entries->[-1];

    return $self->transaction(sub {
        my $moved = 0;

        for my $entry (@$entries) {
            $self->do('INSERT OR REPLACE INTO lines (seq, hash, hold)'
                . ' VALUES (?, ?, ?)', @$entry{qw(seq hash hold)});
            $moved += $self->take_entry($entry);
        }
        $self->do('UPDATE position SET seq = ?, hash = ?', $last->{seq},
            $last->{hash});

        return $moved;
    });
}


sub hash_of ($self, $seq) {
    return ($self->row('SELECT hash FROM lines WHERE seq = ?', $seq)
        // {})->{hash};
}


# nginx's ledger goes on from line seq in another way than was read: it was
# restored from a backup. Money that moved has moved: each payment of an order
# that the lost lines were about is told again, and each refund after it. What
# nginx knows it answers as before; what it does not know it owes. Gives how
# many orders that were.
sub go_back ($self, $seq) {
    return $self->transaction(sub {
        my @holds = map { $_->{hold} } $self->rows('SELECT DISTINCT hold'
            . ' FROM lines WHERE seq > ? AND hold IN'
            . ' (SELECT hold FROM orders)', $seq);

        $self->do("DELETE FROM refunds WHERE seq > ? AND reference IS NULL",
            $seq);

        # its number is to be another line's; when it is owed again, it is
        # known by what it was for
        $self->do('UPDATE refunds SET seq = -id WHERE seq > ?', $seq);
        $self->tell_again($_) for @holds;
        $self->do('UPDATE position SET seq = ?, hash = ?', $seq,
            $self->hash_of($seq));
        $self->do('DELETE FROM lines WHERE seq > ?', $seq);

        return scalar @holds;
    });
}


sub tell_again ($self, $hold) {
    my $order = $self->order($hold);

    $self->do("UPDATE orders SET hold_state = 'paying' WHERE hold = ?",
        $hold);
    $self->tell($hold, 'cancel', '') if $order->{state} eq 'failed';

    for my $payment ($self->rows('SELECT * FROM payments WHERE hold = ?'
        . ' ORDER BY paid_at', $hold))
    {
        $self->tell($hold, 'confirm', encode_json({ payment =>
            $payment->{reference}, paid_fen => $payment->{amount_fen} }));
        for my $refund ($self->rows('SELECT * FROM refunds WHERE hold = ?'
            . ' AND payment = ? AND reference IS NOT NULL AND seq > 0'
            . ' ORDER BY id', $hold, $payment->{hash}))
        {
            $self->tell_refund($refund);
        }
    }

    return;
}


# What was paid back, whether it is told for the first time or again.
sub tell_refund ($self, $refund) {
    $self->do("UPDATE refunds SET state = 'paid' WHERE id = ?",
        $refund->{id});

    return $self->tell($refund->{hold}, 'refunded', encode_json({
        refund => $refund->{reference}, owed => $refund->{seq},
        amount_fen => $refund->{amount_fen} }));
}


sub take_entry ($self, $entry) {
    my $type = $entry->{type};
    my $state = $hold_state{$type};

    return 0 if !$state && !$is_money{$type};

    if ($type eq 'refunded') {
        $self->settle($entry);

    } elsif (!$state && $entry->{amount_fen} > 0) {
        $self->owe($entry);
    }

    $state //= $self->money_state($entry->{hold});
    $self->do('UPDATE orders SET hold_state = ? WHERE hold = ?', $state,
        $entry->{hold}) if $state;

    return 1;
}


# What debts make of an order, for whatever reasons they are: nothing while
# something of what was paid for it is left.
sub money_state ($self, $hold) {
    my $sum = $self->row('SELECT orders.amount_fen AS paid,'
        . ' sum(refunds.amount_fen) AS owed, sum(refunds.amount_fen'
        . " * (refunds.state IN ('settled', 'elsewhere'))) AS back"
        . ' FROM orders JOIN refunds USING (hold) WHERE hold = ?'
        . " AND reason NOT IN ('second_payment', 'wrong_amount')", $hold);

    return undef if !$sum->{owed} || $sum->{owed} < $sum->{paid};

    return $sum->{back} < $sum->{paid} ? 'refund_due' : 'refunded';
}


# A debt. After nginx went back it may be one that was paid back before.
sub owe ($self, $entry) {
    my @is = (@$entry{qw(hold payment)}, $entry->{sale} // '',
        $entry->{amount_fen});
    my $before = $self->row('SELECT * FROM refunds WHERE hold = ?'
        . ' AND payment = ? AND sale = ? AND amount_fen = ? AND seq < 0'
        . ' ORDER BY id LIMIT 1', @is);

    if (!$before) {
        $self->do('INSERT OR IGNORE INTO refunds (hold, payment, sale,'
            . ' amount_fen, seq, reason) VALUES (?, ?, ?, ?, ?, ?)', @is,
            @$entry{qw(seq reason)});
        return;
    }

    $self->do('UPDATE refunds SET seq = ?, reason = ? WHERE id = ?',
        @$entry{qw(seq reason)}, $before->{id});
    $self->tell_refund({ %$before, seq => $entry->{seq} });

    return;
}


# nginx knows of a refund: ours, or one that somebody else made. Lines from
# before debts had ids name the payment and the sale.
sub settle ($self, $entry) {
    my $refund = defined $entry->{owed}
        ? $self->row('SELECT * FROM refunds WHERE seq = ?', $entry->{owed})
        : $self->row('SELECT * FROM refunds WHERE hold = ? AND payment = ?'
            . " AND sale = ? AND state IN ('due', 'paid') ORDER BY id",
            @$entry{qw(hold payment)}, $entry->{sale} // '');
    my $state = 'elsewhere';

    return if !$refund;

    if (defined $refund->{reference}) {
        $state = reference_hash($refund->{reference}) eq $entry->{refund}
            ? 'settled' : 'conflict';
    }

    $self->do('UPDATE refunds SET state = ? WHERE id = ?', $state,
        $refund->{id});
}


# Pays back what is due: to be called with the ledger read to its end, so that
# what was paid before is known. Here a payment provider would be asked, with
# the reference as its idempotency key. Gives how many were paid.
sub pay_refunds ($self) {
    my @due = $self->rows("SELECT * FROM refunds WHERE state = 'due'"
        . ' ORDER BY seq') or return 0;

    return $self->transaction(sub {
        my $paid = 0;

        $paid += $self->pay_refund($_) for @due;

        return $paid;
    });
}


sub pay_refund ($self, $refund) {
    my $payment = $self->row('SELECT * FROM payments WHERE hash = ?'
        . ' AND hold = ?', @$refund{qw(payment hold)});
    my $gone = $self->row('SELECT coalesce(sum(amount_fen), 0) AS fen'
        . ' FROM refunds WHERE hold = ? AND payment = ?'
        . ' AND reference IS NOT NULL', @$refund{qw(hold payment)})->{fen};
    my $state = !$payment ? 'foreign'
        : $gone + $refund->{amount_fen} > $payment->{amount_fen} ? 'refused'
        : 'paid';
    my $reference = $state eq 'paid' ? 'refund-' . random_hex() : undef;

    return 0 if !$self->do('UPDATE refunds SET state = ?, reference = ?,'
        . " paid_at = ? WHERE id = ? AND state = 'due'", $state, $reference,
        $reference ? now_ms() : undef, $refund->{id});
    return 0 if !$reference;

    return $self->tell_refund({ %$refund, reference => $reference });
}


# -------------------------------------------------------------------- pages

# What /health and the list say. `stuck` needs a person.
sub counts ($self) {
    return $self->row(<<'SQL');
SELECT (SELECT count(*) FROM orders) AS orders,
       (SELECT count(*) FROM payments) AS payments,
       (SELECT count(*) FROM refunds WHERE reference IS NOT NULL) AS refunds,
       (SELECT count(*) FROM messages WHERE answered_at IS NULL) AS waiting,
       (SELECT count(*) FROM refunds
            WHERE state IN ('foreign', 'refused', 'conflict'))
       + (SELECT count(*) FROM messages WHERE answered_at IS NOT NULL
            AND status >= 400 AND NOT (what = 'cancel' AND status = 409))
            AS stuck
SQL
}


sub newest_orders ($self, $limit) {
    my @orders = $self->rows('SELECT * FROM orders'
        . ' ORDER BY created_at DESC, hold LIMIT ?', $limit);

    for my $order (@orders) {
        $order->{lines} = decode_json(encode('UTF-8', $order->{lines}));
        $order->{payments} = [$self->rows('SELECT * FROM payments'
            . ' WHERE hold = ? ORDER BY paid_at', $order->{hold})];
        $order->{refunds} = [$self->rows('SELECT * FROM refunds'
            . ' WHERE hold = ? ORDER BY seq', $order->{hold})];
        $order->{messages} = [$self->rows('SELECT * FROM messages'
            . ' WHERE hold = ? ORDER BY id', $order->{hold})];
    }

    return @orders;
}


1;
