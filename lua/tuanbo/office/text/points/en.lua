-- English, the desk: pickup points, and after a sale.

return {
    ["points.title"] = "Pickup points",
    ["points.none"] = "There are no pickup points yet.",
    ["points.no_phone"] = "no phone number",
    ["points.new"] = "Add a pickup point",
    ["points.new.do"] = "Add",
    ["points.edit"] = "Change a pickup point",
    ["points.edit.do"] = "Save",
    ["field.pickup.name"] = "Name",
    ["field.pickup.address"] = "Address",
    ["field.pickup.phone"] = "Phone",
    ["field.pickup.phone.hint"] = "Neighbours see it, and call it when goods are not found.",
    ["field.pickup.leader"] = "Leader",
    ["field.pickup.day"] = "On which day",
    ["field.pickup.hours"] = "Hours",
    ["field.pickup.note"] = "What else to say",
    ["field.pickup.delivery_weekdays"] = "Goods come on (none ticked: any day)",
    ["field.pickup.region"] = "Region",
    ["field.pickup.route"] = "Route",
    ["field.pickup.stop"] = "Stop on the route",

    ["rules.edit"] = "After a sale",
    ["rules.title"] = "After a sale",
    ["rules.edit.do"] = "Save",
    ["field.rules.claim"] = "When some are bad",
    ["field.rules.claim.hint"] = "For products that say nothing themselves.",
    ["field.rules.not_collected"] = "What nobody collects",
    ["field.rules.cancel_ms"] = "New sales may be given back for",

    ["records.unfit"] = "Some words are forbidden, or risky: have a look",
}
