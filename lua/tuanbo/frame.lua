-- What the shop's pages and the desk's have in common, made ready while nginx
-- reads its conf: times, texts, templates, static files.

local dir = require "pl.dir"

local assets = require "tuanbo.assets"
local engine = require "tuanbo.engine"
local format = require "tuanbo.format"
local page = require "tuanbo.page"
local qr = require "tuanbo.qr"
local text = require "tuanbo.text"

local frame = {}


local function own_root()
    local source = debug.getinfo(1, "S").source

    return source:match("^@(.*)/lua/tuanbo/frame%.lua$")
           or error("where am I? " .. source)
end


-- The lines of a file of secrets, or an error that stops nginx.
function frame.secrets(path)
    local lines, err = engine.secrets(path)

    return lines or error(err, 0)
end


local function files_below(directory)
    local names = {}

    for i, path in ipairs(dir.getallfiles(directory)) do
        names[i] = path:sub(#directory + 2)
    end

    return names
end


-- given: optionally utc_offset_minutes (480) and templates (a directory).
-- texts: the modules that have the texts, without the language's name.
function frame.setup(given, texts)
    local templates = given.templates or own_root() .. "/templates"
    local static = templates .. "/static"

    format.setup(given.utc_offset_minutes or 480)
    text.setup({ "zh", "en" }, texts)
    assets.setup(static, files_below(static))
    page.setup(templates)
    qr.setup()
end


return frame
