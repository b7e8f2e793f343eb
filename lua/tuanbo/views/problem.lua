-- What went wrong, and what is there instead.

local goods = require "tuanbo.goods"
local problems = require "tuanbo.problems"

local OTHERS = 3

return function(c, code)
    local known = problems.known(code)
    local others = {}

    -- other goods; with a 5xx the store may not be readable
    if problems.status(code) < 500 then
        others = goods.others(c, nil, OTHERS)
    end

    return "problem", {
        title = c.say("problem.title"),
        line = problems.line(c.say, code),
        others = others,
        lost = known == "no_such_hold" and not c.by_login
               and goods.leaders(c),
        mine = known == "too_many_holds" or known == "no_such_hold"
               or known == "other_life",
        watches = {},
    }
end
