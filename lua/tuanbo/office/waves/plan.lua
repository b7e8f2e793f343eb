--- Which waves there are to be, from when sales close and when their goods are
-- delivered. It decides nothing of the engine's: the engine freezes a wave and
-- says what is in it. What is given here gives the same waves, so two jobs, or
-- one that is repeated, make one.
--
-- A wave of its own is called by its day: 2026-12-01, then 2026-12-01-2. All
-- that is delivered on a day is one wave, frozen some time after the last of
-- its sales closes, so that who has just reserved can still pay.
--
-- @module tuanbo.office.waves.plan

local tablex = require "pl.tablex"

local DAY_MS = 86400000
local AHEAD_MS = 14 * DAY_MS        -- sales that close later have time
local LATE_MS = 3 * DAY_MS          -- sales that closed before are history
local REST_MS = 8 * DAY_MS          -- what was paid late goes with a later one
local SALES_MAX = 64                -- of a wave
local WAVES_MAX = 99                -- of a day
local WEEKDAYS = { "sun", "mon", "tue", "wed", "thu", "fri", "sat" }

local plan = {}


-- Days since 1970 of a time.
local function day_number(at, offset_ms)
    return math.floor((at + offset_ms) / DAY_MS)
end


--- A day as it is written.
-- @tparam number number of days since 1970
-- @treturn string
function plan.date(number)
    return os.date("!%Y-%m-%d", number * 86400)
end


--- Days since 1970 of a date.
-- @tparam string date like 2026-12-01
-- @treturn number|nil nil: there is no such day
function plan.days(date)
    local year, month, day = date:match("^(%d%d%d%d)-(%d%d)-(%d%d)$")

    if not year then
        return nil
    end

    -- by the civil calendar, in years that begin with March
    year, month, day = tonumber(year), tonumber(month), tonumber(day)
    year = month <= 2 and year - 1 or year

    local of_year = math.floor((153 * ((month + 9) % 12) + 2) / 5) + day - 1

    local number = year * 365 + math.floor(year / 4)
                   - math.floor(year / 100) + math.floor(year / 400)
                   + of_year - 719468

    return plan.date(number) == date and number or nil
end


-- Whether all of these points get goods on that day of the week.
local function is_served(points, number)
    local name = WEEKDAYS[(number + 4) % 7 + 1]

    for _, point in ipairs(points) do
        local served = not point.delivery_weekdays

        for _, weekday in ipairs(point.delivery_weekdays or {}) do
            served = served or weekday == name
        end

        if not served then
            return false
        end
    end

    return true
end


--- The day on which the goods of a sale are delivered: what its own document
-- says, else its product's, else its session's, else the day after it closes;
-- and from then on the first on which all its pickup points get goods.
-- @tparam table docs sale, product and session (tables), points (a list)
-- @tparam number end_at when it closes
-- @tparam number offset_ms of the shop's time from UTC
-- @treturn string like 2026-12-01
function plan.day(docs, end_at, offset_ms)
    local closes = day_number(end_at, offset_ms)
    local own, session = docs.sale, docs.session
    local after = own.delivery_days or docs.product.delivery_days
    local day = own.delivery_day
                or not after and session.delivery_day

    day = day and plan.days(day)

    -- a day that is over was said for another week
    if not day or day < closes then
        day = closes + (after or session.delivery_days or 1)
    end

    for further = 0, 6 do
        if is_served(docs.points, day + further) then
            return plan.date(day + further)
        end
    end

    return plan.date(day)
end


-- When a sale that is to be in a wave ends, or nil. What is given is in none:
-- a coupon is no goods, and things are handed over by their own codes.
local function end_of(sale, now)
    local end_at = sale.closes_at or sale.ended_at

    if not end_at or sale.gives or sale.cancelled or sale.formed == false
       or sale.sold + sale.held == 0
       or end_at < now - REST_MS or end_at > now + AHEAD_MS
    then
        return nil
    end

    return end_at
end


local function is_of_day(id)
    return id:find("^%d%d%d%d%-%d%d%-%d%d$")
           or id:find("^%d%d%d%d%-%d%d%-%d%d%-%d+$")
