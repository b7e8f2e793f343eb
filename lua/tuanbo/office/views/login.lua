-- How a device gets in, and out again.

local staff = require "tuanbo.office.staff"

-- What a browser says it is, by what people call it; the first that fits.
local SYSTEMS = {
    { "iPhone", "iPhone" }, { "iPad", "iPad" }, { "Android", "Android" },
    { "Windows", "Windows" }, { "Macintosh", "Mac" }, { "Linux", "Linux" },
}
local APPS = {
    { "MicroMessenger", "WeChat" }, { "Firefox/", "Firefox" },
    { "Edg", "Edge" }, { "Chrom", "Chrome" }, { "Safari/", "Safari" },
}

local login = {}


local function called(list, agent)
    for _, known in ipairs(list) do
        if agent:find(known[1], 1, true) then
            return known[2]
        end
    end
end


-- A device's name until somebody gives it another.
local function label_of(agent)
    local names = { called(SYSTEMS, agent) }

    names[#names + 1] = called(APPS, agent)

    return #names > 0 and table.concat(names, " · ") or "?"
end


-- A chat that looks at the link for a preview must not use it up: that is the
-- button's.
local function invitation(c, parts)
    return "invitation", {
        title = c.say("desk.in"),
        token = parts.token,
        form_token = staff.form_of(parts.token),
        already = c.who and c.who.staff.name,
    }
end


local function enter(c, parts, fields)
    if not staff.is_form_of(parts.token, fields.form) then
        return nil, "cross_site"
    end

    local answer, code = c.clerk.ask("enter", {
        token = parts.token,
        label = label_of(ngx.var.http_user_agent or ""),
    })

    if not answer then
        return nil, code
    end

    staff.enter(answer.device)

    return true, "/desk/"
end


-- That this device counts no more is the clerk's; it is forgotten here anyway.
local function leave(c)
    local done, code = c.clerk.ask("revoke", { id = c.who.id })

    staff.leave()

    if not done then
        return nil, code
    end

    return true, "/desk/"
end


login.routes = {
    ["in/:token"] = { GET = invitation, POST = enter, open = true },
    ["out"] = { POST = leave },
}


return login
