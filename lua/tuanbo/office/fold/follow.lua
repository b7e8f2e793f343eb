-- Follows the ledger into the folded database: a batch of entries, the rows
-- that they make and the position after them in one transaction, so that the
-- position is never ahead of the rows, nor behind them.

local cjson = require "cjson.safe"

local entries = require "tuanbo.office.fold.entries"
local folded = require "tuanbo.office.folded"
local layout = require "tuanbo.office.fold.layout"
local rows = require "tuanbo.office.fold.rows"

-- Nearly all that a batch makes is garbage once it is committed, and lives
-- until then: collecting on the way would go over all of it again and again.
local GARBAGE_KIB = 16384

local PIECE = 1000              -- entries that are asked for at once

local follow = {}
local methods = {}
local meta = {__index = methods}


-- Options:
--     open()     gives an open database, or throws
--     source     lines(after, hash, limit, now): a text of whole lines, empty
--                when there are none, for which it has waited, unless `now`;
--                nil and "forked"; or nil, words and whether trying again is
--                of no use.  And close(), if it has to
--     batch      entries of a transaction
--     log(words)
function follow.new(option)
    return setmetatable({open = option.open, source = option.source,
        batch = option.batch, log = option.log or print, lives_kib = 0},
        meta)
end


local function again(self, why)
    self.log(why .. ": all is folded again from the first entry")
    self.db:transaction(function()
        layout.create(self.db)
    end)
    self.at = folded.position(self.db)
end


local function close_database(self)
    local db = self.db

    self.db, self.at = nil, nil

    if db then
        pcall(db.close, db)
    end
end


-- Opens the database, where it is not, or another is in its place; what it
-- has of another layout goes.
local function begin(self)
    if self.db and self.db:replaced() then
        close_database(self)
    end

    if self.db then
        return
    end

    self.db = self.open()
    layout.begin(self.db)
    self.at = folded.position(self.db)

    if not self.at then
        again(self, "nothing was folded in layout " .. layout.VERSION)
    end
end


-- Adds the entries of a text of lines, which go on after a seq, to a list.
local function decode(text, list, seq)
    local n = #list

    for line in text:gmatch("[^\n]+") do
        local entry, err = cjson.decode(line)

        if not entry then
            error("the line after entry " .. seq .. ": " .. err, 0)
        end

        if entry.seq ~= seq + 1 then
            error("entry " .. seq + 1 .. " was to come, not "
                  .. tostring(entry.seq), 0)
        end

        seq = entry.seq
        n = n + 1
        list[n] = entry
    end
end


local function fold(self, list)
    local db = self.db
    local last = list[#list]
    local epoch = self.at.epoch

    for _, entry in ipairs(list) do
        if entry.type == "life" then
            epoch = entry.epoch
        end
    end

    db:transaction(function()
        -- locks the row: of two that fold, one finds that it is not its turn
        db:run("UPDATE position SET seq = seq WHERE one = 1")

        local now = folded.position(db)

        if not now or now.seq ~= self.at.seq or now.hash ~= self.at.hash then
            error("somebody else folds into this database, too", 0)
        end

        entries.fold(rows.new(db), list)

        db:run("UPDATE position SET seq = $1, at = $2, hash = $3, epoch = $4"
               .. " WHERE one = 1", string.format("%.0f", last.seq),
               string.format("%.0f", last.at), last.hash, epoch)
    end)

    self.at = {seq = last.seq, at = last.at, hash = last.hash, epoch = epoch}
end


local function collect(self)
    if collectgarbage("count") > self.lives_kib + GARBAGE_KIB then
        collectgarbage()
        self.lives_kib = collectgarbage("count")
    end

    collectgarbage("stop")
end


-- One batch.  Gives how many entries were folded, 0 when there are no more;
-- throws what went wrong, after which it may be called again.
function methods:step()
    collect(self)
    begin(self)

    local list = {}
    local left = self.batch

    -- the more entries a transaction has, the fewer pages each of them costs:
    -- what is there already comes in, what is not is not waited for
    repeat
        local last = list[#list] or self.at
        local asked = math.min(left, PIECE)
        local text, err, useless = self.source:lines(last.seq, last.hash,
                                                     asked, #list > 0)

        if text then
            decode(text, list, last.seq)

        elseif #list == 0 and err == "forked" then
            again(self, "entry " .. last.seq .. " is not what it was")
            return 1

        elseif #list == 0 then
            self.useless = useless
            error(err, 0)
        end

        left = left - asked
    until left == 0 or #list < self.batch - left

    if #list > 0 then
        fold(self, list)
    end

    return #list
end


-- A step that does not throw, unless trying again is of no use: says once what
-- is wrong, and once that it is not any more.  Gives the entries, or nil.
function methods:try()
    local done, result = pcall(self.step, self)

    if done then
        if self.said then
            self.log("goes on at entry " .. self.at.seq)
            self.said = nil
        end

        return result
    end

    local words = tostring(result)

    if self.said ~= words then
        self.log(words .. " (tried again)")
        self.said = words
    end

    self:close()

    if self.useless then
        error(words, 0)
    end

    return nil
end


-- The database, and what the ledger comes from, are opened anew by the next
-- step: while it waits for one, nobody waits for it because of the other.
function methods:close()
    close_database(self)

    if self.source.close then
        self.source:close()
    end
end


return follow
