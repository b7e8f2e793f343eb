--- What somebody at the desk did last in a room, and how that is undone.
--
-- It is remembered by this worker, the office's only one, for ten minutes: it
-- is about a tap that was a mistake. What is undone is a command like any
-- other, with a deed of its own. After a reload of the office nothing is
-- offered any more, and nothing is lost.
--
-- @module tuanbo.office.undo

local lrucache = require "resty.lrucache"

local REMEMBERED = 512          -- hands and rooms
local GOOD_S = 600

local undo = {}

local last = assert(lrucache.new(REMEMBERED))


local function key_of(who, session)
    return who.id .. " " .. session
end


--- Something was done.
-- @tparam table who of staff.who()
-- @tparam string session the room's
-- @tparam table done words; and back, the fields of the form that undoes it
-- (absent: nothing does)
function undo.put(who, session, done)
    last:set(key_of(who, session), done, GOOD_S)
end


--- What was done last by the same device in the same room, or nil.
-- @tparam table who
-- @tparam string session
-- @treturn table|nil
function undo.get(who, session)
    return (last:get(key_of(who, session)))
end


return undo
