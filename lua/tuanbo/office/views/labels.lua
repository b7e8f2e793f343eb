-- Labels for the shelf, one for each line of an order: whom to call, the tail
-- of the phone, what, how many, the code, the place. On a roll of 40 by 30 mm,
-- or on sheets of A4, 24 each. No SQL.

local sheets = require "tuanbo.office.sheets"

local PAGE = 480                -- labels of a page: 20 sheets
local SHEET = 24                -- labels of a sheet of A4
local SIZES = { ["40x30"] = true, a4 = true }
local NAME_WIDTH, TITLE_WIDTH, UNIT_WIDTH = 12, 40, 8
local ROLES = { "leader", "warehouse" }

local labels = {}


-- A text that is so wide at most, a Chinese character being two and a small
-- letter one: what is cut off here cannot hang out of the label.
function labels.fitting(text, width)
    local taken, at = 0, {}

    for character in text:gmatch("[%z\1-\127\194-\244][\128-\191]*") do
        taken = taken + (character:find("^[%l%d .,-]$") and 1 or 2)
        at[#at + 1] = character

        if taken > width then
            at[#at], at[#at - 1] = nil, "…"
            break
        end
    end

    return table.concat(at)
end


local function label_of(c, one, line)
    return {
        place = one.place, code = line.code,
        name = labels.fitting(one.name or c.say("list.unnamed"), NAME_WIDTH),
        tail = one.digits and one.digits ~= ""
               and c.say("list.tail", { digits = one.digits }) or "",
        title = labels.fitting(line.item.title, TITLE_WIDTH),
        count = "× " .. line.count .. " "
                .. labels.fitting(line.item.unit, UNIT_WIDTH),
    }
end


-- Those of what comes and is not gone yet, from one to another.
local function labels_of(c, neighbours, from, to)
    local list, n = {}, 0

    for i, one in ipairs(neighbours) do
        for _, line in ipairs(one.lines) do
            if line.count > 0 and line.goods ~= "handed_over" then
                n = n + 1

                if n >= from and n <= to then
                    if not one.looked then
                        sheets.call(neighbours, i, i)
                        one.looked = true
                    end

                    list[#list + 1] = label_of(c, one, line)
                end
            end
        end
    end

    return list, n
end


local function sheets_of(list, size)
    if size ~= "a4" then
        return { list }
    end

    local all = {}

    for i, label in ipairs(list) do
        local sheet = math.floor((i - 1) / SHEET) + 1

        all[sheet] = all[sheet] or {}
        table.insert(all[sheet], label)
    end

    return all
end


local function page(c, parts)
    local wave, code = sheets.wave(c, parts.wave)
    local point = wave and sheets.point(wave, parts.point)

    if not wave or not point then
        return nil, code or "not_found"
    end

    local size = SIZES[c.arg.size] and c.arg.size or "40x30"
    local number = math.max(1, math.floor(tonumber(c.arg.page) or 1))
    local neighbours
    local list, count = {}, 0

    -- before that nobody has a place
    if wave.seq then
        neighbours, code = sheets.neighbours(wave, point)

        if not neighbours then
            return nil, code
        end

        list, count = labels_of(c, neighbours, (number - 1) * PAGE + 1,
                                number * PAGE)
    end

    return "labels", {
        layout = "desk/paper",
        title = c.say("labels.title", { point = point.name }),
        day = sheets.day(c, wave), position = sheets.position(c, wave),
        frozen = wave.seq ~= nil, wave = wave.id, point = point.id,
        size = size, sheets = sheets_of(list, size), count = count,
        number = number, pages = math.max(1, math.ceil(count / PAGE)),
        styles = { "desk/paper.css", "desk/labels.css",
                   "desk/labels-" .. size .. ".css" },
    }
end


labels.routes = {
    ["labels/:wave/:point"] = { GET = page, roles = ROLES },
}


return labels
