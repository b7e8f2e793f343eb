-- The wrapper over lua-dbi; called by t/600-office-database.t with a database.

local at = assert(arg[1])
local database = require "tuanbo.office.database"

local n = 0

local function is(got, wanted, name)
    n = n + 1
    print((got == wanted and "ok " or "not ok ") .. n .. " - " .. name)

    if got ~= wanted then
        io.stderr:write("#   got ", tostring(got), ", not ",
                        tostring(wanted), "\n")
    end
end

local function throws(pattern, name, fn, ...)
    local ok, err = pcall(fn, ...)

    is(not ok and tostring(err):find(pattern) and true, true,
       name .. ": " .. tostring(err):gsub("\n.*", ""))
end

local function open(option)
    option = option or {}
    option.at = at
    option.schema = "tested"
    return database.open(option)
end

local db = open()

db:script[[
CREATE TABLE fruit (name TEXT PRIMARY KEY, at BIGINT, fen BIGINT,
    ripe SMALLINT);
CREATE INDEX fruit_at ON fruit (at);
]]

local at_ms = 1795939200123

is(db:run("INSERT INTO fruit (name, at, fen, ripe) VALUES ($1, $2, $3, $4)",
          "pear", at_ms, 2^31 - 1, true), 1, "a row is put in")
db:run("INSERT INTO fruit (name, at, fen, ripe) VALUES ($1, $2, $3, $4)",
       "it's \"a\" \\ ; -- 葡萄", 2^53, 2^31, false)
db:run("INSERT INTO fruit (name, at, fen, ripe) VALUES ($1, $2, $3, $4)",
       "none", nil, nil, nil)

local row = db:one("SELECT name, {at}, {fen}, {?ripe} FROM fruit"
                   .. " WHERE at = $1", at_ms)
is(row.name, "pear", "found by milliseconds")
is(row.at, at_ms, "which are exact")
is(row.fen, 2147483647, "31 bits")
is(row.ripe, true, "true")

row = db:one("SELECT name, {at}, {?ripe} FROM fruit WHERE name = $1",
             "it's \"a\" \\ ; -- 葡萄")
is(row.name, "it's \"a\" \\ ; -- 葡萄", "quotes and Chinese")
is(row.at, 2^53, "2^53")
is(row.ripe, false, "false")

row = db:one("SELECT {at}, {?ripe}, fen FROM fruit WHERE name = $1", "none")
is(row.at, nil, "NULL is nil")
is(row.ripe, nil, "of a boolean, too")
is(row.fen, nil, "and without braces")
is(db:one("SELECT name FROM fruit WHERE name = $1", "kiwi"), nil, "no row")

row = db:one("SELECT {sum(fen) AS total}, {count(*) AS n} FROM fruit")
is(row.total, 4294967295, "a sum above 2^31")
is(row.n, 3, "a count")

is(db:one("SELECT name FROM fruit WHERE at < $2 AND name <> $1", "kiwi",
          at_ms + 1).name, "pear", "$2 before $1")
is(#db:rows("SELECT name FROM fruit WHERE at = $1 OR at > $1", at_ms), 2,
   "$1 twice")
is(#db:rows("SELECT name FROM fruit ORDER BY name LIMIT $1", 2), 2,
   "a limit that is bound")
is(db:run("UPDATE fruit SET fen = fen + 1 WHERE fen IS NOT NULL"), 2,
   "two are changed")

-- failures
local again = "INSERT INTO fruit (name, at) VALUES ($1, $2)"

db:run(again, "plum", 1)
throws("[Uu][Nn][Ii][Qq][Uu][Ee]", "the same again is refused", db.run, db,
       again, "plum", 2)
is(db:run(again, "cherry", at_ms), 1, "and the statement is prepared again")
is(db:one("SELECT {at} FROM fruit WHERE name = $1", "cherry").at, at_ms,
   "with its own values")
throws("fruits", "no such table", db.run, db, "SELECT 1 FROM fruits")
throws("NUL", "text with NUL", db.run, db, again, "a\0b", 1)
throws("is a table", "a table", db.run, db, again, {}, 1)
throws("no number", "not a number", db.run, db, again, "x", 0 / 0)
throws("no number", "above 2^53", db.run, db, again, "x", 2^53 + 2)

-- transactions
is(db:transaction(function(a)
    db:run(again, "fig", a)
    return a + 1
end, 6), 7, "a transaction gives what it makes")
throws("^mine$", "one that throws", db.transaction, db, function()
    db:run(again, "date", 1)
    error("mine", 0)
end)
is(db:one("SELECT name FROM fruit WHERE name = $1", "date"), nil,
   "did nothing")
throws("[Uu][Nn][Ii][Qq][Uu][Ee]", "one with a statement that fails",
       db.transaction, db, function()
    db:run(again, "lime", 1)
    db:run(again, "fig", 1)
end)
is(db:one("SELECT name FROM fruit WHERE name = $1", "lime"), nil,
   "did nothing, either")
throws("inside", "one inside of another", db.transaction, db, function()
    db:transaction(print)
end)

-- another connection
local other = open{durable = false}

is(other:one("SELECT {at} FROM fruit WHERE name = $1", "fig").at, 6,
   "another connection sees what was committed")
db:transaction(function()
    db:run("DELETE FROM fruit")
    is(#other:rows("SELECT name FROM fruit WHERE name = $1", "fig"), 1,
       "and not what is not, without waiting")
end)
is(#other:rows("SELECT name FROM fruit"), 0, "until it is")
other:close()
db:close()
throws("database:", "where there is none", database.open,
       {at = "/nonexistent/x.db"})
throws("database:", "nobody listens", database.open,
       {at = "host=/nonexistent dbname=x"})

print("1.." .. n)
