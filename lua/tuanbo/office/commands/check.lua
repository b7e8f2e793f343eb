-- tuanbo-office check

local places = require "tuanbo.office.places"

local check = {}

check.help = [[
holds the folded sums against the shop's audit of the same position

Usage:

    tuanbo-office check --directory DIR --url URL --secret FILE

]] .. places.OPTIONS .. [[
--url URL           the shop, whose GET /admin/audit is asked
--secret FILE       of the role admin: the first line signs
--help              print this

While the shop sells, the two are seldom of one position: it is tried for ten
seconds.
]]

check.options = places.with{url = true, secret = true}

local TRIES, PAUSE_MS = 50, 200


function check.run(option)
    local program = require "tuanbo.office.program"

    if not option.url or not option.secret then
        return nil, "--url and --secret are needed"
    end

    local audit = require "tuanbo.office.fold.audit"
    local http = require "tuanbo.office.source.http"

    -- before root is somebody else, who may not read secrets
    local shop = http.new{url = option.url:gsub("/+$", ""),
                          secret = http.secret(option.secret)}
    local at, missing = places.of(option)

    if not at then
        return nil, missing
    end

    local db = require("tuanbo.office.folded").open(at.folded, true)
    local found, err

    for try = 1, TRIES do
        local status, text = shop:get("/admin/audit")

        if status ~= 200 then
            error(status and "the audit answers " .. status or text, 0)
        end

        found, err = audit.differences(db, text)

        if found or try == TRIES then
            break
        end

        program.sleep(PAUSE_MS)
    end

    if db then
        db:close()
    end

    if not found then
        error(err, 0)
    end

    for _, words in ipairs(found) do
        io.stdout:write(words, "\n")
    end

    io.stdout:write(#found == 0 and "ok\n" or "")

    return #found == 0 and 0 or 1
end


return check
