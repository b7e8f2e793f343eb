--- The catalogue's documents, checked.
--
-- catalog.json says which fields a product, a pickup point, a session, a note
-- and a sale have; conf/bin/tuanbo-load-catalog reads the same file before it
-- sends anything. A price is a field of a sale and of nothing else.
--
-- @module tuanbo.catalog

local cjson = require "cjson.safe"

local problems = require "tuanbo.problems"

local TIME_MIN = 1577836800000      -- 2020, as FS_AT_MIN
local TIME_MAX = 4133980799999      -- the end of 2100, as FS_AT_MAX
local BODY_MAX = 73728              -- FS_BODY_ADMIN_MAX

-- what an address may be made of (RFC 3986)
local IN_LINK = "[%w:/?#@!$&'()*+,;=%%._~%[%]-]"

local SHOPS = { referral = true, words = true, questions = true }

local catalog = {}

local schema

do
    local path = debug.getinfo(1, "S").source:match("^@(.*)lua$") .. "json"
    local file = assert(io.open(path))

    schema = assert(cjson.decode(file:read("*a")))
    file:close()
end


local function characters(text)
    local _, n = text:gsub("[^\128-\191]", "")

    return n
end


local function is_slug(value)
    return type(value) == "string" and #value <= 64
           and value:find("^[a-z0-9-]+$") ~= nil
end


local function is_whole(value, min, max)
    return type(value) == "number" and value == math.floor(value)
           and value >= min and value <= max
end


local check_fields


-- A rule for each type: nil, or the field and the rule that is broken.
local types = {}


function types.text(value, rule, field)
    if type(value) ~= "string" or value == ""
       or characters(value) > rule.max
    then
        return field, "is a text of 1 to " .. rule.max .. " characters"
    end
end


function types.number(value, rule, field)
    if not is_whole(value, rule.min, rule.max) then
        return field, string.format("is a whole number from %.0f to %.0f",
                                    rule.min, rule.max)
    end
end


function types.time(value, _, field)
    if not is_whole(value, TIME_MIN, TIME_MAX) then
        return field, "is a time in milliseconds, from 2020 to 2100"
    end
end


-- os.time would make the 2nd of March of the 30th of February
function types.date(value, _, field)
    local year, month, day = tostring(value):match("^(20%d%d)-(%d%d)-(%d%d)$")
    local at = year and os.time { year = year, month = month, day = day,
                                  hour = 12 }

    if type(value) ~= "string" or not at
       or os.date("%Y-%m-%d", at) ~= value
    then
        return field, "is a day like 2026-12-01"
    end
end


function types.boolean(value, _, field)
    if type(value) ~= "boolean" then
        return field, "is true or false"
    end
end


function types.slug(value, _, field)
    if not is_slug(value) then
        return field, "is 1 to 64 of a-z, 0-9 and -"
    end
end


function types.file(value, _, field)
    if type(value) ~= "string"
       or not value:find("^[a-z0-9][a-z0-9-]*%.[a-z0-9]+$")
    then
        return field, "is the name of a file, like grape.svg"
    end
end


-- A page has it as it is, so what a browser would run is none.
function types.link(value, rule, field)
    if type(value) ~= "string" or #value > rule.max
       or not value:find("^https://[%w.-]+" .. IN_LINK .. "*$")
       and not value:find("^weixin://" .. IN_LINK .. "+$")
    then
        return field, "is an address that begins with https:// or weixin://, "
                      .. "of at most " .. rule.max .. " signs"
    end
end


-- What the office made of a photo: its name has its width and height.
function types.photo(value, _, field)
    if type(value) ~= "string"
       or not value:find("^%x+%-%d+x%d+$") or #value > 64
    then
        return field, "is the name of a photo, like 0f3a-1600x1200"
    end
end


function types.choice(value, rule, field)
    for _, choice in ipairs(rule.of) do
        if value == choice then
            return nil
        end
    end

    return field, "is " .. table.concat(rule.of, " or ")
end


-- What a sale gives: the engine says what that may be.
function types.given(value, _, field)
    if type(value) ~= "table" or value[1] ~= nil then
        return field, "is an object"
    end
end


function types.list(value, rule, field)
    if type(value) ~= "table" or #value < rule.min or #value > rule.max then
        return field, "is a list of " .. rule.min .. " to " .. rule.max
    end

    for i, one in ipairs(value) do
        local wrong, why, by = types[rule.of.type](one, rule.of,
                                                   field .. "[" .. i .. "]")

        if wrong then
            return wrong, why, by or { is = rule.of.type, rule = rule.of }
        end
    end
end


function types.object(value, rule, field)
    if type(value) ~= "table" or value[1] ~= nil then
        return field, "is an object"
    end

    return check_fields(value, rule.fields, field .. ".")
end


local function given(value)
    return value ~= nil and value ~= cjson.null
end


