-- English, the desk: sessions.

return {
    ["sessions.title"] = "Sessions",
    ["sessions.none"] = "There are no sessions yet.",
    ["sessions.weekly"] = "every {day}, {clock}",
    ["sessions.new"] = "Add a session",
    ["sessions.new.do"] = "Add",
    ["sessions.edit"] = "Change this session",
    ["sessions.edit.do"] = "Save",
    ["field.session.title"] = "Name",
    ["field.session.starts_at"] = "Begins",
    ["field.session.ends_at"] = "Ends",
    ["field.session.weekly"] = "Every week",
    ["field.session.goods"] = "Order of its goods",
    ["field.session.scene"] = "Scene",
    ["field.session.weekly.hint"] = "When one is over, that of the week after is added by itself.",
    ["field.session.host"] = "Host",
    ["field.session.about"] = "What it is about",
    ["field.session.on_camera"] = "On camera now",
    ["field.session.delivery_day"] = "Delivered on",
    ["field.session.delivery_days"] = "Delivered days after closing",
}
