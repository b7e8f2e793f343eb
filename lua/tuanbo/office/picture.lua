--- What a host needs to send the picture of a session, and how that is doing:
-- the keys are made here, the live nginx asks for them (tuanbo.publishing).
--
-- @module tuanbo.office.picture

local cjson = require "cjson.safe"

local frame = require "tuanbo.frame"
local publishing = require "tuanbo.publishing"

local APPLICATION = "live"      -- of conf/live.conf
local PORT = 1935               -- that of RTMP
local KEY_S = 12 * 3600         -- how long a key is good
local ASKS_S = 60               -- a question's, which is asked at once
local METHODS = { GET = ngx.HTTP_GET, POST = ngx.HTTP_POST,
                  DELETE = ngx.HTTP_DELETE }

local picture = {}

local secrets
local port
local host
local recordings


--- Once, while nginx reads its conf.
-- @tparam table|nil given of setup{}: secret (a file, a line each), and
-- optionally port and host (where encoders find the live nginx; else this
-- shop's), recordings (their directory). nil: this shop has no live nginx
function picture.setup(given)
    secrets = given and frame.secrets(given.secret)
    port = given and given.port or PORT
    host = given and given.host
    recordings = given and given.recordings
end


--- Where recordings are.
-- @treturn string|nil a directory; nil: none are made
function picture.recordings()
    return recordings
end


--- Whether this shop has a live nginx.
-- @treturn boolean
function picture.is_set_up()
    return secrets ~= nil
end


--- What an encoder is told.
-- @tparam string session its id
-- @tparam string origin how this shop is called: http://shop.example
-- @tparam number now epoch ms
-- @treturn string the address: rtmp://shop.example/live
-- @treturn string the stream's name, with its key
-- @treturn number when the key ends, epoch ms
function picture.address(session, origin, now)
    local until_s = math.floor(now / 1000) + KEY_S
    local name = host or origin:match("^%a+://(%[[^%]]*%])")
                 or origin:match("^%a+://([^/:]*)")

    return "rtmp://" .. name .. (port == PORT and "" or ":" .. port) .. "/"
           .. APPLICATION,
           publishing.stream(secrets, session, until_s), until_s * 1000
end


--- Where a phone's camera sends its pieces, with a key as good as that.
-- @tparam string session its id
-- @tparam number now epoch ms
-- @treturn string
function picture.camera(session, now)
    return "/camera/" .. publishing.stream(secrets, session,
                                           math.floor(now / 1000) + KEY_S)
end


--- How the picture is doing, as the live nginx says (tuanbo.live.state).
-- @tparam string session its id
-- @treturn table|nil on, at, segment_ms, refused; nil: there is no live nginx
-- just now
function picture.state(session)
    local res = ngx.location.capture("/picture/" .. session)

    return res.status == 200 and cjson.decode(res.body) or nil
end


-- What the live nginx answers about where else the picture goes: the places,
-- or nil and why not.
local function asked(session, method, more, body)
    local res = ngx.location.capture("/relays/" .. session, {
        method = METHODS[method],
        args = publishing.asks(secrets, session, ngx.time() + ASKS_S)
               .. (more or ""),
        body = body and cjson.encode(body) or "",
    })
    local answer = cjson.decode(res.body)

    if res.status == 200 and type(answer) == "table" then
        return answer.places
    end

    -- a reason of these is none of the host's
    return nil, res.status == 403 and "forbidden"
                or type(answer) == "table" and answer.reason or "away"
end


--- Where else the picture goes.
-- @tparam string session its id
-- @treturn table|nil a list of id, server, state (waits, starts, on, lost),
-- why, again_s, as tuanbo.relays has it; nil: nobody says so
function picture.relays(session)
    return (asked(session, "GET"))
end


--- It goes there, too.
-- @tparam string session its id
-- @tparam string|nil address as it was typed
-- @tparam string|nil key
-- @treturn boolean
-- @treturn string why not: wrong_scheme, wrong_address, wrong_key, full,
-- broken, away, forbidden
function picture.relay(session, address, key)
    local places, why = asked(session, "POST", nil,
                              { address = address, key = key })

    return places ~= nil, why
end


--- It goes there no more; the key is gone.
-- @tparam string session its id
-- @tparam number id of the place
-- @treturn boolean
function picture.unrelay(session, id)
    return asked(session, "DELETE", "&place=" .. id) ~= nil
end


--- A session is over, or there is none any more: nothing of it goes anywhere.
-- @tparam string session its id
function picture.over(session)
    if secrets then
        asked(session, "DELETE")
    end
end


return picture
