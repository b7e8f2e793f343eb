-- What was recorded of a session: how much there is, and to take it away.

local tablex = require "pl.tablex"

local format = require "tuanbo.format"
local goods = require "tuanbo.goods"
local picture = require "tuanbo.office.picture"
local recordings = require "tuanbo.recordings"

local MB = 1048576
local MINUTE_MS = 60000

local view = { texts = "recordings" }


local function line_of(c, path, name)
    local ms, bytes, at = 0, 0, tonumber(name)

    for _, one in ipairs(recordings.files(path)) do
        ms = ms + one.ms
        bytes = bytes + one.bytes
    end

    return {
        name = name, when = format.when(c.say, at, c.now), at = at,
        size = c.say("recordings.size", { minutes = math.ceil(ms / MINUTE_MS),
                                          mb = math.ceil(bytes / MB) }),
    }
end


local function page(c, parts, why, status)
    local id = parts.record
    local session, code = goods.session(c, id)
    local directory = picture.recordings()
    local rows = {}

    if not session or not directory then
        return nil, code or "not_found"
    end

    for _, name in ipairs(recordings.runs(directory, id)) do
        table.insert(rows, 1, line_of(c, directory .. "/" .. id .. "/" .. name,
                                      name))
    end

    return "recordings", {
        title = c.say("recordings.title"), session = session.title, id = id,
        rows = rows, why = why, key = c.key(),
        done = c.arg.done == "removed" and c.say("recordings.done"),
    }, status
end


local function remove(c, parts, sent)
    local id, directory = parts.record, picture.recordings()
    local runs = directory and recordings.runs(directory, id) or {}
    local found = tablex.find(runs, sent.run)
    local gone = found and recordings.remove(directory .. "/" .. id .. "/"
                                             .. sent.run)

    c.deed { what = "recording.remove", method = "POST", target = c.path,
             about = id, run = found and sent.run or nil, key = sent.key,
             status = gone and "ok" or "kept" }

    if not gone then
        return page(c, parts, c.say("recordings.wrong"), 409)
    end

    return true, "/desk/live/" .. id .. "/recordings?done=removed"
end


view.routes = {
    ["live/:record/recordings"] = { roles = { "owner" },
                                    GET = function(c, parts)
                                        return page(c, parts)
                                    end,
                                    POST = remove },
}


return view
