--- A line at the end of a file, on the disk when it is said.
--
-- It waits for the disk, so it is for a thread of its own: see deeds.lua. It
-- uses nothing of nginx.
--
-- @module tuanbo.office.durable

local ffi = require "ffi"

ffi.cdef [[
int open(const char *path, int flags, ...);
int close(int fd);
int fsync(int fd);
long write(int fd, const void *bytes, size_t length);
long lseek(int fd, long offset, int whence);
char *strerror(int code);
]]

local O_RDONLY, O_WRONLY, O_CREAT, O_APPEND = 0, 1, 64, 1024
local O_DIRECTORY, O_CLOEXEC = 65536, 524288
local SEEK_CUR = 1
local MODE = 384                -- 0600

local C = ffi.C

local durable = {}


local function wrong()
    return nil, ffi.string(C.strerror(ffi.errno()))
end


-- The name of a file that was made just now is in its folder for good.
local function sync_folder(path)
    local fd = C.open(path:match("^(.*)/") or ".",
                      bit.bor(O_RDONLY, O_DIRECTORY, O_CLOEXEC))

    if fd < 0 then
        return wrong()
    end

    local done, err = C.fsync(fd) == 0, nil

    if not done then
        done, err = wrong()
    end

    C.close(fd)

    return done, err
end


--- Append a line.
-- @tparam string path the file, which is made where it is not
-- @tparam string line with its end
-- @treturn boolean|nil true: it is there, also after a power cut
-- @treturn string what is wrong
function durable.append(path, line)
    local fd = C.open(path, bit.bor(O_WRONLY, O_CREAT, O_APPEND, O_CLOEXEC),
                      ffi.cast("int", MODE))

    if fd < 0 then
        return wrong()
    end

    local done, err = true, nil

    -- one write: lines of two never mix
    if C.write(fd, line, #line) ~= #line or C.fsync(fd) ~= 0 then
        done, err = wrong()
    end

    local is_first = C.lseek(fd, 0, SEEK_CUR) == #line

    C.close(fd)

    if done and is_first then
        return sync_folder(path)
    end

    return done, err
end


return durable
