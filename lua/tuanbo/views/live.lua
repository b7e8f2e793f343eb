-- One broadcast and its goods.

local assets = require "tuanbo.assets"
local goods = require "tuanbo.goods"
local room = require "tuanbo.room"
local video = require "tuanbo.video"

-- FS_NEIGHBOUR: how the engine calls who has not agreed to be named
local SOMEBODY = "一位邻居"

-- What was said, the newest first: as of the moment the page was made.
local function said(c, id)
    local lines = {}

    for _, one in ipairs(room.comments(id)) do
        table.insert(lines, 1, {
            id = string.format("%.0f", one.comment), text = one.text,
            name = one.answers and c.say("live.answer")
                   or one.name == SOMEBODY and c.say("live.neighbour")
                   or one.name,
        })
    end

    return lines
end


-- Where the picture is, if this shop has any, and what is shown before it
-- comes: the first of the goods.
local function picture_of(c, session, list)
    return c.video and not session.over and {
        src = video.address(session.id),
        player = assets.url("player/hls.js") or "",
        poster = list[1] and list[1].picture or "",
    } or nil
end


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
                     or session.on and session.until_at,
        watches = list,
        follows = session.id,
        somebody = SOMEBODY,
        viewers = room.viewers(session.id),
        comments = said(c, session.id),
        picture = picture_of(c, session, list),
    }
end
