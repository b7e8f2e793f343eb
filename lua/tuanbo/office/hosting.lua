--- What a host does in a room that is on air: each a command to the shop, with
-- how it is undone, where it can be; and to the live nginx, where the picture
-- goes.
--
-- None of it needs SQL. A host may do this with the sales of the room alone;
-- all else of sales is the owner's.
--
-- @module tuanbo.office.hosting

local cjson = require "cjson.safe"

local documents = require "tuanbo.documents"
local edit = require "tuanbo.office.edit"
local goods = require "tuanbo.goods"
local law = require "tuanbo.office.law"
local picture = require "tuanbo.office.picture"
local records = require "tuanbo.office.records"
local room = require "tuanbo.room"
local sales = require "tuanbo.office.sales"
local text = require "tuanbo.text"

local COUNTDOWN_MS = 10000      -- before a rain of packets: all may be there
local ADD_MAX = 1000            -- at one tap
local ANSWER_MAX = 200          -- characters, as the engine has it

local hosting = {}


--- A sale, if it is of this room.
-- @tparam table c context
-- @tparam string id the session's
-- @tparam string|nil sale its id
-- @treturn table|nil as of engine.sale()
function hosting.sale(c, id, sale)
    local found = c.engine.sale(sale or "")
    local own = found and documents.get(c.engine, "sale", found.id) or {}

    return own.session == id and found or nil
end


-- A command about a sale of this room: act gets it behind what all get.
local function of_sale(act)
    return function(c, id, sent, o)
        local sale = hosting.sale(c, id, sent.sale)

        if not sale then
            return nil, { code = "no_such_sale", status = 404 }
        end

        o.sale = sale.id

        return act(c, id, sent, o, sale)
    end
end


-- The number of the comment that is meant.
local function own_comment(sent)
    return tonumber((sent.comment or ""):match("^%d+$"))
end


local function send(c, o)
    local answer, problem = c.shop.send("admin", o.method or "POST", o.target,
                                        o.body, o.key, o.etag)

    if answer or problem.code ~= "precondition_failed" then
        c.deed { what = o.what, method = o.method or "POST",
                 target = o.target, about = o.id, sale = o.sale,
                 comment = o.comment, add = o.add, key = o.key,
                 undo = o.undo, status = answer and "ok" or problem.code }
    end

    return answer, problem
end


local function session_target(id, what)
    return "/admin/sessions/" .. id .. "/" .. what
end


local acts = {}


function acts.start(c, id, _, o)
    o.what, o.target = "room", session_target(id, "start")

    local answer, problem = send(c, o)

    return answer, problem, { words = c.say("rooms.did.start") }
end


function acts.stop(c, id, _, o)
    o.what, o.target = "room", session_target(id, "end")

    local answer, problem = send(c, o)

    -- what was typed in for this broadcast ends with it
    if answer then
        picture.over(id)
    end

    return answer, problem, { words = c.say("rooms.did.stop"),
                              back = { act = "start" } }
end


local function pinned(c, id, sale, o)
    local before = room.of(c.engine, id).pin

    before = type(before) == "string" and before or nil
    o.what, o.target = "room", session_target(id, "pin")
    o.body = { sale = sale and sale.id or cjson.null }

    local answer, problem = send(c, o)

    return answer, problem, {
        words = sale and c.say("rooms.did.pin", {
            title = c.item(sale.id).title }) or c.say("rooms.did.unpin"),
        back = { act = before and "pin" or "unpin", sale = before },

        -- another host may have shown something else since
        pin = sale and sale.id or "",
    }
end


acts.pin = of_sale(function(c, id, _, o, sale)
    return pinned(c, id, sale, o)
end)


function acts.unpin(c, id, _, o)
    return pinned(c, id, nil, o)
end


-- More of it, or what was added by mistake less.
acts.add = of_sale(function(c, _, _, o, sale)
    local add = tonumber(o.word)

    if not add or add == 0 or math.abs(add) > ADD_MAX then
        return nil, { code = "no_such_sale", status = 404 }
    end

    o.what, o.add = "stock", add
    o.target = "/admin/sales/" .. sale.id .. "/stock"
    o.body = { add = add }

    local answer, problem = send(c, o)
    local it = c.item(sale.id)

    return answer, problem, {
        words = c.say(add > 0 and "rooms.did.add" or "rooms.did.less", {
            count = math.abs(add), unit = it.unit, title = it.title }),
        back = { act = string.format("add %d", -add), sale = sale.id },
    }
end)


