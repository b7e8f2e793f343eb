-- tuanbo-office photos

local places = require "tuanbo.office.places"

local CLIENT_S = 5
local LINE_MAX = 8192
local WAITING = 16

local photos = {}

photos.help = [[
makes what the shop shows of photos that are uploaded, for ever

Usage:

    tuanbo-office photos --directory DIR

--directory DIR     the office's own: photos.sock is made there, and pictures/.
                    Root works there as its owner
--help              print this

`tuanbo-office answer` starts it and keeps it running. It needs the package
libvips-tools. SIGTERM ends it.
]]

photos.options = {directory = true}


-- What one that was killed has left.
local function sweep(lfs, directory)
    for name in lfs.dir(directory) do
        if name:find("%.upload") or name:find("%.part%.") then
            os.remove(directory .. "/" .. name)
        end
    end
end


-- What is made of each photo: for the shop, or to be kept for a claim.
local function maker(evidence, asked, root)
    if asked.hold == nil then
        return nil
    end

    return function(work, data)
        return evidence.keep(root, work, asked.hold, asked.claim, data)
    end
end


local function answer(cjson, photo, evidence, root, line, log)
    local directory = root .. "/pictures"
    local asked = cjson.decode(line)

    if type(asked) ~= "table" or type(asked.body) ~= "string"
        or type(asked.boundary) ~= "string"
    then
        return {refused = "bad_request"}
    end

    if asked.hold ~= nil and not evidence.named(asked.hold, asked.claim) then
        return {refused = "bad_request"}
    end

    local done, list, code = pcall(photo.take, directory, asked.body,
                                   asked.boundary,
                                   maker(evidence, asked, root))

    if not done then
        log("photos failed: " .. tostring(list))
        return {refused = "failed"}
    end

    for _, one in ipairs(list or {}) do
        if one.err or one.refused == "no_tools" then
            log(one.err and "a photo failed: " .. tostring(one.err)
                or "photos need vipsthumbnail: libvips-tools is missing")
            one.err = nil
        end
    end

    return list and {answer = {photos = list}} or {refused = code}
end


function photos.run(option)
    local at, missing = places.of(option)

    if not at then
        return nil, missing
    end

    local cjson = require "cjson.safe"
    local lfs = require "lfs"
    local unix = require "socket.unix"
    local photo = require "tuanbo.office.photo"
    local evidence = require "tuanbo.office.evidence"
    local system = require "tuanbo.office.system"
    local log = require("tuanbo.office.program").log
    local directory = at.directory .. "/pictures"
    local path = at.directory .. "/photos.sock"
    local lock = system.lock(at.directory .. "/photos.lock", true)

    if not lock then
        error("another tuanbo-office photos is running in " .. at.directory, 0)
    end

    lfs.mkdir(directory)
    sweep(lfs, directory)
    os.remove(path)

    local listening = assert(unix.stream())

    assert(listening:bind(path))
    assert(listening:listen(WAITING))

    while true do
        local client = listening:accept()

        if client then
            client:settimeout(CLIENT_S)

            local line = client:receive("*l")

            if line and #line <= LINE_MAX then
                client:send(cjson.encode(answer(cjson, photo, evidence,
                                                at.directory, line, log))
                            .. "\n")
            end

            client:close()
        end
    end
end


return photos
