-- Rooms: what a host sees and does while on the air. Everything on the page is
-- of the engine, its rooms and the live nginx: it needs no SQL.

local assets = require "tuanbo.assets"
local copies = require "tuanbo.office.copies"
local documents = require "tuanbo.documents"
local edit = require "tuanbo.office.edit"
local format = require "tuanbo.format"
local goods = require "tuanbo.goods"
local hosting = require "tuanbo.office.hosting"
local picture = require "tuanbo.office.picture"
local room = require "tuanbo.room"
local undo = require "tuanbo.office.undo"
local video = require "tuanbo.video"
local weekly = require "tuanbo.office.weekly"

local HOST = { "host" }             -- and the owner, who may all
local KEY_FRAMES_MS = 1500          -- further apart: late by that much more
local REFUSED_MS = 600000           -- so long it is of interest
local ADDS = { 1, 5, 10 }           -- how many more at a tap
local PLACES = 4                    -- where else the picture may go

local view = { texts = "rooms" }


local function line_of(c, session)
    local now = room.of(c.engine, session.id)

    return {
        state = c.say("rooms.state." .. now.state),
        when = format.when(c.say, session.starts_at, c.now),
    }
end


local function index(c)
    local rows = {}

    for _, entry in ipairs(goods.documents(c, "session")) do
        local session = goods.session_of(c, entry.id, entry.doc)
        local line = session and line_of(c, session)

        rows[#rows + 1] = session and {
            href = "/desk/live/" .. session.id, title = session.title,
            state = line.state, when = line.when, at = session.starts_at,
            over = session.over,
        }
    end

    -- what comes next is first, then what was, the last one first
    table.sort(rows, function(a, b)
        if a.over ~= b.over then
            return b.over
        end

        if a.over then
            return a.at > b.at
        end

        return a.at < b.at
    end)

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
    local state = picture.state(id)
    local words, bad = words_of(c, state)

    return { address = address, stream = stream, words = words, bad = bad,
             on = state ~= nil and state.on or false,
             src = video.address(id),
             player = assets.url("player/hls.js") or "",
             late = state and state.on and c.say("rooms.picture.came", {
                 seconds = string.format("%.1f",
                     math.max(0, c.now - state.at) / 1000) }),
             until_at = c.say("rooms.picture.until",
                              { when = format.when(c.say, until_at, c.now) }) }
end


-- Where else the picture goes, and how that is doing, in words; nil: there is
-- no telling.
local function relays_of(c, id, now)
    local places = picture.is_set_up() and picture.relays(id)

    -- somebody else has ended it than the host's button
    if places and now.state == "ended" then
        if places[1] then
            picture.over(id)
        end

        return nil
    end

    for _, place in ipairs(places or {}) do
        place.words = c.say("relays.state." .. place.state,
                            { seconds = place.again_s })
        place.bad = place.state == "lost"
        place.reason = place.bad and c.say("relays.why." .. place.why)
    end

    return places or nil
end


-- A sale's numbers, and what may be done with it just now.
local function shown(c, entry, pin)
    local sale, it = entry.sale, goods.shown(c, entry)
    local group = sale.goal and sale.goal_by ~= "pickup"

    return {
        id = sale.id, title = it.title, pinned = sale.id == pin,
        state = it.state_line or c.say("rooms.sale.open"),
        held = sale.held, sold = sale.sold, free = sale.free,
        queued = sale.queued,
        missing = group and math.max(0, sale.goal - sale.joined) or nil,
        kind = sale.gives, unit = it.unit,
        waits = sale.state == "scheduled",
        opens = sale.state == "scheduled" or sale.state == "paused",
        open = sale.state == "open" or sale.state == "sold_out",
        counts = c.say("rooms.counts", { free = sale.free, held = sale.held,
                                         sold = sale.sold }),
    }
end


