-- Waves for a warehouse's own system: JSON, signed by the role `warehouse`.
-- docs/warehouse.md is its contract. It has codes and places, and no names.

local cjson = require "cjson.safe"

local format = require "tuanbo.format"
local sheets = require "tuanbo.office.sheets"
local shelf_places = require "tuanbo.office.shelf_places"
local signature = require "tuanbo.office.signature"
local store = require "tuanbo.office.store"

local POINTS = 50               -- of a page
local LIMIT, LIMIT_MAX = 100, 500

-- Stands for an empty list, until it is text.
local EMPTY, EMPTY_JSON = "\1[]", '"\\u0001%[%]"'

local PROBLEMS = {
    bad_request = { 400, "The request breaks a rule" },
    bad_signature = { 401, "The signature is missing or wrong" },
    not_found = { 404, "There is nothing here" },
    not_ready = { 503, "The store cannot be read yet" },
}

local feed = {}

local secrets = {}


--- The secrets of the role; none: there is no feed.
function feed.setup(list)
    secrets = list
end


local function send(c, status, kind, answer)
    local body = assert(cjson.encode(answer)):gsub(EMPTY_JSON, "[]")

    ngx.status = status

    if secrets[1] then
        ngx.header["Flashsale-Signature"] = signature.of_answer(secrets, body)
    end

    c.send(kind, body)

    return true
end


local function refuse(c, code, field, rule)
    local problem = PROBLEMS[code] or PROBLEMS.not_ready
    local header = ngx.header

    if problem[1] == 401 then
        header["WWW-Authenticate"] = 'Flashsale-Signature realm="warehouse"'
    elseif problem[1] == 503 then
        header["Retry-After"] = 1
    end

    return send(c, problem[1], "application/problem+json", {
        type = "about:blank", title = problem[2], status = problem[1],
        code = PROBLEMS[code] and code or "not_ready", field = field,
        rule = rule,
    })
end


-- Who signs sees all points.
local function everything(c)
    return setmetatable({ sees = function() return true end },
                        { __index = c })
end


local function null(value)
    return value == nil and cjson.null or value
end


-- Lua has one thing for an empty list and an empty object.
local function list_of(list)
    return list[1] ~= nil and list or EMPTY
end


-- The page's size, or nil: it is none.
local function limit_of(c, usual, max)
    local given = c.arg.limit

    if given == nil then
        return usual
    end

    local n = type(given) == "string" and given:find("^%d+$")
              and tonumber(given)

    return n and n >= 1 and n <= max and n or nil
end


local function refuse_limit(c, max)
    return refuse(c, "bad_request", "limit",
                  "is a whole number from 1 to " .. max)
end


local function after_of(c)
    local after = c.arg.after

    return type(after) == "string" and after or nil
end


local function head_of(wave)
    return { id = wave.id, seq = null(wave.seq), cut_at = wave.cut_at,
             day = null(wave.day), sales = list_of(wave.sales) }
end


local function waves(c)
    local limit = limit_of(c, 20, 100)

    if not limit then
        return refuse_limit(c, 100)
    end

    local list, after = store.waves(after_of(c), limit)

    if not list then
        return refuse(c, after)
    end

    for i, wave in ipairs(list) do
        list[i] = head_of(wave)
    end

    return send(c, 200, "application/json", {
        waves = list_of(list), next = null(after) })
end


local function point_of(wave, point)
    local lines = {}

    for i, line in ipairs(point.lines) do
        local item = wave.item(line.sale)

        lines[i] = { sale = line.sale, title = item.title, unit = item.unit,
                     ordered = line.ordered, received = line.received,
                     final = line.final == true }
    end

    return { point = point.id, pickup = null(point.pickup),
             name = point.name, address = point.address,
             region = point.region, route = point.route,
             stop = null(point.stop), ordered = point.ordered,
             lines = list_of(lines) }
end


-- In the order of the way there; `after` is the point they come behind.
local function one(c, parts)
    local limit = limit_of(c, POINTS, 100)

    if not limit then
        return refuse_limit(c, 100)
    end

    local wave, code = sheets.wave(everything(c), parts.wave)
    local after = after_of(c)
    local from = 1

    if not wave then
        return refuse(c, code)
    end

    if after then
        local point

        from, point = 0, nil

        for i, other in ipairs(wave.points) do
            if other.id == after then
                from, point = i + 1, other
            end
        end

        if not point then
            return refuse(c, "bad_request", "after",
                          "is the next of another page: a point")
        end
    end

    local points, last = {}, math.min(#wave.points, from + limit - 1)

    for i = from, last do
        points[#points + 1] = point_of(wave, wave.points[i])
    end

    local answer = head_of(wave)

    answer.points = list_of(points)
    answer.next = last < #wave.points and wave.points[last].id or cjson.null

    return send(c, 200, "application/json", answer)
end


-- A page of lines, sale after sale in the wave's order, in each as was paid.
-- The cursor: which of the sales, and behind which of its lines.
local function page_of(wave, point, sale, after, limit)
    local found = {}

    while point.lines[sale] do
        local of = point.lines[sale].sale
        local list, more = store.wave_lines { wave = wave.id, sale = of,
            pickup = point.pickup, after = after, limit = limit - #found }

        if not list then
            return nil, more
        end

        for _, line in ipairs(list) do
            line.sale = of
            found[#found + 1] = line
        end

        if more then
            return found, string.format("%d.%.0f", sale, more)
        end

        sale, after = sale + 1, 0

        if #found == limit then
            return found, point.lines[sale]
                          and string.format("%d.0", sale) or nil
        end
    end

    return found
end


local function lines(c, parts)
    local limit = limit_of(c, LIMIT, LIMIT_MAX)
    local given = after_of(c)
    local sale, after = (given or "1.0"):match("^(%d%d?)%.(%d+)$")

    if not limit then
        return refuse_limit(c, LIMIT_MAX)
    end

    if not sale or #after > 15 or tonumber(sale) < 1 then
        return refuse(c, "bad_request", "after", "is the next of another page")
    end

    local wave, code = sheets.wave(everything(c), parts.wave)
    local point = wave and sheets.point(wave, parts.point)

    if not wave or not point then
        return refuse(c, code or "not_found")
    end

    local list, more = page_of(wave, point, tonumber(sale), tonumber(after),
                               limit)

    if not list then
        return refuse(c, more)
    end

    local places

    places, code = sheets.places_of(wave, point, list)

    if not places then
        return refuse(c, code)
    end

    for i, line in ipairs(list) do
        local place = places[line.buyer]

        list[i] = {
            order = line.hold, code = format.pickup_code(line.hold),
            place = place and shelf_places.name(place) or cjson.null,
            sale = line.sale, qty = line.qty, short_qty = line.short_qty,
            goods = line.goods,
        }
    end

    return send(c, 200, "application/json", {
        id = wave.id, seq = null(wave.seq), point = point.id,
        lines = list_of(list), next = null(more) })
end


local function signed(answer)
    return function(c, parts)
        if not secrets[1] then
            return refuse(c, "not_found")
        end

        if not signature.is_good(secrets) then
            return refuse(c, "bad_signature")
        end

        return answer(c, parts)
    end
end


-- open: who signs needs no device
feed.routes = {
    ["feed/waves"] = { GET = signed(waves), open = true },
    ["feed/waves/:wave"] = { GET = signed(one), open = true },
    ["feed/waves/:wave/:place"] = { GET = signed(function(c, parts)
        return lines(c, { wave = parts.wave, point = parts.place })
    end), open = true },
}


return feed
