-- Rooms: the host starts, says what is shown just now, and ends.

local cjson = require "cjson.safe"

local edit = require "tuanbo.office.edit"
local documents = require "tuanbo.documents"
local format = require "tuanbo.format"
local goods = require "tuanbo.goods"
local picture = require "tuanbo.office.picture"
local room = require "tuanbo.room"

local HOST = { "host" }             -- and the owner, who may all
local KEY_FRAMES_MS = 1500          -- further apart: late by that much more
local REFUSED_MS = 600000           -- so long it is of interest

local view = { texts = "rooms" }


local function line_of(c, session)
    local now = room.of(c.engine, session.id)

    return {
        state = c.say("rooms.state." .. now.state),
        when = format.when(c.say, session.starts_at, c.now),
    }
end


local function list(c)
    local rows = {}

    for _, entry in ipairs(goods.documents(c, "session")) do
        local session = goods.session_of(c, entry.id, entry.doc)
        local line = session and line_of(c, session)

        rows[#rows + 1] = session and {
            href = "/desk/live/" .. session.id, title = session.title,
            state = line.state, when = line.when, at = session.starts_at,
        }
    end

    table.sort(rows, function(a, b) return a.at < b.at end)

    return "rooms", { title = c.say("rooms.title"), rows = rows }
end


-- How the picture comes, in words; the second: something is to be done.
local function words_of(c, state)
    if not state then
        return c.say("rooms.picture.away"), true
    end

    if state.on then
        if state.segment_ms > KEY_FRAMES_MS then
            return c.say("rooms.picture.sparse", {
                seconds = string.format("%.1f", state.segment_ms / 1000),
            }), true
        end

        return c.say("rooms.picture.on")
    end

    if state.refused and state.refused.at > c.now - REFUSED_MS then
        return c.say("rooms.picture." .. state.refused.why), true
    end

    return c.say("rooms.picture.none")
end


-- For the encoder, where this shop has a live nginx.
local function picture_of(c, id, now)
    if not picture.is_set_up() or now.state == "ended" then
        return nil
    end

    local address, stream, until_at = picture.address(id, c.origin, c.now)
    local words, bad = words_of(c, picture.state(id))

    return { address = address, stream = stream, words = words, bad = bad,
             until_at = c.say("rooms.picture.until",
                              { when = format.when(c.say, until_at, c.now) }) }
end


local function page(c, parts, why, status)
    local id = parts.record
    local session, code = goods.session(c, id)

    if not session then
        return nil, code or "not_found"
    end

    local now = room.of(c.engine, id)
    local pin = type(now.pin) == "string" and now.pin or nil
    local line = line_of(c, session)
    local sales = {}

    for _, entry in ipairs(goods.current(c) or {}) do
        if entry.own.session == id then
            local sale = entry.sale
            local doc = documents.get(c.engine, "product", entry.own.product)
                        or {}

            sales[#sales + 1] = {
                id = sale.id, pinned = sale.id == pin,
                title = sale.title ~= sale.id and sale.title or doc.title
                        or sale.id,
                counts = c.say("rooms.counts", { free = sale.free,
                                                 sold = sale.sold }),
            }
        end
    end

    return "room", {
        title = session.title, id = id, state = line.state, when = line.when,
        can = { start = now.state ~= "live", stop = now.state == "live",
                pin = now.state ~= "ended" },
        live = now.state == "live", picture = picture_of(c, id, now),
        viewers = c.say("rooms.viewers", { count = room.viewers(id) }),
        pin = pin, sales = sales, key = c.key(), why = why,
    }, status
end


local ACTS = { start = "start", stop = "end", pin = "pin", unpin = "pin" }


local function act(c, parts, sent)
    local id, what = parts.record, ACTS[sent.act or ""]

    if not what then
        return page(c, parts, c.say("rooms.wrong"), 400)
    end

    local target = "/admin/sessions/" .. id .. "/" .. what
    local body = {}

    if what == "pin" then
        body.sale = sent.act == "pin" and sent.sale or cjson.null
    end

    -- one form has all its buttons: each is another command
    local answer, problem = c.shop.send("admin", "POST", target,
        what == "pin" and body or nil,
        (sent.key or "") .. "-" .. sent.act .. "-" .. (sent.sale or ""))

    c.deed { what = "room", method = "POST", target = target, about = id,
             sale = body.sale ~= cjson.null and body.sale or nil,
             key = sent.key, status = answer and "ok" or problem.code }

    if answer then
        return true, "/desk/live/" .. id
    end

    if problem.code == "wrong_state" then
        return page(c, parts, c.say("rooms.already"), 409)
    end

    return page(c, parts, edit.why(c, problem), problem.status)
end


view.routes = {
    ["live"] = { roles = HOST, GET = list },
    ["live/:record"] = { roles = HOST, GET = page, POST = act },

    -- as they were called before
    ["rooms"] = { roles = HOST, GET = function()
        return true, "/desk/live"
    end },
    ["room/:record"] = { roles = HOST, GET = function(_, parts)
        return true, "/desk/live/" .. parts.record
    end },
}


function view.doors(c)
    return c.may("host")
           and { { href = "/desk/live", label = c.say("rooms.title"),
                   group = c.say("sales.group") } }
           or {}
end


return view
