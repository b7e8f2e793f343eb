--- The live nginx as its conf sees it (conf/live.conf): who may send a
-- picture, and the playlists of what has come.
--
--     init_by_lua_block {
--         require("tuanbo.live").setup {
--             secret = "/etc/nginx/flashsale/live",
--             pictures = "/run/tuanbo/live",
--         }
--     }
--     init_worker_by_lua_block { require("tuanbo.live").start() }
--
-- nginx's RTMP module writes segments of a second, each called by the epoch
-- milliseconds at which its first frame came, and a playlist without a date.
-- This makes of it one that players can tell the time by. The nginx has one
-- worker, so what is remembered here is remembered once; what players count
-- on, also after a kill, is in a file beside the segments.
--
-- @module tuanbo.live

local cjson = require "cjson.safe"
local lrucache = require "resty.lrucache"
local utils = require "pl.utils"

local camera = require "tuanbo.camera"
local frame = require "tuanbo.frame"
local hls = require "tuanbo.hls"
local publishing = require "tuanbo.publishing"
local recorder = require "tuanbo.recorder"
local relays = require "tuanbo.relays"
local sound = require "tuanbo.sound"

local SESSION = "^[%l%d-]+$"
local SESSION_MAX = 64
local REMEMBERED = 64           -- sessions whose last refusal is known
local SILENT_MS = 8000          -- without a segment for so long: no picture
local PLAYLIST_S = 1            -- how long caches may keep a playlist
local LATELY = 5                -- segments that tell how long one is

local live = {}

local secrets
local pictures
local refused


local function is_session(name)
    return type(name) == "string" and #name <= SESSION_MAX
           and name:find(SESSION) ~= nil
end


-- ---- in

--- content_by_lua of on_publish: 204, or 403 and the reason in the log. That
-- somebody sends already is the RTMP module's to say.
function live.publish()
    ngx.req.read_body()

    local sent = ngx.req.get_post_args(20)
    local name = sent.name
    local why = not is_session(name) and "no_session"
                or publishing.fault(secrets, name, sent["until"], sent.key,
                                    ngx.time())

    if not why then
        return ngx.exit(ngx.HTTP_NO_CONTENT)
    end

    if why ~= "no_session" then
        refused:set(name, { why = why, at = math.floor(ngx.now() * 1000) })
    end

    ngx.log(ngx.WARN, "a picture is refused, ", why, ": ",
            is_session(name) and name or "?", ", from ", sent.addr)

    return ngx.exit(ngx.HTTP_FORBIDDEN)
end


-- ---- out

-- What the RTMP module wrote: first (the number of the first segment), and of
-- each its name, at (epoch ms), seconds, and whether something is missing
-- before it (cut). nil: there is nothing.
local function written(session)
    local text = utils.readfile(pictures .. "/" .. session .. "/index.m3u8",
                                true)
    local first = text
                  and tonumber(text:match("#EXT%-X%-MEDIA%-SEQUENCE:(%d+)"))

    if not first then
        return nil
    end

    local list = { first = first }
    local cut, seconds = false, nil

    for line in text:gmatch("[^\r\n]+") do
        if line == "#EXT-X-DISCONTINUITY" then
            cut = true

        elseif line:find("^#EXTINF:") then
            seconds = tonumber(line:match("^#EXTINF:([%d.]+)"))

        elseif seconds and line:find("^%d+%.ts$") then
            list[#list + 1] = { name = line, at = tonumber(line:match("%d+")),
                                seconds = seconds, cut = cut }
            cut, seconds = false, nil
        end
    end

    return list[1] and list
end


