-- One broadcast and its goods.

local lrucache = require "resty.lrucache"

local assets = require "tuanbo.assets"
local flyers = require "tuanbo.flyers"
local goods = require "tuanbo.goods"
local replay = require "tuanbo.replay"
local room = require "tuanbo.room"
local video = require "tuanbo.video"

local draw_view = require "tuanbo.views.draw"

local DRAWS = 16                    -- remembered, each until it changes
local NUMBERS_MAX = 12              -- of a prize, that a card shows

local draws = assert(lrucache.new(DRAWS))

-- What was said, the newest first: as of the moment the page was made.
local function said(c, id)
    local lines = {}

    for _, one in ipairs(room.comments(id)) do
        table.insert(lines, 1, {
            id = string.format("%.0f", one.comment), text = one.text,
            name = room.name(c, one),
        })
    end

    return lines
end


-- Where the picture is, if this shop has any, and what is shown before it
-- comes: the first of the goods.
local function picture_of(c, session, first)
    return c.video and not session.over and {
        src = video.address(session.id),
        player = assets.url("player/hls.js") or "",
        poster = first and first.picture or "",
    } or nil
end


-- Where a session is on the air instead, and how one gets there.
local function elsewhere_of(c, session)
    local there = not session.over and session.elsewhere

    if not there or not there.name and not there.url and not there.find then
        return nil
    end

    local name = there.name or c.say("live.elsewhere.somewhere")

    return {
        url = there.url,
        title = c.say("live.elsewhere", { name = name }),
        open = c.say("live.elsewhere.open", { name = name }),
        find = there.find and there.url
               and c.say("live.elsewhere.find", { find = there.find })
               or there.find
               or c.say("live.elsewhere.closed", { name = name }),
    }
end


-- The one tap of a card: one unit, collected where this buyer likes to. nil:
-- there is nothing to take, or only the desk gives it. One that opens later
-- has it too, and scripts show it when its time has come.
local function take_of(c, it)
    local later = it.state == "scheduled" and it.opens_at
    local now = it.open and it.free > 0 and not it.awaited

    if not now and not later or it.called_off or it.gives and it.gives.by_desk
    then
        return nil
    end

    local _, point = goods.choice(c, it.pickups)

    return {
        sale = it.id,
        go = it.gives and it.gives.go
             or c.say("item.take", { count = 1, unit = it.unit }),
        pickup = not it.gives and point or nil,
        from_at = later or nil,
        span = later and it.opens_span,
    }
end


-- What came of a draw, or of packets, that have closed: the words and numbers
-- of their own page, as many as there is room for.
local function drawn_of(c, it)
    if not it.gives or not it.gives.draw or it.state ~= "closed" then
        return nil
    end

    local key = it.id .. " " .. it.version .. " " .. c.lang .. c.engine.epoch()
    local known = draws:get(key)
    local found = not known and c.engine.draw(it.id)

    if found then
        local _, view = draw_view(c, found)

        known = { line = view.line, prizes = view.prizes,
                  waits = view.state == "waiting" }

        for _, prize in ipairs(view.prizes) do
            prize.numbers = { unpack(prize.numbers, 1, NUMBERS_MAX) }
        end

        draws:set(key, known)
    end

    return known
end


-- The first of these times that is still to come.
local function next_of(now, ...)
    local first

    for i = 1, select("#", ...) do
        local at = select(i, ...)

        if at and at > now and (not first or at < first) then
            first = at
        end
    end

    return first
end


return function(c, session)
    local list = goods.of_session(c, session)
    local sold, gifts = {}, {}
    local pinned, waits

    local refresh_at = session.before
                       and next_of(c.now, session.opens_at,
                                   session.starts_at)
                       or session.on and session.until_at or nil

    for _, it in ipairs(list) do
        it.take = take_of(c, it)
        it.drawn = drawn_of(c, it)
        it.in_room = true
        waits = waits or it.drawn and it.drawn.waits

        if it.on_camera then
            pinned = it
        elseif it.gives then
            gifts[#gifts + 1] = it
        else
            sold[#sold + 1] = it
        end

        -- without scripts: what opens shows its button then
        refresh_at = next_of(c.now, refresh_at, it.take and it.take.from_at)
    end

    local elsewhere = elsewhere_of(c, session)
    local answer, question = room.answered(session.id)

    if question then
        question.name = room.name(c, question)
    end

    return "live", {
        title = session.title,
        shown = { title = session.title, path = session.href,
                  about = session.about or session.starts_line,
                  picture = flyers.of("live", session.id)
                            or list[1] and list[1].photo
                            and list[1].photo.large },
        session = session,
        elsewhere = elsewhere,
        pinned = pinned,
        gifts = gifts,
        goods = sold,
        refresh_at = refresh_at,
        watches = list,
        follows = session.id,
        -- no event tells that a draw which had to wait was made
        looks = waits,
        script = pinned and pinned.script,
        somebody = room.SOMEBODY,
        viewers = room.viewers(session.id),
        pays_elsewhere = c.pays_elsewhere,
        comments = said(c, session.id),
        questions = room.questions(c),
        answer = answer, question = question,
        picture = replay.of(c, session, list)
                  or not elsewhere
                  and picture_of(c, session, pinned or sold[1]) or nil,
    }
end
