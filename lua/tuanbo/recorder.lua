--- Keeps what is sent to the live nginx: each second it adds the segments that
-- have come to files of some seconds on the disk (tuanbo.recordings). Killed,
-- it goes on with what is still in memory of the picture; what it has begun
-- is not in the list, so it is written again.
--
-- @module tuanbo.recorder

local lfs = require "lfs"
local utils = require "pl.utils"

local crypto = require "tuanbo.crypto"
local names_in = require("tuanbo.directory").names
local recordings = require "tuanbo.recordings"

local FILE_MS = 6000
local RUN_MS = 3600000          -- after so long without a picture: another run
local SWEEP_S = 60
local RANDOM_BYTES = 12
local APART_MS = 500            -- segments further apart are of two files
local DAY_MS = 86400000
local MB = 1048576

local recorder = {}

local directory
local max_bytes
local max_ms
local written
local pictures
local open = {}                 -- by session: run (its path), begun, upto,
                                -- number (of the last segment), cut, bytes;
                                -- and of the file that is written
                                -- at, ms, size, name
local swept = 0


local function now_ms()
    return math.floor(ngx.now() * 1000)
end


--- Once, while nginx reads its conf.
-- @tparam table given directory; max_mb: how much is kept at most, the oldest
-- go first; keep_days: for how long (else for as long as there is room)
-- @tparam string pictures_given where segments come
-- @tparam function written_given a session's segments there (tuanbo.live)
function recorder.setup(given, pictures_given, written_given)
    directory = given.directory
    max_bytes = (given.max_mb or error("recordings.max_mb is missing", 0)) * MB
    max_ms = given.keep_days and given.keep_days * DAY_MS
    pictures = pictures_given
    written = written_given
end


local function append(path, text)
    local file, err = io.open(path, "ab")

    if not file then
        return nil, err
    end

    local done, why = file:write(text)
    local closed, at_end = file:close()

    return done and closed, why or at_end
end


-- Whether nobody has removed what was recorded.
local function is_there(one)
    return lfs.attributes(one.run, "mode") == "directory"
end


-- The file that is written is whole: the list has it from now on.
local function finish(one)
    if not one.name or not is_there(one) then
        one.name = nil
        return
    end

    local _, err = append(one.run .. "/list", recordings.line {
        at = one.at, ms = one.ms, bytes = one.size, cut = one.cut,
        name = one.name,
    })

    if err then
        ngx.log(ngx.ERR, "a recording is not written: ", err)
    end

    one.name = nil
    one.cut = false
end


-- What a killed one has begun is in no list.
local function remove_unlisted(run, files)
    local listed = { list = true }

    for _, one in ipairs(files) do
        listed[one.name] = true
    end

    for _, name in ipairs(names_in(run)) do
        if not listed[name] then
            os.remove(run .. "/" .. name)
        end
    end
end


-- The run that a segment belongs to: the last one, unless that is long ago.
local function begin(session, at)
    local above = directory .. "/" .. session
    local names = recordings.runs(directory, session)
    local run = names[#names] and above .. "/" .. names[#names]
    local files = run and recordings.files(run) or {}
    local last = files[#files]

    if last and at - last.at - last.ms < RUN_MS then
        remove_unlisted(run, files)

        return { run = run, upto = last.at + last.ms, cut = true }
    end

    run = above .. "/" .. string.format("%.0f", at)
    lfs.mkdir(above)

    local made, err = lfs.mkdir(run)

    if not made and lfs.attributes(run, "mode") ~= "directory" then
        ngx.log(ngx.ERR, "a recording is not begun: ", run, ": ", err)
        return nil
    end

    return { run = run, upto = 0, cut = true }
end


local function add(one, segment, text)
    local apart = segment.at - one.upto > APART_MS

    -- a file's length is of times of arrival, so that what came late is in
    -- another one; it is a cut where something is missing
    if segment.cut or apart then
        finish(one)
        one.cut = one.cut or segment.cut
                  or segment.number ~= (one.number or 0) + 1
    end

    if not one.name then
        one.at, one.ms, one.size = segment.at, 0, 0
        one.name = string.format("%.0f-%s.ts", segment.at,
                                 crypto.random(RANDOM_BYTES))
    end

    local done, err = append(one.run .. "/" .. one.name, text)

    if not done then
        ngx.log(ngx.ERR, "a recording is not written: ", err)
        os.remove(one.run .. "/" .. one.name)
        one.name = nil
        one.cut = true
    else
        one.size = one.size + #text
        one.ms = segment.at + segment.seconds * 1000 - one.at
    end

    one.number = segment.number
    one.upto = segment.at + segment.seconds * 1000

    if one.name and one.ms >= FILE_MS then
        finish(one)
    end
end


local function follow(session)
    local list = written(session) or {}
    local last = list[#list]
    local one = open[session]

    if not one then

        -- a picture of before this nginx was started is over
        if not last or now_ms() - last.at > RUN_MS then
            return
        end

        one = begin(session, list[1].at)
        open[session] = one
    end

    for i, segment in ipairs(one and list or {}) do
        segment.number = list.first + i - 1

        -- times of arrival: half a segment later it is surely another one; and
        -- what a line has held up comes all at once
        local is_new = segment.at + segment.seconds * 500 > one.upto
                       or segment.number > (one.number or math.huge)

        -- what comes from now on is another one
        if is_new and not is_there(one) then
            one = begin(session, segment.at)
            open[session] = one

            if not one then
                return
            end
        end

        if is_new then
            local text = utils.readfile(pictures .. "/" .. session .. "/"
                                        .. segment.name, true)

            if text then
                add(one, segment, text)
            end
        end
    end

    if one and now_ms() - one.upto > RUN_MS then
        finish(one)
        open[session] = nil
    end
end


-- The oldest go, until what is left is within its bounds; what is being
-- recorded is the newest, and stays.
local function sweep()
    local runs, total = {}, 0

    for _, session in ipairs(recordings.sessions(directory)) do
        for _, name in ipairs(recordings.runs(directory, session)) do
            local run = { path = directory .. "/" .. session .. "/" .. name,
                          above = directory .. "/" .. session,
                          at = tonumber(name), bytes = 0,
                          busy = open[session] and open[session].run }

            for _, file in ipairs(recordings.files(run.path)) do
                run.bytes = run.bytes + file.bytes
            end

            total = total + run.bytes
            runs[#runs + 1] = run
        end
    end

    table.sort(runs, function(a, b) return a.at < b.at end)

    for _, run in ipairs(runs) do
        if run.busy ~= run.path
           and (total > max_bytes
                or max_ms and now_ms() - run.at > max_ms)
        then
            ngx.log(ngx.NOTICE, "a recording is removed, as others need its ",
                    "place or its time is over: ", run.path)
            recordings.remove(run.path)
            lfs.rmdir(run.above)
            total = total - run.bytes
        end
    end
end


local function tick(is_over)
    if is_over then
        for _, one in pairs(open) do
            finish(one)
        end

        return
    end

    for _, session in ipairs(recordings.sessions(pictures)) do
        follow(session)
    end

    if ngx.now() - swept > SWEEP_S then
        swept = ngx.now()
        sweep()
    end
end


--- init_worker_by_lua.
function recorder.start()
    if directory then
        assert(ngx.timer.every(1, tick))
    end
end


return recorder
