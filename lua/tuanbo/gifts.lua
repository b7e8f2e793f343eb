--- A buyer's gifts, out of the engine's store: what a page says of them. Which
-- of them a hold can use, and what each would take off it, is the engine's to
-- say.
--
-- @module tuanbo.gifts

local ffi = require "ffi"
local reading = require "tuanbo.reading"
require "tuanbo.engine"             -- which looks at the version of the FFI

local C = ffi.C

local PAGE_MAX = 100
local PAGE = 20
local ID_SIZE = 32
local LISTED_SIZE = 8192            -- of a gift's JSON in a list

-- The module's other side is ngx_module/lua/ngx_http_flashsale_lua_gifts.h.
ffi.cdef [[
typedef struct {
    double    takes_fen;
    uint32_t  why;
    uint32_t  thing;
    uint32_t  drawn;
    uint32_t  prize;
    uint32_t  user_len;
    char      user[32];
} ngx_http_flashsale_ffi_gift_t;

const char *ngx_http_flashsale_ffi_why(int why);
int ngx_http_flashsale_ffi_gifts(const char *identity, size_t identity_len,
    const char *before, size_t before_len, int limit, const char *hold,
    size_t hold_len, char *buf, size_t size,
    ngx_http_flashsale_ffi_gift_t *gifts);
int ngx_http_flashsale_ffi_gift(const char *id, size_t id_len,
    const char *identity, size_t identity_len,
    ngx_http_flashsale_ffi_gift_t *gift);
int ngx_http_flashsale_ffi_taken(const char *sale, size_t sale_len,
    const char *identity, size_t identity_len, char *id);
]]

local WHYS = reading.names(C.ngx_http_flashsale_ffi_why)

local gifts = {}

-- Used within one call, never over a yield.
local buffer
local beside = ffi.new("ngx_http_flashsale_ffi_gift_t[?]", PAGE_MAX)
local taken_id = ffi.new("char[?]", ID_SIZE)


local function with(hold, one)
    hold.thing = one.thing == 1
    hold.drawn = one.drawn == 1
    hold.prize_index = one.prize ~= 0 and one.prize or nil
    hold.used_by = one.user_len ~= 0 and ffi.string(one.user, one.user_len)
                   or nil

    return hold
end


--- This buyer's gifts, newest first.
-- @tparam string identity
-- @tparam[opt] string before the id of the gift that they come before
-- @tparam[opt=20] number limit 1 to 100
-- @tparam[opt] string hold the id of a hold of the same buyer: each gift then
-- has `takes_fen`, what it takes off that hold, or `why` it cannot be used:
-- bound, used, over, too_little, other_sale
-- @treturn table|nil a list, each as of `GET /api/gifts`, with thing (it is
-- handed over), drawn (the draw of a ticket was made), prize_index (its place
-- among the prizes, from 1), used_by (the id of a hold)
-- @treturn string|nil the next page's `before`; or the problem's code
function gifts.list(identity, before, limit, hold)
    local size = PAGE_MAX * LISTED_SIZE

    identity, before = reading.text(identity), reading.text(before)
    hold = reading.text(hold)
    buffer = buffer or ffi.new("char[?]", size)

    local n = C.ngx_http_flashsale_ffi_gifts(identity, #identity, before,
        #before, reading.page_size(limit, PAGE, PAGE_MAX), hold, #hold,
        buffer, size, beside)

    if n < 0 then
        return nil, reading.code(n)
    end

    local page = reading.decode(buffer, n)

    for i, one in ipairs(page.gifts) do
        with(one, beside[i - 1])

        if hold ~= "" then
            local why = beside[i - 1].why

            one.why = why ~= 0 and WHYS[why + 1] or nil
            one.takes_fen = why == 0 and beside[i - 1].takes_fen or nil
        end
    end

    return page.gifts, page.next
end


--- What gifts.list() says beside the JSON of one of this buyer, into it.
-- @tparam string identity
-- @tparam table gift as of engine.hold()
-- @treturn table|nil the same
-- @treturn string the problem's code
function gifts.complete(identity, gift)
    local n = C.ngx_http_flashsale_ffi_gift(gift.id, #gift.id, identity,
                                            #identity, beside)

    if n < 0 then
        return nil, reading.code(n)
    end

    return with(gift, beside[0])
end


--- How many gifts of a giving this buyer has taken.
-- @tparam string identity
-- @tparam string sale
-- @treturn number|nil
-- @treturn string|nil the id of the newest of them, unless it is long ago; or
-- the problem's code
function gifts.taken(identity, sale)
    local n = C.ngx_http_flashsale_ffi_taken(sale, #sale, identity, #identity,
                                             taken_id)

    if n < 0 then
        return nil, reading.code(n)
    end

    return n, n > 0 and taken_id[0] ~= 0 and ffi.string(taken_id, ID_SIZE)
              or nil
end


return gifts
