package Tuanbo::Test::Postgres;

# A PostgreSQL of the test's own, in a directory of its own, which listens on
# a socket there only; as the user postgres where the test is root.
#
#     my $postgres = Tuanbo::Test::Postgres->new;
#     $postgres->at                   what libpq connects to
#     $postgres->another              the same of a new database, as a URL
#     $postgres->stop; $postgres->start

use v5.36;

use File::Temp ();
use Tuanbo::Test ();

my @all;


sub as_user (@command) {
    return $> == 0 ? ('runuser', '-u', 'postgres', '--', @command) : @command;
}


sub bin {
    my @found = sort { ($a =~ m{/(\d+)/})[0] <=> ($b =~ m{/(\d+)/})[0] }
        glob '/usr/lib/postgresql/*/bin/postgres';

    return @found ? $found[-1] =~ s{/postgres\z}{}r : undef;
}


sub new ($class) {
    my $bin = bin() // die "no PostgreSQL in /usr/lib/postgresql\n";
    my $home = File::Temp->newdir('tuanbo-pg-XXXXXX', TMPDIR => 1);
    my $self = bless { bin => $bin, home => $home }, $class;

    if ($> == 0) {
        my ($uid, $gid) = (getpwnam 'postgres')[2, 3];
        chown $uid, $gid, "$home" or die "$home: $!\n";
    }

    system("cd / && @{[as_user(qq($bin/initdb))]} -D $home/data -U clerk"
        . ' -A trust -E UTF8 --locale=C --no-instructions --no-sync'
        . " >$home/initdb.log 2>&1") == 0
        or die "initdb: ", Tuanbo::Test::slurp("$home/initdb.log");
    # the socket is anybody's, as Debian's is
    chmod 0755, "$home" or die "$home: $!\n";
    push @all, $self;

    return $self->start;
}


sub at ($self) { "host=$self->{home} user=clerk dbname=postgres" }


sub another ($self) {
    my $name = 'other' . ++$self->{made};

    # as many have it: text is not sorted by its bytes
    system("$self->{bin}/createdb", '-h', $self->{home}, '-U', 'clerk', '-T',
        'template0', '--locale-provider=icu', '--icu-locale=en-US', $name)
        == 0 or die "createdb\n";

    return "postgresql://clerk\@/$name?host=$self->{home}";
}


# A statement, in the database of at(), or another.
sub sql ($self, $statement, $database = $self->at) {
    system("$self->{bin}/psql", '-q', '-v', 'ON_ERROR_STOP=1', '-d',
        $database, '-c', $statement) == 0 or die "psql: $statement\n";
}


sub start ($self) {
    my $pid = fork // die "fork: $!\n";

    if ($pid == 0) {
        chdir '/';
        open STDOUT, '>>', "$self->{home}/log" or die "log: $!\n";
        open STDERR, '>&', \*STDOUT or die "log: $!\n";
        exec as_user("$self->{bin}/postgres", '-D', "$self->{home}/data",
            '-c', 'listen_addresses=', '-c',
            "unix_socket_directories=$self->{home}", '-c', 'jit=off');
    }

    $self->{pid} = $pid;
    Tuanbo::Test::wait_until(sub {
        system("$self->{bin}/pg_isready", '-q', '-h', $self->{home}, '-d',
            'postgres', '-U', 'clerk') == 0 })
        or die "PostgreSQL: ", Tuanbo::Test::slurp("$self->{home}/log");

    return $self;
}


sub stop ($self) {
    my ($postmaster) = Tuanbo::Test::slurp(
        "$self->{home}/data/postmaster.pid") =~ /\A(\d+)/;

    kill INT => $postmaster;
    waitpid delete $self->{pid}, 0;

    return $self;
}


END {
    local $?;
    $_->stop for grep { $_->{pid} } @all;
}


1;
