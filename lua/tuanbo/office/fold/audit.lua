-- Holds the folded sums against what the shop's GET /admin/audit says of the
-- same position.

local cjson = require "cjson.safe"

local folded = require "tuanbo.office.folded"

local audit = {}


local function number(value)
    return string.format("%.0f", tonumber(value) or 0)
end


-- The differences, as a list of words; nil and words, where the two are not of
-- the same position.
--     text   the body of the shop's answer
function audit.differences(db, text)
    local said = cjson.decode(text)

    if type(said) ~= "table" or type(said.ledger) ~= "table" then
        return nil, "the audit is not one"
    end

    local found, sales, owed = {}, nil, nil
    local position = folded.moment(db, function(at)
        sales = db:rows("SELECT sale, {stock}, {held}, {sold} FROM sales")
        owed = db:one("SELECT {COUNT(*) AS debts},"
            .. " {COALESCE(SUM(amount_fen), 0) AS fen}"
            .. " FROM debts WHERE refunded_at IS NULL AND amount_fen > 0")

        return at
    end)

    if not position or position.seq ~= said.ledger.last_seq
        or position.hash ~= said.ledger.hash
    then
        return nil, "folded up to entry "
            .. number(position and position.seq) .. ", audited at "
            .. number(said.ledger.last_seq)
    end

    local function compare(what, is, audited)
        if number(is) ~= number(audited) then
            found[#found + 1] = what .. ": " .. number(is)
                .. " folded, " .. number(audited) .. " audited"
        end
    end

    local by_id = {}

    for _, sale in ipairs(sales) do
        by_id[sale.sale] = sale
    end

    for _, sale in ipairs(said.sales) do
        local row = by_id[sale.id] or {}

        by_id[sale.id] = nil

        for _, name in ipairs{"stock", "held", "sold"} do
            compare(sale.id .. " " .. name, row[name], sale[name])
        end

        compare(sale.id .. " free", (row.stock or 0) - (row.held or 0)
            - (row.sold or 0), sale.free)
    end

    for id in pairs(by_id) do
        found[#found + 1] = id .. ": folded, and not audited"
    end

    compare("owed fen", owed.fen, said.owed.fen)
    compare("owed debts", owed.debts, said.owed.debts)

    return found
end


return audit
