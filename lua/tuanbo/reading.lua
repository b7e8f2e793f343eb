--- What the FFI of the module says, as tables of Lua: for tuanbo.engine and
-- tuanbo.office.store, which have its declarations.
--
-- @module tuanbo.reading

local cjson = require "cjson.safe"
local ffi = require "ffi"

local C = ffi.C
local ffi_string = ffi.string

local reading = {}


-- A problem's code, of a result below zero.
function reading.code(n)
    return ffi_string(C.ngx_http_flashsale_ffi_code(-n))
end


-- The names that a function of the module has, in the order of its numbers,
-- which begin with 0.
function reading.names(name_of)
    local names = {}

    while true do
        local name = name_of(#names)

        if name == nil then
            return names
        end

        names[#names + 1] = ffi_string(name)
    end
end


-- Objects without what is null in them.
function reading.without_nulls(value)
    if type(value) ~= "table" then
        return value
    end

    for name, inner in pairs(value) do
        if inner == cjson.null then
            value[name] = nil

        elseif type(inner) == "table" then
            reading.without_nulls(inner)
        end
    end

    return value
end


-- JSON, without what is null in it.
function reading.decode(buffer, len)
    return reading.without_nulls(cjson.decode(ffi_string(buffer, len)))
end


-- How many of a page, which has `max` at most.
function reading.page_size(limit, usual, max)
    limit = tonumber(limit) or usual

    return math.max(1, math.min(math.floor(limit), max))
end


-- What is no string is an empty one.
function reading.text(value)
    return type(value) == "string" and value or ""
end


-- A hold, with what the module says beside its JSON.
function reading.with_beside(hold, beside)
    hold.cancel_until = beside.cancel_until ~= 0 and beside.cancel_until
                        or nil
    hold.refund_ms = hold.cancel_until and beside.refund_ms

    for i, line in ipairs(hold.lines) do
        local one = beside.lines[i - 1]

        if line.goods then
            line.coming = one.coming
            line.handed_at = one.handed_at ~= 0 and one.handed_at or nil
            line.ready_at = one.ready_at ~= 0 and one.ready_at or nil
            line.claim_qty = one.claim_qty
            line.claim_until = one.claim_until ~= 0 and one.claim_until or nil
        end
    end

    return hold
end


return reading
