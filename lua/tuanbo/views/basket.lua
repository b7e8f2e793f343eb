-- The basket: what somebody has put together. What of it can be taken, and
-- what that costs, is the engine's to say; what cannot be says so at its
-- line, and the button takes the rest. Private.

local basket = require "tuanbo.basket"
local format = require "tuanbo.format"
local goods = require "tuanbo.goods"
local problems = require "tuanbo.problems"

-- Refusals of one line; others are of the buyer, or of the whole.
local of_a_line = { sold_out = true, over_limit = true, not_open = true,
                    closed = true, paused = true, wait = true,
                    no_such_sale = true }


-- Those of the cookie that are sold at all. A code: nothing can be read.
local function offered(c, lines)
    local found = {}

    for _, line in ipairs(lines) do
        local sale, code = c.engine.sale(line.sale)

        if sale and not sale.gives then
            local it = goods.of(c, sale)

            found[#found + 1] = { it = it, sale = line.sale, qty = line.qty,
                                  points = goods.pickups(c, it.pickups) }

        elseif not sale and code ~= "no_such_sale" then
            return nil, code
        end
    end

    return found
end


-- Why a line cannot be taken as things are now.
local function why(c, it, code)
    if code == "sold_out" and it.open and it.free > 0 and not it.awaited then
        return c.say("basket.left", { free = it.free, unit = it.unit })
    end

    if code == "over_limit" and it.limit then
        return c.say("basket.limit", { count = it.limit, unit = it.unit })
    end

    return it.state_line or problems.line(c.say, code)
end


-- The buttons that change how many there are.
local function with_counts(c, line, stop)
    local it = line.it
    local named = { title = it.title }

    line.said = c.say("basket.has", { count = line.qty, unit = it.unit })
    line.less = line.qty > 1 and line.sale .. ":" .. line.qty - 1
    line.more = not stop.more and line.sale .. ":" .. line.qty + 1
    line.out = line.sale .. ":0"
    line.less_label = c.say("basket.less", named)
    line.more_label = c.say("basket.more", named)
    line.out_label = c.say("basket.out.of", named)

    -- from many to the few that are left is one tap
    if stop.code == "sold_out" and it.open and not it.awaited
       and it.free > 0 and it.free < line.qty - 1
    then
        line.fewer = line.sale .. ":" .. it.free
        line.fewer_label = c.say("basket.fewer", { free = it.free,
                                                   unit = it.unit })
    end
end


-- The points of these lines, each once, with how many of them are collected
-- there. A line without any is collected wherever the others are.
local function points_of(lines)
    local points, known, bound = {}, {}, 0

    for _, line in ipairs(lines) do
        bound = bound + (line.points[1] and 1 or 0)

        for _, point in ipairs(line.points) do
            if not known[point.id] then
                known[point.id] = point
                points[#points + 1] = point
                point.count = 0
            end

            known[point.id].count = known[point.id].count + 1
        end
    end

    return points, bound
end


local function is_at(line, point)
    if not point or not line.points[1] then
        return true
    end

    for _, one in ipairs(line.points) do
        if one.id == point.id then
            return true
        end
    end

    return false
end


-- Where these lines are collected: the points that all have in common, one of
-- them chosen. Where there is none, as many as can be go together, or those of
-- the point that was asked for, and the others stay.
local function choose(c, lines, at)
    local all, bound = points_of(lines)
    local common, best, liked, asked = {}, nil, nil, nil

    for _, point in ipairs(all) do
        if point.count == bound then
            common[#common + 1] = point
        end

        best = (not best or point.count > best.count) and point or best
        liked = point.id == c.likes.pickup and point or liked
        asked = point.id == at and point or asked
    end

    local apart = bound > 0 and #common == 0
    local chosen = asked or liked

    if not chosen or not apart and chosen.count < bound then
        chosen = apart and best or common[1]
    end

    if chosen then
        chosen.chosen = true
    end

    return { points = apart and {} or common, chosen = chosen,
             apart = apart and all or nil }
end


-- What the last tap was refused with. mine: it is said at this line.
local function refused_at(c, line, asked, stop)
    if not asked.code or asked.sale ~= line.sale or not of_a_line[asked.code]
    then
        return nil
    end

    -- by now it can be had: how many are there, and once more
    return not stop.code
           and problems.of_sale(c.say, line.it, asked.code) or nil
end


-- What stops a line, or keeps it here, in words; nil: it can be taken.
local function judge(c, line, stop, asked)
    line.refused = refused_at(c, line, asked, stop)

    if stop.code then
        line.why = why(c, line.it, stop.code)
    end

    -- the engine says of nobody's lines how long they have to wait: as it was
    -- refused a moment ago
    return not stop.code and not (line.refused and asked.code == "wait")
end


local function apart_of(c, where, taking)
    local ways = {}

    for _, point in ipairs(where.apart or {}) do
        if point ~= where.chosen then
            ways[#ways + 1] = {
                href = "/basket?at=" .. point.id,
                go = c.say("basket.apart.at", { name = point.name,
                                                count = point.count }),
            }
        end
    end

    return where.apart and {
        line = c.say("basket.apart", { name = where.chosen.name,
                                       count = #taking }),
        ways = ways,
    }
end


local function next_change(c, lines)
    local at = math.huge

    for _, line in ipairs(lines) do
        for _, time in ipairs { line.it.opens_at or 0,
                                line.it.closes_at or 0 } do
            at = time > c.now and math.min(at, time) or at
        end
    end

    return at < math.huge and at or nil
end


-- buyer: who asks; asked: code and sale of a refusal, at: a pickup point,
-- back: the page that somebody came from. The third that it gives are the
-- lines that are shown; nil and a code: nothing can be read.
return function(c, cookie, buyer, asked)
    local lines, code = offered(c, cookie)
    local free, taking, watches = {}, {}, {}
    local stops, fen = {}, 0

    if lines and lines[1] then
        stops, fen = basket.stops(buyer and buyer.id, lines)
        code = not stops and fen
    end

    if code then
        return nil, code
    end

    for i, line in ipairs(lines) do
        watches[i] = line.it
        with_counts(c, line, stops[i])
        line.price = line.it.price .. " " .. line.it.price_each

        if judge(c, line, stops[i], asked) then
            free[#free + 1] = line
        end
    end

    local where = choose(c, free, asked.at)

    for _, line in ipairs(free) do
        if is_at(line, where.chosen) then
            taking[#taking + 1] = line
        else
            line.why = c.say("basket.elsewhere", {
                name = where.chosen.name })
        end
    end

    if #taking < #lines and #taking > 0 then
        stops, fen = basket.stops(buyer and buyer.id, taking)

        if not stops then
            return nil, fen
        end
    end

    local rest = #taking < #lines

    return "basket", {
        title = c.say("basket.title"),
        lines = lines,
        taking = taking,
        where = where,
        apart = apart_of(c, where, taking),
        yuan = #taking > 0 and format.yuan(fen),
        go = c.say(rest and "basket.take.rest" or "basket.take",
                   { count = #taking }),
        problem = asked.code == "full"
                  and c.say("basket.full", { count = basket.LINES_MAX })
                  or asked.code and (of_a_line[asked.code]
                     and c.say("basket.refused")
                     or problems.line(c.say, asked.code)),
        back = asked.back,
        refresh_at = next_change(c, lines),
        watches = watches,
        to_room = goods.room_of(c, watches),
    }, lines
end
