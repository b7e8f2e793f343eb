--- Who works at the desk.
--
-- The register is a file that the clerk writes anew, by rename, whenever staff
-- or devices change: so who may do what is known without SQL, also while the
-- clerk is away. A device that is not in it is out.
--
-- The cookie `tuanbo_desk` is a device's name, signed. Or the fleet's own
-- login says who it is: $tuanbo_staff, $tuanbo_staff_roles and
-- $tuanbo_staff_points, words with blanks between; then no cookie counts.
--
-- @module tuanbo.office.staff

local cjson = require "cjson.safe"
local lfs = require "lfs"

local cookies = require "tuanbo.cookies"
local crypto = require "tuanbo.crypto"

local LOOK_S = 1                -- between two looks at the file
local REGISTER_MAX = 1048576
local COOKIE = "tuanbo_desk"
local PATH = "/desk"
local ROLES = { owner = true, host = true, leader = true, warehouse = true }

local staff = {}

local secrets, path
local register = { devices = {}, staff = {} }
local looked_at, seen


--- Made ready while nginx reads its conf.
-- @tparam table lines secrets; the first signs, all are accepted
-- @tparam string file the register
function staff.setup(lines, file)
    secrets, path = lines, file
end


local function set_of(list)
    local set = {}

    for _, name in ipairs(type(list) == "table" and list or {}) do
        set[name] = true
    end

    return set
end


local function read(file)
    local text = file:read(REGISTER_MAX)
    local told = text and cjson.decode(text)

    if type(told) ~= "table" or type(told.staff) ~= "table"
       or type(told.devices) ~= "table"
    then
        return nil
    end

    local fresh = { devices = {}, staff = {} }

    for _, one in ipairs(told.staff) do
        fresh.staff[one.id] = {
            id = one.id, name = one.name,
            roles = set_of(one.roles), points = set_of(one.points),
        }
    end

    for _, one in ipairs(told.devices) do
        if fresh.staff[one.staff] then
            fresh.devices[one.id] = { id = one.id, label = one.label,
                                      staff = fresh.staff[one.staff] }
        end
    end

    return fresh
end


--- Look at the register again, at the next question. After a change of one's
-- own, for whoever asks next.
function staff.again()
    looked_at = nil
end


-- The file is looked at once a second at most, and read when it is another
-- one. One that cannot be read changes nothing: nobody is let in by it, and
-- nobody who is in has to leave.
local function look()
    local now = ngx.now()

    if looked_at and now - looked_at < LOOK_S and now >= looked_at then
        return
    end

    looked_at = now

    local found = lfs.attributes(path)
    local mark = found and found.ino .. " " .. found.modification .. " "
                           .. found.size

    if mark == seen then
        return
    end

    local file = found and io.open(path, "rb")
    local fresh = file and read(file)

    if file then
        file:close()
    end

    if fresh then
        register = fresh

    else
        ngx.log(ngx.ERR, "the register of staff cannot be read: ", path)
    end

    seen = mark
end


local function by_cookie(value)
    local device, tag = value:match("^([%w_-]+)%.([%w_-]+)$")

    if not device or #device > 64 or not register.devices[device]
       or not crypto.is_signed(secrets, "desk device", device, tag)
    then
        return nil
    end

    return register.devices[device]
end


local function words(text)
    local list = {}

    for word in (text or ""):gmatch("%S+") do
        list[#list + 1] = word
    end

    return list
end


local function by_login()
    local id = ngx.var.tuanbo_staff

    if not id or id == "" then
        return nil
    end

    return {
        id = id,
        staff = { id = id, name = id,
                  roles = set_of(words(ngx.var.tuanbo_staff_roles)),
                  points = set_of(words(ngx.var.tuanbo_staff_points)) },
    }
end


--- Who asks.
-- @treturn table|nil id (the device's), label, staff (id, name, roles and
-- points as sets), csrf: the token of this device's forms
function staff.who()
    local device

    if ngx.var.tuanbo_desk_identity == "login" then
        device = by_login()

    else
        look()
        device = cookies.find(COOKIE, ngx.var.cookie_tuanbo_desk, by_cookie)
    end

    if not device then
        return nil
    end

    return { id = device.id, label = device.label, staff = device.staff,
             csrf = crypto.sign(secrets, "desk csrf", device.id) }
end


--- The token of a form before anybody is known: it proves nothing but that the
-- page with the form was ours, for this invitation.
-- @tparam string token of the invitation
-- @treturn string
function staff.form_of(token)
    return crypto.sign(secrets, "desk invitation", token)
end


--- Whether a form's token is this device's own.
-- @tparam table who
-- @tparam string token
-- @treturn boolean
function staff.is_own(who, token)
    return crypto.is_signed(secrets, "desk csrf", who.id, token or "")
end


--- Whether a form's token is of this invitation's page.
-- @tparam string token of the invitation
-- @tparam string given
-- @treturn boolean
function staff.is_form_of(token, given)
    return crypto.is_signed(secrets, "desk invitation", token, given or "")
end


--- The pseudonym of a neighbour without a phone: the same one whoever orders
-- for them, so that limits count, and all that is theirs is handed over at
-- once. With another first secret it is another.
-- @tparam string point where they collect
-- @tparam string name
-- @tparam string digits
-- @treturn string 32 hexadecimal digits
function staff.neighbour(point, name, digits)
    local who = table.concat({ "desk neighbour", point, digits, name }, "\n")

    return crypto.hex(crypto.hmac(secrets[1], who)):sub(1, 32)
end


--- Let this browser in as a device.
-- @tparam string device its name, of the clerk
function staff.enter(device)
    cookies.set(COOKIE, device .. "."
                        .. crypto.sign(secrets, "desk device", device),
                nil, PATH)
    staff.again()
end


--- Forget it here; that it counts no more is the clerk's.
function staff.leave()
    cookies.set(COOKIE, "", 0, PATH)
    staff.again()
end


--- Whether somebody may do what one of these roles may. The owner may all.
-- @tparam table who
-- @tparam table roles a list
-- @treturn boolean
function staff.may(who, roles)
    local own = who.staff.roles

    if own.owner then
        return true
    end

    for _, role in ipairs(roles) do
        if ROLES[role] and own[role] then
            return true
        end
    end

    return false
end


--- Somebody whose point this is, by the register as it is now.
-- @tparam string point
-- @treturn string|nil a name
function staff.of_point(point)
    staff.again()
    look()

    for _, one in pairs(register.staff) do
        if one.points[point] then
            return one.name
        end
    end
end


--- Whether somebody sees this point. A leader sees the points named, whoever
-- else may see points sees all.
-- @tparam table who
-- @tparam string point
-- @treturn boolean
function staff.sees(who, point)
    local own = who.staff

    return own.roles.owner or own.roles.warehouse
           or own.points[point] == true
end


return staff
