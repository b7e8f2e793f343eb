--- What the script of the counter's pages is told: where its parts are, whom
-- it is for, and its words. With it a phone goes on without a network; without
-- scripts the pages do what they do.
--
-- @module tuanbo.office.phone

local cjson = require "cjson.safe"

local assets = require "tuanbo.assets"
local format = require "tuanbo.format"
local text = require "tuanbo.text"

local phone = {}

--- What these pages may beside the others: the scanner works in a worker that
-- it makes of its own text.
phone.POLICY = "; worker-src 'self' blob:"

-- The parts that a phone keeps. The scanner is from npm: where that was not to
-- be had at the set-up it is not there, and all else works.
local FILES = {
    "tuanbo.css", "pages.css", "desk.css", "pictures/crate.svg",
    "desk/counter.css", "desk/kept.js", "desk/counter.js",
}
local SCANNER = "scanner/qr-scanner.js"
local DECODER = "scanner/qr-scanner-worker.js"

-- The texts of the script, all below hand.phone.
local WORDS = {
    "title", "as_of", "all", "none", "points", "no_list", "back", "loaded",
    "no_worker", "unnamed", "place", "of_code", "give_one", "give_many",
    "undo",
    "handed_here", "unsent", "look", "seen", "double", "paid_back",
    "too_late", "other", "refused", "stopped", "clear",
    "look_here", "no_camera", "no_scanner", "no_code", "not_ours",
    "just_now",
    "genuine", "forged", "no_key", "unknown_code",
}


local function urls_of(names)
    local list = {}

    for _, name in ipairs(names) do
        list[#list + 1] = assets.url(name)
    end

    return list
end


--- The addresses of what a phone keeps.
-- @treturn table a list
function phone.files()
    local list = urls_of(FILES)

    list[#list + 1] = assets.url(SCANNER)
    list[#list + 1] = assets.url(DECODER)

    return list
end


--- For the page's data- attributes.
-- @tparam table c the page's context
-- @tparam[opt] string point
-- @treturn table
function phone.of(c, point)
    local words = {}

    for _, name in ipairs(WORDS) do
        words[name] = text.raw(c.lang, "hand.phone." .. name)
    end

    return {
        point = point or "",
        device = c.who.id,
        offset = format.offset_minutes(),
        words = cjson.encode(words),
        scanner = assets.url(SCANNER) or "",
        decoder = assets.url(DECODER) or "",
    }
end


return phone
