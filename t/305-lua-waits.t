use v5.36;
use Tuanbo::Test;
use Tuanbo::Test::Faults;
use Tuanbo::Test::Lua;

# A coroutine waits for a commit on a slow disk, and ends before it: by its
# client, by its own page, with its VM, with its worker.  The command goes on,
# nobody posts to what is gone, and the slots are used again.

my $conf = <<'CONF';
        location = /reserve {
            lua_check_client_abort on;
            content_by_lua_block {
                local hold, problem = require "tuanbo.engine".reserve {
                    identity = ngx.var.arg_user,
                    lines = { { sale = "grape", qty = 1 } } }
                ngx.say(hold and hold.id or problem.code)
            }
        }

        # a VM of its own
        location = /fresh {
            lua_code_cache off;
            lua_check_client_abort on;
            content_by_lua_block {
                local hold, problem = require "tuanbo.engine".reserve {
                    identity = ngx.var.arg_user,
                    lines = { { sale = "grape", qty = 1 } } }
                ngx.say(hold and hold.id or problem.code)
            }
        }

        # kills its own thread and goes on
        location = /kill {
            content_by_lua_block {
                local engine = require "tuanbo.engine"

                local function reserve(user)
                    return engine.reserve { identity = user,
                        lines = { { sale = "grape", qty = 1 } } }
                end

                local killed = ngx.thread.spawn(reserve, "killed")
                ngx.thread.kill(killed)
                killed = nil
                collectgarbage()
                collectgarbage()

                -- where the other's may have been
                local others = {}
                for i = 1, 300 do
                    others[i] = require "ngx.semaphore".new(0)
                end

                local hold = reserve("stayed")

                for i = 1, 300 do
                    if others[i]:count() ~= 0 then
                        hold.state = "posted to another's semaphore"
                    end
                end

                ngx.say(hold.state)
            }
        }

        # kills a thread whose result has come in the same turn
        location = /kill-done {
            content_by_lua_block {
                local engine = require "tuanbo.engine"
                local threads = {}

                local function reserve(user)
                    return engine.reserve { identity = user,
                        lines = { { sale = "grape", qty = 1 } } }
                end

                for i = 1, 12 do
                    threads[i] = ngx.thread.spawn(reserve,
                                                  ngx.var.arg_user .. i)
                end

                -- some of the others were in the same commit
                local _, hold = ngx.thread.wait(threads[6])

                for i = 7, 12 do
                    ngx.thread.kill(threads[i])
                end

                ngx.say(hold.state)
            }
        }

        location = /slots {
            content_by_lua_block {
                local ffi = require "ffi"
                require "tuanbo.engine"
                ngx.say(ffi.C.ngx_http_flashsale_ffi_slot())
            }
        }
CONF

my $t = Tuanbo::Test->new(Tuanbo::Test::Lua->options(workers => 1,
    tls => 1, http2 => 1, server => $conf));
my $faults = Tuanbo::Test::Faults->new($t);
$t->expect_log(qr/lua_code_cache is off/);
$t->start;
$t->define_sale('grape', price_fen => 100, stock => 10_000);

# With curl: HTTP/2 and TLS, and a client that can leave.
sub curl (@arguments) {
    open my $pipe, '-|', 'curl', '-sk', '--no-progress-meter', '--http2',
        '--noproxy', '*', @arguments or die $!;
    local $/;
    return scalar <$pipe> // '';
}

sub held ($user) {
    return scalar $t->get('/api/holds', user => $user)->json->{holds}->@*;
}

my $base = $t->url('');

# ---- HTTP/2
like(curl('-w', ' %{http_version}', "$base/reserve?user=h2"),
    qr/^[0-9a-f]{32}\n 2$/, 'a hold over HTTP/2');
my @urls = map { ('-o', '/dev/null', "$base/reserve?user=h2-$_") } 1 .. 30;
my $said = curl('-Z', '-w', '%{http_code} %{http_version}\n', @urls);
is(() = $said =~ /^200 2$/mg, 30, 'many at once on one connection')
    or diag($said);
is($t->sale('grape')->{held}, 31, 'all of them taken');

# ---- the client leaves
for my $path (qw(reserve fresh)) {
    for my $version ('--http2', '--http1.1') {
        my $user = "left-$path$version";

        $faults->set(slow_ms => 2000 * Tuanbo::Test::slower);
        curl($version, '--max-time', '0.5', "$base/$path?user=$user");
        is(held($user), 0, "$path $version: it left before the commit");
        eventually { held($user) == 1 } 'which came all the same';
        $faults->set(slow_ms => 0);
        like(curl("$base/$path?user=$user-2"), qr/^[0-9a-f]{32}$/,
            'the next one waits for its own');
    }
}

# ---- a thread is killed by its own page
$faults->set(slow_ms => 300);
is($t->get('/kill')->body, "held\n", 'a page goes on without its thread');
$faults->set(slow_ms => 0);
eventually { held('killed') == 1 } 'whose command was done';
is(held('stayed'), 1, 'as its own');

# ---- slots are used again
$faults->set(slow_ms => 1500);
for my $round (1 .. 4) {
    my @left = map { ('-o', '/dev/null', "$base/reserve?user=l$round-$_") }
        1 .. 15;

    curl('-Z', '--max-time', '0.5', @left);
    eventually { held("l$round-15") == 1 } 'those who left have theirs';
}
$faults->set(slow_ms => 20);
for my $i (1 .. 20) {
    $t->get("/kill-done?user=$i-");
}
$faults->set(slow_ms => 0);
for my $i (1 .. 40) {
    $t->get("/reserve?user=again-$i");
}
eventually { held('20-12') == 1 } 'also those whose thread was killed';
cmp_ok($t->get('/slots')->body, '<', 32,
    'as many slots as were used at once, and no more');

# ---- a reload while somebody waits
$faults->set(slow_ms => 1200);
my $answer;
$t->call_p(GET => '/reserve?user=reload')->then(sub ($res) {
    $answer = $res;
});
Mojo::IOLoop->timer(0.3 => sub { kill HUP => $t->master_pid });
Mojo::IOLoop->one_tick until $answer;
like($answer->body, qr/^[0-9a-f]{32}$/, 'a leaving worker answers');
$faults->set(slow_ms => 0);
eventually { $t->all_worker_pids == 1 } 'and leaves';

# ---- the first request of a new worker waits for the store
my ($pid) = $t->worker_pids;
my $first = $t->call(GET => '/reserve?user=first');
like($first->body, qr/^[0-9a-f]{32}$/, 'the first after a reload');

$t->audit_ok;
$t->chain_ok;
$t->finish;
