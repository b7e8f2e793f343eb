-- A giving to all in a room who have done what the host asked for: a word in a
-- comment, an order, minutes watched. First the page says who they are; then
-- one tap gives each of them one, in the order in which they did it.

local called = require "tuanbo.office.called"
local conditions = require "tuanbo.office.conditions"
local crypto = require "tuanbo.crypto"
local format = require "tuanbo.format"
local goods = require "tuanbo.goods"
local hosting = require "tuanbo.office.hosting"
local room = require "tuanbo.room"
local text = require "tuanbo.text"

local HOST = { "host" }
local WORD_MAX = 60             -- bytes
local MINUTES_MAX = 600
local AT_ONCE = 100             -- granted by one tap
local NAMES_MAX = 30            -- that the page has

local REFUSED = { sold_out = true, closed = true, paused = true,
                  not_open = true }

local grants = { texts = "grants" }


-- The giving of this room that is meant, and since when is looked: since the
-- host began, or the room was opened.
local function meant(c, parts)
    local session, code = goods.session(c, parts.record)

    if not session then
        return nil, code or "not_found"
    end

    local sale = hosting.sale(c, session.id, parts.sale)

    if not sale or not sale.gives then
        return nil, "not_found"
    end

    local began = room.of(c.engine, session.id).started_at

    return { session = session, sale = sale, it = goods.of(c, sale),
             page = "/desk/live/" .. session.id .. "/give/" .. sale.id,
             since = math.min(type(began) == "number" and began or c.now,
                              session.opens_at) }
end


-- What is sold in the room.
local function sold_in(c, session)
    local list = {}

    for _, it in ipairs(goods.of_session(c, session)) do
        if not it.gives then
            list[#list + 1] = it.id
        end
    end

    return list
end


local read = {}


function read.word(c, fields)
    local word = text.line(fields.word or "")

    if not word or word == "" or #word > WORD_MAX then
        return nil, "word"
    end

    return { what = "word", word = word,
             reason = c.say("grants.reason.word", { word = word }) }
end


function read.watched(c, fields)
    local minutes = tonumber((fields.minutes or ""):match("^%d+$"))

    if not minutes or minutes < 1 or minutes > MINUTES_MAX then
        return nil, "minutes"
    end

    return { what = "watched", minutes = minutes,
             reason = c.say("grants.reason.watched", { count = minutes }) }
end


function read.bought(c, _, one)
    return { what = "bought", sales = sold_in(c, one.session),
             reason = c.say("grants.reason.bought") }
end


-- The condition that fields say; nil where they say none, or a wrong one, and
-- which field is wrong.
local function asked_by(c, fields, one)
    local how = read[fields.what or ""]

    if not how then
        return nil
    end

    return how(c, fields, one)
end


local function form(c, one, fields, view, status)
    view = view or {}
    view.title = c.say("grants.title", { title = one.it.title })
    view.page, view.fields, view.it = one.page, fields, one.it
    view.room = one.session.id
    view.left = c.say("give.left", { count = one.sale.free,
                                     unit = one.it.unit })
    view.since = c.say("grants.since", {
        when = format.when(c.say, one.since, c.now) })

    return "grants", view, status
end


-- Who keeps the condition, as the page shows it.
local function kept(c, one, fields, asked)
    local list = conditions.kept(asked.what, one.session.id, one.since, asked,
                                 c.now, c.clerk)
    local names = {}

    if not list then
        return form(c, one, fields, { why = c.say("grants.away") }, 503)
    end

    for i = 1, math.min(#list, NAMES_MAX) do
        names[i] = called.of(c, list[i]).name
    end

    -- who was given one up to here, where somebody has just tapped
    local from = math.min(tonumber(c.arg.from) or 0, #list)

    return form(c, one, fields, { asked = asked, count = #list,
        names = table.concat(names, c.say("grants.between")),
        more = #list > NAMES_MAX, from = from < #list and from or 0,
        rest = from < #list and #list - from or 0,
        done = from > 0 and c.say("grants.done", { count = from }) })
end


local function ask(c, parts)
    local one, code = meant(c, parts)

    if not one then
        return nil, code
    end

    local asked, wrong = asked_by(c, c.arg, one)

    if not asked then
        return form(c, one, c.arg, wrong
                    and { why = c.say("grants.wrong." .. wrong) },
                    wrong and 400)
    end

    return kept(c, one, c.arg, asked)
end


-- The key is the giving's, the condition's and the buyer's: whoever taps,
-- twice or two of them at the same time, each neighbour gets one for it.
local function give(c, one, asked, buyer)
    local target = "/admin/sales/" .. one.sale.id .. "/grant"
    local kept_one = table.concat({ one.sale.id, asked.what,
                                    asked.word or asked.minutes or "" }, " ")
    local key = "kept-" .. crypto.hex(crypto.sha256(kept_one)):sub(1, 32)
                .. "-" .. buyer
    local gift, problem = c.shop.send("admin", "POST", target,
        { buyer = buyer, reason = asked.reason }, key)

    c.deed { what = "grant", method = "POST", target = target,
             sale = one.sale.id, hold = gift and gift.id, key = key,
             status = gift and "ok" or problem.code }

    return gift, problem
end


-- Those from a place in the list on: many take a tap for each hundred.
local function grant(c, parts, sent)
    local one, code = meant(c, parts)
    local asked = one and asked_by(c, sent, one)
    local from = tonumber((sent.from or ""):match("^%d+$")) or 0
    local list

    if not asked then
        return nil, one and "bad_request" or code
    end

    list = conditions.kept(asked.what, one.session.id, one.since, asked, c.now,
                           c.clerk)

    if not list then
        return form(c, one, sent, { why = c.say("grants.away") }, 503)
    end

    local last = math.min(#list, from + AT_ONCE)

    for i = from + 1, last do
        local gift, problem = give(c, one, asked, list[i])

        -- who has as many as one gets has them from elsewhere
        if not gift and problem.code ~= "over_limit" then
            return form(c, one, sent, {
                why = c.say(REFUSED[problem.code]
                            and "give.refused." .. problem.code
                            or "edit.wrong.other", { code = problem.code }),
            }, 409)
        end
    end

    return true, one.page .. "?what=" .. asked.what
           .. (asked.word and "&word=" .. ngx.escape_uri(asked.word) or "")
           .. (asked.minutes and "&minutes=" .. asked.minutes or "")
           .. "&from=" .. last
end


grants.routes = {
    ["live/:record/give/:sale"] = { GET = ask, POST = grant, roles = HOST },
}


function grants.doors()
    return {}
end


return grants
