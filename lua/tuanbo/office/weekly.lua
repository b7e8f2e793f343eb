--- Sessions that come every week: the one after another. For the office's
-- pages and for the maker, which is no nginx.
--
-- @module tuanbo.office.weekly

local format = require "tuanbo.format"

local WEEK_MS = 7 * 24 * 3600 * 1000
local LENGTH_MS = 2 * 3600 * 1000       -- of one that says no end
local ID_MAX = 56                       -- before the day

local weekly = {}


--- When a session is over by its own times.
-- @tparam table doc
-- @treturn number epoch ms
function weekly.ends_at(doc)
    return doc.ends_at or doc.starts_at + LENGTH_MS
end


--- The same session, so many weeks later that it is still to come.
-- @tparam string id
-- @tparam table doc its document; starts_at has to be there
-- @tparam number now epoch ms
-- @treturn string the id of the next one: of this one, and its day
-- @treturn table its document, without what belonged to this one alone: its
-- goods, and what was on camera
-- @treturn number how many ms later
function weekly.next(id, doc, now)
    local later_ms = WEEK_MS
    local fresh = {}

    while weekly.ends_at(doc) + later_ms <= now do
        later_ms = later_ms + WEEK_MS
    end

    for name, value in pairs(doc) do
        fresh[name] = value
    end

    fresh.starts_at = doc.starts_at + later_ms
    fresh.ends_at = doc.ends_at and doc.ends_at + later_ms
    fresh.goods, fresh.on_camera = nil, nil

    local day = doc.delivery_day and format.of_typed(doc.delivery_day)

    fresh.delivery_day = day and format.typed(day + later_ms):sub(1, 10)

    local month_day = format.typed(fresh.starts_at):sub(6, 10):gsub("-", "")

    return id:gsub("%-%d%d%d%d$", ""):sub(1, ID_MAX):gsub("%-+$", "") .. "-"
           .. month_day, fresh, later_ms
end


return weekly
