--- How many people did what, out of the activity: each counted once, and who
-- they are stays here.
--
-- @module tuanbo.office.crowds

local activity = require "tuanbo.activity"

local MOST = 100

local crowds = {}


--- People by what they did.
-- @tparam number since epoch ms
-- @tparam function key_of gets an activity, gives by what it counts, or nil
-- @treturn table a list, the largest first, at most a hundred: key, count,
-- buyers (a set), last (when the last of them did it, epoch ms)
-- @treturn boolean whether all was looked at
function crowds.since(since, key_of)
    local by_key, list = {}, {}

    local whole = activity.each(since, function(one)
        local key = key_of(one)
        local row = key and by_key[key]

        if key and not row then
            row = { key = key, count = 0, buyers = {} }
            by_key[key] = row
            list[#list + 1] = row
        end

        if row then
            row.count = row.count + (row.buyers[one.buyer] and 0 or 1)
            row.buyers[one.buyer] = true
            row.last = one.at
        end
    end)

    table.sort(list, function(a, b)
        if a.count ~= b.count then
            return a.count > b.count
        end

        return a.key < b.key
    end)

    for i = #list, MOST + 1, -1 do
        list[i] = nil
    end

    return list, whole
end


return crowds
