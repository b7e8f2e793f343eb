-- Asks the clerk, from nginx's worker: a line to its socket, and one back.
--
--     local answer, code, field = clerk.ask("invite", {staff = id})
--
-- code is "away" where nobody listens, "slow" where no answer came in time,
-- or what the clerk refused with.

local cjson = require "cjson.safe"

local CONNECT_MS, SEND_MS, READ_MS = 200, 500, 2000
local PHOTOS_MS = 110000        -- the shop waits 120 s for a page of photos

local clerk = {}
local path, photos_path


-- The office's directory, where clerk.sock is.
function clerk.setup(directory)
    path = "unix:" .. directory .. "/clerk.sock"
    photos_path = "unix:" .. directory .. "/photos.sock"
end


-- A line to a socket, and what comes back.
local function exchange(at, question, read_ms)
    local sock = ngx.socket.tcp()

    sock:settimeouts(CONNECT_MS, SEND_MS, read_ms)

    if not sock:connect(at) then
        return nil, "away"
    end

    local sent, err = sock:send(cjson.encode(question) .. "\n")
    local line

    if sent then
        line, err = sock:receive("*l")
    end

    sock:close()

    if not line then
        return nil, err == "timeout" and "slow" or "away"
    end

    local said = cjson.decode(line)

    if type(said) ~= "table" then
        return nil, "failed"
    end

    if said.answer == nil then
        return nil, said.refused or "failed", said.field
    end

    return said.answer
end


-- With a limit in milliseconds for the answer, at most 2,000.
function clerk.ask(name, arguments, limit_ms)
    return exchange(path, {ask = name, with = arguments},
                    math.min(limit_ms or READ_MS, READ_MS))
end


-- Photos of a form: the path of its body, which stays until the answer, and
-- its boundary. They take seconds, and nobody else waits for them. With a hold
-- and a claim they are kept for that (tuanbo.office.evidence), else in public.
function clerk.photos(body, boundary, hold, claim)
    return exchange(photos_path, {body = body, boundary = boundary,
                                  hold = hold, claim = claim}, PHOTOS_MS)
end


return clerk
