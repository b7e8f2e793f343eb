package OrderService::Pages;

# What a browser sees, and what nginx asks for in its name.

use Mojo::Base 'Mojolicious', -signatures;
use v5.36;

use Mojo::File qw(curfile);
use Mojo::JSON qw(decode_json from_json);
use Mojo::Promise;
use Mojo::URL;
use Mojo::UserAgent;
use Mojo::Util qw(decode encode url_unescape);
use POSIX qw(strftime);
use Scalar::Util qw(weaken);

use constant {
    LIST_MAX       => 50,
    TITLES_AGAIN_S => 60,
};

has [qw(database follower nginx prefix secrets_of teller)];
has busy => 0;
has titles => sub { {} };
has ua => sub {
    Mojo::UserAgent->new(connect_timeout => 1, request_timeout => 2,
        max_redirects => 0);
};


sub startup ($self) {
    my $root = curfile->dirname->sibling('..')->to_abs;

    $self->mode('production');
    $self->log->level('info');
    $self->secrets([OrderService::Database::random_hex()]);
    $self->max_request_size(65_536);
    $self->renderer->paths(["$root/templates"]);
    $self->static->paths(["$root/public"]);
    $self->defaults(layout => 'page');

    # as the shop writes it: 39.8 for 3980, 40 for 4000
    $self->helper(yuan => sub ($c, $fen) {
        sprintf('%.2f', $fen / 100) =~ s/\.?0+\z//r . ' 元';
    });
    $self->helper(clock => sub ($c, $ms) {
        strftime('%H:%M:%S', localtime($ms / 1000));
    });
    $self->helper(problem => sub ($c, @problem) { problem($c, @problem) });
    $self->helper(line_fen => sub ($c, $line) { line_fen($line) });
    $self->helper(said => sub ($c, $answer) { said($answer) });
    $self->helper(label => sub ($c, $buyer) { label($buyer) });
    $self->helper(masked => sub ($c, $name) { substr($name, 0, 1) . '**' });
    $self->hooks;
    $self->map_routes;
}


sub hooks ($self) {
    weaken $self;
    $self->hook(before_dispatch => sub ($c) {
        my $headers = $c->res->headers;

        # before the path is taken apart: it was signed as it came
        $c->stash(target => $c->req->url->path_query);
        $headers->header('Content-Security-Policy' => policy());
        $headers->header('Referrer-Policy' => 'same-origin');
        $headers->header('X-Content-Type-Options' => 'nosniff');
        $headers->cache_control('no-store');
    });
    $self->hook(after_build_tx => sub ($tx, $app) {
        $app->busy($app->busy + 1);
        $tx->on(finish => sub { $app->busy($app->busy - 1) });
    });
}


# Chromium holds form-action against redirects as well.
sub policy ($return_to = '') {
    my $url = Mojo::URL->new($return_to);
    my $origin = $url->host ? ' ' . $url->scheme . '://' . $url->host_port : '';

    return "default-src 'none'; style-src 'self'; base-uri 'none';"
        . " frame-ancestors 'none'; form-action 'self'$origin";
}


sub map_routes ($self) {
    my $routes = $self->routes;
    my $prefix = $self->prefix;

    $routes->get('/health' => sub ($c) { health($c) });
    $routes->get('/checkout/:hold' => sub ($c) { look($c) });
    $routes->post('/checkout/:hold' => sub ($c) { checkout($c) });
    $routes->get("$prefix/pay/:token" => sub ($c) { pay_page($c) });
    $routes->post("$prefix/pay/:token" => sub ($c) { decide($c) });
    $routes->get("$prefix/orders" => sub ($c) { list($c) });
    $routes->get("$prefix/order-service.css" => sub ($c) {
        $c->res->headers->cache_control('max-age=60');
        $c->reply->static('order-service.css');
    });
    $routes->any('/*any' => { any => '' } => sub ($c) {
        $c->problem(404, '这里什么也没有', 'There is nothing here');
    });
}


