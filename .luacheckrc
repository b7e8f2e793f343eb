std = "ngx_lua"
max_line_length = 79

-- A text is one line, however long it is.
files["lua/tuanbo/text/*.lua"] = { max_line_length = false }
