--- Photos of goods, as the shop serves them.
--
-- The office makes each in several widths, as WebP and as JPEG, under a name
-- that has the hash of what was uploaded, and the width and height of the
-- largest: HASH-1600x1200. So a page knows all sizes by the name alone, and a
-- file never changes.
--
-- @module tuanbo.photos

local PREFIX = "/pictures/"

-- A phone's width, twice and four times it, and a desk's.
local WIDTHS = { 320, 640, 1080, 1600 }

local photos = {}


--- Width and height of the largest.
-- @tparam string name
-- @treturn number|nil
-- @treturn number
function photos.size(name)
    local width, height = name:match("^%x+%-(%d+)x(%d+)$")

    return tonumber(width), tonumber(height)
end


--- The widths that are made of a photo so wide.
function photos.widths(width)
    local list = {}

    for _, one in ipairs(WIDTHS) do
        if one < width then
            list[#list + 1] = one
        end
    end

    list[#list + 1] = math.min(width, WIDTHS[#WIDTHS])

    -- 1600 of 1600 is there once
    if list[#list] == list[#list - 1] then
        list[#list] = nil
    end

    return list
end


--- The name of a file.
function photos.file(name, width, kind)
    return name .. "-" .. string.format("%d", width) .. "." .. kind
end


local function url(name, width, kind)
    return PREFIX .. photos.file(name, width, kind)
end


local function set_of(name, widths, kind)
    local list = {}

    for i, width in ipairs(widths) do
        list[i] = url(name, width, kind) .. " " .. width .. "w"
    end

    return table.concat(list, ", ")
end


--- What a page needs of a photo.
-- @tparam string name
-- @treturn table|nil src (the smallest), large, webp and jpeg (srcset), width,
-- height
function photos.of(name)
    local width, height = photos.size(name)

    if not width or width == 0 then
        return nil
    end

    local widths = photos.widths(width)

    return {
        name = name,
        src = url(name, widths[1], "jpg"),
        large = url(name, widths[#widths], "jpg"),
        webp = set_of(name, widths, "webp"),
        jpeg = set_of(name, widths, "jpg"),
        width = width, height = height,
    }
end


return photos
