-- Who is buying, and what they like: the cookies.
--
--   tuanbo        who: random, and when it was given, signed; given on the
--                 first visit
--   tuanbo_name   of before: the name to call out, which the engine keeps now
--                 (engine.contact()); it is expired
--   tuanbo_from   by whose code one came, until the first order: a public
--                 code, not signed
--   tuanbo_view   language, large type, pickup point: no secret, not signed
--
-- With $tuanbo_identity `login` the first cookie is not used: $tuanbo_login
-- says who, which the fleet's own login has set.
--
-- access() runs in the access phase of every location that knows buyers. It
-- puts the identity into $tuanbo_buyer, which is what flashsale_user reads.

local base64 = require "ngx.base64"
local lrucache = require "resty.lrucache"

local cookies = require "tuanbo.cookies"
local crypto = require "tuanbo.crypto"
local engine = require "tuanbo.engine"
local form = require "tuanbo.form"
local text = require "tuanbo.text"

local RANDOM_BYTES = 10                -- of an id; then when it was given,
local TIME_BYTES = 6                   -- epoch ms
local KNOWN_COOKIES = 4096
local FROM_AGE_S = 30 * 86400

-- a neighbour's code: 32 of the letters that the engine writes it with
local CODE = "^" .. ("[%da-hjkmnp-tv-z]"):rep(32) .. "$"

local session = {}

local secrets
local known


-- The first secret signs, all are accepted.
function session.setup(lines)
    secrets = lines
    known = assert(lrucache.new(KNOWN_COOKIES))
end


local function sign(purpose, value)
    return crypto.sign(secrets, purpose, value)
end


local function is_signed(purpose, value, tag)
    return crypto.is_signed(secrets, purpose, value, tag)
end


local function time_bytes(ms)
    local bytes = {}

    for i = TIME_BYTES, 1, -1 do
        bytes[i] = string.char(ms % 256)
        ms = math.floor(ms / 256)
    end

    return table.concat(bytes)
end


-- When an id was given, as a text: a number would be written as 1.79e+12.
local function since_of(id)
    local bytes = base64.decode_base64url(id) or ""
    local ms = 0

    for i = RANDOM_BYTES + 1, RANDOM_BYTES + TIME_BYTES do
        ms = ms * 256 + (bytes:byte(i) or 0)
    end

    return string.format("%.0f", ms)
end


-- A buyer: id, since (epoch ms at which the id was given; nil in old cookies,
-- which do not have it and are signed differently), and the token for the
-- forms of this buyer's pages. Remembered by the cookie's text, so that a
-- worker checks each signature once.
local function by_cookie(cookie)
    local who = known:get(cookie)

    if who then
        return who
    end

    local id, tag = cookie:match("^([%w_-]+)%.([%w_-]+)$")
    local since

    if not id or #id > 64 then
        return nil
    end

    if is_signed("buyer since", id, tag) then
        since = since_of(id)

    elseif not is_signed("buyer", id, tag) then
        return nil
    end

    who = { id = id, since = since, csrf = sign("csrf", id) }
    known:set(cookie, who)

    return who
end


local function by_login()
    local id = ngx.var.tuanbo_login

    if not id or id == "" then
        return nil
    end

    return { id = id, csrf = sign("csrf", id) }
end


local function who_asks()
    if ngx.var.tuanbo_identity == "login" then
        return by_login()
    end

    return cookies.find("tuanbo", ngx.var.cookie_tuanbo, by_cookie)
end


-- Somebody new, told by a cookie that goes with this answer.
local function somebody_new()
    local id = base64.encode_base64url(crypto.bytes(RANDOM_BYTES)
                                       .. time_bytes(engine.now()))
    local cookie = id .. "." .. sign("buyer since", id)

    cookies.set("tuanbo", cookie)

    return by_cookie(cookie)
end


-- Sets the variables that the module reads the buyer from.
local function tell(who)
    ngx.ctx.buyer = who

    if who then
        ngx.var.tuanbo_buyer = who.id
        ngx.var.tuanbo_since = who.since or ""
    end
end


-- Who asks, by the cookie. Before the access phase, because nginx's limits
-- come before it and count by who it is. With a login nobody is known so
-- early.
local function known_early()
    if ngx.var.tuanbo_identity ~= "login" then
        tell(who_asks())
    end

    return ngx.ctx.buyer
end


-- For $tuanbo_stranger, the key of the limit on giving out identities: the
-- network of one who would get one here, else nothing. session.buyer() gives
-- one out only where this was called before, so no identity escapes the limit.
function session.stranger()
    if known_early() or ngx.var.tuanbo_identity == "login" then
        return ""
    end

    ngx.ctx.counted = true

    return ngx.var.tuanbo_network
end


-- For $tuanbo_known, where buyers send commands: who it is, or nothing.
function session.known()
    local who = known_early()

    return who and who.id or ""
end


-- The engine refuses a write with a cookie when neither Origin nor
-- Sec-Fetch-Site says that it is from the same site. Old browsers send
-- neither. Their form had the right token, which no other site knows, so the
-- Origin is added for them.
local function vouch()
    local headers = ngx.var

    if not headers.http_origin and not headers.http_sec_fetch_site
       and headers.http_host
    then
        ngx.req.set_header("Origin", headers.scheme .. "://"
                           .. headers.http_host)
    end