-- What is sold in the room, in its order, and what is given.
local function goods_of(c, session, pin)
    local sold, given = {}, {}

    for _, entry in ipairs(goods.in_order(goods.current(c) or {}, session))
    do
        local list = entry.sale.gives and given or sold

        list[#list + 1] = shown(c, entry, pin)
        list[#list].first = #list == 1
    end

    return sold, given
end


-- What comes after what is shown now, of what there is some left; after the
-- last one the first.
local function next_of(list)
    local at = 0

    for i, sale in ipairs(list) do
        if sale.pinned then
            at = i
        end
    end

    for step = 1, #list do
        local sale = list[(at + step - 1) % #list + 1]

        if not sale.pinned and (sale.free > 0 or sale.waits) then
            return sale
        end
    end
end


-- The large numbers: of what is shown now, else of all together.
local function figures(c, list, viewers)
    local of = { held = 0, sold = 0, queued = 0 }

    for _, sale in ipairs(list) do
        if sale.pinned then
            of = sale
            break
        end

        for name in pairs(of) do
            of[name] = of[name] + sale[name]
        end
    end

    local numbers = {
        { name = c.say("rooms.figure.viewers"), value = viewers },
        { name = c.say("rooms.figure.held"), value = of.held },
        { name = c.say("rooms.figure.sold"), value = of.sold },
        { name = c.say("rooms.figure.queued"), value = of.queued },
    }

    -- a count of its own each: they are not added up
    if of.free then
        table.insert(numbers, 4, { name = c.say("rooms.figure.free"),
                                   value = of.free })
    end

    if of.missing then
        table.insert(numbers, 4, { name = c.say("rooms.figure.missing"),
                                   value = of.missing })
    end

    return numbers, of.title or c.say("rooms.figure.all")
end


-- What neighbours said last, the newest first, each with its answer.
local function said(c, id)
    local lines, answers = {}, {}

    for _, one in ipairs(room.comments(id)) do
        local line = { id = string.format("%.0f", one.comment),
                       text = one.text }

        if one.answers then
            answers[string.format("%.0f", one.answers)] = line
        else
            line.name = room.name(c, one)
            table.insert(lines, 1, line)
        end
    end

    for _, line in ipairs(lines) do
        line.answer = answers[line.id]
    end

    return lines
end


-- When the next one of it would be.
local function next_start(c, id)
    local _, fresh = weekly.next(id, documents.get(c.engine, "session", id),
                                 c.now)

    return fresh.starts_at
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
    local sold, given = goods_of(c, session, pin)
    local numbers, of = figures(c, sold, room.viewers(id))
    local camera

    for _, sale in ipairs(sold) do
        camera = sale.pinned and sale or camera
    end

    local done = undo.get(c.who, id)

    return "room", {
        title = session.title, id = id, state = line.state, when = line.when,
        can = { start = now.state ~= "live", stop = now.state == "live",
                pin = now.state ~= "ended" },
        live = now.state == "live", picture = picture_of(c, id, now),
        relays = relays_of(c, id, now), places = PLACES,
        numbers = numbers, of = of,
        camera = camera, next = now.state ~= "ended" and next_of(sold) or nil,
        sales = sold, gifts = given, said = said(c, id),
        adds = ADDS, owner = c.may("owner"),
        recordings = c.may("owner") and picture.recordings() ~= nil,
        copy_when = c.may("owner") and format.when(c.say,
            next_start(c, id), c.now) or nil,
        key = c.key(), why = why,
        done = done and not why and done.words,
        back = done and not why and hosting.undoable(c, id, done)
               and done.back or nil,
        styles = { "desk/host.css" },
        policy = "; media-src 'self' blob:",
    }, status
end


local WORDS = { wrong = true, wrong_state = true, no_words = true }


local function act(c, parts, sent)
    local id = parts.record
    local answer, problem, done = hosting.act(c, id, sent)

    if answer then
        undo.put(c.who, id, done)

        return true, "/desk/live/" .. id
    end

    if problem.code == "law" then
        return page(c, parts, c.say("rooms.wrong.law",
                                    { word = problem.word }), 409)
    end

    if problem.code == "relay" then
        return page(c, parts, c.say("relays.wrong." .. problem.why,
                                    { places = PLACES }), problem.status)
    end

    if problem.code == "not_allowed" or WORDS[problem.code] then
        return page(c, parts, c.say("rooms.wrong." .. problem.code),
                    problem.status)
    end

    return page(c, parts, edit.why(c, problem), problem.status)
end


-- The next one of it, on whose page one is then.
local function copy(c, parts, sent)
    local made, code, problem = copies.session(c, parts.record,
                                               sent.key or c.key())

    if not made then
        if problem then
            return page(c, parts, edit.why(c, problem), problem.status)
        end

        return nil, code
    end

    local lines = { c.say("rooms.did.copy", { count = made.count,
        when = format.when(c.say, made.starts_at, c.now) }) }

    for _, line in ipairs(made.wrong) do
        lines[#lines + 1] = line
    end

    undo.put(c.who, made.session, { words = table.concat(lines, " ") })

    return true, "/desk/live/" .. made.session
end


view.routes = {
    ["live"] = { roles = HOST, GET = index },
    ["live/:record"] = { roles = HOST, GET = page, POST = act },
    ["live/:record/copy"] = { roles = { "owner" }, POST = copy },

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
