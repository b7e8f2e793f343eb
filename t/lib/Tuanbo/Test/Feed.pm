package Tuanbo::Test::Feed;

# The golden feed, and feeds made from it, before tuanbo-check-ledger.  A
# changed feed is chained again unless the chain itself is what is broken: so
# the check under test has to find it.

use v5.36;

use Digest::SHA qw(sha256_hex);
use Exporter qw(import);
use File::Basename qw(dirname);
use File::Spec;
use File::Temp qw(tempdir);
use Test::More;

our @EXPORT = qw($script $golden $dir @golden @texts chain accepted refused
    check told changed inserted removed saying);

my $root = File::Spec->rel2abs(dirname(__FILE__) . '/../../../..');

our $script = "$root/conf/bin/tuanbo-check-ledger";
our $golden = "$root/t/unit/golden/ledger-v1.ndjson";
our $dir = tempdir(CLEANUP => 1);

open my $file, '<', $golden or die "$golden: $!";
our @golden = <$file>;
close $file;

our @texts = map { s/,"hash":"[0-9a-f]{64}"\}\n\z//r } @golden;


sub chain (@lines) {
    my $hash = '0' x 64;
    my @feed;

    for my $text (@lines) {
        $hash = sha256_hex($hash . $text);
        push @feed, qq($text,"hash":"$hash"}\n);
    }

    return @feed;
}


# seq and at are those of the place; debts, claims and what is settled keep
# their names.  One below 0 is that of a place in the new feed.

sub renumbered (@lines) {
    my $seq = 0;
    my %now;

    @lines = map {
        $seq++;
        $now{$1} = $seq if /\A\{"seq":(\d+)/ && $1 != 0;
        s/\A\{"seq":\d+/{"seq":$seq/r
    } @lines;

    return map {
        s/"(owed|claim|of|referred)":(\d+)/qq("$1":) . ($now{$2} \/\/ 0)/er
            =~ s/"(owed|claim|of|referred)":-/"$1":/r
    } @lines;
}


sub check ($feed, @options) {
    my $name = "$dir/feed";

    open my $out, '>', $name or die "$name: $!";
    print $out @$feed;
    close $out or die "$name: $!";

    my $said = qx("$^X" "$script" @options "$name" 2>&1);

    return ($? >> 8, $said);
}


sub accepted ($name, $feed, @options) {
    my ($status, $said) = check($feed, @options);

    is($status, 0, "$name: accepted") or diag($said);
    is(scalar(split /\n/, $said), 1, "$name: one line");

    return $said;
}


sub refused ($name, $feed, $pattern, @options) {
    my ($status, $said) = check($feed, @options);

    is($status, 1, "$name: refused");
    like($said, $pattern, "$name: says so") or diag($said);

    return $said;
}


# The golden feed, told otherwise: by seq, how a line is changed (s///), undef
# where it is left out, or what is put after it.

sub told (%otherwise) {
    my @lines;

    for my $seq (1 .. @texts) {
        my $line = $texts[$seq - 1];
        my $change = exists $otherwise{$seq} ? delete $otherwise{$seq} : [];
        my ($at) = $line =~ /"at":(\d+)/;

        next if !defined $change;

        if (ref $change eq 'CODE') {
            $change->() for $line;
            die "seq $seq: nothing changed" if $line eq $texts[$seq - 1];
            $change = [];
        }

        push @lines, $line, map { qq({"seq":0,"at":$at,$_) } @$change;
    }

    die "no seq " . join ' ', keys %otherwise if %otherwise;

    return [chain(renumbered(@lines))];
}


sub changed ($seq, $change) { return told($seq => $change) }
sub inserted ($seq, @more) { return told($seq => \@more) }
sub removed (@seqs) { return told(map { $_ => undef } @seqs) }


# What the line of that seq says, to be said again elsewhere.

sub saying ($seq) {
    return $texts[$seq - 1] =~ s/\A\{"seq":\d+,"at":\d+,//r
        =~ s/,"key":"\w+"//r;
}


1;
