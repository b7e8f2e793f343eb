-- The ledger of a shop on this machine, out of its store, also while the shop
-- is down: by FFI from libtuanbo.so, see conf/tools/libtuanbo.h.  It takes no
-- lock that the shop waits for, and between two calls it keeps nothing of the
-- store from being used again.

local ffi = require "ffi"

local program = require "tuanbo.office.program"

ffi.cdef [[
typedef struct tuanbo_store_s  tuanbo_store_t;
int tuanbo_version(void);
tuanbo_store_t *tuanbo_create(const char *path);
void tuanbo_destroy(tuanbo_store_t *store);
int tuanbo_lines(tuanbo_store_t *store, double after, const uint8_t *hash,
    int limit, char *buf, size_t size);
const char *tuanbo_message(const tuanbo_store_t *store);
]]

local VERSION = 1
local FORKED, SCHEMA = -2, -3           -- of what tuanbo_lines() gives
local SIZE = 1048576                    -- of what is read at once
local LOOK_MS = 20                      -- between two looks for entries

local buffer = ffi.new("char[?]", SIZE)

local store = {}
local methods = {}
local meta = {__index = methods}
local loaded


-- In the sources' build/, or below the prefix that share/tuanbo is in too.
local function library()
    if loaded then
        return loaded
    end

    local root = assert(package.searchpath("tuanbo.office.source.store",
        package.path)):match("^(.*)/lua/tuanbo/office/source/store%.lua$")
    local err

    for _, place in ipairs{"/build", "/../../lib/tuanbo"} do
        local there, found = pcall(ffi.load, root .. place .. "/libtuanbo.so")

        if there then
            loaded = found
            break
        end

        err = err or found
    end

    if not loaded then
        error("libtuanbo.so, for stores on this machine: " .. err, 0)
    end

    local version = loaded.tuanbo_version()

    if version ~= VERSION then
        loaded = nil
        error("this tuanbo-office is for version " .. VERSION
              .. " of libtuanbo.so, which is " .. version
              .. ": take both from one release", 0)
    end

    return loaded
end


-- Options: path, absolute; wait_ms, how long to wait for entries.
function store.new(option)
    return setmetatable({path = option.path, wait_ms = option.wait_ms or 0,
                         C = library()}, meta)
end


-- See follow.lua.  What another program is needed for is not tried again.
function methods:lines(after, hash, limit, now)
    self.handle = self.handle or ffi.gc(self.C.tuanbo_create(self.path),
                                        self.C.tuanbo_destroy)

    local bytes = hash:gsub("%x%x", function(digits)
        return string.char(tonumber(digits, 16))
    end)
    local waited = 0
    local n

    while true do
        n = self.C.tuanbo_lines(self.handle, after, bytes, limit, buffer,
                                SIZE)

        if n ~= 0 or now or waited >= self.wait_ms then
            break
        end

        program.sleep(LOOK_MS)
        waited = waited + LOOK_MS
    end

    if n >= 0 then
        return ffi.string(buffer, n)
    end

    if n == FORKED then
        return nil, "forked"
    end

    return nil, ffi.string(self.C.tuanbo_message(self.handle)), n == SCHEMA
end


-- The store is let go of, until it is asked again.
function methods:close()
    if self.handle then
        self.C.tuanbo_destroy(ffi.gc(self.handle, nil))
        self.handle = nil
    end
end


return store
