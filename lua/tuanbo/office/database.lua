-- A database of the clerk: SQLite (WAL), or PostgreSQL, behind one set of
-- statements with $1, $2, ... and bound parameters.  Never in nginx.
--
--     local db = database.open{at = "office/typed.db"}
--     db:run("INSERT INTO fruit (name, at) VALUES ($1, $2)", "pear", now_ms)
--     db:rows("SELECT name, {at}, {count(*) AS n} FROM fruit WHERE ...")
--
-- {EXPRESSION} or {EXPRESSION AS NAME} in a statement is a whole number,
-- exact to 2^53; the driver alone would cut it to 32 bits.  {?EXPRESSION} is
-- a boolean, of a column of integers 0 and 1.  NULL is nil both ways.
--
-- What fails throws its words, also out of a transaction, which is then
-- rolled back.  A connection that is lost stays so: close and open again.

local DBI = require "DBI"
local lfs = require "lfs"

local BUSY_MS = 5000
local CACHE_KIB, CHECKPOINT_PAGES = 65536, 8000
local PLACE = "%$(%d+)"

local database = {}
local methods = {}
local meta = {__index = methods}


local function fail(words)
    error("database: " .. tostring(words), 0)
end


-- The statement as the database has it, and what its columns become.
local function translate(self, sql)
    local becomes = {}

    sql = sql:gsub("{(%??)([^{}]*)}", function(question, expression)
        local value, name = expression:match("^(.-)%s+[Aa][Ss]%s+([%w_]+)%s*$")

        value = value or expression
        name = name or value:match("([%w_]+)%s*$")

        if not name then
            fail("{" .. expression .. "} has no name")
        end

        becomes[name] = question == "?" and "boolean" or "number"
        return "CAST(" .. value .. " AS TEXT) AS \"" .. name .. "\""
    end)

    -- SQLite would number $2 and $1 in the order in which they come
    if not self.postgres then
        sql = sql:gsub(PLACE, "?%1")
    end

    return sql, becomes
end


local function prepared(self, sql)
    local kept = self.statements[sql]

    if kept then
        return kept
    end

    local text, becomes = translate(self, sql)
    local handle, err = self.connection:prepare(text)

    if not handle then
        fail(err)
    end

    kept = {handle = handle, becomes = becomes}
    self.statements[sql] = kept

    return kept
end


local function bound(self, ...)
    local values, n = {...}, select("#", ...)

    for i = 1, n do
        local value = values[i]
        local kind = type(value)

        if kind == "boolean" then
            values[i] = self.postgres and (value and "1" or "0")
                or (value and 1 or 0)

        elseif kind == "number" then
            if value ~= value or math.abs(value) > 2^53 then
                fail("parameter " .. i .. " is no number that is kept")
            end

            -- the driver would write it with a point
            if self.postgres then
                values[i] = string.format(value % 1 == 0 and "%.0f" or "%.17g",
                                          value)
            end

        elseif kind == "string" then
            if value:find("\0", 1, true) then
                fail("parameter " .. i .. " has a NUL, which would cut it")
            end

        elseif kind ~= "nil" then
            fail("parameter " .. i .. " is a " .. kind)
        end
    end

    return values, n
end


-- Executes; a statement that failed is not used again.
local function execute(self, sql, ...)
    local statement = prepared(self, sql)
    local values, n = bound(self, ...)
    local called, ok, err = pcall(statement.handle.execute, statement.handle,
                                  unpack(values, 1, n))

    if not called or not ok then
        self.statements[sql] = nil
        pcall(statement.handle.close, statement.handle)
        fail(called and err or ok)
    end

    -- SQLite reads them while rows are fetched
    statement.values = values

    return statement
end


-- Executes, and says how many rows it changed.
function methods:run(sql, ...)
    return execute(self, sql, ...).handle:affected()
end


-- All rows, a table each by the columns' names.
function methods:rows(sql, ...)
    local statement = execute(self, sql, ...)
    local list, n = {}, 0
    local ok, err = pcall(function()
        local names, becomes = statement.names, statement.becomes

        if not names then
            names = statement.handle:columns()
            statement.names = names
        end

        -- by their places, for pairs() would be half of the time
        for row in statement.handle:rows(false) do
            local copy = {}

            for i = 1, #names do
                local name, value = names[i], row[i]
                local kind = becomes[name]

                if kind and value ~= nil then
                    value = tonumber(value)

                    if kind == "boolean" then
                        value = value ~= 0
                    end
                end

                copy[name] = value
            end

            n = n + 1
            list[n] = copy
        end
    end)

    if not ok then
        self.statements[sql] = nil
        pcall(statement.handle.close, statement.handle)
        fail(err)
    end

    return list
