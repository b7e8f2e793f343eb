--- What is scanned where goods are collected: the QR code of an order's page.
--
--     tuanbo:HOLD:CODE:DAY:MAC
--
-- HOLD is the order's id, CODE its eight digits, DAY the number of the shop's
-- day on which the page was shown. MAC is the HMAC-SHA256 of all before the
-- last colon, its first 12 bytes in base64url, under the key of the point and
-- the day. The phone of whoever hands over has the keys of a few days of its
-- point, and can tell without a network that an order is genuine. An order
-- without a point has no DAY and no MAC.
--
-- @module tuanbo.slip

local base64 = require "ngx.base64"
local crypto = require "tuanbo.crypto"
local engine = require "tuanbo.engine"
local format = require "tuanbo.format"

local MAC_BYTES = 12

-- Yesterday's page may still be open in somebody's hand, and a phone may have
-- been loaded days before the market.
local DAYS_BEFORE, DAYS_AFTER = 1, 3

local slip = {}


--- The text of an order's QR code.
-- @tparam string hold
-- @tparam string code its digits
-- @tparam[opt] string pickup
-- @tparam number now
-- @treturn string
function slip.text(hold, code, pickup, now)
    local text = "tuanbo:" .. hold .. ":" .. code:gsub("%s", "")
    local day = format.day(now)
    local key = pickup and engine.day_key(pickup, day)

    if not key then
        return text
    end

    text = text .. ":" .. string.format("%d", day)

    return text .. ":" .. crypto.tag(key, text, MAC_BYTES)
end


--- The keys of a point that a phone needs: no other ones come from them.
-- @tparam string pickup
-- @tparam number now
-- @treturn table a list of { day, key }, the key in base64url
function slip.keys(pickup, now)
    local keys = {}
    local today = format.day(now)

    for day = today - DAYS_BEFORE, today + DAYS_AFTER do
        local key = engine.day_key(pickup, day)

        keys[#keys + 1] = key and { day = day,
                                    key = base64.encode_base64url(key) }
    end

    return keys
end


--- The id of the order that a scanned text is of, or nil: it is no such code.
-- @tparam string text
-- @treturn string|nil
function slip.hold(text)
    return text:match("^tuanbo:(%x+):%d%d%d%d%d%d%d%d$")
           or text:match("^tuanbo:(%x+):%d%d%d%d%d%d%d%d:%d+:[%w_-]+$")
end


return slip
