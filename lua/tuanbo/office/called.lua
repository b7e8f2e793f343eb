--- Whom to call out: what a neighbour wants to be called, for those who work
-- here; and how a name may stand where all can read it.
--
-- @module tuanbo.office.called

local store = require "tuanbo.office.store"

local called = {}


--- How somebody is called at the counter.
-- @tparam table c the page's context
-- @tparam string buyer the pseudonym
-- @treturn table name (in words, where none was left), digits, public: the
-- name as a group may read it, or nil
function called.of(c, buyer)
    local contact = store.contact(buyer)
    local name = contact and contact.name

    return {
        name = name or c.say("called.unnamed"),
        digits = contact and contact.digits or "",
        public = name and #contact.consent > 0 and called.masked(name) or nil,
    }
end


--- 李** for 李阿姨: its first character.
-- @tparam string name
-- @treturn string
function called.masked(name)
    return (name:match("^[%z\1-\127\194-\244][\128-\191]*") or "") .. "**"
end


return called
