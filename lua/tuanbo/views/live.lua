-- One broadcast and its goods.

local goods = require "tuanbo.goods"

return function(c, session)
    local list = {}

    local function add(entries)
        for _, entry in ipairs(entries) do
            if entry.own.session == session.id then
                local it = goods.shown(c, entry)

                it.on_camera = session.on_camera == it.id
                table.insert(list, it.on_camera and 1 or #list + 1, it)
            end
        end
    end

    add(goods.current(c) or {})
    add((goods.ended_lately(c)))

    return "live", {
        title = session.title,
        session = session,
        goods = list,
        refresh_at = session.before and session.starts_at
                     or session.on and session.ends_at,
        watches = list,
    }
end
