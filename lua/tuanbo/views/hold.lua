-- A hold, and after the payment the order: the same address. Private.

local format = require "tuanbo.format"
local gifts = require "tuanbo.gifts"
local giving = require "tuanbo.giving"
local goods = require "tuanbo.goods"
local link = require "tuanbo.link"
local order = require "tuanbo.order"
local problems = require "tuanbo.problems"
local qr = require "tuanbo.qr"
local session = require "tuanbo.session"
local slip = require "tuanbo.slip"
local text = require "tuanbo.text"

local SOON_MS = 5000
local CONFIRM_S = 2             -- without scripts, between two looks
local WAIT_S = 15         -- a page without scripts looks so often for its turn
local CONFIRM_MAX = 10          -- looks
local GIFTS_MAX = 100           -- of a buyer's, looked at for a hold

local ordered = { sold = true, ready = true, picked_up = true }
local repaid = { refund_due = true, refunded = true }


local function steps_of(c, hold, it)
    local state, group = hold.state, it.group
    local there = (it.places.ready or 0) + (it.places.handed_over or 0)
    local steps = {}

    local function add(name, done, note)
        steps[#steps + 1] = { name = c.say("order.step." .. name),
                              done = done, note = note,
                              good = done and (name == "group"
                                               or name == "picked_up") }
    end

    add("paid", true)

    if group then
        local done = group.formed or there > 0

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

    add("ready", state == "ready" or state == "picked_up",
        state == "sold" and there > 0
        and c.say("order.step.ready.some", { count = there,
                                             all = #it.lines }))
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


local function common(c, hold)
    local lines, group, places = order.lines(c, hold)
    local pickup = goods.pickup(c, hold.pickup)

    return {
        id = hold.id,
        state = hold.state,
        state_word = c.say("state." .. hold.state),
        lines = lines,
        places = places,
        shelves = order.places(c, lines, pickup),
        debts = order.debts(c, hold, lines),
        claims = order.claims(c, hold, lines),
        news = order.news(hold),
        group = group,
        yuan = format.yuan(hold.amount_fen),
        off = #lines > 1 and (hold.off_fen or 0) > 0
              and c.say("line.reduced", { yuan = format.yuan(hold.off_fen) }),
        pickup = pickup,
        placed = format.when(c.say, hold.created_at, c.now),
        again = lines[1] and lines[1].href or "/",
    }
end


-- The titles of the lines that are so, one after the other; nil: none is.
local function titles_of(c, it, is_so)
    local titles = {}

    for _, line in ipairs(it.lines) do
        if is_so(line) then
            titles[#titles + 1] = line.title
        end
    end

    return titles[1] and table.concat(titles, c.say("and"))
end


local function is_failed(line)
    return line.failed and line.place ~= "handed_over"
end


local function is_called_off(line)
    return line.called_off and line.place ~= "handed_over"
end


local function is_not_called_off(line)
    return not line.called_off
end


local function is_off(line)
    return line.place == "off"
end


local function is_short(line)
    return line.place == "short"
end


-- Why money goes back, as far as the records say: a group that did not form,
-- a sale that was cancelled, goods that did not come, an order that was
-- cancelled, or what each debt says. What is left is a payment that the engine
-- could not use, of which no debt is written yet.
local function reason_of(c, it)
    for _, why in ipairs {
        { "group", is_failed }, { "called_off", is_called_off },
        { "short", is_short }, { "off", is_off },
    } do
        local names = titles_of(c, it, why[2])

        if names then
            return c.say("order.reason." .. why[1], { names = names })
        end
    end

    return not it.debts and c.say("order.reason.payment") or nil
end


-- What the shop said of sales that it has cancelled.
local function words_of(c, hold, it)
    local words = {}

    for i, line in ipairs(it.lines) do
        words[#words + 1] = line.called_off
                            and order.words(c, hold.lines[i].sale) or nil
    end

    return words
end


-- The pickup code is for what is there: before, the page says that it will
-- come, and after, it is of no use.
local function code_of(c, hold, view)
    local places = view.it.places

    if places.ready then
        view.pickup_code = format.pickup_code(hold.id)
        view.qr = qr.of(slip.text(hold.id, view.pickup_code, hold.pickup,
                                  c.now))

    elseif places.awaited then
        view.code_line = c.say("order.code.later")
    end
end


-- The way to give the order back, while there is one.
local function cancel_of(c, hold, it)
    local till = hold.cancel_until

    if not till or till <= c.now then
        return nil
    end

    local clock = { clock = format.till(c.say, till, c.now) }

    return {
        at = till,
        till = c.say(it.group and "order.cancel.until.group"
                     or "order.cancel.until", clock),
        what = c.say("order.cancel.what", {
            yuan = it.yuan, length = format.length(c.say, hold.refund_ms),
        }),
        go = c.say("order.cancel.do", { yuan = it.yuan }),
    }
end


-- The order's private link, or the way to make one.
local function link_of(hold)
    local path = link.of(hold.id)

    return { url = path and session.origin() .. path }
end


-- The words of a refusal. It was too late for one of two things.
local function refusal_of(c, code, it, reason)
    if code == "gift_unusable" and text.has(c.lang, "problem.gift_unusable."
                                            .. (reason or "")) then
        return c.say("problem.gift_unusable." .. reason)
    end

    if code == "too_late" then
        local there = it.places.ready or it.places.handed_over

        return c.say(there and "problem.too_late.claim"
                     or "problem.too_late.cancel")
    end

    return code and code ~= "checkout_down" and problems.line(c.say, code)
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


-- What a page calls a sale.
local function title_of(c)
    return function(id)
        local sale = c.engine.sale(id)

        return sale and goods.of(c, sale).title or id
    end
end


-- What somebody has of a giving: what it is good for, until when, and what
-- there is to do with it.
local function gift_of(c, hold, view, buyer)
    local sale = c.engine.sale(hold.lines[1].sale)
    local code
    local done = hold

    if buyer then
        done, code = gifts.complete(buyer.id, hold)
    end

    if not done then
        return nil, code
    end

    local gift = giving.gift(c, hold, sale and goods.of(c, sale))

    view.gift = gift
    view.title = c.say("gift.title." .. gift.state)
    view.how = c.say("gift.how." .. gift.state)
    view.places = giving.places(hold.gift.sales, title_of(c))
    view.anywhere = gift.worth and not hold.gift.sales

    -- it is handed over as an order is, to whoever says its digits
    if gift.state == "thing" or gift.state == "won.thing" then
        view.pickup_code = format.pickup_code(hold.id)
        view.qr = qr.of(slip.text(hold.id, view.pickup_code, hold.pickup,
                                  c.now))
        view.points = goods.pickups(c)
    end

    return "gift", view
end


-- The gifts of this buyer that a hold can use, with what each takes off it:
-- the engine says so; the one that it uses; and those that want a little more.
local function uses_of(c, hold, buyer)
    local uses = {}

    for _, one in ipairs(buyer and gifts.list(buyer.id, nil, GIFTS_MAX,
                                              hold.id) or {}) do
        local is_its = hold.gift == one.id

        if one.takes_fen or one.why == "too_little" or one.why == "bound" then
            local sale = c.engine.sale(one.lines[1].sale)
            local use = giving.gift(c, one, sale and goods.of(c, sale))

            use.chosen = is_its
            use.off = one.takes_fen and c.say(is_its and "use.chosen"
                                              or "use.off", {
                yuan = format.yuan(one.takes_fen) })
            use.why = one.why and c.say("use.why." .. one.why, {
                from = one.gift.from_fen
                       and format.yuan(one.gift.from_fen) or "" })
            table.insert(uses, is_its and 1 or #uses + 1, use)
        end
    end

    return uses[1] and uses
end


-- options: called (name and digits, or nil), code, changing (the name: 1;
-- where it is collected: pickup), bad (the field that was wrong), reason (why
-- a gift cannot be used), buyer (who asks), back (from the checkout: how often
-- the page has looked for the news).
return function(c, hold, options)
    local it = common(c, hold)
    local code = options.code
    local view = {
        it = it,
        called = options.called,
        problem = refusal_of(c, code, it, options.reason),
        called_off = words_of(c, hold, it),
        watches = {},
        private = true,
        to_room = not c.tag and goods.room_of(c, it.lines) or nil,
    }

    if type(hold.gift) == "table" then
        return gift_of(c, hold, view, options.buyer)
    end

    local state = hold.state

    -- nothing comes any more, because groups failed or sales were cancelled;
    -- the ledger's lines that give the money back follow within moments
    if state == "sold" and it.places.off == #it.lines then
        state = "refund_due"
    end

    -- something is to be collected yet, or was, whatever was paid back
    if repaid[state] and (it.places.ready or it.places.handed_over) then
        state = it.places.ready and "ready" or "picked_up"
    end

    if ordered[state] then
        local waits = state == "sold" and it.group and not it.group.formed
        local some = state == "sold" and it.places.ready

        view.title = c.say(some and "order.sold.some"
                           or waits and "order.sold.group"
                           or "order." .. state)
        view.steps = steps_of(c, hold, it)
        view.watches = waits and { it.group.sale } or {}
        code_of(c, hold, view)

        if not c.tag then
            view.cancel = cancel_of(c, hold, it)
            view.follow = order.moves(hold)
            view.link = link_of(hold)
        end

        return "order", view
    end

    if repaid[state] then
        view.title = c.say("order." .. state)
        view.reason = reason_of(c, it)
        -- what goes back may be another sum than the order's
        local fen = state == "refunded" and hold.refunded_fen or hold.owed_fen

        view.why = c.say("order." .. state .. ".why", {
            yuan = fen > 0 and format.yuan(fen) or it.yuan })
        view.follow = not c.tag and order.moves(hold)
        view.linked = c.tag ~= nil

        return "over", view
    end

    if hold.state == "held" or hold.state == "paying" then
        local at = hold.expires_at
        local clock = format.till(c.say, at, c.now)

        view.title = c.say(hold.state == "held" and "hold.title"
                           or "hold.paying")
        view.paying = hold.state == "paying"

        local gone = titles_of(c, it, is_called_off)

        view.cancelled = gone and c.say("hold.called_off", { names = gone })
        -- nothing is left of it that could be paid for
        view.nothing = not titles_of(c, it, is_not_called_off)
        view.expires_at = at
        view.until_line = c.say("hold.until", { clock = clock })
        view.span = format.span(c.say, at - c.now)
        -- who cannot be asked for a name just now can pay all the same
        view.asks = not view.nothing
                    and (not options.called and not options.unnamed
                         or options.changing == "1" or options.bad)
        view.uses = hold.state == "held" and not view.nothing
                    and uses_of(c, hold, options.buyer)
        view.points = points_of(c, hold)
        view.moves = view.points and not view.nothing
                     and options.changing == "pickup"
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

    if hold.state == "queued" then
        view.title = c.say("wait.title")
        view.place = c.say(hold.ahead == 0 and "wait.first" or "wait.place", {
            ahead = hold.ahead, number = hold.number })
        view.follow = true
        view.refresh_s = WAIT_S

        return "wait", view
    end

    -- released, expired, cancelled
    view.title = c.say("hold." .. hold.state)
    view.why = c.say("hold." .. hold.state .. ".why")
    view.again = true
    view.follow = hold.state == "expired"

    return "over", view
end
