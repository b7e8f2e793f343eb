use v5.36;
use utf8;
use Tuanbo::Test;
use Tuanbo::Test::Office;

binmode Test::More->builder->$_, ':utf8'
    for qw(output failure_output todo_output);

# What is said in a room, by its pages without scripts: questions that are
# asked by one tap, the host's answer that stays on top, and words that files
# of the shop do not take, of each kind.

my $root = Tuanbo::Test->root;
my $o = Tuanbo::Test::Office->new->start;
my $shop = $o->shop;
my $host = $o->owner;
my $neighbour = $o->browser;
my $now = int(time * 1000);

$shop->admin(PUT => '/documents/session/evening', json => {
    title => '周五晚八点', starts_at => $now - 60_000,
    ends_at => $now + 4000_000 });

sub questions { [map { $_->text } $neighbour->get('/live/evening')->dom
    ->find('.questions button')->each] }
sub on_top { $neighbour->get('/live/evening')->dom->at('#answered')->all_text
    =~ s/\s+/ /gr }

# ---- asked by one tap
is_deeply(questions(), [qw(甜不甜？ 几点取？)], 'those that the texts have');
$neighbour->submit('.questions', text => '甜不甜？');
is($neighbour->path, '/live/evening', 'asked, and back');
eventually { $neighbour->get('/live/evening')->text =~ /一位邻居 甜不甜？/ }
    'it is there';
$neighbour->submit('form[data-say]:not(.questions)', text => '有几斤');
eventually { $neighbour->get('/live/evening')->text =~ /一位邻居 有几斤/ }
    'another one in words';
$shop->admin(PUT => '/documents/shop/questions', json => {
    questions => ['辣不辣？', 7, '', 'x' x 100, map { "第 $_ 问" } 1 .. 9] });
eventually { questions()->[0] eq '辣不辣？' } 'those of the shop';
is(scalar questions()->@*, 6, 'no more than fit, and what is none is left out');
$shop->admin(PUT => '/documents/shop/questions', json => { questions => [] });
eventually { !questions()->@* } 'or none';

# the owner writes them, a line each
my $owner = $host;
$owner->get('/desk/questions');
is($owner->dom->at('textarea[name=questions]')->text =~ s/\s+//r, '',
    'a form without any');
$owner->submit('form.sheet', questions => "酸不酸？\r\n\r\n  有籽吗？ \r\n");
eventually { "@{ questions() }" eq '酸不酸？ 有籽吗？' } 'what the owner wrote';
is($owner->get('/desk/questions')->dom->at('textarea[name=questions]')->text
    =~ s/^\n//r, "酸不酸？\n有籽吗？", 'which is in the form');
$owner->submit('form.sheet', questions => join "\n", '太长的一句' x 5);
like($owner->text, qr/要写 1 到 20 个字/, 'too long a question');
$owner->get('/desk/questions')->submit('form.sheet',
    questions => join "\n", 1 .. 7);
like($owner->text, qr/1 到 6 个/, 'too many');
$owner->get('/desk/questions')->submit('form.sheet', questions => '');
eventually { "@{ questions() }" eq '甜不甜？ 几点取？' } 'none: the usual two';

# ---- the answer on top
sub answer ($to, $text) {
    $host->get('/desk/live/evening');

    my ($line) = grep { $_->at('p')->all_text =~ /\Q$to/ }
        $host->dom->find('#said li')->each;

    $host->submit('#said form:has(input[name="comment"][value="'
        . $line->at('input[name="comment"]')->attr('value') . '"])',
        act => 'answer', text => $text);
}

is(on_top(), ' ', 'nothing was answered');
answer('甜不甜', '很甜');
eventually { on_top() =~ /一位邻居 甜不甜？ 主播 很甜/ }
    'the answer, with what it answers';
answer('有几斤', '五斤');
eventually { on_top() =~ /有几斤 主播 五斤/ } 'the next one in its place';
unlike(on_top(), qr/很甜/, 'alone');
$host->submit('#told form',
    act => $host->dom->at('#told button')->attr('value'));
eventually { on_top() eq ' ' } 'taken away, until another is answered';

# ---- words, from the files of the demo
sub load (@more) {
    open my $said, '-|', "$root/conf/bin/tuanbo-load-catalog", @more
        or die $!;
    my $text = do { local $/; readline $said };
    close $said;
    return $text // '';
}

my $dir = $o->clerk->dir;
{
    open my $file, '>', "$dir/admin" or die $!;
    print {$file} "$shop->{secrets}{admin}\n";
    chmod 0600, "$dir/admin" or die $!;
}
mkdir "$dir/shop" or die $!;
symlink "$root/conf/demo/words", "$dir/shop/words" or die $!;
my @load = ('--url', $shop->url(''), '--secret', "$dir/admin", "$dir/shop");
like(load(@load), qr/\d+ words/, 'loaded');
like(load('--new', @load), qr/Everything was there/, 'and left alone');

my $tried = 0;

for my $case (['全网最低价', 'superlatives'], ['能 降 血 糖', 'health'],
    ['打 138 0013 8000', 'numbers'], ['看ＷＷＷ．x', 'links'],
    ['加 微 信', 'links'])
{
    my ($text, $kind) = @$case;
    my $res = $shop->post('/api/sessions/evening/comments',
        json => { text => $text }, key => "k-" . ++$tried,
        headers => { Origin => $shop->url(''), Cookie => 'tuanbo='
            . $neighbour->cookie('tuanbo')->value });

    is($res->code, 422, "$kind: $text") or diag($res->body);
    is($res->json->{code}, 'not_allowed', 'and why');
}
$neighbour->get('/live/evening')->submit('form[data-say]',
    text => '买 3 箱，123 号楼');
eventually { $neighbour->get('/live/evening')->text =~ /123 号楼/ }
    'what people say is said';

$shop->finish;