-- A sale opens at another time: at that, or at once without it.
local function opened(c, sale, opens_at, o)
    local defined, there

    o.what, o.method = "open", "PUT"
    o.target = "/admin/sales/" .. sale.id

    return edit.under(function()
        local etag

        etag, defined, there = sales.now(c.engine, sale.id)

        return etag, etag and there or defined
    end, function()
        return there.state == sale.state
    end, function(etag)
        defined.opens_at = opens_at
        o.body, o.etag = defined, etag

        return send(c, o)
    end)
end


-- What is paused goes on, what would open later does so now.
acts.open = of_sale(function(c, _, _, o, sale)
    local title = c.item(sale.id).title

    if sale.state == "paused" then
        o.what = "resume"
        o.target = "/admin/sales/" .. sale.id .. "/resume"

        local answer, problem = send(c, o)

        return answer, problem, {
            words = c.say("rooms.did.resume", { title = title }),
            back = { act = "pause", sale = sale.id },
        }
    end

    if sale.state ~= "scheduled" then
        return nil, { code = "wrong_state", status = 409 }
    end

    local rain = sale.gives == "packet"
    local answer, problem = opened(c, sale,
                                   rain and c.now + COUNTDOWN_MS or nil, o)

    -- what has been given is given; before that, and of what is sold, the
    -- hour can be put back
    return answer, problem, {
        words = c.say(rain and "rooms.did.rain" or "rooms.did.open",
                      { title = title, seconds = COUNTDOWN_MS / 1000 }),
        back = (rain or not sale.gives) and {
            act = string.format("later %.0f", sale.opens_at), sale = sale.id,
        } or sale.gives and { act = "pause", sale = sale.id } or nil,
        unopened = rain and sale.id or nil,
    }
end)


-- What was opened by mistake waits for its hour again.
function acts.later(c, id, sent, o)
    local sale, at = hosting.sale(c, id, sent.sale), tonumber(o.word)

    if not sale or not at or at <= c.now then
        return nil, { code = "wrong_state", status = 409 }
    end

    o.sale = sale.id

    local answer, problem = opened(c, sale, at, o)

    return answer, problem, { words = c.say("rooms.did.later", {
        title = c.item(sale.id).title }) }
end


acts.pause = of_sale(function(c, _, _, o, sale)
    o.what = "pause"
    o.target = "/admin/sales/" .. sale.id .. "/pause"

    local answer, problem = send(c, o)

    return answer, problem, {
        words = c.say("rooms.did.pause", { title = c.item(sale.id).title }),
        back = { act = "open", sale = sale.id },
    }
end)


-- Closing a draw draws it; nothing takes that back.
acts.draw = of_sale(function(c, _, _, o, sale)
    if sale.gives ~= "ticket" then
        return nil, { code = "no_such_sale", status = 404 }
    end

    o.what = "close"
    o.target = "/admin/sales/" .. sale.id .. "/close"

    local answer, problem = send(c, o)

    return answer, problem, { words = c.say("rooms.did.draw", {
        title = c.item(sale.id).title }) }
end)


-- ---- the order of the goods

-- The sale before another one, in the room's order.
local function moved_up(list, id)
    local order = {}

    for i, sale in ipairs(list) do
        order[i] = sale

        if sale == id and i > 1 then
            order[i - 1], order[i] = sale, order[i - 1]
        end
    end

    return order
end


local function ordered(c, id, change, o)
    local doc

    o.what, o.method = "order", "PUT"
    o.target = "/admin/documents/session/" .. id

    return edit.under(function()
        local etag

        etag, doc = records.now(c, "session", id)

        return etag, doc
    end, function()
        return true
    end, function(etag)
        local session = goods.session_of(c, id, doc)
        local list = {}

        for i, entry in ipairs(goods.in_order(goods.current(c) or {},
                                                session))
        do
            list[i] = entry.sale.id
        end

        doc.goods = change(list)
        o.body, o.etag = doc, etag

        return send(c, o)
    end)
end


