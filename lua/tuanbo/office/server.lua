-- The clerk's answers on a unix socket: one JSON object a line each way.
--
--     {"ask":"invite","with":{"staff":"..."}}
--     {"answer":{...}}   or   {"refused":"no_such_staff","field":"staff"}
--
-- One process, one question at a time.  A client that sends nothing, half a
-- line or too much is dropped after a while or at once, and holds up nobody.

local socket = require "socket"
local unix = require "socket.unix"
local cjson = require "cjson.safe"

local folded = require "tuanbo.office.folded"
local intake = require "tuanbo.office.intake"
local people = require "tuanbo.office.people"
local register = require "tuanbo.office.register"
local system = require "tuanbo.office.system"
local typed = require "tuanbo.office.typed"

local MAX_CLIENTS, MAX_LINE, CHUNK = 64, 65536, 8192
local IDLE_S, TICK_S = 60, 1

local TYPED = {deeds = intake.deeds}

for _, name in ipairs{"invite", "enter", "staff", "staff_put", "staff_end",
                      "devices", "revoke", "rename_device"} do
    TYPED[name] = people[name]
end

local server = {}
local methods = {}
local meta = {__index = methods}


-- Options: directory, typed and folded (places of the databases), log(words),
-- and beside, what is called once a second.
function server.new(option)
    return setmetatable({
        option = option, log = option.log, path = option.directory
            .. "/clerk.sock",
        clients = {}, count = 0, stale = true,
        intake = intake.new(option.directory, option.log)}, meta)
end


-- One that failed is opened anew the next time.
local function drop(self, name)
    if self[name] then
        pcall(self[name].close, self[name])
        self[name] = nil
    end
end


-- The database, opened where it is not, or another is in its place; nil:
-- there is none to read from.
local function open(self, name)
    if self[name] and self[name]:replaced() then
        drop(self, name)
    end

    if not self[name] then
        self[name] = name == "typed" and typed.open(self.option.typed)
            or folded.open(self.option.folded, true)
    end

    return self[name]
end


-- What is asked, and in which database; nil where nobody knows it.
local function find(name)
    if type(name) ~= "string" or not name:find("^[%l_]+$") then
        return nil
    end

    if TYPED[name] then
        return TYPED[name], "typed"
    end

    local module = "tuanbo.office.answers." .. name

    if not package.searchpath(module, package.path) then
        return nil
    end

    return require(module), "folded"
end


local function refused(code, field)
    return cjson.encode{refused = code, field = field}
end


-- Tells once what fails, and that it does no more.
local function trouble(self, what, err)
    if self.said ~= err then
        self.said = err
        self.log(what .. ": " .. err)
    end
end


local function write_register(self)
    local done, err = pcall(function()
        register.write(open(self, "typed"), self.option.directory)
    end)

    self.stale = not done

    if not done then
        trouble(self, "staff.json is not written", tostring(err))
        drop(self, "typed")
    end
end


local function answer(self, line)
    local question = cjson.decode(line)
    local found, fn, where, result, code, field

    if type(question) ~= "table"
        or question.with ~= nil and type(question.with) ~= "table"
    then
        return refused("bad_request")
    end

    found, fn, where = pcall(find, question.ask)

    if found and not fn then
        return refused("no_such_question", "ask")
    end

    if found then
        found, result, code, field = pcall(function()
            return fn(open(self, where), question.with or {})
        end)
    else
        result = fn
    end

    if not found then
        self.log(question.ask .. " failed: " .. tostring(result))

        if where then
            drop(self, where)
        end

        return refused("failed")
    end

    if result == nil then
        return refused(code, field)
    end

    if people.changes[question.ask] then
        write_register(self)
    end

    return cjson.encode{answer = result} or refused("failed")
end


local function close(self, client)
    self.clients[client.socket] = nil
    self.count = self.count - 1
    client.socket:close()
end


