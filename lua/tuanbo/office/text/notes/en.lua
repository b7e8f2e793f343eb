-- English, the desk: notes of the community.

return {
    ["notes.title"] = "Notes",
    ["notes.none"] = "None yet. The season, ways to save, news of the community: write them here.",
    ["notes.from_at"] = "from {when}",
    ["notes.until_at"] = "until {when}",
    ["notes.new"] = "Write one",
    ["notes.new.do"] = "Put it on the home page",
    ["notes.edit"] = "Change this note",
    ["notes.edit.do"] = "Save",
    ["field.note.title"] = "Title",
    ["field.note.title.hint"] = "Like “Snow is coming: time for winter jujubes”.",
    ["field.note.text"] = "What you have to say",
    ["field.note.from_at"] = "Shown from (empty: now)",
    ["field.note.until_at"] = "Shown until (empty: for good)",
    ["field.note.rank"] = "Its place",
}
