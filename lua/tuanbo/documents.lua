--- Documents as pages may read them.
--
-- The store keeps what it was given, also what is older than the catalogue's
-- rules, or came by a way that does not know them. One such field must not
-- take a page from everybody: it is left out, and said in the log once.
--
-- @module tuanbo.documents

local catalog = require "tuanbo.catalog"

local TOLD_MAX = 1000       -- lines remembered by a worker

local documents = {}

local told = {}
local told_n = 0


local function tell(what)
    if told[what] then
        return
    end

    -- what was said is not remembered without bound; then it is said again
    if told_n == TOLD_MAX then
        told, told_n = {}, 0
    end

    told[what], told_n = true, told_n + 1
    ngx.log(ngx.ERR, "document ", what, "; pages leave it out")
end


local function readable(kind, id, doc)
    if type(doc) ~= "table" then
        tell(kind .. "/" .. id .. " cannot be read")
        return {}
    end

    return catalog.readable(kind, doc, function(field, rule)
        tell(kind .. "/" .. id .. ": " .. field .. " " .. rule)
    end)
end


--- A document.
-- @tparam table engine
-- @tparam string kind product, pickup, session, note, sale (its `doc`) or
-- cancelled
-- @tparam string id
-- @treturn table|nil what can be read of it
-- @treturn string the problem's code
function documents.get(engine, kind, id)
    local doc, code = engine.document(kind, id)

    if doc == nil and code then
        return nil, code
    end

    return readable(kind, id, doc)
end


local function all_readable(kind, list)
    for _, entry in ipairs(list) do
        entry.doc = readable(kind, entry.id, entry.doc)
    end

    return list
end


--- All documents of a kind, in order of their ids.
-- @tparam table engine
-- @tparam string kind
-- @treturn table a list of { id =, doc = }
function documents.all(engine, kind)
    return all_readable(kind, engine.all_documents(kind) or {})
end


--- A page of them.
-- @tparam table engine
-- @tparam string kind
-- @tparam number limit 1 to 100
-- @tparam[opt] string after the id they come after
-- @treturn table a list of { id =, doc = }
-- @treturn string|nil the next page's `after`
function documents.list(engine, kind, limit, after)
    local list, next_after = engine.documents(kind, after, limit)

    if not list then
        return {}
    end

    return all_readable(kind, list), next_after
end


return documents
