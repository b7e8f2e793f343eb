--- What playlists are written with (RFC 8216).
--
-- @module tuanbo.hls

local hls = {}


--- A time as playlists have it.
-- @tparam number ms epoch milliseconds
-- @treturn string 2026-11-27T12:00:00.123Z
function hls.date(ms)
    return os.date("!%Y-%m-%dT%H:%M:%S", math.floor(ms / 1000))
           .. string.format(".%03dZ", ms % 1000)
end


return hls
