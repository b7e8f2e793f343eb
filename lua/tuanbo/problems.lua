-- Refusals in words: the engine's codes, and our own.

local cjson = require "cjson.safe"

local text = require "tuanbo.text"

local problems = {}

-- What several codes have in common for somebody who wants a box of grapes.
local same = {
    queue_full = "busy",
    store_full = "broken",
    disk_failed = "broken",
    rebuilding = "busy",
    not_ready = "busy",
    clock = "broken",
    old_schema = "broken",
    unsupported_media_type = "bad_request",
    method_not_allowed = "method",
    stock_taken = "sold_out",
    decided = "wrong_state",
    nothing_due = "wrong_state",
    forked = "wrong_state",
    refund_used = "wrong_state",
    ready_already = "wrong_state",
    frozen = "wrong_state",
    given = "wrong_state",
    too_many_names = "bad_request",
    precondition_failed = "key_reused",
    bad_signature = "no_buyer",
}

local statuses = {
    not_found = 404, no_such_sale = 404, no_such_hold = 404,
    other_life = 404,
    no_buyer = 401, cross_site = 403, forbidden = 403, bad_request = 400,
    method = 405, too_large = 413, not_allowed = 422, too_fast = 429,
    busy = 503, broken = 503,
    outcome_unknown = 503, office_away = 503,
}

-- Refusals that may be out of date when a page is shown.
local passing = { sold_out = true, not_open = true, closed = true,
                  paused = true }

local by_status = {
    [400] = "bad_request", [401] = "no_buyer", [403] = "forbidden",
    [404] = "not_found", [405] = "method", [413] = "too_large",
    [414] = "too_large", [429] = "too_fast", [494] = "too_large",
    [501] = "bad_request", [505] = "bad_request",
}


-- What nginx says by a number only.
function problems.of_status(status)
    return by_status[status] or "broken"
end


-- The code that has words.
function problems.known(code)
    code = same[code] or code

    -- one language is asked for all: a test sees that they have the same texts
    return text.has("zh", "problem." .. code) and code ~= "title"
           and code ~= "again" and code or "broken"
end


function problems.line(say, code)
    return say("problem." .. problems.known(code))
end


-- The words for a refusal of a sale, `it` as of goods.of(), as things are now.
-- mine: this buyer's holds that are not paid yet are the reason.
function problems.of_sale(say, it, code, mine)
    if passing[code] and it.open and it.free > 0 then
        return say("problem.again", { free = it.free, unit = it.unit })
    end

    if code == "over_limit" and it.limit then
        return say(mine and "problem.over_limit.unpaid"
                   or "problem.over_limit.of",
                   { count = it.limit, unit = it.unit })
    end

    return problems.line(say, code)
end


function problems.status(code)
    return statuses[problems.known(code)] or 200
end


--- Refuses a request as the contract has it (docs/api.md), in a phase before
-- the answer.
-- @tparam number status
-- @tparam string code
-- @tparam string title
-- @tparam table more what else is to be said; it is changed
function problems.refuse(status, code, title, more)
    more.type = "about:blank"
    more.title = title
    more.status = status
    more.code = code

    ngx.status = status
    ngx.header["Content-Type"] = "application/problem+json"
    ngx.header["Cache-Control"] = "private, no-store"
    ngx.print(cjson.encode(more))

    return ngx.exit(status)
end


return problems
