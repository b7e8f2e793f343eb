use v5.36;
use Tuanbo::Test;

# Directives are checked at `nginx -t`: the message names the directive, the
# value and the rule.

my $t = Tuanbo::Test->new;
my $dir = $t->dir;
my $load = $t->load_line;

sub conf ($http, $server = '', $location = '') {
    return <<"CONF";
$load
error_log $dir/logs/check.log info;
pid $dir/logs/check.pid;
events { }
http {
    access_log off;
    client_body_temp_path $dir/temp/body;
    proxy_temp_path $dir/temp/proxy;
    fastcgi_temp_path $dir/temp/fastcgi;
    uwsgi_temp_path $dir/temp/uwsgi;
    scgi_temp_path $dir/temp/scgi;
    $http
    server {
        listen 127.0.0.1:@{[$t->port]};
        $server
        location /x/ { $location }
    }
}
CONF
}

my $store = "flashsale_store $dir/store size=64m;";
my $secrets = join ' ', map { "flashsale_secret $_ $dir/secrets/$_;" }
    qw(orders ledger admin checkout);

sub good ($name, @conf) {
    local $Test::Builder::Level = $Test::Builder::Level + 1;
    my ($status, $said) = $t->check_conf(conf(@conf));
    is($status, 0, $name) or diag($said);
    unlike($said, qr/\[(?:warn|alert)\](?!.*"user" directive)/,
        "$name: no warning") if $status == 0;
}

sub bad ($name, $words, @conf) {
    local $Test::Builder::Level = $Test::Builder::Level + 1;
    my ($status, $said) = $t->check_conf(conf(@conf));
    isnt($status, 0, "$name: refused");
    my @missing = grep { index($said, $_) < 0 } @$words;
    is("@missing", '', "$name: says why") or diag($said);
    like($said, qr/\[emerg\].* in \S+:\d+$/m, "$name: says where")
        or diag($said);
}

# ---- what is right
good('nothing of ours', '');
good('a store alone', $store);
good('everything', "$store $secrets flashsale_queue 4096;",
    'flashsale_user $http_x_user; flashsale_hold_time 30s;'
    . ' flashsale_pay_time 10m; flashsale_live_holds 5;'
    . ' flashsale_redirect /hold?id=$flashsale_hold;'
    . ' location /o/ { flashsale_orders; } location = /l { flashsale_ledger; }'
    . ' location /a/ { flashsale_admin; }'
    . ' location = /m { flashsale_metrics; }'
    . ' flashsale_checkout_buyer $http_x_user;'
    . ' flashsale_checkout_return https://shop.example/;'
    . ' location ~ ^/p/(.*) { flashsale_pay $1;'
    . ' flashsale_checkout_return /h/$1; flashsale_checkout_buyer "";'
    . ' add_header X-Signed $flashsale_checkout_signature; }'
    . ' location /q/ { flashsale_checkout_return $uri; }'
    . ' location /r/ { flashsale_checkout_return ""; }', 'flashsale_api;');
good('a store without sync', "flashsale_store $dir/store size=64m sync=off;");

good('newcomers', "$store $secrets flashsale_user \$http_x_user;"
    . ' flashsale_newcomer $http_x_since wait=10s;',
    'flashsale_newcomer off; location /w/ { flashsale_newcomer'
    . ' $http_x_since work=$cookie_w bits=24 wait=1h; flashsale_api; }'
    . ' location /v/ { flashsale_newcomer $http_x_since wait=1s'
    . ' work=$http_x_w; add_header X-Wait $flashsale_newcomer_wait;'
    . ' add_header X-Work $flashsale_newcomer_work; }', 'flashsale_api;');

good('who may be referred', "$store $secrets flashsale_user \$http_x_user;"
    . ' flashsale_referral digits;', 'flashsale_referral off;'
    . ' location /w/ { flashsale_referral on if=$http_x_login;'
    . ' flashsale_api; } location /v/ { flashsale_referral digits'
    . ' if=$http_x_login; flashsale_api; }', 'flashsale_api;');

