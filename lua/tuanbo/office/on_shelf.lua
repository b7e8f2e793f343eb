--- Where on a point's shelf the goods of lines lie that are there: the places
-- that its waves' labels and lists say.
--
-- @module tuanbo.office.on_shelf

local coming = require "tuanbo.office.coming"
local shelf_places = require "tuanbo.office.shelf_places"
local sheets = require "tuanbo.office.sheets"

local on_shelf = {}


-- By sale: waves that were frozen lately, the first one first.
local function frozen(c)
    local list, by_sale = {}, {}

    for _, wave in ipairs(coming.waves(c.now) or {}) do
        list[#list + 1] = wave.seq and wave or nil
    end

    table.sort(list, function(a, b) return a.seq < b.seq end)

    for _, wave in ipairs(list) do
        for _, sale in ipairs(wave.sales) do
            by_sale[sale] = by_sale[sale] or {}
            table.insert(by_sale[sale], wave)
        end
    end

    return by_sale
end


-- The places of a wave at a point: those that were given, or, where nobody has
-- asked for any yet, all.
local function places_of(c, id, seq, point)
    local places = shelf_places.of({ id = id, seq = seq }, point, {})

    if next(places) == nil then
        local wave = sheets.wave(c, id)
        local of = wave and sheets.point(wave, point)
        local lines = of and sheets.lines(wave, of)

        places = lines and sheets.places(wave, of, lines) or places
    end

    return places
end


--- The places of lines.
-- @tparam table c the page's context
-- @tparam string point
-- @tparam table lines of store.ready()
-- @treturn table by line: the name of its place; nil: it has none
function on_shelf.of(c, point, lines)
    local by_sale = #lines > 0 and frozen(c) or {}
    local known, found = {}, {}

    for _, line in ipairs(lines) do
        for _, wave in ipairs(by_sale[line.sale] or {}) do
            local places = known[wave.id]

            -- a wave takes what was paid until it was frozen
            if not places and line.sold <= wave.seq then
                places = places_of(c, wave.id, wave.seq, point)
                known[wave.id] = places
            end

            local number = line.sold <= wave.seq and places[line.buyer]

            if number then
                found[line] = shelf_places.name(number)
                break
            end
        end
    end

    return found
end


return on_shelf
