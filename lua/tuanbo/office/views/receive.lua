-- Receiving: how many have come of a wave to a pickup point, so far. Before
-- the last count is said for good the engine says to whom it would be short.
-- No SQL: the store is read, and the shop is told.

local called = require "tuanbo.office.called"
local coming = require "tuanbo.office.coming"
local crypto = require "tuanbo.crypto"
local documents = require "tuanbo.documents"
local format = require "tuanbo.format"
local goods = require "tuanbo.goods"
local store = require "tuanbo.office.store"
local text = require "tuanbo.text"

local WAVES_SHOWN = 20
local SHORT_SHOWN = 200         -- lines of one sale
local QTY_MAX = 100000000
local KEY_MAX = 64
local ROLES = { "leader", "warehouse" }

local receive = { texts = "receive" }


local function name_of(c, point)
    local doc = coming.pickup(point)
                and documents.get(c.engine, "pickup", point)

    return doc and doc.name or point == coming.NO_POINT
           and c.say("receive.no_point") or point
end


local function day_of(c, wave)
    local month, day = (wave.day or ""):match("^%d+-(%d+)-(%d+)$")

    if not month then
        return format.when(c.say, wave.cut_at, c.now)
    end

    return c.say("receive.day", { month = tonumber(month),
                                  day = tonumber(day) })
end


-- What comes to a point, all together.
local function sum_of(lines)
    local sum = { come = 0, wanted = 0, open = false }

    for _, line in ipairs(lines) do
        sum.come = sum.come + line.received
        sum.wanted = sum.wanted + (line.final and line.received
                                   or coming.wanted(line))
        sum.open = sum.open or not line.final
    end

    return sum
end


local function doors_of(c, wave)
    local doors = {}

    for _, one in ipairs(wave.points) do
        local point = one.pickup or coming.NO_POINT
        local sum = sum_of(one.lines)

        if c.sees(point) and sum.wanted > 0 then
            doors[#doors + 1] = {
                href = "/desk/receive/" .. wave.id .. "/" .. point,
                name = name_of(c, point),
                state = c.say(sum.open and "receive.so_far"
                              or "receive.done", sum),
                open = sum.open,
            }
        end
    end

    return doors
end


local function list(c)
    local waves, code = coming.waves(c.now)
    local shown = {}

    if not waves then
        return nil, code
    end

    for _, entry in ipairs(waves) do
        local wave = entry.seq and #shown < WAVES_SHOWN
                     and coming.wave(entry.id)
        local doors = wave and doors_of(c, wave) or {}

        if #doors > 0 then
            shown[#shown + 1] = { id = wave.id, day = day_of(c, wave),
                                  doors = doors }
        end
    end

    return "receive", { title = c.say("receive"), waves = shown }
end


-- What was said of a line: typed, or what the shop has.
local function count_of(line, typed)
    local value = typed and typed["qty." .. line.sale]

    return value or string.format("%.0f", line.received)
end


-- A line as its page shows it.
local function item_of(c, line, typed)
    local sale = c.engine.sale(line.sale)
    local it = sale and goods.of(c, sale)
    local unit = it and it.unit or c.say("unit")
    local wanted = coming.wanted(line)

    return {
        sale = line.sale, line = line, unit = unit,
        title = it and it.title or line.sale,
        qty = count_of(line, typed),
        final = line.final,
        wanted = c.say("receive.wanted", { count = wanted, unit = unit }),
        state = line.final and c.say(
            line.short > 0 and "receive.final.short" or "receive.final", {
                count = line.received, short = line.short, unit = unit })
            or (line.ready + line.handed_over > 0 and c.say("receive.there", {
                count = line.ready + line.handed_over, unit = unit })),
    }
end


local function items_of(c, lines, typed)
    local items = {}

    for i, line in ipairs(lines) do
        items[i] = item_of(c, line, typed)
    end

    return items
end


-- What the page said when it was made: "grape:38,egg:0".
local function shown_of(lines)
    local list_of = {}

    for i, line in ipairs(lines) do
        list_of[i] = line.sale .. ":" .. string.format("%.0f", line.received)
    end

    return table.concat(list_of, ",")
end


-- What is to come of this wave to this point, or nil and a code.
local function found(parts)
    local wave, code = coming.wave(parts.wave)

    if not wave then
        return nil, code
    end

    local lines = coming.lines(wave, parts.point)

    if #lines == 0 then
        return nil, "not_found"
    end

    return wave, lines
