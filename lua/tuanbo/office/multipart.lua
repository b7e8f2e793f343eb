--- A form with files (multipart/form-data), out of the text of its body: RFC
-- 7578. It is in memory: whoever calls bounds it.
--
-- @module tuanbo.office.multipart

local PARTS_MAX = 100

local multipart = {}


--- The boundary that a Content-Type names.
-- @tparam string|nil kind
-- @treturn string|nil
function multipart.boundary(kind)
    local is = kind and kind:lower():find("^multipart/form%-data%s*;")
    local rest = is and kind:match(";(.*)$")
    local name = rest and (rest:match('boundary="([^"]+)"')
                           or rest:match("boundary=([^%s;]+)"))

    return name and #name <= 70 and name or nil
end


--- The parts of a body, in their order.
-- @tparam string body all of it, or its beginning: the last part may be cut
-- @tparam string boundary
-- @treturn table a list of name, value, file (its name, when it is one), whole
function multipart.parts(body, boundary)
    local mark = "--" .. boundary
    local list = {}
    local _, at = body:find(mark, 1, true)

    while at and #list < PARTS_MAX and body:sub(at + 1, at + 2) == "\r\n" do
        local head_end, value_at = body:find("\r\n\r\n", at + 1, true)

        if not head_end then
            break
        end

        local head = body:sub(at + 3, head_end + 1)
        local till, next_at = body:find("\r\n" .. mark, value_at + 1, true)

        for line in head:gmatch("([^\r\n]+)\r\n") do
            local rest = line:lower():find("^content%-disposition:") and line

            if rest then
                list[#list + 1] = {
                    name = rest:match('[; ]name="([^"]*)"'),
                    file = rest:match('[; ]filename="([^"]*)"'),
                    value = body:sub(value_at + 1, (till or 0) - 1),
                    whole = till ~= nil,
                }
            end
        end

        at = next_at
    end

    return list
end


return multipart
