package Tuanbo::Test::Lua;

# The storefront's Lua in a test's nginx: lines of its conf, and calls of the
# engine's functions by HTTP.

use v5.36;

use Test::More;
use Tuanbo::Test;

my $modules = '/usr/lib/nginx/modules';


# What Tuanbo::Test->new gets: options main, http and server, added to those
# given.  Skips all tests where this nginx does not take Debian's module.
sub options ($class, %option) {
    my $root = Tuanbo::Test::root();
    my $probe = Tuanbo::Test->new;
    my $load = "load_module $modules/ndk_http_module.so;\n"
        . "load_module $modules/ngx_http_lua_module.so;\n";
    my ($status, $said) = $probe->check_conf("error_log stderr;\n"
        . "pid logs/nginx.pid;\n$load" . "events { }\n");

    if ($status != 0) {
        plan(skip_all => "no lua-nginx-module for this nginx: $said");
    }

    my %added = (
        main => $load . ($option{main} // ''),
        http => "lua_package_path \"$root/lua/?.lua;;\";\n"
            . ($option{http} // ''),
        server => ($option{server} // '') . <<'CONF',
        location = /lua/call {
            content_by_lua_block {
                local cjson = require "cjson.safe"

                ngx.req.read_body()
                local call = cjson.decode(ngx.req.get_body_data())

                for i = 1, call.n do
                    if call.arguments[i] == cjson.null then
                        call.arguments[i] = nil
                    end
                end

                local got = { pcall(require(call.module)[call.name],
                                    unpack(call.arguments, 1, call.n)) }

                for i = 1, 4 do
                    if got[i] == nil then
                        got[i] = cjson.null
                    end
                end

                ngx.header.content_type = "application/json"
                ngx.print(cjson.encode(got))
            }
        }
CONF
    );

    return (%option, %added);
}


# A call's results, as a list; dies when it threw an error.
sub call ($t, $name, @arguments) {
    my ($ok, @got) = results($t->call(request($name, @arguments)->@*));

    die "$name: $got[0]" if !$ok;

    return wantarray ? @got : $got[0];
}


# What `many` sends.  Of another module than the engine: "module:name".
sub request ($name, @arguments) {
    my $module = $name =~ s/^(.*):// ? $1 : 'tuanbo.engine';

    return [POST => '/lua/call', json => { module => $module,
        name => $name, arguments => \@arguments, n => scalar @arguments }];
}


# Of pcall: whether it went well, and two results.
sub results ($res) {
    die 'no answer: ' . ($res->code // '') . ' ' . $res->body
        if ($res->code // 0) != 200;

    return ($res->json->@*)[0 .. 2];
}


1;
