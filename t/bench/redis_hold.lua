-- The usual way, in Redis: one script decides a reservation.
--
-- KEYS  1 sale (hash: stock, free, held, limit, price_fen, hold_ms)
--       2 due times of the sale's holds (sorted set)
--       3 units this buyer has of this sale
--       4 the buyer's idempotency key ("-" at the end: none)
--       5 the new hold (hash)
-- ARGV  1 quantity, 2 hold's id, 3 buyer, 4 pickup, 5 prefix of holds,
--       6 prefix of the buyers' units, 7 fingerprint of the request

local qty = tonumber(ARGV[1])
local time = redis.call("TIME")
local now = time[1] * 1000 + math.floor(time[2] / 1000)

-- a retry is harmless
local bound = redis.call("GET", KEYS[4])
if bound then
    local id, fingerprint = bound:match("^(%S+) (.*)$")
    if fingerprint ~= ARGV[7] then
        return { "key_reused" }
    end
    local hold = redis.call("HMGET", ARGV[5] .. id, "created_at", "expires_at",
        "price_fen", "state")
    return { "replayed", id, hold[1], hold[2], hold[3], hold[4] }
end

local sale = redis.call("HMGET", KEYS[1], "free", "limit", "price_fen",
    "hold_ms", "state")
if not sale[1] then
    return { "no_such_sale" }
end
if sale[5] ~= "open" then
    return { sale[5] }
end

local free = tonumber(sale[1])

-- what is due is free again, before it keeps a unit from anybody
if free < qty then
    local due = redis.call("ZRANGEBYSCORE", KEYS[2], "-inf", now,
        "LIMIT", 0, 32)
    for _, id in ipairs(due) do
        local key = ARGV[5] .. id
        local hold = redis.call("HMGET", key, "qty", "buyer")
        redis.call("ZREM", KEYS[2], id)
        redis.call("HSET", key, "state", "expired")
        redis.call("HINCRBY", KEYS[1], "free", hold[1])
        redis.call("HINCRBY", KEYS[1], "held", -hold[1])
        redis.call("DECRBY", ARGV[6] .. hold[2], hold[1])
        free = free + hold[1]
    end
end

if free < qty then
    return { "sold_out", tostring(free) }
end

local taken = tonumber(redis.call("GET", KEYS[3]) or "0")
if taken + qty > tonumber(sale[2]) then
    return { "over_limit", sale[2] }
end

local expires = now + sale[4]

redis.call("HINCRBY", KEYS[1], "free", -qty)
redis.call("HINCRBY", KEYS[1], "held", qty)
redis.call("INCRBY", KEYS[3], qty)
redis.call("HSET", KEYS[5], "state", "held", "buyer", ARGV[3], "qty", qty,
    "price_fen", sale[3], "pickup", ARGV[4], "created_at", now,
    "expires_at", expires)
redis.call("ZADD", KEYS[2], expires, ARGV[2])
redis.call("SET", KEYS[4], ARGV[2] .. " " .. ARGV[7], "PX", 86400000)

return { "created", ARGV[2], tostring(now), tostring(expires), sale[3],
    "held" }
