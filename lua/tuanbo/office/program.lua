-- The frame of tuanbo-office: its sub-commands, their options, what they print
-- and exit with.
--
-- A sub-command is tuanbo.office.commands.NAME, a table with
--
--     help       its text; the first line is the one of the list
--     options    by name: true, it has a value; false, it has none
--     run(option, words): the exit code; throws words, which is code 1
--
-- Exit codes of all: 0 done, 1 it was not or is not as it should be, 2 the
-- tool was called wrongly.

local ffi = require "ffi"
local lfs = require "lfs"

ffi.cdef "int poll(void *fds, unsigned long n, int timeout);"

local program = {}


-- The names of the files in commands/, next to this one.
local function commands()
    local here = assert(package.searchpath("tuanbo.office.program",
                                           package.path))
    local names = {}

    for file in lfs.dir((here:gsub("program%.lua$", "commands"))) do
        names[#names + 1] = file:match("^(%l+)%.lua$")
    end

    table.sort(names)

    return names
end


local function command(name)
    return require("tuanbo.office.commands." .. name)
end


local function help()
    local lines = {[[
The office's clerk: follows the ledger into SQL, and what hangs on that.

Usage:

    tuanbo-office COMMAND [OPTIONS]
    tuanbo-office COMMAND --help
]]}

    for _, name in ipairs(commands()) do
        lines[#lines + 1] = string.format("%-18s%s", name,
            command(name).help:match("^[^\n]*"))
    end

    lines[#lines + 1] = [[--help            print this

Exit codes: 0 done, 1 it was not or is not as it should be, 2 the tool was
called wrongly.

Example:

    tuanbo-office invite --directory /var/lib/tuanbo/office --owner 'Li Wei'
]]

    return table.concat(lines, "\n")
end


-- Waits.
function program.sleep(ms)
    ffi.C.poll(nil, 0, ms)
end


-- A line of what a process says that runs for ever.
function program.log(words)
    io.stderr:write("tuanbo-office: ", words, "\n")
end


-- Does something now and then, for ever. What it throws is said once, and when
-- all is well again.
function program.again_and_again(step, every_ms)
    local said

    while true do
        local done, err = pcall(step)

        if not done and said ~= err then
            program.log(tostring(err))
        elseif done and said then
            program.log("all is well again")
        end

        said = not done and err or nil
        program.sleep(every_ms)
    end
end


local function misused(words)
    io.stderr:write(words, "\nTry --help.\n")

    return 2
end


local function options(known, words)
    local found, rest, i = {}, {}, 2

    while words[i] do
        local name = words[i]:match("^%-%-(.+)$")

        if not name then
            rest[#rest + 1] = words[i]

        elseif name ~= "help" and known[name] == nil then
            return nil, "unknown option: " .. name

        elseif known[name] then
            i = i + 1
            found[name] = words[i]

            if not found[name] then
                return nil, "option " .. name .. " requires an argument"
            end

        else
            found[name] = true
        end

        i = i + 1
    end

    return found, rest
end


-- Runs what the words of a command line say; gives the exit code.
function program.run(words)
    local name = words[1]

    if name == "--help" then
        io.stdout:write(help())

        return 0
    end

    for _, known in ipairs(commands()) do
        if known == name then
            local one = command(name)
            local option, rest = options(one.options, words)

            if not option then
                return misused(rest)
            end

            if option.help then
                io.stdout:write(one.help)

                return 0
            end

            local done, code, wrong = pcall(one.run, option, rest)

            if not done then
                io.stderr:write(tostring(code), "\n")

                return 1
            end

            return code or misused(wrong)
        end
    end

    return misused(name and "no such command: " .. name
                   or "a command is needed")
end


return program
