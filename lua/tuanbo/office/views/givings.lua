-- What the owner gives: a coupon, packets, a draw or a small thing is made
-- here; and one is given by hand, to the neighbour of an order or to whoever
-- has told their code. The engine says what a giving may be, and who may still
-- have one.

local called = require "tuanbo.office.called"
local edit = require "tuanbo.office.edit"
local format = require "tuanbo.format"
local goods = require "tuanbo.goods"
local law = require "tuanbo.office.law"
local sales = require "tuanbo.office.sales"
local store = require "tuanbo.office.store"
local text = require "tuanbo.text"

local OWNER = { "owner" }
local KINDS = { "coupon", "packet", "ticket", "item" }
local DAY_MS = 24 * 3600 * 1000
local PRIZES_MAX = 16           -- lines that are read
local REASON_MAX = 200          -- bytes

-- What the engine refuses may be named by the place where it was typed.
local REFUSED = { over_limit = true, sold_out = true, closed = true,
                  paused = true, not_open = true }

local givings = { texts = "givings" }


local function fen_of(typed)
    return format.of_yuan(typed or "", 8)
end


local function count_of(typed)
    typed = (typed or ""):match("^%s*(%d+)%s*$")

    return typed and #typed < 10 and tonumber(typed) or nil
end


-- "葡萄一箱 3" and "五元券 20 5", one a line: what, how many, and what it takes
-- off where it is no thing. nil: a line is none.
local function prizes_of(typed)
    local prizes = {}

    for line in (typed or ""):gmatch("[^\r\n]+") do
        if line:find("%S") then
            local title, count, yuan = line:match(
                "^%s*(.-)%s+(%d+)%s+([%d.]+)%s*$")

            if not title then
                title, count = line:match("^%s*(.-)%s+(%d+)%s*$")
            end

            title = title and text.line(title)

            local off_fen = yuan and fen_of(yuan)

            if not title or title == "" or #prizes == PRIZES_MAX
               or yuan and not off_fen
            then
                return nil
            end

            prizes[#prizes + 1] = { title = title, count = tonumber(count),
                                    off_fen = off_fen or nil }
        end
    end

    return prizes[1] and prizes
end


-- What each kind needs beside what all have: a field and its value.
local function own_of(kind, sent)
    if kind == "coupon" then
        return "off_fen", fen_of(sent.off), "off"
    elseif kind == "packet" then
        return "total_fen", fen_of(sent.total), "total"
    elseif kind == "ticket" then
        return "prizes", prizes_of(sent.prizes), "prizes"
    end

    return "title", text.line(sent.title or ""), "title"
end


