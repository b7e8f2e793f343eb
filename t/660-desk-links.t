use v5.36;
use utf8;
use Tuanbo::Test;
use Tuanbo::Test::Office;

binmode Test::More->builder->$_, ':utf8'
    for qw(output failure_output todo_output);

# Which links bring neighbours, as the owner sees it: people, each once, and how
# many of them bought.

my $o = Tuanbo::Test::Office->new->start;
my $shop = $o->shop;

$o->clerk->follow('--store', $shop->store_path);
$shop->admin(PUT => '/documents/pickup/xingfu', json => { name => '幸福里',
    address => '1', hours => '9-10' });
$shop->define_sale('apple', title => '苹果', price_fen => 100, stock => 10);

my $owner = $o->owner;
$owner->get('/desk/staff')->submit('form:has(button[value="add"])',
    name => '周姐', 'role.host' => 1, act => 'add');
my $host = $o->enter($owner->dom->at('input.link')->attr('value')
    =~ s{^https?://[^/]+}{}r);

sub line ($label) {
    my $row = $owner->get('/desk/links')->dom->at(qq([data-label="$label"]))
        // return '';
    return $row->all_text =~ s/\s+/ /gr;
}

is($owner->get('/desk/links')->res->code, 200, 'the page');
like($owner->text, qr/还没有人/, 'nobody yet');
is($host->get('/desk/links')->res->code, 403, 'the owner alone');

my @who = map { $o->browser->get('/') } 1 .. 3;

# who has no identity yet is known from the second page on
$_->get('/?via=xingfu') for @who, @who;
$_->get('/s/apple?via=flyer') for $who[0];
$_->get('/?via=qun1') for @who[0, 1];

eventually { line('xingfu') =~ /来了 3 位/ } 'three came, each once';
like(line('xingfu'), qr/幸福里 的海报/, 'by a poster, which is said');
eventually { line('qun1') =~ /来了 2 位/ } 'by a label of somebody\'s own';
like(line('flyer'), qr/图片.*来了 1 位/, 'by a picture');
like(line('flyer'), qr/买过的 0 位/, 'who has bought nothing');

my $id = $who[0]->get('/s/apple')->submit('#take', qty => 1)->id;
$shop->order($id, 'confirm', payment => 'p', paid_fen => 100);
eventually { line('flyer') =~ /买过的 1 位/ } 'and then has';
like(line('qun1'), qr/来了 2 位 · 这几天买过的 1 位/, 'one of two');
is($owner->dom->find('[data-label]')->first->attr('data-label'), 'xingfu',
    'what brings most is first');

my $share = $who[1]->get('/s/apple/share');
$share->submit('form[data-taken]', how => 'copy');
eventually { $owner->get('/desk/links')->text =~ /发出去 1 次/ }
    'links that were taken are counted';

# who leaves is not counted any more
$who[1]->get('/me')->submit('#erase');
eventually { line('qun1') =~ /来了 1 位/ } 'who has left is not';

$o->clerk->unfollow('KILL');
$o->clerk->stop('KILL');
like(line('xingfu'), qr/来了 2 位 $/, 'without SQL: who came');
like($owner->text, qr/谁买过现在查不到/, 'and that the rest is away');
done_testing;
