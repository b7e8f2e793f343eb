package Tuanbo::Test::Clients;

# Many clients against a test's nginx, in a process of their own:
# t/history/load.pl, which writes down what it sends and what it gets.
#
#     my $clients = Tuanbo::Test::Clients->start($t, $seed, '--clients 16 …');
#     …
#     waitpid $clients->pid, 0;

use v5.36;

use Tuanbo::Test ();


sub start ($class, $t, $seed, $options) {
    my $root = Tuanbo::Test::root();
    my $self = bless {
        dir => $t->dir . '/history', out => $t->dir . '/load.out',
        server => '--url http://127.0.0.1:' . $t->port . ' --secrets '
            . $t->dir . '/secrets',
    }, $class;

    $self->{pid} = fork // die $!;
    if (!$self->{pid}) {
        my $deadline = 60 * Tuanbo::Test::slower();
        open STDOUT, '>', $self->{out};
        open STDERR, '>&', \*STDOUT;
        exec "exec $^X $root/t/history/load.pl $self->{server}"
            . " --out $self->{dir} --seed $seed --deadline $deadline $options";
    }

    return $self;
}


sub pid ($self) { $self->{pid} }

# Where the histories are.
sub dir ($self) { $self->{dir} }

# What tells t/history's programs of the nginx.
sub server ($self) { $self->{server} }

# What it printed.
sub said ($self) { Tuanbo::Test::slurp($self->{out}) }


1;
