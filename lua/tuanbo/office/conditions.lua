--- Who in a room has done what a giving is for: said a word, bought, watched
-- so long. The host says the condition on camera, this finds those who keep
-- it, and the engine grants: its own rules are the same for all.
--
-- @module tuanbo.office.conditions

local activity = require "tuanbo.activity"
local room = require "tuanbo.room"

local MINUTE_MS = 60 * 1000

local conditions = {}


-- Buyers in the order in which they kept it, each once.
local function collection()
    local list, known = {}, {}

    return list, function(buyer)
        if not known[buyer] then
            known[buyer] = true
            list[#list + 1] = buyer
        end
    end
end


local kept = {}


-- What was taken back does not count; and of upper and lower case letters the
-- word has either.
function kept.word(id, since, asked)
    local list, add = collection()
    local writers, first = {}, nil
    local word = asked.word:lower()

    local whole = activity.each(since, function(one)
        if one.kind == "comment" and one.session == id then
            writers[one.comment] = one.buyer
            first = first or one.comment
        end
    end)

    if first then
        room.each(id, first - 1, function(one)
            if writers[one.comment]
               and one.text:lower():find(word, 1, true)
            then
                add(writers[one.comment])
            end
        end)
    end

    return whole and list
end


-- From the first minute that is asked about: with a stream that is open as
-- well, which is noted as it opens, and its seconds when it closes.
function kept.watched(id, since, asked, now)
    local list, add = collection()
    local enough = asked.minutes * MINUTE_MS
    local watched, opened = {}, {}

    local whole = activity.each(since, function(one)
        local buyer = one.buyer

        if one.session ~= id then
            return
        end

        if one.kind == "view" then
            opened[buyer] = opened[buyer] or {}
            table.insert(opened[buyer], one.at)

        elseif one.kind == "watch" then
            watched[buyer] = (watched[buyer] or 0)
                             + math.min(one.seconds * 1000, one.at - since)

            -- the one that was opened last: others may still be
            if opened[buyer] then
                table.remove(opened[buyer])
            end

            if watched[buyer] >= enough then
                add(buyer)
            end
        end
    end)

    for buyer, times in pairs(opened) do
        if times[1] and (watched[buyer] or 0) + now - times[1] >= enough then
            add(buyer)
        end
    end

    return whole and list
end


-- By what the clerk has folded: with the payment.
function kept.bought(_, since, asked, now, clerk)
    local told = clerk.ask("bought", { sales = asked.sales, from = since,
                                       to = now + 1 })

    return told and told.buyers
end


--- Those who keep a condition, in the order in which they did.
-- @tparam string what `word`, `watched`, `bought`
-- @tparam string id the session's
-- @tparam number since epoch ms
-- @tparam table asked word; minutes; sales, those of the room
-- @tparam number now epoch ms
-- @tparam table clerk tuanbo.office.clerk
-- @treturn table|nil pseudonyms; nil: it cannot be said just now
function conditions.kept(what, id, since, asked, now, clerk)
    return kept[what](id, since, asked, now, clerk) or nil
end


return conditions
