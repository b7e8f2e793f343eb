-- The first page: what somebody can do here. And what every page has: larger
-- type, the other language.

local format = require "tuanbo.format"
local session = require "tuanbo.session"

local ROLES = { "owner", "host", "leader", "warehouse" }

-- At more points than that a task's are folded up, unless it comes first.
local OPEN_MAX = 4

local today = {}


local function page(c)
    local roles = {}
    local groups, by_name = {}, {}

    for _, role in ipairs(ROLES) do
        if c.who.staff.roles[role] then
            roles[#roles + 1] = c.say("desk.role." .. role)
        end
    end

    for _, door in ipairs(c.doors()) do
        local name = door.group or ""
        local group = by_name[name]

        -- one task at many points is a line: its name, and the points beside
        if not group then
            group = { name = name, doors = {}, beside = true }
            by_name[name] = group
            groups[#groups + 1] = group
        end

        group.doors[#group.doors + 1] = door
        group.beside = group.beside and door.point ~= nil
    end

    for _, group in ipairs(groups) do
        group.beside = group.beside and #group.doors > 1
        group.folded = group.beside and #group.doors > OPEN_MAX
                       and not group.doors[1].first
    end

    return "today", {
        title = c.say("desk.today"), groups = groups,
        roles = table.concat(roles, c.say("desk.and")),
        now = format.when(c.say, c.now, c.now),
    }
end


local function settings(c, _, fields)
    local back = fields.back or ""

    session.change_likes(c.likes, fields)

    return true, back:match("^/desk/[%w/_-]*$") or "/desk/"
end


today.routes = {
    [""] = { GET = page },
    ["settings"] = { POST = settings },
}


return today
