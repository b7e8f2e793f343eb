package Tuanbo::History::Server;

# A deployment by its address: how its requests are made, and plain reads.

use v5.36;

use Mojo::JSON qw(decode_json encode_json);
use Mojo::UserAgent;
use Time::HiRes qw(sleep time);

use Tuanbo::Secrets qw(read_secrets);
use Tuanbo::Signature qw(sign);


# Options: url; secrets, a directory with a file for each role (its first
# line signs); user_header, by which the deployment knows its buyers.
sub new ($class, %option) {
    my $self = bless { user_header => 'X-User', secrets => undef, %option,
        signs => {} }, $class;

    # what is signed is the whole target, as it is sent
    ($self->{base}, $self->{prefix}) =
        ($self->{url} // '') =~ m{\A(https?://[^/]+)(.*?)/*\z}
        or die "--url: http://host:port\n";
    for my $role (qw(orders ledger admin)) {
        next if !defined $self->{secrets};
        my $path = "$self->{secrets}/$role";
        next if !-e $path;
        ($self->{signs}{$role}) = read_secrets($path);
    }

    return $self;
}


sub signs ($self, $role) { defined $self->{signs}{$role} }


sub agent ($self, $deadline) {
    return Mojo::UserAgent->new(max_redirects => 0, insecure => 1,
        connect_timeout => $deadline, inactivity_timeout => 0,
        request_timeout => $deadline);
}


# Options: user, key, body (of JSON), role (signs), supposes (headers).
sub tx ($self, $agent, $method, $target, %o) {
    my %headers = (Connection => 'keep-alive', %{ $o{supposes} // {} });
    my $body = defined $o{body} ? encode_json($o{body}) : '';

    $target = "$self->{prefix}$target";
    $headers{'Content-Type'} = 'application/json' if length $body;
    $headers{'Idempotency-Key'} = $o{key} if defined $o{key};
    if (defined $o{user}) {
        $headers{ $self->{user_header} } = $o{user};
        # a browser's cookie comes with where the request is from
        $headers{'Sec-Fetch-Site'} = 'same-origin';
    }
    if (defined $o{role}) {
        $headers{'Flashsale-Signature'} = sign($self->{signs}{ $o{role} },
            int time, $method, $target, $o{key}, $body);
    }

    return $agent->build_tx($method => "$self->{base}$target", \%headers,
        $body);
}


# A read, tried again until it is answered with 200; dies in the end.
sub get ($self, $target, %o) {
    my $agent = $self->{agent} //= $self->agent(60);
    my $end = time + ($o{seconds} // 60);

    while (1) {
        my $res = $agent->start($self->tx($agent, GET => $target, %o))->res;
        my $code = $res->code // 'no answer';
        return $res if $code eq '200';
        die "GET $target: $code " . $res->body . "\n"
            if time > $end || $code =~ /^4/;
        sleep 0.2;
    }
}


# The lines of the whole ledger, as they came.
sub ledger_lines ($self) {
    my @lines;
    my $after = 0;

    while (1) {
        my $res = $self->get("/ledger?after=$after&limit=1000",
            role => 'ledger');
        my @page = split /^/, $res->body;
        return @lines if !@page;
        push @lines, @page;
        $page[-1] =~ /\A\{"seq":(\d+),/ && $1 > $after
            or die "the ledger after $after does not go on: $page[-1]";
        $after = $1;
    }
}


sub audit ($self) {
    return decode_json($self->get('/admin/audit', role => 'admin')->body);
}


# All sales, page by page.
sub sales ($self) {
    my @sales;
    my $after = '';

    while (defined $after) {
        my $page = decode_json($self->get('/api/sales?limit=100'
            . (length $after ? "&after=$after" : ''))->body);
        push @sales, @{ $page->{sales} };
        $after = $page->{next};
    }

    return \@sales;
}


1;
