--- What was recorded of sessions, on the disk: the live nginx writes it
-- (tuanbo.recorder), the shop reads it, the office removes it.
--
--     DIRECTORY/SESSION/RUN/list              a line for each file, in order
--     DIRECTORY/SESSION/RUN/AT-RANDOM.ts      some seconds of the picture
--
-- RUN is the epoch milliseconds at which it began; a session that is on each
-- week has many. A line is "AT MS BYTES CUT NAME": since when, how long, how
-- large, 1 where something is missing before it. The random part of a name
-- keeps what no playlist names, as before the session began, from those who
-- guess.
--
-- @module tuanbo.recordings

local lfs = require "lfs"

local names = require("tuanbo.directory").names

local LINE = "(%d+) (%d+) (%d+) ([01]) (%d+%-[%w_-]+%.ts)\n"

local recordings = {}


--- The runs of a session, the oldest first.
-- @tparam string directory
-- @tparam string session
-- @treturn table names
function recordings.runs(directory, session)
    return names(directory .. "/" .. session, "^%d+$")
end


--- All sessions of which there is something.
-- @tparam string directory
-- @treturn table ids
function recordings.sessions(directory)
    return names(directory, "^[%l%d-]+$")
end


--- The files of a run.
-- @tparam string path DIRECTORY/SESSION/RUN
-- @treturn table a list of at, ms, bytes, cut, name
function recordings.files(path)
    local file = io.open(path .. "/list", "rb")
    local list = {}

    if file then
        for at, ms, bytes, cut, name in file:read("*a"):gmatch(LINE) do
            list[#list + 1] = { at = tonumber(at), ms = tonumber(ms),
                                bytes = tonumber(bytes), cut = cut == "1",
                                name = name }
        end

        file:close()
    end

    return list
end


--- The line of a file.
-- @tparam table one at, ms, bytes, cut, name
-- @treturn string
function recordings.line(one)
    return string.format("%.0f %.0f %.0f %d %s\n", one.at, one.ms, one.bytes,
                         one.cut and 1 or 0, one.name)
end


--- What there is of a session within a time: whole files, none of what was
-- sent before or after.
-- @tparam string directory
-- @tparam string session
-- @tparam number from epoch ms
-- @tparam number to epoch ms
-- @treturn table a list of at, ms, bytes, cut, and name as RUN/NAME
function recordings.within(directory, session, from, to)
    local list = {}

    for _, run in ipairs(recordings.runs(directory, session)) do
        local files = tonumber(run) <= to
                      and recordings.files(directory .. "/" .. session .. "/"
                                           .. run) or {}

        for _, one in ipairs(files) do
            if one.at >= from and one.at + one.ms <= to then
                one.cut = one.cut or one == files[1]
                one.name = run .. "/" .. one.name
                list[#list + 1] = one
            end
        end
    end

    return list
end


--- Removes a run, or all of a session.
-- @tparam string path DIRECTORY/SESSION or DIRECTORY/SESSION/RUN
-- @treturn boolean whether nothing is left
function recordings.remove(path)
    for _, name in ipairs(names(path)) do
        local below = path .. "/" .. name

        if lfs.symlinkattributes(below, "mode") == "directory" then
            recordings.remove(below)
        else
            os.remove(below)
        end
    end

    return lfs.rmdir(path) == true
end


return recordings
