package Tuanbo::Tool;

# What the tools of conf/bin have in common: options, --help, exit codes.
#
#     my %option = options($help, 'quiet', 'url=s');
#
# --help prints the text and ends with 0. What is misused ends with 2 and one
# line, and so does what dies outside of an eval.

use strict;
use warnings;

use Exporter qw(import);
use File::Basename qw(basename);
use Getopt::Long qw(GetOptions);

our @EXPORT_OK = qw(misused options);

my $name = basename($0);

$SIG{__DIE__} = sub {
    die @_ if !defined $^S || $^S;
    print STDERR "$name: ", @_;
    exit 2;
};


sub options {
    my ($help, @names) = @_;
    my (%option, @wrong);

    {
        local $SIG{__WARN__} = sub { push @wrong, @_ };
        GetOptions(\%option, 'help', @names);
    }

    if ($option{help}) {
        print $help;
        exit 0;
    }
    misused(lcfirst $wrong[0] =~ s/\n\z//r) if @wrong;

    return %option;
}


sub misused {
    my ($why) = @_;

    die "$why; see $name --help\n";
}


1;
