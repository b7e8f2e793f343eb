use v5.36;
use utf8;
use Encode qw(encode decode);
use Tuanbo::Test;
use Tuanbo::Test::Storefront;

use lib Tuanbo::Test::root() . '/conf/demo/order-service/lib';
use OrderService::Pages;

binmode Test::More->builder->$_, ':utf8'
    for qw(output failure_output todo_output);

# What the order service is told of who buys, NAME;DIGITS;ID: nobody's name,
# digits or id can be made to look like another's.

my $port = Tuanbo::Test::free_port();
my $t = Tuanbo::Test::Storefront->storefront(login => 1, checkout => $port,
    http => <<"CONF")->start;
    server {
        listen 127.0.0.1:$port;
        location / {
            add_header X-Told \$http_flashsale_buyer;
            add_header X-Signed \$http_flashsale_signature;
            return 200;
        }
    }
CONF
$t->define_sale('grape', price_fen => 100, stock => 100);

# The label of a checkout of this login, with a name or without.
sub told ($login, $name = undef) {
    my $buyer = Tuanbo::Test::Storefront->buyer($t,
        'X-Login' => encode('UTF-8', $login));

    $buyer->get('/s/grape')->submit('#take');
    die $buyer->text if !$buyer->id;
    my $id = $buyer->id;

    $buyer->submit('#called', name => $name, digits => '4321')
        if defined $name;
    $buyer->get('/me');
    $buyer->start(POST => "/checkout/$id", 'csrf='
        . $buyer->dom->at('[name=csrf]')->attr('value'));
    ok($buyer->res->headers->header('X-Signed'), "$login: signed")
        or diag($buyer->res->code . ' ' . $buyer->res->body);

    return decode('UTF-8', $buyer->res->headers->header('X-Told') // '');
}

sub is_label ($told, $wanted, $parts, $name) {
    is($told, $wanted, $name);
    is_deeply(OrderService::Pages::label($told), $parts,
        "$name: as the demo's service reads it");
}

is_label(told('chen'), 'chen', { id => 'chen' }, 'an id alone');
is_label(told('chen', '李阿姨'), '李阿姨;4321;chen',
    { name => '李阿姨', digits => '4321', id => 'chen' },
    'a name, as it always was');
is_label(told('王;1234;chen'), '王%3B1234%3Bchen',
    { id => '王;1234;chen' }, 'an id that looks like a label');
is_label(told('a;b', '王;9999;chen'), '王%3B9999%3Bchen;4321;a%3Bb',
    { name => '王;9999;chen', digits => '4321', id => 'a;b' },
    'a name that looks like one');
is_label(told('a%3Bb', '100%'), '100%25;4321;a%253Bb',
    { name => '100%', digits => '4321', id => 'a%3Bb' },
    'what looks like the mark itself');

# of others, who do not write it so
for my $other ('王;12;x', 'a;b', 'a;b;c;d', ';1234;x') {
    is_deeply(OrderService::Pages::label($other), { id => $other },
        "$other: no label");
}

$t->finish;
