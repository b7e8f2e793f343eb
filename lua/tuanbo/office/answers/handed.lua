-- handed {from, to, points}: what was handed over from `from` until before
-- `to`, by sale and pickup point.
--
--     {"from","to","seq","rows":[{"sale","pickup","orders","units"}],
--      "orders"}
--
-- units: what was there, without what was short, or is the sale's again; also
-- what counts as handed over by time.  `orders` of the answer has each order
-- once, whatever it had.  points: these pickup points only.

local asked = require "tuanbo.office.asked"

local UNITS = "{SUM(qty - restocked_qty - short_qty) AS units}"


return function(db, with)
    local wrong = asked.wrong(with, {"from", "to"})
    local where = asked.where()

    if wrong then
        return nil, "bad_request", wrong
    end

    where:add("goods = 'handed_over'")

    if not where:points(with, "pickup") then
        return nil, "bad_request", "points"
    end

    where:add("handed_over_at >= ? AND handed_over_at < ?", with.from,
              with.to)

    return asked.answer(db, function()
        local all = db:one("SELECT {COUNT(DISTINCT hold) AS orders} FROM lines"
            .. where:text(), unpack(where.values))

        return {
            from = with.from, to = with.to, orders = all.orders,
            rows = db:rows("SELECT sale, pickup, {COUNT(*) AS orders}, "
                .. UNITS .. " FROM lines" .. where:text()
                .. " GROUP BY sale, pickup"
                .. " ORDER BY sale, COALESCE(pickup, '')",
                unpack(where.values)),
        }
    end)
end
