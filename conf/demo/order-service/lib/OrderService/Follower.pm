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
        %parts, failures => 0, known => 0, alarm => undef, read_to => 0,
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


sub step ($self) {
    return if $self->{stopped};
    my $position = $self->{database}->position;

    # is it still the ledger that we know?
    if (!$self->{known} && $position->{seq} > 0) {
        my $before = $position->{seq} - 1;
        return $self->ask("after=$before&limit=1", sub ($lines) {
            $self->recognize($position, $lines);
        });
    }

    # no waiting before the end was seen once: until then nothing is paid back
    my $wait = $self->{read_to} ? WAIT_MS : 0;
    $self->ask("after=$position->{seq}&limit=" . LIMIT . "&wait_ms=$wait",
        sub ($lines) { $self->take($position, $lines) });
}


# Asks, hands over the lines, goes on; and waits when something went wrong.
sub ask ($self, $query, $code) {
    my $target = "/ledger?$query";
    my %headers = ('Flashsale-Signature' => $self->{secrets}->sign('ledger',
        'GET', $target, ''));

    $self->{ua}->get("$self->{nginx}$target" => \%headers
        => sub ($ua, $tx) {
            return if $self->{stopped};
            if (($tx->res->code // 0) == 200 && !$tx->error
                && eval { $code->([split /\n/, $tx->res->body]); 1 })
            {
                $self->{failures} = 0;
                Mojo::IOLoop->next_tick(sub { $self->step });
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
    $self->{known} = 0;
    $self->{read_to} = 0;
    chomp $why;
    $self->{log}->warn("ledger: $why; again in $wait s");
    Mojo::IOLoop->timer($wait => sub { $self->step });
}


sub recognize ($self, $position, $lines) {
    my ($hash) = @$lines == 1 ? $lines->[0] =~ /,"hash":"([0-9a-f]{64})"\}\z/
        : ();

    $self->wrong("line $position->{seq} is not the one that was read")
        if ($hash // '') ne $position->{hash};
    $self->{known} = 1;
    $self->{alarm} = undef;
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
    $self->{known} = 1;
    $self->{alarm} = undef;
    return if @$lines == LIMIT;

    $self->{read_to} = 1;
    my $paid = $database->pay_refunds;
    $self->{log}->info("$paid paid back") if $paid;
    $self->{changed}->() if $moved || $paid;
}


1;
