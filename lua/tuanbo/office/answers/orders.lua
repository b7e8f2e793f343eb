-- orders {from, to, points, state, after, limit}: orders of a time, the oldest
-- first: sold from `from` until before `to`.
--
--     {"from","to","seq","orders":[{"hold","buyer","pickup","at","state",
--      "payment","amount_fen","owed_fen","refunded_fen","lines":[{"sale",
--      "qty","amount_fen","state","goods","short_qty","restocked_qty",
--      "owed_fen","refunded_fen"}]}],"next"}
--
-- state: where the goods of a line of it are (awaited, ready, handed_over,
-- short); or what became of a hold that was not sold (held, paying, released,
-- expired, cancelled), and then those that began in that time.  points: these
-- pickup points only.  A page has `limit` (100, at most 500); `next` is the
-- `after` of the one after it.

local asked = require "tuanbo.office.asked"

local PAGE, PAGE_MAX = 100, 500

local GOODS = {awaited = true, ready = true, handed_over = true, short = true}
local UNSOLD = {held = true, paying = true, released = true, expired = true,
                cancelled = true}

local LINES = [[sale, {qty}, {amount_fen}, state, goods, {short_qty},
    {restocked_qty}, {owed_fen}, {refunded_fen}]]


-- Its place among the others, or nil.
local function time_of(db, at, hold)
    local row = type(hold) == "string"
        and db:one("SELECT {" .. at .. " AS at} FROM orders WHERE hold = $1",
                   hold)

    return row and row.at
end


local function page(db, with, at, where)
    local limit = asked.limit(with, PAGE, PAGE_MAX)

    if with.after ~= nil then
        local after = time_of(db, at, with.after)

        if not after then
            return nil, "bad_request", "after"
        end

        where:add("(" .. at .. ", hold) > (?, ?)", after, with.after)
    end

    local orders = db:rows("SELECT hold, buyer, pickup, {" .. at .. " AS at},"
        .. " state, payment FROM orders" .. where:text() .. " ORDER BY "
        .. "orders." .. at .. ", hold LIMIT " .. limit + 1,
        unpack(where.values))
    local more = #orders > limit and table.remove(orders) and true
    local holds = {}

    for i, order in ipairs(orders) do
        holds[i] = order.hold
    end

    local lines = asked.lines(db, LINES, "1 = 1", holds)

    for _, order in ipairs(orders) do
        order.lines = lines[order.hold]
        order.amount_fen, order.owed_fen, order.refunded_fen = 0, 0, 0

        for _, line in ipairs(order.lines) do
            order.amount_fen = order.amount_fen + (line.amount_fen or 0)
            order.owed_fen = order.owed_fen + line.owed_fen
            order.refunded_fen = order.refunded_fen + line.refunded_fen
        end
    end

    return {from = with.from, to = with.to, orders = orders,
            next = more and orders[#orders].hold or nil}
end


return function(db, with)
    local wrong = asked.wrong(with, {"from", "to"})
    local state, where = with.state, asked.where()
    local at = UNSOLD[state] and "held_at" or "sold_at"

    if wrong then
        return nil, "bad_request", wrong
    end

    where:add(at .. " >= ? AND " .. at .. " < ?", with.from, with.to)

    if not where:points(with, "pickup") then
        return nil, "bad_request", "points"
    end

    if GOODS[state] then
        where:add("EXISTS (SELECT 1 FROM lines WHERE lines.hold = orders.hold"
                  .. " AND goods = ?)", state)

    elseif UNSOLD[state] then
        where:add("state = ?", state)

    elseif state ~= nil then
        return nil, "bad_request", "state"
    end

    return asked.answer(db, function()
        return page(db, with, at, where)
    end)
end
