-- Where the clerk has its things: options that all its sub-commands take.

local lfs = require "lfs"

local places = {}

places.OPTIONS = [[
--directory DIR     the office's own: typed.db, folded.db, staff.json,
                    deeds.ndjson, clerk.sock. Root works there as its owner
--database PLACE    both databases are in PostgreSQL, in its schemas typed
                    and folded: what libpq takes, like postgresql:///tuanbo.
                    Without it they are SQLite's, in DIR
]]

places.options = {directory = true, database = true}


-- The options with what was not said; nil and words where they are wrong.
function places.of(option)
    local directory = option.directory

    if not directory then
        return nil, "--directory is needed"
    end

    if lfs.attributes(directory, "mode") ~= "directory" then
        return nil, "--directory is no directory: " .. directory
    end

    local at = option.database

    if at and not require("tuanbo.office.database").is_postgres(at) then
        return nil, "--database is what libpq takes, like"
            .. " postgresql:///tuanbo: " .. at
    end

    local system = require "tuanbo.office.system"

    -- nobody else's: names, and what nginx's worker believes
    system.become(lfs.attributes(directory, "uid"),
                  lfs.attributes(directory, "gid"))
    system.umask(63)                                -- 0077

    return {directory = directory, typed = at or directory .. "/typed.db",
            folded = at or directory .. "/folded.db"}
end


-- The options that a sub-command knows, with its own.
function places.with(own)
    for name, has_value in pairs(places.options) do
        own[name] = has_value
    end

    return own
end


return places
