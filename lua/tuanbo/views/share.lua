-- What one sends on to neighbours: of a sale, or of a session and its goods.
-- The numbers are the ledger's as of the moment the page is made, and the text
-- says so.

local format = require "tuanbo.format"
local goods = require "tuanbo.goods"
local qr = require "tuanbo.qr"

local LABEL = "share"       -- of a link that a neighbour sends on
local LINES_MAX = 20        -- goods of a session in the text


-- What is left, or how it stands. Plain text: nothing of it is live.
local function stands(c, it)
    if it.goal and it.open and not it.goal.formed and not it.goal.failed then
        return c.say("share.missing", { left = it.goal.left, unit = it.unit })
    end

    if it.open then
        return c.say("share.left", { free = it.free, unit = it.unit })
    end

    return it.state_line
end


local function line_of(c, it)
    local words = { it.title }

    if it.price then
        words[#words + 1] = c.say("share.price", { yuan = it.price,
                                                   unit = it.unit })
    end

    words[#words + 1] = stands(c, it)

    return table.concat(words, c.say("share.between"))
end


local function of_sale(c, it)
    local lines = { c.say("share.sale", { shop = c.shop, title = it.title }) }
    local places = {}

    if it.price then
        lines[#lines + 1] = c.say("share.price", { yuan = it.price,
                                                   unit = it.unit })
    end

    lines[#lines + 1] = stands(c, it)
    lines[#lines + 1] = it.open and it.closes_line or nil

    for i, point in ipairs(goods.pickups(c, it.pickups)) do
        places[i] = point.name
    end

    if #places > 0 then
        lines[#lines + 1] = c.say("share.where", {
            places = table.concat(places, c.say("list.comma")) })
    end

    return lines
end


local function of_session(c, session, list)
    local lines = { c.say("share.session", { shop = c.shop,
                                             title = session.title }) }

    if session.before then
        lines[#lines + 1] = session.starts_line
    elseif session.on then
        lines[#lines + 1] = c.say("share.session.on")
    end

    for i = 1, math.min(#list, LINES_MAX) do
        lines[#lines + 1] = i .. ". " .. line_of(c, list[i])
    end

    return lines
end


-- about: what goods.of() or goods.session() gave; list: a session's goods;
-- origin: where links to this shop begin.
return function(c, about, list, origin)
    local lines = list and of_session(c, about, list) or of_sale(c, about)
    local link = origin .. about.href .. "?via=" .. LABEL

    lines[#lines + 1] = c.say("share.as_of", {
        when = format.when(c.say, c.now, c.now) })
    lines[#lines + 1] = c.say("share.link", { link = link })

    return "share", {
        title = c.say("share.title"),
        about = about,
        text = table.concat(lines, "\n"),
        rows = #lines + 2,
        link = link,
        qr = qr.of(link),
        watches = {},
    }
end
