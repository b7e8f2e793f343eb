-- tuanbo-office erase

local places = require "tuanbo.office.places"

local erase = {}

erase.help = [[
erases photos of claims that are older than 90 days

Usage:

    tuanbo-office erase --directory DIR [--now MS]

--directory DIR     the office's own
--now MS            as if it were then: milliseconds since 1970
--help              print this

`tuanbo-office answer` does so once an hour. It says how many went.
]]

erase.options = {directory = true, now = true}


function erase.run(option)
    local at, missing = places.of(option)

    if not at then
        return nil, missing
    end

    local system = require "tuanbo.office.system"
    local evidence = require "tuanbo.office.evidence"
    local now = option.now and tonumber(option.now)

    if option.now and not (now and option.now:find("^%d+$")) then
        return nil, "--now is milliseconds since 1970"
    end

    print(evidence.erase(at.directory, now or system.now()))

    return 0
end


return erase
