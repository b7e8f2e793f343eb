-- HMAC-SHA256 and random bytes from libcrypto, which nginx has loaded anyway
-- (TLS, and the flashsale module itself).  Also for programs that are not
-- nginx and have it loaded: these have no tags and no random text.

local ffi = require "ffi"
local _, base64 = pcall(require, "ngx.base64")

ffi.cdef [[
const void *EVP_sha256(void);
unsigned char *HMAC(const void *evp_md, const void *key, int key_len,
    const unsigned char *data, size_t data_len, unsigned char *md,
    unsigned int *md_len);
unsigned char *SHA256(const unsigned char *data, size_t len,
    unsigned char *md);
int RAND_bytes(unsigned char *buf, int num);
int CRYPTO_memcmp(const void *a, const void *b, size_t len);
]]

local TAG_BYTES = 16            -- of a signature

local C = ffi.C
local digest = ffi.new("unsigned char[32]")
local digest_len = ffi.new("unsigned int[1]")
local bytes = ffi.new("unsigned char[64]")

local crypto = {}


-- 32 bytes.
function crypto.hmac(secret, text)
    if C.HMAC(C.EVP_sha256(), secret, #secret, text, #text, digest,
              digest_len) == nil
    then
        error("HMAC failed")
    end

    return ffi.string(digest, 32)
end


-- The first `length` bytes of the HMAC, in the alphabet of URLs and cookies.
function crypto.tag(secret, text, length)
    return base64.encode_base64url(crypto.hmac(secret, text):sub(1, length))
end


-- A signature by the first secret of a list, for one purpose.
function crypto.sign(secrets, purpose, value)
    return crypto.tag(secrets[1], purpose .. "\n" .. value, TAG_BYTES)
end


-- Whether one of the secrets made it.
function crypto.is_signed(secrets, purpose, value, tag)
    for i = 1, #secrets do
        if crypto.equal(crypto.tag(secrets[i], purpose .. "\n" .. value,
                                   TAG_BYTES), tag)
        then
            return true
        end
    end

    return false
end


-- 32 bytes.
function crypto.sha256(text)
    if C.SHA256(text, #text, digest) == nil then
        error("SHA-256 failed")
    end

    return ffi.string(digest, 32)
end


-- Bytes as hexadecimal digits.
function crypto.hex(text)
    return (text:gsub(".", function(c)
        return string.format("%02x", c:byte())
    end))
end


-- At most 64 random bytes.
function crypto.bytes(length)
    if C.RAND_bytes(bytes, length) ~= 1 then
        error("no random bytes")
    end

    return ffi.string(bytes, length)
end


-- The same, in the alphabet of the tags.
function crypto.random(length)
    return base64.encode_base64url(crypto.bytes(length))
end


-- In a time that does not depend on where they differ.
function crypto.equal(a, b)
    return #a == #b and C.CRYPTO_memcmp(a, b, #a) == 0
end


return crypto
