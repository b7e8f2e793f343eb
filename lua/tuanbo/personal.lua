-- What belongs to the one who asks, on pages that all see: what fills the
-- holes of the templates. Most of it is made only for a page that has a hole
-- for it.

local assets = require "tuanbo.assets"
local basket = require "tuanbo.basket"
local crypto = require "tuanbo.crypto"
local goods = require "tuanbo.goods"
local markup = require "tuanbo.markup"
local page = require "tuanbo.page"
local points = require "tuanbo.points"
local session = require "tuanbo.session"
local unpaid = require "tuanbo.views.unpaid"
local wishes = require "tuanbo.wishes"
local won = require "tuanbo.views.won"

local KEY_BYTES = 15

local personal = {}


-- For whom the module lets wait for the first reservation: how long, and the
-- work that is taken instead, which a script looks for. Nothing else knows the
-- rule.
local function newcomer(c)
    local seconds = tonumber(ngx.var.flashsale_newcomer_wait)
    local work = ngx.var.flashsale_newcomer_work

    if not seconds then
        return ""
    end

    local line = markup.escape(c.say("item.newcomer", { count = seconds }))

    if not work then
        return '<p class="state">' .. line .. "</p>"
    end

    return '<p class="state" data-work="' .. markup.escape(work)
           .. '" data-seconds="' .. seconds .. '">' .. line
           .. '</p><script src="' .. assets.url("work.js")
           .. '" defer></script>'
end


-- The field of a form that says by whose code somebody came.
local function from_field(fill)
    return fill.came_from and '<input type="hidden" name="from" value="'
                              .. fill.came_from .. '">' or ""
end


-- What was won in the room that is shown.
local function won_in(c)
    local buyer = session.buyer()
    local view = buyer and c.room and won(c, buyer, c.room)

    return view and page.partial("won", view) or ""
end


-- How much is in the basket: the way to it, while there is something.
local function chosen(c)
    return page.partial("chosen", { count = #basket.lines(), say = c.say })
end


-- Where this browser collects, and the way to another point; none where the
-- shop has none.
local function point_of(c)
    if not points.are_any(c) then
        return ""
    end

    return page.partial("point", { at = goods.pickup(c, c.liked),
                                   back = c.path, say = c.say })
end


-- What this browser wanted to be told of, and is there.
local function come(c)
    local list = wishes.come(c)

    return #list > 0 and page.partial("come", { list = list, say = c.say })
           or ""
end


-- Beside what there is none of: tell me of the next batch.
local function next_batch(c)
    return page.partial("next", { say = c.say,
                                  said = wishes.has(c, c.item) })
end


local on_demand = {
    __index = function(fill, name)
        return name == "newcomer" and newcomer(fill.context)
               or name == "from" and from_field(fill)
               or name == "basket" and chosen(fill.context)
               or name == "point" and point_of(fill.context)
               or name == "won" and won_in(fill.context)
               or name == "come" and come(fill.context)
               or name == "next" and next_batch(fill.context) or nil
    end,
}


-- What this buyer has not paid yet. Who came without an identity has nothing.
local function unpaid_of(c)
    local who = ngx.ctx.buyer
    local view = who and unpaid.view(c, who)

    return view and page.partial("unpaid", view) or ""
end


-- What the holes of a page have, by their names. is_theirs: the page is one of
-- this buyer's own, and says itself what is not paid yet.
function personal.holes(c, is_theirs)
    local owing = is_theirs and "" or unpaid_of(c)
    local buyer = session.buyer()

    return setmetatable({
        csrf = buyer and buyer.csrf or "",
        key = crypto.random(KEY_BYTES),
        now = tostring(c.now),
        unpaid = owing,
        origin = markup.escape(session.origin()),
        context = c,
        came_from = session.from() or false,
    }, on_demand)
end


return personal
