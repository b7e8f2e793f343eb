-- Of what neighbours want the next batch: by product, how many people, since
-- when; and how to bring it. Counts, never who they are.

local crowds = require "tuanbo.office.crowds"
local format = require "tuanbo.format"
local products = require "tuanbo.office.products"

local DAYS = 60
local DAY_MS = 24 * 3600 * 1000

local wishes = { texts = "wishes" }


local function page(c)
    local of_sale, sales, rows = {}, {}, {}

    local list, whole = crowds.since(c.now - DAYS * DAY_MS, function(one)
        if one.kind ~= "wish" then
            return nil
        end

        -- many wish for the same
        local product = of_sale[one.sale]
                        or products.of(c.engine, one.sale)

        of_sale[one.sale], sales[product] = product, one.sale

        return product
    end)

    for i, crowd in ipairs(list) do
        local it = c.item(sales[crowd.key])

        rows[i] = {
            id = crowd.key, title = it and it.title or crowd.key,
            line = c.say("wishes.line", { count = crowd.count,
                when = format.when(c.say, crowd.last, c.now) }),
        }
    end

    return "wishes", { title = c.say("wishes.title"), rows = rows,
                       part = not whole }
end


wishes.routes = { ["wishes"] = { GET = page, roles = { "owner" } } }


function wishes.doors(c)
    return c.may("owner")
           and { { href = "/desk/wishes", label = c.say("wishes.title"),
                   group = c.say("sales.group") } }
           or {}
end


return wishes
