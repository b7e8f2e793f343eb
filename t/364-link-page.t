use v5.36;
use utf8;
use Tuanbo::Test;
use Tuanbo::Test::Storefront;

binmode Test::More->builder->$_, ':utf8'
    for qw(output failure_output todo_output);

# An order's private link in pages, without scripts: made and taken back on the
# order's page; whoever opens it, without any cookie, sees the order with its
# code and may claim, and is shown nothing that is the buyer's alone.

my $t = Tuanbo::Test::Storefront->storefront->start;
$t->define_sale('grape', title => '葡萄', price_fen => 3980, stock => 100,
    cancel_ms => 600_000);

my $lin = Tuanbo::Test::Storefront->buyer($t);
$lin->get('/s/grape')->submit('#take', qty => 2);
my $id = $lin->id;
$lin->submit('form[action="/name"]', name => '李阿姨', digits => '1234');
is($t->order($id, 'confirm', payment => 'p', paid_fen => 7960)->code, 200,
    'paid');

sub page { $lin->get("/h/$id") }
sub url { ($lin->dom->at('#link input.link') // return)->attr('value') }
sub path ($url) { $url =~ s{^https?://[^/]+}{}r }
sub stranger ($path) {
    return Tuanbo::Test::Storefront->buyer($t)->get($path);
}

# ---- made
page();
ok($lin->dom->at('form[action$="/cancel"]'), 'the buyer may cancel');
ok(!url(), 'there is none');
$lin->submit('form[action$="/link"]');
is($lin->path, "/h/$id", 'back on the page');
my $url = url();
like($url, qr{^http://127\.0\.0\.1:\d+/l/$id-[0-9a-f]{32}$}, 'there it is');
page();
is(url(), $url, 'and stays');

# ---- opened by somebody
my $son = stranger(path($url));
is($son->res->code, 200, 'it opens the order');
like($son->text, qr/葡萄/, 'what it is');
like($son->text, qr/通过链接打开/, 'that it is by a link');
unlike($son->text, qr/李阿姨|1234/, 'not whose');
ok(!$son->dom->at("$_"), "no $_") for 'form[action$="/cancel"]', '#link',
    'form[action$="/link"]', '[href="/me"].button';
is($son->res->headers->header('X-Robots-Tag'), 'noindex', 'not for others');
is(stranger("/h/$id")->res->code, 404, 'the page itself stays closed');

# ---- what has come
is($t->order($id, 'ready')->code, 200, 'it has come');
my $code = page()->dom->at('.digits')->text;
is(stranger(path($url))->dom->at('.digits')->text, $code, 'the code to show');
is($t->order($id, 'picked-up')->code, 200, 'handed over');

# ---- a claim
$son = stranger(path($url));
$son->submit('#claim-grape', qty => 1);
is($son->path, path($url), 'after a claim the same page');
like($son->text, qr/正在看，最晚/, 'which says that it is seen');
like(page()->text, qr/正在看，最晚/, 'as the buyer sees, too');

# ---- whoever cannot open it is told how
$t->admin(PUT => '/documents/pickup/xingfu', json => { name => '幸福里',
    address => '南门', hours => '9:00', leader => '李姐',
    phone => '0571-0000' });
for my $path ('/me', "/h/$id") {
    my $lost = stranger($path);
    like($lost->text, qr/请团长给您这一单的链接/, "$path says how");
    is($lost->dom->at('a[href^="tel:"]')->text, '0571-0000', 'and whom to call');
}

# ---- guesses
(my $guess = path($url)) =~ s/(.)$/$1 eq '0' ? 1 : 0/e;
is(stranger($guess)->res->code, 404, 'another tag');
is(stranger("/l/$id")->res->code, 404, 'none');

# ---- taken back
page();
$lin->submit('form[action$="/unlink"]');
ok(!url(), 'taken back');
is(stranger(path($url))->res->code, 404, 'it is dead');
$lin->submit('form[action$="/link"]');
isnt(url(), $url, 'the next one is another');
is(stranger(path(url()))->res->code, 200, 'and opens');

$t->audit_ok;
$t->finish;
