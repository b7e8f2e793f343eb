-- What became of an order, as its page shows it: where the goods of each line
-- are, what was said to be wrong with them, what is paid back and why. Each
-- takes the page's context first, and the hold as engine.hold() gives it.

local documents = require "tuanbo.documents"
local format = require "tuanbo.format"
local goods = require "tuanbo.goods"

local CHOICES = 8       -- quantities that get a button each
local REASONS = { "bad", "short", "damaged", "wrong" }

-- where goods are, in the order in which a buyer wants to know it
local PLACES = { "ready", "awaited", "handed_over", "short", "off" }

local order = {}


-- What the record says, or nil.
local function given(value)
    return value ~= ngx.null and value or nil
end


-- Of each sale: what is owed, or is back, for each reason, and for all.
local function sums_of(hold)
    local sums = {}

    for _, debt in ipairs(hold.debts or {}) do
        local sale = given(debt.sale) or ""
        local sum = sums[sale] or { all = 0 }

        sums[sale] = sum
        sum[debt.reason] = (sum[debt.reason] or 0) + debt.amount_fen
        sum.all = sum.all + debt.amount_fen
    end

    return sums
end


-- Where the goods are: as the engine says; "off" when none come any more,
-- though none were short. nil: nothing is paid.
local function place_of(line, shown)
    if line.goods == "awaited" and (shown.failed or shown.called_off)
       or (line.goods == "awaited" or line.goods == "ready")
          and line.coming == 0
    then
        return "off"
    end

    return line.goods
end


-- What there is to say of a line beside its place.
local function note_of(c, line, shown, it, sum)
    local unit = it and it.unit or c.say("unit")
    local missing = line.short_qty or 0
    local short = sum and sum.short and format.yuan(sum.short)

    if shown.place == "handed_over" and line.handed_at then
        return c.say("line.handed_over", {
            when = format.when(c.say, line.handed_at, c.now) })

    elseif shown.place == "short" then
        return short and c.say("line.short", { yuan = short }) or nil

    elseif shown.place == "ready" then
        local since = line.ready_at and c.say("line.ready", {
            when = format.when(c.say, line.ready_at, c.now) })

        return missing == 0 and since
               or c.say("line.short.some", { count = missing, unit = unit,
                                             yuan = short or "0" })
                  .. (since and " " .. since or "")

    elseif shown.failed then
        return c.say("order.line.failed", {
            goal = it.goal.goal, unit = unit, yuan = shown.sum })

    elseif shown.place == "off" then
        local yuan = sum and format.yuan(sum.all) or shown.sum

        return c.say(shown.called_off and "line.called_off" or "line.off",
                     { yuan = yuan })
    end

    return nil
end


-- The form that says what was wrong with a line; nil where the engine would
-- not take it.
local function claim_form(c, hold, line, it)
    local most = line.claim_qty or 0
    local till = line.claim_until
    local unit = it and it.unit or c.say("unit")
    local quantities, reasons = {}, {}

    if most == 0 or till and till <= c.now then
        return nil
    end

    for i = 1, math.min(most, CHOICES) do
        quantities[i] = { count = i, chosen = i == 1 }
    end

    if most > CHOICES then
        quantities[CHOICES] = { count = most }
    end

    for i, reason in ipairs(REASONS) do
        reasons[i] = { id = reason, name = c.say("claim.reason." .. reason),
                       chosen = i == 1 }
    end

    return {
        id = "claim-" .. line.sale,
        action = "/api/holds/" .. hold.id .. "/claims"
                 .. (c.tag and "?link=" .. c.tag or ""),
        sale = line.sale,
        unit = unit,
        quantities = quantities,
        reasons = reasons,
        till = till and line.goods == "handed_over"
               and c.say("claim.until", {
                   time = format.when(c.say, till, c.now) })
               or c.say("claim.at_once"),
        till_at = till,
    }
end


-- The lines; the group of which most is still missing, which the page shows;
-- how many lines are at each place.
function order.lines(c, hold)
    local lines, group = {}, nil
    local sums, places = sums_of(hold), {}

    for i, line in ipairs(hold.lines) do
        local sale = c.engine.sale(line.sale)
        local it = sale and goods.of(c, sale)
        local shown = {
            title = it and it.title or line.sale,
            href = "/s/" .. line.sale,
            picture = it and it.picture,
            unit = it and it.unit or c.say("unit"),
            amount = c.say("line.amount", {
                count = line.qty, unit = it and it.unit or c.say("unit"),
                yuan = format.yuan(line.price_fen) }),
            off = line.off_fen > 0 and c.say("line.reduced", {
                yuan = format.yuan(line.off_fen) }),
            sum = format.yuan(line.qty * line.price_fen - line.off_fen),
            called_off = it and it.called_off,
            session = it and it.session,
        }

        if it and it.goal_by_pickup and given(hold.pickup) then
            it.goal = goods.group_of(c, it, hold.pickup)
        end

        shown.failed = it and it.goal and it.goal.failed
        shown.place = place_of(line, shown)
        shown.note = note_of(c, line, shown, it, sums[line.sale])
        shown.claim = claim_form(c, hold, line, it)
        lines[i] = shown

        if shown.place then
            places[shown.place] = (places[shown.place] or 0) + 1
        end

        if it and it.goal and not shown.failed and shown.place ~= "off"
           and (not group or it.goal.left > group.left)
        then
            group = it.goal
            group.unit = it.unit
            group.sale = it
        end
    end

    return lines, group, places
