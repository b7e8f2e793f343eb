--- Commands to the shop, by its own signed API: docs/api.md is the contract.
-- The office decides nothing itself, and holds none of the shop's locks.
--
-- nginx is the client: the internal location /shop/ of office.conf.
--
-- @module tuanbo.office.shop

local cjson = require "cjson.safe"

local crypto = require "tuanbo.crypto"

local METHODS = {
    GET = ngx.HTTP_GET, POST = ngx.HTTP_POST, PUT = ngx.HTTP_PUT,
    DELETE = ngx.HTTP_DELETE,
}

local shop = {}

local secrets


--- Made ready while nginx reads its conf.
-- @tparam table by_role the secrets of `orders` and `admin`, each a list of
-- which the first signs
function shop.setup(by_role)
    secrets = by_role
end


local function signature(role, method, target, key, body)
    local t = string.format("%.0f", ngx.time())
    local text = table.concat({ t, method, target, key,
                                crypto.hex(crypto.sha256(body)) }, "\n")

    return "t=" .. t .. ",v1="
           .. crypto.hex(crypto.hmac(secrets[role][1], text))
end


--- Send a request, and wait for its answer.
-- @tparam string role orders or admin
-- @tparam string method
-- @tparam string target path and query
-- @tparam[opt] table body
-- @tparam[opt] string key the idempotency key
-- @tparam[opt] string if_match an entity tag; "new": only what is not there
-- @treturn table|nil what the shop answers with 2xx
-- @treturn table the problem: code, status, and what helps; the code is `away`
-- where the shop does not answer: then nobody knows whether it was done, and
-- the same key says it again
function shop.send(role, method, target, body, key, if_match)
    local text = body and assert(cjson.encode(body)) or ""

    key = key or ""

    local res = ngx.location.capture("/shop" .. target, {
        method = METHODS[method],
        body = text,
        vars = {
            tuanbo_signature = signature(role, method, target, key, text),
            tuanbo_key = key,
            tuanbo_if_match = if_match ~= "new" and if_match or "",
            tuanbo_if_none_match = if_match == "new" and "*" or "",
        },
    })
    local answer = cjson.decode(res.body)

    if type(answer) ~= "table" or res.truncated then
        return nil, { code = "away", status = 503 }
    end

    if res.status >= 200 and res.status < 300 then
        return answer
    end

    answer.code = answer.code or "away"
    answer.status = res.status

    return nil, answer
end


return shop
