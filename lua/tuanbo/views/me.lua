-- My orders. Private.

local format = require "tuanbo.format"
local goods = require "tuanbo.goods"
local qr = require "tuanbo.qr"
local unpaid = require "tuanbo.views.unpaid"

local PAGE = 20

local need_me = { held = true, paying = true, ready = true,
                  ["sold.some"] = true }


-- Its state, and whether some of it can be collected.
local function state_of(hold)
    for _, line in ipairs(hold.state == "sold" and hold.lines or {}) do
        if line.goods == "ready" then
            return "sold.some"
        end
    end

    return hold.state
end


-- What is known of somebody, in lines.
local function known_of(c, buyer, origin)
    local me = c.engine.me(buyer.id)

    if not me then
        return nil
    end

    local counts = me.counts

    return {
        counts = c.say(counts.complete and "me.known.counts"
                       or "me.known.counts.more", {
            orders = counts.orders, waiting = counts.to_collect,
        }),
        code = c.say("me.known.code", { code = me.code }),
        link = origin .. "/?from=" .. me.code,
        -- without a name there may be comments, and what was noted
        can_erase = not (me.contact and me.contact.leaving),
        leaving = me.contact and me.contact.leaving,
    }
end


-- The link that brings a neighbour, where the shop gives something for it.
local function bring(c, known)
    local given = known and c.engine.document("shop", "referral")

    return given and { link = known.link, qr = qr.of(known.link) } or nil
end


-- called: as of session.called(), in a list; left: what erasing came to;
-- origin: where links to this shop begin.
return function(c, buyer, before, called, bad, left, origin)
    local list, next_before, shown = {}, nil, {}

    if buyer then
        local code

        list, next_before = c.engine.holds(buyer.id, before, PAGE)

        if not list then
            code = next_before
            return nil, code
        end
    end

    for i, hold in ipairs(list) do
        local state = state_of(hold)
        local names, picture, called_off = unpaid.names(c, hold)
        local live = hold.state == "held" or hold.state == "paying"

        -- nobody should pay for what the shop has cancelled
        if live and called_off then
            state, live = "called_off", false
        end

        shown[i] = {
            href = "/h/" .. hold.id,
            title = names,
            picture = picture,
            yuan = format.yuan(hold.amount_fen),
            word = c.say("state." .. state),
            time = live and unpaid.time(c, hold),
            state = hold.state,
            acts = need_me[state],
            good = state == "sold.some" or state == "ready"
                   or state == "picked_up",
            placed = format.when(c.say, hold.created_at, c.now),
        }
    end

    if next_before == ngx.null then
        next_before = nil
    end

    local known = buyer and not called[2] and known_of(c, buyer, origin)

    return "me", {
        title = c.say("me.title"),
        known = buyer ~= nil,
        orders = shown,
        older = next_before and "/me?before=" .. next_before,
        called = called[1],
        unnamed = called[2] ~= nil,
        bad = bad,
        asks = buyer and not called[2] and (not called[1] or bad),
        known_of = known,
        bring = bring(c, known),
        left = (left == "erased" or left == "leaving")
               and c.say("me.left." .. left),
        by_login = c.by_login,
        leaders = #shown == 0 and goods.leaders(c) or {},
        watches = {},
        private = true,
    }
end
