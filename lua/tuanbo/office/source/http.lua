-- The ledger of a shop on another machine: GET /ledger, signed with the role
-- `ledger`; it waits there for entries to come.

local curl = require "curl"
local cjson = require "cjson.safe"
local ffi = require "ffi"

-- nginx has it loaded; a program of its own has not
pcall(ffi.load, "libcrypto.so.3", true)

local crypto = require "tuanbo.crypto"

local http = {}
local methods = {}
local meta = {__index = methods}


-- The first secret of a file, as the other tools sign with it; throws.
function http.secret(path)
    local file, err = io.open(path, "r")

    if not file then
        error(err, 0)
    end

    local line = file:read("*l")

    file:close()

    if not line or line == "" then
        error(path .. ": there is nothing in its first line", 0)
    end

    return line
end


-- Options: url, of the shop, without a slash at its end; secret, or nil where
-- only what anybody may is asked for; wait_ms, how long the shop may wait for
-- entries.
function http.new(option)
    local handle = curl.easy_init()

    handle:setopt(curl.OPT_TIMEOUT, 60)
    handle:setopt(curl.OPT_CONNECTTIMEOUT, 5)
    handle:setopt(curl.OPT_NOSIGNAL, 1)

    return setmetatable({url = option.url, secret = option.secret,
        wait_ms = option.wait_ms or 0, handle = handle}, meta)
end


-- The signature of a request, as docs/api.md has it.
local function signature(secret, t, method, target, key, body)
    local signed = table.concat({t, method, target, key,
        crypto.hex(crypto.sha256(body))}, "\n")

    return "t=" .. t .. ",v1=" .. crypto.hex(crypto.hmac(secret, signed))
end


-- A request of a target, signed where there is a secret: status, body and
-- entity tag, or nil and words. given: method ("GET"), body, key, secret,
-- if_match (an entity tag; "new": only what is not there).
function methods:request(target, given)
    local handle, parts, status, etag = self.handle, {}, nil, nil
    local method = given.method or "GET"
    local body, key = given.body or "", given.key or ""
    local secret = given.secret or self.secret
    local headers = {}

    if secret then
        headers[1] = "Flashsale-Signature: "
            .. signature(secret, os.time(), method, target, key, body)
    end

    handle:setopt(curl.OPT_URL, self.url .. target)

    if method == "GET" then
        handle:setopt(curl.OPT_HTTPGET, 1)

    else
        headers[#headers + 1] = "Idempotency-Key: " .. key
        headers[#headers + 1] = "Content-Type: application/json"
        handle:setopt(curl.OPT_POSTFIELDS, body)

        if given.if_match then
            headers[#headers + 1] = given.if_match == "new"
                                    and "If-None-Match: *"
                                    or "If-Match: " .. given.if_match
        end
    end

    handle:setopt(curl.OPT_CUSTOMREQUEST, method)
    handle:setopt(curl.OPT_HTTPHEADER, headers)

    handle:setopt(curl.OPT_WRITEFUNCTION, function(text)
        parts[#parts + 1] = text

        return #text
    end)

    -- the binding has no other way to the status
    handle:setopt(curl.OPT_HEADERFUNCTION, function(line)
        status = tonumber(line:match("^HTTP/%S+ (%d+)")) or status
        etag = line:match("^[Ee][Tt][Aa][Gg]:%s*(.-)%s*$") or etag

        return #line
    end)

    local done, err = handle:perform()

    if not done or not status then
        return nil, "the shop at " .. self.url .. ": " .. tostring(err)
    end

    return status, table.concat(parts), etag
end


-- The same as a GET.
function methods:get(target, role_secret)
    return self:request(target, {secret = role_secret})
end


-- See follow.lua.
function methods:lines(after, hash, limit, now)
    local status, text = self:get(string.format(
        "/ledger?after=%.0f&limit=%d&wait_ms=%d&hash=%s", after,
        limit, now and 0 or self.wait_ms, hash))

    if status == 200 then
        return text
    end

    local problem = status and cjson.decode(text)
    local code = type(problem) == "table" and problem.code

    if status == 409 and code == "forked" then
        return nil, "forked"
    end

    return nil, status and "the shop at " .. self.url .. " answers " .. status
        .. (code and " " .. tostring(code) or "") or text
end


return http
