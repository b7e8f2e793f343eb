-- What pages show of the catalogue and of sales, as plain tables. Each takes
-- the page's context first: say, lang, now, engine, likes.

local assets = require "tuanbo.assets"
local documents = require "tuanbo.documents"
local format = require "tuanbo.format"
local giving = require "tuanbo.giving"
local markup = require "tuanbo.markup"
local photos = require "tuanbo.photos"
local room = require "tuanbo.room"
local text = require "tuanbo.text"

local MANY = 100
local CURRENT_MAX = 1000        -- sales that stand, looked at for one page
local ENDED_MAX = 200           -- sales of the last day
local DAY_MS = 24 * 3600 * 1000
local EARLY_MS = 12 * 3600 * 1000
local WAITING_MS = 30 * 60 * 1000       -- a room opens before its hour
local WEEK_MS = 7 * 24 * 3600 * 1000
local DEFAULT_PICTURE = "pictures/crate.svg"
local GIFT_PICTURE = "pictures/gift.svg"

local goods = {}


-- A document in the page's language: in English the fields under `en` come
-- before the others.
local function in_language(c, doc)
    local other = doc and doc[c.lang]

    if type(other) ~= "table" then
        return doc or {}
    end

    return setmetatable({}, { __index = function(_, name)
        if other[name] ~= nil then
            return other[name]
        end

        return doc[name]
    end })
end


-- The value, or nil for what is as good as absent: JSON's null, an empty text.
local function given(value)
    if value == nil or value == ngx.null or value == "" then
        return nil
    end

    return value
end


-- All documents of a kind, in order of id.
function goods.documents(c, kind)
    local found = {}

    for i, entry in ipairs(documents.all(c.engine, kind)) do
        found[i] = { id = entry.id, doc = in_language(c, entry.doc) }
    end

    return found
end


-- The product behind a sale: what the sale's own document says comes first.
local function product_of(c, sale, own)
    local product = documents.get(c.engine, "product", own.product or sale.id)

    own, product = in_language(c, own), in_language(c, product)

    return setmetatable({}, { __index = function(_, name)
        return given(own[name]) or given(product[name])
    end })
end


local function grams(c, n)
    if n >= 1000 then
        return c.say("item.weight.kg", { n = n / 1000 })
    end

    return c.say("item.weight.g", { n = n })
end


local function facts_of(c, product)
    local facts = {}

    local function add(name, value)
        if value then
            facts[#facts + 1] = { name = c.say("item.facts." .. name),
                                  value = value }
        end
    end

    add("orchard", product.orchard or product.origin)
    add("picked", product.picked)
    add("sugar", product.sugar)
    add("selenium", product.selenium)
    add("inspection", product.inspection)
    add("weight", product.net_weight_g and grams(c, product.net_weight_g))
    add("volume", product.volume_ml
                  and c.say("item.volume", { n = product.volume_ml }))
    add("pieces", product.pieces
                  and c.say("item.pieces", { n = product.pieces }))
    add("keeps", product.keeps)

    return facts
end


-- Units are written down in the shop's language.
local function unit_of(c, unit)
    if not unit then
        return c.say("unit")
    end

    if text.has(c.lang, "unit." .. unit) then
        return c.say("unit." .. unit)
    end

    return unit
end


-- A number that the event stream keeps up to date.
function goods.live(name, value)
    return markup.unescaped('<b data-live="' .. name .. '">'
                            .. markup.escape(value) .. "</b>")
end


local live = goods.live


local function goal_of(c, goal, joined, formed, unit)
    local left = math.max(0, goal - joined)
    local line

    if formed == true then
        line = c.say("goal.reached")
    elseif formed == false then
        line = c.say("goal.failed")
    else
        line = c.say("goal.missing", { left = live("missing", left),
                                       unit = unit })
    end

    return { goal = goal, joined = joined, left = left, line = line,
             formed = formed == true, failed = formed == false }
end


