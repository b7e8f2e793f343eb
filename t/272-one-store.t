use v5.36;
use File::Path qw(remove_tree);
use Tuanbo::Test;
use Tuanbo::Test::Load;

# A store is one store: a reload that names another is refused, whatever else
# it changes, and the rush goes on in the store that it began in.

my $t = Tuanbo::Test->new->start;
my $first = $t->store_path;
my $log_at = 0;

$t->define_sale('grape', price_fen => 100, stock => 100_000);

sub said ($pattern, $name) {
    eventually {
        my $text = substr $t->log_text, $log_at;
        $text =~ $pattern;
    } $name;
    $log_at = length $t->log_text;
    $t->expect_log($pattern);
}

# HUP with another conf; the workers that are there stay.
sub refused ($name, $pattern, %change) {
    local $t->@{ keys %change } = values %change;
    my @workers = sort { $a <=> $b } $t->worker_pids;

    $t->write_conf;
    kill HUP => $t->master_pid;
    said($pattern, "$name: it says what, and why");
    is_deeply([sort { $a <=> $b } $t->worker_pids], \@workers,
        "$name: the same workers go on");
}

my $other = qr/"flashsale_store" has the path "[^"]*other" while previously it had the path "[^"]*store": another store needs a restart/;

# ---- in the middle of a rush, three times
my $load = Tuanbo::Test::Load->new($t, prefix => 'rush');
$load->run(3, map { [$_ => sub {
    local $t->{store_path} = $t->dir . '/other';
    $t->write_conf;
    kill HUP => $t->master_pid;
}] } 0.5, 1.2, 1.9);
said($other, 'the reload was refused');
is($load->{lost}, 0, "none of $load->{answered} is lost");
is_deeply([keys $load->{codes}->%*], [201], 'each is a 201')
    or diag(map { "$_\n" } ($load->{strange} // [])->@*);

my %ids = map { $_ => 1 } values $load->{holds}->%*;
is(scalar keys %ids, scalar keys $load->{holds}->%*, 'no id twice');
my %held = map { $_->{hold} => 1 } $t->entries('held');
is_deeply([grep { !$held{$_} } keys %ids], [],
    'each acknowledged hold is in the ledger');
is(scalar keys %held, scalar keys %ids, 'and no other');
ok(!-e $t->dir . '/other/log', 'nothing was written to the other directory');

# ---- whatever else changes: nginx makes a new zone then
refused('another queue', $other, store_path => $t->dir . '/other',
    http => 'flashsale_queue 4096;');

# ---- a directory of another's in the old one's place
rename $first, "$first.away" or die $!;
refused('another directory under the path',
    qr/has the path "[^"]*store" while previously it had the path "[^"]*store", which was another directory/);
# contacts and comments follow the path, within a second
remove_tree($first);
rename "$first.away", $first or die $!;

# ---- the same one by another name is the same one
symlink $first, $t->dir . '/link' or die $!;
$t->reload(store_path => $t->dir . '/link');
eventually { my @all = $t->all_worker_pids; @all == 2 } 'old workers go';
is($t->hold('linked', 'grape', 1)->code, 201, 'a link to it is the same store');
$t->reload(store_path => $first);

# ---- another size: not applied, and said
$t->reload(store => 'size=128m');
said(qr/"flashsale_store" has "size=134217728" while previously it had "size=67108864": another size needs a restart, the previous one stays/,
    'another size is warned of');
like($t->metrics,
    qr/^flashsale_log_size_bytes 67108864$/m,
    'the previous one stays');
is($t->hold('sized', 'grape', 1)->code, 201, 'and it goes on');
$t->stop;
$t->start;
like($t->metrics,
    qr/^flashsale_log_size_bytes 134217728$/m,
    'a restart applies it');

$t->audit_ok;
$t->chain_ok;
$t->finish;
