--- Photos of what was bad, beside the claim they belong to: some few of each,
-- so many in all, and none for longer than 90 days. No address of the shop
-- shows them; the desk does, to who may see the order.
--
-- claims/HOLD/CLAIM-TIME.jpg in the office's directory. The time is in the
-- name: a file's own changes when it is copied.
--
-- @module tuanbo.office.evidence

local lfs = require "lfs"
local utils = require "pl.utils"

local names_in = require("tuanbo.directory").names

local EACH_MAX = 3              -- of one claim
local ALL_MAX = 20000
local KEPT_MS = 90 * 24 * 3600 * 1000
local NAME = "^(%d+)%-(%d+)%.jpg$"

local evidence = { EACH_MAX = EACH_MAX, KEPT_MS = KEPT_MS }


--- Whether these name a claim of an order.
-- @tparam string hold
-- @tparam string claim
-- @treturn boolean
function evidence.named(hold, claim)
    return type(hold) == "string" and #hold == 32
           and hold:find("^[0-9a-f]+$") ~= nil
           and type(claim) == "string" and #claim <= 16
           and claim:find("^%d+$") ~= nil
end


--- The photos of an order.
-- @tparam string root the office's directory
-- @tparam string hold
-- @treturn table by claim, a list of what names each: CLAIM-TIME
function evidence.of(root, hold)
    local found = {}

    for _, name in ipairs(names_in(root .. "/claims/" .. hold)) do
        local claim = name:match(NAME)

        if claim then
            found[claim] = found[claim] or {}
            table.insert(found[claim], (name:gsub("%.jpg$", "")))
        end
    end

    return found
end


--- A photo's bytes.
-- @tparam string root
-- @tparam string hold
-- @tparam string name CLAIM-TIME
-- @treturn string|nil
function evidence.read(root, hold, name)
    if not evidence.named(hold, name:match("^(%d+)%-%d+$")) then
        return nil
    end

    return (utils.readfile(root .. "/claims/" .. hold .. "/" .. name .. ".jpg",
                           true))
end


--- Keep a photo. Not in nginx: it takes seconds.
-- @tparam string root
-- @tparam string work where it is made
-- @tparam string hold
-- @tparam string claim
-- @tparam string data what was uploaded
-- @treturn string|nil its name
-- @treturn string why not: a code
function evidence.keep(root, work, hold, claim, data)
    local photo = require "tuanbo.office.photo"
    local system = require "tuanbo.office.system"
    local directory = root .. "/claims"
    local all = 0

    if #(evidence.of(root, hold)[claim] or {}) >= EACH_MAX then
        return nil, "too_many"
    end

    for _, one in ipairs(names_in(directory)) do
        all = all + #names_in(directory .. "/" .. one)
    end

    if all >= ALL_MAX then
        return nil, "full"
    end

    lfs.mkdir(directory)
    lfs.mkdir(directory .. "/" .. hold)

    local name = claim .. "-" .. string.format("%.0f", system.now())
    local done, why, err = photo.keep(work, data, directory .. "/" .. hold
                                      .. "/" .. name .. ".jpg")

    if not done then
        os.remove(directory .. "/" .. hold)
        return nil, why, err
    end

    return name
end


--- Erase what is older than 90 days.
-- @tparam string root
-- @tparam number now in milliseconds
-- @treturn number how many went
function evidence.erase(root, now)
    local directory = root .. "/claims"
    local gone = 0

    for _, hold in ipairs(names_in(directory)) do
        for _, name in ipairs(names_in(directory .. "/" .. hold)) do
            local _, at = name:match(NAME)

            -- what one that was killed left goes with what it was to become
            if not at and name:find("%.part%.") then
                at = name:match("^%d+%-(%d+)%.")
            end

            if at and tonumber(at) < now - KEPT_MS
               and os.remove(directory .. "/" .. hold .. "/" .. name)
            then
                gone = gone + 1
            end
        end

        -- only where it is empty
        os.remove(directory .. "/" .. hold)
    end

    return gone
end


return evidence
