-- The storefront as nginx's conf sees it:
--
--     init_by_lua_block {
--         require("tuanbo.storefront").setup {
--             secret = "/etc/nginx/flashsale/session",
--             shop = "幸福里鲜果店",
--         }
--     }
--
-- setup() reads the secret, texts, templates and static files while nginx
-- reads its conf, once for all workers and anew with each reload. What is
-- wrong there stops nginx from starting, and a reload from happening.

local assets = require "tuanbo.assets"
local frame = require "tuanbo.frame"
local router = require "tuanbo.router"
local session = require "tuanbo.session"
local video = require "tuanbo.video"

local storefront = {}


-- given: secret (a file; a line each, the first signs), and optionally shop
-- (its name), utc_offset_minutes (480), pay_origins (for form-action, where
-- the checkout sends people to another origin), templates (a directory), video
-- (true: conf/tuanbo/video.conf is included, and rooms have a picture; or a
-- table: they have, and video.setup() says what is in it).
function storefront.setup(given)
    local secrets = frame.secrets(given.secret)

    session.setup(secrets)
    video.setup(given.video, secrets)
    frame.setup(given, { "tuanbo.text" })
    router.setup(given)
end


local function refuse(code)
    if code then
        router.problem(code)
        return ngx.exit(ngx.HTTP_OK)
    end
end


-- set_by_lua, before nginx's limits: whom they count, see session.lua.
storefront.stranger = session.stranger
storefront.known = session.known


-- access_by_lua: who is buying, and whether a form is of our own pages.
function storefront.access()
    return refuse(session.access())
end


-- The same for the checkout, which tells the order service who buys.
function storefront.access_checkout()
    return refuse(session.access_checkout())
end


-- content_by_lua of the pages.
function storefront.answer()
    return router.answer()
end


-- content_by_lua of an error_page without "=": what nginx itself refused.
function storefront.refused()
    return router.refused()
end


function storefront.checkout_down()
    return router.checkout_down()
end


-- The office, which has the desk, cannot be reached: selling needs it not.
function storefront.office_down()
    return router.problem("office_away")
end


-- set_by_lua: Cache-Control for a static file.
function storefront.asset_cache_control(name, print_of)
    return assets.cache_control(name, print_of)
end


return storefront
