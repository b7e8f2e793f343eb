-- Static files under URLs that change with their contents, so that browsers
-- may keep them for good: /static/tuanbo.1f2e3d4c5b.css is tuanbo.css.

local crypto = require "tuanbo.crypto"

local ngx_sha1 = ngx.sha1_bin

local PREFIX = "/static/"

local assets = {}

local urls = {}
local prints = {}


local function contents(path)
    local file = assert(io.open(path, "rb"))
    local data = file:read("*a")

    file:close()

    return data
end


-- names: relative to the directory.
function assets.setup(directory, names)
    for _, name in ipairs(names) do
        local data = contents(directory .. "/" .. name)
        local print_of = crypto.hex(ngx_sha1(data)):sub(1, 10)
        local stem, ext = name:match("^(.+)%.(%w+)$")

        urls[name] = PREFIX .. stem .. "." .. print_of .. "." .. ext
        prints[name] = print_of
    end
end


-- The URL of a file, or nil: there is no such file.
function assets.url(name)
    return urls[name]
end


-- Cache-Control for a file, asked for by a URL with the hash of its contents.
-- A page from before a reload may still ask for the old hash. It gets today's
-- contents then, which nobody may keep under that URL.
function assets.cache_control(name, print_of)
    if prints[name] == print_of then
        return "public, max-age=31536000, immutable"
    end

    return "no-cache"
end


return assets
