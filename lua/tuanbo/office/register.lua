-- staff.json: who may be at the desk, for nginx's worker, which does no SQL.

local cjson = require "cjson"

local people = require "tuanbo.office.people"
local system = require "tuanbo.office.system"

local register = {}


-- Writes it anew.  Two that do so take turns, so that what an older reading
-- saw never comes after a newer one: a revoked device would be back.
function register.write(db, directory)
    local lock = system.lock(directory .. "/staff.lock")
    local done, err = pcall(function()
        system.replace(directory .. "/staff.json",
                       cjson.encode(people.register(db)) .. "\n")
    end)

    system.unlock(lock)

    if not done then
        error(err, 0)
    end
end


return register
