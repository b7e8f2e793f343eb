-- What the folded questions have in common: what is asked with, and answers
-- as of one moment.

local folded = require "tuanbo.office.folded"

local asked = {}


-- Whether it is milliseconds, or another whole number that is kept exactly.
function asked.whole(value)
    return type(value) == "number" and value >= 0 and value < 2^53
        and value % 1 == 0
end


-- The first of these fields that is no whole number, or nil.
function asked.wrong(with, names)
    for _, name in ipairs(names) do
        if not asked.whole(with[name]) then
            return name
        end
    end
end


-- How many of a page: `limit`, or `usual`, at most `most`.
function asked.limit(with, usual, most)
    local limit = with.limit

    return asked.whole(limit) and limit >= 1 and math.min(limit, most)
        or usual
end


-- Conditions of a statement, and what is bound to their places.
--     where:add("at >= ?", at)      each ? is a place
--     where:one_of("pickup", list)  false where the list is none
--     where:text()                  " WHERE ..."; unpack(where.values)
local where = {}
where.__index = where


function asked.where()
    return setmetatable({parts = {}, values = {}}, where)
end


function where:add(condition, ...)
    local values, n = {...}, 0

    self.parts[#self.parts + 1] = condition:gsub("%?", function()
        n = n + 1
        self.values[#self.values + 1] = asked.whole(values[n])
            and string.format("%.0f", values[n]) or values[n]

        return "$" .. #self.values
    end)
end


function where:one_of(column, list)
    local places = {}

    for i, value in ipairs(list) do
        if type(value) ~= "string" or value:find("\0", 1, true) then
            return false
        end

        places[i] = "?"
    end

    -- nobody's, where the list is empty
    self:add(#places > 0 and column .. " IN (" .. table.concat(places, ",")
             .. ")" or "1 = 0", unpack(list))

    return true
end


function where:text()
    return #self.parts > 0 and " WHERE " .. table.concat(self.parts, " AND ")
        or ""
end


-- `points` of what is asked, where it is there; false: it is no list of names.
function where:points(with, column)
    if with.points == nil then
        return true
    end

    return type(with.points) == "table" and self:one_of(column, with.points)
end


-- The rows of SELECT `columns` FROM lines of these holds, by their hold.
function asked.lines(db, columns, condition, holds)
    local by_hold = {}

    for _, hold in ipairs(holds) do
        by_hold[hold] = {}
    end

    if #holds > 0 then
        local of = asked.where()

        of:add(condition)
        of:one_of("hold", holds)

        for _, line in ipairs(db:rows("SELECT hold, " .. columns
            .. " FROM lines" .. of:text() .. " ORDER BY hold, sale",
            unpack(of.values)))
        do
            local list = by_hold[line.hold]

            list[#list + 1] = line
            line.hold = nil
        end
    end

    return by_hold
end


-- The answer that fn() makes, as of one moment and with its `seq`; refused
-- with not_ready where nothing is folded yet.
function asked.answer(db, fn)
    return folded.moment(db, function(position)
        local answer, code, field = fn()

        if answer then
            answer.seq = position.seq
        end

        return answer, code, field
    end)
end


return asked
