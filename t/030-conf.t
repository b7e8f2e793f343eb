use v5.36;
use utf8;
use Tuanbo::Test;

# The confs that we hand out, as they stand in their files, but for paths and
# ports: nginx starts with them, a buyer comes by a login that reads its
# request to the end, the signed and Prometheus without one; and no stranger
# fills the logs. The secrets are made by the commands that stand beside them,
# under the usual umask.

package Handed {
    use parent -norequire => 'Tuanbo::Test';

    sub conf ($self) { $self->{text} }
}

use Mojo::Server::Daemon;
use Mojolicious;
use Tuanbo::Test::Stranger qw(writes_little);

my $root = Tuanbo::Test::root();
my ($login_port, $order_port, $office_port) =
    map { Tuanbo::Test::free_port() } 1 .. 3;
my $strict = File::Temp->new;   # not empty: the login takes no strangers
my $login;

END {
    my $status = $?;

    kill KILL => $login if $login;
    waitpid $login, 0 if $login;
    $? = $status;
}


# The shop's login, and its order service, which says what it was told. Both
# answer when the whole request has come, as the usual servers do.
sub serve () {
    my $app = Mojolicious->new(mode => 'production');

    $app->log->level('fatal');
    $app->routes->any('/whoami' => sub ($c) {
        my $user = $c->cookie('user');

        $c->res->headers->header('X-User' => $user) if defined $user;
        $c->render(text => '',
            status => defined $user || !-s "$strict" ? 200 : 401);
    });
    $app->routes->any('/*all' => sub ($c) {
        $c->render(json => { map { $_ => $c->req->headers->header($_) }
            grep { /^Flashsale-/ } $c->req->headers->names->@* });
    });
    Mojo::Server::Daemon->new(app => $app, silent => 1,
        listen => [ map { "http://127.0.0.1:$_" } $login_port, $order_port ],
    )->run;
}


sub slurp ($name) { Tuanbo::Test::slurp("$root/$name") }