good('what comes after an order', "$store flashsale_hand_over_time off;"
    . ' flashsale_claim_time 0; flashsale_claims lot=1%;');
good('the most of it', "$store flashsale_hand_over_time 30d;"
    . ' flashsale_claim_time 30d; flashsale_claims per_buyer=1000/366d'
    . ' auto_fen=10000000000 lot=100%;');
good('the least of it', "$store flashsale_hand_over_time 1s;"
    . ' flashsale_claims auto_fen=1 per_buyer=1/1s;');

good('a line, or nobody in it', "$store flashsale_queue_time 100ms;"
    . ' flashsale_queued 0;', 'flashsale_queue_time 1d;'
    . ' flashsale_queued 1000000000; location /l/ { flashsale_queue_time 1m;'
    . ' flashsale_queued 8; flashsale_api; }');

# ---- bad values
for my $case (['hand_over_time', '0', '1s to 30d', '"off"'],
    ['hand_over_time', '31d', '1s to 30d'],
    ['hand_over_time', 'never', '1s to 30d, or "off"'],
    ['hand_over_time', 'off; flashsale_hand_over_time 1h', 'duplicate'],
    ['claim_time', '31d', '0 to 30d'], ['claim_time', 'off', '0 to 30d'],
    ['claim_time', '1h; flashsale_claim_time 1h', 'duplicate'],
    ['claims', 'on', '"on"', '"auto_fen="'],
    ['claims', 'lot', '"lot"', '1% to 100%'],
    ['claims', 'lots=20%', 'lots=20%', '"lot="'],
    ['claims', 'lot=0%', '1% to 100%'], ['claims', 'lot=101%', '1% to 100%'],
    ['claims', 'lot=20', '1% to 100%'], ['claims', 'lot=%', '1% to 100%'],
    ['claims', 'lot=1% lot=2%', 'lot=2%', 'duplicate'],
    ['claims', 'auto_fen=0 per_buyer=1/1d', 'auto_fen=0',
        'from 1 to 10000000000'],
    ['claims', 'auto_fen=10000000001 per_buyer=1/1d',
        'from 1 to 10000000000'],
    ['claims', 'auto_fen=1.5 per_buyer=1/1d', 'from 1 to 10000000000'],
    ['claims', 'auto_fen=1 auto_fen=1', 'duplicate'],
    ['claims', 'auto_fen=500', 'no "per_buyer="', 'both'],
    ['claims', 'per_buyer=3/30d', 'no "auto_fen="', 'both'],
    ['claims', 'per_buyer=3/30d lot=20%', 'no "auto_fen="'],
    ['claims', 'per_buyer=3/30d per_buyer=3/30d', 'duplicate'],
    (map { ['claims', "auto_fen=1 per_buyer=$_", "per_buyer=$_",
        '1 to 1000', '1s to 366d'] } '3', '0/30d', '1001/30d', '3/', '/30d',
        '3/0', '3/367d', '3/999ms', '3/30d/1', 'x/30d'),
    ['claims', 'lot=20%; flashsale_claims lot=20%', 'duplicate'])
{
    my ($name, $value, @words) = @$case;
    bad("flashsale_$name $value", ["flashsale_$name", @words],
        "$store flashsale_$name $value;");
}
for my $case (['""', '""', 'is a variable'], ['off wait=10s', '"off"'],
    ['1790000000000 wait=10s', 'is a variable'], ['$a wait=0', 'wait=0',
    '1s to 1h'], ['$a wait=999ms', '1s to 1h'], ['$a wait=61m', '1s to 1h'],
    ['$a wait=', '1s to 1h'], ['$a wait=x', '1s to 1h'],
    ['$a', '"wait="', 'able to wait'], ['$a work=$b', '"wait="'],
    ['$a wait=10s work=', '"work="', 'where the token is'],
    ['$a wait=10s bits=8', '"work="'],
    ['$a wait=10s work=$b bits=0', 'bits=0', 'from 1 to 24'],
    ['$a wait=10s work=$b bits=25', 'from 1 to 24'],
    ['$a wait=10s work=$b bits=', 'from 1 to 24'],
    ['$a wait=10s wait=10s', 'duplicate'],
    ['$a wait=10s work=$b work=$b', 'duplicate'],
    ['$a wait=10s work=$b bits=8 bits=8', 'duplicate'],
    ['$a wait=10s color=red', 'color=red', '"wait="'],
    ['$a wait=10s; flashsale_newcomer off', 'duplicate'])
{
    my ($value, @words) = @$case;
    bad("flashsale_newcomer $value", ['flashsale_newcomer', @words], $store,
        "set \$a 1; set \$b 1; flashsale_newcomer $value;");
}
for my $case (['login', '"login"', '"digits"'], ['""', '"on"'],
    ['off if=$a', '"off" alone'], ['on if=', 'if='], ['on $a', '"if="'],
    ['on; flashsale_referral off', 'duplicate'])
{
    my ($value, @words) = @$case;
    bad("flashsale_referral $value", ['flashsale_referral', @words], $store,
        "set \$a 1; flashsale_referral $value;");
}
for my $case ((map { [$_, "\"$_\"", 'as browsers send it'] } '*', 'null',
    'm.example.com', 'https://m.example.com/', 'https://M.example.com',
    'https://m.example.com:443', 'https://*.example.com',
    'capacitor://localhost'),
    ['""', '""', 'as browsers send it'],
    ['off https://a.example', '"off" stands alone'],
    ['https://a.example https://b.example https://a.example', 'duplicate'],
    ['https://a.example; flashsale_origins off', 'duplicate'])
{
    my ($value, @words) = @$case;
    bad("flashsale_origins $value", ['flashsale_origins', @words], $store,
        "flashsale_origins $value;");
}
bad('a size that is none', ['flashsale_store', 'size=big'],
    "flashsale_store $dir/store size=big;");
