-- Numbers and times in words. Times of the shop, not of the server: setup
-- says how far it is from UTC.

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


local function local_parts(at)
    return os.date("!*t", math.floor((at + offset_ms) / 1000))
end


local function day_number(at)
    return math.floor((at + offset_ms) / DAY_MS)
end


function format.clock(at)
    local parts = local_parts(at)

    return string.format("%02d:%02d", parts.hour, parts.min)
end


-- "今天 20:00", "周五 12月4日 20:00"; with the year when it is another one.
function format.when(say, at, now)
    local days = day_number(at) - day_number(now)
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
        weekday = say("day." .. parts.wday),
        year = parts.year ~= local_parts(now).year
               and say("when.year", { year = parts.year }) or "" })
end


-- Until when something is kept: the clock alone while it is today.
function format.till(say, at, now)
    if day_number(at) == day_number(now) then
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


-- The eight digits that are said at the pickup point, out of a hold's id.
-- The id cannot be guessed, so neither can they.
function format.pickup_code(id)
    local number = 0

    for i = 1, #id do
        number = (number * 16 + tonumber(id:sub(i, i), 16)) % 100000000
    end

    return string.format("%04d %04d", math.floor(number / 10000),
                         number % 10000)
end


return format