end


-- Sales that some wave has, or will have, as they end: by id.
local function covered_of(waves, ends)
    local covered = {}

    for _, wave in ipairs(waves) do
        if wave.seq or not is_of_day(wave.id) then
            for _, id in ipairs(wave.sales) do
                if ends[id] and wave.cut_at >= ends[id] then
                    covered[id] = true
                end
            end
        end
    end

    return covered
end


-- The waves of a day that are not frozen: one after the other, those that are
-- not there yet at the end.
local function open_waves(day, by_id)
    local n = 0

    return function()
        while n < WAVES_MAX do
            n = n + 1

            local id = n == 1 and day or day .. "-" .. n

            if not by_id[id] or not by_id[id].seq then
                return id, by_id[id]
            end
        end
    end
end


-- What one wave is to be, or nil where it is so already. wanted: ids of sales;
-- what there is room for is taken out of it.
local function body_of(wave, day, wanted, given)
    local sales, has, cut_at = {}, {}, wave and wave.cut_at or 0
    local changed = not wave

    for _, id in ipairs(wave and wave.sales or {}) do
        local other = given.days[id] and given.days[id] ~= day

        -- it is delivered on another day now
        if other and not given.covered[id] then
            changed = true
        else
            sales[#sales + 1] = id
            has[id] = true
        end
    end

    for _, id in ipairs(tablex.keys(wanted):sort()) do
        if has[id] or #sales < SALES_MAX then
            if not has[id] then
                sales[#sales + 1] = id
                has[id] = true
                changed = true
            end

            wanted[id] = nil

            if given.ends[id] + given.grace_ms > cut_at then
                cut_at = given.ends[id] + given.grace_ms
                changed = true
            end
        end
    end

    -- what was paid after it had been taken once goes with it
    for _, id in ipairs(tablex.keys(given.covered):sort()) do
        if not has[id] and not given.by_hand[id] and #sales < SALES_MAX then
            sales[#sales + 1] = id
            changed = true
        end
    end

    if not changed or #sales == 0 then
        return nil
    end

    return { sales = sales, cut_at = cut_at, day = day }
end


--- What to say to the engine, so that all sales that end have their wave.
-- @tparam table given
-- @tparam number given.now
-- @tparam number given.grace_ms how long after the last closing
-- @tparam table given.sales as of `GET /admin/sales`, without nulls; one
-- without a time that somebody has closed has `ended_at`
-- @tparam table given.waves as of `GET /admin/waves`, without nulls
-- @tparam function given.day_of gives the day of a sale: sale, end_at
-- @treturn table a list of { id =, body = } for `PUT /admin/waves/ID`
function plan.make(given)
    local ends, days, wanted_of, by_id, by_hand = {}, {}, {}, {}, {}

    for _, sale in ipairs(given.sales) do
        ends[sale.id] = end_of(sale, given.now)
    end

    local covered = covered_of(given.waves, ends)

    for _, wave in ipairs(given.waves) do
        by_id[wave.id] = wave

        -- one that somebody has planned is left as it is
        if not wave.seq and not is_of_day(wave.id) then
            for _, id in ipairs(wave.sales) do
                by_hand[id] = true
            end
        end
    end

    for _, sale in ipairs(given.sales) do
        local end_at = ends[sale.id]

        if end_at and not covered[sale.id] and end_at >= given.now - LATE_MS
        then
            local day = given.day_of(sale, end_at)

            days[sale.id] = day
            wanted_of[day] = wanted_of[day] or {}
            wanted_of[day][sale.id] = true
        end
    end

    local list = {}
    local more = { ends = ends, days = days, covered = covered,
                   by_hand = by_hand, grace_ms = given.grace_ms }

    for _, day in ipairs(tablex.keys(wanted_of):sort()) do
        local wanted = wanted_of[day]

        for id, wave in open_waves(day, by_id) do
            local body = body_of(wave, day, wanted, more)

            if body then
                list[#list + 1] = { id = id, body = body }
            end

            if not next(wanted) then
                break
            end
        end
    end

    return list
end


return plan
