--- The engine, for Lua: reads of its store and commands to it.
--
-- Reads come from a snapshot of the store itself, by FFI, and end within the
-- call: nothing is kept here, so nothing shown is older than its question.
-- Commands wait in the same queue as those of the HTTP API, and a page's
-- coroutine waits with them.
--
-- Times are epoch milliseconds of the server's clock, money is in fen. Fields
-- that are null in the API's JSON are absent. docs/lua.md tells it in prose.
--
-- @module tuanbo.engine

local base = require "resty.core.base"
local cjson = require "cjson.safe"
local ffi = require "ffi"
local semaphore = require "ngx.semaphore"
local reading = require "tuanbo.reading"

local C = ffi.C
local ffi_string = ffi.string
local code_of, decode, text = reading.code, reading.decode, reading.text
local get_request = base.get_request

-- The module's other side is ngx_module/lua/ngx_http_flashsale_lua.h.
local VERSION = 21

local PAGE_MAX = 100                -- of one call
local PAGE = 20
local DOCUMENTS_SIZE = 1048576      -- bytes of one page of documents
local HOLD_SIZE = 49152             -- bytes of a hold's or a problem's JSON
local DRAW_SIZE = 458752            -- bytes of a sale and its draw
local LISTED_SIZE = 4096            -- of a hold's in a list
local SECRETS_SIZE = 65537          -- bytes of a file of secrets, and one
local UNPAID_MAX = 8                -- of one buyer
local WRITTEN_MS = 1000             -- then a contact is promised
local READY_MS = 2000
local READY_STEP_S = 0.01
local ANSWER_S = 60                 -- the engine itself gives up after 30

