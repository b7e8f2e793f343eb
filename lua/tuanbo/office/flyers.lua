--- Makes JPEGs of the shop's flyers (tuanbo.flyers), in a process of its own.
-- It asks the shop as anybody may, and its own things are files in one
-- directory: what the shop no longer has goes, what is on none any more, too.
--
-- @module tuanbo.office.flyers

local lfs = require "lfs"
local mime = require "mime"
local utils = require "pl.utils"

local directory = require "tuanbo.directory"
local flyers = require "tuanbo.flyers"
local http = require "tuanbo.office.source.http"
local system = require "tuanbo.office.system"
local vips = require "tuanbo.office.vips"

local MOST = 100                -- flyers
local PACE_MS = 200             -- between two requests: anybody's pace
local HASH = 16                 -- digits of it in a name

local KINDS = { jpg = "image/jpeg", png = "image/png", webp = "image/webp",
                svg = "image/svg+xml" }

local maker = {}
local methods = {}
local meta = { __index = methods }


--- @tparam table option directory (flyers/ is made there), url (the shop, as
-- neighbours call it, without a slash at its end), log(words), sleep(ms)
-- @treturn table
function maker.new(option)
    local place = option.directory .. "/flyers"

    lfs.mkdir(place)

    -- what one that was killed has left
    for _, name in ipairs(directory.names(place, "^%.")) do
        os.remove(place .. "/" .. name)
    end

    return setmetatable({ option = option, place = place,
        shop = http.new { url = option.url } }, meta)
end


-- What the shop answers to a GET. Throws words.
local function ask(self, target)
    self.option.sleep(PACE_MS)

    local status, text = self.shop:get(target)

    if status == 404 then
        return nil
    end

    if status ~= 200 then
        error(status and "the shop answers " .. status .. " to " .. target
              or text, 0)
    end

    return text
end


-- The drawing with its picture inside: what draws it opens no addresses. One
-- whose picture is gone is drawn without.
local function whole(self, svg)
    return (svg:gsub('<image href="(/[^"]*)"', function(path)
        local kind = KINDS[path:match("%.(%l+)$") or ""]
        local data = kind and ask(self, path)

        return '<image href="' .. (data and "data:" .. kind .. ";base64,"
                                   .. mime.b64(data) or "") .. '"'
    end))
end


-- One that is not there yet, whole or not at all.
local function draw(self, svg, name)
    local from = self.place .. "/.drawing.svg"
    local part = self.place .. "/.drawing.jpg"

    assert(utils.writefile(from, whole(self, svg), true))

    local done, why = vips.draw(from, part)

    os.remove(from)

    if not done then
        os.remove(part)
        error("a flyer failed: " .. name .. ": " .. why, 0)
    end

    assert(os.rename(part, self.place .. "/" .. name))
end


-- Makes what is missing of one; gives its name, or nil where there is none.
local function made(self, kind, id)
    local svg = ask(self, "/" .. kind .. "/" .. id .. "/flyer")
    local name = svg and flyers.file(kind, id, system.hash(svg):sub(1, HASH))

    if name and not lfs.attributes(self.place .. "/" .. name) then
        draw(self, svg, name)
    end

    return name
end


--- Make all that are missing, and take away those that nobody needs. One that
-- fails is left out until the next time. Throws words where the shop does not
-- say which there are: then all stay.
function methods:step()
    local kept, failed, n = {}, {}, 0

    for kind, id in ask(self, "/flyers"):gmatch("(%l+)/([%l%d-]+)\n") do
        n = n + 1

        if n > MOST then
            break
        end

        local fine, name = pcall(made, self, kind, id)

        if not fine then
            self.option.log(name)
            failed[kind .. "-" .. id] = true

        elseif name then
            kept[name] = true
        end
    end

    for _, name in ipairs(directory.names(self.place, "%.jpg$")) do
        if not kept[name] and not failed[name:match("^[^.]*")] then
            os.remove(self.place .. "/" .. name)
        end
    end
end


return maker
