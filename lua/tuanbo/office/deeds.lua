--- Who did what at the desk.
--
-- A line for each write, after the shop has answered, in a file that needs no
-- SQL; the clerk takes it into the typed database. The ledger says what
-- happened, this says whose hand it was.
--
-- @module tuanbo.office.deeds

local cjson = require "cjson.safe"

local deeds = {}

local path


--- Made ready while nginx reads its conf.
-- @tparam string file where the lines go
function deeds.setup(file)
    path = file
end


--- Write one down. A disk that is full does not undo what the shop has done:
-- then the error log says it.
-- @tparam table who of staff.who()
-- @tparam table deed what: a word; and what helps to find it again (hold,
-- wave, point, sale, key), and the outcome: a code
function deeds.add(who, deed)
    deed.at = math.floor(ngx.now() * 1000)
    deed.staff = who.staff.id
    deed.device = who.id

    local line = cjson.encode(deed) .. "\n"
    local file, err = io.open(path, "ab")

    if file then
        local done

        -- one write: lines of two never mix
        file:setvbuf("full", #line + 1)
        done, err = file:write(line)
        done = file:close() and done

        if done then
            return
        end
    end

    ngx.log(ngx.ERR, "no deed can be written: ", err, ": ", line)
end


return deeds
