-- Handing over: who has goods at a pickup point, by neighbour; one tap, and a
-- way back for ten minutes. No SQL: the store is read, and the shop is told.
-- Without a network the phone does it, from what it was given before: see
-- offline.lua.

local cjson = require "cjson.safe"

local counter = require "tuanbo.office.counter"
local documents = require "tuanbo.documents"
local format = require "tuanbo.format"
local phone = require "tuanbo.office.phone"
local slip = require "tuanbo.slip"
local store = require "tuanbo.office.store"
local text = require "tuanbo.text"

local SHOWN_MAX = 200           -- neighbours
local HOLDS_MAX = 8             -- of one tap
local CODES_MAX = 100           -- of one form
local FACTS_MAX = 20            -- of one request
local UNDO_MS = 600000
local AT_DIGITS = 13            -- of milliseconds, until the year 2286

local hand_over = { texts = "hand_over" }


local function of_code(query)
    local digits = query:gsub("%s", "")

    return digits:find("^%d%d%d%d%d%d%d%d$") and digits
end


-- Whose contact fits what was typed: the last digits of a phone, or a part of
-- the name.
local function fits(query)
    local digits = query:gsub("%s", "")

    if digits:find("^%d%d%d%d$") then
        return function(called)
            return called.digits == digits
        end
    end

    return function(called)
        return called.name and called.name:find(query, 1, true)
    end
end


-- In words, why these orders are not on the list.
local function why_not(c, point, holds)
    local at, place

    for _, hold in ipairs(holds) do
        place, at = counter.where(point, hold)
    end

    return c.say("hand.where." .. (place or "unknown"), {
        when = at and format.when(c.say, at, c.now) or "" })
end


-- The form's word for the orders of a tap: ids, each with the lines shown.
local function words_of(orders)
    local ids = {}

    for n, order in ipairs(orders) do
        ids[n] = n <= HOLDS_MAX and order.id .. "."
                 .. table.concat(order.sales, ".") or nil
    end

    return table.concat(ids, ",")
end


-- What came of the last tap: the way back while there is one.
local function done_of(c)
    local key, holds = c.arg.done, c.arg.holds
    local at = type(c.arg.at) == "string" and #c.arg.at <= AT_DIGITS
               and tonumber(c.arg.at:match("^%d+$"))

    if type(key) ~= "string" or type(holds) ~= "string" or not at then
        return nil
    end

    local outcome = type(c.arg.outcome) == "string" and c.arg.outcome or ""

    if not text.has(c.lang, "hand.outcome." .. outcome) then
        outcome = "failed"
    end

    return {
        key = key, holds = holds, at = at,
        line = c.say("hand.outcome." .. outcome,
                     { when = format.when(c.say, at, c.now) }),
        good = outcome == "handed_over" or outcome == "put_back",
        undo = outcome == "handed_over" and c.now - at < UNDO_MS,
    }
end


-- What was asked for: what was typed, the order that was scanned, or that what
-- was scanned is no such code.
local function asked_of(c)
    local scan = type(c.arg.scan) == "string" and c.arg.scan
    local query = type(c.arg.q) == "string" and text.line(c.arg.q) or ""

    return scan and "" or query, scan and (slip.hold(scan) or ""), scan
end


local function page(c, parts)
    local point = parts.point
    local doc = documents.get(c.engine, "pickup", point)
    local query, scanned, scan = asked_of(c)
    local code = of_code(query)
    local list, more, none, on, holds, coming

    if not doc then
        return nil, "not_found"
    end

    if scanned or code then
        holds, more = { scanned ~= "" and scanned or nil }, nil

        if code then
            holds, more = store.find(point, code, true)
        end

        if holds then
            list, more = counter.of_orders(c, point, holds)
        end

        none = holds and why_not(c, point, holds)

    elseif query ~= "" then
        local after = type(c.arg.after) == "string" and c.arg.after or nil

        list, more, coming = counter.search(c, point, fits(query), after)
        on = list and more and "/desk/hand-over/" .. point .. "?"
             .. ngx.encode_args { q = query, after = more }
        none = not (coming and coming[1])
               and c.say(on and "hand.none.yet" or "hand.none.found")

    else
        list, more = counter.waiting(c, point)
        none = c.say("hand.none")
    end

    if not list then
        return nil, more
    end

    for i, one in ipairs(list) do
        if i > SHOWN_MAX then
            list[i] = nil

        else
            one.holds = words_of(one.orders)
            one.key = c.key()
            one.name = one.name or c.say("hand.unnamed")
        end
    end

    for i, one in ipairs(coming or {}) do
        if i > SHOWN_MAX then
            coming[i], more = nil, true
        else
            one.name = one.name or c.say("hand.unnamed")
        end
    end

    return "hand-over", {
        title = c.say("hand.title", { point = doc.name or point }),
        point = point, query = query, list = list,
        asked = scanned or query ~= "",
        none = none, elsewhere = holds or {}, on = on, coming = coming or {},
        via = scan and "scan" or code and "code" or "list",
        more = more and not on and not holds, done = done_of(c),
        policy = phone.POLICY, phone = phone.of(c, point),
    }
