-- The owner's sales: what is on, what comes, last week's once more; price,
-- stock, goal, rank; pause, cancel. Stock is added, never set, once a sale is
-- there.

local copies = require "tuanbo.office.copies"
local documents = require "tuanbo.documents"
local edit = require "tuanbo.office.edit"
local format = require "tuanbo.format"
local goods = require "tuanbo.goods"
local law = require "tuanbo.office.law"
local paid = require "tuanbo.office.paid"
local products = require "tuanbo.office.products"
local referring = require "tuanbo.office.referring"
local sales = require "tuanbo.office.sales"
local sheet = require "tuanbo.office.sheet"
local store = require "tuanbo.office.store"

local OWNER = { "owner" }
local SHOWN_MAX = 100
local LATELY_MS = 8 * 24 * 3600 * 1000
local ADD_MAX = 1000000
local ORDER = { "title", "doc.product", "price_fen", "stock", "limit",
                "opens_at", "closes_at", "doc.pickups", "doc.session", "goal",
                "goal_by", "doc.delivery_day", "doc.delivery_days",
                "doc.rank", "cancel_ms", "hold_ms" }
local KEPT = { stock = true }

local view = { texts = "sales" }


local function row_of(c, sale)
    local doc = documents.get(c.engine, "product",
                              products.of(c.engine, sale.id)) or {}
    local when = sale.ended_at and c.say("sales.ended", {
        when = format.when(c.say, sale.ended_at, c.now) })
        or sale.opens_at and sale.opens_at > c.now and c.say("sales.opens", {
            when = format.when(c.say, sale.opens_at, c.now) })
        or sale.closes_at and c.say("sales.closes", {
            when = format.when(c.say, sale.closes_at, c.now) })

    return {
        id = sale.id,
        title = sale.title ~= sale.id and sale.title or doc.title or sale.id,
        state = c.say("sales.state." .. (sale.called_off and "called_off"
                                         or sale.state)),
        open = sale.state == "open",
        price = sale.gives and goods.of(c, sale).gives.worth
                or c.say("sheet.yuan.of", { yuan = format.yuan(
                    sale.price_fen) }),
        counts = c.say("sales.counts", { sold = sale.sold, held = sale.held,
                                         free = sale.free }),
        when = when,
        unfit = law.findings({ title = sale.title })[1] ~= nil,
    }
end


