#!/usr/bin/perl

# An evening in two minutes against the running demo (`make run`): neighbours
# come into a room, watch, talk, tap, pay or do not; a host pins, lets it rain
# packets, draws; then a wave is received and handed over, and the audit says
# whether all of it adds up.  Called by `make crowd`.
#
# It has a session and sales of its own, with names of the run, and closes
# them.  What is chosen comes from the seed; when it happens comes from the
# machine.  Only this machine is ever asked.

use v5.36;
use utf8;

use FindBin;
use Getopt::Long qw(GetOptions);
use Mojo::IOLoop;
use Mojo::JSON qw(decode_json encode_json);
use Mojo::UserAgent;
use Time::HiRes qw(time);

use lib "$FindBin::Bin/../lib", "$FindBin::Bin/../../conf/lib";
use Tuanbo::Crowd::Choices;
use Tuanbo::Crowd::Told;
use Tuanbo::History::Server;

use constant { NEIGHBOURS_MAX => 2000, SECONDS_MAX => 600 };

my @POINTS = qw(xingfu heping binjiang);
my @WORDS = ('甜不甜?', '几点取?', '给我留一箱', '上次的很好',
    '颗粒大吗?', '老人能吃吗?', '已付', '明天能到吗?');

binmode $_, ':utf8' for *STDOUT, *STDERR;
STDOUT->autoflush;

my %option = (url => 'http://127.0.0.1:8080', secrets => 'data/secrets',
    neighbours => 300, seconds => 120, seed => int rand 1 << 31);
GetOptions(\%option, qw(url=s secrets=s neighbours=i seconds=f seed=i help))
    && !@ARGV or usage(2);
usage(0) if $option{help};
usage(2) if $option{neighbours} < 1 || $option{neighbours} > NEIGHBOURS_MAX
    || $option{seconds} < 5 || $option{seconds} > SECONDS_MAX;
