-- What is on a flyer: see tuanbo.flyers. Nothing of it changes by a tap, so
-- that a picture in a chat is not wrong a minute later: how many are left is
-- on the page that its code leads to.

local brief = require "tuanbo.brief"
local flyers = require "tuanbo.flyers"
local format = require "tuanbo.format"
local qr = require "tuanbo.qr"

local LABEL = "flyer"           -- of the link in its code
local SIDE = 60                 -- to the left and to the right, in px
local GOODS_MAX = 3             -- of a session
local NARROW = 0.58             -- of a Latin letter, in em
local CHARACTER = "[%z\1-\127\194-\244][\128-\191]*"


-- A text in lines, as SVG has none: of this many px at this size of type. A
-- line is broken before what does not fit, and the last one ends in an
-- ellipsis where there is more. Most of it is Chinese, which may be broken
-- anywhere.
local function lines_of(text, px, width, most)
    local lines, line, used = {}, {}, 0

    for character in text:gmatch(CHARACTER) do
        local wide = #character == 1 and NARROW * px or px

        if used + wide > width then
            lines[#lines + 1] = table.concat(line)
            line, used = {}, 0
        end

        line[#line + 1] = character
        used = used + wide
    end

    lines[#lines + 1] = table.concat(line)

    if #lines > most then
        lines[most] = lines[most]:gsub(CHARACTER .. "$", "…")
        lines[most + 1] = nil
    end

    return { unpack(lines, 1, most) }
end


-- Texts one below the other: each { x, y, px, text, kind }.
local function column(y, rows)
    local placed = {}

    for _, row in ipairs(rows) do
        for _, line in ipairs(lines_of(row.text, row.px, row.width
                                       or flyers.WIDTH - 2 * SIDE,
                                       row.most or 1))
        do
            y = y + math.floor(row.px * 1.3)
            placed[#placed + 1] = { x = SIDE, y = y, px = row.px, text = line,
                                    kind = row.kind or "" }
        end

        y = y + (row.after or 0)
    end

    return placed
end


local BESIDE = flyers.WIDTH - 2 * SIDE - 300    -- beside the code


-- By its date: "tonight" in a chat is wrong tomorrow.
local function when(c, words, at)
    return c.say(words, { when = format.when(c.say, at) })
end


local function of_sale(c, it)
    return {
        { text = it.title, px = 56, most = 2, kind = "title" },
        { text = brief.price(c, it) or c.say("flyer.given"), px = 64,
          width = BESIDE, kind = "price", after = 8 },
        { text = it.goal_rule or "", px = 36, width = BESIDE, most = 2,
          kind = "goal", after = 8 },
        { text = it.closes_at and when(c, "sale.closes", it.closes_at) or "",
          px = 34, width = BESIDE, most = 2 },
    }
end


local function of_session(c, session, list)
    local rows = {
        { text = session.title, px = 56, most = 2, kind = "title" },
        { text = when(c, "live.starts", session.starts_at), px = 38,
          kind = "goal", after = 16 },
    }

    for _, it in ipairs(list) do
        local price = brief.price(c, it)

        if price and #rows < 2 + 2 * GOODS_MAX then
            rows[#rows + 1] = { text = it.title, px = 34, width = BESIDE }
            rows[#rows + 1] = { text = price, px = 32, width = BESIDE,
                                kind = "price", after = 12 }
        end
    end

    return rows
end


-- about: what goods.of() or goods.session() gave; list: a session's goods;
-- origin: where links to this shop begin.
return function(c, about, list, origin)
    local first = list and list[1] or about

    return {
        width = flyers.WIDTH, height = flyers.HEIGHT,
        shop = c.shop,
        picture = first.photo and first.photo.large or first.picture,
        texts = column(690, list and of_session(c, about, list)
                            or of_sale(c, about)),
        qr = qr.of(origin .. about.href .. "?via=" .. LABEL),
        scan = c.say(list and "flyer.scan.session" or "flyer.scan"),
    }
end
