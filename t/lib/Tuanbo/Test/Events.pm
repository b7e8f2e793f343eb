package Tuanbo::Test::Events;

# A viewer of GET /api/events: a stream that is read while others talk.

use v5.36;

use Mojo::IOLoop;
use Mojo::JSON qw(decode_json);
use Mojo::UserAgent;
use Time::HiRes ();


# Options: session, last_event_id, headers, port.
sub new ($class, $test, $sales, %o) {
    my $self = bless { queue => [], text => '', comments => 0 }, $class;
    my $target = '/api/events?' . join '&',
        (defined $o{session} ? "session=$o{session}" : ()),
        map { "sale=$_" } @$sales;
    my %headers = (Accept => 'text/event-stream', %{ $o{headers} // {} });

    $headers{'Last-Event-ID'} = $o{last_event_id}
        if defined $o{last_event_id};
    $self->{ua} = Mojo::UserAgent->new(inactivity_timeout => 0,
        request_timeout => 0, max_response_size => 0, insecure => 1);
    my $tx = $self->{ua}->build_tx(GET => $test->url($target, $o{port}),
        \%headers);
    $tx->res->content->unsubscribe('read')->on(read => sub ($content, $bytes) {
        $self->feed($bytes);
    });
    $self->{tx} = $tx;
    $self->{ua}->start($tx, sub ($ua, $done) {
        $self->{closed} = 1;
        $self->{error} = $done->error;
    });

    return $self;
}


sub feed ($self, $bytes) {
    $self->{text} .= $bytes;
    while ($self->{text} =~ s/\A(.*?)\n\n//s) {
        $self->parse($1);
    }
}


sub parse ($self, $block) {
    my %event;

    for my $line (split /\n/, $block) {
        if ($line =~ /^:/) {
            $self->{comments}++;
        }
        elsif ($line =~ /^(id|event|data|retry): ?(.*)$/) {
            $event{$1} = $2;
        }
        else {
            $event{strange} = $line;
        }
    }
    return if !defined $event{data} && !defined $event{strange};
    $event{json} = decode_json($event{data}) if defined $event{data};
    $event{came} = Time::HiRes::time();
    push @{ $self->{queue} }, \%event;
}


sub run ($self, $code, $seconds) {
    my $late = 0;
    my $id = Mojo::IOLoop->timer($seconds => sub { $late = 1 });

    while (!$code->() && !$late) {
        Mojo::IOLoop->one_tick;
    }
    Mojo::IOLoop->remove($id);

    return $code->() ? 1 : 0;
}


# Runs the loop until the code is true: 1; or 0, when it is not for long.
sub run_until ($self, $code, $seconds = 10) {
    return $self->run($code, Tuanbo::Test::patience($seconds));
}


sub code ($self, $seconds = 10) {
    $self->run_until(sub { $self->{tx}->res->code || $self->{closed} },
        $seconds);
    return $self->{tx}->res->code;
}


sub headers ($self) {
    $self->code;
    return $self->{tx}->res->headers;
}


# The next event, or nothing.
sub next ($self, $seconds = 10) {
    $self->run_until(sub { @{ $self->{queue} } || $self->{closed} },
        $seconds);
    return shift @{ $self->{queue} };
}


# The next event for which the code is true; those before it are dropped
# (and kept in {passed}).
sub next_of ($self, $code, $seconds = 10) {
    my $end = Time::HiRes::time() + Tuanbo::Test::patience($seconds);

    $self->{passed} = [];
    while (Time::HiRes::time() < $end) {
        my $event = $self->next($seconds) or last;
        local $_ = $event;
        return $event if $code->($event);
        push @{ $self->{passed} }, $event;
    }

    return;
}


# All that comes within a time.
sub drain ($self, $seconds) {
    $self->run(sub { $self->{closed} }, $seconds * Tuanbo::Test::slower());
    return splice @{ $self->{queue} };
}


sub wait_closed ($self, $seconds = 10) {
    return $self->run_until(sub { $self->{closed} }, $seconds);
}


sub close ($self) {
    my $id = $self->{tx}->connection;

    Mojo::IOLoop->remove($id) if defined $id;
    $self->{closed} = 1;
}


1;
