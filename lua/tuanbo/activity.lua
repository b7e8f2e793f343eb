--- What people did, as the module has noted it (docs/api.md, Activity): by
-- pseudonym, kept for a while, and nothing depends on it.
--
-- @module tuanbo.activity

local cjson = require "cjson.safe"
local ffi = require "ffi"

local C = ffi.C

-- The module's other side is ngx_module/lua/ngx_http_flashsale_lua_room.h.
ffi.cdef [[
int ngx_http_flashsale_ffi_activity(uint64_t *after, int64_t since, char *buf,
    size_t size);
]]

local SIZE = 65536
local MOST = 200000             -- rows that are looked at for one answer

local activity = {}

local buffer


--- Look at each that was noted since a time, in order. There may be many: the
-- worker's other requests have their turn after each page of them.
-- @tparam number since epoch ms
-- @tparam function each gets one: id, at, kind, buyer, session or sale, and
-- what its kind has
-- @treturn boolean whether that was all: not where there is no store just now,
-- or where there were too many to look at
function activity.each(since, each)
    local after = ffi.new("uint64_t[1]")
    local looked = 0

    buffer = buffer or ffi.new("char[?]", SIZE)

    while looked < MOST do
        local n = C.ngx_http_flashsale_ffi_activity(after, since, buffer,
                                                    SIZE)

        if n <= 0 then
            return n == 0
        end

        for line in ffi.string(buffer, n):gmatch("[^\n]+") do
            each(cjson.decode(line))
            looked = looked + 1
        end

        ngx.sleep(0)
    end

    return false
end


return activity
