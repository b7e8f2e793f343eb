--- What the shop adds to the playlists that come from the live nginx: what was
-- shown when, so that a player can show it in time with the picture. It is a
-- filter: that works over HTTP/2 too, where a subrequest would not, and the
-- live nginx needs nothing of the store.
--
-- And who may see them, if the shop wants that: then its pages have links that
-- end, and so have its playlists. All who look within a while have the same
-- ones, so that what is behind them is kept for many.
--
-- @module tuanbo.video

local lrucache = require "resty.lrucache"

local engine = require "tuanbo.engine"
local expiring = require "tuanbo.expiring"
local hls = require "tuanbo.hls"
local problems = require "tuanbo.problems"
local recordings = require "tuanbo.recordings"
local room = require "tuanbo.room"

local PINS = 8                  -- the newest ones; a playlist is of seconds
local KEPT = 256                -- sessions
local PURPOSE = "picture"
local LINK_S_MIN = 10

local video = {}

local kept = assert(lrucache.new(KEPT))
local secrets
local link_s
local directory


--- Once, while nginx reads its conf.
-- @tparam table|boolean|nil given `video` of setup{}: true, or link_s: for how
-- many seconds a link is good at least; recordings: the directory that the
-- live nginx keeps them in
-- @tparam table lines the shop's secrets; the first one signs
function video.setup(given, lines)
    given = type(given) == "table" and given or {}
    secrets = lines
    link_s = given.link_s
    directory = given.recordings

    if link_s and (type(link_s) ~= "number" or link_s < LINK_S_MIN
                   or link_s % 1 ~= 0)
    then
        error("video.link_s is a whole number of seconds, " .. LINK_S_MIN
              .. " or more", 0)
    end
end


-- The end of links changes each link_s, so one is good for once to twice that.
local function query(session)
    local until_s = (math.floor(ngx.time() / link_s) + 2) * link_s

    return "?" .. expiring.query(secrets, PURPOSE, session, until_s)
end


--- Where a playlist of a session is.
-- @tparam string session its id
-- @tparam string|nil name recording; else the live one
-- @treturn string an address
function video.address(session, name)
    return "/hls/" .. session .. "/" .. (name or "index") .. ".m3u8"
           .. (link_s and query(session) or "")
end


--- What was recorded of a session that is over: while it was on the air.
-- @tparam string session its id
-- @tparam table now its room
-- @treturn table as recordings.within()
function video.recorded(session, now)
    return directory and now.state == "ended" and now.started_at
           and recordings.within(directory, session, now.started_at,
                                 now.ended_at)
           or {}
end


--- set_by_lua: where files of recordings are.
-- @treturn string a directory
function video.recordings()
    return directory or "/nowhere"
end


--- content_by_lua of a recording's playlist, of all of it, with its pins.
function video.recording()
    local session = ngx.var.session
    local now = room.of(engine, session)
    local list = video.recorded(session, now)

    if #list == 0 then
        ngx.status = ngx.HTTP_NOT_FOUND
        ngx.header.content_type = "text/plain"
        return ngx.print("")
    end

    ngx.header["Cache-Control"] = "public, max-age=0, s-maxage=1"
    ngx.header.content_type = "application/vnd.apple.mpegurl"
    ngx.print(hls.recording(list, now.pins or {},
                            link_s and query(session) or ""))
end


--- access_by_lua of playlists and segments; `session` is a capture of the
-- location.
function video.access()
    local why = link_s and expiring.fault(secrets, PURPOSE, ngx.var.session,
                                          ngx.var.arg_until, ngx.var.arg_key,
                                          ngx.time())

    if why then
        return problems.refuse(403, "forbidden", "It is not allowed from here",
                               { reason = why })
    end
end


-- Viewers ask for a playlist a second each: it is made once for each commit.
local function ranges(session)
    local version, epoch = engine.version(), engine.epoch()
    local one = kept:get(session)

    if one and one.version == version and one.epoch == epoch then
        return one.text
    end

    local text = hls.ranges(room.of(engine, session).pins or {}, PINS)

    kept:set(session, { text = text, epoch = epoch,
                        version = version >= 0 and version })

    return text
end


--- header_filter_by_lua of a playlist.
function video.header()
    if ngx.status == ngx.HTTP_OK then
        ngx.header.content_length = nil
        ngx.header.etag = nil
    end
end


-- A playlist may come in parts, and a name lie in two of them.
local function whole(part, is_last)
    local before = ngx.ctx.playlist

    if is_last and not before then
        return part
    end

    before = before or {}
    before[#before + 1] = part
    ngx.ctx.playlist = before

    return is_last and table.concat(before) or nil
end


--- body_filter_by_lua of a playlist; `session` is a capture of the location.
function video.body()
    if ngx.status ~= ngx.HTTP_OK then
        return
    end

    local text = whole(ngx.arg[1] or "", ngx.arg[2])

    if not text then
        ngx.arg[1] = nil
        return
    end

    if link_s then
        text = text:gsub("%f[%d]%d+%.%l+%f[\n]",
                         "%0" .. query(ngx.var.session))
    end

    ngx.arg[1] = text .. ranges(ngx.var.session)
end


return video
