-- Which waves are planned: cases of tuanbo.office.waves.plan, as TAP.

local plan = require "tuanbo.office.waves.plan"

local HOUR, DAY = 3600000, 86400000
local OFFSET = 8 * HOUR
local NOON = 1796126400000          -- 2026-12-01 12:00 UTC, 20:00 in the shop
local TODAY, TOMORROW = "2026-12-01", "2026-12-02"
local tests = 0


local function is(got, wanted, name)
    tests = tests + 1
    print((got == wanted and "ok " or "not ok ") .. tests .. " - " .. name)

    if got ~= wanted then
        print("# got    " .. tostring(got) .. "\n# wanted " .. wanted)
    end
end


-- ---- the day
local function day(docs, end_at)
    return plan.day({ sale = docs.sale or {}, product = docs.product or {},
                      session = docs.session or {},
                      points = docs.points or {} }, end_at or NOON, OFFSET)
end

is(day {}, TOMORROW, "the day after")
is(day({}, NOON + 3 * HOUR), TOMORROW, "before midnight, in the shop's time")
is(day({}, NOON + 4 * HOUR), "2026-12-03", "after midnight")
is(day { product = { delivery_days = 2 } }, "2026-12-03", "the product's")
is(day { product = { delivery_days = 0 } }, TODAY, "the same day")
is(day { session = { delivery_day = "2026-12-05" } }, "2026-12-05",
   "the session's day")
is(day { session = { delivery_day = "2026-12-05" },
         product = { delivery_days = 9 } }, "2026-12-10",
   "the product comes first")
is(day { sale = { delivery_day = "2027-02-28" },
         product = { delivery_days = 9 } }, "2027-02-28",
   "the sale's own before all")
is(day { sale = { delivery_days = 3 }, product = { delivery_days = 9 } },
   "2026-12-04", "also in days")
is(day { session = { delivery_day = "2026-11-24" } }, TOMORROW,
   "a day that is over")
is(day { session = { delivery_day = "2026-11-24", delivery_days = 2 } },
   "2026-12-03", "a week later")
is(day { points = { {}, { delivery_weekdays = { "fri", "sat" } } } },
   "2026-12-04", "when the van comes")
is(day { points = { { delivery_weekdays = { "fri", "sun" } },
                    { delivery_weekdays = { "sun", "mon" } } } },
   "2026-12-06", "to all points")
is(day { points = { { delivery_weekdays = { "fri" } },
                    { delivery_weekdays = { "sun" } } } },
   TOMORROW, "never to all")
is(day({ sale = { delivery_day = "2028-02-29" } }), "2028-02-29",
   "a leap day")
is(day({}, 1830186000000), "2028-01-01", "the year's end")

-- ---- the waves
local function sale(id, end_at, more)
    local one = { id = id, closes_at = end_at, sold = 1, held = 0,
                  state = "open" }

    for name, value in pairs(more or {}) do
        one[name] = value
    end

    return one
end


-- The day is in the sale's name, behind a blank.
local function made(sales, waves, now)
    local list = plan.make {
        now = now or NOON, grace_ms = 1000, sales = sales,
        waves = waves or {},
        day_of = function(one) return one.day or TOMORROW end,
    }
    local said = {}

    for i, wave in ipairs(list) do
        said[i] = wave.id .. ": " .. table.concat(wave.body.sales, ",") .. " "
                  .. (wave.body.cut_at - NOON) / 1000
    end

    return table.concat(said, "; ")
end

is(made {}, "", "nothing is sold")
is(made { sale("a", NOON), sale("b", NOON + HOUR) },
   "2026-12-02: a,b 3601", "one a day, after the last of them")
is(made({ sale("b", NOON + HOUR), sale("a", NOON) }),
   "2026-12-02: a,b 3601", "in whatever order they come")
is(made { sale("a", NOON), sale("b", NOON, { day = TODAY }) },
   "2026-12-01: b 1; 2026-12-02: a 1", "one for each day")
is(made { sale("a", NOON, { sold = 0 }), sale("b", NOON, { sold = 0, held = 1 }) },
   "2026-12-02: b 1", "nobody has bought")
is(made { sale("a", NOON, { cancelled = true }),
          sale("b", NOON, { formed = false }), sale("c") }, "",
   "what does not come, and what has no end")
is(made { sale("a", NOON), sale("b", NOON + HOUR, { gives = {} }) },
   "2026-12-02: a 1", "a coupon keeps nothing waiting")
is(made { sale("a", nil, { ended_at = NOON, state = "closed" }) },
   "2026-12-02: a 1", "somebody closed it")
is(made { sale("a", NOON - 4 * DAY) }, "", "history")
is(made { sale("a", NOON + 15 * DAY) }, "", "there is time")

local open = { id = TOMORROW, sales = { "a" }, cut_at = NOON + 1000 }

is(made({ sale("a", NOON) }, { open }), "", "it is there")
is(made({ sale("a", NOON), sale("b", NOON) }, { open }),
   "2026-12-02: a,b 1", "one more")
is(made({ sale("a", NOON + HOUR) }, { open }), "2026-12-02: a 3601",
   "it closes later")
is(made({ sale("a", NOON) },
        { { id = TOMORROW, sales = { "a" }, cut_at = NOON + 9000 } }), "",
   "who said later is not contradicted")
is(made({ sale("a", NOON, { day = "2026-12-03" }), sale("b", NOON) },
        { { id = TOMORROW, sales = { "a", "b" }, cut_at = NOON + 1000 } }),
   "2026-12-02: b 1; 2026-12-03: a 1", "it moves to another day")

local frozen = { id = TOMORROW, sales = { "a" }, cut_at = NOON + 1000,
                 seq = 7 }

is(made({ sale("a", NOON) }, { frozen }), "", "it is frozen")
is(made({ sale("a", NOON), sale("b", NOON + HOUR) }, { frozen }),
   "2026-12-02-2: b,a 3601", "a second one, with what is paid late")
is(made({ sale("a", NOON + HOUR) }, { frozen }),
   "2026-12-02-2: a 3601", "it was opened again")
is(made({ sale("a", NOON), sale("b", NOON + HOUR) },
        { frozen, { id = "2026-12-02-2", sales = { "b", "a" },
                    cut_at = NOON + HOUR + 1000 } }), "", "and no more")
is(made({ sale("a", NOON) }, { { id = "by-hand", sales = { "a" },
                                 cut_at = NOON + HOUR } }), "",
   "one that somebody has planned")
is(made({ sale("a", NOON), sale("b", NOON) },
        { { id = "by-hand", sales = { "a" }, cut_at = NOON + HOUR } }),
   "2026-12-02: b 1", "is left alone")
is(made({ sale("a", NOON) }, { { id = "early", sales = { "a" }, seq = 3,
                                 cut_at = NOON - HOUR } }),
   "2026-12-02: a 1", "the rest of one that was cut early")

local many = {}

for i = 1, 70 do
    many[i] = sale(string.format("s%02d", i), NOON)
end

local said = made(many)

is(select(2, said:gsub("s%d%d", "")), 70, "seventy sales")
is(said:match("s64 1; (2026%-12%-02%-2: s65)"), "2026-12-02-2: s65",
   "are two waves")

print("1.." .. tests)
