use v5.36;
use utf8;
use Tuanbo::Test;
use Tuanbo::Test::Office;

binmode Test::More->builder->$_, ':utf8'
    for qw(output failure_output todo_output);

# The poster of a pickup point: for whoever sees the point, with the link that
# says where it hangs; what it says is what the activity says of who came.

my $o = Tuanbo::Test::Office->new->start;
my $shop = $o->shop;
my $long = 'the-very-long-name-of-a-point';

$shop->points('xingfu', 'binjiang', $long);
my $owner = $o->browser;
$owner->get($o->invitation)->submit('form');

sub link_of ($point) { $owner->get("/desk/poster/$point")->dom->at('.link') }

$owner->get('/desk/');
ok($owner->dom->at('a[href="/desk/posters"]'), 'today leads there');
$owner->get('/desk/posters');
is_deeply([sort map { $_->attr('href') } $owner->dom->find('.records a')->each],
    [sort map { "/desk/poster/$_" } 'xingfu', 'binjiang', $long], 'each point');
is(link_of('xingfu')->text, $shop->url('/?via=xingfu'), 'its link');
ok($owner->dom->at('svg path'), 'as a code');
is(link_of($long)->text, $shop->url('/?via=' . substr $long, 0, 24),
    'a long name is cut');
is($owner->get('/desk/poster/nowhere')->res->code, 404, 'no such point');

my $stranger = $o->browser;
is($stranger->get('/desk/poster/xingfu')->res->code, 401, 'not for strangers');

$o->browser->get('/?via=xingfu');
eventually {
    $shop->get('/activity?limit=1000', role => 'ledger')->body
        =~ /"kind":"came".*"via":"xingfu"/
} 'who scans it, is noted';

$shop->finish;
