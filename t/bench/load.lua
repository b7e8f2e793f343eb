-- wrk: reservations, each of another buyer with another key.
--
--     wrk ... -s load.lua URL -- SALE RUN [PICKUP]
--
-- Prints one line: requests, seconds, answers above 399, socket errors, and
-- the latency's median and 99th percentile in ms.

local threads = 0

function setup(thread)
    threads = threads + 1
    thread:set("thread", threads)
end

function init(args)
    local body = '{"sale":"' .. args[1] .. '","qty":1'
                 .. (args[3] and ',"pickup":"' .. args[3] .. '"' or "") .. "}"

    -- RUN keeps the buyers of one run apart from those of another
    who = args[2] .. "-" .. thread .. "-"
    count = 0
    head = "POST " .. wrk.path .. " HTTP/1.1\r\nHost: bench\r\n"
        .. "Content-Type: application/json\r\nContent-Length: " .. #body
        .. "\r\nX-User: u"
    tail = "\r\n\r\n" .. body
end

function request()
    count = count + 1

    local n = who .. count

    return head .. n .. "\r\nIdempotency-Key: k" .. n .. tail
end

function done(summary, latency)
    local e = summary.errors

    print(string.format("result %d %.3f %d %d %.3f %.3f", summary.requests,
        summary.duration / 1e6, e.status,
        e.connect + e.read + e.write + e.timeout,
        latency:percentile(50) / 1000, latency:percentile(99) / 1000))
end
