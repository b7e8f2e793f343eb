--- An order's private link: /l/ID-TAG. Whoever has it sees the order, with its
-- code, and may claim; nothing else. docs/api.md tells it.
--
-- @module tuanbo.link

local ffi = require "ffi"
local reading = require "tuanbo.reading"
local store = require "tuanbo.office.store"

local C = ffi.C

local PATH_MAX = 80

-- The module's other side is ngx_module/lua/ngx_http_flashsale_lua_link.h.
ffi.cdef [[
int ngx_http_flashsale_ffi_link(const char *id, size_t id_len, char *buf,
    size_t size);
int ngx_http_flashsale_ffi_linked(const char *id, size_t id_len,
    const char *tag, size_t tag_len);
]]

local link = {}

local path = ffi.new("char[?]", PATH_MAX)


--- Where an order's link leads.
-- @tparam string id of the order
-- @treturn string|nil the path; nil: there is none
function link.of(id)
    local n = C.ngx_http_flashsale_ffi_link(id, #id, path, PATH_MAX)

    return n > 0 and ffi.string(path, n) or nil
end


--- The order of a link.
-- @tparam string id
-- @tparam string tag
-- @treturn table|nil as of store.order()
-- @treturn string|nil the problem's code; `no_such_hold`: the link is none
function link.order(id, tag)
    local n = C.ngx_http_flashsale_ffi_linked(id, #id, tag, #tag)

    if n < 0 then
        return nil, reading.code(n)
    end

    if n == 0 then
        return nil, "no_such_hold"
    end

    return store.order(id)
end


return link
