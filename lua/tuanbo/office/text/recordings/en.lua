-- English, the desk: recordings.

return {
    ["recordings.title"] = "Recordings",
    ["recordings.none"] = "Nothing of this session is recorded yet.",
    ["recordings.what"] = "When the session is over neighbours can see it again in its room: what was between its beginning and its end.",
    ["recordings.size"] = "{minutes} min, {mb} MB",
    ["recordings.remove"] = "Remove",
    ["recordings.remove.what"] = "It will be gone for good, also for neighbours.",
    ["recordings.remove.do"] = "Remove this one",
    ["recordings.done"] = "Removed.",
    ["recordings.wrong"] = "It is not there any more. Look below.",
    ["recordings.look"] = "The neighbours’ page",
    ["recordings.back"] = "Back to the room",
}
