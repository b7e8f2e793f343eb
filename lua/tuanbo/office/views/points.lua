-- The owner's pickup points, and what the shop promises after a sale.

local records = require "tuanbo.office.records"
local referring = require "tuanbo.office.referring"

local view = { texts = "points" }


local function row(c, id, doc)
    local lines = {}

    for _, name in ipairs { "address", "hours", "phone" } do
        lines[#lines + 1] = doc[name]
    end

    if not doc.phone then
        lines[#lines + 1] = c.say("points.no_phone")
    end

    return { title = doc.name or id, lines = lines }
end


view.routes = records.routes {
    kind = "pickup", list = "points", one = "point",
    words = function(c, what) return c.say("points." .. what) end,
    order = { "name", "address", "phone", "leader", "day", "hours", "note",
              "delivery_weekdays", "region", "route", "stop" },
    row = row, removable = true, refers = referring.pickup,
}

for path, route in pairs(records.routes {
    kind = "rules", list = "rules",
    words = function(c, what) return c.say("rules." .. what) end,
    single = "after-sales",
    order = { "claim", "not_collected", "cancel_ms" },
}) do
    view.routes[path] = route
end


function view.doors(c)
    local doors = records.door(c, "/desk/points", c.say("points.title"))

    doors[#doors + 1] = records.door(c, "/desk/rules", c.say("rules.title"))[1]

    return doors
end


return view
