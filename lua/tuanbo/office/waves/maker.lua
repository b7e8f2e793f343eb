-- Asks the shop what is sold and until when, and tells it which waves there
-- are to be: tuanbo.office.waves.plan says which; and which session comes
-- after a weekly one. All by the shop's own signed
-- API, so nothing of it is in the way of the shop or of the desk.

local cjson = require "cjson.safe"

local catalog = require "tuanbo.catalog"
local http = require "tuanbo.office.source.http"
local plan = require "tuanbo.office.waves.plan"
local reading = require "tuanbo.reading"
local system = require "tuanbo.office.system"
local weekly = require "tuanbo.office.weekly"

local PAGE = 100
local PAGES_MAX = 1000

local maker = {}
local methods = {}
local meta = {__index = methods}


-- option: url, secret, grace_ms, offset_ms, memory: a file that is ours, log
function maker.new(option)
    return setmetatable({option = option,
        shop = http.new{url = option.url, secret = option.secret}}, meta)
end


-- What the shop answers to a GET; nil: there is none such. Throws words.
local function ask(self, target)
    local status, text = self.shop:get(target)
    local answer = status and cjson.decode(text)

    if status == 404 then
        return nil
    end

    if status ~= 200 or type(answer) ~= "table" then
        error(status and "the shop answers " .. status .. " to " .. target
              or text, 0)
    end

    return reading.without_nulls(answer)
end


-- All pages of a list.
local function all(self, name, target)
    local list, after = {}, nil

    for _ = 1, PAGES_MAX do
        local page = ask(self, target .. "?limit=" .. PAGE
                         .. (after and "&after=" .. after or ""))

        for _, one in ipairs(page[name]) do
            list[#list + 1] = one
        end

        after = page.next

        if not after then
            break
        end
    end

    return list
end


-- A document as the catalogue's rules let it be read.
local function document(self, kind, id)
    local known = self.documents[kind .. "/" .. id]

    if not known then
        local doc = ask(self, "/admin/documents/" .. kind .. "/" .. id)

        known = catalog.readable(kind, doc or {}, function() end)
        self.documents[kind .. "/" .. id] = known
    end

    return known
end


local function all_points(self)
    if not self.points then
        self.points = {}

        for i, entry in ipairs(all(self, "documents",
                                   "/admin/documents/pickup"))
        do
            self.points[i] = catalog.readable("pickup", entry.doc,
                                              function() end)
        end
    end

    return self.points
end


local function points_of(self, own)
    if not own.pickups then
        return all_points(self)
    end

    local list = {}

    for i, id in ipairs(own.pickups) do
        list[i] = document(self, "pickup", id)
    end

    return list
end


-- A sale that somebody closes has no time of that in what the shop says: it is
-- when it was first seen closed, of those that were seen before.
local function remember(self, sales, now)
    local file = io.open(self.option.memory)
    local known = file and cjson.decode(file:read("*a"))
    local fresh = {}

    if file then
        file:close()
    end

    known = type(known) == "table" and known or {}

    for _, sale in ipairs(sales) do
        if not sale.closes_at then
            local before = known[sale.id]

            if sale.state ~= "closed" then
                fresh[sale.id] = 0
            elseif before then
                fresh[sale.id] = before == 0 and now or before
                sale.ended_at = fresh[sale.id]
            end
        end
    end

    for id, at in pairs(fresh) do
        if known[id] ~= at then
            system.replace(self.option.memory, cjson.encode(fresh))

            return
        end
    end
end


local function put(self, wave)
    local status, text = self.shop:request("/admin/waves/" .. wave.id,
        {method = "PUT", body = cjson.encode(wave.body),
         key = "wave-" .. system.random(12)})
    local answer = status and cjson.decode(text)

    -- frozen by now: the next look finds what is left
    if status ~= 200 and status ~= 201 and status ~= 409 then
        error("the wave " .. wave.id .. ": "
              .. (type(answer) == "table" and answer.code or status or text),
              0)
    end

    if status == 201 then
        self.option.log("wave " .. wave.id .. ": "
                        .. #wave.body.sales .. " sales")
    end
end


-- The one after a weekly session that is over: first the new one, then the old
-- one is weekly no more. Somebody who changes it meanwhile is waited for.
local function renew(self, id, now)
    local target = "/admin/documents/session/"
    local room = ask(self, "/admin/documents/room/" .. id)

    -- a host may go on behind the end
    if room and room.state == "live" then
        return
    end

    local status, text, etag = self.shop:get(target .. id)
    local old = status == 200 and cjson.decode(text)

    if type(old) ~= "table" or old.weekly ~= true or not etag then
        return
    end

    local name, fresh = weekly.next(id, reading.without_nulls(old), now)

    local function send(one, body, if_match)
        local answer, err = self.shop:request(target .. one,
            {method = "PUT", body = cjson.encode(body), if_match = if_match,
             key = "session-" .. system.random(12)})

        if answer ~= 200 and answer ~= 201 and answer ~= 412 then
            error("the session " .. one .. ": " .. (answer or err), 0)
        end

        return answer ~= 412
    end

    if send(name, fresh, "new") then
        self.option.log("session " .. name .. " comes after " .. id)
    end

    old.weekly = false
    send(id, old, etag)
end


local function renew_sessions(self, now)
    for _, entry in ipairs(all(self, "documents",
                               "/admin/documents/session"))
    do
        local doc = catalog.readable("session", entry.doc, function() end)

        if doc.weekly and doc.starts_at and weekly.ends_at(doc) <= now then
            renew(self, entry.id, now)
        end
    end
end


-- Looks once; throws words.
function methods:step()
    local now = system.now()

    self.documents, self.points = {}, nil
    renew_sessions(self, now)

    local sales = all(self, "sales", "/admin/sales")

    remember(self, sales, now)

    local list = plan.make{
        now = now, grace_ms = self.option.grace_ms, sales = sales,
        waves = all(self, "waves", "/admin/waves"),
        day_of = function(sale, end_at)
            local own = document(self, "sale", sale.id)

            return plan.day({
                sale = own, points = points_of(self, own),
                product = document(self, "product", own.product or sale.id),
                session = own.session
                          and document(self, "session", own.session) or {},
            }, end_at, self.option.offset_ms)
        end,
    }

    for _, wave in ipairs(list) do
        put(self, wave)
    end
end


return maker
