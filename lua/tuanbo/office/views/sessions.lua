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


function view.doors(c)
    return records.door(c, "/desk/sessions", c.say("sessions.title"))
end


return view
