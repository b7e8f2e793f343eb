--- Tables for Excel: a byte order mark, so that it takes UTF-8 for what it is,
-- CRLF, and no cell that it would reckon with: names are typed by neighbours.
--
-- @module tuanbo.office.csv

local MARK = "\239\187\191"

-- What a formula begins with, in some language's Excel.
local BEGINNINGS = {
    "=", "+", "-", "@", "\t", "\r", "\n",
    "\239\188\157", "\239\188\139", "\239\188\141", "\239\188\160",
}

local csv = {}


--- A cell. Numbers are as they are.
-- @tparam string|number value
-- @treturn string
function csv.cell(value)
    if type(value) == "number" then
        return string.format("%.0f", value)
    end

    value = tostring(value or ""):gsub("%z", "")

    -- blanks before it do not make it less of one
    local first = value:match("^ *(.*)$")

    for _, beginning in ipairs(BEGINNINGS) do
        if first:sub(1, #beginning) == beginning then
            value = "'" .. value
            break
        end
    end

    if value:find('[",\r\n\t]') then
        value = '"' .. value:gsub('"', '""') .. '"'
    end

    return value
end


--- A whole file.
-- @tparam table columns their names
-- @tparam table rows each a list of cells, one for each column
-- @tparam[opt] function pause called now and then
-- @treturn string
function csv.file(columns, rows, pause)
    local lines = {}

    local function add(row)
        local cells = {}

        for i = 1, #columns do
            cells[i] = csv.cell(row[i])
        end

        lines[#lines + 1] = table.concat(cells, ",")
    end

    add(columns)

    for i, row in ipairs(rows) do
        add(row)

        if pause and i % 1000 == 0 then
            pause()
        end
    end

    lines[#lines + 1] = ""

    return MARK .. table.concat(lines, "\r\n")
end


return csv
