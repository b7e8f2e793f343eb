use v5.36;
use Tuanbo::Test;
use Tuanbo::Test::OrderService;

# docs/examples/order-service/: each example, where its language is here,
# against a real nginx: paid once however often it is asked, told when it can
# be, owed money back once, through kills.

my $folder = Tuanbo::Test::root() . '/docs/examples/order-service';

# language => [program that says it is here, its package, command]
my @examples = (
    ['order_service.py', 'python3', 'python3', 'python3'],
    ['order-service.js', 'node', 'nodejs', 'node'],
    ['order-service.php', 'php', 'php-cli', 'php'],
    ['order-service.go', 'go', 'golang-go', 'go', 'run'],
    ['OrderService.java', 'javac', 'default-jdk-headless', 'java'],
);

my @groups;
END {
    my $status = $?;
    kill KILL => -$_ for @groups;
    $? = $status;
}

sub here ($program) {
    return grep { -x "$_/$program" } split /:/, $ENV{PATH};
}

# Each runs as a group of processes of its own, so that all of it is killed.
sub start ($service, @command) {
    my $pid = fork // die "fork: $!";

    if (!$pid) {
        setpgrp;
        %ENV = (%ENV, NGINX => $service->{nginx}, PORT => $service->{port},
            SECRETS => "$service->{t}{dir}/secrets",
            JOURNAL => "$service->{dir}/$service->{name}.journal",
            HOME => $service->{dir}, GOCACHE => "$service->{dir}/go");
        open STDIN, '<', '/dev/null';
        open STDOUT, '>>', $service->log_path;
        open STDERR, '>&', \*STDOUT;
        exec @command or POSIX::_exit(127);
    }
    push @groups, $pid;
    wait_until { answers_at($service) } 40
        or die "$command[0] does not start: " . $service->log_text;

    return $pid;
}

sub answers_at ($service) {
    my $code = $service->ua->get($service->url('/demo/pay/' . '0' x 32))
        ->res->code // 0;

    return $code == 404;
}

sub end ($service, $pid) {
    kill KILL => -$pid;
    waitpid $pid, 0;
    @groups = grep { $_ != $pid } @groups;
    wait_until { !defined $service->ua->get($service->url('/'))->res->code };
}

