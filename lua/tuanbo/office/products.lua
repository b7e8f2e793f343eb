--- Which product a sale is of, and what a product is called.
--
-- @module tuanbo.office.products

local documents = require "tuanbo.documents"

local products = {}


--- The product of a sale: said, or of the same id.
-- @tparam table engine
-- @tparam string sale its id
-- @treturn string
function products.of(engine, sale)
    local own = documents.get(engine, "sale", sale) or {}

    return own.product or sale
end


-- By product: what the first of its sales is called that is not over.
local function titles_of_sales(engine)
    local titles = {}

    for _, sale in ipairs(engine.all_current() or {}) do
        local id = products.of(engine, sale.id)

        titles[id] = titles[id] or sale.title
    end

    return titles
end


--- What products are called: by themselves, or by a sale.
-- @tparam table engine
-- @treturn function title(id, doc); sales are read once, if at all
function products.titles(engine)
    local titles

    return function(id, doc)
        if doc.title then
            return doc.title
        end

        titles = titles or titles_of_sales(engine)

        local sale = not titles[id] and engine.sale(id)

        return titles[id] or sale and sale.title or id
    end
end


return products
