-- What this buyer has won in a room's draws: for whoever watches as they are
-- made. Private, and about the newest gifts alone.

local documents = require "tuanbo.documents"
local gifts = require "tuanbo.gifts"
local giving = require "tuanbo.giving"

local LOOKED_AT = 20            -- gifts, the newest first


-- room: the session's id. Nil: nothing.
return function(c, buyer, room)
    local won = {}

    for _, hold in ipairs(gifts.list(buyer.id, nil, LOOKED_AT) or {}) do
        local own = hold.prize_index
                    and documents.get(c.engine, "sale", hold.lines[1].sale)

        if own and own.session == room then
            won[#won + 1] = giving.gift(c, hold)
        end
    end

    return #won > 0 and { won = won, say = c.say } or nil
end
