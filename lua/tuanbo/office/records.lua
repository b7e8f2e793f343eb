--- Pages for the documents of one kind of the catalogue: a list, a new one,
-- and one that is changed.
--
-- @module tuanbo.office.records

local crypto = require "tuanbo.crypto"
local documents = require "tuanbo.documents"
local edit = require "tuanbo.office.edit"
local law = require "tuanbo.office.law"
local referring = require "tuanbo.office.referring"
local sheet = require "tuanbo.office.sheet"
local store = require "tuanbo.office.store"

local OWNER = { "owner" }
local LIST_MAX = 100
local ID_MAX = 40

local records = {}


--- A document with the entity tag that goes with it; what is not there has the
-- tag "new".
-- @treturn string|nil the tag
-- @treturn table|string the document; or the problem's code
function records.now(c, kind, id)
    local etag, code = store.document_etag(kind, id)

    if not etag then
        if code == "not_found" then
            return "new", {}
        end

        return nil, code
    end

    local doc

    doc, code = documents.get(c.engine, kind, id)

    if not doc then
        return nil, code
    end

    return etag, doc
end


--- Send a document.
function records.send(c, kind, id, doc, key, etag)
    return c.shop.send("admin", "PUT", "/admin/documents/" .. kind .. "/"
                       .. id, doc, key, etag)
end


-- The id of a new one: of its English name, else of the form's key, so that
-- the same form, sent twice, makes one.
local function id_of(kind, doc, key)
    local name = (doc.en and (doc.en.title or doc.en.name) or ""):lower()
        :gsub("[^%l%d]+", "-"):gsub("^%-", ""):sub(1, ID_MAX):gsub("%-$", "")
    local tail = crypto.hex(crypto.sha256(key or "")):sub(1, 8)

    return name ~= "" and name or kind:sub(1, 1) .. tail, tail
end


local function make(c, o, doc, key)
    local id, tail = id_of(o.kind, doc, key)
    local answer, problem = records.send(c, o.kind, id, doc, key, "new")

    if problem and problem.code == "precondition_failed" then
        id = id .. "-" .. tail
        answer, problem = records.send(c, o.kind, id, doc, key .. "-2", "new")
    end

    return answer and { id = id }, problem
end


