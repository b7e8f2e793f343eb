--- The picture's other places: of a session, up to four servers of other
-- platforms, to each of which an ffmpeg carries the picture as it is. This
-- looks after them: one that ends is begun again, each time after a longer
-- while; one that stands still is ended. The live nginx gives its picture to
-- them as to any viewer, so one that hangs holds nobody up.
--
-- The key of a place is a secret of the host's. It is in a file that nobody
-- else may read, so that a live nginx that was killed goes on, and in the
-- memory of those who need it; nothing says it again. It is gone with the
-- place: when the host takes it off, when the session ends, at the latest
-- twelve hours after it was typed in.
--
-- The live nginx has one worker, so there is one of each.
--
-- @module tuanbo.relays

local cjson = require "cjson.safe"
local ffi = require "ffi"
local lfs = require "lfs"
local utils = require "pl.utils"

local names_in = require("tuanbo.directory").names
local problems = require "tuanbo.problems"
local publishing = require "tuanbo.publishing"

ffi.cdef [[
unsigned int umask(unsigned int mask);
]]

local PLACES = 4                -- of a session
local TEXT_MAX = 512            -- bytes of an address, of a key
local KEEP_S = 12 * 3600
local TURN_S = 1
local STARTS_S = 15             -- so long the other side may take to answer
local STILL_S = 10              -- so long nothing may move
local WAIT_S, WAIT_MAX_S = 1, 30
local STEADY_S = 30             -- after that long it had been going well
local PRIVATE = 63              -- 0077
local CODES = { [409] = "wrong_state", [422] = "not_allowed",
                [503] = "broken" }
local ARGS_MAX = 10

-- What ffmpeg says, and what it means to a host: the first that is found.
local REASONS = {
    { "refused", "Connection refused" },
    { "no_host", "resolve hostname" },
    { "no_host", "Name or service not known" },
    { "away", "timed out" },
    { "away", "unreachable" },
    { "away", "No route to host" },
    { "not_taken", "Server error" },
    { "not_taken", "NetStream" },
    { "cut", "Broken pipe" },
    { "cut", "reset by peer" },
    { "cut", "End of file" },
    { "cut", "Input/output error" },
}

local relays = {}

local directory
local secrets
local comes
local sessions = {}             -- by id: until_s, and places: id, address,
                                -- key; and of what goes on state, why,
                                -- again_at, wait, busy, off


--- Once, while nginx reads its conf.
-- @tparam table given directory: of the files with keys, of the workers' user
-- alone; conf/live/relay.lua listens there on `socket`
-- @tparam table lines the secrets, which the office has too
-- @tparam function comes_given whether a session has a picture just now
function relays.setup(given, lines, comes_given)
    directory = given.directory or error("relays.directory is missing", 0)
    secrets = lines
    comes = comes_given
end


-- ---- what is kept

local function file_of(session)
    return directory .. "/" .. session .. ".json"
end


-- A file that nobody else may read, there whole or as it was before.
local function keep(session)
    local one = sessions[session]
    local path = file_of(session)
    local places = {}

    if #one.places == 0 then
        sessions[session] = nil
        os.remove(path)
        return true
    end

    for i, place in ipairs(one.places) do
        places[i] = { id = place.id, address = place.address,
                      key = place.key }
    end

    local mask = ffi.C.umask(PRIVATE)
    local file, err = io.open(path .. ".new", "wb")

    ffi.C.umask(mask)

    if not file then
        return nil, err
    end

    local done, why = file:write(cjson.encode {
        until_s = one.until_s, places = places,
    })
    local closed, at_end = file:close()

    if not done or not closed then
        os.remove(path .. ".new")
        return nil, why or at_end
    end

    return os.rename(path .. ".new", path)
end


local function read_all()
    for _, name in ipairs(names_in(directory)) do
        local session = name:match("^([%l%d-]+)%.json$")
        local one = session and cjson.decode(
            utils.readfile(directory .. "/" .. name, true) or "")

        if type(one) == "table" and type(one.places) == "table" then
            sessions[session] = one
        elseif session or name:find("%.new$") then
            os.remove(directory .. "/" .. name)
        end
    end
end


-- ---- what goes on

local function reason_of(line)
    for _, one in ipairs(REASONS) do
        if line:find(one[2], 1, true) then
            return one[1]
        end
    end
end


-- Reads what ffmpeg says until it has ended, stands still, or is to end; why.
local function follow(place, socket)
    local why, line = nil, ""
    local size, moved = 0, ngx.now()
    local patience = STARTS_S

    while not place.off and not ngx.worker.exiting() do
        local text, err, part = socket:receive("*l")

        line = line .. (text or part or "")

        local now_size = tonumber(line:match("^total_size=%s*(%d+)$"))

        if text and now_size and now_size > size then
            size, moved, patience = now_size, ngx.now(), STILL_S
            place.state = "on"
        end

        if text then
            why = reason_of(line) or why
            line = ""
        elseif err ~= "timeout" then
            return why or "cut"
        end

        if ngx.now() - moved > patience then
            return "still"
        end
    end
end


