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


--- What was shown on camera, as playlists have it: a date range for each pin,
-- until the next one (or unpinning).
-- @tparam table pins a room's, in order: at, sale
-- @tparam number newest how many of them count
-- @treturn string lines
function hls.ranges(pins, newest)
    local lines = {}

    for i = math.max(1, #pins - newest + 1), #pins do
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


--- A recording's playlist.
-- @tparam table list of at, ms, cut, name
-- @tparam table pins as for ranges()
-- @tparam string query behind each name
-- @treturn string
function hls.recording(list, pins, query)
    local longest = 1
    local lines = {}

    for i, one in ipairs(list) do
        longest = math.max(longest, math.floor(one.ms / 1000 + .5))

        if one.cut and i > 1 then
            lines[#lines + 1] = "#EXT-X-DISCONTINUITY"
        end

        lines[#lines + 1] = "#EXT-X-PROGRAM-DATE-TIME:" .. hls.date(one.at)
        lines[#lines + 1] = string.format("#EXTINF:%.3f,", one.ms / 1000)
        lines[#lines + 1] = "recording/" .. one.name .. query
    end

    return "#EXTM3U\n#EXT-X-VERSION:6\n#EXT-X-PLAYLIST-TYPE:VOD\n"
           .. "#EXT-X-TARGETDURATION:" .. longest .. "\n"
           .. "#EXT-X-INDEPENDENT-SEGMENTS\n" .. table.concat(lines, "\n")
           .. "\n" .. hls.ranges(pins, #pins) .. "#EXT-X-ENDLIST\n"
end


return hls
