package OrderService::Secrets;

# The secrets shared with nginx, and the header Flashsale-Signature. A file
# has one secret a line: the first signs, each is accepted, so that one is
# replaced without a pause. The files are read again whenever they changed.

use v5.36;

use Digest::SHA qw(hmac_sha256_hex sha256_hex);
use File::Basename qw(dirname);
use Mojo::Util qw(secure_compare);

use lib dirname(__FILE__) . '/../../../../lib';
use Tuanbo::Secrets qw(read_secrets);

use constant SKEW_S => 300;


# Dies when a role has no secret.
sub new ($class, $dir, @roles) {
    my $self = bless { dir => $dir, read => {} }, $class;

    $self->secrets($_) for @roles;

    return $self;
}


sub secrets ($self, $role) {
    my $path = "$self->{dir}/$role";
    my @stat = stat $path or die "$path: $!\n";
    my $version = join ' ', @stat[0, 1, 7, 9];
    my $read = $self->{read}{$role};

    return @{ $read->{secrets} } if $read && $read->{version} eq $version;

    my @secrets = read_secrets($path);
    $self->{read}{$role} = { version => $version, secrets => \@secrets };

    return @secrets;
}


# The header of a request to nginx.
sub sign ($self, $role, $method, $target, $body, $t = time) {
    my ($secret) = $self->secrets($role);

    return "t=$t,v1=" . mac($secret, $t, $method, $target, $body);
}


# Whether a header is authentic and new; `body` is what was signed as such.
sub authentic ($self, $role, $header, $method, $target, $body, $now = time) {
    my ($t, $v1) = ($header // '') =~ /\At=([0-9]{1,12}),v1=([0-9a-f]{64})\z/
        or return 0;

    return 0 if abs($now - $t) > SKEW_S;

    # each line is compared: how long it takes tells nothing
    my $found = 0;
    for my $secret ($self->secrets($role)) {
        $found |= secure_compare($v1, mac($secret, $t, $method, $target,
            $body)) ? 1 : 0;
    }

    return $found;
}


sub mac ($secret, $t, $method, $target, $body) {
    return hmac_sha256_hex(join("\n", $t, $method, $target, '',
        sha256_hex($body)), $secret);
}


1;
