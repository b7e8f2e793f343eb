-- A session that is over, once more: its recording, and what was shown when.

local assets = require "tuanbo.assets"
local format = require "tuanbo.format"
local room = require "tuanbo.room"
local video = require "tuanbo.video"

local replay = {}


-- How far into a recording something is, seconds; nil: it is not in it.
local function place_of(files, from, to)
    local before = 0

    for _, one in ipairs(files) do
        if one.at + one.ms > from then
            before = before + math.max(0, from - one.at)

            return one.at < to and before / 1000 or nil
        end

        before = before + one.ms
    end
end


-- c: the context of a view; session: of goods.session(); list: its goods as
-- pages show them. What templates/partials/video.html takes, or nil where
-- there is no recording.
function replay.of(c, session, list)
    local now = c.video and not session.on and room.of(c.engine, session.id)
    local files = now and video.recorded(session.id, now) or {}
    local titles, pins = {}, {}

    if #files == 0 then
        return nil
    end

    for _, it in ipairs(list) do
        titles[it.id] = it.title
    end

    for i, pin in ipairs(now.pins) do
        local following = now.pins[i + 1]
        local second = titles[pin.sale]
                       and place_of(files, pin.at, following and following.at
                                                   or now.ended_at)

        if second then
            pins[#pins + 1] = {
                second = string.format("%.1f", second),
                title = titles[pin.sale],
                clock = string.format("%d:%02d", math.floor(second / 60),
                                      math.floor(second % 60)),
            }
        end
    end

    return {
        src = video.address(session.id, "recording"), recorded = true,
        player = assets.url("player/hls.js") or "", pins = pins,
        poster = list[1] and list[1].picture or "",
        when = format.when(c.say, now.started_at, c.now),
    }
end


return replay
