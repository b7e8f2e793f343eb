use v5.36;
use Tuanbo::Test;
use Tuanbo::Test::Load;

# HUP and USR2 under load lose no request and no event.

my $t = Tuanbo::Test->new->start;

$t->define_sale('grape', price_fen => 100, stock => 100_000);

# A viewer who comes back with the last id after each end of its stream, and
# what it has seen: the last word must be true, and ids never go back.
my %seen = (ids => [], last => undef, streams => 0);
my $viewer;
sub watch () {
    $viewer = $t->events(['grape'], $seen{last}
        ? (last_event_id => $seen{last}) : ());
    $seen{streams}++;
}
sub look () {
    if ($viewer->{closed} && !@{ $viewer->{queue} }) {
        watch();
        return;
    }
    while (my $event = shift @{ $viewer->{queue} }) {
        $seen{last} = $event->{id};
        # `state` has no numbers: it may be the last of those that come back
        my $told = $event->{event} eq 'snapshot' ? $event->{json}{sales}[0]
            : $event->{json};
        $seen{held} = $told->{held} // $seen{held};
        push @{ $seen{ids} }, $event->{id};
        push @{ $seen{kinds} }, $event->{event};
    }
}

watch();
my $looking = Mojo::IOLoop->recurring(0.02 => sub { look() });
my @gone;

# ---- reloads: each when the workers of the one before are there
my $load = Tuanbo::Test::Load->new($t, prefix => 'hup');
my (%before, $reloads);
my $renewed = sub {
    my @pids = $t->worker_pids;
    return @pids == 2 && !grep { $before{$_} } @pids;
};
$load->run(3, (map { [$_ => sub {
    $before{$_} = 1 for $t->worker_pids;
    kill HUP => $t->master_pid;
    $reloads++;
}, $renewed] } 0.5, 1.2, 1.9), [3 => sub {}, $renewed]);
is($reloads, 3, 'three reloads');
is($load->{lost}, 0, "lose none of $load->{answered}");
is_deeply([keys $load->{codes}->%*], [201], 'and refuse none')
    or diag(map { "$_\n" } ($load->{strange} // [])->@*);
is($load->{refused}, undef, 'nor are they put off');
my $held = keys $load->{holds}->%*;
is($t->sale('grape')->{held}, $held, 'each is held');
$viewer->run_until(sub { look(); ($seen{held} // -1) == $held }, 10);
is($seen{held}, $held, 'the viewer has the last word');
cmp_ok($seen{streams}, '>=', 2, "over $seen{streams} streams");
eventually { my @all = $t->all_worker_pids; @all == 2 }
    'old workers are gone', 20;

# ---- a binary upgrade
my $old = $t->master_pid;
$load = Tuanbo::Test::Load->new($t, prefix => 'usr2');
my @old = $t->worker_pids;
$load->run(4,
    [0.5 => sub { $t->{old_masters}{$old} = 1; kill USR2 => $old }],
    [2 => sub { kill QUIT => $old }, sub {
        my ($pid) = Tuanbo::Test::slurp($t->dir . '/logs/nginx.pid')
            =~ /^(\d+)$/ or return;
        return $pid != $old && $t->worker_pids($pid) == 2;
    }],
    [4 => sub {}, sub { !Tuanbo::Test::alive($old) }]);
$t->{master} = $t->read_pid;
isnt($t->master_pid, $old, 'another master');
is($load->{lost}, 0, "an upgrade loses none of $load->{answered}");
is_deeply([keys $load->{codes}->%*], [201], 'and refuses none')
    or diag(map { "$_\n" } ($load->{strange} // [])->@*);
ok($t->wait_gone(15, $old, @old), 'the old processes are gone');
$held += keys $load->{holds}->%*;
is($t->sale('grape')->{held}, $held, 'each is held');
$viewer->run_until(sub { look(); ($seen{held} // -1) == $held }, 10);
is($seen{held}, $held, 'the viewer has the last word');

my @back = grep { $seen{ids}[$_] < $seen{ids}[$_ - 1] } 1 .. $#{ $seen{ids} };
is(scalar @back, 0, 'ids never go back');
is(scalar(grep { $_ eq 'snapshot' } @{ $seen{kinds} }), 1,
    'a viewer who comes back needs no snapshot')
    or diag("@{ $seen{kinds} }");
Mojo::IOLoop->remove($looking);

# ---- and the new master reloads, too
$t->reload;
is($t->hold('last', 'grape', 1)->code, 201, 'it goes on');

$t->audit_ok;
$t->chain_ok;
$t->finish;
