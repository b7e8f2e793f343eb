-- The database of what staff typed: who works, their devices, invitations,
-- deeds.  It is backed up, and never folded.
--
-- meta.schema says how far its schema is; UPGRADES[n] leads from n - 1 to n.

local database = require "tuanbo.office.database"

local SCHEMA = "typed"          -- on PostgreSQL

local UPGRADES = {
[[
CREATE TABLE staff (
    id TEXT PRIMARY KEY,
    name TEXT NOT NULL,
    roles TEXT NOT NULL,
    points TEXT NOT NULL,
    login TEXT UNIQUE,
    made_at BIGINT NOT NULL,
    ended_at BIGINT);
CREATE TABLE devices (
    id TEXT PRIMARY KEY,
    staff TEXT NOT NULL REFERENCES staff (id),
    label TEXT NOT NULL,
    made_at BIGINT NOT NULL,
    ended_at BIGINT);
CREATE INDEX devices_staff ON devices (staff);
CREATE TABLE invitations (
    hash TEXT PRIMARY KEY,
    staff TEXT NOT NULL REFERENCES staff (id),
    made_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    used_at BIGINT,
    device TEXT);
CREATE INDEX invitations_staff ON invitations (staff);
CREATE TABLE deeds (
    id TEXT PRIMARY KEY,
    at BIGINT NOT NULL,
    staff TEXT,
    point TEXT,
    hold TEXT,
    line TEXT NOT NULL);
CREATE INDEX deeds_at ON deeds (at);
CREATE INDEX deeds_staff ON deeds (staff, at);
CREATE INDEX deeds_point ON deeds (point, at);
CREATE INDEX deeds_hold ON deeds (hold, at);
]],
}

local typed = {}


-- How far the schema is; nil where there is none.
function typed.version(db)
    local row = db:one("SELECT value FROM meta WHERE name = 'schema'")

    return row and tonumber(row.value)
end


-- Opens it and upgrades it, or throws.  Options as database.open's.
function typed.open(at)
    local db = database.open{at = at, schema = SCHEMA}
    local done, err = pcall(function()
        db:run("CREATE TABLE IF NOT EXISTS meta ("
               .. "name TEXT PRIMARY KEY, value TEXT NOT NULL)")
        db:run("INSERT INTO meta (name, value) VALUES ('schema', '0')"
               .. " ON CONFLICT (name) DO NOTHING")

        if typed.version(db) == #UPGRADES then
            return
        end

        db:transaction(function()
            -- locks the row: of two that upgrade, one waits
            db:run("UPDATE meta SET value = value WHERE name = 'schema'")

            local version = typed.version(db)

            if version > #UPGRADES then
                error("the schema of " .. at .. " is " .. version
                      .. ", of a newer tuanbo-office than this", 0)
            end

            for i = version + 1, #UPGRADES do
                db:script(UPGRADES[i])
            end

            db:run("UPDATE meta SET value = $1 WHERE name = 'schema'",
                   tostring(#UPGRADES))
        end)
    end)

    if not done then
        db:close()
        error(err, 0)
    end

    return db
end


return typed
