--- Who did what at the desk.
--
-- A line for each write, after the shop has answered, in a file that needs no
-- SQL; the clerk takes it into the typed database. The ledger says what
-- happened, this says whose hand it was. It is on the disk before whoever
-- tapped is answered: a thread waits for the disk, and the event loop for
-- nothing.
--
-- @module tuanbo.office.deeds

local cjson = require "cjson.safe"

local durable = require "tuanbo.office.durable"

local POOL = "default"          -- of `aio threads` in office/server.conf

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

    local line = cjson.encode(deed)
    local ran, done, err = ngx.run_worker_thread(POOL, "tuanbo.office.durable",
                                                 "append", path, line .. "\n")

    if ran and done then
        return
    end

    -- no thread is to be had: better a moment of the event loop than no deed
    if not ran then
        err = done
        ngx.log(ngx.WARN, "no thread for a deed: ", err)
        done, err = durable.append(path, line .. "\n")

        if done then
            return
        end
    end

    ngx.log(ngx.ERR, "no deed can be written: ", err, ": ", line)
end


return deeds
