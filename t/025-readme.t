use v5.36;
use utf8;
use Tuanbo::Test;
use Tuanbo::Test::Demo;

binmode Test::More->builder->$_, ':utf8'
    for qw(output failure_output todo_output);

# The README's session with curl: each command as it stands, against a demo
# that has just been made, prints what stands below it. What differs each time
# (%differs) is a name for what is there now: the commands that follow say that
# instead. And what `make run` prints works afterwards.

my $t = Tuanbo::Test->new;
my $demo = Tuanbo::Test::Demo->new($t);
my $root = Tuanbo::Test::root();

my %differs = (
    hash => qr/\b[0-9a-f]{64}\b/,
    id => qr/\b[0-9a-f]{32}\b/,
    key => qr/(?<="key":")[0-9a-f]{16}\b/,
    now => qr/(?<="now":)\d{13}\b/,
    time => qr/\b\d{13}\b/,
    date => qr/(?<=^Date: )[^\n]+/m,
    nginx => qr{(?<=nginx/)[\d.]+},
);
my @kinds = qw(hash id key now time date nginx);
my $differs = join '|', map { "(?<$_>$differs{$_})" } @kinds;
my %is_now = ('http://127.0.0.1:8080' => $t->url(''));


# The text without what differs, and that: [kind, value].
sub taken_apart ($text) {
    my @values;

    $text =~ s{$differs}{
        my ($kind) = grep { defined $+{$_} } @kinds;
        push @values, [ $kind, $& ];
        "<$kind>" }ge;

    return ($text, @values);
}


# Whether it is as printed; remembers what stands for what.
sub as_printed ($came, $printed, $name) {
    my ($text, @values) = taken_apart($came);
    my ($wanted, @names) = taken_apart($printed);
    my @others;

    is($text, $wanted, $name) or return;
    for my $i (grep { $names[$_][0] !~ /now|date|nginx/ } 0 .. $#names) {
        my ($kind, $printed_one) = $names[$i]->@*;
        my $before = $is_now{$printed_one} //= $values[$i][1];

        push @others, "$kind $printed_one is $before, not $values[$i][1]"
            if $before ne $values[$i][1];
    }
    is("@others", '', "$name: one name is always for one value");
}


my ($session) = Tuanbo::Test::slurp("$root/README.md")
    =~ /^## A session with curl\n(.*?)^## /ms or die 'no session';
utf8::decode($session);

my @steps;
for my $block ($session =~ /^```console\n(.*?)^```/gms) {
    while ($block =~ /^\$ ((?:.*\\\n)*.*)\n((?:(?!\$ ).*\n)*)/gm) {
        my ($command, $printed) = ($1, $2);

        push @steps, [ $command, $printed =~ s/\n+\z//r ];
    }
}
cmp_ok(@steps, '>=', 8, 'the README has a session');

my $said = $demo->start;
my @variables;

for my $step (@steps) {
    my ($command, $printed) = @$step;
    my $name = (split /\n/, $command)[0];

    $command =~ s/\Q$_\E/$is_now{$_}/g for keys %is_now;
    if ($command =~ /^(?:\w+=(?:'[^']*'|\S*)\s*)+\z/) {
        push @variables, $command;
        is($printed, '', "$name: prints nothing");
        next;
    }
    as_printed($demo->paste(@variables, $command) =~ s/\r//gr
        =~ s/\n+\z//r, $printed, $name);

    # what is said of the commands in words
    next if $name !~ /curl -si/;
    like($session, qr/same request again is the same hold \(200, `Idempo/,
        'the README says that a second time is the same');
    my $again = $demo->paste(@variables, $command);
    like($again, qr/^HTTP.1.1 200 .*^Idempotent-Replayed: true\r$/ms, 'so it is');
    my ($id) = $again =~ /"id":"($differs{id})"/;
    ok($id && (grep { $id eq $_ } values %is_now), 'with the same id');
}

# and what the demo printed, as often as one likes
for my $time (qw(first second)) {
    is(() = $demo->paste($demo->lines_of($said))
        =~ /"state":"held"|"outcome":"sold"|"ok":true,/g, 3,
        "what `make run` printed works after that, the $time time");
}

is($demo->stop('INT'), 0, 'Ctrl-C ends it');
done_testing();
