--- What one sends on to neighbours: the page with words, link and code, and
-- the flyer, of a sale and of a session.
--
-- @module tuanbo.sharing

local engine = require "tuanbo.engine"

local flyers = require "tuanbo.flyers"
local goods = require "tuanbo.goods"
local page = require "tuanbo.page"
local passing = require "tuanbo.passing"
local session = require "tuanbo.session"

local view = require "tuanbo.views.share"
local drawing = require "tuanbo.views.flyer"

local ID = "^[%l%d-]+$"

local sharing = {}

local show
local problem


-- What an address is about, by its first part: answer(c, kind, about, list);
-- list: a session's goods.
local about = {}

function about.s(answer)
    return function(c, id)
        local sale, code = engine.sale(id)

        if not sale then
            return problem(code or "no_such_sale")
        end

        return answer(c, "s", goods.of(c, sale))
    end
end


function about.live(answer)
    return function(c, id)
        local one, code = goods.session(c, id)

        if not one then
            return problem(code or "not_found")
        end

        return answer(c, "live", one, goods.of_session(c, one))
    end
end


-- The page of what one sends on; and which way was taken, which a script says.
local function share(c, kind, one, list)
    passing.took(session.buyer(), kind, one.id, "page")
    show(c, view(c, one, list, session.origin(), flyers.of(kind, one.id)))
end


local function shared(kind)
    return function(_, id)
        local how = (ngx.ctx.form or {}).how

        if how == "page"
           or not passing.took(session.buyer(), kind, id, how)
        then
            return problem("bad_request")
        end

        return ngx.exit(ngx.HTTP_NO_CONTENT)
    end
end


local function send(kind, text)
    ngx.header["Content-Type"] = kind
    ngx.header["Content-Length"] = #text
    ngx.header["Cache-Control"] = "no-cache"
    ngx.header["Content-Security-Policy"] = "default-src 'none'"
    ngx.header["X-Content-Type-Options"] = "nosniff"
    ngx.print(text)
end


-- In Chinese, as the group is.
local function flyer(c, _, one, list)
    send("image/svg+xml", page.partial("flyer",
        drawing(c, one, list, session.origin())))
end


-- Of what there is one: what stands, and the sessions on the air and to come.
local function list(c)
    local lines = {}

    for _, entry in ipairs(goods.current(c) or {}) do
        lines[#lines + 1] = "s/" .. entry.sale.id .. "\n"
    end

    for _, one in pairs { goods.sessions(c) } do
        lines[#lines + 1] = "live/" .. one.id .. "\n"
    end

    send("text/plain", table.concat(lines))
end


--- Add the addresses to those of the router.
-- @tparam table fixed by path
-- @tparam table by_id by the parts beside the id
-- @tparam table with show(c, name, view), which sends a page; problem(code)
function sharing.add(fixed, by_id, with)
    show, problem = with.show, with.problem
    fixed["/flyers"] = { GET = list }

    for kind, of in pairs(about) do
        by_id[kind .. "/share"] = { GET = of(share), POST = shared(kind),
                                    id = ID }
        by_id[kind .. "/flyer"] = { GET = of(flyer), id = ID }
    end
end


return sharing
