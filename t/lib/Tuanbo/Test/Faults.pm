package Tuanbo::Test::Faults;

# Disks that fail and clocks that step, for one nginx: t/lib/faults.c,
# preloaded into it.  Make it before the start.
#
# `suffer` is what each fault is put through: what the client gets, what the
# log says, what goes on, that nothing acknowledged is lost, and that it heals
# by itself.  What it measures goes to the file that TUANBO_FAULTS_REPORT
# names, one JSON line a fault, of which t/faults-table.pl makes a table.

use v5.36;
use utf8;

use Mojo::JSON qw(encode_json);
use Test::More;
use Time::HiRes qw(sleep time);
use Tuanbo::Test ();
use Tuanbo::Test::Load;

my @fields = qw(sync meta space wall_ms hits slow_ms slow_us data short_data
    short_meta index_space no_boot_id fs_type fs_free stuck
    exit_ms no_promise people_ms people people_stuck);
my %offset = map { $fields[$_] => 8 * $_ } 0 .. $#fields;

# Lines a second that a fault may cost while it lasts, whatever the load: a
# few from each of two workers.
my $lines_max = 40;


sub new ($class, $test) {
    my $dir = $test->dir;
    my $source = Tuanbo::Test::root() . '/t/lib/faults.c';

    system("cc -std=gnu11 -O2 -fPIC -shared -o $dir/faults.so $source -ldl")
        == 0 or die 'cc';
    open my $file, '+>:raw', "$dir/faults" or die $!;
    syswrite $file, "\0" x 4096;
    chmod 0666, "$dir/faults";
    $test->{env} = {
        LD_PRELOAD => "$dir/faults.so", TUANBO_FAULTS => "$dir/faults",
        ASAN_OPTIONS => join(':', grep { length } $ENV{ASAN_OPTIONS} // '',
            'verify_asan_link_order=0'),
    };

    return bless { test => $test, file => $file, told => {}, n => 0 }, $class;
}


# e.g. (sync => -1) or (wall_ms => -3_600_000).  Where nothing can be written,
# what people do, which is noted beside, says so as well.
sub set ($self, %values) {
    $self->{test}->expect_log(qr/\[error\].*\/talk: .*No space left/)
        if $values{space};

    for my $name (keys %values) {
        sysseek $self->{file}, $offset{$name} // die($name), 0;
        syswrite $self->{file}, pack 'q', $values{$name};
    }
}


sub hits ($self) {
    sysseek $self->{file}, $offset{hits}, 0;
    sysread $self->{file}, my $bytes, 8;
    return unpack 'q', $bytes;
}


# ------------------------------------------------------------------ the shop

# Sales to try it on: plenty of `grape`, and a `pear` that is sold out, so
# that whoever asks for it is refused from a snapshot.
sub open_shop ($self) {
    my $t = $self->{test};

    $t->define_sale('grape', price_fen => 100, stock => 1_000_000);
    $t->define_sale('pear', price_fen => 100, stock => 1);
    $self->{first} = $t->held('first', 'pear', 1, key => 'first');
    $self->told('first', $self->{first}{id});
    $self->{stream} = $t->events(['grape']);
    ok($self->{stream}->next, 'a stream is open');
}


# A hold was acknowledged.
sub told ($self, $user, $id) { $self->{told}{$user} = $id }


