package Tuanbo::Test::Load;

# Buyers who tap all the time while something happens to the server.  Each
# buyer takes one unit with a key, and tries again with that key until it is
# answered, as a good client does.

use v5.36;

use Mojo::IOLoop;
use Time::HiRes qw(time);


# Options: sale, buyers at once (16), prefix of their names, retries (0: a
# request without an answer is only counted), least (0: answers that have to
# come before the end of a run; on a busy machine it is longer).
sub new ($class, $test, %o) {
    return bless {
        test => $test, sale => 'grape', parallel => 16, prefix => 'load',
        retries => 0, least => 0, %o, next => 0, open => 0, answered => 0, lost => 0,
        holds => {}, codes => {}, stop => 0,
    }, $class;
}


sub more ($self) {
    while (!$self->{stop} && $self->{open} < $self->{parallel}) {
        $self->{open}++;
        $self->ask("$self->{prefix}-" . $self->{next}++, 0);
    }
}


sub ask ($self, $user, $try) {
    my $test = $self->{test};

    $test->call_p($test->hold_call($user, $self->{sale}, 1,
        key => "key-$user")->@*)->then(sub ($res) {
        my $code = $res->code;
        if (!defined $code || $code == 503) {
            $self->{lost}++ if !defined $code;
            $self->{refused}++ if defined $code;
            if ($try < $self->{retries}) {
                Mojo::IOLoop->timer(0.05 =>
                    sub { $self->ask($user, $try + 1) });
                return;
            }
        }
        else {
            $self->{answered}++;
            $self->{codes}{$code}++;
            push @{ $self->{strange} }, "$code " . $res->body
                if $code != 201 && $code != 200;
            $self->{holds}{$user} = $res->json->{id} if $code =~ /^20/;
        }
        $self->{open}--;
        $self->more;
    });
}


# Runs for so many seconds; `during` is a list of [second, code, after], run in
# this order.  A code runs when its second has come, when the answers so far
# are as large a part of `least` as that second is of all, and when after->()
# is true, if there is one.  The run ends after the last.
sub run ($self, $seconds, @during) {
    my $began = time;
    my $done = 0;
    my @steps = (@during, [$seconds => sub { $self->{stop} = 1 }]);

    $self->more;
    my $tick = Mojo::IOLoop->recurring(0.02 => sub {
        while (@steps && time - $began >= $steps[0][0] && $self->{answered}
            >= $self->{least} * $steps[0][0] / $seconds
            && (!$steps[0][2] || $steps[0][2]->()))
        {
            (shift @steps)->[1]->();
        }
        $done = 1 if $self->{stop} && !$self->{open};
    });
    while (!$done && time - $began < $seconds + 120) {
        Mojo::IOLoop->one_tick;
    }
    Mojo::IOLoop->remove($tick);

    return $self;
}


1;
