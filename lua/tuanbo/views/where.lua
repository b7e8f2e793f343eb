-- Where this browser collects: one of the shop's pickup points. Nothing is
-- hidden by it; what is not collected there says so. Private.

local goods = require "tuanbo.goods"

return function(c, back)
    local points = goods.choice(c)

    for _, point in ipairs(points) do
        point.chosen = point.id == c.likes.pickup
    end

    return "where", {
        title = c.say("where.title"),
        points = points,
        back = back,
        watches = {},
    }
end
