-- What repacks a phone's camera for the live nginx, which starts it again when
-- it has ended (conf/live.conf). It waits on PORT of this machine for one
-- stream: a line that says where to, then the picture; and becomes ffmpeg.

local ffi = require "ffi"
local socket = require "socket"

ffi.cdef [[
long read(int fd, void *buf, size_t count);
int dup2(int from, int to);
int fcntl(int fd, int command, ...);
int execvp(const char *file, const char *const *argv);
]]

local USAGE = [[
Repack a phone's camera as RTMP, for the live nginx: luajit camera.lua PORT

It waits on 127.0.0.1:PORT for a line, rtmp://127.0.0.1:…, and what follows it;
then it is an ffmpeg that sends that there.
]]
local TARGET = "^rtmp://127%.0%.0%.1:%d+/live/[%l%d-]+%?until=%d+&key=[%w_-]+$"
local LINE_MAX = 512
local F_SETFL = 4

local port = tonumber(arg[1] or "")

if not port then
    local asked = arg[1] == "--help"

    (asked and io.stdout or io.stderr):write(USAGE)
    os.exit(asked and 0 or 2)
end

local server = assert(socket.bind("127.0.0.1", port, 1))
local client = assert(server:accept())
local byte = ffi.new("char[1]")
local line = {}

-- it was made not to wait; its readers have to
assert(ffi.C.fcntl(client:getfd(), F_SETFL, ffi.cast("int", 0)) == 0)

-- a byte at a time: the picture that follows is ffmpeg's to read
while #line < LINE_MAX and ffi.C.read(client:getfd(), byte, 1) == 1
      and byte[0] ~= 10
do
    line[#line + 1] = string.char(byte[0])
end

local target = table.concat(line)

if not target:find(TARGET) then
    os.exit(1)
end

local args = {
    "ffmpeg", "-hide_banner", "-loglevel", "error", "-fflags", "nobuffer",
    "-probesize", "65536", "-i", "pipe:0", "-c:v", "copy", "-c:a", "aac",
    "-b:a", "64k", "-ar", "44100", "-f", "flv", target,
}

-- all of it is zero, so it has an end
local given = ffi.new("const char *[?]", #args + 1)

for i, word in ipairs(args) do
    given[i - 1] = word
end

server:close()
assert(ffi.C.dup2(client:getfd(), 0) == 0)
ffi.C.execvp("ffmpeg", given)
io.stderr:write("no ffmpeg\n")
os.exit(1)
