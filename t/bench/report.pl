#!/usr/bin/perl

# Tables and plots of what t/bench/peers.pl found.
#
#     report.pl BUILD         prints the tables; plots in BUILD/bench-results
#     report.pl BUILD docs    puts both into docs/

use v5.36;

use Cwd qw(abs_path);
use File::Path qw(make_path);
use FindBin;
use JSON::PP qw(decode_json);

use lib "$FindBin::Bin/../lib";

use Tuanbo::Bench;
use Tuanbo::Bench::Report;

my ($build, $docs) = @ARGV;
my $found = "$build/bench-results/results.json";
my $results = decode_json(slurp($found));
my $text = tables($results);

if (!$docs) {
    plots($results, "$build/bench-results");
    print $text, "\nThe numbers are in $found, plots beside them.\n";
    exit;
}

my $path = abs_path(here . '/../../docs') // die "no docs\n";
my $page = slurp("$path/benchmarks.md");
my $from = "<!-- `make bench-docs` makes what follows -->\n";
my $to = "<!-- up to here -->\n";

$page =~ s/\Q$from\E.*\Q$to\E/$from\n$text\n$to/s
    or die "$path/benchmarks.md has lost its marks\n";
make_path("$path/benchmarks");
plots($results, "$path/benchmarks");
open my $file, '>', "$path/benchmarks.md" or die "$path/benchmarks.md: $!\n";
print {$file} $page;
close $file or die "$path/benchmarks.md: $!\n";
