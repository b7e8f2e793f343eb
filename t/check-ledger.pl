#!/usr/bin/perl

# Checks a ledger from outside: reads the lines of /ledger from files or from
# standard input and looks for whatever contradicts itself.  It needs nothing
# but Perl's own modules and lib/Tuanbo/Ledger.pm beside it, and nothing of the
# engine: docs/ledger.md says what it relies on.
#
#     check-ledger.pl [--after-seq N] [--after-hash HEX] [--sales] [FILE ...]
#
# Without options the feed begins with the first entry.  --after-seq and
# --after-hash say where a feed that begins later goes on; the sums of such a
# feed are not known, so only its sequence, its chain and the holds that begin
# in it are checked.  --sales prints the sums at the end, to be compared with
# /admin/audit.
#
# Exit: 0 nothing contradicts itself, 1 something does, 2 it cannot be read.

use v5.16;
use strict;
use warnings;

use FindBin;
use Getopt::Long qw(GetOptions);

use lib "$FindBin::Bin/lib";
use Tuanbo::Ledger;

use constant PROBLEMS_MAX => 20;

my %option;
GetOptions(\%option, 'after-seq=i', 'after-hash=s', 'sales')
    or exit 2;

if (defined $option{'after-hash'}
    && $option{'after-hash'} !~ /\A[0-9a-f]{64}\z/)
{
    print STDERR "--after-hash: 64 hexadecimal digits\n";
    exit 2;
}

my $problems = 0;
my $ledger = Tuanbo::Ledger->new(problem => \&problem,
    after_seq => $option{'after-seq'}, after_hash => $option{'after-hash'});

check_files(@ARGV ? @ARGV : '-');

if ($ledger->{entries} == 0 && $ledger->{whole}) {
    $ledger->problem('there is no entry');
}

if ($option{sales}) {
    print_sales();
}

if ($problems > 0) {
    printf "%d contradictions in %d entries\n", $problems,
        $ledger->{entries};
    exit 1;
}

print summary(), "\n";
exit 0;


sub check_files {
    for my $name (@_) {
        my $file;

        if ($name eq '-') {
            $file = \*STDIN;

        } elsif (!open $file, '<', $name) {
            print STDERR "$name: $!\n";
            exit 2;
        }

        binmode $file;

        while (my $line = <$file>) {
            $ledger->check_line($line);
        }

        if ($file->error) {
            print STDERR "$name: $!\n";
            exit 2;
        }
    }

    return;
}


sub problem {
    my ($seq, $words) = @_;

    $problems++;

    if ($problems <= PROBLEMS_MAX) {
        printf "%s: %s\n", defined $seq ? "seq $seq" : 'before the feed',
            $words;
    }

    return;
}


sub summary {
    my $entries = $ledger->{entries};
    my $range = $entries > 0
        ? ", seq $ledger->{first_seq} to $ledger->{seq},"
            . " hash $ledger->{hash}"
        : '';
    my $sums = $ledger->{whole}
        ? sprintf ', the units of %d sales add up',
            scalar keys %{$ledger->{sales}}
        : '; begins in the middle: sums not checked';

    return "ok: $entries entries$range$sums";
}


sub print_sales {
    for my $id (sort keys %{$ledger->{sales}}) {
        my $sale = $ledger->{sales}{$id};

        printf "%s stock %d free %d held %d sold %d\n", $id, $sale->{stock},
            $sale->{stock} - $sale->{held} - $sale->{sold}, $sale->{held},
            $sale->{sold};
    }

    return;
}
