--- A phone's own camera, from the host's page: the browser compresses the
-- picture and sends it in pieces of a quarter of a second; here they get into
-- one stream again, to an ffmpeg that repacks it as RTMP, unchanged but for
-- the sound (conf/live.conf starts one for each slot). From there on it is
-- like any other encoder's.
--
-- A piece is taken once, in its order: a browser that is not sure sends it
-- again. The live nginx has one worker, so there is one queue of a session.
--
-- @module tuanbo.camera

local semaphore = require "ngx.semaphore"

local problems = require "tuanbo.problems"
local publishing = require "tuanbo.publishing"

local QUEUE_MAX = 8388608       -- bytes that wait for ffmpeg
local SILENT_S = 10             -- without a piece for so long it is over
local STARTS_S = 15             -- so long an ffmpeg may take to be there
local AGAIN_S = 0.2
local KEY_S = 60                -- of ffmpeg's own key, which it uses at once
local ARGS_MAX = 10

local camera = {}

local ports
local secrets
local comes
local slots = {}                -- by number: session, id, following (the
                                -- number of the next piece), queue, size,
                                -- wake, at (when a piece came last), lost


--- Once, while nginx reads its conf.
-- @tparam table given a list: the port of each slot's camera.lua; and to:
-- the RTMP application it sends to
-- @tparam table lines the secrets of keys
-- @tparam function comes_given whether a session has a picture just now
function camera.setup(given, lines, comes_given)
    ports = given
    secrets = lines
    comes = comes_given
end


-- It may be just about to start again.
local function connect(port)
    local socket = ngx.socket.tcp()
    local ends = ngx.now() + STARTS_S
    local done, err

    repeat
        done, err = socket:connect("127.0.0.1", port)

        if not done then
            ngx.sleep(AGAIN_S)
        end
    until done or ngx.now() > ends

    return done and socket, err
end


local function feed(slot, socket)
    while ngx.now() - slot.at < SILENT_S and not slot.lost do
        slot.wake:wait(1)

        while slot.queue[1] do
            local piece = table.remove(slot.queue, 1)

            slot.size = math.max(0, slot.size - #piece)

            local sent, err = socket:send(piece)

            if not sent then
                return err
            end
        end

        if slot.over then
            return nil
        end
    end
end


-- The queue of a slot, as long as pieces come, into its ffmpeg.
local function pump(is_early, number, slot)
    local socket, err = connect(ports[number])

    if socket then
        slot.queue[1] = ports.to .. "/"
                        .. publishing.stream(secrets, slot.session,
                                             ngx.time() + KEY_S)
                        .. "\n" .. (slot.queue[1] or "")

        if not is_early then
            err = feed(slot, socket)
        end

        socket:close()
    end

    if err then
        ngx.log(ngx.WARN, "a camera is cut: ", slot.session, ": ", err)
    end

    slot.lost = true
    slots[number] = nil
end


local function slot_of(session)
    for number = 1, #ports do
        if slots[number] and slots[number].session == session then
            return slots[number]
        end
    end
end


local function begin(session, id)
    for number = 1, #ports do
        if not slots[number] then
            local slot = { session = session, id = id, following = 0,
                           queue = {}, size = 0, at = ngx.now(),
                           wake = assert(semaphore.new()) }

            slots[number] = slot
            assert(ngx.timer.at(0, pump, number, slot))

            return slot
        end
    end
end


local function refuse(status, code, title, reason)
    return problems.refuse(status, code, title, { reason = reason })
end


local function refuse_state(reason)
    return refuse(409, "wrong_state", "The camera cannot send just now",
                  reason)
end


--- content_by_lua of a piece; `session` is a capture of the location.
-- Arguments until and key, stream (of one recording, random), n (from 0), over
-- (1: it is the last one). 204; 409 with reason `taken` (somebody else sends),
-- `busy` (no slot), `gone` (not the next piece, or its ffmpeg is gone: begin
-- anew).
function camera.take()
    local session = ngx.var.session
    local args = ngx.req.get_uri_args(ARGS_MAX)
    local why = publishing.fault(secrets, session, args["until"], args.key,
                                 ngx.time())
    local n = tonumber(args.n)
    local slot = slot_of(session)

    -- who has no key sends nothing: it is looked at before the body is
    if why then
        return refuse(403, "forbidden", "It is not allowed from here", why)
    end

    ngx.req.read_body()

    if not n or type(args.stream) ~= "string" or #args.stream > 64 then
        return problems.refuse(400, "bad_request", "The request breaks a rule",
                               { field = "stream", rule = "has n" })
    end

    if slot and slot.id ~= args.stream or not slot and comes(session) then
        return refuse_state("taken")
    end

    if not slot and n == 0 then
        slot = begin(session, args.stream)

        if not slot then
            return refuse_state("busy")
        end
    end

    if not slot or n > slot.following or slot.size > QUEUE_MAX then
        return refuse_state("gone")
    end

    slot.at = ngx.now()

    if n == slot.following then
        local piece = ngx.req.get_body_data() or ""

        slot.following = n + 1
        slot.queue[#slot.queue + 1] = piece
        slot.size = slot.size + #piece
        slot.over = args.over == "1"
        slot.wake:post()
    end

    return ngx.exit(ngx.HTTP_NO_CONTENT)
end


return camera
