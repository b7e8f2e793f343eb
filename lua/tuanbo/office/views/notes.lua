-- The owner's notes of the community, which stand between the goods.

local format = require "tuanbo.format"
local records = require "tuanbo.office.records"

local view = { texts = "notes" }


local function row(c, id, doc)
    local lines = {}

    for _, name in ipairs { "from_at", "until_at" } do
        if doc[name] then
            lines[#lines + 1] = c.say("notes." .. name, {
                when = format.when(c.say, doc[name], c.now) })
        end
    end

    return { title = doc.title or id, lines = lines }
end


view.routes = records.routes {
    kind = "note", list = "notes", one = "note", removable = true,
    words = function(c, what) return c.say("notes." .. what) end,
    order = { "title", "text", "from_at", "until_at", "rank" },
    row = row,
}


function view.doors(c)
    return records.door(c, "/desk/notes", c.say("notes.title"))
end


return view
