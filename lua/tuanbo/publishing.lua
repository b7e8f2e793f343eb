--- Who may send a session's picture: whoever has a key for it. The host's page
-- makes keys (the office), conf/live.conf asks for them (the live nginx); both
-- have the secret `live`. With it the office says, too, that it is the office
-- which asks where else the picture goes.
--
-- @module tuanbo.publishing

local expiring = require "tuanbo.expiring"

local PURPOSE = "publish"
local ASKING = "relay"

local publishing = {}


--- The name of a session's stream, with its key, as an encoder sends it.
-- @tparam table secrets the first one signs
-- @tparam string session its id
-- @tparam number until_s epoch seconds; no longer good from then on
-- @treturn string "fruit?until=1790000000&key=…"
function publishing.stream(secrets, session, until_s)
    return session .. "?" .. expiring.query(secrets, PURPOSE, session, until_s)
end


--- Why a key does not open a session.
-- @tparam table secrets each of them counts
-- @tparam string session its id
-- @tparam string|nil until_s the field `until` as it came
-- @tparam string|nil key the field `key` as it came
-- @tparam number now_s epoch seconds
-- @treturn string|nil nil: it does; wrong_key, expired
function publishing.fault(secrets, session, until_s, key, now_s)
    return expiring.fault(secrets, PURPOSE, session, until_s, key, now_s)
end


--- The arguments by which the office asks about a session's relays.
-- @tparam table secrets the first one signs
-- @tparam string session its id
-- @tparam number until_s epoch seconds; no longer good from then on
-- @treturn string "until=1790000000&key=…"
function publishing.asks(secrets, session, until_s)
    return expiring.query(secrets, ASKING, session, until_s)
end


--- Why it is not the office that asks; as for fault().
function publishing.asks_fault(secrets, session, until_s, key, now_s)
    return expiring.fault(secrets, ASKING, session, until_s, key, now_s)
end


return publishing
