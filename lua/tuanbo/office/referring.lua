--- What refers to a product or a pickup point: as long as something does it is
-- not taken away, for pages would show its id in place of its name. Sales and
-- orders stay for ever, so what was once sold, or collected somewhere, refers
-- to it for ever.
--
-- Others are served in between, so it is for forms, not for pages.
--
-- @module tuanbo.office.referring

local semaphore = require "ngx.semaphore"

local documents = require "tuanbo.documents"
local sheets = require "tuanbo.office.sheets"
local staff = require "tuanbo.office.staff"
local store = require "tuanbo.office.store"

local PAGE = 100
local SALES_MAX = 20000
local GOODS = { "awaited", "ready", "handed_over", "short" }

local WAIT_S = 30

local referring = {}

-- The office is one worker: what is looked at under this is what is done by.
local turn = semaphore.new(1)


--- One at a time: what takes something away, and what makes a reference to it,
-- so that nobody refers to what is being looked at to be taken away.
-- @tparam function act
-- @param busy what is wrong when its turn does not come
-- @treturn any what it gives, three values at most; or nil and what is wrong
function referring.alone(act, busy)
    if not turn:wait(WAIT_S) then
        return nil, busy
    end

    local results = { pcall(act) }

    turn:post()

    if not results[1] then
        error(results[2], 0)
    end

    return unpack(results, 2, 4)
end


local function gone(c, kind, id)
    local doc, code = documents.get(c.engine, kind, id)

    return not doc and code == "not_found"
end


--- Define a sale, whose product and points are there at that moment.
-- @tparam table c the page's context
-- @tparam table defined as PUT /admin/sales/ID takes it
-- @tparam function send
-- @treturn table|nil what it gives
-- @treturn table the problem
function referring.define(c, defined, send)
    return referring.alone(function()
        local doc = type(defined.doc) == "table" and defined.doc or {}

        if doc.product and gone(c, "product", doc.product) then
            return nil, { code = "bad_request", field = "doc.product",
                          rule = c.say("refers.gone", { id = doc.product }) }
        end

        for _, point in ipairs(type(doc.pickups) == "table" and doc.pickups
                               or {})
        do
            if gone(c, "pickup", point) then
                return nil, { code = "bad_request", field = "doc.pickups",
                              rule = c.say("refers.gone", { id = point }) }
            end
        end

        return send()
    end, { code = "busy" })
end


-- The first answer of test(sale, its document), of all sales there are.
local function of_sales(c, test)
    local looked = 0

    for _, name in ipairs { "current", "ended" } do
        local after

        repeat
            local list, next_after = c.engine[name](after, PAGE)

            if not list then
                return c.say("refers.unknown")
            end

            for _, sale in ipairs(list) do
                local doc = c.engine.document("sale", sale.id)
                local found = test(sale, type(doc) == "table" and doc or {})

                if found then
                    return found
                end
            end

            looked, after = looked + #list, next_after

            if looked > SALES_MAX then
                return c.say("refers.unknown")
            end

            sheets.pause()
        until not after
    end
end


--- What refers to a product.
-- @tparam table c the page's context
-- @tparam string id
-- @treturn string|nil in words; nil: nothing
function referring.product(c, id)
    return of_sales(c, function(sale, doc)
        if (doc.product or sale.id) == id then
            return c.say("refers.sale", { title = sale.title, id = sale.id })
        end
    end)
end


local function names(list, name)
    for _, one in ipairs(type(list) == "table" and list or {}) do
        if one == name then
            return true
        end
    end

    return false
end


--- What refers to a pickup point.
-- @tparam table c the page's context
-- @tparam string id
-- @treturn string|nil in words; nil: nothing
function referring.pickup(c, id)
    for _, goods in ipairs(GOODS) do
        local lines, code = store.lines { pickup = id, goods = goods,
                                          limit = 1 }

        -- no order has ever named one that is not found
        if not lines and code ~= "not_found" then
            return c.say("refers.unknown")
        end

        if lines and #lines > 0 then
            return c.say("refers.orders")
        end
    end

    local who = staff.of_point(id)

    if who then
        return c.say("refers.staff", { name = who })
    end

    return of_sales(c, function(sale, doc)
        if names(doc.pickups, id) then
            return c.say("refers.sale", { title = sale.title, id = sale.id })
        end

        -- one that names no points takes orders for all
        if not doc.pickups and sale.held > 0 then
            return c.say("refers.held", { title = sale.title })
        end
    end)
end


return referring
