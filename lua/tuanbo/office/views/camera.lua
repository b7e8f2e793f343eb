-- A host's own phone as the camera: the page that films and sends.

local goods = require "tuanbo.goods"
local picture = require "tuanbo.office.picture"

local view = { texts = "camera" }


local function page(c, parts)
    local id = parts.record
    local session, code = goods.session(c, id)

    if not session or not picture.is_set_up() then
        return nil, code or "not_found"
    end

    return "camera", {
        title = c.say("camera.title"), session = session.title, id = id,
        target = picture.camera(id, c.now),
        styles = { "desk/host.css" },
        policy = "; media-src 'self' blob:",
    }
end


view.routes = {
    ["live/:record/camera"] = { roles = { "host" }, GET = page },
}


return view