bad('a size too small', ['flashsale_store', 'size=4k', '16m'],
    "flashsale_store $dir/store size=4k;");
for my $size (qw(1t 16385g 9999999999999g -1 1.5g 16mb), '') {
    bad("a size of '$size'", ['flashsale_store', "\"size=$size\"", 'k, m or g',
        '16m to 16384g'], "flashsale_store $dir/store size=$size;");
}
for my $twice (qw(size=64m sync=on sync=off)) {
    bad("$twice twice", ['flashsale_store', "\"$twice\"", 'duplicate'],
        "flashsale_store $dir/store $twice $twice;");
}
bad('two sizes', ['flashsale_store', 'size=2g', 'duplicate'],
    "flashsale_store $dir/store size=1g size=2g;");
bad('a sync that is none', ['flashsale_store', 'sync=maybe', 'sync=on'],
    "flashsale_store $dir/store sync=maybe;");
bad('an unknown parameter', ['flashsale_store', 'color=red'],
    "flashsale_store $dir/store color=red;");
bad('two stores', ['flashsale_store', 'duplicate'], "$store $store");
bad('a file', ['flashsale_store', "$dir/secrets/admin", 'not a directory'],
    "flashsale_store $dir/secrets/admin;");
is((stat "$dir/secrets/admin")[2] & 0777, 0600, 'which stays as it was');
bad('a relative path', ['flashsale_store', 'data/store', 'absolute'],
    'flashsale_store data/store;');
