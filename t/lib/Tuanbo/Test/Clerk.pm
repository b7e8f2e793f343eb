package Tuanbo::Test::Clerk;

# A tuanbo-office answer in a directory of its own, and how to ask it.
#
#     my $clerk = Tuanbo::Test::Clerk->new(database => $place)->start;
#     my $said = $clerk->ask(invite => { staff => $id });
#     $clerk->tool('invite', '--owner', 'Wang')       exit code and what it said
#     $clerk->follow('--store', $path)                a tuanbo-office fold, too
#     $clerk->dump, $clerk->position                  what it has folded

use v5.36;

use File::Temp ();
use IO::Socket::UNIX;
use Mojo::JSON qw(decode_json encode_json);
use POSIX ();
use Tuanbo::Test ();

my $program = Tuanbo::Test->root . '/conf/bin/tuanbo-office';
my @all;


sub new ($class, %option) {
    my $self = bless { dir => $option{dir} // File::Temp->newdir('clerk-XXXXXX',
        TMPDIR => 1), database => $option{database} }, $class;

    push @all, $self;

    return $self;
}


sub dir ($self) { "$self->{dir}" }
sub log_text ($self) { Tuanbo::Test::slurp("$self->{dir}/log") }
sub pid ($self) { $self->{pid} }


sub command ($self, $name, @arguments) {
    return ($program, $name, '--directory', $self->dir,
        (defined $self->{database} ? ("--database", $self->{database}) : ()),
        @arguments);
}


sub tool ($self, $name, @arguments) {
    open my $out, '-|', 'sh', '-c', 'exec "$@" 2>&1', 'sh',
        $self->command($name, @arguments) or die "$name: $!\n";
    my $said = do { local $/; readline $out } // '';
    close $out;

    return ($? >> 8, $said);
}


# What the file staff.json says.
sub register ($self) {
    return lists(decode_json(Tuanbo::Test::slurp("$self->{dir}/staff.json")));
}


# Lua has one thing for an empty list and an empty object.
sub lists ($said) {
    for my $name (qw(staff devices deeds points roles rows orders lines)) {
        my $list = $said->{$name};
        next if !ref $list;
        $said->{$name} = [] if ref $list eq 'HASH';
        lists($_) for grep { ref } @{ $said->{$name} };
    }
    return $said;
}


sub start ($self, @wrapper) {
    my $pid = fork // die "fork: $!\n";

    if ($pid == 0) {
        open STDERR, '>>', "$self->{dir}/log" or POSIX::_exit(1);
        exec @wrapper, $self->command('answer') or POSIX::_exit(1);
    }

    $self->{pid} = $pid;
    Tuanbo::Test::wait_until(sub { $self->connect })
        or die 'the clerk does not answer: ', $self->log_text;

    return $self;
}


sub stop ($self, $signal = 'TERM') {
    kill $signal => $self->{pid};
    waitpid delete $self->{pid}, 0;

    return $?;
}


# Folds, for ever; what it says goes to folding_text.
sub follow ($self, @arguments) {
    my $pid = fork // die "fork: $!\n";

    if ($pid == 0) {
        open STDERR, '>>', "$self->{dir}/folding" or POSIX::_exit(1);
        exec $self->command('fold', @arguments) or POSIX::_exit(1);
    }

    return $self->{folding} = $pid;
}


sub folding_text ($self) { Tuanbo::Test::slurp("$self->{dir}/folding") }


# The signal, and what it ended with.
sub unfollow ($self, $signal = 'TERM') {
    kill $_ => $self->{folding} for $signal, 'CONT';
    waitpid delete $self->{folding}, 0;

    return $?;
}


sub dump ($self) { ($self->tool('dump'))[1] }


# The last entry that is folded, of a dump's first line.
sub position ($self) {
    my ($position) = $self->dump =~ /\Aposition\t\d+\t(\d+)\t/;

    return $position // 0;
}


sub connect ($self) {
    return IO::Socket::UNIX->new(Peer => "$self->{dir}/clerk.sock");
}


sub ask ($self, $name, $with = {}) {
    my $socket = $self->connect or return { refused => 'away' };

    print {$socket} encode_json({ ask => $name, with => $with }), "\n";
    $socket->flush;

    my $said = decode_json(scalar(readline $socket) // '{"refused":"nothing"}');
    lists($said->{answer}) if $said->{answer};

    return $said;
}


END {
    local $?;
    $_->stop('KILL') for grep { $_->{pid} } @all;
    $_->unfollow('KILL') for grep { $_->{folding} } @all;
}


1;
