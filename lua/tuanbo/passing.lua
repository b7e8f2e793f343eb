--- What pages know of neighbours beside what they buy: who took a link to pass
-- it on, who came by one, who wants to be told of the next batch.
--
-- All are activity (docs/api.md), by pseudonym, and nothing depends on them:
-- a page is shown whether they could be noted or not.
--
-- @module tuanbo.passing

local ffi = require "ffi"

local C = ffi.C

-- The module's other side is ngx_module/lua/ngx_http_flashsale_lua_room.h.
ffi.cdef [[
int ngx_http_flashsale_ffi_note(const char *identity, size_t identity_len,
    int what, int of, const char *about, size_t about_len, const char *word,
    size_t word_len);
]]

local WORD_MAX = 24         -- FS_CODE_WORD_MAX

-- fs_activity_of_t, by the first part of an address
local OF = { s = 0, live = 1 }
local OF_SHOP = 2

-- as of ngx_http_flashsale_ffi_note()
local SHARE, CAME, WISH = 0, 1, 2

-- how a link was taken; the page itself may be read, or sent on by hand
local HOW = { page = true, copy = true, send = true }

local passing = { WORD_MAX = WORD_MAX }


-- buyer: as session.buyer() gives it; nil: whoever has no identity yet.
local function note(buyer, what, kind, id, word)
    if not buyer then
        return
    end

    C.ngx_http_flashsale_ffi_note(buyer.id, #buyer.id, what,
        OF[kind] or OF_SHOP, id or "", #(id or ""), word, #word)
end


--- The label of a link, or nil where it is none.
-- @tparam string|nil word
-- @treturn string|nil
function passing.label(word)
    return word and #word <= WORD_MAX and word:match("^[a-z0-9][a-z0-9-]*$")
end


--- Whoever asks came by a link, if its address says which.
-- @tparam table|nil buyer as session.buyer() gives it
-- @tparam string kind `s` of a sale, `live` of a session; else of the shop
-- @tparam string|nil id
function passing.came(buyer, kind, id)
    local label = passing.label(ngx.var.arg_via)

    if label then
        note(buyer, CAME, kind, id, label)
    end
end


--- Whoever asks took the link of a sale or a session.
-- @tparam table|nil buyer as session.buyer() gives it
-- @tparam string kind `s` or `live`
-- @tparam string id
-- @tparam string|nil how `page`, `copy` or `send`
-- @treturn boolean whether there is such a way
function passing.took(buyer, kind, id, how)
    if not HOW[how] then
        return false
    end

    note(buyer, SHARE, kind, id, how)

    return true
end


--- Whoever asks wants to be told of the next batch.
-- @tparam table|nil buyer as session.buyer() gives it
-- @tparam string sale
function passing.wishes(buyer, sale)
    note(buyer, WISH, "s", sale, "")
end


return passing
