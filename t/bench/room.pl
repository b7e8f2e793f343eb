#!/usr/bin/perl

# A room with many streams, 20 comments a second, and one worker: how soon a
# comment is on a screen, and what it costs those who buy.
#
#     room.pl [STREAMS] [SECONDS]      5000 and 10
#
# It prints a table.

use v5.36;

use FindBin;
use lib "$FindBin::Bin/../lib";
use Tuanbo::Test;

my $streams = shift // 5000;
my $seconds = shift // 10;
my $room = "$FindBin::Bin/../../build/bench/room";

my $t = Tuanbo::Test->new(workers => 1, store => 'size=1g',
    http => 'flashsale_comments session=100/1s;');
{
    no warnings 'redefine';
    my $conf = \&Tuanbo::Test::conf;
    *Tuanbo::Test::conf = sub ($self) {
        return $conf->($self)
            =~ s/worker_connections 1024/worker_connections 20000/r;
    };
}
$t->start;
$t->define_sale('grape', price_fen => 100, stock => 1_000_000);
$t->admin(PUT => '/documents/session/fruit', json => { title => 'fruit' });

my $turns = sub {
    my $text = $t->get('/metrics')->body;
    my ($ten) = $text =~
        /^flashsale_turn_seconds_bucket\{le="0\.010000"\} (\d+)$/m;
    my ($sum) = $text =~ /^flashsale_turn_seconds_count (\d+)$/m;

    return defined $ten ? ($sum - $ten) : undef;
};

printf "%-8s %-8s %8s %8s %8s\n", 'comments', '', 'p50', 'p99', 'max';
for my $rate (0, 20) {
    my $long = $turns->();
    my $out = qx($room @{[$t->port]} fruit $streams $seconds $rate grape);
    for (split /\n/, $out) {
        my ($name, @ms) = split;
        printf "%-8s %-8s %8s %8s %8s\n", "$rate/s", $name, @ms
            if $name ne 'seen';
        say "$rate/s     $_" if $name eq 'seen' && $rate;
    }
    my $now = $turns->();
    say "$rate/s     turns over 10 ms: ", $now - $long if defined $now;
}
$t->finish;
