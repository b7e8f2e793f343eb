-- tuanbo-office waves

local places = require "tuanbo.office.places"

local waves = {}

waves.help = [[
makes the waves of what is delivered together, and next week's sessions, for
ever

Usage:

    tuanbo-office waves --directory DIR --url URL --secret FILE

]] .. places.OPTIONS .. [[
--url URL           the shop, whose sales and documents are asked for
--secret FILE       of the role admin: the first line signs
--after SECONDS     how long after the last of its sales closes a wave is
                    frozen, so that who has just reserved can pay. Without it:
                    1200, the usual time to reserve and to pay
--utc-offset MIN    of the shop's days from UTC. Without it: 480
--once              look once, and end
--help              print this

The day is what the sale's document, its product or its session says, else the
one after the sale closes. A session that comes every week and is over is
followed by that of the week after. It needs no database. Two of them make
the same as one.
]]

waves.options = places.with{url = true, secret = true, after = true,
    ["utc-offset"] = true, once = false}

local EVERY_MS = 15000


local function whole(text, min, max)
    local number = tonumber(text)

    return number and number % 1 == 0 and number >= min and number <= max
           and number or nil
end


function waves.run(option)
    if not option.url or not option.secret then
        return nil, "--url and --secret are needed"
    end

    -- before root becomes who the directory belongs to
    local secret = require("tuanbo.office.source.http").secret(option.secret)
    local at, missing = places.of(option)

    if not at then
        return nil, missing
    end

    local grace = whole(option.after or 1200, 0, 86400)
    local offset = whole(option["utc-offset"] or 480, -840, 840)

    if not grace then
        return nil, "--after is 0 to 86400: " .. option.after
    end

    if not offset then
        return nil, "--utc-offset is -840 to 840: " .. option["utc-offset"]
    end

    require("tuanbo.format").setup(offset)

    local program = require "tuanbo.office.program"
    local maker = require("tuanbo.office.waves.maker").new{
        url = option.url:gsub("/+$", ""), secret = secret,
        memory = at.directory .. "/waves.json", log = program.log,
        grace_ms = grace * 1000, offset_ms = offset * 60000}

    if option.once then
        maker:step()

        return 0
    end

    program.again_and_again(function()
        maker:step()
    end, EVERY_MS)
end


return waves
