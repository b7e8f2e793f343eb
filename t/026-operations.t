use v5.36;
use File::Path qw(make_path);
use Tuanbo::Test;
use Tuanbo::Test::Programs;

# docs/operations.md: each block as it stands, in its order, against a shop
# that sells. Its paths are below this test's directory; systemctl is a script
# that starts and stops this nginx (office and clerk are not there), and for
# the timer does what the timer's service says.

plan(skip_all => 'the conf is for a module') if $ENV{TUANBO_STATIC};

my $root = Tuanbo::Test::root();
my $tool = program('tuanbo-store');
my $t = Tuanbo::Test->new(level => 'notice');
my $dir = $t->dir;
my $state = "$dir/var/lib/tuanbo";
my $backups = "$dir/var/backups/tuanbo";
my $bin = "$dir/bin";
my $conf = "$dir/etc/tuanbo/shop.conf";
my $page = Tuanbo::Test::slurp("$root/docs/operations.md");
my $nginx = $ENV{TUANBO_NGINX} // '/usr/sbin/nginx';
my $pid = "$dir/logs/nginx.pid";

$t->expect_log(qr/folding \d+ entries|index-\d+.data\.mdb is missing/);
$t->expect_log(qr/is not the one that was here/);

make_path($state, "$dir/var/backups", $bin, "$dir/etc/tuanbo", "$dir/srv");
for my $place ($state, "$dir/var", "$dir/var/lib", "$dir/var/backups", "$dir/srv") {
    chmod 0755, $place;
}


sub write_file ($path, $text, $mode = 0644) {
    open my $file, '>', $path or die "$path: $!";
    print {$file} $text;
    close $file or die $!;
    chmod $mode, $path;
}


# What a block says, at home here.
sub here ($text) {
    my $port = $t->port;

    return $text =~ s{/(?=(?:var/(?:lib|backups)|srv|etc)/tuanbo)}{$dir/}gr
        =~ s{127\.0\.0\.1:8080}{127.0.0.1:$port}gr;
}


my @variables;          # lines of blocks that others use

sub run ($block) {
    my $said = '';

    write_file("$dir/block", join '', "exec 2>&1\n", (map { "$_\n" }
        @variables), here($block));
    {
        local $ENV{PATH} = "$bin:$ENV{PATH}";
        $said = `bash -eu -o pipefail $dir/block`;
    }
    my $status = $? >> 8;
    my $name = (split /\n/, $block)[0];

    is($status, 0, $name) or diag($said);
    push @variables, map { here($_) } $block =~ /^(\w+=.*)$/mg;
    return $said;
}


# ---- its commands
symlink $tool, "$bin/tuanbo-store" or die $!;
symlink "$root/conf/bin/tuanbo-check-ledger", "$bin/tuanbo-check-ledger" or die $!;

my $unit = Tuanbo::Test::slurp("$root/debian/tuanbo.tuanbo-backup.service");
my @does = $unit =~ /^ExecStart=\/usr\/bin\/(.*)$/mg;
is(scalar @does, 2, 'the timer backs up and writes segments');
like($unit, qr/^ReadWritePaths=-\/var\/backups\/tuanbo$/m, 'and may');
like(Tuanbo::Test::slurp("$root/debian/tuanbo.tuanbo-backup.timer"),
    qr/^OnCalendar=\S+ \S+$/m, 'each night');
write_file("$bin/systemctl", <<"EOF", 0755);
#!/bin/sh -e
case "\$*" in
    "stop tuanbo "*|"disable --now tuanbo "*)
        test -s $pid || exit 0
        master=\$(cat $pid)
        kill -QUIT "\$master"
        while kill -0 "\$master" 2> /dev/null; do sleep 0.05; done ;;
    "start tuanbo "*)
        $nginx -p $dir -c $conf ;;
    "restart tuanbo "*)
        "\$0" stop tuanbo all
        "\$0" start tuanbo all ;;
    "enable --now tuanbo-backup.timer")
        ${\ join "\n        ", map { here($_) } @does } ;;
    "is-failed tuanbo-backup.service")
        echo inactive; exit 1 ;;
    *)
        echo "systemctl \$*?"; exit 99 ;;