local function send(self, client)
    local last, err, partial = client.socket:send(client.out)

    if not last and err ~= "timeout" then
        return close(self, client)
    end

    client.out = client.out:sub((last or partial) + 1)
end


-- Reads what is there, and answers one line of it.
local function receive(self, client)
    local data, err, partial = client.socket:receive(CHUNK)

    client.at = system.now()
    client.input = client.input .. (data or partial or "")

    local line, rest = client.input:match("^([^\n]*)\n(.*)$")

    if line then
        client.input = rest
        client.out = answer(self, line) .. "\n"

        return send(self, client)
    end

    if #client.input > MAX_LINE then
        client.out = refused("too_long") .. "\n"
        client.socket:send(client.out)

        return close(self, client)
    end

    if err and err ~= "timeout" then
        close(self, client)
    end
end


-- A client that waits for its turn with a line that is there already.
local function has_line(client)
    return client.out == "" and client.input:find("\n", 1, true)
end


local function accept(self)
    local new = self.listening:accept()

    if not new then
        return
    end

    if self.count >= MAX_CLIENTS then
        local oldest

        for _, client in pairs(self.clients) do
            if not oldest or client.at < oldest.at then
                oldest = client
            end
        end

        close(self, oldest)
    end

    new:settimeout(0)
    self.clients[new] = {socket = new, input = "", out = "",
                         at = system.now()}
    self.count = self.count + 1
end


-- What is done beside answering: deeds, the register, clients that sleep.
local function tick(self)
    if self.option.beside then
        self.option.beside()
    end

    if self.stale then
        write_register(self)
    end

    local done, more = pcall(function()
        return self.intake:step(open(self, "typed"))
    end)

    if not done then
        trouble(self, "deeds are not taken", tostring(more))
        drop(self, "typed")
    elseif self.said and not self.stale then
        self.log("all is well again")
        self.said = nil
    end

    local now = system.now()

    for _, client in pairs(self.clients) do
        if math.abs(now - client.at) > IDLE_S * 1000 then
            close(self, client)
        end
    end

    return done and more
end


-- A socket of mode 0600, made anew; throws where somebody listens already.
function methods:listen()
    self.lock = system.lock(self.option.directory .. "/clerk.lock", true)

    if not self.lock then
        error("another tuanbo-office answer is running in "
              .. self.option.directory, 0)
    end

    os.remove(self.path)

    local mask = system.umask(127)          -- 0177
    local listening = assert(unix.stream())
    local bound, err = listening:bind(self.path)

    system.umask(mask)

    if not bound then
        error(self.path .. ": " .. tostring(err), 0)
    end

    assert(listening:listen(MAX_CLIENTS))
    listening:settimeout(0)
    self.listening = listening
end


-- Answers until SIGTERM or SIGINT comes.
function methods:run()
    local signals = system.signals()
    local due = 0

    self:listen()
    self.log("answers on " .. self.path)

    while true do
        local reading, writing, waits = {signals, self.listening}, {}, TICK_S

        if system.now() >= due or due > system.now() + TICK_S * 1000 then
            due = tick(self) and 0 or system.now() + TICK_S * 1000
        end

        for _, client in pairs(self.clients) do
            if client.out ~= "" then
                writing[#writing + 1] = client.socket
            else
                reading[#reading + 1] = client.socket
            end

            if has_line(client) or due == 0 then
                waits = 0
            end
        end

        local readable, writable = socket.select(reading, writing, waits)

        if readable[signals] then
            break
        end

        if readable[self.listening] then
            accept(self)
        end

        local turn = {}

        for key, client in pairs(self.clients) do
            turn[#turn + 1] = {client, readable[key] or has_line(client),
                               writable[key]}
        end

        for _, each in ipairs(turn) do
            if each[3] then
                send(self, each[1])
            elseif each[2] and each[1].out == "" then
                receive(self, each[1])
            end
        end
    end

    self.listening:close()
    os.remove(self.path)
    drop(self, "typed")
    drop(self, "folded")
    system.unlock(self.lock)
end


return server
