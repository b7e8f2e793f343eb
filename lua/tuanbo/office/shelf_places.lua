--- Places on a pickup point's shelf, one for each neighbour of a wave: A-01 is
-- who paid first. Who was given a place keeps it: a neighbour whose order is
-- cancelled later leaves a gap, and a list that is printed again agrees with
-- labels that are on the goods already. So they are kept, in a file for each
-- wave and point; it has pseudonyms and no names. Without the file, all but
-- the gaps are the same.
--
-- The office has one worker, and no call here waits, so nobody is in between.
--
-- @module tuanbo.office.shelf_places

local cjson = require "cjson.safe"
local lfs = require "lfs"
local lrucache = require "resty.lrucache"

local RACK = 20                 -- places of a rack: A-01 to A-20
local LETTERS = 26
local REMEMBERED = 64           -- points of waves
local KEPT_S = 90 * 24 * 3600

local shelf_places = {}

local directory
local remembered


function shelf_places.setup(data)
    directory = data .. "/places"
    remembered = assert(lrucache.new(REMEMBERED))
end


--- The name of the place of that number, from 1.
-- @tparam number n
-- @treturn string A-01; AA-01 comes after Z-20
function shelf_places.name(n)
    local rack = math.floor((n - 1) / RACK)
    local letters = ""

    repeat
        letters = string.char(65 + rack % LETTERS) .. letters
        rack = math.floor(rack / LETTERS) - 1
    until rack < 0

    return string.format("%s-%02d", letters, (n - 1) % RACK + 1)
end


local function read(name, seq)
    local file = io.open(directory .. "/" .. name .. ".json")
    local kept = file and cjson.decode(file:read("*a"))

    if file then
        file:close()
    end

    -- of another life of the store
    if type(kept) ~= "table" or kept.seq ~= seq
       or type(kept.places) ~= "table"
    then
        return { seq = seq, last = 0, places = {} }
    end

    return kept
end


-- Waves that are long over.
local function clear()
    local oldest = ngx.time() - KEPT_S

    for file in lfs.dir(directory) do
        local path = directory .. "/" .. file

        if (lfs.attributes(path, "modification") or ngx.time()) < oldest
           and file:find("%.json$")
        then
            os.remove(path)
        end
    end
end


local function write(name, kept)
    lfs.mkdir(directory)

    local path = directory .. "/" .. name .. ".json"
    local is_new = not lfs.attributes(path)
    local file, err = io.open(path .. ".new", "w")
    local done = file and file:write(cjson.encode(kept))

    done = file and file:close() and done

    if done then
        done, err = os.rename(path .. ".new", path)
    end

    if not done then
        ngx.log(ngx.ERR, "places of ", name, " are not kept: ", err or "?")

    elseif is_new then
        clear()
    end
end


--- The places of these neighbours; who has none yet gets the next one.
-- @tparam table wave id, seq: it is frozen
-- @tparam string point of a path
-- @tparam table buyers pseudonyms, in the order in which they paid
-- @treturn table number by pseudonym
function shelf_places.of(wave, point, buyers)
    local name = wave.id .. "." .. point
    local kept = remembered:get(name)
    local changed = false

    if not kept or kept.seq ~= wave.seq then
        kept = read(name, wave.seq)
        remembered:set(name, kept)
    end

    for _, buyer in ipairs(buyers) do
        if not kept.places[buyer] then
            kept.last = kept.last + 1
            kept.places[buyer] = kept.last
            changed = true
        end
    end

    if changed then
        write(name, kept)
    end

    return kept.places
end


return shelf_places