-- When the picture is from that was sent last, epoch ms.
local function newest(list)
    local last = list[#list]

    return last.at + last.seconds * 1000
end


local function is_on(list)
    return list and newest(list) + SILENT_MS > ngx.now() * 1000
end


--- Once, while nginx reads its conf.
-- @tparam table given secret (a file, a line each), pictures (hls_path), and
-- optionally recordings, cameras and relays (setup() of tuanbo.recorder,
-- tuanbo.camera and tuanbo.relays says what is in them)
function live.setup(given)
    secrets = frame.secrets(given.secret)
    pictures = given.pictures
    refused = assert(lrucache.new(REMEMBERED))

    local function comes(session)
        return is_on(written(session))
    end

    camera.setup(given.cameras or {}, secrets, comes)

    if given.relays then
        relays.setup(given.relays, secrets, comes)
    end

    if given.recordings then
        recorder.setup(given.recordings, pictures, written)
    end
end


--- init_worker_by_lua.
function live.start()
    recorder.start()
    relays.start()
end


-- How many cuts lie before the first segment that is still there: players
-- count them. The number goes up as segments with one go. Kept as
-- "COUNT NAME …", the names those of cut segments in the list.
local function cuts_before(session, list)
    local path = pictures .. "/" .. session .. "/cuts"
    local kept = utils.readfile(path, true) or ""
    local count = tonumber(kept:match("^(%d+)")) or 0
    local here, names = {}, {}

    for i, segment in ipairs(list) do
        here[segment.name] = true

        -- what is before the first one nobody sees
        if segment.cut and i > 1 then
            names[#names + 1] = segment.name
        end
    end

    for name in kept:gmatch("%d+%.ts") do
        if not here[name] or name == list[1].name then
            count = count + 1
        end
    end

    local now = count .. " " .. table.concat(names, " ")

    if now ~= kept then
        local file = io.open(path .. ".new", "wb")

        if file then
            file:write(now)
            file:close()
            os.rename(path .. ".new", path)
        end
    end

    return count
end


-- RFC 8216; of the picture, or of its sound alone
local function playlist_of(session, list, ending)
    local longest = 1

    for _, segment in ipairs(list) do
        longest = math.max(longest, math.floor(segment.seconds + .5))
    end

    local lines = {
        "#EXTM3U",
        "#EXT-X-VERSION:6",
        "#EXT-X-TARGETDURATION:" .. longest,
        "#EXT-X-MEDIA-SEQUENCE:" .. list.first,
        "#EXT-X-DISCONTINUITY-SEQUENCE:" .. cuts_before(session, list),
        "#EXT-X-INDEPENDENT-SEGMENTS",
    }

    for i, segment in ipairs(list) do
        if segment.cut and i > 1 then
            lines[#lines + 1] = "#EXT-X-DISCONTINUITY"
        end

        lines[#lines + 1] = "#EXT-X-PROGRAM-DATE-TIME:" .. hls.date(segment.at)
        lines[#lines + 1] = string.format("#EXTINF:%.3f,", segment.seconds)
        lines[#lines + 1] = (segment.name:gsub("ts$", ending))
    end

    return table.concat(lines, "\n") .. "\n"
end


--- content_by_lua of a playlist; `session` and `what` (index, or sound: that
-- alone) are captures of the location. 404 where no picture comes.
function live.playlist()
    local session = ngx.var.session
    local list = is_session(session) and written(session)

    -- a second that a browser kept it would come on top of the caches'; and
    -- nginx's counts to the end of the second that is named
    ngx.header["Cache-Control"] = "public, max-age=0, s-maxage=" .. PLAYLIST_S
    ngx.header["X-Accel-Expires"] = "@" .. ngx.time()

    if not is_on(list) then
        ngx.header.content_type = "text/plain"
        ngx.status = ngx.HTTP_NOT_FOUND
        return ngx.print("")
    end

    ngx.header.content_type = "application/vnd.apple.mpegurl"
    ngx.print(playlist_of(session, list,
                          ngx.var.what == "sound" and "aac" or "ts"))
end


--- content_by_lua of a segment's sound; `segment`, its path without an ending,
-- is a capture of the location. 404 where there is none.
function live.sound()
    local text = utils.readfile(pictures .. "/" .. ngx.var.segment .. ".ts",
                                true)
    local heard = text and sound.of(text)

    if not heard then
        return ngx.exit(ngx.HTTP_NOT_FOUND)
    end

    ngx.header["Cache-Control"] = "public, max-age=31536000, immutable"
    ngx.header["X-Content-Type-Options"] = "nosniff"
    ngx.header.content_type = "audio/aac"
    ngx.header.content_length = #heard
    ngx.print(heard)
end


--- content_by_lua of a picture's state, for the host's page: on, and when it
-- is: at (of the newest frame that came), segment_ms (how far key frames are
-- apart); refused: why and when somebody was refused last.
function live.state()
    local session = ngx.var.session
    local list = is_session(session) and written(session)
    local state = { on = is_on(list) or false, refused = refused:get(session) }

    if state.on then
        local sum, n = 0, math.min(LATELY, #list)

        for i = #list - n + 1, #list do
            sum = sum + list[i].seconds
        end

        state.at = math.floor(newest(list))
        state.segment_ms = math.floor(sum / n * 1000)
    end

    ngx.header["Cache-Control"] = "no-store"
    ngx.header.content_type = "application/json"
    ngx.print(cjson.encode(state))
end


return live
