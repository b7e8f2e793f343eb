package OrderService::Teller;

# Tells nginx what happened: sends what is queued in the database, again and
# again until there is a final answer, with longer and longer waits.

use v5.36;

use Mojo::IOLoop;
use Mojo::UserAgent;

use constant {
    LOOK_S       => 0.25,
    AT_ONCE      => 8,
    WAIT_MS      => 250,
    WAIT_MS_MAX  => 60_000,
    ANSWER_MAX   => 2000,
    LOG_MAX      => 120,
};


sub new ($class, %parts) {
    return bless {
        %parts, sending => {},
        ua => Mojo::UserAgent->new(connect_timeout => 3,
            inactivity_timeout => 10, request_timeout => 15,
            max_redirects => 0),
    }, $class;
}


sub start ($self) {
    $self->{timer} = Mojo::IOLoop->recurring(LOOK_S, sub { $self->look });
}


sub stop ($self) {
    $self->{stopped} = 1;
    Mojo::IOLoop->remove(delete $self->{timer}) if $self->{timer};
}


sub busy ($self) { scalar keys %{ $self->{sending} } }


sub look ($self) {
    return if $self->{stopped};
    $self->{database}->pay_late;

    for my $message ($self->{database}->messages_due(2 * AT_ONCE)) {
        last if $self->busy >= AT_ONCE;
        next if $self->{sending}{ $message->{hold} };
        $self->send($message);
    }
}


sub send ($self, $message) {
    my $target = "/orders/$message->{hold}/$message->{what}";
    my %headers = ('Flashsale-Signature' => $self->{secrets}->sign('orders',
        'POST', $target, $message->{body}));

    $headers{'Content-Type'} = 'application/json' if length $message->{body};
    $self->{sending}{ $message->{hold} } = 1;
    $self->{ua}->post("$self->{nginx}$target" => \%headers
        => $message->{body} => sub ($ua, $tx) {
            delete $self->{sending}{ $message->{hold} };
            $self->answered($message, $tx);
            $self->look;
        });
}


sub answered ($self, $message, $tx) {
    my $status = $tx->res->code;
    my $answer = $status ? substr($tx->res->text // '', 0, ANSWER_MAX)
        : $tx->error->{message};
    my $name = "$message->{what} of $message->{hold}";

    if (final($status)) {
        $self->{database}->message_answered($message->{id}, $status, $answer);
        my $level = $status == 200 ? 'info' : 'error';
        $self->{log}->$level("$name: $status " . substr $answer, 0, LOG_MAX);
        return;
    }

    my $wait = wait_ms($message->{tries}, $tx->res->headers->header(
        'Retry-After'));
    $self->{database}->message_failed($message->{id}, $status, $answer,
        $wait);
    $self->{log}->warn("$name: " . ($status // 'no answer')
        . " $answer; again in $wait ms");
}


# Whether asking again would change nothing.
sub final ($status) {
    return 0 if !$status || $status >= 500;
    return $status >= 200 && $status != 401 && $status != 408
        && $status != 429;
}


# Twice as long after each try, and a little by chance, so that those who
# failed together do not come back together.
sub wait_ms ($tries, $retry_after = undef) {
    my $wait = WAIT_MS * 2 ** ($tries > 10 ? 10 : $tries);

    $wait = WAIT_MS_MAX if $wait > WAIT_MS_MAX;
    $wait = $retry_after * 1000 if ($retry_after // '') =~ /\A[0-9]{1,3}\z/
        && $retry_after * 1000 > $wait;

    return int($wait * (1 + rand 0.25));
}


1;
