use v5.36;
use Tuanbo::Test;

# What the clerk starts ends with it, however it ends: also where it is killed
# before the new process could ask to be told of that.

my $root = Tuanbo::Test::root();
my $dir = File::Temp->newdir;

system("cc -std=gnu11 -O2 -fPIC -shared -o $dir/orphan.so"
    . " $root/t/lib/orphan.c") == 0 or die 'cc';

my $script = <<'LUA';
local system = require "tuanbo.office.system"

print(system.spawn("/bin/sleep", "1000"))
io.flush()
require("socket").sleep(1000)
LUA

for my $case (['killed', undef], ['killed at once', "$dir/orphan.so"]) {
    my ($name, $preload) = @$case;
    local $ENV{LUA_PATH} = "$root/lua/?.lua;;";
    local $ENV{LD_PRELOAD} = $preload if $preload;
    my $parent = open my $said, '-|', 'luajit', '-e', $script
        or die "luajit: $!\n";
    chomp(my $child = readline $said);
    like($child, qr/^\d+$/, "a process is started; its parent is $name");
    kill KILL => $parent;
    my $gone = wait_until { !Tuanbo::Test::alive($child) } 10;
    ok($gone, 'it ends, too')
        or kill KILL => $child;
    close $said;
}

done_testing;