ffi.cdef [[
typedef int (*ngx_http_flashsale_ffi_post_pt)(void *sem, int n);

typedef struct {
    double    price_fen;
    double    opens_at;
    double    closes_at;
    double    version;
    double    shelf;
    double    ended_at;
    uint32_t  stock;
    uint32_t  free;
    uint32_t  held;
    uint32_t  sold;
    uint32_t  limit;
    uint32_t  goal;
    uint32_t  joined;
    uint32_t  goal_by;
    uint32_t  state;
    int32_t   formed;
    uint32_t  cancel_ms;
    uint32_t  called_off;
    uint32_t  hold_ms;
    uint32_t  handed_over;
    uint32_t  claimed;
    uint32_t  queued;
    uint32_t  awaited;
    uint32_t  gives;
    uint32_t  by_desk;
    uint32_t  id_len;
    uint32_t  title_len;
    char      id[64];
    char      title[256];
} ngx_http_flashsale_ffi_sale_t;

typedef struct {
    uint32_t  joined;
    uint32_t  state;
} ngx_http_flashsale_ffi_group_t;

typedef struct {
    double    handed_at;
    double    ready_at;
    double    claim_until;
    uint32_t  claim_qty;
    uint32_t  coming;
} ngx_http_flashsale_ffi_line_t;

typedef struct {
    double    cancel_until;
    double    refund_ms;
    ngx_http_flashsale_ffi_line_t  lines[8];
} ngx_http_flashsale_ffi_order_t;

typedef struct {
    uint32_t  start;
    uint32_t  len;
    uint32_t  id_len;
    char      id[64];
} ngx_http_flashsale_ffi_document_t;

int ngx_http_flashsale_ffi_version(void);
const char *ngx_http_flashsale_ffi_code(int outcome);
const char *ngx_http_flashsale_ffi_state(int state);
const char *ngx_http_flashsale_ffi_gives(int kind);
int ngx_http_flashsale_ffi_ready(void);
double ngx_http_flashsale_ffi_now(void);
double ngx_http_flashsale_ffi_seq(void);
double ngx_http_flashsale_ffi_epoch(void);
int ngx_http_flashsale_ffi_sale(const char *id, size_t id_len,
    ngx_http_flashsale_ffi_sale_t *sale);
int ngx_http_flashsale_ffi_sales(const char *after, size_t after_len,
    int limit, ngx_http_flashsale_ffi_sale_t *sales, int *more);
int ngx_http_flashsale_ffi_shelf(int ended, double from, int limit,
    ngx_http_flashsale_ffi_sale_t *sales, int *more);
int ngx_http_flashsale_ffi_draw(const char *id, size_t id_len, char *buf,
    size_t size);
int ngx_http_flashsale_ffi_group(const char *id, size_t id_len,
    const char *pickup, size_t pickup_len,
    ngx_http_flashsale_ffi_group_t *group);
int ngx_http_flashsale_ffi_hold(const char *id, size_t id_len,
    const char *identity, size_t identity_len, char *buf, size_t size,
    ngx_http_flashsale_ffi_order_t *order);
int ngx_http_flashsale_ffi_holds(const char *identity, size_t identity_len,
    const char *before, size_t before_len, int limit, char *buf,
    size_t size);
int ngx_http_flashsale_ffi_unpaid(const char *identity, size_t identity_len,
    double since_ms, char *buf, size_t size);
int ngx_http_flashsale_ffi_document(const char *kind, size_t kind_len,
    const char *id, size_t id_len, char *buf, size_t size);
int ngx_http_flashsale_ffi_documents(const char *kind, size_t kind_len,
    const char *after, size_t after_len, int limit,
    ngx_http_flashsale_ffi_document_t *documents, char *buf, size_t size,
    int *more);
int ngx_http_flashsale_ffi_day_key(const char *pickup, size_t pickup_len,
    double day, char *key);
int ngx_http_flashsale_ffi_slot(void);
int ngx_http_flashsale_ffi_reserve(ngx_http_request_t *r,
    ngx_http_flashsale_ffi_post_pt post, void *sem, const char *body,
    size_t body_len, const char *identity, size_t identity_len,
    const char *key, size_t key_len, char *buf, size_t size);
int ngx_http_flashsale_ffi_release(ngx_http_request_t *r,
    ngx_http_flashsale_ffi_post_pt post, void *sem, const char *id,
    size_t id_len, const char *identity, size_t identity_len, char *buf,
    size_t size);
int ngx_http_flashsale_ffi_take(ngx_http_request_t *r, int slot, char *buf,
    size_t size, int *problem);
int ngx_http_flashsale_ffi_people_known(void);
int ngx_http_flashsale_ffi_me(const char *identity, size_t identity_len,
    char *buf, size_t size);
int ngx_http_flashsale_ffi_contact(const char *identity, size_t identity_len,
    char *buf, size_t size);
int ngx_http_flashsale_ffi_contact_give(ngx_http_request_t *r,
    const char *body, size_t body_len, const char *identity,
    size_t identity_len, void **wait, char *buf, size_t size);
int ngx_http_flashsale_ffi_contact_leave(ngx_http_request_t *r,
    const char *identity, size_t identity_len, void **wait, int *later,
    char *buf, size_t size);
int ngx_http_flashsale_ffi_contact_wait(void *wait, int enough);
int ngx_http_flashsale_ffi_secrets(const char *path, char *text, size_t size);
]]

do
    local ok, version = pcall(function()
        return C.ngx_http_flashsale_ffi_version()
    end)

    if not ok then
        error("ngx_http_flashsale_module is not loaded (load_module): "
              .. tostring(version))
    end

    if version ~= VERSION then
        error("tuanbo.engine is for version " .. VERSION .. " of the FFI of"
              .. " ngx_http_flashsale_module, which has " .. version
              .. ": take both from one release")
    end
end


local SALE_STATES = reading.names(C.ngx_http_flashsale_ffi_state)
local GIVES = reading.names(C.ngx_http_flashsale_ffi_gives)
local GROUP_STATES = { "open", "formed", "failed" }

local post = ffi.cast("ngx_http_flashsale_ffi_post_pt",
                      C.ngx_http_lua_ffi_sema_post)

-- One for each slot of the module, kept for good: a result may come after the
-- coroutine that waited for it was killed.
local semaphores = {}

-- Used within one call, never over a yield.
local one_sale = ffi.new("ngx_http_flashsale_ffi_sale_t")
local one_group = ffi.new("ngx_http_flashsale_ffi_group_t")
local more = ffi.new("int[1]")
local problem = ffi.new("int[1]")
local later = ffi.new("int[1]")
local pending = ffi.new("void *[1]")
local one_order = ffi.new("ngx_http_flashsale_ffi_order_t")
local hold_buffer = ffi.new("char[?]", HOLD_SIZE)
local sale_page, document_page, document_buffer, holds_buffer
local unpaid_buffer, draw_buffer

