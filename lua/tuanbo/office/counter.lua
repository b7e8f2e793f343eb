--- What is collected at a point: who has goods there, and what is told to the
-- shop when somebody gets them. The shop decides; nothing here needs SQL.
--
-- @module tuanbo.office.counter

local tablex = require "pl.tablex"

local format = require "tuanbo.format"
local on_shelf = require "tuanbo.office.on_shelf"
local store = require "tuanbo.office.store"

local LINES_MAX = 2000          -- of one page; who is not on it is searched
local LOOKED_MAX = 5000         -- lines of one search
local LOOK = 500                -- of them at once
local FOUND_MAX = 20000         -- an order is looked for in: as store.find()

local AWAITED = "~"             -- before where a search goes on among them

local SALES_MAX = 8             -- lines of an order

local VIA = { scan = true, code = true, list = true }

local counter = {}


local function words_of(c, line)
    local it = c.item(line.sale)

    local title = line.prize or it.title

    return title .. " × " .. (line.qty - (line.short_qty or 0)) .. " "
           .. it.unit
end


-- Whom to call, looked up once of each.
local function calling()
    local known = {}

    return function(buyer)
        known[buyer] = known[buyer] or store.contact(buyer) or {}

        return known[buyer]
    end
end


-- The neighbours of these lines, in the order of their first ones. places: by
-- line, where on the shelf it is.
local function neighbours(c, lines, called, places)
    local list, by_buyer, by_hold = {}, {}, {}

    for _, line in ipairs(lines) do
        local one = by_buyer[line.buyer]

        if not one then
            local contact = called(line.buyer)

            one = {
                name = contact.name, orders = {}, places = {},
                digits = contact.digits or "",
            }
            by_buyer[line.buyer] = one
            list[#list + 1] = one
        end

        local order = by_hold[line.hold]

        if not order then
            order = { id = line.hold, lines = {}, sales = {},
                      code = format.pickup_code(line.hold) }
            by_hold[line.hold] = order
            one.orders[#one.orders + 1] = order
        end

        local place = places[line]

        if place and not one.places[place] then
            one.places[place] = true
            one.place = (one.place and one.place .. c.say("desk.and") or "")
                        .. place
        end

        order.lines[#order.lines + 1] = words_of(c, line)
        order.sales[#order.sales + 1] = line.sale
        order.paid_back = order.paid_back or line.paid_back
    end

    for _, one in ipairs(list) do
        one.places = nil
    end

    return list
end


--- Whose goods are ready at a point: neighbours in the order of their first
-- line, with the name to call, the digits, and their orders.
-- @tparam table c the page's context
-- @tparam string point
-- @treturn table|nil a list of { name, digits, place, orders }: place is where
-- on the shelf, nil where nobody knows; each order { id,
-- code, lines (in words), sales (of each line), paid_back }
-- @treturn boolean|string whether there are others; or the problem's code
function counter.waiting(c, point)
    local lines, more = store.ready(point, LINES_MAX)

    if not lines then
        return nil, more
    end

    return neighbours(c, lines, calling(), on_shelf.of(c, point, lines)), more
end


-- Of the lines whose goods are `goods` there, those that fit; so many are
-- looked at that a request costs no more than others do.
local function looked_through(point, goods, most, fits, after)
    local found, looked = {}, 0

    repeat
        local lines, next_after = store.lines { pickup = point,
            goods = goods, after = after, limit = LOOK, sold = true }

        if not lines then
            return nil, next_after
        end

        for _, line in ipairs(lines) do
            found[#found + 1] = fits(line) and line or nil
        end

        looked, after = looked + #lines, next_after
    until not after or looked >= most or #found >= LINES_MAX

    return found, after, looked
end


--- The same of those whose contact fits: first all whose goods are ready
-- there, then those whose goods are still to come.
-- @tparam table c the page's context
-- @tparam string point
-- @tparam function fits called with a contact: name, digits
-- @tparam[opt] string after what the request before gave
-- @treturn table|nil a list, as of counter.waiting()
-- @treturn string|nil the next one's `after`: there are lines that were not
-- looked at; or the problem's code
-- @treturn table a list of the same kind, of what is awaited
function counter.search(c, point, fits, after)
    local called = calling()
    local awaited = after and after:match("^" .. AWAITED .. "(.*)")
    local ready, coming, looked, more = {}, {}, 0, nil

    local function fitting(line)
        return fits(called(line.buyer))
    end

    if not awaited then
        ready, more, looked = looked_through(point, "ready", LOOKED_MAX,
                                             fitting, after)
    end

    if ready and not more then
        coming, more = looked_through(point, "awaited", LOOKED_MAX - looked,
                                      fitting, awaited)

        if not coming then
            return nil, more
        end

        more = more and AWAITED .. more
    end

    return ready and neighbours(c, ready, called,
                                on_shelf.of(c, point, ready)), more,
           neighbours(c, coming, called, {})
end


-- What was given: it is collected at any point, and is on no point's list.
local function is_gift(order)
    return type(order.gift) == "table"
end


--- Whether an order may be handed over at a point.
-- @tparam table|nil order as of store.order()
-- @tparam string point
-- @treturn boolean
function counter.is_here(order, point)
    return order ~= nil and (order.pickup == point or is_gift(order))
end


-- The line of a thing that was given or won and is still to be handed over, or
-- nil: what takes something off is no thing.
local function thing_of(order)
    local gift, prize = order.gift, order.prize

    if not is_gift(order) or order.state ~= "granted"
       or gift.off_fen or gift.kind ~= "item" and not prize
    then
        return nil
    end

    return { hold = order.id, sale = order.lines[1].sale, qty = 1,
             buyer = order.buyer, prize = prize and prize.title }
end


--- Who has these orders, with all else that is ready for them there; and
-- things that were given.
-- @tparam table c the page's context
-- @tparam string point
-- @tparam table holds a list
-- @treturn table|nil a list, as of counter.waiting()
-- @treturn string the problem's code
function counter.of_orders(c, point, holds)
    local buyers, lines, things, problem = {}, {}, {}, nil

    for _, hold in ipairs(holds) do
        local order = store.order(hold)

        things[#things + 1] = order and thing_of(order)

        for _, line in ipairs(order and order.pickup == point and order.lines
                              or {})
        do
            if line.goods == "ready" then
                buyers[order.buyer] = true
            end
        end
    end

    if next(buyers) then
        lines, problem = looked_through(point, "ready", FOUND_MAX,
            function(line)
                return buyers[line.buyer]
            end)
    end

    if not lines then
        return nil, problem
    end

    local places = on_shelf.of(c, point, lines)

    return neighbours(c, tablex.icopy(lines, things, #lines + 1), calling(),
                      places)
end


--- Why an order is not among those that wait at a point: a word, and when
-- where it is known.
-- @tparam string point
-- @tparam string hold
-- @treturn string handed_over, awaited, short, unpaid, gift (a coupon, a
-- ticket), elsewhere or unknown
-- @treturn number|nil
function counter.where(point, hold)
    local order = store.order(hold)
    local places = {}

    if not order then
        return "unknown"
    end

    if not counter.is_here(order, point) then
        return "elsewhere"
    end

    for _, line in ipairs(order.lines) do
        if line.goods then
            places[line.goods] = line.handed_at or 0
        end
    end

    for _, place in ipairs { "handed_over", "awaited", "short" } do
        if places[place] then
            return place, places[place] > 0 and places[place] or nil
        end
    end

    return is_gift(order) and "gift" or "unpaid"
end


local function are_sales(list)
    if type(list) ~= "table" or #list > SALES_MAX then
        return list == nil
    end

    for _, sale in ipairs(list) do
        if type(sale) ~= "string" or not sale:find("^[%l%d-]+$") then
            return false
        end
    end

    return true
end


-- Its id, or where only that is known its eight digits.
local function is_order(hold, code)
    if hold == nil then
        return type(code) == "string" and #code == 8
               and code:find("^%d+$") ~= nil
    end

    return type(hold) == "string" and #hold == 32
           and hold:find("^[0-9a-f]+$") ~= nil
end


--- Whether this can be told: names and numbers as they have to be.
-- @tparam table fact of counter.tell(); it may have a code in place of hold
-- @treturn boolean
function counter.is_fact(fact)
    local nonce, at = fact.nonce, fact.device_at

    return type(nonce) == "string" and #nonce <= 80
           and nonce:find("^[%w_-]+$") ~= nil
           and is_order(fact.hold, fact.code)
           and VIA[fact.via] ~= nil
           and type(at) == "number" and at == math.floor(at)
           and math.abs(at) < 2 ^ 53 and are_sales(fact.sales)
end


-- The lines that a hand-over is of: those that were shown to whoever tapped,
-- else those that are ready: what is still awaited is not given along with it.
-- nil: all, which is what to say when nothing of it is ready.
local function lines_of(order, fact)
    local lines = {}

    for _, sale in ipairs(fact.sales or {}) do
        lines[#lines + 1] = { sale = sale }
    end

    for _, line in ipairs(lines[1] and {} or order.lines) do
        lines[#lines + 1] = line.goods == "ready" and { sale = line.sale }
                            or nil
    end

    return lines[1] and lines
end


-- The shop's refusals of which a later try may come to another end.
local function passes(problem)
    return problem.status >= 500 or problem.status == 429
end


--- Tell the shop that an order was handed over, or that it was not after all.
-- Whose goods are at another point is handed over there.
-- @tparam table c the page's context
-- @tparam string point
-- @tparam table fact hold, nonce, via, device_at; perhaps sales, a list: the
-- lines that it is of; undo: it is put back
-- @treturn string the outcome: handed_over, double, paid_back, put_back, or a
-- code
-- @treturn number|nil when it was handed over
-- @treturn boolean nothing is decided yet: the same may be told again
function counter.tell(c, point, fact)
    local order, code = store.order(fact.hold)

    if not order then
        local known = code == "no_such_hold" or code == "other_life"

        return known and "not_found" or code, nil, not known
    end

    if not counter.is_here(order, point) then
        return "not_found", nil, false
    end

    local what = fact.undo and "put-back" or "picked-up"
    local answer, problem = c.shop.send("orders", "POST",
        "/orders/" .. fact.hold .. "/" .. what, {
            nonce = fact.nonce,
            via = not fact.undo and fact.via or nil,
            device_at = not fact.undo and fact.device_at or nil,
            lines = not fact.undo and lines_of(order, fact) or nil,
        })
    local outcome = answer and (fact.undo and "put_back"
                                or answer.paid_back and "paid_back"
                                or answer.outcome) or problem.code

    c.deed { method = "POST", target = what, hold = fact.hold, point = point,
             key = fact.nonce, status = outcome }

    return outcome, answer and answer.at, not answer and passes(problem)
end


return counter
