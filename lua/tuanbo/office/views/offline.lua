-- What makes the desk a page that is kept: the page that a phone shows where
-- it has no network, the worker that shows it, and what is installed. Handing
-- over goes on then; templates/static/desk/ has the scripts.

local cjson = require "cjson.safe"

local assets = require "tuanbo.assets"
local phone = require "tuanbo.office.phone"

local WORKER_POLICY = "default-src 'none'; script-src 'self'; "
                      .. "connect-src 'self'"

local offline = {}


local function page(c)
    return "offline", {
        title = c.say("hand"), policy = phone.POLICY, phone = phone.of(c),
    }
end


-- The worker is another one whenever a file of its is another one. Who has to
-- log in gets it, too: it is how a phone forgets what it keeps.
local function worker(c)
    ngx.header["Content-Security-Policy"] = WORKER_POLICY
    c.send("application/javascript; charset=utf-8", table.concat {
        '"use strict";\n',
        "self.FILES = ", cjson.encode(phone.files()), ";\n",
        'importScripts("', assets.url("desk/kept.js"), '", "',
        assets.url("desk/worker.js"), '");\n',
    })

    return true
end


local function manifest(c)
    local icons = { { src = assets.url("desk/icon.svg"), sizes = "any",
                      type = "image/svg+xml" } }

    -- it is made by `make build`, where vips is there
    icons[2] = assets.url("desk/icon.png")
               and { src = assets.url("desk/icon.png"), sizes = "512x512",
                     type = "image/png" }

    c.send("application/manifest+json", cjson.encode {
        name = c.name .. " · " .. c.say("desk.name"),
        short_name = c.say("desk.name"),
        lang = c.say("language.tag"),
        start_url = "/desk/", scope = "/desk/", id = "/desk/",
        display = "standalone",
        background_color = "#ffffff", theme_color = "#ffffff",
        icons = icons,
    })

    return true
end


offline.routes = {
    ["offline"] = { GET = page, roles = { "leader" } },
    ["worker.js"] = { GET = worker, open = true },
    ["manifest.webmanifest"] = { GET = manifest, open = true },
}


return offline