esac
EOF


# ---- the shop
sub at ($place) {
    $t->{store_path} = here($place);
    write_file($conf, $t->conf);
}


# It answers and sells; gives a hold.
sub sells ($name) {
    my $res;

    $t->{master} = $t->read_pid;
    wait_until { $res = $t->hold("b-$name", 'grape', 1);
        ($res->code // 0) == 201 };
    is($res->code, 201, "$name: it sells");
    return $res->json // {};
}


sub lives { scalar(my @found = $t->entries('life')) }


at('/var/lib/tuanbo/store');
system("$bin/systemctl", 'start', 'tuanbo', '…') == 0 or die 'start';
$t->{master} = $t->read_pid;
$t->wait_ready;
$t->define_sale('grape', price_fen => 100, stock => 100_000);
$t->call(POST => '/api/contact', user => 'ann', json => { name => 'Ann',
    digits => '1234', consent => [] });
$t->many([map { $t->hold_call("early-$_", 'grape', 1) } 1 .. 200],
    parallel => 20);
my $first = sells('first');

# ---- what each block is about, by words in it, and what is so then
my (%seen, $lost, $damaged);
my @about = (
    [qr/^tuanbo-store backup --keep/ => sub ($said) {
        is(scalar(my @made = glob "$backups/2*"), 1, 'a backup');
        is(scalar(my @files = glob "$backups/ledger/*.ndjson"), 1, 'a segment');
    }],
    [qr/^systemctl enable/ => sub ($said) {
        is(scalar(my @made = glob "$backups/2*"), 2, 'the timer makes another');
        is(scalar(my @files = glob "$backups/ledger/*.ndjson"), 2,
            'and a segment of what was since');
    }, sub { sells('for the timer') }],
    [qr/^tuanbo-store check .*^for backup/ms => sub ($said) {
        is(() = $said =~ /^ok: /mg, 4, 'all is right');
    }],
    [qr/^tuanbo-store restore "\$backup"/m => sub ($said) {
        like($said, qr/a new life begins with the next start/, 'put back');
        sells('restored');
        is(lives(), 1, 'in a new life');
        $t->answers($t->get("/api/holds/$lost->{id}", user => 'b-lost'), 404,
            'other_life', 'what came after it is lost');
        is($t->read_hold('b-first', $first->{id})->{lines}[0]{sale}, 'grape',
            'what came before is there');
    }, sub {
        $lost = sells('lost');
        is($t->confirm($lost)->code, 200, 'paid after the backup');
        is(system("$tool segments $state/store $backups/ledger > /dev/null"),
            0, 'and in a segment');
    }],
    [qr/^last=/ => sub ($said) {
        is(() = $said =~ /\n/g, 1, 'what was paid since the backup');
        like($said, qr/^\{.*"type":"sold","hold":"\Q$lost->{id}\E"/,
            'is in the segments');
    }],
    [qr/^mv / => sub ($said) {
        like($said, qr/ledger\/000000000001-\d+\.ndjson: \d+ entries$/,
            'segments of the new ledger');
    }, sub {
        is(system("$tool segments $state/store $backups/ledger 2> /dev/null")
            >> 8, 1, 'the old ones refuse it');
    }],
    [qr/^systemctl disable/ => sub ($said) {
        ok(-s "$backups/beside.tar", 'what is beside the log');
        is_deeply([grep { m{/(?:log|mark|index-[^/]*)(?:/|$)} }
            split /\n/, `tar -tf $backups/beside.tar`], [], 'without the log');
    }],
    [qr/-xpf/ => sub ($said) {
        sells('on the other machine');
        is($t->read_hold('b-first', $first->{id})->{id}, $first->{id},
            'orders are there');
        is($t->get('/api/me', user => 'ann')->json->{contact}{name}, 'Ann',
            'and contacts');
    }, sub {
        rename $state, "$state-old" or die $!;
        mkdir $state or die $!;
    }],
    [qr/^tuanbo-store move/m => sub ($said) {
        $t->{store_path} = here('/srv/tuanbo');
        sells('on the other disk');
        like(Tuanbo::Test::slurp($conf), qr/flashsale_store \Q$dir\E\/srv\/tuanbo /,
            'the conf names it');
    }],
    [qr/^tuanbo-store grow/m => sub ($said) {
        sells('grown');
        like(`$tool grow $dir/srv/tuanbo 32g`, qr/^the store has this size$/m,
            'it has this size');
    }],
    [qr/^df / => sub ($said) { like($said, qr/data\.mdb/, 'what there is') }],
    [qr/^tuanbo-store salvage/m => sub ($said) {
        like($said, qr/^it is damaged$/m, 'found damaged');
        like($said, qr/^entry $damaged is in no page that is whole$/m,
            'and all before it is saved');
        sells('salvaged');
        is((grep { $_->{type} eq 'life' } $t->ledger($damaged - 1))[0]{seq},
            $damaged, 'the new life is in its place');
    }, sub { $damaged = damage() }],
    [qr/^tuanbo-store schema/m => sub ($said) {
        like($said, qr/^store (\d+)\nprogram \1\nopen yes$/m, 'of this program');
    }],
    [qr/^curl / => sub ($said) {
        my %told = map { $_ => 1 } $said =~ /^(flashsale_\w+) \d/mg;
        my ($watch) = $page =~ /^## What to watch\n(.*)\z/ms;
        is_deeply([grep { !$told{$_} } $watch =~ /`(flashsale_\w+)`/g], [],
            'each that is to be watched is there');
        is($said =~ /^flashsale_store_open (\d)/m && $1, 1, 'the store is open');
    }],
);


# A page of the ledger in the middle, as a bad disk leaves it; its first entry.
sub damage () {
    my $path = here('/srv/tuanbo') . '/log/data.mdb';
    my ($used) = `$tool grow $dir/srv/tuanbo 32g` =~ /^used (\d+)/;
    my %of;

    open my $file, '+<:raw', $path or die $!;
    for my $n (2 .. $used / 4096 - 1) {
        sysseek $file, $n * 4096, 0;
        sysread $file, my $bytes, 4096;
        my ($flags, $lower) = unpack 'x10 S< S<', $bytes;
        next if $flags != 2 || $lower < 18;
        for my $i (0 .. ($lower - 16) / 2 - 1) {
            my $at = unpack 'S<', substr $bytes, 16 + 2 * $i, 2;
            my ($len, $more, $key) = unpack 'L< S< S<', substr $bytes, $at, 8;
            last if $len != 144 || $key != 8;
            push $of{ unpack 'Q<', substr $bytes, $at + 8, 8 }->@*, $n;
        }
    }
    my ($seq) = grep { $_ > 100 && $of{$_}->@* == 1
        && $of{$_ - 1}[0] != $of{$_}[0] } sort { $a <=> $b } keys %of;
    sysseek $file, $of{$seq}[0] * 4096, 0;
    syswrite $file, "\0" x 4096;
    close $file;
    return $seq;
}


$t->expect_log(qr/log\/data\.mdb is damaged/);

my @blocks = $page =~ /^```sh\n(.*?)^```/msg;
cmp_ok(@blocks, '>=', @about, 'the page has ' . @blocks . ' blocks');
is(() = $page =~ /^```/mg, 2 * @blocks, 'and no other');
for my $block (@blocks) {
    my ($about) = grep { $block =~ $_->[0] } @about;

    ok($about, 'it is known what comes of it') or diag($block) or next;
    $seen{$about}++;
    $about->[2]->() if $about->[2];
    $about->[1]->(run($block));
}
is(scalar keys %seen, scalar @about, 'each has been there');
$t->audit_ok;
$t->chain_ok;
$t->finish;
