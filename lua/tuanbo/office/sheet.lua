--- Forms made of the catalogue's schema, which has the rules.
--
-- A document is typed as texts: one for each field, by its path, like title,
-- en.title, doc.pickups.east (a tick: "1"). What a form shows, what was typed
-- into it, and what somebody else has made of the document meanwhile are such
-- texts, and compared as such.
--
-- @module tuanbo.office.sheet

local tablex = require "pl.tablex"

local catalog = require "tuanbo.catalog"
local documents = require "tuanbo.documents"
local format = require "tuanbo.format"
local text = require "tuanbo.text"

local LINE_MAX = 300            -- a text up to this has one line
local MINUTE_MS = 60000

local sheet = {}


-- How a field is typed.
local function kind_of(name, rule)
    if name:find("_fen$") then
        return "yuan"
    elseif name:find("_ms$") then
        return "minutes"
    elseif rule.type == "text" then
        return rule.max > LINE_MAX and "area" or "line"
    elseif rule.type == "slug" then
        return "select"
    elseif rule.type == "list" then
        return (rule.of.names or rule.of.type == "choice") and "ticks"
               or rule.of.type == "text" and "lines" or nil
    elseif rule.type == "link" then
        return "link"
    elseif rule.type == "file" or rule.type == "given" then
        return nil
    end

    return rule.type
end


local function walk(fields, prefix, group, into)
    for _, name in ipairs(tablex.keys(fields):sort()) do
        local rule = fields[name]

        if rule.type == "object" then
            walk(rule.fields, prefix .. name .. ".", name, into)
        else
            into[#into + 1] = {
                name = prefix .. name, short = name, group = group,
                rule = rule, kind = kind_of(name, rule),
            }
        end
    end

    return into
end


local lists = {}


-- All fields of a kind, those of its objects as well. What has no `kind` is
-- not typed: files and photos, and what a sale gives.
local function fields_of(kind)
    lists[kind] = lists[kind] or walk(catalog.fields(kind), "", nil, {})

    return lists[kind]
end


local function get(doc, path)
    for part in path:gmatch("[^.]+") do
        if type(doc) ~= "table" then
            return nil
        end

        doc = doc[part]
    end

    if doc ~= ngx.null then
        return doc
    end
end


local function put(doc, path, value)
    local before, last = path:match("^(.*)%.([^.]+)$")

    for part in (before or ""):gmatch("[^.]+") do
        doc[part] = doc[part] or {}
        doc = doc[part]
    end

    doc[last or path] = value
end


-- A value as it is typed.
local writers = {
    lines = function(list) return table.concat(list, "\n") end,
    yuan = format.yuan,
    number = function(value) return string.format("%.0f", value) end,
    minutes = function(value)
        return string.format("%.10g", value / MINUTE_MS)
    end,
    time = format.typed,
    boolean = function(value) return value and "yes" or "no" end,
}


