-- A hold, and after the payment the order: the same address. Private.

local format = require "tuanbo.format"
local goods = require "tuanbo.goods"
local problems = require "tuanbo.problems"
local qr = require "tuanbo.qr"

local SOON_MS = 5000
local CONFIRM_S = 2             -- without scripts, between two looks
local CONFIRM_MAX = 10          -- looks

local ordered = { sold = true, ready = true, picked_up = true }
local repaid = { refund_due = true, refunded = true }


local function lines_of(c, hold)
    local lines = {}
    local group

    for i, line in ipairs(hold.lines) do
        local sale = c.engine.sale(line.sale)
        local it = sale and goods.of(c, sale)

        lines[i] = {
            title = it and it.title or line.sale,
            href = "/s/" .. line.sale,
            picture = it and it.picture,
            amount = c.say("line.amount", {
                count = line.qty, unit = it and it.unit or c.say("unit"),
                yuan = format.yuan(line.price_fen) }),
            sum = format.yuan(line.qty * line.price_fen),
        }

        if it and it.goal_by_pickup and hold.pickup
           and hold.pickup ~= ngx.null
        then
            it.goal = goods.group_of(c, it, hold.pickup)
        end

        if it and it.goal and it.goal.failed then
            lines[i].failed = true
            lines[i].note = c.say("order.line.failed", {
                goal = it.goal.goal, unit = it.unit, yuan = lines[i].sum })
        end

        -- the page shows one group: that of which most is still missing
        if it and it.goal and not it.goal.failed
           and (not group or it.goal.left > group.left)
        then
            group = it.goal
            group.unit = it.unit
            group.sale = it
        end
    end

    return lines, group
end


