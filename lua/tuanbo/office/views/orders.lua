-- One order, for whoever is asked about it; its private link, for a neighbour
-- who has another phone now; and orders taken for a neighbour without one,
-- paid in cash. No SQL: the store is read, and the shop decides.

local called = require "tuanbo.office.called"
local format = require "tuanbo.format"
local goods = require "tuanbo.goods"
local link = require "tuanbo.link"
local order = require "tuanbo.order"
local qr = require "tuanbo.qr"
local staff = require "tuanbo.office.staff"
local store = require "tuanbo.office.store"
local text = require "tuanbo.text"

local KEY_MAX = 64
local LINES_MAX = 8             -- of one order
local QTY_MAX = 99
local NAME_MAX = 30             -- bytes
local BY_MAX = 64

local orders = { texts = "orders" }


-- ---- one order

local function of(c, id)
    local one, code = store.order(id)

    if not one then
        return nil, code == "no_such_hold" and "not_found" or code
    end

    if not c.sees(one.pickup or "-") then
        return nil, "forbidden"
    end

    return one
end


local function show(c, parts)
    local one, code = of(c, parts.hold)

    if not one then
        return nil, code
    end

    local lines = order.lines(c, one)
    local path = link.of(one.id)
    local url = path and c.origin .. path

    return "order", {
        title = c.say("orders.one", { code = format.pickup_code(one.id) }),
        id = one.id, who = called.of(c, one.buyer), lines = lines,
        state = c.say("state." .. one.state),
        yuan = format.yuan(one.amount_fen),
        placed = format.when(c.say, one.created_at, c.now),
        pickup = one.pickup,
        debts = order.debts(c, one, lines),
        link = url, qr = url and qr.of(url),
        taken = c.arg.taken == "1",
        gives = c.may("owner"),
    }
end


-- A new link takes the one before back: somebody may have it who should not.
local function give_link(c, parts)
    local id = parts.hold
    local one, code = of(c, id)

    if not one then
        return nil, code
    end

    local target = "/orders/" .. id .. "/link"
    local done, problem = c.shop.send("orders", "DELETE", target)

    if done then
        done, problem = c.shop.send("orders", "POST", target)
    end

    c.deed { method = "POST", target = "link", hold = id, point = one.pickup,
             status = done and "ok" or problem.code }

    if not done then
        return nil, problem.code
    end

    return true, "/desk/order/" .. id .. "#link"
end


-- ---- for somebody without a phone

-- What can be had at a point now.
local function offered(c, point)
    local list = {}

    for _, entry in ipairs(goods.current(c) or {}) do
        local sale = entry.sale

        if sale.state == "open" and not sale.gives then
            for _, one in ipairs(goods.points(c, sale)) do
                if one.id == point then
                    list[#list + 1] = { sale = sale, it = goods.of(c, sale) }
                    break
                end
            end
        end
    end

    return list
end


-- What the form says: how many of each, and what they cost together.
local function wanted(list, fields)
    local lines, fen = {}, 0

    for _, entry in ipairs(list) do
        local qty = tonumber((fields["qty." .. entry.sale.id] or "")
                             :match("^%s*(%d%d?)%s*$") or "0")

        entry.qty = qty

        if qty > 0 then
            lines[#lines + 1] = { sale = entry.sale.id, qty = qty }
            fen = fen + qty * entry.sale.price_fen
        end
    end

    return lines, fen
end


local function form_of(c, point, list, more)
    local doc = goods.pickup(c, point)
    local shown = {}

    for i, entry in ipairs(list) do
        local it = entry.it

        shown[i] = {
            id = entry.sale.id, title = it.title, price = it.price,
            each = it.price_each, unit = it.unit, left = entry.sale.free,
            qty = entry.qty and entry.qty > 0 and entry.qty or "",
            most = math.min(QTY_MAX, it.limit or QTY_MAX, entry.sale.free),
        }
    end

    more.title = c.say("orders.for", { point = doc and doc.name or point })
    more.point, more.list = point, shown

    return "order-for", more
end


local function ask(c, parts)
    return form_of(c, parts.point, offered(c, parts.point),
                   { key = c.key(), name = "", digits = "" })
end


-- Who took the money, as a slug: the ledger says it.
local function taker(c)
    local id = c.who.staff.id:lower():gsub("[^%l%d-]", "-"):sub(1, BY_MAX)

    return id
end


-- What a person typed, checked; or the code of what is wrong.
local function said(fields, list)
    local name = text.line(fields.name or "")
    local digits = (fields.digits or ""):match("^%s*(%d%d%d%d)%s*$")
    local lines, fen = wanted(list, fields)
    local wrong

    if not name or name == "" or #name > NAME_MAX then
        wrong = "name"
    elseif not digits then
        wrong = "digits"
    elseif #lines == 0 or #lines > LINES_MAX then
        wrong = "lines"
    end

    return { name = name or "", digits = digits or fields.digits or "",
             lines = lines, fen = fen }, wrong
end


-- The words of a refusal: the buyer's, or that it is not known.
local function refusal(c, code)
    return c.say(text.has(c.lang, "orders.wrong." .. code)
                 and "orders.wrong." .. code or "orders.wrong.other")
end


local function take(c, parts, fields)
    local point = parts.point
    local list = offered(c, point)
    local asked, wrong = said(fields, list)
    local key = fields.key or ""

    if not key:find("^[%w_-]+$") or #key > KEY_MAX then
        return nil, "bad_request"
    end

    local function again(more)
        more.key, more.name, more.digits = key, asked.name, asked.digits

        return form_of(c, point, list, more)
    end

    if wrong then
        return again { wrong = c.say("orders.wrong." .. wrong) }
    end

    -- first what it costs, then the money
    local cash = tonumber((fields.cash_fen or ""):match("^%d+$"))

    if fields.act ~= "paid" or cash ~= asked.fen then
        return again { sum = format.yuan(asked.fen), cash_fen = asked.fen,
                       count = #asked.lines }
    end

    local buyer = staff.neighbour(point, asked.name, asked.digits)
    local done, problem = c.shop.send("orders", "POST", "/admin/holds", {
        buyer = buyer, lines = asked.lines, pickup = point,
        paid = { cash_fen = cash, by = taker(c) },
    }, key)

    c.deed { method = "POST", target = "order-for", point = point, key = key,
             hold = done and done.id, cash_fen = cash,
             status = done and "ok" or problem.code }

    if not done then
        return again { wrong = refusal(c, problem.code),
                       sum = format.yuan(asked.fen), cash_fen = asked.fen,
                       count = #asked.lines }
    end

    -- whom to call, and what the family scans; the order stands without them
    c.shop.send("orders", "PUT", "/admin/contacts/" .. buyer, {
        name = asked.name, digits = asked.digits, consent = { "labels" } })
    c.shop.send("orders", "POST", "/orders/" .. done.id .. "/link")

    return true, "/desk/order/" .. done.id .. "?taken=1"
end


orders.routes = {
    ["order/:hold"] = { GET = show, POST = give_link, roles = { "leader" } },
    ["order-for/:point"] = { GET = ask, POST = take, roles = { "leader" } },
}


function orders.doors(c)
    local list = {}

    for i, point in ipairs(c.may("leader") and c.points() or {}) do
        list[i] = { group = c.say("orders.door"), label = point.name,
                    point = point.id,
                    href = "/desk/order-for/" .. point.id }
    end

    return list
end


return orders
