-- The tables of the folded database: what they are called, their columns,
-- what a row is found by.  All else that knows columns reads them from here:
-- what is created, what is loaded, what is written, what is dumped.
--
-- A column is "name" (text) or "name#" (a whole number); those of the key come
-- first.  "name!" and "name#!" stay as they were first written: an update that
-- does not name them spares their indexes.  What does not apply is null.

local layout = {}

-- Another number, and all is folded again from the first entry.
layout.VERSION = 3

local function made(name, keys, columns, indexes)
    local one = {name = name, keys = {}, columns = {}, whole = {},
                 changing = {}, indexes = indexes or {}}

    for plain, whole, stays in columns:gmatch("([%l_]+)(#?)(!?)") do
        one.columns[#one.columns + 1] = plain
        one.whole[plain] = whole ~= ""

        if #one.keys < keys then
            one.keys[#one.keys + 1] = plain

        elseif stays == "" then
            one.changing[#one.changing + 1] = plain
        end
    end

    return one
end


layout.tables = {
    -- a sale as its last lines say, and where its units are
    made("sales", 1, [[sale stock# price_fen# limit_qty# opens_at# closes_at#
        goal# goal_by state held# sold# called_off#]]),

    -- a hold; state: queued, held, paying, released, expired, cancelled, sold
    made("orders", 1, [[hold seq#! buyer! pickup held_at#! expires_at# state
        ended_at# sold_at# payment]],
        {"sold_at, hold", "held_at, hold"}),

    -- its lines; goods: awaited, ready, handed_over, short, once it is sold.
    -- Where it is collected is its order's, said again for the questions.
    made("lines", 2, [[hold sale line#! pickup qty#! price_fen# state goods
        sold_seq# sold_at# payment amount_fen# short_qty# ready_at# due_at#
        handed_over_at# via owed_fen# owed_qty# restocked_qty#
        refunded_fen#]],
        {"sold_at, sale, pickup", "goods, pickup, handed_over_at, hold"}),

    -- what is to be paid back, by the seq of its entry
    made("debts", 1, [[seq# hold! sale! pickup! payment! qty#! amount_fen#!
        reason! at#! due_at#! refund_seq# refunded_at#]],
        {"hold", "refunded_at, sale, pickup"}),

    made("refunds", 1, "seq# hold sale payment refund amount_fen# owed# at#"),

    made("claims", 1, [[seq# hold! sale! pickup! qty#! amount_fen#! reason!
        at#! due_at#! by_time! answer answered_at# answered_by]], {"hold"}),

    -- somebody handed it over once more
    made("doubles", 1, "seq# hold sale pickup qty# via device_at# at#"),

    made("waves", 1, "wave cut_at# day digest frozen# frozen_at#"),
    made("receipts", 3, "wave sale pickup qty# final# seq# at#"),
    made("groups", 2, "sale pickup state qty# seq# at#"),

    -- a sale called off, or compensated, until all its debts are written
    made("tasks", 1, "seq# sale type qty# amount_fen# at# settled_at#"),
}

layout.by_name = {}

for _, one in ipairs(layout.tables) do
    layout.by_name[one.name] = one
end


local function definition(one)
    local columns = {}

    for i, column in ipairs(one.columns) do
        columns[i] = column .. (one.whole[column] and " BIGINT" or " TEXT")
            .. (i <= #one.keys and " NOT NULL" or "")
    end

    return "CREATE TABLE " .. one.name .. " (" .. table.concat(columns, ", ")
        .. ", PRIMARY KEY (" .. table.concat(one.keys, ", ") .. "))"
end


-- Makes what says of which layout the tables are.
function layout.begin(db)
    db:run("CREATE TABLE IF NOT EXISTS meta (name TEXT NOT NULL PRIMARY KEY,"
           .. " value TEXT NOT NULL)")
end


-- Makes all tables, empty; those of another layout, or of a ledger that is
-- another one, go.
function layout.create(db)
    db:run("DELETE FROM meta")
    db:run("DROP TABLE IF EXISTS position")
    db:run("CREATE TABLE position (one BIGINT NOT NULL PRIMARY KEY,"
           .. " seq BIGINT NOT NULL, at BIGINT NOT NULL, hash TEXT NOT NULL,"
           .. " epoch TEXT NOT NULL)")
    db:run("INSERT INTO position VALUES (1, 0, 0, $1, '')",
           string.rep("0", 64))

    for _, one in ipairs(layout.tables) do
        db:run("DROP TABLE IF EXISTS " .. one.name)
        db:run(definition(one))

        for i, columns in ipairs(one.indexes) do
            db:run("CREATE INDEX " .. one.name .. "_" .. i .. " ON "
                   .. one.name .. " (" .. columns .. ")")
        end
    end

    db:run("INSERT INTO meta VALUES ('layout', $1)",
           tostring(layout.VERSION))
end


-- The columns of a table as they are selected.
function layout.selected(one)
    local columns = {}

    for i, column in ipairs(one.columns) do
        columns[i] = one.whole[column] and "{" .. column .. "}" or column
    end

    return table.concat(columns, ", ")
end


return layout
