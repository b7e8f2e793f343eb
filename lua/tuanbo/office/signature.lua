--- Requests that are signed by a role of the office's own, as docs/api.md says
-- for the shop's: Flashsale-Signature. The shop's roles are the engine's to
-- check.
--
-- @module tuanbo.office.signature

local crypto = require "tuanbo.crypto"

local AGE_S = 300

local signature = {}


local function sign(secret, t, method, target, body)
    return crypto.hex(crypto.hmac(secret, table.concat({
        t, method, target, "", crypto.hex(crypto.sha256(body)) }, "\n")))
end


--- Whether this request, which has no body and no key, is signed by one of
-- these secrets, now.
-- @tparam table secrets
-- @treturn boolean
function signature.is_good(secrets)
    local given = ngx.var.http_flashsale_signature or ""
    local t, tag = given:match("^t=(%d+),v1=(%x+)$")

    if not t or #t > 12 or math.abs(ngx.time() - tonumber(t)) > AGE_S then
        return false
    end

    for _, secret in ipairs(secrets) do
        if crypto.equal(sign(secret, t, ngx.req.get_method(),
                             ngx.var.request_uri, ""), tag:lower())
        then
            return true
        end
    end

    return false
end


--- The same header of an answer, over its body: whoever has the secret knows
-- that it came from here, to this request, as it is.
-- @tparam table secrets
-- @tparam string body
-- @treturn string
function signature.of_answer(secrets, body)
    local t = string.format("%.0f", ngx.time())

    return "t=" .. t .. ",v1=" .. sign(secrets[1], t, ngx.req.get_method(),
                                       ngx.var.request_uri, body)
end


return signature
