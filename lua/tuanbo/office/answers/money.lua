-- money {from, to, now, points}: what was sold and paid back from `from` until
-- before `to`, and what is owed and overdue, by sale and pickup point.
--
--     {"from","to","seq","rows":[{"sale","pickup","units","sold_fen",
--      "owed_fen","overdue_fen","refunded_fen"}],"sum":{...}}
--
-- owed_fen is what is not paid back yet of all debts that came before `to`:
-- one that nobody pays is there each day; overdue_fen is what of it was due
-- before `now`; refunded_fen is what was paid back in that time, whenever it
-- had become a debt.  A payment that sold nothing has no sale, an order that
-- is collected nowhere no pickup.  points: these pickup points only.

local asked = require "tuanbo.office.asked"

local NAMES = {"units", "sold_fen", "owed_fen", "overdue_fen",
               "refunded_fen"}

-- Each gives sale, pickup and sums.
local SOLD = [[SELECT sale, pickup, {SUM(qty) AS units},
    {SUM(amount_fen) AS sold_fen} FROM lines
    WHERE sold_at >= $1 AND sold_at < $2 GROUP BY sale, pickup]]

local OWED = [[SELECT sale, pickup, {SUM(amount_fen) AS owed_fen},
    {SUM(CASE WHEN due_at < $1 THEN amount_fen ELSE 0 END) AS overdue_fen}
    FROM debts
    WHERE refunded_at IS NULL AND at < $2
    GROUP BY sale, pickup]]

local REFUNDED = [[SELECT sale, pickup,
    {SUM(amount_fen) AS refunded_fen} FROM debts
    WHERE refunded_at >= $1 AND refunded_at < $2 GROUP BY sale, pickup]]


local function zeros(sale, pickup)
    local row = {sale = sale, pickup = pickup}

    for _, name in ipairs(NAMES) do
        row[name] = 0
    end

    return row
end


local function add(found, list, allowed)
    for _, part in ipairs(list) do
        if not allowed or allowed[part.pickup or ""] then
            local key = (part.sale or "") .. " " .. (part.pickup or "")
            local row = found[key] or zeros(part.sale, part.pickup)

            found[key] = row

            for _, name in ipairs(NAMES) do
                row[name] = row[name] + (part[name] or 0)
            end
        end
    end
end


local function summed(with, found)
    local rows, keys, sum = {}, {}, zeros()

    for key in pairs(found) do
        keys[#keys + 1] = key
    end

    table.sort(keys)

    for i, key in ipairs(keys) do
        rows[i] = found[key]

        for _, name in ipairs(NAMES) do
            sum[name] = sum[name] + rows[i][name]
        end
    end

    return {from = with.from, to = with.to, rows = rows, sum = sum}
end


return function(db, with)
    local wrong = asked.wrong(with, {"from", "to", "now"})

    if wrong then
        return nil, "bad_request", wrong
    end

    if with.points ~= nil and type(with.points) ~= "table" then
        return nil, "bad_request", "points"
    end

    local from, to, now = string.format("%.0f", with.from),
        string.format("%.0f", with.to), string.format("%.0f", with.now)
    local allowed = with.points and {}

    for _, point in ipairs(with.points or {}) do
        allowed[point] = true
    end

    return asked.answer(db, function()
        local found = {}

        add(found, db:rows(SOLD, from, to), allowed)
        add(found, db:rows(OWED, now, to), allowed)
        add(found, db:rows(REFUNDED, from, to), allowed)

        return summed(with, found)
    end)
end
