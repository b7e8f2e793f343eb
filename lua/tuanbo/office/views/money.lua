-- A day's money: by sale and by point, what was sold, is owed, is overdue, and
-- was paid back. It is in the clerk's database.

local documents = require "tuanbo.documents"
local format = require "tuanbo.format"

local DAY_MS = 24 * 3600 * 1000
local SPANS = { day = 1, week = 7 }
local SUMS = { "sold_fen", "owed_fen", "overdue_fen", "refunded_fen" }

local view = { texts = "money" }


local function amounts(c, row)
    local shown = {}

    for _, name in ipairs(SUMS) do
        shown[name] = c.say("sheet.yuan.of", {
            yuan = format.yuan(row[name] or 0) })
    end

    shown.units = row.units or 0
    shown.overdue = (row.overdue_fen or 0) > 0

    return shown
end


local function title_of(c, id)
    if not id or id == ngx.null then
        return c.say("money.no_sale")
    end

    local sale = c.engine.sale(id)

    return sale and sale.title or id
end


local function point_of(c, id)
    if not id or id == ngx.null then
        return c.say("money.no_point")
    end

    local doc = documents.get(c.engine, "pickup", id)

    return doc and doc.name or id
end


-- The sum of the rows that have the same name, in the order of the first.
local function grouped(c, rows, name_of)
    local list, by_key = {}, {}

    for _, row in ipairs(rows) do
        local key = name_of(row)
        local sum = by_key[key]

        if not sum then
            sum = { name = key }
            by_key[key] = sum
            list[#list + 1] = sum
        end

        for _, name in ipairs(SUMS) do
            sum[name] = (sum[name] or 0) + (row[name] or 0)
        end

        sum.units = (sum.units or 0) + (row.units or 0)
    end

    table.sort(list, function(a, b)
        return a.sold_fen ~= b.sold_fen and a.sold_fen > b.sold_fen
               or a.sold_fen == b.sold_fen and a.name < b.name
    end)

    for i, sum in ipairs(list) do
        local shown = amounts(c, sum)

        shown.name = sum.name
        list[i] = shown
    end

    return list
end


local function page(c)
    local span = SPANS[c.arg.span or ""] and c.arg.span or "day"
    local given = type(c.arg.day) == "string" and c.arg.day:find("^[%d-]+$")
                  and format.of_typed(c.arg.day)

    -- the clerk knows no time before 1970
    if given and given < SPANS.week * DAY_MS then
        given = nil
    end

    local day = format.day_of(given or c.now)
    local from = day - (SPANS[span] - 1) * DAY_MS
    local shown = {
        title = c.say(day == format.day_of(c.now) and span == "day"
                      and "money.today" or "money.title"),
        day = format.typed(day):sub(1, 10), span = span,
        before = format.typed(day - SPANS[span] * DAY_MS):sub(1, 10),
        after = day + DAY_MS <= c.now
                and format.typed(day + SPANS[span] * DAY_MS):sub(1, 10) or nil,
        when = c.say("money.when", {
            from = format.typed(from):sub(1, 10),
            till = format.typed(day):sub(1, 10),
        }),
    }
    local money, code = c.clerk.ask("money", {
        from = from, to = day + DAY_MS, now = c.now,
    })

    if not money then
        shown.away = c.say(code == "not_ready" and "money.not_ready"
                           or "money.away")

        return "money", shown, 503
    end

    local rows = money.rows

    shown.sum = amounts(c, money.sum)
    shown.sales = grouped(c, rows, function(row)
        return title_of(c, row.sale)
    end)
    shown.points = grouped(c, rows, function(row)
        return point_of(c, row.pickup)
    end)
    shown.seq = c.say("money.seq", { seq = string.format("%.0f", money.seq) })

    return "money", shown
end


view.routes = { ["money"] = { GET = page, roles = { "owner" } } }


function view.doors(c)
    return c.may("owner")
           and { { href = "/desk/money", label = c.say("money.today"),
                   group = c.say("sales.group") } }
           or {}
end


return view
