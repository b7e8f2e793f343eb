-- Addresses of the storefront, and what answers them. A view makes a plain
-- table; pages that anybody may see are remembered for one state of the store.

local engine = require "tuanbo.engine"

local assets = require "tuanbo.assets"
local basket = require "tuanbo.basket"
local format = require "tuanbo.format"
local gifts = require "tuanbo.gifts"
local goods = require "tuanbo.goods"
local link = require "tuanbo.link"
local page = require "tuanbo.page"
local passing = require "tuanbo.passing"
local personal = require "tuanbo.personal"
local points = require "tuanbo.points"
local problems = require "tuanbo.problems"
local session = require "tuanbo.session"
local sharing = require "tuanbo.sharing"
local text = require "tuanbo.text"
local unpaid = require "tuanbo.views.unpaid"
local wishes = require "tuanbo.wishes"

local views = {
    home = require "tuanbo.views.home",
    item = require "tuanbo.views.item",
    giving = require "tuanbo.views.giving",
    gifts = require "tuanbo.views.gifts",
    draw = require "tuanbo.views.draw",
    hold = require "tuanbo.views.hold",
    me = require "tuanbo.views.me",
    live = require "tuanbo.views.live",
    basket = require "tuanbo.views.basket",
    where = require "tuanbo.views.where",
    past = require "tuanbo.views.past",
    problem = require "tuanbo.views.problem",
}

local REST_S = 0.2
local ID_MAX = 65
local REFRESH_WITHIN_MS = 15 * 60 * 1000
local WATCHED_MAX = 16            -- of one stream
local LOOK_AGAIN_MS = 10000
local RETRY_S = 5
local LOGIN = 'Flashsale-Login realm="buyer"'   -- as the module's answers

local router = {}

local options
local policy


function router.setup(given)
    options = given
    points.setup()

    -- a form that is sent on to another origin (a payment provider's page)
    -- needs that origin here
    policy = "default-src 'none'; style-src 'self'; script-src 'self'; "
             .. "img-src 'self'; connect-src 'self'; "
             .. (given.video and "media-src 'self' blob:; " or "")
             .. "form-action 'self'"
             .. (given.pay_origins and " " .. given.pay_origins or "")
             .. "; base-uri 'none'; frame-ancestors 'none'"
end


-- What each view gets. There is nothing in it of who asks, but their language
-- and size of type.
local function context()
    local likes = session.likes()

    return {
        engine = engine,
        now = engine.now(),
        lang = likes.lang,
        likes = likes,
        liked = likes.pickup,   -- also where a page does not look at it
        say = text.say(likes.lang),
        by_login = ngx.var.tuanbo_identity == "login",
        video = options.video,
        shop = options.shop or text.say(likes.lang)("shop.name"),
        pays_elsewhere = options.pay_origins ~= nil,
    }
end


-- A page has no tag and no date: what a request supposes of it cannot be
-- judged. nginx would all the same, and say 412, or 304 to what nobody kept.
local SUPPOSED = { "If-Match", "If-None-Match", "If-Unmodified-Since" }


local function send(parts, status, private)
    local length = 0
    local header = ngx.header

    for i = 1, #SUPPOSED do
        ngx.req.clear_header(SUPPOSED[i])
    end

    for i = 1, #parts do
        length = length + #parts[i]
    end

    ngx.status = status or 200
    header["Content-Type"] = "text/html; charset=utf-8"
    header["Content-Length"] = length
    header["Cache-Control"] = private and "private, no-store"
                              or "private, no-cache"
    header["Content-Security-Policy"] = policy
    header["X-Content-Type-Options"] = "nosniff"

    -- the shop's name is no secret, and some payment providers ask for it
    header["Referrer-Policy"] = "strict-origin-when-cross-origin"
    header["Vary"] = "Cookie, Accept-Language"

    if status == 429 or status == 503 then
        header["Retry-After"] = RETRY_S

    elseif status == 401 then
        header["WWW-Authenticate"] = LOGIN
    end

    ngx.print(parts)
end


-- What a chat shows of a page's address. A page says shown = { title, about,
-- picture, path }; one of somebody's own says nothing of it.
local function shown_of(c, view)
    local own = view.shown or {}

    return {
        title = own.title or c.shop,
        about = own.about or c.say("shop.about", { shop = c.shop }),
        picture = own.picture or assets.url("desk/icon.png"),
        path = own.path or "/",
    }
end