-- Those of the last eight days that have ended, the last one first.
local function lately(c)
    local list = {}

    for _, sale in ipairs(c.engine.ended(nil, SHOWN_MAX) or {}) do
        if sale.ended_at >= c.now - LATELY_MS then
            list[#list + 1] = sale
        end
    end

    return list
end


local function page(c)
    local after = type(c.arg.after) == "string" and c.arg.after or nil
    local current, more = c.engine.current(after, SHOWN_MAX)
    local on, ended = {}, {}

    if not current then
        return nil, more
    end

    for i, sale in ipairs(current) do
        on[i] = row_of(c, sale)
    end

    for i, sale in ipairs(lately(c)) do
        ended[i] = row_of(c, sale)
    end

    return "sales", { title = c.say("sales"), on = on, ended = ended,
                      more = more and "/desk/sales?after=" .. more }
end


-- ----------------------------------------------------------- made and changed

local function creation(c)
    return {
        kind = "sale", order = ORDER, title = c.say("sales.new"),
        action = "/desk/sales/new", button = c.say("sales.new.do"),
        back = "/desk/sales", target = "/admin/sales/",
        findings = function(texts)
            return sales.findings(c.engine, c.now, texts)
        end,
        send = function(defined, key)
            local product = defined.doc and defined.doc.product
            local doc = product and documents.get(c.engine, "product", product)

            defined.title = defined.title or doc and doc.title

            return referring.define(c, defined, function()
                return sales.make(c, defined, key)
            end)
        end,
        done = function(sale) return "/desk/sale/" .. sale.id end,
    }
end


local function new(c)
    local defined = { doc = {} }
    local from = c.arg.from

    if type(from) == "string" then
        local code

        defined, code = sales.next_week(c.engine, from, c.now)

        if not defined then
            return nil, code == "no_such_sale" and "not_found" or code
        end
    else
        local rules = documents.get(c.engine, "rules", "after-sales") or {}
        local points = {}

        for i, point in ipairs(c.points()) do
            points[i] = point.id
        end

        defined.doc.pickups = points[1] and points
        defined.doc.product = type(c.arg.product) == "string" and c.arg.product
                              or nil
        defined.cancel_ms = rules.cancel_ms
    end

    local texts = sheet.texts("sale", defined)

    return edit.page(c, creation(c), { values = texts, was = texts })
end


local function make(c, _, sent)
    return edit.post(c, creation(c), sent)
end


local function sale_of(c, id)
    local sale, code = c.engine.sale(id)

    if not sale then
        return nil, code == "no_such_sale" and "not_found" or code
    end

    return sale
end


local function change_of(c, id)
    return {
        kind = "sale", order = ORDER, kept = KEPT, id = id,
        title = c.say("sales.edit"),
        action = "/desk/sale/" .. id .. "/edit",
        button = c.say("sales.edit.do"), back = "/desk/sale/" .. id,
        target = "/admin/sales/" .. id, more = c.say("sales.edit.stock"),
        now = function()
            return sales.now(c.engine, id)
        end,
        findings = function(texts)
            return sales.findings(c.engine, c.now, texts)
        end,
        send = function(defined, key, etag)
            return referring.define(c, defined, function()
                return c.shop.send("admin", "PUT", "/admin/sales/" .. id,
                                   defined, key, etag)
            end)
        end,
        done = function() return "/desk/sale/" .. id .. "?done=edit" end,
    }
end


local function edit_page(c, parts)
    local defined, code = sales.definition(c.engine, parts.sale)

    if not defined then
        return nil, code == "no_such_sale" and "not_found" or code
    end

    local texts = sheet.texts("sale", defined)

    return edit.page(c, change_of(c, parts.sale), { values = texts,
                                                    was = texts })
end


local function edit_post(c, parts, sent)
    return edit.post(c, change_of(c, parts.sale), sent)
end


-- -------------------------------------------------- last week's, all at once

-- What may be copied: what ended lately, and what is on and closes. What
-- stands without an end needs no second one.
local function copyable(c)
    local list, seen = {}, {}

    local function add(sale)
        local defined = sales.next_week(c.engine, sale.id, c.now)
        local id = defined and sales.id(defined, c.now)

        -- a giving is made anew, with a seed of its own
        if defined and not sale.called_off and not sale.gives then
            list[#list + 1] = {
                id = sale.id, defined = defined,
                title = row_of(c, sale).title,
                price = row_of(c, sale).price,
                stock = sale.stock,
                opens = format.when(c.say, defined.opens_at or c.now, c.now),
                there = id ~= sale.id and c.engine.sale(id) ~= nil,
                findings = edit.findings(c, "product",
                    sales.findings(c.engine, c.now,
                                   sheet.texts("sale", defined), seen)),
            }
        end
    end

    for _, sale in ipairs(c.engine.all_current() or {}) do
        if (sale.opens_at or 0) <= c.now and sale.closes_at then
            add(sale)
        end
    end

    for _, sale in ipairs(lately(c)) do
        add(sale)
    end

    return list
end


local function copy_page(c, wrong)
    return "sales-copy", {
        title = c.say("sales.copy"), list = copyable(c), key = c.key(),
        wrong = wrong or {},
    }, wrong and 409 or 200
end


local function copy_post(c, _, sent)
    local wrong, made = {}, 0

    for _, one in ipairs(copyable(c)) do
        if sent["sale." .. one.id] then
            local _, why = copies.make(c, one.id, one.defined, sent.key or "")

            if why then
                wrong[#wrong + 1] = one.title .. "：" .. why
            else
                made = made + 1
            end
        end
    end

    if #wrong > 0 then
        return copy_page(c, wrong)
    end

    return true, made > 0 and "/desk/sales" or "/desk/sales/copy"
end


-- ------------------------------------------------------------------- one sale

local DONE = { edit = true, stock = true, state = true, cancel = true }


local function shown(c, parts, why, status)
    local sale, code = sale_of(c, parts.sale)

    if not sale then
        return nil, code
    end

    local row = row_of(c, sale)
    local can = {}

    if not sale.called_off and sale.state == "paused" then
        can.resume = true
    elseif sale.state == "open" or sale.state == "sold_out" then
        can.pause = true
    end

    local words = sale.called_off
                  and documents.get(c.engine, "cancelled", sale.id) or {}

    return "sale", {
        title = row.title, row = row, sale = sale, can = can, key = c.key(),
        limit = sale.limit and c.say("sales.limit", { count = sale.limit }),
        goal = sale.goal and c.say("sales.goal", { goal = sale.goal,
                                                   joined = sale.joined }),
        why = why, reason = words.reason,
        done = DONE[c.arg.done or ""] and c.say("sales.done." .. c.arg.done),
        add_max = ADD_MAX, closed = sale.state == "closed",
    }, status
end


local function show(c, parts)
    return shown(c, parts)
end


-- Added to what there is, whoever else adds at the same time.
local function add(c, parts, sent)
    local typed = (sent.add or ""):gsub("%s", ""):gsub("^%+", "")
    local count = typed:find("^%-?%d+$") and #typed < 9 and tonumber(typed)

    if not count or count == 0 or math.abs(count) > ADD_MAX then
        return shown(c, parts, c.say("sales.wrong.add"), 400)
    end

    local target = "/admin/sales/" .. parts.sale .. "/stock"
    local sale, problem = c.shop.send("admin", "POST", target,
                                      { add = count }, sent.key)

    c.deed { what = "stock", method = "POST", target = target,
             sale = parts.sale, add = count, key = sent.key,
             status = sale and "ok" or problem.code }

    if not sale then
        return shown(c, parts, edit.why(c, problem), 409)
    end

    return true, "/desk/sale/" .. parts.sale .. "?done=stock"
end


local ACTS = { pause = true, resume = true, close = true }


local function change(c, parts, sent)
    local act = sent.act or ""

    if not ACTS[act] then
        return nil, "bad_request"
    end

    local target = "/admin/sales/" .. parts.sale .. "/" .. act
    local sale, problem = edit.under(function()
        local etag, code = store.sale_etag(parts.sale)

        return etag, etag and c.engine.sale(parts.sale) or code
    end, function(there)
        -- sold out and open are one: it is not paused
        return sent.state == there.state or sent.state ~= "paused"
               and (there.state == "open" or there.state == "sold_out")
               and sent.state ~= "closed"
    end, function(etag)
        return c.shop.send("admin", "POST", target, nil, sent.key, etag)
    end)

    c.deed { what = act, method = "POST", target = target,
             sale = parts.sale, key = sent.key,
             status = sale and "ok" or problem.code }

    if not sale then
        if problem.code == "no_such_sale" then
            return nil, "not_found"
        end

        return shown(c, parts, edit.why(c, problem),
                     problem.code == "precondition_failed" and 412 or 409)
    end

    return true, "/desk/sale/" .. parts.sale .. "?done=state"
end


-- ------------------------------------------------------------------ cancelled

local function cancel_page(c, parts, why, status, typed)
    local sale, code = sale_of(c, parts.sale)

    if not sale then
        return nil, code
    end

    if sale.called_off then
        return true, "/desk/sale/" .. sale.id
    end

    local sum = paid.of(sale, c.points())
    local points = {}

    for i, place in ipairs(sum.points) do
        points[i] = c.say("sales.cancel.point", {
            name = place.name or c.say("sales.cancel.nowhere"),
            count = place.orders, yuan = format.yuan(place.fen),
        })
    end

    return "sale-cancel", {
        title = c.say("sales.cancel.title", { title = row_of(c, sale).title }),
        id = sale.id, key = c.key(), why = why, typed = typed or "",
        sold = string.format("%.0f", sale.sold),
        total = sum.orders > 0 and c.say("sales.cancel.total", {
            count = sum.orders, yuan = format.yuan(sum.fen) })
            or c.say("sales.cancel.nobody"),
        points = points,
        more = not sum.complete and sale.sold > 0
               and c.say("sales.cancel.more", {
                   units = sale.sold - sum.units }) or nil,
        held = sale.held > 0 and c.say("sales.cancel.held",
                                       { count = sale.held }) or nil,
    }, status
end


local function cancel(c, parts, sent)
    local reason = (sent.reason or ""):gsub("%s+", " "):gsub("^ ", "")
                                      :gsub(" $", "")

    if reason == "" or #reason > 512 then
        return cancel_page(c, parts, c.say("sales.wrong.reason"), 400, reason)
    end

    local target = "/admin/sales/" .. parts.sale .. "/cancel"

    -- as many as the page said
    local sale, problem = edit.under(function()
        local etag, code = store.sale_etag(parts.sale)

        return etag, etag and c.engine.sale(parts.sale) or code
    end, function(there)
        return there.called_off
               or string.format("%.0f", there.sold) == sent.sold
    end, function(etag)
        return c.shop.send("admin", "POST", target, { reason = reason },
                           sent.key, etag)
    end)

    c.deed { what = "cancel", method = "POST", target = target,
             sale = parts.sale, key = sent.key,
             status = sale and "ok" or problem.code }

    if not sale then
        if problem.code == "no_such_sale" then
            return nil, "not_found"
        end

        if problem.code == "precondition_failed" then
            return cancel_page(c, parts, c.say("sales.cancel.meanwhile"), 412,
                               reason)
        end

        return cancel_page(c, parts, edit.why(c, problem), 409, reason)
    end

    return true, "/desk/sale/" .. parts.sale .. "?done=cancel"
end


view.routes = {
    ["sales"] = { GET = page, roles = OWNER },
    ["sales/new"] = { GET = new, POST = make, roles = OWNER },
    ["sales/copy"] = { GET = function(c) return copy_page(c) end,
                       POST = copy_post, roles = OWNER },
    ["sale/:sale"] = { GET = show, roles = OWNER },
    ["sale/:sale/edit"] = { GET = edit_page, POST = edit_post,
                            roles = OWNER },
    ["sale/:sale/stock"] = { POST = add, roles = OWNER },
    ["sale/:sale/state"] = { POST = change, roles = OWNER },
    ["sale/:sale/cancel"] = {
        GET = function(c, parts) return cancel_page(c, parts) end,
        POST = cancel, roles = OWNER,
    },
}


function view.doors(c)
    return c.may("owner")
           and { { href = "/desk/sales", label = c.say("sales"),
                   group = c.say("sales.group") } }
           or {}
end


return view