end


-- The lines of an order by where their goods are. An order whose money is on
-- its way back is told so by its head: what does not come is told first there.
function order.places(c, lines, pickup)
    local found = {}

    for _, place in ipairs(PLACES) do
        local here = {}

        for _, line in ipairs(lines) do
            if line.place == place then
                here[#here + 1] = line
            end
        end

        if #here > 0 then
            found[#found + 1] = {
                id = place,
                name = c.say("place." .. place),
                why = place ~= "handed_over" and place ~= "off"
                      and c.say("place." .. place .. ".why"),
                good = place == "handed_over",
                pickup = place == "ready" and pickup,
                lines = here,
            }
        end
    end

    return found
end


local function titles_of(hold, lines)
    local titles = {}

    for i, line in ipairs(hold.lines) do
        titles[line.sale] = lines[i]
    end

    return titles
end


-- Money back, in words: when it is due, or when it went.
local function back_of(c, debt)
    local back = given(debt.refunded_at)

    return c.say(back and "debt.back" or "debt.due", {
        yuan = format.yuan(debt.amount_fen),
        time = format.when(c.say, back or debt.due_at, c.now),
    })
end


-- What is owed back, or is back: one for each debt of the record. nil: none.
function order.debts(c, hold, lines)
    local debts, all = {}, 0
    local titles = titles_of(hold, lines)

    for i, debt in ipairs(hold.debts or {}) do
        local line = titles[given(debt.sale)]

        all = all + debt.amount_fen
        debts[i] = {
            title = line and line.title or c.say("debt.payment"),
            why = c.say("debt.why." .. debt.reason),
            state = back_of(c, debt),
        }
    end

    if #debts > 1 then
        debts.sum = c.say("debts.sum", { yuan = format.yuan(all) })
    end

    return debts[1] and debts
end


-- The debt that a claim has become: of the same line for the same reason, each
-- of one claim. nil: nothing was left to pay back.
local function debt_of(hold, claim, taken)
    for _, debt in ipairs(hold.debts or {}) do
        if not taken[debt] and given(debt.sale) == claim.sale
           and debt.reason == claim.reason
           and debt.owed > tonumber(claim.id)
        then
            taken[debt] = true
            return debt
        end
    end

    return nil
end


-- What was said to be wrong, and what became of it. nil: nothing was.
function order.claims(c, hold, lines)
    local claims, taken = {}, {}
    local titles = titles_of(hold, lines)

    for i, claim in ipairs(hold.claims or {}) do
        local line = titles[claim.sale]
        local state

        if claim.state == "open" then
            state = c.say(claim.due_at > c.now and "claim.open"
                          or "claim.open.late", {
                time = format.when(c.say, claim.due_at, c.now) })

        elseif claim.state == "accepted" then
            local debt = debt_of(hold, claim, taken)

            state = c.say("claim.accepted", {
                back = debt and back_of(c, debt)
                       or c.say("claim.accepted.before") })
        else
            state = c.say("claim.denied")
        end

        claims[i] = {
            state = state,
            what = c.say("claim.what", {
                title = line and line.title or claim.sale,
                count = claim.qty, unit = line and line.unit or c.say("unit"),
                why = c.say("claim.reason." .. claim.reason) }),
        }
    end

    return claims[1] and claims
end


-- 1: some claim waits for its answer.
local function is_open(hold)
    for _, claim in ipairs(hold.claims or {}) do
        if claim.state == "open" then
            return true
        end
    end

    return false
end


-- Whether a page of this order may still change.
function order.moves(hold)
    return hold.state == "sold" or hold.state == "ready"
           or hold.state == "refund_due" or hold.owed_fen > 0
           or is_open(hold)
end


-- All that may change but its state, for a script that has the hold's JSON:
-- tuanbo.js makes the same of it.
function order.news(hold)
    local news = { hold.owed_fen, hold.refunded_fen }

    if hold.state == "queued" then
        news[#news + 1] = hold.ahead
    end

    for _, line in ipairs(hold.lines) do
        news[#news + 1] = line.goods or ""
    end

    for _, claim in ipairs(hold.claims or {}) do
        news[#news + 1] = claim.state
    end

    return table.concat(news, " ")
end


-- The words in which a sale was cancelled, where the shop gave some.
function order.words(c, sale)
    local doc = documents.get(c.engine, "cancelled", sale)

    return doc and doc.reason
           and c.say("sale.called_off.words", { words = doc.reason })
end


return order
