--- 下一批叫我: what a browser wants to be told of when there is more of it.
-- The browser keeps it itself, and is told on whatever page it opens; the shop
-- sees how many there are, by the activity (tuanbo.passing).
--
-- The cookie has products: grape,egg.
--
-- @module tuanbo.wishes

local cookies = require "tuanbo.cookies"
local documents = require "tuanbo.documents"
local goods = require "tuanbo.goods"

local NAME = "tuanbo_next"
local AGE_S = 90 * 86400
local MOST = 8

local wishes = {}


-- Products, the oldest first; without one, where it is given, and whether that
-- was there.
local function kept(without)
    local list, was = {}, false

    for product in (ngx.var.cookie_tuanbo_next or ""):gmatch("[%l%d-]+") do
        if product == without then
            was = true
        elseif #list < MOST then
            list[#list + 1] = product
        end
    end

    return list, was
end


local function keep(list)
    cookies.set(NAME, table.concat(list, ","), #list > 0 and AGE_S or 0)
end


-- What a sale is a batch of. own: its document.
local function product_of(sale, own)
    return own and type(own.product) == "string" and own.product or sale
end


local function asked(c, sale)
    return product_of(sale, documents.get(c.engine, "sale", sale))
end


--- Whether this browser has said so of a sale's product.
-- @tparam table c context
-- @tparam string sale
-- @treturn boolean
function wishes.has(c, sale)
    local _, was = kept(asked(c, sale))

    return was
end


--- It wants to be told when there is more of what this sale sells.
-- @tparam table c context
-- @tparam string sale
function wishes.add(c, sale)
    local product = asked(c, sale)
    local list = kept(product)

    if #list == MOST then
        table.remove(list, 1)
    end

    list[#list + 1] = product
    keep(list)
end


--- It looks at a sale that there is some of, so it has been told.
-- @tparam table c context
-- @tparam string sale
function wishes.told(c, sale)
    if ngx.var.cookie_tuanbo_next then
        local list, was = kept(asked(c, sale))

        if was then
            keep(list)
        end
    end
end


--- What there is now of what it wants: of each product the first sale that is
-- open, with some left.
-- @tparam table c context
-- @treturn table a list as of goods.shown()
function wishes.come(c)
    local wanted, found = {}, {}
    local list = kept()

    for _, product in ipairs(list) do
        wanted[product] = true
    end

    for _, entry in ipairs(#list > 0 and goods.current(c) or {}) do
        local product = product_of(entry.sale.id, entry.own)

        if wanted[product] and entry.sale.state == "open"
           and entry.sale.free > 0
        then
            wanted[product] = nil
            found[#found + 1] = goods.shown(c, entry)
        end
    end

    return found
end


return wishes