end


-- The page to count on. typed: the fields of a form that did not get through.
local function counting(c, parts, wave, lines, typed, problem, status)
    local done = c.arg.done

    return "receive-count", {
        title = c.say("receive.title", { point = name_of(c, parts.point) }),
        day = day_of(c, wave),
        wave = parts.wave, point = parts.point,
        key = typed and typed.key or c.key(),
        was = typed and typed.was or shown_of(lines),
        items = items_of(c, lines, typed),
        open = sum_of(lines).open,
        waits = not wave.seq and c.say("receive.waits", {
            when = format.when(c.say, wave.cut_at, c.now) }),
        problem = problem,
        done = type(done) == "string"
               and text.has(c.lang, "receive.outcome." .. done)
               and c.say("receive.outcome." .. done),
    }, status
end


local function page(c, parts)
    local wave, lines = found(parts)

    if not wave then
        return nil, lines
    end

    return counting(c, parts, wave, lines)
end


-- ---- what was typed

local function number_of(value)
    local n = type(value) == "string" and value:find("^%s*%d+%s*$")
              and tonumber(value)

    return n and n <= QTY_MAX and n or nil
end


-- By sale: what the page had shown.
local function was_of(fields)
    local was = {}

    for sale, count in (fields.was or ""):gmatch("([%l%d-]+):(%d+)") do
        was[sale] = tonumber(count)
    end

    return was
end


-- Counts by sale, of lines that can still be counted; nil and the one that is
-- no number.
local function typed_of(lines, fields)
    local counts = {}
    local sale, step = (fields.step or ""):match("^([%l%d-]+) ([+-]1)$")

    for _, line in ipairs(lines) do
        local value = fields["qty." .. line.sale]

        if value and not line.final then
            local n = number_of(value)

            if not n then
                return nil, line
            end

            if line.sale == sale then
                n = math.max(0, n + tonumber(step))
                fields["qty." .. sale] = string.format("%.0f", n)
            end

            counts[line.sale] = n
        end
    end

    return counts
end