-- What the layout shows on every page.
local function framed(c, name, view)
    local watched = {}

    for i, it in ipairs(view.watches) do
        if i <= WATCHED_MAX then
            watched[i] = "sale=" .. it.id
        end
    end

    -- the stream tells of WATCHED_MAX sales: a page with more fetches itself
    -- again now and then
    view.again_ms = #view.watches > WATCHED_MAX and LOOK_AGAIN_MS

    -- sorted, so that the same sales in another order are the same stream, and
    -- a browser need not open a new one
    table.sort(watched)

    -- a room's stream tells of all its sales, and of what happens in it
    if view.follows then
        watched = { "session=" .. view.follows }
        view.again_ms = view.looks and LOOK_AGAIN_MS
    end

    if view.refresh_at then
        local rest = view.refresh_at - c.now

        if rest < REFRESH_WITHIN_MS then
            view.refresh_s = math.max(1, math.ceil(rest / 1000))
        end
    end

    view.say = c.say
    view.shop = c.shop
    view.shown = shown_of(c, view)
    view.lang = c.lang
    view.large = c.likes.large
    view.other_lang = c.lang == "zh" and "en" or "zh"
    view.path = c.path
    view.offset_minutes = format.offset_minutes()
    view.events = #watched > 0 and "/api/events?" .. table.concat(watched, "&")

    return name, view
end


-- What each remembered page depends on. There are few languages and sizes of
-- type, so nobody can fill the cache by asking for more.
local function likes_key(c)
    return c.lang .. (c.likes.large and "L" or "n") .. " "
           .. engine.epoch() .. " "
end


local function show_shared(c, key, version, rest_s, make, status)
    local made, code = page.shared(likes_key(c) .. key, version, rest_s,
                                   function()
        local name, view = make()

        if not name then
            return nil, view
        end

        return framed(c, name, view)
    end, personal.holes(c))

    if not made then
        return router.problem(code)
    end

    send(made, status)
end


-- A page of this buyer's own is not remembered. With view.private it says
-- itself what is not paid yet, and that is not put above it again.
local function show_private(c, name, view, status)
    name, view = framed(c, name, view)
    send(page.fresh(name, view, personal.holes(c, view.private)), status, true)
end


-- The page of a problem. The access phase and nginx's own errors use it, too.
function router.problem(code, status)
    local c = context()

    c.path = "/"
    code = problems.known(code)

    show_shared(c, "problem " .. code .. (c.by_login and " login" or ""),
                engine.version(), REST_S, function()
        return views.problem(c, code)
    end, status or problems.status(code))
end


local route_of


-- Elsewhere pictures and the like are read.
local function allowed(route)
    return route and not route.GET and "POST" or "GET, HEAD"
end


-- What nginx itself refused, by its status.
function router.refused()
    local status = ngx.status
    local code = problems.of_status(status)

    if ngx.var.limit_req_status == "REJECTED"
       or ngx.var.limit_conn_status == "REJECTED"
    then
        code = "too_fast"
        status = 429

    elseif status == 494 then

        -- a header was too large: 494 is never sent by nginx itself
        status = 400

    elseif status == 405 then
        ngx.header["Allow"] = allowed(route_of(ngx.var.request_uri
                                               :match("^[^?]*")))
    end

    return router.problem(code, status)
end


-- Only the first page is remembered. Whether page N exists is known only when
-- it is made, so numbers that somebody made up would fill the cache.
local function home(c)
    local number = (ngx.var.arg_page or "1"):match("^[1-9]%d?%d?$")

    if number == "1" then
        return show_shared(c, "home " .. points.liked(c), engine.version(),
                           REST_S, function()
            return views.home(c, 1)
        end)
    end

    local name, view = nil, nil

    if number then
        name, view = views.home(c, tonumber(number))
    end

    if not name then
        return router.problem(view or "not_found")
    end

    show_private(c, name, view)
end


