-- One broadcast and its goods.

local goods = require "tuanbo.goods"

return function(c, session)
    local list = {}

    for _, it in ipairs(goods.all(c)) do
        if it.session == session.id then
            it.on_camera = session.on_camera == it.id

            if it.on_camera then
                table.insert(list, 1, it)
            else
                list[#list + 1] = it
            end
        end
    end

    return "live", {
        title = session.title,
        session = session,
        goods = list,
        refresh_at = session.before and session.starts_at
                     or session.on and session.ends_at,
        watches = list,
    }
end
