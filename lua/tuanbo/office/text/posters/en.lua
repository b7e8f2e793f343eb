-- English, the desk: posters of pickup points.

return {
    ["posters.title"] = "Posters",
    ["posters.of"] = "Poster · {point}",
    ["posters.how"] = "Print it on A4, and put it up at the pickup point.",
    ["posters.back"] = "All posters",
    ["posters.scan"] = "Scan to shop with your neighbours",
    ["posters.where"] = "Pickup point: {point}",
    ["posters.price"] = "One price, the same for all",
}
