use v5.36;
use utf8;
use Tuanbo::Test;
use Tuanbo::Test::Lua;

# Files of secrets are read in one way, whoever reads them: the directive, Lua,
# the loader, tuanbo-sign and the demo's order service.

my $root = Tuanbo::Test::root();
my $good = 'a-secret-of-16-b';
my %files = (
    # text, mode, what it is refused for, or nothing
    plain => ["$good\n", 0600],
    group => ["$good\n", 0640],
    'no-end' => [$good, 0600],
    dos => ["$good\r\nthe-second-secret\r\n", 0600],
    blanks => ["\n \t $good \t \r\n\n", 0600],
    'with-blanks' => ["it may have blanks in it\n", 0600],
    chinese => ["葡萄葡萄葡萄\n", 0600],
    everybody => ["$good\n", 0644, 'everybody'],
    written => ["$good\n", 0602, 'everybody'],
    empty => ['', 0600, 'no secret'],
    blank => ["  \r\n\t\n" . ' ' x 40, 0600, 'no secret'],
    one => ["x\n", 0600, 'line 1 is too short'],
    fifteen => ["123456789012345 \n", 0600, 'line 1 is too short'],
    'second-short' => ["$good\nshort\n", 0600, 'line 2 is too short'],
    mark => ["\xef\xbb\xbf$good\n", 0600, 'byte order mark'],
    wide => ["\xff\xfea\0b\0c\0d\0e\0f\0g\0h\0", 0600, 'byte order mark'],
    comment => ["# the secret of the orders\n$good\n", 0600,
        'line 1 is a comment'],
    control => ["$good\x7f$good\n", 0600, 'control character'],
    large => ["$good\n" x 5000, 0600, '64k'],
);

my $t = Tuanbo::Test->new(workers => 1, Tuanbo::Test::Lua->options);
my $dir = $t->dir;
mkdir "$dir/files" or die $!;
for my $name (sort keys %files) {
    my ($text, $mode) = $files{$name}->@*;
    open my $file, '>:raw', "$dir/files/$name" or die $!;
    utf8::encode($text) if $text =~ /[^\x00-\xff]/;
    print {$file} $text;
    close $file;
    chmod $mode, "$dir/files/$name";
}

# The secret that signs, as a reader of its own finds it.
sub first ($name) {
    my ($line) = grep { /\S/ } split /\r?\n/, $files{$name}[0];
    return $line =~ s/^\s+|\s+$//gr;
}


