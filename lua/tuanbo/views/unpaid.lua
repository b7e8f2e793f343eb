-- What a buyer has not paid yet, on each page that all see: each with its time
-- and the way to pay. What was given up by the clock a moment ago is said as
-- well, for else it would be gone without a word.

local format = require "tuanbo.format"
local goods = require "tuanbo.goods"

local SAID_MS = 10 * 60 * 1000      -- that a time is over

local unpaid = {}


local function is_live(hold)
    return hold.state == "held" or hold.state == "paying"
end


-- "葡萄 × 2 + 土鸡蛋 × 1"; a picture; and whether the shop has cancelled a sale
-- of it, so that nobody should pay.
function unpaid.names(c, hold)
    local names = {}
    local picture
    local called_off = false

    for i, line in ipairs(hold.lines) do
        local sale = c.engine.sale(line.sale)
        local it = sale and goods.of(c, sale)

        names[i] = (it and it.title or line.sale) .. " × " .. line.qty
        picture = picture or it and it.picture
        called_off = called_off or sale and sale.called_off or false
    end

    return table.concat(names, " + "), picture, called_off
end


-- Until when a live hold is kept, in words and as what counts down.
function unpaid.time(c, hold)
    local at = hold.expires_at

    return {
        at = at,
        till = c.say("hold.until", { clock = format.till(c.say, at, c.now) }),
        span = format.span(c.say, at - c.now),
    }
end


-- The holds of this buyer that can be paid, of one sale or of any.
function unpaid.live(c, buyer, sale)
    local found = {}

    for _, hold in ipairs(buyer and c.engine.unpaid(buyer.id, 0) or {}) do
        local wanted = is_live(hold) and not sale

        for _, line in ipairs(hold.lines) do
            wanted = wanted or is_live(hold) and line.sale == sale
        end

        found[#found + 1] = wanted and hold or nil
    end

    return found
end


-- What a page shows, or nil: nothing. Without a new entry in the ledger
-- nothing can have become unpaid: who had nothing then is not looked up again.
function unpaid.view(c, buyer)
    local version = c.engine.version()

    if buyer.nothing_at == version then
        return nil
    end

    local list = c.engine.unpaid(buyer.id, SAID_MS)
    local holds, lapsed, cancelled = {}, {}, {}
    local newer = {}

    if not list then
        return nil

    elseif #list == 0 then
        buyer.nothing_at = version
        return nil
    end

    for _, hold in ipairs(list) do
        local one = { href = "/h/" .. hold.id, state = hold.state }
        local first = hold.lines[1].sale
        local called_off

        one.names, one.picture, called_off = unpaid.names(c, hold)

        if is_live(hold) and called_off then
            cancelled[#cancelled + 1] = one

        elseif is_live(hold) then
            one.time = unpaid.time(c, hold)
            one.go = c.say(hold.state == "paying" and "unpaid.go.again"
                           or "unpaid.go", { yuan = format.yuan(
                               hold.amount_fen) })
            holds[#holds + 1] = one

        -- not when the same goods were reserved again since: newest come first
        elseif not newer[first] then
            one.again = "/s/" .. first
            lapsed[#lapsed + 1] = one
        end

        newer[first] = true
    end

    return { holds = holds, lapsed = lapsed, cancelled = cancelled,
             say = c.say }
end


return unpaid