-- The photos that the office made of what the owner uploaded.
local function photos_of(names)
    local list = {}

    for _, name in ipairs(type(names) == "table" and names or {}) do
        list[#list + 1] = photos.of(name)
    end

    return list
end


-- That something is not collected where this browser likes to; nil: it is,
-- or may be anywhere.
local function elsewhere(c, pickups)
    local liked = c.likes.pickup

    if not liked or type(pickups) ~= "table" or #pickups == 0 then
        return nil
    end

    for _, id in ipairs(pickups) do
        if id == liked then
            return nil
        end
    end

    -- read once for all the goods of a page
    c.liked_name = c.liked_name or (goods.pickup(c, liked) or {}).name or liked

    return c.say("card.elsewhere", { name = c.liked_name })
end


-- What the shop promises for what says nothing itself.
function goods.rules(c)
    return in_language(c, documents.get(c.engine, "rules", "after-sales"))
end


-- A sale and its product, as cards and pages show it. own: the sale's
-- document, where it was read before.
function goods.of(c, sale, own)
    local say, now = c.say, c.now
    local product

    own = own or documents.get(c.engine, "sale", sale.id) or {}
    product = product_of(c, sale, own)

    local unit = unit_of(c, product.unit)
    local picture = product.picture
    local taken = sale.stock - sale.free
    local opens_at, closes_at = given(sale.opens_at), given(sale.closes_at)
    local limit, formed = given(sale.limit), given(sale.formed)
    local line
    local shots = photos_of(product.pictures)

    picture = shots[1] and shots[1].src
              or assets.url("pictures/" .. (picture or sale.id .. ".svg"))
              or assets.url(sale.gives and GIFT_PICTURE or DEFAULT_PICTURE)

    if sale.formed == false then
        formed = false
    end

    if sale.called_off then
        line = say("sale.called_off")
    elseif sale.state == "sold_out" then
        line = say("sale.sold_out")
    elseif sale.state == "closed" and sale.ended_at then
        line = say("sale.ended", { when = format.when(say, sale.ended_at,
                                                      now) })
    elseif sale.state == "closed" then
        line = say("sale.closed")
    elseif sale.state == "paused" then
        line = say("sale.paused")
    elseif sale.state == "scheduled" and opens_at then
        line = say("sale.opens", { when = format.when(say, opens_at, now) })
    end

    local it = {
        id = sale.id,
        href = "/s/" .. sale.id,
        title = product.title or sale.title,
        picture = picture,
        photo = shots[1],
        photos = shots,
        picture_alt = product.picture_alt or "",
        unit = unit,
        price = sale.price_fen and format.yuan(sale.price_fen),
        price_each = say("price.each", { unit = unit }),
        price_fen = sale.price_fen,
        state = sale.state,
        version = sale.version,
        open = sale.state == "open",
        -- what is free goes to those who wait; it can be waited for
        awaited = sale.awaited,
        queued = sale.queued or 0,
        called_off = sale.called_off,
        stock = sale.stock,
        free = sale.free,
        taken = taken,
        left_line = say("sale.left", { free = live("free", sale.free),
                                       unit = unit }),
        taken_line = say("sale.taken", { taken = live("taken", taken),
                                         stock = sale.stock }),
        taken_label = say("sale.taken.label"),
        state_line = line,
        opens_at = opens_at,
        closes_at = closes_at,
        opens_line = opens_at
            and say("sale.opens", { when = format.when(say, opens_at, now) }),
        opens_span = opens_at and opens_at > now
            and format.span(say, opens_at - now),
        closes_line = closes_at
            and say("sale.closes", { when = format.when(say, closes_at,
                                                        now) }),
        closes_span = closes_at and closes_at > now
            and format.span(say, closes_at - now),
        cancel_line = given(sale.cancel_ms)
            and say(given(sale.goal) and "sale.cancel.group" or "sale.cancel",
                    { length = format.length(say, sale.cancel_ms) }),
        limit = limit,
        limit_line = limit and say("sale.limit", { count = limit,
                                                   unit = unit }),
        facts = facts_of(c, product),
        story = product.story,
        script = product.script,
        promise = product.claim or product.promise,
        fresh = product.fresh ~= false,
        session = product.session,
        pickups = product.pickups,
        elsewhere = not sale.gives and elsewhere(c, product.pickups) or nil,
    }

    -- what can be bought at once, and what else in one go with it
    it.goes_in = it.open and it.free > 0 and not it.awaited
                 and not it.called_off and not sale.gives

    -- no group of a cancelled sale forms, and none fails by itself
    if sale.called_off then
        it.goal_rule = nil

    elseif given(sale.goal) and given(sale.goal_by) ~= "pickup" then
        it.goal = goal_of(c, sale.goal, sale.joined or 0, formed, unit)
        it.goal_rule = say("goal.rule", { goal = sale.goal, unit = unit })

    elseif given(sale.goal) then
        it.goal_by_pickup = sale.goal
        it.goal_rule = say("goal.rule.pickup", { goal = sale.goal,
                                                 unit = unit })
    end

    it.fresh_line = say(it.fresh and "item.fresh" or "item.dry")

    if sale.gives then
        giving.add(c, sale, it, live)
    end

    return it
end


-- A group of one pickup point.
function goods.group_of(c, it, pickup)
    local group = c.engine.group(it.id, pickup)
    local formed

    if group and group.state == "formed" then
        formed = true
    elseif group and group.state == "failed" then
        formed = false
    end

    return goal_of(c, it.goal_by_pickup, group and group.joined or 0, formed,
                   it.unit)
end


-- Where the owner wants a sale: 1 is first, and what has no number comes after
-- what has one. Then what opened, or opens, first.
local function is_before(a, b)
    if a.rank ~= b.rank then
        return a.rank < b.rank
    end

    if a.opens_at ~= b.opens_at then
        return a.opens_at < b.opens_at
    end

    return a.sale.id < b.sale.id
end


local function placed(c, sale)
    local own = documents.get(c.engine, "sale", sale.id) or {}

    return {
        sale = sale,
        own = own,
        rank = own.rank or math.huge,
        opens_at = given(sale.opens_at) or 0,
    }
end


-- Sales that are not closed, in their order, for goods.shown(). The cost does
-- not grow with the number of sales that have ended.
function goods.current(c)
    local found = {}
    local after

    repeat
        local list, next_after = c.engine.current(after, MANY)

        -- the store may be closing: what there is so far
        if not list then
            if not after then
                return nil, next_after
            end

            break
        end

        for _, sale in ipairs(list) do
            found[#found + 1] = placed(c, sale)
        end

        after = next_after
    until not after or #found >= CURRENT_MAX

    table.sort(found, is_before)

    return found
end


-- Sales that ended, the last one first, before a place in their order; and the
-- place of the next page.
function goods.ended(c, before, most)
    local found = {}
    local list, next_before = c.engine.ended(before, most)

    if not list then
        return nil, next_before
    end

    for i, sale in ipairs(list) do
        found[i] = placed(c, sale)
    end

    return found, next_before
end


-- Those that ended within a day, and whether any ended before.
function goods.ended_lately(c)
    local found = {}
    local before, list

    repeat
        list, before = goods.ended(c, before, MANY)

        if not list then
            return found, false
        end

        for _, entry in ipairs(list) do
            if entry.sale.ended_at < c.now - DAY_MS then
                return found, true
            end

            found[#found + 1] = entry
        end
    until not before or #found >= ENDED_MAX

    return found, before ~= nil
end


function goods.shown(c, entry)
    return goods.of(c, entry.sale, entry.own)
end


-- Those that can be bought now, but one.
function goods.others(c, id, most)
    local found = {}

    for _, entry in ipairs(goods.current(c) or {}) do
        local sale = entry.sale

        if sale.state == "open" and sale.free > 0 and sale.id ~= id
           and #found < most
        then
            found[#found + 1] = goods.shown(c, entry)
        end
    end

    return found
end


local function pickup_of(id, doc)
    local day, hours = given(doc.day), given(doc.hours)

    return {
        id = id,
        name = given(doc.name) or given(doc.title) or id,
        address = given(doc.address),
        hours = day and hours and day .. " " .. hours or day or hours,
        leader = given(doc.leader),
        phone = given(doc.phone),
        note = given(doc.note),
    }
end


function goods.pickup(c, id)
    local doc = given(id) and documents.get(c.engine, "pickup", id)

    return doc and pickup_of(id, in_language(c, doc))
end


-- Notes of the community that are to be seen now, in the owner's order; and
-- when the next one comes or goes, if any does.
function goods.notes(c)
    local found, change_at = {}, nil

    for _, entry in ipairs(goods.documents(c, "note")) do
        local doc = entry.doc
        local from_at, until_at = given(doc.from_at), given(doc.until_at)
        local next_at = from_at and from_at > c.now and from_at
                        or until_at and until_at > c.now and until_at

        if next_at and (not change_at or next_at < change_at) then
            change_at = next_at
        end

        if given(doc.title) and given(doc.text)
           and (not from_at or from_at <= c.now)
           and (not until_at or until_at > c.now)
        then
            found[#found + 1] = { id = entry.id, title = doc.title,
                                  text = doc.text,
                                  rank = given(doc.rank) or math.huge }
        end
    end

    table.sort(found, function(a, b)
        if a.rank ~= b.rank then
            return a.rank < b.rank
        end

        return a.id < b.id
    end)

    return found, change_at
end


-- Pickup points: those of a list of ids, in its order, or all.
function goods.pickups(c, only)
    local found = {}

    if type(only) == "table" then
        for _, id in ipairs(only) do

            -- a point without a document is shown by its id: the sale is
            -- collected there all the same
            found[#found + 1] = goods.pickup(c, id) or pickup_of(id, {})
        end

        return found
    end

    for _, entry in ipairs(goods.documents(c, "pickup")) do
        found[#found + 1] = pickup_of(entry.id, entry.doc)
    end

    return found
end


--- The pickup points of a sale, of which one is `chosen`: the one that the
-- buyer likes, where the sale has it, else the first.
-- @tparam table c
-- @tparam[opt] table only ids, as of goods.pickups()
-- @treturn table as of goods.pickups()
-- @treturn table|nil the one that is chosen
function goods.choice(c, only)
    local points = goods.pickups(c, only)
    local chosen = points[1]

    for _, point in ipairs(points) do
        if point.id == c.likes.pickup then
            chosen = point
        end
    end

    if chosen then
        chosen.chosen = true
    end

    return points, chosen
end


-- Pickup points that have a number to call.
function goods.leaders(c)
    local found = {}

    for _, point in ipairs(goods.pickups(c)) do
        found[#found + 1] = point.phone and point or nil
    end

    return found
end


-- The pickup points that a sale's page offers.
function goods.points(c, sale)
    local own = documents.get(c.engine, "sale", sale.id) or {}

    return goods.pickups(c, product_of(c, sale, own).pickups)
end


-- A session: its own times, or those of this week when it is weekly.
function goods.session_of(c, id, doc)
    local starts_at, ends_at = given(doc.starts_at), given(doc.ends_at)

    if not starts_at then
        return nil
    end

    ends_at = ends_at or starts_at + 2 * 3600 * 1000

    if given(doc.weekly) == true and ends_at < c.now then
        local weeks = math.ceil((c.now - ends_at) / WEEK_MS)

        starts_at = starts_at + weeks * WEEK_MS
        ends_at = ends_at + weeks * WEEK_MS
    end

    local state = c.now < starts_at and "before"
                  or c.now < ends_at and "on" or "over"
    local now = room.of(c.engine, id)
    local pin = type(now.pin) == "string" and now.pin or nil

    -- what the host does counts, of this time and not of last week's, also
    -- when it was earlier than announced; else the clock
    if now.state == "live" then
        state = "on"
    elseif now.state == "ended" and now.ended_at > starts_at - EARLY_MS then
        state = "over"
    end

    return {
        id = id,
        href = "/live/" .. id,
        title = given(doc.title) or id,
        scene = given(doc.scene),
        goods = given(doc.goods) or {},
        host = given(doc.host),
        about = given(doc.about) or given(doc.story),
        elsewhere = given(doc.elsewhere),
        starts_at = starts_at,
        ends_at = ends_at,
        state = state,
        before = state == "before",
        on = state == "on",
        -- before it begins, its room is open for a while
        opens_at = starts_at - WAITING_MS,
        open = state == "on" or state == "before"
               and c.now >= starts_at - WAITING_MS,
        over = state == "over",
        -- a host may go on behind the end
        until_at = ends_at > c.now and ends_at or nil,
        room = now.state,
        pin = pin,
        on_camera = pin or state == "on" and now.state == "scheduled"
                    and given(doc.on_camera) or nil,
        when = format.when(c.say, starts_at, c.now),
        starts_line = c.say("live.starts",
                            { when = format.when(c.say, starts_at, c.now) }),
        span = format.span(c.say, starts_at - c.now),
    }
end


function goods.session(c, id)
    local doc, code = documents.get(c.engine, "session", id)

    if not doc then
        return nil, code
    end

    return goods.session_of(c, id, in_language(c, doc))
end


-- What of these entries is of a session, in its order: that of the host, then
-- as they were.
function goods.in_order(entries, session)
    local list, place = {}, {}

    for i, id in ipairs(session.goods) do
        place[id] = i
    end

    for i, entry in ipairs(entries) do
        if entry.own.session == session.id then
            list[#list + 1] = entry
            entry.place = place[entry.sale.id] or #session.goods + i
        end
    end

    table.sort(list, function(a, b) return a.place < b.place end)

    return list
end


-- A session's goods: the one on camera first, then what stands, in its order,
-- then what ended within a day.
function goods.of_session(c, session)
    local list = {}

    for _, entries in ipairs { goods.current(c) or {},
                               (goods.ended_lately(c)) } do
        for _, entry in ipairs(goods.in_order(entries, session)) do
            local it = goods.shown(c, entry)

            it.on_camera = session.on_camera == it.id
            table.insert(list, it.on_camera and 1 or #list + 1, it)
        end
    end

    return list
end


--- The room that these goods are shown in, while it is on: its pages lead
-- back to it.
-- @tparam table c
-- @tparam table list as of goods.of(), or anything with `session`
-- @treturn table|nil as of goods.session_of()
function goods.room_of(c, list)
    for _, it in ipairs(list) do
        local one = it.session and goods.session(c, it.session)

        if one and one.on then
            return one
        end
    end

    return nil
end


-- The one that is on the air, and the next one; either may be nil.
function goods.sessions(c)
    local found = {}

    for _, entry in ipairs(goods.documents(c, "session")) do
        local one = goods.session_of(c, entry.id, entry.doc)
        local best = one and found[one.state]

        if one and (not best or one.starts_at < best.starts_at) then
            found[one.state] = one
        end
    end

    return found.on, found.before
end


return goods
