-- Packets or a draw: what was announced, what is revealed, who won, and what
-- anybody needs to compute it again. The page is remembered and shared by all.

local format = require "tuanbo.format"

local function known(value)
    return value ~= nil and value ~= ngx.null and value or nil
end


-- The numbers that won, prize by prize.
local function won(c, sale, draw)
    local prizes = {}

    for i, prize in ipairs(sale.gives.prizes) do
        prizes[i] = {
            title = prize.title,
            count = c.say("draw.count", { count = prize.count }),
            numbers = {},
        }
    end

    for _, winner in ipairs(draw and draw.winners or {}) do
        local numbers = prizes[winner.prize + 1].numbers

        numbers[#numbers + 1] = string.format("%.0f", winner.number)
    end

    return prizes
end


-- All that the computation needs, as it is in the API.
local function facts(c, sale, draw)
    local list = {}

    local function fact(name, value)
        if known(value) then
            list[#list + 1] = {
                name = c.say("draw." .. name),
                value = type(value) == "number"
                        and string.format("%.0f", value) or value,
            }
        end
    end

    fact("commit", sale.commit)
    fact("seed", sale.seed)

    if draw then
        fact("entries", draw.entries)
        fact("root", draw.root)
        fact("chain", draw.chain)
        fact("beacon", draw.beacon)
    end

    return list
end


return function(c, found)
    local sale, draw = found.sale, known(found.draw)
    local beacon = known(sale.gives.beacon)
    local total_fen = known(sale.gives.total_fen)
    local over = known(sale.seed) ~= nil
    local state = draw and draw.state or over and "drawn" or "open"

    return "draw", {
        title = sale.title,
        id = sale.id,
        state = state,
        packets = draw == nil,
        line = c.say("draw." .. (draw and "ticket" or "packet") .. "."
                     .. state, {
            count = draw and draw.entries or sale.stock,
            yuan = total_fen and format.yuan(total_fen) or "",
            round = beacon and string.format("%.0f", beacon.round) or "",
        }),
        prizes = draw and won(c, sale, draw) or {},
        facts = facts(c, sale, draw),
        beacon_line = beacon and c.say("draw.beacon." .. (draw
            and known(draw.beacon) and "told" or "waits"), {
                round = string.format("%.0f", beacon.round),
                source = beacon.source,
            }),
        over = over,
        watches = {},
    }
end