sub check ($file, @command) {
    my $t = Tuanbo::Test->new(http => 'flashsale_live_holds 100;');
    my $service = Tuanbo::Test::OrderService->new($t);
    my $run = sub { start($service, @command) };
    my $page_of = sub ($user, $hold) {
        return $t->post("/checkout/$hold->{id}", user => $user)->headers
            ->location;
    };
    my $choose = sub ($page, $action) {
        return $service->ua->post($service->url($page),
            form => { action => $action })->res->code;
    };
    my $state = sub ($user, $hold) {
        $t->read_hold($user, $hold->{id})->{state};
    };
    my $of = sub ($hold, $type) {
        scalar grep { $_->{hold} eq $hold->{id} } $t->entries($type);
    };

    $t->start(server => $service->locations);
    $t->expect_log(qr/(?:connect|recv)\(\) failed/);
    $t->expect_log(qr/upstream prematurely closed/);
    $t->define_sale('grape', price_fen => 100, stock => 50);
    my $pid = $run->();

    # ---- what nginx did not sign
    my $hold = $t->held('alice', 'grape', 3);
    my $headers = $service->headers($hold, lines => '[{"sale":"grape",'
        . '"qty":3,"price_fen":100,"off_fen":0}]');
    my $direct = sub (%change) {
        return $service->ua->post($service->url("/checkout/$hold->{id}"),
            { %$headers, %change })->res->code;
    };
    is($direct->('Flashsale-Amount' => 1), 401, 'another amount');
    is($direct->('Flashsale-Signature' => 't=1,v1=' . '0' x 64), 401,
        'an old signature');
    is($direct->('Flashsale-Signature' => ''), 401, 'none');
    is($service->ua->post($service->url("/checkout/$hold->{id}"),
        $service->headers($hold, amount => 299, lines => '[{"sale":"grape",'
            . '"qty":3,"price_fen":100,"off_fen":0}]'))->res->code, 400,
        'not the sum of its lines');

    # ---- the checkout, also twice, also at once
    is($t->get("/checkout/$hold->{id}", user => 'alice')->code, 404,
        'looking makes no order');
    my @pages = map { $_->headers->location } $t->many([map {
        [POST => "/checkout/$hold->{id}", user => 'alice'] } 1 .. 4]);
    like($pages[0] // '', qr{^(?:http://[^/]+)?/demo/pay/[0-9a-f]{32}$},
        'sent to a page');
    is(scalar(grep { ($_ // '') eq $pages[0] } @pages), 4, 'the same one');
    is($page_of->('alice', $hold), $pages[0], 'and again');
    my $page = $pages[0] =~ s{^http://[^/]+}{}r;
    like($t->get($page)->body, qr/action/, 'which can be paid at');

    # ---- paid, twice
    is($choose->($page, $_), 303, "chosen: $_") for qw(pay pay fail);
    eventually { $state->('alice', $hold) eq 'sold' } 'sold' , 20;

    # ---- not paid
    my $other = $t->held('bob', 'grape', 1);
    is($choose->($page_of->('bob', $other), 'fail'), 303, 'not paid');
    eventually { $state->('bob', $other) eq 'cancelled' } 'nginx knows', 20;

    # ---- owed, a part and then the rest
    for my $qty (1, 2) {
        is($t->call(POST => "/orders/$hold->{id}/refund", role => 'orders',
            key => $t->new_key, json => { reason => 'goodwill', lines =>
                [{ sale => 'grape', qty => $qty }] })->code, 200,
            "$qty owed back");
        eventually { $t->read_hold('alice', $hold->{id})->{refunded_fen}
            == 100 * ($qty == 1 ? 1 : 3) } 'and back', 20;
    }
    is($state->('alice', $hold), 'refunded', 'all of it');

    # ---- a payment that did not come by it
    my $foreign = $t->held('zoe', 'grape', 1);
    $t->confirm($foreign, 'not-here');
    $t->confirm($foreign, 'not-here-either');

    # ---- killed after the payment, with nginx away
    my $dead = $t->held('carol', 'grape', 2);
    my $its = $page_of->('carol', $dead) =~ s{^http://[^/]+}{}r;
    $t->kill9_all;
    is($choose->($its, 'pay'), 303, 'paid while nginx is dead');
    end($service, $pid);
    open my $journal, '>>', "$service->{dir}/$service->{name}.journal" or die;
    print {$journal} '{"what":"ch';
    close $journal;
    $pid = $run->();
    $t->start;
    eventually { $state->('carol', $dead) eq 'sold' } 'what was written is told',
        20;
    is($of->($dead, 'sold'), 1, 'sold once');
    is($of->($dead, 'owed'), 0, 'paid once');
    is($t->get($its)->code, 200, 'its page is where it was');

    # ---- owed while it is dead, and killed over it
    end($service, $pid);
    is($t->call(POST => "/orders/$dead->{id}/refund", role => 'orders',
        key => $t->new_key, json => { reason => 'bad', lines =>
            [{ sale => 'grape', qty => 2 }] })->code, 200, 'owed meanwhile');
    for my $wait (0, 0.2) {
        $pid = $run->();
        sleep $wait;
        end($service, $pid);
    }
    $pid = $run->();
    eventually { $state->('carol', $dead) eq 'refunded' } 'goes back', 20;
    is($of->($dead, 'refunded'), 1, 'once');
    is($t->read_hold('zoe', $foreign->{id})->{refunded_fen}, 0,
        'nothing of what came elsewhere');

    end($service, $pid);
    unlike($service->log_text, qr/a person has to look|Traceback|Exception/,
        'no complaint') or diag($service->log_text);
    $t->audit_ok;
    $t->chain_ok;
    $t->finish;
}

# arguments: only those whose names have one of them
my $only = join '|', map { quotemeta } @ARGV;

for my $example (grep { $_->[0] =~ /$only/ } @examples) {
    my ($file, $program, $package, @command) = @$example;

    subtest $file => sub {
        if (!here($program)) {
            plan skip_all => "no $program here: package $package";
        }
        check($file, @command, "$folder/$file");
    };
}

done_testing();
