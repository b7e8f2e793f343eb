use v5.36;
use Tuanbo::Test;
use Tuanbo::Test::Clerk;
use Tuanbo::Test::Postgres;

# The clerk's answers: who works, invitations, devices, the register; and
# clients that are slow, greedy, or gone.  On SQLite and on PostgreSQL.

my $postgres = Tuanbo::Test::Postgres->new;
my @databases = (SQLite => undef, PostgreSQL => $postgres->at);


sub people ($clerk) {
    my ($code, $said) = $clerk->tool('invite', '--owner', 'Wang', '--url',
        'http://shop.example/');
    is($code, 0, 'an owner is invited with nobody answering') or diag($said);
    my ($token) = $said =~ m{^http://shop\.example/desk/in/([0-9a-f]{32})$}m;
    ok($token, 'by a link');
    is($clerk->register->{staff}[0]{name}, 'Wang', 'and is in the register');

    $clerk->start;
    is((stat $clerk->dir . '/clerk.sock')[2] & 0777, 0600, 'a private socket');

    my ($first) = $token;
    ($code, $said) = $clerk->tool('invite', '--owner', 'Wang');
    ($token) = $said =~ m{/desk/in/([0-9a-f]{32})$}m;
    is(scalar @{ $clerk->register->{staff} }, 1, 'the same owner again');
    my $enter = sub ($with, $label = 'phone') {
        $clerk->ask(enter => { token => $with, label => $label }) };
    is($enter->($first)->{refused}, 'invitation_expired',
        'the earlier link ended');
    is($enter->('0' x 32)->{refused}, 'no_such_invitation', 'a guess');
    is_deeply($enter->($token, ''), { refused => 'bad_request',
        field => 'label' }, 'a device without a name');

    # two at once
    my @sockets = map { $clerk->connect } 1 .. 8;
    for my $socket (@sockets) {
        print {$socket} encode_json({ ask => 'enter', with => {
            token => $token, label => 'phone' } }), "\n";
        $socket->flush;
    }
    my @said = map { decode_json(scalar readline $_) } @sockets;
    my ($in, @more) = grep { $_->{answer} } @said;
    ok($in, 'one gets in') or diag(explain(\@said));
    is(scalar @more, 0, 'and no other');
    is(scalar(grep { ($_->{refused} // '') eq 'invitation_used' } @said), 7,
        'who are told why');
    my $device = $in->{answer}{device};
    my $owner = $in->{answer}{staff};
    is($clerk->register->{devices}[0]{id}, $device, 'it is in the register');

    # staff
    my $put = sub (%with) { $clerk->ask(staff_put => { %with }) };
    for my $wrong ([name => ' '], [name => 'a' x 101], [name => "a\nb"],
        [roles => []], [roles => ['king']], [roles => 'owner'],
        [points => ['a b']], [points => 'x'], [login => '']) {
        my ($field, $value) = @$wrong;
        is_deeply($put->(name => 'Li', roles => ['leader'], $field => $value),
            { refused => 'bad_request', field => $field },
            "$field is wrong: " . encode_json([$value]));
    }
    my $li = $put->(name => "Li \x{674e}'s", roles => ['leader'],
        points => ['xingfu'], login => 'li')->{answer};
    is_deeply([@$li{qw(name points login)}], ["Li \x{674e}'s", ['xingfu'],
        'li'], 'a leader');
    is($put->(name => 'Other', roles => ['host'], login => 'li')->{refused},
        'login_taken', 'a login is one person\'s');
    is($put->(id => $owner, name => 'Wang', roles => ['host'])->{refused},
        'last_owner', 'an owner stays');
    is($clerk->ask(staff_end => { id => $owner })->{refused}, 'last_owner',
        'always');
    is($put->(id => 'none', name => 'x', roles => ['host'])->{refused},
        'no_such_staff', 'nobody');
    $put->(id => $li->{id}, name => 'Li', roles => ['owner', 'leader'],
        points => ['xingfu', 'binjiang']);
    is_deeply([map { @{ $_->{points} } } grep { $_->{id} eq $li->{id} }
        @{ $clerk->register->{staff} }], [qw(xingfu binjiang)], 'changed');

    # devices
    my $token2 = $clerk->ask(invite => { staff => $li->{id} })->{answer}{token};
    my $phone = $enter->($token2, 'old phone')->{answer}{device};
    $clerk->ask(rename_device => { id => $phone, label => 'new phone' });
    is_deeply([map { $_->{label} } @{ $clerk->ask(devices => {
        staff => $li->{id} })->{answer}{devices} }], ['new phone'], 'renamed');
    is($clerk->ask(revoke => { id => $device })->{answer}{id}, $device,
        'one is revoked');
    is($clerk->ask(revoke => { id => $device })->{refused}, 'no_such_device',
        'once');
    is_deeply([map { $_->{id} } @{ $clerk->register->{devices} }], [$phone],
        'and is out of the register');
    my $open = $clerk->ask(invite => { staff => $li->{id} })->{answer}{token};
    ok($clerk->ask(staff_end => { id => $li->{id} })->{answer}, 'who leaves');
    is(scalar @{ $clerk->register->{devices} }, 0, 'has no device');
    is($enter->($open)->{refused}, 'invitation_expired', 'and no invitation');

    is_deeply($clerk->ask('none'), { refused => 'no_such_question',
        field => 'ask' }, 'no such question');
    is($clerk->ask('../people')->{refused}, 'no_such_question', 'nor a path');
}


# A link is good for a day, by the clock: its times are put back.
sub expiry ($clerk, $at) {
    my ($owner) = grep { !$_->{ended_at} }
        @{ $clerk->ask('staff')->{answer}{staff} };
    my $invited = sub {
        my $said = $clerk->ask(invite => { staff => $owner->{id} })->{answer};
        cmp_ok(abs($said->{expires_at} - time * 1000 - 86_400_000), '<',
            60_000 * Tuanbo::Test::slower(), 'a link for a day');
        return $said->{token};
    };
    my $put_back = sub ($ms) {
        my $sql = 'UPDATE ' . ($at ? 'typed.' : '') . 'invitations SET'
            . " made_at = made_at - $ms, expires_at = expires_at - $ms"
            . ' WHERE used_at IS NULL';
        $at ? $postgres->sql($sql)
            : is(system('sqlite3', $clerk->dir . '/typed.db', $sql), 0,
                'put back');
    };
    my $enter = sub ($token) {
        $clerk->ask(enter => { token => $token, label => 'late' }) };

    my $token = $invited->();
    $put_back->(86_400_000 - 600_000 * Tuanbo::Test::slower());
    ok($enter->($token)->{answer}, 'ten minutes before it ends it lets in');
    $token = $invited->();
    $put_back->(86_400_000);
    is_deeply($enter->($token), { refused => 'invitation_expired',
        field => 'token' }, 'after a day it does not');
    is($enter->($invited->())->{refused}, undef, 'a new one does');
}


sub clients ($clerk) {
    my @silent = map { $clerk->connect } 1 .. 10;
    my $half = $clerk->connect;
    print {$half} '{"ask":"sta';
    $half->flush;
    my $greedy = $clerk->connect;
    {
        local $SIG{PIPE} = 'IGNORE';
        print {$greedy} 'x' x 1_000_000;
        $greedy->flush;
    }
    my $gone = $clerk->connect;
    print {$gone} "{\"ask\":\"staff\"}\n" x 100;
    close $gone;
    ok($clerk->ask('staff')->{answer}, 'others are answered');
    my $text = readline $greedy;
    ok(!defined $text || $text =~ /too_long/, 'too much is refused');
    print {$half} "ff\"}\n";
    $half->flush;
    ok(decode_json(scalar readline $half)->{answer}, 'half a line becomes a whole');
    print {$half} "no JSON\n{\"ask\":\"staff\"}\n[]\n";
    $half->flush;
    is_deeply([map { decode_json(scalar readline $half)->{refused} // 'answered' }
        1 .. 3], [qw(bad_request answered no_such_question)], 'three in one write');
    my @many = map { $clerk->connect } 1 .. 80;
    ok($clerk->ask('staff')->{answer}, 'and many that are silent');
}


sub deeds ($clerk) {
    my $file = $clerk->dir . '/deeds.ndjson';
    my $at = 1795939200000;
    my $write = sub ($from, $to, $end = "\n") {
        open my $out, '>>', $file or die "$file: $!\n";
        print {$out} join "\n", map { encode_json({ at => $at + $_,
            staff => 'li', point => $_ % 2 ? 'xingfu' : 'binjiang',
            hold => "h$_", key => "k$_" }) } $from .. $to;
        print {$out} $end;
    };
    my $all = sub (%with) {
        my ($before, @list);
        while (1) {
            my $said = $clerk->ask(deeds => { %with, limit => 200,
                (defined $before ? (before => $before) : ()) });
            my $got = ($said->{answer} // die encode_json($said))->{deeds};
            return @list if !@$got;
            push @list, @$got;
            $before = $got->[-1]{id};
        }
    };

    $write->(1, 3);
    eventually { $all->() == 3 } 'deeds are taken';
    is_deeply([map { $_->{key} } $all->(point => 'xingfu')], [qw(k3 k1)],
        'by point, the newest first');
    is_deeply([map { $_->{key} } $all->(hold => 'h2')], ['k2'], 'by order');

    # killed at any point
    my $n = 3;
    for my $round (1 .. 6) {
        $write->($n + 1, $n + 700);
        $n += 700;
        sleep rand 0.3;
        $clerk->stop('KILL');
        $write->($n + 1, $n + 5);
        $n += 5;
        $clerk->start;
    }
    eventually { $all->() == $n } 'each is there', 20;
    my %keys = map { $_->{key} => 1 } $all->();
    is(scalar keys %keys, $n, 'once');

    # a line that the worker had not ended
    open my $out, '>>', $file or die "$file: $!\n";
    print {$out} "{\"at\":$at,\"ke";
    close $out;
    eventually { $all->() == $n + 1 } 'a damaged line is kept', 20;
    ok((grep { $_->{damaged} } $all->()), 'and told apart');
    eventually { $clerk->log_text =~ /is damaged/ } 'and told';
}


while (my ($name, $at) = splice @databases, 0, 2) {
    subtest $name => sub {
        my $clerk = Tuanbo::Test::Clerk->new(database => $at);

        people($clerk);
        expiry($clerk, $at);
        clients($clerk);
        deeds($clerk);

        # a backup, while it answers
        my $file = $clerk->dir . '/backup';
        is(($clerk->tool('backup', $file))[0], 0, 'a backup');
        is((stat $file)[2] & 0777, 0600, 'for nobody else');
        if ($at) {
            like(Tuanbo::Test::slurp($file), qr/COPY typed\.staff .*Wang/s,
                'by pg_dump');
        }
        else {
            like(`sqlite3 $file 'SELECT name FROM staff'`, qr/^Wang$/m,
                'which is a database');
        }
        is(($clerk->tool('backup', $file))[0], 1, 'not over another');

        if ($at) {
            $postgres->stop;
            is($clerk->ask('staff')->{refused}, 'failed',
                'without its database it says so');
            $postgres->start;
            eventually { $clerk->ask('staff')->{answer} } 'and heals';
        }

        is(($clerk->tool('answer'))[0], 1, 'a second one is refused');
        is($clerk->stop, 0, 'SIGTERM ends it');
        ok(!-e $clerk->dir . '/clerk.sock', 'with its socket');
    };
}

my $clerk = Tuanbo::Test::Clerk->new;
is(($clerk->tool('invite'))[0], 2, 'called wrongly');
is(($clerk->tool('none'))[0], 2, 'no such command');

done_testing;
