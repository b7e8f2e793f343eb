use v5.36;
use Tuanbo::Test;

# Metrics for Prometheus, variables for log_format and headers.

my $t = Tuanbo::Test->new(server => <<'CONF')->start;
    add_header X-Code $flashsale_code always;
    add_header X-Buyer $flashsale_buyer always;
    location /plain { return 200 plain; }
CONF

$t->define_sale('grape', price_fen => 100, stock => 2, limit => 2);
my $hold = $t->held('alice', 'grape', 2);
$t->hold('bob', 'grape', 1) for 1 .. 3;
$t->hold(undef, 'grape', 1);
$t->confirm($hold);

my $res = $t->get('/metrics');
is($res->code, 200, 'metrics');
like($res->headers->content_type, qr{^text/plain}, 'text');
my $text = $res->body;

# ---- the format: each family once, with help and type, then its samples
my (%type, %samples, $family, $wrong);
for my $line (split /\n/, $text) {
    if ($line =~ /^# HELP (\S+) \S/) {
        $wrong .= "help twice: $1\n" if exists $type{$1};
        $family = $1;
        $type{$family} = undef;
    }
    elsif ($line =~ /^# TYPE (\S+) (counter|gauge|histogram)$/) {
        $wrong .= "type of another: $line\n" if $1 ne ($family // '');
        $type{$1} = $2;
    }
    elsif ($line =~ /^([a-z_]+)((?:\{[a-z_]+="[^"]*"(?:,[a-z_]+="[^"]*")*\})?)
        \ (-?[\d.]+(?:e[+-]?\d+)?|\+Inf|NaN)$/x)
    {
        my ($name, $labels, $value) = ($1, $2, $3);
        $wrong .= "twice: $name$labels\n" if exists $samples{"$name$labels"};
        $samples{"$name$labels"} = $value;
        my $base = ($type{ $family // '' } // '') eq 'histogram'
            ? $name =~ s/_(?:bucket|sum|count)$//r : $name;
        $wrong .= "outside of its family: $line\n" if $base ne $family;
    }
    else {
        $wrong .= "strange: $line\n";
    }
}
is($wrong, undef, 'the format is Prometheus\'') or diag($wrong);
is(scalar(grep { !defined $type{$_} } keys %type), 0, 'each has a type');
is(scalar(grep { !/^flashsale_/ } keys %type), 0, 'and our prefix');
is(join(' ', grep { ($type{$_} // '') eq 'counter' xor /_total$/ }
    sort keys %type), '', 'counters, and only they, are totals');

sub sample ($pattern) {
    my @found = grep { $_ =~ $pattern } keys %samples;
    diag("samples for $pattern: @found") if @found != 1;
    return @found == 1 ? $samples{ $found[0] } : undef;
}

is(sample(qr/requests.*"created"/), 2, 'a sale and a hold were created');
is(sample(qr/requests.*"sold_out"/), 3, 'three were sold out');
is(sample(qr/requests.*"no_buyer"/), 1, 'one was nobody');
is(sample(qr/^flashsale_sales$/), 1, 'there is a sale');
is(sample(qr/^flashsale_sales_left_out$/), 0, 'which is among the figures');
for my $field (['free', 0], ['held', 0], ['sold', 2]) {
    my ($name, $value) = @$field;
    my @found = grep { /grape/ && /$name/ } keys %samples;
    is(scalar @found, 1, "$name of the sale") or diag("@found");
    is($samples{ $found[0] // '' }, $value, "is $value");
}
for my $about (qw(batch commit queue map|log index reader seq|feed disk
    stall|event_loop))
{
    ok(scalar(grep { /$about/ } keys %type), "something about $about");
}
my @histograms = grep { $type{$_} eq 'histogram' } sort keys %type;
cmp_ok(scalar @histograms, '>=', 3, "histograms: @histograms");
for my $name (@histograms) {
    my @buckets = map { $samples{$_} }
        sort { bound($a) <=> bound($b) }
        grep { /^\Q$name\E_bucket/ } keys %samples;
    my $sorted = join(' ', @buckets)
        eq join(' ', sort { $a <=> $b } @buckets);
    ok($sorted, "$name adds up") or diag("@buckets");
    is($buckets[-1], $samples{"${name}_count"}, "$name: count is the last")
        or diag("@buckets");
    ok(defined $samples{"${name}_sum"}, "$name has a sum");
}

sub bound ($name) {
    my ($le) = $name =~ /le="([^"]+)"/;
    return $le eq '+Inf' ? 9**99 : $le;
}

# ---- who looks at these figures is in no outcome
sub looked () {
    my ($ok, $scrapes) = $t->get('/metrics')->body
        =~ /requests.*"ok".* (\d+).*^flashsale_scrapes_total (\d+)$/ms;
    return [$ok, $scrapes];
}

my $before = looked();
is_deeply(looked(), [$before->[0], $before->[1] + 1], 'a scrape is no request');

# ---- counters are of all workers, and survive a reload and a dead worker
sub refused () {
    my ($count) = $t->metrics =~ /requests.*"sold_out".* (\d+)/;
    return $count;
}

$t->many([map { $t->hold_call("more-$_", 'grape', 1) } 1 .. 40]);
is(refused(), 43, 'counted over all workers');
$t->reload;
is(refused(), 43, 'the same after a reload');
$t->kill9_worker;
eventually { $t->worker_pids >= 2 } 'a new worker';
is(refused(), 43, 'and after a dead worker');

# ---- variables
my $log = $t->access_text;
like($log, qr/^409 POST \/api\/holds code=sold_out hold=- sale=grape /m,
    'a refusal in the log');
like($log, qr/^401 POST \/api\/holds code=no_buyer /m, 'nobody');
like($log, qr{^200\ POST\ /orders/$hold->{id}/confirm\ code=ok
    \ hold=$hold->{id}\ sale=grape\ amount=200\ }mx, 'an order');
$res = $t->hold('carol', 'grape', 1);
is($res->headers->header('X-Code'), 'sold_out', 'in a header');
is($t->hold('alice', 'grape', 1)->headers->header('X-Buyer'),
    ($t->entries('held'))[0]{buyer}, 'who it was, as the ledger has it');
is($t->get('/api/sales/grape')->headers->header('X-Buyer'), undef,
    'of nobody nothing');
$res = $t->get('/plain');
is($res->headers->header('X-Code'), undef, 'empty where it means nothing');
eventually { $t->access_text =~ m{^200\ GET\ /plain\ code=-\ hold=-\ sale=-
    \ amount=-\ wait=-$}mx } 'and in the log';

$t->finish;
