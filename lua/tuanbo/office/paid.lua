--- What was paid for a sale and is not owed back yet: by point.
--
-- It is read in steps between which others are served.
--
-- @module tuanbo.office.paid

local store = require "tuanbo.office.store"

local LINES_MAX = 20000

local paid = {}


--- What everybody would get back now.
-- @tparam table sale
-- @tparam table points a list of id and name
-- @treturn table orders, units, fen, complete (all units were found), and
-- points: a list of name, orders, fen. The name is nil of orders that are
-- collected nowhere
function paid.of(sale, points)
    local sum = { orders = 0, units = 0, fen = 0, points = {} }
    local seen, looked = {}, 0
    local places = { {} }

    for i, point in ipairs(points) do
        places[i + 1] = point
    end

    local function walk(place, goods)
        local after, n

        local function add(hold, qty, fen)
            -- one whose goods come meanwhile is on two lists
            if seen[hold] then
                return
            end

            seen[hold] = true
            sum.units = sum.units + qty

            if fen > 0 then
                sum.orders = sum.orders + 1
                sum.fen = sum.fen + fen
                place.orders = (place.orders or 0) + 1
                place.fen = (place.fen or 0) + fen
            end
        end

        repeat
            n, after = store.paid({ sale = sale.id, pickup = place.id,
                                    goods = goods, after = after }, add)
            looked = looked + (n or 0)

            if n and n > 0 then
                ngx.sleep(0.001)
            end
        until not n or not after or looked >= LINES_MAX
    end

    for _, goods in ipairs { "awaited", "ready", "handed_over" } do
        for _, place in ipairs(places) do
            if sum.units < sale.sold and looked < LINES_MAX then
                walk(place, goods)
            end
        end
    end

    for _, place in ipairs(places) do
        if place.fen then
            sum.points[#sum.points + 1] = place
        end
    end

    sum.complete = sum.units >= sale.sold

    return sum
end


return paid
