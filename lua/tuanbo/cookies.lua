-- Cookies, set and read. Which there are, and what they say, is with those who
-- use them.

local COOKIE_AGE_S = 400 * 86400       -- what browsers allow at most
local SAME_NAME_MAX = 8                -- looked at; a browser has two

local cookies = {}


-- Put a cookie beside those that the answer has already. age: seconds, 0
-- forgets it; path: "/" when none is given.
function cookies.set(name, value, age, path)
    local all = ngx.header["Set-Cookie"]
    local cookie = name .. "=" .. value .. "; Path=" .. (path or "/")
                   .. "; Max-Age=" .. (age or COOKIE_AGE_S)
                   .. "; HttpOnly; SameSite=Lax"

    if ngx.var.scheme == "https" then
        cookie = cookie .. "; Secure"
    end

    if type(all) == "table" then
        all[#all + 1] = cookie

    elseif all then
        all = { all, cookie }

    else
        all = cookie
    end

    ngx.header["Set-Cookie"] = all
end


-- take(value) of the first cookie of this name for which it gives something. A
-- browser sends two of one name when another path or domain has set one, too,
-- and the wrong one may come first. `first` is the one that nginx found; the
-- others are looked for only when that is of no use.
function cookies.find(name, first, take)
    local found = first and take(first)

    if found or not first then
        return found
    end

    local left = SAME_NAME_MAX

    for value in (";" .. ngx.var.http_cookie):gmatch(";%s*" .. name
                                                     .. "=([^;]*)")
    do
        found = take(value:match("^(.-)%s*$"))
        left = left - 1

        if found or left == 0 then
            return found
        end
    end

    return nil
end


return cookies
