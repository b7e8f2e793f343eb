--- A sale in a line of plain text, as of the moment it is made: for what
-- leaves the page, and is not kept up to date there.
--
-- @module tuanbo.brief

local flyers = require "tuanbo.flyers"

local brief = {}


--- What it costs.
-- @tparam table c context
-- @tparam table it as of goods.of()
-- @treturn string|nil what is given costs nothing
function brief.price(c, it)
    return it.price and c.say("share.price", { yuan = it.price,
                                               unit = it.unit })
end


--- How it stands: what is left, or still missing.
-- @tparam table c context
-- @tparam table it as of goods.of()
-- @treturn string|nil
function brief.stands(c, it)
    if it.goal and it.open and not it.goal.formed and not it.goal.failed then
        return c.say("share.missing", { left = it.goal.left, unit = it.unit })
    end

    if it.open then
        return c.say("share.left", { free = it.free, unit = it.unit })
    end

    return it.state_line
end


--- Price and how it stands, after other words.
-- @tparam table c context
-- @tparam table it as of goods.of()
-- @tparam[opt] string first the words before
-- @treturn string
function brief.line(c, it, first)
    local words = { first }

    words[#words + 1] = brief.price(c, it)
    words[#words + 1] = brief.stands(c, it)

    return table.concat(words, c.say("share.between"))
end


--- What a chat shows of its address (router.shown_of): the flyer, where there
-- is one.
-- @tparam table c context
-- @tparam table it as of goods.of()
-- @treturn table title, about, picture, path
function brief.shown(c, it)
    return {
        title = it.title, about = brief.line(c, it), path = it.href,
        picture = flyers.of("s", it.id) or it.photo and it.photo.large,
    }
end


return brief
