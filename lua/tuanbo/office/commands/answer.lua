-- tuanbo-office answer

local places = require "tuanbo.office.places"

local ERASE_MS = 3600 * 1000

local answer = {}

answer.help = [[
answers the desk's questions on a unix socket, for ever

Usage:

    tuanbo-office answer --directory DIR

]] .. places.OPTIONS .. [[
--help              print this

It keeps staff.json as the database is, and takes the deeds of deeds.ndjson
into it. Beside it it keeps `tuanbo-office photos` running, and does what
`tuanbo-office erase` does once an hour. SIGTERM ends both.
]]

answer.options = places.with{}


-- Photos are made by a process of its own, so that nobody waits for one. It is
-- started again when it has ended, once a second at most.
local function photos_beside(at)
    local system = require "tuanbo.office.system"
    local pid

    return function()
        if not pid or system.has_ended(pid) then
            pid = system.spawn(arg[0], "photos", "--directory", at.directory)
        end
    end
end


-- Photos of claims go when their time is over; looked at once an hour.
local function erasing_beside(at)
    local evidence = require "tuanbo.office.evidence"
    local system = require "tuanbo.office.system"
    local looked

    return function()
        local now = system.now()

        if not looked or math.abs(now - looked) >= ERASE_MS then
            looked = now

            local done, err = pcall(evidence.erase, at.directory, now)

            if not done then
                at.log("photos of claims are not erased: " .. tostring(err))
            end
        end
    end
end


local function beside(...)
    local all = {...}

    return function()
        for _, one in ipairs(all) do
            one()
        end
    end
end


function answer.run(option)
    local at, missing = places.of(option)

    if not at then
        return nil, missing
    end

    local server = require "tuanbo.office.server"

    at.log = require("tuanbo.office.program").log
    at.beside = beside(photos_beside(at), erasing_beside(at))
    server.new(at):run()

    return 0
end


return answer
