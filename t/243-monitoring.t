use v5.36;
use utf8;
use Tuanbo::Test;

# Alerts and a dashboard: all that they name is told by a shop, each alert is
# explained, and rings when it has to.

my $root = Tuanbo::Test::root();
my $conf = "$root/conf/monitoring";

sub slurp ($path) { Tuanbo::Test::slurp($path) }

my $t = Tuanbo::Test->new->start;
$t->define_sale('grape', price_fen => 100, stock => 2);
eventually { $t->metrics =~ /^flashsale_growth_seen_seconds/m } 'figures';

my $scrape = $t->metrics;
my %told = map { $_ => 1 } $scrape =~ /^(flashsale_\w+)/mg;
my %outcome = map { $_ => 1 } $scrape =~ /outcome="(\w+)"/g;
my $alerts = slurp("$conf/alerts.yml") =~ s/^#.*\n//mgr;
my $dashboard = decode_json(slurp("$conf/dashboard.json"));
my @exprs = map { $_->{expr} } map { $_->{targets}->@* }
    $dashboard->{panels}->@*;

cmp_ok(scalar @exprs, '>', 20, 'a dashboard asks for figures');
is_deeply([grep { !$told{$_} } map { /\b(flashsale_\w+)/g } @exprs], [],
    'and all that it asks for is told');
is_deeply([grep { !$told{$_} } $alerts =~ /\b(flashsale_\w+)/g], [],
    'so is what alerts are about');
my @named = map { split /\|/ } $alerts =~ /outcome=~"([^"]+)"/g;
ok(scalar @named, 'outcomes');
is_deeply([grep { !$outcome{$_} } @named], [], 'that there are');
my %seen;
is_deeply([grep { $seen{$_}++ } map { $_->{id} } $dashboard->{panels}->@*], [],
    'each panel has an id of its own');

my @alerts = $alerts =~ /- alert: (\w+)/g;
my @explained = slurp("$root/docs/monitoring.md") =~ /^### (Tuanbo\w+)$/mg;
is_deeply(\@explained, \@alerts, 'each alert is explained');

# ---- a shop that is well is quiet, and each alert rings for what it is there
# for, alone: what is other than well for an hour, and how bad it is
my %well = (
    store_open => '1x60', rebuilding => '0x60', life_due => '0x60',
    clock_behind => '0x60', commits_failed_total => '0x60',
    rows_set_aside => '0x60', growth_seen_seconds => '3600x60',
    log_used_bytes => '100x60', log_size_bytes => '1000x60',
    owed_overdue => '0x60', queue_depth => '10x60', queue_slots => '100x60',
    oldest_reader_transactions => '5x60', contacts_open => '1x60',
    talk_open => '1x60',
    'requests_total{outcome="created"}' => '0+100x60',
    'requests_total{outcome="sold_out"}' => '0+900x60',
    'requests_total{outcome="queue_full"}' => '0x60',
    map { ("${_}_bucket{le=\"0.250000\"}" => '0+100x60',
        "${_}_bucket{le=\"1.000000\"}" => '0+100x60',
        "${_}_bucket{le=\"+Inf\"}" => '0+100x60') }
        qw(commit_seconds stall_seconds),
);
my %rings = (
    StoreClosed => [page => store_open => '0x60'],
    CommitsFail => [page => commits_failed_total => '0+1x60'],
    SlowSync => [look => 'commit_seconds_bucket{le="0.250000"}' => '0+50x60'],
    Rebuilds => [page => rebuilding => '1x60'],
    LifeDue => [page => life_due => '1x60'],
    ClockBehind => [page => clock_behind => '1x60'],
    RowsAside => [look => rows_set_aside => '2x60'],
    FullSoon => [look => full_seconds => '86400x60'],
    Full => [page => log_used_bytes => '950x60'],
    DebtsOverdue => [page => owed_overdue => '1x60'],
    QueueFills => [page => queue_depth => '60x60'],
    ReaderHoldsPages => [look => oldest_reader_transactions => '200000x60'],
    Stalls => [look => 'stall_seconds_bucket{le="0.250000"}' => '0+50x60'],
    Trouble => [page => 'requests_total{outcome="queue_full"}' => '0+100x60'],
    NamesOrWordsAway => [look => talk_open => '0x60'],
);

is_deeply([sort map { "Tuanbo$_" } keys %rings], [sort @alerts],
    'each alert is tried');

sub series ($name) {
    $name = "flashsale_$name";
    return $name =~ s/\}$/,instance="shop"}/r if $name =~ /\}$/;
    return $name . '{instance="shop"}';
}

sub hour ($alert = undef) {
    my ($severity, %other) = $alert ? $rings{$alert}->@* : '';
    my %hour = (%well, %other);

    return {
        interval => '1m',
        input_series => [map { { series => series($_), values => $hour{$_} } }
            sort keys %hour],
        promql_expr_test => [{
            expr => 'count by (alertname, severity)'
                . ' (ALERTS{alertstate="firing"})',
            eval_time => '45m',
            exp_samples => $alert ? [{ value => 1, labels =>
                qq({alertname="Tuanbo$alert", severity="$severity"}) }] : [],
        }],
    };
}

SKIP: {
    skip 'no promtool (package prometheus)', 2
        if system('command -v promtool >/dev/null') != 0;
    my $said = `promtool check rules $conf/alerts.yml 2>&1`;
    is($?, 0, 'rules that Prometheus takes') or diag($said);

    # JSON is YAML, but for a slash that is escaped
    my $test = $t->dir . '/alerts.test.yml';
    open my $file, '>', $test or die "$test: $!";
    print {$file} encode_json({ rule_files => ["$conf/alerts.yml"],
        evaluation_interval => '1m', tests => [hour(), map { hour($_) }
            sort keys %rings] }) =~ s{\\/}{/}gr;
    close $file;
    $said = `promtool test rules $test 2>&1`;
    is($?, 0, 'they ring, and stay quiet') or diag($said);
}

$t->finish;
