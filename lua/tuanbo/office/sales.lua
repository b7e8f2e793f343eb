--- Sales as the owner defines them: what the shop has, next week's of last
-- week's, and how they are sent.
--
-- @module tuanbo.office.sales

local catalog = require "tuanbo.catalog"
local documents = require "tuanbo.documents"
local format = require "tuanbo.format"
local law = require "tuanbo.office.law"
local products = require "tuanbo.office.products"
local sheet = require "tuanbo.office.sheet"
local store = require "tuanbo.office.store"

local WEEK_MS = 7 * 24 * 3600 * 1000
local FIELDS = { "title", "price_fen", "stock", "limit", "opens_at",
                 "closes_at", "goal", "goal_by", "hold_ms", "cancel_ms" }

local sales = {
    NAMES_MAX = 20,             -- of one product and day
}


-- The fields of its document that the schema has.
local function own_document(engine, id)
    local own = documents.get(engine, "sale", id) or {}

    local doc = {}

    for name in pairs(catalog.fields("sale").doc.fields) do
        doc[name] = own[name]
    end

    return doc
end


--- What a sale is defined with.
-- @tparam table engine
-- @tparam string id
-- @treturn table|nil as PUT /admin/sales/ID takes it
-- @treturn table|string the sale as it is; or the problem's code
function sales.definition(engine, id)
    local sale, code = engine.sale(id)

    if not sale then
        return nil, code
    end

    local defined = { doc = own_document(engine, id) }

    for _, name in ipairs(FIELDS) do
        defined[name] = sale[name]
    end

    -- what it gives, as it was defined: the commitment is the engine's
    if sale.gives then
        defined.gives, code = engine.document("terms", id)

        if not defined.gives then
            return nil, code
        end

        defined.gives.commit = nil
    end

    -- a group has a kind only where there is a goal
    if not defined.goal then
        defined.goal_by = nil
    end

    return defined, sale
end


--- The same with the entity tag that goes with it.
function sales.now(engine, id)
    local etag, code = store.sale_etag(id)

    if not etag then
        return nil, code
    end

    local defined, sale = sales.definition(engine, id)

    if not defined then
        return nil, sale
    end

    return etag, defined, sale
end


--- The id of a new sale: its product, or what it gives, and the day on which
-- it opens.
-- @tparam table defined
-- @tparam number now
-- @tparam[opt] number n the first, the second of such a day
function sales.id(defined, now, n)
    local product = (defined.doc and defined.doc.product
                     or defined.gives and defined.gives.kind
                     or "sale"):sub(1, 52)
    local day = format.typed(defined.opens_at or now)

    return product .. "-" .. day:sub(6, 7) .. day:sub(9, 10)
           .. (n and n > 1 and "-" .. n or "")
end


--- Last week's sale for the week that comes: the same, days later.
-- @tparam table engine
-- @tparam string id
-- @tparam number now
-- @tparam[opt] number later_ms how much later; else the week that comes
-- @treturn table|nil a definition
-- @treturn string the problem's code
function sales.next_week(engine, id, now, later_ms)
    local defined, sale = sales.definition(engine, id)

    if not defined then
        return nil, sale
    end

    local last = defined.closes_at or defined.opens_at or now
    local days_ms = later_ms or WEEK_MS

    -- one of some weeks ago: into the week that comes
    while not later_ms and last + days_ms <= now do
        days_ms = days_ms + WEEK_MS
    end

    for _, name in ipairs { "opens_at", "closes_at" } do
        defined[name] = defined[name] and defined[name] + days_ms
    end

    local day = defined.doc.delivery_day
                and format.of_typed(defined.doc.delivery_day)

    defined.doc.delivery_day = day
                               and format.typed(day + days_ms):sub(1, 10)

    if not defined.doc.product and engine.document("product", id) then
        defined.doc.product = id
    end

    return defined
end


--- What the law has against a sale: its own words, and its product's, against
-- the price that it would have.
-- @tparam table engine
-- @tparam number now
-- @tparam table texts of the sale
-- @tparam[opt] table seen what was read for others of the same page
-- @treturn table as of tuanbo.office.law
function sales.findings(engine, now, texts, seen)
    local product = texts["doc.product"]
    local lowest, doc

    if product then
        seen = seen or {}
        seen.lowest = seen.lowest or law.lowest(engine, function(id)
            return products.of(engine, id)
        end, now)
        lowest = seen.lowest[product]
        doc = documents.get(engine, "product", product)
    end

    local fen = tonumber(texts.price_fen)
                and math.floor(tonumber(texts.price_fen) * 100 + 0.5)

    lowest = fen and math.min(lowest or fen, fen) or lowest

    local found = law.findings({ title = texts.title }, lowest)

    for _, one in ipairs(law.findings(sheet.texts("product", doc or {}),
                                      lowest))
    do
        found[#found + 1] = one
    end

    return found
end


--- Put a sale that is new, under an id that nobody has.
-- @tparam table c context
-- @tparam table defined
-- @tparam string key
-- @treturn table|nil the sale
-- @treturn table the problem
function sales.make(c, defined, key)
    local answer, problem

    for n = 1, sales.NAMES_MAX do
        local id = sales.id(defined, c.now, n)

        answer, problem = c.shop.send("admin", "PUT", "/admin/sales/" .. id,
                                      defined, key .. (n > 1 and n or ""),
                                      "new")

        if answer or problem.code ~= "precondition_failed" then
            return answer, problem
        end
    end

    return nil, problem
end


return sales
