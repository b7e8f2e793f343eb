use v5.36;
use Tuanbo::Test;
use Tuanbo::Test::Lua;

# Lua reads what the API shows and reserves as the API does.

*call = \&Tuanbo::Test::Lua::call;

my $t = Tuanbo::Test->new(Tuanbo::Test::Lua->options(server => <<'CONF'));
        location = /lua/short {
            flashsale_hold_time 7s;
            flashsale_live_holds 1;
            content_by_lua_block {
                local engine = require "tuanbo.engine"
                local order = { identity = ngx.var.arg_user,
                                lines = { { sale = "grape", qty = 1 } } }
                local hold, problem = engine.reserve(order)
                ngx.header.content_type = "application/json"
                ngx.say(require "cjson".encode(hold or problem))
            }
        }

        location = /lua/timer {
            content_by_lua_block {
                local engine = require "tuanbo.engine"
                local said = {}
                local ready = require "ngx.semaphore".new()

                ngx.timer.at(0, function()
                    said[1] = engine.sale("grape").id
                    said[2] = select(2, pcall(engine.reserve, {
                        identity = "timer",
                        lines = { { sale = "grape", qty = 1 } } }))
                    ready:post()
                end)
                ready:wait(5)
                ngx.say(said[1], " ", said[2])
            }
        }

        location = /lua/phases {
            access_by_lua_block {
                local engine = require "tuanbo.engine"
                local hold = engine.reserve { identity = "access",
                    lines = { { sale = "grape", qty = 1 } } }
                ngx.ctx.id = hold.id
            }
            content_by_lua_block {
                local engine = require "tuanbo.engine"
                local one = engine.release("access", ngx.ctx.id)
                local threads, ids = {}, {}

                -- two at once, of one request
                for i = 1, 2 do
                    threads[i] = ngx.thread.spawn(engine.reserve, {
                        identity = "access",
                        lines = { { sale = "grape", qty = 1 } } })
                end

                for i = 1, 2 do
                    local _, got = ngx.thread.wait(threads[i])
                    ids[i] = got.id
                end

                ngx.say(one.state, " ", ids[1] ~= ids[2])
            }
        }
CONF

