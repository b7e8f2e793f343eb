-- The usual way, in nginx: parse, one EVALSHA over a kept connection, answer.
-- init_by_lua requires it once and calls init.

local cjson = require "cjson.safe"
local redis = require "nginx.redis"

local decode, encode = cjson.decode, cjson.encode
local find = string.find

local _M = {}

local script, sha, socket

local statuses = {
    created = 201, replayed = 200, no_such_sale = 404, sold_out = 409,
    over_limit = 409, closed = 409, paused = 409, key_reused = 422,
}

redis.add_commands("evalsha")


function _M.init(path, unix_socket)
    local file = assert(io.open(path))

    script = file:read("*a")
    file:close()
    socket = "unix:" .. unix_socket
end


local function problem(status, code, field)
    local body = encode({ status = status, code = code, field = field })

    ngx.status = status
    ngx.header["Content-Type"] = "application/problem+json"
    ngx.header["Content-Length"] = #body
    ngx.print(body)
end


local function slug(value)
    return type(value) == "string" and #value <= 64
        and find(value, "^[a-z0-9-]+$")
end


function _M.hold()
    local buyer = ngx.var.http_x_user
    local key = ngx.var.http_idempotency_key

    if not buyer or buyer == "" then
        return problem(401, "no_buyer")
    end

    ngx.req.read_body()

    local request = decode(ngx.req.get_body_data() or "")
    if type(request) ~= "table" then
        return problem(400, "bad_request")
    end

    local sale, qty, pickup = request.sale, request.qty, request.pickup

    if not slug(sale) then
        return problem(400, "bad_request", "sale")
    end
    if type(qty) ~= "number" or qty < 1 or qty > 10000 or qty % 1 ~= 0 then
        return problem(400, "bad_request", "qty")
    end
    if not slug(pickup) then
        return problem(400, "bad_request", "pickup")
    end

    local id = ngx.var.request_id
    local red = redis:new()

    red:set_timeout(10000)

    local ok, err = red:connect(socket)
    if not ok then
        ngx.log(ngx.ERR, "redis: ", err)
        return problem(503, "not_ready")
    end

    local units = "u:" .. sale .. ":"
    local args = {
        5, "s:" .. sale, "d:" .. sale, units .. buyer,
        "k:" .. buyer .. ":" .. (key or id), "h:" .. id,
        qty, id, buyer, pickup, "h:", units, sale .. " " .. qty .. " "
        .. pickup
    }

    if not sha then
        sha, err = red:script("LOAD", script)
        if not sha then
            ngx.log(ngx.ERR, "redis: ", err)
            return problem(503, "not_ready")
        end
    end

    local answer

    answer, err = red:evalsha(sha, unpack(args))
    if not answer then
        ngx.log(ngx.ERR, "redis: ", err)
        return problem(503, "outcome_unknown")
    end

    red:set_keepalive(60000, 1024)

    local code = answer[1]

    if code ~= "created" and code ~= "replayed" then
        return problem(statuses[code], code)
    end

    ngx.status = statuses[code]
    ngx.header["Content-Type"] = "application/json"
    ngx.header["Cache-Control"] = "private, no-store"
    ngx.header["Location"] = "/api/holds/" .. answer[2]

    local price = tonumber(answer[5])

    local body = encode({
        id = answer[2], state = answer[6],
        lines = { { sale = sale, qty = qty, price_fen = price } },
        pickup = pickup, amount_fen = price * qty,
        created_at = tonumber(answer[3]), expires_at = tonumber(answer[4]),
        now = ngx.now() * 1000,
    })

    ngx.header["Content-Length"] = #body
    ngx.print(body)
end


return _M
