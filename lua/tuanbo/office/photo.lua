--- Makes what the shop shows of a photo that was uploaded. It runs in a
-- process of its own, never in nginx: a photo takes seconds, and comes from
-- anywhere.
--
-- The programs of libvips do the work, each under limits of memory, time and
-- size: first vipsheader says what it is, then vips reads all of it (what is
-- cut off is refused there), then vipsthumbnail makes each width. Nothing of
-- what a camera wrote into the file (place, time, device) gets into what they
-- make.
--
-- @module tuanbo.office.photo

local crypto = require "tuanbo.crypto"
local multipart = require "tuanbo.office.multipart"
local photos = require "tuanbo.photos"
local vips = require "tuanbo.office.vips"

local BYTES_MAX = 12 * 1024 * 1024
local PIXELS_MAX = 60e6
local SIDE_MIN, SIDE_MAX = 200, 20000
local FILES_MAX = 4
local BODY_MAX = 40 * 1024 * 1024
local WIDTH_MAX = 1600
local RATIO_MAX = 4

-- By how the file begins, whatever it is called.
local KINDS = {
    { begins = "^\255\216\255", loader = "jpegload" },
    { begins = "^\137PNG\r\n\26\n", loader = "pngload" },
    { begins = "^RIFF....WEBP", loader = "webpload" },
}

local photo = {}


local function header(path, field)
    local said, why = vips.run("vipsheader", "-f", field, path)

    return said and (tonumber(said) or said), why
end


local function kind_of(data)
    for _, kind in ipairs(KINDS) do
        if data:find(kind.begins) then
            return kind
        end
    end
end


local function read(path)
    local file = assert(io.open(path, "rb"))
    local data = file:read("*a")

    file:close()

    return data
end


local function write(path, data)
    local file = assert(io.open(path, "wb"))

    assert(file:write(data))
    assert(file:close())
end


-- What a file is: width and height as they are seen, or nil and why not.
local function measured(path, kind)
    local loader, why = header(path, "vips-loader")

    if not loader then
        return nil, why
    end

    if loader ~= kind.loader then
        return nil, "no_photo"
    end

    local width, height = header(path, "width"), header(path, "height")

    if type(width) ~= "number" or type(height) ~= "number" then
        return nil, "broken"
    end

    if width > SIDE_MAX or height > SIDE_MAX
       or width * height > PIXELS_MAX
    then
        return nil, "too_many_pixels"
    end

    if width < SIDE_MIN or height < SIDE_MIN then
        return nil, "too_small"
    end

    if math.max(width, height) > RATIO_MAX * math.min(width, height) then
        return nil, "too_long"
    end

    -- what a camera says of how it was held: from 5 on it lies on its side
    local turned = header(path, "orientation")

    if type(turned) == "number" and turned >= 5 then
        width, height = height, width
    end

    return width, height
end


local function little(n)
    return string.char(n % 256, math.floor(n / 256) % 256,
                       math.floor(n / 65536) % 256, math.floor(n / 16777216))
end


-- A WebP without what is no picture: libvips writes EXIF of its own, also when
-- it is told to leave it out. Chunks are name, length, contents, and a byte
-- where the length is odd.
local METADATA = { ["EXIF"] = true, ["XMP "] = true, ["ICCP"] = true }
local ALPHA_AND_ANIMATION = 0x12

