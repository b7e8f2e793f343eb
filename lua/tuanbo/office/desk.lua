-- Addresses of the desk, who may see them, and what answers them.

local engine = require "tuanbo.engine"

local clerk = require "tuanbo.office.clerk"
local crypto = require "tuanbo.crypto"
local deeds = require "tuanbo.office.deeds"
local documents = require "tuanbo.documents"
local form = require "tuanbo.form"
local goods = require "tuanbo.goods"
local multipart = require "tuanbo.office.multipart"
local page = require "tuanbo.page"
local products = require "tuanbo.office.products"
local session = require "tuanbo.session"
local shop = require "tuanbo.office.shop"
local staff = require "tuanbo.office.staff"
local text = require "tuanbo.text"

-- The pages, in the order of their doors on the page of today. Each is a
-- module of routes: by path below /desk/, then by method, a function of the
-- context, the path's parts that have a name, and a form's fields. It gives
--
--     "template", view, status    a page
--     true, url                   look there now (303)
--     true                        it has answered by itself: c.send
--     nil, code                   what is wrong
--
-- `roles`: who may, nobody is left out without it; `open`: without being
-- known, it checks its forms itself; `upload`: its form has files, which
-- nginx keeps in a file (office/server.conf): the fields have `body` and
-- `boundary`. Who asks for a `:point` has to see it.
-- doors(c), where there is one, gives a list of href, label, and perhaps
-- group; first: what most come for; point: where, of the same at many.
-- `texts`: it has texts of its own, below tuanbo/office/text/.
local VIEWS = {
    "today", "hand_over", "offline", "receive", "claims", "shelf", "orders",
    "waves", "lists", "labels", "feed",
    "rooms", "grants", "sales", "givings", "products", "album", "sessions",
    "points", "notes", "posters", "links", "wishes",
    "money",
    "recordings", "camera",
    "staff", "login",
}

local FIELDS_MAX = 400           -- of a form: a wave has 64 sales, a sale's
                                 -- form a tick for each point
local HEAD_SIZE = 4096           -- fields of an upload, before its files
local KEY_BYTES = 15
local POLICY = "default-src 'none'; style-src 'self'; script-src 'self'; "
               .. "img-src 'self'; connect-src 'self'; form-action 'self'; "
               .. "manifest-src 'self'; base-uri 'none'; "
               .. "frame-ancestors 'none'"

local desk = {}

local options


-- What a part of a path looks like, by its name.
local PARTS = {
    point = "^[%l%d-]+$", sale = "^[%l%d-]+$", wave = "^[%l%d-]+$",
    record = "^[%l%d-]+$", code = "^[%l%d]+$",
    hold = "^%x+$", token = "^[%w_-]+$",
    number = "^%d+$",
    place = "^[%l%d-]+$",
}
local PART_MAX = 64

local routes = {}
local views = {}