end


-- Forms of other sites can carry a cookie, never the token. JSON needs the
-- browser's leave to cross sites, and the engine looks at its origin as well.
-- nil: all is well; else the code of what is wrong.
function session.access()
    local who = ngx.ctx.buyer or who_asks()

    tell(who)

    if not form.is() then
        return nil
    end

    local fields = form.fields()

    ngx.ctx.form = fields

    if not who then
        return "no_buyer"
    end

    if not fields then
        return "bad_request"
    end

    local token = fields.csrf or ""

    if not crypto.equal(who.csrf, token)
       and not is_signed("csrf", who.id, token)
    then
        return "cross_site"
    end

    vouch()

    return nil
end


-- The buyer of a page; made here on the first visit. Nil where a login decides
-- and nobody is logged in, and on pages that say what nginx refused: the limit
-- on new identities must not give one out by refusing it.
function session.buyer()
    local who = ngx.ctx.buyer or who_asks()

    if not who and ngx.ctx.counted then
        who = somebody_new()
    end

    tell(who)

    if ngx.var.cookie_tuanbo_name then
        cookies.set("tuanbo_name", "", 0)
    end

    return who
end


-- Who is to be called out: {name=, digits=, agreed=}, nil when nobody has said
-- it. The second value: why it is not known.
function session.called(who)
    if not who then
        return nil
    end

    local contact, code = engine.contact(who.id)

    if contact then
        contact.agreed = {}

        for _, word in ipairs(contact.consent) do
            contact.agreed[word] = true
        end
    end

    return contact, code
end


local function percent(byte)
    return string.format("%%%02X", byte:byte())
end


-- A part of a label. A login's id may be any text at all: what parts the
-- label, or may not stand in a header, is written as %XX.
local function part(value)
    return (value:gsub("[%%;%c]", percent):gsub("^ ", percent)
                 :gsub(" $", percent))
end


-- For the order service, which writes the labels: NAME;DIGITS;ID, or ID alone.
-- So a label has two semicolons or none, whatever its parts are.
local function label_of(who)
    local called = session.called(who)

    -- what is to be collected still is by the name that it was sold to
    if not called or not called.agreed.labels and not called.leaving then
        return part(who.id)
    end

    return part(called.name) .. ";" .. called.digits .. ";" .. part(who.id)
end


-- The same for the checkout, with the label.
function session.access_checkout()
    local code = session.access()

    if ngx.ctx.buyer then
        ngx.var.tuanbo_label = label_of(ngx.ctx.buyer)
    end

    return code
end


-- nil, or the name of the field that is wrong; or "later": not now.
function session.set_called(who, fields)
    local consent = {}

    for _, word in ipairs { "labels", "notices" } do
        if fields[word] then
            consent[#consent + 1] = word
        end
    end

    local done, err = engine.give_contact(who and who.id, {
        name = text.line(fields.name or "") or "",
        digits = (fields.digits or ""):gsub("%s", ""),
        consent = consent,
    })

    if done then
        return nil
    end

    return (err.field == "name" or err.field == "digits") and err.field
           or "later"
end


local function liked_by(cookie)
    local lang, large, pickup = cookie:match("^(%l*)%.([01])%.([%l%d-]*)$")

    if not lang then
        return nil
    end

    return {
        lang = text.languages[lang] and lang,
        large = large == "1",
        pickup = pickup ~= "" and #pickup <= 64 and pickup or nil,
    }
end


-- Language, large type and pickup point: what changes how a page is made.
-- Language and size are of a few, so they may be part of a cache's key; the
-- pickup point is whatever a browser sends, until it was looked for.
function session.likes()
    local liked = cookies.find("tuanbo_view", ngx.var.cookie_tuanbo_view,
                               liked_by) or {}

    return {
        lang = liked.lang or text.accepted(ngx.var.http_accept_language),
        chosen = liked.lang,
        large = liked.large or false,
        pickup = liked.pickup,
    }
end


function session.set_likes(likes)
    cookies.set("tuanbo_view", (likes.chosen or "") .. "."
               .. (likes.large and "1" or "0") .. "." .. (likes.pickup or ""))
end


-- What a form of "larger type" or "another language" asks for, kept.
function session.change_likes(likes, fields)
    if fields.large then
        likes.large = fields.large == "1"
    end

    if fields.lang and text.languages[fields.lang] then
        likes.chosen = fields.lang
    end

    session.set_likes(likes)
end


-- By whose code this browser came, if any: as the address says, else as an
-- address before it said. Whether it counts is the engine's to say.
function session.from()
    local asked = (ngx.var.arg_from or ""):match(CODE)
    local kept = (ngx.var.cookie_tuanbo_from or ""):match(CODE)

    if asked and asked ~= kept then
        cookies.set("tuanbo_from", asked, FROM_AGE_S)
    end

    return asked or kept
end


-- It is of no use any more: there is an order.
function session.forget_from()
    if ngx.var.cookie_tuanbo_from then
        cookies.set("tuanbo_from", "", 0)
    end
end


-- How this server is called, for addresses that are given away: as whoever
-- stands in front of it says.
function session.origin()
    return (ngx.var.http_x_forwarded_proto or ngx.var.scheme) .. "://"
           .. (ngx.var.http_host or "localhost")
end


return session
