package Tuanbo::Secrets;

# Files of secrets, read as nginx reads them (core/base/secret.h): one a line,
# the first signs. Blanks around a line and a CR at its end do not
# belong to it, empty lines are left out. Whatever else is no secret is refused,
# since it would be one.

use strict;
use warnings;

use Exporter qw(import);
use Fcntl qw(S_ISREG);

our @EXPORT_OK = qw(read_secrets);

use constant { MIN => 16, MAX => 65536 };


# The secrets, one at least. Dies with the path and what is wrong.
sub read_secrets {
    my ($path) = @_;

    open my $file, '<:raw', $path or die "$path: $!\n";
    my @stat = stat $file;

    die "$path: it must be a file of at most 64k\n"
        if !S_ISREG($stat[2]) || $stat[7] > MAX;
    die "$path: the file must not be readable or writable by everybody"
        . " (chmod 600)\n" if $stat[2] & 0006;

    my $text = do { local $/; <$file> } // '';
    my (@secrets, $n);

    die "$path: it begins with a byte order mark: save it as plain text"
        . " without one\n" if $text =~ /\A(?:\xef\xbb\xbf|\xff\xfe|\xfe\xff)/;

    for my $line (split /\n/, $text) {
        $n++;
        $line =~ s/\A[ \t]+//;
        $line =~ s/[ \t\r]+\z//;
        next if !length $line;

        die "$path: line $n is a comment: there are none in this file, it"
            . " would be a secret\n" if $line =~ /\A#/;
        die "$path: line $n has a control character\n"
            if $line =~ /[\x00-\x1f\x7f]/;
        die "$path: line $n is too short: a secret has 16 characters or"
            . " more\n" if length $line < MIN;
        push @secrets, $line;
    }

    die "$path: there is no secret in it\n" if !@secrets;

    return @secrets;
}


1;
