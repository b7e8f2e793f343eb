-- The rows that a batch of entries touches: loaded together before it, changed
-- in memory, written together after it, a statement for many of them.  So that
-- a batch costs few statements, which is what a database on another socket
-- charges for; and the same ones on both databases.
--
-- It lives for one batch, inside of one transaction.

local layout = require "tuanbo.office.fold.layout"

local rows = {}
local methods = {}
local meta = {__index = methods}

-- Rows of a statement, keys of a question: few sizes, for each is a statement
-- that is prepared and kept.
local SIZES = {128, 16, 1}

local written = {}              -- [table][size] = statement


local function upsert(one, size)
    local kept = written[one.name] or {}

    written[one.name] = kept

    if kept[size] then
        return kept[size]
    end

    local places, updates, n = {}, {}, 0

    for i = 1, size do
        local row = {}

        for j = 1, #one.columns do
            n = n + 1
            row[j] = "$" .. n
        end

        places[i] = "(" .. table.concat(row, ",") .. ")"
    end

    for i, column in ipairs(one.changing) do
        updates[i] = column .. "=excluded." .. column
    end

    kept[size] = "INSERT INTO " .. one.name .. " ("
        .. table.concat(one.columns, ",") .. ") VALUES "
        .. table.concat(places, ",") .. " ON CONFLICT ("
        .. table.concat(one.keys, ",") .. ") DO UPDATE SET "
        .. table.concat(updates, ",")

    return kept[size]
end


-- Calls `each(from, size)` for parts of a list of `n`, the largest first.
local function in_parts(n, each)
    local from = 1

    for _, size in ipairs(SIZES) do
        while n - from + 1 >= size do
            each(from, size)
            from = from + size
        end
    end
end


local function key_of(one, row)
    if #one.keys == 1 then
        return tostring(row[one.keys[1]])
    end

    local parts = {}

    for i, column in ipairs(one.keys) do
        parts[i] = row[column]
    end

    return table.concat(parts, " ")
end


-- An empty set of rows over an open database.
function rows.new(db)
    local self = {db = db, found = {}, holds = {}, changed = {}, list = {}}

    for _, one in ipairs(layout.tables) do
        self.found[one.name] = {}
        self.holds[one.name] = {}
        self.changed[one.name] = {}
        self.list[one.name] = {}
    end

    return setmetatable(self, meta)
end


local function add(self, one, key, row)
    local holds = self.holds[one.name]

    self.found[one.name][key] = row

    if row.hold then
        local list = holds[row.hold] or {}

        holds[row.hold] = list
        list[#list + 1] = row
    end
end


-- Loads the rows whose `column` is one of a list of values.
function methods:load(name, column, values)
    local one = layout.by_name[name]
    local found = self.found[name]

    in_parts(#values, function(from, size)
        local places, bound = {}, {}

        for i = 1, size do
            places[i] = "$" .. i
            bound[i] = tostring(values[from + i - 1])
        end

        local sql = "SELECT " .. layout.selected(one) .. " FROM " .. name
            .. " WHERE " .. column .. " IN (" .. table.concat(places, ",")
            .. ")"

        for _, row in ipairs(self.db:rows(sql, unpack(bound, 1, size))) do
            local key = key_of(one, row)

            if not found[key] then
                add(self, one, key, row)
            end
        end
    end)
end


-- The row of a key (its parts, joined by blanks), or nil.
function methods:get(name, key)
    return self.found[name][key]
end


-- The rows of a hold, in no order.
function methods:of(name, hold)
    return self.holds[name][hold] or {}
end


-- A row that is to be written at the end of the batch: a new one, or one that
-- was loaded and is changed.
function methods:put(name, row)
    if self.changed[name][row] then
        return row
    end

    local one = layout.by_name[name]
    local list = self.list[name]
    local key = key_of(one, row)

    if self.found[name][key] ~= row then
        add(self, one, key, row)
    end

    self.changed[name][row] = true
    list[#list + 1] = row

    return row
end


-- Writes what was put.
function methods:write()
    for _, one in ipairs(layout.tables) do
        local list = self.list[one.name]
        local columns = one.columns
        local width = #columns

        in_parts(#list, function(from, size)
            local bound, n = {}, 0

            for i = from, from + size - 1 do
                local row = list[i]

                for j = 1, width do
                    local value = row[columns[j]]

                    -- a device's clock says any number
                    if type(value) == "number" and math.abs(value) > 2^53 then
                        value = string.format("%.0f", value)
                    end

                    n = n + 1
                    bound[n] = value
                end
            end

            self.db:run(upsert(one, size), unpack(bound, 1, size * width))
        end)
    end
end


return rows
