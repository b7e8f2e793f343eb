std = "ngx_lua"
max_line_length = 79

-- sentences are not broken
files["lua/tuanbo/text"] = { max_line_length = false }
files["lua/tuanbo/office/text"] = { max_line_length = false }

-- newer than luacheck's list of what nginx has
files["lua/tuanbo/office/deeds.lua"] = {
    read_globals = { ngx = { other_fields = true, fields = {
        run_worker_thread = {} } } },
}
