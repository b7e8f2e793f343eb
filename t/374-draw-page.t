use v5.36;
use utf8;
use Tuanbo::Test;
use Tuanbo::Test::Storefront;

binmode Test::More->builder->$_, ':utf8'
    for qw(output failure_output todo_output);

# The page of packets or a draw, without scripts: what is announced, what is
# revealed, and what of it is not proved.

my $t = Tuanbo::Test::Storefront->storefront->start;
my $neighbour = Tuanbo::Test::Storefront->buyer($t);

sub give ($id, $gives, %o) {
    is($t->call(PUT => "/admin/sales/$id", role => 'admin',
        key => $t->new_key, json => { stock => 10, title => $id, %o,
        gives => $gives })->code, 201, "$id gives");
}

sub close_sale ($id) {
    is($t->call(POST => "/admin/sales/$id/close", role => 'admin',
        key => $t->new_key)->code, 200, "$id is closed");
}

sub sale ($id) { $t->call(GET => "/api/sales/$id")->json }
sub page ($id) { $neighbour->get("/draw/$id") }
sub facts { join ' ', $neighbour->dom->find('.facts code')->map('text')->each }

give('lantern', { kind => 'ticket', prizes => [
    { title => '葡萄 <一箱>', count => 1 },
    { title => '5 元券', count => 2, off_fen => 500 }] });
give('rain', { kind => 'packet', total_fen => 1000 }, stock => 5);

# ---- open
is(page('lantern')->res->code, 200, 'the page of a draw');
like($neighbour->text, qr/还没开奖。到现在发出 0 张奖号/, 'it is open');
like($neighbour->text, qr/葡萄 <一箱> 1 份/, 'its prizes');
is(facts(), join(' ', sale('lantern')->{commit}, 0, $t->call(GET =>
    '/api/sales/lantern/draw')->json->{root}), 'what is announced');
like($neighbour->text, qr/防不住这一点/, 'what is not proved');
ok(!$neighbour->dom->at('#again'), 'nothing to compute yet');

page('rain');
like($neighbour->text, qr/5 个红包，一共 10 元/, 'packets');
is(facts(), sale('rain')->{commit}, 'their commit');

# ---- over
close_sale($_) for qw(lantern rain);
page('lantern');
like($neighbour->text, qr/开奖了，一共 0 张奖号/, 'it is drawn');
my $draw = $t->call(GET => '/api/sales/lantern/draw')->json;
is(facts(), join(' ', $draw->@{qw(commit seed entries root chain)}),
    'all that one needs to compute it again');
my $again = $neighbour->dom->at('#again');
ok($again, 'the place for what the browser computes');
is($neighbour->dom->at('[data-draw]')->attr('data-draw'), 'lantern',
    'of this draw');
like($neighbour->dom->at('script[src*="draw"]')->attr('src'),
    qr{^/static/draw\.\w+\.js$}, 'by this script');

page('rain');
like($neighbour->text, qr/种子公开了/, 'the seed is there');
is(facts(), join(' ', sale('rain')->@{qw(commit seed)}), 'with its commit');
ok($neighbour->dom->at('.draw-ask[hidden]'), 'the question needs the script');
is($neighbour->dom->at('[data-amount]')->attr('data-amount'),
    '第 {number} 个红包：{yuan} 元', 'which fills in the answer');

# ---- a beacon
give('lit', { kind => 'ticket', prizes => [{ title => '葡萄', count => 1 }],
    beacon => { source => 'drand quicknet', round => 800_000_000 } });
page('lit');
like($neighbour->text, qr/drand quicknet 第 800000000 轮/, 'its round');
close_sale('lit');
page('lit');
like($neighbour->text, qr/正在等开奖/, 'it waits');
is($t->call(POST => '/admin/sales/lit/draw', role => 'admin',
    key => $t->new_key, json => { beacon => 'ab' x 32 })->code, 200, 'told');
page('lit');
like($neighbour->text, qr/数是店里填的，本页没有核对/,
    'nobody has compared it');
like(facts(), qr/ (?:ab){32}$/, 'the value, to be compared');

# ---- what is none
$t->define_sale('grape', price_fen => 100, stock => 5);
is(page($_)->res->code, 404, "no page for $_") for qw(grape none);

done_testing();
