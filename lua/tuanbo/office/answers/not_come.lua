-- not_come {points, after, limit}: whose goods are on the shelf, by point.
--
--     {"seq","points":[{"pickup","orders","units"}],"orders":[{"hold","buyer",
--      "pickup","due_at","lines":[{"sale","qty","ready_at","due_at"}]}],
--      "next"}
--
-- qty is what is there: without what was short, or is the sale's again.
-- due_at: from then on it counts as handed over; absent: never.  points: these
-- pickup points only, and `points` of the answer has them all, whatever the
-- page.  A page has `limit` orders (200, at most 500); `next` is the `after`
-- of the one after it.

local asked = require "tuanbo.office.asked"

local PAGE, PAGE_MAX = 200, 500

-- as fold/entries.lua has it: some of it has come
local THERE = "goods = 'ready' AND restocked_qty + short_qty < qty"
local LEFT = "qty - restocked_qty - short_qty"


local function page(db, with, where)
    local limit = asked.limit(with, PAGE, PAGE_MAX)
    local points = db:rows("SELECT pickup, {COUNT(DISTINCT hold) AS orders},"
        .. " {SUM(" .. LEFT .. ") AS units} FROM lines" .. where:text()
        .. " GROUP BY pickup ORDER BY COALESCE(pickup, '')",
        unpack(where.values))

    if with.after ~= nil then
        local after = type(with.after) == "string"
            and db:one("SELECT pickup FROM orders WHERE hold = $1",
                       with.after)

        if not after then
            return nil, "bad_request", "after"
        end

        where:add("(COALESCE(pickup, ''), hold) > (?, ?)",
                  after.pickup or "", with.after)
    end

    local orders = db:rows("SELECT DISTINCT hold, pickup,"
        .. " COALESCE(pickup, '') AS place FROM lines" .. where:text()
        .. " ORDER BY place, hold LIMIT " .. limit + 1, unpack(where.values))
    local more = #orders > limit and table.remove(orders) and true
    local holds, buyers = {}, {}

    for i, order in ipairs(orders) do
        holds[i] = order.hold
    end

    if #holds > 0 then
        local of = asked.where()

        of:one_of("hold", holds)

        for _, row in ipairs(db:rows("SELECT hold, buyer FROM orders"
            .. of:text(), unpack(of.values)))
        do
            buyers[row.hold] = row.buyer
        end
    end

    local lines = asked.lines(db, "sale, {" .. LEFT .. " AS qty}, {ready_at},"
                              .. " {due_at}", THERE, holds)

    for _, order in ipairs(orders) do
        order.place = nil
        order.buyer = buyers[order.hold]
        order.lines = lines[order.hold]

        for _, line in ipairs(order.lines) do
            order.due_at = math.min(order.due_at or math.huge,
                                    line.due_at or math.huge)
        end

        if order.due_at == math.huge then
            order.due_at = nil
        end
    end

    return {points = points, orders = orders,
            next = more and orders[#orders].hold or nil}
end


return function(db, with)
    local where = asked.where()

    where:add(THERE)

    if not where:points(with, "pickup") then
        return nil, "bad_request", "points"
    end

    return asked.answer(db, function()
        return page(db, with, where)
    end)
end
