-- Which links bring neighbours: by label, how many came in the last days, how
-- many of those bought since, and how many links were taken to be passed on.
-- Counts of people, never who they are.

local activity = require "tuanbo.activity"
local passing = require "tuanbo.passing"

local DAYS = 7
local DAY_MS = 24 * 3600 * 1000
local LABELS_MAX = 100
local NAMED = { share = true, flyer = true }

local links = { texts = "links" }


-- By label: who came.
local function noted(since)
    local labels, taken = {}, 0

    local whole = activity.each(since, function(one)
        if one.kind == "came" then
            labels[one.via] = labels[one.via] or {}
            labels[one.via][one.buyer] = true

        elseif one.kind == "share" and one.how ~= "page" then
            taken = taken + 1
        end
    end)

    return labels, taken, whole
end


-- What a label is in words: a point's poster, the shop's own links, or itself.
local function title_of(c, label)
    for _, point in ipairs(c.points()) do
        if passing.label(point.id:sub(1, passing.WORD_MAX)) == label then
            return c.say("links.point", { point = point.name })
        end
    end

    return NAMED[label] and c.say("links." .. label) or label
end


local function page(c)
    local since = c.now - DAYS * DAY_MS
    local labels, taken, whole = noted(since)
    local told = c.clerk.ask("bought", { from = since, to = c.now + 1 })
    local bought, rows = {}, {}

    for _, buyer in ipairs(told and told.buyers or {}) do
        bought[buyer] = true
    end

    for label, buyers in pairs(labels) do
        local row = { label = label, title = title_of(c, label), came = 0,
                      bought = 0 }

        for buyer in pairs(buyers) do
            row.came = row.came + 1
            row.bought = row.bought + (bought[buyer] and 1 or 0)
        end

        row.line = c.say("links.came", { count = row.came })
        row.buyers = told and c.say("links.bought", { count = row.bought })
        rows[#rows + 1] = row
    end

    table.sort(rows, function(a, b)
        if a.came ~= b.came then
            return a.came > b.came
        end

        return a.label < b.label
    end)

    for i = #rows, LABELS_MAX + 1, -1 do
        rows[i] = nil
    end

    return "links", {
        title = c.say("links.title"), rows = rows,
        taken = c.say("links.taken", { count = taken }),
        part = not whole,
        away = not told and c.say("links.away"),
    }
end


links.routes = { ["links"] = { GET = page, roles = { "owner" } } }


function links.doors(c)
    return c.may("owner")
           and { { href = "/desk/links", label = c.say("links.title"),
                   group = c.say("sales.group") } }
           or {}
end


return links