for my $value (qw(0 -1 x 15 99999999999)) {
    bad("a queue of $value", ['flashsale_queue', "\"$value\"", 'number'],
        "$store flashsale_queue $value;");
}
for my $value (qw(-1 x 1.5 1000000001)) {
    bad("$value units that wait", ['flashsale_queued', "\"$value\"",
        '1000000000'], "$store flashsale_queued $value;");
}
for my $directive (qw(flashsale_hold_time flashsale_pay_time
    flashsale_queue_time))
{
    for my $value (qw(0 x 2d 50ms)) {
        bad("$directive $value", [$directive, "\"$value\"", '1d'],
            "$store $directive $value;");
    }
}
for my $value (qw(0 x -3)) {
    bad("flashsale_live_holds $value", ['flashsale_live_holds',
        "\"$value\"", 'number'], "$store flashsale_live_holds $value;");
}
for my $value ('hold', '//elsewhere.example/', 'ftp://x/', 'http:/x',
    '\\\\x')
{
    bad("flashsale_checkout_return $value", ['flashsale_checkout_return',
        'path', 'https://'], "$store $secrets",
        "flashsale_checkout_return '$value';");
}
for my $directive (qw(flashsale_checkout_return flashsale_checkout_buyer)) {
    bad("$directive twice", [$directive, 'duplicate'], "$store $secrets",
        "$directive /x; $directive /x;");
}
for my $twice ('flashsale_queue 64;') {
    bad("$twice twice", [$twice =~ /(\w+)/, 'duplicate'],
        "$store $twice $twice");
}
for my $twice ('flashsale_user $http_x;', 'flashsale_redirect /x;',
    'flashsale_hold_time 1m;', 'flashsale_pay_time 1m;',
    'flashsale_queue_time 1m;', 'flashsale_queued 8;')
{
    bad("$twice twice", [$twice =~ /(\w+)/, 'duplicate'], $store,
        "$twice $twice");
}
bad('flashsale_pay twice', ['flashsale_pay', 'duplicate'], $store, '',
    'flashsale_pay $uri; flashsale_pay $uri;');
for my $empty (qw(flashsale_store flashsale_queue flashsale_hold_time
    flashsale_pay_time flashsale_live_holds))
{
    bad("an empty $empty", [$empty], ($empty eq 'flashsale_store' ? ''
        : $store) . " $empty '';");
}
bad('an empty flashsale_pay', ['flashsale_pay', 'names a hold'], $store, '',
    "flashsale_pay '';");
bad('live holds twice', ['flashsale_live_holds', 'duplicate'], $store,
    'flashsale_live_holds 1; flashsale_live_holds 2;');

# ---- secrets
bad('an unknown role', ['flashsale_secret', 'root', 'orders', 'admin'],
    "$store flashsale_secret root $dir/secrets/admin;");
bad('a role twice', ['flashsale_secret', 'admin', 'duplicate'],
    "$store $secrets flashsale_secret admin $dir/secrets/admin;");
bad('a file that is not there', ['flashsale_secret', "$dir/none"],
    "$store flashsale_secret admin $dir/none;");
sub secret_file ($mode, $text) {
    open my $file, '>', "$dir/secret" or die $!;
    print {$file} $text;
    close $file;
    chmod $mode, "$dir/secret";
}
my $file_conf = "$store flashsale_secret admin $dir/secret;";
secret_file(0644, "a secret\n");
bad('a file that everybody reads', ['flashsale_secret', "$dir/secret",
    'readable'], $file_conf);
secret_file(0602, "a secret\n");
bad('a file that everybody writes', ['flashsale_secret', "$dir/secret"],
    $file_conf);
secret_file(0600, "\n  \n");
bad('a file without a secret', ['flashsale_secret', "$dir/secret",
    'no secret'], $file_conf);
secret_file(0640, "a secret of the group\r\n");
good('a file that the group reads', $file_conf);

# ---- what is missing
for my $directive (qw(flashsale_api flashsale_orders flashsale_admin)) {
    bad("$directive without a store", [$directive, 'flashsale_store'], '',
        '', "$directive;");
}
bad('flashsale_pay without a store', ['flashsale_pay', 'flashsale_store'],
    '', '', 'flashsale_pay $uri;');
for my $role (qw(orders admin)) {
    bad("flashsale_$role without a secret", ["flashsale_$role",
        "flashsale_secret $role"], $store, '', "flashsale_$role;");
}
bad('flashsale_ledger without a secret', ['flashsale_ledger',
    'flashsale_secret ledger'], $store, 'location = /l { flashsale_ledger; }');

