--- What opens something until a time: "until=SECONDS&key=TAG", where TAG signs
-- what it opens and for how long. Nobody keeps them, so nobody can take one
-- back: they end.
--
-- @module tuanbo.expiring

local crypto = require "tuanbo.crypto"

local expiring = {}


--- The arguments that open something.
-- @tparam table secrets the first one signs
-- @tparam string purpose what kind of thing it is
-- @tparam string about its id
-- @tparam number until_s epoch seconds; no longer good from then on
-- @treturn string "until=1790000000&key=…"
function expiring.query(secrets, purpose, about, until_s)
    local tag = crypto.sign(secrets, purpose,
                            string.format("%s\n%d", about, until_s))

    return string.format("until=%d&key=%s", until_s, tag)
end


--- Why arguments do not open something.
-- @tparam table secrets each of them counts
-- @tparam string purpose what kind of thing it is
-- @tparam string about its id
-- @tparam string|nil until_s the field `until` as it came
-- @tparam string|nil key the field `key` as it came
-- @tparam number now_s epoch seconds
-- @treturn string|nil nil: they do; wrong_key, expired
function expiring.fault(secrets, purpose, about, until_s, key, now_s)
    if type(until_s) ~= "string" or type(key) ~= "string"
       or not until_s:find("^[1-9]%d?%d?%d?%d?%d?%d?%d?%d?%d?%d?$")
       or not crypto.is_signed(secrets, purpose, about .. "\n" .. until_s,
                               key)
    then
        return "wrong_key"
    end

    return tonumber(until_s) <= now_s and "expired" or nil
end


return expiring
