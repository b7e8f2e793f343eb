--- What the lists of a wave are made of. Long ones are read page by page, and
-- the event loop has its turn in between, so nobody at the desk waits for a
-- list of ten thousand lines.
--
-- What is `ordered` stays as it was when the wave was frozen; lines are those
-- that still come. So lists by point and item agree for ever, and a list by
-- neighbour says what was cancelled since.
--
-- @module tuanbo.office.sheets

local coming = require "tuanbo.office.coming"
local documents = require "tuanbo.documents"
local format = require "tuanbo.format"
local goods = require "tuanbo.goods"
local shelf_places = require "tuanbo.office.shelf_places"
local store = require "tuanbo.office.store"

local PAGE = 500                -- lines read at once
local CONTACTS = 100            -- read at once
local LAST = 99999              -- what has no stop comes after what has one

-- Zero would cost as much, and a line in the log: it needs a patch of nginx.
local PAUSE_S = 0.001

local sheets = {}


-- Others have their turn.
function sheets.pause()
    ngx.sleep(PAUSE_S)
end


--- What a sale's goods are called.
-- @tparam table c the page's context
-- @treturn function item(sale): title, unit, place: which of the wave's
function sheets.items(c, wave)
    local known, places = {}, {}

    for i, id in ipairs(wave.sales) do
        places[id] = i
    end

    return function(id)
        if not known[id] then
            local sale = c.engine.sale(id)
            local it = sale and goods.of(c, sale)

            known[id] = { id = id, title = it and it.title or id,
                          unit = it and it.unit or c.say("unit"),
                          place = places[id] or LAST }
        end

        return known[id]
    end
end


local function in_language(c, doc, name)
    local other = doc[c.lang]

    return type(other) == "table" and other[name] or doc[name]
end


local function ordered(one)
    local count = 0

    for _, line in ipairs(one.lines) do
        count = count + line.ordered
    end

    return count
end


-- The pickup point as lists have it.
local function point_of(c, one, item)
    local id = one.pickup or coming.NO_POINT
    local doc = one.pickup and documents.get(c.engine, "pickup", id) or {}
    local point = {
        id = id, pickup = one.pickup, lines = one.lines,
        ordered = ordered(one),
        name = in_language(c, doc, "name")
               or one.pickup or c.say("list.no_point"),
        address = in_language(c, doc, "address") or "",
        region = doc.region or "", route = doc.route or "",
        stop = doc.stop,
    }

    table.sort(point.lines, function(a, b)
        return item(a.sale).place < item(b.sale).place
    end)

    return point
end


-- Region, route, stop, name: what has none comes last.
local function is_before(a, b)
    for _, name in ipairs { "region", "route" } do
        if a[name] ~= b[name] then
            return b[name] == "" or a[name] ~= "" and a[name] < b[name]
        end
    end

    if a.stop ~= b.stop then
        return (a.stop or LAST) < (b.stop or LAST)
    end

    if a.name ~= b.name then
        return a.name < b.name
    end

    return a.id < b.id
end


