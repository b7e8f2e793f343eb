use v5.36;
use utf8;
use Tuanbo::Test;

# flashsale_contacts: what is over goes, but not before goods are collected;
# values that are refused.

sub give ($t, $user) {
    return $t->post('/api/contact', user => $user, json => { name => '李阿姨',
        digits => '0123', consent => ['labels'] });
}

sub me ($t, $user) { $t->get('/api/me', user => $user)->json }

for my $bad ('0', '500ms', 'never', '4000d') {
    my $t = Tuanbo::Test->new(http => "flashsale_contacts $bad;");
    my ($status, $said) = $t->check_conf($t->conf);
    isnt($status, 0, "$bad does not start");
    like($said, qr/"flashsale_contacts" has the invalid value "$bad": it is a time from 1s to 3650d, or "off"/,
        "$bad is refused");
}

my $t = Tuanbo::Test->new(http => 'flashsale_contacts 3s;')->start;
$t->define_sale('grape', price_fen => 100, stock => 100);
my $hold = $t->held('buys', 'grape', 1);
$t->confirm($hold);
give($t, 'buys');
give($t, 'looks');
eventually { !defined me($t, 'looks')->{contact} } 'over', 40;
eventually { my $c = me($t, 'buys')->{contact}; $c && $c->{leaving} }
    'not before it is collected', 40;
$t->order($hold->{id}, 'picked-up') if $t->order($hold->{id}, 'ready');
eventually { !defined me($t, 'buys')->{contact} } 'then', 40;
$t->finish;
