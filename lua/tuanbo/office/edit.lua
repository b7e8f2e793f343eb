--- A page on which one document of the catalogue, or a sale, is changed.
--
-- Two phones may do so at once. The form carries what it was made of (`was`),
-- and what the shop has is read anew before each change, with its entity tag.
-- Where both differ nothing is sent: the page comes back, says what has
-- changed meanwhile, and keeps what was typed. If it changes between that
-- reading and the change, the shop says 412, and it is read again.
--
-- @module tuanbo.office.edit

local cjson = require "cjson.safe"

local format = require "tuanbo.format"
local sheet = require "tuanbo.office.sheet"

local TRIES = 10

local edit = {}

-- Codes that have words of their own; "other" is for the rest.
local WORDS = {
    stock_taken = true, closed = true, away = true, key_reused = true,
    not_found = true, no_such_sale = true, wrong_state = true, busy = true,
    over_time = true, precondition_failed = true,
}
local SAME = {
    queue_full = "away", store_full = "away", disk_failed = "away",
    outcome_unknown = "away", not_ready = "away", rebuilding = "away",
    clock = "away",
}


--- Why the shop did not do it, in the page's words.
-- @tparam table c
-- @tparam table problem as shop.send gives it
-- @treturn string
function edit.why(c, problem)
    local code = SAME[problem.code] or problem.code

    if code == "bad_request" then
        return c.say("edit.wrong.bad_request", {
            field = problem.field or "", rule = problem.rule or "",
        })
    end

    return c.say("edit.wrong." .. (WORDS[code] and code or "other"), {
        held = problem.held, sold = problem.sold, code = problem.code,
    })
end


--- What the law has against it, in the page's words.
-- @tparam table c
-- @tparam string kind whose fields they are in
-- @tparam table findings as of tuanbo.office.law
-- @treturn table a list of word, line, law, blocks; it blocks when one does
function edit.findings(c, kind, findings)
    local list = {}

    for i, one in ipairs(findings) do
        local short = one.field:match("[^.]+$")

        list[i] = {
            word = one.word, blocks = one.blocks,
            line = c.say("law." .. one.rule, {
                word = one.word,
                field = sheet.label(c, kind, short),
                lowest = one.lowest_fen and c.say("sheet.yuan.of", {
                    yuan = format.yuan(one.lowest_fen) })
                    or c.say("law.unknown"),
            }),
            law = c.lang == "en" and one.law_en or one.law,
        }
        list.blocks = list.blocks or one.blocks
    end

    return list
end


--- The page.
-- @tparam table c context
-- @tparam table o what is changed: kind, action (where the form goes), title,
-- button (its words), back (where who changes nothing goes), order and kept as
-- of sheet.rows, more (a line above the form), remove (where the document is
-- taken away)
-- @tparam table state values, was (texts); wrong, why, after, findings; key
function edit.page(c, o, state)
    local rows = sheet.rows(c, o.kind, {
        values = state.values, order = o.order, kept = o.kept,
        wrong = state.wrong, after = state.after,
    })
    local view = {
        title = o.title, action = o.action, button = o.button,
        back = o.back,
        rows = rows, others = rows.others,
        was = cjson.encode(state.was),
        key = state.key or c.key(), id = o.id,
        why = state.why or state.wrong and c.say("edit.wrong"),
        after = state.after ~= nil,
        beside = state.after and sheet.beside(c, o.kind, o.kept, state.after)
                 or {},
        findings = edit.findings(c, o.kind, state.findings or {}),
        hidden = o.hidden or {},
        more = o.more, remove = o.remove,
    }

    return "edit", view, state.after and 412 or state.wrong and 400
                         or (state.why or state.findings) and 409 or 200
end


--- What a form was made of, as it has sent it along: strings by names.
-- @tparam table sent the form's fields
-- @treturn table
function edit.was(sent)
    local was = cjson.decode(sent.was or "")
    local found = {}

    for name, value in pairs(type(was) == "table" and was or {}) do
        if type(name) == "string" and type(value) == "string" then
            found[name] = value
        end
    end

    return found
end


local function wrong_by_law(o, typed, sent)
    local findings = o.findings and o.findings(typed) or {}

    for _, one in ipairs(findings) do
        if one.blocks or sent.anyway ~= "1" then
            return findings
        end
    end
end


--- What the form sends.
-- @tparam table c
-- @tparam table o as above, and: now() gives the entity tag and the document,
-- or nil and a code, absent for what is new; send(document, key, etag) gives
-- the answer, or nil and the problem; done(answer) where to go then;
-- findings(typed) what the law has against it
-- @tparam table sent the form's fields
function edit.post(c, o, sent)
    local typed, was = sheet.typed(o.kind, sent), edit.was(sent)
    local problem

    for _ = 1, TRIES do
        local etag, base = nil, {}

        if o.now then
            etag, base = o.now()

            if not etag then
                return nil, base
            end

            local now = sheet.texts(o.kind, base)

            if not sheet.same(now, was) then
                return edit.page(c, o, {
                    values = sheet.merged(typed, was, now), was = now,
                    after = { was = was, now = now },
                })
            end
        end

        local doc, wrong = sheet.document(o.kind, typed, base, o.kept)

        if wrong then
            return edit.page(c, o, { values = typed, was = was,
                                     wrong = wrong, key = sent.key })
        end

        local findings = wrong_by_law(o, typed, sent)

        if findings then
            return edit.page(c, o, { values = typed, was = was,
                                     findings = findings, key = sent.key })
        end

        local answer

        answer, problem = o.send(doc, sent.key, etag)

        if answer or problem.code ~= "precondition_failed" then
            c.deed { what = "edit", method = "PUT", target = o.target,
                     kind = o.kind, about = o.id, key = sent.key,
                     status = answer and "ok" or problem.code,
                     anyway = sent.anyway }
        end

        if answer then
            return true, o.done(answer)
        end

        if problem.code ~= "precondition_failed" then
            break
        end
    end

    return edit.page(c, o, { values = typed, was = was,
                             why = edit.why(c, problem), key = sent.key })
end


--- A change of a sale that the form's reader supposed to be in some state:
-- sent with the entity tag that goes with that state.
-- @tparam function now gives the entity tag and what is there
-- @tparam function supposed whether it is as the form's reader saw it
-- @tparam function send(etag) gives the answer, or nil and the problem
-- @treturn table|nil the answer
-- @treturn table the problem
function edit.under(now, supposed, send)
    local problem

    for _ = 1, TRIES do
        local etag, there = now()

        if not etag then
            return nil, { code = there }
        end

        if not supposed(there) then
            return nil, { code = "precondition_failed" }
        end

        local answer

        answer, problem = send(etag)

        if answer or problem.code ~= "precondition_failed" then
            return answer, problem
        end
    end

    return nil, { code = "busy" }
end


return edit