function check_fields(doc, fields, prefix)
    local names = {}

    for name in pairs(doc) do
        if not fields[name] then
            return prefix .. tostring(name), "is not a field here",
                   { is = "unknown" }
        end
    end

    for name in pairs(fields) do
        names[#names + 1] = name
    end

    -- the same message each time, whatever the order in the table
    table.sort(names)

    for _, name in ipairs(names) do
        local rule, value, field = fields[name], doc[name], prefix .. name

        if given(value) then
            local wrong, why, by = types[rule.type](value, rule, field)

            if wrong then
                return wrong, why, by or { is = rule.type, rule = rule }
            end

            if rule.after and given(doc[rule.after])
               and value <= doc[rule.after]
            then
                return field, "is after " .. rule.after,
                       { is = "after", rule = rule }
            end

            if rule.most and given(doc[rule.most])
               and value > doc[rule.most]
            then
                return field, "is at most the " .. rule.most,
                       { is = "most", rule = rule }
            end

        elseif rule.required
               and not (rule.unless and given(doc[rule.unless]))
        then
            return field, "is missing", { is = "missing", rule = rule }
        end
    end
end


-- What can be read of a list: its good elements, in their order.
local function readable_list(value, rule, field, told)
    local found = {}

    -- cjson's null was taken out: the list may have holes, and # stops there
    for i = 1, table.maxn(value) do
        local one = value[i]

        if given(one) then
            local name = field .. "[" .. i .. "]"
            local wrong, why = types[rule.of.type](one, rule.of, name)

            if wrong then
                told(wrong, why)
            elseif #found < rule.max then
                found[#found + 1] = one
            end
        end
    end

    return found[1] and found
end


local function readable_fields(doc, fields, prefix, told)
    local found = {}

    for name, rule in pairs(fields) do
        local value, field = doc[name], prefix .. name

        if given(value) then
            local is_table = type(value) == "table"

            if rule.type == "object" and is_table then
                found[name] = readable_fields(value, rule.fields,
                                              field .. ".", told)

            elseif rule.type == "list" and is_table then
                found[name] = readable_list(value, rule, field, told)

            else
                local wrong, why = types[rule.type](value, rule, field)

                if wrong then
                    told(wrong, why)
                else
                    found[name] = value
                end
            end
        end
    end

    for name, rule in pairs(fields) do
        if rule.after and found[name] and found[rule.after]
           and found[name] <= found[rule.after]
        then
            told(prefix .. name, "is after " .. rule.after)
            found[name] = nil
        end
    end

    return found
end


-- A sale's own document has the ids of its product, session and pickup points.
-- It may have each field of a product as well, which then counts instead.
local own_fields = {}

for name, rule in pairs(schema.sale.doc.fields) do
    own_fields[name] = rule
end

for name, rule in pairs(schema.product) do
    own_fields[name] = own_fields[name] or rule
end


-- What the engine keeps by itself, and nobody puts: the words of a sale that
-- was cancelled.
local kept = {
    cancelled = { reason = { type = "text", max = 512 } },
}


--- What a page can read of a document, which may be older than the rules or
-- have come by a way that knows none: a table of its own, with the fields that
-- keep their rules, and nothing else.
-- @tparam string kind product, pickup, session, note, rules, sale (its `doc`)
-- or cancelled
-- @tparam table doc
-- @tparam function told called with each other field that the schema has, and
-- its rule
-- @treturn table
function catalog.readable(kind, doc, told)
    return readable_fields(doc, kind == "sale" and own_fields or kept[kind]
                           or schema[kind], "", told)
end


--- Check a document, or what a sale is defined with.
-- @tparam string kind product, pickup, session, note, sale or rules
-- @tparam table doc
-- @treturn boolean|nil true
-- @treturn string which field, like pickups[2] or en.title
-- @treturn string which rule it breaks, in words
-- @treturn table the same for other words: `is`, and the schema's `rule`
function catalog.check(kind, doc)
    local fields = schema[kind]

    if not fields then
        return nil, "kind", "is product, pickup, session, note, sale or rules"
    end

    if type(doc) ~= "table" then
        return nil, "", "is an object"
    end

    local field, rule, by = check_fields(doc, fields, "")

    if field then
        return nil, field, rule, by
    end

    return true
end


--- The rules of a kind's fields, by name, for who makes a form of them. Read,
-- never changed.
-- @tparam string kind
-- @treturn table
function catalog.fields(kind)
    return schema[kind]
end


local function refuse(field, rule)
    return problems.refuse(400, "bad_request", "The request breaks a rule",
                           { field = field, rule = rule })
end


-- It may be in a file, when it is larger than client_body_buffer_size.
local function body_of_request()
    ngx.req.read_body()

    local body, path = ngx.req.get_body_data(), ngx.req.get_body_file()
    local file = not body and path and io.open(path, "rb")

    if file then
        body = file:read("*a")
        file:close()
    end

    return body or ""
end


--- For the access phase of the location of flashsale_admin, after its own
-- access rules: what breaks the catalogue's rules is answered 400, with the
-- field and the rule, however the body was sent. The engine comes after this
-- and checks the signature and all limits, so what is too large is left to it.
-- What is no JSON for cjson is refused here: if the engine's parser took it,
-- it would get into the store unchecked.
function catalog.guard()
    if ngx.req.get_method() ~= "PUT" then
        return
    end

    local kind = ngx.var.uri:match("/documents/([^/]+)/[^/]+$")
                 or ngx.var.uri:match("/sales/[^/]+$") and "sale"

    -- loaded-KIND: notes of tuanbo-load-catalog, which no page shows. Of the
    -- shop's own the engine checks what it acts on (referral) as a request,
    -- and readers take of the others what they can read
    local own = SHOPS[ngx.var.uri:match("/documents/shop/([^/]+)$") or ""]

    if not kind or own or kind:find("^loaded%-") then
        return
    end

    -- the engine refuses it by its length; one without a length, in chunks, is
    -- read, and client_max_body_size bounds it
    if (tonumber(ngx.var.http_content_length) or 0) > BODY_MAX then
        return
    end

    local body = body_of_request()

    if #body > BODY_MAX then
        return
    end

    local doc = cjson.decode(body)

    if doc == nil then
        return refuse("", "is JSON")
    end

    local ok, field, rule = catalog.check(kind, doc)

    if not ok then
        return refuse(field, rule)
    end
end


return catalog
