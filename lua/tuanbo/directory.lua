--- What is in a directory.
--
-- @module tuanbo.directory

local lfs = require "lfs"

local directory = {}


--- Names of what is there, sorted.
-- @tparam string path
-- @tparam[opt] string pattern those that it finds; else all but . and ..
-- @treturn table names; none where there is no directory
function directory.names(path, pattern)
    local list = {}

    if lfs.attributes(path, "mode") == "directory" then
        for name in lfs.dir(path) do
            if name ~= "." and name ~= ".."
               and (not pattern or name:find(pattern))
            then
                list[#list + 1] = name
            end
        end
    end

    table.sort(list)

    return list
end


return directory
