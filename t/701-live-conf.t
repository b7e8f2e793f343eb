use v5.36;
use Tuanbo::Test;
use Tuanbo::Test::Lua;

# The confs of the live picture as we hand them out, but for paths and ports:
# nginx takes them, and takes the shop's and the office's with the lines that
# belong to it.

my $rtmp = '/usr/lib/nginx/modules/ngx_rtmp_module.so';
plan(skip_all => 'no RTMP module') if !-e $rtmp;

my %lua = Tuanbo::Test::Lua->options;
my $t = Tuanbo::Test->new;
my $root = Tuanbo::Test::root();
my $dir = $t->dir;
my ($load) = $lua{main} =~ /\A((?:load_module .*\n)+)/;

mkdir "$dir/kept";
$t->set_secrets($_, 'secret-of-the-test-' x 2) for qw(session desk live);

sub text_of ($name) {
    return Tuanbo::Test::slurp("$root/$name")
        =~ s{/var/lib/flashsale}{$dir/store}gr
        =~ s{/etc/nginx/flashsale}{$dir/secrets}gr
        =~ s{/var/log/nginx}{$dir/logs}gr
        =~ s{/var/cache/nginx/tuanbo}{$dir/kept}gr
        =~ s{/usr/share/tuanbo}{$root}gr
        =~ s{/run/tuanbo/live}{$dir/pictures}gr
        =~ s{/var/lib/tuanbo}{$dir}gr;
}

sub takes ($name, $conf) {
    my ($status, $said) = $t->check_conf("error_log $dir/logs/error.log;\n"
        . "pid $dir/logs/nginx.pid;\n$load" . $t->load_line
        . "\n$conf");

    is($status, 0, $name) or diag($said);
}

my $temp = join '', map { "${_}_temp_path $dir/temp/$_;\n" }
    qw(client_body proxy fastcgi uwsgi scgi);

takes('conf/live.conf', "load_module $rtmp;\nevents { }\n"
    . text_of('conf/live.conf') =~ s/^http \{\n/$&$temp/mr);

my $shop = text_of('conf/tuanbo.conf');
ok($shop =~ s/^# (?=upstream live|    server     127.0.0.1:8092|    keepalive  8|\}|proxy_cache_path|                  max_size)//mg == 6,
    'lines for the picture in conf/tuanbo.conf');
ok($shop =~ s/# (?=include .*\/video\.conf;)//, 'and its include');
ok($shop =~ s/secret = .*\n/$&video = true,\n/, 'and in setup{}');
takes('conf/tuanbo.conf with a picture',
    "events { }\nhttp {\n$temp$shop}\n");

my $office = text_of('conf/office.conf');
ok($office =~ s/^# (?=upstream live|    server     127.0.0.1:8092|    keepalive  2|\})//mg == 4,
    'lines for the picture in conf/office.conf');
ok($office =~ s/# (?=include .*\/live\.conf;)//, 'and its include');
ok($office =~ s/-- (?=live = )// && $office =~ s/-- (?= *recordings = ")//,
    'and in setup{}');
takes('conf/office.conf with a picture',
    "events { }\nhttp {\n$temp$office}\n");
done_testing;
