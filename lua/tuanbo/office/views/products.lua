-- The owner's products: what they are, in Chinese and English, and photos of
-- them, from the phone.

local assets = require "tuanbo.assets"
local documents = require "tuanbo.documents"
local edit = require "tuanbo.office.edit"
local law = require "tuanbo.office.law"
local photos = require "tuanbo.photos"
local products = require "tuanbo.office.products"
local records = require "tuanbo.office.records"
local referring = require "tuanbo.office.referring"
local sheet = require "tuanbo.office.sheet"

local OWNER = { "owner" }
local PHOTOS_MAX = 12
local DONE = { edit = true, photo = true }

local view = { texts = "owner" }


-- A small picture: the first photo, else the drawing.
local function small(id, doc)
    local first = doc.pictures and photos.of(doc.pictures[1])

    return first and first.src
           or assets.url("pictures/" .. (doc.picture or id .. ".svg"))
           or assets.url("pictures/crate.svg")
end


local function row(c, id, doc)
    return { title = c.product_title(id, doc),
             lines = { doc.unit, doc.origin }, picture = small(id, doc) }
end


local function lowest(c, id)
    return law.lowest(c.engine, function(sale)
        return products.of(c.engine, sale)
    end, c.now)[id]
end


local function facts_of(c, doc)
    local list, texts = {}, sheet.texts("product", doc)

    for _, one in ipairs(sheet.rows(c, "product", { values = texts,
                                                    order = view.order }))
    do
        if one.value ~= "" then
            local value = one.value

            for _, option in ipairs(one.options or {}) do
                value = option.chosen and option.name or value
            end

            list[#list + 1] = { name = one.label, value = value }
        end
    end

    return list
end


local function page(c, parts, told, status)
    local id = parts.record
    local doc, code = documents.get(c.engine, "product", id)

    if not doc then
        return nil, code
    end

    local shown, selling = {}, {}

    for i, name in ipairs(doc.pictures or {}) do
        shown[i] = photos.of(name)
    end

    for _, sale in ipairs(c.engine.all_current() or {}) do
        if products.of(c.engine, sale.id) == id then
            selling[#selling + 1] = {
                href = "/desk/sale/" .. sale.id, title = sale.title,
                state = c.say("sales.state." .. sale.state),
            }
        end
    end

    return "product", {
        title = c.product_title(id, doc), id = id, photos = shown,
        key = c.key(),
        drawing = small(id, {}), facts = facts_of(c, doc),
        selling = selling, told = told or {},
        room = #shown < PHOTOS_MAX,
        unfit = #law.findings(sheet.texts("product", doc), lowest(c, id)) > 0,
        done = DONE[c.arg.done or ""]
               and c.say("products.done." .. c.arg.done),
    }, status
end


-- Change the list of photos, whoever else changes the product meanwhile.
-- change(list) changes it in place.
local function with_photos(c, id, key, change)
    local doc

    return edit.under(function()
        local etag

        etag, doc = records.now(c, "product", id)

        if etag == "new" then
            return nil, "not_found"
        end

        return etag, doc
    end, function() return true end, function(etag)
        local list = doc.pictures or {}

        change(list)
        doc.pictures = list[1] and list or nil

        return records.send(c, "product", id, doc, key, etag)
    end)
end


local function without(list, name)
    for i = #list, 1, -1 do
        if list[i] == name then
            table.remove(list, i)
        end
    end
end


local REFUSED = {
    no_photo = true, broken = true, too_many_bytes = true,
    too_many_pixels = true, too_small = true, too_long = true,
    too_slow = true, too_many = true, no_tools = true, nothing = true,
    away = true,
}


local function why(c, code, file)
    return (file and file ~= "" and file .. "：" or "")
           .. c.say("photo.refused." .. (REFUSED[code] and code or "failed"))
end


local function upload(c, parts, sent)
    local id = parts.record
    local doc, code = documents.get(c.engine, "product", id)

    if not doc then
        return nil, code
    end

    local said, wrong = c.clerk.photos(sent.body, sent.boundary)
    local told, names = {}, {}

    if not said then
        return page(c, parts, { why(c, wrong == "slow" and "too_slow"
                                       or wrong) }, 503)
    end

    for _, one in ipairs(said.photos) do
        if one.name then
            names[#names + 1] = one.name
        else
            told[#told + 1] = why(c, one.refused, one.file)
        end
    end

    if not names[1] then
        return page(c, parts, told[1] and told or { why(c, "nothing") }, 409)
    end

    local answer, problem = with_photos(c, id, sent.key, function(list)
        for _, name in ipairs(names) do
            without(list, name)
            list[#list + 1] = name
        end

        while #list > PHOTOS_MAX do
            list[#list] = nil
            told.over = true
        end
    end)

    c.deed { what = "photo", method = "PUT", about = id, key = sent.key,
             target = "/admin/documents/product/" .. id,
             photos = table.concat(names, " "),
             status = answer and "ok" or problem.code }

    if not answer then
        told[#told + 1] = edit.why(c, problem)
    elseif told.over then
        told[#told + 1] = why(c, "too_many")
    end

    if told[1] then
        return page(c, parts, told, 409)
    end

    return true, "/desk/product/" .. id .. "?done=photo"
end


local ACTS = {
    first = function(list, name)
        without(list, name)
        table.insert(list, 1, name)
    end,
    remove = without,
}


local function arrange(c, parts, sent)
    local act = ACTS[sent.act or ""]
    local name = sent.photo or ""

    if not act or not photos.size(name) then
        return nil, "bad_request"
    end

    local answer, problem = with_photos(c, parts.record, sent.key,
        function(list)
            for _, one in ipairs(list) do
                if one == name then
                    return act(list, name)
                end
            end
        end)

    c.deed { what = "photo." .. sent.act, method = "PUT", key = sent.key,
             about = parts.record, photo = name,
             status = answer and "ok" or problem.code }

    if not answer then
        if problem.code == "not_found" then
            return nil, "not_found"
        end

        return page(c, parts, { edit.why(c, problem) }, 409)
    end

    return true, "/desk/product/" .. parts.record .. "?done=photo"
end


view.order = { "title", "unit", "origin", "orchard", "picked", "sugar",
               "keeps", "claim", "story", "script", "net_weight_g", "pieces",
               "volume_ml", "fresh", "picture_alt", "inspection" }

view.routes = records.routes {
    kind = "product", list = "products", one = "product",
    order = view.order, row = row, first = true, lowest = lowest,
    removable = true, refers = referring.product,
    more = { href = "/desk/photos", label = "album.title" },
    words = function(c, what) return c.say("products." .. what) end,
}

view.routes["product/:record"] = { GET = function(c, parts)
    return page(c, parts)
end, roles = OWNER }
view.routes["product/:record/photo"] = { POST = upload, upload = true,
                                         roles = OWNER }
view.routes["product/:record/photos"] = { POST = arrange, roles = OWNER }


function view.doors(c)
    return records.door(c, "/desk/products", c.say("products.title"))
end


return view