-- What was typed as a value, or nil.
local readers = {
    lines = function(typed)
        local list = {}

        for line in typed:gmatch("[^\n]+") do
            line = text.line(line)
            list[#list + 1] = line and line ~= "" and line or nil
        end

        return list
    end,
    yuan = function(typed)
        return format.of_yuan(typed, 11)
    end,
    number = function(typed)
        return typed:find("^%d+$") and #typed < 15 and tonumber(typed) or nil
    end,
    minutes = function(typed)
        local minutes = typed:find("^%d+%.?%d*$") and tonumber(typed)

        return minutes and minutes < 1e9
               and math.floor(minutes * MINUTE_MS + 0.5) or nil
    end,
    time = format.of_typed,
    boolean = function(typed)
        if typed == "yes" or typed == "no" then
            return typed == "yes"
        end
    end,
}


-- A list of ids as one text for each.
local function ticked(list, prefix, into)
    for _, id in ipairs(type(list) == "table" and list or {}) do
        into[prefix .. "." .. tostring(id)] = "1"
    end
end


--- A document as texts. Those that are empty are not there.
-- @tparam string kind
-- @tparam table doc
-- @treturn table by the field's path
function sheet.texts(kind, doc)
    local found = {}

    for _, field in ipairs(fields_of(kind)) do
        local value = field.kind and get(doc, field.name)

        if field.kind == "ticks" then
            ticked(value, field.name, found)

        elseif value ~= nil and value ~= false or value == false
            and field.kind == "boolean"
        then
            found[field.name] = (writers[field.kind] or tostring)(value)
        end
    end

    return found
end


local function line_of(typed, field)
    if field.kind ~= "area" and field.kind ~= "lines" then
        return text.line(typed)
    end

    -- paragraphs stay; what cannot be seen does not
    local line = ngx.re.gsub(typed:gsub("\r\n?", "\n"),
                             [=[(?!\n)[\p{Cc}\p{Cf}]+]=], "", "jou")

    return line and (line:gsub("^%s+", ""):gsub("%s+$", ""))
end


--- What a form sent, as texts.
-- @tparam string kind
-- @tparam table sent the form's fields
-- @treturn table
function sheet.typed(kind, sent)
    local found = {}

    for _, field in ipairs(fields_of(kind)) do
        if field.kind == "ticks" then
            local prefix = field.name .. "."

            for name, value in pairs(sent) do
                if name:sub(1, #prefix) == prefix and value ~= "" then
                    found[name] = "1"
                end
            end

        elseif field.kind then
            local line = sent[field.name] and line_of(sent[field.name], field)

            if line and line ~= "" then
                found[field.name] = line
            end
        end
    end

    return found
end


local function ticks_of(typed, field)
    local list, prefix = {}, field.name .. "."

    -- choices have an order of their own
    for _, one in ipairs(field.rule.of.of or {}) do
        list[#list + 1] = typed[prefix .. one] and one or nil
    end

    if field.rule.of.of then
        return list[1] and list
    end

    for _, name in ipairs(tablex.keys(typed):sort()) do
        if name:sub(1, #prefix) == prefix then
            list[#list + 1] = name:sub(#prefix + 1)
        end
    end

    return list[1] and list
end


--- A document of what was typed.
-- @tparam string kind
-- @tparam table typed texts
-- @tparam table base the document as it is: what is not typed, and what was
-- typed as it was, stays
-- @tparam[opt] table kept set of fields that the form does not have
-- @treturn table the document
-- @treturn table|nil what is wrong: `field`, `is`, `rule`, and `words`, the
-- loader's
function sheet.document(kind, typed, base, kept)
    local doc, wrong = {}, nil
    local before = sheet.texts(kind, base)

    for _, field in ipairs(fields_of(kind)) do
        local name = field.name
        local line = typed[name]

        if not field.kind or kept and kept[name] or line
           and line == before[name]
        then
            local value = get(base, name)

            if value ~= nil then
                put(doc, name, value)
            end

        elseif field.kind == "ticks" then
            local list = ticks_of(typed, field)

            if list then
                put(doc, name, list)
            end

        elseif line then
            local value = line

            if readers[field.kind] then
                value = readers[field.kind](line)
            end

            if value == nil then
                wrong = wrong or { field = name, is = field.kind,
                                   rule = field.rule }
            else
                put(doc, name, value)
            end
        end
    end

    if not wrong then
        local right, field, words, by = catalog.check(kind, doc)

        if not right then
            local at = field:gsub("%[%d+%]$", "")

            by = by or {}
            wrong = { field = at, is = by.is or "unknown", rule = by.rule,
                      words = words }

            for _, one in ipairs(fields_of(kind)) do
                if one.name == at and wrong.is == "number" then
                    wrong.is = one.kind
                end
            end
        end
    end

    return doc, wrong
end


function sheet.label(c, kind, short)
    local key = "field." .. kind .. "." .. short

    return text.has(c.lang, key) and c.say(key) or short
end


-- What is wrong with a field, in the page's words.
function sheet.words(c, kind, wrong)
    local rule = wrong.rule or {}
    local yuan = wrong.is == "yuan"

    local function bound(n)
        return n and (yuan and format.yuan(n) or wrong.is == "minutes"
                      and writers.minutes(n) or string.format("%.0f", n))
    end

    return c.say("sheet.wrong." .. wrong.is, {
        min = bound(rule.min), max = bound(rule.max),
        after = rule.after and sheet.label(c, kind, rule.after),
        most = rule.most and sheet.label(c, kind, rule.most),
    })
end


-- What a field may name: id and name of each.
local function named(c, kind)
    local list = {}

    if kind == "sale" then
        for i, sale in ipairs(c.engine.all_current() or {}) do
            list[i] = { id = sale.id, name = sale.title }
        end

        return list
    end

    for i, entry in ipairs(documents.all(c.engine, kind)) do
        local doc = entry.doc

        list[i] = { id = entry.id,
                    name = kind == "product" and c.product_title(entry.id, doc)
                           or doc.title or doc.name or entry.id }
    end

    return list
end


local function options_of(c, field, values)
    local rule, value = field.rule, values[field.name]
    local options = {}
    local seen = value == nil

    local function add(id, name)
        seen = seen or id == value
        options[#options + 1] = { value = id, name = name,
                                  chosen = id == (value or "") }
    end

    if not rule.required then
        add("", c.say("sheet.none"))
    end

    if field.kind == "boolean" then
        add("yes", c.say("sheet.yes"))
        add("no", c.say("sheet.no"))

    elseif field.kind == "choice" then
        for _, one in ipairs(rule.of) do
            add(one, c.say("sheet.choice." .. one))
        end

    else
        for _, one in ipairs(rule.names and named(c, rule.names) or {}) do
            add(one.id, one.name)
        end
    end

    -- what it names is not among the first: it stays what it is
    if not seen then
        add(value, value)
    end

    return options
end


local function ticks_shown(c, field, values, after)
    local list, seen = {}, {}

    local function add(id, name)
        local path = field.name .. "." .. id

        if not seen[id] then
            seen[id] = true
            list[#list + 1] = { name = path, label = name,
                                ticked = values[path] == "1" }
        end

        if after and after.now[path] ~= after.was[path] then
            list.changed = true
        end
    end

    for _, one in ipairs(field.rule.of.of or {}) do
        add(one, c.say("sheet.choice." .. one))
    end

    for _, one in ipairs(field.rule.of.names
                         and named(c, field.rule.of.names) or {})
    do
        add(one.id, one.name)
    end

    for _, path in ipairs(tablex.keys(values):sort()) do
        local prefix = field.name .. "."

        if path:sub(1, #prefix) == prefix then
            add(path:sub(#prefix + 1), path:sub(#prefix + 1))
        end
    end

    return list
end


-- A text as people read it.
local function read_as(value, options)
    for _, option in ipairs(options or {}) do
        if option.value == (value or "") then
            return option.name
        end
    end

    return value and value:gsub("T", " ") or "—"
end


local INPUTS = {
    yuan = "decimal", number = "numeric", minutes = "decimal", line = "text",
    link = "url",
}


local function row_of(c, kind, field, asked)
    local rule, values, after = field.rule, asked.values, asked.after
    local hint = "field." .. kind .. "." .. field.short .. ".hint"
    local row = {
        name = field.name,
        label = sheet.label(c, kind, field.short),
        hint = text.has(c.lang, hint) and c.say(hint) or nil,
        unit = (field.kind == "yuan" or field.kind == "minutes")
               and c.say("sheet." .. field.kind) or nil,
        kind = (field.kind == "area" or field.kind == "lines") and "area"
               or (field.kind == "time" or field.kind == "date") and field.kind
               or field.kind == "ticks" and "ticks"
               or INPUTS[field.kind] and "line" or "select",
        input = INPUTS[field.kind],
        max = (rule.type == "text" or rule.type == "link") and rule.max
              or field.kind == "lines" and rule.max * (rule.of.max + 1)
              or 30,
        required = rule.required,
        suggest = rule.suggest,
        value = values[field.name] or "",
    }

    if row.kind == "select" then
        row.options = options_of(c, field, values)
    elseif row.kind == "ticks" then
        row.ticks = ticks_shown(c, field, values, after)
    end

    local wrong = asked.wrong

    if wrong and wrong.field == field.name then
        row.wrong = sheet.words(c, kind, wrong)
    end

    if after and after.now[field.name] ~= after.was[field.name] then
        row.changed = c.say("sheet.changed", {
            was = read_as(after.was[field.name], row.options),
            now = read_as(after.now[field.name], row.options),
        })
    elseif row.ticks and row.ticks.changed then
        row.changed = c.say("sheet.changed.ticks")
    end

    return row
end


--- What a form shows.
-- @tparam table c context
-- @tparam string kind
-- @tparam table asked values (texts); order (names of fields that come first),
-- kept (set of those not shown), wrong (as of sheet.document), after (was and
-- now, texts: what somebody else has changed)
-- @treturn table rows, and `others`: those in English
function sheet.rows(c, kind, asked)
    local by_name, place = {}, {}
    local rows = { others = {} }

    for i, name in ipairs(asked.order or {}) do
        place[name] = i
    end

    for _, field in ipairs(fields_of(kind)) do
        if field.kind and not (asked.kept and asked.kept[field.name]) then
            by_name[#by_name + 1] = field
        end
    end

    table.sort(by_name, function(a, b)
        local at = place[a.name] or place[a.short] or 1000
        local other = place[b.name] or place[b.short] or 1000

        if at ~= other then
            return at < other
        end

        return a.name < b.name
    end)

    for _, field in ipairs(by_name) do
        local list = field.group == "en" and rows.others or rows
        local row = row_of(c, kind, field, asked)

        list[#list + 1] = row
        rows.others.open = rows.others.open
            or list == rows.others and (row.wrong or row.changed) ~= nil
    end

    return rows
end


--- What has changed in fields that the form does not have, in words.
function sheet.beside(c, kind, kept, after)
    local list = {}

    for _, field in ipairs(fields_of(kind)) do
        local was, now = after.was[field.name], after.now[field.name]

        if kept and kept[field.name] and was ~= now then
            list[#list + 1] = c.say("sheet.beside", {
                field = sheet.label(c, kind, field.short),
                was = was or "—", now = now or "—",
            })
        end
    end

    return list
end


--- What was typed, and where nothing else was typed what is there now.
function sheet.merged(typed, was, now)
    local all = {}

    for _, from in ipairs { typed, was, now } do
        for name in pairs(from) do
            if typed[name] ~= was[name] then
                all[name] = typed[name]
            else
                all[name] = now[name]
            end
        end
    end

    return all
end


function sheet.same(one, other)
    for name, value in pairs(one) do
        if other[name] ~= value then
            return false
        end
    end

    for name in pairs(other) do
        if one[name] == nil then
            return false
        end
    end

    return true
end


return sheet
