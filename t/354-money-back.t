use v5.36;
use utf8;
use Encode qw(encode);
use Tuanbo::Test;
use Tuanbo::Test::Storefront;

binmode Test::More->builder->$_, ':utf8'
    for qw(output failure_output todo_output);

# What goes back to a neighbour, why and by when, on the page of the order.

my $t = Tuanbo::Test::Storefront->storefront->start;
my $buyer = Tuanbo::Test::Storefront->buyer($t);

sub refund (%json) {
    my $res = $t->call(POST => '/orders/' . $buyer->id . '/refund',
        role => 'orders', key => $t->new_key, json => { %json, lines =>
            [{ sale => 'grape', $json{lines}->%* }] });

    is($res->code, 200, "owed: $json{reason}") or diag($res->body);

    return $res->json->{debts}[-1];
}

sub shown ($name, @wanted) {
    my @debts = $buyer->get('/h/' . $buyer->id)->dom->find('.debts li')
        ->map('all_text')->map(sub { s/\s+/ /gr =~ s/^ | $//gr })->each;

    is(scalar @debts, scalar @wanted, "$name: how many");
    like($debts[$_] // '', $wanted[$_], "$name: $_") for 0 .. $#wanted;
}

$t->define_sale('grape', title => '葡萄', price_fen => 3980, stock => 10);
$buyer->get('/s/grape')->submit('#take');
my $id = $buyer->id;
is($t->order($id, 'confirm', payment => 'p', paid_fen => 3980)->code, 200,
    'paid');
shown('nothing is owed');

my $one = refund(lines => { amount_fen => 500 }, reason => 'bad');
shown('a part', qr/\A5 元，最晚 .* 退给您葡萄 · 东西不好\z/);
like($buyer->dom->at('h1')->text, qr/等着取货/, 'the goods are to come');

refund(lines => { amount_fen => 3480 }, reason => 'goodwill');
shown('the rest', qr/\A5 元，最晚 /, qr/\A34.8 元，最晚 .*店家的一点心意\z/);
like($buyer->text, qr/39.8 元按原路退回，不用您做什么/, 'what goes back');

is($t->order($id, 'refunded', refund => 'r', owed => $one->{owed},
    amount_fen => 500)->code, 200, 'one is back');
shown('one is back', qr/\A5 元，.* 已退葡萄 · 东西不好\z/,
    qr/\A34.8 元，最晚 /);
like($buyer->text, qr/34.8 元按原路退回，不用您做什么/, 'what still goes');

is($t->order($id, 'refunded', refund => 's')->code, 200, 'and the other');
shown('all is back', qr/ 已退/, qr/ 已退/);
like($buyer->text, qr/39.8 元已按原路退回/, 'what went back');

# a payment that bought nothing is of no goods
is($t->order($id, 'confirm', payment => 'q', paid_fen => 3980)->json->{reason},
    'second_payment', 'paid twice');
shown('paid twice', qr/ 已退/, qr/ 已退/,
    qr/\A39.8 元，最晚 .* 退给您付的钱 · 多付了一次\z/);


$t->audit_ok;
$t->finish;
