--- What the shop adds to the playlists that come from the live nginx: what was
-- shown when, so that a player can show it in time with the picture. It is a
-- filter: that works over HTTP/2 too, where a subrequest would not, and the
-- live nginx needs nothing of the store.
--
-- @module tuanbo.video

local lrucache = require "resty.lrucache"

local engine = require "tuanbo.engine"
local hls = require "tuanbo.hls"
local room = require "tuanbo.room"

local PINS = 8                  -- the newest ones; a playlist is of seconds
local KEPT = 256                -- sessions

local video = {}

local kept = assert(lrucache.new(KEPT))


-- A date range for each pin, until the next one (or unpinning).
local function ranges_of(pins)
    local lines = {}

    for i = math.max(1, #pins - PINS + 1), #pins do
        local pin, next_pin = pins[i], pins[i + 1]

        if type(pin.sale) == "string" then
            lines[#lines + 1] = string.format(
                '#EXT-X-DATERANGE:ID="pin-%.0f",CLASS="tuanbo.pin",'
                .. 'START-DATE="%s"%s,X-SALE="%s"\n', pin.at, hls.date(pin.at),
                next_pin and ',END-DATE="' .. hls.date(next_pin.at) .. '"'
                or "", pin.sale)
        end
    end

    return table.concat(lines)
end


-- Viewers ask for a playlist a second each: it is made once for each commit.
local function ranges(session)
    local version, epoch = engine.version(), engine.epoch()
    local one = kept:get(session)

    if one and one.version == version and one.epoch == epoch then
        return one.text
    end

    local text = ranges_of(room.of(engine, session).pins or {})

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


--- body_filter_by_lua of a playlist; `session` is a capture of the location.
function video.body()
    if ngx.status == ngx.HTTP_OK and ngx.arg[2] then
        ngx.arg[1] = (ngx.arg[1] or "") .. ranges(ngx.var.session)
    end
end


return video
