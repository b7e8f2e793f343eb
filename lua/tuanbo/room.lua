--- Rooms: what the host of a session does in it, and how many are there.
--
-- @module tuanbo.room

local cjson = require "cjson.safe"
local ffi = require "ffi"

local C = ffi.C

-- The module's other side is ngx_module/lua/ngx_http_flashsale_lua_room.h.
ffi.cdef [[
int ngx_http_flashsale_ffi_viewers(const char *session, size_t len);
int ngx_http_flashsale_ffi_comments(const char *session, size_t len,
    char *buf, size_t size);
int ngx_http_flashsale_ffi_answered(const char *session, size_t len,
    char *buf, size_t size);
int ngx_http_flashsale_ffi_said(const char *session, size_t len,
    uint64_t *after, char *buf, size_t size);
]]

local QUESTIONS = 2                 -- that the texts have
local QUESTIONS_MAX = 6
local QUESTION_MAX = 80             -- bytes: it is a button
local COMMENTS_SIZE = 131072        -- 20 of 200 characters, each escaped

local room = {
    SOMEBODY = "一位邻居",          -- FS_NEIGHBOUR: who is not to be named
}

local buffer


--- A session's room, as its document says.
-- @tparam table engine
-- @tparam string id the session's
-- @treturn table state (scheduled, live, ended), pin, started_at, ended_at,
-- pins
function room.of(engine, id)
    local doc = engine.document("room", id)

    return type(doc) == "table" and doc or { state = "scheduled", pins = {} }
end


--- How many have a stream of the session open, each once.
-- @tparam string id the session's
-- @treturn number
function room.viewers(id)
    local n = C.ngx_http_flashsale_ffi_viewers(id, #id)

    return n > 0 and n or 0
end


--- Who said it, in a page's language.
-- @tparam table c the page's context
-- @tparam table comment as of room.comments()
-- @treturn string
function room.name(c, comment)
    return comment.answers and c.say("live.answer")
           or comment.name == room.SOMEBODY and c.say("live.neighbour")
           or comment.name
end


-- What one of the module's functions says of a session.
local function asked(how, id)
    buffer = buffer or ffi.new("char[?]", COMMENTS_SIZE)

    local n = how(id, #id, buffer, COMMENTS_SIZE)

    return n > 0 and cjson.decode(ffi.string(buffer, n)) or {}
end


--- What was said last.
-- @tparam string id the session's
-- @treturn table a list of comment (its id), name, text, at, in order; and
-- answers: the comment that it answers
function room.comments(id)
    return asked(C.ngx_http_flashsale_ffi_comments, id)
end


--- What the host has answered last, which stays on top until the host takes it
-- away or answers another.
-- @tparam string id the session's
-- @treturn table|nil the answer, as of room.comments()
-- @treturn table|nil what it answers, where that still stands
function room.answered(id)
    local list = asked(C.ngx_http_flashsale_ffi_answered, id)

    return list[#list], list[2] and list[1]
end


--- Look at each that was said in a session, in order.
-- @tparam string id the session's
-- @tparam number after begin behind this comment's id; 0: with the first one
-- @tparam function each gets one, as of room.comments()
function room.each(id, after, each)
    local place = ffi.new("uint64_t[1]", after)
    local n

    buffer = buffer or ffi.new("char[?]", COMMENTS_SIZE)

    repeat
        n = C.ngx_http_flashsale_ffi_said(id, #id, place, buffer,
                                          COMMENTS_SIZE)

        for _, one in ipairs(n > 0 and cjson.decode(ffi.string(buffer, n))
                             or {})
        do
            each(one)
        end
    until n <= 0
end


--- What neighbours may ask by one tap: the document shop/questions,
-- {"questions":["…"]}, else those that the texts have.
-- @tparam table c the page's context
-- @treturn table a list of texts
function room.questions(c)
    local doc = c.engine.document("shop", "questions")
    local list = {}

    if type(doc) ~= "table" or type(doc.questions) ~= "table" then
        for i = 1, QUESTIONS do
            list[i] = c.say("live.question." .. i)
        end

        return list
    end

    for _, words in ipairs(doc.questions) do
        if type(words) == "string" and words ~= "" and #words <= QUESTION_MAX
           and #list < QUESTIONS_MAX
        then
            list[#list + 1] = words
        end
    end

    return list
end


return room
