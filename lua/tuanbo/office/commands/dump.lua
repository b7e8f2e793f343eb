-- tuanbo-office dump

local places = require "tuanbo.office.places"

local dump = {}

dump.help = [[
prints all folded tables, the same bytes for the same ledger

Usage:

    tuanbo-office dump --directory DIR

]] .. places.OPTIONS .. [[
--help              print this
]]

dump.options = places.with{}


function dump.run(option)
    local at, missing = places.of(option)

    if not at then
        return nil, missing
    end

    local db = require("tuanbo.office.folded").open(at.folded, true)
    local done, err = require("tuanbo.office.fold.dump").write(db,
        function(text)
            io.stdout:write(text)
        end)

    if db then
        db:close()
    end

    if not done then
        error(err, 0)
    end

    return 0
end


return dump