# Commands that make a secret: whole blocks of shell, or what stands in a line.
sub recipes ($text) {
    my @found;

    $text =~ s/^```sh\n(.*?)^```\n/
        push @found, grep { m{openssl\ rand} } split m{\n\n}, $1; ''/gemsx;

    return @found, $text =~ /\b(openssl rand[^`\n]*)/g;
}


# Runs them as they stand, in another directory than /etc/nginx/flashsale;
# those that name one role do it for each. Under umask 022.
sub make_secrets ($t, $recipe) {
    my $made = $t->dir . '/made-' . $t->{made}++;
    my @commands = $recipe =~ m{^(.*/flashsale/)(\w+)$}
        ? map { "$1$_" } qw(orders ledger admin checkout session desk) : $recipe;

    for my $command (@commands) {
        $command =~ s{/etc/nginx/flashsale}{$made}g or return;
        system('sh', '-euc', "umask 022; $command") == 0 or return;
    }
    for my $path (glob "$made/*") {
        $t->{secrets}{ $path =~ s{.*/}{}r } =
            Tuanbo::Test::slurp($path) =~ s/\n.*//sr;
    }

    return $made;
}


# A whole nginx.conf, or what is included in its http block, in our directory.
sub here ($t, $conf, $secrets) {
    my $dir = $t->dir;
    my $port = $t->port;
    my $user = $> == 0 ? 'user nobody nogroup;' : '';

    $conf = "load_module modules/ngx_http_flashsale_module.so;\n"
        . "events { }\nhttp {\n$conf\n}\n" if $conf !~ /^http \{/m;
    $conf =~ s{^load_module +modules/ngx_http_flashsale_module\.so;}
        {$t->load_line}em or die 'no load_module';
    $conf =~ s{/var/lib/flashsale}{$dir/store}g;
    $conf =~ s{/etc/nginx/flashsale}{$secrets}g;
    $conf =~ s{/var/log/nginx}{$dir/logs}g;
    $conf =~ s{/usr/share/tuanbo}{$root}g;
    $conf =~ s{listen +80;}{listen 127.0.0.1:$port;}g;
    $conf =~ s{127\.0\.0\.1:9000}{127.0.0.1:$login_port}g;
    $conf =~ s{127\.0\.0\.1:8090}{127.0.0.1:$order_port}g;
    $conf =~ s{127\.0\.0\.1:8091}{127.0.0.1:$office_port}g;
    $conf =~ s{^http \{}{join "\n", "$&", map({ "${_}_temp_path $dir/temp/$_;" }
        qw(client_body proxy fastcgi uwsgi scgi)),
        "access_log $dir/logs/access.log;"}em;

    return "$user\nerror_log $dir/logs/error.log info;\n"
        . "pid $dir/logs/nginx.pid;\n"
        . "env ASAN_OPTIONS; env UBSAN_OPTIONS; env TSAN_OPTIONS;\n$conf";
}


sub chunked ($t, $target, $body, %o) {
    my $tx = $t->tx(POST => $target, type => 'application/json', %o);

    $tx->req->content->write_chunk($body => sub ($content, $offset) {
        $content->write_chunk('') });

    return $t->ua->start($tx)->res;
}


# The office's, beside a shop that runs: as its own comments say.
sub office_works ($name, $shop) {
    my $office = Handed->new(workers => 1, locations => 'its own');
    my $text = lua_modules('conf/tuanbo.conf') . "worker_processes 1;\n"
        . "events { }\nhttp {\n" . slurp('conf/office.conf') . "}\n";
    my $data = $office->dir . '/data';

    is($shop->get('/desk/')->code, 503, "$name: the desk without the office");
    mkdir $data or die $!;
    $text =~ s{/var/lib/tuanbo/office}{$data};
    $text =~ s{127\.0\.0\.1:80;}{'127.0.0.1:' . $shop->port . ';'}e or die;
    $text =~ s{/var/lib/flashsale}{$shop->dir . '/store'}e or die;
    $office->{text} = here($office, $text, $shop->{made_in});
    is(eval { $office->start; 1 }, 1, 'conf/office.conf: nginx starts')
        or diag($@);
    is($shop->get('/desk/')->code, 401, "$name: the desk with the office");
    $office->expect_log(qr/the register of staff cannot be read/);
    $shop->expect_log(qr/connect\(\) failed .* upstream/);
    $office->stop;
}


sub lua_modules ($name) {
    my ($modules) = slurp($name) =~ /^((?:# +load_module .*\n)+)/m;

    $modules =~ s/^# +//mg;

    return $modules
        =~ s{modules/(?=ndk|ngx_http_lua)}{/usr/lib/nginx/modules/}gr;
}


# A buyer, strangers, the order service, Prometheus.
sub works ($name, $t) {
    my %lin = (headers => { Cookie => 'user=lin', Origin => $t->url('') });
    my $checkout = $t->{text} =~ m{/checkout/};

    is(eval { $t->define_sale('grape', price_fen => 100); 1 }, 1,
        "$name: the operator is asked for a signature, and nothing else")
        or diag($@);
    is($t->get('/api/sales/grape')->code, 200, "$name: a stranger may look");
    is($t->hold('mallory', 'grape')->code, 401,
        "$name: a header of the client is nobody");

    my $held = $t->hold(undef, 'grape', 1, %lin);
    is($held->code, 201, "$name: a POST behind the login")
        or diag($held->code // 'no answer', ' ', $held->body);
    my $id = $held->json('/id') // 'none';
    is(chunked($t, '/api/holds', '{"sale":"grape","qty":1}', %lin)->code, 201,
        "$name: also one of unknown length");
    is($t->get("/api/holds/$id", %lin)->code, 200, "$name: reading it");

    if ($checkout) {
        my $told = $t->post("/checkout/$id", %lin);
        is($told->code, 200, "$name: to the checkout");
        is($told->json('/Flashsale-Hold'), $id, "$name: which is told of it");
        ok($told->json('/Flashsale-Signature'), "$name: signed");
        is($t->post("/checkout/$id")->code, 401, "$name: only by its buyer");
    }

    $t->answers($t->post('/api/holds', %lin, body => ' ' x 2_000_000), 413,
        'too_large', "$name: what nginx refuses");
    $t->expect_log(qr/client intended to send too large body/);
    if ($t->{text} =~ /flashsale_problem/) {
        $t->answers($t->get('/api/' . 'x' x 40_000), 414, 'too_large',
            "$name: also before there is a location");
    }

    # whatever the login says of strangers
    print {$strict} 'yes';
    $strict->flush;
    is($t->get('/api/sales/grape')->code, 401, "$name: no more");
    is($t->get('/api/sales/grape', %lin)->code, 200, "$name: but lin may");
    is($t->order($id, 'confirm', payment => 'p', paid_fen => 100)->code, 200,
        "$name: the order service");
    is($t->get('/ledger', role => 'ledger')->code, 200, "$name: the ledger");
    is($t->get('/metrics')->code, 200, "$name: Prometheus");
    truncate $strict, 0;
    seek $strict, 0, 0;
}


defined($login = fork) or die $!;
if (!$login) {
    $SIG{$_} = 'DEFAULT' for qw(HUP INT TERM);
    eval { serve() };
    POSIX::_exit(1);
}

# ---- the secrets
my $all = Handed->new;
my %made;

for my $name (map { s{^\Q$root\E/}{}r } "$root/README.md",
    glob "$root/conf/*.conf $root/docs/*.md")
{
    for my $recipe (recipes(slurp($name))) {
        my $secrets = make_secrets($all, $recipe);
        my @files = $secrets ? glob "$secrets/*" : ();

        ok(@files >= 4, "$name: the secrets' recipe works") or diag($recipe);
        is_deeply([ grep { (stat)[2] & 0077 } @files ], [],
            "$name: they are for their owner alone");
        ok(!(grep { Tuanbo::Test::slurp($_) !~ /^[0-9a-f]{64}\n\z/ } @files),
            "$name: and good ones");
        $made{$name} //= $recipe;
    }
}

is_deeply([ grep { !$made{$_} } qw(README.md conf/flashsale.conf
    conf/tuanbo.conf docs/directives.md) ], [],
    'each says how its secrets are made');

# ---- the confs
my %conf = ('conf/flashsale.conf' => slurp('conf/flashsale.conf'));
($conf{'README.md'}) = slurp('README.md') =~ /^```nginx\n(.*?^http \{.*?)^```/ms;
($conf{'docs/directives.md'}) = slurp('docs/directives.md')
    =~ /^## Example configuration\n\n((?:    .*\n|\n)+)/m;
$conf{'docs/directives.md'} =~ s/^    //mg;

# the whole shop, behind the login as well
if (!$ENV{TUANBO_STATIC}) {
    my $shop = slurp('conf/tuanbo.conf');

    $shop =~ s/^    # (include .*\/buyer-login\.conf;)/    $1/m
        or die 'no login in conf/tuanbo.conf';
    $conf{'conf/tuanbo.conf'} = lua_modules('conf/tuanbo.conf') . "events { }\nhttp {\n"
        . "upstream tuanbo_login { server 127.0.0.1:9000; }\n$shop}\n";
}

for my $name (sort keys %conf) {
    my $t = Handed->new(workers => 1);

    $t->{made_in} = make_secrets($t, $made{$name}) // 'none';
    $t->{text} = here($t, $conf{$name}, $t->{made_in});
    if (!ok(eval { $t->start }, "$name: nginx starts")) {
        diag($@);
        next;
    }
    works($name, $t);
    office_works($name, $t) if $conf{$name} =~ m{/desk\.conf;};

    my ($log) = $conf{$name} =~ m{/var/log/nginx/(\S+)};
    writes_little($name, $t->port, map { $t->dir . "/logs/$_" } 'error.log',
        $log // ());
}

$all->finish;
