-- The owner's sessions: when the room is open.

local format = require "tuanbo.format"
local picture = require "tuanbo.office.picture"
local records = require "tuanbo.office.records"

local view = { texts = "sessions" }


local function row(c, id, doc)
    local lines = {}

    if doc.starts_at then
        lines[1] = format.when(c.say, doc.starts_at, c.now)
    end

    if doc.weekly and doc.starts_at then
        lines[#lines + 1] = c.say("sessions.weekly", {
            day = format.weekday(c.say, doc.starts_at),
            clock = format.clock(doc.starts_at) })
    end

    if doc.scene then
        lines[#lines + 1] = doc.scene
    end

    if doc.host then
        lines[#lines + 1] = doc.host
    end

    return { title = doc.title or id, lines = lines }
end


view.routes = records.routes {
    kind = "session", list = "sessions", one = "session",
    removable = true, removed = picture.over,
    words = function(c, what) return c.say("sessions." .. what) end,
    order = { "title", "starts_at", "ends_at", "weekly", "scene", "host",
              "about", "elsewhere.name", "elsewhere.url", "elsewhere.find",
              "on_camera" },
    row = row,
}


-- What neighbours may ask in a room by one tap (tuanbo.room).
for path, route in pairs(records.routes {
    kind = "shop", list = "questions",
    words = function(c, what) return c.say("questions." .. what) end,
    single = "questions",
    order = { "questions" },
}) do
    view.routes[path] = route
end


function view.doors(c)
    local doors = records.door(c, "/desk/sessions", c.say("sessions.title"))

    doors[#doors + 1] = records.door(c, "/desk/questions",
                                     c.say("questions.title"))[1]

    return doors
end


return view
