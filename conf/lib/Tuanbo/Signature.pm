package Tuanbo::Signature;

# The header Flashsale-Signature, as docs/api.md says.

use v5.36;

use Digest::SHA qw(sha256_hex hmac_sha256_hex);
use Exporter qw(import);

our @EXPORT_OK = qw(sign);


sub sign ($secret, $t, $method, $target, $key, $body) {
    return "t=$t,v1=" . hmac_sha256_hex(join("\n", $t, $method, $target,
        $key // '', sha256_hex($body)), $secret);
}


1;
