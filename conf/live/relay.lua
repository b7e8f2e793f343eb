-- What carries the live picture to other platforms, which the live nginx starts
-- (conf/live.conf). It waits on a socket; each connection is one place: three
-- lines say which session, where to and by which key, and an ffmpeg carries
-- the picture there, as it is. What ffmpeg says goes back over the connection;
-- when either side is gone, so is the other.
--
-- A process's arguments can be read by all on the machine, so ffmpeg gets the
-- address's path and the key by a pipe, as a preset of options.

local ffi = require "ffi"
local socket = require "socket.unix"

ffi.cdef [[
typedef struct { int fd; short events, revents; } tuanbo_pollfd;
typedef void (*tuanbo_handler)(int);
long read(int fd, void *buf, size_t count);
long write(int fd, const void *bytes, size_t length);
int pipe(int fds[2]);
int open(const char *path, int flags, ...);
int close(int fd);
int dup2(int from, int to);
int fcntl(int fd, int command, ...);
int fork(void);
int getpid(void);
int getppid(void);
int kill(int pid, int signal);
int waitpid(int pid, int *status, int options);
int execvp(const char *file, const char *const *argv);
int prctl(int option, ...);
int poll(tuanbo_pollfd *fds, unsigned long count, int timeout_ms);
unsigned int umask(unsigned int mask);
tuanbo_handler signal(int signal, tuanbo_handler handler);
void _exit(int code);
]]

local C = ffi.C

local USAGE = [[
Carry the live picture elsewhere, for the live nginx: luajit relay.lua SOCKET SOURCE

It waits on SOCKET (made anew) for a session, an rtmp:// or rtmps:// address
and a key, a line each; SOURCE, rtmp://127.0.0.1:1935/live, has the picture.
]]
local SESSION = "^[%l%d-]+$"
local SERVER = "^(rtmps?://[%w.:%[%]-]+)/(%S+)$"
local LINE_MAX = 1024
local WATCH_MS = 500            -- how soon one side sees that the other is gone
local WAITING = 64              -- connections that are not taken yet

local SIGKILL, SIGCHLD = 9, 17
local PR_SET_PDEATHSIG = 1
local WNOHANG = 1
local POLLIN = 1
local O_RDONLY = 0
local F_SETFL = 4
local PRIVATE = 127             -- 0177

local path, source = arg[1], arg[2]

if not source then
    local asked = path == "--help"

    (asked and io.stdout or io.stderr):write(USAGE)
    os.exit(asked and 0 or 2)
end


-- Ends with whoever has started it, also by a kill.
local function end_with(parent)
    C.prctl(PR_SET_PDEATHSIG, ffi.cast("unsigned long", SIGKILL))

    if C.getppid() ~= parent then
        C._exit(0)
    end
end


local function read_line(fd)
    local byte, line = ffi.new("char[1]"), {}

    while #line < LINE_MAX and C.read(fd, byte, 1) == 1 do
        if byte[0] == 10 then
            return table.concat(line)
        end

        line[#line + 1] = string.char(byte[0])
    end
end


-- A pipe from which all that is in it can be read.
local function filled(text)
    local fds = ffi.new("int[2]")

    if C.pipe(fds) ~= 0 or C.write(fds[1], text, #text) ~= #text then
        C._exit(1)
    end

    C.close(fds[1])

    return fds[0]
end


local function become_ffmpeg(client, session, server, options)
    local null = C.open("/dev/null", O_RDONLY)
    local args = {
        "ffmpeg", "-hide_banner", "-nostdin", "-loglevel", "error",
        "-progress", "pipe:1", "-i", source .. "/" .. session, "-c", "copy",
        "-f", "flv", "-fpre", "/dev/fd/" .. options, server .. "/",
    }

    -- all of it is zero, so it has an end
    local given = ffi.new("const char *[?]", #args + 1)

    for i, word in ipairs(args) do
        given[i - 1] = word
    end

    C.dup2(null, 0)
    C.dup2(client, 1)
    C.dup2(client, 2)
    C.execvp("ffmpeg", given)
    C._exit(127)
end


-- Until one side is gone; then the other one goes.
local function watch(client, pid)
    local seen = ffi.new("tuanbo_pollfd[1]", { { client, POLLIN, 0 } })

    while C.waitpid(pid, nil, WNOHANG) == 0 do

        -- nothing is said any more: what there is to read is the end
        if C.poll(seen, 1, WATCH_MS) > 0 then
            C.kill(pid, SIGKILL)
            C.waitpid(pid, nil, 0)
            return
        end
    end
end


local function carry(client)
    local session = read_line(client) or ""
    local server, application = (read_line(client) or ""):match(SERVER)
    local key = read_line(client) or ""

    if not session:find(SESSION) or not server or not key:find("^%S+$") then
        return
    end

    local options = filled("rtmp_app=" .. application .. "\nrtmp_playpath="
                           .. key .. "\n")
    local own = C.getpid()
    local pid = C.fork()

    if pid == 0 then
        end_with(own)
        become_ffmpeg(client, session, server, options)
    end

    C.close(options)

    if pid > 0 then
        watch(client, pid)
    end
end


os.remove(path)

local mask = C.umask(PRIVATE)
local listening = assert(socket.stream())

assert(listening:bind(path))
C.umask(mask)
assert(listening:listen(WAITING))

-- nobody waits for those that carry: they leave nothing behind
C.signal(SIGCHLD, ffi.cast("tuanbo_handler", 1))

while true do
    local client = assert(listening:accept())
    local parent = C.getpid()

    if C.fork() == 0 then
        end_with(parent)

        -- it was made not to wait; its readers and writers have to
        C.fcntl(client:getfd(), F_SETFL, ffi.cast("int", 0))
        C.signal(SIGCHLD, ffi.cast("tuanbo_handler", 0))
        listening:close()
        carry(client:getfd())
        C._exit(0)
    end

    client:close()
end