# The same hold until it is taken: the milliseconds until then.
sub hold_until_taken ($self, $user, $seconds = 20) {
    my $t = $self->{test};
    my $began = time;
    my $res;

    my $taken = Tuanbo::Test::wait_until(sub {
        $res = $t->hold($user, 'grape', 1, key => "key-$user");
        return ($res->code // 0) =~ /^20[01]$/;
    }, $seconds);
    if (!$taken) {
        diag($res->code // 'no answer', $res->body);
        return;
    }
    $self->told($user, $res->json->{id});

    return 1000 * (time - $began);
}


# What has to go on whatever happens to the log: [name, code], each true.
sub going_on ($self) {
    my $t = $self->{test};
    my $first = $self->{first};

    return (
        [reads => sub {
            my $res = $t->get('/api/sales/grape');
            my $sales = $t->get('/api/sales');
            my $hold = $t->get("/api/holds/$first->{id}", user => 'first');
            my $holds = $t->get('/api/holds', user => 'first');
            return 4 == grep { ($_->code // 0) == 200 } $res, $sales, $hold,
                $holds;
        }],
        [refusals => sub {
            my $res = $t->hold('late', 'pear');
            return ($res->code // 0) == 409
                && $res->json->{code} eq 'sold_out';
        }],
        [retries => sub {
            my $res = $t->hold('first', 'pear', 1, key => 'first');
            return ($res->code // 0) == 200
                && $res->json->{id} eq $first->{id};
        }],
        [feed => sub {
            return ($t->get('/ledger?after=0&limit=10',
                role => 'ledger')->code // 0) == 200;
        }],
        [events => sub { $t->events(['grape'])->next }],
        [metrics => sub { ($t->get('/metrics')->code // 0) == 200 }],
    );
}


# ------------------------------------------------------------------- a fault

# Options: set: the fault, as for set(); or begin, end: codes that make it and
# take it away; once: it is over by itself; told: codes of the problem that a
# client may be told; log: lines at [warn] or above that it has to leave,
# meets: those that come before the fault is taken away, and maybe: those that
# may come; without: names of what does not go on; restarts: workers do, and
# the stream ends with them; seconds: until it is healed.
sub suffer ($self, $fault, %o) {
    local $Test::Builder::Level = $Test::Builder::Level + 1;
    my $t = $self->{test};
    my $set = $o{set} // {};
    my $user = 'buyer-' . ++$self->{n};
    my $hits = $self->hits;
    my $log = length $t->log_text;
    my %report = (fault => $fault, once => $o{once} ? 1 : 0);

    # ---- it comes; a line of the log is not repeated within a second
    sleep 1.1;
    $self->set(%$set);
    $o{begin}->() if $o{begin};
    my $began = time;
    my $res = $t->hold($user, 'grape', 1, key => "key-$user");
    $report{client_ms} = 1000 * (time - $began);
    my $code = ($res->json // {})->{code} // '';
    ok((grep { $code eq $_ } @{ $o{told} }), "$fault: $code")
        or diag($res->code // 'no answer', $res->body);
    $t->answers($res, 503, $code, 'a problem document');
    $report{retry_after} = $res->headers->header('Retry-After') // 0;
    cmp_ok($report{retry_after}, '>', 0, 'that says when to try again');
    $report{client} = "503 `$code`";
    ok(Tuanbo::Test::wait_until(sub { $self->hits > $hits }, 5),
        'it did happen') if %$set;

    # ---- what goes on; a snapshot may miss the instant of an exchange
    my %without = map { $_ => 1 } @{ $o{without} // [] };
    for my $each ($self->going_on, @{ $o{going_on} // [] }) {
        my ($name, $works) = @$each;
        next if $without{$name};
        my $good = 0;
        for (1 .. 8) { $good++ if $works->() }
        is($good, 8, "$name go on");
        push @{ $report{goes_on} }, $name;
    }

    # ---- while it lasts everybody asks; nobody is told "yours"
    if (!$o{once}) {
        my $seconds = 1.5;
        my $before = $self->complaints($log);
        my $load = Tuanbo::Test::Load->new($t, prefix => "$user-load")
            ->run($seconds);
        my $lines = $self->complaints($log);
        is($load->{answered}, 0, 'nobody is told "yours"')
            or diag(encode_json($load->{codes}));
        cmp_ok($load->{refused}, '>', 0, "$load->{refused} are told 503");
        $report{lines_s} = ($lines - $before) / $seconds;
        cmp_ok($report{lines_s}, '<', $lines_max, 'the log is not flooded: '
            . sprintf '%.0f lines a second', $report{lines_s});
        $self->wait_for_log($log, @{ $o{meets} // [] });
        $self->set(map { $_ => 0 } keys %$set);
        $o{end}->() if $o{end};
    }

    # ---- it heals by itself
    $report{healed_ms} = $self->hold_until_taken($user, $o{seconds} // 20);
    ok(defined $report{healed_ms}, 'it heals by itself');
    # the other worker may be ready a moment later
    my $holds;
    Tuanbo::Test::wait_until(sub {
        $holds = $t->get('/api/holds', user => $user)->json->{holds};
    });
    is(scalar @{ $holds // [] }, 1, 'the retry has one hold');
    if ($o{restarts}) {
        $self->{stream} = $t->events(['grape']);
    }
    ok($self->{stream}->next, 'a stream tells of it');

    # ---- what the log says
    for my $kind (qw(log meets maybe)) {
        $t->expect_log($_) for @{ $o{$kind} // [] };
    }
    $self->wait_for_log($log, @{ $o{log} // [] });
    $report{log} = [words($self->complaints($log))];
    $self->report(%report);

    return;
}


# On a busy machine a worker may meet a fault long after a client was told of
# another one's trouble.
sub wait_for_log ($self, $from, @patterns) {
    local $Test::Builder::Level = $Test::Builder::Level + 1;

    for my $pattern (@patterns) {
        Tuanbo::Test::eventually(sub {
            grep { $_ =~ $pattern } $self->complaints($from);
        }, "the log: $pattern", 20)
            or diag(join "\n", words($self->complaints($from)));
    }
}


# Lines of the error log from an offset on, of the levels that a shop watches.
sub complaints ($self, $from) {
    return grep { !/\[(?:debug|info|notice)\]/ }
        split /\n/, substr $self->{test}->log_text, $from;
}


# Lines of the error log without what differs from run to run, each once.
sub words (@lines) {
    my %seen;

    for (@lines) {
        s/^\S+ \S+ \[(\w+)\] [^:]+: (?:\*\d+ )?/[$1] /;
        s/^\[error\] //;
        s{flashsale: (?:store /\S+: )?}{};
        s{/\S*/store\b}{…}g;
        s/\d{2,}/…/g;
    }

    return grep { !$seen{$_}++ } @lines;
}


# At the end: what was acknowledged is there, once, by the feed and by reading.
sub nothing_lost ($self) {
    local $Test::Builder::Level = $Test::Builder::Level + 1;
    my $t = $self->{test};
    my (%held, %of);

    for my $entry ($t->entries('held')) {
        $held{ $entry->{hold} }++;
        $of{ $entry->{buyer} }++;
    }
    my @wrong = grep { ($held{ $self->{told}{$_} } // 0) != 1 }
        keys %{ $self->{told} };
    is(scalar @wrong, 0, 'all ' . keys(%{ $self->{told} })
        . ' that were told have their hold, once') or diag("@wrong");
    is(scalar(grep { $_ > 1 } values %of), 0, 'nobody has two');
    $t->audit_ok;
    $t->chain_ok;
}


# One line of the report.
sub report ($self, %line) {
    my $path = $ENV{TUANBO_FAULTS_REPORT} // return;

    $line{test} = $0 =~ s{.*/}{}r;
    $line{$_} = int($line{$_} + 0.5)
        for grep { defined $line{$_} } qw(client_ms healed_ms lines_s);
    open my $file, '>>', $path or die "$path: $!";
    print {$file} encode_json(\%line), "\n";
    close $file or die $!;
}


1;
