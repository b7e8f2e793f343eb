--- Photos of goods that no product has any more: the files that tuanbo-office
-- photos has made, against what the products name.
--
-- @module tuanbo.office.album

local lfs = require "lfs"

local photos = require "tuanbo.photos"
local sheets = require "tuanbo.office.sheets"

local PAGE = 100

-- One that was just made is about to be named.
local YOUNG_S = 120

local KINDS = { "jpg", "webp" }

local album = {}


-- All photos that products name; nil: nobody knows.
local function used(c)
    local found, after = {}, nil

    repeat
        local list, next_after = c.engine.documents("product", after, PAGE)

        if not list then
            return nil
        end

        for _, entry in ipairs(list) do
            local doc = type(entry.doc) == "table" and entry.doc or {}

            for _, name in ipairs(type(doc.pictures) == "table"
                                  and doc.pictures or {})
            do
                found[name] = true
            end
        end

        after = next_after
        sheets.pause()
    until not after

    return found
end


local function is_young(path)
    local made_at = lfs.attributes(path, "modification")

    return made_at and made_at > ngx.time() - YOUNG_S
end


--- Photos that are there and named by no product.
-- @tparam table c the page's context
-- @tparam number limit
-- @treturn table|nil a list of names
-- @treturn boolean whether there are others
function album.unused(c, limit)
    local directory = c.data .. "/pictures"
    local found, seen = {}, used(c)

    if not seen then
        return nil
    end

    if lfs.attributes(directory, "mode") ~= "directory" then
        return found, false
    end

    for file in lfs.dir(directory) do
        local name = file:match("^(%x+%-%d+x%d+)%-%d+%.%l+$")

        if name and not seen[name] and photos.of(name)
           and not is_young(directory .. "/" .. file)
        then
            seen[name] = true

            if #found == limit then
                return found, true
            end

            found[#found + 1] = name
        end
    end

    table.sort(found)

    return found, false
end


--- Take the files of a photo away.
-- @tparam table c the page's context
-- @tparam string name of album.unused()
-- @treturn boolean whether none is left
function album.remove(c, name)
    local done = true

    for _, width in ipairs(photos.widths((photos.size(name)))) do
        for _, kind in ipairs(KINDS) do
            local path = c.data .. "/pictures/"
                         .. photos.file(name, width, kind)

            done = (not lfs.attributes(path) or os.remove(path)) and done
        end
    end

    sheets.pause()

    return done and true
end


return album
