-- Bad fruit at the counter: said for the neighbour, answered in one tap, what
-- is due first on top; and a lot of which too much is bad is proposed to be
-- made good to all. No SQL: the store is read, and the shop decides.

local called = require "tuanbo.office.called"
local evidence = require "tuanbo.office.evidence"
local format = require "tuanbo.format"
local goods = require "tuanbo.goods"
local order = require "tuanbo.order"
local store = require "tuanbo.office.store"
local text = require "tuanbo.text"

local CLAIMS_MAX = 500          -- looked at
local CLAIMS_SHOWN = 100
local FOUND_MAX = 30            -- orders found by name
local LOOKED_MAX = 400          -- lines of one point, each kind
local ALL_LOOKED_MAX = 1000     -- orders of all points
local PAGE = 100
local SALES_MAX = 2000          -- looked at for a bad lot
local LOTS_MAX = 20
local ENDED_MS = 21 * 24 * 3600 * 1000
local WORDS_MAX = 512
local KEY_MAX = 64
local ROLES = { "leader" }
local PLACES = { "handed_over", "ready" }

local claims = { texts = "claims" }


-- Who works at a point sees its orders; those without a point are the owner's.
local function sees(c, pickup)
    return c.sees(pickup or "-")
end


-- ---- what waits for an answer

local function due_of(c, claim)
    return c.say(claim.due_at <= c.now and "claims.late" or "claims.due", {
        when = format.when(c.say, claim.due_at, c.now),
        span = format.span(c.say, math.abs(claim.due_at - c.now)) })
end


-- Photos of a claim, as links.
local function photos_of(c, hold, claim, all)
    local list = {}

    for i, name in ipairs((all or evidence.of(c.data, hold))[claim] or {}) do
        list[i] = { name = c.say("claims.photo", { count = i }),
                    href = "/desk/claims/" .. hold .. "/photo/" .. name }
    end

    return list
end


local function waiting(c)
    local list, more = store.claims(CLAIMS_MAX)
    local shown = {}

    if not list then
        return nil, more
    end

    for _, claim in ipairs(list) do
        if sees(c, claim.pickup) and #shown < CLAIMS_SHOWN then
            local it = c.item(claim.sale)
            local late = claim.due_at <= c.now

            shown[#shown + 1] = {
                id = string.format("%.0f", claim.id), hold = claim.hold,
                who = called.of(c, claim.buyer),
                code = format.pickup_code(claim.hold),
                late = late, key = c.key(),
                what = c.say("claim.what", {
                    title = it.title, count = claim.qty, unit = it.unit,
                    why = c.say("claim.reason." .. claim.reason) }),
                yuan = format.yuan(claim.amount_fen),
                due = due_of(c, claim),
                photos = photos_of(c, claim.hold,
                                   string.format("%.0f", claim.id)),
            }
        end
    end

    return shown, more or #list == CLAIMS_MAX
end


-- ---- lots of which too much is bad

