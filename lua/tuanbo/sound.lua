--- The sound of a segment, without its picture: for lines that are too bad for
-- both. The AAC frames are taken out of MPEG-TS as they are, and go as packed
-- audio (RFC 8216, 3.4): nothing is compressed anew, and a second of it is
-- some kilobytes.
--
-- @module tuanbo.sound

local bit = require "bit"

local band = bit.band

local PACKET = 188
local SYNC = 0x47
local OWNER = "com.apple.streaming.transportStreamTimestamp\0"

local sound = {}


-- Where what a packet carries begins in the text; nil: it carries nothing.
local function payload(text, at)
    local flags = text:byte(at + 3)
    local from = at + 4

    if band(flags, 0x10) == 0 then
        return nil
    end

    -- an adaptation field, with its length before it
    if band(flags, 0x20) ~= 0 then
        from = from + 1 + text:byte(from)
    end

    return from < at + PACKET and from or nil
end


-- A time of 33 bits, in five bytes with marks between (ISO 13818-1).
local function time_of(text, at)
    local a, b, c, d, e = text:byte(at, at + 4)

    return band(a, 0x0e) * 2^29 + b * 2^22 + band(c, 0xfe) * 2^14
           + d * 2^7 + math.floor(e / 2)
end


-- What begins here, if it is sound: where its frames begin, and its time.
local function begun(text, from, last)
    local head = from + 8 <= last and text:sub(from, from + 2) == "\0\0\1"
    local id = head and text:byte(from + 3)

    if not id or band(id, 0xe0) ~= 0xc0 then
        return nil
    end

    return from + 9 + text:byte(from + 8),
           band(text:byte(from + 7), 0x80) ~= 0 and time_of(text, from + 9)
end


-- A number in four bytes of seven bits, as ID3 has its sizes.
local function synchsafe(n)
    return string.char(0, 0, math.floor(n / 128), n % 128)
end


-- When the first frame is heard, on the clock that all segments have.
local function tag(time)
    local bytes = {}

    for i = 8, 1, -1 do
        bytes[i] = string.char(time % 256)
        time = math.floor(time / 256)
    end

    local frame = OWNER .. table.concat(bytes)

    frame = "PRIV" .. synchsafe(#frame) .. "\0\0" .. frame

    return "ID3\4\0\0" .. synchsafe(#frame) .. frame
end


--- The sound of a segment.
-- @tparam string text MPEG-TS, whole packets
-- @treturn string|nil packed audio; nil: there is none in it, or no AAC
function sound.of(text)
    local pid, first
    local frames = {}

    for at = 1, #text - PACKET + 1, PACKET do
        local sync, high, low = text:byte(at, at + 2)
        local own = band(high, 0x1f) * 256 + low
        local from = sync == SYNC and (not pid or own == pid)
                     and payload(text, at)
        local last = at + PACKET - 1

        if from and band(high, 0x40) ~= 0 then
            local time

            from, time = begun(text, from, last)
            pid = from and own or pid
            first = first or time
        elseif not pid then
            from = nil
        end

        frames[#frames + 1] = from and text:sub(from, last) or nil
    end

    local all = table.concat(frames)
    local a, b = all:byte(1, 2)

    -- what an ADTS frame begins with
    if not first or a ~= 0xff or band(b or 0, 0xf6) ~= 0xf0 then
        return nil
    end

    return tag(first) .. all
end


return sound
