-- tuanbo-office backup

local lfs = require "lfs"

local places = require "tuanbo.office.places"

local backup = {}

backup.help = [[
copies what staff typed, while it is in use

Usage:

    tuanbo-office backup --directory DIR FILE

]] .. places.OPTIONS .. [[
--help              print this
FILE                is made, and is not there before: a database of SQLite's,
                    or SQL by pg_dump where the database is PostgreSQL
]]

backup.options = places.with{}


local function quoted(word)
    return "'" .. word:gsub("'", "'\\''") .. "'"
end


function backup.run(option, words)
    local at, missing = places.of(option)

    if not at then
        return nil, missing
    end

    if #words ~= 1 then
        return nil, "one FILE is needed"
    end

    local file = words[1]

    if lfs.attributes(file) then
        error(file .. " is there already", 0)
    end

    local system = require "tuanbo.office.system"
    local db = require("tuanbo.office.typed").open(at.typed)
    local new = file .. ".new"

    system.umask(127)                       -- 0177
    os.remove(new)

    local done, err = pcall(function()
        if not db.postgres then
            db:run("VACUUM INTO $1", new)
        elseif os.execute("exec pg_dump --schema=typed --file=" .. quoted(new)
                          .. " --dbname=" .. quoted(at.typed)) ~= 0
        then
            error("pg_dump failed", 0)
        end

        system.sync(new)
    end)

    db:close()

    if not done then
        os.remove(new)
        error(err, 0)
    end

    assert(os.rename(new, file))
    system.sync(file:match("^(.*)/") or ".", true)

    return 0
end


return backup
