-- Templates: read and compiled once, when nginx reads its conf, so a reload
-- takes new ones, and a broken one makes nginx refuse the reload.
--
-- The engine is penlight's pl.template: a line that begins with # is Lua,
-- $(…) is inserted and escaped. `unescaped(…)` inserts as it is, `partial(…)`
-- inserts templates/partials/NAME.html with a table of its own.
--
-- What is remembered: a page without anything personal, for one state of the
-- store, within one second. What belongs to one person (the token of the
-- forms, a fresh key) is a hole, which is filled for each answer.

local dir = require "pl.dir"
local lrucache = require "resty.lrucache"
local template = require "pl.template"

local assets = require "tuanbo.assets"
local markup = require "tuanbo.markup"

local REMEMBERED_PAGES = 256
local STALE_S = 0.9             -- with what an event loop may lag: a second

local page = {}

local compiled = {}
local remembered
local helpers
local made = 0


local function render_into(name, view)
    local one = compiled[name]

    if not one then
        error("no template " .. name, 2)
    end

    -- a name that the view does not have must not find a global
    local html, err = one:render(view)

    if not html then
        error(name .. ": " .. tostring(err), 0)
    end

    return html
end


local function partial(name, view)
    return markup.unescaped(render_into("partials/" .. name, view))
end


-- A partial as text, for what fills a hole.
function page.partial(name, view)
    return render_into("partials/" .. name, view)
end


-- The place of something personal in a remembered page.
local function hole(name)
    return markup.unescaped("\0" .. name .. "\0")
end


function page.setup(directory)
    local files = dir.getallfiles(directory, "*.html")

    compiled = {}
    remembered = assert(lrucache.new(REMEMBERED_PAGES))

    helpers = {
        __tostring = markup.escape,
        unescaped = markup.unescaped,
        partial = partial,
        hole = hole,
        asset = assets.url,
        ipairs = ipairs,
        pairs = pairs,
    }

    for _, path in ipairs(files) do
        local file = assert(io.open(path, "rb"))
        local source = file:read("*a")
        local name = path:sub(#directory + 2):gsub("%.html$", "")
        local one, err = template.compile(source, { chunk_name = "=" .. name })

        file:close()

        if not one then
            error(name .. ": " .. tostring(err), 0)
        end

        -- the template's own environment comes before the view's
        for key, value in pairs(helpers) do
            one.env[key] = value
        end

        compiled[name] = one
    end

    return #files
end


-- The whole page: the template inside the layout, which is the shop's when the
-- view has none of its own.
function page.render(name, view)
    view.content = markup.unescaped(render_into(name, view))

    return render_into(view.layout or "layout", view)
end


-- A rendered page as a list: text, name of a hole, text, …
local function parts_of(html)
    local parts = {}
    local from = 1

    while true do
        local left, right, name = html:find("%z(%l+)%z", from)

        if not left then
            parts[#parts + 1] = html:sub(from)
            return parts
        end

        parts[#parts + 1] = html:sub(from, left - 1)
        parts[#parts + 1] = name
        from = right + 1
    end
end


local function filled(parts, fill)
    local list = {}

    for i = 1, #parts, 2 do
        list[i] = parts[i]

        if parts[i + 1] then
            list[i + 1] = fill[parts[i + 1]]
        end
    end

    return list
end


-- A page that is made anew for each answer.
function page.fresh(name, view, fill)
    return filled(parts_of(page.render(name, view)), fill)
end


-- A page that is remembered. key: everything that it depends on but time and
-- the store. version: of what it reads from the store; -1: it cannot be read,
-- and the page is not remembered. rest_s: how old a page of another version
-- may be. 0 for one sale; more for pages of many sales, which would be made
-- anew at each commit of a rush. make() gives the template's name and the
-- view, and must look at nothing personal; where it gives nil and a code, so
-- does this.
function page.shared(key, version, rest_s, make, fill)
    local now = ngx.now()
    local entry = remembered:get(key)

    if not entry or now - entry.at >= STALE_S or now < entry.at
       or (entry.version ~= version and now - entry.at >= rest_s)
    then
        local name, view = make()

        if not name then
            return nil, view
        end

        made = made + 1
        entry = {
            version = version,
            at = now,
            parts = parts_of(page.render(name, view)),
        }

        if version ~= -1 then
            remembered:set(key, entry)
        end
    end

    return filled(entry.parts, fill)
end


-- How many pages this worker has made for page.shared(), since nothing that
-- fitted was remembered; for tests and for whoever wonders.
function page.made()
    return made
end


return page