-- What was typed, as PUT /admin/sales/ID takes it; or the field that is wrong.
local function defined_by(sent)
    local kind = sent.kind
    local gives = { kind = kind, by = sent.desk == "1" and "desk" or nil }
    local wrong
    local title = text.line(sent.title or "")

    local function typed(name, value)
        if (sent[name] or ""):find("%S") and not value then
            wrong = wrong or name
        end

        return value
    end

    if not text.has("zh", "give.kind." .. (kind or "")) then
        return nil, "kind"
    end

    local field, value, name = own_of(kind, sent)

    gives[field] = value
    wrong = (not title or title == "") and "title" or not value and name
            or nil

    local stock = count_of(sent.stock)

    wrong = wrong or not stock and "stock" or nil

    local days = typed("days", count_of(sent.days))

    gives.valid_ms = days and days > 0 and days * DAY_MS or nil

    if kind ~= "item" then
        gives.from_fen = typed("from", fen_of(sent.from))

        for name_of in pairs(sent) do
            local id = name_of:match("^for%.([%l%d-]+)$")

            if id then
                gives.sales = gives.sales or {}
                gives.sales[#gives.sales + 1] = id
            end
        end

        if gives.sales then
            table.sort(gives.sales)
        end
    end

    local defined = {
        title = title, stock = stock, gives = gives,
        limit = typed("limit", count_of(sent.limit)),
        opens_at = typed("opens", format.of_typed(sent.opens or "")),
        closes_at = typed("closes", format.of_typed(sent.closes or "")),
        doc = sent.session and sent.session ~= ""
              and { session = sent.session } or nil,
    }

    return defined, wrong
end


-- What a gift may be good for.
local function sold_now(c, sent)
    local list = {}

    for _, sale in ipairs(c.engine.all_current() or {}) do
        if not sale.gives then
            list[#list + 1] = { id = sale.id, title = goods.of(c, sale).title,
                                chosen = sent["for." .. sale.id] ~= nil }
        end
    end

    return list
end


local function form(c, sent, why, status)
    local kinds, sessions = {}, {}

    for i, kind in ipairs(KINDS) do
        kinds[i] = { id = kind, name = c.say("give.kind." .. kind),
                     chosen = (sent.kind or KINDS[1]) == kind }
    end

    for i, entry in ipairs(goods.documents(c, "session")) do
        sessions[i] = { id = entry.id, title = entry.doc.title or entry.id,
                        chosen = sent.session == entry.id }
    end

    return "give", {
        title = c.say("give"), kinds = kinds, sessions = sessions,
        sales = sold_now(c, sent), sent = sent, why = why,
        desk = sent.desk == "1", key = sent.key or c.key(),
    }, status
end


-- From a host's page: for its session.
local function ask(c)
    return form(c, { session = c.arg.session })
end


-- The words of what is not permitted in a title or a prize; nil: nothing.
local function unlawful(c, defined)
    local texts = { title = defined.title }

    for i, prize in ipairs(defined.gives.prizes or {}) do
        texts["prize." .. i] = prize.title
    end

    for _, one in ipairs(law.findings(texts)) do
        if one.blocks then
            return c.say("give.wrong.law", { word = one.word })
        end
    end
end


local function make(c, _, sent)
    local defined, wrong = defined_by(sent)

    if wrong then
        return form(c, sent, c.say("give.wrong." .. wrong), 400)
    end

    local why = unlawful(c, defined)

    if why then
        return form(c, sent, why, 409)
    end

    local key = sent.key or c.key()
    local sale, problem = sales.make(c, defined, key)

    c.deed { what = "give", method = "PUT", target = "/admin/sales/",
             about = defined.gives.kind, sale = sale and sale.id, key = key,
             status = sale and "ok" or problem.code }

    if not sale then
        return form(c, sent, edit.why(c, problem), 409)
    end

    return true, "/desk/sale/" .. sale.id
end


-- ---- by hand, to one neighbour

-- What can be given now.
local function givable(c)
    local list = {}

    for _, sale in ipairs(c.engine.all_current() or {}) do
        if sale.gives and sale.state == "open" and sale.free > 0 then
            local it = goods.of(c, sale)

            list[#list + 1] = { id = sale.id, title = it.title,
                                worth = it.gives.worth,
                                left = c.say("give.left", {
                                    count = sale.free, unit = it.unit }) }
        end
    end

    return list
end


-- Who gets one: buyer, the page's address, and the order that it is about if
-- it is about one.
local function receiver_of(parts)
    if parts.code then
        local buyer, code = store.buyer_of(parts.code)

        return buyer and { buyer = buyer,
                           page = "/desk/give/to/" .. parts.code },
               code == "no_buyer" and "not_found" or code
    end

    local one, code = store.order(parts.hold)

    return one and { buyer = one.buyer, page = "/desk/give/" .. one.id,
                     order = one.id },
           code == "no_such_hold" and "not_found" or code
end


local function grant_form(c, one, why, status, sent)
    return "grant", {
        title = c.say("give.to"), page = one.page, order = one.order,
        who = called.of(c, one.buyer),
        list = givable(c), why = why, reason = sent and sent.reason or "",
        done = c.arg.done == "1", key = sent and sent.key or c.key(),
    }, status
end


local function ask_grant(c, parts)
    local one, code = receiver_of(parts)

    if not one then
        return nil, code
    end

    return grant_form(c, one)
end


local function grant(c, parts, sent)
    local one, code = receiver_of(parts)

    if not one then
        return nil, code
    end

    local sale = (sent.sale or ""):match("^[%l%d-]+$")
    local reason = text.line(sent.reason or "") or ""

    if not sale then
        return nil, "bad_request"
    end

    if reason == "" or #reason > REASON_MAX then
        return grant_form(c, one, c.say("give.wrong.reason"), 400, sent)
    end

    -- one page gives one of each: a second tap is the first one again
    local key = (sent.key or c.key()) .. "-" .. sale:sub(1, 60)
    local target = "/admin/sales/" .. sale .. "/grant"
    local gift, problem = c.shop.send("admin", "POST", target,
                                      { buyer = one.buyer, reason = reason },
                                      key)

    c.deed { what = "grant", method = "POST", target = target, sale = sale,
             hold = gift and gift.id, key = key,
             status = gift and "ok" or problem.code }

    if not gift then
        return grant_form(c, one, REFUSED[problem.code]
                          and c.say("give.refused." .. problem.code)
                          or edit.why(c, problem), 409, sent)
    end

    return true, one.page .. "?done=1"
end


local function whose_form(c, why, status, typed)
    return "give-to", { title = c.say("give.to"), why = why,
                        typed = typed or "" }, status
end


local function ask_whose(c)
    return whose_form(c)
end


-- A code, or the link that has one, as the neighbour's page shows them.
local function whose(c, _, sent)
    local typed = sent.whose or ""
    local code = typed:match("[?&]from=(%w+)") or typed:gsub("%s", "")

    code = code:lower()

    local buyer, problem = store.buyer_of(code)

    if buyer then
        return true, "/desk/give/to/" .. code
    end

    if problem ~= "no_buyer" then
        return nil, problem
    end

    return whose_form(c, c.say("give.wrong.whose"), 404, typed)
end


givings.routes = {
    ["give"] = { GET = ask, POST = make, roles = OWNER },
    ["give/to"] = { GET = ask_whose, POST = whose, roles = OWNER },
    ["give/to/:code"] = { GET = ask_grant, POST = grant, roles = OWNER },
    ["give/:hold"] = { GET = ask_grant, POST = grant, roles = OWNER },
}


function givings.doors()
    return {}
end


return givings