# ---- Lua, all files in one start
my $lua_said = "$dir/logs/lua-said";
my $names = join ', ', map { qq{"$_"} } sort keys %files;
$t->{http} .= <<"CONF";
    init_by_lua_block {
        local engine = require "tuanbo.engine"
        local out = io.open("$lua_said", "w")
        for _, name in ipairs { $names } do
            local lines, why = engine.secrets("$dir/files/" .. name)
            out:write(name, "\\t", lines and #lines .. " " .. lines[1] or why, "\\n")
        end
        out:close()
    }
CONF
$t->start;
my %lua = map { chomp; split /\t/, $_, 2 }
    split /^/, Tuanbo::Test::slurp($lua_said);

# ---- the others
sub said (@command) {
    my $pid = open my $pipe, '-|' // die $!;
    if (!$pid) {
        open STDERR, '>&', \*STDOUT;
        { exec @command }
        POSIX::_exit(127);
    }
    local $/;
    my $said = <$pipe> // '';
    close $pipe;
    return ($? >> 8, $said);
}

mkdir "$dir/as" or die $!;
mkdir "$dir/empty" or die $!;
mkdir "$dir/as/secrets" or die $!;

for my $name (sort keys %files) {
    my ($text, $mode, $why) = $files{$name}->@*;
    my $path = "$dir/files/$name";
    my %said;

    for my $role (qw(orders ledger checkout)) {
        unlink "$dir/as/secrets/$role";
        symlink $path, "$dir/as/secrets/$role" or die $!;
    }
    my $conf = $t->load_line . " events { } http { flashsale_store $dir/c;"
        . " flashsale_secret orders $path; }";
    my @nginx = $t->check_conf($conf);
    $said{nginx} = [$nginx[0], $nginx[1]];
    $said{'tuanbo-load-catalog'} = [said("$root/conf/bin/tuanbo-load-catalog", '--url',
        'http://127.0.0.1:1', '--secret', $path, "$dir/empty")];
    {
        local $ENV{TUANBO_DATA} = "$dir/as";
        $said{'tuanbo-sign'} = [said("$root/conf/bin/tuanbo-sign", 'orders', 'GET',
            '/orders/x')];
    }
    $said{'order-service'} = [said($^X,
        "-I$root/conf/demo/order-service/lib", "-I$root/conf/lib",
        '-MOrderService::Secrets', '-e',
        "print join '|', OrderService::Secrets->new('$dir/as/secrets',"
        . " 'orders')->secrets('orders')")];

    if (!$why) {
        is($said{nginx}[0], 0, "$name: nginx takes it")
            or diag($said{nginx}[1]);
        is($lua{$name}, ($text =~ /second/ ? 2 : 1) . ' '
            . (utf8::is_utf8($text) ? do { my $s = first($name);
                utf8::encode($s); $s } : first($name)),
            "$name: Lua has its first line");
        is($said{'tuanbo-sign'}[0], 0, "$name: tuanbo-sign signs")
            or diag($said{'tuanbo-sign'}[1]);
        my $secret = first($name);
        utf8::encode($secret) if utf8::is_utf8($secret);
        my ($time) = $said{'tuanbo-sign'}[1] =~ /t=(\d+)/;
        is($said{'tuanbo-sign'}[1], 'Flashsale-Signature: '
            . $t->signature('orders', 'GET', '/orders/x', undef, '',
                t => $time, secret => $secret) . "\n",
            "$name: with the same secret");
        is((split /\|/, $said{'order-service'}[1])[0], $secret,
            "$name: the order service as well");
        like($said{'tuanbo-load-catalog'}[1], qr{there is nothing in \Q$dir\E/empty},
            "$name: and the loader takes it");
        next;
    }

    for my $who (sort keys %said) {
        isnt($said{$who}[0], 0, "$name: $who refuses it");
        like($said{$who}[1], qr/\Q$why\E/, "$name: $who says why");
        unlike($said{$who}[1], qr/\Q$good\E/, "$name: $who keeps it secret");
    }
    like($lua{$name}, qr{^\Q$path\E: .*\Q$why\E}, "$name: Lua refuses it");
}

# ---- a path that is none
my ($status, $said) = $t->check_conf($t->load_line . " events { } http {"
    . " flashsale_secret orders ''; }");
isnt($status, 0, 'an empty path');
like($said, qr/flashsale_secret orders" has an empty path/, 'says so');
($status, $said) = $t->check_conf($t->load_line . " events { } http {"
    . " flashsale_secret orders $dir/files; }");
like($said, qr/must be a file/, 'a directory');

# ---- a secret that was replaced is nowhere any more
sub in_memory ($pid, $what) {
    no warnings 'portable';
    my $found = 0;

    open my $maps, '<', "/proc/$pid/maps" or return;
    open my $mem, '<:raw', "/proc/$pid/mem" or return;
    while (<$maps>) {
        my ($from, $to) = /^([0-9a-f]+)-([0-9a-f]+) rw-p/ or next;
        my ($at, $size) = (hex $from, hex($to) - hex $from);
        next if $size > 1 << 26;
        sysseek $mem, $at, 0;
        sysread $mem, my $bytes, $size or next;
        $found++ while $bytes =~ /\Q$what\E/g;
    }

    return $found;
}

SKIP: {
    skip 'the memory of a process cannot be read', 3
        if !defined in_memory($t->master_pid, 'x');
    my $old = 'the-old-secret-of-the-ledger';
    $t->set_secrets(ledger => $old);
    $t->reload;
    is(in_memory($t->master_pid, $old), 1, 'a secret is in memory, once');
    $t->set_secrets(ledger => 'the-new-secret-of-the-ledger');
    $t->reload;
    is(in_memory($t->master_pid, $old), 0, 'and no more after a reload');
    eventually { my @all = $t->all_worker_pids; @all == 1 } 'nor in workers';
}

$t->finish;