-- Sales of which something is claimed: not closed, or closed lately.
local function claimed_sales(c)
    local found, looked = {}, 0

    local function add(sale)
        looked = looked + 1

        if sale.claimed and #found < LOTS_MAX then
            found[#found + 1] = sale
        end
    end

    for _, name in ipairs { "current", "ended" } do
        local after, past

        repeat
            local list, next_after = c.engine[name](after, PAGE)

            for _, sale in ipairs(list or {}) do
                past = sale.ended_at and sale.ended_at < c.now - ENDED_MS

                if not past then
                    add(sale)
                end
            end

            after = list and next_after
        until not after or past or looked >= SALES_MAX
    end

    return found
end


-- The share that makes a lot bad is the shop's to know.
local function lots_of(c)
    local lots = {}

    for _, sale in ipairs(claimed_sales(c)) do
        local told, problem = c.shop.send("admin", "GET",
                                          "/admin/sales/" .. sale.id)

        -- a shop that does not answer is asked once
        if problem and problem.code == "away" then
            break
        end

        if told and told.lot == true then
            local it = goods.of(c, sale)
            local before = c.engine.document("compensated", sale.id)

            lots[#lots + 1] = {
                sale = sale.id, key = c.key(), unit = it.unit,
                yuan = format.yuan(sale.price_fen),
                what = c.say("claims.lot", {
                    title = it.title, unit = it.unit,
                    claimed = told.claimed, all = told.handed_over }),
                before = before and c.say("claims.lot.before", {
                    words = before.reason or "" }),
            }
        end
    end

    return lots
end


-- ---- whose it is

local function order_line(c, one)
    local words = {}

    for i, line in ipairs(one.lines) do
        local it = c.item(line.sale)

        words[i] = it.title .. " × " .. line.qty .. " " .. it.unit
    end

    return table.concat(words, c.say("and"))
end


-- By code at one of the own points; or by digits or a part of the name, among
-- what was handed over or came there lately.
local function searched(c, query)
    local digits = query:gsub("%s", "")
    local found, seen, looked = {}, {}, 0

    local function add(id)
        local one = not seen[id] and store.order(id)

        seen[id] = true

        if one and #found < FOUND_MAX then
            found[#found + 1] = {
                id = id, who = called.of(c, one.buyer),
                code = format.pickup_code(id),
                line = order_line(c, one),
            }
        end
    end

    for _, point in ipairs(c.points()) do
        if digits:find("^%d%d%d%d%d%d%d%d$") then
            for _, id in ipairs(store.find(point.id, digits) or {}) do
                add(id)
            end

        else
            for _, place in ipairs(PLACES) do
                local ids = looked < ALL_LOOKED_MAX
                            and store.lately(point.id, place, LOOKED_MAX)

                for _, id in ipairs(ids or {}) do
                    local one = store.order(id)
                    local contact = one and store.contact(one.buyer)

                    looked = looked + 1

                    if contact and (contact.digits == digits
                        or contact.name:find(query, 1, true))
                    then
                        add(id)
                    end
                end
            end
        end
    end

    return found
end


local function done_of(c)
    local done = c.arg.done

    if type(done) == "string"
       and text.has(c.lang, "claims.outcome." .. done)
    then
        return { line = c.say("claims.outcome." .. done),
                 good = done == "accepted" or done == "denied"
                        or done == "photo"
                        or done == "compensated" or done == "claimed" }
    end
end


local function page(c)
    local query = type(c.arg.q) == "string" and text.line(c.arg.q) or ""
    local shown, more = waiting(c)

    if not shown then
        return nil, more
    end

    return "claims", {
        title = c.say("claims.title"), claims = shown, more = more,
        lots = lots_of(c), pays = c.may("owner"),
        query = query, found = query ~= "" and searched(c, query),
        done = done_of(c),
    }
end


-- ---- what is done

local function valid_key(fields)
    local key = fields.key or ""

    return key:find("^[%w_-]+$") and #key <= KEY_MAX
end


-- An order that this person may look after; or nil and a code.
local function order_of(c, id)
    local one, code = store.order(id)

    if not one then
        return nil, code == "not_ready" and "broken" or "not_found"
    end

    if not sees(c, one.pickup) then
        return nil, "forbidden"
    end

    return one
end


local function outcome_of(code)
    return text.has("zh", "claims.outcome." .. code) and code or "failed"
end


local function answer(c, fields)
    local hold, id = fields.hold or "", fields.claim or ""
    local one, code = order_of(c, hold)

    if not one or not id:find("^%d+$") or #id > 16 then
        return nil, code or "bad_request"
    end

    local accept = fields.act == "accept"
    local done, problem = c.shop.send("orders", "POST",
        "/orders/" .. hold .. "/claims/" .. id, { accept = accept },
        fields.key)
    local outcome = done and (accept and "accepted" or "denied")
                    or problem.code

    c.deed { method = "POST", target = "claim " .. id, hold = hold,
             point = one.pickup, key = fields.key, status = outcome }

    if not done and problem.code == "wrong_state" then
        outcome = "answered"
    end

    return true, (fields.back == "order" and "/desk/claims/" .. hold
                  or "/desk/claims") .. "?done=" .. outcome_of(outcome)
end


-- "3.5" is 350 fen; nil: no amount.
local function fen_of(value)
    local fen = format.of_yuan(value or "", 8)

    return fen and fen > 0 and fen or nil
end


local function compensate(c, fields)
    local sale = c.engine.sale(fields.sale or "")
    local fen = fen_of(fields.yuan)
    local words = text.line(fields.reason or "")

    if not c.may("owner") then
        return nil, "forbidden"
    end

    if not sale then
        return nil, "not_found"
    end

    if not fen or words == "" or #words > WORDS_MAX then
        return true, "/desk/claims?done=amount"
    end

    local done, problem = c.shop.send("admin", "POST",
        "/admin/sales/" .. sale.id .. "/compensate",
        { fen_each = fen, reason = words }, fields.key)
    local outcome = done and "compensated" or problem.code

    c.deed { method = "POST", target = "compensate", sale = sale.id,
             fen_each = fen, key = fields.key, status = outcome }

    return true, "/desk/claims?done=" .. outcome_of(outcome)
end


-- fields: key; act: "accept" or "deny", with hold, claim; "compensate", with
-- sale, yuan, reason
local function act(c, _, fields)
    if not valid_key(fields) then
        return nil, "bad_request"
    end

    if fields.act == "compensate" then
        return compensate(c, fields)
    end

    if fields.act ~= "accept" and fields.act ~= "deny" then
        return nil, "bad_request"
    end

    return answer(c, fields)
end


-- ---- one order

local function one_page(c, parts)
    local one, code = order_of(c, parts.hold)

    if not one then
        return nil, code
    end

    local lines = order.lines(c, one)
    local told = order.claims(c, one, lines) or {}
    local photos = evidence.of(c.data, one.id)

    for i, claim in ipairs(told) do
        local of = one.claims[i]

        claim.id = string.format("%.0f", of.id)
        claim.open = of.state == "open"
        claim.photos = photos_of(c, one.id, claim.id, photos)
        claim.more_photos = claim.open
                            and #claim.photos < evidence.EACH_MAX
        claim.state = claim.open and due_of(c, of)
                      or c.say("claims.state." .. of.state)
        claim.key = c.key()
    end

    local offered = {}

    for i, line in ipairs(lines) do
        local form = line.claim

        if form then
            form.title = line.title
            form.amount = line.amount
            form.key = c.key()
            form.sale = one.lines[i].sale
            offered[#offered + 1] = form
        end
    end

    return "claim", {
        title = c.say("claims.one"), hold = one.id,
        who = called.of(c, one.buyer), code = format.pickup_code(one.id),
        lines = lines, forms = offered, claims = told, done = done_of(c),
    }
end


-- fields: key, sale, qty, reason
local function say_it(c, parts, fields)
    local one, code = order_of(c, parts.hold)
    local qty = tonumber(fields.qty)

    if not one or not valid_key(fields) then
        return nil, code or "bad_request"
    end

    local done, problem = c.shop.send("orders", "POST",
        "/orders/" .. one.id .. "/claims", {
            sale = fields.sale, qty = qty, reason = fields.reason,
        }, fields.key)
    local outcome = done and "claimed" or problem.code

    c.deed { method = "POST", target = "claims", hold = one.id,
             point = one.pickup, sale = fields.sale, qty = qty,
             key = fields.key, status = outcome }

    if not done and problem.code == "claimed" then
        outcome = "claimed_before"
    end

    return true, "/desk/claims/" .. one.id .. "?done=" .. outcome_of(outcome)
end


-- ---- photos

local PHOTO_CODES = { too_many = "photo_many", full = "photo_full",
                      nothing = "photo_none" }


local function outcome_of_photos(said, code)
    if not said then
        return code == "slow" and "photo_slow" or "photo_away"
    end

    for _, one in ipairs(said.photos) do
        if one.refused then
            return PHOTO_CODES[one.refused] or "photo_bad"
        end
    end

    return said.photos[1] and "photo" or "photo_none"
end


-- fields: claim, and one or more of photo
local function add_photo(c, parts, fields)
    local one, code = order_of(c, parts.hold)
    local open = false

    if not one then
        return nil, code
    end

    for _, claim in ipairs(one.claims or {}) do
        open = open or claim.state == "open"
               and string.format("%.0f", claim.id) == fields.claim
    end

    if not open then
        return nil, "not_found"
    end

    local outcome = outcome_of_photos(c.clerk.photos(fields.body,
        fields.boundary, one.id, fields.claim))

    c.deed { method = "POST", target = "photo of claim " .. fields.claim,
             hold = one.id, point = one.pickup, status = outcome }

    return true, "/desk/claims/" .. one.id .. "?done=" .. outcome
end


local function show_photo(c, parts)
    local one, code = order_of(c, parts.hold)
    local data = one and evidence.read(c.data, one.id, parts.token)

    if not data then
        return nil, code or "not_found"
    end

    c.send("image/jpeg", data)

    return true
end


claims.routes = {
    ["claims/:hold/photo"] = { POST = add_photo, upload = true,
                               roles = ROLES },
    ["claims/:hold/photo/:token"] = { GET = show_photo, roles = ROLES },
    ["claims"] = { GET = page, POST = act, roles = ROLES },
    ["claims/:hold"] = { GET = one_page, POST = say_it, roles = ROLES },
}


function claims.doors(c)
    if not c.may(unpack(ROLES)) then
        return nil
    end

    local list = store.claims(CLAIMS_MAX)
    local count = 0

    for _, claim in ipairs(list or {}) do
        count = count + (sees(c, claim.pickup) and 1 or 0)
    end

    return { { group = c.say("claims.title"), href = "/desk/claims",
               label = count > 0 and c.say("claims.door", { count = count })
                       or c.say("claims.door.none") } }
end


return claims
