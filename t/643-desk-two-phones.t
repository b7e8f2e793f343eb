use v5.36;
use utf8;
use Tuanbo::Test;
use Tuanbo::Test::Office;

binmode Test::More->builder->$_, ':utf8'
    for qw(output failure_output todo_output);

# Phones that change one sale and one product at the same moment, again and
# again, while it is being sold: no stock that was added is undone, no photo or
# word of another is lost, and what is told as saved is saved.

my ($phones, $rounds) = (4, 12);
my $o = Tuanbo::Test::Office->new->start;
my $shop = $o->shop;

$shop->points('xingfu');
$shop->admin(PUT => '/documents/product/grape', json => { unit => '箱' });
$shop->define_sale('grape', title => '葡萄', price_fen => 100, stock => 1000,
    limit => 1, doc => { product => 'grape', pickups => ['xingfu'] });

my @owners = map { $o->owner } 1 .. $phones;

# Each phone in a process of its own; what it counted comes back by a pipe.
sub at_once ($work) {
    my @pipes;

    for my $i (0 .. $#owners) {
        pipe my $out, my $in or die $!;
        my $pid = fork // die $!;
        if ($pid == 0) {
            close $out;
            my $n = eval { $work->($i, $owners[$i]) };
            print {$in} defined $n ? $n : "died: $@";
            close $in;
            POSIX::_exit(0);
        }
        close $in;
        push @pipes, [$pid, $out];
    }

    return map { my ($pid, $out) = @$_;
        my $said = do { local $/; readline $out };
        waitpid $pid, 0;
        $said =~ /^\d+$/ ? $said : die $said } @pipes;
}

# ---- half add stock, half edit; a buyer takes some
my @added = at_once(sub ($i, $owner) {
    my $n = 0;

    for my $round (1 .. $rounds) {
        if ($i % 2) {
            $owner->get('/desk/sale/grape')->submit('form.add', add => 3);
            $n += 3 if $owner->path =~ /done=stock/;
            $shop->hold("buyer-$i-$round", 'grape', 1, pickup => 'xingfu');
        }
        else {
            $owner->get('/desk/sale/grape/edit')->submit('form.sheet',
                'doc.rank' => $i * 100 + $round);
        }
    }

    return $n;
});
my $added = 0;
$added += $_ for @added;
is($added, $phones / 2 * $rounds * 3, 'all that was added was told as added');
is($shop->sale('grape')->{stock}, 1000 + $added, 'and is there');

# ---- all add a letter to one text: each that is told as saved is there
my @saved = at_once(sub ($i, $owner) {
    my $n = 0;

    for my $round (1 .. $rounds) {
        $owner->get('/desk/product/grape/edit');
        my $is = $owner->dom->at('form.sheet [name=origin]')
            // die $owner->res->code . ' ' . $owner->text;
        $owner->submit('form.sheet',
            origin => Tuanbo::Test::Storefront::shown($is) . 'x');
        $n++ if $owner->path =~ /done=edit/;
        $owner->res->code =~ /^(?:200|412)$/ or die $owner->res->code;
    }

    return $n;
});
my $saved = 0;
$saved += $_ for @saved;
cmp_ok($saved, '>=', $rounds, 'somebody gets through');
is($shop->get('/admin/documents/product/grape', role => 'admin')
    ->json->{origin}, 'x' x $saved, 'nothing that was saved is lost');

$shop->audit_ok;
$shop->finish;
