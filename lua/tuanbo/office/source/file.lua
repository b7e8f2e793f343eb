-- A ledger in a file of lines, as it was kept from GET /ledger.

local ZEROS = string.rep("0", 64)

local file = {}
local methods = {}
local meta = {__index = methods}


function file.new(path)
    return setmetatable({path = path}, meta)
end


local function hash_of(line)
    return line:match('"hash":"(%x+)"}$')
end


-- Goes to after an entry; false, where it is not there or has another hash.
local function place(self, after, hash)
    if self.after == after and self.hash == hash then
        return true
    end

    if self.handle then
        self.handle:close()
    end

    self.handle = assert(io.open(self.path, "r"))
    self.after, self.hash = 0, ZEROS

    while self.after < after do
        local line = self.handle:read("*l")

        if not line then
            break
        end

        self.after = self.after + 1
        self.hash = hash_of(line)
    end

    return self.after == after and self.hash == hash
end


-- See follow.lua.
function methods:lines(after, hash, limit)
    if not place(self, after, hash) then
        return nil, "forked"
    end

    local list = {}

    for i = 1, limit do
        local line = self.handle:read("*l")

        if not line then
            break
        end

        list[i] = line
    end

    if #list > 0 then
        self.after = after + #list
        self.hash = hash_of(list[#list])
        list[#list + 1] = ""
    end

    return table.concat(list, "\n")
end


return file
