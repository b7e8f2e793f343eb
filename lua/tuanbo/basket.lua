--- What somebody has put together and not taken yet: sales and counts, in a
-- cookie. Nothing is reserved by it, and nothing that it says is trusted: each
-- page that shows it asks the engine what of it can be taken.
--
-- @module tuanbo.basket

local cjson = require "cjson.safe"
local ffi = require "ffi"

local cookies = require "tuanbo.cookies"
local reading = require "tuanbo.reading"
require "tuanbo.engine"             -- which looks at the version of the FFI

local C = ffi.C

local COOKIE = "tuanbo_basket"      -- grape:2.egg:1
local LINE = "^([%l%d-]+):([1-9]%d?%d?)$"
local SALE_MAX = 64
local COUNT_MAX = 999

-- The module's other side is ngx_module/lua/ngx_http_flashsale_lua_commands.h.
ffi.cdef [[
typedef struct {
    uint32_t  outcome;
    uint32_t  more;
} ngx_http_flashsale_ffi_stop_t;

int ngx_http_flashsale_ffi_stops(const char *body, size_t body_len,
    const char *identity, size_t identity_len,
    ngx_http_flashsale_ffi_stop_t *stops, double *amount_fen);
]]

local basket = {}

-- Used within one call, never over a yield.
local amount = ffi.new("double[1]")

--- As many lines as the engine takes in a hold.
basket.LINES_MAX = ffi.sizeof(ffi.new("ngx_http_flashsale_ffi_order_t").lines)
                   / ffi.sizeof("ngx_http_flashsale_ffi_line_t")

local stops = ffi.new("ngx_http_flashsale_ffi_stop_t[?]", basket.LINES_MAX)


local function place_of(lines, sale)
    for i, line in ipairs(lines) do
        if line.sale == sale then
            return i
        end
    end

    return nil
end


-- Lines of what a browser sent; what is no line is left out.
local function lines_of(cookie)
    local lines = {}

    for word in cookie:gmatch("[^.]+") do
        local sale, count = word:match(LINE)

        if sale and #sale <= SALE_MAX and #lines < basket.LINES_MAX
           and not place_of(lines, sale)
        then
            lines[#lines + 1] = { sale = sale, qty = tonumber(count) }
        end
    end

    return lines
end


--- What this browser has in its basket.
-- @treturn table a list of { sale =, qty = }
function basket.lines()
    return ngx.ctx.basket
           or cookies.find(COOKIE, ngx.var["cookie_" .. COOKIE], lines_of)
           or {}
end


--- Keep these lines instead. The answer to this request has the cookie.
-- @tparam table lines
function basket.keep(lines)
    local words = {}

    for i, line in ipairs(lines) do
        words[i] = line.sale .. ":" .. line.qty
    end

    ngx.ctx.basket = lines
    cookies.set(COOKIE, table.concat(words, "."), #words == 0 and 0 or nil)
end


--- So many of a sale from now on, 0: none. What is no count changes nothing.
-- @tparam table lines it is changed
-- @tparam string sale
-- @tparam number|nil count
-- @treturn boolean false: there is no room for one more line
function basket.set(lines, sale, count)
    local place = place_of(lines, sale)

    if not count or count < 0 or count ~= math.floor(count) then
        return true

    elseif count == 0 then
        if place then
            table.remove(lines, place)
        end

        return true
    end

    count = math.min(count, COUNT_MAX)

    if place then
        lines[place].qty = count

    elseif #lines >= basket.LINES_MAX then
        return false
    else
        lines[#lines + 1] = { sale = sale, qty = count }
    end

    return true
end


--- So many more of a sale.
-- @tparam table lines it is changed
-- @tparam string sale
-- @tparam number|nil count
-- @treturn boolean as of basket.set()
function basket.add(lines, sale, count)
    local place = place_of(lines, sale)

    return basket.set(lines, sale, count
                      and count + (place and lines[place].qty or 0))
end


--- What was taken is in the basket no more.
-- @tparam table taken lines of a hold
function basket.taken(taken)
    local lines = basket.lines()

    for _, line in ipairs(taken) do
        local place = place_of(lines, line.sale)

        if place then
            basket.set(lines, line.sale,
                       math.max(0, lines[place].qty - line.qty))
        end
    end

    basket.keep(lines)
end


local function code_of(outcome)
    return outcome ~= 0 and reading.code(-tonumber(outcome)) or nil
end


--- What surely stops each line, as the engine would say it now.
-- @tparam string|nil identity nil: somebody of whom nothing is known
-- @tparam table lines a list of { sale =, qty =, … }, one at least
-- @treturn table|nil a list: of each line `code`, of what stops it, and
-- `more`, the same of one unit more; nil: nothing does
-- @treturn number|string what those cost that nothing stops, fen; or the
-- problem's code
function basket.stops(identity, lines)
    local wanted, found = {}, {}

    for i, line in ipairs(lines) do
        wanted[i] = { sale = line.sale, qty = line.qty }
    end

    local body = cjson.encode { lines = wanted }

    identity = reading.text(identity)

    local n = C.ngx_http_flashsale_ffi_stops(body, #body, identity, #identity,
                                             stops, amount)

    if n < 0 then
        return nil, reading.code(n)
    end

    for i = 1, n do
        found[i] = { code = code_of(stops[i - 1].outcome),
                     more = code_of(stops[i - 1].more) }
    end

    return found, amount[0]
end


return basket
