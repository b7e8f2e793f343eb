package Tuanbo::Test::Lies;

# A run of t/history/load.pl that was kept, in t/history/run, or in another
# directory beside it that was named before ($kept); and how to change it in
# one way: what the checker then says of it.

use v5.36;

use Digest::SHA qw(sha256_hex);
use Exporter qw(import);
use Storable qw(dclone);

use Tuanbo::History;
use Tuanbo::History::Checker;
use Tuanbo::Test;

our @EXPORT = qw(@requests @ledger @entries %read altered appended chained
    found inserted problems sample timeline told);
our @EXPORT_OK = qw(of put refused_for without);

our $kept //= 'run';
my $dir = Tuanbo::Test::root() . "/t/history/$kept";
my $run = Tuanbo::History->read_run($dir);
our @requests = Tuanbo::History->requests($dir);
our @ledger = split /^/, Tuanbo::Test::slurp("$dir/ledger.ndjson");
our @entries = map { decode_json($_) } @ledger;
our %read = map { $_ => decode_json(Tuanbo::Test::slurp("$dir/$_.json")) }
    qw(audit sales);


# Lines numbered and chained anew.
sub chained (@texts) {
    my $hash = '0' x 64;
    my $seq = 0;
    return map {
        my $text = s/,"hash":"[0-9a-f]{64}"\}\n\z//r;
        $seq++;
        $text =~ s/\A\{"seq":\d+/{"seq":$seq/;
        $hash = sha256_hex($hash . $text);
        qq($text,"hash":"$hash"}\n);
    } @texts;
}


# The first entry of a type for which the code is true.
sub of ($type, $code = sub { 1 }) {
    for my $entry (@entries) {
        local $_ = $entry;
        return $entry if $entry->{type} eq $type && $code->();
    }
    die "the run has no $type";
}


# An entry's line with something else in it.
sub put ($seq, $pattern, $by) {
    return altered($seq, sub { s/$pattern/$by/ or die $pattern });
}


# The ledger without these entries.
sub without (@seqs) {
    my %gone = map { $_ => 1 } @seqs;

    return (ledger => [chained(map { $ledger[$_ - 1] }
        grep { !$gone{$_} } 1 .. @ledger)]);
}


# A request that was refused instead.
sub refused_for ($request, $code, $status = 409, %more) {
    return told($request, sub { %$_ = (%$_, code => $status, answer => {
        code => $code, %more }); delete $_->{replayed} });
}


sub problems (%with) {
    my $checker = Tuanbo::History::Checker->new(run => $run,
        requests => \@requests, ledger => \@ledger, %read, %with);
    $checker->check;
    return @{ $checker->{problems} };
}


# What the run's ledger says was so.
sub timeline () {
    my $checker = Tuanbo::History::Checker->new(run => $run,
        requests => \@requests, ledger => \@ledger, %read);
    $checker->learn_waves;
    $checker->learn_terms;
    $checker->read_ledger;
    return $checker->{timeline};
}


sub found ($name, $kind, $pattern, %with) {
    my @problems = problems(%with);
    my @said = map { join ' ', $_->{kind}, $_->{seq} // '-',
        $_->{where} // '-', $_->{words} } @problems;

    local $Test::Builder::Level = $Test::Builder::Level + 1;
    ok(scalar(grep { /^$kind / && $_ =~ $pattern } @said), $name)
        or diag(join "\n", @said[0 .. ($#said > 9 ? 9 : $#said)]);
}


# The first request of which the code is true.
sub sample ($what, $code) {
    for my $request (@requests) {
        local $_ = $request;
        return $request if $code->();
    }
    die "the run has no $what";
}


# A copy of the requests, one of them changed.
sub told ($request, $code) {
    my ($i) = grep { $requests[$_] == $request } 0 .. $#requests;
    my @copy = @requests;

    $copy[$i] = dclone($request);
    $code->($copy[$i]) for $copy[$i];

    return (requests => \@copy);
}


# Lines put at the end, or after one; and one changed.
sub appended (@more) { return inserted(scalar @ledger, @more) }


sub inserted ($after, @more) {
    my ($at) = $ledger[$after - 1] =~ /"at":(\d+)/;

    return (ledger => [chained(@ledger[0 .. $after - 1],
        (map { qq({"seq":0,"at":$at,$_) } @more),
        @ledger[$after .. $#ledger])]);
}


sub altered ($seq, $code) {
    my @copy = @ledger;

    $code->() for $copy[$seq - 1];

    return (ledger => [chained(@copy)]);
}


1;
