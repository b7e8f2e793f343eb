-- The office as nginx's conf sees it: conf/office.conf.
--
--     init_by_lua_block {
--         require("tuanbo.office").setup {
--             secret = "/etc/nginx/flashsale/desk",
--             orders = "/etc/nginx/flashsale/orders",
--             admin = "/etc/nginx/flashsale/admin",
--             data = "/var/lib/tuanbo/office",
--             shop = "幸福里鲜果店",
--         }
--     }
--
-- It serves the desk, the pages of those who work. docs/office.md says what
-- else belongs to it.

local desk = require "tuanbo.office.desk"
local feed = require "tuanbo.office.views.feed"
local frame = require "tuanbo.frame"
local picture = require "tuanbo.office.picture"
local shelf_places = require "tuanbo.office.shelf_places"
local shop = require "tuanbo.office.shop"
local staff = require "tuanbo.office.staff"
local video = require "tuanbo.video"

local office = {}


-- given: secret (of the desk's cookies), orders and admin (secrets of these
-- roles: the desk's commands go to the shop with them), data (the directory of
-- the register and the deeds), and optionally warehouse (the secret of who
-- reads the feed of waves; without it there is none), shop (its name),
-- utc_offset_minutes (480), templates (a directory), live (of the live nginx:
-- picture.setup() says what; and where the shop's links to the picture end,
-- link_s as the shop has it, and session, the file of its secrets).
function office.setup(given)
    staff.setup(frame.secrets(given.secret), given.data .. "/staff.json")
    shop.setup {
        orders = frame.secrets(given.orders),
        admin = frame.secrets(given.admin),
    }
    shelf_places.setup(given.data)
    feed.setup(given.warehouse and frame.secrets(given.warehouse) or {})
    picture.setup(given.live)

    if given.live and given.live.link_s then
        video.setup({ link_s = given.live.link_s },
                    frame.secrets(given.live.session))
    end

    frame.setup(given, { "tuanbo.text", unpack(desk.texts()) })
    desk.setup(given)
end


-- content_by_lua of /desk/.
office.answer = desk.answer


-- content_by_lua of an error_page without "=": what nginx itself refused.
office.refused = desk.refused


return office