for my $directive (qw(flashsale_checkout_return flashsale_checkout_buyer)) {
    bad("$directive without a secret", [$directive,
        'flashsale_secret checkout'], $store, "$directive /x;");
}
{
    my ($status, $said) = $t->check_conf(conf($store, '',
        'proxy_set_header Flashsale-Signature $flashsale_checkout_signature;'
        . ' proxy_pass http://127.0.0.1:1;'));
    isnt($status, 0, 'a signature without a secret: refused');
    like($said, qr/flashsale_checkout_signature.*flashsale_secret checkout/,
        'a signature without a secret: says why');
}
good('the other variables without a secret', $store, '',
    'add_header X-Lines $flashsale_lines$flashsale_expires;');

# ---- wrong places
bad('a store in a server', ['flashsale_store', 'not allowed here'], '',
    $store);
bad('a queue in a server', ['flashsale_queue', 'not allowed here'], $store,
    'flashsale_queue 100;');
bad('a secret in a server', ['flashsale_secret', 'not allowed here'], $store,
    $secrets);
for my $directive (qw(flashsale_api flashsale_orders flashsale_ledger
    flashsale_admin flashsale_metrics))
{
    bad("$directive in a server", [$directive, 'not allowed here'],
        "$store $secrets", "$directive;");
}
bad('an argument too many', ['flashsale_api', 'arguments'], $store, '',
    'flashsale_api on;');
bad('two handlers in one place', ['flashsale_orders', 'another handler'],
    "$store $secrets", '', 'flashsale_api; flashsale_orders;');
my @others = ('proxy_pass http://127.0.0.1:1;', 'fastcgi_pass 127.0.0.1:1;',
    'empty_gif;', 'stub_status;');
for my $other (@others) {
    my ($name) = $other =~ /^(\w+)/;
    bad("$name before it", ['flashsale_orders', '/x/', 'one handler'],
        "$store $secrets", '', "$other flashsale_orders;");
    bad("$name after it", ['flashsale_orders', '/x/', 'one handler'],
        "$store $secrets", '', "flashsale_orders; $other");
    good("$name in another location", $store, "location /y/ { $other }",
        'flashsale_api;');
}
bad('both names of our own', ['"flashsale_admin"', '"flashsale_orders" in line'],
    "$store $secrets", '', 'flashsale_orders; flashsale_admin;');
bad('flashsale_pay beside a handler', ['flashsale_pay', 'flashsale_api'],
    $store, '', 'flashsale_pay $uri; flashsale_api;');
good('an "if" and a "limit_except" in a handler\'s location', $store, '',
    'flashsale_api; limit_except GET { deny all; } if ($http_x) { set $y 1; }');
bad('one handler twice', ['flashsale_api', 'duplicate'], $store, '',
    'flashsale_api; flashsale_api;');
bad('a handler of paths in a location without', ['flashsale_api', 'prefix'],
    $store, 'location ~ ^/y/ { flashsale_api; }');

# ---- a bad conf at a reload leaves the running one alone
$t->start;
$t->define_sale('grape', stock => 10);
my @workers = $t->worker_pids;
$t->expect_log(qr/\[emerg\].*"flashsale_queue"/);
$t->write_conf($t->conf =~ s/events \{/events {/r
    =~ s/flashsale_store/flashsale_queue 0; flashsale_store/r);
kill HUP => $t->master_pid;
eventually { $t->log_text =~ /\[emerg\].*"flashsale_queue"/ }
    'a bad reload is refused';
is_deeply([$t->worker_pids], \@workers, 'the workers stay');
is($t->hold('alice', 'grape', 1)->code, 201, 'and work');
$t->write_conf;

# ---- another queue at a reload; of another store, see 272-one-store.t
$t->reload(http => 'flashsale_queue 64;');
is($t->call(PUT => '/admin/sales/plum', role => 'admin', key => $t->new_key,
    json => { price_fen => 1, stock => 1 })->code, 201, 'another queue');

$t->finish;