# Debian's Lua module leaves the connection of its timers (socket -2) to an
# nginx that is not Debian's own; also without our module.
$t->expect_log(qr/open socket #-2 left|: aborting$/) if $ENV{TUANBO_STATIC};

$t->start;


# What the API says, without what is null.
sub without_nulls ($json) {
    return { map { defined $json->{$_} ? ($_ => $json->{$_}) : () }
        keys %$json };
}

# ---- sales
$t->points(qw(xingfu binjiang));
my $now = now_ms;
$t->define_sale('grape', title => "\x{8461}\x{8404} \"<4kg>\"", limit => 2,
    stock => 50);
$t->define_sale('apple', stock => 10, goal => 3, goal_by => 'sale',
    opens_at => $now - 1000, closes_at => $now + 3_600_000);
$t->define_sale('pear', stock => 10, goal => 2, goal_by => 'pickup',
    opens_at => $now + 3_600_000);
$t->define_sale('sold', stock => 1);
$t->define_sale('empty', stock => 0);
$t->hold('bob', 'sold');

for my $id (qw(grape apple pear sold empty)) {
    is_deeply([call($t, sale => $id)], [without_nulls($t->sale($id)), undef],
        "the sale $id, as the API has it");
}
is_deeply([call($t, sale => 'none')], [undef, 'no_such_sale'],
    'a sale that is not there');
is_deeply([call($t, sale => 'x' x 200)], [undef, 'no_such_sale'],
    'nor with this name');
is_deeply([call($t, 'sale')], [undef, 'no_such_sale'], 'nor with none');

my ($list, $next) = call($t, sales => undef, 3);
is_deeply([map { $_->{id} } @$list], [qw(apple empty grape)], 'a page');
is($next, 'grape', 'and there is more');
($list, $next) = call($t, sales => $next, 3);
is_deeply([map { $_->{id} } @$list], [qw(pear sold)], 'the next page');
is($next, undef, 'is the last');
($list) = call($t, 'sales');
is(scalar @$list, 5, 'all within the usual limit');
is_deeply($list->[2], without_nulls($t->sale('grape')),
    'each as it is alone');

cmp_ok(abs(call($t, 'now') - now_ms), '<', 60_000, 'the server\'s clock');

# ---- reserving
my $version = call($t, 'version');
my ($hold, $problem) = call($t, reserve => { identity => 'alice',
    lines => [ { sale => 'grape', qty => 2 } ], pickup => 'xingfu',
    key => 'key-1' });
is($problem, undef, 'reserved') or diag(encode_json($problem));
is($hold->{state}, 'held', 'held');
is($t->sale('grape')->{held}, 2, 'in the store');
cmp_ok(call($t, 'version'), '>', $version, 'another version');
is(call($t, 'version'), call($t, 'version'), 'which stays');

my $api = without_nulls($t->read_hold('alice', $hold->{id}));
delete $_->{now} for $hold, $api;
lists($hold);
is_deeply($hold, $api, 'the hold, as the API has it');
is($hold->{expires_at} - $hold->{created_at}, 300_000,
    'for the usual hold time');

my ($again) = call($t, reserve => { identity => 'alice',
    lines => [ { sale => 'grape', qty => 2 } ], pickup => 'xingfu',
    key => 'key-1' });
is($again->{id}, $hold->{id}, 'the same key: the same hold');
is($t->sale('grape')->{held}, 2, 'taken once');
eventually { $t->access_text =~ /code=replayed hold=$hold->{id}/ }
    'the log knows what became of it';
eventually { $t->access_text =~ m{/lua/call\ code=created\ hold=$hold->{id}
    \ sale=grape\ amount=7960\ wait=0\.\d+}x } 'all of it';

# the API answers a retry of what Lua has taken
is($t->hold('alice', 'grape', 2, pickup => 'xingfu', key => 'key-1')
    ->json->{id}, $hold->{id}, 'keys are one to both');

# ---- refusals are the API's
# Lua has but one empty table.
sub lists ($hold) {
    $hold->{$_} = [] for grep { !%{ $hold->{$_} } } qw(debts claims);
    return;
}

sub refused ($name, $user, $json, %o) {
    my $res = $t->call(POST => '/api/holds', user => $user, json => $json,
        %o);
    my (undef, $said) = call($t, reserve => { identity => $user,
        lines => $json->{lines} // [$json], key => $o{key},
        pickup => delete $json->{pickup} });

    is_deeply($said, $res->json, "$name: " . ($said->{code} // ''))
        or diag($res->body, encode_json($said // {}));

    return $said;
}

refused('sold out', 'bob', { sale => 'empty', qty => 1 });
refused('not open', 'bob', { sale => 'pear', qty => 1 });
refused('no such sale', 'bob', { sale => 'none', qty => 1 });
refused('more than anybody may have', 'bob', { sale => 'grape', qty => 3 });
refused('the limit', 'alice', { sale => 'grape', qty => 1 });
refused('another payload', 'alice', { sale => 'grape', qty => 1 },
    key => 'key-1');
refused('a bad key', 'bob', { sale => 'grape', qty => 1 }, key => 'a b');
refused('nobody', '', { sale => 'grape', qty => 1 });
for my $qty (0, -1, 1.5, '1', 20_000) {
    my $said = refused("qty $qty", 'bob',
        { lines => [ { sale => 'apple', qty => $qty } ] });
    is($said->{status}, 400, 'refused');
}
refused('no qty', 'bob', { lines => [ { sale => 'apple' } ] });
refused('no lines', 'bob', { lines => {} });
refused('a made-up pickup', 'bob',
    { sale => 'grape', qty => 1, pickup => 'nowhere' });
refused('a bad pickup', 'bob', { sale => 'grape', qty => 1, pickup => 'A B' });
is($t->sale('apple')->{held}, 0, 'nothing was taken');

# ---- reading holds
my ($read) = call($t, hold => $hold->{id}, 'alice');
delete $read->{now};
lists($read);
is_deeply($read, $hold, 'read again');
is_deeply([call($t, hold => $hold->{id}, 'bob')], [undef, 'no_such_hold'],
    'not another\'s');
is_deeply([call($t, hold => 'f' x 32, 'alice')], [undef, 'no_such_hold'],
    'not a forged one');
is_deeply([call($t, hold => '', 'alice')], [undef, 'no_such_hold'], 'none');
is_deeply([call($t, hold => $hold->{id}, '')], [undef, 'no_buyer'],
    'not nobody\'s');

my @ids = ($hold->{id}, map { $t->held('alice', 'apple')->{id} } 1 .. 2);
($list, $next) = call($t, holds => 'alice', undef, 2);
is_deeply([map { $_->{id} } @$list], [@ids[2, 1]], 'newest first');
($list, $next) = call($t, holds => 'alice', $next, 2);
is_deeply([map { $_->{id} } @$list], [$ids[0]], 'the rest');
is($next, undef, 'no more');
is_deeply([call($t, holds => 'carol')], [{}, undef],
    'she has none (an empty table)');
is_deeply([call($t, holds => '')], [undef, 'no_buyer'], 'nor has nobody');

# ---- releasing
is_deeply((call($t, release => 'bob', $hold->{id}))[1]{code}, 'no_such_hold',
    'only her own');
my ($released) = call($t, release => 'alice', $hold->{id});
is($released->{state}, 'released', 'released');
is($released->{expires_at}, undef, 'not live');
is($t->sale('grape')->{held}, 0, 'its units are free');
is((call($t, release => 'alice', $hold->{id}))[0]{state}, 'released',
    'again is the same');
is((call($t, release => 'alice', 'nonsense'))[1]{status}, 404, 'no id');
is((call($t, release => '', $hold->{id}))[1]{code}, 'no_buyer', 'nobody');

# ---- groups
is_deeply([call($t, group => 'apple')], [{ joined => 0, state => 'open' },
    undef], 'nobody yet');
is_deeply([call($t, group => 'grape')], [undef, 'not_found'], 'no goal');
is_deeply([call($t, group => 'none')], [undef, 'no_such_sale'], 'no sale');
my $three = $t->held('dora', 'apple', 3);
$t->confirm($three);
is_deeply([call($t, group => 'apple')], [{ joined => 3, state => 'formed' },
    undef], 'formed');
$t->define_sale('plum', stock => 10, goal => 2, goal_by => 'pickup');
$t->confirm($t->held('dora', 'plum', 2, pickup => 'xingfu'));
is_deeply([call($t, group => 'plum', 'xingfu')],
    [{ joined => 2, state => 'formed' }, undef], 'formed at one point');
is_deeply([call($t, group => 'plum', 'heping')],
    [{ joined => 0, state => 'open' }, undef], 'not at another');
is_deeply([call($t, group => 'plum')], [undef, 'not_found'], 'which one?');
$t->confirm($t->held('emil', 'plum', 1, pickup => 'binjiang'));
$t->admin(POST => '/sales/plum/close');
eventually { (call($t, group => 'plum', 'binjiang'))[0]{state} eq 'failed' }
    'failed, after the end';
is((call($t, group => 'plum', 'heping'))[0]{state}, 'failed',
    'also where nobody was');

# ---- configuration of the location, timers, phases
my $short = $t->get('/lua/short?user=emil')->json;
is($short->{expires_at} - $short->{created_at}, 7000,
    'flashsale_hold_time of the location');
is($t->get('/lua/short?user=emil')->json->{code}, 'too_many_holds',
    'and flashsale_live_holds');
like($t->get('/lua/timer')->body,
    qr/^grape .*takes no commands in the phase timer/,
    'in a timer: reads, no commands');
is($t->get('/lua/phases')->body, "released true\n",
    'in other phases, and two at once');

# ---- a rush
my $free = $t->sale('grape')->{free};
my @answers = $t->many([map { Tuanbo::Test::Lua::request(reserve =>
    { identity => "rush-$_", lines => [ { sale => 'grape', qty => 1 } ] }) }
    1 .. $free + 30]);
my %got;
for my $res (@answers) {
    my (undef, $taken, $refusal) = Tuanbo::Test::Lua::results($res);
    $got{ $taken ? 'held' : $refusal->{code} }++;
}
is_deeply(\%got, { held => $free, sold_out => 30 }, 'exactly what is there')
    or diag(encode_json(\%got));

$t->audit_ok;
$t->chain_ok;

# ---- without the module it does not start, and says why
if (!$ENV{TUANBO_STATIC}) {
    my $path = $t->dir . '/other.conf';

    open my $file, '>', $path or die $!;
    print {$file} <<"CONF";
$t->{main}
pid @{[$t->dir]}/logs/other.pid;
error_log stderr;
daemon off;
events { }
http {
    $t->{http}
    init_by_lua_block { require "tuanbo.engine" }
}
CONF
    close $file or die $!;
    my $said = `timeout -k 1 5 nginx -p @{[$t->dir]} -c $path 2>&1`;
    like($said, qr/ngx_http_flashsale_module is not loaded/,
        'without the module it says what is missing');
}

$t->finish;
