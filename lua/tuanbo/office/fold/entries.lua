-- What each entry of the ledger makes of the rows.  All is as the entry says
-- it: amounts, dues, goods.  No rule of the engine is here but those by which
-- docs/ledger.md says a reader reads: what a column adds up, of which lines an
-- entry without a sale is.
--
-- An entry of a type that is not known, of an engine that is newer, changes no
-- row.

local entries = {}

-- Change of held and of sold by each unit of an entry.
local EFFECT = {
    held = {1, 0}, released = {-1, 0}, expired = {-1, 0},
    cancelled = {-1, 0}, sold = {-1, 1}, sold_late = {0, 1},
    returned = {0, -1}, restocked = {0, -1}, granted = {0, 1},
    served = {1, 0},
}

local on = {}                   -- by type: function(rows, entry)


local function sale_of(rows, entry)
    return rows:put("sales", rows:get("sales", entry.sale)
        or {sale = entry.sale, stock = 0, held = 0, sold = 0})
end


local function line_of(rows, entry)
    return rows:get("lines", entry.hold .. " " .. entry.sale)
end


-- The line that an entry names, or those of its hold that `are`, where it
-- names none.
local function lines_of(rows, entry, are)
    if entry.sale then
        return {line_of(rows, entry)}
    end

    local list = {}

    for _, line in ipairs(rows:of("lines", entry.hold)) do
        if are(line) then
            list[#list + 1] = line
        end
    end

    return list
end


-- Whether some of a line has come, or may still: neither its sale's again, nor
-- short.
local function is_to_come(line)
    return line.restocked_qty + line.short_qty < line.qty
end


-- ---- sales

function on.sale(rows, entry)
    local sale = sale_of(rows, entry)

    sale.stock = entry.stock
    sale.price_fen = entry.price_fen
    sale.limit_qty = entry.limit
    sale.opens_at = entry.opens_at
    sale.closes_at = entry.closes_at
    sale.goal = entry.goal
    sale.goal_by = entry.goal_by
    sale.state = sale.state or "announced"
end


function on.stock(rows, entry)
    local sale = sale_of(rows, entry)

    sale.stock = sale.stock + entry.qty
end


local function state(name)
    return function(rows, entry)
        sale_of(rows, entry).state = name
    end
end


on.opened = state("open")
on.resumed = state("open")
on.paused = state("paused")
on.closed = state("closed")


local function task(rows, entry)
    rows:put("tasks", {seq = entry.seq, sale = entry.sale, type = entry.type,
        qty = entry.qty, amount_fen = entry.amount_fen, at = entry.at})
end


function on.called_off(rows, entry)
    local sale = sale_of(rows, entry)

    sale.state = "closed"
    sale.called_off = entry.seq
    task(rows, entry)
end


on.compensated = task


function on.settled(rows, entry)
    local of = rows:get("tasks", tostring(entry.of))

    if of then
        rows:put("tasks", of).settled_at = entry.at
    end
end


local function decided(name)
    return function(rows, entry)
        rows:put("groups", {sale = entry.sale, pickup = entry.pickup or "",
            state = name, qty = entry.qty, seq = entry.seq, at = entry.at})
    end
end


on.formed = decided("formed")
on.failed = decided("failed")


-- ---- holds

-- What a hold begins with, which has no row before.
local BEGINS = {held = "held", queued = "queued", granted = "granted"}


local function begin(rows, entry)
    local name = BEGINS[entry.type]

    if (entry.line or 1) == 1 then
        rows:put("orders", {hold = entry.hold, seq = entry.seq,
            buyer = entry.buyer, pickup = entry.pickup, held_at = entry.at,
            expires_at = entry.expires_at, state = name})
    end

    rows:put("lines", {hold = entry.hold, sale = entry.sale,
        line = entry.line or 1, pickup = entry.pickup, qty = entry.qty,
        price_fen = entry.price_fen, state = name, short_qty = 0,
        owed_fen = 0, owed_qty = 0, restocked_qty = 0, refunded_fen = 0})
end


for name in pairs(BEGINS) do
    on[name] = begin
end


-- The hold of an entry is this now; nil where it is of another life.
local function move(rows, entry, name)
    local order = rows:get("orders", entry.hold)

    if not order then
        return nil
    end

    rows:put("orders", order).state = name

    for _, line in ipairs(rows:of("lines", entry.hold)) do
        rows:put("lines", line).state = name
    end

    return order
end


function on.paying(rows, entry)
    move(rows, entry, "paying").expires_at = entry.expires_at
end


local function ended(name)
    return function(rows, entry)
        move(rows, entry, name).ended_at = entry.at
    end
end


on.released = ended("released")
on.expired = ended("expired")
on.cancelled = ended("cancelled")
on.withdrawn = ended("cancelled")
on.stepped_out = ended("released")
on.ended = ended("expired")


-- It waited, and has its units now.
function on.served(rows, entry)
    move(rows, entry, "held").expires_at = entry.expires_at
    rows:put("lines", line_of(rows, entry)).price_fen = entry.price_fen
end


-- The gift that a hold uses, or does not any more.
local function gift(name)
    return function(rows, entry)
        move(rows, {hold = entry.gift}, name)
    end
end


on.bound = gift("bound")
on.unbound = gift("granted")


function on.pickup(rows, entry)
    local order = rows:get("orders", entry.hold)

    rows:put("orders", order).pickup = entry.pickup

    for _, line in ipairs(rows:of("lines", entry.hold)) do
        rows:put("lines", line).pickup = entry.pickup
    end
end


function on.sold(rows, entry)
    local order = move(rows, entry, "sold")
    local line = rows:put("lines", line_of(rows, entry))

    order.sold_at = entry.at
    order.ended_at = entry.at
    order.payment = entry.payment
    line.sold_seq = entry.seq
    line.sold_at = entry.at
    line.payment = entry.payment
    line.amount_fen = entry.amount_fen
    line.goods = "awaited"
end


on.sold_late = on.sold


-- ---- money

-- A debt's id is the seq of its entry; before debts had ids they had no
-- due_at, either.
function on.owed(rows, entry)
    rows:put("debts", {seq = entry.seq, hold = entry.hold, sale = entry.sale,
        pickup = entry.pickup, payment = entry.payment, qty = entry.qty,
        amount_fen = entry.amount_fen, reason = entry.reason, at = entry.at,
        due_at = entry.due_at})

    if entry.sale then
        local line = rows:put("lines", line_of(rows, entry))

        line.owed_fen = line.owed_fen + entry.amount_fen
        line.owed_qty = line.owed_qty + (entry.qty or 0)
    end
end


on.refund_due = on.owed


function on.restocked(rows, entry)
    local line = rows:put("lines", line_of(rows, entry))

    line.restocked_qty = line.restocked_qty + entry.qty
end


function on.returned(rows, entry)
    on.owed(rows, entry)
    on.restocked(rows, entry)
end


-- The debt that it names, else the oldest one of its payment and sale.
local function debt_of(rows, entry)
    local oldest

    for _, debt in ipairs(rows:of("debts", entry.hold)) do
        if entry.owed then
            if debt.seq == entry.owed then
                return debt
            end

        elseif debt.payment == entry.payment and debt.sale == entry.sale
            and not debt.refunded_at
            and (not oldest or debt.seq < oldest.seq)
        then
            oldest = debt
        end
    end

    return oldest
end


function on.refunded(rows, entry)
    local debt = debt_of(rows, entry)
    local line = entry.sale and line_of(rows, entry)

    rows:put("refunds", {seq = entry.seq, hold = entry.hold,
        sale = entry.sale, payment = entry.payment, refund = entry.refund,
        amount_fen = entry.amount_fen, owed = debt and debt.seq,
        at = entry.at})

    if debt then
        rows:put("debts", debt)
        debt.refund_seq = entry.seq
        debt.refunded_at = entry.at
    end

    if line then
        rows:put("lines", line)
        line.refunded_fen = line.refunded_fen + entry.amount_fen
    end
end


-- ---- goods

function on.ready(rows, entry)
    for _, line in ipairs(lines_of(rows, entry, function(line)
        return line.goods == "awaited" and is_to_come(line)
    end)) do
        rows:put("lines", line)
        line.goods = "ready"
        line.ready_at = entry.at
        line.due_at = entry.due_at
        line.short_qty = entry.short_qty or 0
    end
end


function on.picked_up(rows, entry)
    local one = entry.sale and line_of(rows, entry)

    -- a gift that is a thing
    if one and one.state == "granted" then
        move(rows, entry, "given")
        return
    end

    for _, line in ipairs(lines_of(rows, entry, function(line)
        return line.goods == "ready" and is_to_come(line)
    end)) do
        rows:put("lines", line)

        -- who hands over what was short says that it has come after all
        if not is_to_come(line) then
            line.short_qty = 0
        end

        line.goods = "handed_over"
        line.handed_over_at = entry.at
        line.via = entry.via or entry.by
    end
end


function on.short(rows, entry)
    local line = rows:put("lines", line_of(rows, entry))

    line.goods = "short"
    line.short_qty = line.qty - line.restocked_qty
end


function on.put_back(rows, entry)
    local line = rows:put("lines", line_of(rows, entry))

    if line.state == "given" then
        move(rows, entry, "granted")
        return
    end

    line.goods = "ready"
    line.due_at = entry.due_at
    line.handed_over_at = nil
    line.via = nil
end


on["double"] = function(rows, entry)
    rows:put("doubles", {seq = entry.seq, hold = entry.hold,
        sale = entry.sale, pickup = entry.pickup, qty = entry.qty,
        via = entry.via, device_at = entry.device_at, at = entry.at})
end


-- ---- claims

function on.claimed(rows, entry)
    rows:put("claims", {seq = entry.seq, hold = entry.hold,
        sale = entry.sale, pickup = entry.pickup, qty = entry.qty,
        amount_fen = entry.amount_fen, reason = entry.reason, at = entry.at,
        due_at = entry.due_at, by_time = entry.by})
end


local function answered(rows, entry)
    local claim = rows:put("claims",
        rows:get("claims", tostring(entry.claim)))

    claim.answer = entry.type
    claim.answered_at = entry.at
    claim.answered_by = entry.by
end


on.accepted = answered
on.denied = answered


-- ---- waves

function on.wave(rows, entry)
    local wave = rows:put("waves",
        rows:get("waves", entry.wave) or {wave = entry.wave})

    wave.cut_at = entry.cut_at
    wave.day = entry.day
    wave.digest = entry.digest
end


function on.frozen(rows, entry)
    local wave = rows:put("waves", rows:get("waves", entry.wave))

    wave.frozen = entry.seq
    wave.frozen_at = entry.at
end


function on.received(rows, entry)
    local key = {entry.wave, entry.sale, entry.pickup or ""}
    local receipt = rows:put("receipts",
        rows:get("receipts", table.concat(key, " "))
        or {wave = key[1], sale = key[2], pickup = key[3], final = 0})

    receipt.qty = entry.qty
    receipt.seq = entry.seq
    receipt.at = entry.at

    if entry.final then
        receipt.final = 1
    end
end


-- ---- all of them

-- What is to be loaded for it: the table, the column, where the value is; of
-- which types of entries, where not all that have it need the row.
local NEEDED = {
    {"sales", "sale", "sale"}, {"claims", "seq", "claim"},
    {"tasks", "seq", "of"}, {"waves", "wave", "wave"},
    {"receipts", "wave", "wave"},
    {"orders", "hold", "hold", {
        paying = true, released = true, expired = true, cancelled = true,
        withdrawn = true, pickup = true, sold = true, sold_late = true,
        served = true, stepped_out = true, ended = true, picked_up = true,
        put_back = true,
    }},
    {"orders", "hold", "gift"}, {"lines", "hold", "gift"},
    {"lines", "hold", "hold"},
    {"debts", "hold", "hold", {refunded = true}},
}


-- Loads what a list of entries is about, but for holds that begin in it.
local function load(rows, list)
    local begun = {}

    for _, entry in ipairs(list) do
        if BEGINS[entry.type] and (entry.line or 1) == 1 then
            begun[entry.hold] = true
        end
    end

    for _, need in ipairs(NEEDED) do
        local name, column, field, types = unpack(need)
        local seen, values = {}, {}

        for _, entry in ipairs(list) do
            local value = entry[field]

            if value and not seen[value] and not begun[value]
                and (not types or types[entry.type])
            then
                seen[value] = true
                values[#values + 1] = value
            end
        end

        rows:load(name, column, values)
    end
end


-- Folds a list of entries, in order, into the rows of an open transaction.
function entries.fold(rows, list)
    load(rows, list)

    for _, entry in ipairs(list) do
        local effect = EFFECT[entry.type]
        local fold = on[entry.type]

        if effect then
            local sale = sale_of(rows, entry)

            sale.held = sale.held + effect[1] * entry.qty
            sale.sold = sale.sold + effect[2] * entry.qty
        end

        if fold then
            fold(rows, entry)
        end
    end

    rows:write()
end


return entries