local function past(c)
    local before = ngx.var.arg_before

    if before and (#before > 15 or not before:match("^[1-9]%d*$")) then
        return router.problem("not_found")
    end

    local name, view = views.past(c, tonumber(before))

    if not name then
        return router.problem(view)
    end

    show_private(c, name, view)
end


-- A giving. Who has taken some is shown a page of their own, with the way to
-- it; all others share one.
local function giving(c, sale, asked)
    local buyer = session.buyer()
    local taken, mine = 0, nil

    if buyer then
        taken, mine = gifts.taken(buyer.id, sale.id)
    end

    -- it cannot be read now: as for somebody who has none
    if taken and taken > 0 then
        return show_private(c, views.giving(c, sale, asked, taken, mine))
    end

    show_shared(c, "item " .. sale.id .. " " .. (asked or ""), sale.version,
                0, function()
        return views.giving(c, sale, asked, 0)
    end)
end


local function item(c, id)
    local sale, code = engine.sale(id)
    local asked = ngx.var.arg_code

    if not sale then
        return router.problem(code or "no_such_sale")
    end

    asked = asked and asked:match("^[%l_]+$") and problems.known(asked)

    if sale.gives then
        return giving(c, sale, asked)
    end

    points.liked(c, sale)

    c.item = id

    if sale.state == "open" and sale.free > 0 then
        wishes.told(c, id)
    end

    -- who is refused for what is not paid yet is told of it
    if asked == "over_limit" or asked == "too_many_holds" then
        local mine = unpaid.live(c, session.buyer(),
                                 asked == "over_limit" and id or nil)

        if #mine > 0 then
            return show_private(c, views.item(c, sale, asked, mine))
        end
    end

    -- by this sale's own version: what the page says of other sales may be as
    -- old as a remembered page may be, a second
    show_shared(c, "item " .. id .. " " .. (asked or "") .. " "
                   .. (c.likes.pickup or ""), sale.version, 0, function()
        return views.item(c, sale, asked)
    end)
end


-- Packets and draws, with all that one needs to compute them again.
local function draw(c, id)
    local found, code = engine.draw(id)

    if not found then
        return router.problem(code or "no_such_sale")
    end

    if found.sale.commit == nil or found.sale.commit == ngx.null then
        return router.problem("not_found")
    end

    show_shared(c, "draw " .. id, found.sale.version, 0, function()
        return views.draw(c, found)
    end)
end


local function live(c, id)
    local one, code = goods.session(c, id)

    if not one then
        return router.problem(code or "not_found")
    end

    c.room = id
    show_shared(c, "live " .. id .. " " .. points.liked(c), engine.version(),
                REST_S, function()
        return views.live(c, one)
    end)
end


local function hold(c, id)
    local buyer = session.buyer()
    local asked = ngx.var.arg_code
    local back = ngx.var.arg_back
    local found, code

    if not buyer then
        return router.problem("no_buyer")
    end

    found, code = engine.hold(id, buyer.id)

    if not found then
        return router.problem(code or "no_such_hold")
    end

    -- taken out of the basket
    if ngx.var.arg_taken then
        basket.taken(found.lines)
        return ngx.redirect("/h/" .. id, 303)
    end

    -- back from the checkout, and the payment was confirmed meanwhile
    if back and found.state ~= "paying" then
        return ngx.redirect("/h/" .. id, 303)
    end

    session.forget_from()

    if found.pickup and found.pickup ~= ngx.null
       and found.pickup ~= c.likes.pickup
    then
        c.likes.pickup = found.pickup
        session.set_likes(c.likes)
    end

    local called, unnamed = session.called(buyer)

    show_private(c, views.hold(c, found, {
        called = called,
        unnamed = unnamed ~= nil,
        changing = ngx.var.arg_change,
        bad = ngx.var.arg_bad,
        code = asked and asked:match("^[%l_]+$"),
        reason = (ngx.var.arg_reason or ""):match("^[%l_]+$"),
        buyer = buyer,
        back = back and tonumber(back:match("^%d%d?$")),
    }))
end


-- Whoever has the order's link: it is not theirs to change, nor to be followed
-- by their cookie.
local function linked(c, name)
    local id, tag = name:match("^(%x+)-(%x+)$")
    local asked = ngx.var.arg_code
    local found, code = link.order(id, tag)

    if not found then
        return router.problem(code)
    end

    c.tag = tag

    local template, view = views.hold(c, found, {
        called = nil,
        unnamed = true,
        code = asked and asked:match("^[%l_]+$"),
    })

    if template == "hold" or template == "gift" then
        return router.problem("no_such_hold")
    end

    ngx.header["X-Robots-Tag"] = "noindex"
    show_private(c, template, view)
end


local function me(c)
    local buyer = session.buyer()
    local before = ngx.var.arg_before
    local bad = ngx.var.arg_bad
    local name, view = views.me(c, buyer,
        before and before:match("^%x+$"),
        { session.called(buyer) },
        bad or (ngx.var.arg_change and "change"),
        ngx.var.arg_left, session.origin())

    if not name then
        return router.problem(view)
    end

    show_private(c, name, view)
end


local function my_gifts(c)
    local before = ngx.var.arg_before
    local name, view = views.gifts(c, session.buyer(),
                                   before and before:match("^%x+$"))

    if not name then
        return router.problem(view)
    end

    show_private(c, name, view)
end


local function problem()
    router.problem((ngx.var.arg_code or ""):match("^[%l_]+$") or "not_found")
end


-- Only our own paths.
local function back_of(fields)
    local back = fields.back or ""

    if back:match("^/[%w][%w/_-]*$") then
        return back
    end

    return "/"
end


local function settings(c)
    local fields = ngx.ctx.form or {}

    if fields.pickup and points.is_one(c, fields.pickup) then
        c.likes.pickup = fields.pickup
    end

    session.change_likes(c.likes, fields)

    return ngx.redirect(back_of(fields), 303)
end


local function wish(c, id)
    local sale, code = engine.sale(id)

    if not sale then
        return router.problem(code or "no_such_sale")
    end

    wishes.add(c, id)
    passing.wishes(session.buyer(), id)

    return ngx.redirect("/s/" .. id, 303)
end


local function name(_)
    local fields = ngx.ctx.form or {}
    local back = back_of(fields)
    local buyer = session.buyer()
    local bad = session.set_called(buyer, fields)

    return ngx.redirect(back .. (bad and "?bad=" .. bad or ""), 303)
end


-- What is known of this buyer is erased, now or when all is collected.
local function erase(_)
    local buyer = session.buyer()
    local done, err = engine.leave(buyer and buyer.id)

    if not done then
        return router.problem(err.code)
    end

    return ngx.redirect("/me?left=" .. done, 303)
end


local function show_basket(c)
    local lines = basket.lines()
    local code = (ngx.var.arg_code or ""):match("^[%l_]+$")
    local template, view, shown = views.basket(c, lines, session.buyer(), {
        code = code and (code == "full" and code or problems.known(code)),
        sale = ngx.var.arg_sale,
        at = ngx.var.arg_at,
        back = back_of { back = ngx.var.arg_back },
    })

    if not template then
        return router.problem(view)
    end

    -- what is not sold any more is not shown, and not kept
    if #shown < #lines then
        basket.keep(shown)
    end

    show_private(c, template, view)
end


-- put: a sale, so many (qty) of it more; set: a sale and how many of it.
local function change_basket(c)
    local fields = ngx.ctx.form or {}
    local lines = basket.lines()
    local put = fields.put and engine.sale(fields.put)
    local sale, count = (fields.set or ""):match("^([%l%d-]+):(%d+)$")
    local back = back_of { back = fields.back or put and "/s/" .. put.id }
    local code = ""

    if put and not basket.add(lines, put.id, tonumber(fields.qty or 1)) then
        code = "&code=full"

    elseif sale then
        basket.set(lines, sale, tonumber(count))
    end

    basket.keep(lines)

    -- who chose where, beside it, has said where they collect
    if fields.pickup and points.is_one(c, fields.pickup) then
        c.likes.pickup = fields.pickup
        session.set_likes(c.likes)
    end

    return ngx.redirect("/basket?back=" .. back .. code, 303)
end


local function where(c)
    show_private(c, views.where(c, back_of { back = ngx.var.arg_back }))
end


local fixed = {
    ["/"] = { GET = home },
    ["/me"] = { GET = me },
    ["/gifts"] = { GET = my_gifts },
    ["/basket"] = { GET = show_basket, POST = change_basket },
    ["/where"] = { GET = where },
    ["/past"] = { GET = past },
    ["/problem"] = { GET = problem },
    ["/settings"] = { POST = settings },
    ["/name"] = { POST = name },
    ["/me/erase"] = { POST = erase },
}

local by_id = {
    s = { GET = item, id = "^[%l%d-]+$" },
    h = { GET = hold, id = "^%x+$" },
    l = { GET = linked, id = "^%x+-%x+$" },
    live = { GET = live, id = "^[%l%d-]+$" },
    draw = { GET = draw, id = "^[%l%d-]+$" },
    ["s/next"] = { POST = wish, id = "^[%l%d-]+$" },
}

sharing.add(fixed, by_id, { show = show_private, problem = router.problem })


-- nil: nothing is there.
route_of = function(path)
    local kind, id, under = path:match("^/(%l+)/([^/]+)(.-)$")
    local route = fixed[path] or kind and by_id[kind .. under]

    if not route or route.id and (#id > ID_MAX or not id:match(route.id)) then
        return nil
    end

    return route, id, kind
end


function router.answer()
    local path = ngx.var.uri
    local method = ngx.req.get_method()
    local route, id, kind = route_of(path)

    if not route then
        return router.problem("not_found")
    end

    local answer = route[method == "HEAD" and "GET" or method]

    if not answer then
        ngx.header["Allow"] = allowed(route)
        return router.problem("method", 405)
    end

    -- right after a start or a reload the store is being opened
    local ready, code = engine.wait()

    if not ready then
        return router.problem(code)
    end

    local c = context()

    c.path = path

    if method == "GET" then
        passing.came(session.buyer(), kind, id)
    end

    return answer(c, id)
end


-- The upstream of the checkout cannot be reached: say so where the hold is.
function router.checkout_down()
    local id = ngx.var.uri:match("/(%x+)$")

    if not id then
        return router.problem("busy")
    end

    return ngx.redirect("/h/" .. id .. "?code=checkout_down", 303)
end


return router
