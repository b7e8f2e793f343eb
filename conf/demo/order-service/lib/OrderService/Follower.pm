package OrderService::Follower;

# Follows nginx's ledger, checks its chain, and pays back what it says is due.

use v5.36;

use Digest::SHA qw(sha256_hex);
use Mojo::IOLoop;
use Mojo::JSON qw(decode_json);
use Mojo::UserAgent;

use constant {
    LIMIT       => 1000,
    WAIT_MS     => 25_000,
    AGAIN_S     => 0.25,
    AGAIN_S_MAX => 30,
};


# changed: called when there may be something to tell.
sub new ($class, %parts) {
    return bless {
        %parts, failures => 0, alarm => undef, read_to => 0,
        ua => Mojo::UserAgent->new(connect_timeout => 3,
            inactivity_timeout => WAIT_MS / 1000 + 10,
            request_timeout => WAIT_MS / 1000 + 20, max_redirects => 0),
    }, $class;
}


sub start ($self) { $self->step }
sub stop ($self) { $self->{stopped} = 1 }


# What is wrong with the ledger, or nothing.
sub alarm ($self) { $self->{alarm} }

# Whether the ledger was read to its end, and all is well since.
sub following ($self) { $self->{read_to} && !$self->{failures} }


# Each question says which history is known: the hash of its last line. nginx
# answers `forked` when its own has another line there.
sub step ($self) {
    return if $self->{stopped};
    my $position = $self->{database}->position;

    # no waiting before the end was seen once: until then nothing is paid back
    my $wait = $self->{read_to} ? WAIT_MS : 0;
    $self->ask("after=$position->{seq}&hash=$position->{hash}&limit="
        . LIMIT . "&wait_ms=$wait",
        sub ($lines) { $self->take($position, $lines) },
        sub ($last_seq) { $self->forked($position, $last_seq) });
}


# Asks, hands over the lines, or how far a ledger with another history goes,
# and goes on; and waits when something went wrong.
sub ask ($self, $query, $code, $forked) {
    my $target = "/ledger?$query";
    my %headers = ('Flashsale-Signature' => $self->{secrets}->sign('ledger',
        'GET', $target, ''));

    $self->{ua}->get("$self->{nginx}$target" => \%headers
        => sub ($ua, $tx) {
            return if $self->{stopped};
            my $status = $tx->res->code // 0;
            my $problem = $status == 409 ? $tx->res->json // {} : {};
            my $next;
            if (eval {
                    if ($status == 200 && !$tx->error) {
                        $next = $code->([split /\n/, $tx->res->body]);
                    }
                    elsif (($problem->{code} // '') eq 'forked') {
                        $next = $forked->($problem->{last_seq});
                    }
                    1;
                } && $next)
            {
                $self->{failures} = 0;
                Mojo::IOLoop->next_tick($next);
                return;
            }
            $self->failed($@ || ($tx->error // {})->{message}
                // 'unexpected ' . $tx->res->code);
        });
}


sub failed ($self, $why) {
    my $doublings = $self->{failures}++;
    my $wait = AGAIN_S * 2 ** ($doublings > 10 ? 10 : $doublings);

    $wait = AGAIN_S_MAX if $wait > AGAIN_S_MAX;
    $self->{read_to} = 0;
    chomp $why;
    $self->{log}->warn("ledger: $why; again in $wait s");
    Mojo::IOLoop->timer($wait => sub { $self->step });
}


# The ledger was restored from a backup, or it is another one. What it has in
# common with what was read is a beginning: halve what lies between a line
# that both have and one that they do not.
sub forked ($self, $position, $last_seq) {
    my $database = $self->{database};

    # what is known of the last line has to be what was read of it
    $self->wrong("line $position->{seq} is not the one that was read")
        if $position->{seq} == 0
            || ($database->hash_of($position->{seq}) // '')
                ne $position->{hash};

    my $last = $position->{seq} - 1;

    return $self->search(0, $last < $last_seq ? $last : $last_seq,
        $position);
}


# low is in common, what is beyond high is not.
sub search ($self, $low, $high, $position) {
    if ($low >= $high) {
        $self->wrong("line $position->{seq} is not the one that was read,"
            . ' nor is any before it') if $low == 0;

        my $again = $self->{database}->go_back($low);
        $self->{read_to} = 0;
        $self->{log}->warn("ledger: forked after line $low, $position->{seq}"
            . " were read: $again orders are told again");
        $self->{changed}->();

        return sub { $self->step };
    }

    my $middle = int(($low + $high + 1) / 2);
    my $hash = $self->{database}->hash_of($middle)
        // $self->wrong("line $middle is not known any more");

    return sub {
        $self->ask("after=$middle&hash=$hash&limit=1",
            sub ($lines) { $self->search($middle, $high, $position) },
            sub ($last_seq) {
                $self->search($low, $middle - 1, $position);
            });
    };
}


sub wrong ($self, $what) {
    $self->{alarm} = $what;
    die "$what\n";
}


sub take ($self, $position, $lines) {
    my ($seq, $hash) = @$position{qw(seq hash)};
    my @entries;

    for my $line (@$lines) {
        my ($text, $given) = $line =~ /\A(.*),"hash":"([0-9a-f]{64})"\}\z/
            or $self->wrong("no hash after line $seq");
        my $entry = eval { decode_json($line) } // {};
        $self->wrong('line ' . ($entry->{seq} // '?') . " came after $seq")
            if ($entry->{seq} // 0) != $seq + 1;
        $self->wrong("line $entry->{seq} does not go on from the one before")
            if sha256_hex($hash . $text) ne $given;
        ($seq, $hash) = ($seq + 1, $given);
        push @entries, $entry;
    }

    my $database = $self->{database};
    my $moved = $database->take_entries(\@entries);
    $self->{alarm} = undef;
    return sub { $self->step } if @$lines == LIMIT;

    $self->{read_to} = 1;
    my $paid = $database->pay_refunds;
    $self->{log}->info("$paid paid back") if $paid;
    $self->{changed}->() if $moved || $paid;

    return sub { $self->step };
}


1;
