std = "ngx_lua"
max_line_length = 79

-- sentences are not broken
files["lua/tuanbo/text"] = { max_line_length = false }
files["lua/tuanbo/office/text"] = { max_line_length = false }
