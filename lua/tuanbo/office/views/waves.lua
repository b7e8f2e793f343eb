-- Waves: what is delivered together, when it is cut, and the way to its lists.
-- They are made by themselves (tuanbo-office waves); the owner may make one by
-- hand, and cut one now. No SQL.

local coming = require "tuanbo.office.coming"
local format = require "tuanbo.format"
local goods = require "tuanbo.goods"
local plan = require "tuanbo.office.waves.plan"
local sheets = require "tuanbo.office.sheets"
local store = require "tuanbo.office.store"
local text = require "tuanbo.text"

local SHOWN_MAX = 40
local SALES_MAX = 64
local WAVES_MAX = 99            -- of a day
local KEY_MAX = 64
local HOUR_MS = 3600 * 1000
local DAY_MS = 24 * HOUR_MS
local ROLES = { "leader", "warehouse" }

local waves = { texts = "waves" }


local function offset_ms()
    return format.offset_minutes() * 60000
end


local function date(at)
    return plan.date(math.floor((at + offset_ms()) / DAY_MS))
end


-- Milliseconds of a day and a time of the shop's, or nil.
local function at_of(day, clock)
    local days = plan.days(day)
    local hour, minute = clock:match("^(%d%d?):(%d%d)$")

    if not days or not hour or tonumber(hour) > 23 or tonumber(minute) > 59
    then
        return nil
    end

    return days * DAY_MS + hour * HOUR_MS + minute * 60000 - offset_ms()
end


local function state_of(c, wave)
    return wave.seq and c.say("waves.frozen")
           or c.say("waves.open", { when = format.when(c.say, wave.cut_at,
                                                       c.now) })
end