-- Only what this phone says: a count that it did not touch may be another's.
local function changed_of(lines, counts, was)
    local list_of = {}

    for _, line in ipairs(lines) do
        local n = counts[line.sale]

        if n and n ~= (was[line.sale] or 0) then
            list_of[#list_of + 1] = { sale = line.sale, qty = n }
        end
    end

    return list_of
end


-- A problem of the shop's, in words.
local function words_of(c, problem)
    local sale = problem.sale and c.engine.sale(problem.sale)
    local it = sale and goods.of(c, sale)
    local code = problem.code

    if code == "ready_already" and problem.final == true then
        code = "final_already"
    elseif code == "wrong_state" and it then
        code = "not_taken"
    end

    if not text.has(c.lang, "receive.problem." .. code) then
        code = "failed"
    end

    return c.say("receive.problem." .. code, {
        title = it and it.title or problem.sale or "",
        unit = it and it.unit or c.say("unit"),
        count = problem.ready or 0,
        received = problem.received or 0,
    })
end


-- Tell the shop. The same form with the same counts counts once.
local function tell(c, parts, fields, lines, final)
    local said = {}

    for i, line in ipairs(lines) do
        said[i] = line.sale .. ":" .. string.format("%.0f", line.qty)
    end

    local what = table.concat(said, ",") .. (final and " final" or "")
    local key = fields.key .. "-"
                .. crypto.hex(crypto.sha256(what)):sub(1, 16)
    local pickup = coming.pickup(parts.point)
    local answer, problem = c.shop.send("orders", "POST",
        "/admin/waves/" .. parts.wave .. "/receive", {
            pickup = pickup or ngx.null, lines = lines, final = final,
        }, key)

    c.deed { method = "POST", target = "receive", wave = parts.wave,
             point = parts.point, what = what, key = key,
             status = answer and "ok" or problem.code }

    return answer, problem
end


-- ---- the last count

-- To whom it would be short, as the engine has it, and what stands for that.
local function short_of(c, parts, sale, qty)
    local pickup = coming.pickup(parts.point)
    local lines, more = store.short { wave = parts.wave, pickup = pickup,
        sale = sale, qty = qty, limit = SHORT_SHOWN }
    local people, said, units = {}, {}, 0

    for i, line in ipairs(lines or {}) do
        local who = called.of(c, line.buyer)

        units = units + line.short_qty
        said[i] = line.hold .. ":" .. line.short_qty
        people[i] = {
            name = who.name, digits = who.digits, hold = line.hold,
            code = format.pickup_code(line.hold),
            qty = line.qty, short = line.short_qty,
            all = line.short_qty == line.qty,
        }
    end

    return lines and people, units, more,
           crypto.hex(crypto.sha256(qty .. " " .. table.concat(said, ",")))
               :sub(1, 16)
end


local function reviewing(c, parts, lines, fields, counts, again)
    local items = {}

    for _, line in ipairs(lines) do
        local qty = counts[line.sale]

        if qty then
            local item = item_of(c, line, fields)
            local people, units, more, seen = short_of(c, parts, line.sale,
                                                       qty)

            if not people then
                return nil, more
            end

            item.people, item.more, item.seen = people, more, seen
            item.over = qty - coming.wanted(line)
            item.count = c.say("receive.counted", { count = qty,
                                                    unit = item.unit })
            item.short = units > 0 and c.say("receive.short", {
                count = units, unit = item.unit, people = #people })

            for _, one in ipairs(people) do
                one.line = c.say(one.all and "receive.short.all"
                                 or "receive.short.some", {
                    count = one.qty, short = one.short, unit = item.unit })
            end

            items[#items + 1] = item
        end
    end

    return "receive-final", {
        title = c.say("receive.review"), wave = parts.wave,
        point = parts.point, key = c.key(), was = fields.was or "",
        items = items, again = again,
    }
end


-- The lines that are said for good, and the others that were counted; nil:
-- what would be short is not what was shown.
local function parted(c, parts, lines, fields, counts)
    local was = was_of(fields)
    local last, others = {}, {}

    for _, line in ipairs(lines) do
        local sale, qty = line.sale, counts[line.sale]

        if qty and fields["last." .. sale] then
            local _, _, _, seen = short_of(c, parts, sale, qty)

            if seen ~= fields["seen." .. sale] then
                return nil
            end

            last[#last + 1] = { sale = sale, qty = qty }

        elseif qty and qty ~= (was[sale] or 0) then
            others[#others + 1] = { sale = sale, qty = qty }
        end
    end

    return last, others
end


local function finish(c, parts, wave, lines, fields, counts)
    local last, others = parted(c, parts, lines, fields, counts)

    if not last then
        return reviewing(c, parts, lines, fields, counts, true)
    end

    for _, one in ipairs { { last, true }, { others, false } } do
        if #one[1] > 0 then
            local answer, problem = tell(c, parts, fields, one[1], one[2])

            if not answer then
                return counting(c, parts, wave, lines, fields,
                                words_of(c, problem), problem.status)
            end
        end
    end

    return true, "/desk/receive/" .. parts.wave .. "/" .. parts.point
                 .. "?done=" .. (#last > 0 and "final" or "counted")
end


-- fields: key, was, qty.SALE; step: "SALE +1"; act: "review" or "final" with
-- last.SALE and seen.SALE, or none
local function act(c, parts, fields)
    local wave, lines = found(parts)

    if not wave then
        return nil, lines
    end

    if not (fields.key or ""):find("^[%w_-]+$") or #fields.key > KEY_MAX then
        return nil, "bad_request"
    end

    local counts, wrong = typed_of(lines, fields)

    if not counts then
        return counting(c, parts, wave, lines, fields,
            c.say("receive.problem.number",
                  { title = item_of(c, wrong).title }), 400)
    end

    if fields.act == "review" and wave.seq then
        return reviewing(c, parts, lines, fields, counts)
    end

    if fields.act == "final" then
        return finish(c, parts, wave, lines, fields, counts)
    end

    local changed = changed_of(lines, counts, was_of(fields))

    if #changed > 0 then
        local answer, problem = tell(c, parts, fields, changed, false)

        if not answer then
            return counting(c, parts, wave, lines, fields,
                            words_of(c, problem), problem.status)
        end
    end

    return true, "/desk/receive/" .. parts.wave .. "/" .. parts.point
                 .. "?done=counted"
end


receive.routes = {
    ["receive"] = { GET = list, roles = ROLES },
    ["receive/:wave/:point"] = { GET = page, POST = act, roles = ROLES },
}


function receive.doors(c)
    if not c.may(unpack(ROLES)) then
        return nil
    end

    return { { group = c.say("receive"), label = c.say("receive.door"),
               first = c.may("warehouse"), href = "/desk/receive" } }
end


return receive
