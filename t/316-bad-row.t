use v5.36;
use Tuanbo::Test;

# One bad row must not stop the others.  Rows are damaged in the files of a
# running server, which has them mapped: one of the index, and a record of the
# log, which no other index mends.

my $t = Tuanbo::Test->new->start;

# Other bytes in the place of some, wherever the file has them.
sub patch ($name, $pattern, $offset, $bytes) {
    my ($path) = glob $t->store_path . "/$name";
    open my $file, '+<:raw', $path or die "$path: $!";
    # what follows is as sparse as the map is large
    sysread $file, my $text, 16 << 20;
    my $n = 0;
    while ($text =~ /$pattern/gs) {
        sysseek $file, $-[0] + $offset, 0;
        syswrite $file, $bytes;
        $n++;
    }
    close $file;
    return $n;
}

sub said ($pattern) { return scalar(() = $t->log_text =~ /$pattern/g) }

$t->define_sale('grape', stock => 9, hold_ms => 3000);
$t->define_sale('plum', stock => 9, hold_ms => 3000);
is($t->metric('rows_set_aside'), 0, 'no row is aside');

# ---- a row of the index
$t->expect_log(qr/set aside: what is due of sale 1 for entry/);
$t->expect_log(qr/set aside: timer \d+ of sale \d+, .* fails/);
my @holds = map { $t->held("buyer-$_", $_ < 3 ? 'grape' : 'plum', 1) } 1 .. 4;
my $bad = $holds[1];
ok(patch('index-*/data.mdb', quotemeta(pack 'Q<2', $bad->{created_at},
    $bad->{expires_at}), -32, "\xee"), 'a hold cannot be read any more');

for my $i (0, 2, 3) {
    eventually { $t->read_hold('buyer-' . ($i + 1), $holds[$i]{id})->{state}
        eq 'expired' } "hold $i expires";
}
eventually { ($t->metric('rows_set_aside') // 0) == 1 } 'the bad one is counted';
is($t->sale('grape')->{held}, 1, 'and has its unit');
is(said(qr/set aside/), 1, 'it is named');
is($t->hold('nora', 'grape', 1)->code, 201, 'the sale goes on');
is($t->metric('rebuilding'), 0, 'with the same index');

# ---- the row of a sale: the log's stands in, its neighbours do not notice
$t->expect_log(qr/the row of sale \d+ cannot be read/);
$t->define_sale('fig', stock => 9, hold_ms => 3000);
$t->define_sale('nut', stock => 9, hold_ms => 3000);
$t->held('fiona', 'fig', 1);
ok(patch('index-*/data.mdb', "\x01\x00.\x03.\x00\x00\x00.{76}fig", 0,
    "\xee"), 'a sale cannot be read any more');
my $res = $t->get('/api/sales');
is($res->code, 200, 'the list of sales');
is(join(' ', map { $_->{id} } @{ $res->json->{sales} }),
    'fig grape nut plum', 'has all of them');
is($t->sale('fig')->{held}, 1, 'also that one');
is($t->hold('nell', 'nut', 1)->code, 201, 'others sell');
eventually { $t->sale('nut')->{held} == 0 } 'and expire';
eventually { $t->metric('rows_set_aside') == 2 } 'its timer is aside';
is($t->metric('rebuilding'), 0, 'with the same index still');

# ---- it survives a restart, and is not met again
$t->stop;
$t->start;
$t->wait_ready;
is($t->metric('rows_set_aside'), 2, 'still aside after a restart');
eventually { $t->sale('grape')->{held} == 1 } 'others go on expiring';
is(said(qr/set aside/), 2, 'each named once');

# ---- who asks for it gets another index, and that has it again
$t->expect_log(qr/index-\d+ is damaged/);
$t->expect_log(qr/the row of hold \d+ cannot be read/);
$t->expect_log(qr/index-\d+: /);
$t->expect_log(qr/folding \d+ entries into index-\d+/);
eventually { ($t->get("/api/holds/$bad->{id}", user => 'buyer-2')->json
    // {})->{state} // '' eq 'expired' } 'another index brings it back', 20;
eventually { ($t->metric('rows_set_aside') // 1) == 0
    && $t->sale('fig')->{held} == 0 && $t->metric('rebuilding') == 0 }
    'nothing is aside, and nothing is under way';
is($t->sale($_)->{held}, 0, "the unit of $_ is free") for qw(grape fig);

# ---- a record of the log
$t->expect_log(qr/the row of entry \d+ cannot be read/);
$t->expect_log(qr/what is to be done with it fails/);
@holds = map { $t->held("other-$_", $_ < 3 ? 'grape' : 'plum', 1) } 1 .. 4;
$bad = $holds[1];
my ($entry) = grep { $_->{hold} eq $bad->{id} } $t->entries('held');
ok(patch('log/data.mdb', "\x01\x0a.{6}" . quotemeta(pack 'Q<', $entry->{at})
    . '.{8}' . quotemeta(pack 'Q<', $entry->{seq}), 0, "\xee"),
    'nor can its entry');
for my $i (0, 2, 3) {
    eventually { $t->read_hold('other-' . ($i + 1), $holds[$i]{id})->{state}
        eq 'expired' } "hold $i expires";
}
eventually { ($t->metric('rows_set_aside') // 0) == 1 } 'the bad one is aside';
is($t->sale('grape')->{held}, 1, 'with its unit');
is($t->hold('olga', 'grape', 1)->code, 201, 'the sale goes on');

# ---- and the feed: up to it, and behind it
my $page = $t->get('/ledger?limit=1000', role => 'ledger');
is($page->code, 200, 'the feed is read');
like($page->body, qr/"seq":@{[ $entry->{seq} - 1 ]},[^\n]*\n\z/,
    'up to the entry before');
$page = $t->get('/ledger?after=' . ($entry->{seq} - 1), role => 'ledger');
$t->answers($page, 500, 'internal', 'that one is not passed over unseen');
$page = $t->get("/ledger?after=$entry->{seq}", role => 'ledger');
is($page->code, 200, 'what is behind it');
like($page->body, qr/\A\{"seq":@{[ $entry->{seq} + 1 ]},/, 'can be read');
$page = $t->get("/ledger?after=$entry->{seq}&hash=$entry->{hash}",
    role => 'ledger');
is($page->code, 200, 'also for who was told it before: no other history');
ok($t->metric('rows_unreadable_total') > 0, 'which is counted');

$t->finish;
