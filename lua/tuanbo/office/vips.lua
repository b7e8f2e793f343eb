--- The programs of libvips, each under limits of memory, time and size: they
-- read what comes from anywhere.
--
-- @module tuanbo.office.vips

-- A few seconds of a small machine, which may have other things to do: it is
-- the CPU time that is short. 1 GB of address space is what 60 million pixels
-- of a progressive JPEG take.
local LIMITS = "exec timeout -k 1 90 prlimit --cpu=20 --as=1600000000 "
               .. "--fsize=64000000 --nofile=64 --core=0 env -i "
               .. "PATH=/usr/bin:/bin VIPS_CONCURRENCY=1 MALLOC_ARENA_MAX=1 "

-- Readers that libvips itself would not trust with anybody's file stay closed.
local FOREIGN = "VIPS_BLOCK_UNTRUSTED=1 "

local vips = {}


local function quoted(word)
    return "'" .. word:gsub("'", "'\\''") .. "'"
end


local function run(environment, ...)
    local words = {}

    for i, word in ipairs { ... } do
        words[i] = quoted(word)
    end

    -- the descriptors of whoever started this are not the program's
    local pipe = assert(io.popen("(" .. LIMITS .. environment
                                 .. table.concat(words, " ")
                                 .. ") 2>/dev/null </dev/null; echo \"=$?\""))
    local said = pipe:read("*a")

    pipe:close()

    local text, code = said:match("^(.-)\n?=(%d+)\n$")

    if code == "127" or code == "126" then
        return nil, "no_tools"
    elseif code == "124" or code == "137" then
        return nil, "too_slow"
    elseif code ~= "0" then
        return nil, "broken"
    end

    return text
end


--- Run a program on somebody's file.
-- @tparam string ... its name and its words
-- @treturn string|nil what it said
-- @treturn string why not: `no_tools`, `too_slow`, `broken`
function vips.run(...)
    return run(FOREIGN, ...)
end


--- Make a JPEG of a drawing that is our own: SVG, whose words are set in the
-- fonts of this machine.
-- @tparam string from its path, which ends in .svg
-- @tparam string to the path of the JPEG, which ends in .jpg
-- @treturn boolean|nil true
-- @treturn string why not, as of run()
function vips.draw(from, to)
    local said, why = run("", "vips", "copy", from,
                          to .. "[Q=86,strip,optimize_coding,background=255]")

    return said and true, why
end


--- Whether this machine has a font for Chinese: without one its words would be
-- empty boxes.
-- @treturn boolean
function vips.has_chinese()
    local said = run("", "fc-list", ":lang=zh-cn", "family")

    return said ~= nil and said ~= ""
end


return vips
