use v5.36;
use utf8;
use File::Copy qw(copy);
use File::Find ();
use File::Path qw(make_path);
use Tuanbo::Test;
use Tuanbo::Test::Storefront;

# Templates and static files: compiled at start, taken anew by a reload,
# refused when broken; names that change with the contents; remembered pages
# that are never old.

binmode Test::More->builder->$_, ':utf8'
    for qw(output failure_output todo_output);

my $root = Tuanbo::Test::root();
my $home = File::Temp->newdir('tuanbo-templates-XXXXXX',
    DIR => File::Spec->tmpdir);

chmod 0755, $home;
File::Find::find({ no_chdir => 1, wanted => sub {
    my $to = "$home/" . ($File::Find::name =~ s{^\Q$root/templates\E/?}{}r);
    -d $File::Find::name ? make_path($to) : copy($File::Find::name, $to);
} }, "$root/templates");

my $t = Tuanbo::Test::Storefront->storefront(templates => "$home")->start;

sub write_file { Tuanbo::Test::Storefront::write_file(@_) }
sub page ($path = '/') { Tuanbo::Test::Storefront->buyer($t)->get($path) }

$t->define_sale('grape', price_fen => 100, stock => 100,
    title => q{<script>alert('1')</script> & "$(1)"});

# ---- escaped
my $text = page('/s/grape')->res->text;
like($text, qr/&lt;script&gt;alert\(&#39;1&#39;\)&lt;\/script&gt; &amp; &quot;\$\(1\)&quot;/,
    'what a sale is called is text');
unlike($text, qr/<script>/, 'and never markup');
unlike($text, qr/\0/, 'no hole is left');

# ---- a reload
my $problem = Tuanbo::Test::slurp("$home/problem.html");
write_file("$home/problem.html",
    "<p id='mine'>\$(title) \$(unescaped('<i>'))</p>\n");
unlike(page('/none')->res->text, qr/id='mine'/, 'compiled at the start');
$t->reload;
like(page('/none')->res->text, qr/<p id='mine'>没办成 <i><\/p>/,
    'a reload takes what is new');

# broken: nginx goes on with the old one
write_file("$home/problem.html", "# if title then\n<p>\n");
$t->expect_log(qr/init_by_lua error: problem:/);
$t->expect_log(qr/^stack traceback:|^\t.*(?:error|setup|main chunk)/);
kill HUP => $t->master_pid;
ok(wait_until { $t->log_text =~ /init_by_lua.*problem|problem.*'end' expected/ },
    'a broken one is named in the log');
like(page('/none')->res->text, qr/id='mine'/, 'and the old one goes on');
write_file("$home/problem.html", $problem);
$t->reload;
like(page('/none')->text, qr/没有这一页/, 'mended');

# ---- static files
my ($css) = page()->res->text =~ m{"(/static/tuanbo\.[0-9a-f]{10}\.css)"};
ok($css, 'a style sheet by its contents');
my $res = page($css)->res;
is($res->code, 200, 'is there');
is($res->headers->content_type, 'text/css', 'of its type');
is($res->headers->cache_control, 'public, max-age=31536000, immutable',
    'may be kept for good');
is($res->headers->header('Set-Cookie'), undef, 'no cookie with it');
is(page($css =~ s/\.[0-9a-f]{10}\./.0123456789./r)->res->headers
    ->cache_control, 'no-cache', 'not under a name of other contents');
is(page('/static/tuanbo.css')->res->code, 404, 'nor without');
is(page('/static/../layout.0123456789.css')->res->code, 404, 'nor beside');
write_file("$home/static/tuanbo.css", "body { margin: 0 }\n");
$t->reload;
my ($new) = page()->res->text =~ m{"(/static/tuanbo\.[0-9a-f]{10}\.css)"};
isnt($new, $css, 'other contents, another name');
is(page($css)->res->headers->cache_control, 'no-cache',
    'the old name is not kept');

# every page asks for files that are there, and for none elsewhere
for my $path (qw(/ /s/grape /me /none)) {
    my $dom = page($path)->dom;
    for my $url ($dom->find('[src], link[href]')
        ->map(sub { $_->attr('src') // $_->attr('href') })->uniq->each)
    {
        like($url, qr{^/static/}, "$path: ours");
        is(page($url)->res->code, 200, "$url is there");
    }
}

# ---- remembered pages
my $left = sub { (page('/s/grape')->text =~ /还剩 (\d+) /)[0] };
is($left->(), 100, 'a number');
for my $i (1 .. 5) {
    page('/s/grape')->submit('#take');
    is($left->(), 100 - $i, 'changes with the next page');
}
$t->define_sale('grape', price_fen => 200, stock => 100, title => 'x');
like(page('/s/grape')->text, qr/ 2 元/, 'so does a price');
page()->res;
$t->define_sale('fig', price_fen => 100, stock => 100, title => '无花果');
ok(wait_until(sub { page()->text =~ /无花果/ }, 1), 'the home within a second');

# a price of each sale in one place only: all pages show the engine's. Each
# worker has its own remembered home.
eventually { !grep { page($_)->text !~ /2 元/ } '/', '/s/grape' }
    'list and item agree';

# ---- the conf that we hand out, and the way with a login
for my $login (0, 1) {
    my $conf = Tuanbo::Test::slurp("$root/conf/tuanbo.conf");
    my $dir = $t->dir;
    my $port = $t->port;

    $conf =~ s{/usr/share/tuanbo}{$root}g;
    $conf =~ s{/var/lib/flashsale}{$dir/store}g;
    $conf =~ s{/etc/nginx/flashsale/}{$dir/secrets/}g;
    $conf =~ s{listen\s+80;}{listen 127.0.0.1:$port;};
    if ($login) {
        $conf =~ s{# (include .*buyer-login)}{$1}
            or fail('the login can be included');
        $conf = "upstream tuanbo_login { server 127.0.0.1:1; }\n$conf";
    }
    $conf = join "\n", $t->load_line, $t->{main}, 'events { }',
        "error_log $dir/logs/check.log; pid $dir/logs/check.pid;",
        'http {', (map { "${_}_temp_path $dir/temp/$_;" }
            qw(client_body proxy fastcgi uwsgi scgi)), $conf, '}';
    my ($status, $said) = $t->check_conf($conf);
    is($status, 0, 'conf/tuanbo.conf' . ($login ? ' with a login' : ''))
        or diag($said);
}

$t->finish;
