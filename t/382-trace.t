use v5.36;
use Tuanbo::Test;
use Tuanbo::Test::Storefront;

# The trace that a request belongs to goes on to the order service: the
# caller's, where it is one, else the request's own.

my $service = Tuanbo::Test::free_port();
my $t = Tuanbo::Test::Storefront->storefront(checkout => $service,
    http => <<"CONF")->start;
    server {
        listen 127.0.0.1:$service;
        location / { return 200 \$http_traceparent; }
    }
CONF
my $own = qr/^00-([0-9a-f]{32})-([0-9a-f]{16})-00$/;
my $buyer = Tuanbo::Test::Storefront->buyer($t);

$t->define_sale('grape', price_fen => 100, stock => 10);
$buyer->get('/s/grape')->submit('form[action="/api/holds"]');
ok(my $id = $buyer->id, 'a hold');

# What the order service was told, who says this or nothing.
sub told ($trace = undef) {
    local $buyer->{headers}{traceparent} = $trace if defined $trace;
    return $buyer->get("/checkout/$id")->res->body;
}

my $good = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01';
my ($trace, $span) = told() =~ $own;
ok($trace, 'a trace of its own');
is($span, substr($trace, 0, 16), 'whose first span it is');
isnt((told() =~ $own)[0], $trace, 'of each request another');
is(told($good), $good, 'the caller\'s');

my %bad = (
    'of zeros' => '00-' . '0' x 32 . '-00f067aa0ba902b7-01',
    'a span of zeros' => '00-4bf92f3577b34da6a3ce929d0e0e4736-' . '0' x 16
        . '-01',
    'too short' => substr($good, 0, 50),
    'more than one' => "$good,$good",
    'another version' => $good =~ s/^00/ff/r,
    'words' => '<script>',
    'nothing' => '',
);
like(told($bad{$_}), $own, "no trace: $_") for sort keys %bad;

$t->finish;
