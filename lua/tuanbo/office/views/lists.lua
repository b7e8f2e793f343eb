-- Lists of a wave: on the screen, on paper (the same page), for Excel. All say
-- where the wave was frozen, and come from the same numbers. No SQL.

local csv = require "tuanbo.office.csv"
local sheets = require "tuanbo.office.sheets"

local PAGE = 200                -- neighbours of a page
local ROLES = { "leader", "warehouse" }
local TICK = "☐"

local lists = {}


-- Columns by name. With a star: for a pen, on paper only; with a bang: never
-- in two lines.
local CLASSES = { ["*"] = "paper", ["!"] = "fixed" }


local function columns(c, names)
    local list = {}

    for i, name in ipairs(names) do
        local word, mark = name:match("^([%l_]+)([*!]?)$")

        list[i] = { name = c.say("list.column." .. word),
                    class = CLASSES[mark] or "" }
    end

    return list
end


local function names_of(list)
    local names = {}

    for i, column in ipairs(list) do
        names[i] = column.name
    end

    return names
end


-- What each list is: sections, each with a title, columns and rows; and the
-- same flat, for Excel. Each row there begins with wave and position.
local builders = {}


-- How many boxes of each item, for whoever grows it, by point.
function builders.grower(c, wave)
    local sections, by_sale = {}, {}
    local flat = {}

    for _, point in ipairs(wave.points) do
        for _, line in ipairs(point.lines) do
            local item = wave.item(line.sale)
            local section = by_sale[item.id]

            if not section then
                section = { sum = 0, rows = {}, item = item,
                            columns = columns(c, { "point", "count!" }) }
                by_sale[item.id] = section
                sections[#sections + 1] = section
            end

            if line.ordered > 0 then
                section.sum = section.sum + line.ordered
                section.rows[#section.rows + 1] = { point.name,
                                                    line.ordered }
                flat[#flat + 1] = { item.title, item.id, point.name,
                                    point.pickup, line.ordered, item.unit }
            end
        end
    end

    table.sort(sections, function(a, b)
        return a.item.place < b.item.place
    end)

    for _, section in ipairs(sections) do
        section.title = c.say("list.grower.item", { item = section.item.title,
            count = section.sum, unit = section.item.unit })
    end

    return sections, columns(c, { "item", "sale", "point", "point_id",
                                  "count", "unit" }), flat
end


-- Sections of points that have these fields in common.
local function by_route(c, wave, names, add)
    local sections, by_name = {}, {}

    for _, point in ipairs(wave.points) do
        local name = (point.region ~= "" and point.region
                      or c.say("list.no_region"))
                     .. " · " .. (point.route ~= "" and point.route
                                  or c.say("list.no_route"))
        local section = by_name[name]

        if not section then
            section = { title = name, rows = {}, sum = 0,
                        columns = columns(c, names) }
            by_name[name] = section
            sections[#sections + 1] = section
        end

        section.sum = section.sum + point.ordered
        add(section.rows, point)
    end

    for _, section in ipairs(sections) do
        section.note = c.say("list.sum", { count = section.sum })
    end

    return sections
end


-- Region, route, stop, point, item: for whoever sorts.
function builders.sort(c, wave)
    local flat = {}
    local sections = by_route(c, wave, { "stop!", "point", "item", "count!",
        "tick*" }, function(rows, point)
            for _, line in ipairs(point.lines) do
                local item = wave.item(line.sale)

                if line.ordered > 0 then
                    rows[#rows + 1] = { point.stop or "", point.name,
                        item.title, line.ordered .. " " .. item.unit, TICK }
                    flat[#flat + 1] = { point.region, point.route,
                        point.stop or "", point.name, point.pickup,
                        item.title, item.id, line.ordered, item.unit }
                end
            end
        end)

    return sections, columns(c, { "region", "route", "stop", "point",
        "point_id", "item", "sale", "count", "unit" }), flat
end


-- A sheet for whoever drives: times and temperature are written by hand.
function builders.routes(c, wave)
    local flat = {}
    local sections = by_route(c, wave, { "stop!", "point", "goods", "arrived*",
        "left*", "temperature*", "signed*" }, function(rows, point)
            local items = {}

            for _, line in ipairs(point.lines) do
                local item = wave.item(line.sale)

                if line.ordered > 0 then
                    items[#items + 1] = item.title .. " " .. line.ordered
                                        .. " " .. item.unit
                end
            end

            local all = table.concat(items, c.say("desk.and"))
            local where = point.name .. (point.address ~= ""
                                         and " " .. point.address or "")

            rows[#rows + 1] = { point.stop or "", where, all,
                TICK .. " __:__", TICK .. " __:__", "____ ℃", "" }
            flat[#flat + 1] = { point.region, point.route, point.stop or "",
                point.name, point.pickup, point.address, all,
                point.ordered, "", "", "", "" }
        end)

    for _, section in ipairs(sections) do
        section.note = section.note .. " " .. c.say("list.routes.start")
    end

    return sections, columns(c, { "region", "route", "stop", "point",
        "point_id", "address", "goods", "count", "arrived", "left",
        "temperature", "signed" }), flat
end


local function words_of(c, line)
    local words = line.item.title .. " × " .. line.count .. " "
                  .. line.item.unit

    if line.qty > line.count then
        words = words .. c.say("list.short", { count = line.qty
                                                        - line.count })
    end

    return words
end


-- What was cancelled since, so that the sums agree with the other lists.
local function gone_line(c, wave, point, neighbours)
    local words = {}

    for i, gone in ipairs(sheets.gone(wave, point, neighbours)) do
        words[i] = gone.item.title .. " " .. gone.count .. " "
                   .. gone.item.unit
    end

    return words[1] and c.say("list.gone", {
        items = table.concat(words, c.say("desk.and")) })
end


-- A neighbour a row: everything for one bag.
local function pack_rows(c, neighbours, from, to)
    local rows = {}

    for i = from, math.min(to, #neighbours) do
        local one = neighbours[i]
        local words, codes, seen = {}, {}, {}

        for n, line in ipairs(one.lines) do
            words[n] = words_of(c, line)

            if not seen[line.hold] then
                seen[line.hold] = true
                codes[#codes + 1] = line.code:gsub(" ", "\194\160")
            end
        end

        rows[#rows + 1] = { one.place, one.name or c.say("list.unnamed"),
            one.digits or "", table.concat(codes, " / "),
            table.concat(words, c.say("desk.and")), TICK }
    end

    return rows
end


-- A line a row.
local function pack_flat(c, point, neighbours)
    local rows = {}

    for i, one in ipairs(neighbours) do
        if i % PAGE == 0 then
            sheets.pause()
        end

        for _, line in ipairs(one.lines) do
            rows[#rows + 1] = { point.name, point.pickup, one.place,
                one.name or c.say("list.unnamed"),
                one.digits and one.digits ~= ""
                and c.say("list.tail", { digits = one.digits }) or "",
                line.code, line.item.title, line.item.id, line.count,
                line.item.unit, line.qty - line.count }
        end
    end

    return rows
end


-- Wave and position before each row.
local function flat_file(c, wave, list, rows)
    local names = names_of(columns(c, { "wave", "day", "seq" }))
    local seq = wave.seq or c.say("list.not_yet")

    for _, name in ipairs(names_of(list)) do
        names[#names + 1] = name
    end

    local all = {}

    for i, row in ipairs(rows) do
        local cells = { wave.id, wave.day or "", seq }

        for n = 1, #list do
            cells[n + 3] = row[n] or ""
        end

        all[i] = cells

        if i % 1000 == 0 then
            sheets.pause()
        end
    end

    return csv.file(names, all, sheets.pause)
end


local function as_csv(c, name, wave, list, rows)
    c.send("text/csv; charset=utf-8", flat_file(c, wave, list, rows),
           "wave-" .. wave.id .. "-" .. name .. ".csv")

    return true
end


local function shown(c, name, wave, view)
    view.title = c.say("list." .. name)
    view.day = sheets.day(c, wave)
    view.position = sheets.position(c, wave)
    view.frozen = wave.seq ~= nil
    view.wave = wave.id
    view.csv = c.path .. "?as=csv"
    view.styles = { "desk/sheets.css" }

    return "list", view
end


local function list(name)
    return function(c, parts)
        local wave, code = sheets.wave(c, parts.wave)

        if not wave then
            return nil, code
        end

        local sections, flat, rows = builders[name](c, wave)

        if c.arg.as == "csv" then
            return as_csv(c, name, wave, flat, rows)
        end

        -- each driver takes one
        return shown(c, name, wave, { sections = sections, pages = 1,
                                      apart = name == "routes",
                                      only = sheets.only(c, wave) })
    end
end


local function pack(c, parts)
    local wave, code = sheets.wave(c, parts.wave)
    local point = wave and sheets.point(wave, parts.point)

    if not wave or not point then
        return nil, code or "not_found"
    end

    local neighbours

    neighbours, code = sheets.neighbours(wave, point)

    if not neighbours then
        return nil, code
    end

    if c.arg.as == "csv" then
        sheets.call(neighbours)

        return as_csv(c, "pack-" .. point.id, wave, columns(c, { "point",
            "point_id", "place", "called", "digits", "code", "item", "sale",
            "count", "unit", "missing" }), pack_flat(c, point, neighbours))
    end

    local pages = math.max(1, math.ceil(#neighbours / PAGE))
    local number = math.min(pages, math.max(1, math.floor(
        tonumber(c.arg.page) or 1)))
    local from = (number - 1) * PAGE + 1

    sheets.call(neighbours, from, from + PAGE - 1)

    return shown(c, "pack", wave, {
        number = number, pages = pages,
        sections = { {
            title = point.name,
            note = c.say("list.pack.sum", { people = #neighbours,
                                             count = point.ordered }),
            last = gone_line(c, wave, point, neighbours),
            columns = columns(c, { "place!", "called", "digits!", "code",
                                   "goods", "tick*" }),
            rows = pack_rows(c, neighbours, from, from + PAGE - 1),
        } },
    })
end


lists.routes = {
    ["lists/:wave/pack/:point"] = { GET = pack, roles = ROLES },
}

for name in pairs(builders) do
    lists.routes["lists/:wave/" .. name] = { GET = list(name), roles = ROLES }
end


return lists