end


-- The first row, or nil.
function methods:one(sql, ...)
    return self:rows(sql, ...)[1]
end


-- Statements without parameters, each ended by a semicolon and a line's end.
function methods:script(text)
    for sql in text:gmatch("%s*(.-);%s*\n") do
        local statement = execute(self, sql)

        self.statements[sql] = nil
        statement.handle:close()
    end
end


local function within(self, begin, fn, ...)
    if self.inside then
        fail("a transaction inside of another")
    end

    self:run(begin)
    self.inside = true

    local result = {pcall(fn, ...)}
    local ok, err = result[1], result[2]

    if ok then
        ok, err = pcall(self.run, self, "COMMIT")
    end

    self.inside = false

    if not ok then
        pcall(self.run, self, "ROLLBACK")
        error(err, 0)
    end

    return unpack(result, 2, table.maxn(result))
end


-- Runs fn(...) in a transaction and gives what it gives; where it throws,
-- nothing was done and the same is thrown.  On SQLite it takes the writer's
-- lock at once, so that it need not give up half-way.
function methods:transaction(fn, ...)
    return within(self, self.postgres and "BEGIN" or "BEGIN IMMEDIATE", fn,
                  ...)
end


-- The same for what only reads, all as of one moment.  It waits for nobody
-- who writes, and nobody who writes waits for it.
function methods:moment(fn, ...)
    return within(self, self.postgres
                  and "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"
                  or "BEGIN", fn, ...)
end


-- Whether there is a table of this name.
function methods:has(name)
    return self:one(self.postgres
        and "SELECT 1 AS there FROM pg_catalog.pg_class"
            .. " WHERE oid = to_regclass($1)"
        or "SELECT 1 AS there FROM sqlite_master WHERE name = $1",
        name) ~= nil
end


-- Whether another file, or none, has taken the place of the one that is open.
function methods:replaced()
    return self.inode ~= nil and lfs.attributes(self.at, "ino") ~= self.inode
end


function methods:close()
    for _, statement in pairs(self.statements) do
        pcall(statement.handle.close, statement.handle)
    end

    self.statements = {}
    self.connection:close()
end


-- Whether it is what libpq takes, and no file.
function database.is_postgres(at)
    return (at:find("^postgres%l*://") or at:find("%w+%s*=")) and true
        or false
end


-- Options:
--     at       a file of SQLite's, or what libpq takes: postgresql://...,
--              or "host=... dbname=..."
--     schema   on PostgreSQL, the schema, which is made; SQLite has files
--     durable  false: what was committed last may be lost in a power cut
--     reads    true: nothing is made or written in it
function database.open(option)
    local at = option.at
    local self = setmetatable({at = at, statements = {}, inside = false,
                               postgres = database.is_postgres(at)}, meta)
    local connection, err

    if self.postgres then
        connection, err = DBI.Connect("PostgreSQL", at)
    else
        connection, err = DBI.Connect("SQLite3", at)
    end

    if not connection then
        fail(err)
    end

    self.connection = connection
    connection:autocommit(true)

    if self.postgres then
        if option.schema then
            if not option.schema:find("^%l[%l_]*$") then
                fail("the name of a schema has small letters and _")
            end

            self:run("SET client_min_messages = warning")

            if not option.reads then
                self:run("CREATE SCHEMA IF NOT EXISTS " .. option.schema)
            end

            self:run("SET search_path = " .. option.schema)
        end

        if option.reads then
            self:run("SET default_transaction_read_only = on")
        end

        if option.durable == false then
            self:run("SET synchronous_commit = off")
        end

        return self
    end

    self:rows("PRAGMA busy_timeout = " .. BUSY_MS)
    self:rows("PRAGMA journal_mode = WAL")
    self:run("PRAGMA synchronous = "
             .. (option.durable == false and "NORMAL" or "FULL"))
    self:run("PRAGMA foreign_keys = ON")


    -- keys are random: with a small cache, and checkpoints each few batches,
    -- half of the time of a fold went into writing pages again and again
    self:rows("PRAGMA cache_size = " .. -CACHE_KIB)
    self:rows("PRAGMA wal_autocheckpoint = " .. CHECKPOINT_PAGES)

    if option.reads then
        self:run("PRAGMA query_only = ON")
    end

    self.inode = lfs.attributes(at, "ino")

    return self
end


return database
