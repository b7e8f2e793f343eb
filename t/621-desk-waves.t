use v5.36;
use utf8;
use Encode qw(decode_utf8);
use Mojo::JSON qw(decode_json true);
use Tuanbo::Test;
use Tuanbo::Test::Office;

binmode Test::More->builder->$_, ':utf8'
    for qw(output failure_output todo_output);

# A wave at the desk: made by hand, cut, and its lists, which agree: on the
# page, for Excel, and after something was cancelled. Labels, and who sees what.

my $o = Tuanbo::Test::Office->new->start;
my $shop = $o->shop;

sub document ($kind, $id, %doc) {
    is($shop->call(PUT => "/admin/documents/$kind/$id", role => 'admin',
        key => $shop->new_key, json => \%doc)->code, 200, "a $kind");
}

sub point ($id, $name, %more) {
    document(pickup => $id, name => $name, address => "$name 1 号",
        hours => '9:00', %more);
}

# Somebody who has bought this there, and perhaps said whom to call.
sub buyer ($sale, $pickup, $qty = 1, %called) {
    my $buyer = $o->browser;

    $buyer->get("/s/$sale")->submit('#take', pickup => $pickup, qty => $qty);
    $buyer->{hold} = $buyer->id or die $buyer->text;
    $buyer->dom->at('input[name=labels]')->remove if !$called{labels};
    $buyer->submit('form[action="/name"]', %called) if %called;
    pay($buyer->{hold}, $qty);

    return $buyer;
}

sub pay ($hold, $qty) {
    $shop->order($hold, 'confirm', payment => "p$hold",
        paid_fen => 100 * $qty)->code == 200 or die 'not paid';
}

sub code_of ($hold) {
    my $number = 0;
    $number = ($number * 16 + hex) % 100_000_000 for split //, $hold;
    return sprintf '%04d %04d', $number / 10_000, $number % 10_000;
}

sub code ($browser) { $browser->res->code }

# Rows of a page's tables, by section.
sub tables ($browser) {
    return { map { $_->at('h2')->all_text => [map { join '|',
        map { $_->all_text } $_->find('td')->each }
        $_->find('tbody tr')->each] } $browser->dom->find('.sheet')->each };
}

