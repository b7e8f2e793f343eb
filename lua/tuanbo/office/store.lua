--- What only those who work may read of the store: anybody's orders, lines
-- by where their goods are, waves, contacts by pseudonym. Who may ask is the
-- desk's to check before.
--
-- As of tuanbo.engine: each call reads the newest commit by FFI and ends
-- within the call; what is null in the API's JSON is absent. docs/lua.md tells
-- it in prose.
--
-- @module tuanbo.office.store

local engine = require "tuanbo.engine"
local ffi = require "ffi"
local format = require "tuanbo.format"
local reading = require "tuanbo.reading"

local C = ffi.C
local ffi_string = ffi.string
local code_of, decode, text = reading.code, reading.decode, reading.text

local LINES_MAX = 500               -- of one call
local PAGE_MAX = 100
local PAGE = 20
local ORDER_SIZE = 49152            -- bytes of an order's JSON
local LISTED_SIZE = 4096            -- of an order's in a list
local LINE_SIZE = 256               -- of a line's
local WAVE_SIZE = 8192              -- of a wave's without its lines
local WAVE_LINES = 4096
local WAVE_LINE_SIZE = 384
local ID_LEN = 32
local ETAG_MAX = 48
local CLAIM_SIZE = 512              -- of a claim's in a list
local FIND_MAX = 20000              -- lines that a code is looked for in

-- The module's other side is ngx_module/lua/ngx_http_flashsale_lua_desk.h.
ffi.cdef [[
typedef struct {
    double    at;
    double    sold;
    char      buyer[32];
} ngx_http_flashsale_ffi_listed_t;

typedef struct {
    double    sold;
    double    at;
    uint32_t  qty;
    uint32_t  short_qty;
    uint32_t  goods;
    uint32_t  paid_back;
    char      hold[32];
    char      buyer[32];
} ngx_http_flashsale_ffi_wave_line_t;

typedef struct {
    double    hold;
    double    sold;
    uint32_t  wave;
    uint32_t  qty;
    double    left_fen;
} ngx_http_flashsale_ffi_paid_t;

const char *ngx_http_flashsale_ffi_goods(int goods);
int ngx_http_flashsale_ffi_desk_order(const char *id, size_t id_len,
    char *buf, size_t size, ngx_http_flashsale_ffi_order_t *order,
    char *buyer);
int ngx_http_flashsale_ffi_desk_buyer(const char *code, size_t code_len,
    char *buyer);
int ngx_http_flashsale_ffi_desk_orders(const char *buyer, size_t buyer_len,
    const char *before, size_t before_len, int limit, char *buf,
    size_t size);
int ngx_http_flashsale_ffi_desk_lines(const char *pickup, size_t pickup_len,
    int goods, const char *after, size_t after_len, int limit,
    ngx_http_flashsale_ffi_listed_t *listed, int *n, char *buf, size_t size);
int ngx_http_flashsale_ffi_desk_paid(const char *sale, size_t sale_len,
    const char *pickup, size_t pickup_len, int goods, int wave, double sold,
    int limit, ngx_http_flashsale_ffi_paid_t *lines, int *more);
int ngx_http_flashsale_ffi_desk_ids(const char *pickup, size_t pickup_len,
    int goods, int limit, char *ids, int *more);
int ngx_http_flashsale_ffi_desk_gifts(int limit, char *ids);
int ngx_http_flashsale_ffi_desk_wave(const char *id, size_t id_len,
    const char *after, size_t after_len, char *buf, size_t size);
int ngx_http_flashsale_ffi_desk_wave_lines(const char *wave, size_t wave_len,
    const char *sale, size_t sale_len, const char *pickup, size_t pickup_len,
    double after, int limit, ngx_http_flashsale_ffi_wave_line_t *lines,
    int *more);
int ngx_http_flashsale_ffi_desk_waves(const char *after, size_t after_len,
    int limit, char *buf, size_t size);
int ngx_http_flashsale_ffi_desk_short(const char *wave, size_t wave_len,
    const char *pickup, size_t pickup_len, const char *sale, size_t sale_len,
    int qty, int limit, ngx_http_flashsale_ffi_listed_t *listed, int *n,
    char *buf, size_t size);
int ngx_http_flashsale_ffi_desk_claims(int limit, char *buyers, char *buf,
    size_t size);
int ngx_http_flashsale_ffi_desk_contact(const char *buyer, size_t buyer_len,
    char *buf, size_t size);
int ngx_http_flashsale_ffi_desk_etag(const char *kind, size_t kind_len,
    const char *id, size_t id_len, char *buf);
]]

