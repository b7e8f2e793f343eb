-- English, the desk: who works.

return {
    ["desk.staff"] = "Who works here",
    ["desk.staff.link"] = "A link for {name}",
    ["desk.staff.link.how"] = "Send it to them, or let them scan it. It is good until {when}, and once. This page shows it once; you can make another.",
    ["desk.staff.qr"] = "The link as a QR code",
    ["desk.staff.invite"] = "Make a link to log in",
    ["desk.staff.stop"] = "Works here no more",
    ["desk.staff.stop.what"] = "No phone of {name}'s opens the desk any more, at once.",
    ["desk.staff.stop.do"] = "Yes",
    ["desk.staff.add"] = "Add somebody",
    ["desk.staff.add.do"] = "Add, and make a link",
    ["desk.staff.name"] = "Name to call",
    ["desk.staff.roles"] = "Does what",
    ["desk.staff.points"] = "Which pickup points (for leaders)",
    ["desk.staff.wrong.last_owner"] = "A shop has an owner. Add another one first.",
    ["desk.staff.wrong.bad_request"] = "Nobody was added: a name is needed, and what they do.",
    ["desk.staff.wrong.failed"] = "Nothing was changed. Try again in a while.",
    ["desk.device.since"] = "logged in {when}",
    ["desk.device.this"] = "this one",
    ["desk.device.revoke"] = "Stop this device",
}
