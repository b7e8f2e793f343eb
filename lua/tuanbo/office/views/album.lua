-- Photos that no product has any more, to be taken away.

local album = require "tuanbo.office.album"
local photos = require "tuanbo.photos"

local SHOWN_MAX = 48
local ROLES = { "owner" }

local view = {}


local function page(c, _, _, wrong)
    local list, more = album.unused(c, SHOWN_MAX)

    if not list then
        return nil, "broken"
    end

    for i, name in ipairs(list) do
        list[i] = photos.of(name)
    end

    return "album", {
        title = c.say("album.title"), photos = list, more = more,
        wrong = wrong and c.say("album.wrong"),
        done = c.arg.done == "removed" and c.say("album.done"),
    }, wrong and 409
end


-- fields: photo, a name; or photo.NAME, for each of many
local function remove(c, parts, fields)
    local wanted, gone, wrong = {}, {}, false

    for field, value in pairs(fields) do
        local name = field == "photo" and value or field:match("^photo%.(.+)")

        if name then
            wanted[name] = true
        end
    end

    -- what a product has got meanwhile stays
    for _, name in ipairs(album.unused(c, math.huge) or {}) do
        if wanted[name] and #gone < SHOWN_MAX then
            wanted[name] = nil
            gone[#gone + 1] = name
            wrong = not album.remove(c, name) or wrong
        end
    end

    wrong = wrong or next(wanted) ~= nil
    c.deed { what = "photos.remove", method = "POST", target = c.path,
             photos = table.concat(gone, " "), key = fields.key,
             status = wrong and "kept" or "ok" }

    if wrong then
        return page(c, parts, fields, true)
    end

    return true, "/desk/photos?done=removed"
end


view.routes = {
    ["photos"] = { GET = function(c) return page(c) end, POST = remove,
                   roles = ROLES },
}


return view