# Flashsale-Buyer of the storefront: NAME;DIGITS;ID or ID, each part with %XX
# for what parts them. Of another one it is all the id.
sub label ($buyer) {
    my @parts = map { decode('UTF-8', url_unescape(encode('UTF-8', $_))) // $_ }
        split /;/, $buyer, -1;
    my %label;

    if (@parts == 3 && $parts[0] ne '' && $parts[1] =~ /\A[0-9]{4}\z/) {
        @label{qw(name digits id)} = @parts;
    } else {
        $label{id} = @parts == 1 ? $parts[0] : $buyer;
    }

    return \%label;
}


sub problem ($c, $status, $chinese, $english) {
    $c->render('problem', status => $status, title => $chinese,
        chinese => $chinese, english => $english);

    return;
}


# ----------------------------------------------------------------- checkout

# What nginx says about a hold, or nothing, and the answer is sent.
sub signed_checkout ($c) {
    my $headers = $c->req->headers;
    my @values = map { $headers->header("Flashsale-$_") // '' }
        qw(Hold Lines Amount Buyer Return Expires);
    my %checkout;

    if (!$c->app->secrets_of->authentic('checkout',
        $headers->header('Flashsale-Signature'), $c->req->method,
        $c->stash('target'), join("\n", @values)))
    {
        return $c->problem(401, '这个请求不是店铺发来的，或者太旧了，没有下单',
            'This did not come from the shop, or is too old. Nothing was'
            . ' ordered');
    }

    @checkout{qw(hold lines amount_fen buyer return_to expires_at)} =
        map { decode('UTF-8', $_) // $_ } @values;
    my $wrong = wrong_field($c->stash('hold'), \%checkout);
    return \%checkout if !$wrong;

    $c->app->log->error("checkout of $checkout{hold}: $wrong");

    return $c->problem(400, '订单的内容不完整，没有下单',
        "This cannot be ordered: $wrong. Nothing was ordered");
}


sub wrong_field ($hold, $checkout) {
    my $lines = eval { decode_json($checkout->{lines}) };
    my $sum = 0;

    return 'Flashsale-Hold' if $checkout->{hold} ne $hold
        || $hold !~ /\A[0-9a-f]{32}\z/;
    return 'Flashsale-Lines' if ref $lines ne 'ARRAY' || !@$lines
        || @$lines > 8;
    for my $line (@$lines) {
        return 'Flashsale-Lines' if ref $line ne 'HASH'
            || ($line->{sale} // '') !~ /\A[a-z0-9-]{1,64}\z/
            || grep { ($_ // '') !~ /\A[0-9]{1,12}\z/ }
            @$line{qw(qty price_fen)}, $line->{off_fen} // 0;
        $sum += line_fen($line);
    }

    return 'Flashsale-Amount' if $checkout->{amount_fen} ne $sum;
    return 'Flashsale-Expires'
        if $checkout->{expires_at} !~ /\A[0-9]{1,15}\z/;
    return 'Flashsale-Return' if $checkout->{return_to}
        !~ m{\A(?:/(?![/\\])|https?://[^/])[\x21-\x7e]*\z};

    return;
}


# What a line costs, with what a gift takes off it.
sub line_fen ($line) {
    return $line->{qty} * $line->{price_fen} - ($line->{off_fen} // 0);
}


# POST: the order of the hold, made now or before, and on to its own page.
sub checkout ($c) {
    my $checkout = signed_checkout($c) or return;
    my $order = $c->app->database->order_for($checkout);

    if ($order->{amount_fen} != $checkout->{amount_fen}) {
        return $c->problem(409, '这份预占已经有另一个订单了',
            'This hold has another order already');
    }

    see_other($c, $c->app->prefix . "/pay/$order->{token}");
}


# GET: somebody opened the address by hand. It changes nothing.
sub look ($c) {
    my $checkout = signed_checkout($c) or return;
    my $order = $c->app->database->order($checkout->{hold});

    return see_other($c, $c->app->prefix . "/pay/$order->{token}") if $order;

    $c->render('start', title => '去付款', action => $c->stash('target'),
        amount_fen => $checkout->{amount_fen},
        return_to => $checkout->{return_to});
}


# As it is: a path stays a path, whatever name the service has behind nginx.
sub see_other ($c, $location) {
    $c->res->headers->location($location);
    $c->rendered(303);
}


# ----------------------------------------------------------------- pay page

sub order_of_page ($c) {
    my $order = $c->app->database->order_by_token($c->stash('token'));

    return $order // $c->problem(404, '没有这个付款页面',
        'There is no such pay page');
}


sub pay_page ($c) {
    my $order = order_of_page($c) or return;
    my $lines = decode_json($order->{lines});

    $c->res->headers->header('Content-Security-Policy' =>
        policy($order->{return_to}));
    $c->render_later;
    titles_p($c->app, map { $_->{sale} } @$lines)->then(sub {
        $c->render('pay', title => '付款', order => $order, lines => $lines,
            titles => $c->app->titles,
            over => $order->{expires_at} < OrderService::Database::now_ms());
    })->catch(sub ($error) { $c->reply->exception($error) });
}


# The titles of sales, as the shop writes them; a slug until it answers.
sub titles_p ($app, @sales) {
    my $titles = $app->titles;
    my @missing = grep { !$titles->{$_} || $titles->{$_}{until} < time }
        @sales;

    return Mojo::Promise->resolve if !@missing;

    return Mojo::Promise->all_settled(map {
        my $sale = $_;
        $app->ua->get_p($app->nginx . "/api/sales/$sale")->then(sub ($tx) {
            my $title = ($tx->res->json // {})->{title} // return;
            $titles->{$sale} = { title => $title,
                until => time + TITLES_AGAIN_S };
        });
    } @missing);
}


sub decide ($c) {
    my $order = order_of_page($c) or return;
    my $action = $c->req->body_params->param('action') // '';

    if ($action !~ /\A(?:pay|fail|late)\z/) {
        return $c->problem(400, '没有这个选项', 'There is no such choice');
    }

    $c->app->database->decide($order, $action);
    $c->app->teller->look;
    see_other($c, $order->{return_to});
}


# -------------------------------------------------------------------- others

sub list ($c) {
    my $app = $c->app;

    $c->render('orders', title => '演示订单', limit => LIST_MAX,
        orders => [$app->database->newest_orders(LIST_MAX)],
        counts => $app->database->counts,
        position => $app->database->position,
        alarm => $app->follower->alarm,
        following => $app->follower->following);
}


# nginx's answer in a word or two.
sub said ($answer) {
    my $json = eval { from_json($answer) } // {};

    return "$json->{outcome} " . ($json->{reason} // '')
        if defined $json->{outcome};

    return $json->{code} // $json->{state} // '';
}


sub health ($c) {
    my $app = $c->app;
    my $counts = $app->database->counts;
    my $alarm = $app->follower->alarm;

    $c->render(status => $alarm ? 503 : 200, json => {
        ok => $alarm ? Mojo::JSON->false : Mojo::JSON->true,
        following => $app->follower->following
            ? Mojo::JSON->true : Mojo::JSON->false,
        alarm => $alarm, seq => $app->database->position->{seq} + 0,
        map { $_ => $counts->{$_} + 0 } keys %$counts });
}


1;
