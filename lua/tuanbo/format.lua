-- Numbers and times in words. Times of the shop, not of the server: setup
-- says how far it is from UTC.

local ffi = require "ffi"

local format = {}

local MINUTE_MS = 60 * 1000
local HOUR_MS = 60 * MINUTE_MS
local DAY_MS = 24 * HOUR_MS

local offset_ms = 8 * HOUR_MS


function format.setup(minutes)
    offset_ms = minutes * MINUTE_MS
end


function format.offset_minutes()
    return offset_ms / MINUTE_MS
end


-- 39.8 for 3980, 40 for 4000, 39.85 for 3985.
function format.yuan(fen)
    local text = string.format("%.2f", fen / 100)

    return (text:gsub("0$", ""):gsub("%.0$", ""))
end


-- The fen of an amount as people type it, like 39.8, of so many digits of yuan
-- at most; nil where it is none.
function format.of_yuan(typed, digits)
    local yuan, rest = typed:match("^%s*(%d+)%.?(%d?%d?)%s*$")

    return yuan and #yuan <= digits
           and tonumber(yuan) * 100 + tonumber((rest .. "00"):sub(1, 2))
           or nil
end


local function local_parts(at)
    return os.date("!*t", math.floor((at + offset_ms) / 1000))
end


-- The number of the shop's day: the first one of 1970 is 0.
function format.day(at)
    return math.floor((at + offset_ms) / DAY_MS)
end


function format.clock(at)
    local parts = local_parts(at)

    return string.format("%02d:%02d", parts.hour, parts.min)
end


-- "周五" of a time.
function format.weekday(say, at)
    return say("day." .. local_parts(at).wday)
end


-- "今天 20:00", "周五 12月4日 20:00"; with the year when it is another one.
-- Without now it is always the date: for what is read another day.
function format.when(say, at, now)
    local days = now and format.day(at) - format.day(now)
    local clock = format.clock(at)
    local parts = local_parts(at)

    if days == 0 then
        return say(parts.hour >= 18 and "when.tonight" or "when.today",
                   { clock = clock })
    elseif days == 1 then
        return say("when.tomorrow", { clock = clock })
    elseif days == -1 then
        return say("when.yesterday", { clock = clock })
    end

    return say("when.date", {
        clock = clock, month = parts.month, day = parts.day,
        month_name = say("month." .. parts.month),
        weekday = format.weekday(say, at),
        year = now and parts.year ~= local_parts(now).year
               and say("when.year", { year = parts.year }) or "" })
end


-- A time as a form's field of the type datetime-local has it.
function format.typed(at)
    local parts = local_parts(at)

    return string.format("%04d-%02d-%02dT%02d:%02d", parts.year, parts.month,
                         parts.day, parts.hour, parts.min)
           .. (parts.sec ~= 0 and string.format(":%02d", parts.sec) or "")
end


-- Days from 1970 to a day of the calendar.
local function days_to(year, month, day)
    local y = month <= 2 and year - 1 or year
    local era = math.floor(y / 400)
    local of_era = y - era * 400
    local of_year = math.floor((153 * ((month + 9) % 12) + 2) / 5) + day - 1

    return era * 146097 + of_era * 365 + math.floor(of_era / 4)
           - math.floor(of_era / 100) + of_year - 719468
end


-- The time of such a field; nil where it is none. A day alone: its beginning.
function format.of_typed(typed)
    local year, month, day, rest =
        typed:match("^(%d%d%d%d)%-(%d%d)%-(%d%d)(.*)$")
    local hour, minute, second =
        (rest or ""):match("^[T ](%d%d):(%d%d):?(%d*)$")

    if not year or rest ~= "" and not hour then
        return nil
    end

    local at = days_to(tonumber(year), tonumber(month), tonumber(day)) * DAY_MS
               + (tonumber(hour or 0) * 60 + tonumber(minute or 0)) * MINUTE_MS
               + (tonumber(second) or 0) * 1000 - offset_ms

    -- there is no 31st of June
    if not format.typed(at):find(year .. "-" .. month .. "-" .. day, 1, true)
       or rest ~= "" and (tonumber(hour) > 23 or tonumber(minute) > 59)
    then
        return nil
    end

    return at
end


-- When the day of a time begins.
function format.day_of(at)
    return format.day(at) * DAY_MS - offset_ms
end


-- Until when something is kept: the clock alone while it is today.
function format.till(say, at, now)
    if format.day(at) == format.day(now) then
        return format.clock(at)
    end

    return format.when(say, at, now)
end


-- How long still, in the two largest units.
function format.span(say, ms)
    local seconds = math.max(0, math.ceil(ms / 1000))
    local days = math.floor(seconds / 86400)
    local hours = math.floor(seconds / 3600) % 24
    local minutes = math.floor(seconds / 60) % 60

    if days > 0 then
        return say("span.days", { days = days, hours = hours })
    elseif hours > 0 then
        return say("span.hours", { hours = hours, minutes = minutes })
    elseif minutes > 0 then
        return say("span.minutes", { minutes = minutes,
                                     seconds = seconds % 60 })
    end

    return say("span.seconds", { seconds = seconds })
end


-- How long something lasts: in the largest unit that says it without a rest.
function format.length(say, ms)
    local seconds = math.floor(ms / 1000)

    for _, unit in ipairs { { "days", 86400 }, { "hours", 3600 },
                            { "minutes", 60 } } do
        if seconds >= unit[2] and seconds % unit[2] == 0 then
            return say("length." .. unit[1], { count = seconds / unit[2] })
        end
    end

    return format.span(say, ms)
end


-- The number that a hold's id is to whoever searches many of them: its eight
-- digits, with no text made of them.
-- @tparam cdata id its hexadecimal digits
-- @tparam number len of them
-- @treturn number below 100,000,000
function format.pickup_number(id, len)
    local number = 0

    -- six digits at once: what is multiplied stays below 2^53
    for i = 0, len - 1, 6 do
        local digits, unit = 0, 1

        for k = i, math.min(i + 5, len - 1) do
            local digit = id[k]

            digits = digits * 16
                     + (digit < 58 and digit - 48 or digit % 32 + 9)
            unit = unit * 16
        end

        number = (number * unit + digits) % 100000000
    end

    return number
end


-- The eight digits that are said at the pickup point, out of a hold's id.
-- The id cannot be guessed, so neither can they.
function format.pickup_code(id)
    local number = format.pickup_number(ffi.cast("const char *", id), #id)

    return string.format("%04d %04d", math.floor(number / 10000),
                         number % 10000)
end


return format