--- The routes of a kind.
-- @tparam table o kind; list and one (paths: sessions, session); order of the
-- fields; row(c, id, doc) for the list's rows: title, and lines; kept fields
-- that no form has; first: one has a page of its own before its form;
-- single: there is one, with this id; removable; refers(c, id), in words what
-- refers to it, which stays then; removed(id), called when one is; more,
-- another page (href, label);
-- fresh(c), a document to begin with;
-- words(c, what), its texts; lowest(c, id), of its prices
-- @treturn table
function records.routes(o)
    local routes = {}
    local words = o.words

    local function form(c, id)
        local it = {
            kind = o.kind, order = o.order, kept = o.kept, id = id,
            title = words(c, id and "edit" or "new"),
            button = words(c, (id and "edit" or "new") .. ".do"),
            back = id and o.first and "/desk/" .. o.one .. "/" .. id
                   or "/desk/" .. o.list,
            action = o.single and "/desk/" .. o.list
                     or id and "/desk/" .. o.one .. "/" .. id
                               .. (o.first and "/edit" or "")
                     or "/desk/" .. o.list .. "/new",
            target = "/admin/documents/" .. o.kind .. "/" .. (id or ""),
            findings = function(texts)
                return law.findings(texts, o.lowest and id
                                           and o.lowest(c, id))
            end,
        }

        if id and o.removable then
            it.remove = "/desk/" .. o.one .. "/" .. id .. "/remove"
        end

        if not id then
            function it.send(doc, key)
                return make(c, it, doc, key)
            end

            function it.done(made)
                return "/desk/" .. (o.first and o.one .. "/" .. made.id
                                    or o.list)
            end

            return it
        end

        function it.now()
            local etag, doc = records.now(c, o.kind, id)

            if etag == "new" and not o.single then
                return nil, "not_found"
            end

            return etag, doc
        end

        function it.send(doc, key, etag)
            return records.send(c, o.kind, id, doc, key, etag)
        end

        function it.done()
            return (o.first and "/desk/" .. o.one .. "/" .. id
                    or "/desk/" .. o.list) .. "?done=edit"
        end

        return it
    end

    local function change(c, id, sent)
        local it = form(c, id)

        if sent then
            return edit.post(c, it, sent)
        end

        local etag, doc = it.now()

        if not etag then
            return nil, doc
        end

        local texts = sheet.texts(o.kind, doc)

        return edit.page(c, it, { values = texts, was = texts })
    end

    -- What somebody has changed meanwhile is not taken away unseen.
    local function remove(c, id, sent)
        local it, was = form(c, id), edit.was(sent)
        local seen
        local refers = o.refers and o.refers(c, id)

        if refers then
            local etag, doc = it.now()

            if not etag then
                return nil, doc
            end

            seen = sheet.texts(o.kind, doc)

            return edit.page(c, it, { values = seen, was = seen,
                                      why = refers })
        end

        local answer, problem = edit.under(it.now, function(doc)
            seen = sheet.texts(o.kind, doc)

            return sheet.same(seen, was)
        end, function(etag)
            return c.shop.send("admin", "DELETE", it.target, nil, sent.key,
                               etag)
        end)

        c.deed { what = "remove", method = "DELETE", target = it.target,
                 kind = o.kind, about = id, key = sent.key,
                 status = answer and "ok" or problem.code }

        if answer then
            if o.removed then
                o.removed(id)
            end

            return true, "/desk/" .. o.list
        end

        if problem.code == "precondition_failed" then
            return edit.page(c, it, { values = seen, was = seen,
                                      after = { was = was, now = seen } })
        end

        if problem.code == "not_found" or not seen then
            return nil, problem.code
        end

        return edit.page(c, it, { values = seen, was = seen,
                                  why = edit.why(c, problem) })
    end

    if o.removable then
        routes[o.one .. "/:record/remove"] = {
            roles = OWNER,
            POST = function(c, parts, sent)
                return referring.alone(function()
                    return remove(c, parts.record, sent)
                end, "broken")
            end,
        }
    end

    if o.single then
        routes[o.list] = {
            GET = function(c) return change(c, o.single) end,
            POST = function(c, _, sent) return change(c, o.single, sent) end,
            roles = OWNER,
        }

        return routes
    end

    routes[o.list] = { roles = OWNER, GET = function(c)
        local rows = {}
        local after = type(c.arg.after) == "string" and c.arg.after or nil
        local list, more = documents.list(c.engine, o.kind, LIST_MAX, after)

        for i, entry in ipairs(list) do
            local row = o.row(c, entry.id, entry.doc)

            row.href = "/desk/" .. o.one .. "/" .. entry.id
            row.unfit = #law.findings(sheet.texts(o.kind, entry.doc)) > 0
            rows[i] = row
        end

        return "records", {
            title = words(c, "title"), rows = rows, none = words(c, "none"),
            new = "/desk/" .. o.list .. "/new", new_label = words(c, "new"),
            more = more and "/desk/" .. o.list .. "?after=" .. more,
            other = o.more and { href = o.more.href,
                                 label = c.say(o.more.label) },
            done = c.arg.done == "edit" and c.say("products.done.edit"),
        }
    end }

    routes[o.list .. "/new"] = {
        roles = OWNER,
        GET = function(c)
            local texts = sheet.texts(o.kind, o.fresh and o.fresh(c) or {})

            return edit.page(c, form(c), { values = texts, was = texts })
        end,
        POST = function(c, _, sent) return edit.post(c, form(c), sent) end,
    }

    routes[o.one .. "/:record" .. (o.first and "/edit" or "")] = {
        roles = OWNER,
        GET = function(c, parts) return change(c, parts.record) end,
        POST = function(c, parts, sent)
            return change(c, parts.record, sent)
        end,
    }

    return routes
end


--- The door of such a page, for the owner alone.
function records.door(c, href, label)
    return c.may("owner")
           and { { href = href, label = label,
                   group = c.say("sales.group") } }
           or {}
end


return records
