#!/usr/bin/perl

# Many clients at once against a deployment, who write down what they send
# and what they get; check.pl then proves from it what was promised.
# docs/proof.md says how to run it against a deployment of one's own.

use v5.36;

use FindBin;
use Getopt::Long qw(GetOptions);
use Mojo::JSON qw(encode_json);

use lib "$FindBin::Bin/../lib", "$FindBin::Bin/../../conf/lib";
use Tuanbo::History::Chooser;
use Tuanbo::History::Load;
use Tuanbo::History::Server;

my %option = (seed => int rand 1 << 31, clients => 16, sale => [],
    pickup => [],
    'user-header' => 'X-User', stock => 40, deadline => 45, patience => 60,
    wave => 10, think => 40);

GetOptions(\%option, 'url=s', 'secrets=s', 'user-header=s', 'users=s',
    'pay=s', 'seed=i', 'clients=i', 'seconds=f', 'requests=i', 'sale=s@', 'pickup=s@',
    'stock=i', 'name=s', 'deadline=f', 'patience=f', 'wave=f', 'out=s',
    'think=f', 'referral', 'intents', 'help') && !@ARGV or usage(2);
usage(0) if $option{help};
usage(2) if $option{clients} < 1 || !$option{seconds} == !$option{requests};

if ($option{intents}) {
    print_intents();
    exit 0;
}

usage(2) if !defined $option{out} || !defined $option{url};
# names of buyers, sales and keys are new ones in each run, its choices not
$option{name} //= sprintf 'run%x-%x', time, $$;

my $users = defined $option{users} ? read_users($option{users}) : undef;

mkdir $option{out} or $!{EEXIST} or fail("$option{out}: $!\n");
fail("$option{out}: there is a history in it already\n")
    if -e "$option{out}/run.json";

my $server = eval { Tuanbo::History::Server->new(url => $option{url},
    secrets => $option{secrets}, user_header => $option{'user-header'}) }
    // fail($@);
my $load = Tuanbo::History::Load->new(server => $server,
    dir => $option{out}, sales => $option{sale}, users => $users,
    pickups => $option{pickup},
    map { $_ => $option{$_} } qw(seed clients seconds requests name stock
        pay deadline patience wave think referral));

say "seed $option{seed}";
eval { $load->run; 1 } or fail($@);

my $counts = $load->{counts};
my $codes = $load->{codes};
say 'sent: ', join ', ', map { "$_ $counts->{$_}" } sort keys %$counts;
say 'got: ', join ', ', map { "$_ $codes->{$_}" } sort keys %$codes;
say "hung beyond $option{deadline} s: $load->{hung}";
exit($load->{hung} ? 1 : 0);


sub usage ($status) {
    print { $status ? *STDERR : *STDOUT } <<'USAGE';
load.pl --url http://host:port --out DIR (--seconds N | --requests N)
    [--secrets DIR] [--sale ID ...] [--pickup ID ...] [--pay /pay/{hold}]
    [--user-header X-User] [--users FILE] [--seed N] [--clients N]
    [--stock N] [--wave N] [--deadline N] [--patience N] [--think N]
    [--name NAME] [--referral]
load.pl --intents --seed N --clients N --requests N

--secrets    a directory with the files orders, ledger and admin. With the
             operator's it defines sales of its own; else name some with --sale
--pickup     a pickup point that is there; with the operator's secret it writes
             two of its own
--pay        what moves a hold to paying: a location with flashsale_pay
--users      identities, one a line, instead of made-up ones
--stock      units of a sale of its own; new ones come each --wave seconds
--deadline   seconds; a request without an answer by then hangs
--patience   seconds for which a call is tried again
--think      milliseconds that a client waits at most, before one in three
--referral   neighbours bring others: writes what the shop gives for it (the
             document shop/referral, which is gone after that), and needs the
             operator's secret, flashsale_referral on, and made-up buyers
--intents    print what the clients would want, and do nothing
Exit: 0 done, 1 a request hung, 2 it cannot be run.
USAGE
    exit $status;
}


sub fail ($words) {
    print STDERR $words;
    exit 2;
}


sub read_users ($path) {
    open my $file, '<', $path or fail("$path: $!\n");
    chomp(my @users = <$file>);
    @users = grep { length } @users or fail("$path: nobody\n");

    return \@users;
}


sub print_intents () {
    my $each = int(($option{requests} // 100) / $option{clients}) || 1;

    for my $client (0 .. $option{clients} - 1) {
        my $chooser = Tuanbo::History::Chooser->new($option{seed}, $client,
            $option{clients});
        for (1 .. $each) {
            my $intent = $chooser->next;
            say join ' ', $client, map { "$_=" . encode_json($intent->{$_}) }
                sort keys %$intent;
        }
    }
}
