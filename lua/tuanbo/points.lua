-- The pickup point that a browser says it likes: anything it may send. One
-- that is nowhere changes no page, and must not make a page of its own to
-- remember.

local lrucache = require "resty.lrucache"

local goods = require "tuanbo.goods"

local KNOWN = 1000              -- sales whose pickup points are remembered
local KNOWN_S = 1

local points = {}

local known


function points.setup()
    known = assert(lrucache.new(KNOWN))
end


local function offered_by(key, make)
    local offered = known:get(key)

    if not offered then
        offered = {}

        for _, point in ipairs(make()) do
            offered[point.id] = true
        end

        known:set(key, offered, KNOWN_S)
    end

    return offered
end


local function of_shop(c)
    return offered_by("", function()
        return goods.pickups(c)
    end)
end


-- Whether the shop has this one; the goods of a room may have different ones.
function points.is_one(c, id)
    return of_shop(c)[id]
end


-- Whether the shop has any.
function points.are_any(c)
    return next(of_shop(c)) ~= nil
end


-- The part of a remembered page's key that says where this browser collects:
-- at a point of the shop, or of the sale that the page is of. Any other is
-- forgotten for this page.
function points.liked(c, sale)
    local liked = c.likes.pickup

    if liked and not of_shop(c)[liked]
       and not (sale and offered_by(sale.id, function()
           return goods.points(c, sale)
       end)[liked])
    then
        c.likes.pickup = nil
    end

    return c.likes.pickup or ""
end


return points
