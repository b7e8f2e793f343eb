--- What was on once more: a sale, and a session with its sales.
--
-- @module tuanbo.office.copies

local documents = require "tuanbo.documents"
local edit = require "tuanbo.office.edit"
local goods = require "tuanbo.goods"
local records = require "tuanbo.office.records"
local referring = require "tuanbo.office.referring"
local sales = require "tuanbo.office.sales"
local sheet = require "tuanbo.office.sheet"
local weekly = require "tuanbo.office.weekly"

local PAGE = 100
local PAGES_MAX = 10            -- of what has ended: a session's is among the
                                -- last

local copies = {}


--- Put a sale on once more.
-- @tparam table c the page's context
-- @tparam string id of the one that it is made of
-- @tparam table defined as of sales.next_week()
-- @tparam string key the form's
-- @treturn table|nil the new one
-- @treturn string|nil in words, why there is none
function copies.make(c, id, defined, key)
    for _, finding in ipairs(sales.findings(c.engine, c.now,
                                            sheet.texts("sale", defined)))
    do
        if finding.blocks then
            return nil, c.say("sales.copy.law", { word = finding.word })
        end
    end

    local sale, problem = referring.define(c, defined, function()
        return sales.make(c, defined, key .. "-" .. id:sub(1, 60))
    end)

    c.deed { what = "copy", method = "PUT", target = "/admin/sales/",
             about = id, status = sale and "ok" or problem.code,
             sale = sale and sale.id, key = key }

    return sale, not sale and edit.why(c, problem) or nil
end


-- What was sold in a session and has ended, in its order.
local function ended(c, session)
    local list, before = {}, nil

    for _ = 1, PAGES_MAX do
        local some

        some, before = goods.ended(c, before, PAGE)

        for _, entry in ipairs(some or {}) do
            if not entry.sale.gives and not entry.sale.called_off then
                list[#list + 1] = entry
            end
        end

        if not before then
            break
        end
    end

    return goods.in_order(list, session)
end


-- The id that a sale has in a session, or will have when it is made: the first
-- of its product and day that is not another session's. used: those of others
-- of this session. The second: it is there.
local function name_of(c, defined, session, used)
    for n = 1, sales.NAMES_MAX do
        local id = sales.id(defined, c.now, n)
        local there = c.engine.sale(id) ~= nil

        if not used[id] and (not there or (documents.get(c.engine, "sale", id)
                                           or {}).session == session)
        then
            used[id] = true

            return id, there
        end
    end
end


--- A session once more, a week later, with what was sold in it.
-- Done twice it makes nothing twice: the session has its day in its name, and
-- what is on sale again for it is left alone.
-- @tparam table c the page's context
-- @tparam string id
-- @treturn table|nil session (its id), starts_at, count (of its goods), wrong
-- (in words, what was not put on sale again)
-- @treturn string the problem's code
-- @treturn table the problem
function copies.session(c, id, key)
    local doc, code = documents.get(c.engine, "session", id)

    if not doc or not doc.starts_at then
        return nil, code or "not_found"
    end

    local session = goods.session_of(c, id, doc)
    local name, fresh, later_ms = weekly.next(id, doc, c.now)
    local made = { session = name, starts_at = fresh.starts_at, count = 0,
                   wrong = {} }
    local todo, used = {}, {}

    for _, entry in ipairs(ended(c, session)) do
        local defined = sales.next_week(c.engine, entry.sale.id, c.now,
                                        later_ms)

        if defined then
            defined.doc.session = name

            local as, there = name_of(c, defined, name, used)

            fresh.goods = fresh.goods or {}
            fresh.goods[#fresh.goods + 1] = as
            todo[#todo + 1] = { id = entry.sale.id, there = there,
                                defined = defined }
        end
    end

    local answer, problem = records.send(c, "session", name, fresh,
                                         key .. "-session", "new")

    c.deed { what = "copy", method = "PUT", kind = "session",
             target = "/admin/documents/session/" .. name, about = id,
             key = key, status = answer and "ok" or problem.code }

    -- there already: then what is missing of its goods, and their order
    if not answer and problem.code ~= "precondition_failed" then
        return nil, nil, problem
    elseif not answer then
        local etag, there = records.now(c, "session", name)

        if etag and not there.goods and fresh.goods then
            there.goods = fresh.goods
            records.send(c, "session", name, there, key .. "-goods", etag)
        end
    end

    for _, one in ipairs(todo) do
        local why, _

        if not one.there then
            _, why = copies.make(c, one.id, one.defined, key)
        end

        if why then
            made.wrong[#made.wrong + 1] = c.say("rooms.copy.wrong", {
                title = c.item(one.id).title, why = why })
        else
            made.count = made.count + 1
        end
    end

    return made
end


return copies
