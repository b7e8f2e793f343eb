-- tuanbo-office invite

local places = require "tuanbo.office.places"

local invite = {}

invite.help = [[
prints a link by which an owner enters the desk, once

Usage:

    tuanbo-office invite --directory DIR --owner NAME [--url URL]

--owner NAME        the owner, who is made where there is none of this name
--url URL           the shop, before /desk/in/. Without it: http://127.0.0.1
]] .. places.OPTIONS .. [[
--help              print this

The link is good for a day, and for one device. An earlier one that was not
used ends. It needs no "answer" to run.
]]

invite.options = places.with{owner = true, url = true}


local function owner(db, people, name)
    for _, who in ipairs(people.staff(db).staff) do
        for _, role in ipairs(who.roles) do
            if who.name == name and role == "owner" and not who.ended_at then
                return who
            end
        end
    end

    local who, code, field = people.staff_put(db, {name = name,
                                                   roles = {"owner"}})

    if not who then
        error("the owner is refused: " .. code .. " (" .. field .. ")", 0)
    end

    return who
end


function invite.run(option)
    local at, missing = places.of(option)

    if not at then
        return nil, missing
    end

    if not option.owner then
        return nil, "--owner is needed"
    end

    local people = require "tuanbo.office.people"
    local db = require("tuanbo.office.typed").open(at.typed)
    local made = assert(people.invite(db, {
        staff = owner(db, people, option.owner).id}))

    require("tuanbo.office.register").write(db, at.directory)
    db:close()
    print((option.url or "http://127.0.0.1"):gsub("/+$", "") .. "/desk/in/"
          .. made.token)

    return 0
end


return invite
