-- All folded tables as text, sorted by their keys, the same bytes for the same
-- ledger whatever the database is: for comparing.
--
-- A line is the table's name and its columns, in order, with tabs between;
-- null is \N.  No folded text has a tab or a backslash: docs/ledger.md.

local folded = require "tuanbo.office.folded"
local layout = require "tuanbo.office.fold.layout"

local RANGE = 256               -- rows of a question

local dump = {}


local function line(one, row)
    local parts = {one.name}

    for i, column in ipairs(one.columns) do
        local value = row[column]

        parts[i + 1] = value == nil and "\\N"
            or one.whole[column] and string.format("%.0f", value) or value
    end

    return table.concat(parts, "\t") .. "\n"
end


-- The keys of a table as it is sorted by: text by its bytes, which PostgreSQL
-- has to be told.
local function order(one, db)
    local keys = {}

    for i, key in ipairs(one.keys) do
        -- of its table: the numbers are selected as text by that name
        keys[i] = one.name .. "." .. key .. (not one.whole[key]
            and db.postgres and ' COLLATE "C"' or "")
    end

    return keys
end


local function after(keys)
    local places = {}

    for i = 1, #keys do
        places[i] = "$" .. i
    end

    return "(" .. table.concat(keys, ", ") .. ") > ("
        .. table.concat(places, ", ") .. ")"
end


local function write_table(db, one, write)
    local keys = order(one, db)
    local select = "SELECT " .. layout.selected(one) .. " FROM " .. one.name
    local sorted = " ORDER BY " .. table.concat(keys, ", ") .. " LIMIT "
        .. RANGE
    local last = {}

    repeat
        local found = db:rows(select
            .. (last[1] and " WHERE " .. after(keys) or "") .. sorted,
            unpack(last))

        for _, row in ipairs(found) do
            write(line(one, row))
        end

        if #found > 0 then
            for i, key in ipairs(one.keys) do
                last[i] = found[#found][key]
            end
        end
    until #found < RANGE
end


-- Writes them, with a first line that says what layout and which position they
-- are of; all as of one moment.  Gives nil and words where nothing is folded.
function dump.write(db, write)
    local done = folded.moment(db, function(position)
        write(table.concat({"position", layout.VERSION,
            string.format("%.0f", position.seq),
            string.format("%.0f", position.at), position.hash,
            position.epoch}, "\t") .. "\n")

        for _, one in ipairs(layout.tables) do
            write_table(db, one, write)
        end

        return true
    end)

    if not done then
        return nil, "nothing was folded in layout " .. layout.VERSION
    end

    return true
end


return dump
