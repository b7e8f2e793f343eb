#!/usr/bin/perl

# A demo order service: what stands behind nginx's proxy_pass at the checkout.
# It moves no money and says so on each page; the rest is meant to be copied.
# docs/checkout.md is its contract with nginx.
#
#     order-service.pl --nginx http://127.0.0.1:8080 --secrets data/secrets \
#         --database data/orders.db [--port 8090] [--public /demo]
#
#     --nginx     where nginx answers /orders/, /ledger and /api/
#     --secrets   a directory with the files checkout, orders and ledger
#     --database  the SQLite file; it is made when it is not there
#     --port      where it listens, on 127.0.0.1 only
#     --public    the path under which nginx passes browsers on to its pages
#
# Instead of an option the environment: ORDER_SERVICE_NGINX and so on. SIGTERM
# and SIGINT end it: no new requests, those on their way are finished.

use v5.36;

use FindBin;
use lib "$FindBin::Bin/lib";

use Getopt::Long qw(GetOptions);
use Mojo::IOLoop;
use Mojo::Server::Daemon;

use OrderService::Database;
use OrderService::Follower;
use OrderService::Pages;
use OrderService::Secrets;
use OrderService::Teller;

use constant LAST_ANSWERS_S => 3;

my %option = (
    port => 8090,
    public => '/demo',
    map { lc s/^ORDER_SERVICE_//r => $ENV{$_} }
        grep { /^ORDER_SERVICE_(?:NGINX|SECRETS|DATABASE|PORT|PUBLIC)\z/ }
        keys %ENV,
);

GetOptions(\%option, qw(nginx=s secrets=s database=s port=i public=s))
    or exit 2;

for my $name (qw(nginx secrets database)) {
    next if length($option{$name} // '');
    say STDERR "$0: --$name is missing";
    exit 2;
}

my $secrets = OrderService::Secrets->new($option{secrets},
    qw(checkout orders ledger));
my $database = OrderService::Database->new($option{database});
my $app = OrderService::Pages->new(secrets_of => $secrets,
    database => $database, nginx => $option{nginx},
    prefix => $option{public});
my %parts = (database => $database, secrets => $secrets, log => $app->log,
    nginx => $option{nginx});
my $teller = OrderService::Teller->new(%parts);
my $follower = OrderService::Follower->new(%parts,
    changed => sub { $teller->look });

$app->teller($teller)->follower($follower);

my $daemon = Mojo::Server::Daemon->new(app => $app, silent => 1,
    listen => ["http://127.0.0.1:$option{port}"], keep_alive_timeout => 30);

$daemon->start;
$teller->start;
$follower->start;
$app->log->info("a demo order service, on 127.0.0.1:$option{port};"
    . ' it moves no money');

# Nothing is lost without this: the queue is on disk, and whoever was told
# half is told again. It only spares others the repeats.
my $ending;
my $end = sub {
    return if $ending++;
    $daemon->stop;
    $follower->stop;
    $teller->stop;
    my $patience = time + LAST_ANSWERS_S;
    Mojo::IOLoop->recurring(0.05 => sub {
        return if time < $patience && ($teller->busy || $app->busy);
        Mojo::IOLoop->stop;
    });
};

local $SIG{TERM} = local $SIG{INT} = $end;
Mojo::IOLoop->start;
$database->close;
$app->log->info('ended');