local function steps_of(c, hold, group)
    local state = hold.state
    local steps = {}

    local function add(name, done, note)
        steps[#steps + 1] = { name = c.say("order.step." .. name),
                              done = done, note = note,
                              good = done and (name == "group"
                                               or name == "picked_up") }
    end

    add("paid", true)

    if group then
        local done = group.formed or state ~= "sold"

        add("group", done, not done and c.say("order.step.group.wait", {
            left = goods.live("missing", group.left), unit = group.unit }))

        -- The stream has the numbers of a sale's group, not those of a pickup
        -- point's. For one of these the page fetches itself again when the
        -- sale's numbers change.
        if not done then
            steps[#steps].sale = group.sale.id
            steps[#steps].sale_state = group.sale.state
            steps[#steps].goal = not group.sale.goal_by_pickup and group.goal
        end
    end

    add("ready", state == "ready" or state == "picked_up")
    add("picked_up", state == "picked_up")

    local now_found = false

    for _, step in ipairs(steps) do
        if not step.done and not now_found then
            step.now, now_found = true, true
        end

        step.word = c.say("order.step." .. (step.done and "done"
                          or step.now and "now" or "later"))
    end

    return steps
end


-- What the record says, or nil.
local function given(value)
    return value ~= ngx.null and value or nil
end


-- What is owed back, or is back: one for each debt of the record. nil: none.
local function debts_of(c, hold, lines)
    local debts = {}
    local titles = {}

    for i, line in ipairs(hold.lines) do
        titles[line.sale] = lines[i].title
    end

    for i, debt in ipairs(hold.debts or {}) do
        local back = given(debt.refunded_at)
        local at = back or debt.due_at

        debts[i] = {
            title = given(debt.sale) and titles[debt.sale]
                    or c.say("debt.payment"),
            why = c.say("debt.why." .. debt.reason),
            state = c.say(back and "debt.back" or "debt.due", {
                yuan = format.yuan(debt.amount_fen),
                time = format.when(c.say, at, c.now) }),
        }
    end

    return debts[1] and debts
end


local function common(c, hold)
    local lines, group = lines_of(c, hold)

    return {
        id = hold.id,
        state = hold.state,
        state_word = c.say("state." .. hold.state),
        lines = lines,
        debts = debts_of(c, hold, lines),
        group = group,
        yuan = format.yuan(hold.amount_fen),
        pickup = goods.pickup(c, hold.pickup),
        placed = format.when(c.say, hold.created_at, c.now),
        again = lines[1] and lines[1].href or "/",
    }
end


local function failed_of(it)
    local titles = {}

    for _, line in ipairs(it.lines) do
        if line.failed then
            titles[#titles + 1] = line.title
        end
    end

    return titles
end


-- Why money goes back, as far as the records say: a group that did not form,
-- or what each debt says. What is left is a payment that the engine could not
-- use, of which no debt is written yet.
local function reason_of(c, it)
    local failed = failed_of(it)

    if #failed > 0 then
        return c.say("order.reason.group",
                     { names = table.concat(failed, c.say("and")) })
    end

    return not it.debts and c.say("order.reason.payment") or nil
end


-- The pickup code is for what is there: before, the page says that it will
-- come, and after, it is of no use.
local function code_of(c, hold, view)
    if hold.state == "sold" then
        view.code_line = c.say("order.code.later")

    elseif hold.state == "ready" then
        view.pickup_code = format.pickup_code(hold.id)
        view.qr = qr.of("tuanbo:" .. hold.id .. ":"
                        .. view.pickup_code:gsub(" ", ""))
    end
end


-- Where it can be collected: the points that the pages of all its sales offer.
-- nil when there is none but the one that it has.
local function points_of(c, hold)
    local points, offered = nil, {}

    for i, line in ipairs(hold.lines) do
        local sale = c.engine.sale(line.sale)
        local found = {}

        for _, point in ipairs(sale and goods.points(c, sale) or {}) do
            if i == 1 or offered[point.id] then
                found[#found + 1] = point
            end
        end

        points, offered = found, {}

        for _, point in ipairs(found) do
            offered[point.id] = true
        end
    end

    for _, point in ipairs(points) do
        point.chosen = point.id == hold.pickup
    end

    return #points > (offered[hold.pickup] and 1 or 0) and points or nil
end


-- options: called (name and digits, or nil), code, changing (the name: 1;
-- where it is collected: pickup), bad (the field that was wrong), back (from
-- the checkout: how often the page has looked for the news).
return function(c, hold, options)
    local it = common(c, hold)
    local code = options.code
    local view = {
        it = it,
        called = options.called,
        problem = code and code ~= "checkout_down"
                  and problems.line(c.say, code),
        watches = {},
        private = true,
    }

    local state = hold.state

    -- the groups of all lines have failed; the ledger's lines that give the
    -- money back follow within moments
    if state == "sold" and #failed_of(it) == #it.lines then
        state = "refund_due"
    end

    if ordered[state] then
        local waits = hold.state == "sold" and it.group
                      and not it.group.formed

        view.title = c.say(waits and "order.sold.group"
                           or "order." .. hold.state)
        view.steps = steps_of(c, hold, it.group)
        view.watches = waits and { it.group.sale } or {}
        code_of(c, hold, view)
        view.follow = hold.state ~= "picked_up"

        return "order", view
    end

    if repaid[state] then
        view.title = c.say("order." .. state)
        view.reason = reason_of(c, it)
        -- what goes back may be another sum than the order's
        local fen = state == "refunded" and hold.refunded_fen or hold.owed_fen

        view.why = c.say("order." .. state .. ".why", {
            yuan = fen > 0 and format.yuan(fen) or it.yuan })
        view.follow = state ~= "refunded"

        return "over", view
    end

    if hold.state == "held" or hold.state == "paying" then
        local at = hold.expires_at
        local clock = format.till(c.say, at, c.now)

        view.title = c.say(hold.state == "held" and "hold.title"
                           or "hold.paying")
        view.paying = hold.state == "paying"
        view.expires_at = at
        view.until_line = c.say("hold.until", { clock = clock })
        view.span = format.span(c.say, at - c.now)
        -- who cannot be asked for a name just now can pay all the same
        view.asks = not options.called and not options.unnamed
                    or options.changing == "1" or options.bad
        view.points = points_of(c, hold)
        view.moves = view.points and options.changing == "pickup"
        view.bad = options.bad
        view.down = code == "checkout_down"
                    and c.say("hold.checkout_down.why", { clock = clock })
        view.follow = true

        -- Back from the checkout: what was paid is told in a moment, so no
        -- second way to pay is offered before. Without scripts the address
        -- counts how often the page has looked.
        if view.paying and options.back and options.back <= CONFIRM_MAX then
            view.title = c.say("hold.confirm")
            view.confirm_ms = (CONFIRM_MAX - options.back + 1) * CONFIRM_S
                              * 1000
            view.refresh_s = CONFIRM_S
            view.refresh_to = "/h/" .. hold.id .. (options.back < CONFIRM_MAX
                              and "?back=" .. options.back + 1 or "")

            return "hold", view
        end

        -- a page without scripts looks again: soon for news of a payment,
        -- and right after the hold's time, but not while somebody types
        if not view.asks and not view.moves then
            view.refresh_s = math.ceil((at - c.now) / 1000) + 1

            if view.paying then
                view.refresh_s = math.min(view.refresh_s, SOON_MS / 1000)
            end
        end

        return "hold", view
    end

    -- released, expired, cancelled
    view.title = c.say("hold." .. hold.state)
    view.why = c.say("hold." .. hold.state .. ".why")
    view.again = true
    view.follow = hold.state == "expired"

    return "over", view
end