--- A wave as somebody sees it: with the points that are theirs, in the order
-- of the way there.
-- @tparam table c the page's context
-- @tparam string id
-- @treturn table|nil the wave; its points have id ("-" for none), name,
-- address, region, route, stop, lines, ordered; `item` as of sheets.items();
-- `partly`: goods of it go to points that are not theirs
-- @treturn string the problem's code
function sheets.wave(c, id)
    local wave, code = coming.wave(id, sheets.pause)
    local points = {}

    if not wave then
        return nil, code
    end

    wave.item = sheets.items(c, wave)

    for _, one in ipairs(wave.points) do
        local some = ordered(one) > 0

        if some and c.sees(one.pickup or coming.NO_POINT) then
            points[#points + 1] = point_of(c, one, wave.item)
        elseif some then
            wave.partly = true
        end
    end

    table.sort(points, is_before)
    wave.points = points

    return wave
end


--- One of its points.
function sheets.point(wave, id)
    for _, point in ipairs(wave.points) do
        if point.id == id then
            return point
        end
    end
end


--- When a wave is delivered, in words.
function sheets.day(c, wave)
    local year, month, day = (wave.day or ""):match("^(%d+)-(%d+)-(%d+)$")

    if not year then
        return format.when(c.say, wave.cut_at, c.now)
    end

    return c.say("list.day", {
        day = tonumber(day), month_name = c.say("month." .. tonumber(month)),
        weekday = c.say("day." .. os.date("!*t", os.time {
            year = year, month = month, day = day, hour = 12 }).wday) })
end


--- That the lists over all points have some of them alone, in words: somebody
-- else's with the same position have more. Nil where they have all.
function sheets.only(c, wave)
    local names = {}

    for i, point in ipairs(wave.points) do
        names[i] = point.name
    end

    return wave.partly and c.say("list.only", {
        points = table.concat(names, c.say("desk.and")) })
end


--- Where in the ledger a wave was frozen, which all its lists say.
function sheets.position(c, wave)
    if not wave.seq then
        return c.say("list.open", {
            when = format.when(c.say, wave.cut_at, c.now) })
    end

    return c.say("list.position", { seq = string.format("%.0f", wave.seq),
        wave = wave.id })
end


--- All lines of a wave at a point that come, in the order in which was paid.
-- @tparam table wave of sheets.wave()
-- @tparam table point one of its points
-- @treturn table|nil as of store.wave_lines(), each with `sale`
-- @treturn string the problem's code
function sheets.lines(wave, point)
    local lines = {}

    for _, of in ipairs(point.lines) do
        local after

        repeat
            local list, next_after = store.wave_lines { wave = wave.id,
                sale = of.sale, pickup = point.pickup, after = after,
                limit = PAGE }

            if not list then
                return nil, next_after
            end

            for _, line in ipairs(list) do
                line.sale = of.sale
                lines[#lines + 1] = line
            end

            after = next_after
            sheets.pause()
        until not after
    end

    sheets.pause()
    table.sort(lines, function(a, b)
        if a.sold ~= b.sold then
            return a.sold < b.sold
        end

        return wave.item(a.sale).place < wave.item(b.sale).place
    end)

    return lines
end


-- Whom to call, by who agreed to be on a label.
local function called_of(buyer)
    local contact = store.contact(buyer)

    for _, word in ipairs(contact and contact.consent or {}) do
        if word == "labels" then
            return contact.name, contact.digits
        end
    end
end


--- The places of who has lines; none before the wave is frozen.
-- @tparam table wave
-- @tparam table point
-- @tparam table lines of sheets.lines()
-- @treturn table number by pseudonym
function sheets.places(wave, point, lines)
    local buyers, seen = {}, {}

    if not wave.seq then
        return {}
    end

    for _, line in ipairs(lines) do
        if not seen[line.buyer] then
            seen[line.buyer] = true
            buyers[#buyers + 1] = line.buyer
        end
    end

    return shelf_places.of(wave, point.id, buyers)
end


--- Places of these lines; whoever has none yet gets it in the order in which
-- all of the point paid.
-- @tparam table wave
-- @tparam table point
-- @tparam table lines each with its buyer
-- @treturn table|nil number by pseudonym
-- @treturn string the problem's code
function sheets.places_of(wave, point, lines)
    local places = wave.seq and shelf_places.of(wave, point.id, {}) or {}

    for _, line in ipairs(wave.seq and lines or {}) do
        if not places[line.buyer] then
            local all, code = sheets.lines(wave, point)

            return all and sheets.places(wave, point, all), code
        end
    end

    return places
end


--- Who gets what at a point: neighbours in the order of their places.
-- @tparam table wave of sheets.wave()
-- @tparam table point one of its points
-- @treturn table|nil a list of { number, place, buyer, name, digits, lines };
-- name and digits only of who agreed to labels, once sheets.call() has them;
-- a line has item, count (units that come), short, code
-- @treturn string the problem's code
function sheets.neighbours(wave, point)
    local lines, code = sheets.lines(wave, point)
    local list, by_buyer = {}, {}

    if not lines then
        return nil, code
    end

    local places = sheets.places(wave, point, lines)

    for i, line in ipairs(lines) do
        if i % PAGE == 0 then
            sheets.pause()
        end

        local one = by_buyer[line.buyer]

        if not one then
            one = { buyer = line.buyer, lines = {},
                    number = places[line.buyer] or #list + 1,
                    place = places[line.buyer]
                            and shelf_places.name(places[line.buyer]) or "" }
            by_buyer[line.buyer] = one
            list[#list + 1] = one
        end

        one.lines[#one.lines + 1] = {
            hold = line.hold, item = wave.item(line.sale),
            qty = line.qty, short = line.short_qty, goods = line.goods,
            count = line.goods == "short" and 0
                    or math.max(0, line.qty - line.short_qty),
            code = format.pickup_code(line.hold),
            paid_back = line.paid_back,
        }
    end

    table.sort(list, function(a, b) return a.number < b.number end)

    return list
end


--- Whom to call, of some of them.
-- @tparam table neighbours of sheets.neighbours()
-- @tparam[opt] number from the first, and the last: all
-- @tparam[opt] number to
function sheets.call(neighbours, from, to)
    for i = from or 1, math.min(to or #neighbours, #neighbours) do
        local one = neighbours[i]

        one.name, one.digits = called_of(one.buyer)

        if i % CONTACTS == 0 then
            sheets.pause()
        end
    end
end


--- What was ordered of each item at a point and does not come any more: the
-- order was cancelled after the wave was frozen.
-- @tparam table wave
-- @tparam table point
-- @tparam table neighbours
-- @treturn table a list of { item, count }
function sheets.gone(wave, point, neighbours)
    local left, list = {}, {}

    for _, one in ipairs(neighbours) do
        for _, line in ipairs(one.lines) do
            left[line.item.id] = (left[line.item.id] or 0) + line.qty
        end
    end

    for _, of in ipairs(point.lines) do
        local count = of.ordered - (left[of.sale] or 0)

        if count > 0 then
            list[#list + 1] = { item = wave.item(of.sale), count = count }
        end
    end

    return list
end


return sheets
