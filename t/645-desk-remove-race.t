use v5.36;
use utf8;
use POSIX ();
use Tuanbo::Test;
use Tuanbo::Test::Office;

binmode Test::More->builder->$_, ':utf8'
    for qw(output failure_output todo_output);

# A product is taken away while somebody makes a sale of it, and a point while
# it gets a leader: one of the two is done, and the other is told. Many sales
# make it long to see that nothing refers to it.

my $rounds = 12;
my $o = Tuanbo::Test::Office->new->start;
my $shop = $o->shop;
my ($one, $other) = ($o->owner, $o->owner);

$shop->points('xingfu');
$shop->admin(PUT => '/documents/product/kept', json => { title => '留着' });
my @sales = map { [PUT => "/admin/sales/s$_", role => 'admin',
    key => $shop->new_key, json => { title => "货 $_", price_fen => 100,
        stock => 5, doc => { product => 'kept', pickups => ['xingfu'] } }] }
    1 .. 300;
is(scalar(grep { $_->code == 201 } $shop->many(\@sales, parallel => 32)),
    scalar @sales, 'there are many sales');

# One browser removes while the other does something; both begin together.
sub at_once ($path, $do) {
    $one->get($path);
    pipe my $ready, my $go or die $!;
    my $pid = fork // die $!;
    if ($pid == 0) {
        sysread $ready, my $byte, 1;
        $one->submit('form[action$="/remove"]');
        POSIX::_exit(0);
    }
    syswrite $go, 'x';
    $do->();
    waitpid $pid, 0;
}

sub is_there ($path) { $shop->get("/admin/$path", role => 'admin')->code == 200 }

my (%came, @dangling);
for my $n (1 .. $rounds) {
    my $id = "product-$n";
    $shop->admin(PUT => "/documents/product/$id", json => { title => "瓜 $n",
        unit => '箱' });
    $other->get("/desk/sales/new?product=$id");
    at_once("/desk/product/$id/edit", sub {
        select undef, undef, undef, rand 0.02 if $n > 2;
        $other->submit('main form[action="/desk/sales/new"]', title => "瓜 $n",
            price_fen => '1', stock => 5);
    });
    my $product = is_there("documents/product/$id");
    my ($sale) = $other->path =~ m{/desk/sale/([\w-]+)};
    $came{$sale ? 'sold' : 'gone'}++;
    push @dangling, $id if $sale && !$product;
    ok($sale || !$product, "round $n: one of them is done")
        or diag $other->text;
}
is("@dangling", '', 'no sale is of what is not there');
diag join ', ', map { "$_: $came{$_}" } sort keys %came;

# ---- the form of what is gone says so
$shop->admin(PUT => '/documents/product/soon', json => { title => '就要没了' });
$other->get('/desk/sales/new?product=soon');
$one->get('/desk/product/soon/edit')->submit('form[action$="/remove"]');
ok(!is_there('documents/product/soon'), 'it is taken away');
$other->submit('main form[action="/desk/sales/new"]', title => '晚了',
    price_fen => '1', stock => 5);
like($other->text, qr/没有 soon 了/, 'the form that has it is told');
ok(!(grep { $_->{title} eq '晚了' } $shop->get('/api/sales')->json->{sales}
    ->@*), 'and there is no sale');

# ---- a point and its leader
for my $n (1 .. 4) {
    my $id = "point-$n";
    $shop->admin(PUT => "/documents/pickup/$id", json => { name => "点 $n" });
    $other->get('/desk/staff');
    at_once("/desk/point/$id", sub {
        $other->submit('form:has(button[value="add"])', name => "团长 $n",
            'role.leader' => 1, "point.$id" => 1, act => 'add');
    });
    my $led = grep { grep { $_ eq $id } ($_->{points} // [])->@* }
        $o->clerk->register->{staff}->@*;
    is($led ? 1 : 0, is_there("documents/pickup/$id") ? 1 : 0,
        "$id is led, or gone");
}

$shop->finish;