local day_key = ffi.new("char[32]")

local engine = {}


local function sale_table(sale)
    local limit, goal, formed = sale.limit, sale.goal, nil
    local opens_at, closes_at = sale.opens_at, sale.closes_at

    if sale.formed >= 0 then
        formed = sale.formed == 1
    end

    return {
        id = ffi_string(sale.id, sale.id_len),
        title = ffi_string(sale.title, sale.title_len),
        state = SALE_STATES[sale.state + 1],
        price_fen = sale.gives == 0 and sale.price_fen or nil,
        gives = sale.gives ~= 0 and GIVES[sale.gives + 1] or nil,
        by_desk = sale.by_desk == 1 or nil,
        stock = sale.stock,
        free = sale.free,
        held = sale.held,
        sold = sale.sold,
        limit = limit ~= 0 and limit or nil,
        opens_at = opens_at ~= 0 and opens_at or nil,
        closes_at = closes_at ~= 0 and closes_at or nil,
        goal = goal ~= 0 and goal or nil,
        goal_by = goal ~= 0 and (sale.goal_by == 1 and "pickup" or "sale")
                  or nil,
        joined = sale.joined,
        formed = formed,
        cancel_ms = sale.cancel_ms ~= 0 and sale.cancel_ms or nil,
        called_off = sale.called_off == 1 or nil,
        hold_ms = sale.hold_ms ~= 0 and sale.hold_ms or nil,
        handed_over = sale.claimed ~= 0 and sale.handed_over or nil,
        claimed = sale.claimed ~= 0 and sale.claimed or nil,
        queued = sale.queued,
        awaited = sale.awaited == 1 or nil,
        version = sale.version,
        ended_at = sale.ended_at ~= 0 and sale.ended_at or nil,
    }
end


local function page_size(limit)
    return reading.page_size(limit, PAGE, PAGE_MAX)
end


--- The wall clock that decides.
-- @treturn number epoch ms
function engine.now()
    return C.ngx_http_flashsale_ffi_now()
end


--- How far what is read goes: the number of a ledger entry. Whatever was read
-- after this call is at least as new, so it is the key of a micro-cache.
-- @treturn number the last entry, or -1 while the store is not open: that is
-- no key
function engine.version()
    return C.ngx_http_flashsale_ffi_seq()
end


--- The life of the store: numbers of entries, versions of sales and what was
-- made of them are told apart from those of another life by it. It is part of
-- each cache's key.
-- @treturn number 0 in the first life; -1 while the store is not open
function engine.epoch()
    return C.ngx_http_flashsale_ffi_epoch()
end