acts.up = of_sale(function(c, id, _, o, sale)
    local before
    local answer, problem = ordered(c, id, function(list)
        local order = moved_up(list, sale.id)

        for i, one in ipairs(order) do
            before = one == sale.id and order[i + 1] or before
        end

        return order
    end, o)

    -- what it was moved before is moved back before it
    return answer, problem, {
        words = c.say("rooms.did.up", { title = c.item(sale.id).title }),
        back = before and { act = "up", sale = before } or nil,
    }
end)


-- ---- what is said

-- What the host says is the shop's word, to which the law applies.
local function unlawful(words)
    for _, one in ipairs(law.findings { text = words }) do
        if one.blocks then
            return one.word
        end
    end
end


function acts.answer(c, id, sent, o)
    local comment, words = own_comment(sent), text.line(sent.text or "")

    if not comment or not words or words == ""
       or #words > 4 * ANSWER_MAX
    then
        return nil, { code = "no_words", status = 400 }
    end

    local word = unlawful(words)

    if word then
        return nil, { code = "law", word = word, status = 409 }
    end

    o.what, o.comment = "answer", comment
    o.target = session_target(id, "answer")
    o.body = { comment = comment, text = words }

    local answer, problem = send(c, o)

    return answer, problem, {
        words = c.say("rooms.did.answer", { text = words }),
        back = answer and { act = "remove", comment = string.format(
            "%.0f", answer.id) },
    }
end


local function of_comment(what)
    return function(c, id, sent, o)
        local comment = own_comment(sent)

        if not comment then
            return nil, { code = "not_found", status = 404 }
        end

        o.what, o.comment = what, comment
        o.target = session_target(id, what)
        o.body = { comment = comment }

        local answer, problem = send(c, o)

        return answer, problem, { words = c.say("rooms.did." .. what) }
    end
end


acts.remove = of_comment("remove")
acts.mute = of_comment("mute")


-- ---- where else the picture goes

-- Whose hand it was; never the key, nor an address, which may have one.
local function relayed(c, o, done, why)
    c.deed { what = o.what, method = o.method, target = "relays",
             about = o.id, key = o.key, status = done and "ok" or why }

    if done then
        return true, nil, { words = c.say("relays.did." .. o.what) }
    end

    return nil, { code = "relay", why = why,
                  status = why == "away" and 503 or 409 }
end


function acts.relay(c, id, sent, o)
    o.what, o.method = "relay", "POST"

    if not picture.is_set_up() or room.of(c.engine, id).state == "ended" then
        return nil, { code = "wrong_state", status = 409 }
    end

    return relayed(c, o, picture.relay(id, sent.address, sent.stream))
end


function acts.unrelay(c, id, _, o)
    local place = tonumber(o.word)

    o.what, o.method = "unrelay", "DELETE"

    if not place or not picture.is_set_up() then
        return nil, { code = "wrong", status = 400 }
    end

    return relayed(c, o, picture.unrelay(id, place), "away")
end


--- What a button says.
-- @tparam table c context
-- @tparam string id the session's
-- @tparam table sent the form's fields: act (a word, and with some a number
-- behind it), sale or comment, text, key, undo
-- @treturn table|nil what the shop answers
-- @treturn table the problem: code, status; word of what the law forbids
-- @treturn table done: words; and back, the fields that undo it
function hosting.act(c, id, sent)
    local word, rest = (sent.act or ""):match("^(%l+) ?(%-?%d*)$")
    local act = acts[word or ""]

    if not act then
        return nil, { code = "wrong", status = 400 }
    end

    -- one form has all its buttons: each is another command
    return act(c, id, sent, {
        id = id, word = rest, undo = sent.undo == "1" or nil,
        key = table.concat({ sent.key or "", word, rest,
                             sent.sale or sent.comment or "" }, "-"),
    })
end


--- Whether what was done last can still be undone.
-- @tparam table c
-- @tparam string id the session's
-- @tparam table done as it was remembered
-- @treturn boolean
function hosting.undoable(c, id, done)
    if not done.back then
        return false
    end

    if done.pin then
        local pin = room.of(c.engine, id).pin

        return (type(pin) == "string" and pin or "") == done.pin
    end

    if done.unopened then
        local sale = c.engine.sale(done.unopened)

        return sale ~= nil and sale.state == "scheduled"
    end

    return true
end


return hosting
