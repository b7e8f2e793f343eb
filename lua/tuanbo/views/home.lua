-- The home of the community.
--
-- Its scripts watch all that may change: what is held may come back, and what
-- opens later is opened for those who wait.

local goods = require "tuanbo.goods"

return function(c)
    local now, upcoming, over = {}, {}, {}
    local watches = {}
    local on, coming = goods.sessions(c)
    local session = on or coming
    local refresh_at = math.min(on and on.ends_at or math.huge,
                                coming and coming.starts_at or math.huge)

    refresh_at = refresh_at < math.huge and refresh_at or nil

    for _, it in ipairs(goods.all(c)) do
        local list = it.open and now
                     or it.state == "scheduled" and upcoming
                     or it.state == "paused" and now or over

        it.on_camera = session and session.on_camera == it.id
        table.insert(list, it.on_camera and 1 or #list + 1, it)

        if list == upcoming and it.opens_at then
            refresh_at = math.min(refresh_at or it.opens_at, it.opens_at)
        end
    end

    for _, list in ipairs { now, upcoming, over } do
        for _, it in ipairs(list) do
            if it.state ~= "closed" then
                watches[#watches + 1] = it
            end
        end
    end

    return "home", {
        title = c.say("home.title"),
        session = session,
        coming = on and coming,
        now_open = now,
        upcoming = upcoming,
        over = over,
        pickups = goods.pickups(c),
        refresh_at = refresh_at,
        watches = watches,
    }
end
