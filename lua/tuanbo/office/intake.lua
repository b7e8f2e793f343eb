-- Takes deeds, which the desk's worker appends as JSON lines to deeds.ndjson,
-- into the typed database: each once, whenever this process is killed.
--
-- The file is renamed, read, and removed when it has rested: a line that the
-- worker was about to append when it was renamed comes, too.  A deed is known
-- by the hash of its line, so that reading again does no harm.

local cjson = require "cjson.safe"
local lfs = require "lfs"

local system = require "tuanbo.office.system"

local BATCH = 1000              -- lines of a transaction
local REST_MS = 2000

local intake = {}
local methods = {}
local meta = {__index = methods}


-- Of the office's directory.  log(words) tells of lines that are no deeds.
function intake.new(directory, log)
    return setmetatable({path = directory .. "/deeds.ndjson",
                         taking = directory .. "/deeds.taking.ndjson",
                         log = log, offset = 0}, meta)
end


local function word(value)
    return type(value) == "string" and not value:find("\0", 1, true)
        and value or nil
end


local function put(self, db, line)
    local deed = cjson.decode(line)

    if type(deed) ~= "table" then
        self.log("a line of deeds.ndjson is damaged, and is kept as it is")
        deed = {}
    end

    local at = type(deed.at) == "number" and deed.at >= 0
        and deed.at < 2^53 and math.floor(deed.at) or system.now()

    db:run("INSERT INTO deeds (id, at, staff, point, hold, line)"
           .. " VALUES ($1, $2, $3, $4, $5, $6)"
           .. " ON CONFLICT (id) DO NOTHING", system.hash(line), at,
           word(deed.staff), word(deed.point), word(deed.hold),
           (line:gsub("[^%g \t\128-\255]", "?")))
end


-- Whole lines after the offset, and where they end; the last one also where
-- its end is missing, once the file has rested.
local function lines(self, rested)
    local file = assert(io.open(self.taking, "rb"))
    local list, offset = {}, self.offset

    file:seek("set", offset)

    while #list < BATCH do
        local line = file:read("*L")

        if not line or line:sub(-1) ~= "\n" and not rested then
            break
        end

        offset = offset + #line

        if line:find("%S") then
            list[#list + 1] = line:gsub("\n$", "")
        end
    end

    file:close()

    return list, offset
end


-- Takes some; whether there may be more right now.
function methods:step(db)
    if not lfs.attributes(self.taking) then
        if (lfs.attributes(self.path, "size") or 0) == 0 then
            return false
        end

        assert(os.rename(self.path, self.taking))
        self.since = nil
    end

    -- after a start it rests anew, and is read from its first line
    if not self.since then
        self.since, self.offset = system.now(), 0
    end

    local rested = math.abs(system.now() - self.since) > REST_MS
    local list, offset = lines(self, rested)

    if #list > 0 then
        db:transaction(function()
            for _, line in ipairs(list) do
                put(self, db, line)
            end
        end)
    end

    self.offset = offset

    if #list == 0 and rested then
        assert(os.remove(self.taking))
        self.since = nil
    end

    return #list == BATCH
end


-- deeds {staff, point, hold, before, limit}: the newest first, before a deed's
-- id: {"deeds":[{"id","at",...}]}, each with what the worker wrote of it.
function intake.deeds(db, with)
    local where, values = {"1 = 1"}, {}

    local function place(value)
        values[#values + 1] = value
        return "$" .. #values
    end

    for _, name in ipairs{"staff", "point", "hold"} do
        if word(with[name]) then
            where[#where + 1] = name .. " = " .. place(with[name])
        end
    end

    if word(with.before) then
        local row = db:one("SELECT {at} FROM deeds WHERE id = $1",
                           with.before)

        if not row then
            return nil, "no_such_deed", "before"
        end

        local at = place(row.at)

        where[#where + 1] = "(at < " .. at .. " OR at = " .. at
            .. " AND id < " .. place(with.before) .. ")"
    end

    local limit = type(with.limit) == "number" and with.limit >= 1
        and math.min(math.floor(with.limit), 200) or 50
    -- of its table, for `at` alone is what is selected: text, which no index
    -- has sorted
    local list = db:rows("SELECT id, {at}, staff, line FROM deeds WHERE "
        .. table.concat(where, " AND ")
        .. " ORDER BY deeds.at DESC, deeds.id DESC LIMIT "
        .. limit, unpack(values, 1, #values))

    for i, row in ipairs(list) do
        local deed = cjson.decode(row.line)

        if type(deed) ~= "table" then
            deed = {damaged = row.line}
        end

        deed.id, deed.at = row.id, row.at
        list[i] = deed
    end

    return {deeds = list}
end


return intake
