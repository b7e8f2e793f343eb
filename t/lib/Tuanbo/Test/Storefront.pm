package Tuanbo::Test::Storefront;

# A test's nginx with the storefront, and buyers: each a browser without
# scripts, with cookies of its own, that posts the forms it was shown.

use v5.36;

use Mojo::Parameters;
use Mojo::URL;
use Mojo::UserAgent;
use Test::More;
use Tuanbo::Test;
use Tuanbo::Test::Lua;


# Options: those of Tuanbo::Test; shop: more fields of setup{}; login: 1 for
# the fleet's login, which says who by X-Login; templates: a directory;
# checkout: the port of an order service.
sub storefront ($class, %option) {
    my $root = Tuanbo::Test::root();
    my $shop = delete $option{shop} // '';
    my $login = delete $option{login};
    my $checkout = delete $option{checkout};
    my $templates = delete $option{templates} // "$root/templates";
    my $secret = delete $option{secret} // "secret-of-the-session-\n" x 2;
    my %lua = Tuanbo::Test::Lua->options(%option, user => '');
    my $t = Tuanbo::Test->new(%lua);
    my $dir = $t->dir;

    write_file("$dir/secrets/session", $secret);
    chmod 0600, "$dir/secrets/session";
    $t->{http} .= <<"CONF";
    include $root/conf/tuanbo/http.conf;
    init_by_lua_block {
        require("tuanbo.storefront").setup {
            secret = "$dir/secrets/session", shop = "Xingfu",
            templates = "$templates", $shop
        }
    }
CONF
    $t->{http} .= <<"CONF" if $checkout;
    upstream checkout { server 127.0.0.1:$checkout; keepalive 4; }
CONF
    $t->{http} .= <<"CONF" if $login;
    upstream tuanbo_login { server 127.0.0.1:@{[ $t->port ]}; }
CONF
    $t->{server} .= "set \$tuanbo_templates $templates;\n"
        . "include $root/conf/tuanbo/server.conf;\n";
    $t->{server} .= "include $root/conf/tuanbo/checkout.conf;\n" if $checkout;
    $t->{server} .= <<"CONF" if $login;
    include $root/conf/tuanbo/buyer-login.conf;
    location = /whoami {
        auth_request off;
        add_header X-User \$http_x_login;
        return 200;
    }
CONF
    $t->{locations} = join '', map { s/\{/{ auth_request off;/r }
        grep { !m{location /api/} } split /^/, $t->usual_locations;

    return $t;
}


sub write_file ($path, $text) {
    open my $file, '>', $path or die "$path: $!";
    print {$file} $text;
    close $file or die $!;
}


# ------------------------------------------------------------------- a buyer

# headers: sent with each request.
sub buyer ($class, $t, %headers) {
    return bless { t => $t, headers => { 'Accept-Language' => 'zh-CN,zh',
        %headers }, ua => Mojo::UserAgent->new(max_connections => 0,
        max_redirects => 0, insecure => 1,
        inactivity_timeout => 150 * Tuanbo::Test::slower) }, $class;
}


sub res ($self) { $self->{res} }
sub dom ($self) { $self->{res}->dom }
sub text ($self) { $self->dom->at('main')->all_text =~ s/\s+/ /gr }
sub id ($self) { ($self->{path} =~ m{/h/([0-9a-f]{32})})[0] }
sub path ($self) { $self->{path} }


sub cookie ($self, $name) {
    for my $cookie ($self->{ua}->cookie_jar->all->@*) {
        return $cookie if $cookie->name eq $name;
    }

    return;
}


sub start ($self, $method, $path, $body = undef) {
    my %headers = $self->{headers}->%*;

    $headers{'Content-Type'} = 'application/x-www-form-urlencoded'
        if defined $body;
    my $tx = $self->{ua}->build_tx($method => $self->{t}->url($path),
        \%headers, $body // ());

    $self->{path} = $path;
    $self->{res} = $self->{ua}->start($tx)->res;

    return $self;
}


sub get ($self, $path) {
    $self->start(GET => $path);

    # as browsers do
    while (($self->res->code // 0) == 303) {
        my $to = Mojo::URL->new($self->res->headers->location);
        $self->start(GET => $to->path_query);
    }

    return $self;
}


# What a field has, as it is shown.
sub shown ($field) {
    return $field->val // '' if $field->tag ne 'textarea';

    # the line break after the tag is not its text's
    return $field->text =~ s/^\n//r;
}


# The form at a selector, with its fields as they are shown and those given;
# what it is answered with is followed. A button that leads elsewhere is not the
# one that is pressed.
sub submit ($self, $selector, %fields) {
    my $form = $self->dom->at($selector) or die "no form $selector";

    return $self->send($form, $form->attr('action'), %fields);
}


# The button at a selector, with the form that it belongs to.
sub press ($self, $selector, %fields) {
    my $button = $self->dom->at($selector) or die "no button $selector";
    my $form = $button->attr('form')
        ? $self->dom->at('#' . $button->attr('form'))
        : $button->ancestors('form')->first;

    $fields{ $button->attr('name') } = $button->val
        if defined $button->attr('name');

    return $self->send($form, $button->attr('formaction')
        // $form->attr('action'), %fields);
}


sub send ($self, $form, $action, %fields) {
    my $all = $form->find('input, select, textarea, button[name]');
    my @pairs;

    for my $field ($all->each) {
        my $type = $field->attr('type') // '';
        next if !defined $field->attr('name');
        next if defined $field->attr('form')
            || defined $field->attr('formaction');
        next if $type =~ /^(?:radio|checkbox)$/
            && !exists $field->attr->{checked};
        next if exists $fields{ $field->attr('name') };
        push @pairs, $field->attr('name'), shown($field);
    }

    push @pairs, %fields;
    $self->{headers}{Origin} = $self->{t}->url('');
    $self->start(POST => $action,
        Mojo::Parameters->new(@pairs)->to_string);

    if ($self->res->code == 303) {
        my $to = Mojo::URL->new($self->res->headers->location);
        return $self->get($to->path_query);
    }

    return $self;
}


1;