--- A file of secrets: one a line, read as the directive flashsale_secret does,
-- for init_by_lua.
-- @tparam string path
-- @treturn table|nil the secrets, in their order
-- @treturn string why the file is refused
function engine.secrets(path)
    local bytes = ffi.new("char[?]", SECRETS_SIZE)
    local n = C.ngx_http_flashsale_ffi_secrets(path, bytes, SECRETS_SIZE)

    if n < 0 then
        return nil, path .. ": " .. ffi_string(bytes)
    end

    local lines = {}

    for line in ffi_string(bytes, n):gmatch("[^\n]+") do
        lines[#lines + 1] = line
    end

    ffi.fill(bytes, SECRETS_SIZE)

    return lines
end


--- Wait until the store can be read: right after a start or a reload it is
-- being opened, for some milliseconds. Returns at once otherwise.
-- @treturn boolean|nil true
-- @treturn string the problem's code
function engine.wait()
    local waited = 0

    while C.ngx_http_flashsale_ffi_ready() == 0 do
        if waited >= READY_MS then
            return nil, "not_ready"
        end

        ngx.sleep(READY_STEP_S)
        waited = waited + READY_STEP_S * 1000
    end

    return true
end


--- A sale.
-- @tparam string id its slug
-- @treturn table|nil id, title, state, price_fen, stock, free, held, sold,
-- limit, opens_at, closes_at, goal, goal_by, joined, formed, cancel_ms,
-- version; of a giving, which has no price, gives (coupon, packet, ticket or
-- item), and by_desk when only the desk gives it: its terms are the document
-- of kind "terms"; called_off: true when it was cancelled; hold_ms: of its
-- own; of one of which something is claimed handed_over and claimed, which are
-- units; queued: units that are waited for; awaited: true while those who wait
-- get what is free
-- @treturn string the problem's code
function engine.sale(id)
    if type(id) ~= "string" then
        return nil, "no_such_sale"
    end

    local n = C.ngx_http_flashsale_ffi_sale(id, #id, one_sale)

    if n < 0 then
        return nil, code_of(n)
    end

    return sale_table(one_sale)
end


local function new_sale_page()
    return ffi.new("ngx_http_flashsale_ffi_sale_t[?]", PAGE_MAX)
end


-- The first n of the page.
local function sales_of(n)
    if n < 0 then
        return nil, code_of(n)
    end

    local list = {}

    for i = 1, n do
        list[i] = sale_table(sale_page[i - 1])
    end

    return list
end


--- Sales in order of their slugs.
-- @tparam[opt] string after the slug they come after
-- @tparam[opt=20] number limit 1 to 100
-- @treturn table|nil a list
-- @treturn string|nil the next page's `after`; or the problem's code
function engine.sales(after, limit)
    after = text(after)
    sale_page = sale_page or new_sale_page()

    local list, code = sales_of(
        C.ngx_http_flashsale_ffi_sales(after, #after, page_size(limit),
                                       sale_page, more))

    if not list then
        return nil, code
    end

    return list, more[0] ~= 0 and list[#list].id or nil
end


local function shelf(ended, from, limit)
    sale_page = sale_page or new_sale_page()

    local list, code = sales_of(
        C.ngx_http_flashsale_ffi_shelf(ended, tonumber(from) or 0,
                                       page_size(limit), sale_page, more))

    if not list then
        return nil, code
    end

    return list, more[0] ~= 0 and #list > 0 and sale_page[#list - 1].shelf
                 or nil
end


--- Sales that are not closed, in the order in which they were defined first.
-- @tparam[opt=0] number after what the page before gave
-- @tparam[opt=20] number limit 1 to 100
-- @treturn table|nil a list
-- @treturn number|string|nil the next page's `after`; or the problem's code
function engine.current(after, limit)
    return shelf(0, after, limit)
end


--- Sales that have ended, the last one first, each with `ended_at`. None while
-- the index is being made.
-- @tparam[opt=0] number before what the page before gave
-- @tparam[opt=20] number limit 1 to 100
-- @treturn table|nil a list
-- @treturn number|string|nil the next page's `before`; or the problem's code
function engine.ended(before, limit)
    return shelf(1, before, limit)
end


-- What all pages of a list have together.
local function all(read)
    local found, after = {}, nil

    repeat
        local list, next_after = read(after, PAGE_MAX)

        if not list then
            return nil, next_after
        end

        for _, one in ipairs(list) do
            found[#found + 1] = one
        end

        after = next_after
    until not after

    return found
end


--- All sales that are not closed, in that order.
-- @treturn table|nil a list
-- @treturn string the problem's code
function engine.all_current()
    return all(engine.current)
end


--- A group: those who count towards the goal of a sale together.
-- @tparam string id the sale's slug
-- @tparam[opt] string pickup the pickup point's, where the sale's goal is by
-- pickup point
-- @treturn table|nil joined, state: open, formed or failed
-- @treturn string the problem's code; not_found: the sale has no goal
function engine.group(id, pickup)
    id, pickup = text(id), text(pickup)

    local n = C.ngx_http_flashsale_ffi_group(id, #id, pickup, #pickup,
                                             one_group)

    if n < 0 then
        return nil, code_of(n)
    end

    return {
        joined = one_group.joined,
        state = GROUP_STATES[one_group.state + 1],
    }
end


--- A hold of this buyer.
-- @tparam string id
-- @tparam string identity the buyer's, as flashsale_user has it
-- @treturn table|nil id, state, lines (of sale, qty, price_fen; of an order
-- also goods, short_qty, and what its JSON has not: coming, the units that
-- have come or may still, ready_at and handed_at, claim_qty, the units that
-- its buyer can claim, and claim_until), pickup, amount_fen, owed_fen,
-- refunded_fen, created_at, expires_at, now, debts (of owed, sale, qty,
-- amount_fen, reason, due_at, refunded_at), claims (of id, state, amount_fen,
-- due_at, sale, qty, reason, answered_at), and what is in no JSON:
-- cancel_until, while its buyer can cancel it, and then refund_ms: what is
-- owed from now on is paid back within that time
-- @treturn string the problem's code; no_such_hold also when it is another's
function engine.hold(id, identity)
    id, identity = text(id), text(identity)

    if id == "" then
        return nil, "no_such_hold"
    end

    local n = C.ngx_http_flashsale_ffi_hold(id, #id, identity, #identity,
                                            hold_buffer, HOLD_SIZE,
                                            one_order)

    if n < 0 then
        return nil, code_of(n)
    end

    return reading.with_beside(decode(hold_buffer, n), one_order)
end


--- This buyer's holds, newest first.
-- @tparam string identity
-- @tparam[opt] string before the id of the hold they come before
-- @tparam[opt=20] number limit 1 to 100
-- @treturn table|nil a list
-- @treturn string|nil the next page's `before`; or the problem's code
function engine.holds(identity, before, limit)
    identity, before = text(identity), text(before)
    holds_buffer = holds_buffer
                   or ffi.new("char[?]", (PAGE_MAX + 1) * LISTED_SIZE)

    local n = C.ngx_http_flashsale_ffi_holds(identity, #identity, before,
                                             #before, page_size(limit),
                                             holds_buffer,
                                             (PAGE_MAX + 1) * LISTED_SIZE)

    if n < 0 then
        return nil, code_of(n)
    end

    local page = decode(holds_buffer, n)

    return page.holds, page.next
end


--- This buyer's holds that are to be paid, and those whose time was over
-- within the last milliseconds, newest first, 8 at most. It is made to be
-- asked for with each page: who has neither costs one row.
-- @tparam string identity
-- @tparam number since_ms
-- @treturn table|nil a list, as of engine.holds()
-- @treturn string the problem's code
function engine.unpaid(identity, since_ms)
    identity = text(identity)
    unpaid_buffer = unpaid_buffer
                    or ffi.new("char[?]", (UNPAID_MAX + 1) * HOLD_SIZE)

    local n = C.ngx_http_flashsale_ffi_unpaid(identity, #identity, since_ms,
                                              unpaid_buffer,
                                              (UNPAID_MAX + 1) * HOLD_SIZE)

    if n < 0 then
        return nil, code_of(n)
    end

    return n > 0 and decode(unpaid_buffer, n).holds or {}
end


--- A document. "sale" is the kind of the `doc` that sales are defined with.
-- @tparam string kind
-- @tparam string id
-- @treturn table|nil what it says, the caller's own
-- @treturn string the problem's code
function engine.document(kind, id)
    kind, id = text(kind), text(id)
    document_buffer = document_buffer or ffi.new("char[?]", DOCUMENTS_SIZE)

    local n = C.ngx_http_flashsale_ffi_document(kind, #kind, id, #id,
                                                document_buffer,
                                                DOCUMENTS_SIZE)

    if n < 0 then
        return nil, code_of(n)
    end

    return decode(document_buffer, n)
end


--- The key of a pickup point's day: whoever has it can tell what was signed
-- for there and then, and comes to no other key.
-- @tparam string pickup
-- @tparam number day
-- @treturn string|nil 32 bytes
-- @treturn string the problem's code
function engine.day_key(pickup, day)
    pickup = text(pickup)

    local n = C.ngx_http_flashsale_ffi_day_key(pickup, #pickup, day, day_key)

    if n < 0 then
        return nil, code_of(n)
    end

    return ffi_string(day_key, n)
end


--- Documents of a kind, in order of their ids. A page ends early where it
-- would grow beyond a megabyte; `next` says whether there is more.
-- @tparam string kind
-- @tparam[opt] string after the id they come after
-- @tparam[opt=20] number limit 1 to 100
-- @treturn table|nil a list of { id =, doc = }
-- @treturn string|nil the next page's `after`; or the problem's code
function engine.documents(kind, after, limit)
    kind, after = text(kind), text(after)
    document_buffer = document_buffer or ffi.new("char[?]", DOCUMENTS_SIZE)
    document_page = document_page
        or ffi.new("ngx_http_flashsale_ffi_document_t[?]", PAGE_MAX)

    local n = C.ngx_http_flashsale_ffi_documents(kind, #kind, after, #after,
                                                 page_size(limit),
                                                 document_page,
                                                 document_buffer,
                                                 DOCUMENTS_SIZE, more)

    if n < 0 then
        return nil, code_of(n)
    end

    local list = {}

    for i = 1, n do
        local one = document_page[i - 1]

        list[i] = {
            id = ffi_string(one.id, one.id_len),
            doc = decode(document_buffer + one.start, one.len),
        }
    end

    return list, more[0] ~= 0 and list[n].id or nil
end


--- All documents of a kind, in order of their ids.
-- @tparam string kind
-- @treturn table|nil a list of { id =, doc = }
-- @treturn string the problem's code
function engine.all_documents(kind)
    return all(function(after, limit)
        return engine.documents(kind, after, limit)
    end)
end


local COMMAND_PHASES = { rewrite = true, access = true, content = true }


local function refused(code, status)
    return { type = "about:blank", code = code, status = status }
end


-- Push a command and wait for its result. submit(r, semaphore) says 0, or the
-- length of a problem in hold_buffer.
local function command(submit)
    local phase = ngx.get_phase()

    if not COMMAND_PHASES[phase] then
        error("the engine takes no commands in the phase " .. phase, 3)
    end

    local r = get_request()
    local slot = C.ngx_http_flashsale_ffi_slot()

    if slot < 0 then
        return nil, refused("not_ready", 503)
    end

    local sem = semaphores[slot]

    if not sem then
        local err

        sem, err = semaphore.new(0)

        if not sem then
            ngx.log(ngx.ERR, "no semaphore: ", err)
            return nil, refused("queue_full", 503)
        end

        semaphores[slot] = sem
    end

    local n = submit(r, sem.sem)

    if n ~= 0 then
        return nil, decode(hold_buffer, n)
    end

    local deadline = engine.now() + ANSWER_S * 1000

    -- A coroutine that was killed while it waited for this slot may have left
    -- its post in the semaphore, so a post alone does not mean a result.
    repeat
        sem:wait(1)
        n = C.ngx_http_flashsale_ffi_take(r, slot, hold_buffer, HOLD_SIZE,
                                          problem)
    until n >= 0 or engine.now() > deadline

    if n < 0 then
        return nil, refused("outcome_unknown", 503)
    end

    local answer = decode(hold_buffer, n)

    if problem[0] ~= 0 then
        return nil, answer
    end

    return answer
end


--- Packets or a draw: what is public of them.
-- @tparam string id the giving's
-- @treturn table|nil sale and draw, as of `GET /api/sales/ID` and
-- `GET /api/sales/ID/draw`; no draw: it is of no tickets
-- @treturn string the problem's code
function engine.draw(id)
    draw_buffer = draw_buffer or ffi.new("char[?]", DRAW_SIZE)

    local n = C.ngx_http_flashsale_ffi_draw(id, #id, draw_buffer, DRAW_SIZE)

    if n < 0 then
        return nil, code_of(n)
    end

    return decode(draw_buffer, n)
end


-- Right after a start or a reload the engine takes no commands for some
-- milliseconds: wait for it, at most READY_MS.
local function wait_for_commands()
    local waited = 0

    while C.ngx_http_flashsale_ffi_ready() ~= 2 and waited < READY_MS do
        ngx.sleep(READY_STEP_S)
        waited = waited + READY_STEP_S * 1000
    end
end


--- Reserve. What holds for `POST /api/holds` holds here: one function checks
-- and decides, with the directives flashsale_hold_time, flashsale_live_holds
-- and flashsale_newcomer of the location that runs this. Who may ask, and
-- whether the form came from our page, is the caller's to check before.
--
-- @tparam table order
-- @tparam string order.identity the buyer's
-- @tparam table order.lines a list of { sale =, qty = }
-- @tparam[opt] string order.pickup
-- @tparam[opt] string order.key the idempotency key: the same again gives the
-- same hold
-- @treturn table|nil the hold
-- @treturn table the problem: code, status, title, and what helps
function engine.reserve(order)
    local lines, key = {}, order.key

    for i, line in ipairs(order.lines or {}) do
        lines[i] = { sale = line.sale, qty = line.qty }
    end

    local body = cjson.encode({ lines = lines, pickup = order.pickup })
                 or "{}"
    local identity = text(order.identity)

    if key == cjson.null then
        key = nil
    elseif key ~= nil then
        key = tostring(key)
    end

    wait_for_commands()

    return command(function(r, sem)
        return C.ngx_http_flashsale_ffi_reserve(r, post, sem, body, #body,
            identity, #identity, key, key and #key or 0, hold_buffer,
            HOLD_SIZE)
    end)
end


--- Give a hold up. Again is the same.
-- @tparam string identity the buyer's
-- @tparam string id the hold's
-- @treturn table|nil the hold, released
-- @treturn table the problem: code, status, title, and what helps
function engine.release(identity, id)
    identity, id = text(identity), text(id)

    wait_for_commands()

    return command(function(r, sem)
        return C.ngx_http_flashsale_ffi_release(r, post, sem, id, #id,
            identity, #identity, hold_buffer, HOLD_SIZE)
    end)
end


--- Contacts are opened right after the store: wait for it, for some
-- milliseconds at most once.
function engine.wait_for_people()
    local waited = 0

    while C.ngx_http_flashsale_ffi_people_known() == 0 and waited < READY_MS do
        ngx.sleep(READY_STEP_S)
        waited = waited + READY_STEP_S * 1000
    end
end


-- Until a change is written; a slow disk is not waited for for ever. true, or
-- nil and the problem.
local function written(n)
    if n ~= 0 then
        return nil, decode(hold_buffer, n)
    end

    local wait = pending[0]
    local waited = 0

    repeat
        ngx.sleep(READY_STEP_S)
        waited = waited + READY_STEP_S * 1000
        n = C.ngx_http_flashsale_ffi_contact_wait(wait, waited >= WRITTEN_MS
                                                        and 1 or 0)
    until n >= 0

    local code = ffi_string(C.ngx_http_flashsale_ffi_code(n))

    if code ~= "ok" and code ~= "accepted" then
        return nil, refused(code, 503)
    end

    return true
end


--- Whom to call out: the contact of this buyer.
-- @tparam string identity
-- @treturn table|nil name, digits, consent (a list), leaving
-- @treturn string nil when there is none; else the problem's code
function engine.contact(identity)
    identity = text(identity)
    engine.wait_for_people()

    local n = C.ngx_http_flashsale_ffi_contact(identity, #identity,
                                               hold_buffer, HOLD_SIZE)

    if n < 0 then
        return nil, code_of(n)
    end

    return decode(hold_buffer, n).contact
end


--- What is known of this buyer.
-- @tparam string identity
-- @treturn table|nil code, contact, tags, counts, as of `GET /api/me`
-- @treturn string the problem's code
function engine.me(identity)
    identity = text(identity)
    engine.wait_for_people()

    local n = C.ngx_http_flashsale_ffi_me(identity, #identity, hold_buffer,
                                          HOLD_SIZE)

    if n < 0 then
        return nil, code_of(n)
    end

    return decode(hold_buffer, n)
end


--- Give a contact, by the rules of `POST /api/contact`. Who may ask is the
-- caller's to check before. It is on disk afterwards, or soon.
-- @tparam string identity
-- @tparam table contact name, digits, consent (a list)
-- @treturn boolean|nil true
-- @treturn table the problem: code, status, field
function engine.give_contact(identity, contact)
    identity = text(identity)
    engine.wait_for_people()

    local body = cjson.encode {
        name = contact.name,
        digits = contact.digits,
        consent = #contact.consent > 0 and contact.consent or nil,
    } or "{}"

    return written(C.ngx_http_flashsale_ffi_contact_give(get_request(), body,
        #body, identity, #identity, pending, hold_buffer, HOLD_SIZE))
end


--- Erase the contact, at once or when nothing is to be collected any more.
-- @tparam string identity
-- @treturn string|nil "erased" or "leaving"
-- @treturn table the problem
function engine.leave(identity)
    identity = text(identity)
    engine.wait_for_people()

    local n = C.ngx_http_flashsale_ffi_contact_leave(get_request(), identity,
        #identity, pending, later, hold_buffer, HOLD_SIZE)
    local is_later = later[0] ~= 0
    local done, err = written(n)

    return done and (is_later and "leaving" or "erased"), err
end


return engine
