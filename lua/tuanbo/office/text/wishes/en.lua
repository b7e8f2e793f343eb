-- English, the desk: of what neighbours want the next batch.

return {
    ["wishes.title"] = "Who waits for the next batch",
    ["wishes.how"] = "How many tapped “Tell me of the next batch” where there "
                     .. "was none left, in the last 60 days. Once it is on "
                     .. "sale, they see it when they open the shop.",
    ["wishes.line"] = { one = "One waits, since {when}",
                        other = "{count} wait, the last one since {when}" },
    ["wishes.none"] = "Nobody waits yet.",
    ["wishes.part"] = "There is too much: only a part was counted.",
    ["wishes.bring"] = "Sell last week's again",
}
