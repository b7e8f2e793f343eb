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
]]

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


--- What was said last.
-- @tparam string id the session's
-- @treturn table a list of comment (its id), name, text, at, in order; and
-- answers: the comment that it answers
function room.comments(id)
    buffer = buffer or ffi.new("char[?]", COMMENTS_SIZE)

    local n = C.ngx_http_flashsale_ffi_comments(id, #id, buffer,
                                                COMMENTS_SIZE)

    return n > 0 and cjson.decode(ffi.string(buffer, n)) or {}
end


return room