-- The number of each: where the goods of a line are.
local GOODS = {}
local GOODS_NAMES = reading.names(C.ngx_http_flashsale_ffi_goods)

for i, name in ipairs(GOODS_NAMES) do
    GOODS[name] = i - 1
end

-- Where a code is looked for, one after the other.
local FIND_IN = { "ready", "awaited", "handed_over", "short" }
local FIND_WITH_GIFTS = { "ready", "awaited", "handed_over", "short", "gifts" }

-- Used within one call, never over a yield; made when they are needed.
local one_order = ffi.new("ngx_http_flashsale_ffi_order_t")
local buyer_digits = ffi.new("char[?]", ID_LEN)
local etag_buffer = ffi.new("char[?]", ETAG_MAX)
local count = ffi.new("int[1]")
local more = ffi.new("int[1]")
local listed
local wave_lines
local paid_lines
local buffers = {}

local store = {}


local function buffer(size)
    buffers[size] = buffers[size] or ffi.new("char[?]", size)

    return buffers[size], size
end


--- An order, or a hold, whosever it is.
-- @tparam string id
-- @treturn table|nil what engine.hold() gives, and `buyer`, the pseudonym, as
-- the ledger has it
-- @treturn string the problem's code: no_such_hold; other_life: it is of a
-- life that this ledger does not have
function store.order(id)
    id = text(id)

    local buf, size = buffer(ORDER_SIZE)
    local n = C.ngx_http_flashsale_ffi_desk_order(id, #id, buf, size,
                                                  one_order, buyer_digits)

    if n < 0 then
        return nil, code_of(n)
    end

    local order = reading.with_beside(decode(buf, n), one_order)

    order.buyer = ffi_string(buyer_digits, ID_LEN)

    return order
end