end


-- The orders of a form, each { hold, sales }, or nil.
local function orders_of(fields)
    local list = {}

    for word in (fields.holds or ""):gmatch("[^,]+") do
        local id, rest = word:match("^(%x+)(%.?[%l%d.-]*)$")

        if #list == HOLDS_MAX or not id then
            return nil
        end

        local one = { hold = id }

        for sale in rest:gmatch("[^.]+") do
            one.sales = one.sales or {}
            one.sales[#one.sales + 1] = sale
        end

        list[#list + 1] = one
    end

    return #list > 0 and list
end


-- One word for all orders of a tap: what a person has to look at comes first.
local WORSE = { handed_over = 1, put_back = 1, paid_back = 2, double = 3 }


-- A tap. fields: key, holds, act: "undo" or none
local function act(c, parts, fields)
    local point = parts.point
    local orders = orders_of(fields)
    local undo = fields.act == "undo"
    local worst, at = undo and "put_back" or "handed_over", nil

    for i, one in ipairs(orders or {}) do
        one.nonce = (fields.key or "") .. "-" .. i
        one.via = fields.via ~= "" and fields.via or "list"
        one.device_at = math.floor(c.now)
        one.undo = undo

        if not counter.is_fact(one) then
            orders = nil
            break
        end
    end

    if not orders then
        return nil, "bad_request"
    end

    -- whose goods are elsewhere are handed over there
    for _, one in ipairs(orders) do
        if not counter.is_here(store.order(one.hold), point) then
            return nil, "not_found"
        end
    end

    for _, one in ipairs(orders) do
        local outcome, handed_at = counter.tell(c, point, one)

        if (WORSE[outcome] or 4) > (WORSE[worst] or 4) then
            worst = outcome
        end

        at = handed_at or at
    end

    return true, "/desk/hand-over/" .. point .. "?" .. ngx.encode_args {
        done = fields.key, holds = fields.holds, outcome = worst,
        at = string.format("%.0f", at or c.now),
    }
end


-- What came of a fact, in words that hand.outcome has.
local function outcome_of(c, word)
    return text.has(c.lang, "hand.outcome." .. word) and word or "failed"
end


-- The list that was printed, ticked off later.
local function codes_page(c, parts, results, typed)
    local doc = documents.get(c.engine, "pickup", parts.point)

    if not doc then
        return nil, "not_found"
    end

    return "hand-over-codes", {
        title = c.say("hand.codes.title", { point = doc.name or parts.point }),
        point = parts.point, key = c.key(), results = results,
        typed = typed or "", max = CODES_MAX,
    }
end


local function codes_get(c, parts)
    return codes_page(c, parts)
end


-- All codes in what was typed, each once; nil: too many, or none.
local function codes_in(typed)
    local codes, seen = {}, {}

    -- 1234 5678 and 12345678; what else there is in it separates
    for code in typed:gsub("(%d%d%d%d)[ \t](%d%d%d%d)%f[%D]", "%1%2")
                :gmatch("%d+")
    do
        if not seen[code] then
            seen[code] = true
            codes[#codes + 1] = code
        end
    end

    return codes[1] and #codes <= CODES_MAX and codes
end


local function ticked(c, point, code, ids, key)
    local shown = code:gsub("^(%d%d%d%d)(%d%d%d%d)$", "%1 %2")
    local one = { code = shown, key = key .. "-" .. code, holds = ids[1] }
    local outcome, at

    if #ids == 1 then
        outcome, at = counter.tell(c, point, {
            hold = ids[1], nonce = one.key .. "-1", via = "code",
            device_at = math.floor(c.now),
        })
    else
        outcome = #ids == 0 and "not_found" or "several"
    end

    one.good = outcome == "handed_over"
    one.undo = one.good and at and c.now - at < UNDO_MS
    one.line = c.say("hand.outcome." .. outcome_of(c, outcome), {
        when = at and format.when(c.say, at, c.now) or "" })

    return one
end


local function codes_post(c, parts, fields)
    local point, key = parts.point, fields.key or ""
    local codes = codes_in(fields.codes or "")
    local results = { good = 0 }

    if not key:find("^[%w_-]+$") or #key > 64 then
        return nil, "bad_request"
    end

    if not codes then
        return codes_page(c, parts, { good = 0, wrong = true }, fields.codes)
    end

    local found, code = store.find_all(point, codes, true)

    if not found then
        return nil, code
    end

    for i, digits in ipairs(codes) do
        local one = ticked(c, point, digits, found[digits], key)

        results[i] = one
        results.good = results.good + (one.good and 1 or 0)
    end

    return codes_page(c, parts, results)
end


-- ---- what a person has to look at, whoever's phone it was

local LOOKED_BACK = 200         -- deeds of a point
local TO_LOOK_AT = { double = true, paid_back = true, too_late = true }


local function look(c, parts)
    local point = parts.point
    local doc = documents.get(c.engine, "pickup", point)
    local told, code = c.clerk.ask("deeds", { point = point,
                                              limit = LOOKED_BACK })
    local list, seen = {}, {}

    if not doc or not told then
        return nil, doc and code or "not_found"
    end

    for _, deed in ipairs(told.deeds) do
        local order = TO_LOOK_AT[deed.status] and not seen[deed.key]
                      and store.order(deed.hold)

        -- what was told twice is one thing to look at
        if order and counter.is_here(order, point) then
            seen[deed.key] = true

            local called = store.contact(order.buyer) or {}
            local _, at = counter.where(point, deed.hold)

            list[#list + 1] = {
                outcome = deed.status, hold = deed.hold,
                code = format.pickup_code(deed.hold),
                name = called.name or c.say("hand.unnamed"),
                digits = called.digits,
                when = format.when(c.say, deed.at, c.now),
                line = c.say("hand.outcome." .. deed.status, {
                    when = at and format.when(c.say, at, c.now) or "" }),
            }
        end
    end

    return "hand-over-look", {
        title = c.say("hand.look.title", { point = doc.name or point }),
        point = point, list = list,
    }
end


-- ---- for the phone: what it keeps, and what it kept

local function json(c, value)
    c.send("application/json", cjson.encode(value))

    return true
end


-- All that a phone needs without a network.
local function list(c, parts)
    local point = parts.point
    local doc = documents.get(c.engine, "pickup", point)
    local waiting, more = counter.waiting(c, point)

    if not doc or not waiting then
        return nil, doc and more or "not_found"
    end

    return json(c, {
        point = point, name = doc.name or point, at = c.now, more = more,
        device = c.who.id, csrf = c.who.csrf,
        neighbours = waiting, keys = slip.keys(point, c.now),
    })
end


-- The facts of a form, and the codes among them; or nil.
local function facts_of(fields)
    local given, codes = cjson.decode(fields.facts or ""), {}

    if type(given) ~= "table" or #given == 0 or #given > FACTS_MAX then
        return nil
    end

    for _, fact in ipairs(given) do
        if type(fact) ~= "table" then
            return nil
        end

        for name, value in pairs(fact) do
            fact[name] = value ~= cjson.null and value or nil
        end

        if not counter.is_fact(fact) then
            return nil
        end

        codes[#codes + 1] = not fact.hold and fact.code or nil
    end

    return given, codes
end


-- Facts of a phone that had no network. What is decided of each; `again`: it
-- may be told again.
local function facts(c, parts, fields)
    local point = parts.point
    local given, codes = facts_of(fields)
    local results = {}

    if not given then
        return nil, "bad_request"
    end

    -- what another device has kept is not this one's, though the browser is
    if fields.device ~= c.who.id then
        return nil, "forbidden"
    end

    local found, code = store.find_all(point, codes, true)

    if not found then
        return nil, code
    end

    for i, fact in ipairs(given) do
        local ids = fact.hold and { fact.hold } or found[fact.code]
        local outcome, at, again

        if #ids == 1 then
            fact.hold = ids[1]
            outcome, at, again = counter.tell(c, point, fact)
        else
            outcome = #ids == 0 and "not_found" or "several"
        end

        results[i] = { id = fact.id, outcome = outcome_of(c, outcome),
                       at = at, again = again or nil }
    end

    return json(c, { results = results })
end


local LEADERS = { "leader" }

hand_over.routes = {
    ["hand-over/:point"] = { GET = page, POST = act, roles = LEADERS },
    ["hand-over/:point/codes"] = { GET = codes_get, POST = codes_post,
                                   roles = LEADERS },
    ["hand-over/:point/look"] = { GET = look, roles = LEADERS },
    ["hand-over/:point/list"] = { GET = list, roles = LEADERS },
    ["hand-over/:point/facts"] = { POST = facts, roles = LEADERS },
}


function hand_over.doors(c)
    local doors = {}

    for i, point in ipairs(c.may("leader") and c.points() or {}) do
        doors[i] = { group = c.say("hand"), label = point.name, first = true,
                     point = point.id,
                     href = "/desk/hand-over/" .. point.id }
    end

    return doors
end


return hand_over
