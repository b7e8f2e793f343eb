use v5.36;
use Tuanbo::Test;

# A store that the workers cannot use is said by `nginx -t`, with the user and
# the path; what is in it is not blamed for permissions.

my $t = Tuanbo::Test->new;
$t->start;
$t->define_sale('grape', stock => 10);
ok($t->stop, 'a store');

my $store = $t->store_path;
my ($status, $said);

($status, $said) = $t->check_conf($t->conf);
is($status, 0, 'nginx -t passes') or diag($said);

SKIP: {
    skip 'only root has a user to change to', 10 if $> != 0;

    for my $name ('log', 'log/data.mdb', 'log/lock.mdb', 'mark') {
        my @was = (stat "$store/$name")[2, 4, 5];
        chown 0, 0, "$store/$name";
        chmod $name eq 'log' ? 0700 : 0600, "$store/$name";
        ($status, $said) = $t->check_conf($t->conf);
        isnt($status, 0, "nginx -t fails when $name is root's");
        like($said,
            qr{needs ".*/\Q$name\E", which the workers' user, uid \d+, must},
            'and says which file, and who needs it')
            or diag($said);
        unlike($said, qr/backup|move/, 'and nothing of what is in it');
        chown @was[1, 2], "$store/$name";
        chmod $was[0] & 07777, "$store/$name";
    }
}

open my $file, '+<:raw', "$store/log/data.mdb" or die $!;
sysread $file, my $good, 8192;
sysseek $file, 0, 0;
syswrite $file, "\0" x 8192;
($status, $said) = $t->check_conf($t->conf);
isnt($status, 0, 'nginx -t fails for a file that is no LMDB file');
like($said, qr{log/data.mdb" is damaged, or no LMDB file: put a backup}, 'and says so');

$t->expect_log(qr/is damaged, or no LMDB file/);
$t->expect_log(qr/\[emerg\].*"flashsale_store" needs/);
my $conf = $t->conf;
$t->{locations} = 'location = /other { return 200; }'
    . ' location /api/ { flashsale_api; }';
$t->start;
is($t->get('/other')->code, 200, 'a start serves the other sites');
$t->stop;
sysseek $file, 0, 0;
syswrite $file, $good;

for my $path ('/', '//') {
    ($status, $said) = $t->check_conf(
        $conf =~ s/flashsale_store \S+/flashsale_store $path/r);
    isnt($status, 0, "flashsale_store $path is refused");
    like($said, qr/"flashsale_store" has the path "\Q$path\E": it must be/,
        'with directive, value and rule');
}

($status, $said) = $t->check_conf($conf);
is($status, 0, 'and with all as it was it passes again') or diag($said);

$t->finish;