local function segments_of(path)
    local list = {}

    for segment in path:gmatch("[^/]+") do
        list[#list + 1] = segment
    end

    return list
end


for i, name in ipairs(VIEWS) do
    views[i] = require("tuanbo.office.views." .. name)

    for path, route in pairs(views[i].routes) do
        route.segments = segments_of(path)
        routes[#routes + 1] = route
    end
end


-- The path's parts by name, or nil.
local function fits(route, segments)
    local parts = {}

    if #segments ~= #route.segments then
        return nil
    end

    for i, wanted in ipairs(route.segments) do
        local name = wanted:match("^:(.*)")
        local given = segments[i]

        if not name then
            if given ~= wanted then
                return nil
            end

        elseif #given > PART_MAX or not given:find(PARTS[name]) then
            return nil

        else
            parts[name] = given
        end
    end

    return parts
end


local function route_of(path)
    local segments = segments_of(path:sub(#"/desk/" + 1))

    -- a page has one address
    if path ~= "/desk/" .. table.concat(segments, "/") then
        return nil
    end

    for _, route in ipairs(routes) do
        local parts = fits(route, segments)

        if parts then
            return route, parts
        end
    end
end


-- What the page of today leads to.
local function doors(c)
    local list = {}

    for _, view in ipairs(views) do
        for _, door in ipairs(view.doors and view.doors(c) or {}) do
            list[#list + 1] = door
        end
    end

    return list
end


-- The modules of its texts.
function desk.texts()
    local list = { "tuanbo.office.text" }

    for _, view in ipairs(views) do
        if view.texts then
            list[#list + 1] = "tuanbo.office.text." .. view.texts
        end
    end

    return list
end


function desk.setup(given)
    options = given
    deeds.setup(given.data .. "/deeds.ndjson")
    clerk.setup(given.data)
end


-- What each view gets.
local function context(who)
    local likes = session.likes()
    local c = {
        engine = engine, clerk = clerk, shop = shop,
        now = engine.now(),
        data = options.data,
        lang = likes.lang, likes = likes,
        say = text.say(likes.lang),
        who = who,
        name = options.shop or text.say(likes.lang)("shop.name"),
        path = ngx.var.uri,

        -- as the shop in front of it says, which is all that speaks to us
        origin = session.origin(),
        arg = ngx.req.get_uri_args(20),
    }

    function c.may(...)
        return who ~= nil and staff.may(who, { ... })
    end

    function c.sees(point)
        return who ~= nil and staff.sees(who, point)
    end

    -- The pickup points that somebody sees: id, name.
    function c.points()
        local list = {}

        for _, entry in ipairs(documents.all(engine, "pickup")) do
            if c.sees(entry.id) then
                list[#list + 1] = { id = entry.id, doc = entry.doc,
                                    name = entry.doc.name or entry.id }
            end
        end

        return list
    end

    -- A sale as pages show it, looked up once a request; one that is gone by
    -- its id.
    local items = {}

    function c.item(id)
        if not items[id] then
            local sale = engine.sale(id)

            items[id] = sale and goods.of(c, sale)
                        or { title = id, unit = c.say("unit") }
        end

        return items[id]
    end

    function c.doors()
        return doors(c)
    end

    -- A key for a form: the same form, sent twice, does it once.
    function c.key()
        return crypto.random(KEY_BYTES)
    end

    function c.deed(deed)
        deeds.add(who, deed)
    end

    c.product_title = products.titles(engine)

    -- What is no page: a file to keep under this name, or none.
    function c.send(kind, body, name)
        local header = ngx.header

        header["Content-Type"] = kind
        header["Content-Length"] = #body
        header["Cache-Control"] = "private, no-store"
        header["X-Content-Type-Options"] = "nosniff"

        if name then
            header["Content-Disposition"] = 'attachment; filename="' .. name
                                            .. '"'
        end

        ngx.print(body)
    end

    return c
end


local function show(c, name, view, status)
    local header = ngx.header

    view.layout = view.layout or "desk/layout"
    view.say = c.say
    view.shop = c.name
    view.lang = c.lang
    view.large = c.likes.large
    view.other_lang = c.lang == "zh" and "en" or "zh"
    view.path = c.path
    view.csrf = c.who and c.who.csrf or ""
    view.called = c.who and c.who.staff.name

    local html = page.render("desk/" .. name, view)

    ngx.status = status or 200
    header["Content-Type"] = "text/html; charset=utf-8"
    header["Content-Length"] = #html
    header["Cache-Control"] = "private, no-store"
    header["Content-Security-Policy"] = POLICY .. (view.policy or "")
    header["X-Content-Type-Options"] = "nosniff"

    -- an invitation's address must get nowhere
    header["Referrer-Policy"] = "no-referrer"
    ngx.print(html)
end


local STATUSES = {
    not_found = 404, method = 405, unknown = 401, forbidden = 403,
    cross_site = 403, bad_request = 400, invitation_over = 410,
    too_large = 413, away = 503, broken = 503,
}

-- The clerk's codes that have the words of another.
local SAME = {
    slow = "away", failed = "away", no_such_invitation = "invitation_over",
    invitation_used = "invitation_over",
    invitation_expired = "invitation_over", no_such_staff = "invitation_over",
}


-- A page that says what is wrong, and what one can do.
local function refuse(c, code)
    code = SAME[code] or code

    if not STATUSES[code] then
        code = "broken"
    end

    show(c, "refused", {
        title = c.say("desk.refused." .. code),
        help = c.say("desk.refused." .. code .. ".help"),
    }, STATUSES[code])
end


-- The fields of a form with files, which come before these; and where nginx
-- has put the body, and its boundary, for whoever reads the files.
local function uploaded()
    local boundary = multipart.boundary(ngx.var.content_type)

    ngx.req.read_body()

    local path = boundary and ngx.req.get_body_file()
    local file = path and io.open(path, "rb")

    if not file then
        return nil
    end

    local fields = {}

    for _, part in ipairs(multipart.parts(file:read(HEAD_SIZE) or "",
                                          boundary))
    do
        if part.name and not part.file and part.whole then
            fields[part.name] = part.value
        end
    end

    file:close()
    fields.body, fields.boundary = path, boundary

    return fields
end


local function posted(c, route)
    local fields

    if route.upload then
        fields = uploaded()
    else
        fields = form.is() and form.fields(FIELDS_MAX)
    end

    if not fields then
        return nil, "bad_request"
    end

    if not route.open and not staff.is_own(c.who, fields.csrf) then
        return nil, "cross_site"
    end

    return fields
end


-- Who may not, and what is not there: a code; else the route's own answer.
local function allowed(c, route, parts, answer)
    if not c.who and not (route and route.open) then
        return "unknown"
    end

    if not route then
        return "not_found"
    end

    if not answer then
        ngx.header["Allow"] = route.GET and "GET, HEAD" or "POST"
        return "method"
    end

    if route.roles and not staff.may(c.who, route.roles)
       or parts.point and not c.sees(parts.point)
    then
        return "forbidden"
    end
end


function desk.answer()
    local ready = engine.wait()
    local c = context(staff.who())
    local route, parts = route_of(c.path)
    local method = ngx.req.get_method()
    local answer = route and route[method == "HEAD" and "GET" or method]
    local code = not ready and "broken" or allowed(c, route, parts, answer)
    local fields

    if not code and method == "POST" then
        fields, code = posted(c, route)
    end

    if code then
        return refuse(c, code)
    end

    local what, more, status = answer(c, parts, fields)

    if not what then
        return refuse(c, more)
    end

    if what ~= true then
        return show(c, what, more, status)
    end

    if more then
        return ngx.redirect(more, 303)
    end
end


-- What nginx itself refused, by its status.
function desk.refused()
    local c = context(nil)
    local status = ngx.status

    refuse(c, status == 404 and "not_found" or status == 405 and "method"
              or status == 413 and "too_large"
              or status < 500 and "bad_request" or "broken")
end


return desk
