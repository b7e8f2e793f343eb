use v5.36;
use Tuanbo::Test;

# Started as root, the store belongs to the workers' user.

if ($> != 0) {
    plan(skip_all => 'not root');
}

my $t = Tuanbo::Test->new->start;
my $nobody = getpwnam 'nobody';

sub strangers ($when) {
    my (@strangers, @open, $n);
    File::Find::find({ no_chdir => 1, wanted => sub {
        my ($mode, $uid) = (stat $_)[2, 4] or return;
        $n++;
        push @strangers, $_ if $uid != $nobody;
        push @open, $_ if $mode & 0007;
    } }, $t->store_path);
    cmp_ok($n, '>', 4, "$n files $when");
    is("@strangers", '', "all belong to the workers' user $when");
    is("@open", '', "and nobody else reads them $when");
}

is((stat "/proc/$_")[4], $nobody, 'a worker of that user')
    for $t->worker_pids;
strangers('at the start');
$t->define_sale('grape', stock => 10);
is($t->hold('alice', 'grape', 1)->code, 201, 'it works');
strangers('after a hold');
$t->reload;
is($t->hold('bob', 'grape', 1)->code, 201, 'after a reload');
strangers('after a reload');
$t->stop;
strangers('after the end');
$t->start;
is($t->hold('carol', 'grape', 1)->code, 201, 'after a restart');
strangers('after a restart');

# descriptors do not leak into a new binary
$t->upgrade;
my %files;
for my $path (glob '/proc/' . $t->master_pid . '/fd/*') {
    my $file = readlink $path // next;
    $files{$file}++;
}
my @leaked = grep { /\bdata\.mdb|\block\.mdb|\/mark\b/ } sort keys %files;
is("@leaked", '', 'a new master has no file of the store open');

$t->audit_ok;
$t->finish;
