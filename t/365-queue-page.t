use v5.36;
use utf8;
use Tuanbo::Test;
use Tuanbo::Test::Storefront;

binmode Test::More->builder->$_, ':utf8'
    for qw(output failure_output todo_output);

# A neighbour waits in line for what is sold out: by the pages, without
# scripts.

my $t = Tuanbo::Test::Storefront->storefront->start;

sub buyer (%headers) { Tuanbo::Test::Storefront->buyer($t, %headers) }

sub text ($buyer, $at) {
    my $element = $buyer->dom->at($at) // return '';
    return $element->all_text =~ s/\s+/ /gr;
}

sub button ($buyer) { return text($buyer, '#queue') }

$t->define_sale('grape', title => '葡萄', price_fen => 3980, stock => 2);
my $first = buyer()->get('/s/grape');
unlike($first->res->text, qr/候补/, 'nothing to wait for');
is($first->dom->at('[name=queue]'), undef, 'and no word of it');
$first->submit('#take', qty => 2);
ok($first->id, 'all of it is taken');

# ---- the page of what is sold out
my $lin = buyer()->get('/s/grape');
like(button($lin), qr/候补/, 'a button to wait');
like(text($lin, '#choices'), qr/按先后轮到您。现在不收钱/, 'says what it is');
is($lin->dom->at('[name=queue]')->attr('value'), 'true', 'and asks so');
$lin->submit('#take', qty => 2);
my $id = $lin->id;
ok($id, 'waits') or diag($lin->res->body);
my ($hold) = $t->entries('queued', 'grape');
is($hold->{hold}, $id, 'so says the ledger');

$lin->get("/h/$id");
is(text($lin, 'h1'), '候补排队中', 'the page of the hold');
like(text($lin, '.until'), qr/您排在最前面/, 'the first one');
is($lin->dom->at('form[action^="/checkout/"]'), undef, 'nothing to pay');
my $refresh = $lin->dom->at('noscript meta[http-equiv=refresh]')
    // $lin->dom->at('meta[http-equiv=refresh]');
ok($refresh, 'a page without scripts looks again');
like(text($lin->get('/me'), 'main'), qr/候补中/, 'in the list');

my $wang = buyer()->get('/s/grape')->submit('#take', qty => 1);
is($wang->id, undef, 'no room for more than the stock');
$t->define_sale('grape', title => '葡萄', price_fen => 3980, stock => 2,
    queue => 9);
$wang->get('/s/grape');
like(text($wang, '#choices'), qr/现在有 2 .*在候补/, 'how many wait');
$wang->submit('#take', qty => 1);
$wang->get('/h/' . $wang->id);
like(text($wang, '.until'), qr/前面最多还有 1 位邻居/, 'one before');

# in English
my $mary = buyer('Accept-Language' => 'en')->get('/s/grape');
like(button($mary), qr/Wait for 1|Join the line/, 'the button in English');

# ---- what comes back
$first->get('/h/' . $first->id)->submit('.give');
eventually { $t->entries('served', 'grape') } 'served';
is(text($lin->get("/h/$id"), 'h1'), '给您留着呢', 'kept for the first');
ok($lin->dom->at('.give'), 'who can give it up');

# ---- leaving
$wang->get('/h/' . $wang->id)->submit('.give');
like(text($wang->get('/h/' . $wang->id), 'article'), qr/再/, 'left');
ok($t->entries('stepped_out', 'grape'), 'so says the ledger');

# ---- of what is closed nobody waits
$t->admin(POST => '/sales/grape/close');
eventually { !buyer()->get('/s/grape')->dom->at('#queue') } 'closed';

$t->audit_ok;
$t->finish;
