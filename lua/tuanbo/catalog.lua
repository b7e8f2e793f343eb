--- The catalogue's documents, checked.
--
-- catalog.json says which fields a product, a pickup point, a session and a
-- sale have; conf/load-catalog reads the same file before it sends anything.
-- A price is a field of a sale and of nothing else.
--
-- @module tuanbo.catalog

local cjson = require "cjson.safe"

local TIME_MIN = 1577836800000      -- 2020, as FS_AT_MIN
local TIME_MAX = 4133980799999      -- the end of 2100, as FS_AT_MAX
local BODY_MAX = 73728              -- FS_BODY_ADMIN_MAX

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


function types.choice(value, rule, field)
    for _, choice in ipairs(rule.of) do
        if value == choice then
            return nil
        end
    end

    return field, "is " .. table.concat(rule.of, " or ")
end


function types.list(value, rule, field)
    if type(value) ~= "table" or #value < rule.min or #value > rule.max then
        return field, "is a list of " .. rule.min .. " to " .. rule.max
    end

    for i, one in ipairs(value) do
        local wrong, why = types[rule.of.type](one, rule.of,
                                               field .. "[" .. i .. "]")

        if wrong then
            return wrong, why
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
            return prefix .. tostring(name), "is not a field here"
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
            local wrong, why = types[rule.type](value, rule, field)

            if wrong then
                return wrong, why
            end

            if rule.after and given(doc[rule.after])
               and value <= doc[rule.after]
            then
                return field, "is after " .. rule.after
            end

            if rule.most and given(doc[rule.most])
               and value > doc[rule.most]
            then
                return field, "is at most the " .. rule.most
            end

        elseif rule.required then
            return field, "is missing"
        end
    end
end


--- Check a document, or what a sale is defined with.
-- @tparam string kind product, pickup, session or sale
-- @tparam table doc
-- @treturn boolean|nil true
-- @treturn string which field, like pickups[2] or en.title
-- @treturn string which rule it breaks, in words
function catalog.check(kind, doc)
    local fields = schema[kind]

    if not fields then
        return nil, "kind", "is product, pickup, session or sale"
    end

    if type(doc) ~= "table" then
        return nil, "", "is an object"
    end

    local field, rule = check_fields(doc, fields, "")

    if field then
        return nil, field, rule
    end

    return true
end


local function refuse(field, rule)
    ngx.status = 400
    ngx.header["Content-Type"] = "application/problem+json"
    ngx.header["Cache-Control"] = "private, no-store"
    ngx.print(cjson.encode {
        type = "about:blank", title = "The request breaks a rule",
        status = 400, code = "bad_request", field = field, rule = rule,
    })

    return ngx.exit(400)
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
-- field and the rule. What cannot be read here is left to the engine, which
-- checks the signature and all limits.
function catalog.guard()
    if ngx.req.get_method() ~= "PUT" then
        return
    end

    local kind = ngx.var.uri:match("/documents/([^/]+)/[^/]+$")
                 or ngx.var.uri:match("/sales/[^/]+$") and "sale"
    local length = tonumber(ngx.var.http_content_length)

    if not kind or not length or length > BODY_MAX then
        return
    end

    local doc = cjson.decode(body_of_request())

    if type(doc) ~= "table" then
        return
    end

    local ok, field, rule = catalog.check(kind, doc)

    if not ok then
        return refuse(field, rule)
    end
end


return catalog
