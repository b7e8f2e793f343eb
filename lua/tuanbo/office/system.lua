-- What the clerk asks of the system itself: its clock, random bytes, locks,
-- files that are there whole or not at all, and signals that wait.  Never in
-- nginx.

local ffi = require "ffi"

ffi.load("libcrypto.so.3", true)

local crypto = require "tuanbo.crypto"

ffi.cdef [[
typedef struct { unsigned long words[16]; } tuanbo_sigset;
int sigemptyset(tuanbo_sigset *set);
int sigaddset(tuanbo_sigset *set, int signal);
int sigprocmask(int how, const tuanbo_sigset *set, tuanbo_sigset *old);
int signalfd(int fd, const tuanbo_sigset *set, int flags);
int open(const char *path, int flags, ...);
int close(int fd);
int flock(int fd, int operation);
int fsync(int fd);
long write(int fd, const void *bytes, size_t length);
unsigned int umask(unsigned int mask);
unsigned int geteuid(void);
int getpid(void);
int getppid(void);
int setgroups(size_t n, const unsigned int *groups);
int setgid(unsigned int group);
int setuid(unsigned int user);
int fork(void);
int execv(const char *path, char *const words[]);
int waitpid(int pid, int *status, int options);
int prctl(int option, ...);
void _exit(int code);
char *strerror(int code);
typedef struct { long seconds, nanoseconds; } tuanbo_timespec;
int clock_gettime(int clock, tuanbo_timespec *time);
]]

local O_RDONLY, O_WRONLY, O_CREAT, O_TRUNC = 0, 1, 64, 512
local O_DIRECTORY, O_CLOEXEC = 65536, 524288
local LOCK_EX, LOCK_NB = 2, 4
local SIGINT, SIGTERM, SIG_BLOCK, SIG_SETMASK = 2, 15, 0, 2
local PR_SET_PDEATHSIG, WNOHANG = 1, 1
local DESCRIPTORS = 256         -- more than the clerk ever has open
local CLOCK_REALTIME = 0
local MODE = 384                -- 0600

local C = ffi.C
local timespec = ffi.new("tuanbo_timespec")

local system = {}


local function fail(path)
    error(path .. ": " .. ffi.string(C.strerror(ffi.errno())), 0)
end


local function open(path, flags)
    local fd = C.open(path, bit.bor(flags, O_CLOEXEC), ffi.cast("int", MODE))

    if fd < 0 then
        fail(path)
    end

    return fd
end


-- Milliseconds since 1970.
function system.now()
    C.clock_gettime(CLOCK_REALTIME, timespec)

    return tonumber(timespec.seconds) * 1000
        + math.floor(tonumber(timespec.nanoseconds) / 1e6)
end


-- So many random bytes, as hexadecimal digits.
function system.random(length)
    return crypto.hex(crypto.bytes(length))
end


-- The SHA-256 of a text, as hexadecimal digits.
function system.hash(text)
    return crypto.hex(crypto.sha256(text))
end


-- Sets what files that are made may be; gives what was set.
function system.umask(mask)
    return C.umask(mask)
end


-- Takes a lock on a file, which is made; the descriptor to let go of it, or
-- nil where it is held and not to be waited for.
function system.lock(path, at_once)
    local fd = open(path, O_WRONLY + O_CREAT)

    if C.flock(fd, LOCK_EX + (at_once and LOCK_NB or 0)) ~= 0 then
        C.close(fd)

        return nil
    end

    return fd
end


function system.unlock(fd)
    C.close(fd)
end


-- Has what is in a file, or a folder's names, on the disk.
function system.sync(path, is_folder)
    local fd = open(path, O_RDONLY + (is_folder and O_DIRECTORY or 0))
    local failed = C.fsync(fd) ~= 0

    C.close(fd)

    if failed then
        fail(path)
    end
end


-- Writes a file of mode 0600 that is there whole or as it was before.
function system.replace(path, text)
    local new = path .. ".new"
    local fd = open(new, O_WRONLY + O_CREAT + O_TRUNC)
    local done = C.write(fd, text, #text) == #text and C.fsync(fd) == 0
    local err = ffi.errno()

    C.close(fd)

    if not done then
        os.remove(new)
        ffi.errno(err)
        fail(new)
    end

    assert(os.rename(new, path))
    system.sync(path:match("^(.*)/") or ".", true)
end


-- Root goes on as this user: what it made would be closed to whoever else
-- works in the directory. Others stay who they are.
function system.become(user, group)
    if C.geteuid() ~= 0 or user == 0 then
        return
    end

    if C.setgroups(0, nil) ~= 0 or C.setgid(group) ~= 0
       or C.setuid(user) ~= 0
    then
        fail("user " .. user)
    end
end


-- Starts a program that ends when this one does, with nothing of it but the
-- standard streams; gives its number.
function system.spawn(path, ...)
    local words = {path, ...}
    local given = ffi.new("char *[?]", #words + 1)
    local none = ffi.new("tuanbo_sigset")

    for i, word in ipairs(words) do
        given[i - 1] = ffi.cast("char *", word)
    end

    C.sigemptyset(none)

    local parent = C.getpid()
    local pid = C.fork()

    if pid == 0 then
        C.prctl(PR_SET_PDEATHSIG, ffi.cast("unsigned long", SIGTERM))

        -- it may have ended before that was asked for
        if C.getppid() ~= parent then
            C._exit(0)
        end

        C.sigprocmask(SIG_SETMASK, none, nil)

        for fd = 3, DESCRIPTORS do
            C.close(fd)
        end

        C.execv(path, given)
        C._exit(127)
    end

    if pid < 0 then
        fail(path)
    end

    return pid
end


-- Whether such a program has ended. Asked once more after that, it throws.
function system.has_ended(pid)
    return C.waitpid(pid, nil, WNOHANG) ~= 0
end


-- SIGTERM and SIGINT wait from now on; gives what socket.select takes, which
-- is readable when one came.
function system.signals()
    local set = ffi.new("tuanbo_sigset")

    C.sigemptyset(set)
    C.sigaddset(set, SIGTERM)
    C.sigaddset(set, SIGINT)
    C.sigprocmask(SIG_BLOCK, set, nil)

    local fd = C.signalfd(-1, set, O_CLOEXEC)

    return {getfd = function() return fd end,
            dirty = function() return false end}
end


return system