--- Whose public code that is, as `GET /api/me` has it.
-- @tparam string code
-- @treturn string|nil the pseudonym
-- @treturn string|nil the problem's code; no_buyer: it is nobody's
function store.buyer_of(code)
    code = text(code)

    local done = C.ngx_http_flashsale_ffi_desk_buyer(code, #code, buyer_digits)

    if done < 0 then
        return nil, code_of(done)
    end

    return ffi_string(buyer_digits, ID_LEN)
end


--- All orders and holds of one neighbour, newest first.
-- @tparam string buyer the pseudonym
-- @tparam[opt] string before the id of the one they come before
-- @tparam[opt=20] number limit 1 to 100
-- @treturn table|nil a list, each as of engine.holds()
-- @treturn string|nil the next page's `before`; or the problem's code:
-- no_buyer: that is no pseudonym
function store.orders_of(buyer, before, limit)
    buyer, before = text(buyer), text(before)

    local buf, size = buffer((PAGE_MAX + 1) * LISTED_SIZE)
    local n = C.ngx_http_flashsale_ffi_desk_orders(buyer, #buyer, before,
        #before, reading.page_size(limit, PAGE, PAGE_MAX), buf, size)

    if n < 0 then
        return nil, code_of(n)
    end

    local page = decode(buf, n)

    return page.holds, page.next
end


--- Lines of a pickup point by where their goods are, by sale, in the order in
-- which was paid.
-- @tparam table asked
-- @tparam[opt] string asked.pickup nil: lines without a point
-- @tparam string asked.goods "awaited", "ready", "handed_over" or "short"
-- @tparam[opt] string asked.after what the page before gave
-- @tparam[opt=20] number asked.limit 1 to 500
-- @tparam[opt] boolean asked.sold each is to have `sold`, too: the entry by
-- which it was paid
-- @treturn table|nil a list of { hold, sale, qty, short_qty, paid_back,
-- buyer }; `buyer` is the pseudonym; one that is handed over has `handed_at`,
-- one that is ready `given_at`: from then on it counts as handed over
-- @treturn string|nil the next page's `after`; or the problem's code
function store.lines(asked)
    local pickup, after = text(asked.pickup), text(asked.after)
    local goods = GOODS[asked.goods] or -1

    listed = listed
        or ffi.new("ngx_http_flashsale_ffi_listed_t[?]", LINES_MAX)

    local buf, size = buffer(LINES_MAX * LINE_SIZE + 512)
    local n = C.ngx_http_flashsale_ffi_desk_lines(pickup, #pickup, goods,
        after, #after, reading.page_size(asked.limit, PAGE, LINES_MAX),
        listed, count, buf, size)

    if n < 0 then
        return nil, code_of(n)
    end

    local page = decode(buf, n)

    for i, line in ipairs(page.lines) do
        local beside = listed[i - 1]

        line.buyer = ffi_string(beside.buyer, ID_LEN)
        line.sold = asked.sold and beside.sold or nil

        if beside.at ~= 0 then
            line[asked.goods == "handed_over" and "handed_at"
                 or "given_at"] = beside.at
        end
    end

    return page.lines, page.next
end


--- What was paid for the lines of one sale at a pickup point, by where their
-- goods are.
-- @tparam table asked
-- @tparam string asked.sale
-- @tparam[opt] string asked.pickup nil: lines without a point
-- @tparam string asked.goods as of store.lines()
-- @tparam[opt] table asked.after what the page before gave
-- @tparam function each called with the hold's number, how many units are not
-- the sale's again, and what was paid for them and is not owed back
-- @treturn number|nil how many lines it has looked at
-- @treturn table|string|nil the next page's `after`; or the problem's code
function store.paid(asked, each)
    local sale, pickup = text(asked.sale), text(asked.pickup)
    local after = asked.after or { wave = 0, sold = 0 }

    paid_lines = paid_lines
        or ffi.new("ngx_http_flashsale_ffi_paid_t[?]", LINES_MAX)

    local n = C.ngx_http_flashsale_ffi_desk_paid(sale, #sale, pickup, #pickup,
        GOODS[asked.goods] or -1, after.wave, after.sold, LINES_MAX,
        paid_lines, more)

    if n < 0 then
        return nil, code_of(n)
    end

    for i = 0, n - 1 do
        local line = paid_lines[i]

        each(line.hold, line.qty, line.left_fen)
    end

    local last = more[0] ~= 0 and paid_lines[n - 1]

    return n, last and { wave = last.wave, sold = last.sold } or nil
end


--- Lines that are ready at a point.
-- @tparam string point
-- @tparam number most so many are enough
-- @treturn table|nil a list, as of store.lines(), each with `sold`
-- @treturn boolean|string whether there may be others; or the problem's code
function store.ready(point, most)
    local lines, after = {}, nil

    repeat
        local list, next_after = store.lines { pickup = point,
            goods = "ready", after = after, limit = LINES_MAX, sold = true }

        if not list then
            return nil, next_after
        end

        for _, line in ipairs(list) do
            lines[#lines + 1] = line
        end

        after = next_after
    until not after or #lines >= most

    return lines, after ~= nil
end


--- The holds that have these pickup codes, at one point. Looked for are lines
-- that are ready; for a code that none of them has those that are awaited,
-- handed over, or short; of each kind the last 20,000. Then, where they are
-- asked for, gifts that are not used, which are collected at any point: those
-- among the last 20,000 holds of all.
-- @tparam[opt] string pickup nil: among lines without a point
-- @tparam table codes a list, each of eight digits, with or without a space
-- @tparam[opt] boolean gifts
-- @treturn table|nil by code, as it was given: a list of ids, usually of one
-- @treturn string the problem's code
function store.find_all(pickup, codes, gifts)
    local ids = buffer(FIND_MAX * ID_LEN)
    local found, left, wanted = {}, 0, {}

    for _, code in ipairs(codes) do
        local digits = text(code):gsub("%s", "")
        local number = digits:find("^%d%d%d%d%d%d%d%d$") and tonumber(digits)

        if number and not wanted[number] then
            left = left + 1
            wanted[number] = { seen = {} }
        end

        found[code] = number and wanted[number] or {}
    end

    pickup = text(pickup)

    for _, place in ipairs(gifts and FIND_WITH_GIFTS or FIND_IN) do
        if left == 0 then
            break
        end

        local n = GOODS[place]
                  and C.ngx_http_flashsale_ffi_desk_ids(pickup, #pickup,
                          GOODS[place], FIND_MAX, ids, more)
                  or C.ngx_http_flashsale_ffi_desk_gifts(FIND_MAX, ids)

        if n < 0 then
            return nil, code_of(n)
        end

        for i = 0, n - 1 do
            local at = ids + i * ID_LEN
            local one = wanted[format.pickup_number(at, ID_LEN)]
            local id = one and not one.over and ffi_string(at, ID_LEN)

            if id and not one.seen[id] then
                one.seen[id] = true
                one[#one + 1] = id
            end
        end

        for _, one in pairs(wanted) do
            if #one > 0 and not one.over then
                one.over = true
                left = left - 1
            end
        end
    end

    for _, one in pairs(wanted) do
        one.seen, one.over = nil, nil
    end

    return found
end


--- The same of one code.
-- @tparam[opt] string pickup
-- @tparam string code
-- @tparam[opt] boolean gifts
-- @treturn table|nil a list of ids, usually of one
-- @treturn string the problem's code
function store.find(pickup, code, gifts)
    code = text(code)

    local found, problem = store.find_all(pickup, { code }, gifts)

    return found and found[code], problem
end


--- Orders whose goods are there, at one point: those sold lately first.
-- @tparam[opt] string pickup nil: lines without a point
-- @tparam string goods as of lines()
-- @tparam[opt=20] number limit 1 to 500, lines
-- @treturn table|nil a list of ids, each once
-- @treturn string the problem's code
function store.lately(pickup, goods, limit)
    local ids = buffer(FIND_MAX * ID_LEN)
    local found, seen = {}, {}

    pickup = text(pickup)

    local n = C.ngx_http_flashsale_ffi_desk_ids(pickup, #pickup,
        GOODS[goods] or -1, reading.page_size(limit, PAGE, LINES_MAX), ids,
        more)

    if n < 0 then
        return nil, code_of(n)
    end

    for i = 0, n - 1 do
        local id = ffi_string(ids + i * ID_LEN, ID_LEN)

        if not seen[id] then
            seen[id] = true
            found[#found + 1] = id
        end
    end

    return found
end


--- A wave: what has come and what is to come, by point.
-- @tparam string id
-- @tparam[opt] string after the point they come after: of a page its `next`
-- @treturn table|nil as of `GET /admin/waves/ID`
-- @treturn string the problem's code
function store.wave(id, after)
    id = text(id)
    after = text(after)

    local buf, size = buffer(WAVE_SIZE + WAVE_LINES * WAVE_LINE_SIZE)
    local n = C.ngx_http_flashsale_ffi_desk_wave(id, #id, after, #after, buf,
        size)

    if n < 0 then
        return nil, code_of(n)
    end

    return decode(buf, n)
end


--- The lines of one sale of a wave at a point, wherever their goods are, in
-- the order in which was paid: who is first gets first what comes. Page by
-- page each line comes once, wherever it goes meanwhile; one whose units are
-- all for sale again is no line any more. Of a wave that is not frozen, as if
-- it were now.
-- @tparam table asked
-- @tparam string asked.wave
-- @tparam string asked.sale one of its sales
-- @tparam[opt] string asked.pickup nil: lines without a point
-- @tparam[opt] number asked.after what the page before gave
-- @tparam[opt=20] number asked.limit 1 to 500
-- @treturn table|nil a list of { hold, buyer, qty, short_qty, goods, sold,
-- paid_back }, and handed_at or given_at as of lines(); qty: units that are
-- not the sale's again
-- @treturn number|nil the next page's `after`; or the problem's code
function store.wave_lines(asked)
    local wave, sale = text(asked.wave), text(asked.sale)
    local pickup = text(asked.pickup)

    wave_lines = wave_lines
        or ffi.new("ngx_http_flashsale_ffi_wave_line_t[?]", LINES_MAX)

    local n = C.ngx_http_flashsale_ffi_desk_wave_lines(wave, #wave, sale,
        #sale, pickup, #pickup, tonumber(asked.after) or 0,
        reading.page_size(asked.limit, PAGE, LINES_MAX), wave_lines, more)
    local list = {}

    if n < 0 then
        return nil, code_of(n)
    end

    for i = 1, n do
        local line = wave_lines[i - 1]
        local goods = GOODS_NAMES[line.goods + 1]

        list[i] = {
            hold = ffi_string(line.hold, ID_LEN),
            buyer = ffi_string(line.buyer, ID_LEN),
            qty = line.qty, short_qty = line.short_qty, goods = goods,
            sold = line.sold, paid_back = line.paid_back ~= 0,
        }

        if line.at ~= 0 then
            list[i][goods == "handed_over" and "handed_at" or "given_at"]
                = line.at
        end
    end

    return list, more[0] ~= 0 and list[n].sold or nil
end


--- Waves in order of their ids, without their lines.
-- @tparam[opt] string after the id they come after
-- @tparam[opt=20] number limit 1 to 100
-- @treturn table|nil a list
-- @treturn string|nil the next page's `after`; or the problem's code
function store.waves(after, limit)
    after = text(after)

    local buf, size = buffer(PAGE_MAX * WAVE_SIZE)
    local n = C.ngx_http_flashsale_ffi_desk_waves(after, #after,
        reading.page_size(limit, PAGE, PAGE_MAX), buf, size)

    if n < 0 then
        return nil, code_of(n)
    end

    local page = decode(buf, n)

    return page.waves, page.next
end


--- To whom it would be short, if so many of a sale were the last ones of a
-- wave at a point: what the engine would then do, and does not do by it.
-- @tparam table asked
-- @tparam string asked.wave
-- @tparam[opt] string asked.pickup nil: for lines without a point
-- @tparam string asked.sale
-- @tparam number asked.qty that have come, so far and in all
-- @tparam[opt=20] number asked.limit 1 to 500
-- @treturn table|nil a list of { hold, sale, qty, short_qty, buyer }, in the
-- order in which was paid: of so many units nothing would come
-- @treturn boolean|string whether there are more; or the problem's code
function store.short(asked)
    local wave, pickup = text(asked.wave), text(asked.pickup)
    local sale = text(asked.sale)

    listed = listed
        or ffi.new("ngx_http_flashsale_ffi_listed_t[?]", LINES_MAX)

    local buf, size = buffer(LINES_MAX * LINE_SIZE + 512)
    local n = C.ngx_http_flashsale_ffi_desk_short(wave, #wave, pickup,
        #pickup, sale, #sale, tonumber(asked.qty) or -1,
        reading.page_size(asked.limit, PAGE, LINES_MAX), listed, count, buf,
        size)

    if n < 0 then
        return nil, code_of(n)
    end

    local page = decode(buf, n)

    for i, line in ipairs(page.lines) do
        line.buyer = ffi_string(listed[i - 1].buyer, ID_LEN)
    end

    return page.lines, page.next ~= nil
end


--- What neighbours say was wrong, and nobody has answered yet: what is due
-- first comes first.
-- @tparam[opt=20] number limit 1 to 500
-- @treturn table|nil a list of { hold, pickup, id, state, amount_fen, due_at,
-- sale, qty, reason, buyer }
-- @treturn boolean|string whether there are more; or the problem's code
function store.claims(limit)
    limit = reading.page_size(limit, PAGE, LINES_MAX)

    local buf, size = buffer(LINES_MAX * CLAIM_SIZE + 512)
    local buyers = buffer(LINES_MAX * ID_LEN)
    local n = C.ngx_http_flashsale_ffi_desk_claims(limit, buyers, buf, size)

    if n < 0 then
        return nil, code_of(n)
    end

    local page = decode(buf, n)

    for i, claim in ipairs(page.claims) do
        claim.buyer = ffi_string(buyers + (i - 1) * ID_LEN, ID_LEN)
    end

    return page.claims, page.more
end


--- Whom to call out. What somebody agreed to is in `consent`: a label for the
-- shelf wants "labels".
-- @tparam string buyer the pseudonym
-- @treturn table|nil name, digits, consent (a list), leaving
-- @treturn string nil when there is none; else the problem's code
function store.contact(buyer)
    buyer = text(buyer)
    engine.wait_for_people()

    local buf, size = buffer(ORDER_SIZE)
    local n = C.ngx_http_flashsale_ffi_desk_contact(buyer, #buyer, buf, size)

    if n < 0 then
        return nil, code_of(n)
    end

    return decode(buf, n).contact
end


--- What If-Match has to say, so that a change finds what was read. Asked for
-- before the reading itself: then a change in between is refused, not lost.
-- @tparam string kind of a document; "sale" is a sale's doc
-- @tparam string id
-- @treturn string|nil the entity tag
-- @treturn string the problem's code
function store.document_etag(kind, id)
    kind, id = text(kind), text(id)

    if kind == "" then
        return nil, "not_found"
    end

    local n = C.ngx_http_flashsale_ffi_desk_etag(kind, #kind, id, #id,
                                                 etag_buffer)

    if n < 0 then
        return nil, code_of(n)
    end

    return ffi_string(etag_buffer, n)
end


--- The same of a sale itself.
-- @tparam string id
-- @treturn string|nil the entity tag
-- @treturn string the problem's code
function store.sale_etag(id)
    id = text(id)

    local n = C.ngx_http_flashsale_ffi_desk_etag("", 0, id, #id, etag_buffer)

    if n < 0 then
        return nil, code_of(n)
    end

    return ffi_string(etag_buffer, n)
end


return store
