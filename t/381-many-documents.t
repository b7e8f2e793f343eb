use v5.36;
use utf8;
use Tuanbo::Test;
use Tuanbo::Test::Office;

binmode Test::More->builder->$_, ':utf8'
    for qw(output failure_output todo_output);

# A shop that has been there for years: more sessions, pickup points and sales
# than one page of a list has. Who stands behind the hundredth is there, too.

my $many = 130;
my $o = Tuanbo::Test::Office->new->start;
my $shop = $o->shop;
my $owner = $o->owner;
my $neighbour = $o->browser;
my $hour = 3_600_000;
my $now = now_ms;

sub document ($kind, $id, %doc) {
    return [PUT => "/admin/documents/$kind/$id", role => 'admin',
        key => $shop->new_key, json => \%doc];
}

my @calls = (
    (map { document(session => sprintf('s%03d', $_), title => "第 $_ 场",
        starts_at => $now - (200 - $_) * 24 * $hour,
        ends_at => $now - (200 - $_) * 24 * $hour + $hour) } 1 .. $many),
    (map { document(pickup => sprintf('p%03d', $_), name => "自提点$_",
        address => "幸福里 $_ 号") } 1 .. $many),
    (map { document(product => sprintf('g%03d', $_), title => "货$_") }
        1 .. $many),
    (map { [PUT => sprintf('/admin/sales/g%03d', $_), role => 'admin',
        key => $shop->new_key, json => { title => "货$_", stock => 9,
            price_fen => 100 + $_ }] } 1 .. $many),
    document(session => 'tonight', title => '今晚这一场',
        starts_at => $now - $hour, ends_at => $now + $hour),
);
is_deeply([grep { !/^20/ } map { $_->code } $shop->many(\@calls,
    parallel => 16)], [], 'years of it');
$shop->admin(POST => '/sessions/tonight/start');

# ---- neighbours
is($neighbour->get('/')->dom->find('a[href="/live/tonight"]')->size > 0, 1,
    'the home has the session that is on');
like($neighbour->get('/where')->text, qr/自提点$many\b/, 'each pickup point');
is($neighbour->get("/s/g$many")->dom->find('[name=pickup]')->size, $many,
    'and each may be chosen');

# ---- the desk
like($owner->get('/desk/live')->text, qr/今晚这一场/, 'the rooms');
$owner->get('/desk/sales/new');

sub offered ($name, $id) {
    return $owner->dom->find(qq([name="$name"][value="$id"],)
        . qq([name="$name"] option[value="$id"]))->size;
}

is(offered('doc.product', "g$many"), 1, 'a sale may be of each product');
is(offered('doc.session', 'tonight'), 1, 'and in each session');
is($owner->get('/desk/give')->dom->find("[name='for.g$many']")->size, 1,
    'a gift may be for each sale');
like($owner->get("/desk/product/g$many")->text, qr/货$many/,
    'a product has its sale');
is($owner->dom->find("a[href='/desk/sale/g$many']")->size, 1, 'with its page');

$shop->finish;
