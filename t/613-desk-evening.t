use v5.36;
use utf8;
use List::Util qw(max);
use Mojo::JSON qw(decode_json);
use Time::HiRes ();
use Tuanbo::Test;
use Tuanbo::Test::Lua;
use Tuanbo::Test::Office;

binmode Test::More->builder->$_, ':utf8'
    for qw(output failure_output todo_output);

# The best evening of the shop: 152 orders, each handed over by a tap of its
# own, behind a long history, while the clerk is stopped. TUANBO_ENTRIES is how
# long that is: 400000 takes half a minute more.

my $orders = 152;
my $entries = $ENV{TUANBO_ENTRIES} // 40_000;
my $o = Tuanbo::Test::Office->new(store => 'size=1g', shop => <<'CONF')->start;
        location = /lua/fill {
            content_by_lua_block {
                local engine = require "tuanbo.engine"
                local left = tonumber(ngx.var.arg_pairs)
                local threads, wrong = {}, nil

                local function fill()
                    while left > 0 and not wrong do
                        local who = "fill-" .. left
                        left = left - 1

                        local hold, problem = engine.reserve {
                            identity = who,
                            lines = { { sale = "fill", qty = 1 } },
                        }

                        if hold then
                            hold, problem = engine.release(who, hold.id)
                        end

                        wrong = wrong or not hold and problem.code
                    end
                end

                for i = 1, 256 do
                    threads[i] = ngx.thread.spawn(fill)
                end

                for _, thread in ipairs(threads) do
                    ngx.thread.wait(thread)
                end

                ngx.print(wrong or "filled")
            }
        }
CONF
my $shop = $o->shop;
my $xingfu = '/desk/hand-over/xingfu';

$shop->points('xingfu');
$shop->define_sale('fill', price_fen => 100, stock => 100_000);
$shop->define_sale($_->[0], title => $_->[1], price_fen => 100, stock => 1000,
    doc => { pickups => ['xingfu'] }) for ['grape', '葡萄'], ['egg', '土鸡蛋'];

my $start = Time::HiRes::time;
my $ua = $shop->ua;
$ua->inactivity_timeout(600 * $shop->slower);
is($ua->get($shop->url('/lua/fill?pairs=' . $entries / 2))->res->body,
    'filled', 'a history');
diag(sprintf '%d entries in %.0f s', $entries, Time::HiRes::time - $start);

# ---- the evening, of as many neighbours
my @held = map { decode_json($_->body)->[1] } $shop->many([map {
    Tuanbo::Test::Lua::request(reserve => { identity => "neighbour-$_",
        pickup => 'xingfu', lines => [map +{ sale => $_, qty => 1 },
            'grape', $_ % 3 ? () : 'egg'] }) } 1 .. $orders]);
is(scalar(grep { ref && $_->{id} } @held), $orders, 'all have ordered');
is(scalar(grep { $_->code == 200 } $shop->many([map { $shop->order_call(
    $_->{id}, 'confirm', payment => "p$_->{id}",
    paid_fen => $_->{amount_fen}) } @held])), $orders, 'and paid');
is(scalar(grep { $_->code == 200 } $shop->many([map { $shop->order_call(
    $_->{id}, 'ready') } @held])), $orders, 'all has come');

my $owner = $o->owner;
$owner->get('/desk/staff')->submit('form:has(button[value="add"])',
    name => '团长', 'role.leader' => 1, 'point.xingfu' => 1, act => 'add');
my $leader = $o->enter($owner->dom->at('input.link')->attr('value')
    =~ s{^https?://[^/]+}{}r);

kill STOP => $o->clerk->pid or die $!;

my (@taps, @pages);

sub timed ($list, $code) {
    my $since = Time::HiRes::time;
    $code->();
    push @$list, 1000 * (Time::HiRes::time - $since);
}

# Each by its code, as somebody says it.
for my $hold (@held) {
    my $number = 0;
    $number = ($number * 16 + hex) % 100_000_000 for split //, $hold->{id};
    timed(\@pages, sub {
        $leader->get(sprintf '%s?q=%08d', $xingfu, $number);
    });
    my $form = $leader->dom->at('.neighbours form') // last;
    my $body = join '&', map { $_->attr('name') . '='
        . Mojo::Util::url_escape($_->attr('value')) }
        $form->find('input')->each;
    timed(\@taps, sub { $leader->start(POST => $xingfu, $body) });
    $leader->res->headers->location =~ /outcome=handed_over/ or last;
}

kill CONT => $o->clerk->pid;

is(scalar @taps, $orders, 'each tap has handed one over');
my %seen;
$seen{"$_->{hold} $_->{sale}"}++ for $shop->entries('picked_up');
is(join(',', sort keys %seen), join(',', sort map { my $hold = $_;
    map { "$hold->{id} $_->{sale}" } $hold->{lines}->@* } @held),
    'the ledger has all of them');
is(max(values %seen), 1, 'each once');
is($shop->entries('double'), 0, 'none twice');
like($leader->get($xingfu)->text, qr/没有等着取的货/, 'nothing is left');

for (['a tap', \@taps], ['the page', \@pages]) {
    my ($what, $list) = @$_;
    my @sorted = sort { $a <=> $b } @$list;

    diag(sprintf '%s, behind %d entries, the clerk stopped: median %.0f ms, '
        . 'p99 %.0f ms', $what, $entries, $sorted[@sorted / 2],
        $sorted[0.99 * @sorted]);
    cmp_ok($sorted[0.99 * @sorted], '<', 2000 * $shop->slower,
        "$what waits for no clerk");
}

eventually { (() = $o->clerk->ask('deeds', { limit => 200 })
    ->{answer}{deeds}->@*) >= $orders } 'the clerk has all deeds later';

$shop->audit_ok;
$shop->finish;
