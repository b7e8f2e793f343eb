use v5.36;
use Tuanbo::Test;

# Where handlers are mounted, and where they send to.

my $t = Tuanbo::Test->new(server => <<'EOF');
        location /noslash { flashsale_api; }
        location /admins { flashsale_admin; }
        location /forms/ { flashsale_redirect /to$uri; flashsale_api; }
        location "/a b/" { flashsale_api; }
EOF
$t->start;
$t->define_sale('grape', stock => 100);

# ---- a location without a slash at its end
is($t->get('/noslash/sales')->code, 200, '/noslash/sales');
is($t->get('/noslash/sales/grape')->json->{id}, 'grape', '/noslash/sales/grape');
for my $path (qw(/noslashsales /noslashsales/grape /noslashevents?sale=grape
    /noslash-sales /noslash))
{
    $t->answers($t->get($path), 404, 'not_found', "$path is not below it");
}
my $res = $t->post('/noslash/holds', user => 'lin',
    json => { sale => 'grape', qty => 1 });
is($res->headers->location, "/noslash/holds/" . $res->json->{id},
    'a hold\'s address');
$t->answers($t->post('/noslashholds', user => 'lin',
    json => { sale => 'grape', qty => 1 }), 404, 'not_found', 'no hold there');
$t->answers($t->get('/adminsaudit', role => 'admin'), 404, 'not_found',
    'nor an audit');
is($t->get('/admins/audit', role => 'admin')->code, 200, 'but here');

# ---- a redirect from a variable is one line, and an address
sub form ($path) {
    return $t->post($path, user => 'lin',
        type => 'application/x-www-form-urlencoded',
        body => 'sale=grape&qty=1')->headers;
}

for my $case (
    ['%0d%0aSet-Cookie:%20a=b', '%0D%0ASet-Cookie:%20a=b'],
    ['%0aX-Y: z' =~ s/ /%20/r, '%0AX-Y:%20z'],
    ['%e8%91%a1', '%E8%91%A1'],
    ['%22%3cb%3e%5c%7f', '%22%3Cb%3E%5C%7F'],
    ['%2541', '%41'])
{
    my ($sent, $got) = @$case;
    my $headers = form("/forms/holds/$sent/release");
    is($headers->location, "/to/forms/holds/$got/release?code=no_such_hold",
        "$sent in an address") or diag($headers->to_string);
    is($headers->header('Set-Cookie') // $headers->header('X-Y'), undef,
        'and no header');
}
like(form('/a%20b/holds')->location, qr{^/a%20b/holds/[0-9a-f]{32}$},
    'a location\'s blank');

$t->finish;
