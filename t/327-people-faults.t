use v5.36;
use utf8;
use Tuanbo::Test;
use Tuanbo::Test::Faults;

# Contacts on a disk that is slow, fails or is full: who is told 202 is
# written, who cannot be is told so, and nobody who buys notices.

my $t = Tuanbo::Test->new(workers => 1);
my $faults = Tuanbo::Test::Faults->new($t);
$t->start;
$t->define_sale('grape', price_fen => 100, stock => 1000);

sub give ($user, $name) {
    return $t->post('/api/contact', user => $user, json => { name => $name,
        digits => '0123' });
}

sub name ($user) {
    return ($t->get('/api/me', user => $user)->json->{contact} // {})->{name};
}

is(give('lin', 'Before')->code, 202, 'given');

# ---- slow: promised before the disk has it, read by who gave it, and written
# all the same
$faults->set(people_stuck => 1);
is(give('lin', 'Promised')->code, 202, 'promised while the disk is stuck');
is(name('lin'), 'Promised', 'read by who gave it');
is($t->hold("buyer-$_", 'grape', 1)->code, 201, 'meanwhile sold')
    for 1 .. 5;
is(give('wang', 'Waits')->code, 202, 'another waits for the commit');
$faults->set(people_ms => 1500, people_stuck => 0);
$t->stop(60);
$faults->set(people_ms => 0);
$t->start;
is(name('lin'), 'Promised', 'written before the worker ended');
is(name('wang'), 'Waits', 'both');

# ---- a sync that fails
$t->expect_log(qr/people: Input\/output error/);
$t->expect_log(qr/people: data.mdb cannot be/);
$faults->set(people => -1);
$t->answers(give('lin', 'Lost'), 503, 'disk_failed', 'told');
is($t->hold('during', 'grape', 1)->code, 201, 'meanwhile sold');
$faults->set(people => 0);
eventually { $t->get('/api/me', user => 'lin')->code == 200 } 'open again';
is(name('lin'), 'Promised', 'what was refused was not written');
eventually { give('lin', 'After')->code == 202 } 'taken again';
is(name('lin'), 'After', 'and read');

# ---- a full disk
$t->expect_log(qr/No space left/);
$t->expect_log(qr/The store is full/);
$faults->set(space => -1);
$t->answers(give('lin', 'Full'), 503, 'store_full', 'told');
$faults->set(space => 0);
eventually { give('lin', 'Room')->code == 202 } 'there is room again';
is(name('lin'), 'Room', 'and read');
$t->audit_ok;
$t->finish;