-- One life of a place's ffmpeg.
local function carry(is_early, session, place)
    local socket = ngx.socket.tcp()
    local began = ngx.now()
    local why = "broken"

    socket:settimeout(TURN_S * 1000)

    local done, err = socket:connect("unix:" .. directory .. "/socket")

    if done then
        done, err = socket:send(table.concat({ session, place.address,
                                               place.key, "" }, "\n"))
    end

    if done and not is_early then
        why = follow(place, socket)
    end

    socket:close()
    place.busy = nil

    if not why then
        return
    end

    if err then
        ngx.log(ngx.WARN, "the picture cannot be carried on: ", err)
    end

    -- no picture: that is no fault of the place's
    if not comes(session) then
        place.state = "waits"
        return
    end

    if ngx.now() - began > STEADY_S then
        place.wait = nil
    end

    place.wait = math.min((place.wait or WAIT_S / 2) * 2, WAIT_MAX_S)
    place.state, place.why = "lost", why
    place.again_at = ngx.now() + place.wait
end


local function tick(is_over)
    for session, one in pairs(is_over and {} or sessions) do
        if one.until_s <= ngx.time() then
            relays.over(session)
        end

        for _, place in ipairs(one.places) do
            local waits = place.busy or place.off
                          or (place.again_at or 0) > ngx.now()

            if not waits and not comes(session) then
                place.state = "waits"

            elseif not waits then
                place.busy, place.state = true, "starts"
                assert(ngx.timer.at(0, carry, session, place))
            end
        end
    end
end


--- init_worker_by_lua.
function relays.start()
    if not directory then
        return
    end

    local mask = ffi.C.umask(PRIVATE)

    lfs.mkdir(directory)
    ffi.C.umask(mask)
    read_all()
    assert(ngx.timer.every(TURN_S, tick))
end


-- ---- what the host's page asks for

-- An address and a key as they are used; or nil, and why they are none.
local function place_of(address, key)
    if type(address) ~= "string" or type(key) ~= "string"
       or #address > TEXT_MAX or #key > TEXT_MAX
    then
        return nil, "wrong_address"
    end

    address, key = address:match("^%s*(.-)/*%s*$"), key:match("^%s*(.-)%s*$")

    if not address:find("^rtmps?://") then
        return nil, "wrong_scheme"
    end

    -- printable ASCII, a name and perhaps a port, and behind it something
    if not address:find("^%l+://[%w.-]+:?%d*/[!-~]+$")
       and not address:find("^%l+://%[[%x:.]+%]:?%d*/[!-~]+$")
    then
        return nil, "wrong_address"
    end

    if not key:find("^[!-~]+$") then
        return nil, "wrong_key"
    end

    return address, key
end


-- The status, and why not.
local function add(session, address, key)
    local one = sessions[session] or { places = {} }
    local last = one.places[#one.places]

    -- a thumb that comes down twice
    for _, place in ipairs(one.places) do
        if place.address == address and place.key == key then
            return 200
        end
    end

    if #one.places >= PLACES then
        return 409, "full"
    end

    one.until_s = ngx.time() + KEEP_S
    one.places[#one.places + 1] = { id = last and last.id + 1 or 1,
                                    address = address, key = key,
                                    state = "waits" }
    sessions[session] = one

    local done, err = keep(session)

    if not done then
        ngx.log(ngx.ERR, "where the picture goes is not written: ", err)
        table.remove(one.places)
        sessions[session] = one.places[1] and one
        return 503, "broken"
    end

    return 200
end


--- Takes a place off, or all of them; what carries the picture there ends.
-- @tparam string session its id
-- @tparam number|nil id of the place
function relays.over(session, id)
    local one = sessions[session] or { places = {} }

    for i = #one.places, 1, -1 do
        if not id or one.places[i].id == id then
            one.places[i].off = true
            table.remove(one.places, i)
        end
    end

    if sessions[session] then
        keep(session)
    end
end


-- What may be said of them: never a key, nor what is behind a server's name,
-- as some platforms have theirs there.
local function shown(session)
    local list = {}

    for i, place in ipairs((sessions[session] or { places = {} }).places) do
        local state = place.state or "waits"

        list[i] = {
            id = place.id, server = place.address:match("^%l+://[^/]+"),
            state = state, why = place.why,
            again_s = state == "lost"
                and math.max(1, math.ceil(place.again_at - ngx.now())) or nil,
        }
    end

    return { places = setmetatable(list, cjson.array_mt) }
end


local function refuse(status, code, reason)
    return problems.refuse(status, code, "The picture cannot go there",
                           { reason = reason })
end


--- content_by_lua; `session` is a capture of the location. Arguments until and
-- key: of the office. GET: the places. POST {"address","key"}: one more.
-- DELETE: all, or with `place` that one. 200 with the places; 409 with reason
-- `full`; 422 with reason wrong_scheme, wrong_address, wrong_key.
function relays.answer()
    local session = ngx.var.session
    local args = ngx.req.get_uri_args(ARGS_MAX)
    local method = ngx.req.get_method()
    local why = not directory and "no_relays"
                or publishing.asks_fault(secrets, session, args["until"],
                                         args.key, ngx.time())

    if why then
        return refuse(403, "forbidden", why)
    end

    if method == "POST" then
        ngx.req.read_body()

        local sent = cjson.decode(ngx.req.get_body_data() or "")
        local address, key, status

        if type(sent) == "table" then
            address, key = place_of(sent.address, sent.key)
        end

        if address then
            status, key = add(session, address, key)
        end

        if status ~= 200 then
            return refuse(status or 422, CODES[status or 422],
                          key or "wrong_address")
        end

    elseif method == "DELETE" then
        relays.over(session, tonumber(args.place))
    end

    ngx.header["Cache-Control"] = "no-store"
    ngx.header.content_type = "application/json"
    ngx.print(cjson.encode(shown(session)))
end


return relays
