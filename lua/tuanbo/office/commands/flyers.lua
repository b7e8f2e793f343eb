-- tuanbo-office flyers

local places = require "tuanbo.office.places"

local flyers = {}

flyers.help = [[
makes pictures of sales and sessions for group chats, for ever

Usage:

    tuanbo-office flyers --directory DIR --url URL

--directory DIR     the office's own: flyers/ is made there. Root works there
                    as its owner
--url URL           the shop, by the address that neighbours have: it is in the
                    codes
--once              look once, and end
--help              print this

It needs the packages libvips-tools and fontconfig, and a font for Chinese
(fonts-wqy-microhei, fonts-noto-cjk). SIGTERM ends it.
]]

flyers.options = {directory = true, url = true, once = false}

local EVERY_MS = 20000


function flyers.run(option)
    if not option.url then
        return nil, "--url is needed"
    end

    local at, missing = places.of(option)

    if not at then
        return nil, missing
    end

    local program = require "tuanbo.office.program"

    if not require("tuanbo.office.vips").has_chinese() then
        error("there is no font for Chinese: fonts-wqy-microhei has one", 0)
    end

    local maker = require("tuanbo.office.flyers").new{
        directory = at.directory, url = option.url:gsub("/+$", ""),
        log = program.log, sleep = program.sleep}

    if option.once then
        maker:step()

        return 0
    end

    program.again_and_again(function()
        maker:step()
    end, EVERY_MS)
end


return flyers
