--- What comes: waves of these days, and what of one comes to a pickup point.
-- By FFI alone.
--
-- @module tuanbo.office.coming

local store = require "tuanbo.office.store"

local PAGE = 100
local LOOKED_MAX = 2000         -- waves
local PAGES_MAX = 20            -- of one wave's points
local RECENT_MS = 21 * 24 * 3600 * 1000

-- In a path, for lines that are collected nowhere.
local NO_POINT = "-"

local coming = { NO_POINT = NO_POINT }


--- The point as the engine has it: nil where there is none.
-- @tparam string point of a path
-- @treturn string|nil
function coming.pickup(point)
    return point ~= NO_POINT and point or nil
end


--- Waves that were cut lately, or are still to be, the newest first.
-- @tparam number now
-- @treturn table|nil a list of { id, seq, cut_at, day, sales }
-- @treturn string the problem's code
function coming.waves(now)
    local found, looked, after = {}, 0, nil

    repeat
        local list, next_after = store.waves(after, PAGE)

        if not list then
            return nil, next_after
        end

        for _, wave in ipairs(list) do
            if wave.cut_at >= now - RECENT_MS then
                found[#found + 1] = wave
            end
        end

        looked, after = looked + #list, next_after
    until not after or looked >= LOOKED_MAX

    table.sort(found, function(a, b)
        if a.cut_at ~= b.cut_at then
            return a.cut_at > b.cut_at
        end

        return a.id < b.id
    end)

    return found
end


--- A wave with all its points.
-- @tparam string id
-- @tparam[opt] function pause called between pages
-- @treturn table|nil as store.wave() gives it
-- @treturn string the problem's code
function coming.wave(id, pause)
    local wave, code = store.wave(id)
    local after = wave and wave.next

    if not wave then
        return nil, code
    end

    for _ = 2, PAGES_MAX do
        if after and pause then
            pause()
        end

        local page = after and store.wave(id, after)

        if not page then
            break
        end

        for _, point in ipairs(page.points) do
            wave.points[#wave.points + 1] = point
        end

        after = page.next
    end

    return wave
end


--- The lines of a wave at one point: none where nothing of it comes.
-- @tparam table wave of coming.wave()
-- @tparam string point of a path
-- @treturn table a list of { sale, ordered, received, awaited, ready,
-- handed_over, short, final }
function coming.lines(wave, point)
    for _, one in ipairs(wave.points) do
        if (one.pickup or NO_POINT) == point then
            return one.lines
        end
    end

    return {}
end


--- Units of a line that are still somebody's: all but those that are short.
-- @tparam table line
-- @treturn number
function coming.wanted(line)
    return line.awaited + line.ready + line.handed_over
end


return coming
