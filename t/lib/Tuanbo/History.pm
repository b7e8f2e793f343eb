package Tuanbo::History;

# What clients sent and got: a directory with run.json, and a file of JSON
# lines for each client, CLIENT.ndjson:
#
#     {"n":7,"send":"hold","t":81,"call":5,"try":1,"method":"POST",
#      "target":"/api/holds","user":"…","key":"…","body":{…},
#      "supposes":{"If-None-Match":"*"}}
#     {"n":7,"got":201,"t":95,"body":{…},"replayed":1,"date":1790000000}
#     {"n":7,"lost":"Connection reset by peer","t":95,"hung":1}
#
# A line is written before its request is sent, another when it was answered
# or its connection broke; without a second line nothing is known of it.  `n`
# counts the requests of the file, `call` is the same for all tries of one
# call; `for` is the user whose pseudonym is in it.  `t` is in microseconds of the machine's monotonic clock, so it
# compares between all clients of a run, and with no other clock.  `date` is
# the server's clock, in seconds.  `hung`: no answer within the deadline.

use v5.36;

use IO::Handle;
use Mojo::JSON qw(decode_json encode_json);
use Time::HiRes qw(CLOCK_MONOTONIC clock_gettime);


sub now_us () { return int(clock_gettime(CLOCK_MONOTONIC) * 1_000_000) }


# ----------------------------------------------------------------- a writer

sub writer ($class, $dir, $client) {
    my $path = "$dir/$client.ndjson";

    open my $file, '>', $path or die "$path: $!\n";
    $file->autoflush(1);

    return bless { file => $file, n => 0 }, $class;
}


sub put ($self, %line) {
    print { $self->{file} } encode_json(\%line) . "\n"
        or die "the history cannot be written: $!\n";
}


# Gives the number by which `got` or `lost` refers to it.
sub send ($self, $do, %line) {
    my $n = ++$self->{n};

    $self->put(n => $n, send => $do, t => now_us(), %line);

    return $n;
}


sub got ($self, $n, $code, %line) {
    $self->put(n => $n, got => $code, t => now_us(), %line);
}


sub lost ($self, $n, $why, %line) {
    $self->put(n => $n, lost => $why, t => now_us(), %line);
}


# --------------------------------------------------------------- the reader

sub write_run ($class, $dir, $run) {
    open my $file, '>', "$dir/run.json" or die "$dir/run.json: $!\n";
    print {$file} encode_json($run), "\n";
    close $file or die "$dir/run.json: $!\n";
}


sub read_run ($class, $dir) {
    open my $file, '<', "$dir/run.json" or die "$dir/run.json: $!\n";
    local $/;
    return decode_json(<$file>);
}


# The requests of all clients in the order in which they were sent, each as
# it was sent, with where (file and line), t0, and once there is a second
# line: t1, code, answer, replayed, date; or lost, hung.  Dies of a file that
# is no history; a last line that was cut, as when the client was killed, is
# no line.
sub requests ($class, $dir) {
    my @requests;

    for my $path (sort glob "'$dir'/*.ndjson") {
        my ($name) = $path =~ m{([^/]+)\z};
        next if $name eq 'ledger.ndjson';
        my %of;
        open my $file, '<', $path or die "$path: $!\n";
        while (my $text = <$file>) {
            last if $text !~ /\n\z/ && eof $file;
            my $line = eval { decode_json($text) }
                // die "$name:$.: not a line of a history\n";
            if (defined $line->{send}) {
                die "$name:$.: $line->{n} is there twice\n"
                    if $of{ $line->{n} };
                push @requests, $of{ $line->{n} } = { %$line,
                    do => $line->{send}, t0 => $line->{t}, file => $name,
                    where => "$name:$." };
                next;
            }
            my $request = $of{ $line->{n} }
                // die "$name:$.: nothing was sent as $line->{n}\n";
            die "$name:$.: $line->{n} was answered before\n"
                if defined $request->{t1};
            $request->{t1} = $line->{t};
            $request->{at} = "$name:$.";
            $request->{code} = $line->{got};
            $request->{answer} = $line->{body};
            $request->{$_} = $line->{$_} for qw(replayed date lost hung);
        }
    }

    return sort { $a->{t0} <=> $b->{t0} } @requests;
}


1;
