-- Who works, their devices and invitations, in the typed database: the clerk's
-- answers about them.  Who may ask what is the desk's to say.
--
-- Each is function(db, with), which gives an answer, or nil, a code and a
-- field.  After one of people.changes the register is written again.

local system = require "tuanbo.office.system"

local DAY_MS = 24 * 3600 * 1000
local ROLES = {owner = true, host = true, leader = true, warehouse = true}
local MAX_LIST, MAX_TEXT = 100, 100

local people = {}

people.changes = {enter = true, staff_put = true, staff_end = true,
                  revoke = true, rename_device = true, invite = false}


local function is_text(value)
    return type(value) == "string" and value:find("%S")
        and #value <= MAX_TEXT and not value:find("%c")
end


-- A list of words without a space, as one text; nil where it is none.
local function words_of(list, known)
    if type(list) ~= "table" or #list > MAX_LIST then
        return nil
    end

    for _, word in ipairs(list) do
        if type(word) ~= "string" or not word:find("^[%w_%-%.]+$")
            or #word > MAX_TEXT or known and not known[word]
        then
            return nil
        end
    end

    return table.concat(list, " ")
end


local function list_of(words)
    local list = {}

    for word in words:gmatch("%S+") do
        list[#list + 1] = word
    end

    return list
end


-- Locks who works until the transaction ends, so that of two changes the one
-- sees the other: an owner stays.
local function lock(db)
    db:run("UPDATE meta SET value = value WHERE name = 'schema'")
end


local function member(db, id)
    local row = type(id) == "string" and db:one("SELECT id, name, roles,"
        .. " points, login, {made_at}, {ended_at} FROM staff WHERE id = $1",
        id)

    if row then
        row.roles, row.points = list_of(row.roles), list_of(row.points)
    end

    return row or nil
end


-- Whether an owner is there who works and is not this one.
local function other_owner(db, id)
    return db:one("SELECT id FROM staff WHERE ended_at IS NULL AND id <> $1"
        .. " AND ' ' || roles || ' ' LIKE '% owner %' LIMIT 1", id)
end


-- invite {staff}: {"token","expires_at","staff","name"}.  A link that was
-- made earlier and not used ends.
function people.invite(db, with)
    local token, now = system.random(16), system.now()

    return db:transaction(function()
        lock(db)

        local who = member(db, with.staff)

        if not who or who.ended_at then
            return nil, "no_such_staff", "staff"
        end

        db:run("UPDATE invitations SET expires_at = $1 WHERE staff = $2"
               .. " AND used_at IS NULL AND expires_at > $1", now, who.id)
        db:run("INSERT INTO invitations (hash, staff, made_at, expires_at)"
               .. " VALUES ($1, $2, $3, $4)", system.hash(token), who.id, now,
               now + DAY_MS)

        return {token = token, expires_at = now + DAY_MS, staff = who.id,
                name = who.name}
    end)
end


-- enter {token, label}: uses an invitation up, of two at once one only:
-- {"device","staff","name","made_at"}.
function people.enter(db, with)
    if type(with.token) ~= "string" or #with.token > MAX_TEXT then
        return nil, "no_such_invitation", "token"
    end

    if not is_text(with.label) then
        return nil, "bad_request", "label"
    end

    local hash, now, id = system.hash(with.token), system.now(),
        system.random(8)

    return db:transaction(function()
        local used = db:run("UPDATE invitations SET used_at = $1, device = $2"
            .. " WHERE hash = $3 AND used_at IS NULL AND expires_at > $1",
            now, id, hash)
        local row = db:one("SELECT staff, {used_at} FROM invitations"
            .. " WHERE hash = $1", hash)
        local who = row and member(db, row.staff)

        if used == 0 then
            return nil, not row and "no_such_invitation"
                or row.used_at and "invitation_used" or "invitation_expired",
                "token"
        end

        if who.ended_at then
            return nil, "no_such_staff", "token"
        end

        db:run("INSERT INTO devices (id, staff, label, made_at)"
               .. " VALUES ($1, $2, $3, $4)", id, who.id, with.label, now)

        return {device = id, staff = who.id, name = who.name, made_at = now}
    end)
end


-- staff {}: all who work, and who did: {"staff":[...]}.
function people.staff(db)
    local list = db:rows("SELECT id, name, roles, points, login, {made_at},"
        .. " {ended_at} FROM staff ORDER BY made_at, id")

    for _, row in ipairs(list) do
        row.roles, row.points = list_of(row.roles), list_of(row.points)
    end

    return {staff = list}
end


-- staff_put {id, name, roles, points, login}: changes who works; without an
-- id, somebody new.
function people.staff_put(db, with)
    local roles, points = words_of(with.roles, ROLES),
        words_of(with.points or {})
    local login = with.login

    if not is_text(with.name) then
        return nil, "bad_request", "name"
    elseif not roles or roles == "" then
        return nil, "bad_request", "roles"
    elseif not points then
        return nil, "bad_request", "points"
    elseif login ~= nil and not is_text(login) then
        return nil, "bad_request", "login"
    end

    return db:transaction(function()
        lock(db)

        local id = with.id or system.random(8)
        local who = with.id and member(db, id)

        if with.id and (not who or who.ended_at) then
            return nil, "no_such_staff", "id"
        end

        if login and db:one("SELECT id FROM staff WHERE login = $1"
                            .. " AND id <> $2", login, id)
        then
            return nil, "login_taken", "login"
        end

        if who and not (" " .. roles .. " "):find(" owner ", 1, true)
            and not other_owner(db, id)
        then
            return nil, "last_owner", "roles"
        end

        if who then
            db:run("UPDATE staff SET name = $1, roles = $2, points = $3,"
                   .. " login = $4 WHERE id = $5", with.name, roles, points,
                   login, id)
        else
            db:run("INSERT INTO staff (id, name, roles, points, login,"
                   .. " made_at) VALUES ($1, $2, $3, $4, $5, $6)", id,
                   with.name, roles, points, login, system.now())
        end

        return member(db, id)
    end)
end


-- staff_end {id}: somebody works here no more, and no device of theirs counts.
function people.staff_end(db, with)
    return db:transaction(function()
        lock(db)

        local who = member(db, with.id)
        local now = system.now()

        if not who or who.ended_at then
            return nil, "no_such_staff", "id"
        end

        if not other_owner(db, who.id) then
            return nil, "last_owner", "id"
        end

        db:run("UPDATE staff SET ended_at = $1, login = NULL WHERE id = $2",
               now, who.id)
        db:run("UPDATE devices SET ended_at = $1 WHERE staff = $2"
               .. " AND ended_at IS NULL", now, who.id)
        db:run("UPDATE invitations SET expires_at = $1 WHERE staff = $2"
               .. " AND used_at IS NULL AND expires_at > $1", now, who.id)

        return {id = who.id, ended_at = now}
    end)
end


-- devices {staff}: devices that count, of all or of one: {"devices":[...]}.
function people.devices(db, with)
    local sql = "SELECT id, staff, label, {made_at} FROM devices"
        .. " WHERE ended_at IS NULL"

    if type(with.staff) == "string" then
        return {devices = db:rows(sql .. " AND staff = $1"
                                  .. " ORDER BY made_at, id", with.staff)}
    end

    return {devices = db:rows(sql .. " ORDER BY made_at, id")}
end


local function change(db, id, sql, ...)
    if type(id) ~= "string" or db:run(sql .. " AND ended_at IS NULL", id, ...)
        == 0
    then
        return nil, "no_such_device", "id"
    end

    return {id = id}
end


-- revoke {id}: a device counts no more.
function people.revoke(db, with)
    return change(db, with.id, "UPDATE devices SET ended_at = $2"
                  .. " WHERE id = $1", system.now())
end


-- rename_device {id, label}
function people.rename_device(db, with)
    if not is_text(with.label) then
        return nil, "bad_request", "label"
    end

    return change(db, with.id, "UPDATE devices SET label = $2 WHERE id = $1",
                  with.label)
end


-- What the desk's register says: those who work, and devices that count.
function people.register(db)
    return db:transaction(function()
        local devices, working = people.devices(db, {}).devices, {}

        for _, who in ipairs(people.staff(db).staff) do
            if not who.ended_at then
                working[#working + 1] = {id = who.id, name = who.name,
                    roles = who.roles, points = who.points,
                    login = who.login}
            end
        end

        return {staff = working, devices = devices}
    end)
end


return people
