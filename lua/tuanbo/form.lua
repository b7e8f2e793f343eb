-- What a form sent.

local FIELDS_MAX = 50

local form = {}


-- Whether this request has a form.
function form.is()
    local kind = ngx.var.content_type or ""

    return ngx.req.get_method() == "POST"
           and kind:lower():find("application/x-www-form-urlencoded", 1, true)
               == 1
end


-- Its fields, the first of each name, at most 50 or so many; or nil and the
-- status. The body stays for nginx's later phases.
function form.fields(most)
    ngx.req.read_body()

    local body = ngx.req.get_body_data()

    if not body and ngx.req.get_body_file() then
        return nil, 413
    end

    local fields, err = ngx.decode_args(body or "", most or FIELDS_MAX)

    if not fields or err == "truncated" then
        return nil, 400
    end

    for name, value in pairs(fields) do
        if type(value) == "table" then
            fields[name] = value[1]
        end

        if fields[name] == true then
            fields[name] = ""
        end
    end

    return fields
end


return form
