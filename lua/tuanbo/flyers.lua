--- Flyers: a sale or a session as one picture, for a group chat: what it is,
-- its picture, its price, its goal, and a code that leads there.
--
-- The shop says what is on one, as SVG without what may move (how many are
-- left): `/s/ID/flyer`, `/live/ID/flyer`, and `/flyers`, which there are. The
-- office makes a JPEG of each (`tuanbo-office flyers`), under a name with the
-- hash of what is on it; so a file never changes. Without the office pages
-- have none, and all else as always.
--
-- @module tuanbo.flyers

local directory = require "tuanbo.directory"

local LOOK_S = 5
local NAME = "^(%l+%-[%l%d-]+)%.%x+%.jpg$"

local flyers = {
    -- of the JPEG, and of the drawing
    WIDTH = 900, HEIGHT = 1200,
}

local found = {}
local looked_at


--- The name of a flyer's file.
-- @tparam string kind `s` of a sale, `live` of a session
-- @tparam string id
-- @tparam string hash hexadecimal
-- @treturn string
function flyers.file(kind, id, hash)
    return kind .. "-" .. id .. "." .. hash .. ".jpg"
end


--- Where the flyer of a sale or a session is. What the office has just made
-- is found within five seconds.
-- @tparam string kind `s` of a sale, `live` of a session
-- @tparam string id
-- @treturn string|nil a path of this shop; nil: there is none (yet)
function flyers.of(kind, id)
    local now = ngx.now()

    if not looked_at or now - looked_at >= LOOK_S or now < looked_at then
        looked_at = now
        found = {}

        for _, name in ipairs(directory.names((ngx.var.tuanbo_office or "")
                                              .. "/flyers", NAME))
        do
            found[name:match(NAME)] = "/flyers/" .. name
        end
    end

    return found[kind .. "-" .. id]
end


return flyers
