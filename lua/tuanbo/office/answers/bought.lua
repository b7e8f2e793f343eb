-- bought {sales, from, to}: who bought one of these sales (anything, without),
-- sold from `from` until before `to`, in the order in which it was paid for.
--
--     {"from","to","seq","buyers":["…"]}
--
-- Also what is owed back by now.

local asked = require "tuanbo.office.asked"


return function(db, with)
    local wrong = asked.wrong(with, {"from", "to"})
    local where = asked.where()

    if wrong then
        return nil, "bad_request", wrong
    end

    if with.sales ~= nil and (type(with.sales) ~= "table"
                              or not where:one_of("sale", with.sales))
    then
        return nil, "bad_request", "sales"
    end

    where:add("lines.sold_at >= ? AND lines.sold_at < ?", with.from, with.to)

    return asked.answer(db, function()
        local buyers = {}

        for i, row in ipairs(db:rows("SELECT buyer,"
            .. " {MIN(lines.sold_at) AS at} FROM lines"
            .. " JOIN orders ON orders.hold = lines.hold" .. where:text()
            .. " GROUP BY buyer ORDER BY at, buyer", unpack(where.values)))
        do
            buyers[i] = row.buyer
        end

        return {from = with.from, to = with.to, buyers = buyers}
    end)
end