-- Sales that somebody has bought of and no wave is to take any more, and
-- whether one is ticked: those that have ended. What is given is in no wave.
local function choices_of(c, list)
    local found, taken = {}, {}
    local ended = goods.ended_lately(c)

    for _, wave in ipairs(list) do
        for _, id in ipairs(wave.sales) do
            taken[id] = true
        end
    end

    for _, entry in ipairs(goods.current(c) or {}) do
        ended[#ended + 1] = entry
    end

    for _, entry in ipairs(ended) do
        local sale = entry.sale

        if sale.sold > 0 and not sale.gives and not taken[sale.id]
           and not sale.called_off and #found < SALES_MAX
        then
            local it = goods.shown(c, entry)

            found[#found + 1] = {
                id = sale.id, title = it.title,
                sold = c.say("waves.sold", { count = sale.sold,
                                             unit = it.unit }),
                ticked = sale.state == "closed",
            }
        end
    end

    return found
end


-- The next name of that day that no wave has.
local function free_id(day)
    for n = 1, WAVES_MAX do
        local id = n == 1 and day or day .. "-" .. n
        local there, code = store.wave(id)

        if not there then
            return code == "not_found" and id or nil
        end
    end
end


-- typed: the fields of a form that did not get through
local function list(c, _, typed, wrong, status)
    local found, code = coming.waves(c.now)
    local shown = {}

    if not found then
        return nil, code
    end

    for i, wave in ipairs(found) do
        if i > SHOWN_MAX then
            break
        end

        shown[i] = { href = "/desk/wave/" .. wave.id, id = wave.id,
                     day = sheets.day(c, wave), state = state_of(c, wave),
                     frozen = wave.seq ~= nil }
    end

    local owner = c.may("owner")
    local choices = owner and choices_of(c, found) or {}

    for _, choice in ipairs(typed and choices or {}) do
        choice.ticked = typed["sale." .. choice.id] ~= nil
    end

    return "waves", {
        title = c.say("waves"), list = shown, choices = choices,
        key = typed and typed.key or c.key(),
        day = typed and typed.day or date(c.now + DAY_MS),
        clock = typed and typed.clock or "",
        wrong = wrong, owner = owner, styles = { "desk/sheets.css" },
    }, status
end


-- Whether a form sent once more finds what it made before.
local function is_same(wave, sales)
    local has = {}

    for _, id in ipairs(wave.sales) do
        has[id] = true
    end

    for _, id in ipairs(sales) do
        if not has[id] then
            return false
        end
    end

    return #wave.sales == #sales
end


local function made_before(c, day, sales)
    for _, wave in ipairs(coming.waves(c.now) or {}) do
        if wave.day == day and is_same(wave, sales) then
            return wave.id
        end
    end
end


-- What the shop says to a wave, as words; or nil, it was done.
local function put(c, id, body, key)
    local done, problem = c.shop.send("orders", "PUT", "/admin/waves/" .. id,
                                      body, key)

    c.deed { method = "PUT", target = "waves/" .. id, key = key,
             status = done and "ok" or problem.code }

    if not done then
        return text.has(c.lang, "waves.refused." .. problem.code)
               and c.say("waves.refused." .. problem.code)
               or c.say("waves.refused")
    end
end


local function is_key(key)
    return key and #key > 0 and #key <= KEY_MAX and not key:find("[^%w_-]")
end


local function make(c, parts, fields)
    local sales = {}

    if not is_key(fields.key) then
        return nil, "bad_request"
    end

    for name in pairs(fields) do
        local id = name:match("^sale%.([%l%d-]+)$")

        if id and #id <= 64 then
            sales[#sales + 1] = id
        end
    end

    table.sort(sales)

    local day = text.line(fields.day or "") or ""
    local clock = text.line(fields.clock or "") or ""
    local midnight = at_of(day, "0:00")
    local cut_at = clock == "" and math.floor(c.now)
                   or at_of(date(c.now), clock)

    if #sales == 0 or #sales > SALES_MAX then
        return list(c, parts, fields, c.say("waves.wrong.sales"), 400)
    end

    if not midnight then
        return list(c, parts, fields, c.say("waves.wrong.day"), 400)
    end

    if not cut_at then
        return list(c, parts, fields, c.say("waves.wrong.clock"), 400)
    end

    local id = made_before(c, day, sales)

    if not id then
        id = free_id(day)

        local wrong = not id and c.say("waves.refused")
                      or put(c, id, { sales = sales, cut_at = cut_at,
                                      day = day }, fields.key)

        if wrong then
            return list(c, parts, fields, wrong, 409)
        end
    end

    return true, "/desk/wave/" .. id
end


local function one(c, parts, wrong, status)
    local wave, code = sheets.wave(c, parts.wave)

    if not wave then
        return nil, code
    end

    local points, sum = {}, 0

    for i, point in ipairs(wave.points) do
        local items = {}

        for n, line in ipairs(point.lines) do
            local item = wave.item(line.sale)

            items[n] = item.title .. " " .. line.ordered .. " " .. item.unit
        end

        sum = sum + point.ordered
        points[i] = {
            name = point.name, count = point.ordered,
            items = table.concat(items, c.say("desk.and")),
            pack = "/desk/lists/" .. wave.id .. "/pack/" .. point.id,
            labels = "/desk/labels/" .. wave.id .. "/" .. point.id,
            receive = wave.seq and "/desk/receive/" .. wave.id .. "/"
                                   .. point.id,
        }
    end

    return "wave", {
        title = c.say("waves.title", { day = sheets.day(c, wave) }),
        id = wave.id, state = state_of(c, wave), frozen = wave.seq ~= nil,
        position = sheets.position(c, wave), points = points,
        only = sheets.only(c, wave),
        sum = c.say("waves.sum", { count = sum, points = #points }),
        lists = { "grower", "sort", "routes" },
        can_cut = not wave.seq and c.may("owner"), key = c.key(),
        wrong = wrong, styles = { "desk/sheets.css" },
    }, status
end


-- Cut now what was to be cut later.
local function cut(c, parts, fields)
    local wave, code = store.wave(parts.wave)

    if not wave then
        return nil, code
    end

    if not is_key(fields.key) then
        return nil, "bad_request"
    end

    -- the same form again finds it done
    if not wave.seq then
        local wrong = put(c, wave.id, { sales = wave.sales, day = wave.day,
            cut_at = math.floor(c.now) }, fields.key)

        if wrong then
            return one(c, parts, wrong, 409)
        end
    end

    return true, "/desk/wave/" .. wave.id
end


local function only_owner(act)
    return function(c, parts, fields)
        if not c.may("owner") then
            return nil, "forbidden"
        end

        return act(c, parts, fields)
    end
end


waves.routes = {
    ["waves"] = { GET = function(c) return list(c) end,
                  POST = only_owner(make), roles = ROLES },
    ["wave/:wave"] = { GET = function(c, parts) return one(c, parts) end,
                       POST = only_owner(cut), roles = ROLES },
}


function waves.doors(c)
    return c.may("leader", "warehouse")
           and { { href = "/desk/waves", label = c.say("waves") } } or {}
end


return waves
