package Tuanbo::Test::OrderService;

# The demo's order service as its own process, behind a test's nginx.

use v5.36;

use DBI;
use Digest::SHA qw(sha256_hex);
use Mojo::JSON qw(encode_json);
use Mojo::UserAgent;
use POSIX ();
use Tuanbo::Test ();

my @services;


# `nginx`: another address than the test's; `dir`: for the database and the
# log.
sub new ($class, $t, %option) {
    my $self = bless { t => $t, port => Tuanbo::Test::free_port(),
        nginx => $t->url(''), dir => $t->dir, name => 'orders', %option },
        $class;

    push @services, $self;

    return $self;
}


sub port ($self) { $self->{port} }
sub database_path ($self) { "$self->{dir}/$self->{name}.db" }
sub log_path ($self) { "$self->{dir}/logs/$self->{name}.log" }
sub log_text ($self) { Tuanbo::Test::slurp($self->log_path) }


# The lines of a server's conf: the checkout, and the service's own pages.
sub locations ($self) {
    my $headers = join '', map { "            proxy_set_header $_;\n" }
        header_lines();

    return <<"EOF";
        location ~ ^/checkout/(?<hold>[0-9a-f]+)\$ {
            flashsale_pay \$hold;
            flashsale_checkout_return /api/holds/\$hold;
            proxy_pass http://127.0.0.1:$self->{port};
            proxy_pass_request_body off;
            proxy_set_header Content-Length "";
            proxy_set_header Cookie "";
$headers
        }
        location /demo/ {
            proxy_pass http://127.0.0.1:$self->{port};
        }
EOF
}


# Name and variable of all that the service is told, as docs/checkout.md says.
sub header_lines {
    return ('Flashsale-Hold $flashsale_hold',
        'Flashsale-Lines $flashsale_lines',
        'Flashsale-Amount $flashsale_amount',
        'Flashsale-Buyer $flashsale_checkout_buyer',
        'Flashsale-Return $flashsale_checkout_return',
        'Flashsale-Expires $flashsale_expires',
        'Flashsale-Signature $flashsale_checkout_signature');
}


sub start ($self) {
    my @command = ($^X,
        Tuanbo::Test::root() . '/conf/demo/order-service/order-service.pl',
        '--nginx', $self->{nginx}, '--secrets', "$self->{t}{dir}/secrets",
        '--database', $self->database_path, '--port', $self->{port});
    my $log = $self->log_path;
    my $pid = fork // die "fork: $!";

    if (!$pid) {
        open STDIN, '<', '/dev/null';
        open STDOUT, '>>', $log;
        open STDERR, '>&', \*STDOUT;
        exec @command or POSIX::_exit(127);
    }

    $self->{pid} = $pid;
    Tuanbo::Test::wait_until(sub { $self->health }, 20)
        or die 'the order service does not start: ' . $self->log_text;

    return $self;
}


# Gives the status of its exit: 0 when it ended in order.
sub stop ($self, $signal = 'TERM', $seconds = 8) {
    my $pid = delete $self->{pid} or return 0;
    my $status;

    kill $signal => $pid;
    Tuanbo::Test::wait_until(sub {
        return 0 if waitpid($pid, POSIX::WNOHANG()) != $pid;
        $status = $?;
        return 1;
    }, $seconds);
    if (!defined $status) {
        kill KILL => $pid;
        waitpid $pid, 0;
        $status = 'no end';
    }

    return $status;
}


sub ua ($self) { $self->{ua} //= Mojo::UserAgent->new(max_redirects => 0) }
sub url ($self, $target) { "http://127.0.0.1:$self->{port}$target" }
sub health ($self) { $self->ua->get($self->url('/health'))->res->json }


# Rows of its database as they are now.
sub rows ($self, $sql, @values) {
    my $dbh = DBI->connect('dbi:SQLite:dbname=' . $self->database_path, '',
        '', { RaiseError => 1, ReadOnly => 1 });
    my $rows = $dbh->selectall_arrayref($sql, { Slice => {} }, @values);

    $dbh->disconnect;

    return @$rows;
}


# The headers that nginx sets, signed, for requests that do not go through it.
# Options: method, target, secret, t, and each value by its name in lowercase.
sub headers ($self, $hold, %o) {
    my $lines = join ',', map {
        sprintf '{"sale":"%s","qty":%d,"price_fen":%d}',
            @$_{qw(sale qty price_fen)}
    } @{ $hold->{lines} };
    my %value = (hold => $hold->{id}, lines => "[$lines]",
        amount => $hold->{amount_fen}, buyer => 'b' x 32,
        return => "/api/holds/$hold->{id}",
        expires => $hold->{expires_at}, %o);
    my @names = qw(hold lines amount buyer return expires);
    my $target = $o{target} // "/checkout/$hold->{id}";
    my $signature = $self->{t}->signature('checkout', $o{method} // 'POST',
        $target, '', join("\n", @value{@names}), %o);

    return {
        'Flashsale-Signature' => $signature,
        map { ('Flashsale-' . ucfirst, $value{$_}) } @names,
    };
}


END {
    my $status = $?;

    $_->stop('KILL') for grep { $_->{pid} } @services;
    $? = $status;
}


1;
