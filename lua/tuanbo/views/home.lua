-- The home of the community: what stands, in the owner's order, and what ended
-- within a day. Pages after the first have the rest of what stands.
--
-- Its scripts watch all that may change: what is held may come back, and what
-- opens later is opened for those who wait.

local goods = require "tuanbo.goods"

local CARDS = 100       -- of a page
local NOTES_MAX = 5
local NOTE_EVERY = 3    -- goods before each note


-- What stands on the home's list: goods, with a note after some of them.
local function mixed(list, notes)
    local found = {}

    for i, it in ipairs(list) do
        found[#found + 1] = { it = it }

        if i % NOTE_EVERY == 0 then
            found[#found + 1] = { note = table.remove(notes, 1) }
        end
    end

    for _, note in ipairs(notes) do
        found[#found + 1] = { note = note }
    end

    return found
end


-- nil: there is no such page; with a code: nothing can be read.
return function(c, number)
    local now, upcoming, over = {}, {}, {}
    local watches = {}
    local on, coming = goods.sessions(c)
    local session = on or coming
    local refresh_at = math.min(on and on.ends_at or math.huge,
                                coming and coming.starts_at or math.huge)

    local current, code = goods.current(c)
    local first = (number - 1) * CARDS + 1
    local ended, is_past = {}, false

    local notes = {}

    if number == 1 then
        local change_at

        notes, change_at = goods.notes(c)
        refresh_at = math.min(refresh_at, change_at or math.huge)
    end

    while #notes > NOTES_MAX do
        table.remove(notes)
    end

    refresh_at = refresh_at < math.huge and refresh_at or nil

    if not current then
        return nil, code
    end

    if number > 1 and first > #current then
        return nil
    end

    -- the one on camera comes first, wherever the owner wants it
    for i, entry in ipairs(current) do
        if session and session.on_camera == entry.sale.id then
            table.insert(current, 1, table.remove(current, i))
            break
        end
    end

    if number == 1 then
        ended, is_past = goods.ended_lately(c)
    end

    for i = first, math.min(#current, first + CARDS - 1) do
        local it = goods.shown(c, current[i])
        local list = (it.open or it.state == "paused") and now
                     or it.state == "scheduled" and upcoming or over

        it.on_camera = session and session.on_camera == it.id
        list[#list + 1] = it

        if list == upcoming and it.opens_at then
            refresh_at = math.min(refresh_at or it.opens_at, it.opens_at)
        end
    end

    for _, list in ipairs { now, upcoming, over } do
        for _, it in ipairs(list) do
            watches[#watches + 1] = it
        end
    end

    for i = 1, math.min(#ended, CARDS) do
        over[#over + 1] = goods.shown(c, ended[i])
    end

    return "home", {
        title = c.say("home.title"),
        session = session,
        coming = on and coming,
        now_open = mixed(now, notes),
        now_none = #now == 0,
        upcoming = upcoming,
        over = over,
        pickups = goods.pickups(c),
        refresh_at = refresh_at,
        watches = watches,
        next_page = #current >= first + CARDS and "/?page=" .. number + 1,
        is_past = is_past or #ended > 0,
    }
end
