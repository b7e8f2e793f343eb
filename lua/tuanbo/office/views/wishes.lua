-- Of what neighbours want the next batch: by product, how many people, since
-- when; and how to bring it. Counts, never who they are.

local activity = require "tuanbo.activity"
local documents = require "tuanbo.documents"
local format = require "tuanbo.format"

local DAYS = 60
local DAY_MS = 24 * 3600 * 1000
local ROWS_MAX = 100

local wishes = { texts = "wishes" }


local function page(c)
    local by_product, rows = {}, {}

    local whole = activity.each(c.now - DAYS * DAY_MS, function(one)
        if one.kind == "wish" then
            local own = documents.get(c.engine, "sale", one.sale) or {}
            local product = own.product or one.sale
            local row = by_product[product]

            if not row then
                row = { id = product, sale = one.sale, people = {}, count = 0 }
                by_product[product] = row
                rows[#rows + 1] = row
            end

            row.count = row.count + (row.people[one.buyer] and 0 or 1)
            row.people[one.buyer] = true
            row.last = one.at
        end
    end)

    table.sort(rows, function(a, b)
        if a.count ~= b.count then
            return a.count > b.count
        end

        return a.id < b.id
    end)

    for i = #rows, 1, -1 do
        local row = rows[i]
        local it = c.item(row.sale)

        if i > ROWS_MAX then
            rows[i] = nil
        else
            row.title = it and it.title or row.id
            row.line = c.say("wishes.line", { count = row.count,
                when = format.when(c.say, row.last, c.now) })
        end
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
