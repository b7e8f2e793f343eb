-- What a sale gives, in words: what it is worth, for what and until when it is
-- good, how many are left. By the terms that the engine keeps.

local format = require "tuanbo.format"

local DRAWN = { packet = true, ticket = true }      -- these have a page /draw/

local giving = {}


local function yuan(fen)
    return fen and format.yuan(fen)
end


-- The one thing to say of it, in the place of a price.
local function worth_of(c, terms, it)
    local say = c.say

    if terms.kind == "coupon" then
        return say(terms.from_fen and "give.coupon" or "give.coupon.any", {
            from = yuan(terms.from_fen or 0), off = yuan(terms.off_fen) })

    elseif terms.kind == "packet" then
        return say("give.packet", { yuan = yuan(terms.total_fen),
                                    count = it.stock })

    elseif terms.kind == "ticket" then
        local count = 0

        for _, prize in ipairs(terms.prizes) do
            count = count + prize.count
        end

        return say("give.ticket", { count = count })
    end

    return terms.title
end


local function prizes_of(c, terms)
    local prizes = {}

    for i, prize in ipairs(terms.prizes or {}) do
        prizes[i] = {
            title = prize.title,
            count = c.say("draw.count", { count = prize.count }),
            off = prize.off_fen and c.say("gift.worth", {
                yuan = yuan(prize.off_fen) }),
        }
    end

    return prizes
end


-- Some of what may be won takes something off, so that it matters of what.
local function is_money(terms)
    for _, prize in ipairs(terms.prizes or {}) do
        if prize.off_fen then
            return true
        end
    end

    return terms.kind == "coupon" or terms.kind == "packet"
end


-- How it stands, when there is none to take; nil: there is.
local function state_of(c, sale, it)
    local say = c.say

    if sale.called_off then
        return say("give.called_off")
    elseif sale.state == "sold_out" then
        return say("give.sold_out")
    elseif sale.state == "closed" then
        return sale.ended_at and say("give.ended", {
            when = format.when(say, sale.ended_at, c.now) })
            or say("give.closed")
    elseif sale.state == "paused" then
        return say("give.paused")
    elseif sale.state == "scheduled" and it.opens_at then
        return say("give.opens", {
            when = format.when(say, it.opens_at, c.now) })
    end

    return nil
end


--- The terms of a giving.
-- @treturn table|nil as of `GET /api/sales/ID`
function giving.terms(c, id)
    return c.engine.document("terms", id)
end


--- What somebody may use a gift of it for: {href=, title=} each, none: all.
-- @tparam table c
-- @tparam table|nil sales ids
-- @tparam function title_of(id)
function giving.places(sales, title_of)
    local places = {}

    for i, id in ipairs(sales or {}) do
        places[i] = { href = "/s/" .. id, title = title_of(id) }
    end

    return places
end


--- Into what goods.of() made of the sale. live(name, value): a number that the
-- events keep up to date.
function giving.add(c, sale, it, live)
    local say = c.say
    local kind = sale.gives
    local terms = giving.terms(c, sale.id)
    local unit = say("give.unit." .. kind)
    local length = terms and terms.valid_ms
                   and format.length(say, terms.valid_ms)

    it.price, it.price_each = nil, nil
    it.gives = {
        kind = kind,
        name = say("give.kind." .. kind),
        go = say("give.take." .. kind),
        worth = terms and worth_of(c, terms, it) or say("give.kind." .. kind),
        by_desk = sale.by_desk and say(kind == "ticket"
                                       and "give.by_desk.ticket"
                                       or "give.by_desk"),
        prizes = terms and prizes_of(c, terms) or {},
        from = terms and terms.from_fen and kind ~= "coupon"
               and say("gift.from", { yuan = yuan(terms.from_fen) }),
        valid = length and say(kind == "ticket" and "give.valid.drawn"
                               or "give.valid", { length = length }),
        money = terms ~= nil and is_money(terms),
        sales = terms and terms.sales,
        commit = terms and terms.commit,
        draw = DRAWN[kind] and "/draw/" .. sale.id or nil,
        draws = kind == "ticket" and (it.closes_at and say("give.draws", {
            when = format.when(say, it.closes_at, c.now) })
            or say("give.draws.later")),
        beacon = terms and terms.beacon and say("give.beacon", {
            source = terms.beacon.source,
            round = string.format("%.0f", terms.beacon.round) }),
    }
    it.unit = unit
    it.state_line = state_of(c, sale, it)
    it.left_line = say("sale.left", { free = live("free", sale.free),
                                      unit = unit })
    it.taken_line = say("give.taken", { taken = live("taken", it.taken),
                                        stock = sale.stock })
    it.taken_label = say("give.taken.label")
    it.limit_line = sale.limit and say("give.limit", { count = sale.limit,
                                                       unit = unit })
    it.closes_line = it.closes_at and say("give.closes", {
        when = format.when(say, it.closes_at, c.now) })
    it.opens_line = it.opens_at and say("give.opens", {
        when = format.when(say, it.opens_at, c.now) })
    it.cancel_line = nil
end


-- The title of what a ticket has won, by the terms.
local function prize_of(c, hold)
    if hold.prize then
        return hold.prize.title
    end

    local terms = hold.prize_index and giving.terms(c, hold.lines[1].sale)
    local prize = terms and terms.prizes and terms.prizes[hold.prize_index]

    return prize and prize.title
end


--- How a gift stands: a word for the texts gift.state.*, and whether there is
-- something to do with it.
-- @tparam table hold as of gifts.list()
function giving.state(hold)
    if hold.state == "used" then
        return hold.thing and "handed_over" or "used", false

    elseif hold.state == "bound" or hold.state == "over" then
        return hold.state, hold.state == "bound"

    elseif hold.gift.kind == "ticket" and not hold.drawn then
        return "waits", false

    elseif hold.gift.kind == "ticket" and not hold.prize_index then
        return "lost", false

    elseif hold.prize_index then
        return hold.thing and "won.thing" or "won", true
    end

    return hold.thing and "thing" or "usable", true
end


--- A gift as pages show it. it: what goods.of() says of its giving, or nil.
-- @tparam table c
-- @tparam table hold as of gifts.list()
function giving.gift(c, hold, it)
    local gift, say = hold.gift, c.say
    local state, acts = giving.state(hold)
    local title = it and it.title or hold.lines[1].sale

    return {
        id = hold.id,
        href = "/h/" .. hold.id,
        kind = gift.kind,
        title = title,
        state = state,
        acts = acts,
        thing = hold.thing,
        word = say("gift.state." .. state),
        prize = prize_of(c, hold),
        worth = gift.off_fen and say("gift.worth", {
            yuan = yuan(gift.off_fen) }),
        from = gift.from_fen and gift.off_fen and say("gift.from", {
            yuan = yuan(gift.from_fen) }),
        till = gift.valid_until_at and hold.state ~= "used"
               and say(hold.state == "over" and "gift.until.over"
                       or "gift.until", {
                   clock = format.when(say, gift.valid_until_at, c.now) }),
        number = say("gift.number." .. gift.kind, {
            number = string.format("%.0f", gift.number) }),
        draw = DRAWN[gift.kind] and "/draw/" .. hold.lines[1].sale or nil,
        used_by = hold.used_by and "/h/" .. hold.used_by,
        picture = it and it.picture,
    }
end


return giving
