-- The shelf: who has not come, a text for the group, and what happens then;
-- and the sheet at closing. What is on the shelf is read from the store; only
-- what was, today, and since when something waits, needs the clerk.

local called = require "tuanbo.office.called"
local coming = require "tuanbo.office.coming"
local documents = require "tuanbo.documents"
local format = require "tuanbo.format"
local goods = require "tuanbo.goods"
local store = require "tuanbo.office.store"

local LINES_MAX = 2000          -- of one page
local SHOWN_MAX = 300           -- neighbours
local ASKED_MAX = 500           -- orders that the clerk is asked about
local ASKED_MS = 300            -- the page is good without
local WAVES_LOOKED = 30
local WAVES_SHOWN = 3
local DAY_MS = 24 * 3600 * 1000
local ROLES = { "leader" }

local shelf = { texts = "shelf" }


-- By order and sale: since when it is there, as far as the clerk knows.
local function since_of(c, point)
    local told = c.clerk.ask("not_come", { points = { point },
                                           limit = ASKED_MAX }, ASKED_MS)
    local since = {}

    for _, order in ipairs(told and told.orders or {}) do
        for _, line in ipairs(order.lines) do
            since[order.hold .. " " .. line.sale] = line.ready_at
        end
    end

    return since
end


-- Neighbours whose goods are there, first those whose time is over first.
local function waiting(c, lines, since)
    local list, by_buyer = {}, {}

    for _, line in ipairs(lines) do
        local one = by_buyer[line.buyer]
        local it = c.item(line.sale)
        local qty = line.qty - (line.short_qty or 0)
        local at = since[line.hold .. " " .. line.sale]

        if not one then
            one = { who = called.of(c, line.buyer), items = {}, codes = {},
                    by_hold = {} }
            by_buyer[line.buyer] = one
            list[#list + 1] = one
        end

        one.items[#one.items + 1] = { sale = line.sale, it = it, qty = qty,
            line = it.title .. " × " .. qty .. " " .. it.unit }
        one.since = at and math.min(at, one.since or at) or one.since
        one.till = line.given_at
                   and math.min(line.given_at, one.till or line.given_at)
                   or one.till

        if not one.by_hold[line.hold] then
            one.by_hold[line.hold] = true
            one.codes[#one.codes + 1] = format.pickup_code(line.hold)
        end
    end

    for i, one in ipairs(list) do
        one.place = i
    end

    table.sort(list, function(a, b)
        local first, second = a.till or math.huge, b.till or math.huge

        return first < second or first == second and a.place < b.place
    end)

    for _, one in ipairs(list) do
        one.code = table.concat(one.codes, c.say("desk.and"))
        one.since_line = one.since and c.say("shelf.since", {
            when = format.when(c.say, one.since, c.now) })
        one.till_line = one.till and c.say("shelf.till", {
            when = format.when(c.say, one.till, c.now) })
    end

    return list
end


-- ---- a text for the group: names as anybody may read them, no digits

-- By sale, in the order in which they come.
local function by_sale(list)
    local sales, found = {}, {}

    for _, one in ipairs(list) do
        for _, item in ipairs(one.items) do
            local sale = found[item.sale]

            if not sale then
                sale = { it = item.it, names = {}, others = 0 }
                found[item.sale] = sale
                sales[#sales + 1] = sale
            end

            if one.who.public then
                sale.names[#sale.names + 1] = { name = one.who.public,
                                                qty = item.qty }
            else
                sale.others = sale.others + 1
            end
        end
    end

    return sales
end


local function group_text(c, doc, point, list)
    local rows, till = {}, nil

    for _, one in ipairs(list) do
        till = one.till and math.min(one.till, till or one.till) or till
    end

    rows[1] = c.say("shelf.group", { point = doc.name or point,
                                     count = #list })

    for _, sale in ipairs(by_sale(list)) do
        local names = {}

        for i, one in ipairs(sale.names) do
            names[i] = c.say("shelf.group.one", {
                name = one.name, count = one.qty, unit = sale.it.unit })
        end

        if sale.others > 0 then
            names[#names + 1] = c.say(#names > 0 and "shelf.group.others"
                                      or "shelf.group.some",
                                      { count = sale.others })
        end

        rows[#rows + 1] = c.say("shelf.group.sale", {
            title = sale.it.title,
            names = table.concat(names, c.say("desk.and")) })
    end

    local where = goods.pickup(c, point)

    if where and where.hours then
        rows[#rows + 1] = c.say("shelf.group.hours", { hours = where.hours })
    end

    if till then
        rows[#rows + 1] = c.say("shelf.group.till", {
            when = format.when(c.say, till, c.now) })
    end

    return table.concat(rows, "\n"), #rows
end


local function on_shelf(c, point, since)
    local lines, more = store.ready(point, LINES_MAX)

    if not lines then
        return nil, more
    end

    return waiting(c, lines, since), more
end


local function page(c, parts)
    local point = parts.point
    local doc = documents.get(c.engine, "pickup", point)

    if not doc then
        return nil, "not_found"
    end

    local list, more = on_shelf(c, point, since_of(c, point), {})

    if not list then
        return nil, more
    end

    local words, rows = group_text(c, doc, point, list)
    local count = #list

    for i = SHOWN_MAX + 1, #list do
        list[i], more = nil, true
    end

    return "shelf", {
        title = c.say("shelf.title", { point = doc.name or point }),
        point = point, list = list, count = count, more = more,
        where = goods.pickup(c, point), words = words, rows = rows * 2,
    }
end


-- ---- closing

-- What the clerk knows of today, at one point; nil: it is away.
local function today_of(c, point)
    local offset = format.offset_minutes() * 60000
    local from = math.floor((c.now + offset) / DAY_MS) * DAY_MS - offset
    local asked = { from = from, to = from + DAY_MS, points = { point },
                    now = math.floor(c.now) }
    local handed = c.clerk.ask("handed", asked)
    local money = handed and c.clerk.ask("money", asked)

    if not money then
        return nil
    end

    local sum, rows = money.sum, {}

    for i, row in ipairs(handed.rows) do
        local it = c.item(row.sale)

        rows[i] = { title = it.title, unit = it.unit, units = row.units,
                    orders = row.orders }
    end

    return {
        handed = rows, orders = handed.orders, units = sum.units,
        sold = format.yuan(sum.sold_fen), owed = format.yuan(sum.owed_fen),
        overdue = sum.overdue_fen > 0 and format.yuan(sum.overdue_fen),
        refunded = format.yuan(sum.refunded_fen),
    }
end


-- The next waves of which something is to come to this point.
local function next_of(c, point)
    local waves, code = coming.waves(c.now)
    local found = {}

    if not waves then
        return nil, code
    end

    -- the newest come first
    for i = math.min(#waves, WAVES_LOOKED), 1, -1 do
        local wave = #found < WAVES_SHOWN and coming.wave(waves[i].id)
        local rows = {}

        for _, line in ipairs(wave and coming.lines(wave, point) or {}) do
            if line.awaited > 0 and not line.final then
                local it = c.item(line.sale)

                rows[#rows + 1] = { title = it.title, unit = it.unit,
                                    count = line.awaited }
            end
        end

        if #rows > 0 then
            found[#found + 1] = {
                rows = rows,
                name = c.say(wave.seq and "closing.wave"
                             or "closing.wave.open", {
                    day = wave.day or wave.id,
                    when = format.when(c.say, wave.cut_at, c.now) }),
            }
        end
    end

    return found
end


local function closing(c, parts)
    local point = parts.point
    local doc = documents.get(c.engine, "pickup", point)

    if not doc then
        return nil, "not_found"
    end

    local list, more = on_shelf(c, point, {})
    local waves, code = next_of(c, point)

    if not list or not waves then
        return nil, list and code or more
    end

    return "closing", {
        title = c.say("closing.title", { point = doc.name or point }),
        point = point, when = format.when(c.say, c.now, c.now),
        by = c.who.staff.name, today = today_of(c, point),
        list = list, more = more, waves = waves,
    }
end


shelf.routes = {
    ["shelf/:point"] = { GET = page, roles = ROLES },
    ["closing/:point"] = { GET = closing, roles = ROLES },
}


function shelf.doors(c)
    local list = {}

    for _, point in ipairs(c.may(unpack(ROLES)) and c.points() or {}) do
        list[#list + 1] = { group = c.say("shelf.door"), label = point.name,
                            point = point.id,
                            href = "/desk/shelf/" .. point.id }
    end

    for _, point in ipairs(c.may(unpack(ROLES)) and c.points() or {}) do
        list[#list + 1] = { group = c.say("closing.door"),
                            label = point.name, point = point.id,
                            href = "/desk/closing/" .. point.id }
    end

    return list
end


return shelf
