-- My gifts: what was taken, the newest first. Private.

local gifts = require "tuanbo.gifts"
local giving = require "tuanbo.giving"
local goods = require "tuanbo.goods"

local PAGE = 20

return function(c, buyer, before)
    local list, next_before, shown = {}, nil, {}

    if buyer then
        list, next_before = gifts.list(buyer.id, before, PAGE)

        if not list then
            return nil, next_before
        end
    end

    for i, hold in ipairs(list) do
        local sale = c.engine.sale(hold.lines[1].sale)

        shown[i] = giving.gift(c, hold, sale and goods.of(c, sale))
    end

    return "gifts", {
        title = c.say("gifts.title"),
        known = buyer ~= nil,
        gifts = shown,
        older = next_before and "/gifts?before=" .. next_before,
        watches = {},
    }
end
