-- Texts: files NAME/LANG.lua, one a language, each a table of key -> text. The
-- desk has a file of its own beside the shop's.
--
-- {name} in a text is filled in. A text may be two, { one = …, other = … },
-- chosen by the argument `count`.

local markup = require "tuanbo.markup"

local text = { languages = {} }

local DEFAULT = "zh"


-- A text as a list of pieces: strings, and { name } for what is filled in.
local function pieces_of(line)
    local pieces = {}
    local from = 1

    for before, name, after in line:gmatch("()%{([%l_]+)%}()") do
        if before > from then
            pieces[#pieces + 1] = line:sub(from, before - 1)
        end

        pieces[#pieces + 1] = { name }
        from = after
    end

    if from <= #line then
        pieces[#pieces + 1] = line:sub(from)
    end

    return pieces
end


local function filled(pieces, arguments)
    local list, n = {}, #pieces
    local is_markup = false

    for i = 1, n do
        local piece = pieces[i]

        if type(piece) == "table" then
            piece = arguments and arguments[piece[1]]

            if piece == nil then
                piece = ""
            end

            is_markup = is_markup or markup.is(piece)
        end

        list[i] = piece
    end

    if not is_markup then
        for i = 1, n do
            list[i] = tostring(list[i])
        end

        return table.concat(list)
    end

    for i = 1, n do
        list[i] = markup.escape(list[i])
    end

    return markup.unescaped(table.concat(list))
end


-- A function say(key, arguments) for a language. With an argument that is
-- markup the whole is markup, the rest of it escaped.
local function speaker(lang, lines)
    local compiled = {}

    for key, line in pairs(lines) do
        if type(line) == "table" then
            compiled[key] = { one = pieces_of(line.one),
                              other = pieces_of(line.other) }
        else
            compiled[key] = pieces_of(line)
        end
    end

    return function(key, arguments)
        local pieces = compiled[key]

        if not pieces then
            error("no text " .. tostring(key) .. " in " .. lang, 2)
        end

        if pieces.one then
            pieces = arguments and arguments.count == 1 and pieces.one
                     or pieces.other
        end

        return filled(pieces, arguments)
    end
end


-- sources: the modules that have them, without the language's name. No key is
-- in two.
function text.setup(languages, sources)
    for _, lang in ipairs(languages) do
        local lines = {}

        for _, source in ipairs(sources) do
            for key, line in pairs(require(source .. "." .. lang)) do
                assert(lines[key] == nil, key)
                lines[key] = line
            end
        end

        text.languages[lang] = {
            lang = lang,
            lines = lines,
            say = speaker(lang, lines),
        }
    end
end


function text.say(lang)
    return text.languages[lang].say
end


function text.has(lang, key)
    return text.languages[lang].lines[key] ~= nil
end


-- A text as it is written, with its holes, for a script that fills them.
function text.raw(lang, key)
    return assert(text.languages[lang].lines[key], key)
end


-- What a browser asks for, among what we have; the first of equals.
function text.accepted(header)
    local best, best_q = DEFAULT, 0

    for range, rest in (header or ""):gmatch("([%a%d*-]+)([^,]*)") do
        local lang = range:lower():match("^%a+")
        local q = tonumber(rest:match("q%s*=%s*([%d.]+)")) or 1

        if text.languages[lang] and q > best_q then
            best, best_q = lang, q
        end
    end

    return best
end


-- What somebody typed as one line: without what cannot be seen, and nothing
-- that turns the text around. Nil: it is not UTF-8.
function text.line(typed)
    local line = ngx.re.gsub(typed, [=[[\p{Cc}\p{Cf}\p{Z}]+]=], " ", "jou")

    return line and (line:gsub("^ ", ""):gsub(" $", ""))
end


return text
