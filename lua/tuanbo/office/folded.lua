-- The database of what is folded from the ledger: who opens it, to fold or to
-- read, and where it is.

local lfs = require "lfs"

local database = require "tuanbo.office.database"

local layout = require "tuanbo.office.fold.layout"

local SCHEMA = "folded"         -- on PostgreSQL

local folded = {}


-- Opens it, or throws; reads: nothing is made or written, and nil where there
-- is no file.
function folded.open(at, reads)
    if reads and not database.is_postgres(at) and not lfs.attributes(at) then
        return nil
    end

    -- what a power cut undoes is folded again
    return database.open{at = at, schema = SCHEMA, durable = false,
                         reads = reads}
end


-- How far it is: seq, hash, at, epoch; nil, where nothing was folded in this
-- layout.
function folded.position(db)
    if not db:has("meta") then
        return nil
    end

    local found = db:one("SELECT value FROM meta WHERE name = 'layout'")

    if not found or found.value ~= tostring(layout.VERSION) then
        return nil
    end

    return db:one("SELECT {seq}, {at}, hash, epoch FROM position")
end


-- Gives what fn(position) does, which only reads, all as of one moment; nil
-- and "not_ready" where nothing is folded, or no database is (nil).
function folded.moment(db, fn)
    if not db then
        return nil, "not_ready"
    end

    return db:moment(function()
        local position = folded.position(db)

        if not position then
            return nil, "not_ready"
        end

        return fn(position)
    end)
end


return folded
