#!/usr/bin/perl

# Prints the signature header of a request, as an order service would make it.
#
#     sign.pl ROLE METHOD TARGET [BODY [IDEMPOTENCY-KEY]]
#
#     curl -H "$(conf/demo/sign.pl admin GET /admin/audit)" \
#         http://127.0.0.1:8080/admin/audit
#
# BODY is the text that will be sent, or @FILE (send that by --data-binary).
# The secret is the first line of data/secrets/ROLE, or of secrets/ROLE in the
# environment's TUANBO_DATA.

use strict;
use warnings;

use Digest::SHA qw/sha256_hex hmac_sha256_hex/;
use FindBin;
use lib "$FindBin::RealBin/../lib";

use Tuanbo::Secrets qw(read_secrets);

die "usage: $0 ROLE METHOD TARGET [BODY [IDEMPOTENCY-KEY]]\n" if @ARGV < 3;

my ($role, $method, $target, $body, $key) = @ARGV;

my $data = $ENV{TUANBO_DATA} || "$FindBin::Bin/../../data";
my $path = "$data/secrets/$role";

die "$0: no secret: $path: $! (is `make run` up?)\n" if !-e $path;
my ($secret) = eval { read_secrets($path) } or die "$0: $@";

$body //= '';
if ($body =~ s/^@//) {
    open my $content, '<:raw', $body or die "$0: $body: $!\n";
    local $/;
    $body = <$content>;
}

my $t = time;
my $v1 = hmac_sha256_hex(
    join("\n", $t, $method, $target, $key // '', sha256_hex($body)), $secret);

print "Flashsale-Signature: t=$t,v1=$v1\n";
