-- A sale that gives. The page of somebody who has none of it is remembered
-- and shared by all, so nothing in it may look at who asks; with `taken` it is
-- made for one buyer.

local brief = require "tuanbo.brief"
local goods = require "tuanbo.goods"
local giving = require "tuanbo.giving"
local problems = require "tuanbo.problems"

-- Refusals that may be out of date when the page is shown.
local passing = { sold_out = true, not_open = true, closed = true,
                  paused = true }


local function refusal(c, it, code)
    if not code then
        return nil
    end

    if passing[code] and it.open and it.free > 0 then
        return c.say("problem.again", { free = it.free, unit = it.unit })
    end

    if code == "over_limit" and it.limit then
        return c.say("give.over_limit", { count = it.limit, unit = it.unit })
    end

    return problems.line(c.say, code)
end


-- taken: how many this buyer has; mine: the id of the newest of them, or nil.
return function(c, sale, code, taken, mine)
    local it = goods.of(c, sale)
    local may = not it.gives.by_desk and it.open and it.free > 0
                and not (it.limit and taken >= it.limit)

    return "giving", {
        title = it.title,
        shown = brief.shown(c, it),
        it = it,
        may = may,
        mine = taken > 0 and {
            line = c.say("give.mine", { count = taken, unit = it.unit }),
            href = mine and "/h/" .. mine or "/gifts",
            go = c.say(mine and "give.mine.go." .. sale.gives
                       or "give.mine.go"),
        },
        places = giving.places(it.gives.sales, function(id)
            local one = c.engine.sale(id)

            return one and goods.of(c, one).title or id
        end),
        problem = refusal(c, it, code),
        refresh_at = it.state == "scheduled" and it.opens_at
                     or it.open and it.closes_at or nil,
        watches = { it },
        to_room = goods.room_of(c, { it }),
    }
end
