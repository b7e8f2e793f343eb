-- A sheet for each pickup point's wall: the code that leads neighbours to the
-- shop. Its label is the point, and the activity says who came by it.

local passing = require "tuanbo.passing"
local qr = require "tuanbo.qr"

local ROLES = { "leader" }

local posters = { texts = "posters" }


local function link_of(c, point)
    local label = passing.label(point:sub(1, passing.WORD_MAX))

    return c.origin .. "/" .. (label and "?via=" .. label or "")
end


local function list(c)
    local rows = {}

    for i, point in ipairs(c.points()) do
        rows[i] = { href = "/desk/poster/" .. point.id, title = point.name,
                    lines = {} }
    end

    return "posters", { title = c.say("posters.title"), rows = rows }
end


local function page(c, parts)
    local name

    for _, point in ipairs(c.points()) do
        name = name or point.id == parts.point and point.name
    end

    if not name then
        return nil, "not_found"
    end

    local link = link_of(c, parts.point)

    return "poster", {
        layout = "desk/paper",
        title = c.say("posters.of", { point = name }),
        shop = c.name, point = name, link = link, qr = qr.of(link),
        styles = { "desk/paper.css", "desk/poster.css" },
    }
end


posters.routes = {
    ["posters"] = { GET = list, roles = ROLES },
    ["poster/:point"] = { GET = page, roles = ROLES },
}


function posters.doors(c)
    return c.may("leader") and #c.points() > 0
           and { { href = "/desk/posters", label = c.say("posters.title") } }
           or {}
end


return posters
