--- What the law forbids to say of goods, as far as a program can see it.
--
-- law.json has the words, each with its rule. Some rules leave room, and the
-- owner decides; those that `blocks` do not. It is no lawyer, and finds only
-- words that are there.
--
-- @module tuanbo.office.law

local cjson = require "cjson.safe"
local format = require "tuanbo.format"

local law = {}

local book

do
    local path = debug.getinfo(1, "S").source:match("^@(.*)lua$") .. "json"
    local file = assert(io.open(path))

    book = assert(cjson.decode(file:read("*a")))
    file:close()
end

local DAY_MS = 24 * 3600 * 1000
local NEAR = 30                 -- bytes after a word in which its price stands


-- Words are found also with blanks, dots or the like between their letters
-- ("最 佳", "最·佳"), and in full-width letters.
local BETWEEN = [=[[\s\p{Z}\p{Cf}·•．.。,，*_~\-—]+]=]

local function squeezed(line)
    local wide = line:gsub("\239\188([\129-\191])", function(byte)
        return string.char(byte:byte() - 0x80 + 0x20)
    end):gsub("\239\189([\128-\158])", function(byte)
        return string.char(byte:byte() - 0x80 + 0x60)
    end)
    local lower = wide:lower()

    return ngx.re.gsub(lower, [=[(?<=\p{Han})]=] .. BETWEEN
                       .. [=[(?=\p{Han})]=], "", "jou") or lower
end


-- Where a word is, and in none of those in which it means something else.
local function has(line, word, but)
    local from = 1

    while true do
        local at, till = line:find(word, from, true)

        if not at then
            return false
        end

        local meant = true

        for _, other in ipairs(but or {}) do
            local inside = other:find(word, 1, true)
            local start = inside and at - inside + 1

            if start and start >= 1
               and line:sub(start, start + #other - 1) == other
            then
                meant = false
            end
        end

        if meant then
            return true
        end

        from = till + 1
    end
end


-- Prices that are said to be others than today's: in fen.
local function struck_in(line, words)
    local found = {}

    for _, word in ipairs(words) do
        local from = 1

        while true do
            local _, till = line:find(word, from, true)

            if not till then
                break
            end

            local amount = line:sub(till + 1, till + NEAR)
                :match("^[^%d\n]*(%d+%.?%d?%d?)")

            if amount then
                found[#found + 1] = {
                    word = word, fen = format.of_yuan(amount, NEAR),
                }
            end

            from = till + 1
        end
    end

    return found
end


--- What the texts of a form say that the law forbids.
-- @tparam table texts as of tuanbo.office.sheet; fields whose value nobody
-- reads are not looked at
-- @tparam[opt] number lowest_fen the lowest price of the goods in the last
-- seven days, as far as it is known
-- @treturn table a list of { field, word, rule, law, law_en, blocks,
-- lowest_fen }
function law.findings(texts, lowest_fen)
    local found, seen, names = {}, {}, {}

    for name in pairs(texts) do
        names[#names + 1] = name
    end

    table.sort(names)

    local function add(field, word, rule, lowest)
        local key = field .. " " .. word

        if not seen[key] then
            seen[key] = true
            found[#found + 1] = {
                field = field, word = word, rule = rule.rule, law = rule.law,
                law_en = rule.law_en, blocks = rule.blocks,
                lowest_fen = lowest,
            }
        end
    end

    -- of 全网最低价 and 最低价 the longer one says it
    local function is_part(field, word)
        for _, other in ipairs(found) do
            if other.field == field and other.word:find(word, 1, true) then
                return true
            end
        end
    end

    for _, name in ipairs(names) do
        local line = squeezed(texts[name])

        for _, rule in ipairs(book.rules) do
            for _, word in ipairs(rule.words) do
                if has(line, word, rule.but) and not is_part(name, word) then
                    add(name, word, rule)
                end
            end
        end

        for _, struck in ipairs(struck_in(line, book.struck.words)) do
            if not lowest_fen or struck.fen > lowest_fen then
                add(name, struck.word, book.struck, lowest_fen)
            end
        end
    end

    return found
end


--- The lowest price of each product's sales that were on within seven days.
-- @tparam table engine
-- @tparam function product_of the product's id of a sale's id
-- @tparam number now
-- @treturn table fen by the product's id
function law.lowest(engine, product_of, now)
    local since = now - book.struck.days * DAY_MS
    local lowest = {}

    local function take(list)
        for _, sale in ipairs(list or {}) do
            -- what is given has no price
            if (sale.opens_at or 0) <= now and sale.price_fen then
                local product = product_of(sale.id)

                lowest[product] = math.min(lowest[product] or math.huge,
                                           sale.price_fen)
            end
        end
    end

    take((engine.all_current()))

    local before, list

    for _ = 1, 5 do
        list, before = engine.ended(before, 100)

        local last = list and list[#list]

        for i = list and #list or 0, 1, -1 do
            local sale = list[i]

            -- its hour may have been over when it was defined
            if math.min(sale.ended_at, sale.closes_at or sale.ended_at)
               < since
            then
                table.remove(list, i)
            end
        end

        take(list)

        if not before or not last or last.ended_at < since then
            break
        end
    end

    return lowest
end


return law
