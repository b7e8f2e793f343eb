-- Text and markup: everything that a template inserts is text and is escaped,
-- but for what unescaped() has marked.

local Markup = {}

Markup.__index = Markup

local entities = {
    ["&"] = "&amp;", ["<"] = "&lt;", [">"] = "&gt;", ['"'] = "&quot;",
    ["'"] = "&#39;", ["\0"] = "\239\191\189",
}

local markup = {}


-- What is put into a page as it is. Only for what this program made.
function markup.unescaped(html)
    return setmetatable({ html = html }, Markup)
end


function markup.is(value)
    return getmetatable(value) == Markup
end


function markup.escape(value)
    if getmetatable(value) == Markup then
        return value.html
    end

    if type(value) == "number" then
        return tostring(value)
    end

    value = tostring(value)

    if not value:find("[&<>\"'%z]") then
        return value
    end

    return (value:gsub("[&<>\"'%z]", entities))
end


return markup