sub csv ($browser, $path) {
    $browser->get($path);
    my $body = $browser->res->body;
    is($browser->res->headers->content_type, 'text/csv; charset=utf-8',
        'a file for Excel');
    ok($body =~ s/\A\xef\xbb\xbf//, 'with the mark of UTF-8');
    ok($body =~ /\r\n\z/ && $body !~ /[^\r]\n/, 'and its line ends');
    return [map { [split /,/, $_, -1] } split /\r\n/, decode_utf8($body)];
}

point('xingfu', '幸福里', region => '城东', route => '东线', stop => 2);
point('binjiang', '滨江', region => '城东', route => '东线', stop => 1);
point('heping', '和平路', region => '城西', route => '西线', stop => 1);
point('far', '山上');
$shop->define_sale($_->[0], title => $_->[1], price_fen => 100, stock => 1000,
    limit => 200, doc => { pickups => [qw(xingfu binjiang heping far)] })
    for ['grape', '葡萄'], ['egg', '土鸡蛋'], ['late', '晚来的'];

my $owner = $o->owner;
is($shop->call(PUT => '/admin/sales/coupon', role => 'admin',
    key => $shop->new_key, json => { title => '见面券', stock => 9,
    gives => { kind => 'coupon', off_fen => 100 } })->code, 201, 'a coupon');
$o->browser->get('/s/coupon')->submit('#take');
is($shop->sale('coupon')->{sold}, 1, 'that somebody has');
like($owner->get('/desk/waves')->text, qr/还没有批次/, 'no wave yet');
like($owner->text, qr/卖出去的货都已经在批次里/, 'and nothing to make one of');

my $li = buyer('grape', 'xingfu', 2, name => '李阿姨', digits => '0123',
    labels => 1);
my $evil = buyer('grape', 'xingfu', 1, name => '=1+2,"x"', digits => '5678',
    labels => 1);
my $shy = buyer('grape', 'xingfu', 3, name => '王叔', digits => '7777');
my $away = buyer('grape', 'binjiang', 104);
my $west = buyer('egg', 'heping', 4);
my $up = buyer('grape', 'far', 2);
$li->get('/s/egg')->submit('#take', pickup => 'xingfu', qty => 5);
my $eggs = $li->id;
pay($eggs, 5);

# ---- by hand
$owner->get('/desk/waves');
is($owner->dom->find('input[name^="sale."]')->map(attr => 'name')->sort
    ->join(' '), 'sale.egg sale.grape', 'what is sold');
$owner->submit('form[action="/desk/waves"]:has(input[name=day])');
is(code($owner), 400, 'nothing is ticked');
like($owner->text, qr/请至少勾一样货/, 'said so');
$owner->submit('form[action="/desk/waves"]:has(input[name=day])',
    'sale.grape' => 1, day => '2026-02-30');
like($owner->text, qr/送货日要写成/, 'a day that is none');
ok($owner->dom->at('input[name="sale.grape"][checked]'), 'what was ticked is');
$owner->submit('form[action="/desk/waves"]:has(input[name=day])',
    'sale.grape' => 1, clock => '25:00', day => '2026-12-01');
like($owner->text, qr/截单时间要写成/, 'a time that is none');
my %form = map { $_ => $owner->dom->at("input[name=$_]")->attr('value') }
    qw(csrf key);
$owner->submit('form[action="/desk/waves"]:has(input[name=day])',
    'sale.grape' => 1, 'sale.egg' => 1, clock => '23:59', day => '2026-12-01');
is($owner->path, '/desk/wave/2026-12-01', 'a wave, by its day');
like($owner->text, qr/还没截单/, 'not cut yet');
like($owner->text, qr/一共 121 份，送 4 个自提点/, 'as it is so far');
my $again = join '&', map { "$_=$form{$_}" } qw(csrf key);
is($owner->start(POST => '/desk/waves', "$again&day=2026-12-01&clock=23:59"
    . '&sale.grape=1&sale.egg=1')->res->code, 303, 'the same form again');
is($owner->res->headers->location, '/desk/wave/2026-12-01', 'finds the same');
is(scalar(() = $shop->entries('wave')), 1, 'it is one');
like($owner->get('/desk/lists/2026-12-01/grower')->text, qr/数字会变/,
    'lists say that they change');
like($owner->get('/desk/labels/2026-12-01/xingfu')->dom->at('.tools')
    ->all_text, qr/截单以后才有架位/, 'there are no labels yet');
is($owner->dom->find('.label')->size, 0, 'none');

# ---- cut now
$owner->get('/desk/wave/2026-12-01')->submit('details form');
eventually { $owner->get('/desk/wave/2026-12-01')->text =~ /已截单/ } 'cut';
my ($frozen) = $shop->entries('frozen');
my $position = "批次 2026-12-01 · 截单位置 $frozen->{seq}";
my $late = buyer('late', 'xingfu', 1);
my $after = buyer('grape', 'xingfu', 9);
like($owner->get('/desk/wave/2026-12-01')->text, qr/\Q$position\E/, 'where');
eventually { grep { ($_->{target} // '') eq 'waves/2026-12-01' }
    $o->clerk->ask('deeds')->{answer}{deeds}->@* } 'and whose hand it was';

# ---- lists, on the page
my $base = '/desk/lists/2026-12-01';
is_deeply(tables($owner->get("$base/grower")), {
    '葡萄：112 份' => ['滨江|104', '幸福里|6', '山上|2'],
    '土鸡蛋：9 份' => ['幸福里|5', '和平路|4'],
}, 'for the grower: 112 boxes, by point') or diag explain tables($owner);
like($owner->text, qr/\Q$position\E/, 'with the position');
is_deeply(tables($owner->get("$base/sort")), {
    '城东 · 东线' => ['1|滨江|葡萄|104 份|☐', '2|幸福里|土鸡蛋|5 份|☐',
        '2|幸福里|葡萄|6 份|☐'],
    '城西 · 西线' => ['1|和平路|土鸡蛋|4 份|☐'],
    '没分片区 · 没分线路' => ['|山上|葡萄|2 份|☐'],
}, 'for whoever sorts') or diag explain tables($owner);
like($owner->text, qr/\Q$position\E/, 'with the position');
is_deeply(tables($owner->get("$base/routes"))->{'城东 · 东线'}, [
    '1|滨江 滨江 1 号|葡萄 104 份|☐ __:__|☐ __:__|____ ℃|',
    '2|幸福里 幸福里 1 号|土鸡蛋 5 份、葡萄 6 份|☐ __:__|☐ __:__|____ ℃|'],
    'for whoever drives') or diag explain tables($owner);
like($owner->text, qr/\Q$position\E/, 'with the position');

sub packed () {
    return [map { s/\d{4}\s\d{4}/CODE/gr }
        tables($owner->get("$base/pack/xingfu"))->{'幸福里'}->@*];
}

is_deeply(packed(), [
    'A-01|李阿姨|0123|CODE / CODE|葡萄 × 2 份、土鸡蛋 × 5 份|☐',
    'A-02|=1+2,"x"|5678|CODE|葡萄 × 1 份|☐',
    'A-03|没留称呼||CODE|葡萄 × 3 份|☐'],
    'for whoever packs: a neighbour a row, in a place')
    or diag explain packed();
like($owner->text, qr/\Q$position\E/, 'with the position');
like($owner->dom->all_text =~ s/\xa0/ /gr,
    qr/\Q@{[ code_of($li->{hold}) ]}\E/, 'and the codes');
unlike($owner->text, qr/王叔|7777/, 'nobody who did not agree to it');

# ---- for Excel
my $rows = csv($owner, "$base/grower?as=csv");
is_deeply([map { join '|', @$_ } @$rows], [
    '批次|送货日|截单位置|货|货号|自提点|自提点编号|数量|单位',
    (map { "2026-12-01|2026-12-01|$frozen->{seq}|$_" }
        '葡萄|grape|滨江|binjiang|104|份', '土鸡蛋|egg|幸福里|xingfu|5|份',
        '葡萄|grape|幸福里|xingfu|6|份', '土鸡蛋|egg|和平路|heping|4|份',
        '葡萄|grape|山上|far|2|份')],
    'the same numbers') or diag explain $rows;
like($owner->res->headers->header('Content-Disposition'),
    qr/attachment; filename="wave-2026-12-01-grower\.csv"/, 'by its name');
$rows = csv($owner, "$base/sort?as=csv");
is(join('|', $rows->[1]->@*), "2026-12-01|2026-12-01|$frozen->{seq}|城东|东线|1"
    . '|滨江|binjiang|葡萄|grape|104|份', 'sorted');
$rows = csv($owner, "$base/routes?as=csv");
is(scalar @$rows, 5, 'a row for each stop');
csv($owner, "$base/pack/xingfu?as=csv");
my $text = decode_utf8($owner->res->body);
like($text, qr/,"'=1\+2,""x""",/, 'a formula is none');
like($text, qr/,尾号 0123,/, 'digits keep their nought');
like($text, qr/,A-01,李阿姨,[^\r]*,葡萄,grape,2,份,0\r\n/, 'a row for each line');
unlike($text, qr/王叔|7777/, 'nobody who did not agree to it');

# ---- labels
sub labels ($size = '40x30') {
    $owner->get("/desk/labels/2026-12-01/xingfu?size=$size");
    return [$owner->dom->find('.label')->map(sub { join '|',
        map { $_->all_text =~ s/^\s+|\s+$//gr } $_->find('p > b, p > span, '
        . '.name, .item')->each })->each];
}

my @mine = ($li->{hold}, $eggs, $evil->{hold}, $shy->{hold});
my @labels = ('A-01|尾号 0123|李阿姨|葡萄|× 2 份|' . code_of($li->{hold}),
    'A-01|尾号 0123|李阿姨|土鸡蛋|× 5 份|' . code_of($eggs),
    'A-02|尾号 5678|=1+2,"x"|葡萄|× 1 份|' . code_of($evil->{hold}),
    'A-03||没留称呼|葡萄|× 3 份|' . code_of($shy->{hold}));
is_deeply(labels(), \@labels, 'a label for each line')
    or diag explain labels();
is_deeply(labels('a4'), \@labels, 'on sheets, too');
is($owner->dom->find('link[href*="labels-a4"]')->size, 1, 'of A4');
like($owner->get('/desk/labels/2026-12-01/xingfu?size=x')->dom
    ->at('link[href*="labels-40x30"]') // '', qr/link/, 'else of the roll');

# ---- something is cancelled: what is on the goods already stays right
is($shop->call(POST => "/orders/$evil->{hold}/refund", role => 'orders',
    key => $shop->new_key, json => { lines => [{ sale => 'grape', qty => 1 }],
    reason => 'cancelled', restock => true })->code, 200, 'one is cancelled');
is_deeply([map { s/\|.*//r } packed()->@*], ['A-01', 'A-03'],
    'the others keep their places');
like($owner->text, qr/截单以后退掉的：葡萄 1 份/, 'and the sheet says what is gone');
is_deeply(labels(), [@labels[0, 1, 3]], 'as labels do');
is(tables($owner->get("$base/grower"))->{'葡萄：112 份'}[1], '幸福里|6',
    'the grower still sends what was ordered');
ok(-s $o->clerk->dir . '/places/2026-12-01.xingfu.json', 'places are kept');
unlike(Tuanbo::Test::slurp($o->clerk->dir . '/places/2026-12-01.xingfu.json'),
    qr/李/, 'without names');
$o->office->stop;
$o->office->start;
is_deeply([map { s/\|.*//r } packed()->@*], ['A-01', 'A-03'],
    'also by another process');

# ---- what came too little
$shop->call(POST => '/admin/waves/2026-12-01/receive', role => 'orders',
    key => $shop->new_key, json => { pickup => 'xingfu', final => true,
    lines => [{ sale => 'grape', qty => 4 }] });
eventually { (labels()->[2] // '') =~ /× 2 份/ } 'labels have what comes';
like(packed()->[1], qr/葡萄 × 2 份（少 1）/, 'the sheet says what is missing');
sub heads ($point) {
    return $owner->get("/desk/hand-over/$point")->dom->find('.neighbours h2')
        ->map(sub { $_->all_text =~ s/\s+/ /gr })->join(', ');
}

is(heads('xingfu'), '李阿姨 0123 · 架位 A-01, 王叔 7777 · 架位 A-03',
    'who hands over finds them where the labels say');
is_deeply([map { $_->{place} } decode_json($owner->get(
    '/desk/hand-over/xingfu/list')->res->body)->{neighbours}->@*],
    [qw(A-01 A-03)], 'also without a network');
is($shop->call(POST => '/admin/waves/2026-12-01/receive', role => 'orders',
    key => $shop->new_key, json => { pickup => 'heping', final => true,
    lines => [{ sale => 'egg', qty => 4 }] })->code, 200, 'elsewhere, too');
eventually { heads('heping') } 'it is there';
like(heads('heping'), qr/^\S+ (?:\d+ )?· 架位 A-01\z/,
    'also of a wave whose labels nobody has printed');
is($shop->order($li->{hold}, 'picked-up', nonce => 'n')->code, 200,
    'handed over');
is(scalar labels()->@*, 2, 'what is gone wants no label');

# ---- who sees what
$owner->get('/desk/staff')->submit('form:has(button[value="add"])',
    name => '团长', 'role.leader' => 1, 'point.heping' => 1, act => 'add');
my $leader = $o->enter($owner->dom->at('input.link')->attr('value')
    =~ s{^https?://[^/]+}{}r);
is_deeply([values tables($leader->get("$base/sort"))->%*],
    [['1|和平路|土鸡蛋|4 份|☐']], 'a leader sees the own point');
for my $page ('/desk/wave/2026-12-01', map { "$base/$_" }
    qw(grower sort routes))
{
    like($leader->get($page)->text, qr/只有您的自提点：和平路。/,
        "$page of a leader says that it is not all");
    unlike($owner->get($page)->text, qr/只有您的/, 'the owner has all');
}
unlike($leader->get("$base/pack/heping")->text, qr/只有您的/,
    'a list of one point has all of it');
is(code($leader->get("$base/pack/xingfu")), 403, 'no other');
is(code($leader->get('/desk/labels/2026-12-01/xingfu')), 403, 'nor its labels');
is(code($leader->get("$base/pack/heping")), 200, 'but its own');
ok(!$leader->get('/desk/waves')->dom->at('input[name=day]'), 'makes no wave');
is(code($leader->start(POST => '/desk/waves', 'csrf='
    . $leader->dom->at('input[name=csrf]')->attr('value'))), 403, 'at all');
is(code($owner->get("$base/pack/nowhere")), 404, 'a point that is none');
is(code($owner->get('/desk/wave/nope')), 404, 'a wave that is none');
is(code($owner->get("$base/nothing")), 404, 'a list that is none');
is(code($o->browser->get("$base/pack/xingfu?as=csv")), 401, 'nobody else');

# ---- in English, for those who want it
$owner->get("$base/routes")->submit('.foot form:has(button[name=lang])',
    lang => 'en');
like($owner->get("$base/routes")->text, qr/Route sheets.*position/, 'English');
is(code($owner->get($_)), 200, $_) for '/desk/waves', '/desk/wave/2026-12-01',
    "$base/grower", "$base/sort", "$base/pack/xingfu",
    '/desk/labels/2026-12-01/xingfu';

$shop->audit_ok;
$shop->finish;
