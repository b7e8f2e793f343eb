use v5.36;
use utf8;
use Tuanbo::Test;
use Tuanbo::Test::Storefront;

# With Debian's nginx.conf, which compresses, and with all that it has there
# as a comment: no page with a token, and no answer of the API, is compressed
# (BREACH); static files are.

# what Debian's nginx.conf says about it, its comments too
my $gzip = <<'CONF';
    gzip on;
    gzip_vary on;
    gzip_proxied any;
    gzip_comp_level 6;
    gzip_buffers 16 8k;
    gzip_http_version 1.1;
    gzip_types text/plain text/css application/json application/javascript
        text/xml application/xml application/xml+rss text/javascript
        application/problem+json;
    gzip_min_length 1;
CONF
my $last;

for my $conf ("gzip on;\n", $gzip) {
    my $name = $conf eq $gzip ? 'all of it' : 'Debian\'s default';
    my $service = Tuanbo::Test::free_port();
    my $t = $last = Tuanbo::Test::Storefront->storefront(http => $conf
        . "server { listen 127.0.0.1:$service; gzip off;"
        . " default_type text/html;"
        . ' location / { return 200 "a token, and more that can be compressed'
        . ' compressed compressed compressed"; } }',
        server => 'location = /plain { default_type text/html;'
        . ' return 200 "plain plain plain plain plain plain plain"; }',
        checkout => $service)->start;

    $t->define_sale('grape', price_fen => 100, stock => 100);

    my $buyer = Tuanbo::Test::Storefront->buyer($t)->get('/s/grape');
    my ($asset) = $buyer->dom->at('link[rel=stylesheet]')->attr('href');
    my $cookie = 'tuanbo=' . $buyer->cookie('tuanbo')->value;
    my $csrf = $buyer->dom->at('[name=csrf]')->attr('value');
    my $id = $buyer->submit('#take')->id;

    # by curl: Mojo unpacks before anybody sees
    my $raw = sub ($path, $more = '') {
        my $said = qx(curl -s -o /dev/null -D - -H 'Accept-Encoding: gzip' \\
            -H 'Cookie: $cookie' $more '@{[ $t->url($path) ]}');
        return $said =~ /^content-encoding: *(\S+)/mi ? $1 : 'none', $said;
    };

    is(($raw->('/plain'))[0], 'gzip', "$name: nginx compresses");
    is(($raw->($asset))[0], 'gzip', "$name: static files are compressed");

    for my $path ('/', '/s/grape', "/h/$id", '/me', '/past', '/none',
        '/problem?code=busy', '/api/sales', '/api/holds', '/api/none')
    {
        my ($is, $said) = $raw->($path);
        is($is, 'none', "$name: $path is not") or diag($said);
    }

    my $form = "-H 'Origin: @{[ $t->url('') ]}'";
    for my $case (
        ['/s/grape', '-X PUT'], ['/settings', "$form -d csrf=x"],
        ["/checkout/$id", "$form -d csrf=$csrf"],
        ['/api/holds', "$form -d csrf=x"],
        ['/api/holds', "$form -H 'Content-Type: application/json' -d '{'"],
        ['/settings', "$form -H 'Content-Length: 99999999' -d x"])
    {
        my ($is, $said) = $raw->(@$case);
        is($is, 'none', "$name: @$case") or diag($said);
    }

    # before there is a location
    my $long = 'x' x 40_000;
    for my $path ("/s/$long", "/api/$long") {
        my ($is, $said) = $raw->($path);
        like($said, qr{^HTTP/1.1 414}, "$name: too long an address");
        is($is, 'none', "$name: is not");
    }

    $t->expect_log(qr/client sent too long URI|too large body/);
}

$last->finish;
