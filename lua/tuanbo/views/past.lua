-- What was: sales that have ended, the last one first, page by page.

local goods = require "tuanbo.goods"

local CARDS = 30        -- of a page

return function(c, before)
    local list, next_before = goods.ended(c, before, CARDS)
    local over = {}

    if not list then
        return nil, next_before
    end

    for i, entry in ipairs(list) do
        over[i] = goods.shown(c, entry)
    end

    return "past", {
        title = c.say("past.title"),
        over = over,
        next_page = next_before
                    and string.format("/past?before=%.0f", next_before),
        watches = {},
    }
end
