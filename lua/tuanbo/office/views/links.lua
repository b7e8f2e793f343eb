-- Which links bring neighbours: by label, how many came in the last days, how
-- many of those bought since, and how many links were taken to be passed on.
-- Counts of people, never who they are.

local crowds = require "tuanbo.office.crowds"
local passing = require "tuanbo.passing"

local DAYS = 7
local DAY_MS = 24 * 3600 * 1000
local NAMED = { share = true, flyer = true }

local links = { texts = "links" }


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
    local told = c.clerk.ask("bought", { from = since, to = c.now + 1 })
    local bought, rows, taken = {}, {}, 0

    for _, buyer in ipairs(told and told.buyers or {}) do
        bought[buyer] = true
    end

    local list, whole = crowds.since(since, function(one)
        if one.kind == "share" and one.how ~= "page" then
            taken = taken + 1
        end

        return one.kind == "came" and one.via or nil
    end)

    for i, crowd in ipairs(list) do
        local buyers = 0

        for buyer in pairs(crowd.buyers) do
            buyers = buyers + (bought[buyer] and 1 or 0)
        end

        rows[i] = {
            label = crowd.key, title = title_of(c, crowd.key),
            line = c.say("links.came", { count = crowd.count }),
            buyers = told and c.say("links.bought", { count = buyers }),
        }
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
