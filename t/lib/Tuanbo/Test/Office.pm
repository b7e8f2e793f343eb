package Tuanbo::Test::Office;

# A shop with its storefront, the office beside it, and the office's clerk: all
# three for real, the desk asked through the shop.
#
#     my $o = Tuanbo::Test::Office->new->start;
#     my $owner = $o->owner;          a browser that is logged in
#     $o->shop, $o->office, $o->clerk

use v5.36;

use Test::More;
use Tuanbo::Test;
use Tuanbo::Test::Clerk;
use Tuanbo::Test::Lua;
use Tuanbo::Test::Storefront;


# office: more lines of the office's server block; shop: of the shop's; store:
# of both, beside its path; templates: a directory of the office's own; setup:
# more fields of the office's setup{}; http: more of its http block; storefront:
# options of the shop (an array).
sub new ($class, %option) {
    my $root = Tuanbo::Test::root();
    my %store = $option{store} ? (store => $option{store}) : ();
    my $shop = Tuanbo::Test::Storefront->storefront(%store,
        server => $option{shop} // '', ($option{storefront} // [])->@*);
    my $clerk = Tuanbo::Test::Clerk->new;
    my $office = Tuanbo::Test->new(Tuanbo::Test::Lua->options(
        %store, store_path => $shop->store_path, workers => 1, user => '',
        http => 'flashsale_lead off;' . ($option{http} // '')));
    my $dir = $office->dir;
    my $templates = $option{templates} // "$root/templates";

    $office->set_secrets($_, $shop->{secrets}{$_}) for keys $shop->{secrets}->%*;
    $office->set_secrets(warehouse => 'secret-of-warehouse-' . rand);
    $office->set_secrets(desk => 'secret-of-the-desk-' . rand);
    $office->{http} .= <<"CONF";
    init_by_lua_block {
        require("tuanbo.office").setup {
            secret = "$dir/secrets/desk", orders = "$dir/secrets/orders",
            admin = "$dir/secrets/admin",
            warehouse = "$dir/secrets/warehouse", data = "@{[ $clerk->dir ]}",
            shop = "Xingfu", templates = "$templates",
            @{[ $option{setup} // '' ]}
        }
    }
    upstream shop { server 127.0.0.1:@{[ $shop->port ]}; keepalive 4; }
CONF
    $office->{server} .= "include $root/conf/office/server.conf;\n"
        . ($option{office} // '');
    $office->{locations} = '';
    $shop->{http} .= 'upstream office { server 127.0.0.1:' . $office->port
        . "; keepalive 4; }\n";
    $shop->{server} .= "include $root/conf/tuanbo/desk.conf;\n"
        . 'set $tuanbo_office ' . $clerk->dir . ";\n";

    return bless { shop => $shop, office => $office, clerk => $clerk }, $class;
}


sub shop ($self) { $self->{shop} }
sub office ($self) { $self->{office} }
sub clerk ($self) { $self->{clerk} }


# The clerk is of the user of the office's worker, as everywhere.
sub start ($self) {
    my @as = $> == 0 ? qw(setpriv --reuid=nobody --regid=nogroup
        --clear-groups) : ();

    if (@as) {
        my ($uid, $gid) = (getpwnam 'nobody')[2, 3];
        chown $uid, $gid, $self->clerk->dir or die $!;
    }

    $self->shop->start;

    # the office reads what the shop has made
    Tuanbo::Test::wait_until(sub {
        -s $self->shop->store_path . '/people/data.mdb'
            && $self->shop->get('/api/sales')->code == 200
    }) or die 'the shop has no store';
    $self->clerk->start(@as);
    $self->office->start;

    return $self;
}


sub browser ($self, %headers) {
    return Tuanbo::Test::Storefront->buyer($self->shop, %headers);
}


# The path of a new invitation of the owner's, as the command prints it.
sub invitation ($self, $owner = 'Lin') {
    my ($code, $said) = $self->clerk->tool('invite', '--owner', $owner,
        '--url', $self->shop->url(''));

    $code == 0 or die "no invitation: $said";

    return $said =~ m{(/desk/in/\S+)} ? $1 : die $said;
}


# A browser that has used an invitation up.
sub enter ($self, $path) {
    my $browser = $self->browser;

    $browser->get($path)->submit('form[action^="/desk/in/"]');

    return $browser;
}


sub owner ($self) { $self->enter($self->invitation) }


1;
