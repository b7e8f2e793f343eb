-- English, the desk: rooms.

return {
    ["rooms.title"] = "Broadcasts",
    ["rooms.none"] = "There are no sessions yet. The owner adds one first.",
    ["rooms.state.scheduled"] = "Not started",
    ["rooms.state.live"] = "Live",
    ["rooms.state.ended"] = "Over",
    ["rooms.viewers"] = "{count} watching",
    ["rooms.start"] = "Go live",
    ["rooms.stop"] = "End the broadcast",
    ["rooms.stop.what"] = "Neighbours read that it is over. What is still open can be bought, and it can be started again.",
    ["rooms.sales"] = "In this broadcast",
    ["rooms.sales.none"] = "There is nothing in it yet. Choose this session when you change a sale.",
    ["rooms.counts"] = "{free} left, {sold} sold",
    ["rooms.pin"] = "Show this",
    ["rooms.pinned"] = "On camera",
    ["rooms.unpin"] = "Done with it",
    ["rooms.look"] = "See what neighbours see",
    ["rooms.wrong"] = "That was not understood. Tap again.",
    ["rooms.already"] = "Somebody was faster. This is how it is now.",
}
