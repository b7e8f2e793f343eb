-- QR codes by libqrencode (Debian: libqrencode4), drawn as one SVG path.

local ffi = require "ffi"

ffi.cdef [[
typedef struct {
    int            version;
    int            width;
    unsigned char *data;
} tuanbo_qrcode_t;

tuanbo_qrcode_t *QRcode_encodeString8bit(const char *string, int version,
    int level);
void QRcode_free(tuanbo_qrcode_t *qrcode);
]]

local LEVEL_M = 1
local QUIET = 4             -- modules around it, as the standard asks

local qr = {}

local lib


function qr.setup()
    lib = ffi.load("libqrencode.so.4")
end


-- {size=, path=}: the path of the dark modules in a square of `size`. Runs of
-- modules in a row are one rectangle. Nil: the text is too long.
function qr.of(text)
    local code = lib.QRcode_encodeString8bit(text, 0, LEVEL_M)

    if code == nil then
        return nil
    end

    local width, data = code.width, code.data
    local path = {}

    for y = 0, width - 1 do
        local x = 0

        while x < width do
            local from = x

            while x < width and data[y * width + x] % 2 == 1 do
                x = x + 1
            end

            if x > from then
                path[#path + 1] = "M" .. from + QUIET .. " " .. y + QUIET
                                  .. "h" .. x - from .. "v1H" .. from + QUIET
                                  .. "z"
            end

            x = x + 1
        end
    end

    lib.QRcode_free(code)

    return { size = width + 2 * QUIET, path = table.concat(path) }
end


return qr
