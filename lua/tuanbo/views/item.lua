-- One sale. The page is remembered and shared by all, so nothing here may look
-- at who asks. Only with `mine` it is made for one buyer, and not remembered.

local brief = require "tuanbo.brief"
local format = require "tuanbo.format"
local goods = require "tuanbo.goods"
local order = require "tuanbo.order"
local problems = require "tuanbo.problems"
local unpaid = require "tuanbo.views.unpaid"

local CHOICES = 8       -- quantities that get a button each
local OTHERS = 3
local WHERE_MAX = 12    -- pickup points that a style sheet names in the bar

local function ways_to_pay(c, mine)
    local ways = {}

    for i, hold in ipairs(mine or {}) do
        local names, _, called_off = unpaid.names(c, hold)

        ways[i] = {
            href = "/h/" .. hold.id,
            go = c.say(called_off and "unpaid.look.one"
                       or #mine == 1 and "unpaid.go"
                       or "unpaid.go.one", {
                yuan = format.yuan(hold.amount_fen), names = names }),
        }
    end

    return ways
end


return function(c, sale, code, mine)
    local it = goods.of(c, sale)
    local waiting = it.state == "sold_out" or it.open and it.awaited
    local most = math.min(it.limit or CHOICES,
                          math.max(1, waiting and it.stock or it.free))
    local quantities, pickups = {}, goods.choice(c, it.pickups)

    for i = 1, math.min(most, CHOICES) do
        quantities[i] = { count = i,
                          label = c.say(waiting and "item.wait"
                                        or "item.take", { count = i,
                                                          unit = it.unit }) }
    end

    for _, pickup in ipairs(pickups) do
        if it.goal_by_pickup and it.state ~= "scheduled" then
            pickup.goal = goods.group_of(c, it, pickup.id)
        end

        pickup.where = c.say("item.where", { name = pickup.name })
    end

    local rules = goods.rules(c)

    it.promise = it.promise or rules.claim
    it.not_collected = rules.not_collected
    it.words = it.called_off and order.words(c, it.id)

    local gone = it.state == "sold_out" or it.state == "closed"
    local others = gone and goods.others(c, it.id, OTHERS) or {}

    return "item", {
        title = it.title,
        shown = brief.shown(c, it),
        it = it,
        quantities = quantities,
        waiting = waiting,
        waiting_line = it.queued > 0 and c.say("item.wait.queued", {
            count = it.queued, unit = it.unit }) or nil,
        pickups = pickups,
        where_max = WHERE_MAX,
        problem = code and problems.of_sale(c.say, it, code, mine),
        mine = ways_to_pay(c, mine),
        gone = gone,
        others = others,
        refresh_at = it.state == "scheduled" and it.opens_at
                     or it.open and it.closes_at,
        watches = { it, unpack(others) },
        to_room = goods.room_of(c, { it }),
    }
end