local function bare(data)
    local kept, at = { "WEBP" }, 13

    while at + 8 <= #data do
        local a, b, c, d = data:byte(at + 4, at + 7)
        local length = a + b * 256 + c * 65536 + d * 16777216
        local name = data:sub(at, at + 3)
        local chunk = data:sub(at, at + 7 + length + length % 2)

        if name == "VP8X" then
            chunk = chunk:sub(1, 8)
                    .. string.char(bit.band(chunk:byte(9),
                                            ALPHA_AND_ANIMATION))
                    .. chunk:sub(10)
        end

        if not METADATA[name] then
            kept[#kept + 1] = chunk
        end

        at = at + #chunk
    end

    local text = table.concat(kept)

    return "RIFF" .. little(#text) .. text
end


-- One width in one format, whole or not at all.
local function made(from, to, width, kind)
    local options = kind == "jpg" and "[Q=80,strip,optimize_coding,interlace,"
                                        .. "background=255]"
                    or "[Q=76,strip,effort=2]"
    local part = to .. ".part." .. kind
    local said, why = vips.run("vipsthumbnail", from, "--size",
                               string.format("%dx100000", width),
                               "-o", part .. options)

    if not said then
        os.remove(part)
        return nil, why
    end

    if kind == "webp" then
        write(part, bare(read(part)))
    end

    return os.rename(part, to) and true, "failed"
end


-- What make(base, hash, width, height) makes of the bytes of a file; base is
-- the picture upright, in the colours of the web.
local function prepared(directory, data, make)
    if #data > BYTES_MAX then
        return nil, "too_many_bytes"
    end

    local kind = kind_of(data)

    if not kind then
        return nil, data == "" and "nothing" or "no_photo"
    end

    local hash = crypto.hex(crypto.sha256(data)):sub(1, 32)
    local from = directory .. "/" .. hash .. ".upload"
    local base = from .. ".png"

    local function work()
        write(from, data)

        local width, height = measured(from, kind)

        if not width then
            return nil, height
        end

        -- reads every pixel: vipsthumbnail is content with half a photo
        local said, why = vips.run("vips", "avg",
                                   from .. "[fail_on=truncated]")

        if not said then
            return nil, why
        end

        local largest = math.min(width, WIDTH_MAX)

        -- decoded once, upright, in the colours of the web
        said, why = vips.run("vipsthumbnail", from, "--size",
                             string.format("%dx100000", largest),
                             "--export-profile", "srgb", "-o",
                             base .. "[compression=0,strip]")

        if not said then
            return nil, why
        end

        return make(base, hash, largest,
            math.max(1, math.floor(height * largest / width + 0.5)))
    end

    local fine, name, why = pcall(work)

    os.remove(from)
    os.remove(base)

    if not fine then
        return nil, "failed", name
    end

    return name, why
end


--- Make a photo of the bytes of a file.
-- @tparam string directory where photos are
-- @tparam string data
-- @treturn string|nil its name
-- @treturn string why not: a code
function photo.make(directory, data)
    return prepared(directory, data, function(base, hash, width, height)
        local name = string.format("%s-%dx%d", hash, width, height)

        for _, one in ipairs(photos.widths(width)) do
            for _, format in ipairs { "jpg", "webp" } do
                local done, wrong = made(base, directory .. "/"
                    .. photos.file(name, one, format), one, format)

                if not done then
                    return nil, wrong
                end
            end
        end

        return name
    end)
end


--- Make one JPEG, that is shown to nobody but those who may ask for it.
-- @tparam string directory where it is worked
-- @tparam string data
-- @tparam string to its path
-- @treturn string|nil the path
-- @treturn string why not: a code
function photo.keep(directory, data, to)
    return prepared(directory, data, function(base, _, width)
        local done, wrong = made(base, to, width, "jpg")

        if not done then
            return nil, wrong
        end

        return to
    end)
end


--- All photos of a form that was uploaded.
-- @tparam string directory
-- @tparam string path of the body
-- @tparam string boundary
-- @tparam[opt] function make what is made of each, as photo.make()
-- @treturn table a list of name or refused (a code), and file, what it was
-- called
-- @treturn string why not: a code
function photo.take(directory, path, boundary, make)
    local file = io.open(path, "rb")
    local size = file and file:seek("end")

    if not size then
        return nil, "failed"
    end

    if size > BODY_MAX then
        file:close()
        return nil, "too_many_bytes"
    end

    file:seek("set")

    local body = file:read("*a")
    local list = {}

    file:close()

    for _, part in ipairs(multipart.parts(body, boundary)) do
        if part.name == "photo" and part.file and part.whole
           and not (part.file == "" and part.value == "")
        then
            local one = { file = part.file:sub(-60) }

            if #list < FILES_MAX then
                one.name, one.refused, one.err = (make or photo.make)(
                    directory, part.value)
            else
                one.refused = "too_many"
            end

            list[#list + 1] = one
        end
    end

    return list
end


return photo