my $here = qr{^http://(?:127\.0\.0\.1|localhost|\[::1\])(?::\d+)?/?\z};
fail("$option{url} is not this machine: a crowd is for one's own demo.\n")
    if $option{url} !~ $here;

my $server = Tuanbo::History::Server->new(url => $option{url},
    secrets => $option{secrets}, user_header => 'X-Buyer');
$server->signs($_) or fail("$option{secrets} has no secret `$_`: is the demo"
    . " running (make run)?\n") for qw(admin orders);

my $run = sprintf 'e%x', time;
my $choose = Tuanbo::Crowd::Choices->new($option{seed});
my $told = Tuanbo::Crowd::Told->new;
my $agent = Mojo::UserAgent->new(max_connections => 400, max_redirects => 0,
    connect_timeout => 30, inactivity_timeout => 0, request_timeout => 60);

# a stream lasts as long as the evening
my $watching = Mojo::UserAgent->new(max_connections => 400,
    max_redirects => 0, connect_timeout => 30, inactivity_timeout => 0,
    request_timeout => 0);
my $began;
my $key = 0;

my %sale = map { $_ => "$run-$_" } qw(grape berry rain draw);
my $session = "$run-evening";
my @neighbours = map { { name => "$run-n$_", number => $_, paid => [],
    point => $POINTS[$choose->below(scalar @POINTS, $_, 'point')] } }
    1 .. $option{neighbours};


sub usage ($status) {
    print { $status ? *STDERR : *STDOUT } <<'USAGE';
crowd.pl [--url http://127.0.0.1:8080] [--secrets DIR] [--neighbours N]
    [--seconds N] [--seed N]

An evening against the running demo. --neighbours up to 2000 (300), --seconds
from 5 to 600 (120). The same seed makes the same choices.
USAGE
    exit $status;
}


sub fail ($why) {
    print STDERR $why;
    exit 1;
}


sub say_when ($words) {
    printf "%5.1f s  %s\n", time - $began, $words;
}


# ------------------------------------------------------------------- requests

# A request whose answer is told of by what it was; a promise of it.
sub ask ($what, $method, $target, %o) {
    $o{key} //= "$run-" . ++$key if $method ne 'GET';
    my $since = time;

    return $agent->start_p($server->tx($agent, $method, $target, %o))
        ->then(sub ($tx) {
            my $code = $tx->res->code;
            my $why = $code >= 400 ? ($tx->res->json // {})->{code} // '' : '';
            $told->answer($what, time - $since, $why || $code, $code >= 500);
            return $tx->res;
        }, sub ($err) {
            $told->answer($what, time - $since, 'no answer', 1);
            return undef;
        });
}


# The operator's, one after the other, outside of the evening.
sub must ($method, $target, $body = undef, $role = 'admin') {
    my $tx = $agent->start($server->tx($agent, $method, $target,
        role => $role, key => "$run-" . ++$key,
        defined $body ? (body => $body) : ()));

    fail("$option{url} does not answer: is the demo running (make run)?\n")
        if !$tx->res->code;
    fail("$method $target: " . $tx->res->code . ' ' . $tx->res->body . "\n")
        if !$tx->res->is_success;

    return $tx->res->json;
}


sub host ($what, $target, $body = undef) {
    return ask($what, POST => "/admin/sessions/$session/$target",
        role => 'admin', defined $body ? (body => $body) : ());
}


# So many hundredths of the evening from now on.
sub later ($parts, $code) {
    Mojo::IOLoop->timer($parts * $option{seconds} / 100 => $code);
}


# ----------------------------------------------------------------- neighbours

# The page, then the room's stream, as long as the evening lasts.
sub comes ($one) {
    ask('page', GET => "/live/$session", user => $one->{name})->then(sub {
        my $tx = $server->tx($watching, GET => "/api/events?session=$session",
            user => $one->{name});
        my $rest = '';

        $tx->req->headers->accept('text/event-stream');
        $tx->res->max_message_size(0);
        $tx->res->content->unsubscribe('read')->on(read => sub ($, $bytes) {
            $rest .= $bytes;
            while ($rest =~ s/\A(.*?)\n\n//s) {
                hears($one, $1);
            }
        });
        $one->{stream} = $tx;
        $watching->start($tx => sub ($, $tx) {
            $told->count('viewers dropped') if !$one->{gone};
        });
    });
}


sub hears ($one, $event) {
    my ($name) = $event =~ /^event: (\w+)/m or return;
    my ($data) = $event =~ /^data: (.*)/m;

    if ($name eq 'snapshot') {
        $told->count('viewers') if !$one->{sees}++;
    }
    elsif ($name eq 'comment') {
        my ($said) = ($data // '') =~ /#(\d+)"/;
        $told->seen(time - $began - $said / 1000) if defined $said;
    }
}


# When it was said is in the words, so that everybody knows how old it is.
sub talks ($one) {
    my $words = $WORDS[$choose->below(scalar @WORDS, $one->{number}, 'words')];

    ask('comment', POST => "/api/sessions/$session/comments",
        user => $one->{name}, body => { text => sprintf '%s #%d', $words,
        1000 * (time - $began) });
}


# One tap: some pay, some think better of it, some forget.
sub taps ($one, $sale) {
    my ($what) = $sale =~ /(\w+)$/;
    my $qty = 1 + $choose->below(2, $one->{number}, $what, 'qty');
    my $mood = $choose->below(100, $one->{number}, $what, 'mood');
    my $thinks = $choose->below(5, $one->{number}, $what, 'thinks');

    ask('tap', POST => '/api/holds', user => $one->{name}, body => {
        sale => $sale, qty => $qty, pickup => $one->{point} })->then(
            sub ($res) {
        return if !$res || ($res->code // 0) !~ /^20/;
        my $hold = $res->json;

        $told->count('units held', $qty);
        if ($mood < 80) {
            later(1 + $thinks, sub { pays($one, $hold) });
        }
        elsif ($mood < 92) {
            later(1 + $thinks, sub {
                ask('give back', POST => "/api/holds/$hold->{id}/release",
                    user => $one->{name});
            });
        }
        else {
            $told->count('forgot to pay');
        }
    });
}


# What the demo's order service says when somebody has paid there.
sub pays ($one, $hold) {
    ask('payment', POST => "/orders/$hold->{id}/confirm", role => 'orders',
        body => { payment => "$run-$hold->{id}",
        paid_fen => $hold->{amount_fen} })->then(sub ($res) {
        return if !$res || !$res->is_success;
        my $outcome = ($res->json // {})->{outcome} // $res->json->{state};

        $told->count("paid: $outcome");
        push @{ $one->{paid} }, $hold->{id} if $outcome eq 'sold';
    });
}


sub takes ($one, $giving) {
    ask('gift', POST => '/api/holds', user => $one->{name},
        body => { sale => $giving, qty => 1 });
}


# All within a second, as people do who look at the same picture.
sub everybody ($part, $what, $code) {
    for my $one (@neighbours) {
        next if $choose->below(100, $one->{number}, $what, 'joins') >= $part;
        Mojo::IOLoop->timer($choose->below(1000, $one->{number}, $what,
            'when') / 1000 => sub { $code->($one, $sale{$what}) });
    }
}


# -------------------------------------------------------------------- evening

sub prepare () {
    my $now = int(1000 * time);
    my %of = (doc => { session => $session });

    must(PUT => "/admin/documents/session/$session", { host => '李姐',
        title => '热闹的一晚', starts_at => $now,
        ends_at => $now + 3_600_000 });
    must(PUT => "/admin/sales/$sale{grape}", { title => '葡萄',
        price_fen => 3980, stock => int($option{neighbours} * 2 / 3) || 1,
        limit => 2, hold_ms => int(150 * $option{seconds}),
        doc => { session => $session, product => 'grape',
        pickups => \@POINTS } });
    must(PUT => "/admin/sales/$sale{berry}", { title => '草莓',
        price_fen => 5980, stock => $option{neighbours}, limit => 2,
        goal => int($option{neighbours} / 10) || 1,
        hold_ms => int(150 * $option{seconds}), doc => {
        session => $session, product => 'strawberry',
        pickups => \@POINTS } });
    must(PUT => "/admin/sales/$sale{rain}", { title => '红包雨',
        stock => int($option{neighbours} / 3) || 1, limit => 1,
        gives => { kind => 'packet', valid_ms => 86_400_000,
        total_fen => 100 * (int($option{neighbours} / 3) || 1) }, %of });
    must(PUT => "/admin/sales/$sale{draw}", { title => '抽葡萄',
        stock => $option{neighbours}, limit => 1, gives => { kind => 'ticket',
        valid_ms => 86_400_000, prizes => [{ title => '葡萄一箱',
        count => 1 }] }, %of });
}


sub evening () {
    $began = time;
    for my $one (@neighbours) {
        later($choose->below(1000, $one->{number}, 'comes') / 100,
            sub { comes($one) });
        later(12 + $choose->below(60, $one->{number}, 'talks'),
            sub { talks($one) })
            if $choose->below(100, $one->{number}, 'is one who talks') < 60;
    }

    later(2, sub {
        say_when('the host goes on the air');
        host('start', 'start');
    });
    later(15, sub {
        say_when('grapes on camera: everybody taps');
        host('pin', 'pin', { sale => $sale{grape} });
        everybody(90, 'grape', \&taps);
    });
    later(40, sub {
        say_when('red packets');
        host('pin', 'pin', { sale => $sale{rain} });
        everybody(80, 'rain', \&takes);
    });
    later(50, sub {
        say_when('strawberries, for a group');
        host('pin', 'pin', { sale => $sale{berry} });
        everybody(40, 'berry', \&taps);
    });
    later(65, sub {
        say_when('tickets for the draw');
        everybody(70, 'draw', \&takes);
    });
    later(85, sub {
        say_when('the draw; good night');
        host('close', 'pin', { sale => undef })->then(sub {
            return host('end', 'end');
        });
    });
    later(100, sub { Mojo::IOLoop->stop });

    Mojo::IOLoop->start;
    $_->{gone} = 1 for @neighbours;
}


# ----------------------------------------------------------------- afterwards

# Sales end, what was drawn is shown, and who has not paid has lost the hold.
sub close_up () {
    for my $name (sort keys %sale) {
        must(POST => "/admin/sales/$sale{$name}/close");
    }
    my $drawn = decode_json($server->get("/api/sales/$sale{draw}/draw")->body);
    say_when("drawn: $drawn->{entries} tickets, "
        . scalar(@{ $drawn->{winners} // [] }) . ' won; compute it again at '
        . "$option{url}/draw/$sale{draw}");
}


# The next day: the van comes, and neighbours with it.
sub next_day () {
    my $wave = "$run-van";
    my @sales = @sale{qw(berry grape)};

    must(PUT => "/admin/waves/$wave", { sales => \@sales,
        cut_at => int(1000 * time) - 1 });
    my $state;
    for (1 .. 100) {
        $state = decode_json($server->get("/admin/waves/$wave",
            role => 'admin')->body);
        last if $state->{seq};
        select undef, undef, undef, .1;
    }
    $state->{seq} or fail("the wave was not cut\n");

    my $units = 0;
    for my $point (@{ $state->{points} }) {
        my @lines = map { { sale => $_->{sale}, qty => $_->{ordered} } }
            grep { $_->{ordered} } @{ $point->{lines} } or next;
        $units += $_->{qty} for @lines;
        must(POST => "/admin/waves/$wave/receive", { pickup =>
            $point->{pickup}, lines => \@lines, final => Mojo::JSON->true });
    }
    say_when("the van brings $units units");

    my @orders = map { @{ $_->{paid} } } @neighbours;
    my $handed = 0;
    for my $order (@orders) {
        my $said = must(POST => "/orders/$order/picked-up", {
            nonce => "$run-$order", via => 'scan' }, 'orders');
        $handed++ if ($said->{outcome} // '') eq 'handed_over';
    }
    say_when("$handed of " . @orders . ' orders are handed over');
}


sub audited () {
    my $audit = $server->audit;

    print 'audit: ', $audit->{ok} ? 'it all adds up' : 'IT DOES NOT ADD UP',
        "\n";

    return $audit->{ok};
}


say "seed $option{seed}, $option{neighbours} neighbours,"
    . " $option{seconds} seconds: $option{url}/live/$session";
prepare();
evening();
close_up();
next_day();
$told->print;
my $fine = audited() && !$told->failures;
exit($fine ? 0 : 1);
