-- What one sends on to neighbours: of a sale, or of a session and its goods.
-- The numbers are the ledger's as of the moment the page is made, and the text
-- says so.

local brief = require "tuanbo.brief"
local flyers = require "tuanbo.flyers"
local format = require "tuanbo.format"
local goods = require "tuanbo.goods"
local qr = require "tuanbo.qr"

local LABEL = "share"       -- of a link that a neighbour sends on
local LINES_MAX = 20        -- goods of a session in the text


local function of_sale(c, it)
    local lines = { c.say("share.sale", { shop = c.shop, title = it.title }) }
    local places = {}

    lines[#lines + 1] = brief.price(c, it)
    lines[#lines + 1] = brief.stands(c, it)
    lines[#lines + 1] = it.open and it.closes_line or nil

    for i, point in ipairs(goods.pickups(c, it.pickups)) do
        places[i] = point.name
    end

    if #places > 0 then
        lines[#lines + 1] = c.say("share.where", {
            places = table.concat(places, c.say("share.listed")) })
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
        lines[#lines + 1] = i .. ". " .. brief.line(c, list[i], list[i].title)
    end

    return lines
end


-- about: what goods.of() or goods.session() gave; list: a session's goods;
-- origin: where links to this shop begin; flyer: where there is one of it.
return function(c, about, list, origin, flyer)
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
        flyer = flyer and { url = flyer, width = flyers.WIDTH,
                            height = flyers.HEIGHT },
        watches = {},
    }
end
