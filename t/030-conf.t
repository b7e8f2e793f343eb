use v5.36;
use Tuanbo::Test;

# The confs that we hand out: nginx takes them, with other paths, and the
# README's whole conf is one that works.

my $t = Tuanbo::Test->new;
my $root = Tuanbo::Test::root();
my $dir = $t->dir;
my $load = $t->load_line;
my $port = $t->port;


# Our paths for those of a real machine, and an nginx around it.
sub around ($conf) {
    $conf =~ s{/var/lib/flashsale}{$dir/store}g;
    $conf =~ s{/etc/nginx/flashsale/}{$dir/secrets/}g;
    $conf =~ s{/var/log/nginx/}{$dir/logs/}g;
    $conf =~ s{listen\s+80;}{listen 127.0.0.1:$port;}g;

    return <<"CONF";
error_log $dir/logs/error.log info;
pid $dir/logs/nginx.pid;
$load
@{[ $> == 0 ? 'user nobody nogroup;' : '' ]}
events { }
http {
    client_body_temp_path $dir/temp/body;
    proxy_temp_path $dir/temp/proxy;
    fastcgi_temp_path $dir/temp/fastcgi;
    uwsgi_temp_path $dir/temp/uwsgi;
    scgi_temp_path $dir/temp/scgi;
    $conf
}
CONF
}


my ($status, $said) =
    $t->check_conf(around(Tuanbo::Test::slurp("$root/conf/flashsale.conf")));
is($status, 0, 'conf/flashsale.conf') or diag($said);

my ($readme) = Tuanbo::Test::slurp("$root/README.md")
    =~ /```nginx\n.*?^http \{\n(.*?)^\}\n```/ms;
ok($readme, 'the README has a conf');
($status, $said) = $t->check_conf(around($readme // ''));
is($status, 0, 'the conf of the README') or diag($said);

for my $name (qw(store secret user)) {
    like($readme // '', qr/^\s*flashsale_$name\s/m, "it has flashsale_$name");
}

$t->finish;
