use v5.36;
use Tuanbo::Test;

# What `make run` does after building: the demo starts, loads its sales, and
# prints lines that work as they stand; a second run finds its data again.

use IPC::Open3 qw(open3);

plan(skip_all => 'the demo is for the .so') if $ENV{TUANBO_STATIC};

my $t = Tuanbo::Test->new;
my $root = Tuanbo::Test::root();
my $module = $ENV{TUANBO_MODULE} // "$root/build/ngx_http_flashsale_module.so";
my $port = $t->port;
my $dir = $t->dir;
my $data = "$dir/demo";
my $pid;

$ENV{TUANBO_DATA} = $data;
$ENV{no_proxy} = '127.0.0.1';

END {
    kill TERM => $pid if $pid;
}


# Starts the demo; gives what it printed until it was up, or ended.
sub run (@arguments) {
    my $said = '';

    $pid = open3(my $in, my $out, undef, "$root/conf/demo/run.sh",
        @arguments);
    close $in;
    while (my $line = <$out>) {
        $said .= $line;
        last if $line =~ /^Ctrl-C/;
    }

    return ($said, $out);
}


sub ended {
    waitpid $pid, 0;
    undef $pid;
    return $? >> 8;
}


my ($said, $out) = run($module, $port);

like($said, qr{is open at http://127\.0\.0\.1:$port/}, 'it says where it is');

my @lines = map { s/^  //r } grep { /^  (?:HOLD=|curl )/ } split /\n/, $said;

is(@lines, 3, 'three lines: reserve, pay, audit');

my $answer = `bash -c '${\ join "\n", map { s/'/'\\''/gr } @lines}' 2>&1`;

like($answer, qr/"state":"held"/, 'reserved');
like($answer, qr/"outcome":"sold"/, 'paid');
like($answer, qr/"ok":true,.*"id":"grape","stock":200,"free":198,"held":0,/,
    'audited');

my $sales = $t->get('/api/sales?limit=100')->json->{sales};

is(@$sales, 9, 'nine sales');
is((grep { $_->{state} eq 'open' } @$sales), 9, 'all are open');

my ($strawberry) = grep { $_->{id} eq 'strawberry' } @$sales;

is($strawberry->{stock}, 500, 'strawberries');
is($strawberry->{goal}, 100, 'and their goal');

for my $role (qw(orders ledger admin checkout)) {
    my @stat = stat "$data/secrets/$role";
    is($stat[2] & 0777, 0600, "the secret $role is its owner's alone");
}

# a second one, beside the first
my $first = $pid;
my ($second) = run($module, $port);
isnt(ended(), 0, 'a second run on the same data ends');
like($second, qr/running already/, 'and says why');

{
    local $ENV{TUANBO_DATA} = "$dir/other";
    ($second) = run($module, $port);
    isnt(ended(), 0, 'another on the same port ends');
    like($second, qr/Port $port is in use/, 'and says why');
}

my $version = $t->sale('grape')->{version};

# Ctrl-C
$pid = $first;
kill INT => $pid;
my $last = join '', <$out>;
is(ended(), 0, 'an interrupt ends it');
like($last, qr/The data stays in \Q$data\E/, 'it says where the data is');
ok(!-e "$data/nginx.pid", 'nginx has gone');

($said, $out) = run($module, $port);
is($t->sale('grape')->{sold}, 2, 'the second run finds its data again');
is($t->sale('grape')->{version}, $version, 'and did not define it anew');
kill TERM => $pid;
$last = join '', <$out>;
is(ended(), 0, 'SIGTERM ends it too');

my @wrong = grep { !/\[(?:notice|info)\]/ }
    split /\n/, Tuanbo::Test::slurp("$data/error.log");
is("@wrong", '', 'nothing in its error log');

done_testing();
