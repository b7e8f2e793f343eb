-- Who works: the owner's page of people, their links and devices. What is
-- asked of the clerk needs its database; nothing else of the desk does.

local format = require "tuanbo.format"
local qr = require "tuanbo.qr"
local referring = require "tuanbo.office.referring"
local register = require "tuanbo.office.staff"

local ROLES = { "leader", "host", "warehouse", "owner" }

local staff = { texts = "staff" }


local function set_of(list)
    local set = {}

    for _, one in ipairs(list or {}) do
        set[one] = true
    end

    return set
end


-- Names of those that are in the set, in the order of the list.
local function named(list, set, name_of)
    local names = {}

    for _, one in ipairs(list) do
        if set[one.id or one] then
            names[#names + 1] = name_of(one)
        end
    end

    return names
end


local function shown(c, one, points, devices)
    local roles, at = set_of(one.roles), set_of(one.points)
    local own = {}

    for _, device in ipairs(devices) do
        if device.staff == one.id then
            own[#own + 1] = {
                id = device.id, label = device.label,
                since = format.when(c.say, device.made_at, c.now),
                this = device.id == c.who.id,
            }
        end
    end

    return {
        id = one.id, name = one.name, devices = own, does = roles, at = at,
        roles = table.concat(named(ROLES, roles, function(role)
            return c.say("desk.role." .. role)
        end), c.say("desk.and")),
        points = table.concat(named(points, at, function(point)
            return point.name
        end), c.say("desk.and")),
    }
end


-- more: invited: what the clerk said of a new link; wrong: the code of a
-- refusal
local function page(c, more)
    local told, code = c.clerk.ask("staff", {})
    local devices = told and c.clerk.ask("devices", {})
    local points = c.points()
    local list = {}

    if not devices then
        return nil, code or "away"
    end

    for _, one in ipairs(told.staff) do
        if not one.ended_at then
            list[#list + 1] = shown(c, one, points, devices.devices)
        end
    end

    local view = {
        title = c.say("desk.staff"),
        list = list, roles = ROLES, points = points,
        wrong = more and more.wrong and c.say("desk.staff.wrong."
                                              .. more.wrong),
    }
    local invited = more and more.invited

    if invited then
        view.invited = invited
        view.link = c.origin .. "/desk/in/" .. invited.token
        view.qr = qr.of(view.link)
        view.until_when = format.when(c.say, invited.expires_at, c.now)
    end

    return "staff", view
end


local WORDS = { last_owner = true, bad_request = true }


-- What a form of the page asks for, by its button.
local acts = {}


function acts.invite(c, fields)
    local invited, code = c.clerk.ask("invite", { staff = fields.id })

    return invited, code, invited and { invited = invited }
end


-- What a form says that somebody does. one: who is changed, or nothing of who
-- is new
local function put(c, fields, one)
    local roles, points = {}, {}

    for _, role in ipairs(ROLES) do
        roles[#roles + 1] = fields["role." .. role] and role or nil
    end

    -- a point that is just taken away gets no leader
    return referring.alone(function()
        for _, point in ipairs(c.points()) do
            points[#points + 1] = fields["point." .. point.id] and point.id
                                  or nil
        end

        return c.clerk.ask("staff_put", {
            id = one.id, login = one.login,
            name = fields.name, roles = roles, points = points,
        })
    end, "slow")
end


function acts.add(c, fields)
    local made, code = put(c, fields, {})

    if not made then
        return nil, code
    end

    return acts.invite(c, { id = made.id })
end


-- Their devices stay, and may from now on what the form says.
function acts.change(c, fields)
    local told, code = c.clerk.ask("staff", {})

    for _, one in ipairs(told and told.staff or {}) do
        if one.id == fields.id and not one.ended_at then
            return put(c, fields, one)
        end
    end

    return nil, code or "no_such_staff"
end


function acts.stop(c, fields)
    return c.clerk.ask("staff_end", { id = fields.id })
end


function acts.revoke(c, fields)
    return c.clerk.ask("revoke", { id = fields.device })
end


local function post(c, _, fields)
    local act = acts[fields.act or ""]

    if not act then
        return nil, "bad_request"
    end

    local done, code, more = act(c, fields)

    register.again()

    c.deed { method = "POST", target = "/desk/staff", key = fields.key,
             status = done and "ok" or code, act = fields.act,
             about = fields.id or fields.device or done and done.staff }

    if done then
        if more then
            return page(c, more)
        end

        return true, "/desk/staff"
    end

    return page(c, { wrong = WORDS[code] and code or "failed" })
end


staff.routes = {
    ["staff"] = { GET = function(c) return page(c) end, POST = post,
                  roles = { "owner" } },
}


function staff.doors(c)
    return c.may("owner")
           and { { href = "/desk/staff", label = c.say("desk.staff") } }
           or {}
end


return staff
