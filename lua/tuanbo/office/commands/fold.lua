-- tuanbo-office fold

local places = require "tuanbo.office.places"

local fold = {}

fold.help = [[
follows the ledger into the folded database, for ever

Usage:

    tuanbo-office fold --directory DIR --store STORE
    tuanbo-office fold --directory DIR --url URL --secret FILE
    tuanbo-office fold --directory DIR --file LEDGER

]] .. places.OPTIONS .. [[
--store STORE       the shop's store on this machine, which flashsale_store
                    names: it is read also while the shop is down
--url URL           a shop on another machine, whose GET /ledger is asked
--secret FILE       of the role ledger: the first line signs
--file LEDGER       a ledger that was kept, of which there is no shop any
                    more: to its end
--batch N           entries of a transaction at most, 1 to 10000. Without it:
                    2000
--once              end when there are no more entries, or when it fails
--help              print this

Entries and the position after them are one transaction. Another layout, or a
ledger that is another one, and all is folded again. What is wrong is said
once, and tried again until it is not; only a store of another version's
schema ends it, for another program is needed then.
]]

fold.options = places.with{store = true, url = true, secret = true,
    file = true, batch = true, once = false}

local WAIT_MS = 20000           -- how long is waited for entries
local BATCH, BATCH_MAX = 2000, 10000
local PAUSE_MS, PAUSE_MAX_MS = 200, 5000


local function source_of(option)
    local wait_ms = option.once and 0 or WAIT_MS

    if option.store then
        if option.store:sub(1, 1) ~= "/" then
            return nil, "--store begins with /: " .. option.store
        end

        return require("tuanbo.office.source.store").new{
            path = option.store, wait_ms = wait_ms}
    end

    if option.file then
        return require("tuanbo.office.source.file").new(option.file)
    end

    if not option.url or not option.secret then
        return nil, "--store, or --url and --secret, or --file, are needed"
    end

    local http = require "tuanbo.office.source.http"

    return http.new{url = option.url:gsub("/+$", ""), wait_ms = wait_ms,
                    secret = http.secret(option.secret)}
end


function fold.run(option)
    local program = require "tuanbo.office.program"
    local batch = tonumber(option.batch or BATCH)

    if not batch or batch < 1 or batch > BATCH_MAX or batch % 1 ~= 0 then
        return nil, "--batch is 1 to " .. BATCH_MAX .. ": " .. option.batch
    end

    -- before root is somebody else, who may not read secrets
    local source, wrong = source_of(option)

    if not source then
        return nil, wrong
    end

    local at, missing = places.of(option)

    if not at then
        return nil, missing
    end

    local follower = require("tuanbo.office.fold.follow").new{
        open = function()
            return require("tuanbo.office.folded").open(at.folded)
        end,
        source = source, batch = batch, log = program.log}

    if option.once or option.file then
        repeat until follower:step() == 0
        follower:close()

        return 0
    end

    local pause = PAUSE_MS

    while true do
        if follower:try() then
            pause = PAUSE_MS

        else
            program.sleep(pause)
            pause = math.min(2 * pause, PAUSE_MAX_MS)
        end
    end
end


return fold
