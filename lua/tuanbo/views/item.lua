-- One sale. Shared by all: nothing here may look at who asks.

local goods = require "tuanbo.goods"
local problems = require "tuanbo.problems"

local CHOICES = 8       -- quantities that get a button each
local OTHERS = 3

-- What was true when a tap was refused and need not be any more.
local passing = { sold_out = true, not_open = true, closed = true,
                  paused = true }


-- The words for a refusal, as things are now.
local function refusal(c, it, code)
    if not code then
        return nil
    end

    if passing[code] and it.open and it.free > 0 then
        return c.say("problem.again", { free = it.free, unit = it.unit })
    end

    return problems.line(c.say, code)
end


return function(c, sale, code)
    local it = goods.of(c, sale)
    local most = math.min(it.limit or CHOICES, math.max(1, it.free))
    local quantities, pickups = {}, goods.pickups(c, it.pickups)
    local chosen = c.likes.pickup
    local known = false

    for i = 1, math.min(most, CHOICES) do
        quantities[i] = { count = i,
                          label = c.say("item.take", { count = i,
                                                       unit = it.unit }) }
    end

    for _, pickup in ipairs(pickups) do
        known = known or pickup.id == chosen

        if it.goal_by_pickup then
            pickup.goal = goods.group_of(c, it, pickup.id)
        end
    end

    for i, pickup in ipairs(pickups) do
        pickup.chosen = known and pickup.id == chosen
                        or not known and i == 1
    end

    local gone = it.state == "sold_out" or it.state == "closed"
    local others = gone and goods.others(c, it.id, OTHERS) or {}

    return "item", {
        title = it.title,
        it = it,
        quantities = quantities,
        pickups = pickups,
        problem = refusal(c, it, code),
        others = others,
        refresh_at = it.state == "scheduled" and it.opens_at
                     or it.open and it.closes_at,
        watches = { it, unpack(others) },
    }
end
