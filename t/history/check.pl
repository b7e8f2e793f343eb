#!/usr/bin/perl

# Proves from the histories of load.pl, the ledger and the audit that what was
# promised was kept, or names the entry and the answer that contradict.
# docs/proof.md says what it proves, and what it cannot.

use v5.36;

use FindBin;
use Getopt::Long qw(GetOptions);
use Mojo::JSON qw(decode_json encode_json false true);

use lib "$FindBin::Bin/../lib", "$FindBin::Bin/../../conf/lib";
use Tuanbo::History;
use Tuanbo::History::Checker;
use Tuanbo::History::Server;

use constant PROBLEMS_MAX => 30;

my %option;

GetOptions(\%option, 'url=s', 'secrets=s', 'others', 'json', 'help')
    or usage(2);
usage(0) if $option{help};
usage(2) if @ARGV != 1;

my $dir = shift @ARGV;
my $checker = eval { fetch() if defined $option{url}; read_all() } // fail($@);

$checker->check;
$option{json} ? print_json() : print_text();
exit(@{ $checker->{problems} } ? 1 : 0);


sub usage ($status) {
    print { $status ? *STDERR : *STDOUT } <<'USAGE';
check.pl [--url http://host:port --secrets DIR] [--others] [--json] DIR

DIR          the histories that load.pl wrote
--url        fetch the ledger, the audit and the sales, and keep them in DIR;
             without it those in DIR are checked: ledger.ndjson, audit.json
             and sales.json
--secrets    a directory with the files ledger and admin
--others     others pay, confirm, cancel and release what these buyers hold
Exit: 0 nothing contradicts, 1 something does, 2 it cannot be checked.
USAGE
    exit $status;
}


sub fail ($words) {
    print STDERR $words;
    exit 2;
}


sub read_all () {
    return Tuanbo::History::Checker->new(
        run => Tuanbo::History->read_run($dir),
        requests => [Tuanbo::History->requests($dir)],
        ledger => [split /^/, slurp('ledger.ndjson')],
        audit => decode_json(slurp('audit.json')),
        sales => decode_json(slurp('sales.json')),
        others => $option{others});
}


# The ledger last, so that it has what the others saw.
sub fetch () {
    my $server = Tuanbo::History::Server->new(url => $option{url},
        secrets => $option{secrets});

    for my $role (qw(ledger admin)) {
        $server->signs($role) or die "--secrets: no file $role\n";
    }
    keep('audit.json', encode_json($server->audit) . "\n");
    keep('sales.json', encode_json($server->sales) . "\n");
    keep('ledger.ndjson', join '', $server->ledger_lines);
}


sub keep ($name, $text) {
    open my $file, '>', "$dir/$name" or die "$dir/$name: $!\n";
    print {$file} $text;
    close $file or die "$dir/$name: $!\n";
}


sub slurp ($name) {
    open my $file, '<', "$dir/$name" or die "$dir/$name: $!\n";
    local $/;
    return <$file>;
}


sub print_json () {
    say encode_json({ ok => @{ $checker->{problems} } ? false : true,
        problems => $checker->{problems}, checked => $checker->{checked} });
}


sub print_text () {
    my @problems = @{ $checker->{problems} };
    my $checked = $checker->{checked};
    my $last = @problems < PROBLEMS_MAX ? $#problems : PROBLEMS_MAX - 1;

    for my $problem (@problems[0 .. $last]) {
        my @at = (defined $problem->{seq} ? "seq $problem->{seq}" : (),
            $problem->{where} // ());
        say "$problem->{kind}: ", @at ? join(', ', @at) . ': ' : '',
            $problem->{words};
    }
    say "$checked->{$_} $_" for sort keys %$checked;
    say @problems ? @problems . ' contradictions'
        : 'ok: nothing contradicts';
}
